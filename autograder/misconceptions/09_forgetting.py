"""How people get decay, the delta rule and edits of a memory wrong, and other ways to be right."""

import numpy as np
import sympy as sp

from autograder.bank import right, wrong

gamma = sp.Symbol("gamma", positive=True)
a = sp.Symbol("a", integer=True, nonnegative=True)
D = sp.Symbol("D", integer=True, positive=True)

# --- decayed_average


@wrong("decayed_average", "the denominator does not fade")
def denominator_does_not_fade(phi_Q, phi_K, V, decays):
    """Decay is a property of the memory S; Z counts keys.

    Weights sum to 1 only if the sum below has the same powers of γ as the one above.
    """
    age = np.arange(V.shape[1])[:, None] - np.arange(V.shape[1])
    pairs = np.tril(phi_Q @ phi_K.swapaxes(-1, -2))
    powers = np.asarray(decays)[:, None, None] ** np.maximum(age, 0)
    return (pairs * powers) @ V / pairs.sum(axis=-1, keepdims=True)


@wrong("decayed_average", "the oldest position weighs most")
def oldest_weighs_most(phi_Q, phi_K, V, decays):
    """Position j gets the power j.

    γ^(i−j) is 1 for the position itself and smaller the further back j lies.
    """
    age = np.zeros((V.shape[1], 1)) + np.arange(V.shape[1])
    pairs = np.tril(phi_Q @ phi_K.swapaxes(-1, -2))
    pairs = pairs * np.asarray(decays)[:, None, None] ** age
    return pairs @ V / pairs.sum(axis=-1, keepdims=True)


@wrong("decayed_average", "no decay at all")
def no_decay_at_all(phi_Q, phi_K, V, decays):
    """The denominator takes care of what is old.

    Dividing by Z makes an average, but nothing fades yet: where does γ enter?
    """
    pairs = np.tril(phi_Q @ phi_K.swapaxes(-1, -2))
    return pairs @ V / pairs.sum(axis=-1, keepdims=True)


@wrong("decayed_average", "the decay of the first head for all")
def first_decay_for_all(phi_Q, phi_K, V, decays):
    """γ is one number.

    `decays` has an entry per head: give it the axes that make it multiply along heads.
    """
    age = np.arange(V.shape[1])[:, None] - np.arange(V.shape[1])
    pairs = np.tril(phi_Q @ phi_K.swapaxes(-1, -2)) * decays[0] ** np.maximum(age, 0)
    return pairs @ V / pairs.sum(axis=-1, keepdims=True)


@wrong("decayed_average", "numerator and denominator fade at different moments")
def numerator_fades_after_writing(phi_Q, phi_K, V, decays):
    """The numerator fades after writing, the denominator before.

    If S fades after the new pair is written, Z must do the same; follow one pair through both sums.
    """
    age = np.arange(V.shape[1])[:, None] - np.arange(V.shape[1])
    pairs = np.tril(phi_Q @ phi_K.swapaxes(-1, -2))
    keep = np.asarray(decays)[:, None, None]
    pairs = pairs * keep ** np.maximum(age, 0)
    return keep * pairs @ V / pairs.sum(axis=-1, keepdims=True)


@wrong("decayed_average", "every position sees all the others")
def fades_both_ways(phi_Q, phi_K, V, decays):
    """The weight falls with the distance.

    The sums go to i: a decay by distance does not hide the future.
    """
    distance = abs(np.arange(V.shape[1])[:, None] - np.arange(V.shape[1]))
    pairs = phi_Q @ phi_K.swapaxes(-1, -2) * np.asarray(decays)[:, None, None] ** distance
    return pairs @ V / pairs.sum(axis=-1, keepdims=True)


@right("decayed_average", "a mask of powers")
def mask_of_powers(phi_Q, phi_K, V, decays):
    """All pairs at once."""
    age = np.subtract.outer(np.arange(V.shape[1]), np.arange(V.shape[1]))
    mask = np.tril(decays[:, None, None] ** np.clip(age, 0, None))
    pairs = np.einsum("hid,hjd->hij", phi_Q, phi_K) * mask
    return np.einsum("hij,hjm->him", pairs, V) / pairs.sum(-1)[..., None]


@right("decayed_average", "head by head, fading after each write, lists out")
def head_by_head(phi_Q, phi_K, V, decays):
    """S and Z both fade after writing; the factor cancels."""
    heads = []
    for q_head, k_head, v_head, keep in zip(phi_Q, phi_K, V, decays, strict=True):
        both, rows = 0.0, []
        for q, k, v in zip(q_head, k_head, v_head, strict=True):
            both = keep * (both + np.outer(k, np.append(v, 1.0)))
            out = q @ both
            rows.append((out[:-1] / out[-1]).tolist())
        heads.append(rows)
    return heads


@right("decayed_average", "float32")
def average_in_float32(phi_Q, phi_K, V, decays):
    """A stream in single precision."""
    phi_Q, phi_K, V, decays = (x.astype(np.float32) for x in (phi_Q, phi_K, V, decays))
    S, Z, out = 0, 0, np.zeros_like(V)
    for i in range(V.shape[1]):
        S = decays[:, None, None] * S + phi_K[:, i, :, None] * V[:, i, None, :]
        Z = decays[:, None] * Z + phi_K[:, i]
        out[:, i] = np.einsum("hd,hdm->hm", phi_Q[:, i], S) / (phi_Q[:, i] * Z).sum(1)[:, None]
    return out


# --- long_run_error


@wrong("long_run_error", "the pair itself counted as crosstalk")
def itself_counted():
    """All pairs make noise.

    The sum over all pairs contains the one that is asked for: its share is signal, not noise.
    """
    return (1 - gamma**a) ** 2 + 1 / (D * (1 - gamma**2))


@wrong("long_run_error", "decay not squared in the noise")
def decay_not_squared():
    """Each pair adds γ^age/D.

    A pair that has faded to γ^n adds an error whose *square* counts.
    """
    return (1 - gamma**a) ** 2 + (1 / (1 - gamma) - gamma**a) / D


@wrong("long_run_error", "the fading of the value forgotten")
def fading_forgotten():
    """Only the other pairs disturb.

    With very many features there is no crosstalk, and an old pair is still not read as it was
    written: what remains of it?
    """
    return (1 / (1 - gamma**2) - gamma ** (2 * a)) / D


@wrong("long_run_error", "only the newer pairs disturb")
def only_newer_disturb():
    """A pair is disturbed by what is written after it.

    Older pairs have faded, but they are still there: sum over both sides of the pair.
    """
    return (1 - gamma**a) ** 2 + (1 - gamma ** (2 * a)) / (1 - gamma**2) / D


@wrong("long_run_error", "what is left of the value taken for its error")
def remainder_for_error():
    """The value's part of the error is γ^(2a).

    γ^a is what is still read; the error is what is missing.
    """
    return gamma ** (2 * a) + (1 / (1 - gamma**2) - gamma ** (2 * a)) / D


@wrong("long_run_error", "the root of the crosstalk's variance")
def root_of_variance():
    """Inner products are about 1/√D.

    1/√D is the typical size of an inner product; a squared error needs its square.
    """
    return (1 - gamma**a) ** 2 + (1 / (1 - gamma**2) - gamma ** (2 * a)) / sp.sqrt(D)


@right("long_run_error", "newer and older pairs apart")
def newer_and_older():
    """Two geometric sums."""
    newer = (1 - gamma ** (2 * a)) / (1 - gamma**2)
    older = gamma ** (2 * a + 2) / (1 - gamma**2)
    return sp.expand((1 - gamma**a) ** 2) + (newer + older) / D


@right("long_run_error", "with plain symbols, over one denominator")
def over_one_denominator():
    """Symbols of one's own."""
    g, age, d = sp.symbols("gamma a D")
    noise = 1 - g ** (2 * age) * (1 - g**2)
    return (1 - g**age) ** 2 + noise / (d * (1 - g) * (1 + g))


# --- gated_delta


wrong(
    "gated_delta",
    "keys of any length used as they are",
    belief="The strength β takes care of lengths.",
    hint="Divide each key by its length first, or a long key corrects too much.",
    edit={"k = k / np.linalg.norm(k)": ""},
)

wrong(
    "gated_delta",
    "corrects what the state said before it faded",
    belief="First read, then fade and write.",
    hint="The state fades first: what has to be erased is what the faded state says.",
    edit={
        "S = keep * S": "",
        "S = S + beta * np.outer(k, v - k @ S)": "S = keep * S + beta * np.outer(k, v - k @ S)",
    },
)

wrong(
    "gated_delta",
    "the new pair fades with the rest",
    belief="The state fades at the end of each position.",
    hint="Fade, then write: the pair of this position is still fresh when it is read.",
    edit={
        "S = keep * S": "",
        "S = S + beta * np.outer(k, v - k @ S)": "S = keep * (S + beta * np.outer(k, v - k @ S))",
    },
)

wrong(
    "gated_delta",
    "nothing erased",
    belief="β scales what is written.",
    hint="A decayed sum adds the value; the delta rule adds the *difference* between the value "
    "and what is there.",
    edit={
        "S = keep * S": "",
        "S = S + beta * np.outer(k, v - k @ S)": "S = keep * S + beta * np.outer(k, v)",
    },
)

wrong(
    "gated_delta",
    "erased in full, written in part",
    belief="β is the strength of writing.",
    hint="β multiplies the whole correction, what is erased and what is written.",
    edit={"S = S + beta * np.outer(k, v - k @ S)": "S = S + np.outer(k, beta * v - k @ S)"},
)

wrong(
    "gated_delta",
    "read before the pair is written",
    belief="A query looks at the past.",
    hint="The answer of position i comes from S_i, which has its pair already.",
    edit={"answers.append(q @ S)": "", "S = keep * S": "answers.append(q @ S)\nS = keep * S"},
)

wrong(
    "gated_delta",
    "the given state ignored",
    belief="A memory starts empty.",
    hint="The memory may hold something already: start from S.",
    edit={"answers = []": "S, answers = np.zeros(np.shape(S)), []"},
)

wrong(
    "gated_delta",
    "queries divided by their length",
    belief="Queries and keys are treated alike.",
    hint="Only keys are divided by their length; a query twice as long reads twice as much.",
    edit={"k = k / np.linalg.norm(k)": "q, k = q / np.linalg.norm(q), k / np.linalg.norm(k)"},
)


@right("gated_delta", "with the matrix that erases")
def matrix_that_erases(S, Q, K, V, gammas, betas):
    """A_i = γ(I − β kᵀk)."""
    K = K / np.sqrt((K**2).sum(axis=1, keepdims=True))
    answers = np.zeros_like(V)
    for i in range(len(K)):
        k = K[i : i + 1]
        S = (
            gammas[i] * (np.eye(K.shape[1]) - betas[i] * k.T @ k) @ S
            + betas[i] * k.T @ V[i : i + 1]
        )
        answers[i] = Q[i] @ S
    return answers, S


@right("gated_delta", "lists out, float32")
def gated_in_float32(S, Q, K, V, gammas, betas):
    """Single precision."""
    S, answers = np.array(S, dtype=np.float32), []
    for i in range(len(K)):
        k = (K[i] / np.linalg.norm(K[i])).astype(np.float32)
        S = S * np.float32(gammas[i])
        error = V[i].astype(np.float32) - np.einsum("d,dm->m", k, S)
        S = S + np.float32(betas[i]) * k[:, None] * error
        answers.append((Q[i].astype(np.float32) @ S).tolist())
    return answers, S.tolist()


# --- segment_edit


wrong(
    "segment_edit",
    "factors in the order of the rows",
    belief="A = A₁A₂A₃…",
    hint="What comes later acts on what is already there: its matrix stands on the left.",
    edit={"A - beta * np.outer(k, k @ A)": "A @ (np.eye(len(k)) - beta * np.outer(k, k))"},
)

wrong(
    "segment_edit",
    "B a plain sum of pairs",
    belief="Erasing is in A, writing in B.",
    hint="Later positions erase a part of what earlier ones of the same segment wrote: B is what "
    "the delta rule makes of an empty memory.",
    edit={"B + beta * np.outer(k, v - k @ B)": "B + beta * np.outer(k, v)"},
)


@wrong("segment_edit", "all erased at once")
def all_erased_at_once(K, V, betas):
    """A = I − Σ β kᵀk.

    Multiply out (I − β₂k₂ᵀk₂)(I − β₁k₁ᵀk₁): there is a product of both.
    """
    A = np.eye(K.shape[1]) - K.T @ (betas[:, None] * K)
    B = np.zeros((K.shape[1], V.shape[1]))
    for k, v, beta in zip(K, V, betas, strict=True):
        B = B + beta * np.outer(k, v - k @ B)
    return A, B


wrong(
    "segment_edit",
    "keys divided by their length",
    belief="Keys of the delta rule have length 1.",
    hint="Here keys are used as they are, whatever their length.",
    edit={"A, B =": "K = K / np.linalg.norm(K, axis=1, keepdims=True)\nA, B ="},
)

wrong(
    "segment_edit",
    "the last row first",
    belief="Products are taken from the right, so start at the end.",
    hint="The first row of K comes first in time.",
    edit={"zip(K, V, betas, strict=True)": "zip(K[::-1], V[::-1], betas[::-1], strict=True)"},
)

wrong(
    "segment_edit",
    "strengths left out",
    belief="β = 1.",
    hint="Each correction, erasing and writing, is multiplied by its β.",
    edit={"A - beta * np.outer": "A - np.outer", "B + beta * np.outer": "B + np.outer"},
)


@right("segment_edit", "probed with an empty memory and with unit matrices")
def probed(K, V, betas):
    """B is the empty memory's fate; A's columns are those of memories without new values."""

    def fate(S, V):
        for i in range(len(K)):
            S = S + betas[i] * np.outer(K[i], V[i] - K[i] @ S)
        return S

    A = fate(np.eye(K.shape[1]), np.zeros((len(K), K.shape[1])))
    return A, fate(np.zeros((K.shape[1], V.shape[1])), V)


@right("segment_edit", "one triangular solve, as fast code does it")
def one_triangular_solve(K, V, betas):
    """All corrections U of the segment solve (I + β tril(KKᵀ, −1)) U = β(V − KS)."""
    T = np.linalg.inv(np.eye(len(K)) + betas[:, None] * np.tril(K @ K.T, k=-1))
    return np.eye(K.shape[1]) - K.T @ T @ (betas[:, None] * K), K.T @ T @ (betas[:, None] * V)


@right("segment_edit", "joined in halves, lists out")
def joined_in_halves(K, V, betas):
    """A segment is two shorter ones."""

    def edit(first, last):
        if last - first == 1:
            k = K[first][None]
            return np.eye(K.shape[1]) - betas[first] * k.T @ k, betas[first] * k.T @ V[[first]]
        middle = (first + last) // 2
        (A1, B1), (A2, B2) = edit(first, middle), edit(middle, last)
        return A2 @ A1, A2 @ B1 + B2

    A, B = edit(0, len(K))
    return A.tolist(), B.tolist()


# --- correct_all


@wrong("correct_all", "one row after the other")
def one_row_after_the_other(S, K, V):
    """The delta rule, with each key's length taken into account.

    Each correction spoils the earlier ones where keys overlap: solve for all together.
    """
    for k, v in zip(K, V, strict=True):
        S = S + np.outer(k, v - k @ S) / (k @ k)
    return S


@wrong("correct_all", "all errors added at once")
def all_errors_at_once(S, K, V):
    """One big step of the delta rule.

    Keys that overlap correct the same thing twice: what does KKᵀ say about it?
    """
    K, V = (x / np.linalg.norm(K, axis=1, keepdims=True) for x in (K, V))
    return S + K.T @ (V - K @ S)


@wrong("correct_all", "a new memory for the corrections alone")
def new_memory(S, K, V):
    """The state that reads K as V.

    What the memory says to queries orthogonal to the keys must stay.
    """
    return np.linalg.pinv(K) @ V


@wrong("correct_all", "added without erasing")
def added_without_erasing(S, K, V):
    """The right values are added.

    What the memory says now at these keys is wrong: it has to go first.
    """
    return S + np.linalg.pinv(K) @ V


@wrong("correct_all", "the error spread evenly, lengths forgotten")
def lengths_forgotten(S, K, V):
    """Kᵀ(V − KS) corrects the state.

    A key of length 2 reads twice as much: divide by KKᵀ, not by nothing.
    """
    return S + K.T @ (V - K @ S)


@right("correct_all", "with the pseudo-inverse")
def with_pseudo_inverse(S, K, V):
    return S + np.linalg.pinv(K) @ (V - K @ S)


@right("correct_all", "orthogonal keys first")
def orthogonal_keys_first(S, K, V):
    """With an orthonormal basis of the keys' span the old is cut out, the new put in."""
    basis, triangle = np.linalg.qr(K.T)
    return (S - basis @ (basis.T @ S) + basis @ np.linalg.solve(triangle.T, V)).tolist()


@right("correct_all", "least squares")
def least_squares(S, K, V):
    """lstsq returns the smallest change."""
    return S + np.linalg.lstsq(K, V - K @ S, rcond=None)[0]


# --- worse_with_delta


@wrong("worse_with_delta", "the same value twice")
def same_value_twice(c, D, M):
    """Equal values collide most.

    With equal values the first pair is barely disturbed by the correction: its error is c|V₂ −
    cV₁|, so which V₂ makes that large?
    """
    K, V = np.zeros((2, D)), np.zeros((2, M))
    K[0, 0], K[1, 0], K[1, 1] = 1, c, np.sqrt(1 - c**2)
    V[:, 0] = 1
    return K, V


@wrong("worse_with_delta", "orthogonal values")
def orthogonal_values(c, D, M):
    """Values that have nothing in common are hardest to store.

    Orthogonal values give c² + c⁴ against 2c²: the delta rule still wins. The error is c|V₂ − cV₁|;
    make that larger.
    """
    K, V = np.zeros((2, D)), np.zeros((2, M))
    K[0, 0], K[1, 0], K[1, 1] = 1, c, np.sqrt(1 - c**2)
    V[0, 0] = V[1, 1] = 1
    return K, V


@wrong("worse_with_delta", "the second key not of length 1")
def second_key_too_short(c, D, M):
    """The rest of the key is 1 − c.

    An entry c and an entry 1 − c have squares that do not sum to 1.
    """
    K, V = np.zeros((2, D)), np.zeros((2, M))
    K[0, 0], K[1, 0], K[1, 1] = 1, c, 1 - c
    V[0, 0], V[1, 0] = 1, -1
    return K, V


wrong(
    "worse_with_delta",
    "the same key twice",
    belief="Nothing collides like a key with itself.",
    hint="Two equal keys have the inner product 1, not c.",
    edit={"K[0, 0] = 1": "K[:, 0] = 1", "K[1, :2] = c, np.sqrt(1 - c**2)": ""},
)

wrong(
    "worse_with_delta",
    "orthogonal keys",
    belief="Unit vectors.",
    hint="Orthogonal keys do not collide, and both rules are exact: the inner product must be c.",
    edit={"K[0, 0] = 1": "K[0, 0] = K[1, 1] = 1", "K[1, :2] = c, np.sqrt(1 - c**2)": ""},
)


@right("worse_with_delta", "symmetric keys, opposite values, lists out")
def symmetric_keys(c, D, M):
    """Two keys at half the angle to either side of an axis."""
    half = np.arccos(c) / 2
    K, V = np.zeros((2, D)), np.ones((2, M)) / np.sqrt(M)
    K[:, -1], K[0, 0], K[1, 0] = np.cos(half), np.sin(half), -np.sin(half)
    V[1] *= -1
    return K.tolist(), V.tolist()


@right("worse_with_delta", "values not quite opposite")
def not_quite_opposite(c, D, M):
    """The inner product of the values need only be less than (c² − 1)/2c."""
    K, V = np.zeros((2, D)), np.zeros((2, M))
    K[0, 1], K[1, 1], K[1, 0] = 1, c, (1 - c**2) ** 0.5
    V[0, 0] = 1
    V[1, :2] = -0.9, 0.19**0.5
    return K, V
