# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 02 · Linear attention
#
# The chapter of the same name moved the brackets of attention.
# With features $\phi(x)$, `(1, d)`, and the similarity $\phi(q)\,\phi(k)^\top$,
#
# $$V'_i=\frac{\phi(Q_i)\,S}{\phi(Q_i)\,Z},\qquad
#   S=\sum_j\phi(K_j)^\top V_j,\qquad Z=\sum_j\phi(K_j)^\top .$$
#
# Here you make features, keep padding out of the sums, and find out what two sums cannot hold.
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

N_q, N_k = sp.symbols("N_q N_k", integer=True, positive=True)  # numbers of queries and keys
D, M, d = sp.symbols("D M d", integer=True, positive=True)  # columns of keys, values, features


def elu_plus_one(x):
    """φ(x) of the shape of x: x + 1 above 0, exp(x) below."""
    return np.where(x > 0, x + 1, np.exp(-np.abs(x)))


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
# ## 1 · A square with a constant (4 points)
#
# The similarity $(qk^\top)^2$ cannot tell $k$ from $-k$; $(c+qk^\top)^2$ with $c>0$ can.
# Write features for it, and no more of them than are needed:
# one constant, one for each entry, and one for each of the $D(D+1)/2$ different products,
# so `1 + D + D * (D + 1) // 2` columns in all.
# Their order is yours.


# %% nbgrader={"grade_id": "square_with_constant", "solution": true}
def square_with_constant(x, c):
    """φ(x) (…, 1 + D + D(D + 1)/2) for x (…, D), such that φ(q)·φ(k) = (c + q·k)²."""
    ### BEGIN SOLUTION
    rows, columns = np.triu_indices(x.shape[-1])
    products = np.where(rows == columns, 1, np.sqrt(2)) * x[..., rows] * x[..., columns]
    constant = np.full((*x.shape[:-1], 1), float(c))
    return np.concatenate([constant, np.sqrt(2 * c) * x, products], axis=-1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_square_with_constant", "points": 4}
at_zero = square_with_constant(np.zeros((2, 3)), 1.0)
assert np.shape(at_zero) == (2, 10), (
    f"1 + 3 + 6 columns for D = 3: expected shape (2, 10), got {np.shape(at_zero)}"
)
np.testing.assert_allclose(
    np.sum(np.square(at_zero), axis=1),
    [1.0, 1.0],
    rtol=1e-5,
    err_msg="for q = k = 0 and c = 1 the similarity is 1",
)
### BEGIN HIDDEN TESTS


def check_square(c, *leading):
    dim = int(rng.integers(3, 6))
    q, k = rng.normal(size=(*leading, 5, dim)), rng.normal(size=(*leading, 4, dim))
    got_q, got_k = (np.asarray(square_with_constant(x, c)) for x in (q, k))
    agree(got_q.shape[:-1], (*leading, 5), what="the leading axes of the features")
    expected = (c + q @ np.swapaxes(k, -1, -2)) ** 2
    agree(
        got_q @ np.swapaxes(got_k, -1, -2), expected, rtol=1e-4, atol=1e-4, what="the similarities"
    )
    return got_q.shape[-1], 1 + dim + dim * (dim + 1) // 2


with part(2, "the similarity, for constants below and above 1"):
    for low, high in [(0.2, 0.6), (1.6, 3.0)]:
        check_square(rng.uniform(low, high))
with part(1, "as few columns as possible"):
    used, needed = check_square(rng.uniform(1.6, 3.0))
    agree(used, needed, what="the number of columns")
with part(1, "a single vector, and batches with heads"):
    x, y = rng.normal(size=(2, 4))
    got = np.asarray(square_with_constant(x, 0.4)) @ np.asarray(square_with_constant(y, 0.4))
    agree(got, (0.4 + x @ y) ** 2, rtol=1e-4, atol=1e-4, what="the similarity of two vectors")
    check_square(0.4, 2, 3)
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Two similarities at once (3 points)
#
# A key has a content and a place, and each has features of its own:
# $\phi$ with `d_1` columns for the content, $\chi$ with `d_2` columns for the place.
# A key should count only if *both* are similar, so the two similarities are multiplied:
#
# $$\operatorname{sim}=\bigl(\phi(q)\phi(k)^\top\bigr)\,\bigl(\chi(q)\chi(k)^\top\bigr).$$
#
# Return features of this product, made from the two kinds of features of the same rows.
# The same function is used for queries and for keys.


# %% nbgrader={"grade_id": "features_of_product", "solution": true}
def features_of_product(phi, chi):
    """Features (…, N, d) of the product of two similarities; phi (…, N, d_1), chi (…, N, d_2)."""
    ### BEGIN SOLUTION
    products = phi[..., :, None] * chi[..., None, :]  # (…, N, d_1, d_2)
    return products.reshape(*phi.shape[:-1], -1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_features_of_product", "points": 3}
draw = np.random.default_rng(2)
one_row = features_of_product(np.array([[2.0]]), np.array([[3.0]]))
np.testing.assert_allclose(
    np.sum(np.square(one_row)), 36.0, rtol=1e-5, err_msg="the similarities 4 and 9 give 36"
)
several = features_of_product(draw.normal(size=(5, 2)), draw.normal(size=(5, 3)))
assert np.ndim(several) == 2 and len(several) == 5, (
    f"one row of features for each of 5 rows, got shape {np.shape(several)}"
)
### BEGIN HIDDEN TESTS


def check_product(n_1, n_2, *leading):
    kinds_q = [rng.normal(size=(*leading, 4, n)) for n in (n_1, n_2)]
    kinds_k = [rng.normal(size=(*leading, 6, n)) for n in (n_1, n_2)]
    got_q, got_k = (np.asarray(features_of_product(*kinds)) for kinds in (kinds_q, kinds_k))
    agree(got_q.shape[:-1], (*leading, 4), what="the leading axes of the features")
    agree(got_k.shape[:-1], (*leading, 6), what="the leading axes of the features")
    holds(got_q.shape[-1] == got_k.shape[-1], "queries and keys have equally many features")
    first, second = (q @ np.swapaxes(k, -1, -2) for q, k in zip(kinds_q, kinds_k, strict=True))
    got = got_q @ np.swapaxes(got_k, -1, -2)
    agree(got, first * second, rtol=1e-4, atol=1e-4, what="the product of the similarities")


with part(2, "rows of features"):
    check_product(2, 3)
    check_product(4, 4)
    check_product(3, 1)
with part(1, "leading axes: batch and heads"):
    check_product(2, 3, 3)
    check_product(3, 3, 2, 3)
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · A padded batch (5 points)
#
# `B` sequences of keys and values are computed together.
# Sequence number $b$ has `lengths[b]` real rows, and they stand first;
# the rows behind them are padding and may hold any numbers, small or large.
#
# Return the outputs of linear attention with the given features `elu_plus_one`,
# as if the padding were not there.
# All queries are real.
# A sequence may have length 0: its outputs are 0.


# %% nbgrader={"grade_id": "padded_attention", "solution": true}
def padded_attention(queries, keys, values, lengths):
    """V′ (B, N_q, M): queries (B, N_q, D), keys (B, N_k, D), values (B, N_k, M), lengths (B,)."""
    ### BEGIN SOLUTION
    real = np.arange(keys.shape[1]) < np.asarray(lengths)[:, None]  # (B, N_k)
    phi_keys = np.where(real[..., None], elu_plus_one(keys), 0)  # (B, N_k, D)
    phi_queries = elu_plus_one(queries)
    state = np.swapaxes(phi_keys, 1, 2) @ values  # (B, D, M)
    totals = phi_queries @ phi_keys.sum(axis=1)[..., None]  # (B, N_q, 1)
    return phi_queries @ state / np.where(totals > 0, totals, 1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_padded_attention", "points": 5}
draw = np.random.default_rng(3)
batch = padded_attention(
    draw.normal(size=(2, 3, 4)),
    draw.normal(size=(2, 6, 4)),
    np.ones((2, 6, 5)),
    np.array([6, 2]),
)
assert np.shape(batch) == (2, 3, 5), f"expected shape (2, 3, 5), got {np.shape(batch)}"
np.testing.assert_allclose(
    batch, np.ones((2, 3, 5)), rtol=1e-5, err_msg="values that are all 1 give outputs of 1"
)
### BEGIN HIDDEN TESTS


def check_padded(lengths, junk):
    """Compares with the reference; `junk` scales what stands in the padded rows."""
    lengths = np.asarray(lengths)
    n_k = int(max(lengths)) + 2
    real = (np.arange(n_k) < lengths[:, None])[..., None]
    queries = rng.normal(size=(len(lengths), 4, 3))
    keys, values = (
        np.where(real, 1, junk) * rng.normal(size=(len(lengths), n_k, size)) for size in (3, 5)
    )
    got = padded_attention(queries, keys, values, lengths)
    expected = reference.padded_attention(queries, keys, values, lengths)
    agree(got, expected, rtol=1e-4, atol=1e-5, what="V′")


with part(2, "padding that consists of zeros"):
    check_padded([5, 2, 4], 0)
    check_padded([1, 6], 0)
with part(2, "padding that holds anything"):
    check_padded([3, 5], 1)
    check_padded([5, 2, 4], 50)
with part(1, "a sequence of length 0"):
    check_padded([0, 4, 3], 5)
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · A change that no query can see (4 points)
#
# All keys and values end up in $S$ and $Z$, and something must get lost.
# You are given the features of $N$ keys, `(N, d)`.
#
# Return numbers $c_1,\dots,c_N$, not all 0, such that adding $c_j$ to the value of key $j$
# changes no output, whatever the query is.
# Scale them so that $\sum_j c_j^2=1$.
#
# There are such numbers whenever there are more keys than features;
# sometimes, as when two keys are equal, also when there are not.


# %% nbgrader={"grade_id": "invisible_change", "solution": true}
def invisible_change(phi_keys):
    """Changes c (N,) of the values, of length 1, that leave S as it is; phi_keys (N, d)."""
    ### BEGIN SOLUTION
    # The last right singular vector of φ(K)ᵀ, which is (d, N), belongs to the smallest singular
    # value, and to 0 if there are more keys than features.
    return np.linalg.svd(phi_keys.T, full_matrices=True)[2][-1]
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_invisible_change", "points": 4}
two_equal = invisible_change(np.array([[1.0], [1.0]]))
assert np.shape(two_equal) == (2,), (
    f"one number for each key: expected shape (2,), got {np.shape(two_equal)}"
)
assert abs(np.sum(two_equal)) < 1e-5, (
    f"two equal keys: what one value gains the other loses, got a sum of {np.sum(two_equal)}"
)
### BEGIN HIDDEN TESTS


def check_invisible(phi_keys):
    change = np.asarray(invisible_change(phi_keys), dtype=float)
    agree(change.shape, (len(phi_keys),), what="the shape of the changes")
    agree(np.sum(change**2), 1.0, rtol=1e-4, what="the sum of the squares")
    in_state = phi_keys.T @ change
    scale = np.linalg.norm(phi_keys)
    holds(np.all(np.abs(in_state) < 1e-3 * scale), "the changes must not show in S")


with part(2, "many more keys than features"):
    for n_keys, count in [(9, 4), (12, 3)]:
        check_invisible(elu_plus_one(rng.normal(size=(n_keys, count))))
with part(1, "one key more than features"):
    check_invisible(elu_plus_one(rng.normal(size=(6, 5))))
with part(1, "few keys, two of them equal"):
    phi_keys = elu_plus_one(rng.normal(size=(4, 7)))
    phi_keys[3] = phi_keys[1]
    check_invisible(phi_keys)
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · The sharpest look (3 points)
#
# Softmax attention can give any weight up to 1 to a key that points its own way.
# With features that are not negative there is a limit, and it is known before any query comes.
#
# Return for each key the largest weight that *any* query could give to it:
# the maximum over all possible features of a query, not negative and not all 0.
# Every feature is positive for at least one key.
# The chapter's picture of mixtures helps: which mixture favours key $j$ most?


# %% nbgrader={"grade_id": "sharpest_weight", "solution": true}
def sharpest_weight(phi_keys):
    """The largest possible weights (…, N) of the keys with features phi_keys (…, N, d) ≥ 0."""
    ### BEGIN SOLUTION
    # A mixture is largest where it consists of the one weighting that is best for this key.
    return (phi_keys / phi_keys.sum(axis=-2, keepdims=True)).max(axis=-1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_sharpest_weight", "points": 3}
sharp = sharpest_weight(np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 2.0]]))
assert np.shape(sharp) == (3,), (
    f"one weight for each key: expected shape (3,), got {np.shape(sharp)}"
)
np.testing.assert_allclose(
    sharp,
    [1.0, 0.5, 0.5],
    rtol=1e-5,
    err_msg="key 0 has a feature to itself, keys 1 and 2 share one",
)
### BEGIN HIDDEN TESTS


def check_sharpest(*shape):
    phi_keys = rng.uniform(0.1, 1, size=shape) * rng.uniform(0.2, 3, size=shape[-1:])
    got, expected = sharpest_weight(phi_keys), reference.sharpest_weight(phi_keys)
    agree(got, expected, rtol=1e-4, what="the largest possible weights")


with part(2, "keys of one head"):
    check_sharpest(7, 3)
    check_sharpest(4, 9)
    check_sharpest(5, 5)
with part(1, "leading axes: batch and heads"):
    check_sharpest(3, 6, 4)
    check_sharpest(2, 3, 5, 5)
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · When it pays (3 points)
#
# A layer has `N_q` queries that look at `N_k` keys, and the two numbers differ.
# Count the multiply-adds of the matrix products, with the features of queries and keys given:
#
# - exact attention: $QK^\top$, and the weights times $V$;
# - linear attention: $\phi(K)^\top V$, then $\phi(Q)\,S$ and $\phi(Q)\,Z$.
#   The sum $Z$ takes additions only and counts nothing.
#
# At which `N_k` are the two counts equal?
# Suppose that there are enough queries for such a number to exist.

# %% nbgrader={"grade_id": "break_even_keys", "solution": true}
# break_even_keys = an expression in N_q, D, M and d
### BEGIN SOLUTION
break_even_keys = N_q * d * (M + 1) / (N_q * (D + M) - d * M)
### END SOLUTION

# %% nbgrader={"grade_id": "test_break_even_keys", "points": 3}
some = at(break_even_keys, N_q=1000, D=8, M=8, d=16)
assert some > 0, f"a number of keys is positive, got {some}"
### BEGIN HIDDEN TESTS
with part(1, "the counts are equal there"):
    for dim, columns, count in rng.integers(4, 20, size=(3, 3)).tolist():
        n_q = count + int(rng.integers(20, 50))
        n_k = at(break_even_keys, N_q=n_q, D=dim, M=columns, d=count)
        exact = n_q * n_k * (dim + columns)
        linear = n_k * count * columns + n_q * count * columns + n_q * count
        agree(linear, exact, rtol=1e-6, what="the count of linear attention, against the exact")
with part(2, "as an expression"):
    symbolically_equal(break_even_keys, reference.break_even_keys)
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · A swap, in words (3 points, marked by a person)
#
# A colleague takes a model that was trained with softmax attention,
# puts elu+1 features in its place, and gets very different outputs.
# "The approximation is too coarse," she says, "so I shall take more of these features."
#
# Answer in 60 to 150 words.
#
# *How it is marked.*
# 1 point: why more features of this kind do not bring the outputs nearer to those of softmax.
# 1 point: something that a query can do with softmax and cannot do with elu+1.
# 1 point: what would help instead, and what it costs.

# %% [markdown] nbgrader={"grade_id": "text_swap", "points": 3}
# elu+1 is not an approximation of the exponential, so there is no error that would shrink.
# Its similarity is not even a function of $qk^\top$:
# it changes when queries and keys are turned together, and softmax does not.
# The number of its features is $D$; copies of them only multiply all similarities by a number,
# which cancels.
#
# With softmax a longer query looks more sharply, up to giving all its weight to one key.
# With elu+1 the weights are mixtures of $D$ fixed weightings of the keys,
# and a longer query tends to one such mixture.
#
# She can train the model, or go on training it, with elu+1, so that queries and keys adapt;
# that costs training.
# Or she takes features whose similarity does come close to the exponential,
# such as the products of its power series, and pays with their number,
# which grows like $D^2$ for degree 2 and soon beyond all bounds.
