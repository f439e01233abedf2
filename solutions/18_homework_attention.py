# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Homework · Kernelized linear attention (part II)
#
# One problem to hand in, with 40 points: 30 for answers that tests check, 10 for derivations
# that a person reads.
# It can be done from this page alone; the chapter that teaches a part is named beside it.
#
# ## The problem
#
# Attention looks at $N$ keys and values with $N$ queries.
# All vectors are rows: $Q$ and $K$ are $N\times D$, $V$ is $N\times M$, and $Q_i$ is row $i$.
# Each output is an average of the values, weighted by a similarity:
#
# $$V'_i=\frac{\sum_{j=1}^{N}\operatorname{sim}(Q_i,K_j)\,V_j}
#             {\sum_{j=1}^{N}\operatorname{sim}(Q_i,K_j)},
#   \qquad \operatorname{sim}(q,k)=\exp\Bigl(\frac{qk^\top}{\sqrt D}\Bigr). \tag{1}$$
#
# All outputs together cost time in proportion to $N^2$.
# That changes if the similarity is an inner product of features,
# $\operatorname{sim}(q,k)=\phi(q)\,\phi(k)^\top$ with rows $\phi(x)$ of size $1\times d$.
# Then the sums no longer depend on $i$:
#
# $$V'_i=\frac{\phi(Q_i)\sum_{j=1}^{N}\phi(K_j)^\top V_j}
#             {\phi(Q_i)\sum_{j=1}^{N}\phi(K_j)^\top}
#   =\frac{\phi(Q_i)\,S}{\phi(Q_i)\,Z}. \tag{2}$$
#
# The similarity of softmax has no such features of finite size.
# You will find random ones that have it as their mean, and count what they cost; then you will
# forbid the sums to look ahead.
#
# | part | question | chapters | points |
# |---|---|---|---|
# | (a) i | Write the similarity with the Gaussian kernel of $\sigma^2=\sqrt D$. | 03 | 10 |
# | (a) ii | Approximate it with sines and cosines; what do all $V'_i$ cost? | 04, 02 | 16 |
# | (b) | Mask the future: (1) and (2) with $S_i$ and $Z_i$, and their cost. | 06, 08 | 14 |
#
# Each cell that says `raise NotImplementedError` is yours: replace that line.
# Below it stands a check that you can run; more checks run when the notebook is graded.
# Texts go where it says `YOUR ANSWER HERE`; above each of them stands how it is marked.
# Arguments are NumPy arrays; lists are fine as results.
# Change no argument in place: whoever calls your function may need it again.
# A shape with `…` has any number of leading axes, such as batch and heads.
# Change only your own cells; you may add more of them.

# %% nbgrader={"grade_id": "given_symbols"}
import numpy as np
import sympy as sp

q_k = sp.Symbol("q_k", real=True)  # q·k
q_q, k_k, d2 = sp.symbols("q_q k_k d2", positive=True)  # ‖q‖², ‖k‖², ‖q − k‖²
kernel = sp.Symbol("kernel", positive=True)  # the value of the Gaussian kernel
p_1, p_2 = sp.symbols("p_1 p_2", real=True)  # q·k₁ and q·k₂
n_1, n_2 = sp.symbols("n_1 n_2", positive=True)  # ‖k₁‖² and ‖k₂‖²
tau, sigma = sp.symbols("tau sigma", positive=True)  # temperature τ and width σ
D, M, N, D_random = sp.symbols("D M N D_random", integer=True, positive=True)  # sizes
H, G = sp.symbols("H G", integer=True, positive=True)  # query heads, heads of keys and values


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
    value = complex(expression.subs({x: numbers[x.name] for x in expression.free_symbols}))
    assert abs(value.imag) < 1e-9, f"expected a real number, got {value}"
    return value.real


# %% [markdown]
# ## (a) i · The similarity and the Gaussian kernel
#
# *Chapter 03, From softmax to a Gaussian kernel.*
#
# The Gaussian kernel is
# $\mathcal K_\sigma(q,k)=\exp\bigl(-\lVert q-k\rVert^2/2\sigma^2\bigr)$.
# Throughout this problem $\sigma^2=\sqrt D$.
#
# ### 1 · Three lines (4 points)
#
# Derive the similarity in three lines, each an expression that equals the one above it:
#
# 1. the similarity, with `q_k` $=qk^\top$ and `D`;
# 2. the same without $qk^\top$: with `q_q` $=\lVert q\rVert^2$, `k_k` $=\lVert k\rVert^2$,
#    `d2` $=\lVert q-k\rVert^2$ and `D`;
# 3. the same without the distance: with the kernel's value `kernel`, `q_q`, `k_k` and `D`.

# %% nbgrader={"grade_id": "gaussian_lines", "solution": true}
# gaussian_lines = [first line, second line, third line]
### BEGIN SOLUTION
gaussian_lines = [
    sp.exp(q_k / sp.sqrt(D)),
    sp.exp((q_q + k_k - d2) / (2 * sp.sqrt(D))),
    sp.exp(q_q / (2 * sp.sqrt(D))) * kernel * sp.exp(k_k / (2 * sp.sqrt(D))),
]
### END SOLUTION

# %% nbgrader={"grade_id": "test_gaussian_lines", "points": 4}
assert isinstance(gaussian_lines, list | tuple) and len(gaussian_lines) == 3, (
    "expected a list of three lines"
)
first_line = at(gaussian_lines[0], q_k=2, D=4)
assert abs(first_line - np.e) < 1e-6, f"for q·k = 2 and D = 4: expected e, got {first_line}"
second_line = at(gaussian_lines[1], q_q=5, k_k=3, d2=4, D=4)
third_line = at(gaussian_lines[2], kernel=0.1, q_q=5, k_k=3, D=4)
assert min(second_line, third_line) > 0, (
    f"a similarity is positive, got {second_line} and {third_line}"
)
### BEGIN HIDDEN TESTS


def check_line(line, *names):
    for dim in rng.permutation([2, 3, 5, 6, 7, 8])[:4].tolist():
        q, k = rng.normal(size=(2, dim)) * rng.uniform(0.5, 1.5, size=(2, 1))
        distance2 = np.sum((q - k) ** 2)
        numbers = {
            "q_k": q @ k,
            "q_q": q @ q,
            "k_k": k @ k,
            "d2": distance2,
            "kernel": np.exp(-distance2 / (2 * np.sqrt(dim))),
            "D": dim,
        }
        got = at(gaussian_lines[line], **{name: numbers[name] for name in names})
        agree(got, np.exp(q @ k / np.sqrt(dim)), rtol=1e-6, atol=0, what=f"line {line + 1}")


with part(1, "the first line is the similarity"):
    check_line(0, "q_k", "D")
with part(1, "the second line equals the first"):
    check_line(1, "q_q", "k_k", "d2", "D")
with part(2, "the third line equals the second"):
    check_line(2, "kernel", "q_q", "k_k", "D")
### END HIDDEN TESTS

# %% [markdown]
# ### 2 · Any temperature, any width (3 points)
#
# Now let the similarity be $\exp(qk^\top/\tau)$ and the width $\sigma$ free, and compare weights.
# One query looks at two keys.
# The *odds* of the first key are its weight divided by that of the second.
#
# By which factor must the odds under the Gaussian kernel be multiplied to give those under the
# softmax similarity?
# Write it with $p_j=qk_j^\top$ (`p_1`, `p_2`), $n_j=\lVert k_j\rVert^2$ (`n_1`, `n_2`),
# `tau` and `sigma`.
# (What is left of it for $\sigma^2=\tau$?)

# %% nbgrader={"grade_id": "odds_ratio", "from": "03_softmax_to_gaussian"}

# %% nbgrader={"grade_id": "test_odds_ratio", "from": "03_softmax_to_gaussian"}

# %% [markdown]
# ### 3 · The derivation, in words (3 points, marked by a person)
#
# Write down the derivation of part (a) i so that a fellow student could follow it,
# with formulas, in 80 to 200 words.
# Say what each factor depends on, and which of them matter for $V'_i$.
#
# *How it is marked.*
# 1 point: every step from $qk^\top$ to the kernel is there and right.
# 1 point: where $\sigma^2=\sqrt D$ is needed, and what each of the three factors depends on.
# 1 point: which factor cancels in (1), which does not, and for which keys that does not matter.

# %% [markdown] nbgrader={"grade_id": "text_gaussian_form", "points": 3}
# The square of the distance holds the inner product:
# $\lVert q-k\rVert^2=\lVert q\rVert^2-2\,qk^\top+\lVert k\rVert^2$, so
# $qk^\top=\tfrac12\bigl(\lVert q\rVert^2+\lVert k\rVert^2-\lVert q-k\rVert^2\bigr)$.
# Divide by $\sqrt D$ and take the exponential, which turns the sum into a product:
#
# $$\exp\frac{qk^\top}{\sqrt D}=\exp\frac{\lVert q\rVert^2}{2\sqrt D}\;
#   \exp\Bigl(-\frac{\lVert q-k\rVert^2}{2\sqrt D}\Bigr)\;\exp\frac{\lVert k\rVert^2}{2\sqrt D}.$$
#
# The factor in the middle is the Gaussian kernel exactly if $2\sigma^2=2\sqrt D$.
# The first factor depends on the query's length only, the last on the key's length only.
#
# In (1) the first factor stands before every term of both sums, so it cancels.
# The last one differs from key to key and stays: long keys get more weight than the kernel gives
# them.
# Only if all keys have one length is it common to all terms; then softmax attention is Gaussian
# attention.

# %% [markdown]
# ## (a) ii · Sines and cosines of random frequencies
#
# *Chapter 04, Random features; the brackets of (2) are the subject of chapter 02.*
#
# For frequencies $w_1,\dots,w_{D_\text{random}}$, rows of size $1\times D$, let
#
# $$\phi(x)=\sqrt{\tfrac{1}{D_\text{random}}}\,
#   \bigl[\sin(xw_1^\top),\dots,\sin(xw_{D_\text{random}}^\top),\,
#         \cos(xw_1^\top),\dots,\cos(xw_{D_\text{random}}^\top)\bigr].$$
#
# If the frequencies are drawn from the right Gaussian distribution,
# $\phi(q)\,\phi(k)^\top$ is $\mathcal K_\sigma(q,k)$ on average.
# The sheet from which this problem comes prints $w_r\sim\mathcal N(0,\sigma^2I)$.
# That has the mean $\mathcal K_\sigma$ at $\sigma=1$ only, here at $D=1$: do not use it, find the
# distribution that is right for every $\sigma$.
#
# ### 4 · Features of the similarity (5 points)
#
# Return features $\psi(x)$ such that $\psi(q)\,\psi(k)^\top$ is $\exp(qk^\top/\tau)$ on average,
# made from sines and cosines as above.
# This problem has $\tau=\sqrt D$; your function is given any $\tau>0$, which need not fit $D$.
#
# Make the frequencies from the given standard normal numbers, one frequency from each row.
# The order of the columns is yours.
# All that counts is $\psi(q)\,\psi(k)^\top$ itself: a factor that would cancel in (2) counts here.


# %% nbgrader={"grade_id": "similarity_features", "solution": true}
def similarity_features(x, standard, tau):
    """ψ(x) (…, N, 2 D_random) from x (…, N, D) and standard normals (D_random, D)."""
    ### BEGIN SOLUTION
    angles = x @ standard.T / np.sqrt(tau)  # w ~ N(0, I/τ)
    waves = np.concatenate([np.sin(angles), np.cos(angles)], axis=-1) / np.sqrt(len(standard))
    return np.exp(np.sum(x**2, axis=-1, keepdims=True) / (2 * tau)) * waves
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_similarity_features", "points": 5}
draw = np.random.default_rng(18)
some_psi = similarity_features(draw.normal(size=(4, 3)), draw.normal(size=(6, 3)), 1.7)
assert np.shape(some_psi) == (4, 12), f"expected shape (4, 12), got {np.shape(some_psi)}"
psi_of_zero = similarity_features(np.zeros((1, 3)), draw.normal(size=(6, 3)), 1.7)
np.testing.assert_allclose(
    np.sum(np.square(psi_of_zero)), 1.0, rtol=1e-5, err_msg="ψ(0)·ψ(0) is exp(0) = 1, exactly"
)
### BEGIN HIDDEN TESTS


def draw_rows(*leading, dim):
    lengths = rng.uniform(0.4, 1.6, size=(*leading, 1))
    x = rng.normal(size=(*leading, dim))
    return lengths * x / np.linalg.norm(x, axis=-1, keepdims=True)


def products(function, q, k, standard, tau):
    """ψ(q)ψ(k)ᵀ: (…, N_q, N_k)."""
    psi_q, psi_k = (np.asarray(function(x, standard, tau)) for x in (q, k))
    for psi, x in ((psi_q, q), (psi_k, k)):
        expected = (*x.shape[:-1], 2 * len(standard))
        agree(psi.shape, expected, what="the shape of the features")
    return psi_q @ np.swapaxes(psi_k, -1, -2)


def check_similarities(*leading, tau):
    dim, count = int(rng.integers(2, 7)), int(rng.integers(5, 12))
    q, k = draw_rows(*leading, 5, dim=dim), draw_rows(*leading, 4, dim=dim)
    standard = rng.normal(size=(count, dim))
    got = products(similarity_features, q, k, standard, tau)
    expected = products(reference.similarity_features, q, k, standard, tau)
    agree(got, expected, rtol=1e-4, what="the products ψ(q)ψ(k)ᵀ")


with part(1, "a vector with itself: the product is exact, whatever was drawn"):
    for tau_now in (rng.uniform(0.5, 0.8), rng.uniform(1.6, 3)):
        x, standard = draw_rows(5, dim=4), rng.normal(size=(7, 4))
        got = np.diagonal(products(similarity_features, x, x, standard, tau_now))
        agree(got, np.exp(np.sum(x**2, axis=1) / tau_now), rtol=1e-4, what="ψ(x)ψ(x)ᵀ")
with part(3, "queries and keys of unequal length, any temperature"):
    for tau_now in (rng.uniform(0.5, 0.8), rng.uniform(1.6, 3), rng.uniform(4, 6)):
        check_similarities(tau=tau_now)
with part(1, "leading axes: batch and heads"):
    check_similarities(3, tau=rng.uniform(0.5, 0.8))
    check_similarities(2, 3, tau=rng.uniform(1.6, 3))
### END HIDDEN TESTS

# %% [markdown]
# ### 5 · The two sums (5 points)
#
# With features, all keys and values of (2) fit into
#
# $$S=\sum_{j=1}^{N}\psi(K_j)^\top V_j,\qquad Z=\sum_{j=1}^{N}\psi(K_j)^\top,\qquad
#   \psi(k)=\exp\Bigl(\frac{\lVert k\rVert^2}{2\sigma^2}\Bigr)\,\phi(k).$$
#
# The features $\phi(K_j)$ are given here, and the query's factor is left out because it cancels,
# so that $V'_i=\phi(Q_i)\,S\,/\,\phi(Q_i)\,Z$.
# Return `S` and `Z` for any leading axes.
#
# Long keys are the difficulty: $\exp(\lVert k\rVert^2/2\sigma^2)$ overflows.
# Only the ratio counts, so each head may have `S` and `Z` multiplied by a positive number of its
# own, the same for both; choose it such that every entry stays a finite number.
# Heads differ: one may have short keys and its neighbour very long ones.

# %% nbgrader={"grade_id": "attention_state", "from": "04_random_features"}

# %% nbgrader={"grade_id": "test_attention_state", "from": "04_random_features"}

# %% [markdown]
# ### 6 · What all outputs cost (2 points)
#
# Count the multiplications of a layer with `H` heads of queries and `G` heads of keys and values;
# several heads of queries read the same keys and values, and all use the same frequencies.
# Each head of queries, of keys and of values has its own `N` rows.
# Count, over all heads,
#
# - $x\,w^\top$ for all queries and all keys;
# - $\psi(K)^\top V$, once for each head of keys and values;
# - $\phi(Q)\,S$ and $\phi(Q)\,Z$ for each head of queries.
#
# A product of `(a, b)` by `(b, c)` counts `a * b * c`.
# Nothing else counts: not the sum $Z$, nor sines, exponentials, scaling or the division.
# For $H=G=1$ this is what computing all $V'_i$ of the problem costs.

# %% nbgrader={"grade_id": "multiplications", "from": "04_random_features"}

# %% nbgrader={"grade_id": "test_multiplications", "from": "04_random_features"}

# %% [markdown]
# ### 7 · Why it works, and what it is worth (4 points, marked by a person)
#
# Explain part (a) ii, with formulas, in 120 to 300 words:
# from which distribution the frequencies come and why, how $S$ and $Z$ arise, what all outputs
# cost, and how good the result is.
#
# *How it is marked.*
# 1 point: the mean of $\phi(q)\,\phi(k)^\top$ is derived, with the distribution of the
# frequencies.
# 1 point: the step from $\phi$ to $\psi$ and on to $S$ and $Z$, with the shape of each.
# 1 point: the order of the cost, term by term, and how it compares with (1).
# 1 point: what is exact, what is right on average, and what is neither.

# %% [markdown] nbgrader={"grade_id": "text_random_features", "points": 4}
# Sine and cosine of one frequency add up to
# $\sin(qw^\top)\sin(kw^\top)+\cos(qw^\top)\cos(kw^\top)=\cos\bigl(w(q-k)^\top\bigr)$,
# so $\phi(q)\,\phi(k)^\top$ is the mean of $D_\text{random}$ such cosines.
# If $w$ is Gaussian with variance $s^2$ in each entry, $w(q-k)^\top$ is Gaussian with variance
# $s^2\lVert q-k\rVert^2$, and the mean of its cosine is $\exp(-s^2\lVert q-k\rVert^2/2)$.
# That is the kernel for $s^2=1/\sigma^2=1/\sqrt D$: a wide kernel needs slow waves.
# The sheet's $s^2=\sigma^2$ agrees with it at $\sigma=1$ only.
#
# Part (a) i has a factor for each vector; it goes into the features,
# $\psi(x)=\exp(\lVert x\rVert^2/2\sqrt D)\,\phi(x)$, of size $1\times2D_\text{random}$.
# Then $S=\sum_j\psi(K_j)^\top V_j$ is $2D_\text{random}\times M$,
# $Z=\sum_j\psi(K_j)^\top$ is $2D_\text{random}\times1$, and neither depends on $i$.
#
# Features of all queries and keys: $2N D_\text{random}D$ multiplications.
# $S$: $2N D_\text{random}M$; reading it: as much again, and $2N D_\text{random}$ for $Z$.
# Together $O(N D_\text{random}(D+M))$, linear in $N$, where (1) takes $O(N^2(D+M))$.
# It pays once $N$ is well above $D_\text{random}$.
#
# Exact are the identity of part (a) i, and $\psi(x)\psi(x)^\top$.
# Right on average is each $\psi(q)\,\psi(k)^\top$; its error shrinks with the root of the number of
# frequencies.
# The ratio $V'_i$ is neither: a quotient of two unbiased estimates is biased, and where the
# denominator comes out near 0 it is useless.

# %% [markdown]
# ## (b) · Causal masking
#
# *Chapter 06, Causal attention is a running sum; the counts are those of chapter 08.*
#
# A model that writes text must not look ahead: output $i$ may use keys and values 1 to $i$ only.
#
# ### 8 · Eq. 2 with sums to $i$ (5 points)
#
# Compute $V'_i=\phi(Q_i)\,S_i\,/\,\phi(Q_i)\,Z_i$ with
#
# $$S_i=\sum_{j=1}^{i}\phi(K_j)^\top V_j,\qquad Z_i=\sum_{j=1}^{i}\phi(K_j)^\top$$
#
# for features that are given and positive, and for any number of leading axes, shared by the
# three arrays.
# With batch and heads, positions are no longer the first axis.

# %% nbgrader={"grade_id": "causal_heads", "from": "06_causal_prefix_sums"}

# %% nbgrader={"grade_id": "test_causal_heads", "from": "06_causal_prefix_sums"}

# %% [markdown]
# ### 9 · Going on from a state (3 points)
#
# A prompt has been read; all that is left of it are its $S$, `(d, M)`, and its $Z$, `(d,)`.
# More positions arrive.
#
# Return the outputs of the new positions, each of which sees the whole prompt and the new
# positions up to itself, and the state after the last of them.
# The state is `None` if there was no prompt.
# Neither the keys of the prompt nor their number are known.


# %% nbgrader={"grade_id": "resume", "solution": true}
def resume(state, phi_Q, phi_K, V):
    """(V′ (n, M), (S, Z)) from the state before, (S, Z) or None, phi_Q, phi_K (n, d), V (n, M)."""
    ### BEGIN SOLUTION
    S, Z = (0.0, 0.0) if state is None else state
    S = S + np.cumsum(phi_K[:, :, None] * V[:, None, :], axis=0)  # (n, d, M)
    Z = Z + np.cumsum(phi_K, axis=0)  # (n, d)
    outputs = np.einsum("nd,ndm->nm", phi_Q, S) / np.sum(phi_Q * Z, axis=1, keepdims=True)
    return outputs, (S[-1], Z[-1])
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_resume", "points": 3}
draw = np.random.default_rng(9)
both = resume(None, draw.uniform(1, 2, (4, 3)), draw.uniform(1, 2, (4, 3)), np.ones((4, 2)))
assert isinstance(both, tuple | list) and len(both) == 2, "return two things: V′, (S, Z)"
outputs, after = both
assert isinstance(after, tuple | list) and len(after) == 2, "the state is a pair: (S, Z)"
shapes = [np.shape(outputs), np.shape(after[0]), np.shape(after[1])]
assert shapes == [(4, 2), (3, 2), (3,)], (
    f"expected V′ (4, 2), S (3, 2) and Z (3,), got {', '.join(map(str, shapes))}"
)
np.testing.assert_allclose(outputs, np.ones((4, 2)), rtol=1e-4, err_msg="values 1 average to 1")
given = np.ones((3, 2)), np.ones(3)
resume(given, draw.uniform(1, 2, (4, 3)), draw.uniform(1, 2, (4, 3)), np.ones((4, 2)))
assert all(np.all(x == 1) for x in given), "leave the state that you are given as it is"
### BEGIN HIDDEN TESTS


def draw_text(n, d, columns):
    phi_Q, phi_K = rng.uniform(0.3, 2, size=(2, n, d))
    return phi_Q, phi_K, rng.uniform(0.3, 2, size=(n, columns)) * rng.choice([-1, 1], (n, columns))


def check_resume(state, n, d, columns):
    arrays = draw_text(n, d, columns)
    got, expected = resume(state, *arrays), reference.resume(state, *arrays)
    agree(got[0], expected[0], rtol=1e-4, atol=1e-5, what="V′ of the new positions")
    for one, other, name in zip(got[1], expected[1], "SZ", strict=True):
        agree(one, other, rtol=1e-4, atol=1e-5, what=f"{name} after the last position")


def prompt_of(n, d, columns):
    _, phi_K, V = draw_text(n, d, columns)
    return phi_K.T @ V, phi_K.sum(axis=0)


with part(1, "no prompt"):
    check_resume(None, int(rng.integers(4, 8)), 3, 2)
    check_resume(None, 1, 2, 4)
with part(2, "after a prompt: the outputs, and a state to go on from"):
    for n, d, columns in [(6, 3, 2), (1, 2, 3), (4, 4, 4)]:
        check_resume(prompt_of(int(rng.integers(3, 9)), d, columns), n, d, columns)
    # In pieces or at once: the same outputs.
    arrays = draw_text(9, 3, 2)
    whole, state, pieces = reference.resume(None, *arrays)[0], None, []
    for start, stop in [(0, 2), (2, 3), (3, 9)]:
        piece, state = resume(state, *(x[start:stop] for x in arrays))
        pieces += list(np.asarray(piece, dtype=float))
    agree(np.array(pieces), whole, rtol=1e-4, atol=1e-5, what="V′ of a text that came in pieces")
### END HIDDEN TESTS

# %% [markdown]
# ### 10 · From which length on it pays (3 points)
#
# Exact causal attention needs one product $Q_iK_j^\top$ and one weighted value for each pair
# with $j\le i$, and a good program computes no other pairs.
# The running sums compute features once for each query and once for each key:
# sines *and* cosines of `D_random` frequencies.
# Count their products $xw^\top$, what is added to $S_i$, and what is read from $S_i$ and $Z_i$.
#
# At which length do both take equally many multiply-adds?
# Write it with `D`, `M` and `D_random`; it need not be a whole number.

# %% nbgrader={"grade_id": "equal_causal", "from": "08_cost"}

# %% nbgrader={"grade_id": "test_equal_causal", "from": "08_cost"}

# %% [markdown]
# ### 11 · Both equations, in words (3 points, marked by a person)
#
# Rewrite (1) and (2) for causal attention in terms of $S_i$ and $Z_i$, and derive what computing
# all outputs costs, in 100 to 250 words.
#
# *How it is marked.*
# 1 point: both equations with sums to $i$, and $S_i$ and $Z_i$ with their recurrences.
# 1 point: when (1) can be written with $S_i$ and $Z_i$, and when it cannot.
# 1 point: time and memory, for all $S_i$ kept and for one carried along, and whether the sums
# must be computed one after the other.

# %% [markdown] nbgrader={"grade_id": "text_causal_form", "points": 3}
# With sums that end at $i$, (1) becomes
# $V'_i=\sum_{j\le i}\operatorname{sim}(Q_i,K_j)V_j\,/\sum_{j\le i}\operatorname{sim}(Q_i,K_j)$,
# and (2) becomes $V'_i=\phi(Q_i)S_i/\phi(Q_i)Z_i$.
# Each sum is the one before and a term more:
# $S_i=S_{i-1}+\phi(K_i)^\top V_i$, $Z_i=Z_{i-1}+\phi(K_i)^\top$, with $S_0=0$, $Z_0=0$.
#
# If $\operatorname{sim}(q,k)=\phi(q)\phi(k)^\top$, then $\phi(Q_i)$ comes out of both sums of (1),
# and the two equations are one.
# Softmax has no such features of finite size.
# With random ones (2) only estimates (1): the similarities are right on average, the ratio is
# not quite.
#
# Features cost $O(N D_\text{random}D)$, all updates and all readings
# $O(N\cdot2D_\text{random}\cdot M)$: together $O(N D_\text{random}(D+M))$, as without a mask.
# Keeping every $S_i$ takes $N\cdot2D_\text{random}M$ numbers; carrying one takes
# $2D_\text{random}(M+1)$, however long the text.
# The recurrence runs step by step, but addition is associative: the sums can also be computed in
# chunks or as a tree, all at once.
