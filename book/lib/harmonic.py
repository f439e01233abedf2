"""Two versions of an embedding that can be compared (chapter 16, after FaceNet's appendix).

An older network's embeddings are stored; a newer network is to give embeddings of its own that can
be compared with each other and with the stored ones. People are arrays (people, pictures of each,
…), as in `lib.faces`.
"""

import copy
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from lib import faces
from lib.faces import Dense, Layer, Network, Recipe, convolutional
from lib.triplets import squared_distances
from lib.verification import Pairs

D = 64


def narrow(rng: np.random.Generator, D: int, people: np.ndarray) -> Network:
    """Half as many channels as chapter 14's convolutions have."""
    return convolutional(rng, D, channels=(8, 16))


def wide(rng: np.random.Generator, D: int, people: np.ndarray) -> Network:
    """Chapter 14's convolutions, without the principal components beside them."""
    return convolutional(rng, D)


# The older network is narrower, trained for half as long, and on half of the people.
OLDER, OLDER_PEOPLE = Recipe(network=narrow, D=D, steps=100), 15
NEWER = Recipe(network=wide, D=D)
LAST_LAYER_STEPS, HARMONIC_STEPS = 60, 100


class Frozen(Layer):
    """Layers in a row that training leaves as they are."""

    def __init__(self, layers: list[Layer]):
        super().__init__()
        self.layers = layers

    def forward(self, x: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """What the layers make of x, one after the other."""
        for layer in self.layers:
            x = layer.forward(x, rng)
        return x

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        """Gradient with respect to the output, to that with respect to x."""
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient)
        return gradient


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


def matrix_onto(E: np.ndarray, target: np.ndarray, ridge: float) -> np.ndarray:
    """The (D, D) W that brings E W nearest to the target, least ‖E W − target‖² + ridge ‖W‖²."""
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
    older, _ = faces.train(large[:OLDER_PEOPLE], seed, OLDER)
    newer, _ = faces.train(large, seed, NEWER)
    stored = faces.embed(older, small)

    def go_on(network: Network, steps: int) -> None:
        recipe = replace(NEWER, network=lambda *_: network, steps=steps)
        faces.train(large, seed, recipe, older=stored)

    *first, last = copy.deepcopy(newer.layers)
    fresh = Dense(np.random.default_rng(seed), len(last.weights["W"]), D)
    go_on(Network([Frozen(first), fresh]), LAST_LAYER_STEPS)
    last_layer = Network([*first, fresh])
    harmonic = copy.deepcopy(last_layer)
    go_on(harmonic, HARMONIC_STEPS)
    return Versions(older, newer, last_layer, harmonic)


def found_first(d2: np.ndarray, names: np.ndarray, query_names: np.ndarray) -> float:
    """Part of the queries whose nearest entry of the gallery has their name.

    d2 (Q, G) are squared distances of queries and entries, names (G,) those of the entries.
    """
    return float((names[d2.argmin(axis=1)] == query_names).mean())
