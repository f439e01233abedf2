# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 16 · Harmonic embeddings
#
# An older network's embeddings are stored; a newer network gives embeddings of its own.
# A *mixed* pair is an embedding of each.
# The chapter of the same name made mixed pairs comparable, and upgraded a gallery with them.
#
# Here you find out what goes wrong first when two versions drift apart, turn one onto the other,
# train a version beside a stored one, judge the two together, and plan an upgrade.
#
# Each cell that says `raise NotImplementedError` is yours: replace that line.
# Below it stands a check that you can run; more checks run when the notebook is graded.
# Arguments are NumPy arrays or numbers; lists are fine as results.
# Change no argument in place: whoever calls your function may need it again.
# Change only your own cells; you may add more of them.

# %% nbgrader={"grade_id": "given_symbols"}
import numpy as np
import sympy as sp

beta = sp.Symbol("beta", positive=True)  # angle between the two embeddings of a picture
d2 = sp.Symbol("d2", positive=True)  # squared distance of two pictures' old embeddings
d2_ap = sp.Symbol("d2_ap", positive=True)  # the same for an anchor and a positive
d2_an = sp.Symbol("d2_an", positive=True)  # the same for an anchor and a negative


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
# ## 1 · Drifting apart (2 points)
#
# Between independent and harmonic versions there is everything in between.
# Let the new embedding of a picture be
#
# $$\cos\beta\;e+\sin\beta\;u,$$
#
# where $e$ is its old one and $u$ has the length 1 and is at right angles to $e$.
# For each picture $u$ is drawn independently, evenly from all such directions, so its mean is 0.
#
# The *old* embeddings of two different pictures have the squared distance $d^2$.
# What squared distance is to be expected between the *new* embedding of the one and the *old*
# embedding of the other?
# Write it with `d2` and `beta`.

# %% nbgrader={"grade_id": "mixed_distance", "solution": true}
# mixed_distance = the expected squared distance, an expression in d2 and beta
### BEGIN SOLUTION
mixed_distance = 2 - sp.cos(beta) * (2 - d2)
### END SOLUTION

# %% nbgrader={"grade_id": "test_mixed_distance", "points": 2}
unmoved = at(mixed_distance, d2=0.7, beta=0)
assert abs(unmoved - 0.7) < 1e-9, (
    f"for β = 0 new embeddings are the old ones: expected 0.7, got {unmoved}"
)
### BEGIN HIDDEN TESTS
with part(1, "nothing left of the old embedding, β = 90°"):
    for number in rng.uniform(0.2, 3.8, size=3):
        got = at(mixed_distance, d2=number, beta=np.pi / 2)
        agree(got, 2.0, rtol=1e-6, what="the squared distance to a direction that knows nothing")
with part(1, "any angle"):
    symbolically_equal(mixed_distance, reference.mixed_distance, what="the squared distance")
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Which kind fails first (2 points)
#
# Embeddings are as in exercise 1.
# Think of a triplet whose anchor and positive are *new*, while the negative is *old*.
# By their old embeddings, anchor and positive have the squared distance $d^2_{ap}$,
# anchor and negative $d^2_{an}$, with $d^2_{ap}<d^2_{an}<2$.
#
# At which $\beta$, between 0 and 90 degrees, is the expected squared distance from the anchor the
# same for the positive as for the negative?
# Write the angle, in radians, with `d2_ap` and `d2_an`.
#
# (Beyond it, a stranger's old picture is expected to be nearer than another new one of oneself.
# Does that happen if the positive is old, too?)

# %% nbgrader={"grade_id": "flip_angle", "solution": true}
# flip_angle = β, an expression in d2_ap and d2_an
### BEGIN SOLUTION
flip_angle = sp.acos((2 - d2_an) / (2 - d2_ap))
### END SOLUTION

# %% nbgrader={"grade_id": "test_flip_angle", "points": 2}
some_angle = at(flip_angle, d2_ap=0.5, d2_an=1.5)
assert 0 < some_angle < np.pi / 2, f"expected an angle between 0 and π/2, got {some_angle}"
### BEGIN HIDDEN TESTS
with part(1, "a positive that coincided with its anchor"):
    for number in rng.uniform(0.3, 1.7, size=2):
        got = at(flip_angle, d2_ap=1e-12, d2_an=number)
        agree(got, np.arccos(1 - number / 2), rtol=1e-5, what="the angle for d²ap = 0")
with part(1, "any positive"):
    for near, more in rng.uniform((0.3, 0.2), (1, 0.8), size=(3, 2)):
        got = at(flip_angle, d2_ap=near, d2_an=near + more)
        expected = np.arccos((2 - near - more) / (2 - near))
        agree(got, expected, rtol=1e-6, what="the angle")
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Eight kinds, unequal numbers (3 points)
#
# In the chapter every picture had an embedding of each version.
# In a real gallery new pictures come that the old network never sees,
# and of others only the stored embedding is left.
#
# All embeddings of both versions are rows of one batch.
# Any two rows of one person are a possible anchor and positive, also if they show one picture.
# Count the triplets of each of the eight kinds.


# %% nbgrader={"grade_id": "kind_counts", "solution": true}
def kind_counts(new, old):
    """Numbers of triplets (2, 2, 2), indexed anchor, positive, negative; index 0: new, 1: old.

    new (people,), old (people,): how many new and old embeddings there are of each person, whole
    numbers from 0 up.
    """
    ### BEGIN SOLUTION
    sizes = np.stack([new, old])  # (2, people)
    strangers = sizes.sum(axis=1, keepdims=True) - sizes  # (2, people)
    counts = np.einsum("ak,pk,nk->apn", sizes, sizes, strangers)
    for version in (0, 1):  # of its own version the anchor itself is not a positive
        counts[version, version] -= strangers @ sizes[version]
    return counts
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_kind_counts", "points": 3}
counted = kind_counts(np.array([1, 0]), np.array([2, 1]))
assert np.shape(counted) == (2, 2, 2), f"expected shape (2, 2, 2), got {np.shape(counted)}"
assert counted[0][1][1] == 2, (
    "the first person's new embedding, either of its old ones, the stranger: "
    f"expected 2 triplets new, old, old, got {counted[0][1][1]}"
)
### BEGIN HIDDEN TESTS


def draw_sizes():
    """Numbers of new and old embeddings of five people, none of them alike in both."""
    new, old = rng.permutation(12)[:5], rng.permutation(12)[:5]
    return new + 1, old + 2


with part(1, "anchor and positive of different versions"):
    for _ in range(2):
        sizes = draw_sizes()
        got, expected = np.asarray(kind_counts(*sizes)), reference.kind_counts(*sizes)
        agree(got.shape, (2, 2, 2), what="the shape of the counts")
        agree(got[[0, 1], [1, 0]], expected[[0, 1], [1, 0]], rtol=1e-9, what="the counts")
with part(1, "anchor and positive of the same version"):
    for _ in range(2):
        sizes = draw_sizes()
        got, expected = np.asarray(kind_counts(*sizes)), reference.kind_counts(*sizes)
        agree(got.shape, (2, 2, 2), what="the shape of the counts")
        agree(got[[0, 1], [0, 1]], expected[[0, 1], [0, 1]], rtol=1e-9, what="the counts")
with part(1, "people who have no embedding of one version"):
    new, old = draw_sizes()
    new[[0, 1]], old[[1, 3]] = 0, 0
    agree(kind_counts(new, old), reference.kind_counts(new, old), rtol=1e-9, what="the counts")
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Without a mirror (3 points)
#
# The orthogonal matrix that brings new embeddings nearest to old ones may contain a reflection:
# its determinant is then −1.
# New embeddings are now to be turned onto the old ones little by little, beginning with not at all.
# No reflection can be reached that way.
#
# Among all orthogonal matrices $R$ with determinant +1 return the one with the smallest
# $\lVert ER-E_\text{old}\rVert^2$, the sum of squared distances of all rows.
#
# (In the chapter's derivation $V^\top R^\top U$ became $I$. What else can it be now, and which
# entry on the diagonal costs least?)


# %% nbgrader={"grade_id": "proper_rotation", "solution": true}
def proper_rotation(E, E_old):
    """R (D, D), orthogonal with determinant +1, for E (N, D) and E_old (N, D), N at least D."""
    ### BEGIN SOLUTION
    U, _, Vt = np.linalg.svd(E.T @ E_old)  # singular values from the largest to the smallest
    U[:, -1] *= np.sign(np.linalg.det(U) * np.linalg.det(Vt))
    return U @ Vt
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_proper_rotation", "points": 3}
triangle = np.array([[1.0, 0.0], [0.0, 1.0], [-0.6, 0.8]])
quarter = proper_rotation(triangle, triangle @ np.array([[0.0, 1.0], [-1.0, 0.0]]))
assert np.shape(quarter) == (2, 2), f"expected shape (2, 2), got {np.shape(quarter)}"
np.testing.assert_allclose(
    np.matmul(np.transpose(quarter), quarter),
    np.eye(2),
    atol=1e-4,
    err_msg="the columns of R have length 1 and are at right angles",
)
assert abs(np.linalg.det(quarter) - 1) < 1e-3, "expected a determinant of +1"
### BEGIN HIDDEN TESTS


def draw_turn(D, mirror):
    """Unit rows (N, D), and the same turned, or turned and mirrored, with some noise."""
    while True:
        Q, _ = np.linalg.qr(rng.normal(size=(D, D)))
        Q[:, 0] *= np.sign(np.linalg.det(Q)) * (-1 if mirror else 1)
        z = rng.normal(size=(5 * D, D)) * np.linspace(1.5, 0.6, D) + 0.4
        E = z / np.linalg.norm(z, axis=1, keepdims=True)
        E_old = E @ Q + 0.15 * rng.normal(size=E.shape)
        E_old /= np.linalg.norm(E_old, axis=1, keepdims=True)
        U, s, Vt = np.linalg.svd(E.T @ E_old)
        # Clear of rounding: the last two singular values and the determinant decide.
        if np.sign(np.linalg.det(U @ Vt)) == (-1 if mirror else 1) and s[-2] > 1.2 * s[-1] > 0.5:
            return E, E_old


with part(1, "the best orthogonal matrix is a rotation"):
    for D in (3, 4):
        drawn = draw_turn(D, mirror=False)
        agree(proper_rotation(*drawn), reference.proper_rotation(*drawn), rtol=1e-3, what="R")
with part(2, "the best orthogonal matrix contains a reflection"):
    for D in (2, 3, 4, 5):
        drawn = draw_turn(D, mirror=True)
        R = np.asarray(proper_rotation(*drawn), dtype=float)
        agree(R.shape, (D, D), what="the shape of R")
        agree(R.T @ R, np.eye(D), rtol=1e-3, what="the products of R's columns")
        holds(bool(np.linalg.det(R) > 0), "the determinant of R is +1")
        agree(R, reference.proper_rotation(*drawn), rtol=1e-3, what="R")
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · One step beside the stored ones (5 points)
#
# `triplets` are rows `[a, p, n]` of the stacked array that has `E_new` on top and `E_old` below
# it: with `N` new embeddings, row `N` is the first old one.
# A triplet may be of any kind with at least one new embedding.
#
# The loss is the mean of $[\,\lVert a-p\rVert^2-\lVert a-n\rVert^2+\alpha\,]_+$ over the *active*
# triplets.
# Take one step of gradient descent with the step size `rate` on the new embeddings:
# subtract `rate` times the gradient with respect to them, its part along the embedding too, and
# then divide each by its length.
# Old embeddings are constants.
# If no triplet is active, the new embeddings stay as they are.


# %% nbgrader={"grade_id": "harmonic_step", "solution": true}
def harmonic_step(E_new, E_old, triplets, margin, rate):
    """New embeddings after the step, (N, D), from E_new (N, D), E_old (L, D), triplets (T, 3)."""
    ### BEGIN SOLUTION
    N = len(E_new)
    rows = np.concatenate([E_new, E_old])
    a, p, n = (rows[index] for index in triplets.T)
    active = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin > 0
    gradient = np.zeros_like(rows)
    for index, slope in zip(triplets.T, (n - p, p - a, a - n), strict=True):
        np.add.at(gradient, index[active], 2 * slope[active] / max(active.sum(), 1))
    moved = E_new - rate * gradient[:N]
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_harmonic_step", "points": 5}
after = harmonic_step(
    np.array([[1.0, 0.0]]), np.array([[0.0, 1.0], [0.0, -1.0]]), np.array([[0, 1, 2]]), 0.2, 0.25
)
assert np.shape(after) == (1, 2), f"one new embedding: expected shape (1, 2), got {np.shape(after)}"
np.testing.assert_allclose(
    after,
    [[0.5**0.5, 0.5**0.5]],
    rtol=1e-4,
    err_msg="a new anchor half-way between its old positive and negative turns by 45 degrees",
)
### BEGIN HIDDEN TESTS


def draw_versions(N, L):
    """Unit rows (N, D) and (L, D)."""
    z = rng.normal(size=(N + L, int(rng.integers(3, 6))))
    E = z / np.linalg.norm(z, axis=1, keepdims=True)
    return E[:N], E[N:]


def draw_triplets(versions, count, active, apart, margin):
    """Triplets of different rows, not all old, all of them active or none; rows apart or shared."""
    rows = np.concatenate(versions)
    while True:
        if apart:
            chosen = rng.permutation(len(rows))[: 3 * count].reshape(count, 3)
        else:
            chosen = np.array([rng.permutation(len(rows))[:3] for _ in range(count)])
        a, p, n = (rows[index] for index in chosen.T)
        far = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1)
        swap = (far < 0) == active  # the farther of the two is the positive of an active triplet
        chosen[swap] = chosen[swap][:, [0, 2, 1]]
        kinds = {tuple(kind) for kind in (chosen < len(versions[0])).tolist()}
        clear = np.min(np.abs(far)) > 0.01 + (0 if active else margin)
        if clear and (False, False, False) not in kinds and len(kinds) > 2:
            return chosen


def check_step(versions, triplets, margin):
    rate = rng.uniform(0.2, 0.5)
    got = harmonic_step(*versions, triplets, margin, rate)
    expected = reference.harmonic_step(*versions, triplets, margin, rate)
    agree(got, expected, rtol=1e-4, what="the new embeddings")


with part(2, "active triplets that share no row"):
    for size in (8, 9):
        versions = draw_versions(size, size + 2)
        check_step(versions, draw_triplets(versions, 5, True, True, 0.2), 0.2)
with part(1, "rows in several active triplets"):
    for size in (4, 5):
        versions = draw_versions(size, size)
        check_step(versions, draw_triplets(versions, 9, True, False, 0.2), 0.2)
with part(1, "some triplets are not active"):
    for size in (8, 9):
        versions = draw_versions(size, size + 1)
        both = [draw_triplets(versions, 4, active, False, 0.2) for active in (True, False)]
        check_step(versions, rng.permutation(np.concatenate(both)), 0.2)
with part(1, "no triplet is active"):
    versions = draw_versions(7, 8)
    triplets = draw_triplets(versions, 4, False, False, 0.3)
    got = harmonic_step(*versions, triplets, 0.3, 0.4)
    agree(got, versions[0], rtol=1e-4, what="new embeddings that nothing moves")
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · How good is the mixture? (4 points)
#
# Row $i$ of `E_new` and row $i$ of `E_old` show the same picture, of the person `labels[i]`.
# Mixed pairs are all pairs of a new and an old embedding of two *different* pictures.
#
# Return the VAL of mixed pairs at the largest threshold at which at most the part `target` of the
# mixed pairs of different people is accepted.
# The dimensions of the two versions may differ: fill the smaller one up with zeros.
# All distances differ from each other.


# %% nbgrader={"grade_id": "mixed_val", "solution": true}
def mixed_val(E_new, E_old, labels, target):
    """VAL, a number, from E_new (N, D_new), E_old (N, D_old), labels (N,) and a FAR below 1."""
    ### BEGIN SOLUTION
    D = min(E_new.shape[1], E_old.shape[1])  # zeros add nothing to a product
    lengths = np.sum(E_new**2, axis=1)[:, None] + np.sum(E_old**2, axis=1)
    distances = lengths - 2 * E_new[:, :D] @ E_old[:, :D].T  # (N, N), not symmetric
    same = labels[:, None] == labels
    strangers = np.sort(distances[~same])
    first_rejected = strangers[int(target * len(strangers))]
    return np.mean(distances[same & ~np.eye(len(labels), dtype=bool)] < first_rejected)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_mixed_val", "points": 4}
angles = np.radians([[0.0, 31.0, 90.0, 143.0], [2.0, 37.0, 93.0, 130.0]])
on_circle = np.stack([np.cos(angles), np.sin(angles)], axis=2)  # versions, pictures, D
rate_found = mixed_val(on_circle[0], on_circle[1], np.array([0, 0, 1, 1]), 0.0)
assert np.ndim(rate_found) == 0, f"expected one number, got shape {np.shape(rate_found)}"
assert abs(rate_found - 1) < 1e-6, (
    "the nearest strangers are 53 degrees apart, pictures of one person at most 50: "
    f"expected 1, got {rate_found}"
)
### BEGIN HIDDEN TESTS


def unit(E):
    return E / np.linalg.norm(E, axis=1, keepdims=True)


def draw_pictures(D_new, D_old, most):
    """Two versions that see much the same, and a target that allows up to `most` false accepts.

    VAL shows it if one stranger more or less is accepted, and if the larger version is cut off; it
    does not hang on rounding.
    """
    while True:
        labels = rng.permutation(np.repeat(rng.permutation(9)[:5], [5, 4, 3, 3, 2]))
        z = rng.normal(size=(9, 8))[labels] + 0.7 * rng.normal(size=(2, len(labels), 8))
        versions = [unit(z[0, :, :D_new]), unit(z[1, :, :D_old])]
        filled = [np.pad(E, ((0, 0), (0, 8 - E.shape[1]))) for E in versions]
        cut_off = [E[:, : min(D_new, D_old)] for E in versions]
        same = labels[:, None] == labels
        ways = []  # distances of mixed pairs of one person and of two, sorted
        for one, other in (filled, cut_off, map(unit, cut_off)):
            distances = np.sum((one[:, None] - other) ** 2, axis=2)
            own = distances[same & ~np.eye(len(labels), dtype=bool)]
            ways.append((np.sort(own), np.sort(distances[~same])))
        # How many of one person are accepted at a threshold below each stranger.
        accepted, *others = (np.searchsorted(own, strangers) for own, strangers in ways)
        own, strangers = ways[0]
        clear = np.min(np.abs(strangers[:, None] - own), axis=1) > 1e-4
        clear[1:] &= np.diff(strangers) > 1e-4
        for cut in rng.permutation(np.arange(most // 2, most + 1)):
            around = slice(max(cut - 1, 0), cut + 2)
            steps = np.diff(accepted[around])
            seen = {accepted[cut], *(other[cut] for other in others)}
            if (
                np.all(clear[around])
                and np.all(steps > 0)
                and accepted[around][0] > 1
                and (len(seen) == 3 or D_new == D_old)
            ):
                return (*versions, labels, (cut + 0.5) / len(strangers))


def check_val(draws):
    for draw in draws:
        agree(mixed_val(*draw), reference.mixed_val(*draw), rtol=1e-4, what="VAL")


with part(2, "versions of one dimension"):
    check_val([draw_pictures(6, 6, 30), draw_pictures(7, 7, 30), draw_pictures(8, 8, 40)])
with part(1, "no false accept is allowed"):
    check_val([draw_pictures(7, 7, 0), draw_pictures(8, 8, 0)])
with part(1, "versions of unequal dimension"):
    check_val([draw_pictures(4, 8, 30), draw_pictures(8, 4, 30), draw_pictures(5, 8, 30)])
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · What to embed first (3 points)
#
# Versions are independent, so a query with a new picture is answered only if at least one entry
# of its person has been embedded anew.
# Entry $i$ of the gallery shows the person `names[i]`;
# `asked[k]` is how many queries there are for person $k$.
# Somebody may be asked for and have no entry.
#
# Return the order in which to embed the entries: all row numbers of the gallery, each once.
# After *every* number of entries as many queries as possible are to be answered.


# %% nbgrader={"grade_id": "upgrade_order", "solution": true}
def upgrade_order(names, asked):
    """Row numbers (G,) in order, from names (G,), from 0 up, and asked (people,)."""
    ### BEGIN SOLUTION
    people, first = np.unique(names, return_index=True)
    first = first[np.argsort(-asked[people])]
    return np.concatenate([first, np.setdiff1d(np.arange(len(names)), first)])
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_upgrade_order", "points": 3}
plan = upgrade_order(np.array([2, 0, 0, 1]), np.array([1, 5, 3]))
assert sorted(plan) == [0, 1, 2, 3], f"expected each of the rows 0 to 3 once, got {plan}"
assert plan[0] == 3, f"person 1 is asked for most often, and is entry 3: got {plan[0]} first"
### BEGIN HIDDEN TESTS


def draw_gallery():
    """Names in an order that is no good, and how often each person is asked for."""
    while True:
        people = int(rng.integers(7, 10))
        sizes = rng.permutation(np.append(rng.integers(1, 6, size=people - 3), [0, 2, 3]))
        names = rng.permutation(np.repeat(np.arange(people), sizes))
        asked = rng.integers(1, 30, size=people)
        here = np.flatnonzero(sizes)
        by_asked = here[np.argsort(-asked[here])]
        by_share = here[np.argsort(-asked[here] / sizes[here])]
        late = len(np.unique(names[: len(here)])) < len(here)
        if late and asked[by_asked[1]] > asked[by_share[1]] and sizes[by_asked[0]] > 1:
            return names, asked


def plan_upgrade(names, asked):
    """Queries answered after each number of entries: by the student's plan, and at best; (G,)."""
    order = np.asarray(upgrade_order(names, asked))
    agree(order.shape, names.shape, what="the shape of the order")
    order = [int(row) for row in order]
    holds(sorted(order) == list(range(len(names))), "every row of the gallery comes exactly once")
    seen = names[order]
    answered = [int(asked[np.unique(seen[: k + 1])].sum()) for k in range(len(seen))]
    best = np.zeros(len(names), dtype=int)
    once = np.sort(asked[np.unique(names)])[::-1]
    best[: len(once)] = once
    return np.array(answered), np.cumsum(best)


with part(1, "as early as possible all queries are answered that can be"):
    for _ in range(3):
        answered, best = plan_upgrade(*draw_gallery())
        full = best[-1]
        in_time = np.argmax(answered == full) == np.argmax(best == full)
        holds(bool(in_time), "with one entry of each person all queries are answered")
with part(2, "after every number of entries"):
    for _ in range(3):
        answered, best = plan_upgrade(*draw_gallery())
        holds(answered >= best, "no other order answers more queries after any number of entries")
    names, asked = draw_gallery()
    answered, best = plan_upgrade(names, np.minimum(asked, 9))  # ties: any of them may come first
    holds(answered >= best, "no other order answers more queries after any number of entries")
### END HIDDEN TESTS

# %% [markdown]
# ## 8 · And in no order at all (3 points)
#
# Independent versions again, but `k` of the gallery's entries, drawn at random, each at most once,
# have been embedded anew.
# Which part of all queries is answered, on average over that draw?
# Do not draw: compute it.


# %% nbgrader={"grade_id": "answered_at_random", "solution": true}
def answered_at_random(names, asked, k):
    """A number from 0 to 1, from names (G,) and asked (people,) as above, and k from 0 to G."""
    ### BEGIN SOLUTION
    G, missed = len(names), 0.0
    for person, queries in enumerate(asked):
        entries = np.arange(np.sum(names == person))
        missed += queries * np.prod(np.maximum(G - k - entries, 0) / (G - entries))
    return 1 - missed / np.sum(asked)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_answered_at_random", "points": 3}
half = answered_at_random(np.array([0, 1]), np.array([7, 7]), 1)
assert np.ndim(half) == 0, f"expected one number, got shape {np.shape(half)}"
assert abs(half - 0.5) < 1e-6, f"two people, one of them embedded anew: expected 0.5, got {half}"
### BEGIN HIDDEN TESTS


def check_random(names, asked, k):
    expected = reference.answered_at_random(names, asked, k)
    agree(answered_at_random(names, asked, k), expected, rtol=1e-4, what="the part answered")


def draw_entries(people, most):
    """A gallery of `people` people, and queries; people with more entries are asked for less."""
    sizes = np.sort(rng.integers(1, most, size=people)) + np.arange(people)
    return rng.permutation(np.repeat(np.arange(people), sizes)), np.arange(people, 0, -1) * 5


with part(1, "people with several entries"):
    for people, most in [(4, 4), (6, 8), (9, 30)]:
        names, asked = draw_entries(people, most)
        k = int(rng.integers(2, 1 + len(names) // 3))
        check_random(names, asked, k)
with part(1, "people who are asked for and have no entry"):
    for people in (4, 6):
        names, asked = draw_entries(people, 4)
        asked = np.append(asked, rng.integers(10, 20))
        check_random(names, asked, int(rng.integers(2, 1 + len(names) // 3)))
with part(1, "no entry, nearly all, and all of them"):
    names, asked = draw_entries(5, 6)
    for k in (0, len(names) - 2, len(names)):
        check_random(names, asked, k)
### END HIDDEN TESTS

# %% [markdown]
# ## 9 · Versions that understand each other (3 points, marked by a person)
#
# What are harmonic embeddings, and what are they good for?
# Say also why two networks trained alike do not have them, and how the authors of FaceNet train a
# network that does. Write 100 to 180 words.
#
# *How it is marked.*
# 1 point: what they are, what they save, and that they are not the average of two versions.
# 1 point: why independent trainings cannot be compared, although each by itself is good.
# 1 point: the triplets, which embeddings move, and in which order the layers are trained.

# %% [markdown] nbgrader={"grade_id": "text_harmonic", "points": 3}
# Embeddings of two models are harmonic if they can be compared with each other: the distance
# between a new embedding of one picture and an old one of another says whether both show one
# person.
# A gallery then need not be embedded again before a better network is used; it can be upgraded
# bit by bit.
# This is no averaging: each picture has one embedding, from one network.
#
# The triplet loss sees distances only, and a rotation of all embeddings changes none of them.
# So two trainings end up turned against each other by chance, and a picture's two embeddings are
# as far apart as strangers.
#
# The authors mix both versions in the triplets: anchor, positive and negative may each be a stored
# old embedding or one of the new network.
# Only the new network learns.
# They start from the new network that was trained by itself, draw its last layer anew, train first
# that layer and then all of them.
# In the paper, mixed use does better than the old network alone (its Figure 8).
