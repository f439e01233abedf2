"""Attention weights computed in full: the quadratic forms that faster ones are compared with."""

import numpy as np


def normalise(logits: np.ndarray) -> np.ndarray:
    """Weights proportional to exp(logits) along the last axis, which then sums to 1."""
    # The largest exponent becomes 0; the constant cancels.
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def softmax_weights(Q: np.ndarray, K: np.ndarray) -> np.ndarray:
    """(N, D) and (L, D) to (N, L): softmax attention weights."""
    return normalise(Q @ K.T / np.sqrt(Q.shape[-1]))


def squared_distances(Q: np.ndarray, K: np.ndarray) -> np.ndarray:
    """(N, D) and (L, D) to (N, L): squared distance of every query to every key."""
    return ((Q[:, None, :] - K[None, :, :]) ** 2).sum(axis=-1)


def gaussian_weights(Q: np.ndarray, K: np.ndarray, sigma2: float) -> np.ndarray:
    """(N, D) and (L, D) to (N, L): weights from a Gaussian of variance sigma2."""
    return normalise(-squared_distances(Q, K) / (2 * sigma2))
