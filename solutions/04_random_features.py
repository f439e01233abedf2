# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 04 · Random features
#
# The chapter of the same name approximated the Gaussian kernel
# $\mathcal K_\sigma(x,y)=\exp(-\lVert x-y\rVert^2/2\sigma^2)$ by $\phi(x)\,\phi(y)^\top$ with
#
# $$\phi(x)=\frac{1}{\sqrt{D_\text{random}}}\bigl[\sin(x\,w^\top),\ \cos(x\,w^\top)\bigr],
#   \qquad w_r\sim N(0,\sigma^{-2}I),$$
#
# where $w$ is `(D_random, D)` and $\phi(x)$ is `(1, 2 * D_random)`.
# Here you change the kernel, change the features, and find out how far to trust them.
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

delta, sigma = sp.symbols("delta sigma", positive=True)  # distance ‖x − y‖ and width σ
D, M, N, D_random = sp.symbols("D M N D_random", integer=True, positive=True)  # sizes
H, G = sp.symbols("H G", integer=True, positive=True)  # query heads, heads of keys and values


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
# ## 1 · A width for each coordinate (2 points)
#
# Some coordinates may matter more than others.
# Take the kernel $\exp\bigl(-\sum_d (x_d-y_d)^2/2\sigma_d^2\bigr)$ with one width per coordinate.
#
# You are given standard normal numbers, `(D_random, D)`.
# Turn them into frequencies $w$ for that kernel.
# `sigma` is one number for all coordinates, or an array `(D,)`.


# %% nbgrader={"grade_id": "scale_frequencies", "solution": true}
def scale_frequencies(standard, sigma):
    """Frequencies (D_random, D) from standard normals (D_random, D); sigma: a number or (D,)."""
    ### BEGIN SOLUTION
    return standard / sigma
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_scale_frequencies", "points": 2}
plain = np.array([[0.5, -1.0], [2.0, 0.0], [-0.3, 0.7]])
np.testing.assert_allclose(
    scale_frequencies(plain, 1.0), plain, rtol=1e-5, err_msg="for σ = 1 the numbers stay"
)
assert np.shape(scale_frequencies(plain, np.array([1.0, 1.0]))) == (3, 2), (
    f"expected shape (3, 2), got {np.shape(scale_frequencies(plain, np.array([1.0, 1.0])))}"
)
### BEGIN HIDDEN TESTS
with part(1, "one width, below and above 1"):
    for low, high in [(0.3, 0.7), (1.5, 3.0)]:
        standard, width = rng.normal(size=(6, 3)), rng.uniform(low, high)
        expected = reference.scale_frequencies(standard, width)
        agree(scale_frequencies(standard, width), expected, rtol=1e-5, what="the frequencies")
with part(1, "one width for each coordinate"):
    for count in (7, 4):  # as many frequencies as coordinates is the case where axes mix
        standard, widths = (
            rng.normal(size=(count, 4)),
            rng.uniform([0.3, 1.5, 2.5, 4], [0.6, 2, 3, 5]),
        )
        expected = reference.scale_frequencies(standard, widths)
        agree(scale_frequencies(standard, widths), expected, rtol=1e-5, what="the frequencies")
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · One cosine with a random phase (3 points)
#
# There is a map with one column per frequency instead of two:
#
# $$\phi_b(x)=c\,\cos(x\,w^\top+b),\qquad b_r\ \text{uniform on}\ [0,2\pi),$$
#
# with one phase for each frequency, the same for every $x$, and a positive number $c$.
# Find the $c$ for which $\phi_b(x)\,\phi_b(y)^\top$ is $\mathcal K_\sigma(x,y)$ in expectation.
# Start from $2\cos\alpha\cos\beta=\cos(\alpha-\beta)+\cos(\alpha+\beta)$,
# and average over $b$ first.


# %% nbgrader={"grade_id": "phase_features", "solution": true}
def phase_features(x, frequencies, phases):
    """φ_b(x) (…, D_random) for x (…, D), frequencies (D_random, D), phases (D_random,)."""
    ### BEGIN SOLUTION
    return np.sqrt(2 / len(phases)) * np.cos(x @ frequencies.T + phases)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_phase_features", "points": 3}
draw = np.random.default_rng(4)
one_map = phase_features(draw.normal(size=(5, 3)), draw.normal(size=(8, 3)), draw.uniform(0, 6, 8))
assert np.shape(one_map) == (5, 8), f"expected shape (5, 8), got {np.shape(one_map)}"
### BEGIN HIDDEN TESTS


def check_map(leading):
    dim, count = int(rng.integers(2, 6)), int(rng.integers(7, 20))
    x, w = rng.normal(size=(*leading, dim)), rng.normal(size=(count, dim))
    b = rng.uniform(0, 2 * np.pi, size=count)
    got, expected = phase_features(x, w, b), reference.phase_features(x, w, b)
    agree(got, expected, rtol=1e-4, atol=1e-5, what=f"φ_b(x) for x with leading axes {leading}")


with part(2, "a list of points"):
    check_map((4,))
    check_map((1,))
with part(1, "a single point, and batches with heads"):
    check_map(())
    check_map((2, 3, 4))
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · What the phase costs (3 points)
#
# Let $\delta=\lVert x-y\rVert$.
# With sines and cosines the estimate of $\mathcal K_\sigma(x,y)$ has the variance
# $\bigl(1-e^{-\delta^2/\sigma^2}\bigr)^2/2D_\text{random}$.
#
# Find the variance of the estimate $\phi_b(x)\,\phi_b(y)^\top$ of the previous exercise.
# Write it with `delta`, `sigma` and `D_random`.
# The two cosines of the product formula are uncorrelated, because of the phase.

# %% nbgrader={"grade_id": "phase_variance", "solution": true}
# phase_variance = the variance, an expression in delta, sigma and D_random
### BEGIN SOLUTION
phase_variance = (1 + (1 - sp.exp(-(delta**2) / sigma**2)) ** 2) / (2 * D_random)
### END SOLUTION

# %% nbgrader={"grade_id": "test_phase_variance", "points": 3}
some_variance = at(phase_variance, delta=1.1, sigma=0.9, D_random=10)
assert some_variance > 0, f"a variance is positive, got {some_variance}"
### BEGIN HIDDEN TESTS
with part(1, "at distance 0, where the sine–cosine pair has no variance at all"):
    for count in rng.integers(5, 50, size=2).tolist():
        got = at(phase_variance, delta=1e-6, sigma=1.3, D_random=count)
        agree(got, 1 / (2 * count), rtol=1e-6, what="the variance at distance 0")
with part(2, "any distance, width and number of frequencies"):
    symbolically_equal(phase_variance, reference.phase_variance)
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · How many frequencies (3 points)
#
# Back to sines and cosines, whose variance stands in exercise 3.
# Return the smallest `D_random` for which the standard error of the estimated kernel value
# is at most `epsilon`, at the given distance $\lVert x-y\rVert>0$ and for the given $\sigma$.
# The distance may be `np.inf`: as the variance grows with the distance,
# that is the number which is enough for all pairs.


# %% nbgrader={"grade_id": "features_needed", "solution": true}
def features_needed(epsilon, distance, sigma):
    """The smallest number of frequencies, a whole number, with standard error ≤ epsilon."""
    ### BEGIN SOLUTION
    variance = (1 - np.exp(-((distance / sigma) ** 2))) ** 2 / 2
    return int(np.ceil(variance / epsilon**2))
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_features_needed", "points": 3}
few, many = features_needed(0.2, 1.0, 1.0), features_needed(0.02, 1.0, 1.0)
assert few == int(few) and many == int(many), f"expected whole numbers, got {few} and {many}"
assert many > few, f"a smaller error needs more frequencies, got {few} for 0.2, {many} for 0.02"
### BEGIN HIDDEN TESTS


def check_number(distance, width, fraction):
    """Asks for an error that a number well between two whole numbers would give exactly."""
    between = int(rng.integers(20, 400)) + fraction
    epsilon = (1 - np.exp(-((distance / width) ** 2))) / np.sqrt(2 * between)
    got = features_needed(epsilon, distance, width)
    expected = reference.features_needed(epsilon, distance, width)
    agree(got, expected, rtol=0, atol=1e-3, what="the number of frequencies")


with part(2, "a given distance, any width"):
    for low, high in [(0.4, 0.7), (1.4, 2.5)]:
        width = rng.uniform(low, high)
        check_number(width * rng.uniform(0.4, 0.6), width, 0.3)
        check_number(width * rng.uniform(0.9, 1.3), width, 0.7)
with part(1, "enough for every distance"):
    for fraction in (0.3, 0.7):
        check_number(np.inf, rng.uniform(1.4, 2.5), fraction)
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · A state instead of N × N weights (5 points)
#
# With $\psi(k)=\exp(\lVert k\rVert^2/2\sigma^2)\,\phi(k)$ all keys and values fit into two sums:
#
# $$S=\sum_j\psi(K_j)^\top V_j,\qquad Z=\sum_j\psi(K_j)^\top,\qquad
#   V'_i=\frac{\phi(Q_i)\,S}{\phi(Q_i)\,Z}.$$
#
# The query's own factor has cancelled, so $\phi(Q_i)$ stands there and not $\psi(Q_i)$.
#
# Return `S` and `Z` for any leading axes, given the features $\phi(K_j)$ of the keys.
# Only the ratio counts, so each head may have `S` and `Z` multiplied by a positive number
# of its own, the same for both.
# Use that: for long keys $\exp(\lVert k\rVert^2/2\sigma^2)$ overflows, and `S` and `Z` must not.
# Heads differ: one may have short keys and its neighbour very long ones.


# %% nbgrader={"grade_id": "attention_state", "solution": true}
def attention_state(keys, phi_keys, values, sigma):
    """(S, Z) from keys (…, N, D), phi_keys (…, N, 2 D_random) and values (…, N, M).

    S is (…, 2 D_random, M) and Z is (…, 2 D_random, 1).
    """
    ### BEGIN SOLUTION
    exponents = np.sum(keys**2, axis=-1, keepdims=True) / (2 * sigma**2)  # (…, N, 1)
    # One shift per head: it multiplies all of the head's keys, so it cancels in the ratio.
    psi_keys = np.exp(exponents - exponents.max(axis=-2, keepdims=True)) * phi_keys
    return np.swapaxes(psi_keys, -1, -2) @ values, psi_keys.sum(axis=-2)[..., None]
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_attention_state", "points": 5}
draw = np.random.default_rng(5)
state = attention_state(
    draw.normal(size=(4, 3)), draw.uniform(size=(4, 10)), draw.normal(size=(4, 2)), 1.5
)
assert isinstance(state, tuple | list) and len(state) == 2, "return two arrays: S, Z"
assert [np.shape(array) for array in state] == [(10, 2), (10, 1)], (
    f"expected S (10, 2) and Z (10, 1), got {[np.shape(array) for array in state]}"
)
### BEGIN HIDDEN TESTS


def check_state(keys, width, tolerance):
    """Reads the state out with positive features, for which the ratio is well conditioned."""
    *leading, n_keys, _ = keys.shape
    count, columns = rng.integers(4, 8, size=2)
    phi_keys = rng.uniform(0.2, 1, size=(*leading, n_keys, count))
    phi_queries = rng.uniform(0.2, 1, size=(*leading, 5, count))
    values = rng.normal(size=(*leading, n_keys, columns))
    outputs = []
    for function in (attention_state, reference.attention_state):
        s_state, z_state = (np.asarray(x) for x in function(keys, phi_keys, values, width))
        agree(s_state.shape, (*leading, count, columns), what="the shape of S")
        agree(z_state.shape, (*leading, count, 1), what="the shape of Z")
        holds(np.all(np.isfinite(s_state)), "every entry of S is a finite number")
        holds(np.all(np.isfinite(z_state)), "every entry of Z is a finite number")
        totals = phi_queries @ z_state
        holds(np.all(totals > 0), "positive features give positive denominators")
        outputs.append(phi_queries @ s_state / totals)
    agree(*outputs, rtol=tolerance, atol=tolerance, what="V′ read out of S and Z")


def draw_keys(*shape):
    return rng.normal(size=shape) * rng.uniform(0.3, 1.5, size=(*shape[:-1], 1))


with part(2, "one head, any width, keys of unequal length"):
    for low, high in [(0.6, 0.8), (1.3, 1.6)]:
        check_state(draw_keys(6, 4), rng.uniform(low, high), 1e-4)
    check_state(draw_keys(1, 3), 0.7, 1e-4)
with part(1, "leading axes: batch and heads"):
    check_state(draw_keys(3, 6, 4), rng.uniform(0.6, 0.8), 1e-4)
    check_state(draw_keys(2, 3, 5, 4), rng.uniform(1.3, 1.6), 1e-4)
with part(2, "long keys and short ones, in one head and in different ones"):
    keys = draw_keys(3, 6, 4)
    # Lengths near 40 or 60: ‖k‖²/2 is far above 709, where exp overflows.
    for head, length in [(0, 40), (2, 60)]:
        keys[head] *= (length + rng.uniform(-0.02, 0.02, size=(6, 1))) / np.linalg.norm(
            keys[head], axis=-1, keepdims=True
        )
    check_state(keys, 1.0, 5e-3)
    lengths = np.array([[3], [60], [5], [2], [60.01], [4]])
    mixed = draw_keys(6, 4)
    check_state(mixed * lengths / np.linalg.norm(mixed, axis=-1, keepdims=True), 1.0, 5e-3)
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · A denominator and its error (4 points)
#
# The denominator $\phi(q)\,Z$ is an estimate, and may come out near 0 or negative.
# It says itself how far to trust it: it is the mean of `D_random` independent votes.
# The vote of frequency $r$ is what the estimate would be from that frequency alone,
# its sine and its cosine together.
#
# Return the denominators and their standard errors, estimated from the votes.
# The standard error of a mean of $n$ independent numbers is
# their standard deviation divided by $\sqrt n$.
# A row whose denominator is less than two or three errors above 0 is not to be trusted.


# %% nbgrader={"grade_id": "denominators", "solution": true}
def denominators(phi_queries, z_state):
    """(denominators, standard errors), each (…, N).

    phi_queries is (…, N, 2 D_random) with sines first, then cosines; z_state is (…, 2 D_random, 1).
    """
    ### BEGIN SOLUTION
    count = phi_queries.shape[-1] // 2
    products = phi_queries * np.swapaxes(z_state, -1, -2)  # (…, N, 2 D_random)
    votes = count * (products[..., :count] + products[..., count:])  # (…, N, D_random)
    return votes.mean(axis=-1), votes.std(axis=-1, ddof=1) / np.sqrt(count)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_denominators", "points": 4}
# Two frequencies with features [sin, sin, cos, cos]/√2; both vote sin² + cos² = 1.
angles = np.array([[0.3, 1.2]])
phi_one = np.concatenate([np.sin(angles), np.cos(angles)], axis=1) / np.sqrt(2)
own = denominators(phi_one, phi_one.T)
assert isinstance(own, tuple | list) and len(own) == 2, "return two arrays: denominators, errors"
assert [np.shape(array) for array in own] == [(1,), (1,)], (
    f"expected the shapes (1,) and (1,), got {[np.shape(array) for array in own]}"
)
np.testing.assert_allclose(own[0], [1.0], rtol=1e-5, err_msg="a key equal to the query gives 1")
### BEGIN HIDDEN TESTS


def draw_features(*leading):
    """Real features of queries, and the sum over keys that lie close to one another."""
    count, dim = 256, 3
    w = rng.normal(size=(count, dim))
    keys = 1 + 0.3 * rng.normal(size=(*leading, 4, dim))
    queries = 1 + 0.3 * rng.normal(size=(*leading, 5, dim))
    phi_queries, phi_keys = (
        np.concatenate([np.sin(x @ w.T), np.cos(x @ w.T)], axis=-1) / np.sqrt(count)
        for x in (queries, keys)
    )
    return phi_queries, phi_keys.sum(axis=-2)[..., None]


with part(1, "the denominators of one head"):
    for _ in range(2):
        features = draw_features()
        got, expected = denominators(*features), reference.denominators(*features)
        agree(got[0], expected[0], rtol=1e-4, atol=1e-5, what="the denominators")
with part(2, "their standard errors"):
    for _ in range(2):
        features = draw_features()
        got, expected = denominators(*features), reference.denominators(*features)
        # n or n − 1 under the root: both are right and differ by 0.2 %
        agree(got[1], expected[1], rtol=5e-3, what="the standard errors")
with part(1, "leading axes: batch and heads"):
    features = draw_features(2, 3)
    got, expected = denominators(*features), reference.denominators(*features)
    agree(got[0], expected[0], rtol=1e-4, atol=1e-5, what="the denominators")
    agree(np.shape(got[1]), (2, 3, 5), what="the shape of the standard errors")
    # Each head has its own: a common factor is judged above.
    ratios, wanted = (np.divide(x[1], np.mean(x[1])) for x in (got, expected))
    agree(ratios, wanted, rtol=5e-3, what="the standard errors over their mean")
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · Fewer heads for the keys (2 points)
#
# A layer has `H` heads of queries, but only `G` heads of keys and values.
# Each head of keys and values has one state, and several heads of queries read it.
# All heads use the same frequencies $w$.
# Each head of queries, of keys and of values has its own `N` rows.
#
# Count the multiplications in the matrix products, over all heads:
#
# - $x\,w^\top$ for all queries and all keys;
# - $\psi(K)^\top V$, once for each state;
# - $\phi(Q)\,S$ and $\phi(Q)\,Z$ for each head of queries.
#
# A product of `(a, b)` by `(b, c)` counts `a * b * c`.
# Nothing else counts: not the sum $Z$, nor sines, exponentials, scaling or the division.

# %% nbgrader={"grade_id": "multiplications", "solution": true}
# multiplications = their number, an expression in N, D, M, D_random, H and G
### BEGIN SOLUTION
multiplications = N * D_random * ((H + G) * (D + 2 * M) + 2 * H)
### END SOLUTION

# %% nbgrader={"grade_id": "test_multiplications", "points": 2}
some = at(multiplications, N=7, D=3, M=2, D_random=5, H=4, G=2)
assert some == int(some) and some > 0, f"a count is a positive whole number, got {some}"
twice = at(multiplications, N=14, D=3, M=2, D_random=5, H=4, G=2)
assert twice == 2 * some, f"twice the rows, twice the work: expected {2 * some}, got {twice}"
### BEGIN HIDDEN TESTS
with part(1, "one head for everything"):
    for n, dim, columns, count in rng.integers(3, 40, size=(3, 4)).tolist():
        sizes = {"N": n, "D": dim, "M": columns, "D_random": count, "H": 1, "G": 1}
        got, expected = at(multiplications, **sizes), at(reference.multiplications, **sizes)
        agree(got, expected, rtol=1e-9, what="the count for one head")
with part(1, "H heads of queries, G heads of keys and values"):
    symbolically_equal(multiplications, reference.multiplications)
### END HIDDEN TESTS

# %% [markdown]
# ## 8 · One draw for all heads (3 points, marked by a person)
#
# A layer has $H$ heads, each with queries and keys of its own; their outputs are added at the end.
# One colleague draws a single $w$ and uses it in every head.
# Another draws a new $w$ for each head.
#
# Compare the two in 60 to 150 words.
#
# *How it is marked.*
# 1 point: the estimate of one kernel value in one head, its mean and its variance, with the reason.
# 1 point: what happens to the errors when the outputs of the heads are added.
# 1 point: what the single draw saves, in random numbers and in multiplications.

# %% [markdown] nbgrader={"grade_id": "text_shared_frequencies", "points": 3}
# Within one head the two are alike.
# An estimate of $\mathcal K_\sigma(q,k)$ uses this head's query, key and frequencies only.
# The frequencies have the same distribution either way, so the estimate has the same mean,
# which is the kernel, and the same variance.
#
# Between heads they differ.
# With a draw for each head the errors of the heads are independent: their variances add,
# and the error of the sum grows with $\sqrt H$.
# With a single draw the errors come from the same frequencies and are correlated.
# Where the heads have similar queries and keys the errors are nearly equal,
# and in the sum they grow with $H$ instead of averaging out.
#
# The single draw saves random numbers: $D_\text{random}D$ are drawn and kept
# instead of $H D_\text{random}D$.
# It saves no multiplication, because each head multiplies its own rows by $w^\top$.
