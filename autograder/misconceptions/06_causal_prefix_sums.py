"""How people get causal attention and its prefix sums wrong, and other ways to get them right."""

import numpy as np
import sympy as sp

from autograder.bank import right, wrong

# --- who_sees_whom


wrong(
    "who_sees_whom",
    "only the values changed",
    belief="The output is an average of values, so it is they that must change.",
    hint="A denominator holds no values: a leak there shows only when a key changes.",
    edit={"other_K[j] += np.linspace(1, 2, phi_K.shape[1])  # positive, and another direction": ""},
)

wrong(
    "who_sees_whom",
    "only the keys changed",
    belief="Who is seen is decided by the keys.",
    hint="A row that sees a single position returns its value whatever the key is: change the "
    "value as well.",
    edit={"other_V[j] += 1.0": ""},
)

wrong(
    "who_sees_whom",
    "rows and columns exchanged",
    belief="What changing position j does belongs in row j.",
    hint="Entry [i, j] is about output i and input j: changing position j fills column j.",
    edit={"seen[:, j] =": "seen[j] ="},
)

wrong(
    "who_sees_whom",
    "the whole future changed at once",
    belief="Position j and all later ones get new keys and values.",
    hint="If many positions change together, you learn that one of them is seen, not which: "
    "change one at a time.",
    edit={"other_K[j] +=": "other_K[j:] +=", "other_V[j] +=": "other_V[j:] +="},
)

wrong(
    "who_sees_whom",
    "earlier changes not undone",
    belief="One copy of the arrays is enough.",
    hint="Start from the original arrays for each position, or the changes pile up.",
    edit={
        "other_K, other_V = phi_K.copy(), V.copy()": "",
        "for j in range(len(V)):": "other_K, other_V = phi_K.copy(), V.copy()\n"
        "for j in range(len(V)):",
    },
)

wrong(
    "who_sees_whom",
    "the query changed as well",
    belief="A position is its query, its key and its value.",
    hint="Every row depends on its own query; the question is about keys and values only.",
    edit={
        "other_V[j] += 1.0": "other_V[j] += 1.0\n"
        "other_Q = phi_Q.copy()\n"
        "other_Q[j] *= np.linspace(1, 3, phi_K.shape[1])",
        "attend(phi_Q, other_K, other_V)": "attend(other_Q, other_K, other_V)",
    },
)

wrong(
    "who_sees_whom",
    "causality taken for granted",
    belief="A later position need not be tried.",
    hint="Nobody has said that the function is causal: look at every pair, later positions too.",
    edit={
        "np.empty": "np.zeros",
        "seen[:, j] =": "seen[j:, j] =",
        ".all(axis=1)": ".all(axis=1)[j:]",
    },
)

wrong(
    "who_sees_whom",
    "only the first column of the outputs compared",
    belief="All columns of the values are treated alike.",
    hint="A row depends on a position if *any* of its outputs changes, not just the first.",
    edit={".all(axis=1)": "[:, 0]"},
)


@right("who_sees_whom", "NaN as a dye, lists out")
def nan_as_a_dye(attend, phi_Q, phi_K, V):
    """Whatever touches a NaN becomes one."""
    rows = []
    for j in range(len(V)):
        dyed_K, dyed_V = np.array(phi_K), np.array(V)
        dyed_K[j] = dyed_V[j] = np.nan
        rows.append(np.isnan(np.asarray(attend(phi_Q, dyed_K, dyed_V))).any(axis=1))
    return np.array(rows).T.tolist()


@right("who_sees_whom", "key and value one after the other, zeros and ones out")
def one_after_the_other(attend, phi_Q, phi_K, V):
    """Two calls for each position."""
    n = len(V)
    before = np.array(attend(phi_Q, phi_K, V))
    seen = np.zeros((n, n))
    for j in range(n):
        for which in (0, 1):
            changed = [phi_K.copy(), V.copy()]
            changed[which][j] = 3 * changed[which][j] ** 2 + 1
            after = np.array(attend(phi_Q, *changed))
            for i in range(n):
                if not np.allclose(after[i], before[i]):
                    seen[i, j] = 1
    return seen


# --- causal_heads


@wrong("causal_heads", "summed along the first axis")
def summed_along_first_axis(phi_Q, phi_K, V):
    """cumsum(axis=0), as in the chapter.

    With leading axes the first axis is the batch or the heads: which axis, counted from the end,
    holds the positions?
    """
    S = np.cumsum(phi_K[..., :, None] * V[..., None, :], axis=0)
    Z = np.cumsum(phi_K, axis=0)
    return np.einsum("...d,...dm->...m", phi_Q, S) / np.sum(phi_Q * Z, axis=-1, keepdims=True)


@wrong("causal_heads", "summed along the features")
def summed_along_features(phi_Q, phi_K, V):
    """The second axis from the end of the products is the one to sum along.

    The running sum goes over positions; here it goes over features, and no position sees another.
    """
    S = np.cumsum(phi_K[..., :, None] * V[..., None, :], axis=-2)
    Z = np.cumsum(phi_K, axis=-1)
    return np.einsum("...d,...dm->...m", phi_Q, S) / np.sum(phi_Q * Z, axis=-1, keepdims=True)


@wrong("causal_heads", "the denominator of the whole sequence")
def full_denominator(phi_Q, phi_K, V):
    """Z is the sum over all keys.

    The weights of row i must add up to 1 over the positions that it sees: the denominator stops at
    i too.
    """
    S = np.cumsum(phi_K[..., :, None] * V[..., None, :], axis=-3)
    Z = phi_K.sum(axis=-2, keepdims=True)
    return np.einsum("...d,...dm->...m", phi_Q, S) / np.sum(phi_Q * Z, axis=-1, keepdims=True)


@wrong("causal_heads", "only what lies before is seen")
def exclusive_sums(phi_Q, phi_K, V):
    """Causal means j < i.

    The sums go to i and include i: the first row would have nothing to average.
    """
    terms = phi_K[..., :, None] * V[..., None, :]
    S, Z = np.cumsum(terms, axis=-3) - terms, np.cumsum(phi_K, axis=-2) - phi_K
    return np.einsum("...d,...dm->...m", phi_Q, S) / np.sum(phi_Q * Z, axis=-1, keepdims=True)


@wrong("causal_heads", "multiplied by the normaliser")
def multiplied_by_normaliser(phi_Q, phi_K, V):
    """The normaliser scales the result.

    The sum of the weights divides: with values that are all 1 the result is 1.
    """
    S = np.cumsum(phi_K[..., :, None] * V[..., None, :], axis=-3)
    Z = np.cumsum(phi_K, axis=-2)
    return np.einsum("...d,...dm->...m", phi_Q, S) * np.sum(phi_Q * Z, axis=-1, keepdims=True)


@wrong("causal_heads", "no mask left after the reassociation")
def reassociated_first(phi_Q, phi_K, V):
    """φ(Q)(φ(K)ᵀV) is the fast form.

    Once φ(K)ᵀV is summed over all positions there is nothing left to mask: stop the sums at i
    first.
    """
    S = np.swapaxes(phi_K, -1, -2) @ V
    return phi_Q @ S / (phi_Q @ phi_K.sum(axis=-2)[..., None])


@wrong("causal_heads", "the sums run from i to the end")
def sums_from_the_end(phi_Q, phi_K, V):
    """The upper triangle of the pairs.

    Row i sees positions 1 to i, not those that follow: which triangle of the pairs is to stay?
    """
    pairs = np.triu(phi_Q @ np.swapaxes(phi_K, -1, -2))
    return pairs @ V / pairs.sum(axis=-1, keepdims=True)


@wrong("causal_heads", "weights normalised over the queries")
def normalised_over_queries(phi_Q, phi_K, V):
    """Each key shares out its weight among the queries that see it.

    The weights of one query add up to 1, so each row of pairs is summed, not each column.
    """
    pairs = np.tril(phi_Q @ np.swapaxes(phi_K, -1, -2))
    return pairs / pairs.sum(axis=-2, keepdims=True) @ V


@wrong("causal_heads", "arrays taken for plain matrices")
def all_axes_transposed(phi_Q, phi_K, V):
    """phi_K.T is the transpose of each head's features.

    .T turns all axes around, batch and heads too: swap the last two only (np.swapaxes).
    """
    pairs = np.tril(phi_Q @ phi_K.T)
    return pairs @ V / pairs.sum(axis=-1, keepdims=True)


@right("causal_heads", "loops with a running state, lists out")
def loops_with_a_state(phi_Q, phi_K, V):
    """One head after the other, one position after the other."""
    out = np.empty(V.shape)
    for head in np.ndindex(V.shape[:-2]):
        S, Z = np.zeros((phi_K.shape[-1], V.shape[-1])), np.zeros(phi_K.shape[-1])
        for i in range(V.shape[-2]):
            S = S + np.outer(phi_K[head][i], V[head][i])
            Z = Z + phi_K[head][i]
            out[head][i] = phi_Q[head][i] @ S / (phi_Q[head][i] @ Z)
    return out.tolist()


@right("causal_heads", "masked pairs in float32")
def masked_pairs_in_float32(phi_Q, phi_K, V):
    """All pairs, single precision."""
    phi_Q, phi_K, V = (x.astype(np.float32) for x in (phi_Q, phi_K, V))
    pairs = np.tril(np.einsum("...id,...jd->...ij", phi_Q, phi_K))
    return np.einsum("...ij,...jm->...im", pairs / pairs.sum(-1, keepdims=True), V)


@right("causal_heads", "values joined with ones")
def values_joined_with_ones(phi_Q, phi_K, V):
    """Z is the column that S has for a value of 1."""
    joined = np.concatenate([V, np.ones((*V.shape[:-1], 1))], axis=-1)
    state = np.cumsum(phi_K[..., None] * joined[..., None, :], axis=V.ndim - 2)
    both = (phi_Q[..., None, :] @ state)[..., 0, :]
    return both[..., :-1] / both[..., -1:]


# --- window_attention


@wrong("window_attention", "a window one too wide")
def window_one_too_wide(phi_Q, phi_K, V, width):
    """The window starts at i − width.

    Positions i − width to i are width + 1 of them: count a window of width 2 by hand.
    """
    mask = np.tri(len(V), dtype=bool) & ~np.tri(len(V), k=-width - 1, dtype=bool)
    pairs = np.where(mask, phi_Q @ phi_K.T, 0)
    return pairs @ V / pairs.sum(axis=1, keepdims=True)


@wrong("window_attention", "a window one too narrow")
def window_one_too_narrow(phi_Q, phi_K, V, width):
    """The position itself is not counted.

    Does your window of width 2 hold two positions? Count them by hand.
    """
    mask = np.tri(len(V), dtype=bool) & ~np.tri(len(V), k=1 - width, dtype=bool)
    pairs = np.where(mask, phi_Q @ phi_K.T, 0)
    return pairs @ V / pairs.sum(axis=1, keepdims=True)


@wrong("window_attention", "the window wraps around")
def window_wraps_around(phi_Q, phi_K, V, width):
    """What leaves the window is the sum rolled by its width.

    np.roll brings the end of the sequence to its beginning: the first rows have nothing to
    subtract.
    """
    S = np.cumsum(phi_K[:, :, None] * V[:, None, :], axis=0)
    Z = np.cumsum(phi_K, axis=0)
    S, Z = S - np.roll(S, width, axis=0), Z - np.roll(Z, width, axis=0)
    return np.einsum("nd,ndm->nm", phi_Q, S) / np.sum(phi_Q * Z, axis=1, keepdims=True)


@wrong("window_attention", "the denominator without a window")
def denominator_without_window(phi_Q, phi_K, V, width):
    """Only the numerators slide.

    The weights inside the window must add up to 1: what leaves S must leave Z as well.
    """
    pairs = np.tril(phi_Q @ phi_K.T)
    inside = pairs * ~np.tri(len(V), k=-width, dtype=bool)
    return inside @ V / pairs.sum(axis=1, keepdims=True)


@wrong("window_attention", "the window centred on the position")
def window_centred(phi_Q, phi_K, V, width):
    """width positions around i.

    The window ends at i: half of yours lies in the future.
    """
    n = len(V)
    offset = np.arange(n)[None, :] - np.arange(n)[:, None]
    mask = (offset >= -(width // 2)) & (offset <= (width - 1) // 2)
    pairs = np.where(mask, phi_Q @ phi_K.T, 0)
    return pairs @ V / pairs.sum(axis=1, keepdims=True)


@wrong("window_attention", "blocks side by side")
def blocks_side_by_side(phi_Q, phi_K, V, width):
    """The sums restart every width positions.

    The window moves with every position; yours starts afresh after each block.
    """
    block = np.arange(len(V)) // width
    mask = np.tri(len(V), dtype=bool) & (block[:, None] == block[None, :])
    pairs = np.where(mask, phi_Q @ phi_K.T, 0)
    return pairs @ V / pairs.sum(axis=1, keepdims=True)


@wrong("window_attention", "rows without a full window left empty")
def short_windows_empty(phi_Q, phi_K, V, width):
    """A row without a full window has no answer.

    The first rows have fewer than width positions behind them, and average over those that there
    are.
    """
    n = len(V)
    mask = np.tri(n, dtype=bool) & ~np.tri(n, k=-width, dtype=bool)
    pairs = np.where(mask, phi_Q @ phi_K.T, 0)
    out = pairs @ V / pairs.sum(axis=1, keepdims=True)
    out[: width - 1] = 0
    return out


@right("window_attention", "a queue that forgets its oldest entry, lists out")
def queue_of_positions(phi_Q, phi_K, V, width):
    """One position comes in, one goes."""
    S, Z, out = np.zeros((phi_K.shape[1], V.shape[1])), np.zeros(phi_K.shape[1]), []
    for i in range(len(V)):
        S, Z = S + np.outer(phi_K[i], V[i]), Z + phi_K[i]
        if i >= width:
            S, Z = S - np.outer(phi_K[i - width], V[i - width]), Z - phi_K[i - width]
        out.append((phi_Q[i] @ S / (phi_Q[i] @ Z)).tolist())
    return out


@right("window_attention", "slices of pairs in float32")
def slices_of_pairs(phi_Q, phi_K, V, width):
    """Each row from its own slice."""
    phi_Q, phi_K, V = (x.astype(np.float32) for x in (phi_Q, phi_K, V))
    out = np.empty_like(V)
    for i in range(len(V)):
        window = slice(max(i + 1 - width, 0), i + 1)
        weights = phi_K[window] @ phi_Q[i]
        out[i] = weights @ V[window] / weights.sum()
    return out


@right("window_attention", "sums with zeros in front")
def zeros_in_front(phi_Q, phi_K, V, width):
    """Prefix sums that start with an empty one."""
    S = np.concatenate([np.zeros((1, phi_K.shape[1], V.shape[1])), phi_K[:, :, None] * V[:, None]])
    S, Z = np.cumsum(S, axis=0), np.cumsum(np.pad(phi_K, [(1, 0), (0, 0)]), axis=0)
    last = np.arange(1, len(V) + 1)
    first = np.maximum(last - width, 0)
    S, Z = S[last] - S[first], Z[last] - Z[first]
    return (phi_Q[:, None, :] @ S)[:, 0] / np.sum(phi_Q * Z, axis=1)[:, None]


# --- safe_step


@wrong("safe_step", "exponentials taken as they come")
def exponentials_as_they_come(state, phi_q, log_phi_k, v):
    """The logarithms only need an exp.

    exp(1000) is infinite and exp(−1000) is 0: take a common factor out before exp.
    """
    if state is None:
        state = np.zeros((len(log_phi_k), len(v))), np.zeros(len(log_phi_k)), 0.0
    S, Z, m = state
    phi_k = np.exp(log_phi_k)
    S, Z = S + np.outer(phi_k, v), Z + phi_k
    return (S, Z, m), phi_q @ S / (phi_q @ Z)


wrong(
    "safe_step",
    "a factor of its own for every key",
    belief="Each key's features are divided by the largest of them.",
    hint="A factor cancels only if all keys share it: when a new key brings another m, what is "
    "held already must change to it as well.",
    edit={
        "np.exp(log_phi_k - m)": "np.exp(log_phi_k - log_phi_k.max())",
        "np.exp(m_before - m)": "1.0",
    },
)

wrong(
    "safe_step",
    "the old sums not rescaled",
    belief="The new key is divided by the largest feature so far.",
    hint="When m grows, S and Z are still held without the old factor: by which number must they "
    "be multiplied?",
    edit={"np.exp(m_before - m)": "1.0"},
)

wrong(
    "safe_step",
    "S rescaled, Z not",
    belief="Z is only a normaliser.",
    hint="The factor cancels in the ratio only if S and Z both carry the same one.",
    edit={"old * Z + phi_k": "Z + phi_k"},
)

wrong(
    "safe_step",
    "rescaled the wrong way",
    belief="When m grows, the old sums grow with it.",
    hint="e^m S stays the same when m changes: if m grows, must S grow or shrink?",
    edit={"-np.inf": "log_phi_k.max()", "np.exp(m_before - m)": "np.exp(m - m_before)"},
)

wrong(
    "safe_step",
    "m fixed by the first key",
    belief="Any common factor will do, so the first key decides.",
    hint="The first key may be the smallest of all: later ones overflow against its m.",
    edit={"-np.inf": "log_phi_k.max()", "max(m_before, log_phi_k.max())": "m_before"},
)

wrong(
    "safe_step",
    "m follows the newest key, down as well",
    belief="The newest key's maximum is the factor for all.",
    hint="If m falls, what is held must be multiplied by a number above 1, and after a deep fall "
    "by more than a float holds: let m only rise.",
    edit={"max(m_before, log_phi_k.max())": "log_phi_k.max()"},
)


@wrong("safe_step", "the whole history kept")
def history_kept(state, phi_q, log_phi_k, v):
    """With all keys at hand the largest is known.

    The answers are right, but the state grows with every step: keep sums, not keys.
    """
    if state is None:
        state = np.zeros((0, len(log_phi_k))), np.zeros((0, len(v)))
    logs, values = np.vstack([state[0], log_phi_k]), np.vstack([state[1], v])
    weights = np.exp(logs - logs.max()) @ phi_q
    return (logs, values), weights @ values / weights.sum()


@wrong("safe_step", "read before the new position is written")
def read_before_written(state, phi_q, log_phi_k, v):
    """The query looks at the past; the first one has only itself.

    The answer includes the new position: add its key and value first, then read.
    """
    first = state is None
    if first:
        state = np.zeros((len(log_phi_k), len(v))), np.zeros(len(log_phi_k)), -np.inf
    S, Z, before = state
    answer = v + 0.0 if first else phi_q @ S / (phi_q @ Z)
    m = max(before, log_phi_k.max())
    phi_k = np.exp(log_phi_k - m)
    old = np.exp(before - m)
    return (old * S + np.outer(phi_k, v), old * Z + phi_k, m), answer


@right("safe_step", "m just above what is held, lists out")
def m_above_what_is_held(state, phi_q, log_phi_k, v):
    """m starts with the first key and follows the logarithm of the sum of Z."""
    if state is None:
        m = float(log_phi_k.mean())
        state = [[0.0] * len(v)] * len(log_phi_k), [0.0] * len(log_phi_k), m
    S, Z, before = np.asarray(state[0]), np.asarray(state[1]), state[2]
    m = max([before, *log_phi_k]) + 0.5
    S = S * np.exp(before - m) + np.exp(log_phi_k - m)[:, None] * v[None, :]
    Z = Z * np.exp(before - m) + np.exp(log_phi_k - m)
    return [S.tolist(), Z.tolist(), float(m)], (phi_q @ S / np.dot(phi_q, Z)).tolist()


@right("safe_step", "an exponent for every feature")
def exponent_for_every_feature(state, phi_q, log_phi_k, v):
    """Each feature has a row of S, an entry of Z and a logarithm of its own."""
    if state is None:
        return (np.tile(v, (len(log_phi_k), 1)), np.ones(len(log_phi_k)), log_phi_k + 0.0), v + 0.0
    S, Z, before = state
    logs = np.maximum(before, log_phi_k)
    old, new = np.exp(before - logs), np.exp(log_phi_k - logs)
    S, Z = old[:, None] * S + new[:, None] * v, old * Z + new
    shared = phi_q * np.exp(logs - logs.max())
    return (S, Z, logs), shared @ S / (shared @ Z)


@right("safe_step", "values joined with ones, float32")
def joined_in_float32(state, phi_q, log_phi_k, v):
    """One array for S and Z, in single precision."""
    joined = np.append(v, 1.0).astype(np.float32)
    top = float(np.max(log_phi_k))
    if state is None:
        both, m = np.zeros((len(log_phi_k), len(joined)), dtype=np.float32), top
    else:
        both, m = state
    if top > m:
        both, m = both * np.float32(np.exp(m - top)), top
    both = both + np.outer(np.exp(log_phi_k - m).astype(np.float32), joined)
    out = phi_q.astype(np.float32) @ both
    return (both, m), out[:-1] / out[-1]


# --- values_gradient


@wrong("values_gradient", "the sums run forwards")
def sums_run_forwards(phi_Q, phi_K, output_gradient):
    """The gradient is causal, like the layer.

    V_j occurs in the outputs of position j and of all that follow: over which i does the sum for
    row j go?
    """
    phi_Q = phi_Q / np.sum(phi_Q * np.cumsum(phi_K, axis=0), axis=1, keepdims=True)
    earlier = np.cumsum(phi_Q[:, :, None] * output_gradient[:, None, :], axis=0)
    return np.einsum("nd,ndm->nm", phi_K, earlier)


@wrong("values_gradient", "the layer applied again")
def layer_applied_again(phi_Q, phi_K, output_gradient):
    """What the layer does to values it does to gradients.

    The derivative of a product A V goes back through the transpose of A, not through A.
    """
    pairs = np.tril(phi_Q @ phi_K.T)
    return pairs / pairs.sum(axis=1, keepdims=True) @ output_gradient


@wrong("values_gradient", "divided by the denominator of the wrong row")
def denominator_of_the_wrong_row(phi_Q, phi_K, output_gradient):
    """Row j of the gradient is divided by the sum of row j.

    The weight of V_j in row i is divided by the sum of row i: each output brings its own
    denominator along.
    """
    pairs = np.tril(phi_Q @ phi_K.T)
    return pairs.T @ output_gradient / pairs.sum(axis=1, keepdims=True)


@wrong("values_gradient", "the denominators of the whole sequence")
def denominators_of_the_whole_sequence(phi_Q, phi_K, output_gradient):
    """Z is the sum over all keys.

    Row i was divided by φ(Q_i)Z_i, with the sum to i: the gradient brings back the same.
    """
    pairs = np.tril(phi_Q @ phi_K.T)
    return pairs.T @ (output_gradient / (phi_Q @ phi_K.sum(axis=0))[:, None])


@wrong("values_gradient", "no mask on the way back")
def no_mask_on_the_way_back(phi_Q, phi_K, output_gradient):
    """φ(K)(φ(Q)ᵀG), linear at once.

    V_j does not occur in outputs before j: the transpose of a triangle is a triangle.
    """
    pairs = phi_Q @ phi_K.T
    return (pairs / pairs.sum(axis=1, keepdims=True)).T @ output_gradient


@wrong("values_gradient", "queries and keys exchanged")
def queries_and_keys_exchanged(phi_Q, phi_K, output_gradient):
    """Going back, queries and keys change places.

    In the weight φ(Q_i)φ(K_j)ᵀ the key belongs to the value: which of the two has the index j of
    your row?
    """
    pairs = np.tril(phi_K @ phi_Q.T)
    return (pairs / pairs.sum(axis=1, keepdims=True)).T @ output_gradient


@wrong("values_gradient", "the position itself left out")
def position_itself_left_out(phi_Q, phi_K, output_gradient):
    """V_j acts on later outputs only.

    Each position sees itself, so V_j occurs in output j as well.
    """
    pairs = np.tril(phi_Q @ phi_K.T)
    weights = pairs / pairs.sum(axis=1, keepdims=True)
    return np.tril(weights, k=-1).T @ output_gradient


@wrong("values_gradient", "the denominators forgotten")
def denominators_forgotten(phi_Q, phi_K, output_gradient):
    """Numerators have gradients; denominators only scale.

    Without its denominator a weight is only a similarity: each output had one.
    """
    return np.tril(phi_Q @ phi_K.T).T @ output_gradient


@right("values_gradient", "a loop from the end, lists out")
def loop_from_the_end(phi_Q, phi_K, output_gradient):
    """A stream that runs backwards, after one that runs forwards."""
    Z, sums = np.zeros(phi_K.shape[1]), []
    for q, k in zip(phi_Q, phi_K, strict=True):
        Z = Z + k
        sums.append(q @ Z)
    S, rows = np.zeros((phi_K.shape[1], output_gradient.shape[1])), []
    for j in reversed(range(len(phi_K))):
        S = S + np.outer(phi_Q[j] / sums[j], output_gradient[j])
        rows.append(phi_K[j] @ S)
    return [row.tolist() for row in rows[::-1]]


@right("values_gradient", "the transposed matrix of weights, float32")
def transposed_weights(phi_Q, phi_K, output_gradient):
    """Quadratic, but right."""
    pairs = np.tril(np.einsum("id,jd->ij", phi_Q, phi_K)).astype(np.float32)
    return (pairs / pairs.sum(1)[:, None]).T @ output_gradient.astype(np.float32)


@right("values_gradient", "the total less what came before")
def total_less_what_came_before(phi_Q, phi_K, output_gradient):
    """A suffix sum is the total minus a prefix sum."""
    sums = (phi_Q * phi_K.cumsum(0)).sum(1)
    terms = np.einsum("nd,nm->ndm", phi_Q / sums[:, None], output_gradient)
    later = terms.sum(axis=0) - np.cumsum(terms, axis=0) + terms
    return (phi_K[:, None, :] @ later)[:, 0, :]


# --- break_even


@wrong("break_even", "one column of features per frequency")
def one_column_per_frequency():
    """S is D_random × M.

    Each frequency gives a sine and a cosine: how many rows does S have?
    """
    D, M, D_random, b_state, b_cache = sp.symbols("D M D_random b_state b_cache", positive=True)
    return D_random * (M + 1) * b_state / ((D + M) * b_cache)


@wrong("break_even", "the normaliser forgotten")
def normaliser_forgotten():
    """Only S is kept.

    The state is S and Z: Z is one more column.
    """
    D, M, D_random, b_state, b_cache = sp.symbols("D M D_random b_state b_cache", positive=True)
    return 2 * D_random * M * b_state / ((D + M) * b_cache)


@wrong("break_even", "a state for every head of queries")
def state_for_every_query_head():
    """Each of the H heads has a state, the cache only G heads.

    S and Z are made of keys and values alone: heads of queries can share a state.
    """
    D, M, D_random, b_state, b_cache = sp.symbols("D M D_random b_state b_cache", positive=True)
    H, G = sp.symbols("H G", positive=True)
    return 2 * D_random * (M + 1) * b_state * H / ((D + M) * b_cache * G)


@wrong("break_even", "only the keys in the cache")
def only_keys_cached():
    """The past is its keys.

    Weights are no use without what they weigh: the cache holds the values, too.
    """
    D, M, D_random, b_state, b_cache = sp.symbols("D M D_random b_state b_cache", positive=True)
    return 2 * D_random * (M + 1) * b_state / (D * b_cache)


@wrong("break_even", "one key and one value taken as a product")
def key_times_value_cached():
    """Each position adds D·M numbers to the cache.

    A key and a value are stored side by side: D numbers and M numbers, not a D × M matrix.
    """
    D, M, D_random, b_state, b_cache = sp.symbols("D M D_random b_state b_cache", positive=True)
    return 2 * D_random * (M + 1) * b_state / (D * M * b_cache)


@wrong("break_even", "the bytes left out of one side")
def cache_bytes_left_out():
    """The state's bytes decide.

    Equal numbers of numbers are not equal numbers of bytes: the cache has b_cache each.
    """
    D, M, D_random, b_state = sp.symbols("D M D_random b_state", positive=True)
    return 2 * D_random * (M + 1) * b_state / (D + M)


@wrong("break_even", "the features of the keys in the cache")
def features_cached():
    """The cache holds φ(k) and v.

    With softmax there are no features: the cache holds the keys themselves, D numbers each.
    """
    M, D_random, b_state, b_cache = sp.symbols("M D_random b_state b_cache", positive=True)
    return 2 * D_random * (M + 1) * b_state / ((2 * D_random + M) * b_cache)


@right("break_even", "solved as an equation")
def solved_as_an_equation():
    """State = cache, solved for the position."""
    D, M, D_random, G, i = sp.symbols("D M D_random G i", integer=True, positive=True)
    b_state, b_cache = sp.symbols("b_state b_cache", positive=True)
    state = G * (2 * D_random * M + 2 * D_random) * b_state
    return sp.solve(sp.Eq(i * G * (D + M) * b_cache, state), i)[0]


@right("break_even", "heads left uncancelled, with symbols of one's own")
def heads_left_uncancelled():
    """Symbols without assumptions, a fraction of sums."""
    D, M, D_random, G, b_state, b_cache = sp.symbols("D M D_random G b_state b_cache")
    state = sp.Mul(G, 2 * D_random * (M + 1), b_state, evaluate=False)
    return sp.Mul(state, 1 / (b_cache * (D + M) * G), evaluate=False)
