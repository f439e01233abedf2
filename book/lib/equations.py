"""`holds`: the check that stands behind a numbered equation of the book.

The printed display itself is read, evaluated and compared side by side; a check only binds its
symbols. `equation`, which compares sides typed in again, is what it replaces.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp

from lib.tex.check import EquationError, Record, task
from lib.tex.definitions import Page
from lib.tex.values import outcomes

__all__ = ["EquationError", "Record", "check", "equation", "holds", "outcomes"]

BOOK = Path(__file__).parents[1]
MIME = "application/vnd.equation-check+json"

RELATIONS = {"=": "=", r"\le": "<=", r"\ge": ">=", r"\approx": "≈"}


def holds(
    label: str,
    bindings: Mapping[str, Any] | None = None,
    *,
    cases: Any = None,
    draws: int | None = None,
    given: str | Sequence[str] | None = None,
    within: Any = None,
    **names: Any,
) -> None:
    r"""Assert that the equation printed with `label` holds, and show what kind of check that was.

    `bindings` maps symbols as TeX writes them, `names` as Python does (`phi=` for `\phi`,
    `D_random=` for `D_\text{random}`), to:

    - a number or an array; one axis is a row, more than two are a family to be indexed from 1;
    - a string that draws: `"N×D"` an array, `"unit D"` a row of length 1, `"real"`, `"positive"`,
      `"size"` a number; see `lib.tex.draws`. Sizes are at least 2 and all different;
    - a function. It receives the symbols that its parameters name; if none is left over it is what
      it computes, otherwise it is called with the rest as in `\phi(q)`;
    - `outcomes(values, weights)`: a random quantity, over which E, Var and Pr are exact sums;
    - words that the display says: a mask or `("a p n", triplets)` for a sum over "active".

    What is not bound is taken from the page: a display that defines the symbol, or prints its law.

    `cases`: a list of dicts of further bindings, or a dict of choices of which all are combined,
    as in `{"N": (3, 5), "D, M": [(2, 4), (3, 2)]}`. `draws`: how often strings are drawn, 3 unless
    said. `given`: TeX that the text says around the display, such as a law or a definition, or the
    names of further pages whose definitions count, as "03_softmax_to_gaussian".
    `within`: the absolute tolerance of a measured equation, which the cell must justify.

    Raises EquationError, in one line: file, line, equation, part and both values.
    """
    options = {"cases": cases, "draws": draws, "given": given, "within": within}
    _show(check(label, bindings, unused=True, **options, **names))


def check(
    label: str,
    bindings: Mapping[str, Any] | None = None,
    *,
    page: Page | None = None,
    tex: str | None = None,
    unused: bool = False,
    cases: Any = None,
    draws: int | None = None,
    given: str | Sequence[str] | None = None,
    within: Any = None,
    **names: Any,
) -> Record:
    """As `holds`, but returns its record and shows nothing.

    `page` and `tex` take the place of the page and of what it prints for `label`; with `unused`
    a binding that nothing reads is an error.
    """
    page = page or page_of(label)
    options = {"tex": tex, "cases": cases, "draws": draws, "given": given, "within": within}
    texts = (given,) if isinstance(given, str) else tuple(given or ())
    options["given"] = [one for one in texts if not _is_page(one)]
    options["pages"] = [_page(BOOK / f"{one}.md") for one in texts if _is_page(one)]
    one = task(label, page, bindings or {}, names, **options)
    one.read()
    one.run()
    if unused and (left := one.unused()):
        raise one.fail(f"bound, but nowhere read: {', '.join(left)}")
    return one.record()


_PAGES: dict[Path, tuple[int, Page]] = {}


def page_of(label: str) -> Page:
    """The page of the book that prints the equation `label`; raises EquationError."""
    for path in sorted(BOOK.glob("*.md")):
        page = _page(path)
        if any(display.label == label for display in page.displays):
            return page
    raise EquationError(f"book: equation {label}: no page prints an equation with this label")


def _page(path: Path) -> Page:
    changed = path.stat().st_mtime_ns
    if path not in _PAGES or _PAGES[path][0] != changed:
        _PAGES[path] = changed, Page.of(path)
    return _PAGES[path][1]


def _is_page(text: str) -> bool:
    return bool(re.fullmatch(r"\d\d_\w+", text))


def _show(record: Record) -> None:
    """Hand the record to IPython, where there is one."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return
    if get_ipython() is not None:
        text = f"{record.label}: {record.kind}: {record.result}"
        display({MIME: asdict(record), "text/plain": text}, raw=True)


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
