"""A small project with one assignment: the template of `autograder new`, as a project to attack."""

from __future__ import annotations

import shutil
from pathlib import Path

from autograder.new import SLUG as SLUG
from autograder.new import TEMPLATE
from autograder.project import Project


def write_project(
    folder: Path, files: dict[str, str] | None = None, *, sandbox: bool = True
) -> Project:
    """A project of these files, by default the template's. `sandbox`: isolate students' code."""
    ignored = shutil.ignore_patterns("__pycache__", "tests")
    shutil.copytree(TEMPLATE, folder, ignore=ignored, dirs_exist_ok=True)
    if files is not None:
        shutil.rmtree(folder / "solutions")
        shutil.rmtree(folder / "misconceptions")
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content, encoding="utf-8")
        (folder / "solutions").mkdir(exist_ok=True)
    if not sandbox:
        with open(folder / "nbgrader_config.py", "a", encoding="utf-8") as configuration:
            configuration.write("get_config().Autograder.sandbox = False\n")
    return Project(folder)
