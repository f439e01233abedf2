"""Causal attention chunk by chunk (chapter 07): matrix products inside a chunk, a state between.

`chunkwise_heads` runs in threads, each of which calls BLAS. Start Python with
OPENBLAS_NUM_THREADS=1, or BLAS's own threads get in the way of these. A chunk of 120 rows is not
a round number but a fast one: OpenBLAS has a quicker way for products of up to 100³ multiply-adds,
and with 64 features and values all products of such a chunk take it.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

State = tuple[np.ndarray, np.ndarray]


class ChunkState:
    """What all rows so far have added up to: S (…, d, M) and Z (…, d, 1), zero at first.

    `heads` is the shape of the leading axes, `chunk` the most rows in a step.
    """

    def __init__(self, heads: tuple[int, ...], d: int, M: int, chunk: int, dtype: np.dtype):
        self.S, self.Z = np.zeros((*heads, d, M), dtype), np.zeros((*heads, d, 1), dtype)
        # Every step writes where the last one did: these stay in the processor's cache.
        self.pairs, self.past = (
            np.empty((*heads, chunk, chunk), dtype),
            np.empty((*heads, chunk, M), dtype),
        )
        self.added = np.empty_like(self.S)
        self.mask, self.ones = np.tri(chunk, dtype=dtype), np.ones((chunk, 1), dtype)

    def step(self, q: np.ndarray, k: np.ndarray, v: np.ndarray, out: np.ndarray) -> None:
        """The next C rows: features (…, C, d) twice and values (…, C, M); out (…, C, M) is set."""
        C, kT = q.shape[-2], np.swapaxes(k, -1, -2)
        pairs, past, ones = self.pairs[..., :C, :C], self.past[..., :C, :], self.ones[:C]
        # Inside the chunk: pairs, masked.
        np.matmul(q, kT, out=pairs)
        pairs *= self.mask[:C, :C]
        np.matmul(pairs, v, out=out)
        # All before it: the state, read before this chunk is written to it.
        out += np.matmul(q, self.S, out=past)
        out *= 1 / (pairs @ ones + q @ self.Z)  # one division for each row
        self.S += np.matmul(kT, v, out=self.added)
        self.Z += kT @ ones


def chunkwise_attention(
    phi_Q: np.ndarray,
    phi_K: np.ndarray,
    V: np.ndarray,
    chunk: int,
    state: State | None = None,
) -> tuple[np.ndarray, State]:
    """(…, N, d), (…, N, d), (…, N, M) to (…, N, M) and the last state.

    The state is S (…, d, M) and Z (…, d). `state` comes before the first row, None
    for nothing; it is left as it is. `chunk` ≥ 1 need not divide N. Works in the
    dtype of its arrays, and fastest if the features are stored with the positions
    along rows, as views of (…, d, N).
    """
    (*heads, N, d), M = phi_Q.shape, V.shape[-1]
    dtype = np.result_type(phi_Q, phi_K, V)
    sums = ChunkState(tuple(heads), d, M, min(chunk, N), dtype)
    if state is not None:
        sums.S[...], sums.Z[..., 0] = state
    out = np.empty((*heads, N, M), dtype)
    for start in range(0, N, chunk):
        sums.step(*(x[..., start : start + chunk, :] for x in (phi_Q, phi_K, V, out)))
    return out, (sums.S, sums.Z[..., 0])


def head_features(x: np.ndarray, frequencies: np.ndarray, query: bool) -> np.ndarray:
    """(…, N, D) and (D_random, D) to (…, N, D_random): features of exp(q·k/√D).

    They are the positive ones of chapter 05, w ~ N(0, I/√D). Factors that cancel
    are chosen for safety: a query's largest feature is 1; 1/√D_random is left out.
    """
    exponents = frequencies @ np.swapaxes(x, -1, -2)  # (…, D_random, N)
    if query:
        exponents -= exponents.max(axis=-2, keepdims=True)
    else:
        half_norms = np.vecdot(x, x) * x.dtype.type(0.5 / np.sqrt(x.shape[-1]))
        exponents -= half_norms[..., None, :]
    return np.swapaxes(np.exp(exponents, out=exponents), -1, -2)


def chunkwise_heads(
    Q: np.ndarray,
    K: np.ndarray,
    V: np.ndarray,
    frequencies: np.ndarray,
    chunk: int = 120,
    threads: int = 2,
    together: int = 4,
) -> np.ndarray:
    """(H, N, D), (H, N, D), (H, N, M), (D_random, D) to (H, N, M).

    Causal attention with positive features, in the dtype of Q. The heads share
    the frequencies and are dealt out to the threads, up to `together` at a time.
    """
    (H, N, _), M = Q.shape, V.shape[2]
    out = np.empty((H, N, M), Q.dtype)
    frequencies = frequencies.astype(Q.dtype)
    together = min(together, -(-H // threads))

    def some_heads(first: int) -> None:
        heads = slice(first, first + together)
        sums = ChunkState(Q[heads].shape[:1], len(frequencies), M, chunk, Q.dtype)
        # Features of two chunks at a time are still in the cache when they are read.
        for start in range(0, N, 2 * chunk):
            rows = heads, slice(start, start + 2 * chunk)
            q = head_features(Q[rows], frequencies, query=True)
            k = head_features(K[rows], frequencies, query=False)
            for half in (slice(chunk), slice(chunk, None)):
                sums.step(*(x[:, half] for x in (q, k, V[rows], out[rows])))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(some_heads, range(0, H, together)))
    return out
