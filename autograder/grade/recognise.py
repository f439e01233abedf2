"""The known-wrong answer that a student's answer behaves like."""

from __future__ import annotations

from typing import Any

from autograder import bank
from autograder.assignment import Assignment, Cell
from autograder.bank import Answer
from autograder.compare import difference
from autograder.errors import GraderFault
from autograder.grade.calls import Call, Result, Snapshot
from autograder.grade.judge import Findings
from autograder.grade.reference import answer_names, reference_names
from autograder.sandbox.shell import Handle, StudentError
from autograder.student.namespace import is_function
from autograder.student.protocol import builtin_kind
from autograder.student.wire import WireError
from autograder.words import quiet


def recognise(assignment: Assignment, test: Cell, findings: Findings) -> Answer | None:
    """The known-wrong answer that behaves like the student's, on the very calls of the test.

    It must agree with the student's answer in every call, exceptions included, and differ from the
    reference in one.
    """
    if not findings.calls or not findings.solved:
        return None
    name, calls = test.tested, findings.calls
    right: dict[int, Result] = {}
    for answer in bank.answers(assignment):
        if answer.name != name or answer.correct:
            continue
        differs = False
        for number, call in enumerate(calls):
            result = _replay(answer_names(assignment, answer)[name], call)
            if not _same(call.result, result):
                break
            if not differs:
                if number not in right:
                    right[number] = _replay(reference_names(assignment)[name], call)
                differs = not _same(right[number], result)
        else:
            if differs:
                return answer
    return None


def _replay(answer: Any, call: Call) -> Result:
    """What an answer of the bank, or the reference, makes of a call."""
    if not is_function(answer):
        return Snapshot(answer)
    args, kwargs = call.arguments.get()
    try:
        with quiet():
            return Snapshot(answer(*args, **kwargs))
    except StudentError as error:  # from a function of the student's that it was passed
        return error.kind
    except WireError:
        return "WireError"
    except Exception as error:
        return builtin_kind(error)


def _same(one: Result, other: Result) -> bool:
    """Whether two results of a call agree: values, NaNs, or the kind of an exception."""
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    try:
        left, right = one.get(), other.get()
        if isinstance(left, Handle) or isinstance(right, Handle):
            return False
        return not difference(left, right)
    except (GraderFault, WireError):  # no values that could be compared
        return False
