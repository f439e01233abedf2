# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 11 · Triplet mining
#
# For an anchor $a$, a positive $p$ (the same person, another picture) and a negative $n$
# (another person), the chapter of the same name called a triplet
#
# - *easy* if $d^2_{an}\ge d^2_{ap}+\alpha$,
# - *semi-hard* if $d^2_{ap}<d^2_{an}<d^2_{ap}+\alpha$,
# - *hard* if $d^2_{an}\le d^2_{ap}$.
#
# Here you count them, find them, and make them.
#
# Each cell that says `raise NotImplementedError` is yours: replace that line.
# Below it stands a check that you can run; more checks run when the notebook is graded.
# Arguments are NumPy arrays; lists are fine as results.
# Change no argument in place: whoever calls your function may need it again.
# Change only your own cells; you may add more of them.

# %% nbgrader={"grade_id": "given_symbols"}
import numpy as np
import sympy as sp

N = sp.Symbol("N", integer=True, positive=True)  # pictures in a batch


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
# ## 1 · Albums of unequal size (3 points)
#
# Real collections do not have the same number of pictures of everyone.
# Given the number of pictures of each person, return the number of triplets, *exactly*.
# Somebody with a single picture is never an anchor, but a fine negative.
# A person may have millions of pictures, and then the count no longer fits into 64 bits.


# %% nbgrader={"grade_id": "count_triplets", "solution": true}
def count_triplets(sizes):
    """The number of triplets, a whole number, for sizes (people,), whole numbers from 1 up."""
    ### BEGIN SOLUTION
    sizes = [int(size) for size in sizes]  # Python's integers have no largest one
    total = sum(sizes)
    return sum(size * (size - 1) * (total - size) for size in sizes)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_count_triplets", "points": 3}
couple = count_triplets(np.array([2, 1]))
assert couple == 2, f"two pictures, each once the anchor, one negative: expected 2, got {couple}"
### BEGIN HIDDEN TESTS
with part(1, "everybody has the same number of pictures"):
    for people, faces in rng.integers(3, 9, size=(3, 2)).tolist():
        got = count_triplets(np.full(people, faces))
        agree(got, reference.count_triplets(np.full(people, faces)), rtol=1e-9, what="the count")
with part(1, "unequal numbers, some people with one picture"):
    for _ in range(3):
        sizes = rng.permutation(np.append(rng.integers(2, 9, size=4), [1, 1, 15]))
        expected = reference.count_triplets(sizes)
        agree(count_triplets(sizes), expected, rtol=1e-9, what="the count")
with part(1, "millions of pictures of each person"):
    for _ in range(3):
        sizes = rng.integers(2_000_000, 4_000_000, size=3)
        exact = bool(count_triplets(sizes) == reference.count_triplets(sizes))
        holds(exact, "the count is exact to the last digit, however large it is")
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · As many as possible (2 points)
#
# A batch holds `N` pictures, the same number of each person.
# Which number of pictures per person gives the most triplets?
# Treat it as a real number; write it with `N`.
#
# (How many people are in such a batch? Would you train with it?)

# %% nbgrader={"grade_id": "best_faces", "solution": true}
# best_faces = pictures per person, an expression in N
### BEGIN SOLUTION
best_faces = (N + 1) / 2
### END SOLUTION

# %% nbgrader={"grade_id": "test_best_faces", "points": 2}
some_faces = at(best_faces, N=100)
assert 1 < some_faces < 100, f"expected a number between 1 and N = 100, got {some_faces}"
### BEGIN HIDDEN TESTS
with part(1, "fewer or more pictures give fewer triplets"):
    for size in rng.integers(5, 20, size=3).tolist():
        faces = at(best_faces, N=size)
        here, less, more = (
            size * (P - 1) * (size - P) for P in (faces, faces - 0.05, faces + 0.05)
        )
        holds(bool(here > less and here > more), "no number nearby gives more triplets")
with part(1, "any size of the batch"):
    symbolically_equal(best_faces, reference.best_faces)
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Rings on a circle (3 points)
#
# On the sphere in three dimensions the share of semi-hard negatives was $\alpha/4$,
# wherever the positive stood.
# In two dimensions embeddings lie on a circle of radius 1.
# Negatives are spread evenly over it.
#
# Return the share of negatives that are semi-hard, for a positive at the squared distance
# `d2_ap`, between 0 and 4.
# The ring may reach beyond the point opposite to the anchor; nothing is farther than that.


# %% nbgrader={"grade_id": "semi_hard_share", "solution": true}
def semi_hard_share(d2_ap, margin):
    """Shares of semi-hard negatives on the circle, of the shape of d2_ap; margin: a number."""
    ### BEGIN SOLUTION
    outer = np.minimum(d2_ap + margin, 4)
    return (np.arccos(1 - outer / 2) - np.arccos(1 - d2_ap / 2)) / np.pi
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_semi_hard_share", "points": 3}
shares = semi_hard_share(np.array([0.0, 2.0]), 2.0)
assert np.shape(shares) == (2,), f"one share for each distance, got shape {np.shape(shares)}"
np.testing.assert_allclose(
    shares, [0.5, 0.5], rtol=1e-4, err_msg="for α = 2 the near and the far half of the circle"
)
### BEGIN HIDDEN TESTS
with part(2, "rings that end before the opposite point"):
    for margin in rng.uniform(0.1, 0.9, size=2):
        distances = rng.uniform(0.2, 3, size=6)
        expected = reference.semi_hard_share(distances, margin)
        agree(semi_hard_share(distances, margin), expected, rtol=1e-3, what="the share")
    distances = rng.uniform(0.2, 3, size=(2, 3))
    expected = reference.semi_hard_share(distances, 0.4)
    agree(semi_hard_share(distances, 0.4), expected, rtol=1e-3, what="the share, any shape")
with part(1, "rings that reach beyond the opposite point"):
    for margin in rng.uniform(0.6, 1.5, size=2):
        distances = rng.uniform(3.5, 3.9, size=4)
        expected = reference.semi_hard_share(distances, margin)
        agree(semi_hard_share(distances, margin), expected, rtol=1e-3, what="the share")
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Mining that never gives up (5 points)
#
# The chapter dropped a pair of anchor and positive whose ring is empty.
# Libraries often keep it; here is one way.
# For *every* anchor–positive pair choose
#
# - the nearest of the anchor's semi-hard negatives, if there is one;
# - otherwise the *farthest* of all its negatives.
#
# Return the triplets as rows `[a, p, n]`, in any order.
# Only if a batch holds a single person are there none.


# %% nbgrader={"grade_id": "mine", "solution": true}
def mine(d2, labels, margin):
    """Triplets (T, 3), one for each pair, from squared distances (N, N) and labels (N,)."""
    ### BEGIN SOLUTION
    same = labels[:, None] == labels
    pairs = np.argwhere(same & ~np.eye(len(labels), dtype=bool))
    a, p = pairs[~same.all(axis=1)[pairs[:, 0]]].T
    d2_ap, d2_an = d2[a, p][:, None], np.where(same[a], np.nan, d2[a])
    ring = (d2_ap < d2_an) & (d2_an < d2_ap + margin)  # comparisons with NaN are False
    nearest = np.where(ring, d2_an, np.inf).argmin(axis=1)
    farthest = np.where(same[a], -np.inf, d2[a]).argmax(axis=1)
    return np.stack([a, p, np.where(ring.any(axis=1), nearest, farthest)], axis=1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_mine", "points": 5}
spots = np.array([0.0, 1.0, 1.2, 3.0])
chosen = mine((spots[:, None] - spots) ** 2, np.array([0, 0, 1, 1]), 0.5)
assert np.shape(chosen) == (4, 3), (
    f"two people with two pictures have 4 pairs: expected shape (4, 3), got {np.shape(chosen)}"
)
assert [0, 1, 2] in np.asarray(chosen).tolist(), (
    "anchor 0 and positive 1 are at 1, picture 2 is at 1.44, in the ring: expected [0, 1, 2]"
)
### BEGIN HIDDEN TESTS


def draw_batch(margin):
    """Distances, labels and what is expected: pairs of both sorts, somebody with one picture."""
    while True:
        labels = rng.permutation(np.repeat([2, 4, 5, 7, 9], [4, 3, 3, 2, 1]))
        z = rng.normal(size=(13, 3)) + 1.2 * rng.normal(size=(10, 3))[labels]
        E = z / np.linalg.norm(z, axis=1, keepdims=True)
        d2 = np.maximum(2 - 2 * E @ E.T, 0)
        # Nothing may hang on rounding: no distance close to another of the same row, or to a ring.
        rows = np.sort(d2, axis=1)
        steps = np.diff(rows, axis=1).min()
        edges = abs(d2[:, :, None] - d2[:, None, :] - margin).min()
        expected = reference.mine(d2, labels, margin)
        inside = in_ring(d2, expected, margin)
        # For some anchor with an empty ring the farthest picture of all shows the same person.
        anchors = expected[~inside, 0]
        own = np.any(labels[d2.argmax(axis=1)[anchors]] == labels[anchors])
        if min(steps, edges) > 1e-5 and own and 5 < inside.sum() < len(inside) - 5:
            return d2, labels, expected, inside


def in_ring(d2, triplets, margin):
    a, p, n = triplets.T
    return (d2[a, p] < d2[a, n]) & (d2[a, n] < d2[a, p] + margin)


def rows_of(triplets):
    """Triplets as a sorted list; they may come in any order, as any numbers that are whole."""
    array = np.asarray(triplets)
    agree(array.shape, (len(array), 3), what="the shape of the triplets")
    return sorted(tuple(int(x) for x in row) for row in array)


with part(1, "every pair of anchor and positive, once, and no other"):
    for margin in (0.3, 0.6):
        d2, labels, expected, _ = draw_batch(margin)
        got = [row[:2] for row in rows_of(mine(d2, labels, margin))]
        wanted = [row[:2] for row in rows_of(expected)]
        holds(all(a != p for a, p in got), "a picture is not its own positive")
        holds(got == wanted, "each pair of pictures of one person gives one triplet, both ways")
with part(2, "pairs with semi-hard negatives: the nearest of them"):
    for margin in (0.3, 0.6):
        d2, labels, expected, inside = draw_batch(margin)
        wanted = rows_of(expected[inside])
        pairs = {row[:2] for row in wanted}
        got = [row for row in rows_of(mine(d2, labels, margin)) if row[:2] in pairs]
        holds(got == wanted, "a pair with semi-hard negatives gets the nearest of them")
    # Exact ties: as far as the positive is hard, as far as the outer edge is easy.
    upper = np.array(
        [[0, 1, 1, 1.5, 3], [0, 0, 0.5, 1.75, 3], [0, 0, 0, 4, 4], [0, 0, 0, 0, 4], [0] * 5]
    )
    got = rows_of(mine(upper + upper.T, np.array([1, 1, 2, 3, 4]), 0.75))
    holds((0, 1, 3) in got, "a negative exactly as far as the positive is hard, not semi-hard")
    holds((1, 0, 4) in got, "a negative exactly at the outer edge of the ring is easy")
with part(1, "pairs without: the farthest negative"):
    for margin in (0.3, 0.6):
        d2, labels, expected, inside = draw_batch(margin)
        wanted = rows_of(expected[~inside])
        pairs = {row[:2] for row in wanted}
        got = [row for row in rows_of(mine(d2, labels, margin)) if row[:2] in pairs]
        holds(got == wanted, "a pair whose ring is empty gets the farthest negative of all")
with part(1, "a batch with one person has no triplets"):
    d2 = draw_batch(0.3)[0][:4, :4]
    holds(len(mine(d2, np.array([3, 3, 3, 3]), 0.3)) == 0, "without negatives there is no triplet")
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · Two machines, one mean (3 points)
#
# A batch is shared out among machines.
# Each reports the mean loss of *its* active triplets, and how many those are.
# A machine without an active triplet reports NaN as its mean: 0 divided by 0.
#
# Return the mean loss of the active triplets of the whole batch.
# If no machine has any, return 0.


# %% nbgrader={"grade_id": "combine", "solution": true}
def combine(means, active):
    """The mean over all active triplets, a number, from means (K,) and numbers active (K,)."""
    ### BEGIN SOLUTION
    if not np.any(active):
        return 0.0
    busy = active > 0
    return np.sum(means[busy] * active[busy]) / np.sum(active)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_combine", "points": 3}
together = combine(np.array([0.5, 0.5]), np.array([3, 100]))
assert np.ndim(together) == 0, f"expected one number, got shape {np.shape(together)}"
assert abs(together - 0.5) < 1e-6, f"two equal means have that mean: 0.5, got {together}"
### BEGIN HIDDEN TESTS


def machines(count, idle):
    active = rng.integers(1, 9, size=count) * rng.integers(1, 60, size=count)
    active[0] += 500  # one machine has found more than the others
    means = rng.uniform(0.1, 1.5, size=count)
    asleep = 1 + rng.permutation(count - 1)[:idle]
    active[asleep], means[asleep] = 0, np.nan
    return means, active


with part(1, "machines with unequal numbers of active triplets"):
    for count in (2, 5):
        report = machines(count, 0)
        agree(combine(*report), reference.combine(*report), rtol=1e-4, what="the common mean")
with part(1, "some machines have no active triplet"):
    for count, idle in [(4, 1), (6, 3)]:
        report = machines(count, idle)
        agree(combine(*report), reference.combine(*report), rtol=1e-4, what="the common mean")
with part(1, "no machine has any"):
    nothing = combine(np.full(3, np.nan), np.zeros(3, dtype=int))
    agree(nothing, 0.0, rtol=0, atol=1e-9, what="the mean of no triplets")
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · Nothing but semi-hard (3 points)
#
# Place the pictures so that *every* triplet of the batch is semi-hard.
# You are given the labels, `(N,)`, of up to six people, and the margin, between 0.05 and 1.
# Return embeddings `(N, D)`, rows of length 1, in a dimension of your choice.
#
# (What would hard mining choose here, and what does a collapsed batch give?)


# %% nbgrader={"grade_id": "all_semi_hard", "solution": true}
def all_semi_hard(labels, margin):
    """Embeddings (N, D) of length 1 for labels (N,): every triplet is semi-hard."""
    ### BEGIN SOLUTION
    # One place for each person; any two places at the same squared distance, margin / 2.
    people, person = np.unique(labels, return_inverse=True)
    share = margin / 4
    places = np.hstack(
        [np.full((len(people), 1), np.sqrt(1 - share)), np.sqrt(share) * np.eye(len(people))]
    )
    return places[person]
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_all_semi_hard", "points": 3}
packed = all_semi_hard(np.array([0, 0, 1, 1]), 0.2)
assert np.ndim(packed) == 2 and len(packed) == 4, (
    f"expected four rows, shape (4, D), got {np.shape(packed)}"
)
lengths = np.linalg.norm(packed, axis=1)
assert np.allclose(lengths, 1, atol=1e-3), f"rows of length 1, got lengths {lengths}"
### BEGIN HIDDEN TESTS


def place_people(people, margin):
    """The gaps d²an − d²ap of all triplets, for people in any order with two to four pictures."""
    names = rng.permutation([1, 2, 4, 6, 7, 9])[:people]
    labels = rng.permutation(np.repeat(names, rng.integers(2, 5, size=people)))
    E = np.asarray(all_semi_hard(labels, margin), dtype=float)
    agree(E.shape[:1], labels.shape, what="the number of rows")
    agree(np.sum(E**2, axis=1), np.ones(len(E)), rtol=1e-3, what="the squared lengths")
    d2 = np.sum((E[:, None] - E) ** 2, axis=2)
    same = labels[:, None] == labels
    chosen = (same & ~np.eye(len(E), dtype=bool))[:, :, None] & ~same[:, None, :]
    return (d2[:, None, :] - d2[:, :, None])[chosen]


def check_semi_hard(cases):
    for people, margin in cases:
        gaps = place_people(people, margin)
        holds(np.all(gaps > 1e-13), "every negative is farther from the anchor than the positive")
        holds(np.all(gaps < margin), "every negative is inside the margin")


with part(1, "two people"):
    check_semi_hard([(2, 0.2), (2, rng.uniform(0.05, 0.1)), (2, rng.uniform(0.8, 1))])
with part(2, "three to six people"):
    check_semi_hard([(3, rng.uniform(0.3, 0.7)), (5, 0.2), (6, rng.uniform(0.05, 0.1)), (6, 0.9)])
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · Too many, and which ones (3 points, marked by a person)
#
# What is the trouble with generating all possible triplets, and how do the authors of FaceNet
# deal with it?
# Say also what they mean by semi-hard negatives, and why they do not take the hardest.
# Write 100 to 180 words.
#
# *How it is marked.*
# 1 point: the trouble: how many there are, and why most of them do not help.
# 1 point: the remedy: where and when triplets are chosen, how a batch is filled, which pairs count.
# 1 point: semi-hard with both of its bounds, and what the hardest negatives lead to.

# %% [markdown] nbgrader={"grade_id": "text_too_many", "points": 3}
# For $N$ pictures with $P$ of each person there are $N(P-1)(N-P)$ triplets, about $10^8$ in a
# batch of 1,800 and far more in the training set.
# Most are easy: they fulfil the constraint already, have loss and gradient 0, and only cost time.
#
# The authors choose triplets online, within large batches, with the current embeddings.
# A batch holds about 40 pictures of each of its people, and random negatives, so that there are
# positive pairs to compare.
# They use all anchor–positive pairs instead of the hardest positives.
#
# For each pair the negative should be semi-hard: farther from the anchor than the positive, but by
# less than the margin, so that the triplet is active.
# The hardest negatives are nearer than the positive.
# Early in training they make shrinking all distances pay, and the network can collapse to one
# point; wrong labels and bad pictures are over-represented among them, too.
