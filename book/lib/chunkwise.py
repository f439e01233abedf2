"""Causal attention chunk by chunk (chapter 07): matrix products inside a chunk, a state between.

`chunkwise_heads` runs in threads, each of which calls BLAS. Start Python with
OPENBLAS_NUM_THREADS=1, or BLAS's own threads get in the way of these. Three things are chosen for
speed alone. A chunk of 112 rows: with AVX-512, OpenBLAS has a quicker way for products of up to
100³ multiply-adds (its sgemm_small_kernel_permit_skylakex.c), which all products of such a chunk
take with 64 features and values, and 112 numbers are seven cache lines. Features and pairs with the
positions along rows: that way is quickest if it reads the left factor by columns and the right one
by rows. Arrays that begin on a cache line.
"""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import DTypeLike

State = tuple[np.ndarray, np.ndarray]


def on_cache_line(shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
    """An array as from np.empty that begins where a cache line of 64 bytes does.

    A wide register fills a line; from an array that begins elsewhere, each load touches two.
    """
    dtype = np.dtype(dtype)
    if dtype.hasobject:  # counting numbers: their bytes are none of our business
        return np.empty(shape, dtype)
    size = math.prod(shape) * dtype.itemsize
    memory = np.empty(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)


class ChunkState:
    """What all rows so far have added up to: S (…, d, M) and Z (…, d, 1), zero at first.

    `heads` is the shape of the leading axes, `chunk` the most rows in a step.
    """

    def __init__(self, heads: tuple[int, ...], d: int, M: int, chunk: int, dtype: DTypeLike):
        def array(rows: int, columns: int) -> np.ndarray:
            return on_cache_line((*heads, rows, columns), dtype)

        self.S, self.Z = array(d, M), array(d, 1)
        self.S[...] = self.Z[...] = 0
        # Every step writes where the last one did: these stay in the processor's cache.
        self.pairs, self.past, self.added = array(chunk, chunk), array(chunk, M), array(d, M)
        self.mask, self.ones = on_cache_line((chunk, chunk), dtype), np.ones((chunk, 1), dtype)
        self.mask[...] = np.tri(chunk, dtype=dtype).T

    def step(self, q: np.ndarray, k: np.ndarray, v: np.ndarray, out: np.ndarray) -> None:
        """The next C rows: features (…, C, d) twice and values (…, C, M); out (…, C, M) is set."""
        C = q.shape[-2]
        pairs, past, ones = self.pairs[..., :C, :C], self.past[..., :C, :], self.ones[:C]
        # Inside the chunk: pairs, masked; here a row belongs to a key.
        np.matmul(k, q.mT, out=pairs)
        pairs *= self.mask[:C, :C]
        np.matmul(pairs.mT, v, out=out)
        # All before it: the state, read before this chunk is written to it.
        out += np.matmul(q, self.S, out=past)
        out *= 1 / (pairs.mT @ ones + q @ self.Z)  # one division for each row
        self.S += np.matmul(k.mT, v, out=self.added)
        self.Z += k.mT @ ones


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


def head_features(
    x: np.ndarray, frequencies: np.ndarray, query: bool, out: np.ndarray | None = None
) -> np.ndarray:
    """(…, N, D) and (D_random, D) to (…, N, D_random): features of exp(q·k/√D).

    They are the positive ones of chapter 05, w ~ N(0, I/√D). Factors that cancel
    are chosen for safety: a query's largest feature is 1; 1/√D_random is left out.
    `out` (…, D_random, N) is where they are kept, with the positions along rows.
    """
    exponents = np.matmul(frequencies, x.mT, out=out)
    if query:
        exponents -= exponents.max(axis=-2, keepdims=True)
    else:
        half_norms = np.vecdot(x, x) * x.dtype.type(0.5 / np.sqrt(x.shape[-1]))
        exponents -= half_norms[..., None, :]
    return np.exp(exponents, out=exponents).mT


def chunkwise_heads(
    Q: np.ndarray,
    K: np.ndarray,
    V: np.ndarray,
    frequencies: np.ndarray,
    chunk: int = 112,
    threads: int = 2,
    together: int = 4,
) -> np.ndarray:
    """(H, N, D), (H, N, D), (H, N, M), (D_random, D) to (H, N, M).

    Causal attention with positive features, in the dtype of Q. The heads share
    the frequencies and are dealt out to the threads, up to `together` at a time.
    """
    (H, N, _), M, d, dtype = Q.shape, V.shape[2], len(frequencies), Q.dtype
    out = on_cache_line((H, N, M), dtype)
    frequencies = frequencies.astype(dtype)
    together = min(together, -(-H // threads))

    def some_heads(first: int) -> None:
        heads = slice(first, first + together)
        number = len(Q[heads])
        sums = ChunkState((number,), d, M, chunk, dtype)
        # Features of two chunks at a time are still in the cache when they are read.
        features = on_cache_line((2, number, d, 2 * chunk), dtype)
        for start in range(0, N, 2 * chunk):
            rows = heads, slice(start, start + 2 * chunk)
            queries, keys = features[..., : N - start]
            q = head_features(Q[rows], frequencies, query=True, out=queries)
            k = head_features(K[rows], frequencies, query=False, out=keys)
            for half in (slice(chunk), slice(chunk, None)):
                sums.step(*(x[:, half] for x in (q, k, V[rows], out[rows])))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(some_heads, range(0, H, together)))
    return out
