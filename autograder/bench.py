"""What grading costs, measured: ``python -m autograder.bench``.

Ten cells in the sandbox and in a fresh kernel, and a whole submission graded, side by side.

Rows take turns, so that whatever else the machine does meets all of them; compare rows of one run.
CPU seconds are those of every process involved. A forkserver's start is paid once per class and
worker, and shown by itself.
"""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import nbclient
from nbformat import v4
from rich.console import Console
from rich.table import Table

from autograder import demo, release
from autograder.grade.grading import grade
from autograder.project import Project
from autograder.rules import load
from autograder.sandbox.server import Sandbox

CELLS = [
    "import numpy as np\nimport sympy as sp\nimport matplotlib.pyplot as plt",
    "rng = np.random.default_rng(0)\nX = rng.normal(size=(200, 8))\nX.shape",
    "def softmax(s):\n    e = np.exp(s - s.max(axis=1, keepdims=True))\n"
    "    return e / e.sum(axis=1, keepdims=True)",
    "W = softmax(X @ X.T)\nW.sum(axis=1)[:3]",
    "x, s = sp.symbols('x s', positive=True)\nsp.diff(sp.exp(-x**2 / (2 * s**2)), x)",
    "sp.simplify(sp.integrate(sp.exp(-x / s), (x, 0, sp.oo)))",
    "print('rows:', len(W))",
    "assert np.allclose(W.sum(axis=1), 1)",
    "plt.plot(W[0]);",
    "{'mean': float(W.mean())}",
]
SLUG = "02_linear_attention"
ROUNDS, TIMES = 5, 4
"""How often every row is measured, and how often in a row what takes less than a second is run."""


def start(server: Sandbox) -> None:
    """Open a first shell, which starts the forkserver."""
    server.open_shell().close()


def in_the_sandbox(server: Sandbox) -> Callable[[], object]:
    """What runs the cells in a shell."""

    def act() -> None:
        with server.open_shell() as shell:
            for cell in CELLS:
                shell.run(cell)

    return act


def graded(server: Sandbox) -> Callable[[], object]:
    """What grades a right submission: two shells, and the process that judges."""
    assignment = load(SLUG, Project.find())
    answers = demo.model_answers(assignment)
    cells = release.graded_notebook(assignment).cells
    script = [(c.id, answers.get(c.id, c.source)) for c in cells if c.cell_type == "code"]
    return lambda: grade(assignment, script, 0, server.open_shell)


def fresh_kernel() -> None:
    """Run the cells as nbconvert does."""
    notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in CELLS])
    nbclient.NotebookClient(notebook, kernel_name="python3").execute()


def cpu_seconds() -> float:
    """Of this process, of those that have ended, and of all living ones below it."""
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    ticks, parents = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            parents[int(stat.parent.name)] = int(fields[1])
            ticks[int(stat.parent.name)] = sum(map(int, fields[11:15]))  # its ended children's too
    mine = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in mine} - mine:
        mine |= more
    below = sum(ticks[pid] for pid in mine - {os.getpid()})
    return total + below / os.sysconf("SC_CLK_TCK")


def measured(act: Callable[[], object], times: int) -> tuple[float, float]:
    """CPU and wall seconds of one call."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    for _ in range(times):
        act()
    return (cpu_seconds() - cpu) / times, (time.perf_counter() - wall) / times


def main() -> None:
    """Print the table."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    with Sandbox(isolated=False) as unguarded, Sandbox() as isolated:
        starts = {}
        for name, server in (("not isolated", unguarded), ("isolated", isolated)):
            cpu, wall = measured(functools.partial(start, server), 1)
            starts[name] = f"{cpu:.2f} CPU s, {wall:.2f} wall s ({name})"
        rows = {
            "ten cells, fresh kernel": (fresh_kernel, 1),
            "ten cells, not isolated": (in_the_sandbox(unguarded), TIMES),
            "ten cells, sandbox": (in_the_sandbox(isolated), TIMES),
            f"{SLUG}, graded": (graded(isolated), TIMES),
        }
        for act, _ in rows.values():
            act()
        rounds = [{name: measured(*row) for name, row in rows.items()} for _ in range(ROUNDS)]
    table = Table(title=f"Median of {ROUNDS} rounds (and least); load before: {load}")
    table.add_column("what")
    for name in ("CPU s", "wall s", "kernel's CPU ÷ its own"):
        table.add_column(name, justify="right")
    kernel = next(iter(rows))
    for name in rows:
        columns = zip(*(measures[name] for measures in rounds), strict=True)
        ratios = [measures[kernel][0] / measures[name][0] for measures in rounds]
        table.add_row(
            name,
            *(f"{statistics.median(column):.3f} ({min(column):.3f})" for column in columns),
            f"{statistics.median(ratios):.1f}",
        )
    Console().print(table)
    print(f"A forkserver's start, once per worker: {'; '.join(starts.values())}")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}")
    print("Wanted of ten cells in the sandbox, on a free machine: at most 0.2 CPU s, 0.2 wall s.")


if __name__ == "__main__":
    main()
