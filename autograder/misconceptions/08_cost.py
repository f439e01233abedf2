"""Known-wrong and alternative right answers to 08_cost."""

import numpy as np
import sympy as sp

from autograder.bank import right, wrong

# --- power_law


@wrong("power_law", "a line through the costs themselves")
def without_logarithms(lengths, costs):
    """The slope of the costs is the exponent.

    A power law is straight only on logarithmic axes: take the logarithm of both.
    """
    x, y = lengths - np.mean(lengths), np.asarray(costs)
    slope = x @ y / (x @ x)
    residuals = y - y.mean() - slope * x
    return slope, np.sqrt(residuals @ residuals / (len(x) - 2) / (x @ x))


@wrong("power_law", "a line through the origin")
def through_the_origin(lengths, costs):
    """log cost is p log N, and nothing else.

    log c is unknown, too: leave the line free to start where it likes.
    """
    x, y = np.log(lengths), np.log(costs)
    exponent = x @ y / (x @ x)
    residuals = y - exponent * x
    return exponent, np.sqrt(residuals @ residuals / (len(x) - 1) / (x @ x))


@wrong("power_law", "length as a function of cost")
def axes_swapped(lengths, costs):
    """A slope of x against y is one over the slope of y against x.

    The length was chosen and the cost was measured: the residuals are those of log cost.
    """
    x, y = np.log(lengths), np.log(costs)
    x, y = x - x.mean(), y - y.mean()
    exponent = y @ y / (x @ y)
    residuals = y - exponent * x
    return exponent, np.sqrt(residuals @ residuals / (len(x) - 2) / (x @ x))


@wrong("power_law", "from the first and the last point alone")
def ends_only(lengths, costs):
    """The slope is rise over run.

    All points count: with two of them there is no error to estimate.
    """
    x, y = np.log(lengths), np.log(costs)
    exponent = (y[-1] - y[0]) / (x[-1] - x[0])
    residuals = y - y[0] - exponent * (x - x[0])
    return exponent, np.sqrt(residuals @ residuals / (len(x) - 2) / np.sum((x - x.mean()) ** 2))


wrong(
    "power_law",
    "n in place of n − 2",
    belief="The variance of the residuals is their mean square.",
    hint="A line has two numbers that were fitted to the points: n − 2 residuals are free.",
    edit={"residuals @ residuals / (len(x) - 2) / (x @ x)": "np.mean(residuals**2) / (x @ x)"},
)

wrong(
    "power_law",
    "the scatter given as the error",
    belief="The error is the standard deviation of the residuals.",
    hint="The scatter of the points is not the error of the slope: points far apart pin a slope "
    "down better.",
    edit={"residuals @ residuals / (len(x) - 2) / (x @ x)": "residuals @ residuals / (len(x) - 2)"},
)


@right("power_law", "np.polyfit with its covariance")
def by_polyfit(lengths, costs):
    """Logarithms to base 10 have the same slope."""
    line, covariance = np.polyfit(np.log10(lengths), np.log10(costs), 1, cov=True)
    return [line[0], covariance[0, 0] ** 0.5] if covariance[0, 0] > 0 else [line[0], 0.0]


@right("power_law", "the normal equations, as a loop")
def by_normal_equations(lengths, costs):
    """Sums, one after the other."""
    n = len(lengths)
    points = [(float(np.log2(a)), float(np.log2(b))) for a, b in zip(lengths, costs, strict=True)]
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    squares = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in points)
    return np.array([slope, np.sqrt(squares / (n - 2) / spread)])


# --- faster_from


wrong(
    "faster_from",
    "straight lines between the times themselves",
    belief="Between two measurements things are linear.",
    hint="Between two lengths it is the logarithms that go in straight lines.",
    edit={
        "np.log(second) - np.log(first)": "second - first",
        "x = np.log(lengths)": "x = lengths",
        "np.exp(x[last] + share": "(x[last] + share",
    },
)


@wrong("faster_from", "the first measured length at which it is faster")
def next_measured(lengths, first, second):
    """A crossing can only be at a measured length.

    The curves cross somewhere before that length: between which two, and where?
    """
    slower = np.flatnonzero(second > first)
    if len(slower) == 0:
        return lengths[0]
    return lengths[slower[-1] + 1] if slower[-1] + 1 < len(lengths) else np.inf


@wrong("faster_from", "the first crossing")
def first_crossing(lengths, first, second):
    """Curves cross once.

    After its first success the second method may fall behind again: it has to stay faster.
    """
    gap = np.log(second) - np.log(first)
    if gap[0] < 0:
        return lengths[0]
    faster = np.flatnonzero(gap < 0)
    if len(faster) == 0:
        return np.inf
    last = faster[0] - 1
    share = gap[last] / (gap[last] - gap[last + 1])
    return np.exp(np.log(lengths[last]) + share * np.log(lengths[last + 1] / lengths[last]))


wrong(
    "faster_from",
    "the two methods exchanged",
    belief="The larger number is the faster one.",
    hint="Which of the two is asked about? It is faster where its seconds are fewer.",
    edit={"np.log(second) - np.log(first)": "np.log(first) - np.log(second)"},
)

wrong(
    "faster_from",
    "logarithms of the lengths only",
    belief="Lengths are on a logarithmic axis, seconds are not.",
    hint="The seconds of a power law are straight only if their logarithm is taken, too.",
    edit={"np.log(second) - np.log(first)": "second - first"},
)


@right("faster_from", "from the end, one interval at a time")
def from_the_end(lengths, first, second):
    """Two lines in logarithms, solved for their meeting point."""
    if second[-1] > first[-1]:
        return float("inf")
    for i in range(len(lengths) - 2, -1, -1):
        if second[i] > first[i]:
            x = np.log(lengths[i : i + 2])
            a, b = np.log(first[i : i + 2]), np.log(second[i : i + 2])
            slope_a, slope_b = (a[1] - a[0]) / (x[1] - x[0]), (b[1] - b[0]) / (x[1] - x[0])
            return float(np.exp(x[0] + (b[0] - a[0]) / (slope_a - slope_b)))
    return float(lengths[0])


@right("faster_from", "np.interp of the logarithm of the quotient")
def by_interpolation(lengths, first, second):
    """The place where the logarithm of the quotient is 0."""
    quotient = np.log2(np.divide(second, first))
    if quotient[-1] > 0:
        return np.inf
    start = max([i for i in range(len(lengths)) if quotient[i] > 0], default=None)
    if start is None:
        return np.array([lengths[0]])[0]
    pair = slice(start, start + 2)
    return 2 ** np.interp(0, quotient[pair][::-1], np.log2(lengths[pair])[::-1])


# --- equal_causal


@wrong("equal_causal", "all pairs of exact attention")
def all_pairs_counted():
    """Exact attention takes N² pairs, masked or not.

    Row i has i pairs, not N: how many is that in all?
    """
    D, M, R = sp.symbols("D M D_random", positive=True)
    return 2 * R * (D + 2 * M + 1) / (D + M)


@wrong("equal_causal", "half of N², without the diagonal")
def diagonal_forgotten():
    """Half of the pairs is N²/2.

    A position sees itself, so the diagonal belongs to the pairs: 1 + 2 + … + N is not N²/2.
    """
    D, M, R = sp.symbols("D M D_random", positive=True)
    return 4 * R * (D + 2 * M + 1) / (D + M)


@wrong("equal_causal", "as many columns as frequencies")
def one_column_each():
    """There are D_random features.

    Each frequency gives a sine and a cosine: how many columns does the state have to serve?
    """
    D, M, R = sp.symbols("D M D_random", positive=True)
    return 2 * R * (2 * D + 2 * M + 1) / (D + M) - 1


@wrong("equal_causal", "angles computed twice, for sines and for cosines")
def angles_twice():
    """Each of the 2 D_random features takes a product of its own.

    The sine and the cosine of a frequency have the same angle: x wᵀ is computed once.
    """
    D, M, R = sp.symbols("D M D_random", positive=True)
    return 4 * R * (2 * D + 2 * M + 1) / (D + M) - 1


@wrong("equal_causal", "features for nothing")
def features_for_nothing():
    """Features are given.

    Before anything is written to S, both x wᵀ have to be computed.
    """
    D, M, R = sp.symbols("D M D_random", positive=True)
    return 4 * R * (2 * M + 1) / (D + M) - 1


@wrong("equal_causal", "denominators forgotten")
def denominators_forgotten():
    """S is written and read, that is all.

    Each query also reads Z: one multiply-add for each feature.
    """
    D, M, R = sp.symbols("D M D_random", positive=True)
    return 4 * R * (D + 2 * M) / (D + M) - 1


@right("equal_causal", "solved by SymPy")
def solved_by_sympy():
    """Both counts, and solve."""
    N, D, M, R = sp.symbols("N D M D_random", positive=True)
    exact = N * (N + 1) / 2 * (D + M)
    stream = N * (2 * R * D + 2 * R * M + 2 * R * M + 2 * R)
    return sp.solve(exact / N - stream / N, N)[0]


@right("equal_causal", "over one denominator, with symbols of one's own")
def over_one_denominator():
    """Symbols without assumptions."""
    D, M, R = sp.symbols("D M D_random")
    return (4 * R * D + 8 * R * M + 4 * R - D - M) / (D + M)


# --- round_seconds


@wrong("round_seconds", "the weights fetched once for each text")
def weights_for_each_text(texts, N, weights, layers, H, G, size, b, F, B):
    """Each text is a run of the model of its own.

    All texts use the same weights: fetched once, they serve all of them.
    """
    work = texts * (weights + layers * H * 2 * N * size)
    return max(work / F, b * texts * (weights + layers * G * 2 * N * size) / B)


@wrong("round_seconds", "one cache for all texts")
def one_cache(texts, N, weights, layers, H, G, size, b, F, B):
    """Keys and values are shared like the weights.

    Different texts have different keys and values: each cache is fetched.
    """
    work = texts * (weights + layers * H * 2 * N * size)
    return max(work / F, b * (weights + layers * G * 2 * N * size) / B)


@wrong("round_seconds", "memory and arithmetic one after the other")
def one_after_the_other(texts, N, weights, layers, H, G, size, b, F, B):
    """First the numbers are fetched, then they are multiplied.

    Both work at the same time, so the round takes as long as the slower one.
    """
    work = texts * (weights + layers * H * 2 * N * size)
    return work / F + b * (weights + texts * layers * G * 2 * N * size) / B


@wrong("round_seconds", "as many caches as heads of queries")
def a_cache_per_query_head(texts, N, weights, layers, H, G, size, b, F, B):
    """Every head has keys of its own.

    Several heads of queries look at the same keys and values: those are fetched once.
    """
    work = texts * (weights + layers * H * 2 * N * size)
    return max(work / F, b * (weights + texts * layers * H * 2 * N * size) / B)


@wrong("round_seconds", "each weight multiplied once for all texts")
def weights_used_once(texts, N, weights, layers, H, G, size, b, F, B):
    """What is shared is shared in every respect.

    A weight is fetched once for all texts, but multiplied by a number of each of them.
    """
    work = weights + texts * layers * H * 2 * N * size
    return max(work / F, b * (weights + texts * layers * G * 2 * N * size) / B)


@wrong("round_seconds", "work only for the heads of keys")
def work_per_key_head(texts, N, weights, layers, H, G, size, b, F, B):
    """Shared keys save arithmetic, too.

    Each head of queries multiplies its own query by all keys, shared or not.
    """
    work = texts * (weights + layers * G * 2 * N * size)
    return max(work / F, b * (weights + texts * layers * G * 2 * N * size) / B)


@wrong("round_seconds", "two operations for one multiply-add")
def operations_counted(texts, N, weights, layers, H, G, size, b, F, B):
    """A multiply-add is two operations.

    F counts multiply-adds, not operations: a product and its addition are one.
    """
    work = 2 * texts * (weights + layers * H * 2 * N * size)
    return max(work / F, b * (weights + texts * layers * G * 2 * N * size) / B)


@wrong("round_seconds", "keys without values")
def keys_only(texts, N, weights, layers, H, G, size, b, F, B):
    """The cache holds the keys.

    Attention multiplies twice: the query by the keys, and the weights by the values.
    """
    work = texts * (weights + layers * H * N * size)
    return max(work / F, b * (weights + texts * layers * G * N * size) / B)


@right("round_seconds", "text by text, head by head")
def round_in_loops(texts, N, weights, layers, H, G, size, b, F, B):
    """Adds up."""
    work = moved = 0
    moved += b * weights
    for _ in range(texts):
        work += weights
        for _ in range(layers):
            work += sum(N * size + N * size for _ in range(H))
            moved += sum(b * N * size + b * N * size for _ in range(G))
    return work / F if work / F > moved / B else moved / B


@right("round_seconds", "an array of two times")
def round_by_numpy(texts, N, weights, layers, H, G, size, b, F, B):
    """NumPy's maximum, in float64."""
    cache = 2.0 * layers * N * size * np.array([H, G])
    return np.max([texts * (weights + cache[0]) / F, b * (weights + texts * cache[1]) / B])


# --- longest_text


@wrong("longest_text", "rounded to the nearest")
def nearest_position(memory, texts, weights, layers, G, size, b):
    """The nearest whole number.

    A part of a position does not fit: round down, always.
    """
    return max(0, round((memory - weights * b) / (texts * layers * G * 2 * size * b)))


@wrong("longest_text", "no room left for the weights")
def weights_elsewhere(memory, texts, weights, layers, G, size, b):
    """The memory belongs to the texts.

    The weights are in the same memory: subtract them first, in bytes.
    """
    return int(memory // (texts * layers * G * 2 * size * b))


@wrong("longest_text", "keys without values")
def keys_without_values(memory, texts, weights, layers, G, size, b):
    """The cache holds the keys.

    Each position leaves a key and a value in every layer.
    """
    return max(0, int((memory - weights * b) // (texts * layers * G * size * b)))


@wrong("longest_text", "all positions together")
def all_texts_together(memory, texts, weights, layers, G, size, b):
    """The number of positions in the memory.

    Each of the texts needs that many positions: the memory is divided among them.
    """
    return max(0, int((memory - weights * b) // (layers * G * 2 * size * b)))


@wrong("longest_text", "a negative number of positions")
def negative_positions(memory, texts, weights, layers, G, size, b):
    """The formula holds for any memory.

    If the weights do not fit, no position does: that is 0.
    """
    return int((memory - weights * b) // (texts * layers * G * 2 * size * b))


@wrong("longest_text", "bytes taken for numbers")
def bytes_as_numbers(memory, texts, weights, layers, G, size, b):
    """Memory is counted in numbers.

    A number takes b bytes, that of a key as well as a weight.
    """
    return max(0, int((memory - weights) // (texts * layers * G * 2 * size)))


@right("longest_text", "counting up")
def counting_up(memory, texts, weights, layers, G, size, b):
    """One more position for all texts until it does not fit."""
    positions, used = 0, b * weights
    while used + (step := texts * layers * G * (size + size) * b) <= memory:
        used += step
        positions += 1
    return positions


@right("longest_text", "floor, as a float")
def floor_as_float(memory, texts, weights, layers, G, size, b):
    """A whole number of type float."""
    return np.floor(max(0, memory / b - weights) / (2 * texts * layers * G * size) + 1e-9)


# --- busy_chunk


@wrong("busy_chunk", "rounded down")
def chunk_rounded_down(D, M, R, b, F, B):
    """The whole part.

    With a chunk that is a little too small the kernel still waits: round up.
    """
    missing = F / B * b * 2 * (D + M) - R * (2 * D + 2 * M + 1)
    return max(1, int(np.floor(missing / (R + M))))


@wrong("busy_chunk", "the output moved for nothing")
def output_not_moved(D, M, R, b, F, B):
    """Only what is read counts.

    Four arrays pass between memory and arithmetic: three are read, one is written.
    """
    missing = F / B * b * (2 * D + M) - R * (2 * D + 2 * M + 1)
    return max(1, int(np.ceil(missing / (R + M))))


@wrong("busy_chunk", "the pairs alone")
def pairs_alone(D, M, R, b, F, B):
    """Only the pairs depend on C, so only they count.

    Features and state keep the arithmetic busy, too, whatever the chunk is.
    """
    return max(1, int(np.ceil(F / B * b * 2 * (D + M) / (R + M))))


@wrong("busy_chunk", "two operations for one multiply-add")
def chunk_in_operations(D, M, R, b, F, B):
    """A multiply-add is two operations.

    F counts multiply-adds: each is a product and its addition, and counts once.
    """
    missing = F / B * b * (D + M) - R * (2 * D + 2 * M + 1)
    return max(1, int(np.ceil(missing / (R + M))))


@wrong("busy_chunk", "numbers taken for bytes")
def chunk_without_bytes(D, M, R, b, F, B):
    """B numbers arrive in a second.

    B counts bytes, and each number has b of them.
    """
    missing = F / B * 2 * (D + M) - R * (2 * D + 2 * M + 1)
    return max(1, int(np.ceil(missing / (R + M))))


@wrong("busy_chunk", "less than one row")
def no_least_chunk(D, M, R, b, F, B):
    """The formula holds for any processor.

    Where even a single row keeps the arithmetic busy, the smallest chunk is that row.
    """
    missing = F / B * b * 2 * (D + M) - R * (2 * D + 2 * M + 1)
    return int(np.ceil(missing / (R + M)))


@right("busy_chunk", "trying one chunk after the other")
def trying_chunks(D, M, R, b, F, B):
    """Two times, compared."""
    C = 1
    while b * (D + D + M + M) / B > (2 * R * D + R * (2 * M + 1) + C * (R + M)) / F:
        C += 1
    return C


@right("busy_chunk", "through the intensity, as a float")
def through_intensity(D, M, R, b, F, B):
    """A whole number of type float."""
    moved = np.float64(2 * b * (D + M))
    fixed = R * (1 + 2 * (D + M)) / moved
    return max(np.ceil((F / B - fixed) * moved / (R + M)), 1.0)
