"""Positive random features of exp(q·k/√D): plain, in pairs, with orthogonal frequencies."""

import numpy as np


def positive_exponents(x: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """(…, N, D) and (D_random, D) to (…, N, D_random): w·x − ‖x‖²/2√D."""
    half_norms = (x**2).sum(axis=-1, keepdims=True) * (0.5 * x.shape[-1] ** -0.5)
    return x @ frequencies.T - half_norms


def positive_features(x: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """(…, N, D) to (…, N, D_random): features of exp(q·k/√D); w for σ² = √D."""
    return np.exp(positive_exponents(x, frequencies)) * len(frequencies) ** -0.5


def hyperbolic_features(x: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """(…, N, D) to (…, N, 2 D_random): positive features of w and of −w."""
    return positive_features(x, np.concatenate([frequencies, -frequencies]))


def safe_features(
    x: np.ndarray, frequencies: np.ndarray, *, axis: int | tuple[int, ...]
) -> np.ndarray:
    """(…, N, D) to (…, N, D_random): positive features up to a factor, the largest is 1.

    `axis` -1 gives each row a factor of its own, which only queries may have;
    (-2, -1) gives all rows the same one, for keys. Both cancel in attention's ratio.
    """
    exponents = positive_exponents(x, frequencies)
    return np.exp(exponents - exponents.max(axis=axis, keepdims=True))


def orthogonal_frequencies(
    rng: np.random.Generator, D_random: int, D: int, sigma: float
) -> np.ndarray:
    """(D_random, D): each row ~ N(0, I / sigma²); rows orthogonal in each block of D."""
    blocks = -(-D_random // D)  # rounded up
    columns, triangle = np.linalg.qr(rng.normal(size=(blocks, D, D)))
    # QR leaves the signs open, and LAPACK's choice prefers some directions.
    # A positive diagonal of the triangle prefers none.
    signs = np.sign(np.diagonal(triangle, axis1=-2, axis2=-1))  # (blocks, D)
    rows = np.swapaxes(columns * signs[:, None, :], -1, -2).reshape(-1, D)[:D_random]
    lengths = np.sqrt(rng.chisquare(D, size=(D_random, 1)))  # those of Gaussian rows
    return rows * lengths / sigma
