"""Known-wrong and alternative right answers to 16_harmonic_embeddings."""

import numpy as np
import sympy as sp

from autograder.bank import right, wrong

# --- mixed_distance


@wrong(
    "mixed_distance",
    "both embeddings turned",
    hint="Only one of the two is new: the cosine comes in once.",
    value=True,
)
def both_turned():
    """Each picture brings its own cos β."""
    beta, d2 = sp.symbols("beta d2", positive=True)
    return 2 - sp.cos(beta) ** 2 * (2 - d2)


@wrong(
    "mixed_distance",
    "squares of two sides added",
    hint="Pythagoras needs a right angle: put 2 − 2ab⊤ for the squared distance "
    "and take the mean of the product.",
    value=True,
)
def squares_added():
    """From old to old, then from old to new, at right angles."""
    beta, d2 = sp.symbols("beta d2", positive=True)
    return d2 + 2 - 2 * sp.cos(beta)


@wrong(
    "mixed_distance",
    "the distance shrunk by the cosine",
    hint="A new embedding has the length 1 as well: it is the product that shrinks, "
    "and the distance goes towards 2.",
    value=True,
)
def distance_shrunk():
    """What is left of the old embedding is cos β, so that is left of its distances."""
    beta, d2 = sp.symbols("beta d2", positive=True)
    return d2 * sp.cos(beta)


@wrong(
    "mixed_distance",
    "angles added",
    hint="u points anywhere at right angles, not away from the other picture: "
    "take the mean over its directions.",
    value=True,
)
def angles_added():
    """Turned by β, the picture is farther by β."""
    beta, d2 = sp.symbols("beta d2", positive=True)
    return 2 - 2 * sp.cos(beta + sp.acos(1 - d2 / 2))


@wrong(
    "mixed_distance",
    "the old picture shrunk with the new one",
    hint="The other picture's embedding is old and keeps its length 1: "
    "in ‖cos β e + sin β u − e'‖² only e has the factor.",
    value=True,
)
def both_shrunk():
    """cos²β of the old squared distance, and sin²β of the new direction."""
    beta, d2 = sp.symbols("beta d2", positive=True)
    return sp.cos(beta) ** 2 * d2 + sp.sin(beta) ** 2


@wrong(
    "mixed_distance",
    "the squared distance taken for the product",
    hint="For unit vectors the product is 1 − d²/2, not 1 − d².",
    value=True,
)
def half_forgotten():
    """ee'ᵀ = 1 − d²."""
    beta, d2 = sp.symbols("beta d2", positive=True)
    return 2 - 2 * sp.cos(beta) * (1 - d2)


@right("mixed_distance", "a mean of 2 and d², weighted", value=True)
def weighted_mean():
    """cos β of the old distance, the rest of 2."""
    beta, d2 = sp.symbols("beta d2", positive=True)
    return sp.cos(beta) * d2 + (1 - sp.cos(beta)) * 2


@right("mixed_distance", "through the angle of the old embeddings", value=True)
def through_the_angle():
    """The product as a cosine."""
    beta, d2 = sp.symbols("beta d2", positive=True)
    theta = sp.acos(1 - d2 / 2)
    return 2 - sp.cos(beta + theta) - sp.cos(beta - theta)


# --- flip_angle


@wrong(
    "flip_angle",
    "both distances move towards 2 alike",
    hint="Anchor and positive are both new, so their product loses cos β twice.",
    value=True,
)
def both_mixed():
    """Both gaps to 2 shrink by cos β, so the order is kept until nothing is left."""
    return sp.pi / 2


@wrong(
    "flip_angle",
    "the old negative has not moved",
    hint="The negative is old, but its distance to the new anchor is a mixed one: it changes, too.",
    value=True,
)
def negative_stays():
    """The distance to a stored embedding stays as it was."""
    d2_ap, d2_an = sp.symbols("d2_ap d2_an", positive=True)
    return sp.acos(sp.sqrt((2 - d2_an) / (2 - d2_ap)))


@wrong(
    "flip_angle",
    "the positive has not moved",
    hint="Anchor and positive have drifted independently: even two new embeddings are "
    "farther apart than they were.",
    value=True,
)
def positive_stays():
    """Distances of new embeddings are those of old ones."""
    d2_ap, d2_an = sp.symbols("d2_ap d2_an", positive=True)
    return sp.acos((2 - d2_ap) / (2 - d2_an))


@wrong(
    "flip_angle",
    "the ratio of the distances",
    hint="It is the products, 1 − d²/2, that shrink by cosines, not the distances.",
    value=True,
)
def ratio_of_distances():
    """cos β makes up for the ratio."""
    d2_ap, d2_an = sp.symbols("d2_ap d2_an", positive=True)
    return sp.acos(d2_ap / d2_an)


@wrong(
    "flip_angle",
    "the difference of the old angles",
    hint="u does not point towards the negative: compare the two expected squared distances.",
    value=True,
)
def difference_of_angles():
    """Turned by as much as the negative is farther, the anchor is half-way."""
    d2_ap, d2_an = sp.symbols("d2_ap d2_an", positive=True)
    return sp.acos(1 - d2_an / 2) - sp.acos(1 - d2_ap / 2)


@wrong(
    "flip_angle",
    "the cosine instead of the angle",
    hint="You have cos β; the angle was asked for.",
    value=True,
)
def cosine_returned():
    """cos β says which angle it is."""
    d2_ap, d2_an = sp.symbols("d2_ap d2_an", positive=True)
    return (2 - d2_an) / (2 - d2_ap)


@right("flip_angle", "with a sine", value=True)
def with_a_sine():
    """What is missing to a right angle."""
    d2_ap, d2_an = sp.symbols("d2_ap d2_an", positive=True)
    return sp.pi / 2 - sp.asin((1 - d2_an / 2) / (1 - d2_ap / 2))


@right("flip_angle", "with a tangent, decimal fractions", value=True)
def with_a_tangent():
    """From a right-angled triangle."""
    d2_ap, d2_an = sp.symbols("d2_ap d2_an", positive=True)
    near, far = 1 - 0.5 * d2_ap, 1 - 0.5 * d2_an
    return sp.atan(sp.sqrt(near**2 - far**2) / far)


# --- kind_counts


@wrong(
    "kind_counts",
    "the anchor as its own positive",
    hint="A row is not its own positive: of the anchor's own version one row less is left.",
)
def own_positive_counted(new, old):
    """Every row of the person is a positive."""
    sizes = np.stack([new, old])
    strangers = sizes.sum(axis=1, keepdims=True) - sizes
    return np.einsum("ak,pk,nk->apn", sizes, sizes, strangers)


@wrong(
    "kind_counts",
    "one positive too few in the other version",
    hint="The anchor is a row of one version only: of the other version all rows are positives.",
)
def always_one_less(new, old):
    """There is always one positive less than there are pictures."""
    sizes = np.stack([new, old])
    strangers = sizes.sum(axis=1, keepdims=True) - sizes
    return np.einsum("ak,pk,nk->apn", sizes, np.maximum(sizes - 1, 0), strangers)


@wrong(
    "kind_counts",
    "a picture's other embedding left out",
    hint="A picture and its own old embedding are two rows of one person: they are a pair here.",
)
def other_self_left_out(new, old):
    """A positive is another picture, and as many pictures as possible have both embeddings."""
    sizes = np.stack([new, old])
    strangers = sizes.sum(axis=1, keepdims=True) - sizes
    own = np.stack([new, np.minimum(new, old), np.minimum(new, old), old]).reshape(2, 2, -1)
    return np.einsum("apk,nk->apn", sizes[:, None] * sizes - own, strangers)


@wrong(
    "kind_counts",
    "negatives of both versions",
    hint="The last index says of which version the negative is: count only that one's rows.",
)
def negatives_of_both(new, old):
    """Everybody else's rows are negatives."""
    sizes = np.stack([new, old])
    strangers = np.broadcast_to(np.sum(sizes) - sizes.sum(axis=0), sizes.shape)
    counts = np.einsum("ak,pk,nk->apn", sizes, sizes, strangers)
    for version in (0, 1):
        counts[version, version] -= strangers @ sizes[version]
    return counts


@wrong(
    "kind_counts",
    "old first",
    hint="Index 0 is new and index 1 is old.",
)
def old_first(new, old):
    """Old comes before new."""
    sizes = np.stack([old, new])
    strangers = sizes.sum(axis=1, keepdims=True) - sizes
    counts = np.einsum("ak,pk,nk->apn", sizes, sizes, strangers)
    for version in (0, 1):
        counts[version, version] -= strangers @ sizes[version]
    return counts


@wrong(
    "kind_counts",
    "each pair once",
    hint="Both rows of a pair can be the anchor: (a, p) and (p, a) are two pairs.",
)
def each_pair_once(new, old):
    """Within a version a pair is a pair."""
    sizes = np.stack([new, old])
    strangers = sizes.sum(axis=1, keepdims=True) - sizes
    counts = np.einsum("ak,pk,nk->apn", sizes, sizes, strangers)
    for version in (0, 1):
        counts[version, version] -= strangers @ sizes[version]
        counts[version, version] //= 2
    return counts


@wrong(
    "kind_counts",
    "the person's own rows among the negatives",
    hint="A negative shows somebody else: take away the rows of the anchor's person.",
)
def own_rows_as_negatives(new, old):
    """Any row of that version can be the negative."""
    sizes = np.stack([new, old])
    everybody = np.broadcast_to(sizes.sum(axis=1, keepdims=True), sizes.shape)
    counts = np.einsum("ak,pk,nk->apn", sizes, sizes, everybody)
    for version in (0, 1):
        counts[version, version] -= everybody @ sizes[version]
    return counts


@right("kind_counts", "person by person, lists out")
def person_by_person(new, old):
    """Four loops."""
    sizes = [[int(size) for size in new], [int(size) for size in old]]
    counts = [[[0, 0], [0, 0]], [[0, 0], [0, 0]]]
    for k in range(len(sizes[0])):
        for a in (0, 1):
            for p in (0, 1):
                positives = sizes[p][k] - (a == p)
                for n in (0, 1):
                    counts[a][p][n] += sizes[a][k] * positives * (sum(sizes[n]) - sizes[n][k])
    return counts


@right("kind_counts", "rows counted by masks")
def rows_counted(new, old):
    """The batch itself: labels and versions of all rows."""
    people = np.arange(len(new))
    labels = np.concatenate([np.repeat(people, new), np.repeat(people, old)])
    is_old = np.arange(len(labels)) >= np.sum(new)
    positive = (labels[:, None] == labels) & ~np.eye(len(labels), dtype=bool)
    negative = labels[:, None] != labels
    kinds = np.stack([~is_old, is_old]).astype(float)  # (2, rows)
    return np.einsum("ai,ip,in->apn", kinds, positive @ kinds.T, negative @ kinds.T)


# --- proper_rotation


@wrong(
    "proper_rotation",
    "reflections allowed",
    hint="UV⊤ may have the determinant −1: look at it, and turn one singular direction round.",
)
def reflection_kept(E, E_old):
    """The orthogonal Procrustes problem is solved by UVᵀ."""
    U, _, Vt = np.linalg.svd(E.T @ E_old)
    return U @ Vt


@wrong(
    "proper_rotation",
    "from old to new",
    hint="That matrix turns the old embeddings onto the new ones: rows are multiplied from the "
    "right, so start from E⊤E_old.",
)
def transposed(E, E_old):
    """U and V can be swapped."""
    U, _, Vt = np.linalg.svd(E_old.T @ E)
    U[:, -1] *= np.sign(np.linalg.det(U) * np.linalg.det(Vt))
    return U @ Vt


@wrong(
    "proper_rotation",
    "the first singular direction turned round",
    hint="Turning a direction round costs twice its singular value: take the smallest one.",
)
def first_direction(E, E_old):
    """Any direction will do."""
    U, _, Vt = np.linalg.svd(E.T @ E_old)
    U[:, 0] *= np.sign(np.linalg.det(U) * np.linalg.det(Vt))
    return U @ Vt


@wrong(
    "proper_rotation",
    "the whole matrix negated",
    hint="−R sends every row to the opposite side, and for an even D has the determinant of R: "
    "turn a single direction round.",
)
def all_negated(E, E_old):
    """A negative determinant is mended by a minus sign."""
    U, _, Vt = np.linalg.svd(E.T @ E_old)
    R = U @ Vt
    return R * np.sign(np.linalg.det(R))


@wrong(
    "proper_rotation",
    "the last column negated",
    hint="A column of R is a coordinate, not a singular direction: "
    "change the sign between U and V⊤.",
)
def last_column(E, E_old):
    """One column of the result changes the determinant."""
    U, _, Vt = np.linalg.svd(E.T @ E_old)
    R = U @ Vt
    R[:, -1] *= np.sign(np.linalg.det(R))
    return R


@wrong(
    "proper_rotation",
    "the last direction always turned round",
    hint="Where UV⊤ is a rotation already nothing has to be changed.",
)
def always_turned_round(E, E_old):
    """The last direction is the one to change."""
    U, _, Vt = np.linalg.svd(E.T @ E_old)
    U[:, -1] *= -1
    return U @ Vt


@wrong(
    "proper_rotation",
    "centred first",
    hint="Embeddings lie on a sphere around 0, and R turns around 0: subtract no mean.",
)
def centred_first(E, E_old):
    """Point clouds are laid on each other with their centres first."""
    U, _, Vt = np.linalg.svd((E - E.mean(axis=0)).T @ (E_old - E_old.mean(axis=0)))
    U[:, -1] *= np.sign(np.linalg.det(U) * np.linalg.det(Vt))
    return U @ Vt


@wrong(
    "proper_rotation",
    "least squares",
    hint="The best matrix of all is not orthogonal: it changes distances among the new embeddings.",
)
def least_squares(E, E_old):
    """What fits best is best."""
    return np.linalg.lstsq(E, E_old, rcond=None)[0]


@right("proper_rotation", "a diagonal matrix between U and Vᵀ, float32, lists out")
def diagonal_between(E, E_old):
    """As Kabsch wrote it."""
    U, _, Vt = np.linalg.svd((E.T @ E_old).astype(np.float32))
    signs = [1.0] * (len(U) - 1) + [1.0 if np.linalg.det(U @ Vt) > 0 else -1.0]
    return (U @ np.diag(signs).astype(np.float32) @ Vt).tolist()


@right("proper_rotation", "a reflection undone by a Householder matrix")
def householder(E, E_old):
    """R is mirrored once more, at right angles to its weakest direction."""
    U, _, Vt = np.linalg.svd(np.einsum("ni,nj->ij", E, E_old))
    R = np.dot(U, Vt)
    if np.linalg.slogdet(R)[0] < 0:
        R = R @ (np.eye(len(R)) - 2 * np.outer(Vt[-1], Vt[-1]))
    return R


# --- harmonic_step


@wrong(
    "harmonic_step",
    "mean over all triplets",
    hint="Triplets that are not active do not count: divide by the number of active ones.",
)
def mean_over_all(E_new, E_old, triplets, margin, rate):
    """A mean is over all there are."""
    rows = np.concatenate([E_new, E_old])
    a, p, n = (rows[index] for index in triplets.T)
    active = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin > 0
    gradient = np.zeros_like(rows)
    for index, slope in zip(triplets.T, (n - p, p - a, a - n), strict=True):
        np.add.at(gradient, index[active], 2 * slope[active] / len(triplets))
    moved = E_new - rate * gradient[: len(E_new)]
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


@wrong(
    "harmonic_step",
    "the sum instead of the mean",
    hint="The loss is a mean: divide its gradient by the number of active triplets.",
)
def sum_taken(E_new, E_old, triplets, margin, rate):
    """The gradients of all active triplets add up."""
    rows = np.concatenate([E_new, E_old])
    a, p, n = (rows[index] for index in triplets.T)
    active = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin > 0
    gradient = np.zeros_like(rows)
    for index, slope in zip(triplets.T, (n - p, p - a, a - n), strict=True):
        np.add.at(gradient, index[active], 2 * slope[active])
    moved = E_new - rate * gradient[: len(E_new)]
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


@wrong(
    "harmonic_step",
    "no hinge",
    hint="A triplet whose constraint is fulfilled has the loss 0 and no gradient: leave it out.",
)
def no_hinge(E_new, E_old, triplets, margin, rate):
    """Every triplet pulls and pushes."""
    rows = np.concatenate([E_new, E_old])
    a, p, n = (rows[index] for index in triplets.T)
    gradient = np.zeros_like(rows)
    for index, slope in zip(triplets.T, (n - p, p - a, a - n), strict=True):
        np.add.at(gradient, index, 2 * slope / len(triplets))
    moved = E_new - rate * gradient[: len(E_new)]
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


@wrong(
    "harmonic_step",
    "uphill",
    hint="Gradient descent subtracts the gradient. Does the anchor come nearer to its positive?",
)
def uphill(E_new, E_old, triplets, margin, rate):
    """The step goes along the gradient."""
    rows = np.concatenate([E_new, E_old])
    a, p, n = (rows[index] for index in triplets.T)
    active = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin > 0
    gradient = np.zeros_like(rows)
    for index, slope in zip(triplets.T, (n - p, p - a, a - n), strict=True):
        np.add.at(gradient, index[active], 2 * slope[active] / max(active.sum(), 1))
    moved = E_new + rate * gradient[: len(E_new)]
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


@wrong(
    "harmonic_step",
    "not normalised after the step",
    hint="A step leaves the sphere: divide each new embedding by its length again.",
)
def off_the_sphere(E_new, E_old, triplets, margin, rate):
    """A small step stays near the sphere."""
    rows = np.concatenate([E_new, E_old])
    a, p, n = (rows[index] for index in triplets.T)
    active = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin > 0
    gradient = np.zeros_like(rows)
    for index, slope in zip(triplets.T, (n - p, p - a, a - n), strict=True):
        np.add.at(gradient, index[active], 2 * slope[active] / max(active.sum(), 1))
    return E_new - rate * gradient[: len(E_new)]


@wrong(
    "harmonic_step",
    "the gradient of old embeddings given to new ones",
    hint="Stored embeddings are constants: their part of the gradient is thrown away, "
    "not handed to the same picture's new embedding.",
)
def old_gradient_folded(E_new, E_old, triplets, margin, rate):
    """Old cannot move, so the new embedding of that picture moves for it."""
    N = len(E_new)
    rows = np.concatenate([E_new, E_old])
    a, p, n = (rows[index] for index in triplets.T)
    active = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin > 0
    gradient = np.zeros_like(rows)
    for index, slope in zip(triplets.T, (n - p, p - a, a - n), strict=True):
        np.add.at(gradient, index[active], 2 * slope[active] / max(active.sum(), 1))
    moved = E_new - rate * (gradient[:N] + gradient[N : 2 * N])
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


@wrong(
    "harmonic_step",
    "old embeddings moved as well",
    hint="Stored embeddings stay: only the first N rows are asked for.",
)
def old_ones_moved(E_new, E_old, triplets, margin, rate):
    """All rows of the batch take the step."""
    rows = np.concatenate([E_new, E_old])
    a, p, n = (rows[index] for index in triplets.T)
    active = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin > 0
    gradient = np.zeros_like(rows)
    for index, slope in zip(triplets.T, (n - p, p - a, a - n), strict=True):
        np.add.at(gradient, index[active], 2 * slope[active] / max(active.sum(), 1))
    moved = rows - rate * gradient
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


@wrong(
    "harmonic_step",
    "only anchors move",
    hint="A new embedding moves whatever its part is: positives and negatives have gradients, too.",
)
def only_anchors_move(E_new, E_old, triplets, margin, rate):
    """The anchor goes to its positive and away from its negative."""
    rows = np.concatenate([E_new, E_old])
    a, p, n = (rows[index] for index in triplets.T)
    active = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin > 0
    gradient = np.zeros_like(rows)
    np.add.at(gradient, triplets[active, 0], 2 * (n - p)[active] / max(active.sum(), 1))
    moved = E_new - rate * gradient[: len(E_new)]
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


@wrong(
    "harmonic_step",
    "only triplets of new embeddings",
    hint="A triplet with an old embedding moves its new ones: that is what ties the versions.",
)
def only_new_triplets(E_new, E_old, triplets, margin, rate):
    """What is stored cannot learn, so its triplets are left out."""
    N = len(E_new)
    mine = triplets[(triplets < N).all(axis=1)]
    a, p, n = (E_new[index] for index in mine.T)
    active = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin > 0
    gradient = np.zeros_like(E_new)
    for index, slope in zip(mine.T, (n - p, p - a, a - n), strict=True):
        np.add.at(gradient, index[active], 2 * slope[active] / max(active.sum(), 1))
    moved = E_new - rate * gradient
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


@wrong(
    "harmonic_step",
    "the factor 2 lost",
    hint="The derivative of a square has a factor 2.",
)
def two_lost(E_new, E_old, triplets, margin, rate):
    """The gradient for the anchor is n − p."""
    rows = np.concatenate([E_new, E_old])
    a, p, n = (rows[index] for index in triplets.T)
    active = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin > 0
    gradient = np.zeros_like(rows)
    for index, slope in zip(triplets.T, (n - p, p - a, a - n), strict=True):
        np.add.at(gradient, index[active], slope[active] / max(active.sum(), 1))
    moved = E_new - rate * gradient[: len(E_new)]
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


@wrong(
    "harmonic_step",
    "one gradient for a row in several triplets",
    hint="`gradient[rows] += …` keeps one term where a row number repeats: use `np.add.at`.",
)
def repeated_rows_lost(E_new, E_old, triplets, margin, rate):
    """+= adds."""
    rows = np.concatenate([E_new, E_old])
    a, p, n = (rows[index] for index in triplets.T)
    active = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin > 0
    gradient = np.zeros_like(rows)
    for index, slope in zip(triplets.T, (n - p, p - a, a - n), strict=True):
        gradient[index[active]] += 2 * slope[active] / max(active.sum(), 1)
    moved = E_new - rate * gradient[: len(E_new)]
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


@wrong(
    "harmonic_step",
    "nothing divided by nothing",
    hint="Without an active triplet the mean is of nothing: then nothing moves.",
)
def nothing_by_nothing(E_new, E_old, triplets, margin, rate):
    """There is always an active triplet."""
    rows = np.concatenate([E_new, E_old])
    a, p, n = (rows[index] for index in triplets.T)
    active = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin > 0
    gradient = np.zeros_like(rows)
    for index, slope in zip(triplets.T, (n - p, p - a, a - n), strict=True):
        np.add.at(gradient, index[active], 2 * slope[active])
    with np.errstate(invalid="ignore"):
        moved = E_new - rate * (gradient[: len(E_new)] / active.sum())
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


@right("harmonic_step", "a loop over triplets, lists out")
def step_in_a_loop(E_new, E_old, triplets, margin, rate):
    """One triplet after the other, in plain numbers."""
    rows = [list(row) for row in E_new.tolist() + E_old.tolist()]
    D, N, active = len(rows[0]), len(E_new), 0
    gradient = [[0.0] * D for _ in rows]
    for i, j, k in triplets.tolist():
        a, p, n = rows[i], rows[j], rows[k]
        near = sum((x - y) ** 2 for x, y in zip(a, p, strict=True))
        far = sum((x - y) ** 2 for x, y in zip(a, n, strict=True))
        if near - far + margin <= 0:
            continue
        active += 1
        for d in range(D):
            gradient[i][d] += 2 * (n[d] - p[d])
            gradient[j][d] += 2 * (p[d] - a[d])
            gradient[k][d] += 2 * (a[d] - n[d])
    if not active:
        return E_new
    after = []
    for row, slope in zip(rows[:N], gradient[:N], strict=True):
        moved = [x - rate * g / active for x, g in zip(row, slope, strict=True)]
        length = sum(x * x for x in moved) ** 0.5
        after.append([x / length for x in moved])
    return after


@right("harmonic_step", "one matrix of pairs, float32")
def step_by_matrix(E_new, E_old, triplets, margin, rate):
    """The loss is a weighted sum of squared distances; its gradient is a product."""
    rows = np.vstack([E_new, E_old]).astype(np.float32)
    d2 = np.sum((rows[:, None] - rows) ** 2, axis=2)
    C = np.zeros_like(d2)
    active = 0
    for a, p, n in triplets:
        if d2[a, p] + margin > d2[a, n]:
            C[a, p] += 1
            C[a, n] -= 1
            active += 1
    B = C + C.T
    slope = 2 * (B.sum(axis=1, keepdims=True) * rows - B @ rows) / max(active, 1)
    moved = (rows - np.float32(rate) * slope)[: len(E_new)]
    return moved / np.sqrt(np.einsum("nd,nd->n", moved, moved))[:, None]


# --- mixed_val


@wrong(
    "mixed_val",
    "a picture paired with its own old embedding",
    hint="A pair is two different pictures: leave the diagonal out.",
)
def own_old_self(E_new, E_old, labels, target):
    """The same person is the same person."""
    D = min(E_new.shape[1], E_old.shape[1])
    lengths = np.sum(E_new**2, axis=1)[:, None] + np.sum(E_old**2, axis=1)
    distances = lengths - 2 * E_new[:, :D] @ E_old[:, :D].T
    same = labels[:, None] == labels
    strangers = np.sort(distances[~same])
    return np.mean(distances[same] < strangers[int(target * len(strangers))])


@wrong(
    "mixed_val",
    "each two pictures once",
    hint="New i with old j and new j with old i are two mixed pairs, at different distances.",
)
def half_of_the_pairs(E_new, E_old, labels, target):
    """Two pictures make one pair."""
    D = min(E_new.shape[1], E_old.shape[1])
    lengths = np.sum(E_new**2, axis=1)[:, None] + np.sum(E_old**2, axis=1)
    distances = lengths - 2 * E_new[:, :D] @ E_old[:, :D].T
    i, j = np.triu_indices(len(labels), k=1)
    same = labels[i] == labels[j]
    strangers = np.sort(distances[i, j][~same])
    return np.mean(distances[i, j][same] < strangers[int(target * len(strangers))])


@wrong(
    "mixed_val",
    "the old threshold",
    hint="Mixed pairs have distances of their own: set the threshold on mixed strangers.",
)
def old_threshold(E_new, E_old, labels, target):
    """The threshold is the one in use, set on pairs of old embeddings."""
    D = min(E_new.shape[1], E_old.shape[1])
    lengths = np.sum(E_new**2, axis=1)[:, None] + np.sum(E_old**2, axis=1)
    distances = lengths - 2 * E_new[:, :D] @ E_old[:, :D].T
    same = labels[:, None] == labels
    strangers = np.sort((2 - 2 * E_old @ E_old.T)[~same])
    first_rejected = strangers[int(target * len(strangers))]
    return np.mean(distances[same & ~np.eye(len(labels), dtype=bool)] < first_rejected)


@wrong(
    "mixed_val",
    "FAR as a part of all pairs",
    hint="FAR is a part of the pairs of different people, not of all pairs.",
)
def far_of_all_pairs(E_new, E_old, labels, target):
    """The target says how many of all pairs may be wrong."""
    D = min(E_new.shape[1], E_old.shape[1])
    lengths = np.sum(E_new**2, axis=1)[:, None] + np.sum(E_old**2, axis=1)
    distances = lengths - 2 * E_new[:, :D] @ E_old[:, :D].T
    same = labels[:, None] == labels
    strangers = np.sort(distances[~same])
    first_rejected = strangers[int(target * len(labels) * (len(labels) - 1))]
    return np.mean(distances[same & ~np.eye(len(labels), dtype=bool)] < first_rejected)


@wrong(
    "mixed_val",
    "one stranger too many",
    hint="The part accepted must not exceed the target: round the number of strangers down.",
)
def one_too_many(E_new, E_old, labels, target):
    """Up to the next stranger."""
    D = min(E_new.shape[1], E_old.shape[1])
    lengths = np.sum(E_new**2, axis=1)[:, None] + np.sum(E_old**2, axis=1)
    distances = lengths - 2 * E_new[:, :D] @ E_old[:, :D].T
    same = labels[:, None] == labels
    strangers = np.sort(distances[~same])
    first_rejected = strangers[int(target * len(strangers)) + 1]
    return np.mean(distances[same & ~np.eye(len(labels), dtype=bool)] < first_rejected)


@wrong(
    "mixed_val",
    "the threshold at the last accepted stranger",
    hint="The largest threshold goes up to the first stranger that must stay out, "
    "and lets in whoever comes before.",
)
def last_accepted(E_new, E_old, labels, target):
    """The threshold is the distance of the last stranger that may be accepted."""
    D = min(E_new.shape[1], E_old.shape[1])
    lengths = np.sum(E_new**2, axis=1)[:, None] + np.sum(E_old**2, axis=1)
    distances = lengths - 2 * E_new[:, :D] @ E_old[:, :D].T
    same = labels[:, None] == labels
    strangers = np.sort(distances[~same])
    last = strangers[max(int(target * len(strangers)) - 1, 0)]
    return np.mean(distances[same & ~np.eye(len(labels), dtype=bool)] <= last)


@wrong(
    "mixed_val",
    "divided by the accepted pairs",
    hint="VAL is a part of the pairs of one person; the part of the accepted ones is precision.",
)
def precision(E_new, E_old, labels, target):
    """How many of the accepted pairs are right."""
    D = min(E_new.shape[1], E_old.shape[1])
    lengths = np.sum(E_new**2, axis=1)[:, None] + np.sum(E_old**2, axis=1)
    distances = lengths - 2 * E_new[:, :D] @ E_old[:, :D].T
    same = labels[:, None] == labels
    strangers = np.sort(distances[~same])
    accepted = distances < strangers[int(target * len(strangers))]
    own = same & ~np.eye(len(labels), dtype=bool)
    return np.sum(accepted & own) / np.sum(accepted & (own | ~same))


@wrong(
    "mixed_val",
    "the target put on pairs of one person",
    hint="The target is the part of *strangers* that may be accepted; VAL is counted afterwards.",
)
def target_on_own(E_new, E_old, labels, target):
    """The threshold accepts that part of the pairs of one person; the strangers are counted."""
    D = min(E_new.shape[1], E_old.shape[1])
    lengths = np.sum(E_new**2, axis=1)[:, None] + np.sum(E_old**2, axis=1)
    distances = lengths - 2 * E_new[:, :D] @ E_old[:, :D].T
    same = labels[:, None] == labels
    own = np.sort(distances[same & ~np.eye(len(labels), dtype=bool)])
    return np.mean(distances[~same] < own[int(target * len(own))])


@wrong(
    "mixed_val",
    "the larger version cut off",
    hint="Cut off, its rows are shorter than 1, and distances change: "
    "fill the smaller one up with zeros instead.",
)
def larger_cut_off(E_new, E_old, labels, target):
    """The first coordinates are what they have in common."""
    D = min(E_new.shape[1], E_old.shape[1])
    distances = np.sum((E_new[:, None, :D] - E_old[:, :D]) ** 2, axis=2)
    same = labels[:, None] == labels
    strangers = np.sort(distances[~same])
    first_rejected = strangers[int(target * len(strangers))]
    return np.mean(distances[same & ~np.eye(len(labels), dtype=bool)] < first_rejected)


@wrong(
    "mixed_val",
    "the larger version cut off and normalised again",
    hint="Stored embeddings stay as they are: fill the smaller version up with zeros instead.",
)
def cut_off_and_normalised(E_new, E_old, labels, target):
    """Cut to the same dimension and back to the length 1."""
    D = min(E_new.shape[1], E_old.shape[1])
    one = E_new[:, :D] / np.linalg.norm(E_new[:, :D], axis=1, keepdims=True)
    other = E_old[:, :D] / np.linalg.norm(E_old[:, :D], axis=1, keepdims=True)
    distances = 2 - 2 * one @ other.T
    same = labels[:, None] == labels
    strangers = np.sort(distances[~same])
    first_rejected = strangers[int(target * len(strangers))]
    return np.mean(distances[same & ~np.eye(len(labels), dtype=bool)] < first_rejected)


@wrong(
    "mixed_val",
    "new pairs judged",
    hint="A mixed pair has one embedding of each version.",
)
def new_pairs(E_new, E_old, labels, target):
    """It is the new version that is judged."""
    distances = 2 - 2 * E_new @ E_new.T
    same = labels[:, None] == labels
    strangers = np.sort(distances[~same])
    first_rejected = strangers[int(target * len(strangers))]
    return np.mean(distances[same & ~np.eye(len(labels), dtype=bool)] < first_rejected)


@right("mixed_val", "loops, distances without the square")
def val_in_loops(E_new, E_old, labels, target):
    """A root keeps the order."""
    own, strangers = [], []
    for i, one in enumerate(E_new):
        for j, other in enumerate(E_old):
            D = max(len(one), len(other))
            a, b = np.zeros(D), np.zeros(D)
            a[: len(one)], b[: len(other)] = one, other
            if labels[i] != labels[j]:
                strangers.append(np.linalg.norm(a - b))
            elif i != j:
                own.append(np.linalg.norm(a - b))
    first_rejected = sorted(strangers)[int(target * len(strangers))]
    return sum(x < first_rejected for x in own) / len(own)


@right("mixed_val", "all thresholds tried, float32")
def all_thresholds(E_new, E_old, labels, target):
    """Each distance as a threshold; of those with a FAR that is allowed, the largest VAL."""
    D = max(E_new.shape[1], E_old.shape[1])
    one = np.zeros((len(labels), D), dtype=np.float32)
    other = np.zeros((len(labels), D), dtype=np.float32)
    one[:, : E_new.shape[1]], other[:, : E_old.shape[1]] = E_new, E_old
    distances = 2 - 2 * one @ other.T
    same = labels[:, None] == labels
    own = distances[same & ~np.eye(len(labels), dtype=bool)]
    thresholds = np.sort(distances, axis=None)
    far = np.mean(distances[~same][:, None] <= thresholds, axis=0)
    return np.max(np.mean(own[:, None] <= thresholds, axis=0)[far <= target])


# --- upgrade_order


@wrong(
    "upgrade_order",
    "all entries of a person together",
    hint="A person's second entry answers no further query: take one of each person first.",
)
def person_by_person_order(names, asked):
    """Whoever is asked for most is finished first."""
    return np.argsort(-asked[names], kind="stable")


@wrong(
    "upgrade_order",
    "in the order of the gallery",
    hint="Nothing says that the gallery begins with those who are asked for most.",
)
def gallery_order(names, asked):
    """One after the other."""
    return np.arange(len(names))


@wrong(
    "upgrade_order",
    "people with many entries first",
    hint="How many entries a person has does not matter, one is enough: "
    "go by how often each is asked for.",
)
def many_entries_first(names, asked):
    """Who has more entries matters more; one entry of each first."""
    _, first, sizes = np.unique(names, return_index=True, return_counts=True)
    first = first[np.argsort(-sizes, kind="stable")]
    return np.concatenate([first, np.setdiff1d(np.arange(len(names)), first)])


@wrong(
    "upgrade_order",
    "from the least to the most asked for",
    hint="argsort goes up; those who are asked for most come first.",
)
def ascending(names, asked):
    """np.argsort puts the largest first."""
    people, first = np.unique(names, return_index=True)
    first = first[np.argsort(asked[people], kind="stable")]
    return np.concatenate([first, np.setdiff1d(np.arange(len(names)), first)])


@wrong(
    "upgrade_order",
    "queries shared out among a person's entries",
    hint="A single entry answers all queries for its person: "
    "do not divide by the number of entries.",
)
def shared_out(names, asked):
    """Each entry is worth its part of the person's queries."""
    people, first, sizes = np.unique(names, return_index=True, return_counts=True)
    first = first[np.argsort(-asked[people] / sizes, kind="stable")]
    return np.concatenate([first, np.setdiff1d(np.arange(len(names)), first)])


@wrong(
    "upgrade_order",
    "one of each, by number",
    hint="One entry of each person first is right; but which person first?",
)
def by_number(names, asked):
    """With one entry of each all are served."""
    _, first = np.unique(names, return_index=True)
    return np.concatenate([first, np.setdiff1d(np.arange(len(names)), first)])


@wrong(
    "upgrade_order",
    "one entry of each person and no more",
    hint="The other entries have to be embedded as well, after the first ones.",
)
def others_forgotten(names, asked):
    """The rest makes no difference."""
    people, first = np.unique(names, return_index=True)
    return first[np.argsort(-asked[people], kind="stable")]


@wrong(
    "upgrade_order",
    "places instead of an order",
    hint="The k-th number says which row comes k-th, not at which place row k comes.",
)
def places(names, asked):
    """Each row gets its place."""
    people, first = np.unique(names, return_index=True)
    first = first[np.argsort(-asked[people], kind="stable")]
    order = np.concatenate([first, np.setdiff1d(np.arange(len(names)), first)])
    return np.argsort(order)


@right("upgrade_order", "greedy, lists out, the last entry of each")
def greedy(names, asked):
    """Always the entry that answers most now."""
    left, seen, order = list(range(len(names)))[::-1], set(), []
    while left:
        gains = [0 if int(names[row]) in seen else int(asked[names[row]]) for row in left]
        row = left.pop(gains.index(max(gains)))
        seen.add(int(names[row]))
        order.append(row)
    return order


@right("upgrade_order", "sorted by two keys")
def two_keys(names, asked):
    """First entries before the others, then by queries."""
    again = np.array([names[row] in names[:row] for row in range(len(names))])
    return np.lexsort([-asked[names], again])


# --- answered_at_random


@wrong(
    "answered_at_random",
    "drawn with replacement",
    hint="No entry is drawn twice: with each that misses, fewer others are left.",
)
def with_replacement(names, asked, k):
    """Each of the k misses a person with the same probability."""
    sizes = np.array([np.sum(names == person) for person in range(len(asked))])
    found = 1 - (1 - sizes / len(names)) ** k
    return np.sum(asked * found) / np.sum(asked)


@wrong(
    "answered_at_random",
    "as many queries as entries",
    hint="A person with several entries is answered as soon as one of them is drawn: "
    "that is sooner than k/G.",
)
def in_proportion(names, asked, k):
    """Half of the gallery answers half of the queries."""
    here = np.isin(np.arange(len(asked)), names)
    return np.sum(asked[here]) / np.sum(asked) * k / len(names)


@wrong(
    "answered_at_random",
    "all entries of a person needed",
    hint="One entry is enough: start from the probability that none of them is drawn.",
)
def all_entries_needed(names, asked, k):
    """A person is answered when all of the entries are new."""
    G, answered = len(names), 0.0
    for person, queries in enumerate(asked):
        entries = np.arange(np.sum(names == person))
        if len(entries):
            answered += queries * np.prod(np.maximum(k - entries, 0) / (G - entries))
    return answered / np.sum(asked)


@wrong(
    "answered_at_random",
    "probabilities of the entries added",
    hint="Several of a person's entries may be drawn: that counts once. "
    "Start from the probability that none is.",
)
def probabilities_added(names, asked, k):
    """Each entry adds k/G, up to 1."""
    sizes = np.array([np.sum(names == person) for person in range(len(asked))])
    return np.sum(asked * np.minimum(sizes * k / len(names), 1)) / np.sum(asked)


@wrong(
    "answered_at_random",
    "people counted instead of queries",
    hint="Who is asked for often counts more: weight people with their queries.",
)
def people_counted(names, asked, k):
    """The part of the people that can be found."""
    G, missed = len(names), 0.0
    for person in range(len(asked)):
        entries = np.arange(np.sum(names == person))
        missed += np.prod(np.maximum(G - k - entries, 0) / (G - entries))
    return 1 - missed / len(asked)


@wrong(
    "answered_at_random",
    "people without an entry left out",
    hint="Their queries are asked, too, and never answered: they belong to all queries.",
)
def without_entry_left_out(names, asked, k):
    """Who is not in the gallery is not counted."""
    G, missed, total = len(names), 0.0, 0.0
    for person in np.unique(names):
        entries = np.arange(np.sum(names == person))
        missed += asked[person] * np.prod(np.maximum(G - k - entries, 0) / (G - entries))
        total += asked[person]
    return 1 - missed / total


@wrong(
    "answered_at_random",
    "the part that is not answered",
    hint="That is the part of queries of whose person no entry was drawn: take it from 1.",
)
def not_answered(names, asked, k):
    """None of the entries drawn."""
    G, missed = len(names), 0.0
    for person, queries in enumerate(asked):
        entries = np.arange(np.sum(names == person))
        missed += queries * np.prod(np.maximum(G - k - entries, 0) / (G - entries))
    return missed / np.sum(asked)


@right("answered_at_random", "binomial coefficients")
def with_binomials(names, asked, k):
    """The ways to draw k entries of others, over the ways to draw k."""
    G, answered = len(names), sp.Integer(0)
    for person, queries in enumerate(asked.tolist()):
        others = G - int(np.sum(names == person))
        answered += queries * (1 - sp.binomial(others, int(k)) / sp.binomial(G, int(k)))
    return float(answered / int(asked.sum()))


@right("answered_at_random", "draw by draw, float32")
def draw_by_draw(names, asked, k):
    """The probability that a person is still missed, after each of the k draws."""
    sizes = np.bincount(names, minlength=len(asked)).astype(np.float32)
    missed = np.ones(len(asked), dtype=np.float32)
    for drawn in range(k):
        missed *= np.maximum(1 - sizes / np.float32(len(names) - drawn), 0)
    return np.float32(1) - (missed * asked).sum(dtype=np.float32) / np.float32(asked.sum())
