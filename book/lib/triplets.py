"""Triplet loss on the unit sphere, its gradient, and the choice of triplets within a batch.

Equations and sections are those of FaceNet (Schroff, Kalenichenko and Philbin 2015). A batch
is an array E (N, D) of embeddings of length 1 and an array of labels (N,). A triplet is three
row numbers, anchor, positive, negative; several of them are an integer array (T, 3).
"""

from typing import NamedTuple

import numpy as np

MARGIN = 0.2  # α of Section 3.1; its value stands in Section 3.3


def l2_normalise(z: np.ndarray) -> np.ndarray:
    """(…, D) to (…, D): every row divided by its length, ‖f(x)‖ = 1 in Section 3.1.

    A row of zeros has no direction and stays a row of zeros.
    """
    lengths = np.linalg.norm(z, axis=-1, keepdims=True)  # (…, 1)
    return z / np.where(lengths == 0, 1, lengths)


def l2_normalise_backward(z: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Gradient with respect to z from that with respect to l2_normalise(z); all (…, D).

    What points along the embedding is removed, and the rest is divided by the length of z.
    """
    lengths = np.linalg.norm(z, axis=-1, keepdims=True)  # (…, 1)
    lengths = np.where(lengths == 0, 1, lengths)
    e = z / lengths
    return (gradient - e * (e * gradient).sum(axis=-1, keepdims=True)) / lengths


def squared_distances(E: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """(N, D) and (L, D) to (N, L): squared distances of all pairs; by default E with itself.

    Rounding can turn ‖a‖² + ‖b‖² − 2 a·b slightly negative; such distances are set to 0, and
    so are those of a row to itself.
    """
    same = others is None
    if others is None:
        others = E
    norms, other_norms = (E**2).sum(axis=1), (others**2).sum(axis=1)
    d2 = np.maximum(norms[:, None] + other_norms - 2 * (E @ others.T), 0)
    if same:
        np.fill_diagonal(d2, 0)
    return d2


# --- masks


def positive_mask(labels: np.ndarray) -> np.ndarray:
    """(N,) to (N, N): whether p may be a positive of anchor a: same label, another row."""
    labels = np.asarray(labels)
    return (labels[:, None] == labels) & ~np.eye(len(labels), dtype=bool)


def negative_mask(labels: np.ndarray) -> np.ndarray:
    """(N,) to (N, N): whether n may be a negative of anchor a: another label."""
    labels = np.asarray(labels)
    return labels[:, None] != labels


class Kinds(NamedTuple):
    """Which triplets are of which kind, three arrays of one shape; each is of exactly one.

    easy: the loss is 0, d²ap + α ≤ d²an. semi_hard: Eq. 4, and inside the margin,
    d²ap < d²an < d²ap + α. hard: the negative is no farther than the positive, d²an ≤ d²ap.
    """

    easy: np.ndarray
    semi_hard: np.ndarray
    hard: np.ndarray


def kinds(d2_ap: np.ndarray, d2_an: np.ndarray, margin: float = MARGIN) -> Kinds:
    """Kinds of triplets with these squared distances, in arrays that broadcast together."""
    easy, hard = d2_ap + margin <= d2_an, d2_an <= d2_ap
    return Kinds(easy, ~easy & ~hard, hard)


def kind_masks(d2: np.ndarray, labels: np.ndarray, margin: float = MARGIN) -> Kinds:
    """(N, N) and (N,) to three masks (N, N, N), indexed anchor, positive, negative."""
    valid = positive_mask(labels)[:, :, None] & negative_mask(labels)[:, None, :]
    return Kinds(*(valid & kind for kind in kinds(d2[:, :, None], d2[:, None, :], margin)))


# --- loss


class Loss(NamedTuple):
    """The value, its gradient with respect to E (N, D), the number of active triplets."""

    value: float
    gradient: np.ndarray
    active: int


def triplet_losses(
    E: np.ndarray,
    triplets: np.ndarray,
    margin: float = MARGIN,
) -> np.ndarray:
    """(N, D) and (T, 3) to (T,): [d²ap − d²an + α]₊ of each triplet, a term of Eq. 3."""
    rows = np.asarray(triplets, dtype=int).reshape(-1, 3)
    a, p, n = E[rows[:, 0]], E[rows[:, 1]], E[rows[:, 2]]  # (T, D) each
    return np.maximum(((a - p) ** 2).sum(axis=1) - ((a - n) ** 2).sum(axis=1) + margin, 0)


def triplet_loss(
    E: np.ndarray, triplets: np.ndarray, margin: float = MARGIN, *, over: str = "active"
) -> Loss:
    """Loss of the triplets (T, 3) and its gradient with respect to E (N, D).

    `over` is what the sum of Eq. 3 is divided by: "active", the number of triplets whose
    loss is positive; "all", the number of triplets; "one", nothing, which is Eq. 3 itself.
    Without an active triplet value and gradient are 0.
    Raises ValueError for another `over`.
    """
    triplets = np.asarray(triplets, dtype=int).reshape(-1, 3)
    losses = triplet_losses(E, triplets, margin)
    active = losses > 0
    divisors = {"active": active.sum(), "all": len(losses), "one": 1}
    if over not in divisors:
        raise ValueError(f"triplet_loss: over={over!r} — use one of {list(divisors)}")
    divisor = max(int(divisors[over]), 1)

    # The sum is Σ C_ij ‖e_i − e_j‖² plus a constant: C counts the pairs, positives +1,
    # negatives −1. With B = C + Cᵀ its gradient is 2 (diag(row sums of B) − B) E: one
    # matrix product, however many triplets there are.
    N = len(E)
    a, p, n = triplets[active].T
    C = np.bincount(a * N + p, minlength=N * N) - np.bincount(a * N + n, minlength=N * N)
    B = (C + C.reshape(N, N).T.ravel()).reshape(N, N).astype(E.dtype)
    gradient = 2 * (B.sum(axis=1, keepdims=True) * E - B @ E) / divisor
    return Loss(float(losses.sum() / divisor), gradient, int(active.sum()))


# --- mining: (N, N) squared distances and (N,) labels to (T, 3) triplets


def all_triplets(labels: np.ndarray) -> np.ndarray:
    """(N,) to (T, 3): every anchor, positive, negative."""
    pairs = np.argwhere(positive_mask(labels))  # (pairs, 2)
    which, n = np.nonzero(negative_mask(labels)[pairs[:, 0]])
    return np.column_stack([pairs[which], n])


def semi_hard_triplets(
    d2: np.ndarray,
    labels: np.ndarray,
    margin: float = MARGIN,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """All anchor–positive pairs, each with a semi-hard negative (Section 3.2), to (T, 3).

    The negative is the nearest of the semi-hard ones, or a random one of them if `rng` is
    given. A pair that has none gives no triplet.
    """
    negative = negative_mask(labels)
    pairs = np.argwhere(positive_mask(labels))
    found = [np.empty((0, 3), dtype=int)]
    # In blocks of 2²² entries: the paper's batch has 70,200 pairs and 1,800 columns.
    for block in np.array_split(pairs, 1 + pairs.size * len(d2) // 2**23):
        a, p = block.T
        inside = negative[a] & kinds(d2[a, p][:, None], d2[a], margin).semi_hard
        rank = d2[a] if rng is None else rng.random(inside.shape)
        n = np.where(inside, rank, np.inf).argmin(axis=1)
        found.append(np.column_stack([a, p, n])[inside.any(axis=1)])
    return np.concatenate(found)


def hardest_negative_triplets(d2: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """All anchor–positive pairs, each with the negative nearest to the anchor, to (T, 3)."""
    negative = negative_mask(labels)
    pairs = np.argwhere(positive_mask(labels))
    pairs = pairs[negative[pairs[:, 0]].any(axis=1)]
    nearest = np.where(negative, d2, np.inf).argmin(axis=1)  # (N,)
    return np.column_stack([pairs, nearest[pairs[:, 0]]])


def hardest_triplets(d2: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """For each anchor its farthest positive and its nearest negative, to (T, 3).

    These are the argmax and the argmin of Section 3.2. A row without a positive or without a
    negative is no anchor.
    """
    positive, negative = positive_mask(labels), negative_mask(labels)
    farthest = np.where(positive, d2, -np.inf).argmax(axis=1)
    nearest = np.where(negative, d2, np.inf).argmin(axis=1)
    anchors = np.flatnonzero(positive.any(axis=1) & negative.any(axis=1))
    return np.column_stack([anchors, farthest[anchors], nearest[anchors]])


def balanced_batch(
    rng: np.random.Generator, labels: np.ndarray, identities: int, faces: int
) -> np.ndarray:
    """Rows of a batch of `identities` random labels with up to `faces` random rows each.

    A label with fewer rows gives all it has. The paper takes about 40 faces (Section 3.2).
    """
    labels = np.asarray(labels)
    chosen = rng.choice(np.unique(labels), size=identities, replace=False)
    rows = [rng.permutation(np.flatnonzero(labels == y))[:faces] for y in chosen]
    return np.concatenate(rows)
