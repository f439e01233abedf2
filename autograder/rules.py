"""What must hold of a whole assignment and its bank; `load` reads an assignment and proves it.

Whoever holds an `Assignment` that `load` has returned need not check again what can be proved
without running it.
"""

from __future__ import annotations

import builtins
import functools
import re
from collections.abc import Iterable
from dataclasses import replace

from autograder import bank, source
from autograder.assignment import Assignment, Cell, names_in
from autograder.bank import Answer
from autograder.digests import digest
from autograder.errors import SourceError
from autograder.project import Project
from autograder.words import WORDS


def load(slug: str, project: Project) -> Assignment:
    """Read and validate an assignment, once per state of its project's files.

    Raises
    ------
    SourceError
        If there is no such assignment, or anything in it would mislead a student or a grader.
    """
    return _load(slug, project, _state(project))


def _state(project: Project) -> tuple:
    """Changes whenever a file does that an assignment can be made of."""
    paths = [*project.solutions.rglob("*"), *project.bank.glob("*.py")]
    return tuple((str(p), s.st_mtime_ns, s.st_size) for p in sorted(paths) for s in (p.stat(),))


@functools.lru_cache(maxsize=256)
def _load(slug: str, project: Project, state: tuple) -> Assignment:
    assignment = source.read(slug, project)
    answers = bank.answers(assignment)
    _check_borrowed(assignment, answers)
    _check_tested(assignment, answers)
    for test in assignment.tests:
        _check_reference(assignment, test)
        _check_names(assignment, test)
    contents = (path.read_bytes() for path in assignment.files)
    return replace(assignment, digest=digest(*contents))


def _fail(assignment: Assignment, line: int, reason: str, remedy: str) -> SourceError:
    where = assignment.project.relative(assignment.path)
    return SourceError(where, line, reason, remedy)


def _check_borrowed(assignment: Assignment, answers: tuple[Answer, ...]) -> None:
    """What a cell uses of its lender's other cells is here too."""
    project = assignment.project
    here = _defined(assignment.cells)
    for cell in assignment.cells:
        if not cell.lender or cell.cell_type != "code":
            continue
        used = names_in(cell.source)[1]
        if cell.kind == "solution":  # its bank comes with it
            for answer in answers:
                used |= names_in(answer.source)[1] if answer.name == cell.grade_id else set()
        for other in source.own_cells(cell.lender, project).values():
            for name in sorted((used & _defined([other])) - here):
                path = project.relative(project.source_path(cell.lender))
                raise _fail(
                    assignment,
                    cell.line,
                    f'"{cell.grade_id}" uses {name}, which no cell defines here',
                    f"define it in a given cell, as {path}:{other.line_of(name)} does",
                )


def _defined(cells: Iterable[Cell]) -> set[str]:
    """The names that given and solution cells bind."""
    return {n for c in cells if c.kind in ("given", "solution") for n in names_in(c.source)[0]}


def _check_tested(assignment: Assignment, answers: tuple[Answer, ...]) -> None:
    """Every test has a solution; every solution has a test and a known-wrong answer."""
    solutions = {c.grade_id: c for c in assignment.of_kind("solution")}
    for test in assignment.tests:
        if test.tested not in solutions:
            raise _fail(
                assignment,
                test.line,
                f'"{test.grade_id}" has no solution cell "{test.tested}"',
                "name a test after the cell it tests",
            )
    tested = {test.tested for test in assignment.tests}
    banked = {answer.name for answer in answers if not answer.correct}
    for name, cell in solutions.items():
        if name not in tested:
            reason, remedy = f'"{name}" has no test', f'add a cell "test_{name}" with points'
            raise _fail(assignment, cell.line, reason, remedy)
        if name not in banked:
            path = assignment.project.bank_path(assignment.slug)
            raise _fail(
                assignment,
                cell.line,
                f'"{name}" has no known-wrong answer',
                f"add one to {assignment.project.relative(path)}",
            )


def _check_reference(assignment: Assignment, test: Cell) -> None:
    """What a test asks of ``reference`` is defined by a cell."""
    referred = set(re.findall(r"\breference\.(\w+)", test.hidden))
    if unknown := referred - _defined(assignment.cells):
        name = min(unknown)
        raise _fail(
            assignment,
            test.line_of(name),
            f'"{test.grade_id}" uses reference.{name}, which no cell defines',
            f"take that cell of {test.lender} too" if test.lender else "define it in an answer",
        )


def _check_names(assignment: Assignment, test: Cell) -> None:
    """A test uses only names that it has, and takes none of its words' or solutions' names."""
    solutions = set(assignment.solution_names)
    notebook = solutions | assignment.given_names | set(dir(builtins))
    own, free = names_in(test.source)
    _, free_visible = names_in(test.visible)
    for name in sorted((free - notebook - WORDS) | (free_visible - notebook)):
        reason = (
            f'"{test.grade_id}" uses {name} outside its hidden tests'
            if name in WORDS
            else f'"{test.grade_id}" uses {name}, which neither it nor a given cell defines'
        )
        remedy = (
            "students do not have it: write a plain assert with a message"
            if name in WORDS
            else "import or define it in a given cell or in the test itself"
        )
        raise _fail(assignment, test.line_of(name), reason, remedy)
    if taken := own & (solutions | WORDS):
        name = min(taken)
        raise _fail(
            assignment,
            test.line_of(name),
            f'"{test.grade_id}" redefines {name}',
            "choose another name for the test's own variable",
        )
