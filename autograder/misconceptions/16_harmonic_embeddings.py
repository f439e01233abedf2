"""Known-wrong and alternative right answers to 16_harmonic_embeddings."""

import numpy as np
import sympy as sp

from autograder.bank import right, wrong

# --- mixed_distance


@wrong("mixed_distance", "both embeddings turned")
def both_turned():
    """Each picture brings its own cos β.

    Only one of the two is new: the cosine comes in once.
    """
    beta, d2 = sp.symbols("beta d2", positive=True)
    return 2 - sp.cos(beta) ** 2 * (2 - d2)


@wrong("mixed_distance", "squares of two sides added")
def squares_added():
    """From old to old, then from old to new, at right angles.

    Pythagoras needs a right angle: put 2 − 2ab⊤ for the squared distance and take the mean of the
    product.
    """
    beta, d2 = sp.symbols("beta d2", positive=True)
    return d2 + 2 - 2 * sp.cos(beta)


@wrong("mixed_distance", "the distance shrunk by the cosine")
def distance_shrunk():
    """What is left of the old embedding is cos β, so that is left of its distances.

    A new embedding has the length 1 as well: it is the product that shrinks, and the distance goes
    towards 2.
    """
    beta, d2 = sp.symbols("beta d2", positive=True)
    return d2 * sp.cos(beta)


@wrong("mixed_distance", "angles added")
def angles_added():
    """Turned by β, the picture is farther by β.

    u points anywhere at right angles, not away from the other picture: take the mean over its
    directions.
    """
    beta, d2 = sp.symbols("beta d2", positive=True)
    return 2 - 2 * sp.cos(beta + sp.acos(1 - d2 / 2))


@wrong("mixed_distance", "the old picture shrunk with the new one")
def both_shrunk():
    """cos²β of the old squared distance, and sin²β of the new direction.

    The other picture's embedding is old and keeps its length 1: in ‖cos β e + sin β u − e'‖² only e
    has the factor.
    """
    beta, d2 = sp.symbols("beta d2", positive=True)
    return sp.cos(beta) ** 2 * d2 + sp.sin(beta) ** 2


@wrong("mixed_distance", "the squared distance taken for the product")
def half_forgotten():
    """ee'ᵀ = 1 − d².

    For unit vectors the product is 1 − d²/2, not 1 − d².
    """
    beta, d2 = sp.symbols("beta d2", positive=True)
    return 2 - 2 * sp.cos(beta) * (1 - d2)


@right("mixed_distance", "a mean of 2 and d², weighted")
def weighted_mean():
    """cos β of the old distance, the rest of 2."""
    beta, d2 = sp.symbols("beta d2", positive=True)
    return sp.cos(beta) * d2 + (1 - sp.cos(beta)) * 2


@right("mixed_distance", "through the angle of the old embeddings")
def through_the_angle():
    """The product as a cosine."""
    beta, d2 = sp.symbols("beta d2", positive=True)
    theta = sp.acos(1 - d2 / 2)
    return 2 - sp.cos(beta + theta) - sp.cos(beta - theta)


# --- flip_angle


@wrong("flip_angle", "both distances move towards 2 alike")
def both_mixed():
    """Both gaps to 2 shrink by cos β, so the order is kept until nothing is left.

    Anchor and positive are both new, so their product loses cos β twice.
    """
    return sp.pi / 2


@wrong("flip_angle", "the old negative has not moved")
def negative_stays():
    """The distance to a stored embedding stays as it was.

    The negative is old, but its distance to the new anchor is a mixed one: it changes, too.
    """
    d2_ap, d2_an = sp.symbols("d2_ap d2_an", positive=True)
    return sp.acos(sp.sqrt((2 - d2_an) / (2 - d2_ap)))


@wrong("flip_angle", "the positive has not moved")
def positive_stays():
    """Distances of new embeddings are those of old ones.

    Anchor and positive have drifted independently: even two new embeddings are farther apart than
    they were.
    """
    d2_ap, d2_an = sp.symbols("d2_ap d2_an", positive=True)
    return sp.acos((2 - d2_ap) / (2 - d2_an))


@wrong("flip_angle", "the ratio of the distances")
def ratio_of_distances():
    """cos β makes up for the ratio.

    It is the products, 1 − d²/2, that shrink by cosines, not the distances.
    """
    d2_ap, d2_an = sp.symbols("d2_ap d2_an", positive=True)
    return sp.acos(d2_ap / d2_an)


@wrong("flip_angle", "the difference of the old angles")
def difference_of_angles():
    """Turned by as much as the negative is farther, the anchor is half-way.

    u does not point towards the negative: compare the two expected squared distances.
    """
    d2_ap, d2_an = sp.symbols("d2_ap d2_an", positive=True)
    return sp.acos(1 - d2_an / 2) - sp.acos(1 - d2_ap / 2)


@wrong("flip_angle", "the cosine instead of the angle")
def cosine_returned():
    """cos β says which angle it is.

    You have cos β; the angle was asked for.
    """
    d2_ap, d2_an = sp.symbols("d2_ap d2_an", positive=True)
    return (2 - d2_an) / (2 - d2_ap)


@right("flip_angle", "with a sine")
def with_a_sine():
    """What is missing to a right angle."""
    d2_ap, d2_an = sp.symbols("d2_ap d2_an", positive=True)
    return sp.pi / 2 - sp.asin((1 - d2_an / 2) / (1 - d2_ap / 2))


@right("flip_angle", "with a tangent, decimal fractions")
def with_a_tangent():
    """From a right-angled triangle."""
    d2_ap, d2_an = sp.symbols("d2_ap d2_an", positive=True)
    near, far = 1 - 0.5 * d2_ap, 1 - 0.5 * d2_an
    return sp.atan(sp.sqrt(near**2 - far**2) / far)


# --- kind_counts


@wrong("kind_counts", "the anchor as its own positive")
def own_positive_counted(new, old):
    """Every row of the person is a positive.

    A row is not its own positive: of the anchor's own version one row less is left.
    """
    sizes = np.stack([new, old])
    strangers = sizes.sum(axis=1, keepdims=True) - sizes
    return np.einsum("ak,pk,nk->apn", sizes, sizes, strangers)


@wrong("kind_counts", "one positive too few in the other version")
def always_one_less(new, old):
    """There is always one positive less than there are pictures.

    The anchor is a row of one version only: of the other version all rows are positives.
    """
    sizes = np.stack([new, old])
    strangers = sizes.sum(axis=1, keepdims=True) - sizes
    return np.einsum("ak,pk,nk->apn", sizes, np.maximum(sizes - 1, 0), strangers)


@wrong("kind_counts", "a picture's other embedding left out")
def other_self_left_out(new, old):
    """A positive is another picture, and as many pictures as possible have both embeddings.

    A picture and its own old embedding are two rows of one person: they are a pair here.
    """
    sizes = np.stack([new, old])
    strangers = sizes.sum(axis=1, keepdims=True) - sizes
    own = np.stack([new, np.minimum(new, old), np.minimum(new, old), old]).reshape(2, 2, -1)
    return np.einsum("apk,nk->apn", sizes[:, None] * sizes - own, strangers)


wrong(
    "kind_counts",
    "negatives of both versions",
    belief="Everybody else's rows are negatives.",
    hint="The last index says of which version the negative is: count only that one's rows.",
    edit={"sizes.sum(axis=1, keepdims=True) - sizes": "np.sum(sizes) - sizes - sizes[::-1]"},
)

wrong(
    "kind_counts",
    "old first",
    belief="Old comes before new.",
    hint="Index 0 is new and index 1 is old.",
    edit={"sizes = np.stack([new, old])": "sizes = np.stack([old, new])"},
)

wrong(
    "kind_counts",
    "each pair once",
    belief="Within a version a pair is a pair.",
    hint="Both rows of a pair can be the anchor: (a, p) and (p, a) are two pairs.",
    edit={
        "strangers @ sizes[version]": "strangers @ sizes[version]\ncounts[version, version] //= 2",
    },
)

wrong(
    "kind_counts",
    "the person's own rows among the negatives",
    belief="Any row of that version can be the negative.",
    hint="A negative shows somebody else: take away the rows of the anchor's person.",
    edit={"keepdims=True) - sizes": "keepdims=True) + 0 * sizes"},
)


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


@wrong("proper_rotation", "reflections allowed")
def reflection_kept(E, E_old):
    """The orthogonal Procrustes problem is solved by UVᵀ.

    UV⊤ may have the determinant −1: look at it, and turn one singular direction round.
    """
    U, _, Vt = np.linalg.svd(E.T @ E_old)
    return U @ Vt


wrong(
    "proper_rotation",
    "from old to new",
    belief="U and V can be swapped.",
    hint="That matrix turns the old embeddings onto the new ones: rows are multiplied from the "
    "right, so start from E⊤E_old.",
    edit={"U, _, Vt = np.linalg.svd(E.T @ E_old)": "U, _, Vt = np.linalg.svd(E_old.T @ E)"},
)

wrong(
    "proper_rotation",
    "the first singular direction turned round",
    belief="Any direction will do.",
    hint="Turning a direction round costs twice its singular value: take the smallest one.",
    edit={"U[:, -1]": "U[:, 0]"},
)


@wrong("proper_rotation", "the whole matrix negated")
def all_negated(E, E_old):
    """A negative determinant is mended by a minus sign.

    −R sends every row to the opposite side, and for an even D has the determinant of R: turn a
    single direction round.
    """
    U, _, Vt = np.linalg.svd(E.T @ E_old)
    R = U @ Vt
    return R * np.sign(np.linalg.det(R))


@wrong("proper_rotation", "the last column negated")
def last_column(E, E_old):
    """One column of the result changes the determinant.

    A column of R is a coordinate, not a singular direction: change the sign between U and V⊤.
    """
    U, _, Vt = np.linalg.svd(E.T @ E_old)
    R = U @ Vt
    R[:, -1] *= np.sign(np.linalg.det(R))
    return R


wrong(
    "proper_rotation",
    "the last direction always turned round",
    belief="The last direction is the one to change.",
    hint="Where UV⊤ is a rotation already nothing has to be changed.",
    edit={"U[:, -1] *= np.sign(np.linalg.det(U) * np.linalg.det(Vt))": "U[:, -1] *= -1"},
)

wrong(
    "proper_rotation",
    "centred first",
    belief="Point clouds are laid on each other with their centres first.",
    hint="Embeddings lie on a sphere around 0, and R turns around 0: subtract no mean.",
    edit={"E.T @ E_old": "(E - E.mean(axis=0)).T @ (E_old - E_old.mean(axis=0))"},
)


@wrong("proper_rotation", "least squares")
def least_squares(E, E_old):
    """What fits best is best.

    The best matrix of all is not orthogonal: it changes distances among the new embeddings.
    """
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


wrong(
    "harmonic_step",
    "mean over all triplets",
    belief="A mean is over all there are.",
    hint="Triplets that are not active do not count: divide by the number of active ones.",
    edit={"max(active.sum(), 1)": "len(triplets)"},
)

wrong(
    "harmonic_step",
    "the sum instead of the mean",
    belief="The gradients of all active triplets add up.",
    hint="The loss is a mean: divide its gradient by the number of active triplets.",
    edit={" / max(active.sum(), 1)": ""},
)

wrong(
    "harmonic_step",
    "no hinge",
    belief="Every triplet pulls and pushes.",
    hint="A triplet whose constraint is fulfilled has the loss 0 and no gradient: leave it out.",
    edit={
        "index[active]": "index",
        "2 * slope[active] / max(active.sum(), 1)": "2 * slope / len(triplets)",
    },
)

wrong(
    "harmonic_step",
    "uphill",
    belief="The step goes along the gradient.",
    hint="Gradient descent subtracts the gradient. Does the anchor come nearer to its positive?",
    edit={"E_new - rate": "E_new + rate"},
)

wrong(
    "harmonic_step",
    "not normalised after the step",
    belief="A small step stays near the sphere.",
    hint="A step leaves the sphere: divide each new embedding by its length again.",
    edit={"return moved / np.linalg.norm(moved, axis=1, keepdims=True)": "return moved"},
)

wrong(
    "harmonic_step",
    "the gradient of old embeddings given to new ones",
    belief="Old cannot move, so the new embedding of that picture moves for it.",
    hint="Stored embeddings are constants: their part of the gradient is thrown away, not handed "
    "to the same picture's new embedding.",
    edit={"rate * gradient[:N]": "rate * (gradient[:N] + gradient[N : 2 * N])"},
)

wrong(
    "harmonic_step",
    "old embeddings moved as well",
    belief="All rows of the batch take the step.",
    hint="Stored embeddings stay: only the first N rows are asked for.",
    edit={"E_new - rate * gradient[:N]": "rows - rate * gradient"},
)

wrong(
    "harmonic_step",
    "only anchors move",
    belief="The anchor goes to its positive and away from its negative.",
    hint="A new embedding moves whatever its part is: positives and negatives have gradients, too.",
    edit={"zip(triplets.T, (n - p, p - a, a - n), strict=True)": "[(triplets[:, 0], n - p)]"},
)

wrong(
    "harmonic_step",
    "only triplets of new embeddings",
    belief="What is stored cannot learn, so its triplets are left out.",
    hint="A triplet with an old embedding moves its new ones: that is what ties the versions.",
    edit={"N = len(E_new)": "N = len(E_new)\ntriplets = triplets[(triplets < N).all(axis=1)]"},
)

wrong(
    "harmonic_step",
    "the factor 2 lost",
    belief="The gradient for the anchor is n − p.",
    hint="The derivative of a square has a factor 2.",
    edit={"2 * slope[active]": "slope[active]"},
)

wrong(
    "harmonic_step",
    "one gradient for a row in several triplets",
    belief="+= adds.",
    hint="`gradient[rows] += …` keeps one term where a row number repeats: use `np.add.at`.",
    edit={"np.add.at(gradient, index[active], 2": "gradient[index[active]] += (2"},
)

wrong(
    "harmonic_step",
    "nothing divided by nothing",
    belief="There is always an active triplet.",
    hint="Without an active triplet the mean is of nothing: then nothing moves.",
    edit={" / max(active.sum(), 1)": "", "gradient[:N]": "gradient[:N] / active.sum()"},
)


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


wrong(
    "mixed_val",
    "a picture paired with its own old embedding",
    belief="The same person is the same person.",
    hint="A pair is two different pictures: leave the diagonal out.",
    edit={"same & ~np.eye(len(labels), dtype=bool)": "same"},
)


@wrong("mixed_val", "each two pictures once")
def half_of_the_pairs(E_new, E_old, labels, target):
    """Two pictures make one pair.

    New i with old j and new j with old i are two mixed pairs, at different distances.
    """
    D = min(E_new.shape[1], E_old.shape[1])
    lengths = np.sum(E_new**2, axis=1)[:, None] + np.sum(E_old**2, axis=1)
    distances = lengths - 2 * E_new[:, :D] @ E_old[:, :D].T
    i, j = np.triu_indices(len(labels), k=1)
    same = labels[i] == labels[j]
    strangers = np.sort(distances[i, j][~same])
    return np.mean(distances[i, j][same] < strangers[int(target * len(strangers))])


wrong(
    "mixed_val",
    "the old threshold",
    belief="The threshold is the one in use, set on pairs of old embeddings.",
    hint="Mixed pairs have distances of their own: set the threshold on mixed strangers.",
    edit={"np.sort(distances[~same])": "np.sort((2 - 2 * E_old @ E_old.T)[~same])"},
)

wrong(
    "mixed_val",
    "FAR as a part of all pairs",
    belief="The target says how many of all pairs may be wrong.",
    hint="FAR is a part of the pairs of different people, not of all pairs.",
    edit={"int(target * len(strangers))": "int(target * len(labels) * (len(labels) - 1))"},
)

wrong(
    "mixed_val",
    "one stranger too many",
    belief="Up to the next stranger.",
    hint="The part accepted must not exceed the target: round the number of strangers down.",
    edit={"int(target * len(strangers))": "int(target * len(strangers)) + 1"},
)

wrong(
    "mixed_val",
    "the threshold at the last accepted stranger",
    belief="The threshold is the distance of the last stranger that may be accepted.",
    hint="The largest threshold goes up to the first stranger that must stay out, and lets in "
    "whoever comes before.",
    edit={"int(target * len(strangers))": "max(int(target * len(strangers)) - 1, 0)"},
)


@wrong("mixed_val", "divided by the accepted pairs")
def precision(E_new, E_old, labels, target):
    """How many of the accepted pairs are right.

    VAL is a part of the pairs of one person; the part of the accepted ones is precision.
    """
    D = min(E_new.shape[1], E_old.shape[1])
    lengths = np.sum(E_new**2, axis=1)[:, None] + np.sum(E_old**2, axis=1)
    distances = lengths - 2 * E_new[:, :D] @ E_old[:, :D].T
    same = labels[:, None] == labels
    strangers = np.sort(distances[~same])
    accepted = distances < strangers[int(target * len(strangers))]
    own = same & ~np.eye(len(labels), dtype=bool)
    return np.sum(accepted & own) / np.sum(accepted & (own | ~same))


@wrong("mixed_val", "the target put on pairs of one person")
def target_on_own(E_new, E_old, labels, target):
    """The threshold accepts that part of the pairs of one person; the strangers are counted.

    The target is the part of *strangers* that may be accepted; VAL is counted afterwards.
    """
    D = min(E_new.shape[1], E_old.shape[1])
    lengths = np.sum(E_new**2, axis=1)[:, None] + np.sum(E_old**2, axis=1)
    distances = lengths - 2 * E_new[:, :D] @ E_old[:, :D].T
    same = labels[:, None] == labels
    own = np.sort(distances[same & ~np.eye(len(labels), dtype=bool)])
    return np.mean(distances[~same] < own[int(target * len(own))])


wrong(
    "mixed_val",
    "the larger version cut off",
    belief="The first coordinates are what they have in common.",
    hint="Cut off, its rows are shorter than 1, and distances change: fill the smaller one up "
    "with zeros instead.",
    edit={"E_new**2": "E_new[:, :D] ** 2", "E_old**2": "E_old[:, :D] ** 2"},
)


@wrong("mixed_val", "the larger version cut off and normalised again")
def cut_off_and_normalised(E_new, E_old, labels, target):
    """Cut to the same dimension and back to the length 1.

    Stored embeddings stay as they are: fill the smaller version up with zeros instead.
    """
    D = min(E_new.shape[1], E_old.shape[1])
    one = E_new[:, :D] / np.linalg.norm(E_new[:, :D], axis=1, keepdims=True)
    other = E_old[:, :D] / np.linalg.norm(E_old[:, :D], axis=1, keepdims=True)
    distances = 2 - 2 * one @ other.T
    same = labels[:, None] == labels
    strangers = np.sort(distances[~same])
    first_rejected = strangers[int(target * len(strangers))]
    return np.mean(distances[same & ~np.eye(len(labels), dtype=bool)] < first_rejected)


wrong(
    "mixed_val",
    "new pairs judged",
    belief="It is the new version that is judged.",
    hint="A mixed pair has one embedding of each version.",
    edit={"D = min(": "E_old = E_new\nD = min("},
)


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


@wrong("upgrade_order", "all entries of a person together")
def person_by_person_order(names, asked):
    """Whoever is asked for most is finished first.

    A person's second entry answers no further query: take one of each person first.
    """
    return np.argsort(-asked[names], kind="stable")


@wrong("upgrade_order", "in the order of the gallery")
def gallery_order(names, asked):
    """One after the other.

    Nothing says that the gallery begins with those who are asked for most.
    """
    return np.arange(len(names))


@wrong("upgrade_order", "people with many entries first")
def many_entries_first(names, asked):
    """Who has more entries matters more; one entry of each first.

    How many entries a person has does not matter, one is enough: go by how often each is asked for.
    """
    _, first, sizes = np.unique(names, return_index=True, return_counts=True)
    first = first[np.argsort(-sizes, kind="stable")]
    return np.concatenate([first, np.setdiff1d(np.arange(len(names)), first)])


wrong(
    "upgrade_order",
    "from the least to the most asked for",
    belief="np.argsort puts the largest first.",
    hint="argsort goes up; those who are asked for most come first.",
    edit={"np.argsort(-asked[people])": 'np.argsort(asked[people], kind="stable")'},
)


@wrong("upgrade_order", "queries shared out among a person's entries")
def shared_out(names, asked):
    """Each entry is worth its part of the person's queries.

    A single entry answers all queries for its person: do not divide by the number of entries.
    """
    people, first, sizes = np.unique(names, return_index=True, return_counts=True)
    first = first[np.argsort(-asked[people] / sizes, kind="stable")]
    return np.concatenate([first, np.setdiff1d(np.arange(len(names)), first)])


@wrong("upgrade_order", "one of each, by number")
def by_number(names, asked):
    """With one entry of each all are served.

    One entry of each person first is right; but which person first?
    """
    _, first = np.unique(names, return_index=True)
    return np.concatenate([first, np.setdiff1d(np.arange(len(names)), first)])


@wrong("upgrade_order", "one entry of each person and no more")
def others_forgotten(names, asked):
    """The rest makes no difference.

    The other entries have to be embedded as well, after the first ones.
    """
    people, first = np.unique(names, return_index=True)
    return first[np.argsort(-asked[people], kind="stable")]


@wrong("upgrade_order", "places instead of an order")
def places(names, asked):
    """Each row gets its place.

    The k-th number says which row comes k-th, not at which place row k comes.
    """
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


@wrong("answered_at_random", "drawn with replacement")
def with_replacement(names, asked, k):
    """Each of the k misses a person with the same probability.

    No entry is drawn twice: with each that misses, fewer others are left.
    """
    sizes = np.array([np.sum(names == person) for person in range(len(asked))])
    found = 1 - (1 - sizes / len(names)) ** k
    return np.sum(asked * found) / np.sum(asked)


@wrong("answered_at_random", "as many queries as entries")
def in_proportion(names, asked, k):
    """Half of the gallery answers half of the queries.

    A person with several entries is answered as soon as one of them is drawn: that is sooner than
    k/G.
    """
    here = np.isin(np.arange(len(asked)), names)
    return np.sum(asked[here]) / np.sum(asked) * k / len(names)


@wrong("answered_at_random", "all entries of a person needed")
def all_entries_needed(names, asked, k):
    """A person is answered when all of the entries are new.

    One entry is enough: start from the probability that none of them is drawn.
    """
    G, answered = len(names), 0.0
    for person, queries in enumerate(asked):
        entries = np.arange(np.sum(names == person))
        if len(entries):
            answered += queries * np.prod(np.maximum(k - entries, 0) / (G - entries))
    return answered / np.sum(asked)


@wrong("answered_at_random", "probabilities of the entries added")
def probabilities_added(names, asked, k):
    """Each entry adds k/G, up to 1.

    Several of a person's entries may be drawn: that counts once. Start from the probability that
    none is.
    """
    sizes = np.array([np.sum(names == person) for person in range(len(asked))])
    return np.sum(asked * np.minimum(sizes * k / len(names), 1)) / np.sum(asked)


wrong(
    "answered_at_random",
    "people counted instead of queries",
    belief="The part of the people that can be found.",
    hint="Who is asked for often counts more: weight people with their queries.",
    edit={"queries * np.prod": "np.prod", "np.sum(asked)": "len(asked)"},
)


@wrong("answered_at_random", "people without an entry left out")
def without_entry_left_out(names, asked, k):
    """Who is not in the gallery is not counted.

    Their queries are asked, too, and never answered: they belong to all queries.
    """
    G, missed, total = len(names), 0.0, 0.0
    for person in np.unique(names):
        entries = np.arange(np.sum(names == person))
        missed += asked[person] * np.prod(np.maximum(G - k - entries, 0) / (G - entries))
        total += asked[person]
    return 1 - missed / total


wrong(
    "answered_at_random",
    "the part that is not answered",
    belief="None of the entries drawn.",
    hint="That is the part of queries of whose person no entry was drawn: take it from 1.",
    edit={"return 1 - missed / np.sum(asked)": "return missed / np.sum(asked)"},
)


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
