r"""What a check binds by words: `Q="N×D"`, `q="unit D"`, `s="real"`, `N="size"`.

A shape draws an array of standard normal numbers; its sizes, where nothing else binds them, are
drawn too: at least 2 and all different. Words before a shape: `unit` (rows of length 1),
`orthogonal` (orthonormal rows), `positive`, `share` (between 0 and 1), `ones`. `random` before them
makes a quantity that E, Var and Pr are taken over: standard normal, or with `unit` uniform on the
sphere. Without a shape: `real`, `positive`, `share`, `size`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from lib.tex.chance import sphere
from lib.tex.keys import key_of
from lib.tex.values import Outcomes, outcomes

SCALARS = {"real", "positive", "share", "size"}
WORDS = {"unit", "orthogonal", "positive", "share", "ones", "random"}


@dataclass(frozen=True)
class Drawn:
    """What a string asks for; `axes` are keys of sizes or numbers, None for a number."""

    words: frozenset[str]
    axes: tuple[str, ...] | None


def drawn(text: str) -> Drawn:
    """Read such a string; raises ValueError for one that says nothing."""
    words = text.split()
    if len(words) == 1 and words[0] in SCALARS:
        return Drawn(frozenset(words), None)
    if not words or not set(words[:-1]) <= WORDS:
        raise ValueError(f"{text!r} is neither a shape nor one of {', '.join(sorted(SCALARS))}")
    axes = tuple(map(key_of, words[-1].split("×")))
    return Drawn(frozenset(words[:-1]), axes)


def draw(
    wanted: Mapping[str, Drawn], bound: Mapping[str, Any], rng: np.random.Generator, small: bool
) -> dict[str, Any]:
    """Values for all that is wanted, and for the sizes that nothing in `bound` binds."""
    sizes: dict[str, int] = {}
    for key, one in wanted.items():
        for axis in (key,) if one.words == {"size"} else one.axes or ():
            if not axis.isdigit() and axis not in bound:
                sizes.setdefault(axis, 0)
    more = 5 if not small else 3 if len(sizes) < 2 else 2
    pool = rng.permutation(np.arange(2, len(sizes) + more))
    sizes = {axis: int(number) for axis, number in zip(sizes, pool, strict=False)}
    found: dict[str, Any] = dict(sizes)
    for key, one in wanted.items():
        if one.axes is None:
            if one.words != {"size"}:
                found[key] = _number(one.words, rng, small)
            continue
        axes = [int(a) if a.isdigit() else int(sizes.get(a) or bound[a]) for a in one.axes]
        axes = [1, *axes] if len(axes) == 1 else axes
        found[key] = _array(one.words, axes, rng, 0.2 if small else 1.0)
    return found


def _number(words: frozenset[str], rng: np.random.Generator, small: bool) -> float:
    if words == {"share"}:
        return float(rng.uniform(0.1, 0.9))
    if words == {"positive"}:
        return float(rng.uniform(0.9, 1.6) if small else rng.uniform(0.4, 2.2))
    return float((0.5 if small else 1.0) * rng.normal())


def _array(
    words: frozenset[str], axes: list[int], rng: np.random.Generator, scale: float
) -> np.ndarray | Outcomes:
    if words >= {"random", "unit"}:
        points, weights = sphere(axes[-1])
        if axes[0] == 1:
            return outcomes(points, weights)
        where = np.indices([len(points)] * axes[0]).reshape(axes[0], -1)
        return outcomes(np.moveaxis(points[where], 0, 1), np.prod(weights[where], axis=0))
    if "ones" in words:
        return np.ones(axes)
    if "orthogonal" in words:
        square = rng.normal(size=(*axes[:-2], axes[-1], axes[-1]))
        return np.linalg.qr(square)[0][..., : axes[-2], :]
    if "share" in words:
        return rng.uniform(0.1, 0.9, size=axes)
    array = rng.normal(size=axes)
    if "positive" in words:
        return np.abs(array) + 0.1
    if "unit" in words:
        return array / np.linalg.norm(array, axis=-1, keepdims=True)
    return scale * array


def symbol(key: str, one: Drawn) -> sp.Symbol:
    """A SymPy symbol in place of a drawn number."""
    name = re.sub(r"[\\{}]", "", key)
    if one.words == {"size"}:
        return sp.Symbol(name, integer=True, positive=True)
    positive = True if one.words & {"positive", "share"} else None
    return sp.Symbol(name, real=True, positive=positive)
