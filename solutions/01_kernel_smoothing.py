# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 01 · Kernel smoothing
#
# The chapter of the same name read attention as an average with weights,
#
# $$V'_i=\frac{\sum_j \operatorname{sim}(Q_i,K_j)\,V_j}{\sum_j \operatorname{sim}(Q_i,K_j)},
#   \qquad \operatorname{sim}(q,k)=\exp(e)\ \text{with an exponent $e$ such as}\ qk^\top/\sqrt D.$$
#
# Here you make it survive what real data do to it: hidden keys, keys in pieces, heads, groups.
# Then you find out how wide the average should be, and what a narrower one saves.
#
# Each cell that says `raise NotImplementedError` is yours: replace that line.
# Below it stands a check that you can run; more checks run when the notebook is graded.
# A shape with `…` has any number of leading axes, such as batch and heads.
# Arguments are NumPy arrays; lists are fine as results.
# Change no argument in place: whoever calls your function may need it again.
# Change only your own cells; you may add more of them.

# %% nbgrader={"grade_id": "given_symbols"}
import numpy as np
import sympy as sp

sigma, h = sp.symbols("sigma h", positive=True)  # width σ and spacing of the keys
c, s, rho = sp.symbols("c s rho", positive=True)  # curvature, noise, keys per width
D, M, N, W = sp.symbols("D M N W", integer=True, positive=True)  # sizes


def at(expression, **numbers):
    """The value of a SymPy expression with its symbols replaced, by name, with numbers."""
    assert isinstance(expression, sp.Expr), (
        f"expected a SymPy expression, got {type(expression).__name__}"
    )
    strangers = {symbol.name for symbol in expression.free_symbols} - set(numbers)
    assert not strangers, (
        f"only the symbols {sorted(numbers)} may appear, found {sorted(strangers)}"
    )
    return float(expression.subs({x: numbers[x.name] for x in expression.free_symbols}).doit())


# %% [markdown]
# ## 1 · Hidden keys (5 points)
#
# Some keys must not be seen: padding, the future, a key that belongs to somebody else.
# You are given the exponents of all pairs and, as `True`, the pairs that are visible.
#
# Return the weights.
# A hidden key has weight 0 exactly, and the weights of the visible keys of a query sum to 1.
# A query that sees no key at all gets nothing but zeros.
#
# Three things can go wrong: exponents may be as large as $\pm10^4$;
# a hidden exponent may be far larger than all visible ones;
# and what stands at a hidden place may be no number at all (`nan`, `inf`).


# %% nbgrader={"grade_id": "masked_weights", "solution": true}
def masked_weights(exponents, visible):
    """Weights (…, N_q, N_k) from exponents and bools, both of shape (…, N_q, N_k)."""
    ### BEGIN SOLUTION
    seen = np.where(visible, exponents, -np.inf)
    largest = seen.max(axis=-1, keepdims=True)
    # −∞ − (−∞) is NaN: a row without visible keys is shifted by 0.
    similarities = np.exp(seen - np.where(np.isfinite(largest), largest, 0))
    totals = similarities.sum(axis=-1, keepdims=True)
    return similarities / np.where(totals > 0, totals, 1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_masked_weights", "points": 5}
small_weights = masked_weights(
    np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 5.0]]),
    np.array([[True, True, False], [False, True, False]]),
)
assert np.shape(small_weights) == (2, 3), f"expected shape (2, 3), got {np.shape(small_weights)}"
np.testing.assert_allclose(
    small_weights,
    [[0.5, 0.5, 0.0], [0.0, 1.0, 0.0]],
    rtol=1e-5,
    err_msg="two equal keys share the weight; a single visible key takes it all",
)
### BEGIN HIDDEN TESTS


def check_weights(exponents, visible):
    got, expected = masked_weights(exponents, visible), reference.masked_weights(exponents, visible)
    agree(got, expected, rtol=1e-4, atol=1e-6, what="the weights")
    hidden = np.asarray(got)[~visible]
    holds(np.all(hidden == 0), "a hidden key has a weight of exactly 0")


def draw_visible(*shape):
    """Random masks in which every query sees at least two keys, and at least one is hidden."""
    visible = rng.random(size=shape) < 0.6
    visible[..., 0], visible[..., 1], visible[..., 2] = True, False, True
    return visible


with part(2, "ordinary exponents, with leading axes"):
    for shape in [(4, 6), (5, 5), (3, 4, 6), (2, 3, 4, 7)]:
        check_weights(2 * rng.normal(size=shape), draw_visible(*shape))
with part(1, "large exponents, and hidden ones that are larger still"):
    # Quarters: exact in float32 too.
    for shape in [(4, 6), (2, 4, 5)]:
        level = rng.permuted(np.broadcast_to([1e4, 0.0, -1e4, 0.0], shape[:-1]), axis=-1)[..., None]
        exponents = level + rng.integers(-8, 9, size=shape) / 4
        visible = draw_visible(*shape)
        check_weights(exponents, visible)
        check_weights(np.where(visible, exponents, 3e4), visible)
with part(1, "no visible key"):
    exponents, visible = rng.normal(size=(5, 6)), draw_visible(5, 6)
    visible[[1, 4]] = False
    check_weights(exponents, visible)
with part(1, "hidden places that hold no number"):
    exponents, visible = rng.normal(size=(4, 6)), draw_visible(4, 6)
    for nothing in (np.nan, np.inf, -np.inf):
        check_weights(np.where(visible, exponents, nothing), visible)
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Blocks of keys that never meet (5 points)
#
# The keys are too many for one machine, so they stand in blocks.
# For each query a block is summed up in three quantities, computed by the given function:
# the largest exponent $m$, the total $\sum_j e^{e_j-m}$, and the weighted sum
# $\sum_j e^{e_j-m}\,V_j$.
# The answer to the query is the weighted sum divided by the total.
#
# Return the summary of two blocks taken together: the same three quantities,
# with $m$ the largest exponent of both blocks.
# Its parts are all that you may use; the keys are gone.
#
# A block may be empty, so that nobody has an exponent there: then $m=-\infty$ and both sums are 0.
# Both blocks may be empty.
# Exponents may be as large as $\pm10^4$.


# %% nbgrader={"grade_id": "given_summary"}
def summarise(exponents, values):
    """(largest (N_q,), total (N_q,), weighted (N_q, M)) of exponents (N_q, B), values (B, M)."""
    if exponents.shape[1] == 0:
        n_q, columns = len(exponents), values.shape[1]
        return np.full(n_q, -np.inf), np.zeros(n_q), np.zeros((n_q, columns))
    largest = exponents.max(axis=1)
    similarities = np.exp(exponents - largest[:, None])
    return largest, similarities.sum(axis=1), similarities @ values


# %% nbgrader={"grade_id": "merge", "solution": true}
def merge(first, second):
    """The summary (largest, total, weighted) of two blocks of keys, from their summaries."""
    ### BEGIN SOLUTION
    largest = np.maximum(first[0], second[0])
    # Where both blocks are empty any finite shift will do: the sums are 0.
    shift = np.where(np.isfinite(largest), largest, 0)
    total, weighted = 0.0, 0.0
    for block_largest, block_total, block_weighted in (first, second):
        factor = np.exp(block_largest - shift)
        total = total + factor * block_total
        weighted = weighted + factor[:, None] * block_weighted
    return largest, total, weighted
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_merge", "points": 5}
draw = np.random.default_rng(1)
all_exponents, all_values = draw.normal(size=(4, 7)), draw.normal(size=(7, 2))
both = merge(
    summarise(all_exponents[:, :3], all_values[:3]), summarise(all_exponents[:, 3:], all_values[3:])
)
assert isinstance(both, tuple | list) and len(both) == 3, (
    "return three arrays: largest, total, weighted"
)
assert [np.shape(array) for array in both] == [(4,), (4,), (4, 2)], (
    f"expected the shapes (4,), (4,) and (4, 2), got {[np.shape(array) for array in both]}"
)
np.testing.assert_allclose(
    both[0], all_exponents.max(axis=1), rtol=1e-5, err_msg="the largest exponent of both blocks"
)
### BEGIN HIDDEN TESTS


def check_merge(exponents, values, cut):
    """Two blocks, cut at a key, must add up to what one block of all keys gives."""
    blocks = (
        summarise(exponents[:, :cut], values[:cut]),
        summarise(exponents[:, cut:], values[cut:]),
    )
    expected = reference.merge(*blocks)
    for got, right, name in zip(
        merge(*blocks), expected, ("largest exponents", "totals", "weighted sums"), strict=True
    ):
        agree(got, right, rtol=1e-4, atol=1e-6, what=f"the {name}")


with part(2, "either block may hold the largest exponent"):
    for _ in range(2):
        n_q, n_k, columns = 6, 9, 3
        check_merge(3 * rng.normal(size=(n_q, n_k)), rng.normal(size=(n_k, columns)), 4)
    # As many queries as columns is the case where axes mix.
    check_merge(3 * rng.normal(size=(5, 8)), rng.normal(size=(8, 5)), 3)
with part(1, "exponents that are large and far apart"):
    for gap in (0.0, 3.0, 2e4):
        exponents = rng.integers(-8, 9, size=(6, 8)) / 4
        exponents[::2, :4] += gap
        exponents[1::2, 4:] += gap
        check_merge(exponents - 1e4, rng.normal(size=(8, 3)), 4)
with part(1, "one block is empty"):
    for cut in (0, 5):
        check_merge(rng.normal(size=(4, 5)), rng.normal(size=(5, 3)), cut)
with part(1, "both blocks are empty"):
    check_merge(np.zeros((4, 0)), np.zeros((0, 3)), 0)
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Without one's own group (3 points)
#
# A smoother is judged by predicting each value from the *others*.
# Often that is still too easy: ten measurements of one patient predict one another,
# and so do the words of one sentence.
#
# Return the prediction for each place from all places that belong to *another* group.
# You are given the similarities themselves, not their exponents.
# Each place has at least one place of another group.
# The chapter's shortcut knows only how to leave out a single place: do not trust it here.


# %% nbgrader={"grade_id": "leave_group_out", "solution": true}
def leave_group_out(similarities, values, groups):
    """Predictions (N, M): similarities (N, N) > 0, rows are queries; values (N, M); groups (N,)."""
    ### BEGIN SOLUTION
    others = similarities * (groups[:, None] != groups[None, :])
    return others @ values / others.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_leave_group_out", "points": 3}
alone = leave_group_out(
    np.array([[1.0, 0.9, 0.2], [0.9, 1.0, 0.4], [0.2, 0.4, 1.0]]),
    np.array([[1.0], [2.0], [5.0]]),
    np.array([7, 7, 3]),
)
assert np.shape(alone) == (3, 1), f"expected shape (3, 1), got {np.shape(alone)}"
np.testing.assert_allclose(
    alone[:2], [[5.0], [5.0]], rtol=1e-5, err_msg="places 0 and 1 have only place 2 to learn from"
)
### BEGIN HIDDEN TESTS


def check_groups(groups, columns):
    similarities = rng.uniform(0.1, 2, size=(len(groups), len(groups)))
    values = rng.normal(size=(len(groups), columns))
    got = leave_group_out(similarities, values, groups)
    expected = reference.leave_group_out(similarities, values, groups)
    agree(got, expected, rtol=1e-4, atol=1e-5, what="the predictions")


with part(1, "every place is a group of its own"):
    check_groups(np.arange(7), 2)
with part(2, "groups of any size, in any order"):
    check_groups(rng.permutation([0, 0, 1, 1, 1, 2, 2, 2, 2]), 3)
    check_groups(rng.permutation([5, 5, 5, 5, 9, 9, -1]), 1)
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Heads (5 points)
#
# A layer with `heads` heads keeps them side by side in its columns:
# `queries` is `(N_q, heads * D)`, and head number $n$ owns the columns from $nD$ to $(n+1)D$,
# the same for keys, and for values with `M` columns per head.
# Each head is a softmax attention of its own.
# Its exponents are $qk^\top/\sqrt D$ with the dimension that the *head* has.
#
# Return the outputs of all heads, side by side in the same order.


# %% nbgrader={"grade_id": "attend_heads", "solution": true}
def attend_heads(queries, keys, values, heads):
    """V′ (N_q, heads·M): queries (N_q, heads·D), keys (N_k, heads·D), values (N_k, heads·M)."""

    ### BEGIN SOLUTION
    def split(x):
        return x.reshape(len(x), heads, -1).swapaxes(0, 1)  # (heads, N, columns of one head)

    own_queries, own_keys, own_values = split(queries), split(keys), split(values)
    exponents = own_queries @ own_keys.swapaxes(1, 2) / np.sqrt(own_queries.shape[-1])
    similarities = np.exp(exponents - exponents.max(axis=-1, keepdims=True))
    outputs = similarities @ own_values / similarities.sum(axis=-1, keepdims=True)
    return outputs.swapaxes(0, 1).reshape(len(queries), -1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_attend_heads", "points": 5}
draw = np.random.default_rng(4)
two_heads = attend_heads(
    draw.normal(size=(3, 8)), draw.normal(size=(5, 8)), draw.normal(size=(5, 4)), 2
)
assert np.shape(two_heads) == (3, 4), f"expected shape (3, 4), got {np.shape(two_heads)}"
even = attend_heads(np.zeros((2, 6)), draw.normal(size=(4, 6)), np.arange(12.0).reshape(4, 3), 3)
np.testing.assert_allclose(
    even,
    [[4.5, 5.5, 6.5]] * 2,
    rtol=1e-5,
    err_msg="queries of 0 weigh all keys alike: each head returns the mean of its values",
)
### BEGIN HIDDEN TESTS


def check_heads(heads, n_q, n_k, dim, columns):
    arrays = [
        rng.normal(size=shape)
        for shape in [(n_q, heads * dim), (n_k, heads * dim), (n_k, heads * columns)]
    ]
    got, expected = attend_heads(*arrays, heads), reference.attend_heads(*arrays, heads)
    agree(got, expected, rtol=1e-4, atol=1e-5, what=f"the outputs of {heads} heads")


with part(1, "one head"):
    check_heads(1, 4, 6, 3, 2)
with part(3, "several heads"):
    for heads in (2, 3):
        check_heads(heads, *rng.integers(4, 8, size=4).tolist())
    check_heads(4, 4, 4, 4, 4)  # where every axis has the same length
with part(1, "each head minds its own columns"):
    q, k, v = rng.normal(size=(5, 6)), rng.normal(size=(7, 6)), rng.normal(size=(7, 4))
    changed = k.copy()
    changed[:, 3:] += rng.normal(size=(7, 3))
    before, after = (np.asarray(attend_heads(q, x, v, 2), dtype=float) for x in (k, changed))
    agree(after[:, :2], before[:, :2], what="the first head after a change of the second's keys")
    moved = np.abs(after[:, 2:] - before[:, 2:]).max(axis=1)
    holds(np.all(moved > 1e-6), "the second head's outputs follow its keys")
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · How many neighbours (2 points)
#
# Keys stand on a grid with spacing $h$ in each of $D$ dimensions, and $h$ is much smaller
# than $\sigma$, so that sums over keys may be replaced by integrals.
# How many keys effectively take part in Gaussian attention,
#
# $$\frac{1}{\sum_j a_j^2}\,,
#   \qquad a_j=\frac{\mathcal K_\sigma(q,k_j)}{\sum_l\mathcal K_\sigma(q,k_l)}\,?$$
#
# Do $D=1$ first.
# In several dimensions the Gaussian is a product, and so is its integral.

# %% nbgrader={"grade_id": "effective_keys", "solution": true}
# effective_keys = an expression in sigma, h and D
### BEGIN SOLUTION
effective_keys = (2 * sp.sqrt(sp.pi) * sigma / h) ** D
### END SOLUTION

# %% nbgrader={"grade_id": "test_effective_keys", "points": 2}
one_width, two_widths = (
    at(effective_keys, sigma=1, h=0.1, D=1),
    at(effective_keys, sigma=2, h=0.1, D=1),
)
assert abs(two_widths / one_width - 2) < 1e-6, (
    f"on a line twice the width takes in twice the keys: expected a ratio of 2, "
    f"got {two_widths / one_width}"
)
### BEGIN HIDDEN TESTS
with part(1, "keys on a line"):
    for _ in range(2):
        width, spacing = rng.uniform(1, 3), rng.uniform(0.05, 0.2)
        weights = np.exp(-((spacing * np.arange(-400, 401)) ** 2) / (2 * width**2))
        expected = weights.sum() ** 2 / np.sum(weights**2)
        got = at(effective_keys, sigma=width, h=spacing, D=1)
        agree(got, expected, rtol=1e-4, what="the number of neighbours on a line")
with part(1, "any number of dimensions"):
    symbolically_equal(effective_keys, reference.effective_keys)
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · The best width (3 points)
#
# The expected squared error of a smoother is its squared bias plus its variance.
# On a line, for a function with curvature $c$ and values with noise of variance $s^2$,
#
# $$\text{bias}\approx\frac{c\,\sigma^2}{2},\qquad
#   \text{variance}=\frac{s^2}{\rho\,\sigma},$$
#
# where $\rho\,\sigma$ is the effective number of neighbours; $\rho$ grows with the number of keys.
#
# Which $\sigma$ makes the expected squared error smallest?

# %% nbgrader={"grade_id": "best_width", "solution": true}
# best_width = an expression in c, s and rho
### BEGIN SOLUTION
best_width = (s**2 / (rho * c**2)) ** sp.Rational(1, 5)
### END SOLUTION

# %% nbgrader={"grade_id": "test_best_width", "points": 3}
some_width = at(best_width, c=0.7, s=0.3, rho=20)
assert some_width > 0, f"a width is positive, got {some_width}"
noisier = at(best_width, c=0.7, s=0.6, rho=20)
assert noisier > some_width, (
    f"more noise needs more neighbours: expected a width above {some_width}, got {noisier}"
)
### BEGIN HIDDEN TESTS
with part(1, "how it changes with the number of keys"):
    for _ in range(2):
        curve, spread, density = rng.uniform(0.5, 2, size=3)
        ratio = at(best_width, c=curve, s=spread, rho=32 * density)
        ratio /= at(best_width, c=curve, s=spread, rho=density)
        agree(ratio, 0.5, rtol=1e-6, what="the width for 32 times the keys, over the width before")
with part(2, "any curvature, noise and number of keys"):
    symbolically_equal(best_width, reference.best_width)
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · A window (3 points)
#
# Many layers let a query see only the last `W` keys, its own among them.
# Query number $i$, counted from 1, sees the keys from $i-W+1$ to $i$ as far as they exist,
# so the first queries see fewer than `W`.
# There are `N` queries and $W\le N$.
#
# How many multiply-adds does the layer take for the exponents $qk^\top$ of all visible pairs
# and for the weighted sums of their values?
# Keys have `D` columns and values `M`; nothing else counts, and hidden pairs are not computed.

# %% nbgrader={"grade_id": "window_cost", "solution": true}
# window_cost = their number, an expression in N, W, D and M
### BEGIN SOLUTION
window_cost = (D + M) * (N * W - W * (W - 1) / 2)
### END SOLUTION

# %% nbgrader={"grade_id": "test_window_cost", "points": 3}
some = at(window_cost, N=10, W=4, D=3, M=2)
assert some == int(some) and some > 0, f"a count is a positive whole number, got {some}"
single = at(window_cost, N=10, W=1, D=3, M=2)
assert single == 50, f"a window of one key: expected 10 pairs of 3 + 2 multiply-adds, got {single}"
### BEGIN HIDDEN TESTS


def counted(n, window, dim, columns):
    return (dim + columns) * sum(min(i, window) for i in range(1, n + 1))


with part(1, "a window as long as the sequence"):
    for n, dim, columns in rng.integers(3, 30, size=(2, 3)).tolist():
        got = at(window_cost, N=n, W=n, D=dim, M=columns)
        agree(got, counted(n, n, dim, columns), rtol=1e-9, what="the count for a window of N keys")
with part(2, "any window"):
    # Whole numbers only, with W ≤ N: a sum up to N, a minimum or cases are as good as a polynomial.
    for window, more, dim, columns in rng.integers(3, 30, size=(8, 4)).tolist():
        n = window + more
        got = at(window_cost, N=n, W=window, D=dim, M=columns)
        agree(got, counted(n, window, dim, columns), rtol=1e-9, what="the count")
### END HIDDEN TESTS

# %% [markdown]
# ## 8 · One key or all, in words (3 points, marked by a person)
#
# In a trained layer the effective number of keys is close to 1 for nearly every query.
# A colleague says: "It averages nothing, so it cannot reduce noise.
# It would be better to divide the exponents by 10, so that all keys take part."
#
# Answer in 60 to 150 words.
#
# *How it is marked.*
# 1 point: what an effective number near 1 means for the noise of the output, and what for its bias.
# 1 point: when copying a single value is right, and what dividing by 10 would do there.
# 1 point: what decides which width is best, and how it changes with more keys or less noise.

# %% [markdown] nbgrader={"grade_id": "text_one_or_all", "points": 3}
# With an effective number near 1 the variance of the output is the noise $s^2$ of one value:
# nothing is averaged away, that much is true.
# But there is hardly any bias either, as the value comes from a key that is as similar as can be.
#
# Copying is right where the values have little noise and differ from key to key,
# for instance when a layer looks up one particular word.
# Dividing the exponents by 10 widens the neighbourhood:
# the answer becomes a mixture with values that have nothing to do with the query.
# Its noise falls and its bias grows, in the extreme to the mean of all values.
#
# The best width is where the sum of squared bias and variance is smallest.
# It is smaller if the noise is smaller, if there are more keys,
# and if the values change quickly from key to key.
# A layer that has been trained has found its own.
