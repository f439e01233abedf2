"""Causal attention chunk by chunk (chapter 07): matrix products inside a chunk, a state between.

The heads of `chunkwise_heads` run in threads, each of which calls BLAS. Start Python with
OPENBLAS_NUM_THREADS=1, or BLAS's own threads get in the way of these.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

State = tuple[np.ndarray, np.ndarray]


def chunkwise_attention(
    phi_Q: np.ndarray,
    phi_K: np.ndarray,
    V: np.ndarray,
    chunk: int,
    state: State | None = None,
) -> tuple[np.ndarray, State]:
    """(N, d), (N, d), (N, M) to (N, M), and the last state: S (d, M), Z (d,).

    `state` comes before the first row, None for nothing; it is left as it is.
    `chunk` ≥ 1 need not divide N. Works in the dtype of its arrays, and fastest
    if the features are stored with the positions along rows, as (d, N).T.
    """
    (N, d), M = phi_Q.shape, V.shape[1]
    dtype = np.result_type(phi_Q, phi_K, V)
    S, Z = (np.zeros((d, M), dtype), np.zeros(d, dtype)) if state is None else state
    S, Z = S.copy(), Z.copy()
    out, sums = np.empty((N, M), dtype), np.empty(N, dtype)

    # Buffers for one chunk: small enough to stay in the cache.
    C = min(chunk, N)
    pairs, past, added = (np.empty(size, dtype) for size in [(C, C), (C, M), (d, M)])
    mask, ones = np.tri(C, dtype=dtype), np.ones(C, dtype)
    for start in range(0, N, chunk):
        rows = slice(start, start + chunk)
        q, kT, v, result = phi_Q[rows], phi_K[rows].T, V[rows], out[rows]
        if len(q) < C:  # the tail
            C = len(q)
            pairs, past, mask, ones = pairs[:C, :C], past[:C], mask[:C, :C], ones[:C]
        # Inside the chunk: pairs, masked.
        np.matmul(q, kT, out=pairs)
        pairs *= mask
        np.matmul(pairs, v, out=result)
        # All before it: the state, read before this chunk is written to it.
        result += np.matmul(q, S, out=past)
        np.add(pairs @ ones, q @ Z, out=sums[rows])
        S += np.matmul(kT, v, out=added)
        Z += kT @ ones
    out /= sums[:, None]
    return out, (S, Z)


def head_features(x: np.ndarray, frequencies: np.ndarray, query: bool) -> np.ndarray:
    """(N, D) and (D_random, D) to (N, D_random): positive features of exp(q·k/√D).

    Frequencies are those of chapter 05, w ~ N(0, I/√D). Factors that cancel are
    chosen for safety: a query's largest feature is 1, and 1/√D_random is left out.
    """
    exponents = frequencies @ x.T  # (D_random, N)
    if query:
        exponents -= exponents.max(axis=0)
    else:
        exponents -= np.vecdot(x, x) * x.dtype.type(0.5 / np.sqrt(x.shape[1]))
    return np.exp(exponents, out=exponents).T


def chunkwise_heads(
    Q: np.ndarray,
    K: np.ndarray,
    V: np.ndarray,
    frequencies: np.ndarray,
    chunk: int = 120,
    threads: int = 2,
) -> np.ndarray:
    """(H, N, D), (H, N, D), (H, N, M), (D_random, D) to (H, N, M).

    Causal attention with positive features, in the dtype of Q. The heads share
    the frequencies and are dealt out to the threads.
    """
    out = np.empty((*Q.shape[:2], V.shape[2]), Q.dtype)
    frequencies = frequencies.astype(Q.dtype)
    # Features of a few chunks at a time are still in the cache when they are read.
    block = 8 * chunk

    def one_head(h: int) -> None:
        state = None
        for start in range(0, Q.shape[1], block):
            rows = slice(start, start + block)
            q = head_features(Q[h, rows], frequencies, query=True)
            k = head_features(K[h, rows], frequencies, query=False)
            out[h, rows], state = chunkwise_attention(q, k, V[h, rows], chunk, state)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one_head, range(len(Q))))
    return out
