"""A process of its own in which test cells are judged."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import signal
import socket
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from autograder.assignment import Assignment, Cell
from autograder.errors import GraderFault
from autograder.grade.judge import judge, prove
from autograder.grade.recognise import recognise
from autograder.grade.run import LOST, ShownRun, StudentRun
from autograder.grade.verdict import Verdict, with_misconception
from autograder.sandbox.budget import Budget, Spent
from autograder.sandbox.shell import SandboxLost, Shell

TEST_SECONDS = 120
"""After this a test cell's process is killed."""
TEST_BYTES = 2 * 2**30
"""Memory of a test cell's process, beside what this one has."""


class JudgeProcess:
    """A process that judges test cells against a shell, one after another.

    A cell that does not get full marks is the last one of its process: a wrong answer may have used
    up its memory or changed its state, so the next test cell runs in a fresh one.
    """

    def __init__(self, assignment: Assignment, seed: int, budget: Budget) -> None:
        self.assignment, self.seed, self.budget = assignment, seed, budget
        self._pid = 0
        self._shell: Shell | None = None
        self._socket: socket.socket | None = None

    def verdict(self, test: Cell, notebook: StudentRun, shown: ShownRun) -> Verdict:
        """What a test cell earns. Raises `GraderFault` or `SandboxLost`."""
        none = Verdict(test.grade_id, 0.0, test.points)
        if test.grade_id in notebook.fatal:
            return replace(none, messages=(notebook.fatal[test.grade_id],))
        try:
            shell = notebook.shell_to_ask()
        except Spent as reason:
            return replace(none, messages=(str(reason),))
        if shell is not self._shell:
            self._start(shell)
        # A second more than the shell has: then the message says why the shell ended.
        left = max(0, min(TEST_SECONDS, self.budget.deadline + 1 - time.monotonic()))
        said, ended = self._ask("judge", test.grade_id, shown, left)
        if said.get("lost"):
            raise SandboxLost(LOST)
        verdict, alive = said.get("verdict"), said.get("alive", False)
        if not alive:
            self.budget.close_shell(shell)  # dead, or left in the middle of an answer
        if ended != "done" or not alive or verdict is None or verdict["points"] < none.max:
            self._prove(test.grade_id, shell)
        if verdict is None:
            late = self.budget.spent() or f"it took over {left:.0f} seconds"
            stopped = f"the test was stopped: {late}"
            broke = "the test broke down on your result"
            return replace(none, messages=(stopped if ended == "late" else broke,))
        verdict["messages"] = tuple(verdict["messages"])
        return with_misconception(
            Verdict(**verdict), said.get("misconception", ""), said.get("hint", "")
        )

    def _prove(self, grade_id: str, shell: Shell) -> None:
        """Prove that the test passes on its own solution with the same inputs.

        This runs in a fresh process, for the answer may have left the other one without memory.
        Raises `GraderFault` if the test does not pass: no student loses a point to it.
        """
        self._start(shell)
        said, _ = self._ask("prove", grade_id, ShownRun(), TEST_SECONDS)
        if "fault" in said:
            raise GraderFault(said["fault"])

    def end(self) -> None:
        """Kill the process. The next test cell starts another."""
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        if self._socket is not None:
            self._socket.close()
        self._pid, self._shell, self._socket = 0, None, None

    def __enter__(self) -> JudgeProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _ask(self, what: str, grade_id: str, shown: ShownRun, seconds: float) -> tuple[dict, str]:
        """What the process reports about a test cell; ``done``, ``dead`` or ``late``."""
        assert self._socket is not None, "the process runs"
        deadline, received, ended = time.monotonic() + seconds, b"", "late"
        with contextlib.suppress(OSError):  # it is dead, which is found out below
            self._socket.sendall(json.dumps([what, grade_id, asdict(shown)]).encode() + b"\n")
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
        ours, theirs = socket.socketpair()
        self._socket, self._shell, self._pid = ours, shell, os.fork()
        if self._pid == 0:
            try:
                ours.close()
                gc.freeze()  # else the first collection would copy every page of the parent's
                _limit_memory()
                self._serve(theirs, shell)
            finally:
                os._exit(0)
        theirs.close()

    def _serve(self, host: socket.socket, shell: Shell) -> None:
        """In the process: judge what is asked for, until it is killed."""

        def report(finding: dict) -> None:
            host.sendall(json.dumps(finding).encode() + b"\n")

        for line in host.makefile("rb"):
            what, grade_id, shown = json.loads(line)
            test = self.assignment.by_id[grade_id]
            if what == "judge":
                # An answer can break this process (out of memory, say): no fault of the test.
                with contextlib.suppress(Exception):
                    self._report(test, shell, ShownRun(**shown), report)
            else:
                try:
                    prove(self.assignment, test, self.seed)
                except GraderFault as fault:
                    report({"fault": str(fault)})
                except BaseException:
                    report({"fault": traceback.format_exc()})
            host.sendall(_DONE)

    def _report(
        self, test: Cell, shell: Shell, shown: ShownRun, report: Callable[[dict], None]
    ) -> None:
        """Report the verdict, the misconception that explains it, and the state of the shell."""
        findings = judge(self.assignment, test, shell, self.seed, shown)
        report({"verdict": asdict(findings.verdict)})
        lost = findings.verdict.points < test.points
        if lost and (answer := recognise(self.assignment, test, findings)):
            report({"misconception": answer.title, "hint": answer.hint})
        report({"alive": shell.alive, "lost": shell.lost})


_DONE = b"\n\n"
"""An empty line ends the reports about a test cell."""


def _limit_memory() -> None:
    """Let this process allocate `TEST_BYTES` more, whatever a student's answer makes of a test."""
    with contextlib.suppress(OSError, ValueError):  # no such file: not on Linux
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + TEST_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
