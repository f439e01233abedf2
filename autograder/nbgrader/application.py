"""nbgrader's application with a course folder's configuration, and the course that it works on."""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from pathlib import Path

from nbgrader.apps.baseapp import NbGrader

from autograder.errors import CourseError
from autograder.nbgrader.course import Course, check_course_folder
from autograder.project import Project
from autograder.student.limits import DEFAULT, Limits


def application_for(folder: Path) -> NbGrader:
    """nbgrader with the configuration of a course folder. Raises `CourseError`."""
    folder = folder.resolve()
    check_course_folder(folder)
    application = NbGrader()
    with contextlib.chdir(folder):
        # Its warnings are about single submissions, of which the feedback and the table tell.
        application.initialize(["--NbGrader.log_level=ERROR"], root=str(folder))
    if "Autograder" not in application.config:
        raise CourseError(
            f"{folder / 'nbgrader_config.py'}: does not load this project's configuration "
            "— compare it with a new one from `python -m autograder init`"
        )
    return application


def course_of(converter) -> Course:
    """The course folder that a converter or application of nbgrader works on.

    Raises
    ------
    CourseError
        If its configuration sets limits that are none.
    """
    options = converter.config.Autograder
    limits = dict(options.get("limits", {}))
    known = asdict(DEFAULT)
    for name, value in limits.items():
        if name not in known or not isinstance(value, int | float) or value <= 0:
            raise CourseError(
                f"{converter.coursedir.root}: c.Autograder.limits: {name} = {value!r} is no limit "
                f"— give positive numbers for any of {', '.join(known)}"
            )
        # A number of bytes or files is a whole one; the kernel would refuse 1e9.
        limits[name] = type(known[name])(value)
    root, project = Path(converter.coursedir.root), Project(Path(options.project))
    return Course(root, project, Limits(**limits), bool(options.get("sandbox", True)))
