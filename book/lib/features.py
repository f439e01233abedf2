"""Feature maps, random ones and elu + 1, and attention computed with features."""

import numpy as np


def elu_features(x):
    """(…, D) to (…, D): elu(x) + 1, that is x + 1 above 0 and exp(x) below."""
    # Both branches are computed: −|x| is x where it counts and cannot overflow.
    return np.where(x > 0, x + 1, np.exp(-np.abs(x)))


def gaussian_frequencies(rng, D_random, D, sigma):
    """(D_random, D): frequencies for a Gaussian kernel of width sigma, w ~ N(0, I / sigma²)."""
    return rng.normal(size=(D_random, D)) / sigma


def random_features(x, frequencies):
    """(N, D) and (D_random, D) to (N, 2 D_random): sines first, then cosines."""
    angles = x @ frequencies.T  # (N, D_random)
    scale = 1 / np.sqrt(len(frequencies))
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=-1) * scale


def softmax_features(x, frequencies):
    """(N, D) to (N, 2 D_random): features of exp(q·k/√D); frequencies for sigma² = √D."""
    half_norms = (x**2).sum(axis=-1, keepdims=True) * (0.5 / np.sqrt(x.shape[-1]))
    return np.exp(half_norms) * random_features(x, frequencies)


def feature_attention(query_features, key_features, V):
    """(N, d), (L, d), (L, M) to (N, M): every query's weighted average of the values."""
    S = key_features.T @ V  # (d, M)
    Z = key_features.sum(axis=0)  # (d,)
    return (query_features @ S) / (query_features @ Z)[:, None]
