"""What a submission may use, it may use once: however many shells it goes through."""

from __future__ import annotations

import os
import re
import signal
import time
from dataclasses import fields

import pytest

from autograder.grade.grading import grade
from autograder.project import CHECKOUT as ROOT
from autograder.sandbox import server
from autograder.sandbox.budget import Budget, Spent
from autograder.sandbox.server import Sandbox
from autograder.sandbox.shell import ShellDied
from autograder.student.limits import DEFAULT, Limits

from .conftest import needs_closed_box
from .test_sandbox import descendants, forkserver, gone
from .test_verdict import points, project, words

BURN = "import time\n_end = time.process_time() + {}\nwhile time.process_time() < _end: pass\n"
DIE = "import os; os._exit(0)"


@pytest.fixture(scope="module")
def assignment(tmp_path_factory):
    return project(tmp_path_factory.mktemp("scaling"))


def script(assignment, **answers):
    """The cells of a submission; `own` is one of the student's, last."""
    own = answers.pop("own", "pass")
    cells = [
        (c.grade_id, answers.get(c.grade_id, c.source))
        for c in assignment.cells
        if c.cell_type == "code"
    ]
    return [*cells, ("own", own)]


class Alone:
    """Opens shells of a box, and sees to it that there is never more than one."""

    def __init__(self, box: Sandbox) -> None:
        self.box, self.opened = box, []

    def __call__(self, cpu_seconds: float):
        box = self.box
        before = descendants(box._process.pid) if box._process else []
        # bubblewrap, the forkserver's parent and the forkserver; of an open box, the last alone.
        assert len(before) <= (2 if box.isolated else 0), "another shell is still alive"
        shell = box.open_shell(cpu_seconds=cpu_seconds)
        self.opened.append(shell)
        return shell


def graded(assignment, limits, **answers):
    """Grade a submission alone. Its record, the shells it got, seconds on the wall."""
    with Sandbox(limits) as box:
        box.open_shell().close()
        opener, began = Alone(box), time.monotonic()
        record = grade(assignment, script(assignment, **answers), 1, opener, limits=limits)
        return record, opener.opened, time.monotonic() - began


def said(record, cell):
    """How a cell was stopped."""
    return record.outputs[cell][-1]["evalue"]


# --- computing


@needs_closed_box
@pytest.mark.parametrize("closed", [False, True])
def test_computing_adds_up_over_shells(closed):
    budget, shell, opened = Budget(Limits(cpu_seconds=2)), None, 0
    with Sandbox(isolated=closed) as box, pytest.raises(Spent) as spent:
        for _ in range(10):
            shell = budget.open_shell(Alone(box), shell)
            opened += 1
            with pytest.raises(ShellDied):
                shell.run(BURN.format(0.8) + DIE)
    assert str(spent.value) == "not run: your notebook used up its 2 seconds of computing"
    assert opened in (2, 3) and 2 <= budget.computed < 3.5


@needs_closed_box
def test_a_later_shell_is_stopped_after_what_the_first_has_left():
    budget = Budget(Limits(cpu_seconds=3))
    with Sandbox() as box:
        first = budget.open_shell(box.open_shell)
        first.run(BURN.format(1.9))
        second = budget.open_shell(box.open_shell, first)
        with pytest.raises(ShellDied, match="used up its 3 seconds of computing"):
            second.run("import signal\nsignal.signal(24, signal.SIG_IGN)\nwhile True: pass")
        budget.close_shell(second)
        with pytest.raises(Spent, match="3 seconds of computing"):
            budget.open_shell(box.open_shell, second)
    assert 3 <= budget.computed < 5


@needs_closed_box
def test_a_submission_that_computes_too_much_keeps_what_it_earned_before(assignment):
    """The run that is shown may take half, so that the one that earns points has the other."""
    limits = Limits(cpu_seconds=4, cell_cpu_seconds=60)
    loop = "import signal\nsignal.signal(24, signal.SIG_IGN)\nwhile True: pass"
    record, shells, _ = graded(assignment, limits, area=loop)
    assert points(record) == [3, 0, 0]
    assert said(record, "area") == (
        "the cell was stopped: your notebook used up its 2 seconds of computing"
    )
    assert said(record, "own") == "not run: your notebook used up its 2 seconds of computing"
    assert words(record, "test_mean_of").startswith("not run: your notebook used up its")
    assert len(shells) == 2


# --- the clock


@needs_closed_box
def test_a_submission_that_takes_too_long_is_stopped_in_time(assignment):
    limits = Limits(submission_seconds=6)
    record, shells, took = graded(
        assignment,
        limits,
        scale="def scale(x, factor):\n    import time\n"
        "    return x * factor if len(x) == 3 else time.sleep(99)",
        own="import time; time.sleep(99)",
    )
    assert said(record, "own") == "the cell was stopped: your notebook used up its 3 seconds"
    assert points(record) == [0, 0, 0]
    assert "was stopped: your notebook used up its 6 seconds" in words(record, "test_scale")
    assert words(record, "test_area") == "not run: your notebook used up its 6 seconds"
    assert len(shells) == 2 and 6 <= took < 12


# --- deaths


@needs_closed_box
def test_deaths_are_counted_over_both_runs(assignment):
    """One death is replaced; after the next nothing more runs."""
    in_test = "import os\ndef scale(x, factor):\n    return x * factor if len(x) == 3 else {}"
    record, shells, _ = graded(
        assignment,
        Limits(restarts=1),
        scale=in_test.format("os._exit(0)"),
        area=DIE,
    )
    # The first shell dies of `area`; the second, and only restart, ends with the run. Then a shell
    # for the tests, which dies of `scale`.
    assert len(shells) == 3
    assert points(record) == [0, 0, 0]
    assert said(record, "area") == "the cell ended the whole Python process"
    assert "`scale` ended the whole Python process" in words(record, "test_scale")
    assert words(record, "test_mean_of") == (
        "not run: other cells had ended the Python process too often"
    )


# --- what holds at any moment


@needs_closed_box
def test_both_runs_may_use_all_of_the_memory_but_never_at_once(assignment):
    """Not half of it: a notebook that fits into the memory fits into it twice, one by one."""
    limits = Limits(memory_bytes=2**28, disk_bytes=2**21)
    use = "kept = bytearray(2**27 + 2**26)\nopen('kept', 'wb').write(bytes(2**21 - 2**16))"
    record, shells, _ = graded(assignment, limits, own=use)
    assert record.outputs["own"][-1]["output_type"] == "execute_result"
    assert points(record) == [3, 2, 2] and len(shells) == 2


@needs_closed_box
def test_a_shell_that_does_not_end_takes_its_forkserver_with_it(monkeypatch):
    """Nothing of it may go on beside the next one."""
    monkeypatch.setattr(server, "_SECONDS_TO_END", 1)
    with Sandbox() as box, box.open_shell() as shell:
        tree = [box._process.pid, *descendants(box._process.pid)]
        os.kill(forkserver(box), signal.SIGSTOP)  # so it cannot end the shell
        shell.close()
        assert all(gone(pid) for pid in tree)
        box.open_shell().close()


# --- output


@needs_closed_box
def test_output_is_counted_over_all_cells(assignment):
    limits = Limits(all_output_bytes=1000)
    record, _, _ = graded(assignment, limits, area="area = t**2\nprint('x' * 600)", own="'y' * 600")
    assert record.outputs["area"][0]["text"].startswith("x" * 600)
    assert (
        said(record, "own") == "its output is dropped: the notebook's outputs are too large in all"
    )
    assert points(record) == [3, 2, 2]


# --- what is said about them


def test_the_pages_name_every_limit_as_it_is():
    page = (ROOT / "book" / "for_instructors.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(\w+)` \| ([\d ,]+|[\d.]+ [MG]B) \|", page, flags=re.M))
    units = {"MB": 2**20, "GB": 2**30}
    for field in fields(Limits):
        number, _, unit = listed.pop(field.name).replace(",", "").strip().partition(" ")
        assert float(number) * units.get(unit, 1) == field.default, field.name
    assert not listed


def test_students_are_told_the_same_limits():
    page = (ROOT / "book" / "grading.md").read_text(encoding="utf-8")
    minutes = DEFAULT.cpu_seconds / 60, DEFAULT.submission_seconds / 60
    for row in (
        f"| one cell | {DEFAULT.cell_cpu_seconds:g} seconds of computing, "
        f"{DEFAULT.cell_seconds:g} by the clock |",
        f"| one call of a function by a test | {DEFAULT.call_seconds:g} seconds |",
        f"| the whole notebook, both runs together | {minutes[0]:g} minutes of computing, "
        f"{minutes[1]:g} by the clock |",
        f"| memory, beside Python's own | {DEFAULT.memory_bytes / 2**30:g} GB |",
        f"| files | {DEFAULT.disk_bytes / 2**20:g} MB, {DEFAULT.files} of them |",
        f"| threads | {DEFAULT.threads} |",
        f"| output | {DEFAULT.output_bytes / 2**20:g} MB per cell, "
        f"{DEFAULT.all_output_bytes / 2**20:g} MB in all |",
        f"| times that Python may be ended and started again | {DEFAULT.restarts} |",
    ):
        assert row in page, row
