"""Means, variances and probabilities as exact sums over the outcomes of what is random."""

from typing import TYPE_CHECKING, Any

import numpy as np

from lib.tex import tree, values
from lib.tex.values import Batch, Identity, Outcomes, ValueProblem

if TYPE_CHECKING:
    from lib.tex.evaluate import Scope
    from lib.tex.names import Names

NODES = 270_000  # outcomes of all that is random together


def _law(scope: "Names", key: str, axes: tuple[int, ...]) -> tuple[Any, Any]:
    """Mean and standard deviation of what a printed law draws, for a name of such a shape."""
    law = scope.laws[key]
    with scope.reading(law.source):
        variance, mean = scope.value(law.variance), scope.value(law.mean)
    if isinstance(variance, Identity):
        variance = variance.scale
    elif axes:
        raise ValueProblem(f"{key} has entries, so its variance is a number times I")
    if values.shape(variance) or not float(variance) > 0:
        raise ValueProblem(f"{key} has variance {variance}")
    return mean, np.sqrt(float(variance))


def sample(scope: "Names", key: str, drawn: Any) -> Any:
    """One draw of a name with a printed law; `drawn` is standard normal, or what a check gave."""
    if scope.random is not None:
        scope.random.add(key)
    if drawn is not None and key not in scope.drawn:
        return drawn
    mean, deviation = _law(scope, key, values.shape(drawn))
    return values.add(values.multiply(deviation, 0.7 if drawn is None else drawn), mean)


def one_outcome(scope: "Names", key: str, given: Outcomes) -> Any:
    """The first outcome, where only a trial asks for it."""
    if scope.random is None:
        raise ValueProblem(f"{key} is random: only a mean of it has a value")
    scope.random.add(key)
    return values.plain(values.value(given.values[0]))


def mean(scope: "Scope", node: tree.Mean) -> Any:
    """E, Var or Pr of the body over all outcomes of the random names that it meets."""
    before, scope.random = scope.random, set()
    try:
        scope.value(node.body)
        if node.given is not None:
            scope.value(node.given)
        names = sorted(scope.random)
    finally:
        scope.random = before
    if not names:
        raise ValueProblem("nothing in this mean is random")
    batches, weights = grid(scope, names)
    with scope.within(batches):
        body = _batch(scope.value(node.body), len(weights))
        if node.given is not None:
            given = _batch(scope.value(node.given), len(weights)) @ weights
            both = _batch(scope.value(node.body), len(weights)) * _batch(
                scope.value(node.given), len(weights)
            )
            return values.plain(both @ weights / given)
    first = body @ weights
    if node.which == "Var":
        first = (body * body) @ weights - first * first
    if np.iscomplexobj(first) and np.all(np.abs(first.imag) <= 1e-12 * np.abs(first).max()):
        first = first.real
    return values.plain(np.asarray(first)) if np.ndim(first) == 2 else first.item()


def _batch(body: Any, count: int) -> np.ndarray:
    if not isinstance(body, Batch):
        raise ValueProblem("nothing in this mean is random")
    return np.broadcast_to(body.data, (*body.data.shape[:-1], count))


def grid(scope: "Scope", names: list[str]) -> tuple[dict[str, Batch], np.ndarray]:
    """All outcomes of independent names together, and their weights."""
    normal = {}
    for key in names:
        given = scope.bindings.get(key)
        if not isinstance(scope.computed(key, given), Outcomes):
            normal[key] = values.shape(given) if key in scope.bindings else ()
    numbers = sum(int(np.prod(axes)) for axes in normal.values())
    nodes = max(3, min(24, int(NODES ** (1 / max(numbers, 1)))))
    points, chances = np.polynomial.hermite_e.hermegauss(nodes)
    arrays: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    axes: list[int] = []
    groups: dict[int, int] = {}  # which axis of the grid the outcomes of a group lie on
    for key in names:
        if key not in normal:
            found = scope.computed(key, scope.bindings[key])
            arrays.append(_outcome_last(found.values))
            axis = groups.setdefault(id(found.group or found), len(weights))
            axes.append(axis)
            if axis == len(weights):
                weights.append(found.weights)
            continue
        centre, deviation = _law(scope, key, normal[key])
        count = int(np.prod(normal[key]))
        cells = np.meshgrid(*[points] * count, indexing="ij")
        chance = np.ones(1)
        for _ in range(count):
            chance = np.multiply.outer(chance, chances).ravel()
        entries = np.stack([cell.ravel() for cell in cells])  # (count, nodes**count)
        arrays.append(centre + deviation * entries.reshape(*normal[key], -1))
        axes.append(len(weights))
        weights.append(chance / chance.sum())
    total = np.prod([len(one) for one in weights])
    if total > 4 * NODES:
        raise ValueProblem(f"{total} outcomes are too many: use smaller sizes")
    where = np.indices([len(one) for one in weights]).reshape(len(weights), -1)
    joint = np.prod([one[at] for one, at in zip(weights, where, strict=True)], axis=0)
    batches = {
        key: Batch(array[..., where[axis]])
        for key, array, axis in zip(names, arrays, axes, strict=True)
    }
    return batches, joint


def _outcome_last(given: np.ndarray) -> np.ndarray:
    """Outcomes from the first axis to the last; what is one row becomes a 1×n matrix."""
    moved = np.moveaxis(given, 0, -1)
    if moved.ndim == 2:
        return moved[None, ...]
    if moved.shape[:-1] == (1, 1):
        return moved[0, 0]
    return moved


def sphere(D: int) -> tuple[np.ndarray, np.ndarray]:
    """Points on the unit sphere in D dimensions and weights, exact for polynomials to degree 7."""
    turn = np.arange(8) * np.pi / 4
    points = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    weights = np.full(8, 1 / 8)
    for dimension in range(3, D + 1):
        height, chance = _gegenbauer(dimension)
        rest = np.sqrt(1 - height**2)
        points = np.concatenate(
            [
                np.column_stack([np.full(len(points), h), r * points])
                for h, r in zip(height, rest, strict=True)
            ]
        )
        weights = np.concatenate([c * weights for c in chance])
    return points, weights


def _gegenbauer(D: int) -> tuple[np.ndarray, np.ndarray]:
    """Four nodes for the weight (1 − t²)^((D − 3)/2), by Golub and Welsch's eigenvalues."""
    k, half = np.arange(1, 4), (D - 2) / 2
    off = np.sqrt(k * (k + 2 * half - 1) / (4 * (k + half) * (k + half - 1)))
    height, vectors = np.linalg.eigh(np.diag(off, 1) + np.diag(off, -1))
    return height, vectors[0] ** 2
