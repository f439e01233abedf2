"""From distances to decisions, and how good they are: the measures of FaceNet, Section 4.

A pair of pictures is taken for one person if the squared distance of their embeddings is at most
the threshold t, which the paper calls d.
`same` holds the squared distances of pairs that show one person, P_same in the paper; `different`
those of pairs that show two, P_diff. Both are arrays of any length.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lib.triplets import squared_distances


class Pairs(NamedTuple):
    """Squared distances of the pairs of one person, (P_same,), and of two, (P_diff,)."""

    same: np.ndarray
    different: np.ndarray


def pairs(E: np.ndarray, labels: np.ndarray) -> Pairs:
    """(N, D) and (N,) to the squared distances of all N (N − 1) / 2 pairs of rows."""
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


# --- rates


def val(same: np.ndarray, t: np.ndarray | float) -> np.ndarray:
    """VAL(t) = |TA(t)| / |P_same|: the part of `same` that is accepted; the shape of t.

    Raises ValueError if there are no pairs.
    """
    return _accepted(same, t, "val: no pairs of one person")


def far(different: np.ndarray, t: np.ndarray | float) -> np.ndarray:
    """FAR(t) = |FA(t)| / |P_diff|: the part of `different` that is accepted; the shape of t.

    Raises ValueError if there are no pairs.
    """
    return _accepted(different, t, "far: no pairs of different people")


def _accepted(distances: np.ndarray, t: np.ndarray | float, none: str) -> np.ndarray:
    if not len(distances):
        raise ValueError(f"{none} — a rate needs at least one")
    # In sorted order those that are at most t come first: one search for each threshold.
    return np.searchsorted(np.sort(distances), t, side="right") / len(distances)


def threshold_at_far(different: np.ndarray, target: np.ndarray | float) -> np.ndarray:
    """The largest t with FAR(t) ≤ target on these pairs; the shape of target.

    A target below 1 / |P_diff| allows no pair: t is just below the smallest distance.
    Other pairs must tell how good the threshold is, if its FAR is to be believed.
    Raises ValueError if there are no pairs or a target is negative.
    """
    if not len(different):
        raise ValueError("threshold_at_far: no pairs of different people to set it on")
    if np.any(np.asarray(target) < 0):
        raise ValueError(f"threshold_at_far: target={target} — a rate is never negative")
    ordered = np.sort(different)
    # A product like 0.29 · 100 is 28.999999999999996: rounding must not cost a pair.
    accepted = np.floor(np.asarray(target) * len(ordered) * (1 + 1e-12))
    first_rejected = np.minimum(accepted, len(ordered) - 1).astype(int)
    below = np.nextafter(ordered[first_rejected], -np.inf)
    return np.where(accepted < len(ordered), below, np.inf)[()]


def val_at_far(same: np.ndarray, different: np.ndarray, target: np.ndarray | float) -> np.ndarray:
    """VAL at the largest threshold whose FAR on these very pairs is at most `target`.

    A point of the ROC curve, for comparing embeddings on the same pairs; the shape of target.
    """
    return val(same, threshold_at_far(different, target))


# --- uncertainty


def standard_error(x: np.ndarray, axis: int = 0) -> np.ndarray:
    """Standard error of the mean of n independent numbers along an axis: spread over √n."""
    return np.std(x, axis=axis, ddof=1) / np.sqrt(np.shape(x)[axis])


def bootstrap_people(
    E: np.ndarray,
    labels: np.ndarray,
    statistic: Callable[[np.ndarray, np.ndarray], np.ndarray | float],
    rng: np.random.Generator,
    times: int = 200,
) -> np.ndarray:
    """`statistic(same, different)` for `times` resamples of the people, (times, …).

    Each resample draws as many people as there are, with replacement. The pairs of
    somebody who is drawn k times count k times, those with somebody drawn l times k·l
    times; the copies of a person are not compared with each other.
    Raises ValueError if fewer than two people have two pictures.
    """
    people, person = np.unique(labels, return_inverse=True)  # (m,), (N,)
    album = np.bincount(person)
    if (album > 1).sum() < 2:
        raise ValueError("bootstrap_people: needs two people with two pictures each")
    a, b = np.triu_indices(len(person), k=1)
    d2 = squared_distances(E)[a, b]
    is_same = person[a] == person[b]
    own, first, second = person[a[is_same]], person[a[~is_same]], person[b[~is_same]]
    found: list[np.ndarray | float] = []
    while len(found) < times:
        draw = rng.integers(len(people), size=len(people))
        drawn = np.bincount(draw, minlength=len(people))
        if (drawn > 0).sum() < 2 or not np.any(drawn[album > 1]):
            continue  # no pair of one of the kinds is left: such a resample has no rates
        same = np.repeat(d2[is_same], drawn[own])
        different = np.repeat(d2[~is_same], drawn[first] * drawn[second])
        found.append(statistic(same, different))
    return np.array(found)
