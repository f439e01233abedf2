"""Known-wrong and alternative right answers to 18_homework_attention's own cells."""

import numpy as np
import sympy as sp

from autograder.bank import right, wrong

q_k = sp.Symbol("q_k", real=True)
q_q, k_k, d2 = sp.symbols("q_q k_k d2", positive=True)
kernel = sp.Symbol("kernel", positive=True)
D = sp.Symbol("D", integer=True, positive=True)

# --- gaussian_lines


@wrong("gaussian_lines", "the square expanded with the wrong sign")
def gaussian_lines_wrong_sign():
    """The inner product is half of the distance without the lengths.

    ‖q − k‖² = ‖q‖² − 2 q·k + ‖k‖²: solve it for q·k, and mind the sign of the distance.
    """
    root = sp.sqrt(D)
    return [
        sp.exp(q_k / root),
        sp.exp((d2 - q_q - k_k) / (2 * root)),
        sp.exp(-(q_q + k_k) / (2 * root)) / kernel,
    ]


@wrong("gaussian_lines", "the lengths dropped")
def gaussian_lines_no_lengths():
    """With the right width the kernel is the similarity.

    Softmax similarity and Gaussian kernel differ by two factors: put q = 0 and a long k.
    """
    return [sp.exp(q_k / sp.sqrt(D)), sp.exp(-d2 / (2 * sp.sqrt(D))), kernel]


@wrong("gaussian_lines", "divided outside the exponential")
def gaussian_lines_divided_outside():
    """It does not matter where 2√D stands.

    exp(a)/b is not exp(a/b): the whole of the exponent is divided by 2√D.
    """
    root = sp.sqrt(D)
    return [
        sp.exp(q_k / root),
        sp.exp(-d2 / (2 * root)) * sp.exp(q_q + k_k) / (2 * root),
        kernel * sp.exp(q_q + k_k) / (2 * root),
    ]


@wrong("gaussian_lines", "σ² taken for D")
def gaussian_lines_width_squared():
    """The width is √D, so its square is D.

    σ² is √D here, not D: the temperature of the similarity is √D.
    """
    return [
        sp.exp(q_k / sp.sqrt(D)),
        sp.exp((q_q + k_k - d2) / (2 * D)),
        kernel * sp.exp((q_q + k_k) / (2 * D)),
    ]


@wrong("gaussian_lines", "a factor of 2 lost")
def gaussian_lines_two_lost():
    """q·k is ‖q‖² + ‖k‖² − ‖q − k‖².

    Solving the square for q·k divides everything by 2.
    """
    root = sp.sqrt(D)
    return [
        sp.exp(q_k / root),
        sp.exp((q_q + k_k - d2) / root),
        kernel**2 * sp.exp((q_q + k_k) / root),
    ]


wrong(
    "gaussian_lines",
    "a wrong line, and then the known result",
    belief="What counts is that the last line is right.",
    hint="The last line is right, but it does not follow: the second line is another number.",
    edit={"q_q + k_k - d2": "d2 - q_q - k_k"},
)


@right("gaussian_lines", "powers of e, with D to the power 1/2")
def gaussian_lines_as_powers():
    half = D ** sp.Rational(-1, 2) / 2
    first = sp.E ** (2 * half * q_k)
    second = sp.E ** (half * (q_q - d2 + k_k))
    return first, second, sp.E ** (half * q_q) * kernel * sp.E ** (half * k_k)


@right("gaussian_lines", "symbols without assumptions")
def gaussian_lines_plain_symbols():
    q_k, q_q, k_k, d2, kernel, D = sp.symbols("q_k q_q k_k d2 kernel D")
    root = sp.sqrt(D)
    factors = sp.exp((q_q + k_k) / (2 * root))
    return [sp.exp(q_k / root), factors * sp.exp(-d2 / (2 * root)), kernel * factors]


# --- similarity_features


wrong(
    "similarity_features",
    "frequencies of variance τ instead of 1/τ",
    belief="The frequencies have the kernel's own width.",
    hint="A wide kernel is made of slow waves: the variance of w is 1/σ², and σ² = τ.",
    edit={"angles = x @ standard.T / np.sqrt(tau)": "angles = x @ standard.T * np.sqrt(tau)"},
)

wrong(
    "similarity_features",
    "standard deviation 1/τ instead of variance",
    belief="Dividing by τ gives the variance 1/τ.",
    hint="The variance of w is 1/τ: a standard normal number is divided by the root of τ.",
    edit={"angles = x @ standard.T / np.sqrt(tau)": "angles = x @ standard.T / tau"},
)

wrong(
    "similarity_features",
    "frequencies not scaled",
    belief="Random frequencies are standard normal.",
    hint="Standard normal frequencies belong to σ = 1: scale them for σ² = τ.",
    edit={"angles = x @ standard.T / np.sqrt(tau)": "angles = x @ standard.T"},
)


@wrong("similarity_features", "features of the kernel only")
def psi_without_factor(x, standard, tau):
    """The kernel is the similarity.

    Sines and cosines estimate the Gaussian kernel; the similarity has a factor more for each of the
    two vectors.
    """
    angles = x @ standard.T / np.sqrt(tau)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=-1) / np.sqrt(len(standard))


wrong(
    "similarity_features",
    "the factor inverted",
    belief="The lengths enter as in the kernel, with a minus.",
    hint="The kernel is the similarity divided by the two factors: multiply.",
    edit={"np.sum(x**2, axis=-1, keepdims=True)": "-np.sum(x**2, axis=-1, keepdims=True)"},
)

wrong(
    "similarity_features",
    "averaged over columns instead of frequencies",
    belief="There are 2·D_random features to average over.",
    hint="Sine and cosine of one frequency make one cosine of the difference: the mean is over "
    "D_random frequencies, not over 2 D_random columns.",
    edit={"np.sqrt(len(standard))": "np.sqrt(2 * len(standard))"},
)


@wrong("similarity_features", "the mean left out")
def psi_sum_for_mean(x, standard, tau):
    """A common factor cancels anyway.

    The kernel is a mean of cosines, not their sum: what scale does that give each factor?
    """
    angles = x @ standard.T / np.sqrt(tau)
    waves = np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)
    return np.exp(np.sum(x**2, axis=-1, keepdims=True) / (2 * tau)) * waves


wrong(
    "similarity_features",
    "√D whatever the temperature",
    belief="The temperature of attention is √D.",
    hint="The temperature is an argument here: use τ where the problem has √D.",
    edit={"angles =": "tau = np.sqrt(x.shape[-1])\nangles ="},
)

wrong(
    "similarity_features",
    "the length instead of its square in the factor",
    belief="The factor grows with the length.",
    hint="The factor is exp(‖x‖²/2τ), with the square of the length.",
    edit={"np.sum(x**2, axis=-1, keepdims=True)": "np.linalg.norm(x, axis=-1, keepdims=True)"},
)


@right("similarity_features", "sine and cosine side by side, in a loop")
def psi_in_a_loop(x, standard, tau):
    columns = []
    for w in standard / np.sqrt(tau):
        columns += [np.cos(x @ w), np.sin(x @ w)]
    scale = np.exp(np.sum(x**2, axis=-1) / (2 * tau)) / np.sqrt(len(standard))
    return np.stack([scale * column for column in columns], axis=-1)


@right("similarity_features", "float32 and einsum")
def psi_in_float32(x, standard, tau):
    x, standard = x.astype(np.float32), standard.astype(np.float32)
    angles = np.einsum("...nd,rd->...nr", x, standard) / np.float32(tau**0.5)
    log_scale = np.einsum("...d,...d->...", x, x) / np.float32(2 * tau)
    scale = np.exp(log_scale)[..., None] / np.float32(len(standard) ** 0.5)
    return np.concatenate([scale * np.cos(angles), scale * np.sin(angles)], axis=-1)


@right("similarity_features", "lists")
def psi_as_lists(x, standard, tau):
    angles = x @ standard.T / np.sqrt(tau)
    scale = np.exp(np.sum(x**2, axis=-1, keepdims=True) / (2 * tau)) / np.sqrt(len(standard))
    return np.concatenate([scale * np.sin(-angles), scale * np.cos(angles)], axis=-1).tolist()


# --- resume


wrong(
    "resume",
    "the prompt forgotten",
    belief="The new positions attend to one another.",
    hint="The sums do not start from 0: the state holds what the prompt has added to them.",
    edit={"S = S + np.cumsum": "S = np.cumsum", "Z = Z + np.cumsum": "Z = np.cumsum"},
)

wrong(
    "resume",
    "the prompt left out of the denominators",
    belief="The state belongs to the values, and Z only counts the keys at hand.",
    hint="Both sums go on from the prompt: with values 1 every output must be 1.",
    edit={"Z = Z + np.cumsum": "Z = np.cumsum"},
)


@wrong("resume", "each position left out of its own sum")
def resume_reads_first(state, phi_Q, phi_K, V):
    """First read the state, then write the new position.

    Position i sees itself: update the state first, then read it.
    """
    S = np.zeros((phi_K.shape[1], V.shape[1])) if state is None else state[0]
    Z = np.zeros(phi_K.shape[1]) if state is None else state[1]
    outputs = []
    for q, k, v in zip(phi_Q, phi_K, V, strict=True):
        total = q @ Z
        outputs.append(q @ S / total if total > 0 else v)
        S, Z = S + np.outer(k, v), Z + k
    return np.array(outputs), (S, Z)


wrong(
    "resume",
    "a state that holds the new positions only",
    belief="The state after a piece is the sum over the piece.",
    hint="The next piece must see the prompt as well: hand on the whole sums.",
    edit={"outputs, (S[-1], Z[-1])": "outputs, (phi_K.T @ V, phi_K.sum(axis=0))"},
)


@wrong("resume", "all new positions seen by each of them")
def resume_without_mask(state, phi_Q, phi_K, V):
    """The piece is there, so each of its positions may use all of it.

    Output i must not change when a later position does: the sums run to i, not to n.
    """
    S, Z = (0.0, 0.0) if state is None else state
    S, Z = S + phi_K.T @ V, Z + phi_K.sum(axis=0)
    return phi_Q @ S / (phi_Q @ Z)[:, None], (S, Z)


wrong(
    "resume",
    "full denominators under causal numerators",
    belief="The weights sum to 1 over the whole piece.",
    hint="Numerator and denominator run to the same i: with values 1 every output must be 1.",
    edit={"np.sum(phi_Q * Z, axis=1, keepdims=True)": "(phi_Q @ Z[-1])[:, None]"},
)


@right("resume", "position by position")
def resume_in_a_loop(state, phi_Q, phi_K, V):
    S = np.zeros((phi_K.shape[1], V.shape[1])) if state is None else np.array(state[0])
    Z = np.zeros(phi_K.shape[1]) if state is None else np.array(state[1])
    outputs = []
    for q, k, v in zip(phi_Q, phi_K, V, strict=True):
        S, Z = S + np.outer(k, v), Z + k
        outputs.append((q @ S / (q @ Z)).tolist())
    return [outputs, [S.tolist(), Z.tolist()]]


@right("resume", "the prompt added to masked products, float32")
def resume_with_masked_products(state, phi_Q, phi_K, V):
    phi_Q, phi_K, V = (x.astype(np.float32) for x in (phi_Q, phi_K, V))
    weights = np.tril(phi_Q @ phi_K.T)
    above, below = weights @ V, weights.sum(axis=1)
    S, Z = phi_K.T @ V, phi_K.sum(axis=0)
    if state is not None:
        above, below = above + phi_Q @ state[0], below + phi_Q @ state[1]
        S, Z = S + state[0], Z + state[1]
    return above / below[:, None], (S, Z)
