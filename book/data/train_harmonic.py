"""Write harmonic.json, the results that chapter 16 shows: `python book/data/train_harmonic.py`.

Trains four networks on each identity split, and takes about five minutes of one core. As with
train_faces.py, another processor rounds differently, which changes a VAL as another seed does.
"""

import os
import sys
from pathlib import Path
from typing import NamedTuple

# Matrices this small gain nothing from more threads. Before NumPy is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from lib import faces, harmonic, verification
from lib.triplets import l2_normalise, squared_distances
from train_faces import FAR, SPLITS, pictures, readable, say

RESULTS = Path(__file__).with_name("harmonic.json")
RIDGES = (0.01, 0.1, 1.0)
SHARES, ORDERS = (0.0, 0.25, 0.5, 0.75, 1.0), 10


class Way(NamedTuple):
    """Embeddings of the test people, as they are compared with old ones and with new ones.

    Only a gallery whose entries are tagged with their version can make a difference between them.
    """

    to_old: np.ndarray
    to_new: np.ndarray


def ways(versions: harmonic.Versions, train: np.ndarray, test: np.ndarray) -> dict[str, Way]:
    """The older network's embeddings, and ways to a newer version, by name.

    train and test are pictures (people, pictures, 28, 23).
    """
    older, newer, last_layer, whole = (faces.embed(network, test) for network in versions)
    stored, known = (faces.embed(network, train) for network in versions[:2])
    regressed = {
        f"ridge {ridge:g}": l2_normalise(newer @ harmonic.matrix_onto(known, stored, ridge))
        for ridge in RIDGES
    }
    one_for_both = {
        "older": older,
        "independent": newer,
        "rotated": newer @ harmonic.rotation_onto(known, stored),
        **regressed,
        "averaged": l2_normalise(older + newer),
        "last layer": last_layer,
        "harmonic": whole,
    }
    # Of the ridges the one whose mixed pairs turned out best, which favours this way a little.
    tagged = {"tagged": Way(regressed[f"ridge {RIDGES[0]:g}"], newer)}
    return {name: Way(E, E) for name, E in one_for_both.items()} | tagged


def vals(older: np.ndarray, way: Way) -> dict:
    """VAL at a FAR of 0.01 for pairs of both versions, and of the new one alone."""
    mixed = harmonic.version_pairs(way.to_old, older)
    new = harmonic.version_pairs(way.to_new, way.to_new)
    return {
        "mixed": round(verification.val_at_far(*mixed, FAR), 4),
        "new": round(verification.val_at_far(*new, FAR), 4),
    }


def upgrade(older: np.ndarray, way: Way, seed: int) -> list[float]:
    """Part of new queries found first, for each of SHARES of the gallery already embedded anew.

    The gallery holds the first three pictures of each person, the queries are all others; mean over
    orders in which the gallery is gone through.
    """
    rng = np.random.default_rng(seed)
    people, each, D = older.shape
    names, query_names = np.repeat(np.arange(people), 3), np.repeat(np.arange(people), each - 3)

    def distances(E: np.ndarray, entries: np.ndarray) -> np.ndarray:
        """(queries, entries): of each person's last pictures in E and first three in entries."""
        return squared_distances(E[:, 3:].reshape(-1, D), entries[:, :3].reshape(-1, D))

    old, new = distances(way.to_old, older), distances(way.to_new, way.to_new)
    found = np.zeros((ORDERS, len(SHARES)))
    for row in found:
        place = rng.permutation(len(names))
        for k, share in enumerate(SHARES):
            d2 = np.where(place < share * len(names), new, old)
            row[k] = harmonic.found_first(d2, names, query_names)
    return found.mean(axis=0).round(4).tolist()


def one_split(k: int) -> dict:
    """What the chapter shows of a split: {way: {mixed, new, upgrade}}."""
    large, small = pictures()
    train_on, test_on = SPLITS[k]
    versions = harmonic.train_versions(large[train_on], small[train_on], k)
    embedded = ways(versions, small[train_on], small[test_on])
    older = embedded["older"].to_new
    return {
        name: vals(older, way) | {"upgrade": upgrade(older, way, k)}
        for name, way in embedded.items()
    }


if __name__ == "__main__":
    results = []
    for k in range(len(SPLITS)):
        results.append(one_split(k))
        say(
            f"split {k}: "
            + ", ".join(f"{n} {r['mixed']} {r['new']}" for n, r in results[-1].items())
        )
    RESULTS.write_text(readable(results) + "\n")
