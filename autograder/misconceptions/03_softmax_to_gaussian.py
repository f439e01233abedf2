"""Known-wrong and alternative right answers to 03_softmax_to_gaussian."""

import numpy as np
import sympy as sp

from autograder.bank import right, wrong

# --- odds_ratio


@wrong("odds_ratio", "the keys' norm factors cancel too")
def norms_cancel():
    """Normalising the weights removes both norm factors, so only the leftover factor counts.

    Normalising divides out what all weights of one query share. Is ‖k‖² the same for both keys?
    """
    p_1, p_2, tau, sigma = sp.symbols("p_1 p_2 tau sigma", positive=True)
    return sp.exp((p_1 - p_2) * (1 / tau - 1 / sigma**2))


@wrong("odds_ratio", "σ² = τ taken for granted")
def width_tied_to_temperature():
    """The identity of the chapter holds as it stands, so only the norm factors are left.

    Write both odds as one exponential each and subtract the exponents: with two free widths q·k
    does not drop out.
    """
    n_1, n_2, sigma = sp.symbols("n_1 n_2 sigma", positive=True)
    return sp.exp((n_1 - n_2) / (2 * sigma**2))


@wrong("odds_ratio", "Gaussian odds over softmax odds")
def upside_down():
    """The factor leads from softmax to Gaussian.

    Which odds are multiplied, and which should come out? Under softmax a longer key gains: let n_1
    grow and see what your factor does.
    """
    p_1, p_2, n_1, n_2, tau, sigma = sp.symbols("p_1 p_2 n_1 n_2 tau sigma", positive=True)
    return sp.exp((p_1 - p_2) * (1 / sigma**2 - 1 / tau) - (n_1 - n_2) / (2 * sigma**2))


@wrong("odds_ratio", "½ lost in the norm factor")
def half_lost():
    """The 2 of 2σ² cancels against the 2 of 2q·k, so it is gone everywhere.

    Expand −‖q − k‖²/2σ²: the 2 cancels in the term with q·k, but not in those with ‖q‖² and ‖k‖².
    """
    p_1, p_2, n_1, n_2, tau, sigma = sp.symbols("p_1 p_2 n_1 n_2 tau sigma", positive=True)
    return sp.exp((p_1 - p_2) * (1 / tau - 1 / sigma**2) + (n_1 - n_2) / sigma**2)


@wrong("odds_ratio", "σ in place of σ²")
def width_not_squared():
    """The width σ itself plays the part of the temperature.

    The kernel has σ² below the line: τ is to be compared with the width squared.
    """
    p_1, p_2, n_1, n_2, tau, sigma = sp.symbols("p_1 p_2 n_1 n_2 tau sigma", positive=True)
    return sp.exp((p_1 - p_2) * (1 / tau - 1 / sigma) + (n_1 - n_2) / (2 * sigma))


@wrong("odds_ratio", "the Gaussian favours long keys")
def norm_factor_divides():
    """The Gaussian grows with ‖k‖, so the norm factor has to be taken out of it.

    Take q = 0: softmax then weighs all keys alike. What does the Gaussian do to a long key, and
    what must make up for it?
    """
    p_1, p_2, n_1, n_2, tau, sigma = sp.symbols("p_1 p_2 n_1 n_2 tau sigma", positive=True)
    return sp.exp((p_1 - p_2) * (1 / tau - 1 / sigma**2) - (n_1 - n_2) / (2 * sigma**2))


@right("odds_ratio", "the quotient of the two odds, as they stand")
def odds_as_defined():
    """No simplification: four exponentials, with the length of the query as a number."""
    p_1, p_2 = sp.symbols("p_1 p_2", real=True)
    n_1, n_2, tau, sigma = sp.symbols("n_1 n_2 tau sigma", positive=True)
    softmax = sp.exp(p_1 / tau) / sp.exp(p_2 / tau)
    far_1, far_2 = 1 - 2 * p_1 + n_1, 1 - 2 * p_2 + n_2
    return softmax / (sp.exp(-far_1 / (2 * sigma**2)) / sp.exp(-far_2 / (2 * sigma**2)))


@right("odds_ratio", "a power of e, over one denominator, with symbols of one's own")
def odds_as_power():
    """Own symbols without assumptions."""
    p_1, p_2, n_1, n_2, tau, sigma = sp.symbols("p_1 p_2 n_1 n_2 tau sigma")
    top = 2 * (p_1 - p_2) * (sigma**2 - tau) + tau * (n_1 - n_2)
    return sp.E ** (top / (2 * tau * sigma**2))


# --- different_winners


wrong(
    "different_winners",
    "the keys in the other order",
    belief="Softmax, being the sum of nearby keys, picks the nearest one.",
    hint="The first key has to win under softmax: which of your two keys has the greater q·k?",
    edit={"np.stack([(1 + c) * query, query])": "np.stack([query, (1 + c) * query])"},
)


@wrong("different_winners", "softmax picks the longest key, wherever it points")
def longest_at_right_angles(query):
    """A long enough key wins under softmax.

    A key at right angles to the query has q·k = 0, however long it is: length counts only along the
    query.
    """
    across = np.zeros(len(query))
    axis = np.argmin(np.abs(query))
    across[axis] = 1
    across = across - query * query[axis] / (query @ query)
    return np.stack([100 * across / np.linalg.norm(across), query])


@wrong("different_winners", "twice the query is always far enough")
def twice_the_query(query):
    """Doubling the query makes the difference clear, whatever its length.

    The log-odds grow with ‖q‖²/√D: compute them for a query of length 0.1, then let the first key
    depend on the length.
    """
    return np.stack([2 * query, query])


@wrong("different_winners", "one large factor for every query")
def a_thousand_times_the_query(query):
    """A key far enough out wins under softmax, and a large number is far enough.

    Whatever the factor, a short enough query makes the log-odds small again: let the first key
    depend on ‖q‖².
    """
    return np.stack([1000 * query, query])


@wrong("different_winners", "keys of one length")
def equal_lengths(query):
    """Softmax looks at directions, the Gaussian at distances; lengths have no part in it.

    For keys of equal length the two weightings agree: the disagreement comes from ‖k‖² alone.
    """
    return np.stack([query, -query])


@wrong("different_winners", "one example for every query")
def one_example(query):
    """A pair of keys that works once works always.

    Your keys do not depend on the query: turn the query round and look who wins now.
    """
    keys = np.zeros((2, len(query)))
    keys[:, 0] = 20, 1
    return keys


@right("different_winners", "the origin as second key")
def origin_as_second(query):
    """The first key is so far along the query that the Gaussian prefers the origin."""
    squared = query @ query / np.sqrt(len(query))
    c = 4 + 20 / squared
    return [(c * query).tolist(), (0 * query).tolist()]


@right("different_winners", "a search by doubling, in float32")
def search_by_doubling(query):
    """Doubles the first key until both conditions hold."""

    def weight(first, second):
        return 1 / (1 + np.exp(np.clip(second - first, -50, 50)))

    root, c = np.sqrt(len(query)), 2.0
    while True:
        keys = np.array([c * query, query], dtype=np.float32)
        dots = keys @ query / root
        near = -((keys - query) ** 2).sum(1) / (2 * root)
        if weight(dots[0], dots[1]) >= 0.9 and weight(near[1], near[0]) >= 0.9:
            return keys
        c *= 2


@right("different_winners", "log-odds of exactly ln 9 where they bind")
def as_little_as_possible(query):
    """Nothing to spare in the condition that binds."""
    squared = query @ query / len(query) ** 0.5
    needed = np.log(9)
    c = max(needed / squared, (2 * needed / squared) ** 0.5)
    return query * np.array([[1 + c], [1]])


# --- disagreement_rate


wrong(
    "disagreement_rate",
    "the Gaussian's winner taken as the farthest key",
    belief="The greatest value of ‖q − k‖² marks the winner.",
    hint="The Gaussian falls with the distance: its winner is the nearest key.",
    edit={"np.argmin(distances, axis=1)": "np.argmax(distances, axis=1)"},
)


@wrong("disagreement_rate", "the Gaussian's winner taken by direction")
def direction_wins(queries, keys):
    """The Gaussian picks the key with the smallest angle to the query.

    The Gaussian compares positions, not directions: two keys in one direction are at different
    distances from the query.
    """
    dots = np.einsum("td,tnd->tn", queries, keys)
    cosines = dots / np.linalg.norm(keys, axis=2)
    different = dots.argmax(1) != cosines.argmax(1)
    return different.mean(), different.std() / np.sqrt(len(different))


@wrong("disagreement_rate", "the rate of agreement")
def agreement_rate(queries, keys):
    """Equal winners are counted.

    Count the trials in which the winners differ, not those in which they are the same.
    """
    dots = np.einsum("td,tnd->tn", queries, keys)
    distances = np.sum((queries[:, None] - keys) ** 2, axis=2)
    same = dots.argmax(1) == distances.argmin(1)
    return same.mean(), same.std() / np.sqrt(len(same))


wrong(
    "disagreement_rate",
    "the standard deviation of one trial given as the error of the mean",
    belief="The error of a mean is the standard deviation of the numbers.",
    hint="The error of a mean shrinks as trials are added; the spread of single trials does not.",
    edit={"different.std() / np.sqrt(len(different))": "different.std()"},
)


@wrong("disagreement_rate", "the variance of the mean given as its error")
def variance_of_the_mean(queries, keys):
    """The error of a share p of T trials is p(1 − p)/T.

    p(1 − p)/T is a variance: the standard error is its square root.
    """
    dots = np.einsum("td,tnd->tn", queries, keys)
    distances = np.sum((queries[:, None] - keys) ** 2, axis=2)
    rate = np.mean(dots.argmax(1) != distances.argmin(1))
    return rate, rate * (1 - rate) / len(queries)


wrong(
    "disagreement_rate",
    "1/√T as the error, whatever the rate",
    belief="The error of any mean of T numbers is 1/√T.",
    hint="1/√T supposes a standard deviation of 1: numbers that are 0 or 1 with rate p spread "
    "less.",
    edit={"different.std() / np.sqrt(len(different))": "1 / np.sqrt(len(different))"},
)


@right("disagreement_rate", "loops and weights, with T − 1 under the root")
def rate_with_loops(queries, keys):
    """One trial at a time, with the weights themselves and the other convention for the spread."""
    outcomes = []
    for query, own in zip(queries, keys, strict=True):
        softmax = [float(np.exp(query @ key / 2)) for key in own]
        gaussian = [float(np.exp(-np.sum((query - key) ** 2) / 40)) for key in own]
        outcomes.append(float(softmax.index(max(softmax)) != gaussian.index(max(gaussian))))
    return [np.mean(outcomes), np.std(outcomes, ddof=1) / len(outcomes) ** 0.5]


@right("disagreement_rate", "float32 and the binomial formula")
def rate_in_float32(queries, keys):
    """‖q − k‖² expanded; the length of the query does not matter for the winner."""
    queries, keys = queries.astype(np.float32), keys.astype(np.float32)
    dots = (keys @ queries[:, :, None])[:, :, 0]
    nearest = (dots - 0.5 * (keys * keys).sum(axis=-1)).argmax(axis=1)
    rate = np.count_nonzero(dots.argmax(axis=1) - nearest) / np.float32(len(queries))
    return np.array([rate, np.sqrt(rate * (1 - rate) / len(queries))])


# --- gaussian_attention


wrong(
    "gaussian_attention",
    "2σ in place of 2σ²",
    belief="The exponent is −‖q − k‖²/2σ.",
    hint="The width enters squared: try σ = 2 and compare with the definition of K.",
    edit={"(2 * sigma**2)": "(2 * sigma)"},
)

wrong(
    "gaussian_attention",
    "σ² in place of 2σ²",
    belief="The exponent is −‖q − k‖²/σ².",
    hint="The exponent of the kernel is −‖q − k‖² over *twice* σ².",
    edit={"(2 * sigma**2)": "sigma**2"},
)

wrong(
    "gaussian_attention",
    "the distance not squared",
    belief="The exponent is −‖q − k‖/2σ².",
    hint="The Gaussian takes the squared distance; with the plain distance it is another kernel.",
    edit={"np.sum(differences**2, axis=-1)": "np.linalg.norm(differences, axis=-1)"},
)


@wrong("gaussian_attention", "underflow divided by underflow")
def unshifted(queries, keys, values, sigma):
    """The formula as written is good enough for a computer.

    Where all kernel values round to 0 the division gives NaN: shift the exponents of each query
    before taking exp.
    """
    far = np.sum((queries[..., :, None, :] - keys[..., None, :, :]) ** 2, axis=-1)
    weights = np.exp(-far / (2 * sigma**2))
    return weights @ values / weights.sum(axis=-1, keepdims=True)


wrong(
    "gaussian_attention",
    "one shift for the whole array",
    belief="Subtracting the greatest exponent of all makes every row safe.",
    hint="One shift for all queries saves only the query that is nearest to a key: each row needs "
    "its own.",
    edit={"exponents.max(axis=-1, keepdims=True)": "exponents.max()"},
)

wrong(
    "gaussian_attention",
    "a shift of its own for each key",
    belief="Any maximum may be subtracted, as normalising takes it out again.",
    hint="A factor cancels only if it is common to all weights of one query: a maximum over the "
    "queries differs from key to key.",
    edit={"exponents.max(axis=-1, keepdims=True)": "exponents.max(axis=-2, keepdims=True)"},
)


@wrong("gaussian_attention", "normalised over the queries")
def normalised_over_queries(queries, keys, values, sigma):
    """Each key shares out a weight of 1 among the queries.

    The weights of one query over all keys sum to 1: with values that are all 1, V′ is 1.
    """
    far = np.sum((queries[..., :, None, :] - keys[..., None, :, :]) ** 2, axis=-1)
    exponents = -far / (2 * sigma**2)
    weights = np.exp(exponents - exponents.max(axis=-2, keepdims=True))
    return weights / weights.sum(axis=-2, keepdims=True) @ values


@wrong("gaussian_attention", "softmax of q·k/σ²: the norms of the keys dropped")
def key_norms_dropped(queries, keys, values, sigma):
    """Of ‖q − k‖² only q·k matters, since the norms cancel.

    ‖q‖² cancels in the weights of one query; ‖k‖² differs from key to key and stays.
    """
    exponents = queries @ np.swapaxes(keys, -1, -2) / sigma**2
    weights = np.exp(exponents - exponents.max(axis=-1, keepdims=True))
    return weights @ values / weights.sum(axis=-1, keepdims=True)


@wrong("gaussian_attention", "arrays taken for plain matrices")
def all_axes_transposed(queries, keys, values, sigma):
    """keys.T is the transpose of each head's keys.

    .T and axis numbers counted from the front mix up heads and rows: count axes from the end, and
    swap the last two only (np.swapaxes).
    """
    exponents = (queries @ keys.T - np.sum(keys**2, axis=-1) / 2) / sigma**2
    weights = np.exp(exponents - exponents.max(axis=-1, keepdims=True))
    return weights @ values / weights.sum(axis=-1, keepdims=True)


@wrong("gaussian_attention", "a small number added to the denominator")
def small_number_added(queries, keys, values, sigma):
    """A tiny constant keeps the division from going wrong.

    0/(0 + 10⁻⁹) is 0, not an average of values: the weights of a query sum to 1, always. Shift the
    exponents of each query before taking exp.
    """
    far = np.sum((queries[..., :, None, :] - keys[..., None, :, :]) ** 2, axis=-1)
    weights = np.exp(-far / (2 * sigma**2))
    return weights @ values / (weights.sum(axis=-1, keepdims=True) + 1e-9)


wrong(
    "gaussian_attention",
    "the middle of the exponents subtracted",
    belief="Any shift of a query's own will do.",
    hint="After the shift no exponent may be above 0, not even that of the nearest key: subtract "
    "each query's largest exponent.",
    edit={"exponents.max(axis=-1, keepdims=True)": "exponents.mean(axis=-1, keepdims=True)"},
)


@right("gaussian_attention", "loops over every index, lists out")
def attention_with_loops(queries, keys, values, sigma):
    """One head after the other, and in each one query after the other."""
    n_k, columns = values.shape[-2:]
    v_prime = np.empty((*queries.shape[:-1], columns))
    for place in np.ndindex(queries.shape[:-1]):
        own_keys, own_values = keys[place[:-1]], values[place[:-1]]
        far = [float(np.sum((queries[place] - key) ** 2)) for key in own_keys]
        weights = [np.exp((min(far) - f) / (2 * sigma**2)) for f in far]
        v_prime[place] = sum(weights[j] / sum(weights) * own_values[j] for j in range(n_k))
    return v_prime.tolist()


@right("gaussian_attention", "einsum on expanded squares")
def attention_with_einsum(queries, keys, values, sigma):
    """The length of the query is left out from the start."""
    dots = np.einsum("...id,...jd->...ij", queries, keys)
    exponents = (dots - 0.5 * np.einsum("...jd,...jd->...j", keys, keys)[..., None, :]) / sigma**2
    exponents -= np.max(exponents, axis=-1)[..., None]
    weights = np.exp(exponents)
    weights /= np.einsum("...ij->...i", weights)[..., None]
    return np.einsum("...ij,...jm->...im", weights, values)


@right("gaussian_attention", "float32")
def attention_in_float32(queries, keys, values, sigma):
    """Everything in single precision."""
    queries, keys, values = (np.asarray(x, dtype=np.float32) for x in (queries, keys, values))
    far = np.square(queries[..., :, None, :] - keys[..., None, :, :]).sum(-1)
    exponents = -far / np.float32(2 * sigma**2)
    exponents = exponents - exponents.max(-1, keepdims=True)
    weights = np.exp(exponents)
    return weights / weights.sum(-1, keepdims=True) @ values


# --- augment


@wrong("augment", "lengths subtracted, not their squares")
def plain_lengths(queries, keys):
    """A key that is 1 too short gets a coordinate of 1.

    By Pythagoras the *squares* add up: the new coordinate squared plus ‖k‖² is the same for all
    keys.
    """
    lengths = np.linalg.norm(keys, axis=1, keepdims=True)
    return np.hstack([queries, np.zeros((len(queries), 1))]), np.hstack(
        [keys, lengths.max() - lengths]
    )


@wrong("augment", "the root forgotten")
def root_forgotten(queries, keys):
    """The new coordinate is R² − ‖k‖².

    What is missing is the square of the new coordinate: take its root.
    """
    squares = np.sum(keys**2, axis=1, keepdims=True)
    return np.hstack([queries, np.zeros((len(queries), 1))]), np.hstack(
        [keys, squares.max() - squares]
    )


@wrong("augment", "the queries lengthened in the same way")
def queries_lengthened_too(queries, keys):
    """Queries need one length, too.

    The new coordinates multiply each other in q·k: which value in the query keeps q·k as it was?
    """
    squares_q = np.sum(queries**2, axis=1, keepdims=True)
    squares_k = np.sum(keys**2, axis=1, keepdims=True)
    return (
        np.hstack([queries, np.sqrt(squares_q.max() - squares_q)]),
        np.hstack([keys, np.sqrt(squares_k.max() - squares_k)]),
    )


@wrong("augment", "the key's own length appended")
def own_length_appended(queries, keys):
    """Telling the Gaussian how long each key is.

    A long key becomes longer still that way: the new coordinate has to make up for what a key
    lacks.
    """
    return np.hstack([queries, np.zeros((len(queries), 1))]), np.hstack(
        [keys, np.linalg.norm(keys, axis=1, keepdims=True)]
    )


@wrong("augment", "the keys divided by their lengths")
def keys_normalised(queries, keys):
    """Equal length means length 1.

    Dividing a key by its length changes q·k, and with it the softmax weights: the first D
    coordinates stay.
    """
    return np.hstack([queries, np.zeros((len(queries), 1))]), np.hstack(
        [keys / np.linalg.norm(keys, axis=1, keepdims=True), np.zeros((len(keys), 1))]
    )


@wrong("augment", "nothing but zeros appended")
def zeros_appended(queries, keys):
    """The norm factors cancel anyway, so there is nothing to repair.

    A coordinate of 0 changes no distance: the keys still have different lengths.
    """
    return np.hstack([queries, np.zeros((len(queries), 1))]), np.hstack(
        [keys, np.zeros((len(keys), 1))]
    )


@wrong("augment", "the root of a rounding error")
def root_of_rounding_error(queries, keys):
    """R² − ‖k‖² is never negative.

    A length squared again is not exactly the sum of squares: for the longest key the difference can
    come out below 0. Clip it at 0.
    """
    lengths = np.linalg.norm(keys, axis=1, keepdims=True)
    missing = lengths.max() ** 2 - np.sum(keys**2, axis=1, keepdims=True)
    return np.hstack([queries, np.zeros((len(queries), 1))]), np.hstack([keys, np.sqrt(missing)])


@wrong("augment", "length 1 taken as the common length")
def lengthened_to_one(queries, keys):
    """The keys are to be unit vectors.

    A coordinate can make a key longer, never shorter: the common length has to be at least that of
    the longest key.
    """
    missing = 1 - np.sum(keys**2, axis=1, keepdims=True)
    return np.hstack([queries, np.zeros((len(queries), 1))]), np.hstack([keys, np.sqrt(missing)])


@wrong("augment", "a common length that is only large")
def lengthened_to_a_hundred(queries, keys):
    """No key is longer than 100.

    However large the number, some key is longer: take the common length from the keys.
    """
    missing = 100.0**2 - np.sum(keys**2, axis=1, keepdims=True)
    return np.hstack([queries, np.zeros((len(queries), 1))]), np.hstack([keys, np.sqrt(missing)])


@wrong("augment", "a new coordinate of 1 in the queries")
def ones_in_queries(queries, keys):
    """The query has to read the new coordinate, so it has a 1 there.

    The new coordinates multiply: a 1 in the query adds the key's new coordinate to q·k.
    """
    squares = np.sum(keys**2, axis=1, keepdims=True)
    new = np.sqrt(np.maximum(squares.max() - squares, 0))
    return np.hstack([queries, np.ones((len(queries), 1))]), np.hstack([keys, new])


@right("augment", "a greater common length and a negative coordinate, lists out")
def greater_length(queries, keys):
    """Any common length from the greatest up will do, with either sign."""
    squares = (keys * keys).sum(1)
    common = 1 + 2 * squares.max()
    new = -np.sqrt(common - squares)
    return [[*query, 0.0] for query in queries], [[*k, x] for k, x in zip(keys, new, strict=True)]


@right("augment", "loops and float32")
def augment_in_float32(queries, keys):
    """One key at a time, in single precision."""
    longest = max(sum(float(x) ** 2 for x in key) for key in keys)
    longer = np.zeros((keys.shape[0], keys.shape[1] + 1), dtype=np.float32)
    for row, key in zip(longer, keys, strict=True):
        row[:-1] = key
        row[-1] = max(longest - sum(float(x) ** 2 for x in key), 0.0) ** 0.5
    return np.pad(queries, [(0, 0), (0, 1)]).astype(np.float32), longer


# --- from_diagonals


@wrong("from_diagonals", "the root of the product forgotten")
def product_not_rooted():
    """The product of the two identities is the similarity itself.

    Multiplying the two identities gives the similarity twice over, that is squared.
    """
    s, d, tau = sp.symbols("s d tau", positive=True)
    return sp.exp((s - d) / (2 * tau))


@wrong("from_diagonals", "the diagonals swapped")
def diagonals_swapped():
    """The similarity grows with the distance.

    When q and k point the same way ‖q + k‖² is the longer one, and the similarity is above 1.
    """
    s, d, tau = sp.symbols("s d tau", positive=True)
    return sp.exp((d - s) / (4 * tau))


@wrong("from_diagonals", "the 4 of the polarisation identity forgotten")
def four_forgotten():
    """‖q + k‖² − ‖q − k‖² is q·k.

    Expand ‖q + k‖² − ‖q − k‖²: how many q·k are left?
    """
    s, d, tau = sp.symbols("s d tau", positive=True)
    return sp.exp((s - d) / tau)


@wrong("from_diagonals", "the Gaussian alone: norm factors left out")
def gaussian_alone():
    """With σ² = τ the Gaussian is the similarity.

    One diagonal is not enough: two vectors at the same distance can have any q·k. Use the other
    identity as well, so that the lengths cancel.
    """
    d, tau = sp.symbols("d tau", positive=True)
    return sp.exp(-d / (2 * tau))


@wrong("from_diagonals", "the temperature squared")
def temperature_squared():
    """τ is a width, so it is squared.

    The temperature τ stands where σ² stands, so it is not squared again.
    """
    s, d, tau = sp.symbols("s d tau", positive=True)
    return sp.exp((s - d) / (4 * tau**2))


@right("from_diagonals", "the root of the product of both identities")
def root_of_product():
    """The geometric mean, unsimplified."""
    s, d, tau = sp.symbols("s d tau", positive=True)
    return sp.sqrt(sp.exp(s / (2 * tau)) * sp.exp(-d / (2 * tau)))


@right("from_diagonals", "a power of e with symbols of one's own")
def power_of_e():
    """Symbols without assumptions."""
    s, d, tau = sp.symbols("s d tau")
    return (sp.E ** (s / tau) / sp.E ** (d / tau)) ** sp.Rational(1, 4)


# --- exponentials


@wrong("exponentials", "the query's factor counted")
def query_factor_counted():
    """Both norm factors are needed.

    One norm factor is common to all weights of a query and cancels: it need not be computed.
    """
    H, T, N_q, N_k = sp.symbols("H T N_q N_k", integer=True, positive=True)
    return H * (T * N_q * N_k + T * N_q + N_k)


@wrong("exponentials", "the key's factor left out")
def key_factor_left_out():
    """Both norm factors cancel.

    Only what all weights of one query share cancels: the keys' factors do not.
    """
    H, T, N_q, N_k = sp.symbols("H T N_q N_k", integer=True, positive=True)
    return H * T * N_q * N_k


@wrong("exponentials", "the query's factor kept, the key's dropped")
def wrong_factor_cancels():
    """The keys are summed over, so it is their factor that goes.

    Write the weight of one key as a fraction: which norm factor stands in every term?
    """
    H, T, N_q, N_k = sp.symbols("H T N_q N_k", integer=True, positive=True)
    return H * (T * N_q * N_k + T * N_q)


@wrong("exponentials", "the keys' factors computed anew in every round")
def keys_every_round():
    """New queries mean that everything is computed again.

    The keys stay the same in all rounds: their factors are computed once and kept.
    """
    H, T, N_q, N_k = sp.symbols("H T N_q N_k", integer=True, positive=True)
    return H * T * (N_q * N_k + N_k)


@wrong("exponentials", "a key factor for every pair")
def key_factor_per_pair():
    """Each of the pairs needs a kernel value and a norm factor.

    The norm factor of a key does not depend on the query: one for each key is enough.
    """
    H, T, N_q, N_k = sp.symbols("H T N_q N_k", integer=True, positive=True)
    return 2 * H * T * N_q * N_k


@wrong("exponentials", "the keys of one head only")
def keys_of_one_head():
    """The heads share their keys.

    Every head keeps keys of its own, each with its own factor.
    """
    H, T, N_q, N_k = sp.symbols("H T N_q N_k", integer=True, positive=True)
    return H * T * N_q * N_k + N_k


@right("exponentials", "expanded")
def expanded_count():
    """Term by term."""
    H, T, N_q, N_k = sp.symbols("H T N_q N_k", integer=True, positive=True)
    return H * N_k + N_k * N_q * T * H


@right("exponentials", "factored, with symbols of one's own")
def factored_count():
    """Symbols without assumptions."""
    H, T, N_q, N_k = sp.symbols("H T N_q N_k")
    return H * N_k * (1 + T * N_q)
