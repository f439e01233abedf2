"""CONTRIBUTING.md names what there is: files, functions, targets of make, commands."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from autograder.project import CHECKOUT as ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
NAMES = sorted(
    name
    for name in set(re.findall(r"(?<!`)`([\w./]+)`(?!`)", TEXT))
    if re.search(r"/|\.\w", name) and "NN_slug" not in name and name != ".venv"
)
"""What stands there as code and is a path, or a module and what it defines."""


def where(name: str) -> list[Path]:
    """The places that a name may mean: from the root, or in the package."""
    return [base / name for base in (ROOT, ROOT / "autograder")]


def defined(module: Path) -> set[str]:
    """The functions, classes, methods and constants of a module, as ``Class.method``."""
    found = set()
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
            methods = (n for n in ast.walk(node) if isinstance(n, ast.FunctionDef))
            found |= {f"{node.name}.{method.name}" for method in methods}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def exists(name: str) -> bool:
    """Whether a name is a path, or is defined in the module that it begins with."""
    if any(path.exists() for path in where(name)):
        return True
    folder, slash, rest = name.rpartition("/")
    module, _, definition = rest.partition(".")
    files = (path for path in where(f"{folder}{slash}{module}.py") if path.is_file())
    return any(definition in defined(path) for path in files)


def test_the_walks_are_found() -> None:
    for name in ("grade/submission.read", "release.bundle", "book/lib/equations.holds"):
        assert name in NAMES
    assert not exists("grade/submission.wrote") and not exists("grade/nothing.py")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_there(name: str) -> None:
    assert exists(name)


def test_make_has_the_targets() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([a-z]+)`", TEXT)) | set(
        re.findall(r"run: make (\w+)", workflow)
    )
    assert named - set(targets) == set()
