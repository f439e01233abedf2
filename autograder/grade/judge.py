"""One test cell, run against the names of a shell."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any

from autograder import bank, words
from autograder.assignment import Assignment, Cell
from autograder.compare import kind_of
from autograder.digests import seed_for
from autograder.errors import GraderFault
from autograder.grade.calls import Call, Snapshot, StudentFunction
from autograder.grade.reference import answer_names, compiled, in_data_folder, reference_names
from autograder.grade.run import ShownRun
from autograder.grade.verdict import Verdict
from autograder.sandbox.loopback import loopback
from autograder.sandbox.shell import Handle, Shell, ShellDied, StudentError
from autograder.student.namespace import is_function
from autograder.student.protocol import builtin_kind


@dataclass(frozen=True)
class Findings:
    """A verdict, the calls that led to it, and whether the exercise is solved at all."""

    verdict: Verdict
    calls: list[Call]
    solved: bool = True


def judge(
    assignment: Assignment, test: Cell, shell: Shell, seed: int, shown: ShownRun | None = None
) -> Findings:
    """Run a test cell against a shell's names, in this process.

    `shown` is what the student's own run says about the exercise. Without it the shell is trusted,
    and a failing visible check is quoted.

    Raises
    ------
    GraderFault
        If the test itself is wrong.
    """
    name = test.tested
    calls: list[Call] = []

    def zero(*messages: str, solved: bool = True) -> Findings:
        return Findings(Verdict(test.grade_id, 0.0, test.points, messages), calls, solved)

    try:
        if message := _presence(assignment, name, shell, shown):
            return zero(message, solved=False)
        # The same for every run, and not the seed of the inputs, which the student's code sees.
        shell.reseed(seed_for("global state", str(seed), test.grade_id) % 2**32)
        names = _test_names(assignment, test, shell, calls)
    except StudentError as error:
        return zero(str(error), solved=False)

    inputs_seed = seed_for(str(seed), assignment.slug, test.grade_id)
    words.start(test.points, reference_names(assignment), inputs_seed)
    with words.quiet(), in_data_folder(assignment):
        failure = _attempt(compiled(assignment, test, "visible"), names)
        if isinstance(failure, StudentError) and failure.unsolved:
            return zero(str(failure), solved=False)
        visible = failure
        # Also after the visible check has failed: the more calls, the surer the misconception.
        failure = _attempt(compiled(assignment, test, "hidden"), names)
    if visible is not None:
        return zero(_visible_failure(visible, shown))
    if failure is not None:
        return zero(words.explain(failure))
    parts = words.finish()
    points = sum(p.points for p in parts) if parts else test.points
    messages = () if points >= test.points else tuple(_part_line(p) for p in parts)
    return Findings(Verdict(test.grade_id, points, test.points, messages), calls)


def _attempt(code: CodeType, names: dict[str, Any]) -> Exception | None:
    """Run a part of a test. Returns what it raised."""
    try:
        exec(code, names)
    except GraderFault:
        raise
    except Exception as error:
        return error
    return None


def _visible_failure(error: Exception, shown: ShownRun | None) -> str:
    """Why a visible check failed.

    The check quotes what the student's code returns, and here that code has met hidden inputs. So
    the words come from the run in which it had not.
    """
    if shown is not None and shown.check:
        return shown.check
    if isinstance(error, StudentError) or (shown is None and isinstance(error, AssertionError)):
        return str(error).strip() or "the visible check fails"
    return f"the visible check stops with {builtin_kind(error)} when it is graded"


def _part_line(part: words.Part) -> str:
    """One part, as the student reads it."""
    mark = "✗" if part.message else "✓"
    why = f" — {part.message}" if part.message else ""
    return f"{mark} {part.points:g} of {part.max_points:g} · {part.what}{why}"


def _presence(assignment: Assignment, name: str, shell: Shell, shown: ShownRun | None) -> str:
    """What is wrong with a name as such: missing, or of the wrong kind."""
    expected, kind = reference_names(assignment)[name], shell.kind(name)
    if kind == "missing":
        cell = shown.cell if shown is not None else ""
        if cell == "NotImplementedError":
            return str(StudentError(cell, name))
        return f"`{name}` is not defined" + (f": its cell ended with {cell}" if cell else "")
    if is_function(expected) and kind == "value":
        return f"`{name}` should be a function, and is a value"
    if not is_function(expected) and kind == "callable":
        return f"`{name}` should be {kind_of(expected)}, and is a function"
    return ""


def _test_names(
    assignment: Assignment, test: Cell, shell: Shell, calls: list[Call]
) -> dict[str, Any]:
    """The globals of a test cell: given names, words, and what the student has defined.

    Given cells run anew, so that a given function which calls the student's calls the student's.
    Raises `StudentError` if the tested value cannot be had.
    """
    names: dict[str, Any] = {"__name__": assignment.slug}
    given: dict[Callable, str] = {}
    tested = test.tested
    text = test.source + "".join(c.source for c in assignment.of_kind("given"))
    for cell in assignment.cells[: assignment.cells.index(test)]:
        name = cell.grade_id
        if cell.kind == "given":
            # It runs with the reference, so whatever stops it here is an answer of the student's,
            # and stops it in the student's notebook too.
            with contextlib.suppress(Exception), words.quiet(), in_data_folder(assignment):
                exec(compiled(assignment, cell, "visible"), names)
        elif cell.kind == "solution" and is_function(reference_names(assignment)[name]):
            names[name] = StudentFunction(name, shell, given, calls if name == tested else None)
        elif cell.kind == "solution" and (name == tested or re.search(rf"\b{name}\b", text)):
            try:
                names[name] = value = shell.value(name)
            except ShellDied:
                raise
            except StudentError:
                if name == tested:
                    raise
                continue  # the test that needs it will say so
            expected = reference_names(assignment)[name]
            if name == tested and isinstance(value, Handle):
                raise _WrongKind(name, kind_of(expected), value.noun)
            if name == tested:
                calls.append(Call(Snapshot(((), {})), Snapshot(value)))
    solutions = set(assignment.solution_names)
    given |= {f: n for n, f in names.items() if n not in solutions and _hashable_function(f)}
    return names | {word: getattr(words, word) for word in words.WORDS}


class _WrongKind(StudentError):
    """A value is of a kind that does not cross."""

    def __init__(self, name: str, expected: str, noun: str) -> None:
        super().__init__("TypeError", name)
        self.sentence = f"`{name}` should be {expected}, and is {noun}"

    def __str__(self) -> str:
        return self.sentence


def _hashable_function(thing: Any) -> bool:
    return is_function(thing) and type(thing).__hash__ is not None


def prove(assignment: Assignment, test: Cell | None = None, seed: int = 0) -> None:
    """Prove that a test, or each of them once per process, passes on its own solution.

    Without a test, also that the bank's known-wrong answers can be run.

    Raises
    ------
    GraderFault
        If one does not: a fault of the assignment, which no student may pay for.
    """
    if test is None:
        _prove_all(assignment)
        return
    shell = loopback(dict(reference_names(assignment)))
    verdict = judge(assignment, test, shell, seed).verdict
    if verdict.points < test.points:
        raise GraderFault(
            f"solutions/{assignment.slug}.py:{test.line}: {test.grade_id} fails on its own "
            f"solution with seed {seed} ({'; '.join(verdict.messages)}) — correct the test"
        )


@functools.lru_cache(maxsize=64)
def _prove_all(assignment: Assignment) -> None:
    for test in assignment.tests:
        prove(assignment, test)
    for answer in bank.answers(assignment):
        if not answer.correct:  # here, so that every fork finds it compiled, and a fault comes now
            answer_names(assignment, answer)
