"""Two versions of an embedding that can be compared (chapter 16, after FaceNet's appendix).

An older network's embeddings are stored; a newer network is to give embeddings of its own that can
be compared with each other and with the stored ones. People are arrays (people, pictures of each,
…), as in `lib.faces`.
"""

import copy
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from lib import faces
from lib.faces import Network, Recipe
from lib.triplets import squared_distances
from lib.verification import Pairs

# The older network: half as many channels, half as long, and half of the people.
OLDER = Recipe(network=partial(faces.small_convolutional, channels=(8, 16)), steps=100)
OLDER_PEOPLE = 15
LAST_STEPS, ALL_STEPS = 60, 100


def version_pairs(E: np.ndarray, others: np.ndarray) -> Pairs:
    """(people, pictures, D) twice to squared distances between two versions of the same pictures.

    All pairs of two different pictures, one from each side; also of one version with itself, where
    every pair then comes twice.
    """
    people, each, D = E.shape
    d2 = squared_distances(E.reshape(-1, D), others.reshape(-1, D))
    who = np.repeat(np.arange(people), each)
    same = who[:, None] == who
    return Pairs(d2[same & ~np.eye(len(who), dtype=bool)], d2[~same])


def rotation_onto(E: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The orthogonal (D, D) that brings E R nearest to the target; both (…, D).

    Nearest in the sum of squared distances (orthogonal Procrustes problem, Schönemann 1966).
    """
    D = E.shape[-1]
    U, _, Vt = np.linalg.svd(E.reshape(-1, D).T @ target.reshape(-1, D))
    return U @ Vt


def matrix_onto(E: np.ndarray, target: np.ndarray, ridge: float = 1.0) -> np.ndarray:
    """The (D, D) that brings E W nearest to the target, by least squares with a ridge."""
    D = E.shape[-1]
    x = E.reshape(-1, D)
    return np.linalg.solve(x.T @ x + ridge * np.eye(D), x.T @ target.reshape(-1, D))


class Versions(NamedTuple):
    """The networks of one upgrade."""

    older: Network
    newer: Network  # trained by itself
    last_layer: Network  # newer, its last layer learned anew beside the older embeddings
    harmonic: Network  # that one, all layers trained further


def train_versions(large: np.ndarray, small: np.ndarray, seed: int) -> Versions:
    """An older network, a newer one, and the newer one made comparable with the older.

    large (people, pictures, 56, 46) and small (people, pictures, 28, 23) are the same pictures:
    views for training come from the first, the stored embeddings from the second.
    """
    older, _ = faces.train(large[:OLDER_PEOPLE], seed + 1000, OLDER)
    newer, _ = faces.train(large, seed)
    stored = faces.embed(older, small, OLDER.prepare)

    last_layer = copy.deepcopy(newer)
    fresh = Recipe().network(np.random.default_rng(seed + 2000), stored.shape[-1])
    last_layer.layers[-1] = fresh.layers[-1]
    step = replace(Recipe(), steps=LAST_STEPS)
    on = {"network": last_layer, "layers": last_layer.layers[-1:], "older": stored}
    faces.train(large, seed + 3000, step, **on)

    harmonic = copy.deepcopy(last_layer)
    step = replace(Recipe(), steps=ALL_STEPS)
    faces.train(large, seed + 4000, step, network=harmonic, older=stored)
    return Versions(older, newer, last_layer, harmonic)


def found_first(
    gallery: np.ndarray, names: np.ndarray, queries: np.ndarray, query_names: np.ndarray
) -> float:
    """Part of the queries (Q, D) whose nearest entry of the gallery (G, D) has their name."""
    nearest = squared_distances(queries, gallery).argmin(axis=1)
    return float((names[nearest] == query_names).mean())
