"""Known-wrong and alternative right answers to 12_verification."""

import numpy as np
import sympy as sp

from autograder.bank import right, wrong

# --- people_needed


wrong(
    "people_needed",
    "pairs of the same person counted",
    belief="N pictures make N(N − 1)/2 pairs.",
    hint="A false accept needs two different people: leave out the pairs within an album.",
    edit={"people * (people - 1) // 2 * faces**2": "people * faces * (people * faces - 1) // 2"},
)

wrong(
    "people_needed",
    "each pair counted twice",
    belief="Everybody is compared with everybody else.",
    hint="(i, j) and (j, i) are the same comparison: halve the number of pairs.",
    edit={"people * (people - 1) // 2 * faces**2": "people * (people - 1) * faces**2"},
)

wrong(
    "people_needed",
    "one comparison for each two people",
    belief="Two people make one pair.",
    hint="With several pictures of each, two people are compared picture by picture: how often is "
    "that?",
    edit={"people * (people - 1) // 2 * faces**2": "people * (people - 1) // 2"},
)

wrong(
    "people_needed",
    "pictures of one side only",
    belief="Twice the pictures, twice the pairs.",
    hint="Each of the pictures of one person meets each of the other's: their numbers are "
    "multiplied.",
    edit={"people * (people - 1) // 2 * faces**2": "people * (people - 1) // 2 * faces"},
)


@wrong("people_needed", "people compared with themselves")
def half_the_square(one_in, accepts, faces):
    """m people make m²/2 pairs.

    Of m people each has m − 1 others: m(m − 1)/2 pairs, not m²/2.
    """
    people = 2
    while people**2 * faces**2 < 2 * accepts * one_in:
        people += 1
    return people


wrong(
    "people_needed",
    "rounded down",
    belief="Solve the quadratic equation and take the whole part; an exact solution is kept.",
    hint="With one person fewer than needed the pairs do not suffice: round up.",
    edit={"people * (people - 1) // 2 * faces**2 <": "(people + 1) * people // 2 * faces**2 <="},
)


@right("people_needed", "from the quadratic equation")
def from_the_quadratic(one_in, accepts, faces):
    """The root, rounded up, and a step in either direction against rounding errors."""
    pairs = -(-accepts * one_in // faces**2)
    people = int(np.ceil(0.5 + np.sqrt(0.25 + 2 * pairs))) + 1
    while people > 2 and (people - 1) * (people - 2) // 2 >= pairs:
        people -= 1
    return people


@right("people_needed", "one person after the other, as a float")
def one_after_the_other(one_in, accepts, faces):
    """Each newcomer is compared with all who are there."""
    pairs, people = 0, 1
    while pairs < accepts * one_in:
        pairs += people * faces * faces
        people += 1
    return float(people)


# --- rates_from_counts


@wrong("rates_from_counts", "divided by the accepted pairs")
def divided_by_accepted(same_counts, different_counts):
    """Of what was accepted, how much was right?

    That is precision, and it changes with the mix of pairs: divide by all pairs of the same kind.
    """
    same, different = np.cumsum(same_counts), np.cumsum(different_counts)
    accepted = np.maximum(same + different, 1)
    return same / accepted, different / accepted


@wrong("rates_from_counts", "divided by all pairs")
def divided_by_everything(same_counts, different_counts):
    """A rate is a share of the whole test set.

    Each rate has a denominator of its own: VAL the pairs of one person, FAR those of different
    people.
    """
    total = np.sum(same_counts) + np.sum(different_counts)
    return np.cumsum(same_counts) / total, np.cumsum(different_counts) / total


@wrong("rates_from_counts", "the lower edge of each bin")
def lower_edges(same_counts, different_counts):
    """What lies before the bin.

    At the upper edge the bin's own pairs are accepted, too: the sum includes the bin itself.
    """
    return (
        (np.cumsum(same_counts) - same_counts) / np.sum(same_counts),
        (np.cumsum(different_counts) - different_counts) / np.sum(different_counts),
    )


@wrong("rates_from_counts", "each bin by itself")
def not_added_up(same_counts, different_counts):
    """The share of each bin.

    A threshold accepts everything below it: add up the bins from the first on.
    """
    return same_counts / np.sum(same_counts), different_counts / np.sum(different_counts)


@wrong("rates_from_counts", "added up from the far end")
def from_the_far_end(same_counts, different_counts):
    """What lies beyond the threshold is accepted, as with a similarity.

    Small distances are accepted, so the sums start at the first bin.
    """
    return (
        np.cumsum(same_counts[::-1])[::-1] / np.sum(same_counts),
        np.cumsum(different_counts[::-1])[::-1] / np.sum(different_counts),
    )


@wrong("rates_from_counts", "FAR first")
def far_first(same_counts, different_counts):
    """The horizontal axis of the ROC comes first.

    Both rates are right, in the wrong order: VAL comes first.
    """
    return (
        np.cumsum(different_counts) / np.sum(different_counts),
        np.cumsum(same_counts) / np.sum(same_counts),
    )


@right("rates_from_counts", "a loop, lists out")
def counted_in_a_loop(same_counts, different_counts):
    """Bin by bin."""
    rates = []
    for counts in (same_counts.tolist(), different_counts.tolist()):
        accepted, found = 0, []
        for count in counts:
            accepted += count
            found.append(accepted / sum(counts))
        rates.append(found)
    return rates


@right("rates_from_counts", "a triangular matrix, float32")
def triangular_sums(same_counts, different_counts):
    """Both at once."""
    counts = np.array([same_counts, different_counts], dtype=np.float32)
    sums = counts @ np.triu(np.ones((counts.shape[1],) * 2, dtype=np.float32))
    return sums / sums[:, -1:]


# --- table_accepts


@wrong("table_accepts", "10E-3 read as 0.01")
def ten_to_the_minus_two():
    """10E-3 is ten times a thousandth.

    As a number 10E-3 is 0.01, but that is not what the paper means by it: see Section 5.1.
    """
    return 100_000 * 100_000 // 100


@wrong("table_accepts", "pairs halved")
def pairs_halved():
    """Each pair occurs twice in a square matrix.

    The two sides are different pictures, so that every pair occurs once already.
    """
    return 100_000 * 100_000 // 2000


@wrong("table_accepts", "all pairs of 200,000 pictures")
def all_pairs_of_the_set():
    """A set of 200,000 pictures.

    Each picture of one half is compared with the other half only: how many pairs are 100,000 ×
    100,000?
    """
    return 200_000 * 199_999 // 2000


@wrong("table_accepts", "all five sets together")
def five_sets():
    """The table is about five sets.

    The question is about one of the five test sets.
    """
    return 5 * 100_000 * 100_000 // 1000


@wrong("table_accepts", "pictures instead of pairs")
def share_of_pictures():
    """One picture in a thousand.

    FAR is a share of pairs, not of pictures.
    """
    return 100_000 // 1000


@right("table_accepts", "as a float")
def as_a_float():
    return 1e-3 * 1e5**2


@right("table_accepts", "from SymPy")
def from_sympy():
    return sp.Integer(10) ** 7


# --- new_val


@wrong("new_val", "the share that was accepted")
def share_accepted():
    """k of n pairs are accepted, so the next one is with probability k/n.

    k/n is the rate on the pairs that the threshold was set on. Count the new pair in: n + 1
    distances, none of them special.
    """
    k, n = sp.symbols("k n", integer=True, positive=True)
    return k / n


@wrong("new_val", "the chapter's threshold just below a distance")
def threshold_below_the_next():
    """The formula for FAR holds for VAL.

    Here the threshold is the k-th distance itself: the new pair has to be nearer than it.
    """
    k, n = sp.symbols("k n", integer=True, positive=True)
    return (k + 1) / (n + 1)


@wrong("new_val", "the rule of succession")
def rule_of_succession():
    """After k successes in n trials the next one has probability (k + 1)/(n + 2).

    That rule is about a fixed threshold; this one was set at one of the distances. Ask for the rank
    of the new pair among n + 1.
    """
    k, n = sp.symbols("k n", integer=True, positive=True)
    return (k + 1) / (n + 2)


@wrong("new_val", "the pair at the threshold left out")
def threshold_pair_left_out():
    """One of the pairs is used up for the threshold.

    The n pairs and the new one are n + 1 distances; count the ranks with which it is nearer than
    the k-th of the others.
    """
    k, n = sp.symbols("k n", integer=True, positive=True)
    return (k - 1) / (n - 1)


@right("new_val", "as one less the rejected ranks")
def one_less_the_rejected():
    k, n = sp.symbols("k n", integer=True, positive=True)
    return 1 - (n + 1 - k) / (n + 1)


@right("new_val", "as the mean of a beta distribution")
def mean_of_beta():
    k, n = sp.symbols("k n", integer=True, positive=True)
    return sp.gamma(k + 1) * sp.gamma(n + 1) / (sp.gamma(k) * sp.gamma(n + 2))


# --- fold_rates


wrong(
    "fold_rates",
    "threshold set on the test fold",
    belief="Each fold has its own best threshold.",
    hint="A threshold judged on its own pairs has the FAR that it was made to have: set it on the "
    "other folds.",
    edit={"different[different_fold != fold]": "different[different_fold == fold]"},
)


@wrong("fold_rates", "threshold set on all folds")
def peeks_at_everything(same, same_fold, different, different_fold, target):
    """One threshold for everything, then fold by fold.

    All folds include the one that is judged: set the threshold without its pairs.
    """
    limit = np.sort(different)[int(target * len(different))]
    rows = []
    for fold in range(different_fold.max() + 1):
        own = different[different_fold == fold]
        rows.append([np.mean(same[same_fold == fold] < limit), np.mean(own < limit)])
    return np.array(rows)


@wrong("fold_rates", "a quantile between two distances")
def quantile_as_threshold(same, same_fold, different, different_fold, target):
    """The threshold is the quantile of the others' distances.

    np.quantile interpolates between two distances; the largest threshold that is allowed reaches up
    to the first distance that must be rejected.
    """
    rows = []
    for fold in range(different_fold.max() + 1):
        limit = np.quantile(different[different_fold != fold], target)
        own = different[different_fold == fold]
        rows.append([np.mean(same[same_fold == fold] <= limit), np.mean(own <= limit)])
    return np.array(rows)


@wrong("fold_rates", "mean of the other folds' thresholds")
def mean_of_thresholds(same, same_fold, different, different_fold, target):
    """Every fold has a threshold; the others' mean is used.

    Put the pairs of the other folds together and set one threshold on them.
    """
    folds = range(different_fold.max() + 1)
    limits = []
    for fold in folds:
        own = np.sort(different[different_fold == fold])
        limits.append(own[int(target * len(own))])
    rows = []
    for fold in folds:
        limit = np.mean([limits[other] for other in folds if other != fold])
        own = different[different_fold == fold]
        rows.append([np.mean(same[same_fold == fold] < limit), np.mean(own < limit)])
    return np.array(rows)


@wrong("fold_rates", "the smallest threshold of that FAR")
def smallest_threshold(same, same_fold, different, different_fold, target):
    """The threshold is the largest accepted distance.

    The threshold can go up to just below the first distance that must be rejected without changing
    FAR on the other folds.
    """
    rows = []
    for fold in range(different_fold.max() + 1):
        others = np.sort(different[different_fold != fold])
        accepted = int(target * len(others))
        limit = others[accepted - 1] if accepted else others[0] - 1e-9
        own = different[different_fold == fold]
        rows.append([np.mean(same[same_fold == fold] <= limit), np.mean(own <= limit)])
    return np.array(rows)


wrong(
    "fold_rates",
    "one false accept too many",
    belief="The target is reached when it is passed.",
    hint="Count the false accepts at your threshold on the other folds: their share must not "
    "exceed the target.",
    edit={"others[int(target * len(others))]": "others[int(target * len(others)) + 1]"},
)


@wrong("fold_rates", "VAL divided by the accepted pairs")
def precision_of_each_fold(same, same_fold, different, different_fold, target):
    """VAL says how many of the accepted are right.

    The share of the accepted that is right is precision: VAL is the accepted share of the fold's
    pairs of one person.
    """
    rows = []
    for fold in range(different_fold.max() + 1):
        others = np.sort(different[different_fold != fold])
        limit = others[int(target * len(others))]
        right_ones = np.sum(same[same_fold == fold] < limit)
        own = different[different_fold == fold]
        accepted = right_ones + np.sum(own < limit)
        rows.append([right_ones / accepted, np.mean(own < limit)])
    return np.array(rows)


wrong(
    "fold_rates",
    "threshold set for VAL",
    belief="A share of `target` of the pairs of one person may be lost.",
    hint="The target is one for FAR: set the threshold on the pairs of different people.",
    edit={
        "different[different_fold != fold]": "same[same_fold != fold]",
        "int(target * len(others))": "len(others) - 1 - int(target * len(others))",
    },
)


@right("fold_rates", "np.nextafter and ≤")
def just_below(same, same_fold, different, different_fold, target):
    """The threshold itself, as in the chapter."""
    rows = []
    for fold in np.unique(different_fold):
        others = np.sort(different[different_fold != fold])
        d = np.nextafter(others[int(np.floor(target * len(others)))], -np.inf)
        rows.append(
            (np.mean(same[same_fold == fold] <= d), np.mean(different[different_fold == fold] <= d))
        )
    return rows


@right("fold_rates", "every distance tried in turn, lists out")
def every_distance_tried(same, same_fold, different, different_fold, target):
    """The largest distance of all at which FAR on the others is still within the target."""
    rows = []
    candidates = sorted([0.0, *same.tolist(), *different.tolist()])
    for fold in sorted(set(different_fold.tolist())):
        others = different[different_fold != fold]
        d = [c for c in candidates if np.mean(others <= c) <= target][-1]
        own = [x for x, f in zip(same.tolist(), same_fold.tolist(), strict=True) if f == fold]
        far = [x <= d for x in different[different_fold == fold].tolist()]
        rows.append([sum(x <= d for x in own) / len(own), sum(far) / len(far)])
    return rows


@right("fold_rates", "halfway to the next distance, float32")
def halfway(same, same_fold, different, different_fold, target):
    """Nothing lies between the largest distance below the limit and the limit."""
    same, different = same.astype(np.float32), different.astype(np.float32)
    rows = []
    for fold in range(different_fold.max() + 1):
        others = np.sort(different[different_fold != fold])
        limit = np.float32(others[int(target * len(others))] - 0.002)
        own = different[different_fold == fold]
        rows.append([np.mean(same[same_fold == fold] <= limit), np.mean(own <= limit)])
    return np.array(rows, dtype=np.float32)


# --- allowed_accepts


@wrong("allowed_accepts", "as many as the rate says")
def the_estimate(pairs, far, confidence):
    """The measured FAR has to be at most `far`.

    With far · n false accepts the estimate equals the rate, and the true one may well be higher:
    ask how probable so few would be.
    """
    return int(np.floor(far * pairs))


wrong(
    "allowed_accepts",
    "one too many",
    belief="The probability of fewer than k must be small.",
    hint='"At most k" includes k itself in the sum of probabilities.',
    edit={"return allowed": "return allowed + 1"},
)


@wrong("allowed_accepts", "the rule of three and nothing else")
def only_the_rule_of_three(pairs, far, confidence):
    """A proof contains no false accept.

    With more pairs than three per `far` a proof may contain false accepts: add up the binomial
    probabilities.
    """
    return 0 if pairs * far >= 3 else -1


wrong(
    "allowed_accepts",
    "95% whatever is asked",
    belief="Proofs are made with 95% confidence.",
    hint="The confidence is an argument: use 1 - confidence where you wrote 0.05.",
    edit={"1 - confidence": "0.05"},
)

wrong(
    "allowed_accepts",
    "two-sided",
    belief="Half of the probability belongs to the other side.",
    hint="Only a rate that is too high is to be excluded: the whole of 1 - confidence lies on one "
    "side.",
    edit={"1 - confidence": "(1 - confidence) / 2"},
)

wrong(
    "allowed_accepts",
    "confidence taken for its complement",
    belief="At most k false accepts occur with the probability `confidence`.",
    hint="So few false accepts must be *improbable* if the rate is as high as `far`.",
    edit={"1 - confidence": "confidence"},
)


@wrong("allowed_accepts", "one exact number instead of at most")
def exactly_k(pairs, far, confidence):
    """The probability of k false accepts must be small.

    Add up the probabilities of 0, 1, … k false accepts, not that of k alone.
    """
    allowed, exactly = -1, (1 - far) ** pairs
    while exactly <= 1 - confidence and allowed < far * pairs:
        allowed += 1
        exactly *= (pairs - allowed) / (allowed + 1) * far / (1 - far)
    return allowed


@right("allowed_accepts", "with logarithms, all at once")
def with_logarithms(pairs, far, confidence):
    """The cumulative distribution as an array."""
    counts = np.arange(1, pairs + 1)
    logs = np.cumsum(np.log((pairs + 1 - counts) / counts) + np.log(far) - np.log1p(-far))
    logs = np.append(0, logs) + pairs * np.log1p(-far)
    return np.count_nonzero(np.cumsum(np.exp(logs)) <= 1 - confidence) - 1


@right("allowed_accepts", "pair by pair")
def pair_by_pair(pairs, far, confidence):
    """The distribution of the number of false accepts grows with each pair."""
    chances = np.zeros(80)
    chances[0] = 1.0
    for _ in range(pairs):
        chances[1:] = (1 - far) * chances[1:] + far * chances[:-1]
        chances[0] *= 1 - far
    allowed, total = -1, 0.0
    for chance in chances:
        total += chance
        if total > 1 - confidence:
            break
        allowed += 1
    return float(allowed)


# --- far_error


@wrong("far_error", "the binomial error")
def binomial_error(first, second, accepted):
    """Every pair is a trial.

    That is the error for independent pairs: it keeps only the terms with p = q.
    """
    rate = np.mean(accepted)
    return np.sqrt(rate * (1 - rate) / len(accepted))


@wrong("far_error", "the first person of each pair only")
def first_person_only(first, second, accepted):
    """Pairs of the same first person belong together.

    A person in common may stand first in one pair and second in the other.
    """
    e = accepted - np.mean(accepted)
    return np.sqrt(max(e @ (first[:, None] == first) @ e, 0)) / len(e)


@wrong("far_error", "the same place only")
def same_place_only(first, second, accepted):
    """First with first, second with second.

    A person in common may stand first in one pair and second in the other: compare all four ways.
    """
    e = accepted - np.mean(accepted)
    share = (first[:, None] == first) | (second[:, None] == second)
    return np.sqrt(max(e @ share @ e, 0)) / len(e)


@wrong("far_error", "pairs with both people in common counted twice")
def counted_person_by_person(first, second, accepted):
    """For each person the square of the sum over that person's pairs.

    Adding up person by person counts a pair with itself, and pairs of the same two people, twice:
    take them off once.
    """
    e = accepted - np.mean(accepted)
    sums = [np.sum(e[(first == who) | (second == who)]) for who in np.union1d(first, second)]
    return np.sqrt(np.sum(np.square(sums))) / len(e)


wrong(
    "far_error",
    "the terms with p = q left out",
    belief="Two different pairs with a person in common.",
    hint="A pair has people in common with itself: its own square belongs to the sum.",
    edit={"return np.sqrt(": "share &= ~np.eye(len(e), dtype=bool)\nreturn np.sqrt("},
)

wrong(
    "far_error",
    "each two pairs taken once",
    belief="Combinations, not permutations.",
    hint="(p, q) and (q, p) are two terms of the sum.",
    edit={"np.sqrt(max(e @ share @ e, 0))": "np.sqrt(max(e @ np.triu(share) @ e, 0))"},
)

wrong(
    "far_error",
    "FAR not subtracted",
    belief="The decisions themselves are multiplied.",
    hint="e is the distance from FAR: decisions as such are all positive and look correlated.",
    edit={"e = accepted - np.mean(accepted)": "e = accepted * 1.0"},
)

wrong(
    "far_error",
    "the variance returned",
    belief="The sum over the square of the number of pairs.",
    hint="The standard error is the root of the variance.",
    edit={"np.sqrt(max(e @ share @ e, 0)) / len(e)": "max(e @ share @ e, 0) / len(e) ** 2"},
)

wrong(
    "far_error",
    "a negative sum gives NaN",
    belief="A variance is never negative.",
    hint="The estimate can come out negative, and has no root then: return 0 for it.",
    edit={"np.sqrt(max(e @ share @ e, 0)) / len(e)": "np.sqrt(e @ share @ e) / len(e)"},
)


@right("far_error", "two loops")
def error_in_loops(first, second, accepted):
    """Word by word."""
    first, second = first.tolist(), second.tolist()
    rate = sum(accepted.tolist()) / len(first)
    e = [float(yes) - rate for yes in accepted.tolist()]
    total = 0.0
    for p in range(len(e)):
        for q in range(len(e)):
            if {first[p], second[p]} & {first[q], second[q]}:
                total += e[p] * e[q]
    return max(total, 0.0) ** 0.5 / len(e)


@right("far_error", "person by person, less what was counted twice")
def person_by_person(first, second, accepted):
    """Squares of the sums of people, less those of the sums of couples."""
    e = accepted - np.mean(accepted)
    people, index = np.unique([first, second], return_inverse=True)
    i, j = index.reshape(2, -1)
    between = np.zeros((len(people), len(people)))
    np.add.at(between, (i, j), e)
    between += between.T
    total = np.sum(between.sum(axis=1) ** 2) - np.sum(between**2) / 2
    return np.sqrt(np.maximum(total, 0)) / len(e)


@right("far_error", "matrix of memberships, float32")
def memberships(first, second, accepted):
    """Pairs times people: their product says how many people two pairs have in common."""
    people = np.union1d(first, second)
    member = ((first[:, None] == people) | (second[:, None] == people)).astype(np.float32)
    e = (accepted - accepted.mean()).astype(np.float32)
    total = e @ np.minimum(member @ member.T, 1) @ e
    return np.float32(np.sqrt(total) / len(e)) if total > 0 else np.float32(0)


# --- misleading


@wrong("misleading", "A better in every respect")
def better_throughout(n, target):
    """What is more accurate is better.

    B has to win at the small FAR: let a few of A's strangers be nearer than its own people.
    """
    mixed = np.where(np.arange(n) < n // 2, 1.0, 2.5)
    return np.full(n, 0.5), np.full(n, 2.0), mixed, np.full(n, 2.0)


@wrong("misleading", "A and B exchanged")
def exchanged(n, target):
    """The better one comes first.

    A is the one with the higher accuracy; it comes first.
    """
    too_many = int(target * n) + 1
    strangers = np.where(np.arange(n) < too_many, 0.5, 2.0)
    half = np.where(np.arange(n) < n // 2, 0.1, 3.0)
    return half, np.full(n, 2.0), np.full(n, 1.0), strangers


@wrong("misleading", "as many strangers in front as the FAR allows")
def as_many_as_allowed(n, target):
    """`target` of the strangers in front spoil A.

    The FAR allows ⌊target · n⌋ false accepts: with that many strangers in front the threshold still
    reaches beyond them. One more is needed.
    """
    strangers = np.where(np.arange(n) < int(target * n), 0.5, 2.0)
    half = np.where(np.arange(n) < n // 2, 0.1, 3.0)
    return np.full(n, 1.0), strangers, half, np.full(n, 2.0)


@wrong("misleading", "the number of strangers rounded up")
def rounded_up(n, target):
    """More than the target is the next whole number.

    Rounding up adds nothing where target · n is a whole number: it takes one more than is allowed.
    """
    strangers = np.where(np.arange(n) < max(1, np.ceil(target * n)), 0.5, 2.0)
    half = np.where(np.arange(n) < n // 2, 0.1, 3.0)
    return np.full(n, 1.0), strangers, half, np.full(n, 2.0)


@wrong("misleading", "one stranger in front")
def one_stranger(n, target):
    """The nearest stranger sets the threshold.

    A single stranger spoils A only where no false accept is allowed: how many does this target
    allow?
    """
    strangers = np.where(np.arange(n) < 1, 0.5, 2.0)
    half = np.where(np.arange(n) < n // 2, 0.1, 3.0)
    return np.full(n, 1.0), strangers, half, np.full(n, 2.0)


@wrong("misleading", "B better in every respect")
def other_better_throughout(n, target):
    """A low VAL at the FAR is all that is needed.

    B must make more mistakes at its best threshold than A does at its own.
    """
    too_many = int(target * n) + 1
    strangers = np.where(np.arange(n) < too_many, 0.5, 2.0)
    return np.full(n, 1.0), strangers, np.full(n, 0.4), np.full(n, 2.0)


@wrong("misleading", "both at one threshold")
def stretched(n, target):
    """At d = 1 A is right throughout, and B is not.

    Each embedding is judged at its own best threshold: stretching all distances changes neither
    accuracy nor VAL.
    """
    return np.full(n, 0.5), np.full(n, 1.5), np.full(n, 1.25), np.full(n, 3.75)


@right("misleading", "lists, strangers tied with one's own people")
def tied(n, target):
    """At equal distances own people and strangers are accepted together or not at all."""
    front = int(target * n) + 1
    lost = n - 1 - n // 3
    return (
        [1.0] * n,
        [1.0] * front + [3.0] * (n - front),
        [0.5] * (n - lost) + [3.5] * lost,
        [2.5] * n,
    )


@right("misleading", "random distances")
def random_distances(n, target):
    """The same idea with noise."""
    generator = np.random.default_rng(3)
    front = int(target * n) + 1
    strangers = generator.uniform(2, 4, size=n)
    strangers[generator.permutation(n)[:front]] = generator.uniform(0, 0.4, size=front)
    mixed = generator.uniform(1.2, 3.8, size=n)
    mixed[: n // 3] = generator.uniform(0, 0.3, size=n // 3)
    others = generator.uniform(1.2, 3.8, size=n)
    return generator.uniform(0.5, 1, size=n), strangers, mixed, others
