"""The instructor's own code: what the solution defines, what the bank's answers make of it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from types import CodeType
from typing import Any

from autograder.assignment import Assignment, Cell
from autograder.bank import Answer
from autograder.errors import GraderFault
from autograder.words import quiet


@functools.lru_cache(maxsize=64)
def reference_names(assignment: Assignment) -> Mapping[str, Any]:
    """What the assignment's given and solution cells define, run once in this process.

    Raises
    ------
    GraderFault
        If a cell stops.
    """
    names: dict[str, Any] = {"__name__": assignment.slug}
    with quiet(), in_data_folder(assignment):
        for cell in assignment.of_kind("given", "solution"):
            try:
                exec(compiled(assignment, cell, "visible"), names)
            except Exception as error:
                raise GraderFault(
                    f"solutions/{assignment.slug}.py:{cell.line}: {cell.grade_id} stops with "
                    f"{type(error).__name__}: {error} — run the notebook and correct it"
                ) from error
    return names


@functools.lru_cache(maxsize=1024)
def answer_names(assignment: Assignment, answer: Answer) -> Mapping[str, Any]:
    """`reference_names` with one answer of the bank in the place of the solution.

    Raises
    ------
    GraderFault
        If the answer stops.
    """
    names = dict(reference_names(assignment))
    try:
        with quiet(), in_data_folder(assignment):
            exec(compile(answer.source, answer.place, "exec"), names)
    except Exception as error:
        raise GraderFault(
            f'{answer.place}: "{answer.title}" ({answer.name}) stops with '
            f"{type(error).__name__}: {error} "
            "— an answer may use only np, sp and given names"
        ) from error
    return names


@functools.lru_cache(maxsize=4096)
def compiled(assignment: Assignment, cell: Cell, part: str) -> CodeType:
    """A cell's visible or hidden part, compiled so that errors name the line of its file."""
    source, line = getattr(cell, part), cell.line
    if part == "hidden" and source:
        rows = cell.source.splitlines()
        line += 1 + next(i for i, row in enumerate(rows) if "BEGIN HIDDEN TESTS" in row)
    return compile("\n" * line + source, f"solutions/{assignment.slug}.py", "exec")


@contextlib.contextmanager
def in_data_folder(assignment: Assignment) -> Iterator[None]:
    """Run where the assignment's data files are, as in its notebook."""
    folder = assignment.data_folder
    with contextlib.chdir(folder) if folder.is_dir() else contextlib.nullcontext():
        yield
