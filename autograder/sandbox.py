"""The student's side: shells in which submitted code runs, and the handle by which they are held.

A *forkserver* is started as a process of its own (``python -m autograder.sandbox``), imports
IPython, NumPy, SymPy and Matplotlib once, and forks a *shell* for each submission: an IPython
without ZMQ that runs cells as a notebook does, and whose functions can be called from outside. One
socket leads to it, on which `wire` is spoken. Of this package the student's side knows this
module, `wire` and `box`, and nothing else: no test, no answer, no mark.

Two functions decide how closed the box is: `_launch` starts the forkserver, `_become_shell` turns
a fork into a shell. Everything else is the same in an open box and in a closed one. What closes it
is `box`; an open one is for work that is trusted.

    host process                      forkserver                     shell (one per submission)
    Sandbox ── control socket ──────▶ _Forkserver ── fork ─────────▶ _become_shell
    Shell ◀─────────────── wire over a socket handed in as a descriptor ─▶ Desk
          ◀── leash ────────────────▶ kills the shell when the host lets go, and
                                      lets go when the shell has died
"""

from __future__ import annotations

import array
import atexit
import builtins
import contextlib
import errno
import gc
import itertools
import math
import os
import random
import re
import resource
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import GeneratorType, ModuleType
from typing import IO, Any

import numpy as np
import sympy as sp

from autograder import box, wire
from autograder.wire import Closed, Connection, Ref, WireError


@dataclass(frozen=True)
class Limits:
    """What a submission may use. In an open box only the seconds and the output are limited."""

    cell_seconds: float = 60.0
    """For one cell, by the clock on the wall."""
    cell_cpu_seconds: float = 30.0
    """For one cell, of all its threads' computing."""
    call_seconds: float = 20.0
    """For one call of a function, callbacks included."""
    cpu_seconds: float = 300.0
    """Of computing, in all its shells together. What is left to do then is not done."""
    submission_seconds: float = 600.0
    """By the clock on the wall, in all. What is left to do then is not done."""
    restarts: int = 20
    """How often a shell that died is replaced, in all. What is left to do then is not done."""
    memory_bytes: int = 2**30
    """Beside what Python and its libraries need."""
    threads: int = 32
    """Beside the first one."""
    disk_bytes: int = 64 * 2**20
    """In all files together."""
    files: int = 1000
    """Files and folders."""
    output_bytes: int = 4 * 2**20
    """Of one cell; what exceeds it is dropped, with a note."""
    all_output_bytes: int = 16 * 2**20
    """Of all cells; what exceeds it is dropped, with a note."""


DEFAULT = Limits()


class Budget:
    """What is left of a submission's limits, for all of its shells together.

    Its shells live one after another, never side by side: each has ended, with everything in it,
    before the next is opened. So what holds for a shell at any moment (memory, threads, files)
    holds for the submission. What adds up is counted here: computing, time by the clock, shells
    that died, output.
    """

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self._limits, self._began = limits, time.monotonic()
        self.output, self.restarts = limits.all_output_bytes, limits.restarts
        self.computed = 0.0
        """CPU seconds of the shells that have ended."""
        self.allow(1.0)

    def allow(self, share: float) -> None:
        """Let this share of the seconds be used from now on; what has been used before counts."""
        self.limits = replace(
            self._limits,
            cpu_seconds=share * self._limits.cpu_seconds,
            submission_seconds=share * self._limits.submission_seconds,
        )
        self.deadline = self._began + self.limits.submission_seconds

    def spent(self) -> str:
        """Which limit keeps anything more from being run, as a clause; "" if none does."""
        if time.monotonic() >= self.deadline:
            return _ENDS["late"].format(seconds=self.limits.submission_seconds)
        if self.computed >= self.limits.cpu_seconds:
            return _ENDS["cpu"].format(seconds=self.limits.cpu_seconds)
        return ""

    def open(self, open_shell: Callable[..., Shell], dead: Shell | None = None) -> Shell:
        """A shell that stops when the budget is used up, in the place of one that is `dead`.

        Raises
        ------
        Spent
            If there is nothing left for it.
        """
        if dead is not None:
            self.close(dead)
        if reason := self.spent():
            raise Spent(f"not run: {reason}")
        if dead is not None:
            if not self.restarts:
                raise Spent("not run: other cells had ended the Python process too often")
            self.restarts -= 1
        shell = open_shell(cpu_seconds=self.limits.cpu_seconds - self.computed)
        shell.limits = replace(
            shell.limits,
            cpu_seconds=self.limits.cpu_seconds,
            submission_seconds=self.limits.submission_seconds,
        )
        shell.deadline = self.deadline
        return shell

    def close(self, shell: Shell) -> None:
        """End a shell, and count what it has used."""
        shell.close()
        self.computed, shell.computed = self.computed + shell.computed, 0.0


class Spent(Exception):
    """A budget is used up. The message says which limit, in a line."""


class SandboxError(Exception):
    """No shell can be opened. The message is one line: why, and what would help."""


class SandboxLost(SandboxError):
    """A shell ended because its forkserver did. It is nobody's fault who is graded."""


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


_ENDS = {
    "exit": "ended the whole Python process",
    "crash": "ended the whole Python process by a crash (signal {signal})",
    "cpu": "your notebook used up its {seconds:g} seconds of computing",
    "late": "your notebook used up its {seconds:g} seconds",
}
"""How a shell can end."""


class Callback:
    """A function of the trusted side that may be called while the call it is passed to lasts."""

    def __init__(self, function: Callable) -> None:
        self.function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)


class Remote:
    """An object that lives in the student's shell. It can be called, and its methods can."""

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

    def __getattr__(self, name: str) -> Remote:
        # Names with underscores are Python's own protocols: NumPy, for one, asks for several.
        if name.startswith("_") or self._method or not wire.is_name(name):
            raise AttributeError(name)
        return Remote(self._ref, self._shell, name)

    def __repr__(self) -> str:
        return f"<{self.noun}>"


# --- the trusted end


class Shell:
    """A student's notebook, held from the trusted side.

    `ask` carries a question to the other side and brings its answer back: a `_Line`'s over a
    socket, or another's in the same process. `hang_up` ends it and says how it ended, if that is
    worth telling, and how many seconds it has computed; None if nobody is left to know.
    """

    def __init__(
        self,
        ask: Callable[[bytes, float | None], bytes],
        hang_up: Callable[[], tuple[str, float | None]],
        limits: Limits = DEFAULT,
    ) -> None:
        self._ask, self._hang_up, self.limits = ask, hang_up, limits
        self.deadline = math.inf
        """When everything must be over, by `time.monotonic`."""
        self.computed = 0.0
        """CPU seconds, known when it has ended."""
        self.lost = False
        """Whether it ended with its forkserver, through no fault of its own."""
        self._end = ""
        self._lent: dict[int, Callable] = {}
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
        return [] if quiet else _clean_outputs(outputs, self.limits.output_bytes)

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
        notebook, `Remote` ones return to where they came from, and a `Callback` is lent until the
        call returns.

        Raises
        ------
        StudentError
            If the code raises; ShellDied if it dies, answers nonsense or takes too long.
        WireError
            If an argument cannot be sent.
        """
        name = target if isinstance(target, str) else ""
        before = dict(self._lent)
        try:
            return self._request(
                self.limits.call_seconds,
                "call",
                target if name else _Passed(target),
                method,
                list(args),
                dict(kwargs or {}),
                given=given,
                name=name,
            )
        finally:
            self._lent = before

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
            self._end, computed = self._hang_up()
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
                reason = _ENDS["late"].format(seconds=self.limits.submission_seconds)
            raise ShellDied(f"{what} was stopped: {reason}") from None
        except Closed:
            self.close()
            raise ShellDied(f"{what} {self._end or _ENDS['exit']}") from None
        except (WireError, MemoryError, RecursionError) as error:
            # Out of step, or oversize: whatever comes next on this line cannot be trusted.
            self.close()
            why = error if isinstance(error, WireError) else "it is too large for this machine"
            raise ShellDied(f"{what} sent back something unusable: {why}") from None

    def _refer(self, thing: Any, given: Mapping[Callable, str]) -> Ref:
        if isinstance(thing, _Passed):
            return thing.ref
        if isinstance(thing, Remote) and not thing._method:
            return thing._ref
        if isinstance(thing, Callback):
            key = next(self._numbers)
            self._lent[key] = thing.function
            return Ref("callback", key)
        if callable(thing) and thing in given:
            return Ref("name", given[thing])
        raise WireError(f"a {type(thing).__name__} cannot be passed to the student's code")

    def _resolve(self, ref: Ref) -> Any:
        if ref.space == "callback":
            if ref.key not in self._lent:
                raise WireError("it refers to a function that is lent no longer")
            return self._lent[ref.key]
        return Remote(ref, self)

    def answer(self, question: bytes) -> bytes:
        """Serve the other side, whose only questions are calls of what was lent to it."""
        lent = self._lent.values()
        if not lent:  # before anything is built of what it sends
            raise WireError("it refers to a function that is lent no longer")
        match wire.decode(question, self._resolve):
            # Not whatever can be called: a Lambda of SymPy's can, and computes for ever.
            case ("callback", function, list(args), dict(kwargs)) if any(
                function is own for own in lent
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
class _Passed:
    """A reference on its way out."""

    ref: Ref


class _Line:
    """One end of a connection on which each side may ask the other, also while being asked.

    Both sides wait in `ask`, serving what arrives, so questions nest like calls. Each answer
    carries its question's number: one that does not fit shows that the sides are out of step.
    """

    def __init__(self, connection: Connection, serve: Callable[[bytes], bytes]) -> None:
        self.connection, self.serve = connection, serve
        self.numbers = itertools.count()

    def ask(self, body: bytes, deadline: float | None = None) -> bytes:
        number = next(self.numbers).to_bytes(8, "little")
        self.connection.send(b"?" + number + body, deadline)
        while True:
            message = self.connection.receive(deadline)
            if message[:1] == b"?":
                self._answer(message, deadline)
            elif message[:9] == b"!" + number:
                return message[9:]
            else:
                raise WireError("it does not fit the question")

    def serve_forever(self) -> None:
        """Answer until the other side goes away."""
        with contextlib.suppress(Closed):
            while True:
                message = self.connection.receive()
                if message[:1] == b"?":
                    self._answer(message, None)

    def _answer(self, message: bytearray, deadline: float | None) -> None:
        self.connection.send(b"!" + message[1:9] + self.serve(message[9:]), deadline)


# --- the student's end


class Desk:
    """A notebook's names, served to the trusted side.

    `execute` runs a cell's source and returns its outputs; `ask` reaches the trusted side.
    """

    def __init__(
        self,
        names: dict[str, Any],
        execute: Callable[[str, bool], list[dict]],
        ask: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self.names, self.execute, self.ask = names, execute, ask
        self.objects: list[Any] = []
        self.calls = {
            "run": lambda source, quiet: self.execute(source, quiet),
            "call": self._call,
            "value": self._value,
            "kind": self._kind,
            "reseed": _reseed,
        }

    def answer(self, question: bytes) -> bytes:
        """Do what is asked, and report."""
        try:
            what, *arguments = wire.decode(question, self._resolve)
            result = self.calls[what](*arguments)
        except BaseException as error:  # SystemExit and KeyboardInterrupt too
            return wire.encode(("error", builtin_kind(error)))
        try:
            return wire.encode(("ok", result), self._refer)
        except WireError:
            return wire.encode(("error", "WireError"))

    def _call(self, target: Any, method: str, args: list, kwargs: dict) -> Any:
        if isinstance(target, str):
            target = self._value(target)
        return (getattr(target, method) if method else target)(*args, **kwargs)

    def _value(self, name: str) -> Any:
        if name not in self.names:
            raise NameError(name)
        return self.names[name]

    def _kind(self, name: str) -> str:
        if name not in self.names:
            return "missing"
        return "callable" if is_function(self.names[name]) else "value"

    def _refer(self, thing: Any) -> Ref:
        if isinstance(thing, _Borrowed):
            return Ref("callback", thing.key)
        self.objects.append(thing)
        return Ref("object", len(self.objects) - 1, _kind_of_object(thing))

    def _resolve(self, ref: Ref) -> Any:
        if ref.space == "name":
            return self._value(ref.key)
        if ref.space == "object":
            return self.objects[ref.key]
        return _Borrowed(self, ref.key)


class _Borrowed:
    """A function of the trusted side, as the student's code sees it."""

    def __init__(self, desk: Desk, key: int) -> None:
        self.desk, self.key = desk, key

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        question = wire.encode(("callback", self, list(args), kwargs), self.desk._refer)
        match wire.decode(self.desk.ask(question), self.desk._resolve):
            case ("ok", value):
                return value
            case ("error", kind):
                raise getattr(builtins, kind, RuntimeError)("the function passed in refuses this")


def builtin_kind(error: BaseException) -> str:
    """The nearest built-in class of an exception."""
    classes = type(error).__mro__
    names = (cls.__name__ for cls in classes if getattr(builtins, cls.__name__, None) is cls)
    return next(names, "Exception")


def is_function(thing: Any) -> bool:
    """Whether a name stands for something to call. SymPy's symbols are callable, and are values."""
    return callable(thing) and not isinstance(thing, sp.Basic)


def _is_kind(name: str) -> bool:
    cls = getattr(builtins, name, None)
    return name == "WireError" or (isinstance(cls, type) and issubclass(cls, BaseException))


def _kind_of_object(thing: Any) -> str:
    if isinstance(thing, type):
        return "class"
    if isinstance(thing, GeneratorType):
        return "generator"
    if isinstance(thing, ModuleType):
        return "module"
    if callable(thing):
        return "function"
    return "iterator" if hasattr(type(thing), "__next__") else "object"


def _reseed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed % 2**32)


def loopback(
    names: dict[str, Any], execute: Callable[[str, bool], list[dict]] | None = None
) -> Shell:
    """A `Shell` on a namespace of this very process, through the same bytes.

    For code that is trusted: the bank's answers and the reference. Nothing is isolated.
    """

    def in_place(source: str, quiet: bool) -> list[dict]:
        exec(compile(source, "<cell>", "exec"), names)
        return []

    desk = Desk(names, execute or in_place)
    shell = Shell(lambda body, _: desk.answer(body), lambda: ("", 0.0))
    desk.ask = shell.answer
    return shell


# --- cells as a notebook runs them


def _make_ipython() -> Any:
    """The IPython shell that every fork starts from. Imports what notebooks import."""
    import getpass  # with IPython below: this module's other half does without them

    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    class Publisher(DisplayPublisher):
        """Collects rich output."""

        def publish(self, data, metadata=None, *, transient=None, update=False, **_):
            self.shell.outputs.display(data, metadata or {}, transient or {}, update)

        def clear_output(self, wait=False):
            self.shell.outputs.clear(wait)

    class Hook(DisplayHook):
        """Collects the value of a cell's last expression."""

        def write_output_prompt(self):
            pass

        def write_format_data(self, format_dict, md_dict=None):
            self.shell.outputs.result(format_dict, md_dict or {}, self.prompt_count)

        def finish_displayhook(self):
            pass

    class NotebookShell(InteractiveShell):
        """An IPython whose outputs are collected as a notebook would show them."""

        displayhook_class = Type(Hook)
        display_pub_class = Type(Publisher)

        def enable_gui(self, gui=None):
            """Windows are not available; `%matplotlib inline` must still work."""

        def ask_exit(self):
            print("exit() has no effect here.")

        def showtraceback(self, *args, **kwargs):
            # Rendering a traceback takes as long as ten cells. In a quiet run nobody sees it.
            if self.outputs.shown:
                super().showtraceback(*args, **kwargs)

        def _showtraceback(self, etype, evalue, stb):
            self.outputs.error(etype, evalue, stb)

    # No history file: a notebook keeps none, and its writer is a thread, which no fork has.
    config = Config({"HistoryManager": {"enabled": False}})
    ipython = NotebookShell.instance(config=config, ipython_dir=tempfile.mkdtemp(prefix="ipython-"))
    shutil.rmtree(ipython.ipython_dir, ignore_errors=True)
    ipython.outputs = _Outputs(10**6)

    def refuse(prompt: object = "", *_: object, **__: object) -> str:
        raise RuntimeError("input() cannot be used here: nobody can answer while work is graded")

    builtins.input = getpass.getpass = refuse
    ipython.enable_matplotlib("inline")
    for source in _REHEARSAL:
        if not ipython.run_cell(source).success and "raise" not in source:
            raise SandboxError(f"the forkserver cannot run {source!r}")
    # Figures are shown first, and then whatever is left of them is drawn. In the order in which the
    # two were registered, each figure would be drawn once for nobody.
    draw = sys.modules["matplotlib.pyplot"]._draw_all_if_interactive
    ipython.events.unregister("post_execute", draw)
    ipython.events.register("post_execute", draw)
    ipython.reset(new_session=False)
    ipython.execution_count = 1
    return ipython


_REHEARSAL = (
    """
import numpy as np, numpy.random, numpy.testing, sympy as sp, matplotlib.pyplot as plt
np.testing.assert_allclose(np.linalg.norm(np.random.default_rng(0).normal(size=3) * 0), 0)
p, q = sp.symbols("p q", positive=True)
sp.integrate(sp.exp(-q * p**2), (p, -sp.oo, sp.oo)), sp.diff(sp.log(1 + p**2) / q, p)
sp.simplify(sp.sin(p) ** 2 + sp.cos(p) ** 2 + (p**2 - q**2) / (p - q) + sp.exp(p) * sp.exp(q))
sp.solve(p**2 - q, p), sp.lambdify(p, p + 1)(np.ones(1)), sp.Matrix([[p, 1], [q, 2]]).inv()
""",
    "%config InlineBackend.figure_formats = ['svg', 'png']",
    """
plt.figure(figsize=(2, 2)), plt.plot([1, 2], label="$x^2$"), plt.scatter([1], [1])
plt.imshow([[1, 2]]), plt.legend(), plt.xlabel("x"), plt.title("t")
""",
    "%config InlineBackend.figure_formats = ['png']",
    "%matplotlib inline\nraise NotImplementedError",
    "assert False, 'a message'; raise",
)
"""What most notebooks do, done once before any fork. The first figure loads fonts, styles and an
encoder, the first integral builds a table, the first traceback loads a syntax highlighter."""


class _Outputs:
    """The outputs of a cell, as nbformat has them, up to a number of bytes."""

    def __init__(self, room: int, limits: Limits = DEFAULT) -> None:
        self.room, self.list, self.limits = room, [], limits
        self.shown, self.full = room > 0, False
        self.displays: dict[str, list[dict]] = {}
        self.clear_next = False

    def _add(self, output: dict, size: int) -> bool:
        if self.clear_next:
            self.clear()
        size += 100  # an empty one takes room too
        if self.full or size > self.room:
            if self.shown and not self.full:
                self.list.append(_stream("stderr", "\n[further output of this cell is dropped]\n"))
            self.full = True
            return False
        self.room -= size
        self.list.append(output)
        return True

    def write(self, name: str, text: str) -> None:
        size = len(text)
        if self.clear_next:
            self.clear()
        if self.list and self.list[-1].get("name") == name and size <= self.room and not self.full:
            self.room -= size
            self.list[-1]["parts"].append(text)
        elif self._add(_stream(name, ""), size):
            self.list[-1]["parts"] = [text]

    def display(self, data: dict, metadata: dict, transient: dict, update: bool) -> None:
        data = _texts(data)
        identity = transient.get("display_id")
        if update:
            for old in self.displays.get(identity, ()):
                old.update(data=data, metadata=_plain(metadata))
            return
        output = {"output_type": "display_data", "data": data, "metadata": _plain(metadata)}
        if self._add(output, sum(map(len, data.values()))) and isinstance(identity, str):
            self.displays.setdefault(identity, []).append(output)

    def result(self, data: dict, metadata: dict, count: int) -> None:
        data = _texts(data)
        output = {
            "output_type": "execute_result",
            "data": data,
            "metadata": _plain(metadata),
            "execution_count": count,
        }
        self._add(output, sum(map(len, data.values())))

    def error(self, etype: type, evalue: BaseException, stb: Sequence[str]) -> None:
        try:
            text = str(evalue)
        except Exception:
            text = ""
        lines = [str(line)[:20_000] for line in stb][:200]
        if hint := _hint(evalue, text, self.limits):
            text, lines = f"{text[:1000]} [{hint}]".strip(), [*lines, hint]
        output = {
            "output_type": "error",
            "ename": str(etype.__name__),
            "evalue": text[:2000],
            "traceback": lines,
        }
        # How a cell ended is worth more than what it printed before.
        self.full, self.room = False, max(self.room, 10**6)
        self._add(output, sum(map(len, lines)))

    def clear(self, wait: bool = False) -> None:
        self.clear_next = wait
        if not wait:
            self.list.clear()

    def take(self) -> list[dict]:
        for output in self.list:
            if "parts" in output:
                output["text"] = "".join(output.pop("parts"))
        return self.list


def _hint(error: BaseException, text: str, limits: Limits) -> str:
    """Which limit an error is due to, if any."""
    if isinstance(error, MemoryError):
        return f"a notebook may use {limits.memory_bytes >> 20} MB of memory here"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EFBIG):
        return f"a notebook may write {limits.disk_bytes >> 20} MB in {limits.files} files here"
    if "can't start new thread" in text:
        return f"a notebook may start {limits.threads} threads here"
    return ""


def _stream(name: str, text: str) -> dict:
    return {"output_type": "stream", "name": name, "text": text}


def _texts(data: Mapping) -> dict[str, str]:
    """The representations that are text, binary ones as base64."""
    import base64

    return {
        str(mime): base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
        for mime, value in data.items()
        if isinstance(value, str | bytes)
    }


def _plain(metadata: Mapping) -> dict:
    """Metadata of numbers and texts, two levels deep: the size of an image, say."""
    good = (str, int, float, bool, type(None))
    return {
        str(key): _plain(value) if isinstance(value, dict) else value
        for key, value in metadata.items()
        if isinstance(value, good)
        or (isinstance(value, dict) and all(isinstance(v, good) for v in value.values()))
    }


class _Stream:
    """sys.stdout or sys.stderr of a cell."""

    encoding, errors, closed, newlines = "utf-8", "replace", False, None

    def __init__(self, ipython: Any, name: str) -> None:
        self._ipython, self.name = ipython, f"<{name}>"
        self._which = name

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._ipython.outputs.write(self._which, text.encode("utf-8", "replace").decode())
        return len(text)

    def writelines(self, lines: Sequence[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        pass

    close = flush

    def isatty(self) -> bool:
        return False

    readable = seekable = isatty

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        import io

        raise io.UnsupportedOperation("fileno")


class TooLong(KeyboardInterrupt):
    """A cell or call has used up its time. It comes from outside, as an interrupt does."""


def _stop_at(seconds: float) -> None:
    """Have `TooLong` raised after so much more computing. Whoever ignores it meets a harder end."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = math.ceil(time.process_time() + seconds)
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)

    def stop(*_: object) -> None:
        raise TooLong(f"stopped: a cell may compute for {seconds:g} seconds")

    signal.signal(signal.SIGXCPU, stop)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _execute(ipython: Any, limits: Limits) -> Callable[[str, bool], list[dict]]:
    """What runs cells in an IPython shell."""
    every_type = list(ipython.display_formatter.active_types)

    def execute(source: str, quiet: bool) -> list[dict]:
        ipython.outputs = _Outputs(0 if quiet else limits.output_bytes, limits)
        # Nobody will see it, so figures need not be drawn.
        ipython.display_formatter.active_types = ["text/plain"] if quiet else every_type
        ipython.run_cell(source, store_history=True)
        outputs, ipython.outputs = ipython.outputs.take(), _Outputs(0)
        if sys.stdout is not ipython.streams[0] or sys.stderr is not ipython.streams[1]:
            sys.stdout, sys.stderr = ipython.streams  # a cell that replaced them and stopped
        return [] if quiet else outputs

    return execute


# --- outputs, received


_MIME = re.compile(r"[a-z]+/[A-Za-z0-9.+-]{1,60}")


def _clean_outputs(outputs: Any, room: int) -> list[dict]:
    """Outputs of the shapes nbformat knows, up to a size; whatever else was received is left out.

    The student's side keeps to the limit by itself, unless somebody has tampered with it.
    """
    clean, room = [], room + 2 * 10**6  # an error may exceed what is left for the rest
    for output in outputs if isinstance(outputs, list) else ():
        match output:
            case {"output_type": "stream", "name": "stdout" | "stderr", "text": str()}:
                keys = ("output_type", "name", "text")
            case {"output_type": "display_data", "data": dict(), "metadata": dict()}:
                keys = ("output_type", "data", "metadata")
            case {
                "output_type": "execute_result",
                "data": dict(),
                "metadata": dict(),
                "execution_count": int(),
            }:
                keys = ("output_type", "data", "metadata", "execution_count")
            case {"output_type": "error", "ename": str(), "evalue": str(), "traceback": list()}:
                keys = ("output_type", "ename", "evalue", "traceback")
                output["traceback"] = [x for x in output["traceback"] if type(x) is str]
            case _:
                continue
        if "data" in keys:
            output["data"] = {
                mime: text
                for mime, text in output["data"].items()
                if type(mime) is str and _MIME.fullmatch(mime) and type(text) is str
            }
            output["metadata"] = _plain(output["metadata"])
        kept = {key: output[key] for key in keys}
        room -= len(wire.encode(kept))
        if room < 0:
            break
        clean.append(kept)
    return clean


# --- the forkserver


def _launch(control: socket.socket, closed: bool, log: IO[bytes]) -> subprocess.Popen:
    """Start the forkserver, with one end of the control socket as its only inheritance.

    The one place that decides what the forkserver and everything forked from it can see. What goes
    wrong while it starts is written to `log`.
    """
    here = Path(__file__).resolve().parent
    keep = ["LANG", "LC_ALL", "LC_CTYPE", "TZ"]
    keep += [] if closed else ["PATH", "HOME", "MPLCONFIGDIR", "TMPDIR"]
    environment = {name: os.environ[name] for name in keep if name in os.environ}
    # One thread each: shells run side by side, and OpenBLAS would start as many as there are cores.
    environment |= {f"{lib}_NUM_THREADS": "1" for lib in ("OMP", "OPENBLAS", "MKL")}
    environment["PYTHONHASHSEED"] = "0"  # or a regrade would print sets in another order
    arguments = [str(control.fileno()), "closed" if closed else "open"]
    if closed:
        modules = [here / f"{name}.py" for name in ("__init__", "wire", "box", "sandbox")]
        command, room = box.command(modules, arguments)
        environment |= room
    else:
        command = [sys.executable, "-m", "autograder.sandbox", *arguments]
        environment["PYTHONPATH"] = str(here.parent)
    return subprocess.Popen(
        command,
        env=environment,
        pass_fds=[control.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=log,
        start_new_session=True,
    )


def _become_shell(ipython: Any, sock: socket.socket, folder: str, closed: bool) -> None:
    """Turn a fresh fork of the forkserver into a shell, and serve until the host lets go.

    The one place that decides what a shell may do.
    """
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    # Keep this one socket, and nothing that the forkserver or its other children use.
    null = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)
    os.dup2(sock.fileno(), 3)
    os.closerange(4, 1 << 12)
    sock.detach()
    sock = socket.socket(fileno=3)

    def serve(question: bytes) -> bytes:
        _stop_at(limits.cell_cpu_seconds)
        return desk.answer(question)

    line = _Line(Connection(sock), serve)
    setup = wire.decode(line.connection.receive())
    limits = Limits(**setup["limits"])
    try:
        if closed:
            _refuse_programs(ipython)
            box.close(
                memory=limits.memory_bytes,
                disk=limits.disk_bytes,
                files=limits.files,
                threads=limits.threads,
            )
    except OSError as error:
        line.connection.send(str(error).encode())
        return
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(limits.cpu_seconds),) * 2)
    os.chdir(folder)
    os.environ["HOME"] = os.environ["TMPDIR"] = tempfile.tempdir = folder
    sys.path[:] = ["", *(p for p in sys.path if p)]
    for name, content in setup["files"].items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    _reseed(setup["seed"])
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    ipython.streams = sys.stdout, sys.stderr = [_Stream(ipython, n) for n in ("stdout", "stderr")]
    desk = Desk(ipython.user_ns, _execute(ipython, limits), line.ask)
    line.connection.send(_READY)
    line.serve_forever()


_READY = b"ready"
_PATIENCE = 10
"""Seconds that a shell, whose end takes milliseconds, has to end."""


def _refuse_programs(ipython: Any) -> None:
    """Say in words what the kernel would refuse without any."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(
            "no other programs can be started here: while work is graded, only Python runs"
        )

    ipython.system = ipython.getoutput = subprocess._fork_exec = refuse
    for name in ("fork", "forkpty", "posix_spawn", "posix_spawnp", "system", "execv", "execve"):
        setattr(os, name, refuse)


class _Forkserver:
    """Forks a shell for each pair of sockets that arrives, and ends it when its leash is let go."""

    def __init__(self, control: socket.socket, closed: bool) -> None:
        self.control, self.closed = control, closed
        self.selector = selectors.DefaultSelector()
        self.shells: dict[int, tuple[socket.socket, str]] = {}  # pid → leash, folder

    def serve(self) -> None:
        self.ipython = _make_ipython()
        gc.collect()
        gc.freeze()  # else the first collection in each fork would copy every page
        read, write = os.pipe()
        os.set_blocking(write, False)
        os.set_blocking(read, False)
        signal.set_wakeup_fd(write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.selector.register(self.control, selectors.EVENT_READ, "control")
        self.selector.register(read, selectors.EVENT_READ, "child")
        self.control.send(_READY)
        while True:
            for key, _ in self.selector.select():
                if key.data == "control":
                    if not self._fork():
                        self._end(list(self.shells))
                        return
                elif key.data == "child":
                    with contextlib.suppress(BlockingIOError):
                        os.read(read, 4096)
                elif key.data in self.shells:  # a leash: the host has let go
                    self._end([key.data])
            for pid in list(self.shells):
                ended, *how = os.wait4(pid, os.WNOHANG)
                if ended:
                    self._bury(pid, *how)

    def _fork(self) -> bool:
        """Fork one shell. False if the host is gone."""
        try:
            message, ancillary, *_ = self.control.recvmsg(16, socket.CMSG_SPACE(8))
        except OSError:
            return False
        if not message:
            return False
        descriptors = array.array("i")
        for _, _, data in ancillary:
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
        sock, leash = (socket.socket(fileno=fd) for fd in descriptors)
        if self.closed:
            folder = box.WORK  # which each shell has to itself, in memory
            box.next_child_is_alone()
        else:
            folder = tempfile.mkdtemp(prefix="shell-")
        pid = os.fork()
        if pid == 0:
            try:
                _become_shell(self.ipython, sock, folder, self.closed)
            finally:
                os._exit(0)
        sock.close()
        self.shells[pid] = leash, folder
        self.selector.register(leash, selectors.EVENT_READ, pid)
        return True

    def _end(self, pids: list[int]) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            self._bury(pid, *os.wait4(pid, 0)[1:])

    def _bury(self, pid: int, status: int, usage: resource.struct_rusage) -> None:
        """Clear away what a dead shell leaves behind; then tell the host, by closing the leash."""
        leash, folder = self.shells.pop(pid)
        if not self.closed:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            shutil.rmtree(folder, ignore_errors=True)
        self.selector.unregister(leash)
        killer = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        with contextlib.suppress(OSError):
            leash.send(f"{killer} {usage.ru_utime + usage.ru_stime}".encode())
        leash.close()


class Sandbox:
    """A forkserver, and the shells opened from it. It starts with the first shell.

    `closed`: whether the shells are shut in. Only work that is trusted may run in an open box.
    """

    def __init__(self, limits: Limits = DEFAULT, closed: bool = True) -> None:
        self.limits, self.closed = limits, closed
        self._process: subprocess.Popen | None = None
        self._control: socket.socket | None = None
        self._owner = os.getpid()

    def open_shell(
        self,
        *,
        seed: int = 0,
        files: Mapping[str, bytes] | None = None,
        cpu_seconds: float | None = None,
    ) -> Shell:
        """A fresh shell, with its random states seeded and `files` in its working folder.

        `cpu_seconds`: how long it may compute in all, if not what the limits say.

        Raises
        ------
        SandboxError
            If this machine cannot do that.
        """
        limits = replace(self.limits, cpu_seconds=cpu_seconds or self.limits.cpu_seconds)
        setup = {"files": dict(files or {}), "limits": asdict(limits), "seed": seed}
        try:
            return self._open(setup)
        except (OSError, Closed, TimeoutError):
            self.close()  # a forkserver that has died is replaced, once
        try:
            return self._open(setup)
        except (OSError, Closed, TimeoutError):
            self.close()
            raise SandboxError("the sandbox's forkserver does not answer") from None

    def _open(self, setup: dict) -> Shell:
        self._start()
        ours, theirs = socket.socketpair()
        leash, their_leash = socket.socketpair()
        with theirs, their_leash:
            fds = array.array("i", [theirs.fileno(), their_leash.fileno()])
            self._control.sendmsg([b"fork"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        leash.settimeout(_PATIENCE)

        def hang_up() -> tuple[str, float | None]:
            report = b""
            # Not close(): a fork of this process may hold the leash too. Nor is the report taken
            # out of it, for the fork and this process both want to know.
            try:
                leash.shutdown(socket.SHUT_WR)
                # It arrives when the shell is dead and its traces are cleared away.
                report = leash.recv(100, socket.MSG_PEEK)
            except TimeoutError:
                self.close()  # it does not die by itself, so it does with its forkserver
                report = b"9 0"
            except (OSError, ValueError):
                pass
            leash.close()
            ours.close()
            return _how_it_ended(report, allowed, shell.limits)

        allowed = math.ceil(setup["limits"]["cpu_seconds"])
        line = _Line(Connection(ours, leash), lambda question: shell.answer(question))
        shell = Shell(line.ask, hang_up, self.limits)
        try:
            line.connection.send(wire.encode(setup), time.monotonic() + 60)
            report = line.connection.receive(time.monotonic() + 60)
        except BaseException:
            shell.close()
            raise
        if report != _READY:
            shell.close()
            raise SandboxError(box.trouble(report.decode(errors="replace")))
        return shell

    def close(self) -> None:
        """End the forkserver and every shell."""
        if self._control is not None:
            self._control.close()
        if self._process is not None and self._owner == os.getpid():
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = self._control = None

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> None:
        if self._owner != os.getpid():  # a fork of the process that made it: start one of our own
            self._process = self._control = None
            self._owner = os.getpid()
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        if self.closed and sys.platform != "linux":
            raise SandboxError(box.trouble(""))
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, tempfile.TemporaryFile() as log:
            try:
                self._process = _launch(theirs, self.closed, log)
            except OSError as error:
                raise SandboxError(box.trouble(str(error))) from None
            theirs.close()
            self._control.settimeout(120)
            try:
                ready = self._control.recv(16)
            except OSError:
                ready = b""
            if ready != _READY:
                self.close()
                log.seek(0)
                said = log.read()[-2000:].decode(errors="replace").strip()
                if self.closed:
                    raise SandboxError(box.trouble(said))
                raise SandboxError(f"the sandbox's forkserver does not start: {said[-200:]}")


def _how_it_ended(report: bytes, allowed: int, limits: Limits) -> tuple[str, float | None]:
    """The forkserver's report of a shell's end, in the student's words, and what it has computed.

    The words are "" for nothing special. The kernel was to stop it after `allowed` CPU seconds,
    which it counts in steps.
    """
    try:
        killer, computed = (float(word) for word in report.split())
    except ValueError:
        return "", None
    if killer == signal.SIGKILL and computed > allowed - 0.5:
        return f"was stopped: {_ENDS['cpu']}".format(seconds=limits.cpu_seconds), allowed
    if killer and killer != signal.SIGKILL:
        return _ENDS["crash"].format(signal=signal.Signals(int(killer)).name), computed
    return "", computed


def trouble() -> str:
    """Why this machine cannot open a closed box; "" if it can. Found out by opening one."""
    try:
        with Sandbox() as tried, tried.open_shell():
            return ""
    except SandboxError as error:
        return str(error)


_shared: dict[tuple[Limits, bool], Sandbox] = {}


def open_shell(
    *,
    seed: int = 0,
    files: Mapping[str, bytes] | None = None,
    cpu_seconds: float | None = None,
    limits: Limits = DEFAULT,
    closed: bool = True,
) -> Shell:
    """A shell from a forkserver that this process keeps until it ends.

    Raises
    ------
    SandboxError
        If this machine cannot do that.
    """
    if (limits, closed) not in _shared:
        _shared[limits, closed] = Sandbox(limits, closed)
        atexit.register(_shared[limits, closed].close)
    return _shared[limits, closed].open_shell(seed=seed, files=files, cpu_seconds=cpu_seconds)


def _main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    closed = sys.argv[2] == "closed"
    os.set_inheritable(control.fileno(), False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at the host's terminal is the host's
    if closed:
        box.enter(control.fileno())
    # The path led to `wire`. From here on there is no package to import from.
    root = os.environ.pop("PYTHONPATH").split(os.pathsep)[0]
    sys.path[:] = [p for p in sys.path if p not in (root, os.getcwd(), "")]
    sys.modules["autograder"].__path__ = []
    sys.argv[1:] = []
    _Forkserver(control, closed).serve()


if __name__ == "__main__":
    _main()
