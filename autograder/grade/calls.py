"""The student's functions as tests call them, and a record of those calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from autograder.errors import GraderFault
from autograder.sandbox.shell import Handle, Shell, ShellDied, StudentError
from autograder.student import wire
from autograder.student.wire import Ref, WireError


class StudentFunction(Handle):
    """A function of the student's notebook, as a test calls it.

    Parameters
    ----------
    given : functions that have a name in the notebook, by which they are passed to it.
    calls : where each call is recorded; None if it need not be.
    """

    def __init__(
        self, name: str, shell: Shell, given: Mapping[Callable, str], calls: list[Call] | None
    ) -> None:
        super().__init__(Ref("name", name, "function"), shell)
        self._name, self._given, self._calls = name, given, calls

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            arguments = Snapshot((args, kwargs) if self._calls is not None else None)
            result = self._shell.call(self._name, args, kwargs, given=self._given)
        except StudentError as error:
            if self._calls is not None and not isinstance(error, ShellDied):
                self._calls.append(Call(arguments, error.kind))
            raise
        except WireError as error:
            raise GraderFault(f"`{self._name}` cannot be called so: {error}") from None
        if self._calls is not None:
            self._calls.append(Call(arguments, Snapshot(result)))
        return result


class Snapshot:
    """A copy of a value. Functions in it are not copied."""

    def __init__(self, value: Any) -> None:
        self.things: list[Any] = []
        self.data = wire.encode(value, self._refer)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Snapshot):
            return False
        return self.data == other.data and self.things == other.things

    def __hash__(self) -> int:
        return hash(self.data)

    def _refer(self, thing: Any) -> Ref:
        self.things.append(thing)
        return Ref("object", len(self.things) - 1)

    def get(self) -> Any:
        """A fresh copy."""
        return wire.decode(self.data, lambda ref: self.things[ref.number])


@dataclass(frozen=True)
class Call:
    """A call that a test made of an answer: (args, kwargs), and what came of it."""

    arguments: Snapshot
    result: Result


Result = Snapshot | str
"""A value, or the kind of an exception."""
