"""A class: every submission becomes one result record, and no work is done twice.

A record is a JSON file named after everything its content follows from: the submitted answers, the
assignment with its tests, the bank, the seed of the hidden inputs, the limits, the grader and its
libraries. It is written whole or not at all. So a killed run resumes where it was, an unchanged
submission is never run again, and whoever needs a result later finds the one that was computed.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

from autograder.assignment import Assignment
from autograder.digests import digest
from autograder.errors import CourseError, GraderFault
from autograder.grade.grading import grade
from autograder.grade.submission import Submission
from autograder.project import Project
from autograder.rules import load
from autograder.sandbox import server
from autograder.sandbox.shell import SandboxError, SandboxLost
from autograder.student.limits import Limits


@dataclass(frozen=True)
class Task:
    """All that the result of one submission follows from: plain data, for any process.

    Attributes
    ----------
    cells : (cell id, cell type, source) of every cell of the submission's notebook.
    refused : why it cannot be graded, or "".
    seed : what the student's hidden inputs are drawn from.
    limits, isolated : how the student's code is run.
    tests : changes whenever the same answers could be graded differently.
    """

    project: Project
    slug: str
    student: str
    cells: tuple[tuple[str, str, str], ...]
    refused: str
    seed: int
    limits: Limits
    isolated: bool
    tests: str

    @functools.cached_property
    def key(self) -> str:
        """What names the record: it changes whenever the result could."""
        allowed = (self.limits, self.isolated)
        answers = json.dumps(self.cells)
        return digest(self.tests, self.seed, self.refused, answers, allowed)[:32]

    def path(self, folder: Path) -> Path:
        """The record's place in a folder of records."""
        return folder / self.slug / self.student / f"{self.key}.json"


def task_for(submission: Submission, seed: int, limits: Limits, isolated: bool) -> Task:
    """The task of grading a submission."""
    assignment = submission.assignment
    cells = tuple((c.id, c.cell_type, c.source) for c in submission.notebook.cells)
    return Task(
        assignment.project,
        assignment.slug,
        submission.student,
        cells,
        submission.refused,
        seed,
        limits,
        isolated,
        fingerprint(assignment),
    )


def compute(
    tasks: Iterable[Task],
    folder: Path,
    workers: int = 1,
    done: Callable[[int], None] = lambda count: None,
) -> dict[str, GraderFault]:
    """Make sure that a folder of records has one for every task.

    `result` depends on nothing but its arguments and on files, so any executor may run it. Even one
    worker is a process of its own: this process may be a notebook server, whose threads forbid a
    fork and whose modules may be older than the files. `done` is called with the number of records
    so far.

    Returns
    -------
    slug → what is wrong with that assignment's tests. Such a fault concerns everybody who handed it
    in: it is reported once, and the assignment is not graded; the others are. Nothing that a
    student does is such a fault.

    Raises
    ------
    CourseError
        If this machine cannot open a sandbox and a task wants one, or is out of memory.
    """
    missing = [task for task in tasks if not task.path(folder).exists()]
    faults: dict[str, GraderFault] = {}
    if not missing:
        return faults
    with ProcessPoolExecutor(min(workers, len(missing)), mp_context=get_context("spawn")) as pool:
        slugs = {pool.submit(result, task, folder): task.slug for task in missing}
        try:
            for count, future in enumerate(as_completed(slugs), start=1):
                slug = slugs[future]
                try:
                    if not future.cancelled():
                        future.result()
                except GraderFault as fault:
                    faults.setdefault(slug, fault)
                    for other in slugs:
                        if slugs[other] == slug:
                            other.cancel()
                done(count)
        except BrokenProcessPool:
            raise CourseError(
                f"{folder.parent}: a worker process was killed, perhaps because memory ran out "
                "— grade again, with fewer workers"
            ) from None
        except SandboxError as error:
            pool.shutdown(cancel_futures=True)
            raise CourseError(
                f"{folder.parent}: nothing is graded, for {error}; or grade work that you trust "
                "with --no-sandbox (in nbgrader_config.py: c.Autograder.sandbox = False)"
            ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return faults


def result(task: Task, folder: Path) -> dict:
    """The result of a task, from its record, or computed and recorded if there is none.

    Returns
    -------
    dict with ``refused`` (why nothing was graded, or ""), ``outputs`` (cell id → nbformat outputs
    of the student's run) and ``verdicts`` (grade_id → points, max, messages, misconception).
    """
    path = task.path(folder)
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    found = {
        "assignment": task.slug,
        "student": task.student,
        "seed": task.seed,
        "refused": task.refused,
    }
    found |= {"outputs": {}, "verdicts": {}} if task.refused else _grade(task)
    write_whole(path, json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True))
    return found


def _grade(task: Task) -> dict:
    """Run and judge one submission that can be read."""
    assignment = load(task.slug, task.project)
    open_shell = functools.partial(
        server.open_shell,
        files={name: path.read_bytes() for name, path in assignment.data.items()},
        limits=task.limits,
        isolated=task.isolated,
    )
    cells = [(id, source) for id, kind, source in task.cells if kind == "code"]
    run = functools.partial(grade, assignment, cells, task.seed, open_shell, limits=task.limits)
    try:
        graded = run().as_dict()
    except SandboxLost:
        graded = run().as_dict()  # from the beginning, once
    return {"outputs": graded["outputs"], "verdicts": graded["verdicts"]}


def fingerprint(assignment: Assignment) -> str:
    """Changes whenever the same answers could be graded differently."""
    return digest(_grader(), assignment.digest)


@functools.cache
def _grader() -> str:
    """What this process grades with: its own code and its libraries."""
    libraries = [f"{name} {version(name)}" for name in ("numpy", "sympy", "matplotlib", "ipython")]
    package = Path(__file__).resolve().parent.parent
    modules = [*package.glob("*.py")]
    for part in ("student", "sandbox", "grade"):
        modules += (package / part).glob("*.py")
    return digest(sys.version, *libraries, *(path.read_bytes() for path in sorted(modules)))


def write_whole(path: Path, text: str) -> None:
    """Write a file atomically: no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
