"""Known-wrong and alternative right answers to 05_positive_features."""

import numpy as np
import sympy as sp

from autograder.bank import right, wrong

# --- wide_features


wrong(
    "wide_features",
    "the norm factor has the sign of sines and cosines",
    belief="The factor is exp(+‖x‖²/2τ), as for sines and cosines.",
    hint="Start from ‖q + k‖² = ‖q‖² + ‖k‖² + 2 q·k: to be left with q·k, are the squared norms "
    "added or taken away?",
    edit={"- np.sum(x**2": "+ np.sum(x**2"},
)

wrong(
    "wide_features",
    "the norm factor left out",
    belief="The exponentials alone are the features: their mean is the similarity.",
    hint="The mean of exp(w·(q + k)) is exp(‖q + k‖²/2τ), which holds ‖q‖² and ‖k‖² as well: take "
    "them out again.",
    edit={" - np.sum(x**2, axis=-1, keepdims=True) / (2 * tau)": ""},
)

wrong(
    "wide_features",
    "½ of the norm factor's exponent forgotten",
    belief="The factor is exp(−‖x‖²/τ).",
    hint="The exponent of the norm factor is ‖x‖² over *twice* τ.",
    edit={"(2 * tau)": "tau"},
)

wrong(
    "wide_features",
    "frequencies divided by τ instead of its root",
    belief="A variance of 1/τ means dividing by τ.",
    hint="Numbers divided by c have their variance divided by c²: which c turns 1 into 1/τ?",
    edit={"standard / np.sqrt(tau)": "standard / tau"},
)

wrong(
    "wide_features",
    "the temperature taken as √D",
    belief="Attention divides by √D.",
    hint="The temperature is an argument here: √D is one choice of it.",
    edit={"np.sqrt(tau)": "dim**0.25", "(2 * tau)": "(2 * np.sqrt(dim))"},
)

wrong(
    "wide_features",
    "a sum instead of an average",
    belief="The factor cancels in attention, so it is left out.",
    hint="φ(q)φ(k)ᵀ adds up D_random terms, each with the right mean: what makes a mean of the "
    "sum?",
    edit={" / np.sqrt(count)": ""},
)

wrong(
    "wide_features",
    "wide frequencies without weights",
    belief="Any frequencies will do, as long as q and k share them.",
    hint="Wider draws alone change the mean: with variance s²/τ it grows like exp(s²‖q + k‖²/2τ).",
    edit={"exponents + log_weights": "exponents"},
)

wrong(
    "wide_features",
    "the whole weight in each feature",
    belief="Every feature is multiplied by p/g.",
    hint="The similarity is a product of two features: each carries the *root* of p/g.",
    edit={"exponents + log_weights": "exponents + 2 * log_weights"},
)

wrong(
    "wide_features",
    "the weight upside down",
    belief="The weight is g/p.",
    hint="With a large spread, large frequencies are drawn too often: should they count more or "
    "less?",
    edit={"exponents + log_weights": "exponents - log_weights"},
)

wrong(
    "wide_features",
    "the constants of the two densities left out",
    belief="Only the exponentials of the densities matter, as constants cancel.",
    hint="p and g are densities: the wider one is lower, by a factor for each of D coordinates.",
    edit={"dim * np.log(spread) / 2 - (spread**2 - 1)": "-(spread**2 - 1)"},
)

wrong(
    "wide_features",
    "the densities' constant for one coordinate only",
    belief="The ratio of the constants is the spread.",
    hint="The density in D dimensions is a product of D factors, and each brings its constant.",
    edit={"dim * np.log(spread)": "np.log(spread)"},
)

wrong(
    "wide_features",
    "weighted, but not drawn, with the spread",
    belief="The spread is in the weight; the frequencies are those of ψ⁺.",
    hint="The numbers you are given have variance 1: the frequencies must have variance s²/τ.",
    edit={"spread * standard / np.sqrt(tau)": "standard / np.sqrt(tau)"},
)


@right("wide_features", "the two densities as they stand")
def from_densities(x, standard, tau, spread):
    """p and g evaluated, then divided."""
    w = standard * spread * tau**-0.5
    squares = (w**2).sum(1)
    dim = w.shape[1]
    p = (2 * np.pi / tau) ** (-dim / 2) * np.exp(-tau * squares / 2)
    g = (2 * np.pi * spread**2 / tau) ** (-dim / 2) * np.exp(-tau * squares / (2 * spread**2))
    terms = np.exp(np.einsum("...d,rd->...r", x, w)) * np.sqrt(p / g / len(w))
    return terms * np.exp(-0.5 * np.linalg.norm(x, axis=-1)[..., None] ** 2 / tau)


@right("wide_features", "one frequency after the other, float32, lists out")
def in_a_loop(x, standard, tau, spread):
    """Column by column in single precision."""
    x = np.asarray(x, dtype=np.float32)
    columns = []
    for row in standard:
        weight = spread ** (len(row) / 2) * np.exp(-(spread**2 - 1) * (row @ row) / 4)
        angle = (x * (row * spread / np.sqrt(tau)).astype(np.float32)).sum(axis=-1)
        columns.append(np.float32(weight) * np.exp(angle - (x * x).sum(axis=-1) / (2 * tau)))
    return (np.stack(columns, axis=-1) / np.sqrt(len(columns))).tolist()


# --- wide_error


@wrong("wide_error", "the error does not depend on the spread")
def weight_counted_once():
    """The estimate has the same mean, so it has the same variance.

    The weight p/g stands squared in the mean square; averaging over g removes only one of them.
    """
    b, D_random = sp.symbols("b D_random", positive=True)
    return (sp.exp(b) - 1) / D_random


@wrong("wide_error", "the mean square, without the squared mean taken off")
def mean_square_only():
    """The variance is the expectation of the square.

    The error of an unbiased estimate is its variance: E[X²] − E[X]².
    """
    b, h, D, D_random = sp.symbols("b h D D_random", positive=True)
    return ((1 + h) ** 2 / (1 + 2 * h)) ** (D / 2) * sp.exp(b / (1 + 2 * h)) / D_random


@wrong("wide_error", "one dimension only")
def one_dimension():
    """Only the coordinate along q + k matters.

    The integral over w is a product of D integrals, and each brings the factor from the densities.
    """
    b, h, D_random = sp.symbols("b h D_random", positive=True)
    return ((1 + h) / sp.sqrt(1 + 2 * h) * sp.exp(b / (1 + 2 * h)) - 1) / D_random


@wrong("wide_error", "the factor from the densities left out")
def density_factor_left_out():
    """p²/g is again a Gaussian density, only narrower.

    p²/g is not a density: integrate it once without the exponential and see what is left.
    """
    b, h, D_random = sp.symbols("b h D_random", positive=True)
    return (sp.exp(b / (1 + 2 * h)) - 1) / D_random


@wrong("wide_error", "the error of unweighted wide draws")
def unweighted():
    """Wider frequencies just make the exponentials larger.

    Without weights the mean is wrong as well: each term carries p/g, so its square carries (p/g)².
    """
    b, h, D_random = sp.symbols("b h D_random", positive=True)
    return (sp.exp(b * (1 + 2 * h)) - 1) / D_random


@wrong("wide_error", "the variance of one frequency")
def one_frequency():
    """A mean has the variance of its terms.

    The estimate is a mean over D_random independent frequencies: what does that do to a variance?
    """
    b, h, D = sp.symbols("b h D", positive=True)
    return ((1 + h) ** 2 / (1 + 2 * h)) ** (D / 2) * sp.exp(b / (1 + 2 * h)) - 1


@right("wide_error", "with the spread itself, one coordinate to the power D")
def with_spread():
    """c = 2 − 1/s² is what stands in the exponent of p²/g."""
    b, h, D, D_random = sp.symbols("b h D D_random", positive=True)
    s = sp.sqrt(1 + h)
    c = 2 - 1 / s**2
    return ((s / sp.sqrt(c)) ** D * sp.E ** (2 * b / c - b) - 1) / D_random


@right("wide_error", "as one exponential, with symbols of one's own")
def as_one_exponential():
    """Logarithms of the factors, symbols without assumptions."""
    b, h, D, D_random = sp.symbols("b h D D_random")
    logarithm = D * sp.log(1 + h) - D * sp.log(1 + 2 * h) / 2 + b / (1 + 2 * h)
    return sp.exp(logarithm) / D_random - 1 / D_random


# --- mixed_error


@wrong("mixed_error", "the two estimates taken as independent")
def taken_as_independent():
    """Variances add.

    Both use the same frequencies: when cos is small, is cosh large? The covariance belongs in the
    variance of a sum.
    """
    a, b, D_random = sp.symbols("a b D_random", positive=True)
    return (sp.cosh(a) + sp.cosh(b) - 2) / (4 * D_random)


@wrong("mixed_error", "the average of the two errors")
def average_of_errors():
    """The average of two estimates has the average of their errors.

    The ½ of the average is squared in a variance: ¼ of each, and the covariance twice.
    """
    a, b, D_random = sp.symbols("a b D_random", positive=True)
    return (sp.cosh(a) + sp.cosh(b) - 2) / (2 * D_random)


@wrong("mixed_error", "the covariance counted once")
def covariance_once():
    """The covariance is added to the variances.

    Var(X + Y) = Var X + Var Y + *2* Cov(X, Y).
    """
    a, b, D_random = sp.symbols("a b D_random", positive=True)
    gap = sp.Symbol("gap", real=True)
    return (sp.cosh(a) + sp.cosh(b) + sp.cos(gap) - 3) / (4 * D_random)


@wrong("mixed_error", "the mean of the product taken for the covariance")
def product_mean_not_centred():
    """The covariance is the mean of the product.

    A covariance is E[XY] − E[X]·E[Y]; for vectors of equal length it must be 0 here.
    """
    a, b, D_random = sp.symbols("a b D_random", positive=True)
    gap = sp.Symbol("gap", real=True)
    return (sp.cosh(a) + sp.cosh(b) - 2 + 2 * sp.cos(gap)) / (4 * D_random)


@wrong("mixed_error", "the sign of the covariance lost")
def covariance_sign_lost():
    """Estimates from the same frequencies err in the same direction.

    cos(gap) is at most 1: can the two estimates be positively correlated?
    """
    a, b, D_random = sp.symbols("a b D_random", positive=True)
    gap = sp.Symbol("gap", real=True)
    return (sp.cosh(a) + sp.cosh(b) - 2 * sp.cos(gap)) / (4 * D_random)


@wrong("mixed_error", "cosh where a cosine belongs")
def cosh_of_gap():
    """The mean of the product is an exponential of a real number.

    u = (q + k) + i(q − k) is complex: uuᵀ has the imaginary part 2(‖q‖² − ‖k‖²), and the real part
    of e^{ix} is cos x.
    """
    a, b, D_random = sp.symbols("a b D_random", positive=True)
    gap = sp.Symbol("gap", real=True)
    return (sp.cosh(a) + sp.cosh(b) + 2 * sp.cosh(gap) - 4) / (4 * D_random)


@wrong("mixed_error", "the gap halved")
def gap_halved():
    """The 2 in the denominator stays.

    uuᵀ has the imaginary part 2(q + k)(q − k)ᵀ, and it is divided by 2√D: what is left of the 2?
    """
    a, b, D_random = sp.symbols("a b D_random", positive=True)
    gap = sp.Symbol("gap", real=True)
    return (sp.cosh(a) + sp.cosh(b) + 2 * sp.cos(gap / 2) - 4) / (4 * D_random)


@right("mixed_error", "in squares of half arguments")
def half_arguments():
    """cosh x − 1 = 2 sinh²(x/2), 1 − cos x = 2 sin²(x/2)."""
    a, b, gap, D_random = sp.symbols("a b gap D_random")
    bracket = sp.sinh(a / 2) ** 2 + sp.sinh(b / 2) ** 2 - 2 * sp.sin(gap / 2) ** 2
    return bracket / (2 * D_random)


@right("mixed_error", "variances and covariance, exponentials written out")
def with_exponentials():
    """¼ of each variance and ½ of the covariance."""
    a, b, D_random = sp.symbols("a b D_random", positive=True)
    gap = sp.Symbol("gap", real=True)
    first = (sp.exp(a) + sp.exp(-a)) / 2 - 1
    second = sp.exp(b) * (1 - sp.exp(-b)) ** 2 / 2
    covariance = (sp.exp(sp.I * gap) + sp.exp(-sp.I * gap)) / 2 - 1
    return first / (4 * D_random) + second / (4 * D_random) + covariance / (2 * D_random)


# --- crossing_cosine


wrong(
    "crossing_cosine",
    "compared at equal draws instead of equal columns",
    belief="Both have D_random frequencies, so D_random cancels.",
    hint="A frequency gives two columns of sines and cosines but one positive one: with equally "
    "many columns, who has more draws?",
    edit={"np.log(-np.expm1(-error_a)):": "np.log(-np.expm1(-error_a)) - np.log(2):"},
)


@wrong("crossing_cosine", "the crossing of opposite pairs")
def crossing_of_pairs(length, tau):
    """By symmetry they are equal at a right angle.

    At 90° it is the *pairs* that are equal to sines and cosines; plain positive features are a
    little worse there.
    """
    return 0.0


wrong(
    "crossing_cosine",
    "the temperature left out",
    belief="Only the lengths matter.",
    hint="a and b are squared lengths divided by τ.",
    edit={"(1 - cosine) / tau": "(1 - cosine)", "(1 + cosine) / tau": "(1 + cosine)"},
)

wrong(
    "crossing_cosine",
    "q − k and q + k exchanged",
    belief="‖q − k‖² is 2r²(1 + cos).",
    hint="Which of the two is exact at q = k, and is ‖q − k‖² large or small there?",
    edit={
        "error_a = 2 * length**2 * (1 - cosine)": "error_a = 2 * length**2 * (1 + cosine)",
        "error_b = 2 * length**2 * (1 + cosine)": "error_b = 2 * length**2 * (1 - cosine)",
        "if log_positive <": "if log_positive >",
    },
)

wrong(
    "crossing_cosine",
    "½ lost in the squares of the sum and the difference",
    belief="‖q − k‖² is r²(1 − cos).",
    hint="‖q − k‖² = 2r² − 2r² cos θ for vectors of length r: both terms have the 2.",
    edit={
        "2 * length**2 * (1 - cosine)": "length**2 * (1 - cosine)",
        "2 * length**2 * (1 + cosine)": "length**2 * (1 + cosine)",
    },
)

wrong(
    "crossing_cosine",
    "divided by τ² instead of τ",
    belief="The temperature is a scale of lengths, so it is squared with them.",
    hint="Divide the squared lengths by τ itself, not by its square.",
    edit={
        "(1 - cosine) / tau": "(1 - cosine) / tau**2",
        "(1 + cosine) / tau": "(1 + cosine) / tau**2",
    },
)


@right("crossing_cosine", "a fine grid")
def on_a_grid(length, tau):
    """The point of a grid where the errors are closest."""
    cosines = np.linspace(-1, 1, 20_001)
    a, b = (2 * length**2 * (1 + sign * cosines) / tau for sign in (-1, 1))
    return cosines[np.argmin(abs(np.expm1(b) - np.exp(a) - np.exp(-a) + 2))]


@right("crossing_cosine", "Newton's method on vectors, through the angle")
def by_newton(length, tau):
    """Real vectors; the derivative by differences."""

    def difference(angle):
        q = np.array([length, 0.0])
        k = length * np.array([np.cos(angle), np.sin(angle)])
        a, b = np.sum((q - k) ** 2) / tau, np.sum((q + k) ** 2) / tau
        return np.log(np.expm1(b)) - np.log(4 * np.sinh(a / 2) ** 2)

    low, high = np.pi / 2, np.pi - 1e-9
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if difference(middle) > 0 else (low, middle)
    return float(np.cos(low))


# --- block_error


@wrong("block_error", "all frequencies taken as orthogonal to one another")
def one_large_block(b, kappa, D_random, D):
    """The formula for one block holds for any number.

    Frequencies of different blocks are independent: they have no covariance.
    """
    return (np.exp(b) - 1) / D_random - kappa * (D_random - 1) / D_random


@wrong("block_error", "every pair counted once")
def unordered_pairs(b, kappa, D_random, D):
    """n frequencies make n(n − 1)/2 pairs.

    In the square of a sum, the term with r and the one with r′ meet twice.
    """
    full, rest = divmod(D_random, D)
    pairs = full * D * (D - 1) / 2 + rest * (rest - 1) / 2
    return (np.exp(b) - 1) / D_random - kappa * pairs / D_random**2


@wrong("block_error", "the last block forgotten")
def rest_forgotten(b, kappa, D_random, D):
    """Only full blocks gain anything.

    The frequencies that remain are orthogonal among themselves as well.
    """
    pairs = (D_random // D) * D * (D - 1)
    return (np.exp(b) - 1) / D_random - kappa * pairs / D_random**2


@wrong("block_error", "the last block counted as if it were full")
def rest_as_full(b, kappa, D_random, D):
    """Each frequency has D − 1 partners.

    In a block of n frequencies each has n − 1 partners: how many has one of the last block?
    """
    return (np.exp(b) - 1) / D_random - kappa * (D - 1) / D_random


@wrong("block_error", "the covariance added")
def covariance_added(b, kappa, D_random, D):
    """κ is the covariance.

    The covariance is −κ: orthogonal frequencies are there to lower the error.
    """
    full, rest = divmod(D_random, D)
    pairs = full * D * (D - 1) + rest * (rest - 1)
    return (np.exp(b) - 1) / D_random + kappa * pairs / D_random**2


@wrong("block_error", "the covariances divided by D_random once")
def divided_once(b, kappa, D_random, D):
    """Variances and covariances are averaged.

    The mean has 1/D_random in front of the sum, and a variance squares it, for all its terms.
    """
    full, rest = divmod(D_random, D)
    pairs = full * D * (D - 1) + rest * (rest - 1)
    return (np.exp(b) - 1) / D_random - kappa * pairs / D_random


@wrong("block_error", "independent frequencies")
def independent(b, kappa, D_random, D):
    """A mean of D_random terms has the variance of one, divided by D_random.

    Two frequencies of one block are correlated: the variance of the sum has their covariance, too.
    """
    return (np.exp(b) - 1) / D_random


@right("block_error", "the whole covariance matrix")
def covariance_matrix(b, kappa, D_random, D):
    """The mean of all entries of a matrix."""
    block = np.arange(D_random) // D
    matrix = np.where(block[:, None] == block, -kappa, 0.0)
    np.fill_diagonal(matrix, np.exp(b) - 1)
    return matrix.mean()


@right("block_error", "block by block")
def block_by_block(b, kappa, D_random, D):
    """The variance of each block's sum, then their sum."""
    total, left = 0.0, D_random
    while left > 0:
        size = min(left, D)
        total += size * (np.exp(b) - 1 - (size - 1) * kappa)
        left -= size
    return np.float32(total / D_random**2)


# --- orthogonal_rows


@wrong("orthogonal_rows", "the signs of QR left as they come")
def raw_qr(rows):
    """The first factor of QR is a uniform orthogonal matrix.

    QR is unique only up to signs, and the usual algorithm chooses them by the coordinates: what
    does it return for −rows? The diagonal of R tells you what to undo.
    """
    columns, _ = np.linalg.qr(np.swapaxes(rows, -1, -2))
    return np.swapaxes(columns, -1, -2) * np.linalg.norm(rows, axis=-1, keepdims=True)


@wrong("orthogonal_rows", "every row of length √D")
def constant_length(rows):
    """Gaussian rows have length √D.

    √D is only the typical length of a Gaussian row; exponentials of a constant length have another
    mean.
    """
    columns, triangle = np.linalg.qr(np.swapaxes(rows, -1, -2))
    signs = np.sign(np.diagonal(triangle, axis1=-2, axis2=-1))
    return np.swapaxes(columns, -1, -2) * signs[..., None] * np.sqrt(rows.shape[-1])


@wrong("orthogonal_rows", "rows of length 1")
def unit_length(rows):
    """Orthogonal rows are all that is needed.

    The rows of an orthogonal matrix have length 1: give each the length of its given row back.
    """
    columns, triangle = np.linalg.qr(np.swapaxes(rows, -1, -2))
    signs = np.sign(np.diagonal(triangle, axis1=-2, axis2=-1))
    return np.swapaxes(columns, -1, -2) * signs[..., None]


@wrong("orthogonal_rows", "each row left with what remains after the projections")
def remainders(rows):
    """Gram–Schmidt makes rows orthogonal.

    Taking the earlier directions away shortens a row: afterwards it must get its old length back.
    """
    columns, triangle = np.linalg.qr(np.swapaxes(rows, -1, -2))
    return np.swapaxes(columns * np.diagonal(triangle, axis1=-2, axis2=-1)[..., None, :], -1, -2)


@wrong("orthogonal_rows", "columns made orthogonal instead of rows")
def columns_orthogonal(rows):
    """QR makes a matrix orthogonal.

    np.linalg.qr makes *columns* orthogonal: what has to be done before, and undone after?
    """
    square, triangle = np.linalg.qr(rows[..., : rows.shape[-2]])
    signs = np.sign(np.diagonal(triangle, axis1=-2, axis2=-1))
    result = np.array(rows)
    result[..., : rows.shape[-2]] = square * signs[..., None, :]
    return result * (
        np.linalg.norm(rows, axis=-1, keepdims=True) / np.linalg.norm(result, axis=-1)[..., None]
    )


@wrong("orthogonal_rows", "only neighbouring rows made orthogonal")
def neighbours_only(rows):
    """What is orthogonal to the previous row is orthogonal to those before.

    Each row must be orthogonal to *all* rows before it, not just to the last one.
    """
    result = np.array(rows)
    for r in range(1, rows.shape[-2]):
        last, row = result[..., r - 1, :], result[..., r, :]
        share = (row * last).sum(-1, keepdims=True) / (last * last).sum(-1, keepdims=True)
        result[..., r, :] = row - share * last
    old, new = (np.linalg.norm(x, axis=-1, keepdims=True) for x in (rows, result))
    return result * old / new


@wrong("orthogonal_rows", "right singular vectors with the signs they come with")
def singular_vectors_as_they_come(rows):
    """The right singular vectors are orthogonal directions for the rows.

    A singular vector may come with either sign, and which one is no property of the rows: tie each
    sign to the row that it replaces.
    """
    directions = np.linalg.svd(rows, full_matrices=False)[2]
    return directions * np.linalg.norm(rows, axis=-1, keepdims=True)


@right("orthogonal_rows", "Gram–Schmidt in loops, lists out")
def gram_schmidt(rows):
    """Row by row, head by head."""
    result = np.zeros(rows.shape)
    for head in np.ndindex(rows.shape[:-2]):
        for r, row in enumerate(rows[head]):
            rest = row.copy()
            for _ in range(2):
                for unit in result[head][:r]:
                    rest = rest - (rest @ unit) / (unit @ unit) * unit
            result[head][r] = rest * np.linalg.norm(row) / np.linalg.norm(rest)
    return result.tolist()


@right("orthogonal_rows", "the nearest orthogonal rows, by singular values, in float32")
def polar(rows):
    """U Vᵀ treats all rows alike."""
    u, _, v = np.linalg.svd(rows.astype(np.float32), full_matrices=False)
    return np.matmul(u, v) * np.sqrt(np.einsum("...d,...d->...", rows, rows))[..., None]


@right("orthogonal_rows", "a Cholesky factor of the Gram matrix")
def by_cholesky(rows):
    """L⁻¹ times the rows, the last row first."""
    turned = rows[..., ::-1, :]
    lower = np.linalg.cholesky(turned @ np.swapaxes(turned, -1, -2))
    units = np.linalg.solve(lower, turned)[..., ::-1, :]
    return units * np.linalg.norm(rows, axis=-1, keepdims=True)


# --- stable_attention


@wrong("stable_attention", "a maximum for each key")
def maximum_per_key(query_exponents, key_exponents, values):
    """Queries and keys are stabilised alike, row by row.

    A number of its own for each key is a weight of its own for each key: it does not cancel in the
    ratio.
    """
    queries = np.exp(query_exponents - query_exponents.max(axis=-1, keepdims=True))
    keys = np.exp(key_exponents - key_exponents.max(axis=-1, keepdims=True))
    totals = queries @ keys.sum(axis=-2)[..., None]
    return queries @ (np.swapaxes(keys, -1, -2) @ values) / totals


@wrong("stable_attention", "one maximum for all keys and features")
def maximum_of_all_keys(query_exponents, key_exponents, values):
    """The chapter's stabiliser is safe.

    One number cannot serve features whose levels are far apart: give each feature its own, and the
    query what was taken.
    """
    queries = np.exp(query_exponents - query_exponents.max(axis=-1, keepdims=True))
    keys = np.exp(key_exponents - key_exponents.max(axis=(-2, -1), keepdims=True))
    totals = queries @ keys.sum(axis=-2)[..., None]
    return queries @ (np.swapaxes(keys, -1, -2) @ values) / totals


@wrong("stable_attention", "exponentials as they stand")
def not_stabilised(query_exponents, key_exponents, values):
    """Factors cancel, so nothing needs to be done.

    exp of a number above 709 is infinite and below −745 it is 0: subtract something first.
    """
    queries, keys = np.exp(query_exponents), np.exp(key_exponents)
    totals = queries @ keys.sum(axis=-2)[..., None]
    return queries @ (np.swapaxes(keys, -1, -2) @ values) / totals


@wrong("stable_attention", "the features' maxima not given back to the queries")
def not_given_back(query_exponents, key_exponents, values):
    """A maximum over the keys is the same for all keys, so it cancels.

    What is taken from a feature of the keys must be added to that feature of the queries: different
    features had different maxima taken.
    """
    queries = np.exp(query_exponents - query_exponents.max(axis=-1, keepdims=True))
    keys = np.exp(key_exponents - key_exponents.max(axis=-2, keepdims=True))
    totals = queries @ keys.sum(axis=-2)[..., None]
    return queries @ (np.swapaxes(keys, -1, -2) @ values) / totals


@wrong("stable_attention", "a small number added to the denominator")
def epsilon_added(query_exponents, key_exponents, values):
    """A small constant avoids dividing by 0.

    It changes every output a little, and all of it where the sums are small: with the right maxima
    the denominator is never below 1.
    """
    queries = np.exp(query_exponents - query_exponents.max(axis=-1, keepdims=True))
    keys = np.exp(key_exponents - key_exponents.max(axis=(-2, -1), keepdims=True))
    totals = queries @ keys.sum(axis=-2)[..., None]
    return queries @ (np.swapaxes(keys, -1, -2) @ values) / (totals + 1e-3)


@wrong("stable_attention", "a small number added to every feature")
def epsilon_in_every_feature(query_exponents, key_exponents, values):
    """Features that are never 0 cannot give 0 divided by 0.

    A number added to a feature is no factor and does not cancel: where features are small it is all
    that is left of them.
    """
    queries = np.exp(query_exponents - query_exponents.max(axis=-1, keepdims=True)) + 1e-4
    keys = np.exp(key_exponents - key_exponents.max(axis=(-2, -1), keepdims=True)) + 1e-4
    totals = queries @ keys.sum(axis=-2)[..., None]
    return queries @ (np.swapaxes(keys, -1, -2) @ values) / totals


@wrong("stable_attention", "a maximum for each feature of the queries, not for each query")
def maximum_over_queries(query_exponents, key_exponents, values):
    """Both maxima run over the rows.

    A number for each query cancels; a number for each feature, taken from all queries, does not.
    """
    tops = key_exponents.max(axis=-2, keepdims=True)
    keys = np.exp(key_exponents - tops)
    exponents = query_exponents + tops
    queries = np.exp(exponents - exponents.max(axis=-2, keepdims=True))
    totals = queries @ keys.sum(axis=-2)[..., None]
    return queries @ (np.swapaxes(keys, -1, -2) @ values) / totals


@wrong("stable_attention", "the queries left without a maximum of their own")
def queries_not_stabilised(query_exponents, key_exponents, values):
    """Once the keys are stabilised nothing can overflow.

    After the features' maxima are given back, a query's exponents can be in the thousands: what may
    be subtracted from one query?
    """
    tops = key_exponents.max(axis=-2, keepdims=True)
    keys = np.exp(key_exponents - tops)
    queries = np.exp(query_exponents + tops)
    totals = queries @ keys.sum(axis=-2)[..., None]
    return queries @ (np.swapaxes(keys, -1, -2) @ values) / totals


@wrong("stable_attention", "softmax over the features")
def features_normalised(query_exponents, key_exponents, values):
    """A softmax is the stable form of an exponential.

    Only the ratio of the sums over all keys is normalised; normalising each key's features takes
    its weight away.
    """
    queries = np.exp(query_exponents - query_exponents.max(axis=-1, keepdims=True))
    keys = np.exp(key_exponents - key_exponents.max(axis=-1, keepdims=True))
    keys = keys / keys.sum(axis=-1, keepdims=True)
    totals = queries @ keys.sum(axis=-2)[..., None]
    return queries @ (np.swapaxes(keys, -1, -2) @ values) / totals


wrong(
    "stable_attention",
    "the features' means subtracted",
    belief="Any shift that keys share and queries get back will do.",
    hint="Below its mean a feature is safe, above it exp may still overflow: subtract the "
    "largest, not the middle.",
    edit={"key_exponents.max": "key_exponents.mean"},
)


@wrong("stable_attention", "one maximum for all queries")
def one_maximum_for_all_queries(query_exponents, key_exponents, values):
    """What cancels for one query cancels for all.

    A query that lies thousands below the highest one becomes 0 altogether: each query may have a
    number of its own.
    """
    tops = key_exponents.max(axis=-2, keepdims=True)
    keys = np.exp(key_exponents - tops)
    exponents = query_exponents + tops
    queries = np.exp(exponents - exponents.max(axis=(-2, -1), keepdims=True))
    totals = queries @ keys.sum(axis=-2)[..., None]
    return queries @ (np.swapaxes(keys, -1, -2) @ values) / totals


@right("stable_attention", "over all pairs, by sums of logarithms")
def over_pairs(query_exponents, key_exponents, values):
    """Quadratic, but right."""
    logs = query_exponents[..., :, None, :] + key_exponents[..., None, :, :]
    logs = np.logaddexp.reduce(logs, axis=-1)
    weights = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return weights @ values / weights.sum(axis=-1, keepdims=True)


@right("stable_attention", "logarithms of the sums, values joined with ones")
def with_log_sums(query_exponents, key_exponents, values):
    """Z in logarithms; each feature's weighted average of the values."""
    log_z = np.logaddexp.reduce(key_exponents, axis=-2)
    shares = np.exp(key_exponents - log_z[..., None, :])
    means = np.einsum("...jr,...jm->...rm", shares, values)
    logs = query_exponents + log_z[..., None, :]
    votes = np.exp(logs - logs.max(-1, keepdims=True))
    return np.einsum("...ir,...rm->...im", votes / votes.sum(-1, keepdims=True), means)


@right("stable_attention", "key by key with running maxima, lists out")
def running_maxima(query_exponents, key_exponents, values):
    """When a feature's maximum rises, its sums are scaled down."""
    out = np.zeros((*query_exponents.shape[:-1], values.shape[-1]))
    for head in np.ndindex(values.shape[:-2]):
        top = np.full(key_exponents.shape[-1], -np.inf)
        s, z = np.zeros((len(top), values.shape[-1])), np.zeros(len(top))
        for key, value in zip(key_exponents[head], values[head], strict=True):
            new = np.maximum(top, key)
            old, now = np.exp(top - new), np.exp(key - new)
            s, z, top = s * old[:, None] + np.outer(now, value), z * old + now, new
        logs = query_exponents[head] + top
        votes = np.exp(logs - logs.max(axis=1, keepdims=True))
        out[head] = votes @ s / (votes @ z)[:, None]
    return out.tolist()
