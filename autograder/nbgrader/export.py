"""grades.csv: what everybody has earned, manual marks included."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from nbgrader import api
from sqlalchemy import select

from autograder.errors import BadInput
from autograder.grade.records import write_whole
from autograder.nbgrader.application import application_for, course_of
from autograder.nbgrader.course import Course
from autograder.rules import load


def export(folder: Path) -> list[dict]:
    """Write ``grades.csv`` from the gradebook, manual marks included, and return its rows.

    A row per student and assignment. Students are those who handed in anything or were entered into
    the gradebook; assignments are those that anybody handed in, since what is not yet due is no
    zero. A column per graded cell, empty in other assignments' rows.
    """
    application = application_for(folder)
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
        writer.writerow({k: _cell(v) for k, v in row.items()})
    write_whole(course.root / "grades.csv", text.getvalue())
    return rows


def _cell(value: object) -> object:
    """A value as it goes into the table. Spreadsheets take a text that begins so for a formula."""
    if isinstance(value, float):
        return f"{value:g}"
    return f"'{value}" if isinstance(value, str) and value.startswith(tuple("=+-@")) else value


def _in_order(slug: str, cells: dict[str, float], course: Course) -> dict[str, float]:
    """The graded cells as they stand in the assignment; by name, if its source is broken."""
    try:
        place = list(load(slug, course.project).by_id).index
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
