# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 09 · Forgetting
#
# The chapter of the same name edits the state of linear attention before a pair is added to it:
#
# $$S_i=A_iS_{i-1}+\beta_iK_i^\top V_i,\qquad S_0=0,$$
#
# with $A_i=I$ for the plain sum, $\gamma I$ for decay, and $I-\beta_iK_i^\top K_i$ for the delta
# rule, which is the same as $S_i=S_{i-1}+\beta_iK_i^\top(V_i-K_iS_{i-1})$.
# Here you give decay its denominator back, predict what a long past leaves behind,
# and edit memories in ways that the chapter did not.
#
# Each cell that says `raise NotImplementedError` is yours: replace that line.
# Below it stands a check that you can run; more checks run when the notebook is graded.
# Keys are their own features: `K` is `(N, D)`, `V` is `(N, M)`, a state `S` is `(D, M)`.
# Arguments are NumPy arrays; lists are fine as results.
# Change no argument in place: whoever calls your function may need it again.
# Change only your own cells; you may add more of them.

# %% nbgrader={"grade_id": "given_symbols"}
import numpy as np
import sympy as sp

gamma = sp.Symbol("gamma", positive=True)  # decay, less than 1
a = sp.Symbol("a", integer=True, nonnegative=True)  # age of a pair; the newest has age 0
D = sp.Symbol("D", integer=True, positive=True)  # number of features


def sum_of_pairs(K, V):
    """The state (D, M) of chapter 06, where pairs are only added."""
    return K.T @ V


def delta_rule(K, V):
    """The state (D, M) that the delta rule with β = 1 leaves, from keys of length 1."""
    S = np.zeros((K.shape[1], V.shape[1]))
    for k, v in zip(K, V, strict=True):
        S = S + np.outer(k, v - k @ S)
    return S


def total_error(S, K, V):
    """The squared errors of reading each pair with its own key, added up."""
    return float(np.sum((K @ S - V) ** 2))


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
# ## 1 · Decay with a denominator, and heads (4 points)
#
# Here the features are positive: `phi_Q` and `phi_K` are `(H, N, d)`, and `V` is `(H, N, M)`.
# Each of the `H` heads has a decay of its own, `decays`, `(H,)`, between 0 and 1.
# The output is a weighted average again,
#
# $$V'_i=\frac{\sum_{j=1}^i\gamma^{\,i-j}\,\phi(Q_i)\phi(K_j)^\top\,V_j}
#             {\sum_{j=1}^i\gamma^{\,i-j}\,\phi(Q_i)\phi(K_j)^\top},$$
#
# in each head with its own $\gamma$.


# %% nbgrader={"grade_id": "decayed_average", "solution": true}
def decayed_average(phi_Q, phi_K, V, decays):
    """V′ (H, N, M); decays is (H,), one decay per head."""
    ### BEGIN SOLUTION
    keep = np.asarray(decays, dtype=float)[:, None, None]
    S = np.zeros((len(V), phi_K.shape[-1], V.shape[-1]))  # (H, d, M)
    Z = np.zeros((len(V), phi_K.shape[-1], 1))  # (H, d, 1)
    rows = []
    for i in range(V.shape[1]):
        k = phi_K[:, i, :, None]  # (H, d, 1)
        S, Z = keep * S + k * V[:, i, None, :], keep * Z + k
        q = phi_Q[:, i, None, :]  # (H, 1, d)
        rows.append((q @ S / (q @ Z))[:, 0])
    return np.stack(rows, axis=1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_decayed_average", "points": 4}
draw = np.random.default_rng(9)
two_heads = [draw.uniform(0.5, 1.5, (2, 5, 3)), draw.uniform(0.5, 1.5, (2, 5, 3))]
ones = decayed_average(*two_heads, np.ones((2, 5, 4)), np.array([0.5, 0.9]))
assert np.shape(ones) == (2, 5, 4), f"expected shape (2, 5, 4), got {np.shape(ones)}"
np.testing.assert_allclose(
    np.asarray(ones, dtype=float)[:, 0], 1, rtol=1e-4, err_msg="the first position sees only itself"
)
### BEGIN HIDDEN TESTS


def draw_heads(heads, n):
    d, columns = rng.integers(2, 5, size=2)
    features = [rng.uniform(0.3, 2, size=(heads, n, d)) for _ in range(2)]
    sign = rng.choice([-1, 1], size=(heads, n, columns))
    return *features, sign * rng.uniform(0.5, 2, size=(heads, n, columns))


with part(2, "one head, any decay"):
    for decay in (0.4, 0.7, 0.95):
        arrays = draw_heads(1, int(rng.integers(6, 9)))
        expected = reference.decayed_average(*arrays, np.array([decay]))
        got = decayed_average(*arrays, np.array([decay]))
        agree(got, expected, rtol=1e-4, what="V′ with one head")
with part(1, "several heads, each with its own decay"):
    for heads, n in [(3, 6), (5, 5)]:
        arrays, decays = draw_heads(heads, n), np.linspace(0.3, 0.95, heads)
        expected = reference.decayed_average(*arrays, decays)
        agree(decayed_average(*arrays, decays), expected, rtol=1e-4, what="V′ with heads")
with part(1, "values 1 average to 1 in every row, and decay 1 is no decay"):
    phi_Q, phi_K, values = draw_heads(2, 6)
    ones = np.ones_like(values)
    agree(decayed_average(phi_Q, phi_K, ones, np.array([0.5, 0.8])), ones, rtol=1e-4, what="ones")
    pairs = np.tril(phi_Q @ phi_K.swapaxes(-1, -2))
    average = pairs @ values / pairs.sum(axis=-1, keepdims=True)
    got = decayed_average(phi_Q, phi_K, values, np.ones(2))
    agree(got, average, rtol=1e-4, what="V′ without decay")
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · After a very long past (4 points)
#
# A memory with decay $\gamma<1$, and no denominator, has been fed pairs for ever.
# Keys have length 1 and independent random directions in `D` dimensions,
# so two of them have $\mathbb E\left[(K_iK_j^\top)^2\right]=1/D$;
# values are independent, with mean 0 and variance 1 in each entry.
#
# Ask for the pair of age `a` (the newest has age 0) with its own key.
# Give the mean squared error of each entry of the answer, as an expression in
# `gamma`, `a` and `D`.
# It has two parts: the value has faded, and all *other* pairs answer as well.


# %% nbgrader={"grade_id": "long_run_error", "solution": true}
# long_run_error = an expression in gamma, a and D
### BEGIN SOLUTION
faded = (1 - gamma**a) ** 2
everybody = 1 / (1 - gamma**2)  # the sum of γ^(2·age) over all ages
long_run_error = faded + (everybody - gamma ** (2 * a)) / D
### END SOLUTION


# %% nbgrader={"grade_id": "test_long_run_error", "points": 4}
very_many = at(long_run_error, gamma=0.5, a=0, D=10**9)
assert abs(very_many) < 1e-6, "with very many features the newest pair is read without error"
### BEGIN HIDDEN TESTS


def check_errors(ages, what):
    for age in ages:
        for features in (4, 16):
            # SymPy leaves sums over all ages undecided outside 0 < γ < 1, so stay inside.
            point = {"gamma": float(rng.uniform(0.3, 0.95)), "a": age, "D": features}
            expected = at(reference.long_run_error, **point)
            agree(at(long_run_error, **point), expected, rtol=1e-6, what=what)


with part(2, "the newest pair"):
    check_errors([0, 0], "the error at age 0")
with part(2, "a pair of any age"):
    check_errors([1, 2, 5, 9], "the error of older pairs")
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · A gated delta rule for keys of any length (5 points)
#
# Position $i$ does this, in this order:
#
# 1. The key is divided by its length: $\hat K_i=K_i/\lVert K_i\rVert$. (The query is left alone.)
# 2. The state fades: it is multiplied by $\gamma_i$, `gammas[i]`.
# 3. The delta rule with strength $\beta_i$, `betas[i]`, writes $V_i$ at $\hat K_i$,
#    correcting what the *faded* state says there.
# 4. The answer is $Q_iS_i$, read from the state so far, without a denominator.
#
# Start from the state `S`, `(D, M)`. Return the answers, `(N, M)`, and the last state, `(D, M)`.


# %% nbgrader={"grade_id": "gated_delta", "solution": true}
def gated_delta(S, Q, K, V, gammas, betas):
    """(answers (N, M), last state (D, M)); gammas and betas are (N,)."""
    ### BEGIN SOLUTION
    answers = []
    for q, k, v, keep, beta in zip(Q, K, V, gammas, betas, strict=True):
        k = k / np.linalg.norm(k)
        S = keep * S
        S = S + beta * np.outer(k, v - k @ S)
        answers.append(q @ S)
    return np.array(answers), S
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_gated_delta", "points": 5}
answers, state = gated_delta(
    np.zeros((2, 1)), np.eye(2), 3 * np.eye(2), np.array([[4.0], [6.0]]), np.ones(2), np.ones(2)
)
assert np.shape(answers) == (2, 1), f"one answer per query: got shape {np.shape(answers)}"
np.testing.assert_allclose(
    np.asarray(state, dtype=float),
    [[4.0], [6.0]],
    rtol=1e-5,
    err_msg="two orthogonal keys, each of length 3, nothing fades: the state",
)
### BEGIN HIDDEN TESTS


def draw_stream(n, gammas=None, betas=None, empty=True):
    d, columns = int(rng.integers(3, 6)), int(rng.integers(2, 5))
    S = np.zeros((d, columns)) if empty else rng.normal(size=(d, columns))
    keys = rng.normal(size=(n, d))
    keys *= (rng.uniform(0.5, 3, size=n) / np.linalg.norm(keys, axis=1))[:, None]
    gammas = rng.uniform(0.5, 0.9, size=n) if gammas is None else gammas * np.ones(n)
    betas = rng.uniform(0.3, 0.8, size=n) if betas is None else betas * np.ones(n)
    values = rng.normal(size=(n, columns))
    return S, rng.normal(size=(n, d)), keys, values, gammas, betas


def check_stream(*stream):
    before = stream[0].copy()
    answers, state = gated_delta(*stream)
    expected = reference.gated_delta(before, *stream[1:])
    agree(state, expected[1], rtol=1e-4, what="the last state")
    agree(answers, expected[0], rtol=1e-4, what="the answers")


with part(1, "the delta rule alone: nothing fades, full strength"):
    check_stream(*draw_stream(7, gammas=1, betas=1))
with part(2, "strengths and decays that change from position to position"):
    for _ in range(2):
        check_stream(*draw_stream(7))
with part(1, "a state that is not empty at the start"):
    check_stream(*draw_stream(6, empty=False))
    check_stream(*draw_stream(1, empty=False))
with part(1, "what has just been written is read, at full strength"):
    S, _, keys, values, gammas, betas = draw_stream(6, betas=1, empty=False)
    unit_keys = keys / np.linalg.norm(keys, axis=1, keepdims=True)
    answers, _ = gated_delta(S, unit_keys, keys, values, gammas, betas)
    agree(answers, values, rtol=1e-4, what="the answers to the keys themselves")
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · A whole segment as one edit (4 points)
#
# After any number of positions of the delta rule, the state depends on the state $S$ before them
# as $AS+B$, with a matrix $A$, `(D, D)`, and a matrix $B$, `(D, M)`, that do not depend on $S$.
# This is what lets a long sequence be cut into segments that are worked on at the same time.
#
# Return $(A,B)$ for the keys, values and strengths `betas`, `(N,)`, of a segment.
# The first row comes first in time. Keys may have any length and are used as they are.


# %% nbgrader={"grade_id": "segment_edit", "solution": true}
def segment_edit(K, V, betas):
    """(A (D, D), B (D, M)): the delta rule over the segment takes any S to A S + B."""
    ### BEGIN SOLUTION
    A, B = np.eye(K.shape[1]), np.zeros((K.shape[1], V.shape[1]))
    for k, v, beta in zip(K, V, betas, strict=True):
        A = A - beta * np.outer(k, k @ A)
        B = B + beta * np.outer(k, v - k @ B)
    return A, B
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_segment_edit", "points": 4}
A, B = segment_edit(np.array([[1.0, 0.0]]), np.array([[5.0, 6.0]]), np.array([1.0]))
assert np.shape(A) == (2, 2), f"A is (D, D): expected (2, 2), got {np.shape(A)}"
np.testing.assert_allclose(
    np.asarray(A, dtype=float) @ [[7.0, 8.0], [9.0, 9.0]] + np.asarray(B, dtype=float),
    [[5.0, 6.0], [9.0, 9.0]],
    atol=1e-6,
    err_msg="one pair, full strength: the first row of the state is replaced",
)
### BEGIN HIDDEN TESTS


def draw_segment(n):
    d, columns = int(rng.integers(3, 6)), int(rng.integers(2, 5))
    keys = rng.normal(size=(n, d))
    keys *= (rng.uniform(0.7, 1.3, size=n) / np.linalg.norm(keys, axis=1))[:, None]
    return keys, rng.normal(size=(n, columns)), rng.uniform(0.4, 1.0, size=n)


with part(1, "the edit of a single pair"):
    keys, values, betas = draw_segment(1)
    A, B = segment_edit(keys, values, betas)
    agree(A, np.eye(keys.shape[1]) - betas[0] * keys.T @ keys, rtol=1e-4, what="A")
    agree(B, betas[0] * keys.T @ values, rtol=1e-4, what="B")
with part(2, "longer segments"):
    for n in (2, 3, 6):
        segment = draw_segment(n)
        A, B = segment_edit(*segment)
        expected = reference.segment_edit(*segment)
        agree(A, expected[0], rtol=1e-4, what="A of several pairs")
        agree(B, expected[1], rtol=1e-4, what="B of several pairs")
with part(1, "two segments, one after the other, are the whole"):
    keys, values, betas = draw_segment(7)
    first = segment_edit(keys[:3], values[:3], betas[:3])
    second = segment_edit(keys[3:], values[3:], betas[3:])
    S = rng.normal(size=(keys.shape[1], values.shape[1]))
    joined = second[0] @ (first[0] @ S + first[1]) + second[1]
    A, B = reference.segment_edit(keys, values, betas)
    agree(joined, A @ S + B, rtol=1e-4, what="the state after both segments")
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · Several corrections at once (4 points)
#
# A memory `S` is in use, and a few of its entries turn out to be wrong.
# You get their keys, `K`, `(N, D)`, and the right values, `V`, `(N, M)`.
# The keys are linearly independent ($N\le D$) but not orthogonal, and of any length.
#
# Return the state that reads *all* of them exactly, $K_iS=V_i$,
# and that has not changed for any query orthogonal to all of the keys.
# The delta rule does this for one key of length 1; row after row it spoils what it has just
# corrected.


# %% nbgrader={"grade_id": "correct_all", "solution": true}
def correct_all(S, K, V):
    """The state (D, M) with K S = V that reads as before in directions orthogonal to all keys."""
    ### BEGIN SOLUTION
    return S + K.T @ np.linalg.solve(K @ K.T, V - K @ S)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_correct_all", "points": 4}
corrected = correct_all(np.array([[1.0], [2.0]]), np.array([[0.0, 1.0]]), np.array([[7.0]]))
assert np.shape(corrected) == (2, 1), f"expected shape (2, 1), got {np.shape(corrected)}"
np.testing.assert_allclose(
    np.asarray(corrected, dtype=float),
    [[1.0], [7.0]],
    rtol=1e-5,
    err_msg="one key of length 1: its row is replaced, the other one stays",
)
### BEGIN HIDDEN TESTS


def draw_memory(n, d):
    """A memory, keys with singular values well away from 0, and values."""
    columns = int(rng.integers(2, 5))
    rotation = np.linalg.qr(rng.normal(size=(d, d)))[0]
    turn = np.linalg.qr(rng.normal(size=(n, n)))[0]
    keys = turn * rng.uniform(0.6, 2.0, size=n) @ rotation[:n]
    others = rotation[n:]  # orthogonal to all keys
    return rng.normal(size=(d, columns)), keys, rng.normal(size=(n, columns)), others


with part(2, "all corrections are read exactly"):
    for n in (1, 2, 4):
        S, keys, values, _ = draw_memory(n, 6)
        got = np.asarray(correct_all(S, keys, values), dtype=float)
        agree(got.shape, S.shape, what="the shape of the state")
        agree(keys @ got, values, rtol=1e-4, what="what the corrected keys read")
with part(1, "the rest of the memory stays"):
    for n in (1, 3):
        S, keys, values, others = draw_memory(n, 6)
        got = np.asarray(correct_all(S, keys, values), dtype=float)
        agree(got.shape, S.shape, what="the shape of the state")
        agree(others @ got, others @ S, rtol=1e-4, what="what queries orthogonal to all keys read")
with part(1, "the state itself, also with as many keys as features"):
    for n in (3, 5):
        S, keys, values, _ = draw_memory(n, 5)
        expected = reference.correct_all(S, keys, values)
        agree(correct_all(S, keys, values), expected, rtol=1e-4, what="the state")
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · Better off without the delta rule (3 points)
#
# The delta rule recalls the newest pair exactly.
# Still there are pairs that the plain sum recalls better, both errors taken together.
#
# Find two of them. You get the inner product `c` that their keys must have ($0.5\le c\le 0.9$),
# and the sizes `D` and `M`, each at least 2.
# Return `K`, `(2, D)`, with rows of length 1, and `V`, `(2, M)`, with rows of length 1, such that
# `total_error(delta_rule(K, V), K, V)` is greater than `total_error(sum_of_pairs(K, V), K, V)`.
#
# Paper first: what is the error of each pair under each rule, in terms of `c` and the two values?


# %% nbgrader={"grade_id": "worse_with_delta", "solution": true}
def worse_with_delta(c, D, M):
    """(K (2, D), V (2, M)): two pairs that a plain sum recalls better than the delta rule."""
    ### BEGIN SOLUTION
    K, V = np.zeros((2, D)), np.zeros((2, M))
    K[0, 0] = 1
    K[1, :2] = c, np.sqrt(1 - c**2)
    # The sum errs by c V₂ and c V₁, in squares 2c². The delta rule errs by c (V₂ − c V₁) and 0,
    # in squares c² |V₂ − c V₁|², which is greatest where V₂ = −V₁: c² (1 + c)².
    V[0, 0], V[1, 0] = 1, -1
    return K, V
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_worse_with_delta", "points": 3}
K, V = worse_with_delta(0.7, 3, 2)
assert np.shape(K) == (2, 3), f"K is (2, D): expected (2, 3), got {np.shape(K)}"
assert np.shape(V) == (2, 2), f"V is (2, M): expected (2, 2), got {np.shape(V)}"
### BEGIN HIDDEN TESTS


def two_pairs(c, d, columns):
    K, V = worse_with_delta(c, d, columns)
    K, V = np.asarray(K, dtype=float), np.asarray(V, dtype=float)
    agree(K.shape, (2, d), what="the shape of K")
    agree(V.shape, (2, columns), what="the shape of V")
    agree(np.sum(K**2, axis=1), np.ones(2), rtol=1e-4, what="the squared lengths of the keys")
    agree(np.sum(V**2, axis=1), np.ones(2), rtol=1e-4, what="the squared lengths of the values")
    agree(K[0] @ K[1], c, rtol=1e-4, what="the inner product of the keys")
    return K, V


def spoiled(K, V):
    # More than rounding: a tie does not count.
    return total_error(delta_rule(K, V), K, V) > (1 + 1e-9) * total_error(sum_of_pairs(K, V), K, V)


with part(2, "any inner product"):
    for c in (0.5, float(rng.uniform(0.6, 0.8)), 0.9):
        K, V = two_pairs(c, 4, 3)
        holds(bool(spoiled(K, V)), "the delta rule's total error is greater than the sum's")
with part(1, "few features, or many"):
    for d, columns in [(2, 2), (7, 5)]:
        K, V = two_pairs(float(rng.uniform(0.55, 0.85)), d, columns)
        holds(bool(spoiled(K, V)), "the delta rule's total error is greater than the sum's")
### END HIDDEN TESTS
