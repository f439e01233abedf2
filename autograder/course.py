"""What assignments exist, their cells and their points.

An assignment is one percent-format file, ``solutions/NN_slug.py``. Reading it proves everything
about it that can be proved without running it, so that whoever holds an `Assignment` need not
check again.
Nothing here executes an assignment's code.
"""

from __future__ import annotations

import ast
import builtins
import functools
import hashlib
import json
import math
import re
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import jupytext

if TYPE_CHECKING:
    from autograder.bank import Answer

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds ``solutions/``, ``exercises/`` and ``autograder/``."""

SLUG = re.compile(r"\d\d_[a-z][a-z0-9_]*")
CODE_STUB = "raise NotImplementedError"
TEXT_STUB = "YOUR ANSWER HERE"

_MARKER = re.compile(r"# %%(?=\s|$)")
_NBGRADER = re.compile(r"# %%.*\bnbgrader=(\{.*\})")
_BEGIN_HIDDEN, _END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
_BEGIN_SOLUTION, _END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
# nbgrader allows hyphens, a Python name does not; a notebook's cell id has at most 64 characters.
_GRADE_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class BadInput(Exception):
    """Something we were given cannot be used. The message is one line: what, where, what to do."""


class SourceError(BadInput):
    """An assignment cannot be used. The message is one line: ``path:line: reason — what to do``."""

    def __init__(self, where: str, line: int, reason: str, remedy: str) -> None:
        super().__init__(f"{where}:{line}: {reason} — {remedy}")
        self.where, self.line = where, line


@dataclass(frozen=True)
class Cell:
    """One cell of an assignment's source.

    Attributes
    ----------
    kind : one of
        ``text`` explanation; ``given`` code the student may not change; ``solution`` the student's
        code; ``test`` its autograded test; ``manual`` a text the student writes and a person
        marks. A solution named ``text_…`` is a text in a string, tested and marked.
    grade_id : unique in the assignment. Of a solution, the name it defines.
    source : the whole cell, solution and hidden tests included.
    visible : the source without its hidden tests.
    hidden : the hidden tests alone, without their markers ("" if there are none).
    points : what the cell is worth; 0 unless it is a test or marked by a person.
    line : where the cell's marker stands in the file, from 1.
    metadata : the notebook cell's metadata. nbgrader's part is complete, and absent from an
        explanation: nbgrader refuses to regrade once the set of cells it knows has changed, and
        correcting a sentence must not do that.
    lender : the assignment that the cell is taken from; "" if it is this one's own.
    """

    kind: str
    grade_id: str
    source: str
    visible: str
    hidden: str
    points: float
    line: int
    metadata: dict = field(hash=False)
    lender: str = ""

    @property
    def cell_type(self) -> str:
        """``code`` or ``markdown``."""
        return "markdown" if self.kind in ("text", "manual") else "code"


@dataclass(frozen=True)
class Assignment:
    """One assignment, read and validated."""

    slug: str
    path: Path
    cells: tuple[Cell, ...]

    def of_kind(self, *kinds: str) -> tuple[Cell, ...]:
        """The cells of these kinds, in order."""
        return tuple(c for c in self.cells if c.kind in kinds)

    @cached_property
    def by_id(self) -> dict[str, Cell]:
        """grade_id → cell."""
        return {c.grade_id: c for c in self.cells}

    @cached_property
    def solution_names(self) -> tuple[str, ...]:
        """The names students define, in order."""
        return tuple(c.grade_id for c in self.of_kind("solution"))

    @cached_property
    def values(self) -> frozenset[str]:
        """The names among them that students assign; the others they define with ``def``."""
        defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return frozenset(
            cell.grade_id
            for cell in self.of_kind("solution")
            if not any(
                isinstance(node, defined) and node.name == cell.grade_id
                for node in ast.parse(cell.source).body
            )
        )

    def values_read_by(self, cell: Cell) -> list[str]:
        """The values that the visible part of a cell cannot do without, in the notebook's order."""
        read = _names(cell.visible)[1]
        return [name for name in self.solution_names if name in self.values & read]

    @cached_property
    def given_names(self) -> frozenset[str]:
        """The names that given cells bind."""
        return frozenset(n for c in self.of_kind("given") for n in _names(c.source)[0])

    @cached_property
    def tests(self) -> tuple[Cell, ...]:
        """The autograded cells, in order."""
        return self.of_kind("test")

    @cached_property
    def points(self) -> float:
        """What a perfect submission earns, manual marks included."""
        return sum(c.points for c in self.cells)

    @property
    def root(self) -> Path:
        """The project that the assignment belongs to."""
        return self.path.parents[1]

    @property
    def bank(self) -> Path:
        """The file that holds its known-wrong and alternative right answers."""
        return bank_path(self.root, self.slug)

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that it is made of and judged by, those it borrows from included."""
        return (*files_of(self.slug, self.root), *self.data)

    @property
    def title(self) -> str:
        """The first heading of the notebook, or the slug."""
        for cell in self.of_kind("text"):
            if found := re.search(r"^# (.+)$", cell.source, re.M):
                return found[1].strip()
        return self.slug

    @property
    def data(self) -> tuple[Path, ...]:
        """Files that travel with the notebook: everything in ``solutions/NN_slug/``, sorted."""
        folder = self.path.with_suffix("")
        return tuple(
            sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        )


def assignments(root: Path | None = None) -> tuple[str, ...]:
    """The slugs of all assignments, in order."""
    folder = (root or ROOT) / "solutions"
    return tuple(sorted(p.stem for p in folder.glob("*.py") if SLUG.fullmatch(p.stem)))


def borrowed(slug: str, root: Path | None = None) -> dict[str, str]:
    """grade_id → slug of the assignment whose cell it is, for the cells taken from others."""
    path = (root or ROOT) / "solutions" / f"{slug}.py"
    found = {}
    for row in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        if marker := _NBGRADER.match(row):
            try:
                given = json.loads(marker[1])
            except ValueError:  # `load` says what is wrong with it
                continue
            if "from" in given:
                found[str(given.get("grade_id"))] = str(given["from"])
    return found


def files_of(slug: str, root: Path | None = None) -> tuple[Path, ...]:
    """The source and the bank of an assignment and of those that it borrows from, if there."""
    root = root or ROOT
    slugs = dict.fromkeys([slug, *borrowed(slug, root).values()])
    paths = (p for s in slugs for p in (root / "solutions" / f"{s}.py", bank_path(root, s)))
    return tuple(path for path in paths if path.is_file())


def load(slug: str, root: Path | None = None) -> Assignment:
    """Read and validate ``solutions/<slug>.py``.

    Raises
    ------
    SourceError
        If there is no such assignment, or anything in it would mislead a student or a grader.
    """
    root = root or ROOT
    path = root / "solutions" / f"{slug}.py"
    where = f"solutions/{slug}.py"
    if not SLUG.fullmatch(slug) or not path.is_file():
        raise SourceError(
            where, 1, "no such assignment", f"choose from: {', '.join(assignments(root)) or 'none'}"
        )
    from autograder import bank  # here, because the bank's reader also needs assignments

    assignment = Assignment(slug, path, tuple(_cells(_read(path, where), where, root)))
    answers = bank.answers(assignment)
    _check_borrowed(assignment, answers, where, root)
    _check_whole(assignment, answers, where)
    return assignment


def _read(path: Path, where: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(where, 1, f"not UTF-8 ({error.reason})", "save it as UTF-8") from None


def _cells(text: str, where: str, root: Path | None) -> Iterator[Cell]:
    """The cells of a percent-format file, each valid in itself; without `root` its own only."""
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
        stray = start is None or (
            cursor == 0 and raw.source and raw.source.splitlines()[0] in lines[:start]
        )
        if stray:
            raise SourceError(
                where, 1, "there is text before the first cell", "start every cell with `# %%`"
            )
        cursor = start + 1 + len(raw.source.splitlines())
        named = raw.metadata.get("nbgrader")
        name = str(named.get("grade_id")) if isinstance(named, dict) else f"text {raw.source}"
        if name in seen:
            reason, remedy = (
                (f'grade_id "{name}" is already used', "give each cell a name of its own")
                if named
                else ("the same text is already there", "say it once, or say something else")
            )
            raise SourceError(where, start + 1, f"{reason} on line {seen[name]}", remedy)
        seen[name] = start + 1
        if not isinstance(named, dict) or "from" not in named:
            yield _cell(raw, lines[start], start + 1, where)
        elif root is not None:
            yield _borrow(raw.source, named, start + 1, where, root)


def _borrow(source: str, given: dict, line: int, where: str, root: Path) -> Cell:
    """The cell of another assignment for which a marker stands. Raises `SourceError`."""
    grade_id, lender = given.get("grade_id"), str(given["from"])
    what = f'"{grade_id}" is taken from {lender}'
    if unknown := set(given) - {"grade_id", "from"}:
        extra = ", ".join(sorted(unknown))
        raise SourceError(where, line, f"{what} and has {extra}", "everything else comes with it")
    if source.strip():
        raise SourceError(where, line, f"{what} and has text of its own", "leave the cell empty")
    if not SLUG.fullmatch(lender) or not (root / "solutions" / f"{lender}.py").is_file():
        choice = ", ".join(assignments(root))
        raise SourceError(where, line, f"{what}, which is not there", f"choose from: {choice}")
    cells = _cells_to_lend(lender, root)
    if grade_id not in cells:
        choice = ", ".join(name for name, cell in cells.items() if cell.kind != "text")
        reason = f"{what}, which has no such cell of its own"
        raise SourceError(where, line, reason, f"choose from: {choice}")
    return replace(cells[grade_id], line=line, lender=lender)


def _cells_to_lend(slug: str, root: Path) -> dict[str, Cell]:
    """grade_id → cell of an assignment's own: what it has borrowed is not lent on."""
    where = f"solutions/{slug}.py"
    return _parsed(_read(root / where, where), where)


@functools.cache
def _parsed(text: str, where: str) -> dict[str, Cell]:
    return {cell.grade_id: cell for cell in _cells(text, where, None)}


def _cell(raw: dict, marker: str, line: int, where: str) -> Cell:
    """One notebook cell as jupytext read it → `Cell`. Raises `SourceError`."""

    def fail(reason: str, remedy: str, at: int = line) -> SourceError:
        return SourceError(where, at, reason, remedy)

    given = raw.metadata.get("nbgrader")
    if "nbgrader" in marker and not isinstance(given, dict):
        raise fail(
            "the cell's nbgrader metadata cannot be read",
            'write nbgrader={"grade_id": "…"} as JSON',
        )
    given = given or {}
    if unknown := set(given) - {"grade_id", "points", "solution"}:
        raise fail(
            f"unknown nbgrader metadata: {', '.join(sorted(unknown))}",
            "only grade_id, points and solution are written; the rest follows from them",
        )
    grade_id, points = given.get("grade_id", ""), given.get("points")
    solution = given.get("solution", False)
    source = raw.source
    if raw.cell_type == "raw":
        raise fail("raw cells are not used", "make it [markdown] or code")
    if given and not (isinstance(grade_id, str) and _GRADE_ID.fullmatch(grade_id)):
        raise fail(
            f"grade_id {grade_id!r} is not a name", "use at most 64 letters, digits and underscores"
        )
    if points is not None and not (
        type(points) in (int, float) and math.isfinite(points) and points > 0
    ):
        raise fail(f"points are {points!r}", "give a number above 0")

    if raw.cell_type == "markdown":
        if not given:
            kind = "text"
            grade_id = f"explain_{hashlib.sha256(source.encode()).hexdigest()[:12]}"
        elif not grade_id.startswith("text_") or points is None:
            raise fail(
                f'text cell "{grade_id}" is not complete',
                'a text that students write is named "text_…" and has points',
            )
        else:
            kind = "manual"
    elif not grade_id:
        raise fail(
            "code cell without grade_id", 'add nbgrader={"grade_id": "given_…"} to its marker'
        )
    elif solution is True:
        kind = "solution"
    elif grade_id.startswith("test_"):
        kind = "test"
    elif grade_id.startswith("given_"):
        kind = "given"
    else:
        raise fail(
            f'code cell "{grade_id}" is neither solution, test nor given',
            'add "solution": true, or name it "test_…" or "given_…"',
        )
    if kind == "test" and points is None:
        raise fail(f'test "{grade_id}" has no points', 'add "points": … to its nbgrader metadata')
    # A text in a string: its test counts the words, and a person marks what they say.
    marked = kind == "solution" and grade_id.startswith("text_")
    if marked and points is None:
        raise fail(f'text "{grade_id}" has no points', 'add "points": … for the person who marks')
    if kind in ("given", "solution") and points is not None and not marked:
        raise fail(
            f'"{grade_id}" has points but is not a test', f'put them on "test_{grade_id}" instead'
        )

    if kind in ("given", "solution", "test"):
        try:
            ast.parse(source)
        except SyntaxError as error:
            raise fail(
                f"syntax error: {error.msg}",
                "correct it (magics such as %time are not used in assignments)",
                line + (error.lineno or 0),
            ) from None
    visible, hidden = source, ""
    regions = _regions(source, _BEGIN_HIDDEN, _END_HIDDEN, "hidden tests", fail)
    if regions and kind != "test":
        raise fail(f'hidden tests in "{grade_id}"', "move them to a test cell")
    if regions:
        begin, end = regions[0]
        rows = source.splitlines()
        if any(row.strip() for row in rows[end + 1 :]):
            raise fail(
                f'"{grade_id}" goes on after its hidden tests',
                "put visible checks first and everything hidden in one block at the end",
                line + end + 2,
            )
        visible = "\n".join(rows[:begin]).rstrip()
        hidden = "\n".join(rows[begin + 1 : end])
        try:  # the two halves are run one after the other, so each must stand alone
            ast.parse(visible), ast.parse(hidden)
        except SyntaxError:
            raise fail(
                f'the hidden tests of "{grade_id}" cut a statement in two',
                "start the markers at the left margin, between statements",
                line + begin + 1,
            ) from None
    regions = _regions(source, _BEGIN_SOLUTION, _END_SOLUTION, "solution", fail)
    if regions and kind != "solution":
        raise fail(
            f'a solution stands in "{grade_id or "a text cell"}"', 'mark it "solution": true'
        )
    if kind == "solution":
        if not regions:
            raise fail(
                f'solution cell "{grade_id}" has no {_BEGIN_SOLUTION}',
                "mark what students are to write themselves",
            )
        if grade_id not in _names(source)[0]:
            raise fail(
                f'solution cell "{grade_id}" does not define {grade_id}',
                "name the cell after the function or value that is graded",
            )

    tags = {"tags": list(raw.metadata["tags"])} if raw.metadata.get("tags") else {}
    if kind == "text":
        metadata = {"deletable": False, "editable": False} | tags
        return Cell(kind, grade_id, source, source, "", 0, line, metadata)
    nbgrader = {
        "cell_type": raw.cell_type,
        "grade": kind in ("test", "manual") or marked,
        "grade_id": grade_id,
        "locked": kind in ("given", "test"),
        "schema_version": 3,
        "solution": kind in ("solution", "manual"),
        "task": False,
    }
    if points is not None:
        nbgrader["points"] = points
    metadata = {"nbgrader": nbgrader} | tags
    return Cell(kind, grade_id, source, visible, hidden, points or 0, line, metadata)


def _regions(source: str, begin: str, end: str, what: str, fail) -> list[tuple[int, int]]:
    """Rows (from 0) of each begin and end marker. Raises `SourceError` if they do not pair up.

    The comparison is as loose as nbgrader's own (anywhere in the line), so that nothing it would
    act on goes unseen here.
    """
    begin_word, end_word = begin.lstrip("# "), end.lstrip("# ")
    found, opened = [], None
    for row, text in enumerate(source.splitlines()):
        if begin_word in text:
            if opened is not None:
                raise fail(f"{what} opened twice", f"close the first with {end}")
            opened = row
        elif end_word in text:
            if opened is None:
                raise fail(f"{what} closed without being opened", f"add {begin}")
            found.append((opened, row))
            opened = None
    if opened is not None:
        raise fail(f"{what} marker not closed", f"add {end}")
    if what == "hidden tests" and len(found) > 1:
        raise fail("hidden tests in two places", "join them into one block")
    return found


def _check_borrowed(
    assignment: Assignment, answers: tuple[Answer, ...], where: str, root: Path
) -> None:
    """What a cell uses of its lender's other cells is here too. Raises `SourceError`."""
    here = _defined(assignment.cells)
    for cell in assignment.cells:
        if not cell.lender or cell.cell_type != "code":
            continue
        used = _names(cell.source)[1]
        if cell.kind == "solution":  # its bank comes with it
            for answer in answers:
                used |= _names(answer.source)[1] if answer.name == cell.grade_id else set()
        for other in _cells_to_lend(cell.lender, root).values():
            for name in sorted((used & _defined([other])) - here):
                raise SourceError(
                    where,
                    cell.line,
                    f'"{cell.grade_id}" uses {name}, which no cell defines here',
                    f"define it in a given cell, as solutions/{cell.lender}.py:"
                    f"{_line_of(other, name)} does",
                )


def _defined(cells: Iterable[Cell]) -> set[str]:
    """The names that given and solution cells bind."""
    return {n for c in cells if c.kind in ("given", "solution") for n in _names(c.source)[0]}


def _check_whole(assignment: Assignment, answers: tuple[Answer, ...], where: str) -> None:
    """What can only be seen with all cells at hand. Raises `SourceError`."""
    solutions = {c.grade_id: c for c in assignment.of_kind("solution")}
    for test in assignment.tests:
        name = test.grade_id.removeprefix("test_")
        if name not in solutions:
            raise SourceError(
                where,
                test.line,
                f'"{test.grade_id}" has no solution cell "{name}"',
                "name a test after the cell it tests",
            )
    tested = {t.grade_id.removeprefix("test_") for t in assignment.tests}
    banked = {answer.name for answer in answers if not answer.correct}
    for name, cell in solutions.items():
        if name not in tested:
            raise SourceError(
                where, cell.line, f'"{name}" has no test', f'add a cell "test_{name}" with points'
            )
        if name not in banked:
            raise SourceError(
                where,
                cell.line,
                f'"{name}" has no known-wrong answer',
                f"add one to autograder/misconceptions/{assignment.slug}.py",
            )

    notebook = set(solutions) | assignment.given_names | set(dir(builtins))
    words = _test_words()
    for test in assignment.tests:
        referred = set(re.findall(r"\breference\.(\w+)", test.hidden))
        if unknown := referred - _defined(assignment.cells):
            name = min(unknown)
            raise SourceError(
                where,
                _line_of(test, name),
                f'"{test.grade_id}" uses reference.{name}, which no cell defines',
                f"take that cell of {test.lender} too" if test.lender else "define it in an answer",
            )
        own, free = _names(test.source)
        _, free_visible = _names(test.visible)
        for name in sorted((free - notebook - words) | (free_visible - notebook)):
            reason = (
                f'"{test.grade_id}" uses {name} outside its hidden tests'
                if name in words
                else f'"{test.grade_id}" uses {name}, which neither it nor a given cell defines'
            )
            remedy = (
                "students do not have it: write a plain assert with a message"
                if name in words
                else "import or define it in a given cell or in the test itself"
            )
            raise SourceError(where, _line_of(test, name), reason, remedy)
        if taken := own & (set(solutions) | words):
            name = min(taken)
            raise SourceError(
                where,
                _line_of(test, name),
                f'"{test.grade_id}" redefines {name}',
                "choose another name for the test's own variable",
            )


def bank_path(root: Path, slug: str) -> Path:
    """Where an assignment's bank of known-wrong and alternative right answers is."""
    return root / "autograder" / "misconceptions" / f"{slug}.py"


def _test_words() -> set[str]:
    """The names that hidden tests simply have."""
    from autograder import testing  # here, because the tests' words also need assignments

    return set(testing.__all__)


def _names(source: str) -> tuple[set[str], set[str]]:
    """The module-level names that code binds, and those it reads without binding them."""
    top = symtable.symtable(source, "<cell>", "exec")
    bound = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    read = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
    inner = list(top.get_children())
    while inner:
        table = inner.pop()
        inner.extend(table.get_children())
        for symbol in table.get_symbols():
            if symbol.is_global():
                (bound if symbol.is_assigned() else read).add(symbol.get_name())
    return bound, read - bound


def _line_of(cell: Cell, name: str) -> int:
    """The file's line on which a name first stands in a cell; of a borrowed one, its marker's."""
    if cell.lender:
        return cell.line
    rows = cell.source.splitlines()
    row = next((i for i, r in enumerate(rows) if re.search(rf"\b{re.escape(name)}\b", r)), 0)
    return cell.line + 1 + row
