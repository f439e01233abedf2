"""The trusted side: what a submission earns, and why.

The student's cells run in a shell of `sandbox`; the tests run here, on the instructor's source, and
reach the student's names through proxies. They run in a process of their own, and a test cell that
an answer does not pass is the last one of its process, so that whatever an answer does to a test
costs that test alone. Nothing here executes a student's code, and nothing the student's code says
after it has met a hidden input reaches the record:

* a first shell runs all cells and visible checks, once, as the student sees them. Its outputs are
  what the feedback shows. It never meets a hidden test.
* a second shell runs the same cells in silence and answers the tests, at the places where they
  stand. Only values and the built-in kind of an exception come back from it.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import json
import os
import re
import resource
import signal
import socket
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import CodeType
from typing import Any

from autograder import bank, testing, wire
from autograder.bank import Answer
from autograder.course import Assignment, Cell
from autograder.sandbox import (
    DEFAULT,
    Budget,
    Limits,
    Remote,
    SandboxLost,
    Shell,
    ShellDied,
    Spent,
    StudentError,
    builtin_kind,
    is_function,
    loopback,
)
from autograder.testing import GraderFault, Part
from autograder.wire import Ref, WireError

TEST_SECONDS = 120
"""After this a test cell's process is killed."""
TEST_BYTES = 2 * 2**30
"""Memory of a test cell's process, beside what this one has."""

_WORDS = {
    word: getattr(testing, word) for word in testing.__all__ if word not in ("begin", "score")
}


@dataclass(frozen=True)
class Verdict:
    """What one test cell earns.

    Attributes
    ----------
    grade_id, points, max : of the test cell.
    messages : what the student reads, line by line; none if nothing is missing.
    misconception, hint : the known-wrong answer that the student's behaves like, or "".
    """

    grade_id: str
    points: float
    max: float
    messages: tuple[str, ...] = ()
    misconception: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Record:
    """What a submission earns.

    Attributes
    ----------
    slug, seed : the assignment, and what hidden inputs were drawn from.
    outputs : cell id → nbformat outputs of the student's run.
    verdicts : grade_id → verdict, for every test cell.
    """

    slug: str
    seed: int
    outputs: dict[str, list[dict]]
    verdicts: dict[str, Verdict]

    def as_dict(self) -> dict:
        """The record as JSON has it."""
        return json.loads(json.dumps(asdict(self)))


# --- a whole submission


def grade(
    assignment: Assignment,
    cells: Sequence[tuple[str, str]],
    seed: int,
    open_shell: Callable[..., Shell],
    *,
    limits: Limits = DEFAULT,
) -> Record:
    """Run and judge one submission.

    Parameters
    ----------
    cells : (cell id, source) of the code cells in the order in which they run. All code cells of
        the assignment stand there by their grade_id, in its order; only of solution cells, and of
        cells that the student has added, is the source read.
    seed : what the student's hidden inputs are drawn from.
    open_shell : opens a fresh shell for this submission, which may compute for `cpu_seconds`.
    limits : what the submission may use, of which those on all its shells together hold here.

    Raises
    ------
    ValueError
        If the assignment's cells are not all there, or not in its order.
    GraderFault
        If a test fails on its own solution. Nothing a student does raises.
    SandboxLost
        If the forkserver dies meanwhile, so that it would cost the student what is not their fault.
    """
    own = [name for name, _ in cells if name in assignment.by_id]
    if own != [c.grade_id for c in assignment.cells if c.cell_type == "code"]:
        raise ValueError(f"{assignment.slug}: the cells to grade are not those of the assignment")
    rehearse(assignment)
    script = [_Step(name, *_runs(assignment.by_id.get(name), source)) for name, source in cells]
    budget = Budget(limits)
    fatal: dict[str, str] = {}
    outputs: dict[str, list[dict]] = {}
    budget.allow(0.5)  # the other half is for the run that earns points, and what is left of this
    with _Notebook(open_shell, fatal, budget, quiet=False) as shown:
        for step in script:
            made = shown.run(step)
            size = len(json.dumps(made)) if made else 0
            outputs[step.id] = made if size <= budget.output else [_stopped(_TOO_MUCH)]
            budget.output -= size if size <= budget.output else 0
    budget.allow(1.0)
    verdicts = {}
    with (
        _Notebook(open_shell, fatal, budget, quiet=True) as asked,
        _Judge(assignment, seed, budget) as judge,
    ):
        for step in script:
            asked.run(step)
            if step.test is not None:
                name = _tested(step.test)
                story = _Story(_error(outputs[step.id], said=True), _error(outputs[name]))
                verdicts[step.id] = judge.verdict(step, asked, story)
    return Record(assignment.slug, seed, outputs, verdicts)


@dataclass(frozen=True)
class _Step:
    """A cell of the student's run. Of a test cell, the student's shell gets the visible part."""

    id: str
    source: str
    test: Cell | None


def _runs(cell: Cell | None, source: str) -> tuple[str, Cell | None]:
    """What runs in the student's shell for a cell, and the cell if it is a test."""
    if cell is None or cell.kind == "solution":
        return source, None
    return cell.visible, cell if cell.kind == "test" else None


def _tested(test: Cell) -> str:
    """The name that a test cell tests."""
    return test.grade_id.removeprefix("test_")


@dataclass(frozen=True)
class _Story:
    """What the student's own run, which has met no hidden test, says about an exercise."""

    check: str = ""
    """How the visible check ended, if it did not pass."""
    cell: str = ""
    """How the solution cell ended, if it stopped."""


def _error(outputs: list[dict], said: bool = False) -> str:
    """The error among a cell's outputs, or ""; with what it said, if that is asked for."""
    for output in outputs:
        if output["output_type"] == "error":
            name = output["ename"][:60]
            if not said:
                return name
            # What an assertion says was written for the reader; other errors need their names.
            words = output["evalue"].strip()[:2000]
            if name in ("AssertionError", _STOPPED):
                return words or name
            return f"{name}: {words}" if words else name
    return ""


_STOPPED = "Stopped"
_LOST = "the sandbox's forkserver has died: is the machine out of memory?"
_TOO_MUCH = "its output is dropped: the notebook's outputs are too large in all"


class _Notebook:
    """A student's cells, in a shell that is replaced when it dies.

    A new shell gets the cells that have run so far, without those that are known to be fatal. So
    the death of one exercise is not the death of the next.
    """

    def __init__(
        self,
        open_shell: Callable[..., Shell],
        fatal: dict[str, str],
        budget: Budget,
        *,
        quiet: bool,
    ) -> None:
        self.open_shell, self.fatal, self.budget, self.quiet = open_shell, fatal, budget, quiet
        self.done: list[_Step] = []
        self._shell: Shell | None = None
        self._asked = False

    def run(self, step: _Step) -> list[dict]:
        """Run a cell. Its outputs."""
        outputs: list[dict] = []
        if step.id not in self.fatal and not self._try(step, self.quiet, outputs) and self._asked:
            # What a test has called may have done it, and not this cell.
            self._asked = False
            del self.fatal[step.id]
            self._try(step, self.quiet, outputs)
        if step.id in self.fatal:
            reason = self.fatal[step.id]
            return [_stopped(reason)]
        self.done.append(step)
        return outputs

    def shell(self) -> Shell:
        """A living shell that has run the cells so far. Raises `Spent`."""
        while self._shell is None or not self._shell.alive:
            self._shell = self.budget.open(self.open_shell, self._shell)
            self._asked = False
            for step in self.done:
                if not self._try(step, True, []):
                    self.done.remove(step)
                    break
        return self._shell

    def shell_to_ask(self) -> Shell:
        """`shell`, for a test, whose calls may leave anything behind in it."""
        shell, self._asked = self.shell(), True
        return shell

    def _try(self, step: _Step, quiet: bool, outputs: list[dict]) -> bool:
        """Run a cell in the shell; False if the shell did not survive that."""
        try:
            # Not self.shell() in a repetition: there the shell is the one being filled.
            shell = self._shell if self._shell is not None and self._shell.alive else self.shell()
            outputs += shell.run(step.source, quiet)
        except ShellDied as death:
            if self._shell.lost:
                raise SandboxLost(_LOST) from None
            self.fatal[step.id] = str(death)
            return False
        except Spent as reason:
            self.fatal[step.id] = str(reason)
            return False
        return True

    def __enter__(self) -> _Notebook:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shell is not None:
            self.budget.close(self._shell)


def _stopped(reason: str) -> dict:
    """The output of a cell that could not be run to its end."""
    return {
        "output_type": "error",
        "ename": _STOPPED,
        "evalue": reason,
        "traceback": [f"{_STOPPED}: {reason}"],
    }


class _Judge:
    """A process that judges test cells against a shell, one after another.

    It ends with the first answer that is not right in full: whatever a wrong one is (enormous,
    endless, strange), the next test cell never meets a process that has met it.
    """

    def __init__(self, assignment: Assignment, seed: int, budget: Budget) -> None:
        self.assignment, self.seed, self.budget = assignment, seed, budget
        self._pid, self._shell, self._socket = 0, None, None

    def verdict(self, step: _Step, notebook: _Notebook, story: _Story) -> Verdict:
        """What a test cell earns. Raises `GraderFault`."""
        none = Verdict(step.id, 0.0, step.test.points)
        if step.id in notebook.fatal:
            return replace(none, messages=(notebook.fatal[step.id],))
        try:
            shell = notebook.shell_to_ask()
        except Spent as reason:
            return replace(none, messages=(str(reason),))
        if shell is not self._shell:
            self._start(shell)
        # A second more than the shell has, so that it is the shell's end that is told.
        left = max(0, min(TEST_SECONDS, self.budget.deadline + 1 - time.monotonic()))
        said, ended = self._ask("judge", step.id, story, left)
        if said.get("lost"):
            raise SandboxLost(_LOST)
        verdict, alive = said.get("verdict"), said.get("alive", False)
        if not alive:
            self.budget.close(shell)  # dead, or left in the middle of a conversation
        if ended != "done" or not alive or verdict["points"] < none.max:
            self._prove(step.id, shell)
        if verdict is None:
            late = self.budget.spent() or f"it took over {left:.0f} seconds"
            stopped = f"the test was stopped: {late}"
            broke = "the test broke down on your result"
            return replace(none, messages=(stopped if ended == "late" else broke,))
        verdict["messages"] = tuple(verdict["messages"])
        return named(Verdict(**verdict), said.get("misconception", ""), said.get("hint", ""))

    def _prove(self, grade_id: str, shell: Shell) -> None:
        """See to it that no point is lost to a test that its own solution fails on the same inputs.

        In a fresh process, for the answer may have left the other one without memory.
        """
        self._start(shell)
        said, _ = self._ask("prove", grade_id, _Story(), TEST_SECONDS)
        if "fault" in said:
            raise GraderFault(said["fault"])

    def end(self) -> None:
        """Kill the process. The next test cell starts another."""
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._socket.close()
        self._pid, self._shell, self._socket = 0, None, None

    def __enter__(self) -> _Judge:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _ask(self, what: str, grade_id: str, story: _Story, seconds: float) -> tuple[dict, str]:
        """What the process reports about a test cell; ``done``, ``dead`` or ``late``."""
        deadline, received, ended = time.monotonic() + seconds, b"", "late"
        with contextlib.suppress(OSError):  # it is dead, which is found out below
            self._socket.sendall(json.dumps([what, grade_id, asdict(story)]).encode() + b"\n")
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(1 << 16)
            except TimeoutError:
                break
            except OSError:
                data = b""
            received += data
            if not data or received.endswith(_DONE):
                ended = "done" if data else "dead"
                break
        reports = [json.loads(line) for line in received.split(b"\n")[:-1] if line]
        return {key: value for report in reports for key, value in report.items()}, ended

    def _start(self, shell: Shell) -> None:
        self.end()
        self._socket, theirs = socket.socketpair()
        self._shell, self._pid = shell, os.fork()
        if self._pid == 0:
            try:
                self._socket.close()
                gc.freeze()  # else the first collection would copy every page of the parent's
                _limit_memory()
                self._serve(theirs)
            finally:
                os._exit(0)
        theirs.close()

    def _serve(self, host: socket.socket) -> None:
        """In the process: judge what is asked for, until it is killed."""

        def report(finding: dict) -> None:
            host.sendall(json.dumps(finding).encode() + b"\n")

        for line in host.makefile("rb"):
            what, grade_id, story = json.loads(line)
            test = self.assignment.by_id[grade_id]
            if what == "judge":
                # Whatever an answer makes of this process, it says nothing about the test.
                with contextlib.suppress(Exception):
                    self._report(test, _Story(**story), report)
            else:
                try:
                    rehearse(self.assignment, test, self.seed)
                except GraderFault as fault:
                    report({"fault": str(fault)})
                except BaseException:
                    report({"fault": traceback.format_exc()})
            host.sendall(_DONE)

    def _report(self, test: Cell, story: _Story, report: Callable[[dict], None]) -> None:
        """Report the verdict, what explains it, and what has become of the shell."""
        findings = judge(self.assignment, test, self._shell, self.seed, story)
        report({"verdict": asdict(findings.verdict)})
        lost = findings.verdict.points < test.points
        if lost and (answer := recognise(self.assignment, test, findings)):
            report({"misconception": answer.title, "hint": answer.hint})
        report({"alive": self._shell.alive, "lost": self._shell.lost})


_DONE = b"\n\n"
"""An empty line, which is no report, ends a test cell's."""


def named(verdict: Verdict, misconception: str, hint: str) -> Verdict:
    """The verdict with a misconception that explains it."""
    if not misconception:
        return verdict
    line = f"This looks like a known misconception: {misconception}. {hint}"
    return replace(
        verdict, messages=(*verdict.messages, line), misconception=misconception, hint=hint
    )


def _limit_memory() -> None:
    """Let this process allocate so much more, whatever a student's answer makes of a test."""
    with contextlib.suppress(OSError, ValueError):  # no such file: not on Linux
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + TEST_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# --- one test cell


@dataclass(frozen=True)
class Findings:
    """A verdict, and the calls that led to it."""

    verdict: Verdict
    calls: list[_Call]
    solved: bool = True


def judge(
    assignment: Assignment, test: Cell, shell: Shell, seed: int, story: _Story | None = None
) -> Findings:
    """Run a test cell against a shell's names, in this process.

    Without a `story` the shell is trusted, and a failing visible check is quoted.

    Raises
    ------
    GraderFault
        If the test itself is wrong.
    """
    name, calls = _tested(test), []

    def zero(*messages: str, solved: bool = True) -> Findings:
        return Findings(Verdict(test.grade_id, 0.0, test.points, messages), calls, solved)

    try:
        if trouble := _presence(assignment, name, shell, story):
            return zero(trouble, solved=False)
        # The same for every run, and not the seed of the inputs, which the student's code sees.
        shell.reseed(testing.seed_for("global state", str(seed), test.grade_id) % 2**32)
        names = _test_names(assignment, test, shell, calls)
    except StudentError as error:
        return zero(str(error), solved=False)

    draw = testing.seed_for(str(seed), assignment.slug, test.grade_id)
    testing.start(test.points, reference_names(assignment), draw)
    with testing.quiet(), _at_home(assignment):
        failure = _attempt(_code(assignment, test, "visible"), names)
        if isinstance(failure, StudentError) and failure.unsolved:
            return zero(str(failure), solved=False)
        visible = failure
        # Also after the visible check has failed: the more calls, the surer the misconception.
        failure = _attempt(_code(assignment, test, "hidden"), names)
    if visible is not None:
        return zero(_plainly(visible, story))
    if failure is not None:
        return zero(testing.explain(failure))
    parts = testing.finish()
    points = sum(p.points for p in parts) if parts else test.points
    messages = () if points >= test.points else tuple(_line(p) for p in parts)
    return Findings(Verdict(test.grade_id, points, test.points, messages), calls)


def _attempt(code: CodeType, names: dict[str, Any]) -> Exception | None:
    """Run a part of a test. What it raised."""
    try:
        exec(code, names)
    except GraderFault:
        raise
    except Exception as error:
        return error
    return None


def _plainly(error: Exception, story: _Story | None) -> str:
    """Why a visible check failed.

    The check quotes what the student's code returns, and here that code has met hidden inputs. So
    the words come from the run in which it had not.
    """
    if story is not None and story.check:
        return story.check
    if isinstance(error, StudentError) or (story is None and isinstance(error, AssertionError)):
        return str(error).strip() or "the visible check fails"
    return f"the visible check stops with {builtin_kind(error)} when it is graded"


def _line(part: Part) -> str:
    """One part, as the student reads it."""
    mark = "✗" if part.message else "✓"
    why = f" — {part.message}" if part.message else ""
    return f"{mark} {part.points:g} of {part.max_points:g} · {part.what}{why}"


def _presence(assignment: Assignment, name: str, shell: Shell, story: _Story | None) -> str:
    """What is wrong with a name as such: missing, or of the wrong kind."""
    expected, kind = reference_names(assignment)[name], shell.kind(name)
    if kind == "missing":
        cell = story.cell if story is not None else ""
        if cell == "NotImplementedError":
            return str(StudentError(cell, name))
        return f"`{name}` is not defined" + (f": its cell ended with {cell}" if cell else "")
    if is_function(expected) and kind == "value":
        return f"`{name}` should be a function, and is a value"
    if not is_function(expected) and kind == "callable":
        return f"`{name}` should be {testing.kind_of(expected)}, and is a function"
    return ""


def _test_names(
    assignment: Assignment, test: Cell, shell: Shell, calls: list[_Call]
) -> dict[str, Any]:
    """The globals of a test cell: given names, words, and the student's answers.

    Given cells run anew, so that a given function which calls the student's calls the student's.
    Raises `StudentError` if the tested value cannot be had.
    """
    names: dict[str, Any] = {"__name__": assignment.slug}
    given: dict[Callable, str] = {}
    mine = _tested(test)
    text = test.source + "".join(c.source for c in assignment.of_kind("given"))
    for cell in assignment.cells[: assignment.cells.index(test)]:
        name = cell.grade_id
        if cell.kind == "given":
            # It runs with the reference, so whatever stops it here is an answer of the student's,
            # and stops it in the student's notebook too.
            with contextlib.suppress(Exception), testing.quiet(), _at_home(assignment):
                exec(_code(assignment, cell, "visible"), names)
        elif cell.kind == "solution" and is_function(reference_names(assignment)[name]):
            names[name] = _Answer(name, shell, given, calls if name == mine else None)
        elif cell.kind == "solution" and (name == mine or re.search(rf"\b{name}\b", text)):
            try:
                names[name] = value = shell.value(name)
            except ShellDied:
                raise
            except StudentError:
                if name == mine:
                    raise
                continue  # the test that needs it will say so
            expected = reference_names(assignment)[name]
            if name == mine and isinstance(value, Remote):
                raise _WrongKind(name, testing.kind_of(expected), value.noun)
            if name == mine:
                calls.append(_Call(_Copy(((), {})), _Copy(value)))
    answers = set(assignment.solution_names)
    given |= {f: n for n, f in names.items() if n not in answers and _hashable_function(f)}
    return names | _WORDS


class _WrongKind(StudentError):
    """A value is of a kind that does not cross."""

    def __init__(self, name: str, expected: str, noun: str) -> None:
        super().__init__("TypeError", name)
        self.sentence = f"`{name}` should be {expected}, and is {noun}"

    def __str__(self) -> str:
        return self.sentence


def _hashable_function(thing: Any) -> bool:
    return is_function(thing) and type(thing).__hash__ is not None


# --- the student's functions, and what was asked of them


class _Answer(Remote):
    """A function of the student's notebook, which keeps a record of its calls."""

    def __init__(
        self, name: str, shell: Shell, given: Mapping[Callable, str], calls: list[_Call] | None
    ) -> None:
        super().__init__(Ref("name", name, "function"), shell)
        self._name, self._given, self._calls = name, given, calls

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            asked = _Copy((args, kwargs)) if self._calls is not None else None
            result = self._shell.call(self._name, args, kwargs, given=self._given)
        except StudentError as error:
            if self._calls is not None and not isinstance(error, ShellDied):
                self._calls.append(_Call(asked, error.kind))
            raise
        except WireError as error:
            raise GraderFault(f"`{self._name}` cannot be called so: {error}") from None
        if self._calls is not None:
            self._calls.append(_Call(asked, _Copy(result)))
        return result


class _Copy:
    """A value as it is now. Functions in it stay the same ones."""

    def __init__(self, value: Any) -> None:
        self.things: list[Any] = []
        self.data = wire.encode(value, self._refer)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Copy) and self.data == other.data and self.things == other.things

    def __hash__(self) -> int:
        return hash(self.data)

    def _refer(self, thing: Any) -> Ref:
        self.things.append(thing)
        return Ref("object", len(self.things) - 1)

    def get(self) -> Any:
        """A fresh copy."""
        return wire.decode(self.data, lambda ref: self.things[ref.key])


@dataclass(frozen=True)
class _Call:
    """A call that a test made of an answer: (args, kwargs), and what came of it."""

    asked: _Copy
    result: _Result


_Result = _Copy | str
"""A value, or the kind of an exception."""


def recognise(assignment: Assignment, test: Cell, findings: Findings) -> Answer | None:
    """The known-wrong answer that behaves like the student's, on the very calls of the test.

    It must agree with the student's answer in every call, exceptions included, and differ from the
    reference in one.
    """
    if not findings.calls or not findings.solved:
        return None
    name, calls = _tested(test), findings.calls
    right: dict[int, _Result] = {}
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


def _replay(answer: Any, call: _Call) -> _Result:
    """What another answer, one that is trusted, makes of a call."""
    if not is_function(answer):
        return _Copy(answer)
    args, kwargs = call.asked.get()
    try:
        with testing.quiet():
            return _Copy(answer(*args, **kwargs))
    except StudentError as error:  # from a function of the student's that it was passed
        return error.kind
    except WireError:
        return "WireError"
    except Exception as error:
        return builtin_kind(error)


def _same(one: _Result, other: _Result) -> bool:
    """Whether two results of a call agree: values, NaNs, or the kind of an exception."""
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    try:
        left, right = one.get(), other.get()
        if isinstance(left, Remote) or isinstance(right, Remote):
            return False
        return not testing.difference(left, right)
    except (GraderFault, WireError):  # no values that could be compared
        return False


# --- the instructor's own code


def reference_names(assignment: Assignment) -> Mapping[str, Any]:
    """What the assignment's given and solution cells define, run once in this process."""
    return _reference(assignment)


@functools.lru_cache(maxsize=64)
def _reference(assignment: Assignment) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": assignment.slug}
    with testing.quiet(), _at_home(assignment):
        for cell in assignment.of_kind("given", "solution"):
            try:
                exec(_code(assignment, cell, "visible"), names)
            except Exception as error:
                raise GraderFault(
                    f"solutions/{assignment.slug}.py:{cell.line}: {cell.grade_id} stops with "
                    f"{type(error).__name__}: {error} — run the notebook and correct it"
                ) from error
    return names


@functools.lru_cache(maxsize=1024)
def answer_names(assignment: Assignment, answer: Answer) -> Mapping[str, Any]:
    """`reference_names` with one answer of the bank in the place of the solution."""
    names = dict(reference_names(assignment))
    try:
        with testing.quiet(), _at_home(assignment):
            exec(compile(answer.source, answer.place, "exec"), names)
    except Exception as error:
        raise GraderFault(
            f'{answer.place}: "{answer.title}" ({answer.name}) stops with '
            f"{type(error).__name__}: {error} "
            "— an answer may use only np, sp and given names"
        ) from error
    return names


def rehearse(assignment: Assignment, test: Cell | None = None, seed: int = 0) -> None:
    """Prove that a test, or each of them once per process, passes on its own solution.

    Without a test, also that the bank's known-wrong answers can be run.

    Raises
    ------
    GraderFault
        If one does not: a fault of the assignment, which no student may pay for.
    """
    if test is None:
        _rehearse_all(assignment)
        return
    shell = loopback(dict(reference_names(assignment)))
    verdict = judge(assignment, test, shell, seed).verdict
    if verdict.points < test.points:
        raise GraderFault(
            f"solutions/{assignment.slug}.py:{test.line}: {test.grade_id} fails on its own "
            f"solution with seed {seed} ({'; '.join(verdict.messages)}) — correct the test"
        )


@functools.lru_cache(maxsize=64)
def _rehearse_all(assignment: Assignment) -> None:
    for test in assignment.tests:
        rehearse(assignment, test)
    for answer in bank.answers(assignment):
        if not answer.correct:  # here, so that every fork finds it compiled, and a fault comes now
            answer_names(assignment, answer)


@functools.lru_cache(maxsize=4096)
def _code(assignment: Assignment, cell: Cell, part: str) -> CodeType:
    """A cell's visible or hidden part, compiled so that errors name the line of its file."""
    source, line = getattr(cell, part), cell.line
    if part == "hidden" and source:
        rows = cell.source.splitlines()
        line += 1 + next(i for i, row in enumerate(rows) if "BEGIN HIDDEN TESTS" in row)
    return compile("\n" * line + source, f"solutions/{assignment.slug}.py", "exec")


@contextlib.contextmanager
def _at_home(assignment: Assignment) -> Iterator[None]:
    """Run where the assignment's data files are, as in its notebook."""
    folder = assignment.path.with_suffix("")
    with contextlib.chdir(folder) if folder.is_dir() else contextlib.nullcontext():
        yield
