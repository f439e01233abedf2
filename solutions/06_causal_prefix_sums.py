# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 06 · Causal prefix sums
#
# The chapter of the same name wrote causal attention with features as
#
# $$V'_i=\frac{\phi(Q_i)\,S_i}{\phi(Q_i)\,Z_i},\qquad
#   S_i=\sum_{j=1}^{i}\phi(K_j)^\top V_j,\qquad Z_i=\sum_{j=1}^{i}\phi(K_j)^\top.$$
#
# Here you find out who sees whom, let the sums slide, keep them from overflowing,
# and run them backwards.
#
# Each cell that says `raise NotImplementedError` is yours: replace that line.
# Below it stands a check that you can run; more checks run when the notebook is graded.
# Features are handed to you and are positive:
# `phi_Q` and `phi_K` are `(N, d)`, one row per position, and `V` is `(N, M)`.
# A shape with `…` has any number of leading axes, such as batch and heads.
# Arguments are NumPy arrays; lists are fine as results.
# Change no argument in place: whoever calls your function may need it again.
# Change only your own cells; you may add more of them.

# %% nbgrader={"grade_id": "given_symbols"}
import numpy as np
import sympy as sp

D, M, D_random = sp.symbols("D M D_random", integer=True, positive=True)  # sizes
H, G = sp.symbols("H G", integer=True, positive=True)  # query heads, heads of keys and values
b_state, b_cache = sp.symbols("b_state b_cache", positive=True)  # bytes per number


def average_of_all(phi_Q, phi_K, V):
    """Attention without a mask: every row sees every position."""
    return phi_Q @ (phi_K.T @ V) / (phi_Q @ phi_K.sum(axis=0))[:, None]


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
# ## 1 · Who sees whom (4 points)
#
# Somebody hands you a function `attend(phi_Q, phi_K, V)` that returns `(N, M)`.
# You may call it as often as you like, but you cannot read its code.
# Find out which positions each row of the output depends on.
#
# Return an array `(N, N)` of truth values.
# Entry `[i, j]` is true if row `i` of the output can change
# when position `j` gets another key and another value, and nothing else changes.
# Queries stay as they are.
#
# The function may be causal, or see everything, or only a few neighbours, or leak in a way that
# its author has not noticed; it may depend on a position through its key alone.


# %% nbgrader={"grade_id": "who_sees_whom", "solution": true}
def who_sees_whom(attend, phi_Q, phi_K, V):
    """(N, N) truth values: does row i of attend(phi_Q, phi_K, V) depend on position j?"""
    ### BEGIN SOLUTION
    before = np.asarray(attend(phi_Q, phi_K, V))
    seen = np.empty((len(V), len(V)), dtype=bool)
    for j in range(len(V)):
        other_K, other_V = phi_K.copy(), V.copy()
        other_K[j] += np.linspace(1, 2, phi_K.shape[1])  # positive, and another direction
        other_V[j] += 1.0
        after = np.asarray(attend(phi_Q, other_K, other_V))
        seen[:, j] = ~np.isclose(before, after, rtol=1e-9, atol=1e-12).all(axis=1)
    return seen
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_who_sees_whom", "points": 4}
draw = np.random.default_rng(6)
some = [draw.uniform(0.5, 1.5, (4, 3)), draw.uniform(0.5, 1.5, (4, 3)), draw.normal(size=(4, 2))]
seen = np.asarray(who_sees_whom(average_of_all, *some))
assert seen.shape == (4, 4), f"one truth value per pair: expected shape (4, 4), got {seen.shape}"
assert seen.astype(bool).all(), "without a mask every row sees every position: expected all True"
### BEGIN HIDDEN TESTS


def attention_under(mask, sums_mask=None):
    """Attention that sees what a mask allows; the denominators may have a mask of their own."""

    def attend(phi_Q, phi_K, V):
        phi_Q, phi_K, V = (np.asarray(x, dtype=float) for x in (phi_Q, phi_K, V))
        out = np.zeros(V.shape)
        for i, seen in enumerate(mask):
            if seen.any():  # what is not seen is not touched, not even multiplied by 0
                summed = seen if sums_mask is None else sums_mask[i]
                out[i] = phi_Q[i] @ phi_K[seen].T @ V[seen] / (phi_Q[i] @ phi_K[summed].T).sum()
        return out

    return attend


def probe(attend, expected, what="who sees whom"):
    n, (d, columns) = len(expected), rng.integers(2, 5, size=2)
    arrays = [rng.uniform(0.5, 1.5, size=shape) for shape in [(n, d), (n, d), (n, columns)]]
    arrays[2] *= rng.choice([-1, 1], size=(n, columns))
    got = who_sees_whom(callback(attend), *arrays)
    agree(np.asarray(got).astype(bool), expected, what=what)


size = int(rng.integers(6, 9))
causal, everything = np.tri(size, dtype=bool), np.ones((size, size), dtype=bool)


def last_column_leaks(*arrays):
    out = attention_under(causal)(*arrays)
    out[:, -1] = attention_under(everything)(*arrays)[:, -1]
    return out


with part(1, "a causal function"):
    probe(attention_under(causal), causal)
with part(2, "functions that see a window, only what lies before, or anything at all"):
    last_three, before = causal & ~np.tri(size, k=-3, dtype=bool), np.tri(size, k=-1, dtype=bool)
    probe(attention_under(last_three), last_three, what="who sees the last three")
    probe(attention_under(before), before, what="who sees what lies before")
    for _ in range(2):
        mask = rng.random((size, size)) < 0.5
        probe(attention_under(mask), mask, what="who sees whom in an irregular mask")
with part(1, "functions that leak through their denominators, or in one column"):
    for leaks in (everything, causal | (rng.random((size, size)) < 0.4)):
        probe(attention_under(causal, leaks), leaks, what="who leaks")
    probe(last_column_leaks, everything, what="who leaks into the last column")
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Batch and heads (5 points)
#
# Compute causal attention for any number of leading axes, shared by the three arrays.
# Mind the axis: with batch and heads, positions are no longer the first one.


# %% nbgrader={"grade_id": "causal_heads", "solution": true}
def causal_heads(phi_Q, phi_K, V):
    """V′ (…, N, M) from phi_Q (…, N, d), phi_K (…, N, d) and V (…, N, M)."""
    ### BEGIN SOLUTION
    S = np.cumsum(phi_K[..., :, None] * V[..., None, :], axis=-3)  # (…, N, d, M)
    Z = np.cumsum(phi_K, axis=-2)  # (…, N, d)
    numerators = np.einsum("...d,...dm->...m", phi_Q, S)
    return numerators / np.sum(phi_Q * Z, axis=-1, keepdims=True)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_causal_heads", "points": 5}
draw = np.random.default_rng(7)
one_head = [draw.uniform(0.5, 1.5, (5, 3)), draw.uniform(0.5, 1.5, (5, 3)), np.ones((5, 2))]
ones = causal_heads(*one_head)
assert np.shape(ones) == (5, 2), f"expected shape (5, 2), got {np.shape(ones)}"
np.testing.assert_allclose(ones, np.ones((5, 2)), rtol=1e-4, err_msg="values 1 average to 1")
### BEGIN HIDDEN TESTS


def draw_heads(*leading, n=None):
    n = int(rng.integers(5, 8)) if n is None else n
    d, columns = rng.integers(2, 5, size=2)
    shapes = [(*leading, n, d), (*leading, n, d), (*leading, n, columns)]
    phi_Q, phi_K, values = (rng.uniform(0.3, 2, size=shape) for shape in shapes)
    return phi_Q, phi_K, values * rng.choice([-1, 1], size=values.shape)


def check_heads(*arrays, what="V′"):
    expected = reference.causal_heads(*arrays)
    agree(causal_heads(*arrays), expected, rtol=1e-4, atol=1e-5, what=what)


with part(3, "one head: all rows, the first and the last one included"):
    for _ in range(2):
        arrays = draw_heads()
        got = np.asarray(causal_heads(*arrays), dtype=float)
        agree(got.shape, arrays[2].shape, what="the shape of V′")
        agree(got[0], arrays[2][0], rtol=1e-4, what="the first row, which sees only itself")
        everything = average_of_all(*arrays)[-1]
        agree(got[-1], everything, rtol=1e-4, atol=1e-5, what="the last row, which sees all")
        check_heads(*arrays)
    check_heads(*draw_heads(n=1), what="V′ for a single position")
with part(2, "leading axes: heads, and batch with heads"):
    check_heads(*draw_heads(3), what="V′ for three heads")
    check_heads(*draw_heads(2, 3), what="V′ for a batch with heads")
    check_heads(*draw_heads(4, 4, n=4), what="V′ for as many heads as positions")
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · A window that slides (3 points)
#
# Let each position see only the last `width` positions, itself included;
# the first few see fewer, because there are no more.
# The cost need not grow with the width:
# think of what two running sums have in common.


# %% nbgrader={"grade_id": "window_attention", "solution": true}
def window_attention(phi_Q, phi_K, V, width):
    """V′ (N, M), row i averaging positions i − width + 1 to i; width is at least 1."""
    ### BEGIN SOLUTION
    S = np.cumsum(phi_K[:, :, None] * V[:, None, :], axis=0)  # (N, d, M)
    Z = np.cumsum(phi_K, axis=0)  # (N, d)
    # What a window holds is what has come in, less what has left it.
    if width < len(V):
        S[width:], Z[width:] = S[width:] - S[:-width], Z[width:] - Z[:-width]
    return np.einsum("nd,ndm->nm", phi_Q, S) / np.sum(phi_Q * Z, axis=1, keepdims=True)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_window_attention", "points": 3}
draw = np.random.default_rng(8)
five = [draw.uniform(0.5, 1.5, (5, 3)), draw.uniform(0.5, 1.5, (5, 3)), draw.normal(size=(5, 2))]
narrow = window_attention(*five, 1)
assert np.shape(narrow) == (5, 2), f"expected shape (5, 2), got {np.shape(narrow)}"
np.testing.assert_allclose(
    narrow, five[2], rtol=1e-3, atol=1e-6, err_msg="a window of width 1 gives each value itself"
)
### BEGIN HIDDEN TESTS


def draw_one(n):
    d, columns = rng.integers(2, 5, size=2)
    values = rng.uniform(0.5, 2, size=(n, columns)) * rng.choice([-1, 1], size=(n, columns))
    return rng.uniform(0.5, 1.5, (n, d)), rng.uniform(0.5, 1.5, (n, d)), values


with part(2, "windows narrower than the sequence"):
    for width in (2, 3, int(rng.integers(4, 7))):
        arrays = draw_one(int(rng.integers(10, 14)))
        expected = reference.window_attention(*arrays, width)
        got = window_attention(*arrays, width)
        agree(got, expected, rtol=1e-3, atol=1e-4, what="V′ in a window")
with part(1, "windows as wide as the sequence, or wider"):
    for n, width in [(6, 6), (5, 9), (4, 400)]:
        arrays = draw_one(n)
        expected = reference.window_attention(*arrays, width)
        got = window_attention(*arrays, width)
        agree(got, expected, rtol=1e-3, atol=1e-4, what="V′ in a window that holds everything")
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · A stream that long keys cannot overflow (5 points)
#
# Features of long keys can be as large as $e^{1000}$, which no floating-point number holds.
# So a key's features arrive as *logarithms*: `log_phi_k`, `(d,)`.
# The query's features `phi_q`, `(d,)`, are ordinary numbers, and so is `v`, `(M,)`.
#
# Write one step of the stream.
# It gets the state, reads in the new key and value, and answers the query with the average that
# includes them. It returns the new state and the answer.
#
# Only the ratio counts, so $S$ and $Z$ may both be held without a common factor $e^m$.
# Hold the state as `(S, Z, m)`: an array `(d, M)`, an array `(d,)` and a number,
# where the sums are $e^m S$ and $e^m Z$.
# You cannot know beforehand how large the keys will be, so $m$ may have to change on the way.
# The state is `None` before the first step.
# It must not grow: the history is not to be kept.


# %% nbgrader={"grade_id": "safe_step", "solution": true}
def safe_step(state, phi_q, log_phi_k, v):
    """((S, Z, m), answer (M,)) from the state before, (S, Z, m) or None, and one new position."""
    ### BEGIN SOLUTION
    if state is None:
        state = np.zeros((len(log_phi_k), len(v))), np.zeros(len(log_phi_k)), -np.inf
    S, Z, m_before = state
    m = max(m_before, log_phi_k.max())
    phi_k = np.exp(log_phi_k - m)  # at most 1
    old = np.exp(m_before - m)  # what was held without e^m_before is to be held without e^m
    S, Z = old * S + np.outer(phi_k, v), old * Z + phi_k
    return (S, Z, m), phi_q @ S / (phi_q @ Z)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_safe_step", "points": 5}
first_state, first = safe_step(None, np.array([1.0, 2.0]), np.array([0.1, -0.3]), np.array([3.0]))
assert np.shape(first) == (1,), f"one answer of shape (1,), got shape {np.shape(first)}"
np.testing.assert_allclose(first, [3.0], rtol=1e-4, err_msg="the first answer is the first value")
_, second = safe_step(first_state, np.ones(2), np.array([0.1, -0.3]), np.array([5.0]))
np.testing.assert_allclose(second, [4.0], rtol=1e-4, err_msg="two equal keys: the mean of 3 and 5")
### BEGIN HIDDEN TESTS


def exact_answers(phi_queries, log_phi_keys, values):
    """The averages, each from its definition, with a shift of its own."""
    answers = []
    for i in range(len(values)):
        logs = log_phi_keys[: i + 1]
        weights = np.exp(logs - logs.max()) @ phi_queries[i]
        answers.append(weights @ values[: i + 1] / weights.sum())
    return np.array(answers)


def count_numbers(thing):
    return sum(map(count_numbers, thing)) if isinstance(thing, list | tuple) else np.size(thing)


def check_stream(levels, tolerance):
    """A stream whose keys have features near e^level."""
    n, d, columns = len(levels), *(int(x) for x in rng.integers(2, 5, size=2))
    phi_queries = rng.uniform(0.5, 1.5, size=(n, d))
    # The features of one key differ, and their largest is not always the same one.
    log_phi_keys = np.asarray(levels, dtype=float)[:, None] + rng.uniform(-2, 0, size=(n, d))
    values = rng.uniform(0.5, 2, size=(n, columns)) * rng.choice([-1, 1], size=(n, columns))
    state, answers, sizes = None, [], []
    for row in zip(phi_queries, log_phi_keys, values, strict=True):
        state, answer = safe_step(state, *row)
        answers.append(np.asarray(answer, dtype=float))
        sizes.append(count_numbers(state))
    agree(
        np.array(answers),
        exact_answers(phi_queries, log_phi_keys, values),
        rtol=tolerance,
        atol=tolerance,
        what="the answers of the stream",
    )
    return sizes


with part(2, "ordinary keys, some larger than others"):
    check_stream(rng.uniform(-1.5, 1.5, size=8), 1e-4)
with part(2, "keys whose features no floating-point number holds"):
    base = rng.uniform(900, 1100)
    check_stream(base + np.array([0.0, 1.0, 2.5, 1.5, 3.0, 0.5, 4.0]), 2e-3)  # climbing
    check_stream(-base + np.array([4.0, 2.0, 3.0, 1.0, 2.0, 0.0]), 2e-3)  # falling
    check_stream([0.0, 0.5, base, base + 1, base + 0.5, 3 * base, 3 * base + 1], 2e-3)
    check_stream([3 * base, 3 * base + 1, base, base + 0.5, 0.0], 2e-3)  # falling far
with part(1, "a state that does not grow"):
    sizes = check_stream(rng.uniform(-1, 1, size=25), 1e-4)
    holds(sizes[-1] == sizes[1], "the state holds as many numbers after 25 steps as after two")
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · The gradient runs backwards (4 points)
#
# To train a layer one needs to know how a loss changes with its inputs.
# Suppose that the derivatives of the loss with respect to the outputs are known:
# `output_gradient`, `(N, M)`, has $\partial\,\text{loss}/\partial V'_i$ in row $i$.
#
# Return the derivatives with respect to the values: row $j$ is
# $\partial\,\text{loss}/\partial V_j$.
# Write down first which outputs $V_j$ occurs in, and with which weight.
# Then find sums that are shared by all $j$, so that the cost is linear in $N$.


# %% nbgrader={"grade_id": "values_gradient", "solution": true}
def values_gradient(phi_Q, phi_K, output_gradient):
    """∂loss/∂V (N, M) for causal attention, from ∂loss/∂V′ (N, M)."""
    ### BEGIN SOLUTION
    Z = np.cumsum(phi_K, axis=0)  # (N, d)
    phi_Q = phi_Q / np.sum(phi_Q * Z, axis=1, keepdims=True)
    # V_j occurs in the outputs i ≥ j: the sums run from the end.
    terms = phi_Q[:, :, None] * output_gradient[:, None, :]  # (N, d, M)
    later = np.cumsum(terms[::-1], axis=0)[::-1]
    return np.einsum("nd,ndm->nm", phi_K, later)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_values_gradient", "points": 4}
draw = np.random.default_rng(9)
slopes = values_gradient(
    draw.uniform(0.5, 1.5, (4, 3)), draw.uniform(0.5, 1.5, (4, 3)), np.ones((4, 2))
)
assert np.shape(slopes) == (4, 2), f"expected shape (4, 2), got {np.shape(slopes)}"
np.testing.assert_allclose(
    np.sum(slopes, axis=0),
    [4.0, 4.0],
    rtol=1e-4,
    err_msg="raising all values by 1 raises all four outputs by 1: the column sums are 4",
)
### BEGIN HIDDEN TESTS


def draw_layer():
    n = int(rng.integers(5, 9))
    d, columns = rng.integers(2, 5, size=2)
    phi_Q, phi_K = rng.uniform(0.3, 2, size=(2, n, d))
    return phi_Q, phi_K, rng.normal(size=(n, columns))


with part(1, "the last position, which only the last output sees"):
    phi_Q, phi_K, gradient = draw_layer()
    got = np.asarray(values_gradient(phi_Q, phi_K, gradient), dtype=float)
    agree(got.shape, gradient.shape, what="the shape of the gradient")
    own_weight = phi_Q[-1] @ phi_K[-1] / (phi_Q[-1] @ phi_K.sum(axis=0))
    agree(got[-1], own_weight * gradient[-1], rtol=1e-4, atol=1e-6, what="its last row")
with part(3, "every position"):
    for _ in range(2):
        arrays = draw_layer()
        expected = reference.values_gradient(*arrays)
        agree(values_gradient(*arrays), expected, rtol=1e-4, atol=1e-5, what="the gradient")
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · When the cache outgrows the state (3 points)
#
# A service generates text with `H` heads of queries and `G` heads of keys and values;
# several heads of queries read the same keys and values.
#
# With softmax attention it keeps all keys, of size `D`, and all values, of size `M`,
# for each head that has any, with `b_cache` bytes per number.
# With random features it keeps $S$ and $Z$ for each head of keys and values, with
# `b_state` bytes per number. The features are sines and cosines of `D_random` frequencies.
#
# At which position are the two equally large?
# It need not come out as a whole number.

# %% nbgrader={"grade_id": "break_even", "solution": true}
# break_even = a position, an expression in D, M, D_random, H, G, b_state, b_cache (or some of them)
### BEGIN SOLUTION
break_even = 2 * D_random * (M + 1) * b_state / ((D + M) * b_cache)
### END SOLUTION

# %% nbgrader={"grade_id": "test_break_even", "points": 3}
sizes = {"D": 64, "M": 64, "D_random": 32, "H": 8, "G": 2, "b_state": 4, "b_cache": 2}
some_position = at(break_even, **sizes)
assert some_position > 0, f"a position is positive, got {some_position}"
finer = at(break_even, **{**sizes, "b_state": 8})
assert abs(finer - 2 * some_position) < 1e-6, (
    f"a state twice as large in bytes is met twice as late: expected {2 * some_position}, "
    f"got {finer}"
)
### BEGIN HIDDEN TESTS


def check_position(**sizes):
    got, expected = at(break_even, **sizes), at(reference.break_even, **sizes)
    agree(got, expected, rtol=1e-9, what="the position")


with part(2, "a head of keys and values for each head of queries"):
    for _ in range(4):
        dim, columns, count, heads = rng.integers(3, 200, size=4).tolist()
        wide, narrow = rng.integers(1, 9, size=2).tolist()
        numbers = {"D": dim, "M": columns, "D_random": count, "b_state": wide, "b_cache": narrow}
        check_position(**numbers, H=heads, G=heads)
with part(1, "fewer heads of keys and values"):
    check_position(D=64, M=80, D_random=50, H=12, G=3, b_state=4, b_cache=2)
    symbolically_equal(break_even, reference.break_even)
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · Taking words back (3 points, marked by a person)
#
# A chat program lets its users take back their last 100 words and write others.
# With softmax attention it drops the last 100 keys and values from its cache and goes on.
# Another program has linear attention and holds nothing but $S$ and $Z$.
#
# What can the second program do, now or with a change made beforehand?
# Describe one way in 60 to 150 words, with its price.
#
# *How it is marked.*
# 1 point: why $S$ and $Z$ alone are not enough, and what is missing.
# 1 point: a way that works, described so that it could be programmed.
# 1 point: its price in memory or in work, and whether its result is exact in floating point.

# %% [markdown] nbgrader={"grade_id": "text_taking_back", "points": 3}
# The state is a sum, and a sum does not remember its terms.
# To take back the last 100 terms one must know them, or know the sum without them.
#
# One way is to keep the features of the last 100 keys and their values beside the state, in a
# ring: $100(d+M)$ numbers, however long the chat.
# Taking back means to subtract $\phi(K_j)^\top V_j$ and $\phi(K_j)^\top$ for each of them,
# $100d(M+1)$ multiply-adds at most.
# The result is not exact: adding a large term rounds off the last digits of a small sum, and
# subtracting the term later does not bring them back.
#
# Exact instead is a copy of the state from 100 words ago.
# A copy every 100 words, with the keys and values since the older of the last two copies,
# lets the program start from that copy and add again what is to stay.
