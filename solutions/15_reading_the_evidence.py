# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 15 · Reading the evidence
#
# A results table is read with a pencil: what is ± here, could this difference be chance, does the
# sentence follow from the numbers?
# Here you build the tools for it, and use them.
#
# Each cell that says `raise NotImplementedError` is yours: replace that line.
# Below it stands a check that you can run; more checks run when the notebook is graded.
# Arguments are NumPy arrays, numbers or texts; lists and tuples are fine as results.
# Change no argument in place: whoever calls your function may need it again.
# Change only your own cells; you may add more of them.

# %% nbgrader={"grade_id": "given_tables"}
import numpy as np

# FaceNet (arXiv:1503.03832v3), Table 5: VAL of NN1 in percent, standard error over five splits.
dimension = np.array([64, 128, 256, 512])
VAL_5 = np.array([86.8, 87.9, 87.7, 85.6])
error_5 = np.array([1.7, 1.9, 1.9, 2.0])

# The same paper, Table 6: VAL in percent of a smaller network; no errors are given.
images = np.array([2_600_000, 26_000_000, 52_000_000, 260_000_000])
VAL_6 = np.array([76.3, 85.1, 85.1, 86.2])

# %% [markdown]
# ## 1 · Ten to the minus three (2 points)
#
# Some papers write `10E-3` where they mean $10^{-3}$; a computer reads $10\cdot10^{-3}$.
# Return the rate that is *meant* by a printed text, as a number: 0.1% is 0.001.
#
# - a mantissa of exactly `10` stands for the base: `10E-3` means 0.001, `10e-4` means 0.0001;
# - every other number means what it says: `1E-3`, `2.5e-3`, `0.001`;
# - a percent sign divides by 100: `0.1%` means 0.001.


# %% nbgrader={"grade_id": "rate_meant", "solution": true}
def rate_meant(text):
    """The rate, a number, that a printed text such as "10E-3" means."""
    ### BEGIN SOLUTION
    text = text.strip().lower()
    if text.endswith("%"):
        return float(text[:-1]) / 100
    mantissa, _, exponent = text.partition("e")
    return 10.0 ** int(exponent) if mantissa == "10" and exponent else float(text)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_rate_meant", "points": 2}
for text, expected in [("10E-3", 0.001), ("0.001", 0.001), ("0.1%", 0.001)]:
    rate = rate_meant(text)
    assert abs(rate - expected) < 1e-9, f"{text} means {expected}, got {rate}"
### BEGIN HIDDEN TESTS
with part(1, "powers of ten, as some papers write them"):
    for text in ("10E-4", "10e-2", "10E-5", "10e-3"):
        agree(rate_meant(text), reference.rate_meant(text), rtol=1e-9, what="the rate")
    for text in ("12E-3", "10.5e-4", "100E-5", "110e-4"):  # not every mantissa beyond 9 is 10
        agree(rate_meant(text), reference.rate_meant(text), rtol=1e-9, what="the rate")
with part(1, "ordinary numbers and percent"):
    for low, high in [(2.1, 9.9), (1.1, 1.9)]:
        mantissa, exponent = round(float(rng.uniform(low, high)), 1), int(rng.integers(1, 6))
        for text in (f"{mantissa}E-{exponent}", f"{mantissa}e-{exponent}", f"1E-{exponent}"):
            agree(rate_meant(text), reference.rate_meant(text), rtol=1e-9, what="the rate")
    for text in (f"{rng.uniform(0.01, 0.9):.3f}", f"{rng.uniform(0.01, 20):.2f}%", "10%"):
        agree(rate_meant(text), reference.rate_meant(text), rtol=1e-9, what="the rate")
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Farthest apart (3 points)
#
# The two rows with the largest *difference* need not be the two that are the surest to differ.
# For a table of means and standard errors, rows independent, find the pair of rows that is the
# farthest apart in *combined standard errors*.
# Return `(high, low, distance)`: the row with the higher mean, the one with the lower mean, and
# how many combined standard errors lie between them.


# %% nbgrader={"grade_id": "farthest_pair", "solution": true}
def farthest_pair(mean, error):
    """(high, low, distance) for means (rows,) and standard errors (rows,)."""
    ### BEGIN SOLUTION
    apart = (mean[:, None] - mean) / np.hypot(error[:, None], error)  # (rows, rows)
    high, low = np.unravel_index(np.argmax(apart), apart.shape)
    return high, low, apart[high, low]
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_farthest_pair", "points": 3}
high, low, distance = farthest_pair(VAL_5, error_5)
assert (dimension[high], dimension[low]) == (128, 512), (
    f"in Table 5 these are 128 and 512, got {dimension[high]} and {dimension[low]}"
)
assert abs(distance - 0.8337) < 1e-3, f"0.83 combined standard errors apart, got {distance}"
### BEGIN HIDDEN TESTS


def draw_rows(rows):
    """Means and errors of a table whose largest difference is not its surest."""
    while True:
        mean, error = rng.uniform(40, 60, size=rows), rng.uniform(0.3, 6, size=rows)
        gaps = mean[:, None] - mean
        apart = np.sort((gaps / np.hypot(error[:, None], error)).ravel())
        high, low, _ = reference.farthest_pair(mean, error)
        if gaps[high, low] < 0.9 * gaps.max() and apart[-1] > 1.05 * apart[-2]:
            return mean, error


with part(1, "two rows, the higher one first"):
    for mean in ([60.0, 52.0], [50.5, 57.0]):
        error = rng.uniform(0.5, 3, size=2)
        expected = reference.farthest_pair(np.array(mean), error)
        agree(tuple(farthest_pair(np.array(mean), error)), expected, what="rows and distance")
with part(2, "many rows"):
    for rows in (5, 8, 6):
        table = draw_rows(rows)
        got, expected = farthest_pair(*table), reference.farthest_pair(*table)
        agree(tuple(got), expected, what="rows and distance")
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · How alike would the splits have to be? (4 points)
#
# Two rows were measured on the same test splits, but only their means and standard errors are
# printed.
# If their results had the correlation $\rho$ over the splits, the difference would have the error
# $\sqrt{\operatorname{se}_x^2+\operatorname{se}_y^2-2\rho\operatorname{se}_x\operatorname{se}_y}$.
#
# Return the *smallest* correlation, between $-1$ and $1$, for which the difference is at least
# `factor` of its errors.
# If every correlation will do, that is $-1$.
# If none will, return `nan`.


# %% nbgrader={"grade_id": "needed_correlation", "solution": true}
def needed_correlation(mean, error, factor):
    """The smallest correlation, a number or nan, for means (2,) and standard errors (2,)."""
    ### BEGIN SOLUTION
    largest_error = abs(mean[0] - mean[1]) / factor
    rho = (error[0] ** 2 + error[1] ** 2 - largest_error**2) / (2 * error[0] * error[1])
    return np.nan if rho > 1 else max(rho, -1.0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_needed_correlation", "points": 4}
rho = needed_correlation(np.array([5.0, 0.0]), np.array([3.0, 4.0]), 1.0)
assert abs(rho) < 1e-6, (
    f"errors of 3 and 4 make a combined error of 5 without any correlation: expected 0, got {rho}"
)
### BEGIN HIDDEN TESTS
with part(2, "a correlation between −1 and 1"):
    for target in (rng.uniform(0.2, 0.5), rng.uniform(0.6, 0.95), -rng.uniform(0.2, 0.5)):
        error, factor = rng.uniform(1, 3, size=2), rng.uniform(1.5, 3)
        gap = factor * np.sqrt(np.sum(error**2) - 2 * target * np.prod(error))
        mean = 80 + np.array([0, gap]) if target > 0.5 else 80 + np.array([gap, 0])
        expected = reference.needed_correlation(mean, error, factor)
        agree(needed_correlation(mean, error, factor), expected, what="the correlation")
with part(1, "any correlation will do"):
    for scale in (1.1, 3.0):
        error = rng.uniform(1, 3, size=2)
        mean = np.array([90.0, 90.0 - 2 * scale * np.sum(error)])
        agree(needed_correlation(mean, error, 2.0), -1.0, what="the correlation")
with part(1, "no correlation will do"):
    for scale in (0.9, 0.3):
        error = np.array([rng.uniform(1, 2), rng.uniform(3, 4)])
        mean = np.array([70.0, 70.0 + 2 * scale * (error[1] - error[0])])
        agree(needed_correlation(mean, error, 2.0), np.nan, what="the correlation")
### END HIDDEN TESTS

# %% [markdown]
# (How alike would five splits have to be for 128 and 512 dimensions to differ by 2.78 errors?
# What does that say about the word "insignificant"?)
#
# ## 4 · Pairs with gaps (3 points)
#
# Two networks were run on the same test splits, and some runs failed: `nan` stands in their place.
# Return the mean difference, first less second, over the splits that *both* have, and its
# standard error from the differences, paired.
# At least two splits are complete.


# %% nbgrader={"grade_id": "paired_difference", "solution": true}
def paired_difference(first, second):
    """(difference, standard error) for results (splits,) and (splits,), nan where one failed."""
    ### BEGIN SOLUTION
    difference = first - second
    difference = difference[~np.isnan(difference)]
    return difference.mean(), difference.std(ddof=1) / np.sqrt(len(difference))
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_paired_difference", "points": 3}
difference, error = paired_difference(np.array([82.0, 88.0, 93.0]), np.array([81.0, 86.0, 90.0]))
assert abs(difference - 2) < 1e-6, f"differences 1, 2 and 3 have the mean 2, got {difference}"
assert abs(error - 1 / np.sqrt(3)) < 1e-6, f"and the standard error 1/√3 = 0.577, got {error}"
### BEGIN HIDDEN TESTS


def draw_results(splits):
    """Results of two networks on splits that are hard or easy for both."""
    ease = rng.normal(85, 4, size=splits)
    return ease + rng.normal(1, 0.8, size=splits), ease + rng.normal(0, 0.8, size=splits)


with part(1, "all splits complete: the difference"):
    for splits in (5, 8):
        results = draw_results(splits)
        expected = reference.paired_difference(*results)[0]
        agree(paired_difference(*results)[0], expected, what="the difference")
with part(1, "all splits complete: the standard error"):
    for splits in (5, 8):
        results = draw_results(splits)
        expected = reference.paired_difference(*results)[1]
        agree(paired_difference(*results)[1], expected, what="the standard error")
with part(1, "splits that one of them lacks"):
    for splits in (6, 9):
        results = draw_results(splits)
        one, two = rng.permutation(splits)[:2]
        results[0][one], results[1][two] = np.nan, np.nan
        expected = reference.paired_difference(*results)
        agree(tuple(paired_difference(*results)), expected, what="difference and error")
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · How sure is the 60%? (3 points)
#
# VAL rose from `before` to `after`, both in percent, with standard errors, rows independent.
# Return the relative reduction of the error, as a number below 1, and *its* standard error to first
# order: for a function $r$ of two independent numbers,
#
# $$\operatorname{se}_r^2 = \left(\frac{\partial r}{\partial x}\right)^2\operatorname{se}_x^2
# + \left(\frac{\partial r}{\partial y}\right)^2\operatorname{se}_y^2 .$$


# %% nbgrader={"grade_id": "error_reduction", "solution": true}
def error_reduction(before, after, error_before, error_after):
    """(reduction, standard error), not in percent, from VAL and its standard errors in percent."""
    ### BEGIN SOLUTION
    wrong_before, wrong_after = 100 - before, 100 - after
    reduction = 1 - wrong_after / wrong_before
    slope_before = wrong_after / wrong_before**2
    error = np.hypot(error_after / wrong_before, slope_before * error_before)
    return reduction, error
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_error_reduction", "points": 3}
reduction, error = error_reduction(80.0, 90.0, 0.0, 2.0)
assert abs(reduction - 0.5) < 1e-6, f"from 20% wrong to 10% wrong is 0.5 less, got {reduction}"
assert abs(error - 0.1) < 1e-6, f"10 ± 2 of exactly 20 has the error 0.1, got {error}"
### BEGIN HIDDEN TESTS


def draw_rise():
    before = rng.uniform(50, 80)
    return before, before + rng.uniform(5, 15), rng.uniform(1, 3), rng.uniform(1, 3)


with part(1, "the reduction"):
    for _ in range(3):
        rise = draw_rise()
        expected = reference.error_reduction(*rise)[0]
        agree(error_reduction(*rise)[0], expected, rtol=1e-4, what="the reduction")
with part(2, "its standard error"):
    for _ in range(3):
        rise = draw_rise()
        expected = reference.error_reduction(*rise)[1]
        agree(error_reduction(*rise)[1], expected, rtol=1e-3, what="the standard error")
### END HIDDEN TESTS

# %% [markdown]
# (If the rows of Table 6 had errors like NN4's, 2.3 points: how far is 60% from what the table
# gives, in standard errors?)
#
# ## 6 · People, not pairs (4 points)
#
# Of each person in a test set you know how many of their pairs were accepted, and how many pairs
# they have.
# VAL is the accepted share of *all* pairs.
# Pairs of one person stand or fall together, so its error must be found from people.
#
# The *jackknife* leaves out one person at a time: with $n$ people it gives $n$ values
# $\mathrm{VAL}_{(i)}$ with the mean $\overline{\mathrm{VAL}}$, and
#
# $$\operatorname{se}^2 = \frac{n-1}{n}\sum_i
# \left(\mathrm{VAL}_{(i)}-\overline{\mathrm{VAL}}\right)^2 .$$
#
# Return VAL and this standard error, both between 0 and 1.


# %% nbgrader={"grade_id": "val_and_error", "solution": true}
def val_and_error(accepted, pairs):
    """(VAL, standard error) from numbers accepted (people,) and of pairs (people,), at least 1."""
    ### BEGIN SOLUTION
    people = len(pairs)
    without = (accepted.sum() - accepted) / (pairs.sum() - pairs)  # (people,)
    error = np.sqrt((people - 1) / people * np.sum((without - without.mean()) ** 2))
    return accepted.sum() / pairs.sum(), error
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_val_and_error", "points": 4}
val, error = val_and_error(np.array([1, 1, 0, 1]), np.array([1, 1, 1, 1]))
assert abs(val - 0.75) < 1e-6, f"three of four pairs are accepted: 0.75, got {val}"
assert abs(error - 0.25) < 1e-6, (
    f"with a pair each this is the standard error of the mean of 1, 1, 0, 1: 0.25, got {error}"
)
### BEGIN HIDDEN TESTS


def draw_people(people):
    """Accepted and all pairs of people, some with very many."""
    pairs = np.append(rng.integers(1, 20, size=people - 2), rng.integers(100, 300, size=2))
    return rng.binomial(pairs, rng.uniform(0.2, 0.95, size=people)), pairs


with part(1, "VAL"):
    for people in (6, 15):
        counts = draw_people(people)
        expected = reference.val_and_error(*counts)[0]
        agree(val_and_error(*counts)[0], expected, what="VAL")
with part(2, "its standard error, people with unequal numbers of pairs"):
    for people in (6, 15, 30):
        counts = draw_people(people)
        expected = reference.val_and_error(*counts)[1]
        agree(val_and_error(*counts)[1], expected, rtol=1e-7, what="the standard error")
with part(1, "its standard error, everybody with as many pairs"):
    for people in (5, 12):
        pairs = np.full(people, 30)
        accepted = rng.integers(10, 31, size=people)
        expected = np.std(accepted / 30, ddof=1) / np.sqrt(people)
        agree(val_and_error(accepted, pairs)[1], expected, rtol=1e-7, what="the standard error")
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · A paper that does not exist (5 points)
#
# It trains one network with each of three losses and measures VAL at "a FAR of 10E-3 (0.001)", in
# percent. ± is the standard error of the mean over ten test splits; all rows were measured on the
# same ten.
# Each split has 4,000,000 pairs of different people.
#
# | Table A | VAL | | Table B, trained with | VAL |
# |---|---|---|---|---|
# | untrained | 12.0 ± 0.9 | | 1 million pictures | 60.0 |
# | softmax | 71.2 ± 1.5 | | 10 million | 73.0 |
# | triplet | 73.0 ± 1.4 | | 100 million | 75.7 |
# | quadruplet | 73.9 ± 1.6 | | | |
#
# The text adds: "Quadruplet less triplet, split by split, is 0.9 ± 0.3 points."
#
# For each claim say whether it `"follows"` from what is printed, is `"contradicted"` by it, or is
# left `"open"`. A difference counts as shown from 2.3 of its standard errors on (ten splits).
#
# 1. In Table B ten times 1 million pictures cut the error by about a third.
# 2. Triplet is better than softmax.
# 3. About 40,000 pairs of different people are accepted in each split.
# 4. Quadruplet is better than triplet, for these networks and people like these.
# 5. A thousand million pictures would give a VAL of about 78.
# 6. The step from 10 to 100 million cut the error by about a third as well.
# 7. Softmax and triplet are equally good.
# 8. All three losses beat the untrained network.
# 9. If triplet and quadruplet were trained again from other random weights, quadruplet would
#    come out ahead again.
# 10. The results of quadruplet on single splits scatter by about 1.6 points.

# %% nbgrader={"grade_id": "verdicts", "solution": true}
# verdicts = a dict from the number of each claim, 1 to 10, to "follows", "contradicted" or "open"
### BEGIN SOLUTION
verdicts = {
    1: "follows",  # 40 to 27: 32.5%
    2: "open",  # 1.8 is 0.88 combined errors, and the paired error is not given
    3: "contradicted",  # 0.001 of 4,000,000 is 4,000
    4: "follows",  # three paired errors
    5: "open",  # beyond the measured range
    6: "contradicted",  # 27 to 24.3: 10%
    7: "open",  # not shown to differ is not shown to be equal
    8: "follows",
    9: "open",  # ± says nothing about training again
    10: "contradicted",  # 1.6 times √10: 5.1 points
}
### END SOLUTION

# %% nbgrader={"grade_id": "test_verdicts", "points": 5}
assert isinstance(verdicts, dict), f"expected a dict, got {type(verdicts).__name__}"
missing = set(range(1, 11)) - set(verdicts)
assert not missing, f"every claim needs a verdict; missing: {sorted(missing)}"
allowed = {"follows", "contradicted", "open"}
strange = {claim for claim in verdicts if verdicts[claim] not in allowed}
assert not strange, f"a verdict is one of {sorted(allowed)}; look at {sorted(strange, key=str)}"
### BEGIN HIDDEN TESTS
# Two claims with different verdicts in each part: no constant answer earns anything.
for one, two in [(1, 6), (2, 4), (3, 5), (7, 8), (9, 10)]:
    with part(1, f"claims {one} and {two}"):
        right = all(verdicts.get(claim) == reference.verdicts[claim] for claim in (one, two))
        holds(right, "at least one of the two verdicts does not stand up")
### END HIDDEN TESTS

# %% [markdown]
# ## 8 · The embedding's dimension (2 points, marked by a person)
#
# What do the authors of FaceNet find about the dimension of the embedding, and how sure can one
# be of it? Write 60 to 120 words.
#
# *How it is marked.*
# 1 point: what Table 5 gives, and which dimension was chosen.
# 1 point: the differences against their errors, and what "not significant" does and does not say.

# %% [markdown] nbgrader={"grade_id": "text_dimension", "points": 2}
# VAL is 86.8, 87.9, 87.7 and 85.6% for 64, 128, 256 and 512 dimensions, with standard errors of
# 1.7 to 2.0 points over five test splits; 128 was chosen for all other experiments.
# The largest difference, 2.3 points between 128 and 512, is 0.83 of its combined standard error,
# so the table shows no difference, and the authors say so.
# That does not make the dimensions equal: a difference of a few points would not have been seen.
# The rows share their splits, so paired differences might show more, but they are not printed.
# A larger embedding may also need longer training.
# In doubt the smaller one is cheaper to store.

# %% [markdown]
# ## 9 · The amount of training data (2 points, marked by a person)
#
# What do they find about the number of training pictures, and which claim about it does their
# table not support? Write 60 to 120 words.
#
# *How it is marked.*
# 1 point: the course of VAL, and where it flattens, with the conditions of the experiment.
# 1 point: the claimed reduction against the one that the table gives, with the calculation.

# %% [markdown] nbgrader={"grade_id": "text_data", "points": 2}
# With 2.6 million pictures a smaller network reaches a VAL of 76.3% after 700 hours, with 26 and
# with 52 million 85.1%, with 260 million 86.2%.
# The first tenfold increase gains 8.8 points, the second 1.1: the gain tapers off, for this
# network and this training time; no errors are given.
# The text claims a relative reduction of the error of 60% for tens of millions against millions.
# The table gives (23.7 − 14.9)/23.7 = 37.1%, and 41.8% even for 260 million; 60% would need a VAL
# of 90.5%.
# Perhaps the sentence speaks of other runs or of another test set; the paper does not say.
