"""A project of somebody's own: one example assignment with its bank, and a test."""

from __future__ import annotations

import shutil
from pathlib import Path

from autograder import release
from autograder.errors import BadInput
from autograder.project import Project

TEMPLATE = Path(__file__).resolve().parent / "template"
SLUG = "01_temperature"
"""The example assignment."""


def new(folder: Path) -> Project:
    """Make a project in a folder, released. Raises `BadInput` if there is something in it."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder}: exists and is not an empty folder — choose another")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(TEMPLATE, folder, ignore=ignored, dirs_exist_ok=True)
    project = Project(folder)
    release.release(project)
    return project
