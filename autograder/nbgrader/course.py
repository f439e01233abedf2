"""A course folder: submissions, gradebook, feedback, records and the secret salt."""

from __future__ import annotations

import functools
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from autograder.digests import digest
from autograder.errors import CourseError
from autograder.grade import records, submission
from autograder.grade.records import Task
from autograder.grade.submission import Submission
from autograder.project import Project
from autograder.rules import load
from autograder.student.limits import DEFAULT, Limits

SALT = "salt"


@dataclass(frozen=True)
class Course:
    """A course folder: submissions, gradebook, feedback, records and the secret salt."""

    root: Path
    project: Project
    limits: Limits = DEFAULT
    isolated: bool = True
    """Whether students' code runs in a sandbox. Without it everything handed in is trusted."""

    @functools.cached_property
    def salt(self) -> bytes:
        """The secret from which hidden inputs are drawn. Raises `CourseError` if there is none."""
        check_course_folder(self.root)
        return (self.root / SALT).read_bytes().strip()

    def write_salt(self) -> None:
        """Draw the secret, readable by its owner only. An existing one is never replaced."""
        descriptor = os.open(self.root / SALT, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")

    def seed(self, slug: str, student: str) -> int:
        """The seed of one student's hidden inputs in one assignment."""
        return int(digest(self.salt, slug, student)[:16], 16)

    @property
    def records(self) -> Path:
        """The folder of result records."""
        return self.root / "records"

    def read(self, slug: str, student: str) -> Submission:
        """What a student handed in for an assignment. Raises `SourceError`."""
        path = self.submitted(slug, student)
        return submission.read(path, load(slug, self.project), student)

    def task(self, handed_in: Submission) -> Task:
        """The task of grading a submission in this course."""
        seed = self.seed(handed_in.assignment.slug, handed_in.student)
        return records.task_for(handed_in, seed, self.limits, self.isolated)

    def submitted(self, slug: str, student: str) -> Path:
        """Where a submission is expected."""
        return self.root / "submitted" / student / slug / f"{slug}.ipynb"

    def submissions(self, slug: str) -> list[str]:
        """The students who handed in something for an assignment, be it only a folder."""
        found = (self.root / "submitted").glob(f"*/{slug}")
        return sorted(p.parent.name for p in found if is_student(p.parent.name))

    def misnamed(self) -> list[str]:
        """Folders among the students' folders whose names cannot be a student's."""
        # Names with a dot are what editors and servers leave behind; nbgrader skips them as well.
        names = (p.name for p in (self.root / "submitted").glob("*/"))
        return sorted(n for n in names if not is_student(n) and not n.startswith("."))


def check_course_folder(folder: Path) -> None:
    """Raise `CourseError` if a folder is no course folder."""
    if not (folder / SALT).is_file():
        raise CourseError(
            f"{folder}: not a course folder (no file {SALT}) "
            "— make one with `python -m autograder init DIR`"
        )


def is_student(name: str) -> bool:
    """Whether a folder's name can be a student's: one line that can be printed, and no pattern."""
    return name.isprintable() and not name.startswith(".") and not set(name) & set("*?[]{}\\")
