"""A made-up class, whose answers come from the bank, graded end to end."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder import bank, release
from autograder.assignment import Assignment
from autograder.errors import CourseError
from autograder.nbgrader import grading
from autograder.nbgrader.course import SALT
from autograder.project import Project
from autograder.rules import load
from autograder.sandbox.server import why_unavailable

STUDENTS = (
    "ada",
    "alan",
    "barbara",
    "donald",
    "edsger",
    "emmy",
    "frances",
    "grace",
    "john",
    "radia",
)


def handed_in(assignment: Assignment, answers: dict[str, str]) -> NotebookNode:
    """The notebook as students get it, with the source of some of its cells replaced.

    Parameters
    ----------
    answers : grade_id → what the student wrote there.
    """
    path = assignment.project.exercises / assignment.slug / f"{assignment.slug}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    return notebook


def model_answers(assignment: Assignment) -> dict[str, str]:
    """grade_id → the solution, as a student would have typed it."""
    return {cell.grade_id: bank.typed(cell) for cell in assignment.of_kind("solution", "manual")}


def banked_answers(assignment: Assignment, student: int) -> dict[str, str]:
    """A student's answers: the solution here, one of the bank's right or wrong ones there.

    Different students get different mixtures; the first hands in the solution.
    """
    answers = model_answers(assignment)
    known = bank.answers(assignment)
    for place, name in enumerate(assignment.solution_names):
        choices = [None, *(answer for answer in known if answer.name == name)]
        # The step keeps one student's answers from being all the first or all the last ones.
        chosen = choices[student * (place + 1) % len(choices)]
        if chosen is not None:
            answers[name] = chosen.source
    return answers


def run(folder: Path, project: Project) -> list[dict]:
    """Build the class in `folder`, grade it, write its feedback pages. Returns the table's rows.

    Raises
    ------
    CourseError
        If there is a folder that is not such a class; an earlier one is replaced.
    SourceError, ReleaseError, GraderFault
        If an assignment, its tests or its released notebook cannot be used.
    """
    if folder.exists():
        if not (folder / SALT).exists() or not (folder / "DEMO").exists():
            raise CourseError(f"{folder}: exists and is not a demo — move it away")
        shutil.rmtree(folder)
    release.check_current(project)
    grading.init(folder, project)
    (folder / "DEMO").write_text("Made by `python -m autograder demo`, which replaces it.\n")
    for slug in project.slugs():
        assignment = load(slug, project)
        for number, student in enumerate(STUDENTS):
            notebook = handed_in(assignment, banked_answers(assignment, number))
            _hand_in(folder, student, slug, nbformat.writes(notebook))
        untouched = nbformat.writes(handed_in(assignment, {}))
        whole = nbformat.writes(handed_in(assignment, model_answers(assignment)))
        contents = {
            "untouched": untouched,
            "missing": None,
            "empty": "",
            "truncated": whole[: len(whole) // 2],
        }
        for student, content in contents.items():
            _hand_in(folder, student, slug, content)
    # This class is trusted, so it can be graded where there is no sandbox.
    isolated = not why_unavailable()
    rows, problems = grading.grade(folder, workers=min(4, os.cpu_count() or 1), sandbox=isolated)
    for problem in problems:
        raise problem
    grading.feedback(folder)
    return rows


def _hand_in(folder: Path, student: str, slug: str, content: str | None) -> None:
    target = folder / "submitted" / student / slug
    target.mkdir(parents=True)
    if content is not None:
        (target / f"{slug}.ipynb").write_text(content, encoding="utf-8")
