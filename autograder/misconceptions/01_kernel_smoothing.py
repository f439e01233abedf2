"""Known-wrong and alternative right answers to 01_kernel_smoothing."""

import numpy as np
import sympy as sp

from autograder.bank import right, wrong

# --- masked_weights


@wrong("masked_weights", "hidden exponents set to 0")
def exponents_set_to_zero(exponents, visible):
    """An exponent of 0 means no weight.

    e⁰ = 1 is a similarity like any other: a weight of 0 needs an exponent of −∞.
    """
    seen = np.where(visible, exponents, 0)
    similarities = np.exp(seen - seen.max(axis=-1, keepdims=True))
    return similarities / similarities.sum(axis=-1, keepdims=True)


@wrong("masked_weights", "hidden weights set to 0 after normalising")
def masked_after_normalising(exponents, visible):
    """Masking means striking out the hidden weights.

    What a hidden key would have got must go to the visible ones: the weights of a query sum to 1,
    so mask before you normalise.
    """
    similarities = np.exp(exponents - exponents.max(axis=-1, keepdims=True))
    weights = similarities / similarities.sum(axis=-1, keepdims=True)
    return np.where(visible, weights, 0)


@wrong("masked_weights", "shifted by the largest exponent of all, hidden ones included")
def shifted_by_hidden_maximum(exponents, visible):
    """Any shift cancels, so the maximum may be taken before masking.

    A hidden exponent that is much larger sends all visible similarities to 0: the shift has to be
    the largest *visible* exponent.
    """
    largest = exponents.max(axis=-1, keepdims=True)
    similarities = np.where(visible, np.exp(exponents - largest), 0)
    totals = similarities.sum(axis=-1, keepdims=True)
    return similarities / np.where(totals > 0, totals, 1)


@wrong("masked_weights", "a row without visible keys divided by 0")
def empty_rows_forgotten(exponents, visible):
    """Every query sees something.

    Where nothing is visible the largest exponent is −∞ and the total is 0: decide what happens
    there before it turns into NaN.
    """
    seen = np.where(visible, exponents, -np.inf)
    similarities = np.exp(seen - seen.max(axis=-1, keepdims=True))
    return similarities / similarities.sum(axis=-1, keepdims=True)


@wrong("masked_weights", "a very negative number in place of −∞")
def minus_a_billion(exponents, visible):
    """A number that is negative enough is as good as −∞.

    −10⁹ is a finite exponent: a query that sees no key then gives all of them the same weight, not
    0.
    """
    seen = np.where(visible, exponents, -1e9)
    similarities = np.exp(seen - seen.max(axis=-1, keepdims=True))
    return similarities / similarities.sum(axis=-1, keepdims=True)


@wrong("masked_weights", "a very negative number added to hidden exponents")
def billion_subtracted(exponents, visible):
    """Adding −10⁹ wipes out whatever stood there.

    NaN plus anything is NaN: replace what stands at a hidden place (np.where), do not compute with
    it.
    """
    seen = exponents + np.where(visible, 0, -1e9)
    similarities = np.exp(seen - seen.max(axis=-1, keepdims=True))
    similarities = np.where(visible, similarities, 0)
    totals = similarities.sum(axis=-1, keepdims=True)
    return similarities / np.where(totals > 0, totals, 1)


wrong(
    "masked_weights",
    "visible taken for hidden",
    belief="True marks what is masked.",
    hint="True marks the pairs that are visible.",
    edit={"np.where(visible, exponents, -np.inf)": "np.where(visible, -np.inf, exponents)"},
)


@wrong("masked_weights", "no shift before the exponential")
def no_shift(exponents, visible):
    """The formula as written is good enough for a computer.

    exp(10⁴) is infinite and exp(−10⁴) is 0 in floating point: subtract the largest visible exponent
    of each row first.
    """
    similarities = np.exp(np.where(visible, exponents, -np.inf))
    totals = similarities.sum(axis=-1, keepdims=True)
    return similarities / np.where(totals > 0, totals, 1)


wrong(
    "masked_weights",
    "one shift for the whole array",
    belief="Subtracting the greatest exponent of all makes every row safe.",
    hint="One maximum for all rows protects only the row that it comes from: each query needs its "
    "own.",
    edit={"seen.max(axis=-1, keepdims=True)": "seen.max()"},
)


@wrong("masked_weights", "normalised over the queries")
def normalised_over_queries(exponents, visible):
    """Each key shares out a weight of 1 among the queries that see it.

    The visible keys of one query share a weight of 1: sum over the last axis.
    """
    seen = np.where(visible, exponents, -np.inf)
    largest = seen.max(axis=-2, keepdims=True)
    similarities = np.exp(seen - np.where(np.isfinite(largest), largest, 0))
    totals = similarities.sum(axis=-2, keepdims=True)
    return similarities / np.where(totals > 0, totals, 1)


@right("masked_weights", "row by row, over the visible keys only, lists out")
def weights_in_loops(exponents, visible):
    """A softmax over the keys that are there."""
    weights = np.zeros(exponents.shape)
    for place in np.ndindex(exponents.shape[:-1]):
        keys = np.flatnonzero(visible[place])
        if len(keys):
            own = exponents[place][keys]
            similarities = np.exp(own - own.max())
            weights[place][keys] = similarities / similarities.sum()
    return weights.tolist()


@right("masked_weights", "log of the sum, float32, warnings on")
def weights_by_logarithm(exponents, visible):
    """exp(e − log Σ exp e); rows of NaN become 0."""
    seen = np.where(visible, exponents, -np.inf).astype(np.float32)
    seen = seen - np.max(seen, axis=-1, keepdims=True)
    weights = np.exp(seen - np.log(np.sum(np.exp(seen), axis=-1, keepdims=True)))
    return np.where(np.isnan(weights), 0, weights)


@right("masked_weights", "a masked array")
def weights_of_masked_array(exponents, visible):
    """NumPy's own idea of hidden entries."""
    seen = np.ma.masked_array(np.where(visible, exponents, 0.0), mask=~visible)
    similarities = np.ma.exp(seen - seen.max(axis=-1, keepdims=True))
    return (similarities / similarities.sum(axis=-1, keepdims=True)).filled(0)


# --- merge


@wrong("merge", "the sums added as they are")
def added_without_rescaling(first, second):
    """Totals are totals: they add up.

    Each sum is measured from its own largest exponent: bring both to the common one before you add
    them.
    """
    return np.maximum(first[0], second[0]), first[1] + second[1], first[2] + second[2]


wrong(
    "merge",
    "rescaled the wrong way round",
    belief="The factor is exp(new − old).",
    hint="A larger shift makes the terms smaller: the factor exp(old − new) is never above 1.",
    edit={
        "block_largest - shift": "np.where(np.isfinite(block_largest), shift - block_largest, 0)",
    },
)


@wrong("merge", "only the first block rescaled")
def only_first_rescaled(first, second):
    """The running sums are rescaled, and what is new is added.

    The larger exponent may be in either block, and for one query in this, for the next in that.
    """
    largest = np.maximum(first[0], second[0])
    factor = np.exp(first[0] - np.where(np.isfinite(largest), largest, 0))
    return largest, factor * first[1] + second[1], factor[:, None] * first[2] + second[2]


@wrong("merge", "the weighted sum not rescaled")
def weighted_not_rescaled(first, second):
    """The shift concerns the totals.

    The same factor belongs to both sums: only then does it cancel in their quotient.
    """
    largest = np.maximum(first[0], second[0])
    shift = np.where(np.isfinite(largest), largest, 0)
    total = np.exp(first[0] - shift) * first[1] + np.exp(second[0] - shift) * second[1]
    return largest, total, first[2] + second[2]


@wrong("merge", "the outputs of the blocks averaged")
def outputs_averaged(first, second):
    """The answer of two blocks is the mean of their answers.

    A block counts by its total, not by being a block: ten similar keys outweigh one that is not.
    """
    largest = np.maximum(first[0], second[0])
    shift = np.where(np.isfinite(largest), largest, 0)
    total = np.exp(first[0] - shift) * first[1] + np.exp(second[0] - shift) * second[1]
    answers = [
        v / np.where(t > 0, t, 1)[:, None]
        for t, v in ((first[1], first[2]), (second[1], second[2]))
    ]
    return largest, total, total[:, None] * (answers[0] + answers[1]) / 2


wrong(
    "merge",
    "NaN where both blocks are empty",
    belief="exp(−∞ − m) is 0 for an empty block.",
    hint="−∞ − (−∞) is not a number: where nothing has been seen yet, shift by any finite number.",
    edit={"np.exp(block_largest - shift)": "np.exp(block_largest - largest)"},
)

wrong(
    "merge",
    "nothing rescaled, exponentials of the exponents restored",
    belief="Take the shift out, add, and put the new one in.",
    hint="exp(10⁴) is infinite: never undo the shift, only move it to the common maximum.",
    edit={"np.exp(block_largest - shift)": "np.exp(block_largest) / np.exp(shift)"},
)

wrong(
    "merge",
    "the factors along the wrong axis",
    belief="NumPy will put the factors where they belong.",
    hint="There is a factor for each query, so it multiplies *rows* of the weighted sum: "
    "factor[:, None].",
    edit={"weighted + factor[:, None] * block_weighted": "weighted + factor * block_weighted"},
)


@wrong("merge", "the largest exponents added")
def maxima_added(first, second):
    """Logarithms of products add, and the exponents are logarithms.

    The largest exponent of two blocks is the larger of the two.
    """
    finite = [np.where(np.isfinite(m), m, 0) for m in (first[0], second[0])]
    total, weighted = 0.0, 0.0
    for own, other in ((0, 1), (1, 0)):
        factor = np.exp(-finite[other])
        total = total + factor * (first, second)[own][1]
        weighted = weighted + factor[:, None] * (first, second)[own][2]
    return first[0] + second[0], total, weighted


@right("merge", "query by query, lists out")
def merge_in_loops(first, second):
    """One query at a time; the block with the larger exponent keeps its sums."""
    largest, total, weighted = [], [], []
    for (m1, t1, v1), (m2, t2, v2) in zip(
        zip(*first, strict=True), zip(*second, strict=True), strict=True
    ):
        if m1 < m2:
            m1, t1, v1, m2, t2, v2 = m2, t2, v2, m1, t1, v1
        factor = np.exp(m2 - m1) if m2 > -np.inf else 0.0
        largest.append(float(m1))
        total.append(float(t1 + factor * t2))
        weighted.append((v1 + factor * v2).tolist())
    return [largest, total, weighted]


@right("merge", "stacked, with the value 1 as one more column, warnings on")
def merge_stacked(first, second):
    """The total is the weighted sum of ones."""
    m = np.stack([first[0], second[0]])
    sums = np.stack([np.column_stack([v, t]) for _, t, v in (first, second)])
    factors = np.nan_to_num(np.exp(m - m.max(axis=0)))
    joined = np.einsum("bn,bnm->nm", factors, sums)
    return m.max(axis=0), joined[:, -1], joined[:, :-1]


@right("merge", "float32")
def merge_in_float32(first, second):
    """Everything in single precision."""
    first, second = ([np.asarray(x, dtype=np.float32) for x in block] for block in (first, second))
    top = np.maximum(first[0], second[0])
    with np.errstate(invalid="ignore"):
        one, two = (np.where(m == -np.inf, 0, np.exp(m - top)) for m in (first[0], second[0]))
    return (
        top,
        one * first[1] + two * second[1],
        one[:, None] * first[2] + two[:, None] * second[2],
    )


# --- leave_group_out


@wrong("leave_group_out", "only the place itself left out")
def only_itself(similarities, values, groups):
    """Leaving out means setting the diagonal to 0.

    The other places of one's own group give the answer away as well: leave out all of them.
    """
    others = similarities * (1 - np.eye(len(groups)))
    return others @ values / others.sum(axis=1, keepdims=True)


@wrong("leave_group_out", "the others left out, the own group kept")
def own_group_kept(similarities, values, groups):
    """A place is predicted from its own group.

    Look at a place whose group has no other member: whom does it learn from?
    """
    own = similarities * (groups[:, None] == groups[None, :])
    return own @ values / own.sum(axis=1, keepdims=True)


@wrong("leave_group_out", "the total not renewed")
def total_not_renewed(similarities, values, groups):
    """A group without similarity contributes nothing, that is all.

    The weights that are left must sum to 1 again: divide by the total of what is left.
    """
    weights = similarities / similarities.sum(axis=1, keepdims=True)
    return (weights * (groups[:, None] != groups[None, :])) @ values


@wrong("leave_group_out", "the shortcut for one place used with a group")
def shortcut_for_groups(similarities, values, groups):
    """(V − V′)/(1 − a) with the weight of the group for a.

    The shortcut takes out value i with the weight of its whole group: the other members have values
    of their own.
    """
    weights = similarities / similarities.sum(axis=1, keepdims=True)
    own = (weights * (groups[:, None] == groups[None, :])).sum(axis=1, keepdims=True)
    return values - (values - weights @ values) / (1 - own)


@wrong("leave_group_out", "normalised over the queries")
def columns_normalised(similarities, values, groups):
    """Each value is shared out among the places.

    The rows are queries: the similarities of one row are divided by their sum.
    """
    others = similarities * (groups[:, None] != groups[None, :])
    return others / others.sum(axis=0, keepdims=True) @ values


@wrong("leave_group_out", "the plain mean of the other groups")
def mean_of_the_others(similarities, values, groups):
    """What is left is averaged.

    The similarities still count: a place that is twice as similar has twice the say.
    """
    others = 1.0 * (groups[:, None] != groups[None, :])
    return others @ values / others.sum(axis=1, keepdims=True)


@right("leave_group_out", "place by place, on shorter arrays, lists out")
def groups_in_loops(similarities, values, groups):
    """Takes the rows of the other groups."""
    predictions = []
    for row, group in zip(similarities, groups, strict=True):
        kept = [j for j in range(len(groups)) if groups[j] != group]
        predictions.append(np.average(values[kept], axis=0, weights=row[kept]).tolist())
    return predictions


@right("leave_group_out", "group by group, in float32")
def group_by_group(similarities, values, groups):
    """All members of a group have the same others."""
    predictions = np.zeros(values.shape, dtype=np.float32)
    for group in set(groups.tolist()):
        member = groups == group
        weights = similarities[np.ix_(member, ~member)].astype(np.float32)
        predictions[member] = (weights @ values[~member]) / weights.sum(axis=1)[:, None]
    return predictions


@right("leave_group_out", "exponents of −∞")
def groups_by_exponents(similarities, values, groups):
    """A softmax of the logarithms."""
    exponents = np.log(similarities)
    exponents[groups[:, None] == groups] = -np.inf
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return np.einsum("ij,jm,i->im", weights, values, 1 / weights.sum(axis=1))


# --- attend_heads


wrong(
    "attend_heads",
    "the root of the whole width",
    belief="D is the number of columns of the queries.",
    hint="Each head divides by the root of the dimension that *it* has.",
    edit={"np.sqrt(own_queries.shape[-1])": "np.sqrt(queries.shape[1])"},
)

wrong(
    "attend_heads",
    "rows and columns mixed by reshape",
    belief="(N, heads·D) can be reshaped to (heads, N, D).",
    hint="reshape(heads, N, D) deals out the numbers row by row, so a head gets pieces of many: "
    "reshape to (N, heads, D) first and then swap axes.",
    edit={"x.reshape(len(x), heads, -1).swapaxes(0, 1)": "x.reshape(heads, len(x), -1)"},
)


@wrong("attend_heads", "the columns dealt out in turn")
def columns_dealt_out(queries, keys, values, heads):
    """Column 0 goes to head 0, column 1 to head 1, and so on.

    A head owns *neighbouring* columns, from nD to (n + 1)D: in reshape the axis of the heads comes
    before that of the columns.
    """

    def split(x):
        return np.moveaxis(x.reshape(len(x), -1, heads), -1, 0)

    exponents = split(queries) @ split(keys).swapaxes(1, 2)
    exponents /= np.sqrt(queries.shape[1] // heads)
    similarities = np.exp(exponents - exponents.max(axis=-1, keepdims=True))
    outputs = similarities @ split(values) / similarities.sum(axis=-1, keepdims=True)
    return np.moveaxis(outputs, 0, -1).reshape(len(queries), -1)


wrong(
    "attend_heads",
    "the outputs not swapped back",
    belief="A reshape puts the heads side by side.",
    hint="The outputs are (heads, N, M): before the reshape the axis of the queries must be in "
    "front again.",
    edit={"outputs.swapaxes(0, 1).reshape": "outputs.reshape"},
)


@wrong("attend_heads", "one softmax for all heads")
def heads_ignored(queries, keys, values, heads):
    """The heads are only a way of writing it.

    Each head weighs the keys by its own columns alone, so there are as many sets of weights as
    heads.
    """
    exponents = queries @ keys.T / np.sqrt(queries.shape[1] // heads)
    similarities = np.exp(exponents - exponents.max(axis=-1, keepdims=True))
    return similarities @ values / similarities.sum(axis=-1, keepdims=True)


wrong(
    "attend_heads",
    "no root",
    belief="The exponents are the inner products.",
    hint="The exponents are q·k over √D: without the root the weights are too sharp.",
    edit={" / np.sqrt(own_queries.shape[-1])": ""},
)

wrong(
    "attend_heads",
    "queries and keys both divided by √D",
    belief="Queries and keys are both brought to a common scale.",
    hint="Two roots make a whole D: divide the inner product once.",
    edit={"np.sqrt(own_queries.shape[-1])": "own_queries.shape[-1]"},
)

wrong(
    "attend_heads",
    "the heads compete for the weight",
    belief="The softmax shares out the weight among the heads.",
    hint="In each head the weights of a query sum to 1 over the *keys*: which axis does your "
    "softmax run over?",
    edit={
        "exponents.max(axis=-1, keepdims=True)": "exponents.max(axis=0)",
        "similarities @ own_values": "similarities / similarities.sum(axis=0) @ own_values",
        " / similarities.sum(axis=-1, keepdims=True)": "",
    },
)


@right("attend_heads", "head by head, lists out")
def heads_in_a_loop(queries, keys, values, heads):
    """Slices of columns."""
    parts = []
    for q, k, v in zip(
        np.split(queries, heads, axis=1),
        np.split(keys, heads, axis=1),
        np.split(values, heads, axis=1),
        strict=True,
    ):
        weights = np.exp(q @ k.T / q.shape[1] ** 0.5)
        parts.append(weights @ v / weights.sum(axis=1, keepdims=True))
    return np.hstack(parts).tolist()


@right("attend_heads", "einsum and float32")
def heads_with_einsum(queries, keys, values, heads):
    """All heads at once, without swapping axes."""
    q, k, v = (x.reshape(x.shape[0], heads, -1).astype(np.float32) for x in (queries, keys, values))
    exponents = np.einsum("ihd,jhd->hij", q * q.shape[-1] ** -0.5, k)
    weights = np.exp(exponents - exponents.max(-1)[..., None])
    return np.einsum("hij,jhm,hi->ihm", weights, v, 1 / weights.sum(-1)).reshape(len(queries), -1)


# --- effective_keys


@wrong("effective_keys", "the dimension as a factor")
def dimensions_added():
    """Every dimension brings the same number of neighbours.

    A grid has as many keys in a square as in a row, *squared*: each dimension multiplies the
    number.
    """
    sigma, h, D = sp.symbols("sigma h D", positive=True)
    return D * 2 * sp.sqrt(sp.pi) * sigma / h


@wrong("effective_keys", "the sum of the similarities")
def sum_of_similarities():
    """The number of keys that take part is the sum of the kernel values.

    Σ sim counts the keys as if each had weight 1: the effective number has the *squares* of the
    weights in it.
    """
    sigma, h, D = sp.symbols("sigma h D", positive=True)
    return (sp.sqrt(2 * sp.pi) * sigma / h) ** D


@wrong("effective_keys", "the sum of the squared similarities")
def sum_of_squares():
    """The squares are summed, and the normalisation cancels.

    The weights are similarities over their sum: that sum, squared, belongs in the numerator.
    """
    sigma, h, D = sp.symbols("sigma h D", positive=True)
    return (sp.sqrt(sp.pi) * sigma / h) ** D


@wrong("effective_keys", "the keys within one σ")
def keys_within_one_sigma():
    """The neighbours are those between −σ and σ.

    A Gaussian has no edge at σ: do the integrals of the kernel and of its square.
    """
    sigma, h, D = sp.symbols("sigma h D", positive=True)
    return (2 * sigma / h) ** D


@wrong("effective_keys", "the dimension forgotten")
def dimension_forgotten():
    """A neighbourhood of width σ has so many keys.

    On a plane the neighbours fill a disc, not a line: how does their number grow with D?
    """
    sigma, h = sp.symbols("sigma h", positive=True)
    return 2 * sp.sqrt(sp.pi) * sigma / h


@right("effective_keys", "the quotient of the integrals")
def quotient_of_integrals():
    """Done by SymPy, symbols of one's own."""
    sigma, h, t = sp.symbols("sigma h t", positive=True)
    D = sp.Symbol("D", integer=True, positive=True)
    kernel = sp.exp(-(t**2) / (2 * sigma**2))
    once = sp.integrate(kernel, (t, -sp.oo, sp.oo)) / h
    squared = sp.integrate(kernel**2, (t, -sp.oo, sp.oo)) / h
    return once ** (2 * D) / squared**D


@right("effective_keys", "powers apart")
def powers_apart():
    """Symbols without assumptions."""
    sigma, h, D = sp.symbols("sigma h D")
    return 2**D * sp.pi ** (D / 2) * sigma**D * h ** (-D)


# --- best_width


@wrong("best_width", "squared bias and variance made equal")
def errors_made_equal():
    """The best width balances the two errors.

    At the smallest sum the two *slopes* cancel, which is not where the two are equal:
    differentiate.
    """
    c, s, rho = sp.symbols("c s rho", positive=True)
    return (4 * s**2 / (rho * c**2)) ** sp.Rational(1, 5)


@wrong("best_width", "the bias not squared")
def bias_not_squared():
    """The error is bias plus variance.

    The squared error is the *squared* bias plus the variance.
    """
    c, s, rho = sp.symbols("c s rho", positive=True)
    return (s**2 / (rho * c)) ** sp.Rational(1, 3)


@wrong("best_width", "the ½ of the bias forgotten")
def half_forgotten():
    """The bias is c σ².

    The bias is c σ²/2, and its square has a quarter in front: check the derivative.
    """
    c, s, rho = sp.symbols("c s rho", positive=True)
    return (s**2 / (4 * rho * c**2)) ** sp.Rational(1, 5)


@wrong("best_width", "the standard deviation in place of the variance")
def root_of_variance():
    """The error is the squared bias plus the noise s/√(ρσ).

    A squared bias is added to a variance, not to its root.
    """
    c, s, rho = sp.symbols("c s rho", positive=True)
    return (s / (2 * c**2 * sp.sqrt(rho))) ** sp.Rational(2, 9)


@wrong("best_width", "the derivative of 1/σ taken as 1/σ")
def power_lost():
    """c²σ³ = s²/(ρσ).

    The derivative of 1/σ is −1/σ²: one more power of σ comes into play.
    """
    c, s, rho = sp.symbols("c s rho", positive=True)
    return (s**2 / (rho * c**2)) ** sp.Rational(1, 4)


@right("best_width", "solved by SymPy")
def best_width_solved():
    """The root of the derivative."""
    c, s, rho, sigma = sp.symbols("c s rho sigma", positive=True)
    error = (c * sigma**2 / 2) ** 2 + s**2 / (rho * sigma)
    return sp.solve(sp.diff(error, sigma), sigma)[0]


@right("best_width", "as an exponential")
def best_width_as_exponential():
    """Logarithms, symbols without assumptions."""
    c, s, rho = sp.symbols("c s rho")
    return sp.exp((2 * sp.log(s) - 2 * sp.log(c) - sp.log(rho)) / 5)


# --- window_cost


@wrong("window_cost", "every query given a full window")
def full_windows():
    """N queries see W keys each.

    Query 1 sees one key, query 2 sees two: how many pairs are missing at the beginning?
    """
    N, W, D, M = sp.symbols("N W D M", positive=True)
    return N * W * (D + M)


@wrong("window_cost", "one key too few at the beginning")
def one_missing_too_many():
    """W(W + 1)/2 pairs are missing.

    Query number W is the first with a full window: add up 0 + 1 + … + (W − 1) missing keys.
    """
    N, W, D, M = sp.symbols("N W D M", positive=True)
    return (D + M) * (N * W - W * (W + 1) / 2)


@wrong("window_cost", "the window ignored")
def window_ignored():
    """A causal layer has N(N + 1)/2 pairs.

    Only the last W keys are seen: for a short window the cost grows with N, not with N².
    """
    N, D, M = sp.symbols("N D M", positive=True)
    return (D + M) * N * (N + 1) / 2


@wrong("window_cost", "the values forgotten")
def values_forgotten():
    """The cost is that of the exponents.

    Each visible pair costs twice: an inner product, and a value times its weight.
    """
    N, W, D = sp.symbols("N W D", positive=True)
    return D * (N * W - W * (W - 1) / 2)


@wrong("window_cost", "keys on both sides")
def window_on_both_sides():
    """A window of W reaches W − 1 keys to either side.

    The future is not visible: a query looks back only.
    """
    N, W, D, M = sp.symbols("N W D M", positive=True)
    return (D + M) * (N * (2 * W - 1) - W * (W - 1))


@right("window_cost", "the first queries apart")
def first_queries_apart():
    """A triangle and a rectangle."""
    N, W, D, M = sp.symbols("N W D M", positive=True)
    return (W * (W + 1) / 2 + (N - W) * W) * D + (W * (W + 1) / 2 + (N - W) * W) * M


@right("window_cost", "a sum, with symbols of one's own")
def window_as_a_sum():
    """SymPy adds up."""
    N, W, D, M, i = sp.symbols("N W D M i")
    return sp.expand((D + M) * (sp.summation(i, (i, 1, W)) + (N - W) * W))


@right("window_cost", "a sum of minima, left as it is")
def window_as_minima():
    """Each query sees all keys so far, or W of them."""
    N, W, D, M, i = sp.symbols("N W D M i", positive=True, integer=True)
    return (D + M) * sp.Sum(sp.Min(i, W), (i, 1, N))
