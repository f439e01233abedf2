"""Known-wrong and alternative right answers to 15_reading_the_evidence."""

import numpy as np

from autograder.bank import right, wrong

# --- rate_meant


@wrong("rate_meant", "10E-3 read as 0.01")
def as_a_computer_reads(text):
    """A number in this notation is what the computer says it is.

    A computer reads 10·10⁻³; the paper's text says 0.001: the 10 is the base of the power.
    """
    if text.endswith("%"):
        return float(text[:-1]) / 100
    return float(text)


@wrong("rate_meant", "every exponent off by one")
def all_exponents_shifted(text):
    """Papers that write 10E-3 are off by ten everywhere.

    Only a mantissa of exactly 10 stands for the base: 1E-3 is an ordinary 0.001.
    """
    if text.endswith("%"):
        return float(text[:-1]) / 100
    return float(text) / 10 if "e" in text.lower() else float(text)


@wrong("rate_meant", "every mantissa beyond 9 taken for a slip")
def large_mantissas_divided(text):
    """A mantissa has one digit before the point, so a larger one is ten times too large.

    12E-3 is an unusual way to write 0.012, and it means that: only exactly 10 is the base.
    """
    if text.endswith("%"):
        return float(text[:-1]) / 100
    mantissa, _, exponent = text.lower().partition("e")
    too_large = exponent and float(mantissa) >= 10
    return float(text) / 10 if too_large else float(text)


wrong(
    "rate_meant",
    "the mantissa dropped",
    belief="What counts is the power of ten.",
    hint="2.5e-3 is two and a half thousandths: only a mantissa of 10 is swallowed by the base.",
    edit={'mantissa == "10" and exponent': "exponent"},
)

wrong(
    "rate_meant",
    "every mantissa that starts with 1 taken for 10",
    belief="1E-3 and 10E-3 are the same, so the mantissa may be cut after the 1.",
    hint="1.7E-3 has a mantissa of its own: compare the whole mantissa with 10.",
    edit={'mantissa == "10" and exponent': 'mantissa[0] == "1" and exponent'},
)


@wrong("rate_meant", "percent sign thrown away")
def percent_ignored(text):
    """The sign is a unit, and units do not change numbers.

    A percent is a hundredth.
    """
    text = text.replace("%", "").lower()
    return 10.0 ** int(text[3:]) if text.startswith("10e") else float(text)


@right("rate_meant", "by replacing the base")
def base_replaced(text):
    """10E is 1E."""
    if text.lower().startswith("10e"):
        text = text[0] + text[2:]
    return float(text[:-1]) / 100 if text[-1] == "%" else float(text)


@right("rate_meant", "a number of NumPy, from its parts")
def from_parts(text):
    """Mantissa and exponent, read one by one."""
    percent = text.endswith("%")
    mantissa, *exponent = text.strip("%").upper().split("E")
    value = 1.0 if mantissa == "10" and exponent else float(mantissa)
    value = value * 10.0 ** int(exponent[0]) if exponent else value
    return np.float64(value / 100 if percent else value)


# --- farthest_pair


@wrong("farthest_pair", "the largest difference in points")
def largest_in_points(mean, error):
    """The surest difference is the largest one.

    A large difference between two uncertain rows may be less sure than a small one: divide by the
    error first, then look for the largest.
    """
    high, low = np.argmax(mean), np.argmin(mean)
    return high, low, (mean[high] - mean[low]) / np.hypot(error[high], error[low])


@wrong("farthest_pair", "errors added up")
def errors_added(mean, error):
    """Two errors are together as large as their sum.

    Independent errors combine as the root of the sum of squares.
    """
    apart = (mean[:, None] - mean) / (error[:, None] + error)
    high, low = np.unravel_index(np.argmax(apart), apart.shape)
    return high, low, apart[high, low]


wrong(
    "farthest_pair",
    "one row's error only",
    belief="The difference is compared with the error of the better row.",
    hint="Both means are uncertain: the error of their difference holds both.",
    edit={"np.hypot(error[:, None], error)": "error[:, None]"},
)

wrong(
    "farthest_pair",
    "the mean of the variances",
    belief="Two errors are pooled by averaging their squares.",
    hint="The variance of a difference is the sum of the two variances, not their mean.",
    edit={"np.hypot(error[:, None], error)": "np.sqrt((error[:, None] ** 2 + error**2) / 2)"},
)

wrong(
    "farthest_pair",
    "the lower row first",
    belief="Rows come in the order in which they stand on the axis.",
    hint="Return the row with the higher mean first.",
    edit={"return high, low, apart[high, low]": "return low, high, apart[high, low]"},
)


@wrong("farthest_pair", "neighbours in the table only")
def neighbours_only(mean, error):
    """One compares each row with the next.

    Any two rows can be compared, not only rows that stand next to each other.
    """
    steps = np.diff(mean) / np.hypot(error[1:], error[:-1])
    place = np.argmax(abs(steps))
    high, low = (place + 1, place) if steps[place] > 0 else (place, place + 1)
    return high, low, abs(steps[place])


@right("farthest_pair", "pair by pair")
def pair_by_pair(mean, error):
    """Two loops and the best so far."""
    best = [0, 1, -1.0]
    for i in range(len(mean)):
        for j in range(len(mean)):
            distance = (mean[i] - mean[j]) / (error[i] ** 2 + error[j] ** 2) ** 0.5
            if distance > best[2]:
                best = [i, j, float(distance)]
    return best


@right("farthest_pair", "absolute differences above the diagonal, float32")
def above_the_diagonal(mean, error):
    """Each pair once, put in order afterwards."""
    i, j = np.triu_indices(len(mean), k=1)
    mean32, error32 = mean.astype(np.float32), error.astype(np.float32)
    distance = abs(mean32[i] - mean32[j]) / np.sqrt(error32[i] ** 2 + error32[j] ** 2)
    k = np.argmax(distance)
    pair = (i[k], j[k]) if mean[i[k]] > mean[j[k]] else (j[k], i[k])
    return (*pair, distance[k])


# --- needed_correlation


@wrong("needed_correlation", "the sign of the correlation lost")
def sign_lost(mean, error, factor):
    """Correlated errors add up.

    A positive correlation makes the error of a difference smaller.
    """
    largest = abs(mean[0] - mean[1]) / factor
    rho = (largest**2 - error[0] ** 2 - error[1] ** 2) / (2 * error[0] * error[1])
    return np.nan if rho > 1 else max(rho, -1.0)


wrong(
    "needed_correlation",
    "the 2 of the mixed term forgotten",
    belief="The mixed term is ρ times the product of the errors.",
    hint="(a − b)² = a² + b² − 2ab: the mixed term comes twice.",
    edit={"2 * error[0] * error[1]": "error[0] * error[1]"},
)


@wrong("needed_correlation", "an impossible correlation returned")
def beyond_one(mean, error, factor):
    """The formula's answer is the answer.

    No correlation is larger than 1: then the difference cannot reach that many errors.
    """
    largest = abs(mean[0] - mean[1]) / factor
    return (error[0] ** 2 + error[1] ** 2 - largest**2) / (2 * error[0] * error[1])


wrong(
    "needed_correlation",
    "1 where no correlation will do",
    belief="With perfectly equal splits the error vanishes.",
    hint="With a correlation of 1 the error is |se_x − se_y|, which is not 0 if the errors differ.",
    edit={"return np.nan if rho > 1 else max(rho, -1.0)": "return min(max(rho, -1.0), 1.0)"},
)

wrong(
    "needed_correlation",
    "negative correlations ruled out",
    belief="A correlation over splits starts at 0.",
    hint="Splits can be hard for one and easy for the other: correlations go down to −1.",
    edit={"np.nan if rho > 1 else max(rho, -1.0)": "np.nan if rho > 1 else max(rho, 0.0)"},
)

wrong(
    "needed_correlation",
    "the factor left out",
    belief="The difference has to exceed its error.",
    hint="The error may be at most the difference divided by the factor.",
    edit={"abs(mean[0] - mean[1]) / factor": "abs(mean[0] - mean[1])"},
)


@right("needed_correlation", "by halving an interval")
def by_halving(mean, error, factor):
    """The error falls as the correlation rises."""

    def shown(rho):
        variance = error[0] ** 2 + error[1] ** 2 - 2 * rho * error[0] * error[1]
        return abs(mean[0] - mean[1]) >= factor * np.sqrt(max(variance, 0.0))

    if not shown(1.0):
        return float("nan")
    low, high = -1.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    return high


@right("needed_correlation", "clipped by NumPy")
def clipped(mean, error, factor):
    """Everything squared, then cut to the possible."""
    square = np.sum(np.square(error)) - np.square(np.diff(mean)[0] / factor)
    rho = square / 2 / np.prod(error)
    return np.where(rho > 1, np.nan, np.clip(rho, -1, 1))


# --- paired_difference


@wrong("paired_difference", "errors of the two means combined")
def unpaired(first, second):
    """Two means have two errors, and these combine.

    Both were measured on the same splits: take the difference split by split first, then its
    spread.
    """
    both = ~np.isnan(first + second)
    x, y, n = first[both], second[both], both.sum()
    return np.mean(x - y), np.hypot(x.std(ddof=1), y.std(ddof=1)) / np.sqrt(n)


@wrong("paired_difference", "the spread instead of the error of the mean")
def spread_of_differences(first, second):
    """The standard deviation is the error.

    The mean of n differences is surer than a single one: divide by √n.
    """
    difference = (first - second)[~np.isnan(first - second)]
    return difference.mean(), difference.std(ddof=1)


@wrong("paired_difference", "divided by n instead of n − 1")
def without_correction(first, second):
    """A standard deviation is np.std.

    The mean was estimated from the same differences: ddof=1.
    """
    difference = (first - second)[~np.isnan(first - second)]
    return difference.mean(), difference.std() / np.sqrt(len(difference))


@wrong("paired_difference", "second less first")
def turned_round(first, second):
    """The second network is compared with the first.

    First less second.
    """
    difference = (second - first)[~np.isnan(first - second)]
    return difference.mean(), difference.std(ddof=1) / np.sqrt(len(difference))


@wrong("paired_difference", "splits that failed counted")
def failed_splits_counted(first, second):
    """There were that many splits.

    Only the splits that both have are differences: n is their number.
    """
    difference = first - second
    error = np.nanstd(difference, ddof=1) / np.sqrt(len(difference))
    return np.nanmean(difference), error


wrong(
    "paired_difference",
    "each mean over its own splits",
    belief="The difference of the means is the mean of the differences.",
    hint="A split that only one of them has moves one mean and not the other: drop it from both.",
    edit={"difference.mean()": "np.nanmean(first) - np.nanmean(second)"},
)


@wrong("paired_difference", "nan left in")
def nan_left_in(first, second):
    """NumPy takes care of missing values.

    One nan makes every sum nan: drop the splits that one of them lacks.
    """
    difference = first - second
    return difference.mean(), difference.std(ddof=1) / np.sqrt(len(difference))


@right("paired_difference", "in a loop")
def paired_in_a_loop(first, second):
    """Sums by hand."""
    differences = [x - y for x, y in zip(first, second) if x == x and y == y]  # noqa: B905
    n = len(differences)
    mean = sum(differences) / n
    variance = sum((d - mean) ** 2 for d in differences) / (n - 1)
    return [mean, (variance / n) ** 0.5]


@right("paired_difference", "from the covariance")
def from_the_covariance(first, second):
    """se² = (var x + var y − 2 cov)/n."""
    both = np.isfinite(first) & np.isfinite(second)
    x, y = first[both], second[both]
    spread = np.cov(x, y)
    variance = spread[0, 0] + spread[1, 1] - 2 * spread[0, 1]
    return np.array([x.mean() - y.mean(), np.sqrt(variance / both.sum())])


# --- error_reduction


@wrong("error_reduction", "gain relative to VAL")
def relative_to_val(before, after, error_before, error_after):
    """What was gained, relative to what was there.

    The error is what is missing to 100: it is the error that is reduced, not VAL.
    """
    return (after - before) / before, np.hypot(
        error_after / before, after * error_before / before**2
    )


@wrong("error_reduction", "points for percent")
def points_for_percent(before, after, error_before, error_after):
    """8.8 points more are 8.8% less error.

    A difference of two VALs is in points: divide it by the error before.
    """
    return (after - before) / 100, np.hypot(error_before, error_after) / 100


@wrong("error_reduction", "the error before taken as exact")
def before_is_exact(before, after, error_before, error_after):
    """The row before is what one compares with.

    The row before is uncertain, too, and it stands in numerator and denominator.
    """
    return (after - before) / (100 - before), error_after / (100 - before)


@wrong("error_reduction", "the denominator taken as exact")
def denominator_is_exact(before, after, error_before, error_after):
    """The error of a difference, divided by the number it is divided by.

    r = 1 − (100 − y)/(100 − x): differentiate by x, which stands in the denominator.
    """
    wrong_before = 100 - before
    return (after - before) / wrong_before, np.hypot(error_before, error_after) / wrong_before


@wrong("error_reduction", "relative errors added up")
def relative_errors_added(before, after, error_before, error_after):
    """The relative error of a quotient is the sum of the relative errors.

    Independent errors combine as the root of the sum of squares.
    """
    ratio = (100 - after) / (100 - before)
    relative = error_after / (100 - after) + error_before / (100 - before)
    return 1 - ratio, ratio * relative


@wrong("error_reduction", "relative to the error after")
def relative_to_after(before, after, error_before, error_after):
    """The difference over the new error.

    A reduction is relative to what there was before.
    """
    wrong_after = 100 - after
    slope = (100 - before) / wrong_after**2
    return (after - before) / wrong_after, np.hypot(error_before / wrong_after, slope * error_after)


@right("error_reduction", "relative errors of a quotient")
def quotient_rule(before, after, error_before, error_after):
    """The squares of relative errors add up in a quotient."""
    left = (100 - after) / (100 - before)
    relative = (error_after / (100 - after)) ** 2 + (error_before / (100 - before)) ** 2
    return [(after - before) / (100 - before), left * relative**0.5]


@right("error_reduction", "slopes by small steps")
def slopes_by_steps(before, after, error_before, error_after):
    """Central differences."""

    def reduction(x, y):
        return (y - x) / (100 - x)

    step = 1e-4
    by_before = (reduction(before + step, after) - reduction(before - step, after)) / (2 * step)
    by_after = (reduction(before, after + step) - reduction(before, after - step)) / (2 * step)
    square = (by_before * error_before) ** 2 + (by_after * error_after) ** 2
    return reduction(before, after), np.sqrt(square)


# --- val_and_error


@wrong("val_and_error", "pairs counted as independent")
def pairs_independent(accepted, pairs):
    """A share of n pairs has the error √(p(1 − p)/n).

    Pairs of one person stand or fall together: the independent units are people.
    """
    share = accepted.sum() / pairs.sum()
    return share, np.sqrt(share * (1 - share) / pairs.sum())


@wrong("val_and_error", "mean of the people's own shares")
def mean_of_shares(accepted, pairs):
    """Every person has a VAL, and these are averaged.

    VAL is the share of all pairs: a person with many pairs counts more.
    """
    shares = accepted / pairs
    return shares.mean(), shares.std(ddof=1) / np.sqrt(len(shares))


@wrong("val_and_error", "people weighted alike in the error")
def error_of_shares(accepted, pairs):
    """The pooled share, with the standard error of the people's shares.

    Who has many pairs moves VAL much when left out: leave people out of the pooled share.
    """
    shares = accepted / pairs
    return accepted.sum() / pairs.sum(), shares.std(ddof=1) / np.sqrt(len(shares))


@wrong("val_and_error", "squares taken around VAL itself")
def around_val(accepted, pairs):
    """The leave-one-out values scatter around the VAL of all people.

    The formula has the mean of the n values that leave one out, which is not quite VAL.
    """
    val, people = accepted.sum() / pairs.sum(), len(pairs)
    without = (accepted.sum() - accepted) / (pairs.sum() - pairs)
    return val, np.sqrt((people - 1) / people * np.sum((without - val) ** 2))


@wrong("val_and_error", "leave-one-out values treated as a sample")
def as_a_sample(accepted, pairs):
    """n values have the standard error std/√n.

    They share all people but one, so they differ far too little: the jackknife multiplies the sum
    of squares by (n − 1)/n, it does not divide by n.
    """
    without = (accepted.sum() - accepted) / (pairs.sum() - pairs)
    return accepted.sum() / pairs.sum(), without.std(ddof=1) / np.sqrt(len(pairs))


wrong(
    "val_and_error",
    "pairs of the person left in",
    belief="Leaving a person out removes what was accepted of them.",
    hint="Who is left out takes all their pairs along, also those that were not accepted.",
    edit={"pairs.sum() - pairs": "pairs.sum()"},
)


@wrong("val_and_error", "the factor (n − 1)/n forgotten")
def factor_forgotten(accepted, pairs):
    """The root of the sum of squares.

    The sum of squares is multiplied by (n − 1)/n; with few people it matters.
    """
    without = (accepted.sum() - accepted) / (pairs.sum() - pairs)
    return accepted.sum() / pairs.sum(), np.sqrt(np.sum((without - without.mean()) ** 2))


@right("val_and_error", "leaving out in a loop")
def leaving_out_in_a_loop(accepted, pairs):
    """np.delete, person by person."""
    n = len(pairs)
    values = [np.delete(accepted, i).sum() / np.delete(pairs, i).sum() for i in range(n)]
    centre = sum(values) / n
    square = (n - 1) / n * sum((value - centre) ** 2 for value in values)
    return [float(accepted.sum() / pairs.sum()), float(square) ** 0.5]


@right("val_and_error", "with a mask")
def with_a_mask(accepted, pairs):
    """A matrix of everybody but one."""
    others = 1 - np.eye(len(pairs))
    values = (others @ accepted) / (others @ pairs)
    return accepted.sum() / pairs.sum(), np.sqrt((len(pairs) - 1) * np.var(values))


# --- verdicts


@wrong("verdicts", "not shown to differ taken for equal")
def insignificant_is_equal():
    """No significant difference means no difference.

    A difference that is smaller than its error is not shown; nor is it shown to be 0.
    """
    values = "follows open contradicted follows open contradicted follows follows open contradicted"
    return dict(enumerate(values.split(), start=1))


@wrong("verdicts", "the larger number taken for the better network")
def larger_is_better():
    """73.0 is more than 71.2.

    1.8 points with errors of 1.4 and 1.5: how far apart are they in combined errors?
    """
    values = (
        "follows follows contradicted follows open contradicted contradicted follows open "
        "contradicted"
    )
    return dict(enumerate(values.split(), start=1))


@wrong("verdicts", "10E-3 read as 0.01")
def ten_e_minus_three():
    """10E-3 of 4,000,000 is 40,000.

    The paper says what it means by 10E-3: a FAR of 0.001.
    """
    values = "follows open follows follows open contradicted open follows open contradicted"
    return dict(enumerate(values.split(), start=1))


@wrong("verdicts", "paired error overlooked")
def paired_error_overlooked():
    """73.0 ± 1.4 and 73.9 ± 1.6 overlap.

    The text gives the difference split by split with an error of its own: use that one.
    """
    values = "follows open contradicted open open contradicted open follows open contradicted"
    return dict(enumerate(values.split(), start=1))


@wrong("verdicts", "a curve believed beyond its points")
def extrapolated():
    """2.7 points for the last factor of ten, so as many for the next.

    Nothing was measured with a thousand million pictures: what is printed ends at 100.
    """
    values = "follows open contradicted follows follows contradicted open follows open contradicted"
    return dict(enumerate(values.split(), start=1))


@wrong("verdicts", "standard error read as the spread between splits")
def error_is_spread():
    """± 1.6 is how far results scatter.

    ± is the error of the mean of ten splits; single splits scatter √10 times as much.
    """
    values = "follows open contradicted follows open contradicted open follows open follows"
    return dict(enumerate(values.split(), start=1))


@wrong("verdicts", "test splits taken for trainings")
def splits_are_trainings():
    """Three standard errors hold for another training as well.

    ± comes from ten parts of the test set; each network was trained once.
    """
    values = "follows open contradicted follows open contradicted open follows follows contradicted"
    return dict(enumerate(values.split(), start=1))


@wrong("verdicts", "points read as relative reductions")
def points_are_percent():
    """13 points are 13%, not a third.

    From 60 to 73 the error falls from 40 to 27: relative to 40, how much is that?
    """
    values = (
        "contradicted open contradicted follows open contradicted open follows open contradicted"
    )
    return dict(enumerate(values.split(), start=1))


@right("verdicts", "grouped by verdict")
def grouped_by_verdict():
    """Each verdict with its claims."""
    groups = {"follows": [1, 4, 8], "contradicted": [3, 6, 10], "open": [2, 5, 7, 9]}
    return {claim: verdict for verdict, claims in groups.items() for claim in claims}


@right("verdicts", "computed where it can be")
def computed_verdicts():
    """Numbers first, then words."""

    def third(before, after):
        share = (after - before) / (100 - before)
        return "follows" if abs(share - 1 / 3) < 0.05 else "contradicted"

    answer = dict.fromkeys(range(1, 11), "open")
    answer[1], answer[6] = third(60.0, 73.0), third(73.0, 75.7)
    answer[3] = "follows" if abs(0.001 * 4_000_000 - 40_000) < 5000 else "contradicted"
    answer[4] = "follows" if 0.9 / 0.3 >= 2.3 else "open"
    answer[8] = "follows" if (71.2 - 12.0) / (1.6 + 0.9) >= 2.3 else "open"
    answer[10] = "follows" if abs(1.6 * np.sqrt(10) - 1.6) < 0.5 else "contradicted"
    return answer
