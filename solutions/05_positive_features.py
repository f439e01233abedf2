# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 05 · Positive features
#
# The chapter of the same name estimated $\operatorname{sim}(q,k)=\exp(qk^\top/\sqrt D)$
# by $\psi^+(q)\,\psi^+(k)^\top$ with
#
# $$\psi^+(x)=\frac{1}{\sqrt{D_\text{random}}}
#   \exp\Bigl(x\,w^\top-\frac{\lVert x\rVert^2}{2\sqrt D}\Bigr),
#   \qquad w_r\sim N\Bigl(0,\tfrac{1}{\sqrt D}I\Bigr),$$
#
# one column for each of $D_\text{random}$ frequencies.
# With $a=\lVert q-k\rVert^2/\sqrt D$ and $b=\lVert q+k\rVert^2/\sqrt D$ the mean square errors,
# *relative to* $\operatorname{sim}^2$, from $D_\text{random}$ frequencies are
#
# - $(\cosh a-1)/D_\text{random}$ for sines and cosines (two columns for each frequency);
# - $(e^b-1)/D_\text{random}$ for positive features (one column);
# - $(\cosh b-1)/D_\text{random}$ for opposite pairs (two columns).
#
# Here you draw the frequencies differently, mix the kinds, and make the whole thing unbreakable.
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

a, b = sp.symbols("a b", positive=True)  # ‖q − k‖²/√D and ‖q + k‖²/√D
gap = sp.symbols("gap", real=True)  # (‖q‖² − ‖k‖²)/√D
h = sp.symbols("h", positive=True)  # spread² − 1
D, D_random = sp.symbols("D D_random", integer=True, positive=True)  # sizes


def at(expression, **numbers):
    """The value of a SymPy expression with its symbols replaced, by name, with numbers."""
    assert isinstance(expression, sp.Expr), (
        f"expected a SymPy expression, got {type(expression).__name__}"
    )
    strangers = {symbol.name for symbol in expression.free_symbols} - set(numbers)
    assert not strangers, (
        f"only the symbols {sorted(numbers)} may appear, found {sorted(strangers)}"
    )
    value = complex(expression.subs({x: numbers[x.name] for x in expression.free_symbols}))
    assert abs(value.imag) < 1e-9, f"expected a real number, got {value}"
    return value.real


# %% [markdown]
# ## 1 · Frequencies that are too wide (5 points)
#
# The error of positive features comes from draws that are rare and enormous.
# A remedy: draw them more often, and let each count less.
#
# Take any temperature, $\operatorname{sim}(q,k)=\exp(qk^\top/\tau)$.
# Its frequencies should have the density $p$ of $N(0,\tfrac1\tau I)$.
# Draw them from the density $g$ of $N(0,\tfrac{s^2}{\tau}I)$ instead,
# with a number $s$, the *spread*.
# The mean stays right if the term of frequency $w$ is multiplied by $p(w)/g(w)$.
# The query's feature and the key's must be computed by the same map,
# so each of them takes the square root of that.
#
# You are given standard normal numbers, `(D_random, D)`, from which you make the frequencies.
# Return the features, one column for each frequency, such that the products
# $\varphi(q)\,\varphi(k)^\top$ have the mean $\exp(qk^\top/\tau)$ and every feature is positive.
# For `spread` = 1 and `tau` = $\sqrt D$ they are $\psi^+$.


# %% nbgrader={"grade_id": "wide_features", "solution": true}
def wide_features(x, standard, tau, spread):
    """Features (…, N, D_random) of x (…, N, D), from standard normals (D_random, D)."""
    ### BEGIN SOLUTION
    count, dim = standard.shape
    frequencies = spread * standard / np.sqrt(tau)
    exponents = x @ frequencies.T - np.sum(x**2, axis=-1, keepdims=True) / (2 * tau)
    # log √(p/g): both densities have the same constants but for spread^D.
    log_weights = dim * np.log(spread) / 2 - (spread**2 - 1) * np.sum(standard**2, axis=1) / 4
    return np.exp(exponents + log_weights) / np.sqrt(count)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_wide_features", "points": 5}
draw = np.random.default_rng(5)
some = wide_features(0.5 * draw.normal(size=(5, 3)), draw.normal(size=(8, 3)), 1.5, 1.2)
assert np.shape(some) == (5, 8), f"expected shape (5, 8), got {np.shape(some)}"
assert np.all(np.asarray(some) > 0), "every feature must be positive"
### BEGIN HIDDEN TESTS


def check_features(leading, spread):
    dim, count = int(rng.integers(2, 6)), int(rng.integers(7, 20))
    x, standard = 0.8 * rng.normal(size=(*leading, 4, dim)), rng.normal(size=(count, dim))
    for tau in (rng.uniform(0.4, 0.7), rng.uniform(1.5, 3)):
        got = wide_features(x, standard, tau, spread)
        expected = reference.wide_features(x, standard, tau, spread)
        agree(got, expected, rtol=1e-4, what="the features")


with part(2, "spread 1, any temperature"):
    check_features((), 1.0)
    check_features((), 1.0)
with part(2, "other spreads"):
    check_features((), rng.uniform(1.2, 1.8))
    check_features((), rng.uniform(0.8, 0.9))
with part(1, "leading axes: batch and heads"):
    check_features((3,), 1.0)
    check_features((2, 3), 1.0)
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · What the spread buys (3 points)
#
# Find the mean square error of these estimates, relative to $\operatorname{sim}^2$.
# Write it with `b` $=\lVert q+k\rVert^2/\tau$, `h` $=s^2-1>0$, `D` and `D_random`.
# For $h\to0$ it must become the error of $\psi^+$.
#
# The mean of a function $f$ over draws from $g$ is $\int f\,g$.
# Here the square of a term holds $(p/g)^2$,
# so what is to be integrated is $p^2/g$ times an exponential.
# Each coordinate can be done by itself.
# When you are done, put in $b=8$ and $D=4$, look for the best $h$, and be surprised.

# %% nbgrader={"grade_id": "wide_error", "solution": true}
# wide_error = the relative mean square error, an expression in b, h, D and D_random
### BEGIN SOLUTION
wide_error = (((1 + h) ** 2 / (1 + 2 * h)) ** (D / 2) * sp.exp(b / (1 + 2 * h)) - 1) / D_random
### END SOLUTION

# %% nbgrader={"grade_id": "test_wide_error", "points": 3}
some = at(wide_error, b=1.5, h=0.4, D=3, D_random=10)
assert some > 0, f"a mean square error is positive, got {some}"
### BEGIN HIDDEN TESTS
with part(1, "a spread of almost 1"):
    for _ in range(2):
        number, count = rng.uniform(0.5, 2), int(rng.integers(5, 50))
        got = at(wide_error, b=number, h=1e-7, D=3, D_random=count)
        agree(got, np.expm1(number) / count, rtol=1e-4, what="the error for h → 0")
with part(2, "any spread above 1"):
    symbolically_equal(wide_error, reference.wide_error)
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Half and half (3 points)
#
# Sines and cosines are best near $q=k$, opposite pairs near $q=-k$.
# Take both, from the *same* $D_\text{random}$ frequencies, and average the two estimates:
#
# $$\tfrac12\,\psi(q)\,\psi(k)^\top+\tfrac12\,\psi^\pm(q)\,\psi^\pm(k)^\top .$$
#
# Find its mean square error, relative to $\operatorname{sim}^2$,
# with `a`, `b`, `gap` $=(\lVert q\rVert^2-\lVert k\rVert^2)/\sqrt D$ and `D_random`.
#
# The two estimates are correlated.
# Frequency by frequency you need $\mathbb E[\cos(w(q-k)^\top)\cosh(w(q+k)^\top)]$.
# The mean of $e^{wu^\top}$ is $\exp(uu^\top/2\sqrt D)$ also for a complex row $u$,
# with $uu^\top=\sum_i u_i^2$.

# %% nbgrader={"grade_id": "mixed_error", "solution": true}
# mixed_error = the relative mean square error, an expression in a, b, gap and D_random
### BEGIN SOLUTION
mixed_error = (sp.cosh(a) + sp.cosh(b) + 2 * sp.cos(gap) - 4) / (4 * D_random)
### END SOLUTION

# %% nbgrader={"grade_id": "test_mixed_error", "points": 3}
some = at(mixed_error, a=1.2, b=0.7, gap=0.2, D_random=10)
assert some > 0, f"a mean square error is positive, got {some}"
### BEGIN HIDDEN TESTS
with part(1, "vectors of equal length"):
    for _ in range(3):
        first, second = rng.uniform(0.3, 2, size=2)
        count = int(rng.integers(5, 50))
        got = at(mixed_error, a=first, b=second, gap=0.0, D_random=count)
        expected = at(reference.mixed_error, a=first, b=second, gap=0.0, D_random=count)
        agree(got, expected, rtol=1e-6, what="the error for vectors of equal length")
with part(2, "any lengths"):
    symbolically_equal(mixed_error, reference.mixed_error)
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Where the winner changes (3 points)
#
# Let $\lVert q\rVert=\lVert k\rVert=$ `length`.
# Any temperature $\tau$ stands in the place of $\sqrt D$, so
# $a=\lVert q-k\rVert^2/\tau$ and $b=\lVert q+k\rVert^2/\tau$.
# For small angles sines and cosines have the smaller error, for large ones positive features
# (the plain ones, not pairs).
#
# Return the *cosine* of the angle between $q$ and $k$ at which the two err equally,
# given the same number of columns.
# Three correct decimals are enough, for lengths up to $\sqrt\tau$.
# There is no formula for it: search.
# (Far beyond that length $e^b$ and $\cosh a$ overflow; who wants to go there compares logarithms.)


# %% nbgrader={"grade_id": "crossing_cosine", "solution": true}
def crossing_cosine(length, tau):
    """The cosine at which sines and cosines and positive features of equal width err equally."""
    ### BEGIN SOLUTION
    low, high = -1.0, 1.0
    for _ in range(60):
        cosine = (low + high) / 2
        error_a = 2 * length**2 * (1 - cosine) / tau
        error_b = 2 * length**2 * (1 + cosine) / tau
        # Per column: half as many draws for two columns each, so e^b − 1 against 2 (cosh a − 1).
        # In logarithms, because a and b grow with length²: e^b (1 − e^−b) and e^a (1 − e^−a)².
        log_positive = error_b + np.log(-np.expm1(-error_b))
        if log_positive < error_a + 2 * np.log(-np.expm1(-error_a)):
            low = cosine
        else:
            high = cosine
    return low
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_crossing_cosine", "points": 3}
some = crossing_cosine(1.0, 2.0)
assert np.ndim(some) == 0 and -1 <= some <= 1, f"a cosine lies between −1 and 1, got {some}"
### BEGIN HIDDEN TESTS


def check_crossing(length, tau):
    got, expected = crossing_cosine(length, tau), reference.crossing_cosine(length, tau)
    agree(got, expected, rtol=0, atol=1e-3, what="the cosine")


with part(1, "temperature 1"):
    for length in (rng.uniform(0.35, 0.55), rng.uniform(0.65, 0.85)):
        check_crossing(length, 1.0)
with part(2, "any temperature"):
    for size in (rng.uniform(0.15, 0.25), rng.uniform(0.4, 0.6)):  # length²/τ
        for tau in (rng.uniform(0.3, 0.6), rng.uniform(2, 4)):
            check_crossing(np.sqrt(size * tau), tau)
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · Blocks that are not full (3 points)
#
# Orthogonal frequencies come in blocks of at most $D$.
# $D_\text{random}$ of them fill as many blocks of $D$ as possible;
# what remains stands in one more block, orthogonal as well.
# Different blocks are independent.
#
# For one frequency the estimate of $\operatorname{sim}$ has, relative to $\operatorname{sim}^2$,
# the variance $e^b-1$; two frequencies of one block have the covariance $-\kappa$.
#
# Return the relative mean square error of the mean over all $D_\text{random}$ frequencies.
# `kappa` is given, so you need no series.


# %% nbgrader={"grade_id": "block_error", "solution": true}
def block_error(b, kappa, D_random, D):
    """The relative mean square error of D_random frequencies in orthogonal blocks of D."""
    ### BEGIN SOLUTION
    full, rest = divmod(D_random, D)
    pairs = full * D * (D - 1) + rest * (rest - 1)  # ordered
    return (D_random * np.expm1(b) - pairs * kappa) / D_random**2
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_block_error", "points": 3}
alone = block_error(0.8, 0.1, 1, 4)
assert np.ndim(alone) == 0 and abs(alone - np.expm1(0.8)) < 1e-6, (
    f"a single frequency has no partner: expected e^b − 1 = {np.expm1(0.8):.6f}, got {alone}"
)
### BEGIN HIDDEN TESTS


def check_blocks(count, dim):
    number, share = rng.uniform(0.5, 2), rng.uniform(0.2, 0.6)
    kappa = share * np.expm1(number) / dim
    got = block_error(number, kappa, count, dim)
    expected = reference.block_error(number, kappa, count, dim)
    agree(got, expected, rtol=1e-5, what="the relative mean square error")


with part(1, "one block"):
    check_blocks(6, 6)
    check_blocks(int(rng.integers(4, 7)), 9)
with part(1, "several full blocks"):
    for full in (2, 3):
        dim = int(rng.integers(4, 9))
        check_blocks(full * dim, dim)
with part(1, "a last block that is not full"):
    for full in (1, 3):
        dim = int(rng.integers(6, 10))
        check_blocks(full * dim + int(rng.integers(2, dim - 2)), dim)
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · Rows at right angles (3 points)
#
# Each head gets $n\le D$ standard normal rows of its own; turn them into orthogonal ones.
# Return an array of the same shape with
#
# - rows of one head pairwise orthogonal;
# - row $r$ as long as the given row $r$, so that lengths keep their $\chi_D$ distribution;
# - no preferred direction: if all given rows are turned by an orthogonal matrix $U$ `(D, D)`,
#   the result is turned by the same matrix, so `orthogonal_rows(rows @ U)` is
#   `orthogonal_rows(rows) @ U`.
#
# There is more than one right answer.
# Nothing random is needed beyond the rows that you are given.


# %% nbgrader={"grade_id": "orthogonal_rows", "solution": true}
def orthogonal_rows(rows):
    """Orthogonal rows (…, n, D) with the lengths of the given rows (…, n, D), n ≤ D."""
    ### BEGIN SOLUTION
    columns, triangle = np.linalg.qr(np.swapaxes(rows, -1, -2))  # (…, D, n) and (…, n, n)
    # With a positive diagonal of the triangle QR is Gram–Schmidt, which knows no directions.
    signs = np.sign(np.diagonal(triangle, axis1=-2, axis2=-1))  # (…, n)
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)  # (…, n, 1)
    return np.swapaxes(columns, -1, -2) * signs[..., None] * lengths
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_orthogonal_rows", "points": 3}
some = orthogonal_rows(np.array([[3.0, 4.0, 0.0], [1.0, 1.0, 1.0]]))
assert np.shape(some) == (2, 3), f"expected shape (2, 3), got {np.shape(some)}"
np.testing.assert_allclose(
    np.dot(some[0], some[1]), 0, atol=1e-5, err_msg="the two rows must be orthogonal"
)
### BEGIN HIDDEN TESTS


def draw_rows(*shape):
    """Rows that are not nearly dependent, so that rounding stays small."""
    while True:
        rows = rng.normal(size=shape)
        if np.max(np.linalg.cond(rows)) < 20:
            return rows


def check_rows(rows):
    """The result, after what every one of them must satisfy."""
    result = np.asarray(orthogonal_rows(rows), dtype=float)
    agree(result.shape, rows.shape, what="the shape")
    gram = result @ np.swapaxes(result, -1, -2)
    squares = np.sum(rows**2, axis=-1)
    agree(np.sqrt(np.abs(np.diagonal(gram, axis1=-2, axis2=-1))), np.sqrt(squares), rtol=1e-4,
          what="the lengths of the rows")  # fmt: skip
    crossed = gram - np.diagonal(gram, axis1=-2, axis2=-1)[..., None] * np.eye(rows.shape[-2])
    holds(np.max(np.abs(crossed)) < 1e-3, "different rows of one head must be orthogonal")
    return result


with part(1, "orthogonal, with the given lengths: one head and several"):
    check_rows(draw_rows(4, 6))
    check_rows(draw_rows(5, 5))
    check_rows(draw_rows(2, 3, 4, 7))
with part(2, "turning the rows turns the result"):
    for shape in [(4, 6), (5, 5), (2, 3, 7)]:
        rows = draw_rows(*shape)
        result = check_rows(rows)
        turn, _ = np.linalg.qr(rng.normal(size=(shape[-1], shape[-1])))
        for matrix in (-np.eye(shape[-1]), turn, -turn, turn @ turn):
            agree(check_rows(rows @ matrix), result @ matrix, rtol=1e-3, atol=1e-3,
                  what="the result for turned rows")  # fmt: skip
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · A stabiliser that nothing can break (5 points)
#
# Let $A$ and $B$ hold the exponents of the queries' and the keys' features,
# so that $\psi^+$ would be $e^{A}$ and $e^{B}$ up to a constant:
#
# $$V'_i=\frac{\sum_j\sum_r e^{A_{ir}+B_{jr}}\,V_j}{\sum_j\sum_r e^{A_{ir}+B_{jr}}}.$$
#
# The chapter subtracted a number for each query and one number for all keys.
# That can still fail: if the features that matter to a query are tiny for *all* keys,
# they underflow, and the row is 0/0.
#
# Compute $V'$ so that it is right for exponents in the thousands, of either sign.
# What may be subtracted from the keys' exponents *of one feature*, if the queries get it back?
# Sum over the keys first, so that nothing of size $N_q\times N_k$ is formed.


# %% nbgrader={"grade_id": "stable_attention", "solution": true}
def stable_attention(query_exponents, key_exponents, values):
    """V′ (…, N_q, M) from exponents (…, N_q, D_random), (…, N_k, D_random), values (…, N_k, M)."""
    ### BEGIN SOLUTION
    # Each feature has its greatest key scaled to 1; the query's feature takes the factor back.
    tops = key_exponents.max(axis=-2, keepdims=True)  # (…, 1, D_random)
    key_features = np.exp(key_exponents - tops)
    exponents = query_exponents + tops  # (…, N_q, D_random)
    query_features = np.exp(exponents - exponents.max(axis=-1, keepdims=True))
    sums = np.swapaxes(key_features, -1, -2) @ values  # (…, D_random, M)
    totals = key_features.sum(axis=-2)[..., None]  # (…, D_random, 1)
    return (query_features @ sums) / (query_features @ totals)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_stable_attention", "points": 5}
small = stable_attention(
    np.zeros((2, 3)), np.log(np.array([[1.0, 1.0, 1.0], [3.0, 3.0, 3.0]])), np.array([[0.0], [4.0]])
)
assert np.shape(small) == (2, 1), f"expected shape (2, 1), got {np.shape(small)}"
np.testing.assert_allclose(
    small, [[3.0], [3.0]], rtol=1e-4, err_msg="weights of 1/4 and 3/4 for the values 0 and 4"
)
### BEGIN HIDDEN TESTS


def draw_exponents(*leading):
    n_q, n_k, count, columns = rng.integers(4, 8, size=4)
    shapes = [(n_q, count), (n_k, count), (n_k, columns)]
    return [1.5 * rng.normal(size=(*leading, *shape)) for shape in shapes]


def check_attention(arrays, tolerance):
    got, expected = stable_attention(*arrays), reference.stable_attention(*arrays)
    agree(got, expected, rtol=tolerance, atol=tolerance, what="V′")


with part(1, "ordinary exponents, one head"):
    check_attention(draw_exponents(), 1e-4)
    check_attention(draw_exponents(), 1e-4)
with part(1, "leading axes: batch and heads"):
    check_attention(draw_exponents(3), 1e-4)
    check_attention(draw_exponents(2, 3), 1e-4)
with part(1, "all exponents very low, or very high"):
    for level in (-3000.0, 2000.0):
        queries, keys, values = draw_exponents()
        check_attention([queries, keys + level, values], 5e-3)
        check_attention([queries + level, keys, values], 5e-3)
with part(2, "features, keys or queries whose levels are far apart"):
    for leading in [(), (2,)]:
        queries, keys, values = draw_exponents(*leading)
        levels = 500.0 * rng.permutation(queries.shape[-1])
        # What is tiny for all keys is enormous for the queries: all features count the same.
        check_attention([queries - levels, keys + levels, values], 5e-3)
        check_attention([queries + levels, keys - levels, values], 5e-3)
    # One feature of different keys, one query and the next: thousands apart as well.
    queries, keys, values = draw_exponents()
    tops = np.stack([rng.permutation(len(keys)) for _ in keys.T], axis=1)
    check_attention([queries, keys + 1000.0 * tops, values], 5e-3)
    levels = rng.permutation(len(queries))[:, None]
    check_attention([queries + 1000.0 * levels, keys, values], 5e-3)
### END HIDDEN TESTS

# %% [markdown]
# ## 8 · "Just use positive features" (3 points, marked by a person)
#
# A colleague says: "Positive features always have a lower variance than sines and cosines,
# so with them, and with enough columns, linear attention is as good as softmax attention."
#
# Say in 80 to 160 words what is right and what is not.
#
# *How it is marked.*
# 1 point: where the claim about the variance is false, with the quantity that decides it.
# 1 point: why positive features are nevertheless preferred in attention.
# 1 point: what becomes of the claim about enough columns when queries and keys are long.

# %% [markdown] nbgrader={"grade_id": "text_always_better", "points": 3}
# The claim about the variance is false.
# Relative to the similarity, the error of sines and cosines grows with $\lVert q-k\rVert$,
# that of positive features with $\lVert q+k\rVert$.
# At equal width sines and cosines win wherever $qk^\top\ge0$,
# and for short vectors nearly everywhere.
# At $q=k$ they are exact.
#
# Positive features are preferred for another reason, the sign.
# Sines and cosines have errors of either sign,
# so for long vectors the denominator can come out near 0 or negative.
# Positive features cannot: outputs remain averages of the values.
# Their mean square error, summed over random keys, is even the larger one,
# but it sits in rare draws; typically they are too small, by less than 100 %.
#
# Enough columns is true in the limit only.
# The number that a given relative error needs grows like $e^{\lVert q+k\rVert^2/\sqrt D}$:
# for long vectors that are similar it is out of reach, and the typical estimate is far too low.
