"""A student's notebook, held from the host: a `Shell`, and handles to objects in it."""

from __future__ import annotations

import builtins
import itertools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.sandbox.outputs import clean_outputs
from autograder.student import wire
from autograder.student.limits import DEFAULT, Limits
from autograder.student.protocol import Closed, builtin_kind
from autograder.student.wire import Message, Ref, WireError


class SandboxError(Exception):
    """No shell can be opened. The message is one line: why, and what would help."""


class SandboxLost(SandboxError):
    """A shell ended because its forkserver did, which is not the student's fault."""


class StudentError(Exception):
    """The student's code raised, or made something that cannot be sent.

    Only the nearest built-in class of the exception crosses, as `kind`: its own name and its text
    could hold whatever the code was called with. `kind` is "WireError" if the result cannot be
    sent, and `name` is the notebook's name that was called, if it was one.
    """

    def __init__(self, kind: str, name: str = "") -> None:
        super().__init__(kind, name)
        self.kind, self.name = kind, name

    @property
    def unsolved(self) -> bool:
        """The code is still the stub."""
        return self.kind == "NotImplementedError"

    def __str__(self) -> str:
        who = f"`{self.name}`" if self.name else "your code"
        if self.unsolved:
            return f"{who} is not solved yet (NotImplementedError)"
        if self.kind == "WireError":
            return (
                f"{who} gives something that cannot be checked: it should be made of numbers, "
                "arrays of numbers, text, lists, tuples, sets, dicts or SymPy expressions"
            )
        if self.kind == "MemoryError":
            return f"{who} needs more memory than a submission may use (MemoryError)"
        if self.kind == "KeyboardInterrupt":
            return f"{who} computes for too long, and was interrupted"
        return f"{who} raises {self.kind}"


class ShellDied(StudentError):
    """The shell is gone; its text says why."""

    def __init__(self, reason: str) -> None:
        super().__init__("ShellDied")
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


ENDS = {
    "exit": "ended the whole Python process",
    "crash": "ended the whole Python process by a crash (signal {signal})",
    "cpu": "your notebook used up its {seconds:g} seconds of computing",
    "late": "your notebook used up its {seconds:g} seconds",
}
"""How a shell can end, as a clause."""


class Callback:
    """A function of the host that the student's code may call, until the call it is passed to
    returns."""

    def __init__(self, function: Callable) -> None:
        self.function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)


class Handle:
    """A handle to an object in the student's shell. It can be called, and its methods can."""

    def __init__(self, ref: Ref, shell: Shell, method: str = "") -> None:
        self._ref, self._shell, self._method = ref, shell, method

    @property
    def noun(self) -> str:
        """What it is, with its article. Never its class's own name: that is the student's word."""
        if self._ref.kind in ("", "object"):
            return "an object of another kind"
        return f"{'an' if self._ref.kind[0] in 'aeiou' else 'a'} {self._ref.kind}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._shell.call(self._ref, args, kwargs, method=self._method)

    def __getattr__(self, name: str) -> Handle:
        # Names with underscores are Python's own protocols: NumPy, for one, asks for several.
        if name.startswith("_") or self._method or not wire.is_name(name):
            raise AttributeError(name)
        return Handle(self._ref, self._shell, name)

    def __repr__(self) -> str:
        return f"<{self.noun}>"


class Shell:
    """A student's notebook, held from the host.

    Parameters
    ----------
    ask : sends a question to the shell and returns its answer, by a deadline (`time.monotonic`).
    end_process : ends the shell. Returns how it ended, as a clause ("" if it was closed as usual),
        and the CPU seconds it used; None for the latter if its forkserver is gone.
    limits : what the submission may use.
    """

    def __init__(
        self,
        ask: Callable[[bytes, float | None], Message],
        end_process: Callable[[], tuple[str, float | None]],
        limits: Limits = DEFAULT,
    ) -> None:
        self._ask, self._end_process, self.limits = ask, end_process, limits
        self.deadline = math.inf
        """When everything must be over, by `time.monotonic`."""
        self.computed = 0.0
        """CPU seconds used, known when the shell has ended."""
        self.lost = False
        """Whether the shell ended because its forkserver did."""
        self._end = ""
        self._callbacks: dict[int, Callable] = {}
        self._numbers = itertools.count()
        self.alive = True

    def run(self, source: str, quiet: bool = False) -> list[dict]:
        """Run a cell. Its outputs, as nbformat has them; none if `quiet`.

        Raises ShellDied if the shell does not survive it.
        """
        try:
            outputs = self._request(self.limits.cell_seconds, "run", source, quiet)
        except ShellDied:
            raise
        except StudentError:  # running a cell never raises, unless somebody has tampered with it
            self.close()
            raise ShellDied("the cell sent back something unusable: it is no output") from None
        return [] if quiet else clean_outputs(outputs, self.limits.output_bytes)

    def call(
        self,
        target: str | Ref,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        given: Mapping[Callable, str] | None = None,
        method: str = "",
    ) -> Any:
        """Call a name of the notebook, or an object of it, and return the result by value.

        Arguments go by value, except functions: those of `given` go by the name they have in the
        notebook, a `Handle` arrives as the object that it stands for, and a `Callback` can be
        called until the call returns.

        Raises
        ------
        StudentError
            If the code raises; ShellDied if it dies, answers nonsense or takes too long.
        WireError
            If an argument cannot be sent.
        """
        name = target if isinstance(target, str) else ""
        before = dict(self._callbacks)
        try:
            return self._request(
                self.limits.call_seconds,
                "call",
                target if isinstance(target, str) else _Outgoing(target),
                method,
                list(args),
                dict(kwargs or {}),
                given=given,
                name=name,
            )
        finally:
            self._callbacks = before

    def value(self, name: str) -> Any:
        """The value of a name. Raises as `call` does."""
        return self._request(self.limits.call_seconds, "value", name, name=name)

    def kind(self, name: str) -> str:
        """``missing``, ``callable`` or ``value``. Raises ShellDied."""
        kind = self._request(self.limits.call_seconds, "kind", name)
        return kind if kind in ("callable", "value") else "missing"

    def reseed(self, seed: int) -> None:
        """Seed the global random states of Python and NumPy. Raises ShellDied."""
        self._request(self.limits.call_seconds, "reseed", seed)

    def close(self) -> None:
        """End the shell and everything it started. Harmless if it is dead."""
        if self.alive:
            self.alive = False
            self._end, computed = self._end_process()
            self.computed, self.lost = computed or 0.0, computed is None

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _request(
        self,
        seconds: float,
        *question: Any,
        given: Mapping[Callable, str] | None = None,
        name: str = "",
    ) -> Any:
        if not self.alive:
            raise ShellDied("your code had stopped the shell before this could run")
        body = wire.encode(question, lambda thing: self._refer(thing, given or {}))
        what = {"run": "the cell", "call": f"`{name}`" if name else "a function of yours"}.get(
            question[0], "your code"
        )
        try:
            answer = self._ask(body, min(time.monotonic() + seconds, self.deadline))
            # What a cell sends back is read in this very process: nothing that takes long to build.
            reply = wire.decode(answer, self._resolve, plain=question[0] == "run")
            match reply:
                case ("ok", value):
                    return value
                case ("error", str(kind)) if _is_kind(kind):
                    raise StudentError(kind, name)
            raise WireError("it is no answer")
        except TimeoutError:
            self.close()
            reason = f"it ran longer than {seconds:g} seconds"
            if time.monotonic() >= self.deadline:
                reason = ENDS["late"].format(seconds=self.limits.submission_seconds)
            raise ShellDied(f"{what} was stopped: {reason}") from None
        except Closed:
            self.close()
            raise ShellDied(f"{what} {self._end or ENDS['exit']}") from None
        except (WireError, MemoryError, RecursionError) as error:
            # Out of step, or oversize: whatever comes next on this connection cannot be trusted.
            self.close()
            why = error if isinstance(error, WireError) else "it is too large for this machine"
            raise ShellDied(f"{what} sent back something unusable: {why}") from None

    def _refer(self, thing: Any, given: Mapping[Callable, str]) -> Ref:
        if isinstance(thing, _Outgoing):
            return thing.ref
        if isinstance(thing, Handle) and not thing._method:
            return thing._ref
        if isinstance(thing, Callback):
            key = next(self._numbers)
            self._callbacks[key] = thing.function
            return Ref("callback", key)
        if callable(thing) and thing in given:
            return Ref("name", given[thing])
        raise WireError(f"a {type(thing).__name__} cannot be passed to the student's code")

    def _resolve(self, ref: Ref) -> Any:
        if ref.space == "callback":
            if ref.number not in self._callbacks:
                raise WireError("it refers to a callback that is no longer valid")
            return self._callbacks[ref.number]
        return Handle(ref, self)

    def serve(self, question: Message) -> bytes:
        """Answer a question of the shell. It may only call callbacks of calls that are running."""
        callbacks = self._callbacks.values()
        if not callbacks:  # before anything is built of what it sends
            raise WireError("it refers to a callback that is no longer valid")
        match wire.decode(question, self._resolve):
            # Not whatever can be called: a Lambda of SymPy's can, and computes for ever.
            case ("callback", function, list(args), dict(kwargs)) if any(
                function is callback for callback in callbacks
            ):
                pass
            case _:
                raise WireError("it is no question")
        try:
            return wire.encode(("ok", function(*args, **kwargs)))
        except StudentError:  # from a call of the student's code inside the callback
            raise
        except Exception as error:
            return wire.encode(("error", builtin_kind(error)))


@dataclass(frozen=True)
class _Outgoing:
    """A `Ref` that is sent to the shell as it is."""

    ref: Ref


def _is_kind(name: str) -> bool:
    cls = getattr(builtins, name, None)
    return name == "WireError" or (isinstance(cls, type) and issubclass(cls, BaseException))
