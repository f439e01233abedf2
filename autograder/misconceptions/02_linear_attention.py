"""Known-wrong and alternative right answers to 02_linear_attention."""

import numpy as np
import sympy as sp

from autograder.bank import right, wrong


def elu_plus_one(x):
    """As the notebook gives it."""
    return np.where(x > 0, x + 1, np.exp(-np.abs(x)))


# --- square_with_constant


@wrong("square_with_constant", "the products of two different entries counted once")
def pairs_counted_once(x, c):
    """Each product is a feature, and half of them are left out.

    In the square x_a x_b occurs twice for a ≠ b: what must the factor of the feature be, if its
    square is 2?
    """
    rows, columns = np.triu_indices(x.shape[-1])
    constant = np.full((*x.shape[:-1], 1), float(c))
    return np.concatenate([constant, np.sqrt(2 * c) * x, x[..., rows] * x[..., columns]], axis=-1)


wrong(
    "square_with_constant",
    "a factor of 2 instead of its root",
    belief="What occurs twice gets a factor of 2.",
    hint="The factor of a feature appears in φ(q) and in φ(k), so it is squared: take its root.",
    edit={"np.where(rows == columns, 1, np.sqrt(2))": "np.where(rows == columns, 1, 2)"},
)

wrong(
    "square_with_constant",
    "the 2 of the linear term forgotten",
    belief="The linear term of the square is c·s.",
    hint="(c + s)² = c² + 2cs + s²: the middle term has a 2.",
    edit={"[constant, np.sqrt(2 * c) * x, products]": "[constant, np.sqrt(c) * x, products]"},
)

wrong(
    "square_with_constant",
    "the linear term missing",
    belief="The square of a sum is the sum of the squares.",
    hint="(c + s)² is not c² + s²: without the middle term k and −k look the same again.",
    edit={"[constant, np.sqrt(2 * c) * x, products]": "[constant, 0 * x, products]"},
)

wrong(
    "square_with_constant",
    "the root of c as the constant feature",
    belief="Every coefficient is shared between query and key, and so is c.",
    hint="The constant term of (c + s)² is c², so its feature, which is squared, is c.",
    edit={"np.full((*x.shape[:-1], 1), float(c))": "np.full((*x.shape[:-1], 1), np.sqrt(c))"},
)


@wrong("square_with_constant", "every product twice")
def all_products(x, c):
    """A square of D + 1 entries has (D + 1)² products.

    x_a x_b and x_b x_a are one feature: keep the pairs with a ≤ b, with a suitable factor.
    """
    longer = np.concatenate([np.full((*x.shape[:-1], 1), np.sqrt(c)), x], axis=-1)
    return (longer[..., :, None] * longer[..., None, :]).reshape(*x.shape[:-1], -1)


@right("square_with_constant", "one more entry, then half of the square")
def square_of_longer_vector(x, c):
    """(√c, x) has the inner product c + q·k."""
    longer = np.concatenate([np.full((*x.shape[:-1], 1), np.sqrt(c)), x], axis=-1)
    n = longer.shape[-1]
    columns = [
        longer[..., a] * longer[..., b] * (1 if a == b else 2**0.5)
        for a in range(n)
        for b in range(a, n)
    ]
    return np.stack(columns, axis=-1)


@right("square_with_constant", "loops, another order, lists out")
def square_in_loops(x, c):
    """One vector at a time."""

    def features(row):
        size = len(row)
        squares = [float(entry) ** 2 for entry in row]
        pairs = [2**0.5 * float(row[a] * row[b]) for a in range(size) for b in range(a)]
        return [*pairs, *squares, *[(2 * c) ** 0.5 * float(entry) for entry in row], -c]

    rows = [features(row) for row in x.reshape(-1, x.shape[-1])]
    return np.reshape(rows, (*x.shape[:-1], -1)).tolist()


@right("square_with_constant", "float32")
def square_in_float32(x, c):
    """Everything in single precision."""
    x = np.asarray(x, dtype=np.float32)
    rows, columns = np.tril_indices(x.shape[-1], -1)
    parts = [np.ones_like(x[..., :1]) * c, np.sqrt(2 * c) * x, x**2]
    parts.append(np.sqrt(2) * x[..., rows] * x[..., columns])
    return np.concatenate(parts, axis=-1).astype(np.float32)


# --- features_of_product


@wrong("features_of_product", "the features multiplied column by column")
def column_by_column(phi, chi):
    """The product of the similarities comes from the products of the features.

    A product of two sums has a term for each *pair* of features: d_1 · d_2 of them, not one for
    each column.
    """
    return phi * chi


@wrong("features_of_product", "the features put side by side")
def side_by_side(phi, chi):
    """Both kinds of features together make features of both.

    Features side by side *add* the similarities: a key would count if either is similar.
    """
    return np.concatenate([phi, chi], axis=-1)


@wrong("features_of_product", "all pairs of rows")
def kron_of_arrays(phi, chi):
    """The Kronecker product has all products.

    np.kron pairs every row with every row: a key's content goes with its *own* place only.
    """
    return np.kron(phi, chi)


@wrong("features_of_product", "the sums of all pairs")
def pairs_added(phi, chi):
    """Each pair of features gives one.

    Pairs of features are multiplied, not added: then the double sum factors.
    """
    return (phi[..., :, None] + chi[..., None, :]).reshape(*phi.shape[:-1], -1)


@wrong("features_of_product", "the content's features squared")
def content_with_itself(phi, chi):
    """The products of two features, as for the square of an inner product.

    Each pair holds one feature of the content and one of the place.
    """
    return (phi[..., :, None] * phi[..., None, :]).reshape(*phi.shape[:-1], -1)


@right("features_of_product", "einsum, the other order of columns")
def product_with_einsum(phi, chi):
    """All queries and keys at once."""
    return np.einsum("...a,...b->...ba", phi, chi).reshape(*phi.shape[:-1], -1)


@right("features_of_product", "row by row, lists out")
def product_in_loops(phi, chi):
    """Pairs of numbers."""
    rows = [
        [float(a) * float(b) for a in one for b in other]
        for one, other in zip(
            phi.reshape(-1, phi.shape[-1]), chi.reshape(-1, chi.shape[-1]), strict=True
        )
    ]
    return np.reshape(rows, (*phi.shape[:-1], -1)).tolist()


@right("features_of_product", "repeated and tiled, in float32")
def product_by_repeating(phi, chi):
    """Each column of the one with all columns of the other."""
    first = np.repeat(phi, chi.shape[-1], axis=-1).astype(np.float32)
    return first * np.concatenate([chi] * phi.shape[-1], axis=-1).astype(np.float32)


# --- padded_attention


@wrong("padded_attention", "padding masked before φ")
def masked_before_features(queries, keys, values, lengths):
    """A key of zeros has no weight.

    elu(0) + 1 = 1: a key of zeros has features. Set the *features* of padding to 0.
    """
    real = (np.arange(keys.shape[1]) < np.asarray(lengths)[:, None])[..., None]
    phi_keys = elu_plus_one(np.where(real, keys, 0))
    phi_queries = elu_plus_one(queries)
    state = np.swapaxes(phi_keys, 1, 2) @ np.where(real, values, 0)
    return phi_queries @ state / (phi_queries @ phi_keys.sum(axis=1)[..., None])


@wrong("padded_attention", "the values masked, the keys not")
def only_values_masked(queries, keys, values, lengths):
    """A value of 0 contributes nothing.

    Values of 0 keep padding out of S; what keeps it out of Z?
    """
    real = (np.arange(keys.shape[1]) < np.asarray(lengths)[:, None])[..., None]
    phi_keys, phi_queries = elu_plus_one(keys), elu_plus_one(queries)
    state = np.swapaxes(phi_keys, 1, 2) @ np.where(real, values, 0)
    return phi_queries @ state / (phi_queries @ phi_keys.sum(axis=1)[..., None])


@wrong("padded_attention", "padding kept out of Z only")
def only_z_masked(queries, keys, values, lengths):
    """Padded values are 0, so only the denominator needs care.

    Padded rows may hold any values: they must not enter S either.
    """
    real = (np.arange(keys.shape[1]) < np.asarray(lengths)[:, None])[..., None]
    phi_keys, phi_queries = elu_plus_one(keys), elu_plus_one(queries)
    totals = phi_queries @ np.where(real, phi_keys, 0).sum(axis=1)[..., None]
    return phi_queries @ (np.swapaxes(phi_keys, 1, 2) @ values) / np.where(totals > 0, totals, 1)


@wrong("padded_attention", "the padding sought in front")
def padding_in_front(queries, keys, values, lengths):
    """Short sequences are filled up in front.

    The real rows stand first: row number r is real if r < length.
    """
    n_k = keys.shape[1]
    real = (np.arange(n_k) >= n_k - np.asarray(lengths)[:, None])[..., None]
    phi_keys, phi_queries = np.where(real, elu_plus_one(keys), 0), elu_plus_one(queries)
    totals = phi_queries @ phi_keys.sum(axis=1)[..., None]
    return phi_queries @ (np.swapaxes(phi_keys, 1, 2) @ values) / np.where(totals > 0, totals, 1)


@wrong("padded_attention", "one row too many")
def one_row_too_many(queries, keys, values, lengths):
    """Rows up to and including the length.

    Rows are counted from 0: a sequence of length 2 has the rows 0 and 1.
    """
    real = (np.arange(keys.shape[1]) <= np.asarray(lengths)[:, None])[..., None]
    phi_keys, phi_queries = np.where(real, elu_plus_one(keys), 0), elu_plus_one(queries)
    totals = phi_queries @ phi_keys.sum(axis=1)[..., None]
    return phi_queries @ (np.swapaxes(phi_keys, 1, 2) @ values) / np.where(totals > 0, totals, 1)


wrong(
    "padded_attention",
    "0 divided by 0 for an empty sequence",
    belief="Every sequence has something to look at.",
    hint="Without keys S and Z are 0: divide by 1 where the total is 0.",
    edit={"np.where(totals > 0, totals, 1)": "totals"},
)


@wrong("padded_attention", "every sequence as long as the first")
def first_length_for_all(queries, keys, values, lengths):
    """The batch has one length.

    Each sequence of the batch has a length of its own.
    """
    n = int(lengths[0])
    phi_keys, phi_queries = elu_plus_one(keys[:, :n]), elu_plus_one(queries)
    totals = phi_queries @ phi_keys.sum(axis=1)[..., None]
    state = np.swapaxes(phi_keys, 1, 2) @ values[:, :n]
    return phi_queries @ state / np.where(totals > 0, totals, 1)


@wrong("padded_attention", "a mean in place of the denominator")
def divided_by_length(queries, keys, values, lengths):
    """An average divides by the number of things averaged.

    Linear attention divides by φ(q)Z: with it, values of 1 come out as 1 for every query.
    """
    real = (np.arange(keys.shape[1]) < np.asarray(lengths)[:, None])[..., None]
    phi_keys = np.where(real, elu_plus_one(keys), 0)
    state = np.swapaxes(phi_keys, 1, 2) @ values
    return elu_plus_one(queries) @ state / np.maximum(lengths, 1)[:, None, None]


@right("padded_attention", "one sequence at a time, lists out")
def padded_in_a_loop(queries, keys, values, lengths):
    """Cuts the padding off."""
    outputs = []
    for q, k, v, n in zip(queries, keys, values, lengths, strict=True):
        similar = elu_plus_one(q) @ elu_plus_one(k[:n]).T
        if n == 0:
            outputs.append(np.zeros((len(q), v.shape[1])).tolist())
        else:
            outputs.append((similar @ v[:n] / similar.sum(axis=1, keepdims=True)).tolist())
    return outputs


@right("padded_attention", "keys of −∞ before φ, warnings on")
def keys_of_minus_infinity(queries, keys, values, lengths):
    """exp(−∞) = 0, so here masking before φ works after all."""
    real = (np.arange(keys.shape[1]) < np.asarray(lengths)[:, None])[..., None]
    phi_keys, phi_queries = elu_plus_one(np.where(real, keys, -np.inf)), elu_plus_one(queries)
    joined = np.concatenate([values, np.ones_like(values[..., :1])], axis=-1)
    sums = np.einsum("bnd,bkd,bkm->bnm", phi_queries, phi_keys, joined)
    return np.nan_to_num(sums[..., :-1] / sums[..., -1:])


@right("padded_attention", "float32")
def padded_in_float32(queries, keys, values, lengths):
    """Multiplies the features by 0 and 1, in single precision."""
    mask = np.zeros(keys.shape[:2], dtype=np.float32)
    for row, n in zip(mask, lengths, strict=True):
        row[:n] = 1
    phi_keys = elu_plus_one(keys.astype(np.float32)) * mask[..., None]
    phi_queries = elu_plus_one(queries.astype(np.float32))
    weights = np.matmul(phi_queries, phi_keys.transpose(0, 2, 1))
    totals = weights.sum(axis=2, keepdims=True)
    return np.matmul(weights / np.where(totals == 0, 1, totals), values.astype(np.float32))


# --- invisible_change


@wrong("invisible_change", "the thin factorisation")
def thin_factorisation(phi_keys):
    """The last singular vector is the smallest.

    With full_matrices=False the directions with singular value 0 are thrown away: those are the
    ones you want.
    """
    return np.linalg.svd(phi_keys.T, full_matrices=False)[2][-1]


@wrong("invisible_change", "the loudest change")
def first_singular_vector(phi_keys):
    """Singular values come in rising order.

    The largest singular value belongs to the change that shows most: take the other end.
    """
    return np.linalg.svd(phi_keys.T, full_matrices=True)[2][0]


@wrong("invisible_change", "a direction among the features")
def direction_of_features(phi_keys):
    """The null space of φ(K).

    The changes are one number for each *key*: look for c with φ(K)ᵀ c = 0, not φ(K) c = 0.
    """
    return np.linalg.svd(phi_keys, full_matrices=True)[2][-1]


@wrong("invisible_change", "nothing changed")
def no_change(phi_keys):
    """Zeros leave everything as it is.

    No change at all is not a change: the squares of the numbers sum to 1.
    """
    return np.zeros(len(phi_keys))


@wrong("invisible_change", "changes that sum to 0")
def changes_that_sum_to_zero(phi_keys):
    """What one value gains another loses.

    S weighs each value by the features of its key: Σ c_j = 0 helps only if keys are equal.
    """
    changes = np.zeros(len(phi_keys))
    changes[:2] = 2**-0.5, -(2**-0.5)
    return changes


@wrong("invisible_change", "not of length 1")
def not_scaled(phi_keys):
    """Any vector of the null space will do.

    The right direction, with another length: divide by the root of the sum of squares.
    """
    direction = np.linalg.svd(phi_keys.T, full_matrices=True)[2][-1]
    return direction / np.abs(direction).max()


@right("invisible_change", "a random change, less what can be seen, lists out")
def random_change_projected(phi_keys):
    """Least squares finds what the features can say of it."""
    change = np.random.default_rng(0).normal(size=len(phi_keys))
    for _ in range(2):
        change = change - phi_keys @ np.linalg.lstsq(phi_keys, change, rcond=1e-10)[0]
        change = change / np.linalg.norm(change)
    return change.tolist()


@right("invisible_change", "an eigenvector of all pairs")
def eigenvector_of_pairs(phi_keys):
    """The smallest eigenvalue of φ(K)φ(K)ᵀ is 0."""
    return np.linalg.eigh(phi_keys @ phi_keys.T)[1][:, 0]


@right("invisible_change", "left singular vectors, in float32")
def left_singular_vector(phi_keys):
    """The columns of U that no feature needs."""
    return -np.linalg.svd(phi_keys.astype(np.float32), full_matrices=True)[0][:, -1]


# --- sharpest_weight


@wrong("sharpest_weight", "normalised over the features")
def normalised_over_features(phi_keys):
    """The features of a key are its shares.

    A feature's weighting sums to 1 over the *keys*: divide each column by its sum.
    """
    return (phi_keys / phi_keys.sum(axis=-1, keepdims=True)).max(axis=-1)


@wrong("sharpest_weight", "the mean of the weightings")
def mean_of_weightings(phi_keys):
    """Every query mixes all the features.

    A query may put everything on one feature: it need not take all of them alike.
    """
    return (phi_keys / phi_keys.sum(axis=-2, keepdims=True)).mean(axis=-1)


@wrong("sharpest_weight", "the key itself taken as the sharpest query")
def key_as_query(phi_keys):
    """A key is most similar to itself.

    A key's own features are one query among many: which query ignores all other keys most?
    """
    similar = phi_keys @ np.swapaxes(phi_keys, -1, -2)
    weights = similar / similar.sum(axis=-1, keepdims=True)
    return np.diagonal(weights, axis1=-2, axis2=-1)


@wrong("sharpest_weight", "the largest feature chosen, not the largest share")
def largest_feature_chosen(phi_keys):
    """The best query asks for the key's strongest feature.

    A feature that is large for this key may be larger still for the others: compare shares of the
    column sums.
    """
    best = phi_keys.argmax(axis=-1)[..., None]
    shares = phi_keys / phi_keys.sum(axis=-2, keepdims=True)
    return np.take_along_axis(shares, best, axis=-1)[..., 0]


@wrong("sharpest_weight", "one number for each feature")
def best_key_of_each_feature(phi_keys):
    """Each weighting has a largest weight.

    For each key the best *feature* is wanted: take the maximum over the last axis.
    """
    return (phi_keys / phi_keys.sum(axis=-2, keepdims=True)).max(axis=-2)


@wrong("sharpest_weight", "a query of ones")
def query_of_ones(phi_keys):
    """The weight of a key is its share of all features.

    Adding up all features is one query among many: others favour the key more.
    """
    totals = phi_keys.sum(axis=-1)
    return totals / totals.sum(axis=-1, keepdims=True)


@right("sharpest_weight", "a query for each feature, in loops, lists out")
def one_query_per_feature(phi_keys):
    """Tries all queries that ask for a single feature."""
    best = np.zeros(phi_keys.shape[:-1])
    for query in np.eye(phi_keys.shape[-1]):
        similar = phi_keys @ query
        best = np.maximum(best, similar / similar.sum(axis=-1)[..., None])
    return best.tolist()


@right("sharpest_weight", "logarithms and float32")
def sharpest_by_logarithm(phi_keys):
    """Differences of logarithms."""
    phi_keys = phi_keys.astype(np.float32)
    shares = np.log(phi_keys) - np.log(np.einsum("...nd->...d", phi_keys))[..., None, :]
    return np.exp(np.max(shares, axis=-1))


# --- break_even_keys


@wrong("break_even_keys", "as many queries as keys")
def as_many_queries_as_keys():
    """N = d(2M + 1)/(D + M).

    The two numbers differ here: which products have N_q rows, and which have N_k?
    """
    D, M, d = sp.symbols("D M d", positive=True)
    return d * (2 * M + 1) / (D + M)


@wrong("break_even_keys", "the state for nothing")
def state_for_nothing():
    """The keys are summed up before, so only the queries cost.

    φ(K)ᵀV has to be computed once, and its cost grows with N_k.
    """
    D, M, d = sp.symbols("D M d", positive=True)
    return d * (M + 1) / (D + M)


@wrong("break_even_keys", "the denominators forgotten")
def denominators_forgotten():
    """Only numerators cost anything.

    φ(Q)Z is a matrix product, too.
    """
    N_q, D, M, d = sp.symbols("N_q D M d", positive=True)
    return N_q * d * M / (N_q * (D + M) - d * M)


@wrong("break_even_keys", "multiply-adds counted for Z")
def z_counted():
    """Z costs as much as a column of S.

    Z adds up features and multiplies nothing.
    """
    N_q, D, M, d = sp.symbols("N_q D M d", positive=True)
    return N_q * d * (M + 1) / (N_q * (D + M) - d * (M + 1))


@wrong("break_even_keys", "the values left out of exact attention")
def exact_without_values():
    """Exact attention costs N_q · N_k · D.

    Exact attention has two products: the exponents, and the weights times the values.
    """
    N_q, D, M, d = sp.symbols("N_q D M d", positive=True)
    return N_q * d * (M + 1) / (N_q * D - d * M)


@right("break_even_keys", "solved by SymPy")
def break_even_solved():
    """The two counts, as they stand."""
    N_q, N_k, D, M, d = sp.symbols("N_q N_k D M d", positive=True)
    exact = N_q * D * N_k + N_q * N_k * M
    linear = d * N_k * M + N_q * d * M + N_q * d
    return sp.solve(exact - linear, N_k)[0]


@right("break_even_keys", "a fraction of fractions, with symbols of one's own")
def fraction_of_fractions():
    """Symbols without assumptions."""
    N_q, D, M, d = sp.symbols("N_q D M d")
    return (M + 1) / ((D + M) / d - M / N_q)
