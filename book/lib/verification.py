"""From distances to decisions, and how good they are: the measures of FaceNet, Section 4.

A pair of pictures is taken for one person if the squared distance of their embeddings is at most d.
`same` holds the squared distances of pairs that show one person, P_same in the paper; `different`
those of pairs that show two, P_diff. Both are arrays of any length.
"""

from typing import NamedTuple

import numpy as np

from lib.triplets import squared_distances


class Pairs(NamedTuple):
    """Squared distances of the pairs of one person, (P_same,), and of two, (P_diff,)."""

    same: np.ndarray
    different: np.ndarray


def pairs(E: np.ndarray, labels: np.ndarray) -> Pairs:
    """(N, D) and (N,) to the squared distances of all N (N − 1) / 2 pairs; no row with itself."""
    labels = np.asarray(labels)
    a, b = np.triu_indices(len(labels), k=1)
    d2 = squared_distances(E)[a, b]
    same = labels[a] == labels[b]
    return Pairs(d2[same], d2[~same])


def cross_pairs(
    E: np.ndarray, labels: np.ndarray, others: np.ndarray, other_labels: np.ndarray
) -> Pairs:
    """(N, D), (N,), (L, D), (L,) to the squared distances of all N·L pairs, one from each side."""
    d2 = squared_distances(E, others)
    same = np.asarray(labels)[:, None] == np.asarray(other_labels)
    return Pairs(d2[same], d2[~same])


def val(same: np.ndarray, d: np.ndarray | float) -> np.ndarray:
    """VAL(d) = |TA(d)| / |P_same|: the part of `same` that is accepted; the shape of d."""
    return np.searchsorted(np.sort(same), d, side="right") / len(same)


def far(different: np.ndarray, d: np.ndarray | float) -> np.ndarray:
    """FAR(d) = |FA(d)| / |P_diff|: the part of `different` that is accepted; the shape of d."""
    return np.searchsorted(np.sort(different), d, side="right") / len(different)


def threshold_at_far(different: np.ndarray, target: float) -> float:
    """The largest d with FAR(d) ≤ target on these pairs.

    They must not be the pairs that the threshold is then judged on, if its FAR is to be believed.
    With a target below 1 / |P_diff| no pair may be accepted: d is just below the smallest distance.
    Raises ValueError if there are no pairs.
    """
    if not len(different):
        raise ValueError("threshold_at_far: no pairs of different people — pass their distances")
    ordered = np.sort(different)
    # A product like 0.29 · 100 is 28.999999999999996: rounding must not cost a pair.
    accepted = int(np.floor(target * len(ordered) * (1 + 1e-12)))
    if accepted >= len(ordered):
        return float("inf")
    return float(np.nextafter(ordered[accepted], -np.inf))


def val_at_far(same: np.ndarray, different: np.ndarray, target: float) -> float:
    """VAL at the largest threshold whose FAR on these very pairs is at most `target`.

    A point of the ROC curve, for comparing embeddings on the same pairs.
    """
    return float(val(same, threshold_at_far(different, target)))


def standard_error(x: np.ndarray, axis: int = 0) -> np.ndarray:
    """Standard error of the mean along an axis of independent numbers: their spread over √n."""
    return np.std(x, axis=axis, ddof=1) / np.sqrt(np.shape(x)[axis])
