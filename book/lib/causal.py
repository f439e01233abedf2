"""Causal attention with features, where row i averages the values of rows 1 to i (chapter 06).

Three forms of the same numbers: with all pairs, with all prefix sums, and with one running state.
"""

import numpy as np


def causal_pairs(phi_Q: np.ndarray, phi_K: np.ndarray, V: np.ndarray) -> np.ndarray:
    """(N, d), (N, d), (N, M) to (N, M): all pairs, j > i set to 0; memory N²."""
    weights = np.tril(phi_Q @ phi_K.T)  # (N, N)
    return (weights @ V) / weights.sum(axis=1, keepdims=True)


def causal_cumsum(phi_Q: np.ndarray, phi_K: np.ndarray, V: np.ndarray) -> np.ndarray:
    """(N, d), (N, d), (N, M) to (N, M): all S_i and Z_i by cumsum; memory N d (M + 1)."""
    S = np.cumsum(phi_K[:, :, None] * V[:, None, :], axis=0)  # (N, d, M)
    Z = np.cumsum(phi_K, axis=0)  # (N, d)
    numerators = (phi_Q[:, None, :] @ S)[:, 0]  # (N, M)
    return numerators / (phi_Q * Z).sum(axis=1, keepdims=True)


class CausalState:
    """What the future needs to know of the past: S (d, M) and Z (d,), and nothing else.

    `step` takes one position at a time; the state never grows.
    """

    def __init__(self, d: int, M: int):
        self.S = np.zeros((d, M))
        self.Z = np.zeros(d)

    def step(self, phi_q: np.ndarray, phi_k: np.ndarray, v: np.ndarray) -> np.ndarray:
        """(d,), (d,), (M,) to (M,): write the key and value, then read."""
        self.S += np.outer(phi_k, v)
        self.Z += phi_k
        return (phi_q @ self.S) / (phi_q @ self.Z)
