"""One submission, run and judged.

The student's cells run in shells of the sandbox; the tests run in a trusted process, on the
instructor's source, and reach the student's names through handles. Nothing here executes a
student's code, and no text that the student's code makes after it has seen a hidden input reaches
the record:

* a first shell runs all cells and visible checks, once, as the student sees them. Its outputs are
  what the feedback shows. It never sees a hidden test.
* a second shell runs the same cells, drops their outputs and answers the tests, each at its place
  among the cells. Only values and the built-in kind of an exception come back from it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from autograder.assignment import Assignment
from autograder.grade.judge import prove
from autograder.grade.process import JudgeProcess
from autograder.grade.run import ShownRun, StudentRun, error_in, step_of, stopped
from autograder.grade.verdict import Record
from autograder.sandbox.budget import Budget
from autograder.sandbox.shell import Shell
from autograder.student.limits import DEFAULT, Limits


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
        the assignment stand there by their grade_id, in its order. The source is used of solution
        cells, and of cells that the student has added.
    seed : what the student's hidden inputs are drawn from.
    open_shell : opens a fresh shell for this submission; takes `cpu_seconds`, its computing time.
    limits : what the submission may use. Limits on single shells are kept by `open_shell`; those
        that count all shells together are kept here.

    Raises
    ------
    ValueError
        If the assignment's cells are not all there, or not in its order.
    GraderFault
        If a test fails on its own solution. Nothing a student does raises.
    SandboxLost
        If the forkserver dies meanwhile: the result would not be the student's fault.
    """
    own = [name for name, _ in cells if name in assignment.by_id]
    if own != [c.grade_id for c in assignment.cells if c.cell_type == "code"]:
        raise ValueError(f"{assignment.slug}: the cells to grade are not those of the assignment")
    prove(assignment)
    script = [step_of(assignment.by_id.get(name), name, source) for name, source in cells]
    budget = Budget(limits)
    fatal: dict[str, str] = {}
    outputs: dict[str, list[dict]] = {}
    # The second run, which earns the points, gets the other half and what is left of this one.
    budget.allow_share(0.5)
    with StudentRun(open_shell, fatal, budget, quiet=False) as shown_run:
        for step in script:
            made = shown_run.run(step)
            size = len(json.dumps(made)) if made else 0
            outputs[step.id] = made if size <= budget.output else [stopped(_TOO_MUCH)]
            budget.output -= size if size <= budget.output else 0
    budget.allow_share(1.0)
    verdicts = {}
    with (
        StudentRun(open_shell, fatal, budget, quiet=True) as tested_run,
        JudgeProcess(assignment, seed, budget) as judge,
    ):
        for step in script:
            tested_run.run(step)
            if step.test is not None:
                name = step.test.tested
                shown = ShownRun(error_in(outputs[step.id], said=True), error_in(outputs[name]))
                verdicts[step.id] = judge.verdict(step.test, tested_run, shown)
    return Record(assignment.slug, seed, outputs, verdicts)


_TOO_MUCH = "its output is dropped: the notebook's outputs are too large in all"
