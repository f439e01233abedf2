"""Write faces.json, the results that chapter 14 shows: `python book/data/train_faces.py [PART …]`.

Trains about two hundred small networks, one after the other, and takes about 20 minutes of one
core. The parts are main, seeds, dimension, people and without; parts that are not named stay as the
file has them. Numbers are the same on every run on one machine; another processor or another BLAS
rounds differently, and then a network's VAL changes about as much as with another seed.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

# Matrices this small gain nothing from more threads. Before NumPy is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from lib import faces, verification
from lib.faces import Dense, Network, Recipe, Rectifier, SideBySide
from lib.triplets import hardest_negative_triplets

RESULTS = Path(__file__).with_name("faces.json")
FAR = 1e-2
SPLITS = faces.identity_splits()
FEWER = range(8)  # two repeats: every person is tested twice
PIXELS = faces.SIZE[0] * faces.SIZE[1]

# --- one thing left out of, or put into, the recipe


def convolutions_alone(rng: np.random.Generator, D: int, people: np.ndarray) -> Network:
    """No principal components: all D numbers are learned."""
    return faces.convolutional(rng, D)


def fisher_and_convolutions(rng: np.random.Generator, D: int, people: np.ndarray) -> Network:
    """Fisher's directions in place of the principal components."""
    fisher = Network([faces.within_person_whitening(people, D // 2)])
    return Network([SideBySide(fisher, faces.convolutional(rng, D - D // 2))])


def without_dropout(rng: np.random.Generator, D: int, people: np.ndarray) -> Network:
    """The network of the recipe, every number used in every step."""
    components = Network([faces.principal_components(people, D // 2)])
    return Network([SideBySide(components, faces.convolutional(rng, D - D // 2, dropout=0))])


def components_and_a_matrix(rng: np.random.Generator, D: int, people: np.ndarray) -> Network:
    """Pixels times a matrix in place of the convolutions."""
    components = Network([faces.principal_components(people, D // 2)])
    return Network([SideBySide(components, Network([Dense(rng, PIXELS, D - D // 2)]))])


def two_dense_layers(rng: np.random.Generator, D: int, people: np.ndarray) -> Network:
    """A hidden layer of 128, no convolutions, no components."""
    return Network([Dense(rng, PIXELS, 128), Rectifier(), Dense(rng, 128, D)])


def same_view(rng: np.random.Generator, images: np.ndarray) -> np.ndarray:
    """(B, 56, 46) to (B, 28, 23): the picture as it is, only smaller."""
    return faces.shrink(images, 2)


def hardest(d2: np.ndarray, labels: np.ndarray, margin: float) -> np.ndarray:
    """(B, B), (B,) to (T, 3): every pair of anchor and positive with the nearest negative."""
    return hardest_negative_triplets(d2, labels)


WITHOUT = {
    "as it is": Recipe(),
    "not trained": Recipe(steps=0),
    "half the steps": Recipe(steps=100),
    "convolutions alone": Recipe(network=convolutions_alone),
    "Fisher's directions for components": Recipe(network=fisher_and_convolutions),
    "a matrix for convolutions": Recipe(network=components_and_a_matrix),
    "no random views": Recipe(views=same_view),
    "no dropout": Recipe(network=without_dropout),
    "last weights, not the mean": Recipe(average=False),
    "hardest negatives": Recipe(choose=hardest),
    "two dense layers, no views, last weights": Recipe(
        network=two_dense_layers, views=same_view, average=False
    ),
}
DIMENSIONS = (4, 8, 16, 32, 64, 128, 256)
TRAINING_PEOPLE = (5, 10, 15, 20, 30)
SEEDS = 12

# What is judged: the network and three ways that need no gradients.
METHODS = ("network", "pixels", "pca", "fisher")
COMPONENTS = 128

# --- training and judging


def pictures() -> tuple[np.ndarray, np.ndarray]:
    """(40, 10, 56, 46) to take views from, and (40, 10, 28, 23) to be tested on."""
    full = faces.load_faces()
    return faces.shrink(full, 2), faces.shrink(full, 4)


def test_pairs(E: np.ndarray) -> verification.Pairs:
    """(people, pictures, D) to the squared distances of all pairs."""
    people, each, D = E.shape
    return verification.pairs(E.reshape(-1, D), np.repeat(np.arange(people), each))


def each_persons_val(E: np.ndarray, d: float) -> list[float]:
    """(people, pictures, D): VAL(d) among each person's own pairs, whose mean is VAL(d)."""
    return [round(float(verification.val(test_pairs(own[None]).same, d)), 4) for own in E]


def judge(E: np.ndarray) -> dict:
    """(people, pictures, D), all of test people: VAL at two FARs, VAL of each person at the first.

    `moved` is what becomes of a threshold that is set for a FAR of 0.01 on one half of the people
    and used on the other, mean of both directions: [VAL, FAR].
    """
    same, different = test_pairs(E)
    halves = [test_pairs(half) for half in np.array_split(E, 2)]
    moved = []
    for here, there in (halves, halves[::-1]):
        d = verification.threshold_at_far(here.different, FAR)
        moved.append([verification.val(there.same, d), verification.far(there.different, d)])
    return {
        "val": round(verification.val_at_far(same, different, FAR), 4),
        "val_at_0.001": round(verification.val_at_far(same, different, 1e-3), 4),
        "each": each_persons_val(E, verification.threshold_at_far(different, FAR)),
        "moved": np.mean(moved, axis=0).round(4).tolist(),
    }


def trained(split: int, recipe: Recipe, seed: int, train_people: int | None = None) -> np.ndarray:
    """Embeddings (10, 10, D) of a split's test people by a network trained on its others."""
    train_on, test_on = SPLITS[split]
    large, small = pictures()
    network, _ = faces.train(large[train_on[:train_people]], seed, recipe)
    return faces.embed(network, small[test_on], recipe.prepare)


def baselines(split: int, train_people: int | None = None) -> dict[str, np.ndarray]:
    """Vectors of a split's test people, (10, 10, numbers), by the ways that need no gradients."""
    train_on, test_on = SPLITS[split]
    _, small = pictures()
    known = faces.network_input(small[train_on[:train_people]])
    projections = {
        "pca": faces.principal_components(known, COMPONENTS),
        "fisher": faces.within_person_whitening(known, COMPONENTS),
    }
    return {"pixels": faces.pixel_vectors(small[test_on])} | {
        name: faces.embed(Network([projection]), small[test_on])
        for name, projection in projections.items()
    }


def vals(recipe: Recipe) -> list[float]:
    """VAL at FAR 0.01 for each of FEWER splits, seed = number of the split."""
    return [judge(trained(k, recipe, k))["val"] for k in FEWER]


def main() -> list[dict]:
    """For every split: the test people, and the verdict on each of METHODS."""
    results = []
    for k, (_, test_on) in enumerate(SPLITS):
        embeddings = {"network": trained(k, Recipe(), k)} | baselines(k)
        results.append({"test": test_on.tolist()} | {m: judge(embeddings[m]) for m in METHODS})
        say(f"split {k}: " + ", ".join(f"{m} {results[-1][m]['val']}" for m in METHODS))
    return results


def seeds() -> list[float]:
    """VAL on the first split with other seeds: how much chance there is in one training."""
    return [judge(trained(0, Recipe(), 1000 + s))["val"] for s in range(SEEDS)]


def people(count: int) -> dict[str, list[float]]:
    """VAL for each of FEWER splits with `count` people to learn from, of network and baselines."""
    found = {method: [] for method in METHODS}
    for k in FEWER:
        for method, E in (
            {"network": trained(k, Recipe(), k, count)} | baselines(k, count)
        ).items():
            found[method].append(judge(E)["val"])
    return found


def table(name: str, run: Callable, rows: tuple) -> dict:
    """{row: its result}, with a line of progress for each."""
    results = {}
    for row in rows:
        results[str(row)] = run(row)
        say(f"{name} {row}: {results[str(row)]}")
    return results


PARTS = {
    "main": main,
    "seeds": seeds,
    "dimension": lambda: table("dimension", lambda D: vals(Recipe(D=D)), DIMENSIONS),
    "people": lambda: table("people", people, TRAINING_PEOPLE),
    "without": lambda: table("without:", lambda name: vals(WITHOUT[name]), tuple(WITHOUT)),
}


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def readable(value: object, indent: str = "\n") -> str:
    """JSON with every list of numbers on a line of its own."""
    inner = indent + " "
    if isinstance(value, dict):
        rows = [f"{json.dumps(k)}: {readable(v, inner)}" for k, v in value.items()]
        return "{" + inner + ("," + inner).join(rows) + indent + "}"
    if isinstance(value, list) and isinstance(value[0], dict):
        rows = [readable(v, inner) for v in value]
        return "[" + inner + ("," + inner).join(rows) + indent + "]"
    return json.dumps(value)


if __name__ == "__main__":
    unknown = set(sys.argv[1:]) - set(PARTS)
    if unknown:
        sys.exit(f"train_faces.py: no part {', '.join(unknown)} — use {', '.join(PARTS)}")
    for part in sys.argv[1:] or PARTS:
        found = PARTS[part]()
        # Read as late as possible: the parts may run side by side.
        results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        results[part] = found
        RESULTS.write_text(
            readable({name: results[name] for name in PARTS if name in results}) + "\n"
        )
