"""Ten cells in the sandbox and in a fresh kernel, and a whole submission graded, side by side.

Compare rows of one run. Seconds of the processor are those of every process involved; the
forkserver's start is paid once per class and shown by itself.
"""

from __future__ import annotations

import functools
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable

import nbclient
from nbformat import v4
from rich.console import Console
from rich.table import Table

from autograder import course, demo, release, sandbox, verdict

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
RUNS = 10


def measured(times: int, prepare: Callable[[], Callable[[], None]]) -> tuple[float, float, float]:
    """Wall seconds of preparing; then median wall and mean CPU seconds of the prepared action.

    The CPU seconds of processes count when they have ended, so it is all done twice, once without
    the action, and the difference is taken.
    """
    cpu, walls, start = [], [], 0.0
    for count in (0, times):
        before = _cpu()
        began = time.perf_counter()
        act = prepare()
        start = time.perf_counter() - began
        for _ in range(count):
            began = time.perf_counter()
            act()
            walls.append(time.perf_counter() - began)
        act.close()
        cpu.append(_cpu() - before)
    return start, statistics.median(walls), (cpu[1] - cpu[0]) / times


def _cpu() -> float:
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    return total


class _InTheSandbox:
    """Run the cells in a shell."""

    def __init__(self, closed: bool) -> None:
        self.box = sandbox.Sandbox(closed=closed)
        self.close = self.box.close
        self.box.open_shell().close()

    def __call__(self) -> None:
        with self.box.open_shell() as shell:
            for cell in CELLS:
                shell.run(cell)


class _Graded(_InTheSandbox):
    """Grade a whole submission: two shells, and a process for each test."""

    def __init__(self) -> None:
        super().__init__(closed=True)
        assignment = course.load(SLUG)
        answers = demo.model_answers(assignment)
        cells = release.graded_notebook(assignment).cells
        script = [(c.id, answers.get(c.id, c.source)) for c in cells if c.cell_type == "code"]
        verdict.rehearse(assignment)
        self.grade = functools.partial(verdict.grade, assignment, script, 0, self.box.open_shell)

    def __call__(self) -> None:
        self.grade()


class _FreshKernel:
    """Run the cells as nbconvert does."""

    def close(self) -> None:
        pass

    def __call__(self) -> None:
        notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in CELLS])
        nbclient.NotebookClient(notebook, kernel_name="python3").execute()


def main() -> None:
    """Print the table."""
    rows = {
        "ten cells, fresh kernel": (3, _FreshKernel),
        "ten cells, open box": (RUNS, lambda: _InTheSandbox(closed=False)),
        "ten cells, sandbox": (RUNS, lambda: _InTheSandbox(closed=True)),
        f"{SLUG}, graded": (RUNS, _Graded),
    }
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    table = Table("what", "CPU s", "wall s", "start, once", title=f"load before: {load}")
    for name, (times, prepare) in rows.items():
        start, wall, cpu = measured(times, prepare)
        table.add_row(name, f"{cpu:.3f}", f"{wall:.3f}", f"{start:.2f}")
    Console().print(table)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}")
    print("Targets for ten cells in the sandbox, on a free machine: 0.2 CPU s, 0.2 wall s")


if __name__ == "__main__":
    main()
