"""Softmax attention and attention with random features, side by side, against the length.

`make bench` prints them in one table; compare rows of one run, not seconds of two days.
"""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from lib.attention import softmax_weights
from lib.features import feature_attention, gaussian_frequencies, softmax_features

D = M = D_RANDOM = 64


@pytest.mark.parametrize("N", [256, 1024, 4096])
@pytest.mark.parametrize("method", ["softmax", "features"])
def test_attention(benchmark, method: str, N: int) -> None:
    rng = np.random.default_rng(0)
    Q, K = 0.5 * rng.normal(size=(N, D)), 0.5 * rng.normal(size=(N, D))
    V = rng.normal(size=(N, M))
    frequencies = gaussian_frequencies(rng, D_RANDOM, D, D**0.25)
    benchmark.group = f"N = {N}"

    def with_features() -> np.ndarray:
        return feature_attention(
            softmax_features(Q, frequencies), softmax_features(K, frequencies), V
        )

    def with_softmax() -> np.ndarray:
        return softmax_weights(Q, K) @ V

    output = benchmark(with_softmax if method == "softmax" else with_features)
    assert output.shape == (N, M)
