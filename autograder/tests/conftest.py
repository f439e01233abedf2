"""A small project with one assignment, the worked example of WRITING.md, shared by the tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograder import sandbox
from autograder.course import ROOT, load

from .handed_in import Work, class_of

SLUG = "20_temperature"


TROUBLE = sandbox.trouble()
"""Why this machine cannot open a closed box; "" if it can."""
needs_closed_box = pytest.mark.skipif(bool(TROUBLE), reason=TROUBLE)


def example_files() -> dict[str, str]:
    """File name → content of the worked example in WRITING.md."""
    text = (ROOT / "autograder" / "WRITING.md").read_text(encoding="utf-8")
    return dict(re.findall(r'```python title="([^"]+)"\n(.*?)```', text, flags=re.S))


def write_project(folder: Path, files: dict[str, str] | None = None) -> Path:
    """A project of these files, by default with the worked example as its only assignment."""
    for name, content in (files or example_files()).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    # A course folder's configuration loads its project's, which is the real one but for the place.
    config = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    config = config.replace("Path(__file__).resolve().parent", f"Path({str(ROOT)!r})")
    config = config.replace("configure(c, project)", f"configure(c, {str(folder)!r})")
    if TROUBLE:  # what is tested with projects like this one works in an open box too
        config += "\nc.Autograder.sandbox = False\n"
    (folder / "nbgrader_config.py").write_text(config, encoding="utf-8")
    return folder


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
