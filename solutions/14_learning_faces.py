# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 14 · Learning faces
#
# The chapter of the same name trained a small network on the faces of thirty people.
# Here you build parts that another one would need: a convolution for sound, a step that forgets,
# moved pictures, batches that use every picture once, groups of pictures, and an honest error.
# No faces are needed: the arrays are made up.
#
# Each cell that says `raise NotImplementedError` is yours: replace that line.
# Below it stands a check that you can run; more checks run when the notebook is graded.
# Arguments are NumPy arrays; lists are fine as results.
# Change no argument in place: whoever calls your function may need it again.
# Change only your own cells; you may add more of them.

# %% nbgrader={"grade_id": "given_imports"}
import numpy as np

# %% [markdown]
# ## 1 · A convolution along time (5 points)
#
# Sound has one axis where pictures have two.
# A layer takes `x`, `(B, N, C)`: `B` recordings of `N` moments with `C` channels.
# At each of the `N − k + 1` places where a patch of `k` moments fits, it multiplies the patch with
# its weights `W`, `(k, C, M)`, and adds up; nothing is padded, the stride is 1:
#
# $$Y_{b,i,m} = \sum_{j=0}^{k-1}\sum_{c} x_{b,i+j,c}\,W_{j,c,m}.$$
#
# Given `G`, `(B, N − k + 1, M)`, the gradient of a loss with respect to `Y`, return two arrays:
# the gradients with respect to `x`, `(B, N, C)`, and with respect to `W`, `(k, C, M)`.


# %% nbgrader={"grade_id": "convolution_gradients", "solution": true}
def convolution_gradients(x, W, G):
    """Gradients with respect to x (B, N, C) and to W (k, C, M), from G (B, N − k + 1, M)."""
    ### BEGIN SOLUTION
    by_x, by_W = np.zeros(x.shape), np.zeros(W.shape)
    places = G.shape[1]
    for j in range(len(W)):
        by_x[:, j : j + places] += G @ W[j].T
        by_W[j] = np.einsum("bic,bim->cm", x[:, j : j + places], G)
    return by_x, by_W
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_convolution_gradients", "points": 5}
by_x, by_W = convolution_gradients(np.ones((1, 3, 1)), np.ones((2, 1, 1)), np.ones((1, 2, 1)))
assert np.shape(by_x) == (1, 3, 1), f"by x: expected the shape of x, got {np.shape(by_x)}"
assert np.shape(by_W) == (2, 1, 1), f"by W: expected the shape of W, got {np.shape(by_W)}"
np.testing.assert_allclose(
    np.ravel(by_x)[0], 1, err_msg="the first moment is part of one patch only: gradient 1"
)
### BEGIN HIDDEN TESTS
cases = [(2, 6, 3, 2, 4), (1, 5, 1, 3, 2), (3, 4, 2, 4, 1), (2, 7, 2, 1, 3)]  # B, N, C, k, M
inputs = [
    (
        rng.normal(size=(B, moments, C)),
        rng.normal(size=(k, C, M)),
        rng.normal(size=(B, moments - k + 1, M)),
    )
    for B, moments, C, k, M in cases
]
with part(3, "the gradient with respect to x"):
    for x, W, G in inputs:
        expected = reference.convolution_gradients(x, W, G)[0]
        agree(convolution_gradients(x, W, G)[0], expected, rtol=1e-4, atol=1e-5, what="by x")
with part(2, "the gradient with respect to W"):
    for x, W, G in inputs:
        expected = reference.convolution_gradients(x, W, G)[1]
        agree(convolution_gradients(x, W, G)[1], expected, rtol=1e-4, atol=1e-5, what="by W")
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Steps that forget (4 points)
#
# AdaGrad adds up all squared gradients since the beginning, so its steps only ever shrink.
# Let it forget: keep, for each weight, a decaying mean of the squares,
#
# $$m_t = \beta\,m_{t-1}+(1-\beta)\,g_t^2,\qquad m_0=0.$$
#
# It starts too small, because $m_0=0$; dividing by $1-\beta^t$ corrects that.
# The weight then changes by $-\eta\,g_t\big/\sqrt{m_t/(1-\beta^t)}$, with $t=1,2,\dots$
#
# Return all changes of all weights, `(T, n)`, for gradients `(T, n)`.
# A weight whose gradients have all been 0 so far does not change.


# %% nbgrader={"grade_id": "forgetful_steps", "solution": true}
def forgetful_steps(gradients, rate, decay):
    """Changes (T, n) from gradients (T, n); rate is η and decay β, between 0 and 1."""
    ### BEGIN SOLUTION
    mean, changes = np.zeros(gradients.shape[1]), []
    for t, g in enumerate(gradients, start=1):
        mean = decay * mean + (1 - decay) * g**2
        corrected = np.sqrt(mean / (1 - decay**t))
        changes.append(-rate * g / np.where(corrected > 0, corrected, 1))
    return np.array(changes)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_forgetful_steps", "points": 4}
changes = forgetful_steps(np.full((3, 2), 5.0), 0.1, 0.9)
assert np.shape(changes) == (3, 2), f"expected shape (3, 2), got {np.shape(changes)}"
np.testing.assert_allclose(
    changes, -0.1, rtol=1e-4, err_msg="gradients that stay the same: every step has the size η"
)
### BEGIN HIDDEN TESTS
with part(3, "gradients that change"):
    for T, n, decay in [(6, 3, 0.5), (9, 2, 0.9), (4, 1, 0.2)]:
        g, rate = rng.normal(size=(T, n)) * rng.uniform(0.2, 5, size=n), rng.uniform(0.01, 1)
        expected = reference.forgetful_steps(g, rate, decay)
        agree(forgetful_steps(g, rate, decay), expected, rtol=1e-4, what="the changes")
with part(1, "a weight whose gradients begin with 0"):
    g = rng.normal(size=(5, 2))
    g[:2, 1] = 0
    expected = reference.forgetful_steps(g, 0.3, 0.8)
    agree(forgetful_steps(g, 0.3, 0.8), expected, rtol=1e-4, atol=1e-12, what="the changes")
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Moved pictures (3 points)
#
# Move each picture of a batch, `(B, H, W)`, by whole pixels of its own, `(B, 2)`: down and to the
# right; negative numbers move it up and to the left.
# What moves out is lost; where nothing comes from, the value at the border goes on.
# No number is larger than the picture.


# %% nbgrader={"grade_id": "moved", "solution": true}
def moved(images, moves):
    """Pictures (B, H, W), each moved by its row of moves (B, 2), (down, right), integers."""
    ### BEGIN SOLUTION
    B, H, W = images.shape
    rows = np.clip(np.arange(H) - moves[:, :1], 0, H - 1)  # (B, H)
    columns = np.clip(np.arange(W) - moves[:, 1:], 0, W - 1)  # (B, W)
    return images[np.arange(B)[:, None, None], rows[:, :, None], columns[:, None, :]]
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_moved", "points": 3}
one = moved(np.array([[[1.0, 2.0, 3.0]]]), np.array([[0, 1]]))
assert np.shape(one) == (1, 1, 3), f"expected the shape of the pictures, got {np.shape(one)}"
np.testing.assert_allclose(
    np.asarray(one)[0, 0, 1:], [1, 2], err_msg="one to the right: 1 and 2 stand where 2 and 3 were"
)
### BEGIN HIDDEN TESTS
with part(1, "all pictures moved alike"):
    for move in ([2, 0], [0, -2], [1, 3]):
        images, moves = rng.normal(size=(3, 5, 6)), np.array([move] * 3)
        agree(moved(images, moves), reference.moved(images, moves), rtol=1e-5, what="the pictures")
with part(2, "each by its own numbers"):
    for shape in [(6, 5, 7), (5, 6, 4)]:
        images, moves = rng.normal(size=shape), rng.integers(-3, 4, size=(shape[0], 2))
        moves[:2] = [[2, -1], [-1, 3]]
        agree(moved(images, moves), reference.moved(images, moves), rtol=1e-5, what="the pictures")
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Every picture once (4 points)
#
# The chapter drew each batch anew, so some pictures were seen more often than others.
# Plan an *epoch* instead: batches in which every picture comes up exactly once, and each batch
# holds `people` different people with `faces` pictures each.
#
# Labels, `(N,)`, may be any integers in any order.
# Everybody has equally many pictures, a multiple of `faces`, and the number of people is a multiple
# of `people`.
# Return the rows of all batches, `(number of batches, people · faces)`.
# Use `rng`, so that pictures *and* people meet in different batches from epoch to epoch.


# %% nbgrader={"grade_id": "epoch", "solution": true}
def epoch(labels, people, faces, rng):
    """Rows (batches, people · faces) in which every row number occurs once; rng: a Generator."""
    ### BEGIN SOLUTION
    names = np.unique(labels)
    rows = np.array([rng.permutation(np.flatnonzero(labels == name)) for name in names])
    batches = []
    for start in range(0, rows.shape[1], faces):
        order = rng.permutation(len(names))
        for first in range(0, len(names), people):
            batches.append(rows[order[first : first + people], start : start + faces].ravel())
    return np.array(batches)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_epoch", "points": 4}
plan = epoch(np.array([7, 7, 3, 3]), 2, 1, np.random.default_rng(0))
assert np.shape(plan) == (2, 2), f"4 pictures, 2 in a batch: expected (2, 2), got {np.shape(plan)}"
assert sorted(np.ravel(plan)) == [0, 1, 2, 3], f"expected each of the rows 0 to 3 once, got {plan}"
### BEGIN HIDDEN TESTS


def plans(people, faces, groups, rounds):
    """Labels and two plans for them, from different seeds."""
    names = rng.permutation(50)[: people * groups]
    labels = rng.permutation(np.repeat(names, faces * rounds))
    shape = (groups * rounds, people * faces)
    found = []
    for _ in range(2):
        seed = int(rng.integers(10**6))
        plan = np.asarray(epoch(labels, people, faces, np.random.default_rng(seed)))
        agree(plan.shape, shape, what="the shape of the plan")
        found.append(plan.astype(int))
    return labels, found


sizes = [(3, 2, 2, 3), (2, 4, 3, 2), (4, 3, 2, 2)]
with part(1, "every picture once"):
    for size in sizes:
        labels, found = plans(*size)
        for plan in found:
            once = sorted(plan.ravel().tolist()) == list(range(len(labels)))
            holds(once, "every row number occurs exactly once in an epoch")
with part(2, "so many people, so many pictures of each"):
    for people, faces, groups, rounds in sizes:
        labels, found = plans(people, faces, groups, rounds)
        for plan in found:
            holds(plan.min() >= 0 and plan.max() < len(labels), "row numbers of the labels")
            for batch in plan:
                _, counts = np.unique(labels[batch], return_counts=True)
                holds(len(counts) == people, "a batch holds as many people as it was asked to")
                holds(bool((counts == faces).all()), "a batch holds as many pictures of each")
with part(1, "different from epoch to epoch"):
    meets, sees = set(), set()
    for _ in range(4):
        labels = np.repeat(np.arange(8), 6)
        seed = int(rng.integers(10**6))
        plan = np.asarray(epoch(labels, 4, 3, np.random.default_rng(seed))).astype(int)
        meets.add(frozenset(frozenset(labels[batch].tolist()) for batch in plan))
        shared = (
            [row for row in batch.tolist() if labels[row] == y] for batch in plan for y in range(8)
        )
        sees.add(frozenset(frozenset(rows) for rows in shared))
    holds(len(meets) > 1, "which people share a batch changes from epoch to epoch")
    holds(len(sees) > 1, "which pictures of a person share a batch changes, too")
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · Groups by chains (4 points)
#
# The chapter merged groups by the *mean* distance of their pictures.
# Do it by chains: two pictures belong to the same group if one can go from one to the other in
# steps of squared distance at most `d`, over as many pictures as needed.
#
# Return one number for each picture, `(N,)`, equal within a group and different between groups.
# Which numbers they are is up to you.


# %% nbgrader={"grade_id": "chain_groups", "solution": true}
def chain_groups(d2, d):
    """A number for the group of each picture, (N,), from squared distances (N, N)."""
    ### BEGIN SOLUTION
    group, accepted = np.arange(len(d2)), d2 <= d
    for i, j in np.argwhere(accepted):
        group[group == group[j]] = group[i]
    return group
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_chain_groups", "points": 4}
spots = np.array([0.0, 1.0, 2.0, 9.0])
groups = chain_groups((spots[:, None] - spots) ** 2, 1.0)
assert np.shape(groups) == (4,), f"one number for each picture: (4,), got {np.shape(groups)}"
assert groups[0] == groups[1] != groups[3], f"0 and 1 are a step apart, 9 is not: got {groups}"
### BEGIN HIDDEN TESTS


def check_groups(d2, d):
    expected = reference.chain_groups(d2, d)
    got = np.asarray(chain_groups(d2, d))
    agree(got.shape, expected.shape, what="the number of groups' numbers")
    together, wanted = got[:, None] == got, expected[:, None] == expected
    holds(not np.any(wanted & ~together), "pictures that a chain joins are in one group")
    holds(not np.any(together & ~wanted), "pictures that no chain joins are in different groups")


with part(2, "long chains, in any order"):
    for length in (12, 30):
        order = rng.permutation(length)
        line = np.concatenate([np.arange(length), np.arange(4) + 2 * length])
        line = line[rng.permutation(length + 4)] * 1.0
        check_groups((line[:, None] - line) ** 2, 1.5)
with part(1, "points in the plane"):
    for _ in range(3):
        points = rng.uniform(0, 4, size=(18, 2))
        d2 = ((points[:, None] - points) ** 2).sum(axis=2)
        check_groups(d2, float(rng.uniform(0.4, 0.7)))
with part(1, "a step of exactly the squared distance d, and none at all"):
    line = rng.permutation(np.array([0.0, 1, 2, 4, 5, 9]))
    check_groups((line[:, None] - line) ** 2, 1.0)
    check_groups((line[:, None] - line) ** 2, 4.0)
    check_groups((line[:, None] - line) ** 2, 0.5)
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · Better by how much (4 points)
#
# Two methods were tested on `S` splits with `P` test people each.
# `ours` and `theirs`, `(S, P)`, hold each person's validation rate in each split, and `who`,
# `(S, P)`, who that person was.
# Some people were tested in more splits than others.
#
# Average each person's *difference* over the splits that tested that person.
# Return the mean of these numbers over people, each person counting once, and its standard error,
# with people as the independent units.


# %% nbgrader={"grade_id": "gain", "solution": true}
def gain(ours, theirs, who):
    """Mean gain and its standard error, two numbers, from three arrays (S, P)."""
    ### BEGIN SOLUTION
    difference = ours - theirs
    each = np.array([difference[who == person].mean() for person in np.unique(who)])
    return each.mean(), each.std(ddof=1) / np.sqrt(len(each))
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_gain", "points": 4}
mean, error = gain(
    np.array([[0.9, 0.5], [0.7, 0.5]]),
    np.array([[0.5, 0.5], [0.3, 0.5]]),
    np.array([[1, 2], [1, 2]]),
)
assert np.ndim(mean) == 0 and np.ndim(error) == 0, "expected two numbers"
assert abs(mean - 0.2) < 1e-6, f"gains of 0.4 and 0 have the mean 0.2, got {mean}"
### BEGIN HIDDEN TESTS


def draw_results():
    """Twelve people, tested 1 to 8 times; easy and hard people, gains that differ."""
    people = rng.permutation(40)[:12]
    times = np.array([1, 1, 2, 2, 3, 3, 4, 4, 6, 6, 8, 8])
    who = rng.permutation(np.repeat(people, times)).reshape(8, 6)
    level, better = rng.uniform(0.2, 0.6, size=40), rng.uniform(-0.1, 0.3, size=40)
    noise = rng.normal(size=(2, 8, 6)) * 0.03
    return level[who] + better[who] + noise[0], level[who] + noise[1], who


drawn = [draw_results() for _ in range(4)]
with part(2, "the mean gain"):
    for ours, theirs, who in drawn:
        expected = reference.gain(ours, theirs, who)[0]
        agree(gain(ours, theirs, who)[0], expected, rtol=1e-4, atol=1e-7, what="the mean")
with part(2, "its standard error"):
    for ours, theirs, who in drawn:
        expected = reference.gain(ours, theirs, who)[1]
        agree(gain(ours, theirs, who)[1], expected, rtol=1e-4, what="the standard error")
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · A report to distrust (3 points, marked by a person)
#
# A company writes: "We trained on 10,000 photographs of our 500 employees and tested on 5,000 other
# photographs of them. The threshold was set so that the false accept rate on the test pairs was
# exactly 0.001; 99.2% of the true pairs were accepted. The system can now be used to find wanted
# persons in the video of a railway station."
#
# What does the number not show, and why should the system not be used like that? Write 100 to 180
# words.
#
# *How it is marked.*
# 1 point: who was tested, and what that measures.
# 1 point: the threshold, and what a false accept rate of 0.001 means in a station.
# 1 point: consent, or errors that differ between groups of people, with what follows from it.

# %% [markdown] nbgrader={"grade_id": "text_report", "points": 3}
# The test photographs show the people who were trained on.
# So the number says how well known people are recognised again; strangers, and a station is full of
# them, were never tested. The people should have been split, not the photographs.
#
# The threshold was set on the pairs it is judged by, so its false accept rate is right by
# construction and will be another one elsewhere. And even if it were 0.001: with 100,000
# passers-by a day and 50 wanted persons there are five million comparisons of strangers, and 5,000
# false alarms, against perhaps one true one. Nearly every alarm would be wrong.
#
# Neither the employees, as far as we are told, nor the passers-by were asked. Employees of one
# company are not a sample of the public, error rates are known to differ between groups of people
# by large factors, and a false alarm here means a police check. A match would at most be a reason
# to look again, and the law of many countries forbids the use altogether.
