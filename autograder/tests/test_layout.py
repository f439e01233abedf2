"""How the package is laid out: which module may import which, read from the code."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent
LAYERS = (
    ("errors", "digests", "student"),
    ("student.limits", "student.wire", "student.box"),
    ("student.protocol", "student.outputs"),
    ("student.namespace",),
    ("student.shell",),
    ("student.forkserver",),
    ("project",),
    ("assignment",),
    ("source",),
    ("bank",),
    ("sandbox",),
    ("sandbox.bubblewrap", "sandbox.outputs"),
    ("sandbox.shell",),
    ("sandbox.loopback", "sandbox.budget", "sandbox.server"),
    ("compare",),
    ("words",),
    ("rules",),
    ("release",),
    ("new",),
    ("grade",),
    ("grade.verdict", "grade.submission", "grade.reference", "grade.run", "grade.calls"),
    ("testing",),
    ("grade.judge",),
    ("grade.recognise",),
    ("grade.process",),
    ("grade.grading",),
    ("grade.records",),
    ("check",),
    ("nbgrader",),
    ("nbgrader.course", "nbgrader.marks", "nbgrader.files"),
    ("nbgrader.application", "nbgrader.feedback"),
    ("nbgrader.preparing", "nbgrader.export"),
    ("nbgrader.hooks",),
    ("nbgrader.grading",),
    ("demo",),
    ("bench",),
    ("attacks", "attacks.table"),
    ("attacks.example", "attacks.handed_in"),
    ("attacks.run",),
    ("__main__",),
)
"""The modules from the lowest to the highest. A module imports only from those above it here."""


def modules() -> dict[str, Path]:
    """Name in the package → file, without tests and what belongs to a course or a student."""
    left_out = {"tests", "misconceptions", "template", "bundle"}
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if not left_out & set(parts) and parts != ("__init__",):
            found[".".join(part for part in parts if part != "__init__")] = path
    return found


MODULES = modules()
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


def imports(path: Path) -> set[str]:
    """The modules of the package that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "autograder":
            base = node.module.removeprefix("autograder").removeprefix(".")
            for alias in node.names:
                name = f"{base}.{alias.name}".removeprefix(".")
                found.add(name if name in MODULES else base)
        elif isinstance(node, ast.Import):
            names = (alias.name for alias in node.names)
            found |= {n.removeprefix("autograder.") for n in names if n.startswith("autograder.")}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
    return found


IMPORTS = {name: imports(path) for name, path in MODULES.items()}


def reached(name: str) -> set[str]:
    """All modules that are imported with a module, itself included."""
    found, waiting = set(), [name]
    while waiting:
        if (now := waiting.pop()) not in found:
            found.add(now)
            waiting += IMPORTS[now]
    return found


def test_every_module_has_its_place() -> None:
    assert set(LEVEL) == set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_downwards(name: str) -> None:
    upwards = {other for other in IMPORTS[name] if LEVEL[other] >= LEVEL[name]}
    assert upwards == set()


def test_the_students_side_imports_nothing_else_of_the_package() -> None:
    for name in MODULES:
        if name.split(".")[0] == "student":
            assert {other.split(".")[0] for other in reached(name)} == {"student"}, name


def test_what_runs_student_code_imports_no_test_and_no_answer() -> None:
    secret = {"bank", "rules", "words", "testing", "release", "check", "compare"}
    for name in ("student.forkserver", "sandbox.server", "sandbox.shell", "sandbox.budget"):
        assert not reached(name) & secret, name
        assert not any(other.split(".")[0] in ("grade", "nbgrader") for other in reached(name))


def test_what_imports_a_test_cannot_run_student_code() -> None:
    """It has no IPython, and only the instructor's own code is compiled and run."""
    runs_code = {
        name
        for name, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("exec", "eval")
    }
    assert runs_code == {"grade.reference", "grade.judge", "check"}
    for name in MODULES:
        if "words" in reached(name):
            assert not {"student.shell", "student.forkserver"} & reached(name), name


def test_nothing_unpickles_and_no_path_is_bent() -> None:
    for name, path in MODULES.items():
        if name.startswith("attacks"):
            continue
        text = path.read_text(encoding="utf-8")
        assert "pickle" not in text.replace("unpickled", ""), name
        assert "sys.path.insert" not in text and "__path__" not in text, name
