"""Write harmonic.json, the results that chapter 16 shows: `python book/data/train_harmonic.py`.

Trains four networks on each identity split, and takes about five minutes of one core. As with
train_faces.py, another processor rounds differently, which changes a VAL as another seed does.
"""

import os
import sys
from pathlib import Path

# Matrices this small gain nothing from more threads. Before NumPy is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from lib import faces, harmonic, verification
from lib.triplets import l2_normalise
from train_faces import FAR, SPLITS, pictures, readable, say

RESULTS = Path(__file__).with_name("harmonic.json")
RIDGES = (0.01, 0.1, 1.0)
SHARES, ORDERS = (0.0, 0.25, 0.5, 0.75, 1.0), 10


def ways(versions: harmonic.Versions, train: np.ndarray, test: np.ndarray) -> dict:
    """{name: embeddings of the test people}: the older network's, and ways to a newer version.

    train and test are pictures (people, pictures, 28, 23).
    """
    older, newer, last_layer, whole = (faces.embed(network, test) for network in versions)
    stored, known = (faces.embed(network, train) for network in versions[:2])
    regressed = {
        f"ridge {ridge:g}": l2_normalise(newer @ harmonic.matrix_onto(known, stored, ridge))
        for ridge in RIDGES
    }
    return {
        "older": older,
        "independent": newer,
        "rotated": newer @ harmonic.rotation_onto(known, stored),
        **regressed,
        "averaged": l2_normalise(older + newer),
        "last layer": last_layer,
        "harmonic": whole,
    }


def vals(older: np.ndarray, E: np.ndarray) -> dict:
    """VAL at a FAR of 0.01 for pairs of both versions, and of the new one alone."""
    mixed, new = harmonic.version_pairs(E, older), harmonic.version_pairs(E, E)
    return {
        "mixed": round(verification.val_at_far(*mixed, FAR), 4),
        "new": round(verification.val_at_far(*new, FAR), 4),
    }


def upgrade(older: np.ndarray, E: np.ndarray, seed: int) -> list[float]:
    """Part of new queries found first, for each of SHARES of the gallery already embedded anew.

    The gallery holds the first three pictures of each person, the queries are all others; mean over
    orders in which the gallery is gone through.
    """
    rng = np.random.default_rng(seed)
    people, each, D = E.shape
    names = np.repeat(np.arange(people), 3)
    old, new = (x[:, :3].reshape(-1, D) for x in (older, E))
    queries, query_names = E[:, 3:].reshape(-1, D), np.repeat(np.arange(people), each - 3)
    found = np.zeros((ORDERS, len(SHARES)))
    for row in found:
        place = rng.permutation(len(names))
        for k, share in enumerate(SHARES):
            gallery = np.where((place < share * len(names))[:, None], new, old)
            row[k] = harmonic.found_first(gallery, names, queries, query_names)
    return found.mean(axis=0).round(4).tolist()


def one_split(k: int) -> dict:
    """What the chapter shows of a split: {way: {mixed, new, upgrade}}."""
    large, small = pictures()
    train_on, test_on = SPLITS[k]
    versions = harmonic.train_versions(large[train_on], small[train_on], k)
    embedded = ways(versions, small[train_on], small[test_on])
    older = embedded["older"]
    return {
        name: vals(older, E) | {"upgrade": upgrade(older, E, k)} for name, E in embedded.items()
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
