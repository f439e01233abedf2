"""``solutions/NN_slug.py`` → `Assignment`: every cell read, and valid in itself.

Each kind of cell has one rule, a function below that turns what jupytext has read into a `Cell`.
What must hold between cells, and between an assignment and its bank, is in `rules`.
Nothing here executes an assignment's code.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jupytext

from autograder.assignment import Assignment, Cell, names_in
from autograder.errors import SourceError
from autograder.project import SLUG, Project

_MARKER = re.compile(r"# %%(?=\s|$)")
_NBGRADER = re.compile(r"# %%.*\bnbgrader=(\{.*\})")
BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
# nbgrader allows hyphens, a Python name does not; a notebook's cell id has at most 64 characters.
_GRADE_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def read(slug: str, project: Project) -> Assignment:
    """Read an assignment's cells, those it borrows included.

    Raises
    ------
    SourceError
        If there is no such assignment, or a cell is not what its kind must be.
    """
    path = project.source_path(slug)
    if not SLUG.fullmatch(slug) or not path.is_file():
        choice = ", ".join(project.slugs()) or "none"
        where = f"solutions/{slug}.py"
        raise SourceError(where, 1, "no such assignment", f"choose from: {choice}")
    where = project.relative(path)
    cells = tuple(
        raw.cell() if raw.lender is None else _borrow(raw, project)
        for raw in _raw_cells(read_text(path, where), where)
    )
    return Assignment(slug, project, cells)


def read_text(path: Path, where: str) -> str:
    """The text of a file that `where` names. Raises `SourceError` if it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(where, 1, f"not UTF-8 ({error.reason})", "save it as UTF-8") from None


def borrowed(slug: str, project: Project) -> dict[str, str]:
    """grade_id → slug of the assignment whose cell it is, without reading the cells themselves."""
    path = project.source_path(slug)
    found = {}
    for row in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        if marker := _NBGRADER.match(row):
            try:
                given = json.loads(marker[1])
            except ValueError:  # `read` says what is wrong with it
                continue
            if "from" in given:
                found[str(given.get("grade_id"))] = str(given["from"])
    return found


# --- from text to raw cells


@dataclass(frozen=True)
class _RawCell:
    """One cell as jupytext has read it.

    Attributes
    ----------
    cell_type : ``code``, ``markdown`` or ``raw``.
    source, tags : the cell's text and its notebook tags.
    marker, line : the marker that opens it, and the file's line on which it stands.
    given : the marker's nbgrader metadata; None if there is none.
    where : the file, as messages name it.
    """

    cell_type: str
    source: str
    tags: tuple[str, ...]
    marker: str
    line: int
    given: Any
    where: str

    def fail(self, reason: str, remedy: str, at: int = 0) -> SourceError:
        """The error to raise; `at` is the file's line, if it is not the marker's."""
        return SourceError(self.where, at or self.line, reason, remedy)

    @property
    def lender(self) -> str | None:
        """The assignment that the cell is to be taken from, if it is."""
        taken = isinstance(self.given, dict) and "from" in self.given
        return str(self.given["from"]) if taken else None

    @property
    def grade_id(self) -> str:
        return (self.given or {}).get("grade_id", "")

    @property
    def points(self) -> Any:
        return (self.given or {}).get("points")

    def cell(self) -> Cell:
        """The cell, by the rule for its kind. Raises `SourceError`."""
        _check_metadata(self)
        return _RULES[_kind(self)](self)


def _raw_cells(text: str, where: str) -> Iterator[_RawCell]:
    """The cells of a percent-format file, with names of their own."""
    try:
        notebook = jupytext.reads(text, fmt="py:percent")
    except Exception as error:  # jupytext raises whatever its YAML or metadata parser raises
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SourceError(
            where, 1, f"jupytext cannot read it ({reason})", "compare its header with another file"
        ) from None
    lines = text.splitlines()
    seen: dict[str, int] = {}
    cursor = 0
    for raw in notebook.cells:
        # jupytext keeps no line numbers. A cell starts at the next marker after the previous cell's
        # last line (so a marker inside a string is not mistaken for one).
        start = next((i for i in range(cursor, len(lines)) if _MARKER.match(lines[i])), None)
        if start is None or (
            cursor == 0 and raw.source and raw.source.splitlines()[0] in lines[:start]
        ):
            raise SourceError(
                where, 1, "there is text before the first cell", "start every cell with `# %%`"
            )
        cursor = start + 1 + len(raw.source.splitlines())
        tags = tuple(raw.metadata.get("tags") or ())
        given = raw.metadata.get("nbgrader")
        cell = _RawCell(raw.cell_type, raw.source, tags, lines[start], start + 1, given, where)
        _check_name_is_new(cell, seen)
        yield cell


def _check_name_is_new(raw: _RawCell, seen: dict[str, int]) -> None:
    """No two cells have the same grade_id, or are the same text. `seen`: name → line, added to."""
    named = isinstance(raw.given, dict)
    name = str(raw.grade_id) if named else f"text {raw.source}"
    if name in seen:
        reason, remedy = (
            (f'grade_id "{name}" is already used', "give each cell a name of its own")
            if named
            else ("the same text is already there", "say it once, or say something else")
        )
        raise raw.fail(f"{reason} on line {seen[name]}", remedy)
    seen[name] = raw.line


def _check_metadata(raw: _RawCell) -> None:
    """What a marker may say, whatever the kind of its cell."""
    if "nbgrader" in raw.marker and not isinstance(raw.given, dict):
        raise raw.fail(
            "the cell's nbgrader metadata cannot be read",
            'write nbgrader={"grade_id": "…"} as JSON',
        )
    if unknown := set(raw.given or {}) - {"grade_id", "points", "solution"}:
        raise raw.fail(
            f"unknown nbgrader metadata: {', '.join(sorted(unknown))}",
            "only grade_id, points and solution are written; the rest follows from them",
        )
    if raw.cell_type == "raw":
        raise raw.fail("raw cells are not used", "make it [markdown] or code")
    if raw.given and not (isinstance(raw.grade_id, str) and _GRADE_ID.fullmatch(raw.grade_id)):
        raise raw.fail(
            f"grade_id {raw.grade_id!r} is not a name",
            "use at most 64 letters, digits and underscores",
        )
    points = raw.points
    if points is not None and not (
        type(points) in (int, float) and math.isfinite(points) and points > 0
    ):
        raise raw.fail(f"points are {points!r}", "give a number above 0")


def _kind(raw: _RawCell) -> str:
    """Which kind of cell it is: a key of `_RULES`."""
    if raw.cell_type == "markdown":
        return "manual" if raw.given else "text"
    if not raw.grade_id:
        raise raw.fail(
            "code cell without grade_id", 'add nbgrader={"grade_id": "given_…"} to its marker'
        )
    if raw.given.get("solution", False) is True:
        return "solution"
    for kind in ("test", "given"):
        if raw.grade_id.startswith(f"{kind}_"):
            return kind
    raise raw.fail(
        f'code cell "{raw.grade_id}" is neither solution, test nor given',
        'add "solution": true, or name it "test_…" or "given_…"',
    )


# --- one rule per kind of cell


def _text(raw: _RawCell) -> Cell:
    """An explanation. It has no nbgrader metadata, and is named after what it says."""
    _refuse_regions(raw)
    grade_id = f"explain_{hashlib.sha256(raw.source.encode()).hexdigest()[:12]}"
    metadata = {"deletable": False, "editable": False} | _tags(raw)
    return Cell("text", grade_id, raw.source, raw.source, "", 0, raw.line, metadata)


def _manual(raw: _RawCell) -> Cell:
    """A text that students write and a person marks."""
    if not raw.grade_id.startswith("text_") or raw.points is None:
        raise raw.fail(
            f'text cell "{raw.grade_id}" is not complete',
            'a text that students write is named "text_…" and has points',
        )
    _refuse_regions(raw)
    return _graded_cell("manual", raw, grade=True, locked=False, solution=True)


def _given(raw: _RawCell) -> Cell:
    """Code that students get and may not change."""
    _refuse_points(raw)
    _check_syntax(raw)
    _refuse_regions(raw)
    return _graded_cell("given", raw, grade=False, locked=True, solution=False)


def _solution(raw: _RawCell) -> Cell:
    """The instructor's code, of which students get a stub."""
    # A text in a string: its test counts the words, and a person marks what they say.
    marked = raw.grade_id.startswith("text_")
    if not marked:
        _refuse_points(raw)
    elif raw.points is None:
        raise raw.fail(
            f'text "{raw.grade_id}" has no points', 'add "points": … for the person who marks'
        )
    _check_syntax(raw)
    _refuse_regions(raw, but=BEGIN_SOLUTION)
    if not _regions(raw, BEGIN_SOLUTION, END_SOLUTION, "solution"):
        raise raw.fail(
            f'solution cell "{raw.grade_id}" has no {BEGIN_SOLUTION}',
            "mark what students are to write themselves",
        )
    if raw.grade_id not in names_in(raw.source)[0]:
        raise raw.fail(
            f'solution cell "{raw.grade_id}" does not define {raw.grade_id}',
            "name the cell after the function or value that is graded",
        )
    return _graded_cell("solution", raw, grade=marked, locked=False, solution=True)


def _test(raw: _RawCell) -> Cell:
    """An autograded test: visible checks, then at most one block of hidden ones."""
    if raw.points is None:
        raise raw.fail(
            f'test "{raw.grade_id}" has no points', 'add "points": … to its nbgrader metadata'
        )
    _check_syntax(raw)
    _refuse_regions(raw, but=BEGIN_HIDDEN)
    visible, hidden = _without_hidden_tests(raw)
    cell = _graded_cell("test", raw, grade=True, locked=True, solution=False)
    return replace(cell, visible=visible, hidden=hidden)


_RULES: dict[str, Callable[[_RawCell], Cell]] = {
    "text": _text,
    "manual": _manual,
    "given": _given,
    "solution": _solution,
    "test": _test,
}


def _graded_cell(kind: str, raw: _RawCell, *, grade: bool, locked: bool, solution: bool) -> Cell:
    """A cell that nbgrader knows, with all of its metadata."""
    nbgrader = {
        "cell_type": raw.cell_type,
        "grade": grade,
        "grade_id": raw.grade_id,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    if raw.points is not None:
        nbgrader["points"] = raw.points
    metadata = {"nbgrader": nbgrader} | _tags(raw)
    source, points = raw.source, raw.points or 0
    return Cell(kind, raw.grade_id, source, source, "", points, raw.line, metadata)


def _tags(raw: _RawCell) -> dict:
    return {"tags": list(raw.tags)} if raw.tags else {}


def _refuse_points(raw: _RawCell) -> None:
    if raw.points is not None:
        raise raw.fail(
            f'"{raw.grade_id}" has points but is not a test',
            f'put them on "test_{raw.grade_id}" instead',
        )


def _check_syntax(raw: _RawCell) -> None:
    try:
        ast.parse(raw.source)
    except SyntaxError as error:
        raise raw.fail(
            f"syntax error: {error.msg}",
            "correct it (magics such as %time are not used in assignments)",
            raw.line + (error.lineno or 0),
        ) from None


def _without_hidden_tests(raw: _RawCell) -> tuple[str, str]:
    """The visible part of a test cell and its hidden one. Each can be run by itself."""
    regions = _regions(raw, BEGIN_HIDDEN, END_HIDDEN, "hidden tests")
    if not regions:
        return raw.source, ""
    begin, end = regions[0]
    rows = raw.source.splitlines()
    if any(row.strip() for row in rows[end + 1 :]):
        raise raw.fail(
            f'"{raw.grade_id}" goes on after its hidden tests',
            "put visible checks first and everything hidden in one block at the end",
            raw.line + end + 2,
        )
    visible = "\n".join(rows[:begin]).rstrip()
    hidden = "\n".join(rows[begin + 1 : end])
    for part in (visible, hidden):
        try:
            ast.parse(part)
        except SyntaxError:
            raise raw.fail(
                f'the hidden tests of "{raw.grade_id}" cut a statement in two',
                "start the markers at the left margin, between statements",
                raw.line + begin + 1,
            ) from None
    return visible, hidden


def _refuse_regions(raw: _RawCell, but: str = "") -> None:
    """No hidden tests, and no solution, in a cell that is not for it."""
    hidden = _regions(raw, BEGIN_HIDDEN, END_HIDDEN, "hidden tests")
    if hidden and but != BEGIN_HIDDEN:
        raise raw.fail(f'hidden tests in "{raw.grade_id}"', "move them to a test cell")
    if _regions(raw, BEGIN_SOLUTION, END_SOLUTION, "solution") and but != BEGIN_SOLUTION:
        raise raw.fail(
            f'a solution stands in "{raw.grade_id or "a text cell"}"', 'mark it "solution": true'
        )


def _regions(raw: _RawCell, begin: str, end: str, what: str) -> list[tuple[int, int]]:
    """Rows (from 0) of each begin and end marker. Raises `SourceError` if they do not pair up.

    The comparison is as loose as nbgrader's own (anywhere in the line), so that nothing it would
    act on goes unseen here.
    """
    begin_word, end_word = begin.lstrip("# "), end.lstrip("# ")
    found, opened = [], None
    for row, text in enumerate(raw.source.splitlines()):
        if begin_word in text:
            if opened is not None:
                raise raw.fail(f"{what} opened twice", f"close the first with {end}")
            opened = row
        elif end_word in text:
            if opened is None:
                raise raw.fail(f"{what} closed without being opened", f"add {begin}")
            found.append((opened, row))
            opened = None
    if opened is not None:
        raise raw.fail(f"{what} marker not closed", f"add {end}")
    if what == "hidden tests" and len(found) > 1:
        raise raw.fail("hidden tests in two places", "join them into one block")
    return found


# --- cells of other assignments


def _borrow(raw: _RawCell, project: Project) -> Cell:
    """The cell of another assignment for which a marker stands. Raises `SourceError`."""
    what = f'"{raw.given.get("grade_id")}" is taken from {raw.lender}'
    if unknown := set(raw.given) - {"grade_id", "from"}:
        extra = ", ".join(sorted(unknown))
        raise raw.fail(f"{what} and has {extra}", "everything else comes with it")
    if raw.source.strip():
        raise raw.fail(f"{what} and has text of its own", "leave the cell empty")
    if raw.lender not in project.slugs():
        choice = ", ".join(project.slugs())
        raise raw.fail(f"{what}, which is not there", f"choose from: {choice}")
    cells = own_cells(raw.lender, project)
    if raw.grade_id not in cells:
        choice = ", ".join(name for name, cell in cells.items() if cell.kind != "text")
        raise raw.fail(f"{what}, which has no such cell of its own", f"choose from: {choice}")
    return replace(cells[raw.grade_id], line=raw.line, lender=raw.lender)


def own_cells(slug: str, project: Project) -> dict[str, Cell]:
    """grade_id → cell of an assignment's own: what it has borrowed is not lent on."""
    path = project.source_path(slug)
    where = project.relative(path)
    return _own_cells(read_text(path, where), where)


@functools.cache
def _own_cells(text: str, where: str) -> dict[str, Cell]:
    cells = (raw.cell() for raw in _raw_cells(text, where) if raw.lender is None)
    return {cell.grade_id: cell for cell in cells}
