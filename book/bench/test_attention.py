"""Attention against the clock: `make bench` measures it, chapter 08 plots it.

Two kinds of numbers. Against the length: the book's five methods as they are, one head, double
precision, one thread, in CPU time, which a busy machine disturbs least. Against others: a layer of
eight heads in two threads, by the clock, in rounds that take turns with what it is compared with,
so that both meet the same disturbances; of all rounds the fastest counts.
"""

import sys
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))
from lib.attention import softmax_weights
from lib.causal import CausalState
from lib.chunkwise import ChunkState, chunkwise_heads, head_features, on_cache_line
from lib.features import elu_features, feature_attention, gaussian_frequencies
from lib.positive import positive_features

H, D, M, D_RANDOM, CHUNK, THREADS = 8, 64, 64, 64, 112, 2
LENGTHS = [2**power for power in range(4, 16)]


def draw(*shape: int, dtype: type) -> list[np.ndarray]:
    """Q, K, V of one shape and the frequencies, (D_random, D)."""
    rng = np.random.default_rng(8)
    arrays = [*rng.normal(size=(3, *shape)), gaussian_frequencies(rng, D_RANDOM, D, D**0.25)]
    return [array.astype(dtype) for array in arrays]


# --- against the length


def softmax(Q, K, V, w):
    return softmax_weights(Q, K) @ V


def linear(Q, K, V, w):
    return feature_attention(elu_features(Q), elu_features(K), V)


def features(Q, K, V, w):
    return feature_attention(positive_features(Q, w), positive_features(K, w), V)


def causal(Q, K, V, w):
    state, out = CausalState(len(w), V.shape[1]), np.empty_like(V)
    for i, row in enumerate(zip(positive_features(Q, w), positive_features(K, w), V, strict=True)):
        out[i] = state.step(*row)
    return out


def chunkwise(Q, K, V, w):
    return chunkwise_heads(Q[None], K[None], V[None], w, CHUNK, threads=1)[0]


def peak_memory(call: Callable) -> int:
    """The most bytes that the call holds at one time, its result included."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("N", LENGTHS)
@pytest.mark.parametrize("method", [softmax, linear, features, causal, chunkwise])
def test_scaling(benchmark, found, method, N):
    if method is softmax and N > 4096:
        pytest.skip("exact attention is not measured where its weights fill gigabytes")
    arrays = draw(N, D, dtype=np.float64)
    benchmark.group = f"N = {N}"
    rounds, iterations = max(8, min(60, 2**16 // N)), max(1, 256 // N)
    out = benchmark.pedantic(method, arrays, rounds=rounds, iterations=iterations, warmup_rounds=1)
    assert out.shape == (N, M)
    row = found.setdefault("scaling", {}).setdefault(
        method.__name__, {"N": [], "seconds": [], "bytes": []}
    )
    row["N"].append(N)
    row["seconds"].append(benchmark.stats.stats.min)
    row["bytes"].append(peak_memory(lambda: method(*arrays)))


# --- against others


@pytest.fixture(autouse=True)
def two_threads():
    """PyTorch gets as many threads as the heads do; BLAS got one, from conftest.py."""
    torch.set_num_threads(THREADS)


def in_turns(benchmark, ours: Callable, theirs: Callable, rounds: int) -> tuple[float, float]:
    """The fastest round of each, in seconds, after one to warm up; theirs precedes each of ours."""
    seconds = []

    def setup() -> None:
        start = time.perf_counter()
        theirs()
        seconds.append(time.perf_counter() - start)

    ours()
    theirs()
    benchmark.pedantic(ours, setup=setup, rounds=rounds)
    return benchmark.stats.stats.min, min(seconds)


@pytest.mark.parametrize("N", [128, 256, 512, 1024, 2048, 4096, 8192, 16384])
def test_against_pytorch(benchmark, found, N):
    benchmark.group = "chunkwise attention, eight heads"
    Q, K, V, w = draw(H, N, D, dtype=np.float32)
    tensors = [torch.from_numpy(x)[None] for x in (Q, K, V)]

    def fused() -> None:
        with torch.inference_mode():
            torch.nn.functional.scaled_dot_product_attention(*tensors, is_causal=True)

    ours, theirs = in_turns(
        benchmark,
        lambda: chunkwise_heads(Q, K, V, w, CHUNK, THREADS),
        fused,
        rounds=max(6, min(200, 2**17 // N)),
    )
    found.setdefault("against_pytorch", []).append({"N": N, "chunkwise": ours, "pytorch": theirs})
    ratio = theirs / ours
    benchmark.extra_info["ratio"] = ratio
    assert N < 2048 or ratio > 1, "slower than PyTorch"
    assert N < 16384 or ratio >= 4, "less than four times as fast as PyTorch"


def test_layouts(found):
    """The pairs of a chunk, four heads at a time, with their factors stored in all four ways.

    And the fastest of them once more, with arrays that begin 16 bytes after a cache line, as
    NumPy's large ones do.
    """
    rng = np.random.default_rng(10)

    def stored(rows: int, columns: int, order: str, beside: int = 0) -> np.ndarray:
        """(4, rows, columns), of which what `order` names lies side by side in memory."""
        shape = (4, rows, columns) if order == "rows" else (4, columns, rows)
        size = int(np.prod(shape))
        array = on_cache_line((size + 16,), np.float32)[beside : beside + size].reshape(shape)
        array[...] = rng.normal(size=shape)
        return array if order == "rows" else array.mT

    orders = "rows", "columns"
    products = {
        f"{left} × {right}": (stored(CHUNK, D_RANDOM, left), stored(D_RANDOM, CHUNK, right), 0)
        for left in orders
        for right in orders
    }
    beside = stored(CHUNK, D_RANDOM, "columns", 4), stored(D_RANDOM, CHUNK, "rows", 4), 4
    products["columns × rows, beside a line"] = beside
    seconds: dict[str, list[float]] = {name: [] for name in products}
    results = {offset: stored(CHUNK, CHUNK, "rows", offset) for offset in (0, 4)}
    for _ in range(3000):
        for name, (left, right, offset) in products.items():
            start = time.perf_counter()
            np.matmul(left, right, out=results[offset])
            seconds[name].append(time.perf_counter() - start)
    work = 4 * CHUNK**2 * D_RANDOM
    found["layouts"] = {name: work / min(times) for name, times in seconds.items()}
    assert min(found["layouts"], key=found["layouts"].get) == "rows × columns"


@pytest.mark.parametrize("threads", [1, THREADS])
def test_kernel(benchmark, found, threads):
    """The loop over chunks, features given, as the layer runs it: four heads, two chunks.

    It takes turns with three others: large products, the most that this machine multiplies; the
    loop's own four products alone, which leaves what the loop does besides them; and the loop as
    chapter 07 writes it first, on all heads in one array. One thread has Python's lock to itself;
    two hand it to each other.
    """
    benchmark.group = "multiplication rate"
    N, heads, calls, size = 2 * CHUNK, H // THREADS, 8, 576
    Q, K, V, w = draw(H, N, D, dtype=np.float32)
    features = on_cache_line((2, H, D_RANDOM, N), np.float32)
    phi_Q = head_features(Q, w, query=True, out=features[0])
    phi_K = head_features(K, w, query=False, out=features[1])
    squares = np.random.default_rng(9).normal(size=(THREADS, 3, size, size)).astype(np.float32)
    out = on_cache_line(V.shape, np.float32)
    states = [ChunkState((heads,), D_RANDOM, M, CHUNK, np.float32) for _ in range(threads)]
    names = ("kernel", "matmul", "products", "first")
    cpu: dict[str, list[float]] = {name: [] for name in names}
    wall: dict[str, list[float]] = {name: [] for name in names}

    def chunks(part: slice, calls: int = calls):
        for _ in range(calls):
            for half in (slice(CHUNK), slice(CHUNK, None)):
                yield (x[part, half] for x in (phi_Q, phi_K, V, out))

    def own(thread: int) -> slice:
        return slice(thread * heads, (thread + 1) * heads)

    def kernel(thread: int) -> None:
        sums = states[thread]
        sums.S[...] = sums.Z[...] = 0
        for arrays in chunks(own(thread)):
            sums.step(*arrays)

    def products(thread: int) -> None:
        sums = states[thread]
        pairs = sums.pairs.mT
        for q, k, v, result in chunks(own(thread)):
            np.matmul(k, q.mT, out=sums.pairs)
            np.matmul(pairs, v, out=result)
            np.matmul(q, sums.S, out=sums.past)
            np.matmul(k.mT, v, out=sums.added)

    def first(thread: int) -> None:
        S, Z = np.zeros((H, D_RANDOM, M), np.float32), np.zeros((H, D_RANDOM, 1), np.float32)
        for q, k, v, result in chunks(slice(H), calls * heads // H):
            pairs = np.tril(q @ k.mT)
            sums = q @ Z + pairs.sum(axis=-1, keepdims=True)
            result[...] = (q @ S + pairs @ v) / sums
            S, Z = S + k.mT @ v, Z + k.sum(axis=-2)[..., None]

    def matmul(thread: int) -> None:
        left, right, result = squares[thread]
        np.matmul(left, right, out=result)

    def measured(thread: int, work: Callable[[int], None]) -> None:
        start = time.thread_time()
        work(thread)
        cpu[work.__name__].append(time.thread_time() - start)

    def in_threads(work: Callable[[int], None]) -> None:
        start = time.perf_counter()
        list(pool.map(measured, range(threads), [work] * threads))
        wall[work.__name__].append(time.perf_counter() - start)

    with ThreadPoolExecutor(threads) as pool:
        in_threads(kernel)
        benchmark.pedantic(
            lambda: in_threads(kernel),
            setup=lambda: [in_threads(work) for work in (matmul, products, first)] and None,
            rounds=1000,
        )
    # Multiply-adds of the products in the loop: pairs, masked or not, and the state.
    work = calls * heads * N * (CHUNK * (D_RANDOM + M) + 2 * D_RANDOM * M)
    rates = {name: threads * work / min(wall[name]) for name in names}
    rates["matmul"] = threads * size**3 / min(wall["matmul"])
    shares = {
        "share": rates["kernel"] / rates["matmul"],
        "share_cpu": work / min(cpu["kernel"]) / (size**3 / min(cpu["matmul"])),
    }
    found.setdefault("kernel", []).append({"threads": threads} | rates | shares)
    if threads == 1:
        assert shares["share"] >= 0.75, shares
    else:  # by the clock they also wait for Python's lock: this only guards against getting slower
        assert shares["share_cpu"] >= 0.55, shares


def test_exact(found):
    """The fast layer in single precision, against all pairs in double precision."""
    largest = 0.0
    for heads, N in [(H, 2048), (1, 16384)]:
        Q, K, V, w = draw(heads, N, D, dtype=np.float32)
        fast = chunkwise_heads(Q, K, V, w, CHUNK, THREADS)
        for h in range(heads):
            q, k = (positive_features(x[h].astype(np.float64), w) for x in (Q, K))
            for start in range(0, N, 1024):  # rows at a time: all pairs would not fit
                rows = slice(start, start + 1024)
                pairs = np.tril(q[rows] @ k.T, k=start)
                exact = pairs @ V[h] / pairs.sum(axis=1, keepdims=True)
                largest = max(largest, float(abs(fast[h, rows] - exact).max()))
    found["largest_error"] = largest
    assert largest < 1e-4
