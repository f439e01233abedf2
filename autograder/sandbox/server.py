"""The forkserver as the host sees it, and the shells opened from it."""

from __future__ import annotations

import array
import atexit
import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import IO

from autograder.project import CHECKOUT
from autograder.sandbox import bubblewrap
from autograder.sandbox.shell import ENDS, SandboxError, Shell
from autograder.student import wire
from autograder.student.limits import DEFAULT, Limits
from autograder.student.protocol import READY, Closed, Connection, Line


def _launch(control: socket.socket, isolated: bool, log: IO[bytes]) -> subprocess.Popen:
    """Start the forkserver, which inherits one end of the control socket and nothing else.

    This function alone decides what the forkserver and everything forked from it can see. What goes
    wrong while it starts is written to `log`.
    """
    keep = ["LANG", "LC_ALL", "LC_CTYPE", "TZ"]
    keep += [] if isolated else ["PATH", "HOME", "MPLCONFIGDIR", "TMPDIR"]
    environment = {name: os.environ[name] for name in keep if name in os.environ}
    # One thread each: shells run side by side, and OpenBLAS would start as many as there are cores.
    environment |= {f"{lib}_NUM_THREADS": "1" for lib in ("OMP", "OPENBLAS", "MKL")}
    environment["PYTHONHASHSEED"] = "0"  # or a regrade would print sets in another order
    arguments = [str(control.fileno()), "isolated" if isolated else "trusted"]
    if isolated:
        command, variables = bubblewrap.command(arguments)
        environment |= variables
    else:
        command = [sys.executable, "-m", bubblewrap.FORKSERVER, *arguments]
        environment["PYTHONPATH"] = str(CHECKOUT)
    return subprocess.Popen(
        command,
        env=environment,
        pass_fds=[control.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=log,
        start_new_session=True,
    )


_SECONDS_TO_END = 10
"""Seconds that a shell has to end, which takes milliseconds."""


class Sandbox:
    """A forkserver, and the shells opened from it. It starts with the first shell.

    `isolated`: whether the shells are isolated. Only trusted work may run in others.
    """

    def __init__(self, limits: Limits = DEFAULT, isolated: bool = True) -> None:
        self.limits, self.isolated = limits, isolated
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
        control = self._start()
        ours, theirs = socket.socketpair()
        status, their_status = socket.socketpair()
        with theirs, their_status:
            fds = array.array("i", [theirs.fileno(), their_status.fileno()])
            control.sendmsg([b"fork"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        status.settimeout(_SECONDS_TO_END)

        def end() -> tuple[str, float | None]:
            report = b""
            # Not close(): a fork of this process may hold the status socket too. MSG_PEEK leaves
            # the report in the socket, for the fork and this process both read it.
            try:
                status.shutdown(socket.SHUT_WR)
                # The report arrives when the shell is dead and its files are removed.
                report = status.recv(100, socket.MSG_PEEK)
            except TimeoutError:
                self.close()  # a shell that cannot be killed alone ends with its forkserver
                report = b"9 0"
            except (OSError, ValueError):
                pass
            status.close()
            ours.close()
            return _how_it_ended(report, allowed, shell.limits)

        allowed = math.ceil(setup["limits"]["cpu_seconds"])
        line = Line(Connection(ours, status), lambda question: shell.serve(question))
        shell = Shell(line.ask, end, self.limits)
        try:
            line.connection.send(wire.encode(setup), time.monotonic() + 60)
            report = line.connection.receive(time.monotonic() + 60)
        except BaseException:
            shell.close()
            raise
        if report != READY:
            shell.close()
            raise SandboxError(bubblewrap.diagnose(report.decode(errors="replace")))
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

    def _start(self) -> socket.socket:
        """The control socket of a forkserver that runs, started if there is none."""
        if self._owner != os.getpid():  # this process is a fork: it starts its own forkserver
            self._process = self._control = None
            self._owner = os.getpid()
        if self._control and self._process and self._process.poll() is None:
            return self._control
        self.close()
        if self.isolated and sys.platform != "linux":
            raise SandboxError(bubblewrap.diagnose(""))
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = control
        with theirs, tempfile.TemporaryFile() as log:
            try:
                self._process = _launch(theirs, self.isolated, log)
            except OSError as error:
                raise SandboxError(bubblewrap.diagnose(str(error))) from None
            theirs.close()
            control.settimeout(120)
            try:
                ready = control.recv(16)
            except OSError:
                ready = b""
            if ready != READY:
                self.close()
                log.seek(0)
                said = log.read()[-2000:].decode(errors="replace").strip()
                if self.isolated:
                    raise SandboxError(bubblewrap.diagnose(said))
                raise SandboxError(f"the sandbox's forkserver does not start: {said[-200:]}")
        return control


def _how_it_ended(report: bytes, allowed: int, limits: Limits) -> tuple[str, float | None]:
    """What the forkserver's report of a shell's end means: a clause, and the CPU seconds used.

    The clause is "" if the shell ended as it should. The kernel, which counts in steps, stops a
    shell after `allowed` CPU seconds. The seconds are None if there is no report.
    """
    try:
        killer, computed = (float(word) for word in report.split())
    except ValueError:
        return "", None
    if killer == signal.SIGKILL and computed > allowed - 0.5:
        return f"was stopped: {ENDS['cpu']}".format(seconds=limits.cpu_seconds), allowed
    if killer and killer != signal.SIGKILL:
        return ENDS["crash"].format(signal=signal.Signals(int(killer)).name), computed
    return "", computed


def why_unavailable() -> str:
    """Why this machine cannot isolate a shell; "" if it can. Found out by opening one."""
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
    isolated: bool = True,
) -> Shell:
    """A shell from a forkserver that this process keeps until it ends.

    Raises
    ------
    SandboxError
        If this machine cannot do that.
    """
    if (limits, isolated) not in _shared:
        _shared[limits, isolated] = Sandbox(limits, isolated)
        atexit.register(_shared[limits, isolated].close)
    return _shared[limits, isolated].open_shell(seed=seed, files=files, cpu_seconds=cpu_seconds)
