"""The process in which a submission's cells run: an IPython that behaves as a notebook expects.

`make_ipython` makes it once, in the forkserver; `serve_notebook` turns a fork into a shell.
"""

from __future__ import annotations

import builtins
import getpass
import math
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.student import box, wire
from autograder.student.limits import Limits
from autograder.student.namespace import Namespace, reseed
from autograder.student.outputs import Outputs, OutputStream
from autograder.student.protocol import READY, Connection, Line


def make_ipython() -> Any:
    """The IPython shell that every fork starts from. Imports what notebooks import.

    Raises
    ------
    RuntimeError
        If it cannot run what most notebooks do.
    """
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    class Publisher(DisplayPublisher):
        """Collects rich output."""

        shell: Any

        def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **_):
            self.shell.outputs.display(data, metadata or {}, transient or {}, update)

        def clear_output(self, wait=False):
            self.shell.outputs.clear(wait)

    class Hook(DisplayHook):
        """Collects the value of a cell's last expression."""

        shell: Any

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
        outputs: Outputs
        streams: list[OutputStream]

        def enable_gui(self, gui=None):
            """Windows are not available; `%matplotlib inline` must still work."""

        def ask_exit(self):
            print("exit() has no effect here.")

        def showtraceback(self, *args, **kwargs):
            # Rendering a traceback takes as long as ten cells, and a quiet run shows none.
            if self.outputs.shown:
                super().showtraceback(*args, **kwargs)

        def _showtraceback(self, etype, evalue, stb):
            self.outputs.error(etype, evalue, stb)

    # No history file: a notebook keeps none, and its writer is a thread, which no fork has.
    config = Config({"HistoryManager": {"enabled": False}})
    ipython = NotebookShell.instance(config=config, ipython_dir=tempfile.mkdtemp(prefix="ipython-"))
    shutil.rmtree(ipython.ipython_dir, ignore_errors=True)
    ipython.outputs = Outputs(10**6)

    def refuse(prompt: object = "", *_: object, **__: object) -> str:
        raise RuntimeError("input() cannot be used here: nobody can answer while work is graded")

    builtins.input = getpass.getpass = refuse
    ipython.enable_matplotlib("inline")
    for source in WARM_UP:
        if not ipython.run_cell(source).success and "raise" not in source:
            raise RuntimeError(f"the forkserver cannot run {source!r}")
    # matplotlib's callback draws every open figure, the inline backend's shows and closes them. In
    # the order of registration each figure would be drawn twice, so drawing comes last here.
    draw = sys.modules["matplotlib.pyplot"]._draw_all_if_interactive
    ipython.events.unregister("post_execute", draw)
    ipython.events.register("post_execute", draw)
    ipython.reset(new_session=False)
    ipython.execution_count = 1
    return ipython


WARM_UP = (
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
"""What most notebooks do, run once before any fork. The first figure loads fonts, styles and an
encoder, the first integral builds a table, the first traceback loads a syntax highlighter."""


class TooLong(KeyboardInterrupt):
    """A cell or call has used up its computing time. It is an interrupt, so `except Exception`
    does not catch it."""


def _stop_at(seconds: float) -> None:
    """Raise `TooLong` after so many more CPU seconds.

    The kernel kills a process that ignores it when the submission's own CPU limit is reached.
    """
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = math.ceil(time.process_time() + seconds)
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)

    def stop(*_: object) -> None:
        raise TooLong(f"stopped: a cell may compute for {seconds:g} seconds")

    signal.signal(signal.SIGXCPU, stop)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _execute(ipython: Any, limits: Limits) -> Callable[[str, bool], list[dict]]:
    """The function that runs a cell in an IPython shell and returns its outputs."""
    every_type = list(ipython.display_formatter.active_types)

    def execute(source: str, quiet: bool) -> list[dict]:
        ipython.outputs = Outputs(0 if quiet else limits.output_bytes, limits)
        # A quiet run returns no outputs, so figures need not be drawn.
        ipython.display_formatter.active_types = ["text/plain"] if quiet else every_type
        ipython.run_cell(source, store_history=True)
        outputs, ipython.outputs = ipython.outputs.take(), Outputs(0)
        if sys.stdout is not ipython.streams[0] or sys.stderr is not ipython.streams[1]:
            sys.stdout, sys.stderr = ipython.streams  # a cell that replaced them and stopped
        return [] if quiet else outputs

    return execute


def serve_notebook(ipython: Any, sock: socket.socket, folder: str, isolated: bool) -> None:
    """Turn a fresh fork of the forkserver into a shell, and serve until the host closes `sock`.

    This function alone decides what a shell may do; `box.isolate` runs only if `isolated`.
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

    def serve(question: wire.Message) -> bytes:
        _stop_at(limits.cell_cpu_seconds)
        return namespace.serve(question)

    line = Line(Connection(sock), serve)
    setup = wire.decode(line.connection.receive())
    limits = Limits(**setup["limits"])
    try:
        if isolated:
            _refuse_programs(ipython)
            box.isolate(
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
    reseed(setup["seed"])
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    ipython.streams = sys.stdout, sys.stderr = [
        OutputStream(ipython, n) for n in ("stdout", "stderr")
    ]
    namespace = Namespace(ipython.user_ns, _execute(ipython, limits), line.ask)
    line.connection.send(READY)
    line.serve_forever()


def _refuse_programs(ipython: Any) -> None:
    """Raise an error that explains why other programs cannot be started. The kernel refuses them
    as well, but gives no reason."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(
            "no other programs can be started here: while work is graded, only Python runs"
        )

    ipython.system = ipython.getoutput = refuse
    setattr(subprocess, "_fork_exec", refuse)  # noqa: B010 — private, so no type checker knows it
    for name in ("fork", "forkpty", "posix_spawn", "posix_spawnp", "system", "execv", "execve"):
        setattr(os, name, refuse)
