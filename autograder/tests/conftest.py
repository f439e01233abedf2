"""A small project with one assignment, the worked example of WRITING.md, shared by the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import sandbox
from autograder.course import load

from . import example
from .example import SLUG as SLUG
from .example import example_files as example_files
from .handed_in import Work, class_of

TROUBLE = sandbox.trouble()
"""Why this machine cannot open a closed box; "" if it can."""
needs_closed_box = pytest.mark.skipif(bool(TROUBLE), reason=TROUBLE)


def write_project(folder: Path, files: dict[str, str] | None = None) -> Path:
    """A project to test with. What such projects are for works in an open box too."""
    return example.write_project(folder, files, sandbox=not TROUBLE)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one's own, to be spoilt."""
    return write_project(tmp_path / "project")


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has been released. Not to be changed."""
    from autograder.release import release

    folder = write_project(tmp_path_factory.mktemp("released"))
    release(folder)
    return folder


@pytest.fixture
def source(project: Path) -> Path:
    """The assignment's file in the project to be spoilt."""
    return project / "solutions" / f"{SLUG}.py"


@pytest.fixture(scope="session")
def work(released: Path) -> dict[str, Work]:
    """Student → what was handed in and what must come of it."""
    return class_of(load(SLUG, released))


@pytest.fixture(scope="session")
def course(released: Path, work: dict[str, Work], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course folder with a whole class, graded, and its feedback. Not to be changed."""
    from autograder import gradebook

    folder = tmp_path_factory.mktemp("course")
    gradebook.init(folder, released)
    for student, handed_in in work.items():
        handed_in.make(folder / "submitted" / student / SLUG)
    _, problems = gradebook.grade(folder, workers=2)
    assert not problems
    gradebook.feedback(folder)
    return folder
