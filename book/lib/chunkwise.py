"""Causal attention chunk by chunk (chapter 07): matrix products inside a chunk, a state between.

`chunkwise_heads` runs in threads, each of which calls BLAS. Start Python with
OPENBLAS_NUM_THREADS=1, or BLAS's own threads get in the way of these. A chunk of 120 rows is not
a round number but a fast one: OpenBLAS has a quicker way for products of up to 100³ multiply-adds,
and with 64 features and values all products of such a chunk take it.
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
    """(…, N, d), (…, N, d), (…, N, M) to (…, N, M) and the last state.

    The state is S (…, d, M) and Z (…, d). `state` comes before the first row, None
    for nothing; it is left as it is. `chunk` ≥ 1 need not divide N. Works in the
    dtype of its arrays, and fastest if the features are stored with the positions
    along rows, as views of (…, d, N).
    """
    (*heads, N, d), M = phi_Q.shape, V.shape[-1]
    dtype = np.result_type(phi_Q, phi_K, V)
    if state is None:
        S, Z = np.zeros((*heads, d, M), dtype), np.zeros((*heads, d), dtype)
    else:
        S, Z = state[0].copy(), state[1].copy()
    out = np.empty((*heads, N, M), dtype)

    # Buffers for one chunk: small enough to stay in the cache.
    C = min(chunk, N)
    pairs, past = np.empty((*heads, C, C), dtype), np.empty((*heads, C, M), dtype)
    mask, ones, added = np.tri(C, dtype=dtype), np.ones((C, 1), dtype), np.empty_like(S)
    for start in range(0, N, chunk):
        q, k, v, result = (x[..., start : start + chunk, :] for x in (phi_Q, phi_K, V, out))
        kT = np.swapaxes(k, -1, -2)
        if v.shape[-2] < C:  # the tail
            C = v.shape[-2]
            pairs, past = pairs[..., :C, :C], past[..., :C, :]
            mask, ones = mask[:C, :C], ones[:C]
        # Inside the chunk: pairs, masked.
        np.matmul(q, kT, out=pairs)
        pairs *= mask
        np.matmul(pairs, v, out=result)
        # All before it: the state, read before this chunk is written to it.
        result += np.matmul(q, S, out=past)
        result *= 1 / (pairs @ ones + q @ Z[..., None])  # one division for each row
        S += np.matmul(kT, v, out=added)
        Z += (kT @ ones)[..., 0]
    return out, (S, Z)


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
    # Features of two chunks at a time are still in the cache when they are read.
    block = 2 * chunk

    def some_heads(first: int) -> None:
        state = None
        for start in range(0, N, block):
            part = slice(first, first + together), slice(start, start + block)
            q = head_features(Q[part], frequencies, query=True)
            k = head_features(K[part], frequencies, query=False)
            out[part], state = chunkwise_attention(q, k, V[part], chunk, state)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(some_heads, range(0, H, together)))
    return out
