"""Known-wrong and alternative right answers to 04_random_features."""

import numpy as np
import sympy as sp

from autograder.bank import right, wrong

# --- scale_frequencies


@wrong("scale_frequencies", "variance σ² instead of 1/σ²")
def multiplied_by_sigma(standard, sigma):
    """The frequencies have the width of the kernel: w ~ N(0, σ²I).

    A wide kernel changes slowly and needs slow waves: should the frequencies grow or shrink with σ?
    """
    return standard * sigma


@wrong("scale_frequencies", "divided by the variance")
def divided_by_the_variance(standard, sigma):
    """A variance of 1/σ² means dividing by σ².

    Numbers divided by c have their variance divided by c²: which c turns the variance 1 into 1/σ²?
    """
    return standard / np.square(sigma)


@wrong("scale_frequencies", "divided by √σ")
def divided_by_the_root(standard, sigma):
    """σ is a variance, and its root the standard deviation.

    The standard deviation of the frequencies is 1/σ: their variance is 1/σ², not 1/σ.
    """
    return standard / np.sqrt(sigma)


@wrong("scale_frequencies", "one average width for all coordinates")
def averaged_width(standard, sigma):
    """A kernel has one width, so several are averaged.

    Coordinate d of every frequency belongs to σ_d alone: column by column, not one mean.
    """
    return standard / np.mean(sigma)


@wrong("scale_frequencies", "a width for each frequency")
def width_per_frequency(standard, sigma):
    """The widths run down the rows.

    The widths belong to the D coordinates, which are the columns of w, not to its rows.
    """
    return standard / np.reshape(sigma, (-1, 1))


@right("scale_frequencies", "one number after the other, lists out")
def scaled_in_a_loop(standard, sigma):
    """Entry by entry."""
    widths = np.broadcast_to(sigma, standard.shape[1:])
    return [[float(x / s) for x, s in zip(row, widths, strict=True)] for row in standard]


@right("scale_frequencies", "a diagonal matrix in float32")
def scaled_by_a_matrix(standard, sigma):
    """The inverse of a diagonal matrix."""
    widths = np.diag(np.ones(standard.shape[1]) * sigma)
    return standard.astype(np.float32) @ np.linalg.inv(widths).astype(np.float32)


# --- phase_features


@wrong("phase_features", "√2 missing")
def without_root_two(x, frequencies, phases):
    """The factor is that of the sine–cosine pair, √(1/D_random).

    Averaged over the phase, cos α cos β is only half of cos(α − β).
    """
    return np.cos(x @ frequencies.T + phases) / np.sqrt(len(phases))


@wrong("phase_features", "no phase")
def without_phase(x, frequencies, phases):
    """The phase averages out, so it can be left out.

    Without the phase cos(α + β) has no reason to average to 0: the estimate is biased.
    """
    return np.sqrt(2 / len(phases)) * np.cos(x @ frequencies.T)


@wrong("phase_features", "the whole factor in each map")
def factor_not_rooted(x, frequencies, phases):
    """The average needs a factor of 2/D_random.

    The kernel is a product of two maps: each carries the root of the factor.
    """
    return 2 / len(phases) * np.cos(x @ frequencies.T + phases)


@wrong("phase_features", "a sum instead of an average")
def not_averaged(x, frequencies, phases):
    """√2 is all that is needed.

    φ(x)φ(y)ᵀ adds up D_random terms: what turns the sum into an average?
    """
    return np.sqrt(2) * np.cos(x @ frequencies.T + phases)


@wrong("phase_features", "sines and cosines with phases on top")
def sines_as_well(x, frequencies, phases):
    """The phase is added to the pair of sine and cosine.

    The phase replaces the sine: this map has D_random columns.
    """
    angles = x @ frequencies.T + phases
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=-1) / np.sqrt(len(phases))


@wrong("phase_features", "the sine–cosine pair again")
def pair_of_the_chapter(x, frequencies, phases):
    """All maps of random features are [sin, cos].

    This map uses the phases and has one column per frequency: D_random, not twice as many.
    """
    angles = x @ frequencies.T
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=-1) / np.sqrt(len(phases))


@wrong("phase_features", "no factor at all")
def no_factor(x, frequencies, phases):
    """The waves alone are the features.

    φ(x)φ(y)ᵀ adds up D_random products that average to half a kernel value each: which factor makes
    that a mean of whole ones?
    """
    return np.cos(x @ frequencies.T + phases)


@wrong("phase_features", "D in place of D_random")
def divided_by_dimension(x, frequencies, phases):
    """The factor is √(2/D).

    The average runs over the frequencies: how many are there, D or D_random?
    """
    return np.sqrt(2 / frequencies.shape[1]) * np.cos(x @ frequencies.T + phases)


@right("phase_features", "einsum, and the cosine of a sum written out")
def phases_by_addition_theorem(x, frequencies, phases):
    """cos(a + b) = cos a cos b − sin a sin b."""
    angles = np.einsum("...d,rd->...r", x, frequencies)
    waves = np.cos(angles) * np.cos(phases) - np.sin(angles) * np.sin(phases)
    return waves * (2.0 / frequencies.shape[0]) ** 0.5


@right("phase_features", "one frequency after the other, lists out")
def phases_in_a_loop(x, frequencies, phases):
    """Column by column."""
    columns = [np.cos(np.sum(x * w, axis=-1) + b) for w, b in zip(frequencies, phases, strict=True)]
    return (np.stack(columns, axis=-1) / np.sqrt(len(columns) / 2)).tolist()


@right("phase_features", "float32")
def phases_in_float32(x, frequencies, phases):
    """Single precision all the way."""
    x, w, b = (np.asarray(a, dtype=np.float32) for a in (x, frequencies, phases))
    return np.float32(np.sqrt(2 / b.size)) * np.cos(np.matmul(x, w.T) + b[None])[...].reshape(
        *x.shape[:-1], b.size
    )


# --- phase_variance


@wrong("phase_variance", "the variance of the sine–cosine pair")
def variance_of_the_pair():
    """A term that averages to 0 changes nothing.

    The second cosine, cos(w·(x + y) + 2b), has expectation 0 but a variance of its own.
    """
    delta, sigma, D_random = sp.symbols("delta sigma D_random", positive=True)
    return (1 - sp.exp(-(delta**2) / sigma**2)) ** 2 / (2 * D_random)


@wrong("phase_variance", "the mean square, without the squared mean taken off")
def second_moment():
    """The variance is the expectation of the square.

    A variance is E[X²] − E[X]²: which part have you got?
    """
    delta, sigma, D_random = sp.symbols("delta sigma D_random", positive=True)
    return (1 + sp.exp(-2 * delta**2 / sigma**2) / 2) / D_random


@wrong("phase_variance", "the second cosine's variance taken as 1")
def cosine_with_unit_variance():
    """A cosine reaches ±1, so its variance is 1.

    The square of a cosine averages to ½ over a full turn.
    """
    delta, sigma, D_random = sp.symbols("delta sigma D_random", positive=True)
    return (1 + (1 - sp.exp(-(delta**2) / sigma**2)) ** 2 / 2) / D_random


@wrong("phase_variance", "the variance of one frequency")
def variance_of_one_frequency():
    """A mean has the variance of its terms.

    The estimate is a mean over D_random independent frequencies: what does that do to a variance?
    """
    delta, sigma = sp.symbols("delta sigma", positive=True)
    return (1 + (1 - sp.exp(-(delta**2) / sigma**2)) ** 2) / 2


@wrong("phase_variance", "K in place of K²")
def exponent_halved():
    """The exponential in the variance is the kernel itself.

    E cos²(w·δ) = ½ + ½ E cos(2w·δ): doubling the distance raises K to the fourth power.
    """
    delta, sigma, D_random = sp.symbols("delta sigma D_random", positive=True)
    return (1 + (1 - sp.exp(-(delta**2) / (2 * sigma**2))) ** 2) / (2 * D_random)


@wrong("phase_variance", "half the columns, twice the variance")
def twice_the_pair():
    """With half as many columns the variance doubles.

    At distance 0 the pair has no variance at all, so no multiple of it can be right: is
    φ_b(x)φ_b(x)ᵀ always 1?
    """
    delta, sigma, D_random = sp.symbols("delta sigma D_random", positive=True)
    return (1 - sp.exp(-(delta**2) / sigma**2)) ** 2 / D_random


@right("phase_variance", "expanded, in terms of K")
def expanded_in_kernel():
    """1 − K² + K⁴/2, with K written as a power of e."""
    delta, sigma, D_random = sp.symbols("delta sigma D_random", positive=True)
    kernel = sp.E ** (-(delta**2) / (2 * sigma**2))
    return 1 / D_random - kernel**2 / D_random + kernel**4 / (2 * D_random)


@right("phase_variance", "moment by moment, with symbols of one's own")
def moment_by_moment():
    """Mean square of both cosines, minus the squared mean; hyperbolic functions left in."""
    delta, sigma, D_random = sp.symbols("delta sigma D_random")
    z = delta**2 / sigma**2
    squared_mean = sp.cosh(z) - sp.sinh(z)
    return (sp.Rational(1, 2) * (1 + sp.exp(-2 * z)) + sp.Rational(1, 2) - squared_mean) / D_random


# --- features_needed


@wrong("features_needed", "error taken to fall as 1/D_random")
def error_not_squared(epsilon, distance, sigma):
    """Twice the features, half the error.

    The variance falls as 1/D_random, the error as its root: ten times better costs how much?
    """
    variance = (1 - np.exp(-((distance / sigma) ** 2))) ** 2 / 2
    return int(np.ceil(variance / epsilon))


@wrong("features_needed", "rounded down")
def rounded_down(epsilon, distance, sigma):
    """The whole part of the quotient.

    With the number rounded down the error is still a little above epsilon.
    """
    variance = (1 - np.exp(-((distance / sigma) ** 2))) ** 2 / 2
    return int(variance / epsilon**2)


@wrong("features_needed", "rounded to the nearest")
def rounded_to_nearest(epsilon, distance, sigma):
    """The nearest whole number.

    With 100.3 needed, 100 are not enough: round up, always.
    """
    variance = (1 - np.exp(-((distance / sigma) ** 2))) ** 2 / 2
    return round(float(variance / epsilon**2))


@wrong("features_needed", "K in place of K²")
def kernel_not_squared(epsilon, distance, sigma):
    """The variance is (1 − K)²/2.

    The variance holds exp(−δ²/σ²), which is the *square* of the kernel.
    """
    variance = (1 - np.exp(-((distance / sigma) ** 2) / 2)) ** 2 / 2
    return int(np.ceil(variance / epsilon**2))


@wrong("features_needed", "½ of the variance forgotten")
def half_of_variance_forgotten(epsilon, distance, sigma):
    """The variance is (1 − K²)².

    Far apart the estimate is a mean of cosines, and cos² averages to ½.
    """
    variance = (1 - np.exp(-((distance / sigma) ** 2))) ** 2
    return int(np.ceil(variance / epsilon**2))


@wrong("features_needed", "the worst distance taken always")
def worst_distance_always(epsilon, distance, sigma):
    """The bound 1/2ε² is the number asked for.

    Near pairs are easier: the distance is given, so use it.
    """
    return int(np.ceil(1 / (2 * epsilon**2)))


@wrong("features_needed", "σ left out")
def sigma_left_out(epsilon, distance, sigma):
    """The variance depends on the distance alone.

    Only the distance measured in widths matters: δ/σ.
    """
    variance = (1 - np.exp(-(distance**2))) ** 2 / 2
    return int(np.ceil(variance / epsilon**2))


@wrong("features_needed", "the bracket not squared")
def bracket_not_squared(epsilon, distance, sigma):
    """The variance is (1 − K²)/2.

    The variance holds the *square* of 1 − exp(−δ²/σ²).
    """
    variance = (1 - np.exp(-((distance / sigma) ** 2))) / 2
    return int(np.ceil(variance / epsilon**2))


@wrong("features_needed", "columns counted instead of frequencies")
def columns_counted(epsilon, distance, sigma):
    """Sine and cosine are two features.

    D_random counts frequencies: each has a sine and a cosine, so φ has twice as many columns.
    """
    variance = (1 - np.exp(-((distance / sigma) ** 2))) ** 2 / 2
    return 2 * int(np.ceil(variance / epsilon**2))


@right("features_needed", "counting up")
def counting_up(epsilon, distance, sigma):
    """One more until the error is small enough."""
    count = 1
    while (1 - np.exp(-((distance / sigma) ** 2))) / np.sqrt(2 * count) > epsilon:
        count += 1
    return count


@right("features_needed", "through the kernel, as a float")
def through_the_kernel(epsilon, distance, sigma):
    """The kernel first; a whole number of type float."""
    kernel = np.exp(-(distance**2) / (2 * sigma**2))
    return np.ceil(((1 - kernel**2) / (np.sqrt(2) * epsilon)) ** 2)


# --- attention_state


@wrong("attention_state", "exp(‖k‖²/2σ²) dropped")
def norm_factor_dropped(keys, phi_keys, values, sigma):
    """The norm factors cancel, so φ will do in place of ψ.

    φ estimates the Gaussian; without the norm factor a long key gets too little weight. A maximum
    of its own for each key takes the factor away, too.
    """
    return np.swapaxes(phi_keys, -1, -2) @ values, phi_keys.sum(axis=-2)[..., None]


@wrong("attention_state", "the norm factor upside down")
def norm_factor_inverted(keys, phi_keys, values, sigma):
    """Long keys have to be damped.

    ψ makes up for the Gaussian, which is too small for long keys: does your factor grow with ‖k‖?
    """
    exponents = -np.sum(keys**2, axis=-1, keepdims=True) / (2 * sigma**2)
    psi_keys = np.exp(exponents - exponents.max(axis=-2, keepdims=True)) * phi_keys
    return np.swapaxes(psi_keys, -1, -2) @ values, psi_keys.sum(axis=-2)[..., None]


wrong(
    "attention_state",
    "½ of the exponent forgotten",
    belief="The factor is exp(‖k‖²/σ²).",
    hint="The exponent of the norm factor is ‖k‖² over *twice* σ².",
    edit={"2 * sigma**2": "sigma**2"},
)

wrong(
    "attention_state",
    "the norm not squared",
    belief="The factor is exp(‖k‖/2σ²).",
    hint="The exponent of the norm factor holds ‖k‖², the sum of squares without a root.",
    edit={"np.sum": "np.linalg.norm", "keys**2": "keys"},
)

wrong(
    "attention_state",
    "σ taken as 1 in the norm factor",
    belief="The features already know σ.",
    hint="The width stands in the norm factor, too: its exponent is ‖k‖²/2σ².",
    edit={"2 * sigma**2": "2"},
)


@wrong("attention_state", "overflow left to itself")
def overflow_left_alone(keys, phi_keys, values, sigma):
    """The formula as written is good enough for a computer.

    exp(800) is infinite in floating point: subtract a number from all exponents of a head first.
    """
    psi_keys = np.exp(np.sum(keys**2, axis=-1, keepdims=True) / (2 * sigma**2)) * phi_keys
    return np.swapaxes(psi_keys, -1, -2) @ values, psi_keys.sum(axis=-2)[..., None]


wrong(
    "attention_state",
    "one shift for all heads",
    belief="Subtracting the greatest exponent of all makes everything safe.",
    hint="The longest key of all heads sends the exponentials of a head with short keys to 0: "
    "shift each head by its own maximum.",
    edit={"exponents - exponents.max(axis=-2, keepdims=True)": "exponents - exponents.max()"},
)

wrong(
    "attention_state",
    "only S shifted, not Z",
    belief="The shift protects the product with the values; the plain sum needs no protection.",
    hint="The common factor cancels only if S and Z both carry it.",
    edit={"psi_keys.sum(axis=-2)": "(np.exp(exponents) * phi_keys).sum(axis=-2)"},
)


@wrong("attention_state", "S averaged, Z summed")
def s_averaged(keys, phi_keys, values, sigma):
    """S is an average over the keys, Z a sum.

    S and Z may carry a common factor: 1/N in one of them alone does not cancel.
    """
    exponents = np.sum(keys**2, axis=-1, keepdims=True) / (2 * sigma**2)
    psi_keys = np.exp(exponents - exponents.max(axis=-2, keepdims=True)) * phi_keys
    return np.swapaxes(psi_keys, -1, -2) @ values / keys.shape[-2], psi_keys.sum(axis=-2)[..., None]


wrong(
    "attention_state",
    "arrays taken for plain matrices",
    belief="psi_keys.T is the transpose of each head's features.",
    hint=".T and axis numbers counted from the front mix up heads and rows: count axes from the "
    "end, and swap the last two only (np.swapaxes).",
    edit={"np.swapaxes(psi_keys, -1, -2) @ values": "psi_keys.T @ values"},
)

wrong(
    "attention_state",
    "the middle of the exponents subtracted",
    belief="Any shift will do, for S and Z share it.",
    hint="After the shift no exponent may be above 0, not even that of a head's longest key: "
    "subtract the head's maximum.",
    edit={"exponents.max(axis=-2, keepdims=True)": "exponents.mean(axis=-2, keepdims=True)"},
)


@right("attention_state", "a running sum over keys, lists out")
def running_sum(keys, phi_keys, values, sigma):
    """One key after the other, rescaled to the exponent of the head's longest key."""
    exponents = (keys * keys).sum(-1) / (2 * sigma**2)
    exponents = exponents - exponents.max(-1)[..., None]
    s_state = np.zeros((*keys.shape[:-2], phi_keys.shape[-1], values.shape[-1]))
    z_state = np.zeros((*keys.shape[:-2], phi_keys.shape[-1], 1))
    for j in range(keys.shape[-2]):
        psi = np.exp(exponents[..., j, None]) * phi_keys[..., j, :]
        s_state = s_state + psi[..., :, None] * values[..., j, None, :]
        z_state = z_state + psi[..., None]
    return [s_state.tolist(), z_state.tolist()]


@right("attention_state", "einsum and float32")
def state_with_einsum(keys, phi_keys, values, sigma):
    """The norm factor goes to the values and to a column of ones; single precision."""
    keys, phi_keys, values = (np.asarray(x, dtype=np.float32) for x in (keys, phi_keys, values))
    exponents = np.einsum("...nd,...nd->...n", keys, keys) / np.float32(2 * sigma**2)
    factors = np.exp(exponents - exponents.max(axis=-1, keepdims=True))
    s_state = np.einsum("...nr,...n,...nm->...rm", phi_keys, factors, values)
    return s_state, np.einsum("...nr,...n->...r", phi_keys, factors)[..., None]


@right("attention_state", "the shift by the log of the sum, values joined with ones")
def state_with_ones(keys, phi_keys, values, sigma):
    """Z is the column that S would have for a value of 1."""
    exponents = 0.5 * (np.linalg.norm(keys, axis=-1) / sigma) ** 2
    top = exponents.max(axis=-1, keepdims=True)
    shares = np.exp(exponents - top - np.log(np.exp(exponents - top).sum(-1, keepdims=True)))
    joined = np.concatenate([values, np.ones((*values.shape[:-1], 1))], axis=-1)
    both = np.moveaxis(phi_keys * shares[..., None], -1, -2) @ joined
    return both[..., :-1], both[..., -1:]


# --- denominators


@wrong("denominators", "sine and cosine counted as two votes")
def two_votes_per_frequency(phi_queries, z_state):
    """Every column is an independent estimate.

    The sine and the cosine of one frequency hang together: add them first, then there are D_random
    independent votes.
    """
    columns = phi_queries.shape[-1]
    votes = columns * phi_queries * np.swapaxes(z_state, -1, -2)
    return votes.mean(axis=-1), votes.std(axis=-1, ddof=1) / np.sqrt(columns)


@wrong("denominators", "neighbouring columns taken for a pair")
def neighbours_paired(phi_queries, z_state):
    """The columns are sin, cos, sin, cos, …

    All sines come first, then all cosines: which column holds the cosine that belongs to the first
    sine?
    """
    count = phi_queries.shape[-1] // 2
    products = phi_queries * np.swapaxes(z_state, -1, -2)
    votes = count * (products[..., 0::2] + products[..., 1::2])
    return votes.mean(axis=-1), votes.std(axis=-1, ddof=1) / np.sqrt(count)


wrong(
    "denominators",
    "the spread of the votes given as the error of their mean",
    belief="The error of a mean is the standard deviation of the numbers.",
    hint="The error of a mean shrinks as votes are added; the spread of the votes does not.",
    edit={"votes.std(axis=-1, ddof=1) / np.sqrt(count)": "votes.std(axis=-1, ddof=1)"},
)

wrong(
    "denominators",
    "divided by D_random instead of its root",
    belief="The error of a mean is the standard deviation over the number of votes.",
    hint="The variance of a mean falls as 1/n, so its standard deviation falls as 1/√n.",
    edit={"votes.std(axis=-1, ddof=1) / np.sqrt(count)": "votes.std(axis=-1, ddof=1) / count"},
)

wrong(
    "denominators",
    "a variance given as the error",
    belief="The error of a mean is its variance.",
    hint="What you return as error is the square of one: a standard error has a root in it.",
    edit={"votes.std(axis=-1, ddof=1) / np.sqrt(count)": "votes.var(axis=-1, ddof=1) / count"},
)


@wrong("denominators", "the error taken over the queries")
def spread_over_queries(phi_queries, z_state):
    """How much the denominators differ from one another is their error.

    Queries differ for good reasons: what makes one row uncertain is the draw of frequencies.
    """
    values = np.sum(phi_queries * np.swapaxes(z_state, -1, -2), axis=-1)
    error = values.std(axis=-1, keepdims=True) / np.sqrt(values.shape[-1])
    return values, np.zeros_like(values) + error


@wrong("denominators", "votes a D_random-th too small")
def votes_too_small(phi_queries, z_state):
    """The share of a frequency in the sum is its vote.

    A vote is a whole estimate: with one frequency the factor 1/√D_random in φ would be 1.
    """
    count = phi_queries.shape[-1] // 2
    products = phi_queries * np.swapaxes(z_state, -1, -2)
    votes = products[..., :count] + products[..., count:]
    return votes.mean(axis=-1), votes.std(axis=-1, ddof=1) / np.sqrt(count)


@wrong("denominators", "the right denominator with the error of a share")
def error_of_a_share(phi_queries, z_state):
    """The denominator is the sum of the shares, its error that of their mean.

    The denominator is the sum of the shares, and the mean of the votes: take the spread of what you
    average.
    """
    count = phi_queries.shape[-1] // 2
    products = phi_queries * np.swapaxes(z_state, -1, -2)
    shares = products[..., :count] + products[..., count:]
    return shares.sum(axis=-1), shares.std(axis=-1, ddof=1) / np.sqrt(count)


@wrong("denominators", "one error for all heads")
def one_error_for_all_heads(phi_queries, z_state):
    """All heads share the frequencies, so they share the error.

    Each row of each head is an estimate of its own, with votes of its own: take the spread over the
    last axis only.
    """
    count = phi_queries.shape[-1] // 2
    products = phi_queries * np.swapaxes(z_state, -1, -2)
    votes = count * (products[..., :count] + products[..., count:])
    errors = votes.std(axis=-1, ddof=1) / np.sqrt(count)
    heads = tuple(range(errors.ndim - 1))
    pooled = np.sqrt(np.mean(errors**2, axis=heads, keepdims=True))
    return votes.mean(axis=-1), np.broadcast_to(pooled, errors.shape)


@right("denominators", "a loop over rows, with the other convention for the spread")
def denominators_in_loops(phi_queries, z_state):
    """One row at a time, n under the root."""
    count = phi_queries.shape[-1] // 2
    value, error = np.empty((2, *phi_queries.shape[:-1]))
    for place in np.ndindex(value.shape):
        phi, z = phi_queries[place], z_state[place[:-1]][:, 0]
        votes = [count * (phi[r] * z[r] + phi[count + r] * z[count + r]) for r in range(count)]
        value[place], error[place] = phi @ z, np.std(votes) / count**0.5
    return value.tolist(), error.tolist()


@right("denominators", "einsum, reshape and float32")
def denominators_with_einsum(phi_queries, z_state):
    """Sines and cosines as an axis of length 2."""
    phi, z = phi_queries.astype(np.float32), z_state.astype(np.float32)
    count = phi.shape[-1] // 2
    pairs = phi.reshape(*phi.shape[:-1], 2, count)
    terms = np.einsum("...ncr,...cr->...nr", pairs, z.reshape(*z.shape[:-2], 2, count))
    total = terms.sum(axis=-1)
    deviations = terms - total[..., None] / count
    return total, np.sqrt(count / (count - 1) * np.square(deviations).sum(axis=-1))


# --- multiplications


@wrong("multiplications", "keys and values counted for every head of queries")
def every_head_on_its_own():
    """H heads cost H times one head.

    There are only G heads of keys and values: their features and states are computed G times,
    however many heads read them.
    """
    N, D, M, D_random, H = sp.symbols("N D M D_random H", integer=True, positive=True)
    return N * D_random * H * (2 * D + 4 * M + 2)


@wrong("multiplications", "shared frequencies multiplied only once")
def shared_frequencies_multiplied_once():
    """With one w for all heads, x wᵀ is computed once for the queries and once for the keys.

    The heads share w, but each multiplies its own rows by it: sharing saves random numbers, not
    products.
    """
    N, D, M, D_random, H, G = sp.symbols("N D M D_random H G", integer=True, positive=True)
    return N * D_random * (2 * D + 2 * (H + G) * M + 2 * H)


@wrong("multiplications", "D_random columns instead of 2 D_random")
def columns_of_features_halved():
    """φ has one column per frequency.

    Each frequency gives a sine and a cosine: how many columns does φ have?
    """
    N, D, M, D_random, H, G = sp.symbols("N D M D_random H G", integer=True, positive=True)
    return N * D_random * ((H + G) * (D + M) + H)


@wrong("multiplications", "the denominators forgotten")
def denominators_forgotten():
    """Only numerators cost anything.

    Each row divides by φ(Q)Z, and that is a product, too.
    """
    N, D, M, D_random, H, G = sp.symbols("N D M D_random H G", integer=True, positive=True)
    return N * D_random * (H + G) * (D + 2 * M)


@wrong("multiplications", "twice as many products for x wᵀ")
def angles_computed_twice():
    """Sines and cosines each need an x wᵀ of their own.

    The sine and the cosine share one angle: x wᵀ is computed once, for D_random columns.
    """
    N, D, M, D_random, H, G = sp.symbols("N D M D_random H G", integer=True, positive=True)
    return 2 * N * D_random * ((H + G) * (D + M) + H)


@wrong("multiplications", "a state for every head of queries")
def state_for_every_query_head():
    """The keys' features are shared, but every head of queries sums its own state.

    Heads of queries that share keys and values read one state: how many states are there?
    """
    N, D, M, D_random, H, G = sp.symbols("N D M D_random H G", integer=True, positive=True)
    return N * D_random * ((H + G) * D + 4 * H * M + 2 * H)


@wrong("multiplications", "every query against every key after all")
def all_pairs():
    """Attention compares all pairs of rows, whatever the features.

    S and Z replace the N × N products: each row meets S and Z, not the other rows.
    """
    N, D, M, D_random, H, G = sp.symbols("N D M D_random H G", integer=True, positive=True)
    return N * D * D_random * (H + G) + H * N**2 * (2 * D_random + M)


@right("multiplications", "product by product")
def product_by_product():
    """A sum in the order of the statement."""
    N, D, M, D_random, H, G = sp.symbols("N D M D_random H G", integer=True, positive=True)
    angles = H * N * D * D_random + G * N * D * D_random
    states = G * (2 * D_random) * N * M
    return angles + states + H * N * (2 * D_random) * M + H * N * (2 * D_random) * 1


@right("multiplications", "expanded, with symbols of one's own")
def expanded_multiplications():
    """Symbols without assumptions."""
    N, D, M, D_random, H, G = sp.symbols("N D M D_random H G")
    return sp.expand(D_random * N * (H * (D + 2 * M + 2) + G * (D + 2 * M)))
