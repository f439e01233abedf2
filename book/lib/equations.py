"""`holds`: the check that stands behind a numbered equation of the book.

The printed display itself is read, evaluated and compared side by side; a check only binds its
symbols.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lib.tex.check import EquationError, Record, task
from lib.tex.definitions import Page
from lib.tex.proofs.prove import Proof, proof
from lib.tex.values import outcomes

__all__ = ["EquationError", "Record", "check", "holds", "outcomes", "proof"]

BOOK = Path(__file__).parents[1]
MIME = "application/vnd.equation-check+json"


def holds(
    label: str,
    bindings: Mapping[str, Any] | None = None,
    *,
    cases: Any = None,
    draws: int | None = None,
    given: str | Sequence[str] | None = None,
    within: Any = None,
    proof: Proof | None = None,
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
    `proof`: what a proof for all sizes needs besides, see `lib.tex.proofs.prove.proof`; a check
    whose bindings are drawn by their shapes is tried for one without it.

    Raises EquationError, in one line: file, line, equation, part and both values.
    """
    options = {"cases": cases, "draws": draws, "given": given, "within": within, "proof": proof}
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
    proof: Proof | None = None,
    **names: Any,
) -> Record:
    """As `holds`, but returns its record and shows nothing.

    `page` and `tex` take the place of the page and of what it prints for `label`; with `unused`
    a binding that nothing reads is an error.
    """
    page = page or page_of(label)
    options = {"tex": tex, "cases": cases, "draws": draws, "within": within, "proof": proof}
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
