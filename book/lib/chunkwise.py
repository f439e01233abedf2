"""Causal attention chunk by chunk (chapter 07): matrix products inside a chunk, a state between.

The heads of `chunkwise_heads` run in threads, each of which calls BLAS: start Python with
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
    """(N, d), (N, d), (N, M) to (N, M) and the state after the last row, S (d, M) and Z (d,).

    `chunk` ≥ 1 need not divide N. `state` is what came before the first row, None for nothing; it
    is left as it is. Works in the dtype of its arrays. Fastest if the features are stored with
    positions along the rows of memory, as `(d, N).T`.
    """
    (N, d), M = phi_Q.shape, V.shape[1]
    dtype = np.result_type(phi_Q, phi_K, V)
    S, Z = (np.zeros((d, M), dtype), np.zeros(d, dtype)) if state is None else state
    S, Z = S.copy(), Z.copy()
    out, sums = np.empty((N, M), dtype), np.empty((N, 1), dtype)

    # Buffers for one chunk stay in the cache.
    C = min(chunk, N)
    weights, past = np.empty((C, C), dtype), np.empty((C, M), dtype)
    mask, ones, added = np.tri(C, dtype=dtype), np.ones((C, 1), dtype), np.empty((d, M), dtype)
    for start in range(0, N, chunk):
        rows = slice(start, start + chunk)
        q, kT, v, result = phi_Q[rows], phi_K[rows].T, V[rows], out[rows]
        if len(q) < C:  # the last chunk of a length that C does not divide
            C = len(q)
            weights, past, mask, ones = weights[:C, :C], past[:C], mask[:C, :C], ones[:C]
        # Inside the chunk: pairs, masked.
        np.matmul(q, kT, out=weights)
        weights *= mask
        np.matmul(weights, v, out=result)
        # Everything before it: the state, read before this chunk is written to it.
        result += np.matmul(q, S, out=past)
        np.add(weights @ ones, (q @ Z)[:, None], out=sums[rows])
        S += np.matmul(kT, v, out=added)
        Z += (kT @ ones)[:, 0]
    out /= sums
    return out, (S, Z)


def head_features(x: np.ndarray, frequencies: np.ndarray, query: bool) -> np.ndarray:
    """(N, D), (D_random, D) to (N, D_random): positive features of exp(q·k/√D), w ~ N(0, I/√D).

    A factor of a query cancels in attention, so a query's features are divided by the largest of
    them and cannot overflow; 1/√D_random is left out for the same reason.
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
    chunk: int = 112,
    threads: int = 2,
) -> np.ndarray:
    """(H, N, D), (H, N, D), (H, N, M), (D_random, D) to (H, N, M): attention, features included.

    Works in the dtype of Q. The heads share the frequencies and are dealt out to the threads.
    """
    out = np.empty((*Q.shape[:2], V.shape[2]), Q.dtype)
    frequencies = frequencies.astype(Q.dtype)
    block = 8 * chunk  # features of a few chunks at a time: they are still in the cache when read

    def one_head(h: int) -> None:
        state = None
        for start in range(0, Q.shape[1], block):
            rows = slice(start, start + block)
            phi_Q = head_features(Q[h, rows], frequencies, query=True)
            phi_K = head_features(K[h, rows], frequencies, query=False)
            out[h, rows], state = chunkwise_attention(phi_Q, phi_K, V[h, rows], chunk, state)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one_head, range(len(Q))))
    return out
