"""Whether two values stand in a relation, and how near an inequality comes to equality."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import sympy as sp

from lib.tex import values

SIGNS = {"le": "≤", "ge": "≥", "ne": "≠", "approx": "≈"}


def difference(relation: str, left: Any, right: Any, tolerance: float, within: Any) -> str:
    """Why the relation does not hold, "" if it does."""
    if values.is_symbolic(left) or values.is_symbolic(right):
        return _symbolic_difference(relation, left, right)
    if values.shape(left) != values.shape(right) and not (
        values.is_zero(left) or values.is_zero(right)
    ):
        return f"ShapeError: left {values.size_text(left)}, right {values.size_text(right)}"
    one, other = np.broadcast_arrays(numbers(left), numbers(right))
    scale = max(np.abs(one).max(), np.abs(other).max(), 1e-300)
    apart = np.abs(one - other)
    if relation == "approx" and within is None:
        return "≈ needs within=, the tolerance"
    if relation in ("=", "approx"):
        wrong = apart > (tolerance * scale if within is None else within)
    elif relation in ("le", "ge"):
        low, high = (one, other) if relation == "le" else (other, one)
        wrong = low.real > high.real + 1e-12 * scale
    elif relation in ("<", ">"):
        low, high = (one, other) if relation == "<" else (other, one)
        wrong = low.real >= high.real
    elif relation == "ne":
        wrong = one == other
    else:
        return f"the relation {relation} is not read here"
    if not np.any(wrong):
        return ""
    where = np.unravel_index(np.argmax(wrong), wrong.shape)
    sign = "" if relation == "=" else f" (not {SIGNS.get(relation, relation)})"
    entry = f" in entry {tuple(int(n) + 1 for n in where)}" if one.size > 1 else ""
    return f"left {brief(one[where])}, right {brief(other[where])}{sign}{entry}"


def _symbolic_difference(relation: str, left: Any, right: Any) -> str:
    if relation != "=":
        return f"{SIGNS.get(relation, relation)} needs numbers"
    pairs = zip(np.ravel(np.asarray(left, dtype=object)),
                np.ravel(np.asarray(right, dtype=object)), strict=True)  # fmt: skip
    rng = np.random.default_rng(1)
    for one, other in pairs:
        gap = sp.sympify(one) - sp.sympify(other)
        chosen = {
            free: int(rng.integers(2, 9)) if free.is_integer
            else sp.Rational(int(rng.integers(3, 30)), 10)
            for free in sorted(gap.free_symbols, key=str)
        }  # fmt: skip
        number = sp.N(gap.subs(chosen))
        if number.is_number and abs(number) > 1e-8 * (1 + abs(sp.N(sp.sympify(one).subs(chosen)))):
            return f"left {short(str(one))}, right {short(str(other))}"
        if gap != 0 and sp.simplify(gap) != 0:
            return f"left {short(str(one))}, right {short(str(other))}"
    return ""


def tightest(pairs: Sequence[tuple]) -> tuple[float, str]:
    """The smallest relative gap of an inequality's cases, and the ratio of its sides there."""
    sides = [np.broadcast_arrays(numbers(p[1]).real, numbers(p[2]).real) for p in pairs]
    left = np.concatenate([one.ravel() for one, _ in sides])
    right = np.concatenate([other.ravel() for _, other in sides])
    scale = np.maximum(np.abs(left), np.abs(right))
    whole = scale.max() or 1.0
    gap = np.abs(left - right) / np.where(np.minimum(np.abs(left), np.abs(right)) > 0, scale, whole)
    gap[scale == 0] = np.inf  # 0 beside 0: any multiple of a bound would do
    at = int(np.argmin(gap))
    low, high = sorted((abs(left[at]), abs(right[at])))
    return float(gap[at]), f"{high / low:.4g}" if low else f"{high:.3g} from 0"


def numbers(value: Any) -> np.ndarray:
    """The value as an array of floats or complex numbers."""
    array = np.asarray(value)
    if array.dtype == object:
        array = np.asarray(array, dtype=float)
    return array if np.iscomplexobj(array) else array.astype(float)


def brief(value: Any) -> str:
    """A number in six digits, or in four for each part of a complex one."""
    number = complex(value)
    return f"{number.real:.6g}" if number.imag == 0 else f"{number:.4g}"


def short(text: str) -> str:
    """The text, cut if it is longer than 90 characters."""
    return text if len(text) <= 90 else text[:87] + "…"
