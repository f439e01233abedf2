"""An assignment and its cells, as `source.read` makes them. Nothing here reads or runs anything."""

from __future__ import annotations

import ast
import re
import symtable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from autograder.project import Project

CODE_STUB = "raise NotImplementedError"
TEXT_STUB = "YOUR ANSWER HERE"


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

    @property
    def tested(self) -> str:
        """The name that a test cell tests."""
        return self.grade_id.removeprefix("test_")

    def line_of(self, name: str) -> int:
        """The file's line on which a name first stands; of a borrowed cell, its marker's."""
        if self.lender:
            return self.line
        rows = self.source.splitlines()
        row = next((i for i, r in enumerate(rows) if re.search(rf"\b{re.escape(name)}\b", r)), 0)
        return self.line + 1 + row


@dataclass(frozen=True)
class Assignment:
    """One assignment of a project.

    Attributes
    ----------
    digest : changes whenever one of its `files` does; "" until its rules are checked.
    """

    slug: str
    project: Project
    cells: tuple[Cell, ...]
    digest: str = ""

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
        read = names_in(cell.visible)[1]
        return [name for name in self.solution_names if name in self.values & read]

    @cached_property
    def given_names(self) -> frozenset[str]:
        """The names that given cells bind."""
        return frozenset(n for c in self.of_kind("given") for n in names_in(c.source)[0])

    @cached_property
    def tests(self) -> tuple[Cell, ...]:
        """The autograded cells, in order."""
        return self.of_kind("test")

    @cached_property
    def borrowed(self) -> dict[str, str]:
        """grade_id → assignment whose cell it is, for the cells taken from others."""
        return {c.grade_id: c.lender for c in self.cells if c.lender}

    @cached_property
    def points(self) -> float:
        """What a perfect submission earns, manual marks included."""
        return sum(c.points for c in self.cells)

    @property
    def path(self) -> Path:
        """The file that instructors write."""
        return self.project.source_path(self.slug)

    @property
    def title(self) -> str:
        """The first heading of the notebook, or the slug."""
        for cell in self.of_kind("text"):
            if found := re.search(r"^# (.+)$", cell.source, re.M):
                return found[1].strip()
        return self.slug

    @property
    def data_folder(self) -> Path:
        """The folder of the files that travel with the notebook; it need not exist."""
        return self.path.with_suffix("")

    @property
    def data(self) -> dict[str, Path]:
        """Name in the notebook's folder → file, of every file that travels with it, sorted."""
        folder = self.data_folder
        return {
            path.relative_to(folder).as_posix(): path
            for path in sorted(folder.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that it is made of and judged by, those it borrows from included."""
        slugs = dict.fromkeys([self.slug, *self.borrowed.values()])
        project = self.project
        paths = (p for s in slugs for p in (project.source_path(s), project.bank_path(s)))
        return (*(path for path in paths if path.is_file()), *self.data.values())


def names_in(source: str) -> tuple[set[str], set[str]]:
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
