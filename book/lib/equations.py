"""`equation`: the check that stands behind a numbered equation of the book.

A chapter repeats the equation's TeX side by side with the code that computes each side.
This module asserts what the TeX says; the Sphinx extension `checked_equations` asserts that the
TeX is the one printed, so neither can be edited alone.
"""

import re
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp

RELATIONS = {"=": "=", r"\le": "<=", r"\ge": ">=", r"\approx": "≈"}


class EquationError(AssertionError):
    """A side of a numbered equation is not what its TeX says."""


def equation(label: str, *sides: tuple[str, Any], within: float | None = None) -> None:
    r"""Assert an equation side by side, as `equation("label", (r"a", a), (r"= b + c", b + c))`.

    Each side is its TeX and its value; from the second side on the TeX starts with the relation
    to the side before: `=`, `\le`, `\ge` or `\approx`. Values are SymPy expressions (the difference
    must simplify to 0), or finite numbers and arrays of one shape. For numbers `=` allows only
    rounding (relative 1e-9), and `\approx` allows `within`, an absolute tolerance that the cell
    must justify, for example four standard errors.
    Raises EquationError naming the label and the two sides, ValueError for a malformed call.
    """
    if len(sides) < 2:
        raise ValueError(f"equation {label!r}: needs at least two sides")
    for (left_tex, left), (right_tex, right) in pairwise(sides):
        relation = _relation(label, right_tex)
        if not _holds(label, relation, left, right, within):
            raise EquationError(
                f"equation {label!r} is wrong: {_one_line(left_tex)}  is not {RELATIONS[relation]}"
                f"  {_one_line(right_tex.strip()[len(relation) :])}"
                f"  (left {_brief(left)}, right {_brief(right)})"
            )


def _relation(label: str, tex: str) -> str:
    match = re.match(r"\s*&?\s*(=|\\le|\\ge|\\approx)(?![a-zA-Z])", tex)
    if not match:
        relations = ", ".join(RELATIONS)
        raise ValueError(f"equation {label!r}: side {tex!r} must start with one of {relations}")
    return match[1]


def _holds(label: str, relation: str, left: Any, right: Any, within: float | None) -> bool:
    if isinstance(left, sp.Basic) or isinstance(right, sp.Basic):
        difference = sp.sympify(left) - sp.sympify(right)
        if relation == "=":
            return difference == 0 or sp.simplify(difference) == 0
        raise ValueError(f"equation {label!r}: {relation} needs numbers, not SymPy expressions")
    left, right = np.asarray(left), np.asarray(right)
    if left.shape != right.shape:
        raise ValueError(f"equation {label!r}: sides have shapes {left.shape} and {right.shape}")
    # Nothing equals nothing, and infinity equals infinity, whatever the equation says.
    if not left.size or not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise ValueError(f"equation {label!r}: a side is empty or not finite, which shows nothing")
    if relation == "=":
        return bool(np.allclose(left, right, rtol=1e-9, atol=1e-12))
    if relation == r"\approx":
        if within is None:
            raise ValueError(f"equation {label!r}: \\approx needs within=, the tolerance")
        return bool(np.all(np.abs(left - right) <= within))
    return bool(np.all(left <= right) if relation == r"\le" else np.all(left >= right))


def _one_line(tex: str) -> str:
    return re.sub(r"\s+", " ", tex).strip()


def _brief(value: Any) -> str:
    text = re.sub(r"\s+", " ", str(value))
    return text if len(text) <= 80 else text[:77] + "…"
