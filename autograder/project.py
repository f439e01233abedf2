"""Where a project keeps its solutions, exercises, bank and configuration.

A project is a folder with ``solutions/``. Its ``pyproject.toml`` may hold a table
``[tool.autograder]``::

    [tool.autograder]
    bank = "misconceptions"              # the folder of known-wrong and alternative right answers
    title = "My course"                  # as students read it
    bundle = "my-course-exercises"       # the folder that students unpack
    packages = ["numpy", "jupyterlab"]   # what their notebooks need, pinned as installed here
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.errors import BadInput

SLUG = re.compile(r"\d\d_[a-z][a-z0-9_]*")
"""An assignment's name: ``NN_slug``."""
CHECKOUT = Path(__file__).resolve().parent.parent
"""The folder that holds this package: the project's root, where it is run from a checkout."""
PROJECT_VARIABLE = "AUTOGRADER_PROJECT"
"""The environment variable that names a project for notebooks run by an unmodified nbgrader."""


@dataclass(frozen=True)
class Project:
    """A folder of assignments.

    Attributes
    ----------
    root : the folder that holds ``solutions/``; absolute.
    """

    root: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", Path(self.root).resolve())

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        """The project that `start` (the current folder) lies in.

        Elsewhere it is the one that the environment names, or the checkout that this package is
        run from. Raises `BadInput` if there is none.
        """
        start = (start or Path.cwd()).resolve()
        named = [Path(os.environ[PROJECT_VARIABLE])] if PROJECT_VARIABLE in os.environ else []
        for folder in (start, *start.parents, *named, CHECKOUT):
            if (folder / "solutions").is_dir():
                return cls(folder)
        raise BadInput(
            f"{start}: no folder solutions/ here or above — go to a project, or make one with "
            "`autograder new DIR`"
        )

    @cached_property
    def _settings(self) -> dict:
        path = self.root / "pyproject.toml"
        try:
            text = path.read_text(encoding="utf-8") if path.is_file() else ""
            table = tomllib.loads(text).get("tool", {}).get("autograder", {})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadInput(f"{path}: not TOML ({error}) — correct it") from None
        known = {"bank": str, "title": str, "bundle": str, "packages": list}
        for name, value in table.items():
            if name not in known or not isinstance(value, known[name]):
                raise BadInput(
                    f"{path}: [tool.autograder] {name} = {value!r} is no setting "
                    f"— there are: {', '.join(known)}"
                )
        return table

    @property
    def solutions(self) -> Path:
        """What instructors write: ``NN_slug.py``, and a folder of data of the same name."""
        return self.root / "solutions"

    @property
    def exercises(self) -> Path:
        """What students open: ``NN_slug/NN_slug.ipynb``, made by `release`."""
        return self.root / "exercises"

    @property
    def bank(self) -> Path:
        """The folder of the bank: ``NN_slug.py``, known-wrong and alternative right answers."""
        return self.root / self._settings.get("bank", "misconceptions")

    @property
    def title(self) -> str:
        """What the course is called."""
        return self._settings.get("title", self.root.name)

    @property
    def bundle_name(self) -> str:
        """The folder that students get when they unpack the bundle."""
        return self._settings.get("bundle", f"{self.root.name}-exercises")

    @property
    def student_packages(self) -> tuple[str, ...]:
        """The packages that students' notebooks need."""
        packages = ("numpy", "sympy", "matplotlib", "jupyterlab")
        return tuple(self._settings.get("packages", packages))

    def slugs(self) -> tuple[str, ...]:
        """The names of all assignments, in order."""
        found = (path.stem for path in self.solutions.glob("*.py"))
        return tuple(sorted(slug for slug in found if SLUG.fullmatch(slug)))

    def source_path(self, slug: str) -> Path:
        """The file that instructors write for an assignment."""
        return self.solutions / f"{slug}.py"

    def bank_path(self, slug: str) -> Path:
        """The file that holds an assignment's known-wrong and alternative right answers."""
        return self.bank / f"{slug}.py"

    def relative(self, path: Path) -> str:
        """A path as messages show it: from the project's root, with slashes."""
        return path.relative_to(self.root).as_posix()
