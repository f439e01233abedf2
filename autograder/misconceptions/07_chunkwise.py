"""How people get chunkwise attention wrong, and other ways to get it right."""

import numpy as np
import sympy as sp

from autograder.bank import right, wrong

# --- one_chunk


@wrong("one_chunk", "the state added before it is read")
def added_before_read(phi_Q, phi_K, V, S, Z):
    """The state is brought up to date, then everything is read.

    The state must be the one from before the chunk: read it first, then add the chunk, or each row
    sees its own future.
    """
    S = S + np.swapaxes(phi_K, -1, -2) @ V
    Z = Z + phi_K.sum(axis=-2)
    pairs = np.tril(phi_Q @ np.swapaxes(phi_K, -1, -2))
    sums = phi_Q @ Z[..., None] + pairs.sum(axis=-1, keepdims=True)
    return (phi_Q @ S + pairs @ V) / sums, S, Z


@wrong("one_chunk", "the term from before the chunk missing")
def inter_term_missing(phi_Q, phi_K, V, S, Z):
    """A chunk is a small sequence of its own.

    A row also sees everything before its chunk: read S and Z, above and below.
    """
    pairs = np.tril(phi_Q @ np.swapaxes(phi_K, -1, -2))
    V_out = pairs @ V / pairs.sum(axis=-1, keepdims=True)
    return V_out, S + np.swapaxes(phi_K, -1, -2) @ V, Z + phi_K.sum(axis=-2)


@wrong("one_chunk", "the normaliser not carried")
def normaliser_not_carried(phi_Q, phi_K, V, S, Z):
    """The denominator is the sum of the chunk's weights.

    With values that are all 1, past ones too, the output must be 1: what stands before the chunk
    belongs in the denominator as well.
    """
    pairs = np.tril(phi_Q @ np.swapaxes(phi_K, -1, -2))
    V_out = (phi_Q @ S + pairs @ V) / pairs.sum(axis=-1, keepdims=True)
    return V_out, S + np.swapaxes(phi_K, -1, -2) @ V, Z + phi_K.sum(axis=-2)


@wrong("one_chunk", "no mask inside the chunk")
def no_mask_inside(phi_Q, phi_K, V, S, Z):
    """A chunk is read as a whole.

    Inside a chunk the future must be masked as everywhere else: which pairs have j > i?
    """
    pairs = phi_Q @ np.swapaxes(phi_K, -1, -2)
    sums = phi_Q @ Z[..., None] + pairs.sum(axis=-1, keepdims=True)
    V_out = (phi_Q @ S + pairs @ V) / sums
    return V_out, S + np.swapaxes(phi_K, -1, -2) @ V, Z + phi_K.sum(axis=-2)


@wrong("one_chunk", "the row itself left out")
def row_itself_left_out(phi_Q, phi_K, V, S, Z):
    """Inside the chunk, j < i.

    A row sees itself: the diagonal of the pairs stays.
    """
    pairs = np.tril(phi_Q @ np.swapaxes(phi_K, -1, -2), k=-1)
    sums = phi_Q @ Z[..., None] + pairs.sum(axis=-1, keepdims=True)
    V_out = (phi_Q @ S + pairs @ V) / sums
    return V_out, S + np.swapaxes(phi_K, -1, -2) @ V, Z + phi_K.sum(axis=-2)


@wrong("one_chunk", "two averages averaged")
def two_averages_averaged(phi_Q, phi_K, V, S, Z):
    """One average over the past, one over the chunk; their mean, if there is a past.

    The past and the chunk carry different amounts of weight: add numerators and denominators first,
    then divide once.
    """
    pairs = np.tril(phi_Q @ np.swapaxes(phi_K, -1, -2))
    inside = pairs @ V / pairs.sum(axis=-1, keepdims=True)
    past = phi_Q @ Z[..., None]
    with np.errstate(all="ignore"):
        V_out = np.where(past > 0, (phi_Q @ S / past + inside) / 2, inside)
    return V_out, S + np.swapaxes(phi_K, -1, -2) @ V, Z + phi_K.sum(axis=-2)


@wrong("one_chunk", "the state replaced")
def state_replaced(phi_Q, phi_K, V, S, Z):
    """The new state is that of the chunk.

    The state is a sum over everything so far: the chunk is added to it.
    """
    pairs = np.tril(phi_Q @ np.swapaxes(phi_K, -1, -2))
    sums = phi_Q @ Z[..., None] + pairs.sum(axis=-1, keepdims=True)
    V_out = (phi_Q @ S + pairs @ V) / sums
    return V_out, np.swapaxes(phi_K, -1, -2) @ V, phi_K.sum(axis=-2)


@wrong("one_chunk", "arrays taken for plain matrices")
def chunk_taken_for_matrices(phi_Q, phi_K, V, S, Z):
    """phi_K.T is the transpose of each head's features.

    .T turns all axes around and sum(axis=0) adds up heads: count axes from the end, and swap the
    last two only (np.swapaxes).
    """
    pairs = np.tril(phi_Q @ phi_K.T)
    sums = phi_Q @ Z[..., None] + pairs.sum(axis=-1, keepdims=True)
    return (phi_Q @ S + pairs @ V) / sums, S + phi_K.T @ V, Z + phi_K.sum(axis=0)


@right("one_chunk", "row by row with a running state, lists out")
def row_by_row(phi_Q, phi_K, V, S, Z):
    """The stream of the last chapter, head by head."""
    V_out, S, Z = np.empty(V.shape), S.astype(float), Z.astype(float)
    for head in np.ndindex(V.shape[:-2]):
        for i in range(V.shape[-2]):
            S[head] += np.outer(phi_K[head][i], V[head][i])
            Z[head] += phi_K[head][i]
            V_out[head][i] = phi_Q[head][i] @ S[head] / (phi_Q[head][i] @ Z[head])
    return [V_out.tolist(), S.tolist(), Z.tolist()]


@right("one_chunk", "running sums instead of pairs")
def running_sums(phi_Q, phi_K, V, S, Z):
    """All states inside the chunk."""
    all_S = S[..., None, :, :] + np.cumsum(phi_K[..., :, None] * V[..., None, :], axis=-3)
    all_Z = Z[..., None, :] + np.cumsum(phi_K, axis=-2)
    above = np.einsum("...cd,...cdm->...cm", phi_Q, all_S)
    below = np.einsum("...cd,...cd->...c", phi_Q, all_Z)[..., None]
    return above / below, all_S[..., -1, :, :], all_Z[..., -1, :]


@right("one_chunk", "values joined with ones, float32")
def chunk_joined_with_ones(phi_Q, phi_K, V, S, Z):
    """Z is a column of S."""
    phi_Q, phi_K = phi_Q.astype(np.float32), phi_K.astype(np.float32)
    V1 = np.concatenate([V, np.ones((*V.shape[:-1], 1))], axis=-1).astype(np.float32)
    S1 = np.concatenate([S, Z[..., None]], axis=-1).astype(np.float32)
    mask = np.tri(V.shape[-2], dtype=np.float32)
    both = phi_Q @ S1 + np.einsum("...id,...jd,ij->...ij", phi_Q, phi_K, mask) @ V1
    S1 = S1 + np.einsum("...cd,...cm->...dm", phi_K, V1)
    return both[..., :-1] / both[..., -1:], S1[..., :-1], S1[..., -1]


# --- states_before


@wrong("states_before", "the states after the chunks")
def states_after(phi_K, V, chunk):
    """A running sum over the chunks.

    Before the first chunk there is nothing: its state is 0. Yours holds the chunk itself as well.
    """
    starts = range(0, len(V), chunk)
    S = np.array([phi_K[s : s + chunk].T @ V[s : s + chunk] for s in starts])
    Z = np.array([phi_K[s : s + chunk].sum(axis=0) for s in starts])
    return np.cumsum(S, axis=0), np.cumsum(Z, axis=0)


@wrong("states_before", "only the chunk just before")
def neighbour_only(phi_K, V, chunk):
    """The state before a chunk is the sum of the chunk before.

    A worker must know everything before its chunk, not only its neighbour's part.
    """
    starts = range(0, len(V), chunk)
    S = np.array([phi_K[max(s - chunk, 0) : s].T @ V[max(s - chunk, 0) : s] for s in starts])
    Z = np.array([phi_K[max(s - chunk, 0) : s].sum(axis=0) for s in starts])
    return S, Z


wrong(
    "states_before",
    "each chunk's own sums",
    belief="The state of a chunk is the sum over its rows.",
    hint="These are the sums of the chunks themselves; a worker can do those alone, but not what "
    "lies before.",
    edit={"np.cumsum(S, axis=0) - S, np.cumsum(Z, axis=0) - Z": "S, Z"},
)

wrong(
    "states_before",
    "the short chunk at the end forgotten",
    belief="There are N // chunk chunks.",
    hint="The rows that are left over make a chunk too, and its worker needs a state: round the "
    "number of chunks up.",
    edit={"np.arange(0, len(V), chunk)": "np.arange(0, len(V) // chunk * chunk, chunk)"},
)


@wrong("states_before", "the short chunk at the beginning")
def short_chunk_first(phi_K, V, chunk):
    """The chunks are counted from the end.

    Chunks start at positions 1, 1 + chunk, 1 + 2·chunk, …: it is the last that is short.
    """
    starts = sorted({max(s, 0) for s in range(len(V) - chunk, -chunk, -chunk)})
    S = np.array([phi_K[:s].T @ V[:s] for s in starts])
    Z = np.array([phi_K[:s].sum(axis=0) for s in starts])
    return S, Z


@wrong("states_before", "the first row of the chunk included")
def first_row_included(phi_K, V, chunk):
    """Everything up to the first row of the chunk; nothing for the first chunk.

    Off by one: the state before a chunk ends with the row just before its first.
    """
    starts = range(0, len(V), chunk)
    S = np.array([phi_K[: s + (s > 0)].T @ V[: s + (s > 0)] for s in starts])
    Z = np.array([phi_K[: s + (s > 0)].sum(axis=0) for s in starts])
    return S, Z


@wrong("states_before", "what lies after the chunk")
def what_lies_after(phi_K, V, chunk):
    """The running sums taken from the other end.

    The state comes from earlier positions: the first chunk has none, the last has most.
    """
    starts = range(0, len(V), chunk)
    S = np.array([phi_K[s + chunk :].T @ V[s + chunk :] for s in starts])
    Z = np.array([phi_K[s + chunk :].sum(axis=0) for s in starts])
    return S, Z


@wrong("states_before", "Z averaged")
def z_averaged(phi_K, V, chunk):
    """Z is the mean of the features so far.

    Z is a sum like S: a mean in one of them alone does not cancel.
    """
    starts = range(0, len(V), chunk)
    S = np.array([phi_K[:s].T @ V[:s] for s in starts])
    Z = np.array([phi_K[:s].sum(axis=0) / max(s, 1) for s in starts])
    return S, Z


@right("states_before", "each state from its definition, lists out")
def each_from_its_definition(phi_K, V, chunk):
    """Quadratic in the number of chunks, but right."""
    S, Z, s = [], [], 0
    while s < len(V):
        S.append((phi_K[:s].T @ V[:s]).tolist())
        Z.append(phi_K[:s].sum(axis=0).tolist())
        s += chunk
    return S, Z


@right("states_before", "filled up with rows of zeros, float32")
def filled_up(phi_K, V, chunk):
    """Features of 0 add nothing."""
    missing = -len(V) % chunk
    K_c = np.pad(phi_K, [(0, missing), (0, 0)]).astype(np.float32)
    V_c = np.pad(V, [(0, missing), (0, 0)]).astype(np.float32)
    K_c = K_c.reshape(-1, chunk, phi_K.shape[1])
    S = np.einsum("ncd,ncm->ndm", K_c, V_c.reshape(-1, chunk, V.shape[1]))
    S = np.concatenate([0 * S[:1], np.cumsum(S, axis=0)[:-1]])
    Z = np.concatenate([0 * K_c[:1, 0], np.cumsum(K_c.sum(axis=1), axis=0)[:-1]])
    return S, Z


@right("states_before", "running sums over positions, then a choice of rows")
def choice_of_rows(phi_K, V, chunk):
    """All prefix sums, of which few are used."""
    S = np.cumsum(phi_K[:, :, None] * V[:, None, :], axis=0)
    Z = np.cumsum(phi_K, axis=0)
    S, Z = np.concatenate([0 * S[:1], S]), np.concatenate([0 * Z[:1], Z])
    return S[:-1][::chunk], Z[:-1][::chunk]


# --- join


@wrong("join", "exponentials taken as they come")
def scales_as_they_come(left, right):
    """The true sums are added, then scaled.

    exp(1000) is infinite: take the larger m out of both segments before exp.
    """
    S = np.exp(left[2]) * left[0] + np.exp(right[2]) * right[0]
    Z = np.exp(left[2]) * left[1] + np.exp(right[2]) * right[1]
    return S / Z.max(), Z / Z.max(), np.log(Z.max())


@wrong("join", "the scales ignored")
def scales_ignored(left, right):
    """Sums are added.

    The two segments have different factors e^m: bring them to a common one before adding.
    """
    S, Z = left[0] + right[0], left[1] + right[1]
    return S / Z.max(), Z / Z.max(), max(left[2], right[2]) + np.log(Z.max())


@wrong("join", "the scales added")
def scales_added(left, right):
    """Joining adds S, Z and m.

    Sums are joined, not multiplied: exponents add up in a product, not in a sum.
    """
    S, Z = left[0] + right[0], left[1] + right[1]
    return S / Z.max(), Z / Z.max(), left[2] + right[2] + np.log(Z.max())


wrong(
    "join",
    "m not brought up to date",
    belief="m is the larger of the two.",
    hint="When S and Z are divided by a number, m must make up for it: e^m S is not to change.",
    edit={"S / Z.max(), Z / Z.max(), m + np.log(Z.max())": "S / Z.max(), Z / Z.max(), m"},
)

wrong(
    "join",
    "only Z brought back to 1",
    belief="It is Z whose largest entry has to be 1.",
    hint="S and Z share one factor e^m: what divides Z divides S.",
    edit={"S / Z.max()": "S"},
)


@wrong("join", "the factors exchanged")
def factors_exchanged(left, right):
    """The segment with the larger m gets the smaller factor.

    With the larger m taken out, which of the two segments must shrink?
    """
    m = max(left[2], right[2])
    S = np.exp(right[2] - m) * left[0] + np.exp(left[2] - m) * right[0]
    Z = np.exp(right[2] - m) * left[1] + np.exp(left[2] - m) * right[1]
    return S / Z.max(), Z / Z.max(), m + np.log(Z.max())


@wrong("join", "everything measured against the left segment")
def measured_against_the_left(left, right):
    """Any common factor will do, so the first segment's does.

    If the right segment is much the larger, its factor against the left one overflows: measure
    against the larger.
    """
    factor = np.exp(right[2] - left[2])
    S, Z = left[0] + factor * right[0], left[1] + factor * right[1]
    return S / Z.max(), Z / Z.max(), left[2] + np.log(Z.max())


wrong(
    "join",
    "the logarithm forgotten",
    belief="What is divided out is added to m.",
    hint="m is an exponent: dividing by a number takes the logarithm of that number to make up.",
    edit={"m + np.log(Z.max())": "m + Z.max()"},
)


@right("join", "logaddexp for every entry of Z, lists out")
def logarithms_throughout(left, right):
    """Z in logarithms, S in the factors that follow."""
    with np.errstate(divide="ignore"):
        logs = np.logaddexp(np.log(left[1]) + left[2], np.log(right[1]) + right[2])
    m = float(logs.max())
    S = np.exp(left[2] - m) * left[0] + np.exp(right[2] - m) * right[0]
    return [S.tolist(), np.exp(logs - m).tolist(), m]


@right("join", "the smaller one scaled, in single precision")
def smaller_one_scaled(left, right):
    """Swap, so that the first is the larger."""
    if right[2] > left[2]:
        left, right = right, left
    factor = np.float32(np.exp(right[2] - left[2]))
    S = left[0].astype(np.float32) + factor * right[0].astype(np.float32)
    Z = left[1].astype(np.float32) + factor * right[1].astype(np.float32)
    top = Z.max()
    return S / top, Z / top, left[2] + float(np.log(top))


@right("join", "S and Z as one array")
def one_array(left, right):
    """The factors as a vector of two."""
    scales = np.array([left[2], right[2]])
    both = np.stack([np.column_stack([part[0], part[1]]) for part in (left, right)])
    both = np.tensordot(np.exp(scales - scales.max()), both, axes=1)
    top = both[:, -1].max()
    return both[:, :-1] / top, both[:, -1] / top, scales.max() + np.log(top)


# --- fading_chunk


@wrong("fading_chunk", "no fading inside the chunk")
def no_fading_inside(phi_Q, phi_K, V, S, Z, gamma):
    """Only what lies before the chunk fades.

    Rows inside the chunk fade as well: the key in row j has faded i − j times when row i looks at
    it.
    """
    C = len(V)
    pairs = np.tril(phi_Q @ phi_K.T)
    since = gamma ** np.arange(1, C + 1)[:, None]
    sums = since * (phi_Q @ Z[:, None]) + pairs.sum(axis=1, keepdims=True)
    V_out = (since * (phi_Q @ S) + pairs @ V) / sums
    return V_out, gamma**C * S + phi_K.T @ V, gamma**C * Z + phi_K.sum(axis=0)


@wrong("fading_chunk", "the past fades once for the whole chunk")
def past_fades_once(phi_Q, phi_K, V, S, Z, gamma):
    """One fading when the chunk begins.

    By the last row of the chunk the past has faded C times, by the first row once: each row has a
    power of its own.
    """
    C = len(V)
    fading = np.tril(gamma ** np.maximum(np.subtract.outer(np.arange(C), np.arange(C)), 0))
    pairs = fading * (phi_Q @ phi_K.T)
    S, Z = gamma * S, gamma * Z
    sums = phi_Q @ Z[:, None] + pairs.sum(axis=1, keepdims=True)
    last = fading[-1][:, None] * phi_K
    return (phi_Q @ S + pairs @ V) / sums, S + last.T @ V, Z + last.sum(axis=0)


@wrong("fading_chunk", "the past one fading too few")
def past_one_too_few(phi_Q, phi_K, V, S, Z, gamma):
    """Row i has seen i − 1 fadings.

    The state fades before the first row is added: in the first row the past counts γ, not 1.
    """
    C = len(V)
    fading = np.tril(gamma ** np.maximum(np.subtract.outer(np.arange(C), np.arange(C)), 0))
    pairs = fading * (phi_Q @ phi_K.T)
    since = gamma ** np.arange(C)[:, None]
    sums = since * (phi_Q @ Z[:, None]) + pairs.sum(axis=1, keepdims=True)
    V_out = (since * (phi_Q @ S) + pairs @ V) / sums
    last = fading[-1][:, None] * phi_K
    return V_out, gamma ** (C - 1) * S + last.T @ V, gamma ** (C - 1) * Z + last.sum(axis=0)


wrong(
    "fading_chunk",
    "the new position fades at once",
    belief="Add, then fade.",
    hint="The position is added after the fading: in its own row it counts in full.",
    edit={"age = np.arange(C)[:, None]": "age = np.arange(1, C + 1)[:, None]"},
)

wrong(
    "fading_chunk",
    "the rows added to the state without fading",
    belief="The chunk's own sum is as it was without fading.",
    hint="When the chunk ends its first row is C − 1 positions old, its last one new: they do not "
    "count alike in the state.",
    edit={"last.T @ V": "phi_K.T @ V", "last.sum(axis=0)": "phi_K.sum(axis=0)"},
)


@wrong("fading_chunk", "the rows fade the wrong way round in the state")
def wrong_way_round(phi_Q, phi_K, V, S, Z, gamma):
    """Row j of the chunk is worth γ^j.

    It is the first row of the chunk that has faded most, not the last.
    """
    C = len(V)
    fading = np.tril(gamma ** np.maximum(np.subtract.outer(np.arange(C), np.arange(C)), 0))
    pairs = fading * (phi_Q @ phi_K.T)
    since = gamma ** np.arange(1, C + 1)[:, None]
    sums = since * (phi_Q @ Z[:, None]) + pairs.sum(axis=1, keepdims=True)
    V_out = (since * (phi_Q @ S) + pairs @ V) / sums
    first = fading[:, 0][:, None] * phi_K
    return V_out, gamma**C * S + first.T @ V, gamma**C * Z + first.sum(axis=0)


@wrong("fading_chunk", "the normaliser does not fade")
def normaliser_does_not_fade(phi_Q, phi_K, V, S, Z, gamma):
    """Fading is about values.

    Z fades like S, or the weights no longer add up to 1.
    """
    C = len(V)
    fading = np.tril(gamma ** np.maximum(np.subtract.outer(np.arange(C), np.arange(C)), 0))
    plain = np.tril(phi_Q @ phi_K.T)
    since = gamma ** np.arange(1, C + 1)[:, None]
    sums = phi_Q @ Z[:, None] + plain.sum(axis=1, keepdims=True)
    V_out = (since * (phi_Q @ S) + (fading * plain) @ V) / sums
    last = fading[-1][:, None] * phi_K
    return V_out, gamma**C * S + last.T @ V, Z + phi_K.sum(axis=0)


@wrong("fading_chunk", "the chunk fades as a whole")
def fades_as_a_whole(phi_Q, phi_K, V, S, Z, gamma):
    """One fading per chunk, as the state is carried from chunk to chunk.

    The recurrence fades with every position, whatever chunks you cut it into: the result may not
    depend on the cut.
    """
    pairs = np.tril(phi_Q @ phi_K.T)
    S, Z = gamma * S, gamma * Z
    sums = phi_Q @ Z[:, None] + pairs.sum(axis=1, keepdims=True)
    return (phi_Q @ S + pairs @ V) / sums, S + phi_K.T @ V, Z + phi_K.sum(axis=0)


@right("fading_chunk", "the recurrence, lists out")
def the_recurrence(phi_Q, phi_K, V, S, Z, gamma):
    """One position after the other."""
    out = []
    for q, k, v in zip(phi_Q, phi_K, V, strict=True):
        S, Z = gamma * S + k[:, None] * v, gamma * Z + k
        out.append((q @ S / (q @ Z)).tolist())
    return [out, S.tolist(), Z.tolist()]


@right("fading_chunk", "powers absorbed into the features")
def powers_absorbed(phi_Q, phi_K, V, S, Z, gamma):
    """Queries times γ^i, keys divided by γ^j."""
    powers = gamma ** np.arange(1, len(V) + 1)[:, None]
    Q_faded, K_grown = phi_Q * powers, phi_K / powers
    pairs = np.tril(Q_faded @ K_grown.T)
    sums = Q_faded @ Z + pairs.sum(axis=1)
    V_out = (Q_faded @ S + pairs @ V) / sums[:, None]
    whole = powers[-1, 0]
    return V_out, whole * (S + K_grown.T @ V), whole * (Z + K_grown.sum(axis=0))


@right("fading_chunk", "loops over the powers, float32")
def loops_over_powers(phi_Q, phi_K, V, S, Z, gamma):
    """Each pair by itself, in single precision."""
    phi_Q, phi_K, V, S, Z = (x.astype(np.float32) for x in (phi_Q, phi_K, V, S, Z))
    C = len(V)
    V_out = np.empty_like(V)
    for i in range(C):
        above = gamma ** (i + 1) * (phi_Q[i] @ S)
        below = gamma ** (i + 1) * (phi_Q[i] @ Z)
        for j in range(i + 1):
            weight = gamma ** (i - j) * (phi_Q[i] @ phi_K[j])
            above, below = above + weight * V[j], below + weight
        V_out[i] = above / below
    fresh = np.array([gamma ** (C - 1 - j) for j in range(C)], dtype=np.float32)[:, None] * phi_K
    return V_out, np.float32(gamma**C) * S + fresh.T @ V, np.float32(gamma**C) * Z + fresh.sum(0)


# --- count_multiplications


@wrong("count_multiplications", "the tail counted as a whole chunk")
def tail_counted_whole(N, d, M, chunk):
    """Rounding up.

    The last chunk has only as many rows as are left, and its pairs are fewer, too.
    """
    chunks = -(-N // chunk)
    return chunks * (chunk * chunk * (d + M) + chunk * d * (2 * M + 1))


@wrong("count_multiplications", "the tail left out")
def tail_left_out(N, d, M, chunk):
    """Rounding down; a sequence shorter than a chunk is one chunk.

    The rows that are left over have to be computed as well.
    """
    chunk = min(chunk, N)
    return N // chunk * (chunk * chunk * (d + M) + chunk * d * (2 * M + 1))


@wrong("count_multiplications", "every row meets a whole chunk")
def every_row_meets_a_chunk(N, d, M, chunk):
    """The formula of the chapter, whatever the length; a chunk is never longer than N.

    In a tail of r rows each row meets r keys, not `chunk` of them.
    """
    return N * min(chunk, N) * (d + M) + N * d * (2 * M + 1)


wrong(
    "count_multiplications",
    "only the pairs that stay",
    belief="Row i of a chunk has i pairs.",
    hint="The product computes all pairs; the mask removes some of them afterwards.",
    edit={"r * r * (d + M)": "r * (r + 1) // 2 * (d + M)"},
)

wrong(
    "count_multiplications",
    "the state only read, not written",
    belief="Each row reads S and Z.",
    hint="φ(K)ᵀV for the next chunk is a product as well.",
    edit={"r * d * (2 * M + 1)": "r * d * (M + 1)"},
)

wrong(
    "count_multiplications",
    "the denominators forgotten",
    belief="Only numerators cost anything.",
    hint="φ(Q)Z is a product of (r, d) by (d, 1): it counts r·d.",
    edit={"r * d * (2 * M + 1)": "2 * r * d * M"},
)


@wrong("count_multiplications", "all pairs of the whole sequence")
def pairs_of_the_whole_sequence(N, d, M, chunk):
    """Every row meets every row.

    Pairs are formed inside chunks only; between chunks stands the state.
    """
    return N * N * (d + M) + N * d * (2 * M + 1)


@right("count_multiplications", "chunk by chunk, product by product")
def product_by_product(N, d, M, chunk):
    """The loop, counted as it runs."""
    total = 0
    for start in range(0, N, chunk):
        r = min(chunk, N - start)
        total += r * d * r + r * r * M + r * d * M + r * d * 1 + d * r * M
    return total


@right("count_multiplications", "in NumPy, a float out")
def counted_in_numpy(N, d, M, chunk):
    """The sizes of all chunks as an array."""
    edges = np.append(np.arange(0, N, chunk), N)
    r = np.diff(edges).astype(float)
    return (r**2).sum() * (d + M) + N * d * (2 * M + 1)


# --- best_chunk


@wrong("best_chunk", "the masked half still paid for")
def masked_half_paid():
    """As in the chapter, with the heads sharing the beginning.

    Only half of the pairs cost anything here: put C(d + M)/2 into the cost.
    """
    o, d, M, H = sp.symbols("o d M H", positive=True)
    return sp.sqrt(o / (H * (d + M)))


@wrong("best_chunk", "the beginning paid by every head")
def beginning_paid_by_every_head():
    """The number of heads cancels.

    One call begins the chunk for all heads: o/C is the cost for H heads together.
    """
    o, d, M = sp.symbols("o d M", positive=True)
    return sp.sqrt(2 * o / (d + M))


@wrong("best_chunk", "the heads counted on the wrong side")
def heads_on_the_wrong_side():
    """H beginnings for each chunk.

    More heads mean more work per position for one beginning: does a larger or a smaller chunk suit
    that?
    """
    o, d, M, H = sp.symbols("o d M H", positive=True)
    return sp.sqrt(2 * o * H / (d + M))


@wrong("best_chunk", "pairs and state balanced")
def pairs_and_state_balanced():
    """The best size is where pairs cost as much as the state.

    The cost of the state does not depend on C, so it has no say in the best size: what falls when C
    grows?
    """
    d, M = sp.symbols("d M", positive=True)
    return 2 * d * (2 * M + 1) / (d + M)


@wrong("best_chunk", "the root forgotten")
def root_forgotten():
    """C is where o/C² and (d + M)/2 meet.

    The derivative of o/C is −o/C²: solve for C, not for C².
    """
    o, d, M, H = sp.symbols("o d M H", positive=True)
    return 2 * o / (H * (d + M))


@wrong("best_chunk", "the root of half instead of twice")
def half_instead_of_twice():
    """Half the cost, half under the root.

    Solve o/(H C²) = (d + M)/2 for C once more: on which side ends the 2?
    """
    o, d, M, H = sp.symbols("o d M H", positive=True)
    return sp.sqrt(o / (2 * H * (d + M)))


@right("best_chunk", "by differentiation")
def by_differentiation():
    """The place where the derivative is 0."""
    o, d, M, H, C = sp.symbols("o d M H C", positive=True)
    cost = o / C + H * C * (d + M) / 2 + H * d * (2 * M + 1)
    return sp.solve(sp.diff(cost, C), C)[0]


@right("best_chunk", "as a power, with symbols of one's own")
def as_a_power():
    """Symbols without assumptions."""
    o, d, M, H = sp.symbols("o d M H")
    return ((d + M) * H / (2 * o)) ** sp.Rational(-1, 2)
