"""A course folder and what is done with it: make one, grade, hand back, export.

Everything here goes through nbgrader with the course's own configuration, so it gives the same
gradebook and pages as the plain ``nbgrader`` commands, and can be mixed with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from nbgrader.apps.baseapp import NbGrader
from nbgrader.converters import GenerateFeedback, NbGraderException

from autograder.errors import BadInput, CourseError
from autograder.grade import records
from autograder.nbgrader.application import application_for, course_of
from autograder.nbgrader.course import Course
from autograder.nbgrader.export import export
from autograder.nbgrader.hooks import TrustedAutograde
from autograder.nbgrader.preparing import prepare
from autograder.project import Project
from autograder.rules import load

FOLDERS = ("submitted", "autograded", "feedback", "records")
_CONFIGURATION = '''\
"""How nbgrader works in this course folder. Options of your own go at the end."""

from pathlib import Path

project = {project!r}
if not Path(project, "nbgrader_config.py").is_file():
    # Without it nbgrader would run students' code itself, unprotected.
    raise SystemExit(f"{{__file__}}: the grader is no longer in {{project}} — correct that line")
c = get_config()
load_subconfig("nbgrader_config.py", path=project)
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = {course_id!r}
# What a submission may use: autograder/student/limits.py describes all limits.
# c.Autograder.limits = {{"cell_seconds": 60, "submission_seconds": 600, "memory_bytes": 2**30}}
'''


def init(folder: Path, project: Project) -> list[str]:
    """Make a course folder: configuration, secret salt, the assignments and an empty gradebook.

    Returns the assignments' slugs.

    Raises
    ------
    CourseError
        If there is something in the folder already.
    SourceError, ReleaseError
        If an assignment cannot be released.
    """
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CourseError(f"{folder}: exists and is not an empty folder — choose another")
    slugs = list(project.slugs())
    for slug in slugs:  # before anything is written
        load(slug, project)
    folder.mkdir(parents=True, exist_ok=True)
    for name in FOLDERS:
        (folder / name).mkdir()
    config = _CONFIGURATION.format(project=str(project.root), course_id=folder.name)
    (folder / "nbgrader_config.py").write_text(config, encoding="utf-8")
    Course(folder, project).write_salt()
    prepare(application_for(folder), slugs)
    return slugs


def grade(
    folder: Path,
    slugs: Iterable[str] = (),
    workers: int = 1,
    started: Callable[[int], None] = lambda count: None,
    done: Callable[[int], None] = lambda count: None,
    sandbox: bool = True,
) -> tuple[list[dict], list[Exception]]:
    """Grade all submissions of some assignments (of all, if none are named).

    `started` is called with the number of submissions, `done` with the number run so far. Without
    `sandbox` students' code runs unprotected; with it the course's configuration decides.

    Returns
    -------
    `export`'s rows of these assignments, and for each assignment that could not be graded what is
    wrong with its source (`BadInput`) or its tests (`GraderFault`). The others are graded.

    Raises
    ------
    CourseError, SourceError
        If the course folder cannot be used, this machine has no sandbox, or a named assignment
        does not exist.
    """
    application = application_for(folder)
    if not sandbox:
        application.config.Autograder.sandbox = False
    course = course_of(application)
    problems: list[Exception] = []
    ready = []
    for slug in _chosen(course, slugs):
        try:
            prepare(application, [slug])
            ready.append(slug)
        except BadInput as problem:
            problems.append(problem)
    handed_in = {
        (slug, student): course.read(slug, student)
        for slug in ready
        for student in course.submissions(slug)
    }
    started(len(handed_in))
    tasks = [course.task(submission) for submission in handed_in.values()]
    faults = records.compute(tasks, course.records, workers, done)
    ready = [slug for slug in ready if slug not in faults]
    problems += [
        CourseError(
            f"{course.root / 'submitted'}: {name!r} is no student's name — rename the folder"
        )
        for name in course.misnamed()
    ]
    for slug in ready:
        if any(there == slug for there, _ in handed_in):
            _convert(TrustedAutograde, application, slug, handed_in=handed_in)
    rows = [row for row in export(folder) if row["assignment"] in ready]
    return rows, [*problems, *faults.values()]


def feedback(folder: Path, slugs: Iterable[str] = ()) -> list[Path]:
    """Write a feedback page for every graded submission. Returns the pages."""
    application = application_for(folder)
    course = course_of(application)
    pages = []
    for slug in _chosen(course, slugs):
        if any((course.root / "autograded").glob(f"*/{slug}/{slug}.ipynb")):
            _convert(GenerateFeedback, application, slug, force=True)
            pages += sorted((course.root / "feedback").glob(f"*/{slug}/{slug}.html"))
    return pages


def _chosen(course: Course, slugs: Iterable[str]) -> list[str]:
    """The named assignments, or all. Raises `SourceError` for one that does not exist."""
    known = course.project.slugs()
    for slug in (chosen := list(slugs)):
        if slug not in known:
            load(slug, course.project)  # says what there is
    return chosen or list(known)


def _convert(converter: type, application: NbGrader, slug: str, **options) -> None:
    """Run one of nbgrader's converters on an assignment of the whole class."""
    directory = application.coursedir
    directory.assignment_id, directory.student_id, directory.notebook_id = slug, "*", "*"
    try:
        converter(coursedir=directory, parent=application, **options).start()
    except NbGraderException as error:
        raise CourseError(f"{directory.root}: {slug}: {error}") from None
