# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Homework · Read a research paper: FaceNet
#
# Read F. Schroff, D. Kalenichenko, J. Philbin, *FaceNet: A unified embedding for face recognition
# and clustering*, 2015 (arXiv 1503.03832, version 3), with a pencil in hand, and answer (a) to (j).
# There are 40 points: 29 for answers that tests check, 11 for texts that a person reads.
# What can be computed is computed; the rest is said in your own words.
#
# | part | question | chapters | points |
# |---|---|---|---|
# | (a) | Which two architectures are compared? | 13 | 2 |
# | (b) | What is the triplet loss, and how is it unlike a supervised objective? | 10 | 3 |
# | (c), (e) | Why not all triplets, and which? What are semi-hard negatives? | 11 | 11 |
# | (d) | How many parameters and FLOPs, and compared with ResNet-50? | 13 | 5 |
# | (f) | What are harmonic embeddings? | 16 | 4 |
# | (g) | How does performance depend on the embedding's dimension? | 12, 15 | 5 |
# | (h) | How does it depend on the amount of training data? | 15 | 3 |
# | (i) | Your favourite emergent result? | 14 | 3 |
# | (j) | The approach that interested you most, and why? | all | 4 |
#
# Each cell that says `raise NotImplementedError` is yours: replace that line.
# Below it stands a check that you can run; more checks run when the notebook is graded.
# Texts go where it says `YOUR ANSWER HERE`, those of (i) and (j) into a string;
# above each text stands how it is marked.
# Arguments are NumPy arrays; lists are fine as results.
# Change no argument in place: whoever calls your function may need it again.
# Change only your own cells; you may add more of them.

# %% nbgrader={"grade_id": "given_words"}
import re

import numpy as np


def count_words(text):
    """How many words a text has: runs of letters and digits, joined by hyphens and apostrophes."""
    return len(re.findall(r"\w+(?:[-'’]\w+)*", text))


# %% [markdown]
# ## (a) · Two architectures (2 points)
#
# *Chapter 13, Counting networks.*
#
# The paper compares six networks, `NN1` to `NN4`, `NNS1` and `NNS2`, of two kinds:
# after Zeiler and Fergus, with $1\times1$ convolutions added, or made of Inception modules.
# Say of each network which kind it is: a dictionary from its name to `"Zeiler&Fergus"` or
# `"Inception"`.

# %% nbgrader={"grade_id": "architectures", "solution": true}
# architectures = {"NN1": …, "NN2": …, "NN3": …, "NN4": …, "NNS1": …, "NNS2": …}
### BEGIN SOLUTION
architectures = {
    "NN1": "Zeiler&Fergus",
    "NN2": "Inception",
    "NN3": "Inception",
    "NN4": "Inception",
    "NNS1": "Inception",
    "NNS2": "Inception",
}
### END SOLUTION

# %% nbgrader={"grade_id": "test_architectures", "points": 2}
assert isinstance(architectures, dict), f"expected a dictionary, got {type(architectures).__name__}"
assert sorted(architectures) == ["NN1", "NN2", "NN3", "NN4", "NNS1", "NNS2"], (
    f"expected the six names of the networks as keys, got {sorted(architectures)}"
)
for network, kind in architectures.items():
    assert kind in ("Zeiler&Fergus", "Inception"), (
        f'{network}: expected "Zeiler&Fergus" or "Inception", got {kind!r}'
    )
### BEGIN HIDDEN TESTS
with part(1, "the two networks that the paper gives tables of"):
    for network in ("NN1", "NN2"):
        right = architectures[network] == reference.architectures[network]
        holds(right, f"{network} is of the other kind: look at its table")
with part(1, "the four that derive from them"):
    for network in ("NN3", "NN4", "NNS1", "NNS2"):
        right = architectures[network] == reference.architectures[network]
        holds(right, f"{network} is of the other kind: Section 3.3 says what it derives from")
### END HIDDEN TESTS

# %% [markdown]
# ## (b) · Triplet loss and classification (3 points, marked by a person)
#
# *Chapter 10, Triplet loss.*
#
# Describe the triplet loss briefly, and say how it differs from a typical supervised objective
# such as classification with cross-entropy, in 80 to 150 words.
#
# *How it is marked.*
# 1 point: what is compared with what, and the part of margin and hinge.
# 1 point: what labels are used for, and what follows for people who are not in the training set.
# 1 point: one more difference with its reason, for example what the loss does when the wish is
# fulfilled, what it leaves free, or what has to be chosen.

# %% [markdown] nbgrader={"grade_id": "text_not_a_classifier", "from": "10_triplet_loss"}

# %% [markdown]
# ## (c) and (e) · Which triplets
#
# *Chapter 11, Triplet mining.*
#
# ### How many there are (3 points)
#
# A triplet is an anchor, a positive (another picture of the same person) and a negative
# (a picture of somebody else).
# Given the number of pictures of each person, return the number of triplets, *exactly*.
# Somebody with a single picture is never an anchor, but a fine negative.
# A person may have millions of pictures, and then the count no longer fits into 64 bits.


# %% nbgrader={"grade_id": "count_triplets", "from": "11_triplet_mining"}


# %% nbgrader={"grade_id": "test_count_triplets", "from": "11_triplet_mining"}

# %% [markdown]
# ### Which of them to take (5 points)
#
# Squared distances $d^2$ of a batch are given, and labels that say who is who.
# For *every* pair of an anchor and a positive choose
#
# - the nearest of the anchor's semi-hard negatives, if there is one;
# - otherwise the *farthest* of all its negatives.
#
# Semi-hard means what the paper means by it: farther from the anchor than the positive, but by
# less than the margin.
# Return the triplets as rows `[a, p, n]`, in any order.
# Only if a batch holds a single person are there none.


# %% nbgrader={"grade_id": "mine", "from": "11_triplet_mining"}


# %% nbgrader={"grade_id": "test_mine", "from": "11_triplet_mining"}

# %% [markdown]
# ### In words (3 points, marked by a person)
#
# What is the trouble with generating all possible triplets, and how do the authors deal with it?
# Say also what they mean by semi-hard negatives, and why they do not take the hardest.
# Write 100 to 180 words.
#
# *How it is marked.*
# 1 point: the trouble: how many there are, and why most of them do not help.
# 1 point: the remedy: where and when triplets are chosen, how a batch is filled, which pairs count.
# 1 point: semi-hard with both of its bounds, and what the hardest negatives lead to.

# %% [markdown] nbgrader={"grade_id": "text_too_many", "from": "11_triplet_mining"}

# %% [markdown]
# ## (d) · Parameters and FLOPs
#
# *Chapter 13, Counting networks.*
#
# ### Count them (3 points)
#
# A picture with `side` × `side` pixels and some `channels` passes through layers, given as tuples:
#
# - `("conv", kernel, stride, outputs)`: each output channel looks at `kernel` × `kernel` places of
#   all channels;
# - `("pool", kernel, stride)`: the greatest value in `kernel` × `kernel` places, for each channel;
# - `("full", outputs, p)`: every number that is there goes into `outputs` maxout units, each of
#   which is the greatest of `p` linear ones; what is left is one place with `outputs` channels.
#
# A layer with a stride turns `side` into `side / stride`, rounded *up*.
# Each linear unit has a bias.
# Return the number of parameters and the number of multiply-adds;
# adding a bias counts as one, as in the paper's tables, and pooling as none.


# %% nbgrader={"grade_id": "count_network", "solution": true}
def count_network(side, channels, layers):
    """(parameters, multiply-adds), two whole numbers, for a picture (side, side, channels)."""
    ### BEGIN SOLUTION
    parameters = multiply_adds = 0
    for kind, *sizes in layers:
        if kind == "full":
            outputs, p = sizes
            inputs, units, side = side * side * channels, outputs * p, 1
        else:
            kernel, stride = sizes[:2]
            side = -(-side // stride)
            if kind == "pool":
                continue
            outputs = sizes[2]
            inputs, units = kernel * kernel * channels, outputs
        parameters += units * (inputs + 1)
        multiply_adds += side * side * units * (inputs + 1)
        channels = outputs
    return parameters, multiply_adds
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_count_network", "points": 3}
first_row = count_network(220, 3, [("conv", 7, 2, 64)])
assert np.shape(first_row) == (2,), (
    f"expected two numbers (parameters, multiply-adds), got {np.shape(first_row)}"
)
assert list(first_row) == [9_472, 114_611_200], (
    "the first row of Table 1, 9K and 115M, to the last digit: expected 9,472 parameters and "
    f"114,611,200 multiply-adds, got {first_row[0]:,} and {first_row[1]:,}"
)
### BEGIN HIDDEN TESTS


def draw_layers(*kinds):
    """Layers of these kinds with random sizes."""
    layers = []
    for kind in kinds:
        outputs = int(rng.integers(3, 20))
        if kind == "conv":
            layers.append((kind, int(rng.choice([1, 3, 5])), int(rng.integers(1, 3)), outputs))
        elif kind == "pool":
            layers.append((kind, 3, 2))
        else:
            layers.append((kind, outputs, int(rng.integers(2, 5))))
    return layers


def check_network(which, *kinds):
    side, channels = int(rng.choice([21, 27, 45])), int(rng.integers(2, 6))
    layers = draw_layers(*kinds)
    got = count_network(side, channels, layers)
    expected = reference.count_network(side, channels, layers)
    name = ("parameters", "multiply-adds")[which]
    agree(got[which], expected[which], rtol=1e-12, atol=0, what=f"the number of {name}")


with part(1, "parameters of convolutions, with pooling between them"):
    for _ in range(3):
        check_network(0, "conv", "pool", "conv", "conv")
with part(1, "multiply-adds of convolutions, with pooling between them"):
    for _ in range(3):
        check_network(1, "conv", "pool", "conv", "conv")
with part(1, "maxout layers at the end"):
    for _ in range(3):
        check_network(0, "conv", "full", "full")
        check_network(1, "conv", "pool", "full", "full")
### END HIDDEN TESTS

# %% [markdown]
# ### Compare with ResNet-50 (2 points)
#
# How many times the parameters of a ResNet-50, and how many times its FLOPs, have `NN1` and `NN2`?
# Take the totals of the paper's Tables 1 and 2, and find those of ResNet-50 yourself,
# for a picture of 224 × 224.
# Mind what the sources call a FLOP, and that there are two ResNet-50s, which differ in where the
# stride stands: that of the paper, and version 1.5 of most code. Either will do.
# Two decimals are enough.

# %% nbgrader={"grade_id": "against_resnet", "solution": true}
# against_resnet = {"NN1": (parameters, FLOPs), "NN2": (parameters, FLOPs)}, as multiples
### BEGIN SOLUTION
resnet_parameters = 25.557  # millions
resnet_flops = 3.858  # billions, the stride where the paper has it; 4.089 in version 1.5
against_resnet = {
    "NN1": (140 / resnet_parameters, 1.6 / resnet_flops),
    "NN2": (7.5 / resnet_parameters, 1.6 / resnet_flops),
}
### END SOLUTION

# %% nbgrader={"grade_id": "test_against_resnet", "points": 2}
assert isinstance(against_resnet, dict) and sorted(against_resnet) == ["NN1", "NN2"], (
    "expected a dictionary with the keys NN1 and NN2"
)
for network, pair in against_resnet.items():
    assert np.shape(pair) == (2,) and min(pair) > 0, (
        f"{network}: expected two positive numbers, got {pair}"
    )
### BEGIN HIDDEN TESTS


def near(network, parameters):
    """Both placements of the stride are right, 3.858 and 4.089 billion multiply-adds."""
    got_parameters, got_flops = against_resnet[network]
    low, high = parameters
    holds(bool(low < got_parameters < high), f"{network}: the ratio of the parameters")
    holds(bool(0.38 < got_flops < 0.43), f"{network}: the ratio of the FLOPs")


with part(1, "NN1"):
    near("NN1", (5.35, 5.6))
with part(1, "NN2"):
    near("NN2", (0.28, 0.31))
### END HIDDEN TESTS

# %% [markdown]
# ## (f) · Harmonic embeddings (4 points)
#
# *Chapter 16, Harmonic embeddings.*
#
# A new network shall embed pictures so that its embeddings can be compared with those that an old
# network has stored.
# To that end the paper trains the new one on triplets that *mix* both kinds.
#
# Every picture of a batch has an `old` embedding and a `new` one.
# For each triplet `is_new` says of its anchor, positive and negative whether the new embedding
# stands there (`True`) or the old one.
# The loss is the mean over all triplets of $[\,d^2_{ap}-d^2_{an}+\alpha\,]_+$.
#
# Return the loss and its gradient with respect to the *new* embeddings.
# Treat them as free rows: the normalisation is not part of this exercise.
# The old embeddings are stored and cannot move.
# A picture may be part of several triplets.


# %% nbgrader={"grade_id": "harmonic_loss", "solution": true}
def harmonic_loss(old, new, triplets, is_new, margin):
    """(loss, gradient (N, D)) from old and new (N, D), triplets (T, 3), is_new (T, 3) bools."""
    ### BEGIN SOLUTION
    a, p, n = np.where(is_new[:, :, None], new[triplets], old[triplets]).swapaxes(0, 1)  # (T, D)
    u = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin
    active = (u > 0)[:, None] / len(triplets)
    gradient = np.zeros_like(new)
    for place, slope in enumerate((2 * (n - p), 2 * (p - a), 2 * (a - n))):
        moving = is_new[:, place]
        np.add.at(gradient, triplets[moving, place], (active * slope)[moving])
    return np.maximum(u, 0).mean(), gradient
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_harmonic_loss", "points": 4}
corners = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
mixed = harmonic_loss(
    corners, corners, np.array([[0, 1, 2]]), np.array([[False, True, False]]), 0.2
)
assert isinstance(mixed, tuple | list) and len(mixed) == 2, "return two things: loss, gradient"
assert np.ndim(mixed[0]) == 0, f"the loss is one number, got shape {np.shape(mixed[0])}"
assert np.shape(mixed[1]) == (3, 2), f"expected a gradient (3, 2), got {np.shape(mixed[1])}"
assert abs(mixed[0]) < 1e-6, (
    f"squared distances 2 and 4, margin 0.2: the triplet is easy, expected a loss of 0, "
    f"got {mixed[0]}"
)
### BEGIN HIDDEN TESTS


def draw_versions(rows):
    """Two versions of the same pictures, alike but not the same, rows of length 1."""
    dim = int(rng.integers(3, 6))
    old = rng.normal(size=(rows, dim))
    new = old + 0.5 * rng.normal(size=(rows, dim))
    return [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (old, new)]


def check_harmonic(which, rows, triplets):
    """Some triplets active, some not; the first and the last move the same places."""
    while True:
        versions = draw_versions(rows)
        is_new = rng.random(size=triplets.shape) < 0.5
        is_new[0], is_new[1], is_new[-1] = (1, 0, 1), (0, 1, 0), (1, 0, 1)
        is_new[2] = 0  # of three old embeddings: nothing moves, but it counts in the mean
        alpha_now = rng.uniform(0.2, 0.6)
        expected = reference.harmonic_loss(*versions, triplets, is_new, alpha_now)
        moved = np.any(expected[1] != 0, axis=1)
        each = [
            float(reference.harmonic_loss(*versions, triplets[[t]], is_new[[t]], alpha_now)[0])
            for t in range(len(triplets))
        ]
        # Nothing may hang on the corner of the hinge.
        clear = all(loss == 0 or loss > 1e-3 for loss in each)
        easy = any(loss == 0 and some.any() for loss, some in zip(each, is_new, strict=True))
        if each[0] and each[-1] and easy and clear and not moved.all():
            break
    got = harmonic_loss(*versions, triplets, is_new, alpha_now)
    name = ("the loss", "the gradient with respect to the new embeddings")[which]
    agree(got[which], expected[which], rtol=1e-4, atol=1e-5, what=name)


def apart(rows):
    return rng.permutation(rows).reshape(-1, 3)


with part(1, "the loss of mixed triplets"):
    for _ in range(2):
        check_harmonic(0, 12, apart(12))
with part(2, "the gradient: the new embeddings move, the old ones do not"):
    for _ in range(2):
        check_harmonic(1, 12, apart(12))
with part(1, "pictures in several triplets"):
    repeated = np.array([[0, 1, 2], [0, 1, 3], [1, 0, 3], [2, 3, 0], [0, 1, 2]])
    for _ in range(2):
        check_harmonic(1, 4, repeated)
### END HIDDEN TESTS

# %% [markdown]
# ## (g) · The dimension of the embedding
#
# ### What is being measured (3 points)
#
# *Chapter 12, Verification.*
#
# The tables give the validation rate at a false accept rate.
# Two pictures are *accepted*, taken for one person, if their squared distance is at most a
# threshold.
# The validation rate VAL is the share of pairs of *one* person that are accepted, the false accept
# rate FAR the share of pairs of *different* people that are accepted.
#
# Return the greatest VAL that any threshold reaches with a FAR of at most `far`.
# A target below one pair in all allows no false accept at all.
# Distances may be equal.
# Mind rounding: 29 false accepts in 100 are a FAR of 0.29, but a computer's 0.29 · 100 is less than
# 29.


# %% nbgrader={"grade_id": "val_at_far", "solution": true}
def val_at_far(same, different, far):
    """VAL at FAR ≤ far < 1, a number, from squared distances same (P,) and different (R,)."""
    ### BEGIN SOLUTION
    # False accepts; the factor makes up for rounding: 0.29 · 100 is 28.999999999999996.
    allowed = int(far * len(different) * (1 + 1e-12))
    # The threshold must stay below the next pair of different people.
    return np.mean(same < np.sort(different)[allowed])
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_val_at_far", "points": 3}
one_quarter = val_at_far(np.array([0.1, 0.6, 0.9]), np.array([0.5, 0.7, 1.1, 1.5]), 0.3)
assert np.ndim(one_quarter) == 0, f"expected one number, got shape {np.shape(one_quarter)}"
assert abs(one_quarter - 2 / 3) < 1e-6, (
    f"one false accept in four is allowed, so thresholds below 0.7: expected 2/3, got {one_quarter}"
)
at_29 = val_at_far(np.arange(100) + 0.5, np.arange(100.0), 0.29)
assert abs(at_29 - 0.29) < 1e-6, (
    f"29 of 100 are allowed at 0.29, so thresholds below 29: expected 0.29, got {at_29}"
)
### BEGIN HIDDEN TESTS


def check_val(n_same, n_different, far, steps=None):
    """Distances of two overlapping crowds; with `steps` they are whole numbers of them."""
    while True:
        same = rng.gamma(4, 0.2, size=n_same)
        different = rng.gamma(12, 0.12, size=n_different)
        if steps:
            same, different = (np.round(x * steps) / steps for x in (same, different))
        ranks = np.sort(different)
        next_one = ranks[int(far * n_different)]
        # The next pair of different people, and of the same, must be at hand, and not too near.
        if steps or (np.min(abs(same - next_one)) > 1e-4 and np.any(same > next_one)):
            break
    got, expected = val_at_far(same, different, far), reference.val_at_far(same, different, far)
    agree(got, expected, rtol=1e-5, what="VAL")


with part(1, "many pairs"):
    for low, high in [(0.02, 0.05), (0.1, 0.2), (0.25, 0.35)]:
        n_different = int(rng.integers(150, 300))
        # Well between two numbers of false accepts: no floating-point error decides.
        allowed = int(rng.uniform(low, high) * n_different) + 0.7
        check_val(int(rng.integers(150, 300)), n_different, allowed / n_different)
with part(1, "a target that allows no false accept"):
    for _ in range(3):
        n_different = int(rng.integers(30, 60))
        check_val(200, n_different, 0.4 / n_different)
with part(1, "equal distances"):
    for allowed in (2.7, 7.7, 12.7):
        n_different = int(rng.integers(90, 150))
        check_val(150, n_different, allowed / n_different, steps=8)
### END HIDDEN TESTS

# %% [markdown]
# ### What Table 5 says (2 points)
#
# *Chapter 15, Reading the evidence.*
#
# Table 5 gives VAL for four dimensions of the embedding, each with an error.
# By how many *standard errors of the difference* does each dimension stay behind the best one?
# If two measurements are independent, their errors $e_1$ and $e_2$ give their difference the error
# $\sqrt{e_1^2+e_2^2}$; take them as independent.
# Two decimals are enough.
# (Which differences would you bet on? And what if all dimensions were tried on the same pairs?)

# %% nbgrader={"grade_id": "behind_the_best", "solution": true}
# behind_the_best = {64: …, 128: …, 256: …, 512: …}, numbers from 0 up
### BEGIN SOLUTION
behind_the_best = {
    64: (87.9 - 86.8) / np.hypot(1.9, 1.7),
    128: 0.0,
    256: (87.9 - 87.7) / np.hypot(1.9, 1.9),
    512: (87.9 - 85.6) / np.hypot(1.9, 2.0),
}
### END SOLUTION

# %% nbgrader={"grade_id": "test_behind_the_best", "points": 2}
assert isinstance(behind_the_best, dict) and sorted(behind_the_best) == [64, 128, 256, 512], (
    "expected a dictionary with the four dimensions of Table 5 as keys"
)
for dimension, number in behind_the_best.items():
    assert np.ndim(number) == 0 and number >= 0, (
        f"{dimension}: expected a number from 0 up, got {number}"
    )
### BEGIN HIDDEN TESTS
with part(1, "the best dimension"):
    best = [dimension for dimension, number in behind_the_best.items() if number == 0]
    holds(best == [128], "the dimension with the greatest VAL, and no other, stays behind by 0")
with part(1, "how far the others stay behind"):
    for dimension, expected in reference.behind_the_best.items():
        close = bool(abs(behind_the_best[dimension] - expected) < 0.011)
        holds(close, f"{dimension}: the difference to the best, in errors of the difference")
### END HIDDEN TESTS

# %% [markdown]
# ## (h) · The amount of training data
#
# *Chapter 15, Reading the evidence.*
#
# ### In doublings (2 points)
#
# The *error* is what is missing to a VAL of 100 %.
# A step from one amount of data to the next cuts it by some fraction.
# Steps of a table are not equally long, so compare them per doubling:
# which fraction, cut at *every* doubling, gives the same error at the end of the step?
# The number of doublings of a step need not be whole.
#
# Return for each step the fraction by which it cuts the error, and the fraction per doubling.


# %% nbgrader={"grade_id": "error_cuts", "solution": true}
def error_cuts(images, val):
    """(per step (n − 1,), per doubling (n − 1,)) from images (n,), ascending, and VAL (n,) in %."""
    ### BEGIN SOLUTION
    left = (100 - val[1:]) / (100 - val[:-1])  # the share of the error that a step leaves
    doublings = np.log2(images[1:] / images[:-1])
    return 1 - left, 1 - left ** (1 / doublings)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_error_cuts", "points": 2}
halved = error_cuts(np.array([1e6, 4e6]), np.array([60.0, 90.0]))
assert [np.shape(x) for x in halved] == [(1,), (1,)], (
    f"two arrays with one number for each step, got {[np.shape(x) for x in halved]}"
)
np.testing.assert_allclose(
    np.ravel(halved),
    [0.75, 0.5],
    rtol=1e-5,
    err_msg="errors of 40 % and 10 %: cut by 3/4, which is by 1/2 at each of two doublings",
)
### BEGIN HIDDEN TESTS


def draw_table():
    steps = int(rng.integers(3, 6))
    images = 1e6 * rng.uniform(1, 3) * np.cumprod(np.append(1, rng.uniform(1.5, 12, size=steps)))
    shares = rng.uniform(0.5, 0.95, size=steps)
    errors = rng.uniform(30, 60) * np.cumprod(np.append(1, shares))
    return images, 100 - errors


with part(1, "each step"):
    for _ in range(2):
        table = draw_table()
        got, expected = error_cuts(*table)[0], reference.error_cuts(*table)[0]
        agree(got, expected, rtol=1e-4, atol=1e-5, what="the cut of each step")
with part(1, "per doubling"):
    for _ in range(2):
        table = draw_table()
        got, expected = error_cuts(*table)[1], reference.error_cuts(*table)[1]
        agree(got, expected, rtol=1e-4, atol=1e-5, what="the cut per doubling")
### END HIDDEN TESTS

# %% [markdown]
# ### What Table 6 says (1 point)
#
# By which fraction does the error fall from 2.6 to 26 million images?
# Three decimals are enough.
# (The text beside the table names another figure. Which of the two do the rows confirm?)

# %% nbgrader={"grade_id": "tenfold_cut", "solution": true}
# tenfold_cut = a number between 0 and 1
### BEGIN SOLUTION
tenfold_cut = 1 - (100 - 85.1) / (100 - 76.3)
### END SOLUTION

# %% nbgrader={"grade_id": "test_tenfold_cut", "points": 1}
assert np.ndim(tenfold_cut) == 0 and 0 < tenfold_cut < 1, (
    f"expected a fraction between 0 and 1, got {tenfold_cut}"
)
### BEGIN HIDDEN TESTS
holds(bool(abs(tenfold_cut - reference.tenfold_cut) < 1.1e-3), "the fraction that Table 6 gives")
### END HIDDEN TESTS

# %% [markdown]
# ## (i) · Your favourite emergent result (3 points: 1 for the length, 2 marked by a person)
#
# *Chapter 14, Learning faces, shows some of them at work.*
#
# Nobody told the network about light, pose, age or sunglasses, or that clusters should form.
# Which result that *emerged* from learning with triplets do you like best?
# Write 40 to 90 words, as a string between triple quotes, without formulas.
# The check below counts the words.
#
# *How it is marked.*
# 1 point: the result is from the paper, with the place where it is shown.
# 1 point: why it counts as emergent: what the training asked for, and what came of it unasked.

# %% nbgrader={"grade_id": "text_favourite", "solution": true, "points": 2}
# text_favourite = """40 to 90 words"""
### BEGIN SOLUTION
text_favourite = """
My favourite is Figure 7: a cluster of one user's pictures, all of the same person, at different
ages, in all sorts of light, turned away or half covered. The loss only ever compared three
pictures at a time. It knows nothing of groups, of ages or of occlusion, and no label says in
which respect two pictures differ. That distances are meaningful enough to cluster a whole album,
without any further training, was not asked for.
"""
### END SOLUTION

# %% nbgrader={"grade_id": "test_text_favourite", "points": 1}
kind = type(text_favourite).__name__
assert isinstance(text_favourite, str), f"expected a text between triple quotes, got {kind}"
words = count_words(text_favourite)
assert 40 <= words <= 90, f"expected 40 to 90 words, got {words}"
### BEGIN HIDDEN TESTS
distinct = set(re.findall(r"\w+", text_favourite.lower()))
holds(len(distinct) > 0.4 * words, "a text: not the same few words over and over")
### END HIDDEN TESTS

# %% [markdown]
# ## (j) · The approach that interested you most (4 points: 1 for the length, 3 marked by a person)
#
# Which approach taken by the authors interested you the most, and why?
# Write about 100 words, 80 to 120, as a string between triple quotes, without formulas.
#
# *How it is marked.*
# 1 point: the approach is described so that somebody who has not read the paper understands it.
# 1 point: the problem that it solves, and what the authors could have done instead.
# 1 point: a reason of your own: what you learned, doubt, or would try next.

# %% nbgrader={"grade_id": "text_approach", "solution": true, "points": 3}
# text_approach = """80 to 120 words"""
### BEGIN SOLUTION
text_approach = """
I was most taken by how triplets are chosen. Most possible triplets are satisfied already and
teach nothing, and the hardest ones, taken early, can make the network collapse to a single point.
The authors choose while they train, inside large batches that hold about forty pictures of each
of their people, and take negatives which are farther away than the positive but still within the
margin. They could have mined the whole collection every so often, with embeddings gone stale.
What I like is that difficulty follows the learner, like a good teacher. I would try to let the
margin grow in the same way.
"""
### END SOLUTION

# %% nbgrader={"grade_id": "test_text_approach", "points": 1}
kind = type(text_approach).__name__
assert isinstance(text_approach, str), f"expected a text between triple quotes, got {kind}"
words = count_words(text_approach)
assert 80 <= words <= 120, f"expected 80 to 120 words, got {words}"
### BEGIN HIDDEN TESTS
distinct = set(re.findall(r"\w+", text_approach.lower()))
holds(len(distinct) > 0.4 * words, "a text: not the same few words over and over")
### END HIDDEN TESTS
