"""Made-up faces and the smallest network that embeds them, trained with triplets."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lib.triplets import (
    MARGIN,
    balanced_batch,
    l2_normalise,
    l2_normalise_backward,
    squared_distances,
    triplet_loss,
)


def made_up_faces(
    rng: np.random.Generator, people: int, faces: int, D_in: int, difference: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (people·faces, D_in) and labels: a point for each person, plus noise of size 1.

    `difference` is the standard deviation of the people's points, one for all coordinates or one
    for each (D_in,).
    """
    labels = np.repeat(np.arange(people), faces)
    centres = difference * rng.normal(size=(people, D_in))
    return centres[labels] + rng.normal(size=(len(labels), D_in)), labels


class Training(NamedTuple):
    """What happened in each step, before the weights changed, and the weights at the end."""

    E: np.ndarray  # (steps, N, D) embeddings of the batch
    losses: np.ndarray  # (steps,) mean over active triplets
    active: np.ndarray  # (steps,) number of active triplets
    W: np.ndarray  # (D_in, D)
    b: np.ndarray  # (D,)


def train(
    x: np.ndarray,
    labels: np.ndarray,
    mine: Callable[[np.ndarray, np.ndarray], np.ndarray],
    *,
    D: int,
    rate: float,
    steps: int,
    rng: np.random.Generator,
    margin: float = MARGIN,
    batch: tuple[int, int] | None = None,
) -> Training:
    """Gradient descent on xW + b, normalised; `mine(d2, labels)` chooses the triplets.

    `batch`: people and pictures of each in a step; by default a step takes everything.
    """
    W, b = rng.normal(size=(x.shape[1], D)) / np.sqrt(x.shape[1]), np.zeros(D)
    log = []
    for _ in range(steps):
        rows = balanced_batch(rng, labels, *batch) if batch else np.arange(len(x))
        z = x[rows] @ W + b  # (N, D)
        E = l2_normalise(z)
        loss = triplet_loss(E, mine(squared_distances(E), labels[rows]), margin)
        log.append((E, loss.value, loss.active))
        gradient = l2_normalise_backward(z, loss.gradient)  # (N, D)
        W = W - rate * x[rows].T @ gradient
        b = b - rate * gradient.sum(axis=0)
    embeddings, losses, active = map(np.array, zip(*log, strict=True))
    return Training(embeddings, losses, active, W, b)
