"""A small project with one assignment, the template of `autograder new`, shared by the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import release
from autograder.attacks import example
from autograder.attacks.example import SLUG as SLUG
from autograder.attacks.handed_in import Work, class_of
from autograder.nbgrader import grading
from autograder.project import Project
from autograder.rules import load
from autograder.sandbox import server

TROUBLE = server.why_unavailable()
"""Why this machine cannot open a closed box; "" if it can."""
needs_closed_box = pytest.mark.skipif(bool(TROUBLE), reason=TROUBLE)


def write_project(folder: Path, files: dict[str, str] | None = None) -> Project:
    """A project to test with. What such projects are for works in an open box too."""
    return example.write_project(folder, files, sandbox=not TROUBLE)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of one's own, to be spoilt."""
    return write_project(tmp_path / "project")


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that has been released. Not to be changed."""
    folder = write_project(tmp_path_factory.mktemp("released"))
    release.release(folder)
    return folder


@pytest.fixture
def source(project: Project) -> Path:
    """The assignment's file in the project to be spoilt."""
    return project.root / "solutions" / f"{SLUG}.py"


@pytest.fixture(scope="session")
def work(released: Project) -> dict[str, Work]:
    """Student → what was handed in and what must come of it."""
    return class_of(load(SLUG, released))


@pytest.fixture(scope="session")
def course(
    released: Project, work: dict[str, Work], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A course folder with a whole class, graded, and its feedback. Not to be changed."""

    folder = tmp_path_factory.mktemp("course")
    grading.init(folder, released)
    for student, handed_in in work.items():
        handed_in.make(folder / "submitted" / student / SLUG)
    _, problems = grading.grade(folder, workers=2)
    assert not problems
    grading.feedback(folder)
    return folder
