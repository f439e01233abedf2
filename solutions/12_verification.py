# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 12 · Verification
#
# A pair of pictures is accepted, that is taken for one person, if its squared distance is at most
# a threshold $t$.
# The chapter of the same name measured
#
# - VAL, the accepted share of the pairs that show *one* person,
# - FAR, the accepted share of the pairs that show *two*.
#
# Here you find out what a test set can show, and set thresholds that hold on other people.
#
# Each cell that says `raise NotImplementedError` is yours: replace that line.
# Below it stands a check that you can run; more checks run when the notebook is graded.
# Arguments are NumPy arrays or numbers; lists are fine as results.
# Change no argument in place: whoever calls your function may need it again.
# Change only your own cells; you may add more of them.

# %% nbgrader={"grade_id": "given_symbols"}
import numpy as np
import sympy as sp

k = sp.Symbol("k", integer=True, positive=True)  # accepted pairs
n = sp.Symbol("n", integer=True, positive=True)  # pairs


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
# ## 1 · How many people? (3 points)
#
# A FAR of one in `one_in` is to be measured, and not by one lucky pair: at exactly that FAR there
# should be at least `accepts` false accepts.
# Each person gives `faces` pictures.
# All pairs of pictures of *different* people are compared, each pair once.
# How many people are needed at least?


# %% nbgrader={"grade_id": "people_needed", "solution": true}
def people_needed(one_in, accepts, faces):
    """The smallest number of people, from 2 up; all arguments are whole numbers from 1 up."""
    ### BEGIN SOLUTION
    people = 2
    while people * (people - 1) // 2 * faces**2 < accepts * one_in:
        people += 1
    return people
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_people_needed", "points": 3}
four = people_needed(6, 1, 1)
assert four == 4, f"four people with one picture each make 6 pairs: expected 4, got {four}"
### BEGIN HIDDEN TESTS
with part(1, "one picture of each person"):
    for _ in range(4):
        one_in, accepts = int(rng.integers(50, 3000)), int(rng.integers(1, 9))
        expected = reference.people_needed(one_in, accepts, 1)
        agree(people_needed(one_in, accepts, 1), expected, rtol=1e-9, what="the number of people")
with part(1, "several pictures of each person"):
    for faces in (2, 3, 5):
        one_in, accepts = int(rng.integers(2000, 60_000)), int(rng.integers(1, 9))
        expected = reference.people_needed(one_in, accepts, faces)
        got = people_needed(one_in, accepts, faces)
        agree(got, expected, rtol=1e-9, what="the number of people")
with part(1, "just enough pairs, and one pair too few"):
    for faces in (1, 3):
        people = int(rng.integers(20, 60))
        enough = people * (people - 1) // 2 * faces**2
        agree(people_needed(enough, 1, faces), people, rtol=1e-9, what="just enough pairs")
        got = people_needed(enough - 1, 1, faces)
        agree(got, people, rtol=1e-9, what="one pair more than needed")
        got = people_needed(enough + 1, 1, faces)
        agree(got, people + 1, rtol=1e-9, what="one pair too few")
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Rates from a histogram (3 points)
#
# Ten billion distances are not kept; they are counted into bins.
# The first bin holds the smallest distances, and a distance on the edge between two bins belongs
# to the lower one.
# `same_counts` has the numbers of pairs of one person in each bin, `different_counts` those of
# different people.
#
# Return VAL and FAR for thresholds at the *upper edge* of every bin.


# %% nbgrader={"grade_id": "rates_from_counts", "solution": true}
def rates_from_counts(same_counts, different_counts):
    """(B,) and (B,), whole numbers, to VAL (B,) and FAR (B,)."""
    ### BEGIN SOLUTION
    return (
        np.cumsum(same_counts) / np.sum(same_counts),
        np.cumsum(different_counts) / np.sum(different_counts),
    )
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_rates_from_counts", "points": 3}
rates = rates_from_counts(np.array([3, 1, 0]), np.array([0, 2, 6]))
assert len(rates) == 2 and np.shape(rates[0]) == np.shape(rates[1]) == (3,), (
    "expected two arrays with a rate for each of the 3 bins"
)
assert abs(rates[0][2] - 1) < 1e-6 and abs(rates[1][2] - 1) < 1e-6, (
    f"at the last edge all pairs are accepted: expected 1 and 1, got {rates[0][2]}, {rates[1][2]}"
)
### BEGIN HIDDEN TESTS


def draw_counts():
    """Counts in seven bins: those of one person lie lower, and some bins are empty."""
    same = rng.integers(1, 60, size=7) * np.array([1, 1, 1, 1, 0, 1, 0])
    different = rng.integers(1, 60, size=7) * np.array([0, 1, 1, 3, 5, 0, 9])
    return same, different


with part(2, "VAL and FAR at every edge"):
    for _ in range(3):
        same, different = draw_counts()
        got_val, got_far = rates_from_counts(same, different)
        expected_val, expected_far = reference.rates_from_counts(same, different)
        agree(got_val, expected_val, what="VAL")
        agree(got_far, expected_far, what="FAR")
with part(1, "a hundred times as many pairs of different people leave both rates as they are"):
    same, different = draw_counts()
    got_val, got_far = rates_from_counts(same, 100 * different)
    expected_val, expected_far = reference.rates_from_counts(same, different)
    agree(got_val, expected_val, what="VAL, with more pairs of different people")
    agree(got_far, expected_far, what="FAR, with more pairs of different people")
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Reading a table (2 points)
#
# Table 3 of the FaceNet paper gives the "mean validation rate VAL at 10E-3 false accept rate".
# Each of the five test sets behind it compares 100,000 pictures with 100,000 other pictures,
# every one with every one (Section 4.1).
# Take all of these pairs for pairs of different people, which nearly all are.
#
# How many false accepts does that FAR allow in *one* test set?

# %% nbgrader={"grade_id": "table_accepts", "solution": true}
# table_accepts = a whole number
### BEGIN SOLUTION
table_accepts = 100_000 * 100_000 // 1000  # Section 5.1 says that 0.001 is meant
### END SOLUTION

# %% nbgrader={"grade_id": "test_table_accepts", "points": 2}
assert table_accepts == int(table_accepts) and 1 <= table_accepts <= 200_000**2, (
    f"expected a whole number of pairs, got {table_accepts}"
)
### BEGIN HIDDEN TESTS
agree(table_accepts, reference.table_accepts, rtol=1e-9, what="the number of false accepts")
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · A threshold for VAL (2 points)
#
# The chapter set a threshold just *below* a distance, so that few strangers get in.
# Now it is to let one's own people in.
# There are `n` pairs of one person, independent, all at different distances.
# The threshold is *at* the `k`-th smallest of them, so that exactly `k` are accepted.
#
# A new pair of one person comes.
# With which probability is it accepted, if neither its distance nor any of the others is known?


# %% nbgrader={"grade_id": "new_val", "solution": true}
# new_val = an expression in k and n
### BEGIN SOLUTION
new_val = k / (n + 1)
### END SOLUTION

# %% nbgrader={"grade_id": "test_new_val", "points": 2}
some_val = at(new_val, k=4, n=9)
assert 0 < some_val < 1, f"expected a probability for k = 4 and n = 9, got {some_val}"
### BEGIN HIDDEN TESTS
with part(1, "one pair only"):
    agree(at(new_val, k=1, n=1), 1 / 2, what="the nearer one of two pairs")
with part(1, "any number of pairs"):
    symbolically_equal(new_val, reference.new_val, what="the probability")
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · Judged fold by fold (5 points)
#
# The people of a test set are split into folds, numbered from 0.
# `same` and `different` hold squared distances, `same_fold` and `different_fold` the number of the
# fold that each pair belongs to.
#
# For each fold set the threshold on the *other* folds, all of their pairs together, as large as
# possible with a FAR of at most `target` there.
# Then compute VAL and FAR on the fold itself.
# All distances differ from each other.


# %% nbgrader={"grade_id": "fold_rates", "solution": true}
def fold_rates(same, same_fold, different, different_fold, target):
    """Distances (S,), folds (S,), distances (T,), folds (T,) to rows [VAL, FAR], (K, 2)."""
    ### BEGIN SOLUTION
    rows = []
    for fold in range(int(np.max(different_fold)) + 1):
        others = np.sort(different[different_fold != fold])
        first_rejected = others[int(target * len(others))]
        own = same[same_fold == fold], different[different_fold == fold]
        rows.append([np.mean(distances < first_rejected) for distances in own])
    return np.array(rows)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_fold_rates", "points": 5}
two_folds = fold_rates(
    np.array([0.1, 0.5, 0.3, 0.9]),
    np.array([0, 0, 1, 1]),
    np.array([0.4, 1.1, 1.4, 0.8, 1.2, 1.6]),
    np.array([0, 0, 0, 1, 1, 1]),
    0.0,
)
assert np.shape(two_folds) == (2, 2), (
    f"a row [VAL, FAR] for each of 2 folds: expected shape (2, 2), got {np.shape(two_folds)}"
)
np.testing.assert_allclose(
    two_folds[0],
    [1, 1 / 3],
    rtol=1e-5,
    err_msg="fold 0: no stranger of fold 1 may be accepted, the nearest of them is at 0.8",
)
### BEGIN HIDDEN TESTS


def draw_folds(count, target):
    """Folds of unequal size and difficulty, and a target that no rounding can reach."""
    while True:
        sizes = rng.integers(25, 60, size=count)
        different_fold = rng.permutation(np.repeat(np.arange(count), sizes))
        same_fold = rng.permutation(np.repeat(np.arange(count), rng.integers(12, 30, size=count)))
        ease = rng.uniform(0.7, 1.6, size=count)
        raw = np.concatenate(
            [
                ease[same_fold] * rng.uniform(0.2, 1.3, size=len(same_fold)),
                ease[different_fold] * rng.uniform(0.6, 2, size=len(different_fold)),
            ]
        )
        distances = 0.005 * (1 + np.argsort(np.argsort(raw)))  # the same order, steps of 0.005
        same, different = np.split(distances, [len(same_fold)])
        # Folds with distances between the last accepted and the first rejected, and between the
        # first rejected and what np.quantile makes of the two.
        between = set()
        for fold in range(count):
            others = np.sort(different[different_fold != fold])
            last = int(target * len(others))
            if not 0.05 < target * len(others) - last < 0.95:
                break
            if last:
                gap = (others[last - 1], others[last])
                if np.any((same > gap[0]) & (same < gap[1]) & (same_fold == fold)):
                    between.add("same")
                own = different[different_fold == fold]
                if np.any((own > gap[0]) & (own < gap[1])):
                    between.add("different")
                near, far = sorted((np.quantile(others, target), others[last]))
                if np.any((same > near) & (same < far) & (same_fold == fold)):
                    between.add("same, quantile")
                if np.any((own > near) & (own < far)):
                    between.add("different, quantile")
        else:
            if len(between) == 4 or target < 0.01:
                return same, same_fold, different, different_fold


def judge(count, target):
    folds = draw_folds(count, target)
    got = np.asarray(fold_rates(*folds, target), dtype=float)
    agree(got.shape, (count, 2), what="the shape of the result")
    return got.T, reference.fold_rates(*folds, target).T


with part(2, "VAL of each fold"):
    for count, target in [(3, 0.12), (4, 0.23)]:
        got, expected = judge(count, target)
        agree(got[0], expected[0], what="VAL")
with part(2, "FAR of each fold"):
    for count, target in [(3, 0.12), (4, 0.23)]:
        got, expected = judge(count, target)
        agree(got[1], expected[1], what="FAR")
with part(1, "a target below one pair"):
    got, expected = judge(5, 0.002)
    agree(got, expected, what="VAL and FAR where no false accept is allowed")
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · How many mistakes a proof may contain (4 points)
#
# No false accept among $n$ independent pairs shows, with 95% confidence, that the true FAR is
# below $3/n$.
# And if there were some?
#
# "At most $k$ false accepts" is a proof that the true FAR is at most `far` if it would be
# improbable otherwise: were the true FAR equal to `far`, at most $k$ false accepts would occur
# with a probability of at most `1 - confidence`.
#
# Return the largest such $k$.
# If not even $k=0$ is a proof, return -1.
# Do not approximate the binomial distribution.


# %% nbgrader={"grade_id": "allowed_accepts", "solution": true}
def allowed_accepts(pairs, far, confidence):
    """A whole number from -1 up, for a number of independent pairs, a rate and a probability."""
    ### BEGIN SOLUTION
    allowed = -1
    exactly = (1 - far) ** pairs  # the probability of allowed + 1 false accepts
    at_most = exactly
    while at_most <= 1 - confidence:
        allowed += 1
        exactly *= (pairs - allowed) / (allowed + 1) * far / (1 - far)
        at_most += exactly
    return allowed
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_allowed_accepts", "points": 4}
none = allowed_accepts(4, 0.5, 0.9)
assert none == 0, f"no accept has probability 1/16, at most one 5/16: expected 0, got {none}"
### BEGIN HIDDEN TESTS


def draw_proof(low, high, confidence):
    """Pairs and a rate with `low` to `high` false accepts expected, and no close call."""
    while True:
        pairs = int(rng.integers(200, 2000))
        far = rng.uniform(low, high) / pairs
        counts = np.arange(60)
        ways = np.cumsum(np.log(np.append(1, (pairs - counts[:-1]) / counts[1:])))
        logs = ways + counts * np.log(far) + (pairs - counts) * np.log1p(-far)
        at_most = np.cumsum(np.exp(logs))
        if np.min(np.abs(at_most / (1 - confidence) - 1)) > 0.01:
            return pairs, far, confidence


def check_proofs(draws):
    for draw in draws:
        expected = reference.allowed_accepts(*draw)
        agree(allowed_accepts(*draw), expected, rtol=1e-9, what="the number of false accepts")


with part(1, "few pairs: one may be too many, or none too few"):
    check_proofs([draw_proof(1.2, 2.8, 0.95), draw_proof(3.1, 4.6, 0.95)])
    check_proofs([draw_proof(2, 2.9, 0.95), draw_proof(4.8, 6.2, 0.95)])
with part(2, "many pairs"):
    check_proofs([draw_proof(7, 11, 0.95), draw_proof(11, 16, 0.95), draw_proof(16, 22, 0.95)])
with part(1, "other confidences"):
    check_proofs([draw_proof(8, 14, 0.8), draw_proof(8, 14, 0.99), draw_proof(3, 4.4, 0.99)])
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · Pairs that share a person (4 points)
#
# Pairs of different people are compared; `first` and `second` say who is in each pair, `accepted`
# whether it was accepted, True or False.
# Two people may be in several pairs, in either order.
# Estimate the standard error of FAR without assuming that pairs are independent.
#
# Let $e_p$ be 1 less FAR for an accepted pair $p$, and 0 less FAR for a rejected one.
# The variance of FAR is estimated by the sum of $e_p\,e_q$ over all $p$ and $q$ whose pairs have a
# person in common, divided by the square of the number of pairs.
# Here $p=q$ belongs to the sum, and $(p,q)$ and $(q,p)$ are two terms.
#
# Return the root of it; if the sum is negative, return 0.


# %% nbgrader={"grade_id": "far_error", "solution": true}
def far_error(first, second, accepted):
    """Standard error of FAR, a number, from people (T,), people (T,) and decisions (T,)."""
    ### BEGIN SOLUTION
    e = accepted - np.mean(accepted)
    one, other = first[:, None], second[:, None]
    share = (one == first) | (one == second) | (other == first) | (other == second)
    return np.sqrt(max(e @ share @ e, 0)) / len(e)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_far_error", "points": 4}
strangers = far_error(np.array([0, 2]), np.array([1, 3]), np.array([True, False]))
assert np.ndim(strangers) == 0, f"expected one number, got shape {np.shape(strangers)}"
assert abs(strangers - np.sqrt(1 / 8)) < 1e-5, (
    f"two pairs without a person in common, e = ±1/2: expected √(1/8) = 0.35355, got {strangers}"
)
### BEGIN HIDDEN TESTS


def draw_decisions(people, times, kept):
    """A part of all pairs, in random order; some people are taken for many others."""
    while True:
        names = rng.permutation(90)[:people]
        i, j = (np.tile(index, times) for index in np.triu_indices(people, k=1))
        chosen = rng.permutation(len(i))[: int(kept * len(i))]
        swap = rng.random(len(chosen)) < 0.5
        i, j = np.where(swap, j[chosen], i[chosen]), np.where(swap, i[chosen], j[chosen])
        score = rng.normal(size=people)
        tie = rng.normal(size=(people, people))
        total = score[i] + score[j] + (tie + tie.T)[i, j] + rng.normal(size=len(i))
        drawn = names[i], names[j], total > np.quantile(total, 0.7)
        # Far enough from 0 for rounding not to matter, and people matter.
        if reference.far_error(*drawn) > 1.3 * np.sqrt(0.21 / len(i)):
            return drawn


with part(2, "at most one pair for every two people"):
    for _ in range(3):
        drawn = draw_decisions(9, 1, 0.8)
        agree(far_error(*drawn), reference.far_error(*drawn), rtol=1e-4, what="the error")
with part(1, "several pairs of the same two people"):
    for _ in range(3):
        drawn = draw_decisions(6, 4, 0.7)
        agree(far_error(*drawn), reference.far_error(*drawn), rtol=1e-4, what="the error")
with part(1, "a negative sum"):
    # Everybody is accepted with exactly one other person: all people are alike.
    for couples in (3, 4):
        names = rng.permutation(50)[: 2 * couples]
        i, j = np.triu_indices(2 * couples, k=1)
        drawn = names[i], names[j], (i // 2 == j // 2)
        agree(far_error(*drawn), 0.0, rtol=0, atol=1e-6, what="the error for a negative sum")
### END HIDDEN TESTS

# %% [markdown]
# ## 8 · More accurate, and worse (3 points)
#
# Accuracy is the share of right decisions, at the threshold that makes it largest.
# Invent two embeddings, A and B, of which A has the higher accuracy and B the higher VAL at a FAR
# of at most `target`.
#
# Return four lists of `n` squared distances each, between 0 and 4: those of A's pairs of one person
# and of its pairs of different people, then those of B.
# `n` is at least 20, `target` between 0 and 0.2, and may be below $1/n$.


# %% nbgrader={"grade_id": "misleading", "solution": true}
def misleading(n, target):
    """Distances (n,), four times: A's same, A's different, B's same, B's different."""
    ### BEGIN SOLUTION
    too_many = int(target * n) + 1
    strangers_in_front = np.where(np.arange(n) < too_many, 0.5, 2.0)
    half_is_lost = np.where(np.arange(n) < n // 2, 0.1, 3.0)
    return np.full(n, 1.0), strangers_in_front, half_is_lost, np.full(n, 2.0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_misleading", "points": 3}
invented = misleading(20, 0.1)
assert len(invented) == 4 and all(np.shape(part_of) == (20,) for part_of in invented), (
    "expected four lists of 20 distances"
)
assert all(np.min(part_of) >= 0 and np.max(part_of) <= 4 for part_of in invented), (
    "expected squared distances between 0 and 4"
)
### BEGIN HIDDEN TESTS


def invent(n, target):
    four = [np.asarray(one, dtype=float) for one in misleading(n, target)]
    agree([one.shape for one in four], [(n,)] * 4, what="the shapes of the four lists")
    inside = all(bool(np.all((one >= 0) & (one <= 4))) for one in four)
    holds(inside, "squared distances on the sphere lie between 0 and 4")
    return four[:2], four[2:]


def right_decisions(same, different):
    """The largest number of right decisions at any threshold; at -1 nobody is accepted."""
    thresholds = np.concatenate([[-1.0], same, different])
    return max(np.sum(same <= t) + np.sum(different > t) for t in thresholds)


def own_accepted(same, different, target):
    """Pairs of one person that are accepted at the largest threshold that is allowed."""
    return np.sum(same < np.sort(different)[int(target * len(different))])


# No product of a target and a number of pairs is close to a whole number without being it.
draws = [(int(size), 0.013) for size in rng.integers(20, 70, size=2)]
draws += [(40, 0.125), (20, 0.155), (31, 0.11), (53, 0.19), (64, 0.07)]
with part(1, "A has the higher accuracy"):
    for n_pairs, target in draws:
        A, B = invent(n_pairs, target)
        holds(bool(right_decisions(*A) > right_decisions(*B)), "A makes more right decisions")
with part(2, "B has the higher VAL at the wanted FAR"):
    for n_pairs, target in draws:
        A, B = invent(n_pairs, target)
        better = own_accepted(*B, target) > own_accepted(*A, target)
        holds(bool(better), "at the FAR that is allowed B accepts more pairs of one person")
### END HIDDEN TESTS
