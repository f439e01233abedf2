# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 07 · Chunkwise
#
# The chapter of the same name cut a sequence into chunks of $C$ positions.
# With $S$ and $Z$ for the sums over everything before a chunk,
# $\operatorname{tril}$ for putting zeros above the diagonal, and $\mathbf 1$ for a column of ones,
#
# $$\text{numerators}=\phi(Q_c)\,S+\operatorname{tril}\bigl(\phi(Q_c)\phi(K_c)^\top\bigr)V_c,$$
#
# $$\text{denominators}=\phi(Q_c)\,Z
#   +\operatorname{tril}\bigl(\phi(Q_c)\phi(K_c)^\top\bigr)\mathbf 1,$$
#
# and the sums are handed on as $S+\phi(K_c)^\top V_c$ and $Z+\phi(K_c)^\top\mathbf 1$.
# Here you take that to many heads, to many workers, to sums of any scale, and to sums that fade.
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

d, M, H = sp.symbols("d M H", positive=True)  # features, size of a value, heads
o = sp.symbols("o", positive=True)  # fixed cost of beginning a chunk


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
# ## 1 · One chunk, many heads (5 points)
#
# Compute one chunk for all heads at once.
# The heads share nothing but the shape; there may be several leading axes, or none.
#
# Return the outputs, and the state after the chunk.
# A chunk may have a single row, or more rows than features.


# %% nbgrader={"grade_id": "one_chunk", "solution": true}
def one_chunk(phi_Q, phi_K, V, S, Z):
    """(V′ (…, C, M), S (…, d, M), Z (…, d)) from the chunk's rows and the state before it.

    phi_Q and phi_K are (…, C, d), V is (…, C, M), S is (…, d, M) and Z is (…, d).
    """
    ### BEGIN SOLUTION
    pairs = np.tril(phi_Q @ np.swapaxes(phi_K, -1, -2))  # (…, C, C)
    numerators = phi_Q @ S + pairs @ V
    denominators = phi_Q @ Z[..., None] + pairs.sum(axis=-1, keepdims=True)  # (…, C, 1)
    S = S + np.swapaxes(phi_K, -1, -2) @ V
    return numerators / denominators, S, Z + phi_K.sum(axis=-2)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_one_chunk", "points": 5}
draw = np.random.default_rng(7)
rows = [draw.uniform(0.5, 1.5, (3, 4)), draw.uniform(0.5, 1.5, (3, 4)), draw.normal(size=(3, 2))]
result = one_chunk(*rows, np.zeros((4, 2)), np.zeros(4))
assert isinstance(result, tuple | list) and len(result) == 3, "return three arrays: V′, S, Z"
assert [np.shape(array) for array in result] == [(3, 2), (4, 2), (4,)], (
    f"expected shapes (3, 2), (4, 2) and (4,), got {[np.shape(array) for array in result]}"
)
np.testing.assert_allclose(
    result[0][0], rows[2][0], rtol=1e-4, err_msg="with nothing before, row 1 gives its own value"
)
### BEGIN HIDDEN TESTS


def draw_chunk(*leading, rows=None):
    """A chunk and the state that some earlier positions have left."""
    rows = int(rng.integers(4, 7)) if rows is None else rows
    d, columns = (int(x) for x in rng.integers(2, 6, size=2))
    earlier_K = rng.uniform(0.3, 2, size=(*leading, 3, d))
    earlier_V = rng.normal(size=(*leading, 3, columns))
    S = np.swapaxes(earlier_K, -1, -2) @ earlier_V
    return (
        rng.uniform(0.3, 2, size=(*leading, rows, d)),
        rng.uniform(0.3, 2, size=(*leading, rows, d)),
        rng.normal(size=(*leading, rows, columns)),
        S,
        earlier_K.sum(axis=-2),
    )


def check_chunk(chunk, items, what=""):
    got, expected = one_chunk(*chunk), reference.one_chunk(*chunk)
    for item, name in items:
        agree(got[item], expected[item], rtol=1e-4, atol=1e-5, what=f"{name}{what}")


with part(2, "the outputs of one head"):
    for rows in (6, 1, None):
        check_chunk(draw_chunk(rows=rows), [(0, "V′")])
    phi_Q, phi_K, V, S, Z = draw_chunk()
    ones = one_chunk(phi_Q, phi_K, np.ones((len(V), 1)), Z[:, None].copy(), Z)
    agree(ones[0], np.ones((len(V), 1)), rtol=1e-4, what="V′ if all values, past ones too, are 1")
with part(1, "the state after the chunk"):
    for rows in (6, 1):
        check_chunk(draw_chunk(rows=rows), [(1, "S"), (2, "Z")])
with part(2, "leading axes: heads, and batch with heads"):
    items = [(0, "V′"), (1, "S"), (2, "Z")]
    check_chunk(draw_chunk(3), items, " for three heads")
    check_chunk(draw_chunk(2, 3), items, " for a batch with heads")
    check_chunk(draw_chunk(4, rows=4), items, " for as many heads as rows")
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · What each worker must know (4 points)
#
# Several workers share a sequence; worker $c$ computes chunk $c$, and all begin together.
# Each needs the state from *before* its chunk.
#
# Return these states, for all chunks, in two arrays.
# All chunks have `chunk` rows except perhaps the last, which has what is left.


# %% nbgrader={"grade_id": "states_before", "solution": true}
def states_before(phi_K, V, chunk):
    """(S (chunks, d, M), Z (chunks, d)): the sums over everything before each chunk."""
    ### BEGIN SOLUTION
    starts = np.arange(0, len(V), chunk)
    S = np.add.reduceat(phi_K[:, :, None] * V[:, None, :], starts, axis=0)  # (chunks, d, M)
    Z = np.add.reduceat(phi_K, starts, axis=0)
    # Running sums that leave out the chunk itself.
    return np.cumsum(S, axis=0) - S, np.cumsum(Z, axis=0) - Z
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_states_before", "points": 4}
draw = np.random.default_rng(8)
known = states_before(draw.uniform(0.5, 1.5, (6, 3)), draw.normal(size=(6, 2)), 2)
assert isinstance(known, tuple | list) and len(known) == 2, "return two arrays: S, Z"
assert [np.shape(array) for array in known] == [(3, 3, 2), (3, 3)], (
    f"three chunks: expected shapes (3, 3, 2) and (3, 3), got {[np.shape(x) for x in known]}"
)
### BEGIN HIDDEN TESTS


def check_states(n, chunk):
    d, columns = rng.integers(2, 5, size=2)
    phi_K, V = rng.uniform(0.3, 2, size=(n, d)), rng.normal(size=(n, columns))
    got, expected = states_before(phi_K, V, chunk), reference.states_before(phi_K, V, chunk)
    agree(got[0], expected[0], rtol=1e-4, atol=1e-5, what="S before each chunk")
    agree(got[1], expected[1], rtol=1e-4, atol=1e-5, what="Z before each chunk")


with part(2, "chunks that divide the sequence"):
    for chunk, chunks in [(2, 3), (3, 4), (1, 5), (4, 1)]:
        check_states(chunk * chunks, chunk)
with part(2, "a last chunk that is shorter"):
    for n, chunk in [(7, 3), (11, 4), (9, 2), (3, 5)]:
        check_states(n, chunk)
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Joining segments of any scale (4 points)
#
# A segment of the sequence is summed up by three things: `(S, Z, m)`, an array `(d, M)`, an array
# `(d,)` and a number. Its true sums are $e^m S$ and $e^m Z$;
# they can be far too large or too small for floating point, while `S`, `Z` and `m` are not.
# The largest entry of `Z` is 1.
#
# Join two neighbouring segments into one, in the same form.
# Done right, this operation is associative,
# so that any number of workers can join their segments in any bracketing.


# %% nbgrader={"grade_id": "join", "solution": true}
def join(left, right):
    """(S, Z, m) of both segments together, the largest entry of Z being 1 again."""
    ### BEGIN SOLUTION
    m = max(left[2], right[2])
    S = np.exp(left[2] - m) * left[0] + np.exp(right[2] - m) * right[0]
    Z = np.exp(left[2] - m) * left[1] + np.exp(right[2] - m) * right[1]
    return S / Z.max(), Z / Z.max(), m + np.log(Z.max())
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_join", "points": 4}
one = np.array([[2.0], [0.0]]), np.array([1.0, 0.5]), 0.0
two = join(one, one)
assert isinstance(two, tuple | list) and len(two) == 3, "return three things: S, Z, m"
assert [np.shape(thing) for thing in two] == [(2, 1), (2,), ()], (
    f"expected shapes (2, 1), (2,) and (), got {[np.shape(thing) for thing in two]}"
)
np.testing.assert_allclose(two[1], [1.0, 0.5], rtol=1e-4, err_msg="the largest entry of Z is 1")
np.testing.assert_allclose(
    np.exp(two[2]) * np.asarray(two[0]),
    [[4.0], [0.0]],
    rtol=1e-4,
    atol=1e-9,
    err_msg="e^m S is doubled",
)
### BEGIN HIDDEN TESTS


def draw_segments(levels):
    """Segments whose true sums are near e^level."""
    d, columns = rng.integers(2, 5, size=2)
    segments = []
    for level in levels:
        Z = rng.uniform(0.2, 0.9, size=d)
        Z[rng.integers(d)] = 1.0
        segments.append((rng.normal(size=(d, columns)), Z, float(level)))
    return segments


def as_segment(result):
    """A result that may have come as lists, for use as an argument."""
    return np.asarray(result[0], dtype=float), np.asarray(result[1], dtype=float), float(result[2])


def check_join(got, expected, tolerance, what):
    for item, name in enumerate("SZ"):
        what_item = f"{name} of {what}"
        agree(got[item], expected[item], rtol=tolerance, atol=tolerance, what=what_item)
    agree(got[2], expected[2], rtol=0, atol=tolerance, what=f"m of {what}")


with part(2, "segments of ordinary size"):
    for levels in rng.uniform(-1.5, 1.5, size=(3, 2)):
        pair = draw_segments(levels)
        check_join(join(*pair), reference.join(*pair), 1e-4, "two segments")
with part(1, "segments that are too large or too small for floating point"):
    base = rng.uniform(900, 1100)
    far = [(3 * base, -base), (-base, 2 * base)]
    for levels in [(base, base + 1), (base + 0.7, base), (-base, 0.5 - base), *far]:
        pair = draw_segments(levels)
        check_join(join(*pair), reference.join(*pair), 2e-3, "two segments of extreme size")
with part(1, "three segments, bracketed either way"):
    a, b, c = draw_segments(rng.uniform(-2, 2, size=3))
    expected = reference.join(reference.join(a, b), c)
    first, last = as_segment(join(a, b)), as_segment(join(b, c))
    check_join(join(first, c), expected, 1e-4, "three segments, the first two joined first")
    check_join(join(a, last), expected, 1e-4, "three segments, the last two joined first")
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · A state that fades (5 points)
#
# Let old positions count less and less: before each new position is added,
# everything in the state is multiplied by a number $\gamma$ with $0<\gamma\le1$,
#
# $$S_i=\gamma\,S_{i-1}+\phi(K_i)^\top V_i,\qquad Z_i=\gamma\,Z_{i-1}+\phi(K_i)^\top,$$
#
# and the output is $\phi(Q_i)S_i/\phi(Q_i)Z_i$ as before.
# This recurrence can be cut into chunks, too.
#
# Compute one chunk of it: the outputs, and the state after its last row.
# Write down first by which power of $\gamma$ the key in row $j$ counts for the query in row $i$,
# by which one the state before the chunk counts in row $i$,
# and by which one row $j$ counts in the state after the chunk.


# %% nbgrader={"grade_id": "fading_chunk", "solution": true}
def fading_chunk(phi_Q, phi_K, V, S, Z, gamma):
    """(V′ (C, M), S (d, M), Z (d,)) from the rows of a chunk and the state before it.

    phi_Q and phi_K are (C, d), V is (C, M), S is (d, M) and Z is (d,).
    """
    ### BEGIN SOLUTION
    C = len(V)
    age = np.arange(C)[:, None] - np.arange(C)[None, :]  # (C, C): i − j
    # The age of what has not come yet is set to 0, lest its power overflow.
    fading = np.tril(gamma ** np.maximum(age, 0))
    pairs = fading * (phi_Q @ phi_K.T)
    since = gamma ** np.arange(1, C + 1)[:, None]  # (C, 1): row 1 has seen one fading
    numerators = since * (phi_Q @ S) + pairs @ V
    denominators = since * (phi_Q @ Z[:, None]) + pairs.sum(axis=1, keepdims=True)
    last = fading[-1][:, None] * phi_K  # what each key is worth in the last row
    return numerators / denominators, gamma**C * S + last.T @ V, gamma**C * Z + last.sum(axis=0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_fading_chunk", "points": 5}
draw = np.random.default_rng(9)
rows = [draw.uniform(0.5, 1.5, (3, 4)), draw.uniform(0.5, 1.5, (3, 4)), draw.normal(size=(3, 2))]
faded = fading_chunk(*rows, np.ones((4, 2)), np.ones(4), 1.0)
assert isinstance(faded, tuple | list) and len(faded) == 3, "return three arrays: V′, S, Z"
assert [np.shape(array) for array in faded] == [(3, 2), (4, 2), (4,)], (
    f"expected shapes (3, 2), (4, 2) and (4,), got {[np.shape(array) for array in faded]}"
)
np.testing.assert_allclose(
    faded[2], 1 + rows[1].sum(axis=0), rtol=1e-4, err_msg="γ = 1: nothing fades, Z adds up"
)
### BEGIN HIDDEN TESTS


def one_by_one(phi_Q, phi_K, V, S, Z, gamma):
    """The recurrence itself."""
    outputs = []
    for q, k, v in zip(phi_Q, phi_K, V, strict=True):
        S, Z = gamma * S + np.outer(k, v), gamma * Z + k
        outputs.append(q @ S / (q @ Z))
    return np.array(outputs), S, Z


def draw_fading(rows, gamma, empty=False):
    d, columns = rng.integers(2, 5, size=2)
    Q_c, K_c = rng.uniform(0.3, 2, size=(2, rows, d))
    S, Z = rng.normal(size=(d, columns)), rng.uniform(1, 4, size=d)
    if empty:
        S, Z = 0 * S, 0 * Z
    return Q_c, K_c, rng.normal(size=(rows, columns)), S, Z, gamma


def check_fading(arguments, items):
    got, expected = fading_chunk(*arguments), one_by_one(*arguments)
    for item, name in items:
        agree(got[item], expected[item], rtol=1e-4, atol=1e-5, what=name)


with part(1, "pairs inside the chunk, with nothing before it"):
    for gamma in rng.uniform(0.3, 0.8, size=2):
        check_fading(draw_fading(5, gamma, empty=True), [(0, "V′")])
with part(2, "what lies before the chunk"):
    for rows, gamma in [(1, 0.5), (5, rng.uniform(0.3, 0.8)), (6, 1.0)]:
        check_fading(draw_fading(rows, gamma), [(0, "V′")])
with part(2, "the state that is handed on"):
    for rows, gamma in [(1, 0.5), (5, rng.uniform(0.3, 0.8)), (4, rng.uniform(0.8, 0.95))]:
        check_fading(draw_fading(rows, gamma), [(1, "S"), (2, "Z")])
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · Counting with a tail (3 points)
#
# How many multiplications do the matrix products of the whole loop take?
# For a chunk of $r$ rows count those of
#
# - $\phi(Q_c)\phi(K_c)^\top$ and its product with $V_c$, all pairs, masked or not;
# - $\phi(Q_c)\,S$ and $\phi(Q_c)\,Z$;
# - $\phi(K_c)^\top V_c$.
#
# A product of `(a, b)` by `(b, c)` counts `a * b * c`; sums count nothing.
# All chunks have `chunk` rows except perhaps the last.
# The first chunk is treated like any other, and so is a `chunk` longer than the sequence.


# %% nbgrader={"grade_id": "count_multiplications", "solution": true}
def count_multiplications(N, d, M, chunk):
    """The number of multiplications, a whole number, for N positions in chunks of `chunk` rows."""

    ### BEGIN SOLUTION
    def of_rows(r):
        return r * r * (d + M) + r * d * (2 * M + 1)

    whole, tail = divmod(N, chunk)
    return whole * of_rows(chunk) + of_rows(tail)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_count_multiplications", "points": 3}
single = count_multiplications(1, 2, 3, 1)
assert single == 19, f"one position, d = 2, M = 3: expected 2 + 3 + 6 + 2 + 6 = 19, got {single}"
### BEGIN HIDDEN TESTS


def check_count(N, chunk):
    d, M = (int(x) for x in rng.integers(2, 40, size=2))
    got = count_multiplications(N, d, M, chunk)
    expected = reference.count_multiplications(N, d, M, chunk)
    agree(float(got), float(expected), rtol=1e-9, atol=0, what="the number of multiplications")


with part(1, "chunks that divide the sequence"):
    for chunk in rng.integers(2, 20, size=3).tolist():
        check_count(chunk * int(rng.integers(2, 9)), chunk)
with part(2, "a shorter last chunk, also a single one"):
    for chunk in rng.integers(5, 20, size=3).tolist():
        check_count(chunk * int(rng.integers(2, 9)) + int(rng.integers(1, chunk)), chunk)
    check_count(int(rng.integers(3, 10)), 16)
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · The best chunk, if nothing is wasted (3 points)
#
# Two things are better than in the chapter.
# A clever product skips the pairs that the mask removes,
# so that the pairs of a head cost half as much: $C(d+M)/2$ multiplications per position.
# (The half pair on the diagonal may be neglected.)
# And one call begins a chunk of all $H$ heads together, so that what it costs to begin,
# as much as $o$ multiplications, is paid once for all heads.
# Reading and writing the state takes $d(2M+1)$ per position and head, as before.
#
# Which chunk size, not necessarily a whole number, makes the total cost least?

# %% nbgrader={"grade_id": "best_chunk", "solution": true}
# best_chunk = the size, an expression in o, d, M and H
### BEGIN SOLUTION
best_chunk = sp.sqrt(2 * o / (H * (d + M)))
### END SOLUTION

# %% nbgrader={"grade_id": "test_best_chunk", "points": 3}
some_size = at(best_chunk, o=1e5, d=32, M=48, H=4)
assert some_size > 0, f"a size is positive, got {some_size}"
larger = at(best_chunk, o=4e5, d=32, M=48, H=4)
assert larger > some_size, (
    f"chunks that are dearer to begin should be larger: got {some_size}, then {larger}"
)
### BEGIN HIDDEN TESTS
with part(2, "a single head"):
    for dim, columns in rng.integers(8, 200, size=(3, 2)).tolist():
        sizes = {"o": float(rng.uniform(1e4, 1e6)), "d": dim, "M": columns, "H": 1}
        got, expected = at(best_chunk, **sizes), at(reference.best_chunk, **sizes)
        agree(got, expected, rtol=1e-9, what="the size for one head")
with part(1, "H heads"):
    symbolically_equal(best_chunk, reference.best_chunk)
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · A bug report (3 points, marked by a person)
#
# A user runs your chunkwise layer in single precision, with chunks of 32 and with chunks of 128,
# and finds outputs that differ in the seventh digit.
# The report says: "So the chunkwise form is only an approximation. Please say so in the manual."
#
# Answer it, in 60 to 150 words.
#
# *How it is marked.*
# 1 point: what is exact about chunks, and by which property of sums.
# 1 point: where the difference comes from, and why neither of the two results is *the* right one.
# 1 point: a test that tells such differences from a true mistake.

# %% [markdown] nbgrader={"grade_id": "text_bug_report", "points": 3}
# As mathematics the chunkwise form is exact: a sum may be cut anywhere, because addition is
# associative, and any two chunk sizes add up the same terms.
# Addition in floating point is not associative.
# Each addition rounds to 24 binary digits, so two orders of the same additions differ by a few
# units of $6\cdot10^{-8}$, which is the seventh digit.
# Chunks of 32, chunks of 128, the stream and the form with all pairs are four orders, and each is
# off from the true sum by about as much; none is more right by definition.
#
# To tell rounding from a mistake, compute a reference in double precision, for several chunk sizes
# and a length with a tail. Rounding stays within a small multiple of the precision and shrinks by
# a factor of a billion when the layer runs in double precision as well; a mistake stays.
