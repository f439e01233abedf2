"""A course folder and what is done with it: make one, grade, hand back, export.

Everything here goes through nbgrader with the course's own configuration, so it gives the same
gradebook and pages as the plain ``nbgrader`` commands, and can be mixed with them.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path

from nbgrader import api
from nbgrader.apps.baseapp import NbGrader
from nbgrader.converters import GenerateFeedback, NbGraderException
from sqlalchemy import select

from autograder import classroom
from autograder.classroom import Course, CourseError
from autograder.course import ROOT, BadInput, assignments, load
from autograder.nbgrader_hooks import TrustedAutograde, course_of, prepare

FOLDERS = ("submitted", "autograded", "feedback", "records")
_CONFIG = '''\
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
# What a submission may use: autograder/sandbox.py describes all limits.
# c.Autograder.limits = {{"cell_seconds": 60, "submission_seconds": 600, "memory_bytes": 2**30}}
'''


def init(folder: Path, project: Path = ROOT) -> list[str]:
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
    slugs = list(assignments(project))
    for slug in slugs:  # before anything is written
        load(slug, project)
    folder.mkdir(parents=True, exist_ok=True)
    for name in FOLDERS:
        (folder / name).mkdir()
    config = _CONFIG.format(project=str(project.resolve()), course_id=folder.name)
    (folder / "nbgrader_config.py").write_text(config, encoding="utf-8")
    Course(folder, project).write_salt()
    prepare(_application(folder), slugs)
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

    `started` hears how many submissions there are, `done` how many have been run so far. Without
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
    application = _application(folder)
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
    wanted = [(slug, student) for slug in ready for student in course.submissions(slug)]
    started(len(wanted))
    faults = classroom.compute(course, wanted, workers, done)
    ready = [slug for slug in ready if slug not in faults]
    problems += [
        CourseError(
            f"{course.root / 'submitted'}: {name!r} is no student's name — rename the folder"
        )
        for name in course.misnamed()
    ]
    for slug in ready:
        if course.submissions(slug):
            _convert(TrustedAutograde, application, slug)
    rows = [row for row in export(folder) if row["assignment"] in ready]
    return rows, [*problems, *faults.values()]


def feedback(folder: Path, slugs: Iterable[str] = ()) -> list[Path]:
    """Write a feedback page for every graded submission. Returns the pages."""
    application = _application(folder)
    course = course_of(application)
    pages = []
    for slug in _chosen(course, slugs):
        if any((course.root / "autograded").glob(f"*/{slug}/{slug}.ipynb")):
            _convert(GenerateFeedback, application, slug, force=True)
            pages += sorted((course.root / "feedback").glob(f"*/{slug}/{slug}.html"))
    return pages


def export(folder: Path) -> list[dict]:
    """Write ``grades.csv`` from the gradebook, manual marks included, and return its rows.

    A row per student and assignment. Students are those who handed in anything or were entered into
    the gradebook; assignments are those that anybody handed in, since what is not yet due is no
    zero. A column per graded cell, empty in other assignments' rows.
    """
    application = _application(folder)
    course = course_of(application)
    with api.Gradebook(application.coursedir.db_url) as book:
        slugs = sorted(book.db.scalars(select(api.Assignment.name)))
        cells: dict[str, dict[str, float]] = {slug: {} for slug in slugs}
        for slug, name, points in book.db.execute(
            select(api.Assignment.name, api.GradeCell.name, api.GradeCell.max_score)
            .join(api.Notebook, api.GradeCell.notebook_id == api.Notebook.id)
            .join(api.Assignment, api.Notebook.assignment_id == api.Assignment.id)
        ):
            cells[slug][name] = points
        cells = {slug: _in_order(slug, cells[slug], course) for slug in slugs}
        students = sorted(book.db.scalars(select(api.Student.id)))
        marks: dict[tuple[str, str], dict] = {}
        for slug, student, name, score, waiting in book.db.execute(
            select(
                api.Assignment.name,
                api.Student.id,
                api.BaseCell.name,
                api.Grade.score,
                api.Grade.needs_manual_grade,
            )
            .join(api.SubmittedNotebook, api.Grade.notebook_id == api.SubmittedNotebook.id)
            .join(
                api.SubmittedAssignment,
                api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id,
            )
            .join(api.Assignment, api.SubmittedAssignment.assignment_id == api.Assignment.id)
            .join(api.Student, api.SubmittedAssignment.student_id == api.Student.id)
            .join(api.BaseCell, api.Grade.cell_id == api.BaseCell.id)
        ):
            marks.setdefault((slug, student), {})[name] = (score, waiting)
        penalties = {
            (s.assignment.name, s.student.id): s.late_submission_penalty or 0
            for s in book.db.scalars(
                select(api.SubmittedAssignment).where(
                    api.SubmittedAssignment.late_submission_penalty > 0
                )
            )
        }
    begun = {slug for slug, _ in marks}
    slugs = [slug for slug in slugs if slug in begun or course.submissions(slug)]
    rows = []
    for student in students:
        for slug in slugs:
            got = marks.get((slug, student))
            late = penalties.get((slug, student), 0)
            total = sum(score for score, _ in got.values()) if got else 0
            rows.append(
                {
                    "student": student,
                    "assignment": slug,
                    "score": max(0, total - late),
                    "max_score": sum(cells[slug].values()),
                    "late_penalty": late,
                    "to_mark": sum(waiting for _, waiting in got.values()) if got else 0,
                    "note": _note(course, slug, student, graded=bool(got)),
                }
                | {name: got[name][0] if got and name in got else 0 for name in cells[slug]}
            )
    columns = ["student", "assignment", "score", "max_score", "late_penalty", "to_mark", "note"]
    columns += dict.fromkeys(name for slug in slugs for name in cells[slug])
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: _plain(v) for k, v in row.items()})
    classroom.write_whole(course.root / "grades.csv", text.getvalue())
    return rows


def _plain(value: object) -> object:
    """A value as it goes into the table. Spreadsheets take a text that begins so for a formula."""
    if isinstance(value, float):
        return f"{value:g}"
    return f"'{value}" if isinstance(value, str) and value.startswith(tuple("=+-@")) else value


def _in_order(slug: str, cells: dict[str, float], course: Course) -> dict[str, float]:
    """The graded cells as they stand in the assignment; by name, if its source is broken."""
    try:
        place = list(classroom.load_cached(slug, course.project).by_id).index
        return dict(sorted(cells.items(), key=lambda cell: place(cell[0])))
    except (BadInput, ValueError):
        return dict(sorted(cells.items()))


def _note(course: Course, slug: str, student: str, graded: bool) -> str:
    """Why a submission has no points of its own; "" if it was graded like any other."""
    if not graded:
        there = course.submitted(slug, student).parent.exists()
        return "Not graded yet." if there else "Nothing handed in."
    path = course.root / "autograded" / student / slug / f"{slug}.ipynb"
    try:
        metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    except (OSError, ValueError, KeyError):
        return "Graded, but the graded notebook is gone: grade again."
    return metadata.get("autograder", {}).get("refused", "")


def _application(folder: Path) -> NbGrader:
    """nbgrader with the configuration of a course folder. Raises `CourseError`."""
    folder = folder.resolve()
    course = Course(folder)
    course.salt  # noqa: B018 - the folder is refused if there is none
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


def _chosen(course: Course, slugs: Iterable[str]) -> list[str]:
    """The named assignments, or all. Raises `SourceError` for one that does not exist."""
    known = assignments(course.project)
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
