# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 08 · Cost
#
# The chapter of the same name counted what attention multiplies and moves, and asked a clock.
# Here you make its tools: an exponent with its error, a crossing of two curves,
# a crossing of two counts, and what two numbers of a processor say about writing text.
#
# Each cell that says `raise NotImplementedError` is yours: replace that line.
# Below it stands a check that you can run; more checks run when the notebook is graded.
# A product of `(a, b)` by `(b, c)` takes `a * b * c` multiply-adds; nothing else counts.
# Arguments are NumPy arrays or numbers.
# Change no argument in place: whoever calls your function may need it again.
# Change only your own cells; you may add more of them.

# %% nbgrader={"grade_id": "given_symbols"}
import numpy as np
import sympy as sp

D, M, D_random = sp.symbols("D M D_random", positive=True)  # sizes


def at(expression, **numbers):
    """The value of a SymPy expression with its symbols replaced, by name, with numbers."""
    assert isinstance(expression, sp.Expr), (
        f"expected a SymPy expression, got {type(expression).__name__}"
    )
    strangers = {symbol.name for symbol in expression.free_symbols} - set(numbers)
    assert not strangers, (
        f"only the symbols {sorted(numbers)} may appear, found {sorted(strangers)}"
    )
    return float(expression.subs({x: numbers[x.name] for x in expression.free_symbols}))


# %% [markdown]
# ## 1 · An exponent and its error (4 points)
#
# A cost was measured at several lengths, with some noise.
# Fit $\text{cost}=c\,N^p$: least squares for $\log\text{cost}=p\log N+\log c$.
# Return $p$ and its standard error.
#
# For a line through $n$ points $(x,y)$ with residuals $r$, the standard error of the slope is
#
# $$\sqrt{\frac{\sum r^2}{n-2}\Big/\sum(x-\bar x)^2}.$$


# %% nbgrader={"grade_id": "power_law", "solution": true}
def power_law(lengths, costs):
    """(exponent, standard error) from lengths (n,) and costs (n,), n at least 3."""
    ### BEGIN SOLUTION
    x, y = np.log(lengths), np.log(costs)
    x = x - x.mean()
    exponent = x @ y / (x @ x)
    residuals = y - y.mean() - exponent * x
    return exponent, np.sqrt(residuals @ residuals / (len(x) - 2) / (x @ x))
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_power_law", "points": 4}
square = power_law(np.array([1.0, 2.0, 4.0, 8.0]), 3 * np.array([1.0, 4.0, 16.0, 64.0]))
assert np.shape(square) == (2,), f"expected two numbers (exponent, error), got {np.shape(square)}"
np.testing.assert_allclose(
    square, [2.0, 0.0], atol=1e-5, err_msg="costs of 3 N² grow with exponent 2 and no error"
)
### BEGIN HIDDEN TESTS


def draw_costs():
    n = int(rng.integers(5, 9))
    lengths = np.sort(rng.uniform(10, 5000, size=n))
    noise = np.exp(rng.uniform(0.1, 0.3) * rng.normal(size=n))
    return lengths, rng.uniform(5, 500) * lengths ** rng.uniform(0.8, 2.2) * noise


with part(2, "the exponent of noisy costs"):
    for _ in range(3):
        costs = draw_costs()
        agree(
            power_law(*costs)[0],
            reference.power_law(*costs)[0],
            rtol=1e-4,
            atol=1e-4,
            what="the exponent",
        )
with part(2, "its standard error"):
    for _ in range(3):
        costs = draw_costs()
        agree(
            power_law(*costs)[1],
            reference.power_law(*costs)[1],
            rtol=1e-3,
            atol=1e-6,
            what="the standard error",
        )
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · From which length on (4 points)
#
# Two methods were measured at the same lengths, in ascending order.
# From which length on is the second one faster, and stays faster up to the longest length?
#
# Between two measured lengths, logarithms go in straight lines:
# $\log\text{seconds}$ is linear in $\log N$.
# Curves may cross more than once.
# Return the length as a number: `np.inf` if the second method is not faster at the longest length,
# and the shortest length if it is faster everywhere.
# No two measurements at one length are equal.


# %% nbgrader={"grade_id": "faster_from", "solution": true}
def faster_from(lengths, first, second):
    """The length from which on `second` is below `first`; three arrays (n,)."""
    ### BEGIN SOLUTION
    gap = np.log(second) - np.log(first)
    slower = np.flatnonzero(gap > 0)
    if len(slower) == 0:
        return lengths[0]
    last = slower[-1]
    if last == len(lengths) - 1:
        return np.inf
    share = gap[last] / (gap[last] - gap[last + 1])
    x = np.log(lengths)
    return np.exp(x[last] + share * (x[last + 1] - x[last]))
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_faster_from", "points": 4}
doubling = np.array([1.0, 4.0, 16.0])
meeting = faster_from(doubling, doubling**2, 2 * doubling)
np.testing.assert_allclose(
    meeting, 2.0, rtol=1e-4, err_msg="N² and 2 N are equal at N = 2, and power laws are straight"
)
### BEGIN HIDDEN TESTS


def draw_curves(signs):
    """Two curves of which the second is slower (+1) or faster (−1) than the first."""
    lengths = np.cumprod(rng.uniform(1.5, 3, size=len(signs))) * 20
    first = lengths ** rng.uniform(1.5, 2.5) * np.exp(0.2 * rng.normal(size=len(signs)))
    return lengths, first, first * np.exp(np.array(signs) * rng.uniform(0.3, 2, size=len(signs)))


def check_curves(*signs):
    curves = draw_curves(signs)
    got, expected = faster_from(*curves), reference.faster_from(*curves)
    agree(got, expected, rtol=1e-4, atol=0, what="the length from which on the second is faster")


with part(2, "curves that cross once"):
    check_curves(1, 1, -1, -1, -1)
    check_curves(1, -1, -1, -1)
    check_curves(1, 1, 1, 1, -1)
with part(1, "curves that cross more than once"):
    check_curves(1, -1, 1, 1, -1, -1)
    check_curves(-1, -1, 1, -1)
with part(1, "a method that is never faster in the end, and one that always is"):
    for signs in [(1, 1, 1, 1), (1, -1, -1, 1)]:
        got = faster_from(*draw_curves(signs))
        holds(np.isposinf(float(got)), "not faster at the longest length: the answer is np.inf")
    check_curves(-1, -1, -1)
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Where nothing is wasted (3 points)
#
# Exact causal attention needs one product $Q_iK_j^\top$ and one weighted value for each pair
# with $j\le i$, and a good program computes no other pairs.
# The stream of chapter 06 computes its features once for each query and once for each key:
# sines *and* cosines of `D_random` frequencies.
# Count its products $xw^\top$, what it writes to $S$, and what it reads from $S$ and $Z$.
#
# At which length do both take equally many multiply-adds?
# Write it with `D`, `M` and `D_random`; it need not be a whole number.

# %% nbgrader={"grade_id": "equal_causal", "solution": true}
# equal_causal = the length, an expression in D, M and D_random
### BEGIN SOLUTION
equal_causal = 4 * D_random * (D + 2 * M + 1) / (D + M) - 1
### END SOLUTION

# %% nbgrader={"grade_id": "test_equal_causal", "points": 3}
some_length = at(equal_causal, D=3, M=5, D_random=40)
assert some_length > 0, f"a length is positive, got {some_length}"
more = at(equal_causal, D=3, M=5, D_random=80)
assert more > some_length, f"more features pay later: got {some_length}, then {more}"
### BEGIN HIDDEN TESTS
symbolically_equal(equal_causal, reference.equal_causal, what="the length")
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · One round of writing (5 points)
#
# A service writes several `texts` at once; in one round each of them gets one more word.
# All have `N` positions so far.
# The model has `weights` weights, `layers` layers, and in each layer `H` heads of queries
# but only `G` heads of keys and values; several heads of queries look at the same keys and values.
# All keys, queries and values have `size` entries, and every number has `b` bytes.
#
# In one round, the processor
#
# - fetches every weight once, for all texts together, and uses it once for each text;
# - fetches, for each text, all its keys and values;
# - multiplies, for each head of queries, its query by `N` keys and `N` weights by values.
#
# It manages `F` multiply-adds and `B` bytes per second, both at the same time.
# How many seconds does a round take at least?


# %% nbgrader={"grade_id": "round_seconds", "solution": true}
def round_seconds(texts, N, weights, layers, H, G, size, b, F, B):
    """The least time of one round, in seconds."""
    ### BEGIN SOLUTION
    work = texts * (weights + layers * H * 2 * N * size)
    moved = b * (weights + texts * layers * G * 2 * N * size)
    return max(work / F, moved / B)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_round_seconds", "points": 5}
weights_only = round_seconds(1, 0, 1000, 2, 4, 2, 8, 2, 1e6, 1e3)
assert abs(weights_only - 2.0) < 1e-6, (
    f"no text yet: fetching 1000 weights of 2 bytes at 1000 bytes per second takes 2 s, "
    f"got {weights_only}"
)
### BEGIN HIDDEN TESTS


def check_round(texts, N, weights, H, G, F, B, what):
    layers, size, b = (int(x) for x in rng.integers([3, 20, 2], [9, 80, 5]))
    arguments = (texts, N, weights, layers, H, G, size, b, F, B)
    got, expected = round_seconds(*arguments), reference.round_seconds(*arguments)
    agree(got, expected, rtol=1e-6, atol=0, what=what)


with part(2, "rounds that wait for memory"):
    for texts in (1, int(rng.integers(5, 20))):
        n = int(rng.integers(2000, 9000))
        check_round(texts, n, 3_000_000, 4, 4, 1e15, 1e9, "the time, if memory is slow")
with part(2, "rounds that wait for arithmetic"):
    for texts in (1, int(rng.integers(5, 20))):
        n = int(rng.integers(2000, 9000))
        check_round(texts, n, 3_000_000, 4, 4, 1e9, 1e15, "the time, if arithmetic is slow")
with part(1, "heads of queries that share keys and values"):
    for rates in ((1e15, 1e9), (1e9, 1e15)):
        n = int(rng.integers(2000, 9000))
        check_round(3, n, 1_000_000, 12, 3, *rates, "the time with 12 and 3 heads")
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · The longest text (3 points)
#
# The memory of the processor holds `memory` bytes.
# The weights of the model of exercise 4 must be in it, and the keys and values of all `texts`,
# which have the same length.
# How many whole positions can each text have?
# If not even the weights fit, that is 0.


# %% nbgrader={"grade_id": "longest_text", "solution": true}
def longest_text(memory, texts, weights, layers, G, size, b):
    """The largest number of positions, a whole number, at least 0."""
    ### BEGIN SOLUTION
    free = memory - weights * b
    return max(0, int(free // (texts * layers * G * 2 * size * b)))
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_longest_text", "points": 3}
ten = longest_text(1000 + 10 * 16, 1, 500, 1, 1, 4, 2)
assert ten == 10, f"500 weights and 10 positions of 16 bytes are 1160 bytes: expected 10, got {ten}"
### BEGIN HIDDEN TESTS


def check_memory(fraction):
    texts, layers, groups, size, b = (
        int(x) for x in rng.integers([2, 2, 2, 8, 2], [9, 6, 5, 40, 5])
    )
    per_position = texts * layers * groups * 2 * size * b
    weights = int(rng.integers(20, 60)) * per_position
    memory = int(weights * b + (int(rng.integers(300, 900)) + fraction) * per_position)
    arguments = (memory, texts, weights, layers, groups, size, b)
    got, expected = longest_text(*arguments), reference.longest_text(*arguments)
    agree(float(got), float(expected), rtol=0, atol=1e-6, what="the number of positions")


with part(2, "memory for a whole number of positions, and for some part of another"):
    for fraction in (0, 0.25, 0.75):
        check_memory(fraction)
with part(1, "memory in which the weights do not fit"):
    few = longest_text(900_000, 2, 1_000_000, 2, 2, 8, 2)
    holds(few == 0, "no room for the weights: 0 positions, and never a negative number")
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · A chunk that keeps the arithmetic busy (4 points)
#
# A fused kernel computes causal attention in chunks of `C` rows.
# For one head it reads $Q$, $K$, $V$ and writes $V'$, each once, with `b` bytes per number.
# Per position it takes, with `R` positive features,
#
# - `R * D` multiply-adds for the features of the query, as many for those of the key;
# - `R * (2 * M + 1)` to write and to read the state;
# - `C * (R + M)` for the pairs of the chunk.
#
# The processor manages `F` multiply-adds and `B` bytes per second.
# Return the smallest chunk, a whole number of at least 1,
# with which the kernel does not wait for memory.


# %% nbgrader={"grade_id": "busy_chunk", "solution": true}
def busy_chunk(D, M, R, b, F, B):
    """The smallest C, a whole number, at least 1, for which arithmetic takes as long as memory."""
    ### BEGIN SOLUTION
    allowed = F / B * b * 2 * (D + M)  # multiply-adds while one position is moved
    missing = allowed - R * (2 * D + 2 * M + 1)
    return max(1, int(np.ceil(missing / (R + M))))
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_busy_chunk", "points": 4}
slow_memory, fast_memory = busy_chunk(8, 8, 8, 2, 1e6, 1e3), busy_chunk(8, 8, 8, 2, 1e6, 1e4)
assert slow_memory == int(slow_memory), f"a chunk has a whole number of rows, got {slow_memory}"
assert slow_memory > fast_memory, (
    f"slower memory needs larger chunks: got {slow_memory} for 1e3 and {fast_memory} for 1e4"
)
### BEGIN HIDDEN TESTS


def check_chunk(fraction, b):
    """A processor for which a chunk well between two whole numbers would be just right."""
    dim, columns, count = (int(x) for x in rng.integers(20, 60, size=3))
    between = int(rng.integers(300, 600)) + fraction
    macs = count * (2 * dim + 2 * columns + 1) + between * (count + columns)
    bandwidth = rng.uniform(1e9, 9e9)
    rate = macs / (2 * b * (dim + columns)) * bandwidth
    arguments = (dim, columns, count, b, rate, bandwidth)
    got, expected = busy_chunk(*arguments), reference.busy_chunk(*arguments)
    agree(float(got), float(expected), rtol=0, atol=1e-6, what="the size of the chunk")


with part(3, "processors with more arithmetic than memory"):
    for fraction, b in [(0.3, 4), (0.5, 2), (0.7, 4)]:
        check_chunk(fraction, b)
with part(1, "a processor whose memory never keeps it waiting"):
    always = busy_chunk(16, 16, 32, 2, 1e9, 1e9)
    holds(always == 1, "a chunk of one row is enough there, and less than one row is no chunk")
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · A claim (3 points, marked by a person)
#
# "Our linear attention is twelve times as fast as softmax attention.
# We measured it at $N=65{,}536$, against our own softmax attention,
# and $N$ times a constant is less than $N^2$ for every $N$."
#
# What would you ask before you believe it, and which sentence is wrong whatever the answers are?
# Use 60 to 150 words.
#
# *How it is marked.*
# 1 point: the length matters, with the reason, and the wrong sentence is named.
# 1 point: the rival matters: what a fused kernel does that a simple one does not.
# 1 point: two more questions whose answers could change the ratio.

# %% [markdown] nbgrader={"grade_id": "text_claim", "points": 3}
# The last sentence is wrong.
# A constant times $N$ is less than $N^2$ only above the constant, and for attention that constant
# is of the order of the number of features.
# Twelve at one great length says nothing about a length of 500; I would ask for times at many
# lengths, and for the length at which the curves cross.
#
# I would ask what the rival is.
# A simple softmax attention stores $N\times N$ weights and waits for memory;
# a fused kernel stores none of them, and for causal attention it skips half of the products.
#
# Then: is the computation of the features included, how many features are there, and how large is
# the error that they leave?
# Do both use the same kind of numbers and the same processors, and were they measured in turns,
# several times?
