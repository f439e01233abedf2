# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 03 · Softmax to Gaussian
#
# The chapter of the same name showed, for the temperature $\sqrt D$ and $\sigma^2=\sqrt D$,
#
# $$\exp\frac{qk^\top}{\sqrt D}
#   = \exp\frac{\lVert q\rVert^2}{2\sqrt D}\; \mathcal K_\sigma(q,k)\;
#     \exp\frac{\lVert k\rVert^2}{2\sqrt D},
#   \qquad \mathcal K_\sigma(q,k)=\exp\Bigl(-\frac{\lVert q-k\rVert^2}{2\sigma^2}\Bigr).$$
#
# Here you find out what is left of that when the temperature, the width and the shapes are free.
#
# Each cell that says `raise NotImplementedError` is yours: replace that line.
# Below it stands a check that you can run; more checks run when the notebook is graded.
# Vectors are rows: `queries` is `(N_q, D)`, `keys` is `(N_k, D)`, `values` is `(N_k, M)`.
# Arguments are NumPy arrays; lists are fine as results.
# Change no argument in place: whoever calls your function may need it again.
# Change only your own cells; you may add more of them.

# %% nbgrader={"grade_id": "given_symbols"}
import numpy as np
import sympy as sp

p_1, p_2 = sp.symbols("p_1 p_2", real=True)  # q·k₁ and q·k₂
n_1, n_2 = sp.symbols("n_1 n_2", positive=True)  # ‖k₁‖² and ‖k₂‖²
s, d = sp.symbols("s d", positive=True)  # ‖q + k‖² and ‖q − k‖²
tau, sigma = sp.symbols("tau sigma", positive=True)  # temperature τ and width σ
H, T, N_q, N_k = sp.symbols("H T N_q N_k", integer=True, positive=True)  # sizes


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
# ## 1 · The odds of two keys (3 points)
#
# One query $q$ looks at two keys.
# Softmax with temperature $\tau$ weighs key $j$ in proportion to $\exp(qk_j^\top/\tau)$.
# Gaussian attention weighs it in proportion to $\exp(-\lVert q-k_j\rVert^2/2\sigma^2)$.
# The *odds* of the first key are its weight divided by the weight of the second.
#
# By which factor must the Gaussian odds be multiplied to give the softmax odds?
# Both $\tau$ and $\sigma$ are free: do not assume $\sigma^2=\tau$.
# Write it with $p_j=qk_j^\top$ (`p_1`, `p_2`), $n_j=\lVert k_j\rVert^2$ (`n_1`, `n_2`),
# `tau` and `sigma`.

# %% nbgrader={"grade_id": "odds_ratio", "solution": true}
# odds_ratio = softmax odds / Gaussian odds, an expression in p_1, p_2, n_1, n_2, tau, sigma
### BEGIN SOLUTION
odds_ratio = sp.exp((p_1 - p_2) * (1 / tau - 1 / sigma**2) + (n_1 - n_2) / (2 * sigma**2))
### END SOLUTION

# %% nbgrader={"grade_id": "test_odds_ratio", "points": 3}
same = at(odds_ratio, p_1=0.4, p_2=0.4, n_1=2.0, n_2=2.0, tau=1.5, sigma=0.8)
assert abs(same - 1) < 1e-9, f"two equal keys have odds 1 either way: expected 1, got {same}"
level = at(odds_ratio, p_1=0.9, p_2=-0.3, n_1=2.0, n_2=2.0, tau=2.25, sigma=1.5)
assert abs(level - 1) < 1e-9, (
    f"keys of equal length and σ² = τ: expected the same odds, so 1, got {level}"
)
### BEGIN HIDDEN TESTS
with part(1, "with σ² = τ only the lengths of the keys are left"):
    for _ in range(3):
        c_1, c_2 = rng.normal(size=2)
        m_1, m_2 = rng.uniform(0.5, 2), rng.uniform(3, 5)
        width = rng.uniform(1.5, 2.5)
        got = at(odds_ratio, p_1=c_1, p_2=c_2, n_1=m_1, n_2=m_2, tau=width**2, sigma=width)
        agree(
            got, np.exp((m_1 - m_2) / (2 * width**2)), rtol=1e-6, what="the odds ratio for σ² = τ"
        )
with part(2, "any temperature and any width"):
    symbolically_equal(odds_ratio, reference.odds_ratio)
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Two winners (3 points)
#
# So the two weightings can disagree, and you can make them.
# Someone hands you a query, `(D,)`, not zero, however short or long.
# Return two keys, `(2, D)`, such that
#
# - softmax attention with temperature $\sqrt D$ gives the *first* key a weight of at least 0.9;
# - Gaussian attention with $\sigma^2=\sqrt D$ gives the *second* key a weight of at least 0.9.
#
# Weights are normalised over your two keys.
# A weight of 0.9 means odds of 9, so a log-odds of $\ln 9\approx2.2$.


# %% nbgrader={"grade_id": "different_winners", "solution": true}
def different_winners(query):
    """Two keys (2, D) for a query (D,): softmax picks the first, the Gaussian the second."""
    ### BEGIN SOLUTION
    # The second key is the query itself; the first is (1 + c) times the query. Then the softmax
    # log-odds are c‖q‖²/√D and the Gaussian ones c²‖q‖²/2√D, and c makes both at least ln 9.
    length_squared = query @ query / np.sqrt(len(query))
    c = 1.1 * max(np.log(9) / length_squared, np.sqrt(2 * np.log(9) / length_squared))
    return np.stack([(1 + c) * query, query])
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_different_winners", "points": 3}
pair = different_winners(np.array([3.0, 4.0, 0.0]))
assert np.shape(pair) == (2, 3), f"expected two keys, shape (2, 3), got {np.shape(pair)}"
assert np.all(np.isfinite(pair)), "the keys must be finite numbers"
### BEGIN HIDDEN TESTS


def check_winners(lengths):
    for length in lengths:
        dim = int(rng.integers(2, 7))
        query = rng.normal(size=dim)
        query *= length * dim**0.25 / np.linalg.norm(query)
        keys = np.asarray(different_winners(query), dtype=float)
        agree(keys.shape, (2, dim), what="the shape of the keys")
        holds(np.all(np.isfinite(keys)), "the keys must be finite numbers")
        first, second = keys
        softmax = query @ (first - second) / dim**0.5
        distances = np.sum((query - keys) ** 2, axis=1)
        gaussian = (distances[0] - distances[1]) / (2 * dim**0.5)
        holds(not (softmax < 0 and gaussian < 0), "the keys stand in the other order")
        # 0.9 up to the rounding of an answer that aims at exactly 0.9, in float32
        least = np.log(9) - 1e-3
        lengths_squared = np.sum(keys**2, axis=1)
        holds(
            (softmax >= least and gaussian >= least)
            or not abs(lengths_squared[0] - lengths_squared[1]) <= 1e-6 * lengths_squared.max(),
            "the keys need different lengths: with equal ones both weightings agree",
        )
        holds(softmax >= least, "under softmax the first key must get a weight of at least 0.9")
        holds(gaussian >= least, "under the Gaussian the second key must get at least 0.9")


with part(1, "queries that are long: ‖q‖² is many times √D"):
    check_winners(rng.uniform(4, 8, size=4))
with part(2, "queries that are short"):
    check_winners(rng.uniform(0.05, 0.3, size=4))
    check_winners(10.0 ** rng.uniform(-6, -4, size=3))
    check_winners(10.0 ** rng.uniform(-12, -10, size=1))
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · How often they disagree (3 points)
#
# In each of $T$ independent trials one query meets its own $N$ keys.
# The *winner* of a weighting is the key that gets the greatest weight.
# Return the share of trials in which softmax and Gaussian attention pick different winners,
# and the standard error of that share.
# The standard error of a mean of $T$ independent numbers is
# their standard deviation divided by $\sqrt T$; here each number is 0 or 1.
# You need neither a temperature nor a width: think about why.


# %% nbgrader={"grade_id": "disagreement_rate", "solution": true}
def disagreement_rate(queries, keys):
    """(rate, standard error) of different winners; queries (T, D), keys (T, N, D)."""
    ### BEGIN SOLUTION
    softmax_winner = np.argmax(np.einsum("td,tnd->tn", queries, keys), axis=1)
    distances = np.sum((queries[:, None, :] - keys) ** 2, axis=2)
    different = softmax_winner != np.argmin(distances, axis=1)
    return different.mean(), different.std() / np.sqrt(len(different))
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_disagreement_rate", "points": 3}
two_trials = disagreement_rate(
    np.array([[1.0, 0.0], [1.0, 0.0]]),
    np.array([[[1.0, 0.0], [0.0, 2.0]], [[1.0, 0.0], [3.0, 0.0]]]),
)
assert np.shape(two_trials) == (2,), (
    f"expected two numbers (rate, standard error), got shape {np.shape(two_trials)}"
)
assert abs(two_trials[0] - 0.5) < 1e-6, (
    f"the winners differ in one of these two trials: expected a rate of 0.5, got {two_trials[0]}"
)
### BEGIN HIDDEN TESTS


def clear_trials(count, n_keys, dim):
    """Trials whose winners are clear, so that rounding cannot change them."""
    queries = rng.normal(size=(2 * count, dim))
    keys = rng.normal(size=(2 * count, n_keys, dim))
    dots = np.sort(np.einsum("td,tnd->tn", queries, keys), axis=1)
    distances = np.sort(np.sum((queries[:, None] - keys) ** 2, axis=2), axis=1)
    gap = np.minimum(dots[:, -1] - dots[:, -2], distances[:, 1] - distances[:, 0])
    clear = np.flatnonzero(gap > 1e-3)[:count]
    return queries[clear], keys[clear]


with part(2, "the rate"):
    for dim in (2, 5):
        trials = clear_trials(300, 6, dim)
        rate, _ = disagreement_rate(*trials)
        agree(rate, reference.disagreement_rate(*trials)[0], rtol=0, atol=1e-4, what="the rate")
    rate, _ = disagreement_rate(rng.normal(size=(50, 3)), rng.normal(size=(50, 1, 3)))
    holds(rate == 0, "with one key there is only one possible winner, so the rate is 0")
with part(1, "the standard error, judged by your own rate"):
    trials = clear_trials(400, 6, 4)
    rate, error = disagreement_rate(*trials)
    holds(0 < rate < 1, "these trials hold both outcomes: the rate lies between 0 and 1")
    # n or n − 1 under the root: both are right and differ by 0.13 %
    agree(error, np.sqrt(rate * (1 - rate) / 400), rtol=5e-3, what="the standard error")
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Gaussian attention (5 points)
#
# Write the attention layer that weighs by the Gaussian kernel of any width $\sigma$:
#
# $$V'_i=\frac{\sum_j \mathcal K_\sigma(Q_i,K_j)\,V_j}{\sum_j \mathcal K_\sigma(Q_i,K_j)}.$$
#
# It takes any number of leading axes, such as batch and heads, shared by the three arrays.
# It must survive keys that are far from every query, and queries that are near one key and far
# from the others.
# Far from every key all kernel values underflow to 0, yet the weights are ordinary numbers.
# Which factor could you multiply all the weights *of one query* by without changing $V'$?


# %% nbgrader={"grade_id": "gaussian_attention", "solution": true}
def gaussian_attention(queries, keys, values, sigma):
    """V′ (…, N_q, M) from queries (…, N_q, D), keys (…, N_k, D), values (…, N_k, M)."""
    ### BEGIN SOLUTION
    differences = queries[..., :, None, :] - keys[..., None, :, :]  # (…, N_q, N_k, D)
    exponents = -np.sum(differences**2, axis=-1) / (2 * sigma**2)  # (…, N_q, N_k)
    # Dividing a query's weights by their greatest leaves their ratios as they are.
    weights = np.exp(exponents - exponents.max(axis=-1, keepdims=True))
    return weights @ values / weights.sum(axis=-1, keepdims=True)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_gaussian_attention", "points": 5}
draw = np.random.default_rng(3)
small = [draw.normal(size=shape) for shape in [(4, 3), (5, 3), (5, 2)]]
one_head = gaussian_attention(*small, 1.0)
assert np.shape(one_head) == (4, 2), f"expected shape (4, 2), got {np.shape(one_head)}"
middle = gaussian_attention(
    np.zeros((1, 2)), np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[2.0], [6.0]]), 0.7
)
np.testing.assert_allclose(
    middle, [[4.0]], rtol=1e-4, err_msg="two keys at the same distance weigh the same"
)
### BEGIN HIDDEN TESTS


def draw_heads(*leading):
    n_q, n_k, dim, columns = rng.integers(3, 7, size=4)
    return [
        rng.normal(size=(*leading, *shape)) for shape in [(n_q, dim), (n_k, dim), (n_k, columns)]
    ]


with part(2, "one head, any width, keys of unequal length"):
    for low, high in [(0.5, 0.8), (1.3, 1.7), (2.3, 3.0)]:
        arrays, width = draw_heads(), rng.uniform(low, high)
        expected = reference.gaussian_attention(*arrays, width)
        agree(gaussian_attention(*arrays, width), expected, rtol=1e-4, atol=1e-5, what="V′")
    queries, keys, _ = draw_heads()
    ones = gaussian_attention(queries, keys, np.ones((len(keys), 1)), 0.6)
    agree(ones, np.ones((len(queries), 1)), rtol=1e-4, what="V′ for values that are all 1")
    alone = rng.normal(size=(1, 3))
    agree(
        gaussian_attention(queries, keys[:1], alone, 0.6),
        np.repeat(alone, len(queries), axis=0),
        rtol=1e-4,
        what="V′ for a single key, which gets all the weight",
    )
with part(1, "leading axes: batch and heads"):
    for leading in [(3,), (2, 3)]:
        arrays, width = draw_heads(*leading), rng.uniform(0.6, 0.9)
        expected = reference.gaussian_attention(*arrays, width)
        agree(
            gaussian_attention(*arrays, width),
            expected,
            rtol=1e-4,
            atol=1e-5,
            what=f"V′ with leading axes {leading}",
        )
with part(2, "heads whose keys are far from every query, or all but one of them"):
    # Whole numbers and widths that are powers of 2: exact in float32 too.
    for width in (16.0, 32.0):
        keys = 1200.0 + rng.integers(-1, 2, size=(2, 5, 4))
        queries = np.array([[0.0], [1.0], [-400.0], [-800.0]]) + rng.integers(-1, 2, size=(2, 4, 4))
        values = rng.normal(size=(2, 5, 3))
        expected = reference.gaussian_attention(queries, keys, values, width)
        got = gaussian_attention(queries, keys, values, width)
        agree(got, expected, rtol=1e-3, atol=1e-4, what="V′ for far keys")
        keys[:, -1] -= 1200.0  # the last key is near the first query, the others are far
        expected = reference.gaussian_attention(queries, keys, values, width)
        got = gaussian_attention(queries, keys, values, width)
        agree(got, expected, rtol=1e-3, atol=1e-4, what="V′ for one near key among far ones")
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · One more coordinate (4 points)
#
# For keys of equal length softmax attention *is* Gaussian attention.
# Most keys are not of equal length, but there is room in one more dimension.
#
# Append one coordinate to every query and one to every key; leave the first $D$ as they are.
# Choose the new ones such that Gaussian attention on the longer vectors has exactly the weights
# of softmax attention on the original ones, whatever $\sigma^2=\tau$ is.
# Two things must happen: the longer keys have one common length, and no $qk^\top$ changes.
#
# Rounding can turn a difference that should be 0 into $-10^{-16}$: its root must not be NaN.


# %% nbgrader={"grade_id": "augment", "solution": true}
def augment(queries, keys):
    """(queries (N_q, D + 1), keys (N_k, D + 1)) on which Gaussian weights are softmax weights."""
    ### BEGIN SOLUTION
    lengths_squared = np.sum(keys**2, axis=1, keepdims=True)
    missing = np.maximum(lengths_squared.max() - lengths_squared, 0)
    longer_queries = np.hstack([queries, np.zeros((len(queries), 1))])
    return longer_queries, np.hstack([keys, np.sqrt(missing)])
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_augment", "points": 4}
longer = augment(np.array([[1.0, 2.0]]), np.array([[3.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))
assert isinstance(longer, tuple | list) and len(longer) == 2, "return two arrays: queries, keys"
assert [np.shape(array) for array in longer] == [(1, 3), (3, 3)], (
    f"expected shapes (1, 3) and (3, 3), got {[np.shape(array) for array in longer]}"
)
### BEGIN HIDDEN TESTS


def check_augmented(queries, keys, width):
    longer_queries, longer_keys = (np.asarray(x, dtype=float) for x in augment(queries, keys))
    agree(longer_queries[:, :-1], queries, rtol=1e-5, atol=1e-6, what="the queries' first D")
    agree(longer_keys[:, :-1], keys, rtol=1e-5, atol=1e-6, what="the keys' first D coordinates")
    holds(np.all(np.isfinite(longer_keys)), "every new coordinate of a key is a finite number")
    lengths = np.sum(longer_keys**2, axis=1)
    agree(lengths, np.full(len(keys), lengths[0]), rtol=1e-4, what="the common squared length")
    dots = longer_queries @ longer_keys.T
    agree(dots, queries @ keys.T, rtol=1e-4, atol=1e-4, what="the dot products q·k")
    identity = np.eye(len(keys))
    softmax = np.exp((queries @ keys.T) / width**2)
    softmax /= softmax.sum(axis=1, keepdims=True)
    weights = reference.gaussian_attention(longer_queries, longer_keys, identity, width)
    agree(weights, softmax, rtol=1e-2, atol=1e-4, what="the Gaussian weights")


def draw_keys(n_keys, dim, falls_short):
    """Keys whose greatest length, squared again, does or does not fall short of its own square."""
    while True:
        keys = rng.normal(size=(n_keys, dim)) * rng.uniform(0.3, 1.5, size=(n_keys, 1))
        greatest = np.linalg.norm(keys, axis=1).max()
        if (greatest**2 < np.sum(keys**2, axis=1).max()) == falls_short:
            return keys


with part(3, "Gaussian weights on the longer vectors are softmax weights"):
    for width in (0.8, 1.0, 1.7):
        n_q, n_k, dim = rng.integers(3, 7, size=3)
        check_augmented(rng.normal(size=(n_q, dim)), draw_keys(n_k, dim, False), width)
    check_augmented(rng.normal(size=(2, 3)), draw_keys(1, 3, False), 0.9)
with part(1, "rounding never makes a NaN"):
    for _ in range(4):
        check_augmented(rng.normal(size=(3, 4)), draw_keys(5, 4, True), 1.3)
    # A factor of 2¹⁰ leaves the rounding as it is.
    long_keys = np.asarray(augment(rng.normal(size=(2, 3)), 1024 * draw_keys(5, 3, False))[1])
    holds(np.all(np.isfinite(long_keys)), "every new coordinate of a key is a finite number")
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · From the two diagonals (2 points)
#
# The chapter has two identities for the same similarity.
# One needs $d=\lVert q-k\rVert^2$, the other $s=\lVert q+k\rVert^2$, and both need the lengths.
# In the parallelogram of $q$ and $k$ these are the diagonals.
#
# Somebody tells you `s`, `d` and the temperature `tau`, but neither $\lVert q\rVert$ nor
# $\lVert k\rVert$.
# Write $\exp(qk^\top/\tau)$.

# %% nbgrader={"grade_id": "from_diagonals", "solution": true}
# from_diagonals = exp(q·k/τ), an expression in s, d and tau
### BEGIN SOLUTION
from_diagonals = sp.exp((s - d) / (4 * tau))
### END SOLUTION

# %% nbgrader={"grade_id": "test_from_diagonals", "points": 2}
crossed = at(from_diagonals, s=3.0, d=3.0, tau=1.7)
assert abs(crossed - 1) < 1e-9, (
    f"diagonals of equal length mean q·k = 0: expected exp(0) = 1, got {crossed}"
)
### BEGIN HIDDEN TESTS
with part(2, "any vectors, any temperature"):
    for _ in range(3):
        query, key = rng.normal(size=(2, 4))
        heat = rng.uniform(1.5, 3)
        got = at(
            from_diagonals,
            s=np.sum((query + key) ** 2),
            d=np.sum((query - key) ** 2),
            tau=heat,
        )
        agree(got, np.exp(query @ key / heat), rtol=1e-6, what="exp(q·k/τ) from s, d and τ")
    symbolically_equal(from_diagonals, reference.from_diagonals)
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · Counting exponentials (2 points)
#
# Softmax attention can be computed by factors: Gaussian kernel values, times norm factors.
# Of the two norm factors one cancels when the weights are normalised, and one does not.
#
# Each of `H` heads keeps its own `N_k` keys.
# In each of `T` rounds each head gets `N_q` new queries, which look at all keys of that head.
# The keys stay the same in all rounds.
# The factors are multiplied as numbers: their exponents are never added first.
#
# How many exponentials are evaluated in all, over all heads and rounds?
# No factor that cancels is computed, and nothing is computed twice.

# %% nbgrader={"grade_id": "exponentials", "solution": true}
# exponentials = their number, an expression in H, T, N_q and N_k
### BEGIN SOLUTION
exponentials = H * (T * N_q * N_k + N_k)
### END SOLUTION

# %% nbgrader={"grade_id": "test_exponentials", "points": 2}
some = at(exponentials, H=2, T=3, N_q=4, N_k=5)
assert some == int(some) and some > 0, f"a count is a positive whole number, got {some}"
### BEGIN HIDDEN TESTS
with part(1, "one head, one round"):
    for queries_now, keys_now in rng.integers(3, 40, size=(3, 2)).tolist():
        got = at(exponentials, H=1, T=1, N_q=queries_now, N_k=keys_now)
        expected = at(reference.exponentials, H=1, T=1, N_q=queries_now, N_k=keys_now)
        agree(got, expected, rtol=1e-9, what="the count for one head and one round")
with part(1, "all heads and all rounds"):
    symbolically_equal(exponentials, reference.exponentials)
### END HIDDEN TESTS

# %% [markdown]
# ## 8 · Equal lengths, in words (3 points, marked by a person)
#
# Many models divide every key by its length before the softmax.
# A colleague says: "Then softmax attention with temperature $\tau$ is Gaussian attention,
# provided the queries get length 1 as well, and whatever width I choose."
#
# Say in 60 to 120 words what is right and what is not.
#
# *How it is marked.*
# 1 point: which factor the equal lengths remove from the weights, and why it goes.
# 1 point: whether the queries must have length 1, with the reason.
# 1 point: whether the width is free, and what one gets with another width.

# %% [markdown] nbgrader={"grade_id": "text_equal_lengths", "points": 3}
# The claim about the keys is right.
# The factor $\exp(\lVert k\rVert^2/2\sigma^2)$ is what separates softmax from Gaussian weights.
# When all keys have one length it is the same number for every key,
# so it stands in the numerator and in the denominator, and cancels.
#
# The queries need no particular length.
# Their factor $\exp(\lVert q\rVert^2/2\sigma^2)$ is common to all weights of one query
# and cancels in any case.
#
# The width is not free: it must be $\sigma^2=\tau$.
# With another width the factor $\exp(qk^\top\,(1/\tau-1/\sigma^2))$ is left, which differs
# from key to key.
# Gaussian attention is then softmax attention at the temperature $\sigma^2$:
# flatter than the original if $\sigma^2>\tau$, sharper if $\sigma^2<\tau$.
