"""A whole class: every submission becomes one result record, and no work is done twice.

A record is a JSON file named after everything its content follows from: the submitted answers, the
assignment with its tests, the bank, the course's salt, the grader and its libraries. It is written
whole or not at all. So a killed run resumes where it was, an unchanged submission is never run
again, and whoever needs a result later finds the one that was computed. Putting results into the
gradebook is the part of `nbgrader_hooks`, by one writer.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

from nbformat import NotebookNode

from autograder import sandbox, submission, verdict
from autograder.course import ROOT, Assignment, BadInput, files_of, load
from autograder.sandbox import Limits, SandboxError, SandboxLost
from autograder.testing import GraderFault

SALT = "salt"


class CourseError(BadInput):
    """A course folder cannot be used."""


@dataclass(frozen=True)
class Course:
    """A course folder: submissions, gradebook, feedback, records and the secret salt."""

    root: Path
    project: Path = ROOT
    limits: Limits = sandbox.DEFAULT
    closed: bool = True
    """Whether students' code runs in a closed box. Without it everything handed in is trusted."""

    @functools.cached_property
    def salt(self) -> bytes:
        """The secret from which hidden inputs are drawn. Raises `CourseError` if there is none."""
        try:
            return (self.root / SALT).read_bytes().strip()
        except OSError:
            raise CourseError(
                f"{self.root}: not a course folder (no file {SALT}) "
                "— make one with `python -m autograder init DIR`"
            ) from None

    def write_salt(self) -> None:
        """Draw the secret, readable by its owner only. An existing one is never replaced."""
        descriptor = os.open(self.root / SALT, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")

    def seed(self, slug: str, student: str) -> int:
        """The seed of one student's hidden inputs in one assignment."""
        return int(_digest(self.salt, slug, student)[:16], 16)

    def submitted(self, slug: str, student: str) -> Path:
        """Where a submission is expected."""
        return self.root / "submitted" / student / slug / f"{slug}.ipynb"

    def submissions(self, slug: str) -> list[str]:
        """The students who handed in something for an assignment, be it only a folder."""
        found = (self.root / "submitted").glob(f"*/{slug}")
        return sorted(p.parent.name for p in found if is_student(p.parent.name))

    def misnamed(self) -> list[str]:
        """Folders in which students' folders are expected, of a name that nobody can have."""
        # Names with a dot are what editors and servers leave behind; nbgrader skips them as well.
        names = (p.name for p in (self.root / "submitted").glob("*/"))
        return sorted(n for n in names if not is_student(n) and not n.startswith("."))


def is_student(name: str) -> bool:
    """Whether a folder's name can be a student's: one line that can be printed, and no pattern."""
    return name.isprintable() and not name.startswith(".") and not set(name) & set("*?[]{}\\")


def compute(
    course: Course,
    wanted: Iterable[tuple[str, str]],
    workers: int = 1,
    done: Callable[[int], None] = lambda count: None,
) -> dict[str, GraderFault]:
    """Make sure that there is a record of every (slug, student). `done` hears of each new one.

    `record` depends on nothing but its arguments and on files, so any executor may run it; another
    machine that sees the course folder would do. Even one worker is a process of its own: this one
    may be a notebook server with threads, which must not fork, and with modules of last week.

    Returns
    -------
    slug → what is wrong with that assignment's tests. It concerns everybody who handed it in, so
    it is told once and the assignment is left; the others are graded. What students do is never
    at fault.

    Raises
    ------
    CourseError
        If this machine cannot open a sandbox, and the course wants one, or is out of memory.
    """
    missing = [job for job in wanted if not _place(course, *job)[0].exists()]
    faults: dict[str, GraderFault] = {}
    if not missing:
        return faults
    with ProcessPoolExecutor(min(workers, len(missing)), mp_context=get_context("spawn")) as pool:
        slugs = {pool.submit(record, course, *job): job[0] for job in missing}
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
                f"{course.root}: a process that graded was killed, for want of memory perhaps "
                "— grade again, with fewer workers"
            ) from None
        except SandboxError as error:
            pool.shutdown(cancel_futures=True)
            raise CourseError(
                f"{course.root}: nothing is graded, for {error}; or grade work that you trust with "
                "--no-sandbox (in nbgrader_config.py: c.Autograder.sandbox = False)"
            ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return faults


def record(course: Course, slug: str, student: str) -> dict:
    """The result record of one submission, computed if it is not there yet.

    Returns
    -------
    dict with ``refused`` (why nothing was graded, or ""), ``outputs`` (cell id → nbformat outputs
    of the student's run) and ``verdicts`` (grade_id → points, max, messages, misconception).
    """
    path, assignment, notebook, refused = _place(course, slug, student)
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    seed = course.seed(slug, student)
    result = {"assignment": slug, "student": student, "seed": seed, "refused": refused}
    result |= (
        {"outputs": {}, "verdicts": {}} if refused else _grade(course, assignment, notebook, seed)
    )
    write_whole(path, json.dumps(result, ensure_ascii=False, indent=1, sort_keys=True))
    return result


def _place(course: Course, slug: str, student: str) -> tuple[Path, Assignment, NotebookNode, str]:
    """Where a submission's record is or will be, and what it is computed from."""
    assignment = load_cached(slug, course.project)
    notebook = submission.read(course.submitted(slug, student), assignment)
    refused = notebook.metadata.get("autograder", {}).get("refused", "")
    answers = json.dumps([(c.id, c.cell_type, c.source) for c in notebook.cells])
    allowed = (course.limits, course.closed)
    key = _digest(fingerprint(assignment), course.seed(slug, student), refused, answers, allowed)
    path = course.root / "records" / slug / student / f"{key[:32]}.json"
    return path, assignment, notebook, refused


def key(course: Course, slug: str, student: str) -> str:
    """What names a submission's record: it changes whenever the result could."""
    return _place(course, slug, student)[0].stem


def load_cached(slug: str, project: Path) -> Assignment:
    """`course.load`, once per process and state of the file: a class has one set of tests."""
    stamps = tuple(p.stat().st_mtime_ns for p in files_of(slug, project))
    return _load(slug, project, stamps)


@functools.cache
def _load(slug: str, project: Path, stamps: tuple) -> Assignment:
    return load(slug, project)


def fingerprint(assignment: Assignment) -> str:
    """Changes whenever the same answers could be graded differently."""
    return _digest(_grader(), *(path.read_bytes() for path in assignment.files))


@functools.cache
def _grader() -> str:
    """What this process grades with: its own code and its libraries."""
    libraries = [f"{name} {version(name)}" for name in ("numpy", "sympy", "matplotlib", "ipython")]
    modules = sorted(Path(__file__).parent.glob("*.py"))
    return _digest(sys.version, *libraries, *(path.read_bytes() for path in modules))


def _digest(*parts: object) -> str:
    """One hash of several parts, each of which counts on its own."""
    total = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()


def write_whole(path: Path, text: str) -> None:
    """Write a file so that nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _grade(course: Course, assignment: Assignment, notebook: NotebookNode, seed: int) -> dict:
    """Run and judge one readable submission."""
    folder = assignment.path.with_suffix("")
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in assignment.data}
    open_shell = functools.partial(
        sandbox.open_shell, files=files, limits=course.limits, closed=course.closed
    )
    cells = [(c.id, c.source) for c in notebook.cells if c.cell_type == "code"]
    grade = functools.partial(
        verdict.grade, assignment, cells, seed, open_shell, limits=course.limits
    )
    try:
        graded = grade().as_dict()
    except SandboxLost:
        graded = grade().as_dict()  # from the beginning, once
    return {"outputs": graded["outputs"], "verdicts": graded["verdicts"]}
