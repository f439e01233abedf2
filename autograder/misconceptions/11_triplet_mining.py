"""Known-wrong and alternative right answers to 11_triplet_mining."""

import numpy as np
import sympy as sp

from autograder.bank import right, wrong

# --- count_triplets


@wrong("count_triplets", "the anchor as its own positive")
def own_positive_counted(sizes):
    """Each of a person's pictures can be the positive.

    The positive is another picture of the same person: how many are left for an anchor?
    """
    sizes = [int(size) for size in sizes]
    return sum(size * size * (sum(sizes) - size) for size in sizes)


@wrong("count_triplets", "each pair counted once")
def unordered_pairs(sizes):
    """A pair of pictures is a pair, whichever comes first.

    (a, p) and (p, a) are two pairs: each of the two pictures can be the anchor.
    """
    sizes = [int(size) for size in sizes]
    return sum(size * (size - 1) // 2 * (sum(sizes) - size) for size in sizes)


@wrong("count_triplets", "the average number of pictures put into the formula")
def average_size(sizes):
    """Unequal numbers average out.

    N(P − 1)(N − P) holds for equal numbers: add up the triplets person by person.
    """
    total, people = int(np.sum(sizes)), len(sizes)
    return total * (total - people) * (total * people - total) / people**2


@wrong("count_triplets", "overflow of 64 bits")
def sixty_four_bits(sizes):
    """An integer is an integer.

    NumPy's integers wrap around beyond 9.2·10¹⁸, silently: use Python's own integers.
    """
    sizes = np.asarray(sizes, dtype=np.int64)
    return np.sum(sizes * (sizes - 1) * (np.sum(sizes) - sizes))


@wrong("count_triplets", "people with one picture left out altogether")
def singles_left_out(sizes):
    """A person needs two pictures to take part.

    Somebody with a single picture cannot be an anchor, but can be the negative of others.
    """
    sizes = [int(size) for size in sizes if size > 1]
    return sum(size * (size - 1) * (sum(sizes) - size) for size in sizes)


@wrong("count_triplets", "the negative drawn from all other pictures")
def any_other_negative(sizes):
    """Two pictures are taken, any of the others can be the negative.

    A negative shows another person: how many pictures are not of the anchor's person?
    """
    sizes = [int(size) for size in sizes]
    return sum(size * (size - 1) * (sum(sizes) - 2) for size in sizes)


@right("count_triplets", "objects in an array")
def objects_in_an_array(sizes):
    """NumPy can hold Python's integers."""
    sizes = np.array([int(size) for size in sizes], dtype=object)
    return int(np.dot(sizes * (sizes - 1), sizes.sum() - sizes))


@right("count_triplets", "from power sums")
def from_power_sums(sizes):
    """N Σs² − Σs³ − N Σs + Σs²."""
    first, second, third = (sum(int(s) ** k for s in sizes) for k in (1, 2, 3))
    return first * second - third - first * first + second


# --- best_faces


@wrong("best_faces", "half of the batch")
def half_of_the_batch():
    """P(N − P) is largest in the middle.

    It is (P − 1)(N − P) that is to be large, not P(N − P): one picture of a person is the anchor.
    """
    N = sp.Symbol("N", integer=True, positive=True)
    return N / 2


@wrong("best_faces", "the root of N")
def root_of_n():
    """As many people as pictures of each.

    A balance of people and pictures sounds fair, but differentiate N(P − 1)(N − P).
    """
    N = sp.Symbol("N", integer=True, positive=True)
    return sp.sqrt(N)


@wrong("best_faces", "a sign lost in the derivative")
def sign_lost():
    """N − 2P − 1 = 0.

    (P − 1)(N − P) is 0 at P = 1 and at P = N: where is the top of a parabola?
    """
    N = sp.Symbol("N", integer=True, positive=True)
    return (N - 1) / 2


@wrong("best_faces", "the anchors of one person counted twice")
def anchors_counted_twice():
    """The maximum of P(P − 1)(N − P), for large N.

    N counts the anchors of all people already: P stands in the number of positives and in that of
    negatives only.
    """
    N = sp.Symbol("N", integer=True, positive=True)
    return 2 * N / 3


@right("best_faces", "solved by SymPy")
def solved_for_the_maximum():
    """The root of the derivative."""
    N, P = sp.symbols("N P")
    return sp.solve(sp.diff(N * (P - 1) * (N - P), P), P)[0]


@right("best_faces", "a half added")
def a_half_added():
    """Expanded."""
    N = sp.Symbol("N", integer=True, positive=True)
    return N / 2 + sp.Rational(1, 2)


# --- semi_hard_share


@wrong("semi_hard_share", "the sphere's answer")
def answer_of_the_sphere(d2_ap, margin):
    """The share is α/4 everywhere.

    α/4 belongs to D = 3: on a circle equal steps in angle, not in d², hold equally many.
    """
    return (np.minimum(np.asarray(d2_ap) + margin, 4) - d2_ap) / 4


@wrong("semi_hard_share", "no angle beyond the opposite point")
def not_clipped(d2_ap, margin):
    """d² + α is a squared distance like any other.

    The greatest squared distance is 4: the ring ends there, and arccos knows no −1.1.
    """
    begin, end = np.arccos(1 - d2_ap / 2), np.arccos(1 - (d2_ap + margin) / 2)
    return (end - begin) / np.pi


@wrong("semi_hard_share", "one side of the circle only")
def one_side_only(d2_ap, margin):
    """An arc divided by the whole circle.

    The ring lies on both sides of the anchor: two arcs of a full turn.
    """
    begin = np.arccos(1 - d2_ap / 2)
    end = np.arccos(1 - np.minimum(d2_ap + margin, 4) / 2)
    return (end - begin) / (2 * np.pi)


@wrong("semi_hard_share", "hard negatives counted, too")
def without_lower_bound(d2_ap, margin):
    """Everything inside the outer circle.

    Semi-hard has a lower bound as well: what is nearer than the positive is hard.
    """
    return np.arccos(1 - np.minimum(d2_ap + margin, 4) / 2) / np.pi


@wrong("semi_hard_share", "easy negatives counted, too")
def without_upper_bound(d2_ap, margin):
    """Everything beyond the positive.

    Semi-hard has an upper bound as well: what is farther by the margin is easy.
    """
    return 1 - np.arccos(1 - d2_ap / 2) / np.pi


@wrong("semi_hard_share", "the margin added to the distance, not to its square")
def margin_on_the_distance(d2_ap, margin):
    """The ring reaches from d to d + α.

    The margin is one in squared distance: d²ap + α, and only then an angle.
    """
    outer = np.minimum(np.sqrt(d2_ap) + margin, 2)
    return 2 * (np.arcsin(outer / 2) - np.arcsin(np.sqrt(d2_ap) / 2)) / np.pi


@right("semi_hard_share", "half angles, lists out")
def by_half_angles(d2_ap, margin):
    """d = 2 sin(θ/2)."""
    inner, outer = np.sqrt(d2_ap) / 2, np.sqrt(np.clip(d2_ap + margin, 0, 4)) / 2
    return (2 / np.pi * (np.arcsin(outer) - np.arcsin(inner))).tolist()


@right("semi_hard_share", "float32, warnings and all")
def share_in_float32(d2_ap, margin):
    """NaN beyond the opposite point, then repaired."""
    d2 = np.asarray(d2_ap, dtype=np.float32)
    begin = np.arccos(1 - d2 / 2)
    end = np.arccos(1 - (d2 + np.float32(margin)) / 2)
    return np.nan_to_num(end, nan=np.float32(np.pi)) / np.float32(np.pi) - begin / np.float32(np.pi)


# --- mine


wrong(
    "mine",
    "no lower bound: the hardest negatives",
    belief="Any negative inside the outer edge.",
    hint="A semi-hard negative is farther from the anchor than the positive: add that bound.",
    edit={"(d2_ap < d2_an) & (d2_an < d2_ap + margin)": "d2_an < d2_ap + margin"},
)

wrong(
    "mine",
    "no upper bound: easy negatives",
    belief="Any negative farther than the positive.",
    hint="A negative beyond d²ap + α is easy, not semi-hard: if all that are farther than the "
    "positive are, the ring is empty.",
    edit={"(d2_ap < d2_an) & (d2_an < d2_ap + margin)": "d2_ap < d2_an"},
)

wrong(
    "mine",
    "the anchor as its own positive",
    belief="The same label makes a positive.",
    hint="A picture is at distance 0 from itself and teaches nothing: leave the diagonal out.",
    edit={"np.argwhere(same & ~np.eye(len(labels), dtype=bool))": "np.argwhere(same)"},
)


@wrong("mine", "pairs with an empty ring dropped")
def empty_rings_dropped(d2, labels, margin):
    """The mining of the chapter.

    Here every pair gives a triplet: where the ring is empty, take the farthest negative.
    """
    same = labels[:, None] == labels
    a, p = np.argwhere(same & ~np.eye(len(labels), dtype=bool)).T
    d2_ap = d2[a, p][:, None]
    ring = ~same[a] & (d2[a] > d2_ap) & (d2[a] < d2_ap + margin)
    nearest = np.where(ring, d2[a], np.inf).argmin(axis=1)
    return np.stack([a, p, nearest], axis=1)[ring.any(axis=1)]


wrong(
    "mine",
    "the nearest negative where the ring is empty",
    belief="The next best is the nearest.",
    hint="Where the ring is empty the farthest negative is asked for, not the hardest.",
    edit={"np.where(same[a], -np.inf, d2[a]).argmax": "np.where(same[a], np.inf, d2[a]).argmin"},
)

wrong(
    "mine",
    "the farthest picture of all, of the same person too",
    belief="What is farthest away is surely a stranger.",
    hint="A negative shows somebody else: mask out the anchor's person before taking the farthest.",
    edit={"np.where(same[a], -np.inf, d2[a]).argmax": "d2[a].argmax"},
)

wrong(
    "mine",
    "the easiest of the ring",
    belief="The farthest one, within the margin.",
    hint="Of several semi-hard negatives the nearest is asked for: it has the greatest loss.",
    edit={"np.where(ring, d2_an, np.inf).argmin": "np.where(ring, d2_an, -np.inf).argmax"},
)

wrong(
    "mine",
    "bounds included",
    belief="≤ and < make no difference.",
    hint="Both bounds of the ring are strict: as far as the positive is hard, as far as the outer "
    "edge is easy.",
    edit={"d2_ap < d2_an": "d2_ap <= d2_an", "d2_an < d2_ap + margin": "d2_an <= d2_ap + margin"},
)

wrong(
    "mine",
    "each pair once",
    belief="Two pictures are one pair.",
    hint="Both pictures of a pair can be the anchor: (a, p) and (p, a) have different negatives.",
    edit={"same & ~np.eye(len(labels), dtype=bool)": "np.triu(same, 1)"},
)

wrong(
    "mine",
    "distances without the square",
    belief="Rings have radii, so the distances need roots.",
    hint="The margin is one in squared distance, and d2 holds squares: take no root.",
    edit={"same = labels": "d2 = np.sqrt(d2)\nsame = labels"},
)


@wrong("mine", "nearest positive, farthest negative")
def what_the_loss_wants(d2, labels, margin):
    """The positive is the nearest of one's own, the negative the farthest of the others.

    That is what the loss wants, and such triplets are easy: go through all positives, and take
    negatives from the ring.
    """
    same = labels[:, None] == labels
    own = same & ~np.eye(len(labels), dtype=bool)
    a = np.flatnonzero(own.any(axis=1) & ~same.all(axis=1))
    p = np.where(own, d2, np.inf).argmin(axis=1)[a]
    n = np.where(same, -np.inf, d2).argmax(axis=1)[a]
    return np.stack([a, p, n], axis=1)


@right("mine", "loops over everything, lists out")
def mine_with_loops(d2, labels, margin):
    """Word by word."""
    found = []
    for a in range(len(labels)):
        others = [n for n in range(len(labels)) if labels[n] != labels[a]]
        for p in range(len(labels)):
            if p == a or labels[p] != labels[a] or not others:
                continue
            ring = [n for n in others if d2[a, p] < d2[a, n] < d2[a, p] + margin]
            if ring:
                found.append([a, p, min(ring, key=lambda n: d2[a, n])])
            else:
                found.append([a, p, max(others, key=lambda n: d2[a, n])])
    return found


@right("mine", "sorted, with searchsorted, in another order")
def mine_by_sorting(d2, labels, margin):
    """One anchor at a time, from the last to the first; rows of floats."""
    found = []
    for a in range(len(labels))[::-1]:
        others = np.flatnonzero(labels != labels[a])
        if not len(others):
            continue
        others = others[np.argsort(d2[a, others])]
        for p in np.flatnonzero(labels == labels[a]):
            if p != a:
                first = np.searchsorted(d2[a, others], d2[a, p], side="right")
                inside = first < len(others) and d2[a, others[first]] < d2[a, p] + margin
                found.append((a, p, others[first] if inside else others[-1]))
    return np.array(found, dtype=float).reshape(-1, 3)


@right("mine", "masks of three indices, float32")
def mine_with_masks(d2, labels, margin):
    """All triplets at once, in single precision."""
    d2 = d2.astype(np.float32)
    same = labels[:, None] == labels
    ap, an = d2[:, :, None], d2[:, None, :]
    ring = (ap < an) & (an < ap + np.float32(margin)) & ~same[:, None, :]
    nearest = np.where(ring, an, np.float32(np.inf)).argmin(axis=2)
    farthest = np.where(same, np.float32(-1), d2).argmax(axis=1)[:, None]
    n = np.where(ring.any(axis=2), nearest, farthest)
    a, p = np.nonzero(same & ~np.eye(len(d2), dtype=bool) & ~same.all(axis=1)[:, None])
    return np.column_stack([a, p, n[a, p]])


# --- combine


@wrong("combine", "the mean of the means")
def mean_of_means(means, active):
    """The machines count alike.

    A machine with 500 active triplets counts for more than one with 3: weight the means.
    """
    busy = active > 0
    return np.mean(means[busy]) if np.any(busy) else 0.0


@wrong("combine", "NaN from an idle machine")
def idle_machine_spoils_all(means, active):
    """A weight of 0 removes a number from a sum.

    0 · NaN is NaN: leave out the machines without an active triplet before adding up.
    """
    return np.sum(means * active) / np.sum(active) if np.any(active) else 0.0


@wrong("combine", "nothing divided by nothing")
def nothing_by_nothing(means, active):
    """Idle machines are left out, and that is enough.

    If no machine has an active triplet the sum is empty: answer that case by itself.
    """
    busy = active > 0
    with np.errstate(invalid="ignore"):
        return np.sum(means[busy] * active[busy]) / np.sum(active[busy])


@wrong("combine", "divided by the number of machines")
def divided_by_machines(means, active):
    """The machines share the total.

    Sums are divided by the number of what was added up: active triplets, not machines.
    """
    busy = active > 0
    return np.sum(means[busy] * active[busy]) / len(means) if np.any(busy) else 0.0


@wrong("combine", "idle machines counted as a mean of 0")
def idle_counts_as_zero(means, active):
    """No active triplet is a loss of 0, and it weighs as much as one triplet.

    An idle machine has no triplet in the mean, so it must not lower it.
    """
    return np.sum(np.where(active > 0, means, 0.0) * active) / np.sum(np.maximum(active, 1))


@right("combine", "a loop over the machines")
def combine_in_a_loop(means, active):
    """Losses and triplets added up one by one."""
    total, count = 0.0, 0
    for mean, number in zip(means.tolist(), active.tolist(), strict=True):
        if number:
            total, count = total + mean * number, count + number
    return total / count if count else 0


@right("combine", "NaN replaced, float32")
def nan_replaced(means, active):
    """np.average with weights does the rest."""
    means = np.nan_to_num(means).astype(np.float32)
    return np.average(means, weights=active) if active.sum() else np.float32(0)


# --- all_semi_hard


@wrong("all_semi_hard", "everything in one place")
def everything_in_one_place(labels, margin):
    """Distance 0 is within the margin.

    In a collapsed batch all distances are 0, and 0 < 0 is false: a negative must be strictly
    farther.
    """
    return np.tile([[1.0, 0.0]], (len(labels), 1))


@wrong("all_semi_hard", "people at right angles")
def right_angles(labels, margin):
    """A direction of its own for each person.

    At right angles the squared distance is 2, far beyond the margin: that is easy.
    """
    people, person = np.unique(labels, return_inverse=True)
    return np.eye(len(people))[person]


@wrong("all_semi_hard", "only neighbours within the margin")
def only_neighbours(labels, margin):
    """A chain in which each link is shorter than the margin.

    Every two people have to be within the margin of each other, the two farthest as well.
    """
    _, person = np.unique(labels, return_inverse=True)
    angles = person * np.arccos(1 - 0.45 * margin)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


wrong(
    "all_semi_hard",
    "people at exactly the margin",
    belief="The greatest distance that is allowed.",
    hint="A negative at exactly d²ap + α has a loss of 0: it is easy. Stay inside.",
    edit={"share = margin / 4": "share = 1.001 * margin / 2"},
)


@wrong("all_semi_hard", "every picture in a place of its own")
def each_picture_apart(labels, margin):
    """All pictures equally far from each other, by half of the margin.

    If one's own pictures are as far away as strangers, the negatives are not farther: put all
    pictures of a person together.
    """
    share = margin / 4
    first = np.full((len(labels), 1), np.sqrt(1 - share))
    return np.hstack([first, np.sqrt(share) * np.eye(len(labels))])


@right("all_semi_hard", "people on a short arc, lists out")
def on_a_short_arc(labels, margin):
    """The ends of the arc are within the margin."""
    names = sorted(set(labels.tolist()))
    step = np.arccos(1 - 0.4 * margin) / len(names)
    return [[np.cos(step * names.index(k)), np.sin(step * names.index(k))] for k in labels.tolist()]


@right("all_semi_hard", "noise round a pole, float32")
def round_a_pole(labels, margin):
    """Random small directions, one for each person."""
    people, person = np.unique(labels, return_inverse=True)
    draw = np.random.default_rng(1).normal(size=(len(people), 12))
    draw /= np.linalg.norm(draw, axis=1, keepdims=True)
    places = np.hstack([np.ones((len(people), 1)), 0.35 * np.sqrt(margin) * draw])
    places /= np.linalg.norm(places, axis=1, keepdims=True)
    return places[person].astype(np.float32)
