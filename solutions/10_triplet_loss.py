# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 10 · Triplet loss
#
# For embeddings $a$ (anchor), $p$ (positive) and $n$ (negative), rows of length 1,
# the chapter of the same name minimised
#
# $$L=\bigl[\,\lVert a-p\rVert^2-\lVert a-n\rVert^2+\alpha\,\bigr]_+,
#   \qquad \frac{\partial L}{\partial (a,p,n)}=\bigl(2(n-p),\ 2(p-a),\ 2(a-n)\bigr)$$
#
# where the gradient is that of an active triplet.
# Through $e=z/\lVert z\rVert$ a gradient $g$ becomes $(g-(ge^\top)e)/\lVert z\rVert$.
# Here you change the loss, the distance and the number of people,
# and place embeddings where training goes wrong.
#
# Each cell that says `raise NotImplementedError` is yours: replace that line.
# Below it stands a check that you can run; more checks run when the notebook is graded.
# Arguments are NumPy arrays; lists are fine as results.
# Change no argument in place: whoever calls your function may need it again.
# Change only your own cells; you may add more of them.

# %% nbgrader={"grade_id": "given_symbols"}
import numpy as np
import sympy as sp

alpha, d_ap = sp.symbols("alpha d_ap", positive=True)  # margin α, distance ‖a − p‖ (no square)
eta, t, r = sp.symbols("eta t r", positive=True)  # step size η, tangent part t, length r = ‖z‖
C = sp.Symbol("C", integer=True, positive=True)  # number of people


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


def mean_loss_on_circle(first, second, margin=0.2):
    """Mean loss of all triplets of two people, given the angles of their pictures in degrees."""
    angles = np.radians(np.concatenate([first, second]).astype(float))
    person = np.repeat([0, 1], [len(first), len(second)])
    d2 = 2 - 2 * np.cos(angles[:, None] - angles)
    losses = [
        max(d2[a, p] - d2[a, n] + margin, 0.0)
        for a in range(len(angles))
        for p in range(len(angles))
        for n in range(len(angles))
        if a != p and person[a] == person[p] and person[a] != person[n]
    ]
    return float(np.mean(losses))


# %% [markdown]
# ## 1 · A margin for unsquared distances (2 points)
#
# A library leaves out the squares: its loss is $[\,\lVert a-p\rVert-\lVert a-n\rVert+m\,]_+$.
# The positive stands at the distance $d_{ap}=\lVert a-p\rVert$ from its anchor.
# For which $m$ are exactly the same negatives active as with squared distances and $\alpha$?
#
# Write it with `d_ap` and `alpha`.
# (Does one $m$ serve all pairs?)

# %% nbgrader={"grade_id": "unsquared_margin", "solution": true}
# unsquared_margin = m, an expression in d_ap and alpha
### BEGIN SOLUTION
unsquared_margin = sp.sqrt(d_ap**2 + alpha) - d_ap
### END SOLUTION

# %% nbgrader={"grade_id": "test_unsquared_margin", "points": 2}
some_margin = at(unsquared_margin, d_ap=0.9, alpha=0.5)
assert some_margin > 0, f"a margin is positive, got {some_margin}"
### BEGIN HIDDEN TESTS
with part(1, "a positive that almost coincides with its anchor"):
    for number in rng.uniform(0.3, 0.9, size=2):
        got = at(unsquared_margin, d_ap=1e-9, alpha=number)
        agree(got, np.sqrt(number), rtol=1e-6, what="m for a positive on top of its anchor")
with part(1, "any distance, any margin"):
    for number, distance in rng.uniform(0.3, 1.2, size=(3, 2)):
        m = at(unsquared_margin, d_ap=distance, alpha=number)
        negatives = np.linspace(0, 2, 500)
        squared = distance**2 - negatives**2 + number > 0
        holds(
            np.array_equal(distance - negatives + m > 0, squared),
            "both losses are active for the same negatives",
        )
    symbolically_equal(unsquared_margin, reference.unsquared_margin)
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · How far a step turns (2 points)
#
# The network's output $z$ has the length $r$; the embedding is $e=z/r$.
# The gradient $g$ with respect to $e$ consists of a part along $e$
# and a part at right angles to it, which has the length $t$.
# One step of gradient descent changes the output to $z-\eta\,\partial L/\partial z$.
# The embedding is normalised again after the step.
#
# By which angle, in radians, does the embedding turn?
# The step need not be small.
# Write it with `eta`, `t` and `r`.

# %% nbgrader={"grade_id": "turning_angle", "solution": true}
# turning_angle = the angle, an expression in eta, t and r
### BEGIN SOLUTION
turning_angle = sp.atan(eta * t / r**2)
### END SOLUTION

# %% nbgrader={"grade_id": "test_turning_angle", "points": 2}
some_angle = at(turning_angle, eta=0.1, t=0.7, r=1.3)
assert 0 < some_angle < np.pi, f"an angle of less than half a turn, got {some_angle}"
### BEGIN HIDDEN TESTS


def turned(step, tangent, length):
    """The angle of one real step, in five dimensions."""
    z, g = rng.normal(size=(2, 5))
    z *= length / np.linalg.norm(z)
    e = z / length
    across = g - (g @ e) * e
    slope = (across * (tangent / np.linalg.norm(across))) / length
    after = z - step * slope
    return np.arctan2(np.linalg.norm(after - (after @ e) * e), after @ e)


with part(1, "small steps, lengths other than 1"):
    for length in (rng.uniform(0.4, 0.7), rng.uniform(2, 4)):
        step = 1e-5 * length**2
        got = at(turning_angle, eta=step, t=0.8, r=length)
        agree(got, turned(step, 0.8, length), rtol=1e-4, atol=0, what="the angle of a small step")
with part(1, "steps of any size"):
    for length in (rng.uniform(0.4, 0.7), rng.uniform(1.5, 2.5)):
        got = at(turning_angle, eta=1.7, t=0.8, r=length)
        agree(got, turned(1.7, 0.8, length), rtol=1e-4, what="the angle of a large step")
    symbolically_equal(turning_angle, reference.turning_angle)
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · A hinge with a round corner (5 points)
#
# The hinge forgets a triplet as soon as it is easy.
# A softer loss never quite does.
# With $u=\lVert a-p\rVert^2-\lVert a-n\rVert^2+\alpha$ and a *temperature* $\tau>0$ let
#
# $$\ell(u)=\tau\ln\bigl(1+e^{u/\tau}\bigr),$$
#
# which tends to $[u]_+$ as $\tau\to0$.
# The loss is the *mean* of $\ell(u)$ over all triplets.
#
# Return the loss and its gradient with respect to the network's outputs `z`, which are not
# normalised; $a$, $p$, $n$ are rows of `z` divided by their lengths.
# A row may be part of several triplets.
# The temperature may be as small as 0.001, where $e^{u/\tau}$ overflows: your loss must not.


# %% nbgrader={"grade_id": "rounded_loss", "solution": true}
def rounded_loss(z, triplets, margin, tau):
    """(loss, gradient): z (N, D), triplets (T, 3) rows of anchor, positive, negative; (N, D)."""
    ### BEGIN SOLUTION
    lengths = np.linalg.norm(z, axis=1, keepdims=True)
    E = z / lengths
    rows_a, rows_p, rows_n = np.transpose(triplets)
    a, p, n = E[rows_a], E[rows_p], E[rows_n]
    u = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin
    loss = tau * np.mean(np.logaddexp(0, u / tau))
    slope = np.exp(-np.logaddexp(0, -u / tau))[:, None] / len(u)  # dL/du of each triplet
    gradient = np.zeros_like(E)
    np.add.at(gradient, rows_a, 2 * slope * (n - p))
    np.add.at(gradient, rows_p, 2 * slope * (p - a))
    np.add.at(gradient, rows_n, 2 * slope * (a - n))
    along = np.sum(gradient * E, axis=1, keepdims=True)
    return loss, (gradient - along * E) / lengths
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_rounded_loss", "points": 5}
outputs = np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 3.0], [-1.0, 0.5]])
both = rounded_loss(outputs, np.array([[0, 1, 2]]), 0.2, 0.5)
assert isinstance(both, tuple | list) and len(both) == 2, "return two things: loss, gradient"
assert np.ndim(both[0]) == 0, f"the loss is one number, got shape {np.shape(both[0])}"
assert np.shape(both[1]) == (4, 2), f"expected a gradient (4, 2), got {np.shape(both[1])}"
### BEGIN HIDDEN TESTS


def draw_outputs(rows):
    dim = int(rng.integers(3, 6))
    return rng.normal(size=(rows, dim)) * rng.uniform(0.5, 3, size=(rows, 1))


def check_rounded(function_part, z, triplets, alpha_now, tau):
    got = rounded_loss(z, triplets, alpha_now, tau)
    expected = reference.rounded_loss(z, triplets, alpha_now, tau)
    if function_part == "loss":
        agree(got[0], expected[0], rtol=1e-4, what="the loss")
    else:
        agree(got[1], expected[1], rtol=1e-4, what="the gradient with respect to z")


with part(1, "the loss"):
    for tau in (0.3, 1.7):
        triplets = rng.permutation(12).reshape(4, 3)
        check_rounded("loss", draw_outputs(12), triplets, rng.uniform(0.3, 0.6), tau)
with part(2, "the gradient, each row in one triplet"):
    for tau in (0.3, 1.7):
        triplets = rng.permutation(12).reshape(4, 3)
        check_rounded("gradient", draw_outputs(12), triplets, rng.uniform(0.3, 0.6), tau)
with part(1, "the gradient, rows in several triplets"):
    for tau in (0.4, 0.9):
        triplets = np.array([[0, 1, 2], [0, 1, 3], [1, 0, 3], [2, 4, 0], [0, 5, 3]])
        check_rounded("gradient", draw_outputs(6), triplets, rng.uniform(0.3, 0.6), tau)
with part(1, "a small temperature"):
    # One triplet with u near 3 and one with u near −2: e^(u/τ) overflows and underflows.
    angles = np.radians([0, 150, 20, 10, 150]) + rng.uniform(0, 0.05, size=5)
    z = np.stack([np.cos(angles), np.sin(angles)], axis=1) * rng.uniform(1, 2, size=(5, 1))
    triplets = np.array([[0, 1, 2], [0, 3, 4]])
    check_rounded("loss", z, triplets, 0.2, 0.001)
    check_rounded("gradient", z, triplets, 0.2, 0.001)
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Room on the sphere (3 points)
#
# There are `C` people, at least two, each with any number of pictures,
# and the dimension is as large as you like.
# Up to which margin $\alpha$ can *all* triplets be easy, if the embeddings are placed as well as
# possible? (A triplet with $\lVert a-p\rVert^2+\alpha=\lVert a-n\rVert^2$ counts as easy.)
#
# Two hints.
# What is the best place for the pictures of one person?
# For points $e_1,\dots,e_C$ of length 1, $\lVert e_1+\dots+e_C\rVert^2\ge0$.

# %% nbgrader={"grade_id": "largest_margin", "solution": true}
# largest_margin = the margin, an expression in C
### BEGIN SOLUTION
largest_margin = 2 * C / (C - 1)
### END SOLUTION

# %% nbgrader={"grade_id": "test_largest_margin", "points": 3}
two_people = at(largest_margin, C=2)
assert abs(two_people - 4) < 1e-9, f"two people sit opposite each other: 4, got {two_people}"
### BEGIN HIDDEN TESTS
with part(1, "three people, a triangle"):
    corners = np.radians([0.0, 120.0, 240.0])
    d2 = 2 - 2 * np.cos(corners[:, None] - corners)
    agree(at(largest_margin, C=3), d2[0, 1], rtol=1e-6, what="the margin for three people")
with part(2, "any number of people"):
    symbolically_equal(largest_margin, reference.largest_margin)
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · Worse than saying nothing (3 points)
#
# A collapsed embedding has the loss $\alpha=0.2$ for every triplet.
# Can embeddings that tell two people apart *perfectly* have a greater loss?
#
# The first person has two pictures on the circle, at the angles `first`, `(2,)`, in degrees.
# Return two angles for the second person such that
#
# - a straight cut separates the two people: going round the circle,
#   one does not meet them in turns (first, second, first, second);
# - each picture of the second person is at least one degree away from each of the first;
# - the mean loss over all 8 triplets is greater than 0.3.
#
# `mean_loss_on_circle(first, second)` computes that loss.
# The angles in `first` are 30 to 150 degrees apart; angles may be negative or greater than 360.


# %% nbgrader={"grade_id": "bad_neighbours", "solution": true}
def bad_neighbours(first):
    """Two angles (2,) in degrees of the second person, for those of the first (2,)."""
    ### BEGIN SOLUTION
    # Just outside the two ends: each picture has a stranger at 2 degrees and its own far away.
    low, high = sorted(first)
    return np.array([low - 2, high + 2])
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_bad_neighbours", "points": 3}
neighbours = bad_neighbours(np.array([10.0, 100.0]))
assert np.shape(neighbours) == (2,), f"expected two angles, got shape {np.shape(neighbours)}"
assert np.all(np.isfinite(neighbours)), "the angles must be finite numbers"
### BEGIN HIDDEN TESTS


def place_neighbours():
    """The conditions that four placements fulfil: apart, cut, loss."""
    results = []
    for spread in [*rng.uniform(32, 38, size=2), *rng.uniform(60, 148, size=2)]:
        start = rng.uniform(0, 360)
        first = np.array([start, start + spread])[:: rng.choice([-1, 1])]
        second = np.asarray(bad_neighbours(first), dtype=float)
        agree(second.shape, (2,), what="the shape of the angles")
        holds(np.all(np.isfinite(second)), "the angles must be finite numbers")
        gaps = (second[:, None] - first + 180) % 360 - 180
        between = (second - first.min()) % 360 < spread
        loss = mean_loss_on_circle(first, second)
        results.append((abs(gaps).min() > 0.99, between.all() or not between.any(), loss > 0.3))
    return np.array(results).T


with part(1, "a straight cut separates the two people, who keep a degree apart"):
    apart, cut, _ = place_neighbours()
    holds(apart, "each picture of the second person is at least a degree from each of the first")
    holds(cut, "going round the circle, the two people must not take turns")
with part(2, "the mean loss is greater than 0.3, and the cut is still there"):
    apart, cut, loss = place_neighbours()
    holds(apart & cut, "a straight cut must separate the two people, who keep a degree apart")
    holds(loss, "the mean loss over all triplets must be greater than 0.3")
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · Stuck, but not collapsed (3 points)
#
# A collapsed embedding is not the only one that gradient descent cannot leave.
# Find another.
# You are given the labels of `N` pictures, `(N,)`, at least two people with at least two
# pictures each, and one direction, `(D,)`, which is not zero.
#
# Return embeddings `E`, `(N, D)`, rows of length 1, such that
#
# - every picture lies on the line through `direction` or its opposite;
# - not all pictures lie in the same place;
# - at least one triplet has a positive loss ($\alpha=0.2$);
# - whatever triplets are chosen, no picture feels a force along the sphere.
#
# (Which of these do you get for nothing?)


# %% nbgrader={"grade_id": "stuck", "solution": true}
def stuck(labels, direction):
    """Embeddings (N, D) of length 1 for labels (N,), on the line through direction (D,)."""
    ### BEGIN SOLUTION
    E = np.tile(direction / np.linalg.norm(direction), (len(labels), 1))
    E[0] *= -1  # at the opposite pole, far from its own and from everyone
    return E
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_stuck", "points": 3}
fixed = stuck(np.array([0, 0, 1, 1]), np.array([3.0, 4.0, 0.0]))
assert np.shape(fixed) == (4, 3), f"expected shape (4, 3), got {np.shape(fixed)}"
### BEGIN HIDDEN TESTS


def draw_people(people):
    """Labels of some people in any order, with a direction of any length."""
    names = rng.permutation([3, 5, 8, 9])[:people]
    labels = rng.permutation(np.repeat(names, rng.integers(2, 5, size=people)))
    direction = rng.normal(size=int(rng.integers(2, 6))) * rng.uniform(2, 5)
    return labels, direction


def placed(labels, direction):
    E = np.asarray(stuck(labels, direction), dtype=float)
    agree(E.shape, (len(labels), len(direction)), what="the shape of E")
    agree(np.sum(E**2, axis=1), np.ones(len(E)), rtol=1e-4, what="the squared lengths")
    return E


with part(1, "no force along the sphere, whatever the triplets"):
    for people in (2, 2, 3):
        labels, direction = draw_people(people)
        E = placed(labels, direction)
        cosines = E @ E.T
        forces = 2 * np.sqrt(np.maximum(1 - cosines**2, 0))
        holds(np.all(forces < 1e-2), "no picture may feel a force from another: look at the angle")
        line = E @ direction / np.linalg.norm(direction)
        holds(np.all(abs(line) > 0.999), "every picture lies on the line through direction")
with part(2, "not collapsed, and not solved either"):
    cases = [draw_people(people) for people in (2, 2, 3)]
    # People who stand in turns, or one after the other: signs by position may solve them.
    orders = [4, 4, 7, 7], [4, 7, 4, 7]
    cases += [(np.array(names), rng.normal(size=3)) for names in orders]
    for labels, direction in cases:
        E = placed(labels, direction)
        d2 = 2 - 2 * E @ E.T
        holds(d2.max() > 2, "not all pictures may lie in the same place")
        same = labels[:, None] == labels
        u = d2[:, :, None] - d2[:, None, :] + 0.2
        chosen = (same & ~np.eye(len(E), dtype=bool))[:, :, None] & ~same[:, None, :]
        holds(np.any(u[chosen] > 0.1), "at least one triplet must have a positive loss")
        cosines = E @ E.T
        holds(np.all(abs(cosines) > 0.999), "all pictures lie in one place or in the opposite one")
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · Not a classifier (3 points, marked by a person)
#
# Describe the triplet loss briefly, and say how it differs from a typical supervised objective
# such as classification with cross-entropy, in 80 to 150 words.
#
# *How it is marked.*
# 1 point: what is compared with what, and the part of margin and hinge.
# 1 point: what labels are used for, and what follows for people who are not in the training set.
# 1 point: one more difference with its reason, for example what the loss does when the wish is
# fulfilled, what it leaves free, or what has to be chosen.

# %% [markdown] nbgrader={"grade_id": "text_not_a_classifier", "points": 3}
# The triplet loss looks at three pictures at a time: an anchor, a positive of the same person and
# a negative of another.
# It asks that the anchor's squared distance to the positive be smaller than that to the negative
# by at least the margin, and is the amount by which this fails; the hinge makes it 0 otherwise.
#
# A classifier has an output for every person in the training set, and each label says which output
# should win.
# Here labels only decide whether two pictures show the same person.
# No part of the network belongs to anyone, so people never seen can be compared by their distance.
#
# Cross-entropy is never 0 and gives each person a direction.
# The triplet loss is about relations only: turning all embeddings changes nothing, one person's
# pictures may stay spread out, and easy triplets teach nothing, so that triplets must be chosen.
