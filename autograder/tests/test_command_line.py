"""The command line: what it does, its exit codes, and one clear line for wrong use."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import release
from autograder.__main__ import main
from autograder.attacks.handed_in import class_of
from autograder.nbgrader import grading
from autograder.project import CHECKOUT as ROOT
from autograder.project import Project
from autograder.rules import load

from .conftest import SLUG


def run(*arguments: object) -> int:
    """The exit code of a command."""
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as stop:
        return stop.code


def one_line(capsys: pytest.CaptureFixture) -> str:
    """The only line on stderr."""
    (line,) = capsys.readouterr().err.splitlines()
    return line


WRONG_USE = {
    "no command": ((), "the following arguments are required: COMMAND"),
    "unknown command": (("grad",), "invalid choice: 'grad'"),
    "unknown option": (("release", "--chek"), "unrecognized arguments: --chek"),
    "no folder to make": (("init",), "the following arguments are required: DIR"),
    "no workers": (("grade", "--workers", "0"), "0 is too small"),
    "workers that are no number": (("grade", "--workers", "two"), "two"),
    "not a course folder": (("grade", "--course", "{tmp}"), "{tmp}: not a course folder"),
    "no such folder": (("grade", "--course", "{tmp}/x"), "{tmp}/x: not a course folder"),
    "no feedback without a course": (("feedback", "--course", "{tmp}"), "not a course folder"),
    "no export without a course": (("export", "--course", "{tmp}"), "not a course folder"),
    "a file in the way": (("init", "{tmp}/file"), "exists and is not an empty folder"),
    "bundle into a file": (("bundle", "{tmp}/file/out.zip"), "{tmp}/file"),
}


@pytest.mark.parametrize("arguments, says", WRONG_USE.values(), ids=WRONG_USE)
def test_wrong_use_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture, arguments: tuple[str, ...], says: str
) -> None:
    (tmp_path / "file").write_text("")
    assert run(*(a.format(tmp=tmp_path) for a in arguments)) == 2
    line = one_line(capsys)
    assert says.format(tmp=tmp_path) in line
    assert " — " in line, "what to do?"


def test_grading_what_does_not_exist(course: Path, capsys: pytest.CaptureFixture) -> None:
    assert run("grade", "99_nothing", "--course", course) == 2
    assert one_line(capsys).startswith("solutions/99_nothing.py:1: no such assignment")


def test_grade_feedback_export(course: Path, capsys: pytest.CaptureFixture) -> None:
    """Of a class that has been graded: nothing is run again, everything is shown."""
    assert run("grade", SLUG, "--course", course) == 0
    shown = capsys.readouterr().out
    assert "solved" in shown and "6/8 + text" in shown and "The file is empty." in shown
    assert run("export", "--course", course) == 0
    assert f"{course}/grades.csv" in capsys.readouterr().out


def test_release_check(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert run("release", "--check") == 0
    assert capsys.readouterr().out == "exercises/ is current\n"

    for name in ("autograder", "solutions", "exercises"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    first = Project(ROOT).slugs()[0]
    (tmp_path / "exercises" / first / f"{first}.ipynb").write_text("by hand")
    command = [sys.executable, "-m", "autograder", "release", "--check"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr == (
        f"exercises/{first}/{first}.ipynb: not what solutions/ releases "
        "— run `python -m autograder release`\n"
    )


def test_a_broken_assignment_does_not_stop_the_others(
    project: Project, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """One is malformed, one has a test that fails on its own solution, one is graded."""
    for slug in ("21_malformed", "22_wrong"):
        shutil.copy(source, source.with_stem(slug))
        bank = project.bank_path(SLUG)
        shutil.copy(bank, bank.with_stem(slug))
    release.release(project)
    folder = tmp_path / "course"
    grading.init(folder, project)
    for slug in project.slugs():
        class_of(load(slug, project))["solved"].make(folder / "submitted" / "solved" / slug)
    malformed, wrong = source.with_stem("21_malformed"), source.with_stem("22_wrong")
    malformed.write_text(source.read_text().replace("### END HIDDEN TESTS", "", 1))
    wrong.write_text(source.read_text().replace("np.ones(3), what", "np.ones(4), what"))

    assert run("grade", "--course", folder) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("solutions/21_malformed.py:") and "not closed" in first
    assert second.startswith("solutions/22_wrong.py:") and "on its own solution" in second
    with open(folder / "grades.csv", newline="") as file:
        rows = {row["assignment"]: (row["score"], row["note"]) for row in csv.DictReader(file)}
    ungraded = ("0", "Not graded yet.")
    assert rows == {SLUG: ("6", ""), "21_malformed": ungraded, "22_wrong": ungraded}

    assert run("grade", "22_wrong", "--course", folder) == 1
    assert run("grade", SLUG, "--course", folder) == 0


def test_init_as_a_process(tmp_path: Path) -> None:
    """From another folder, through the interpreter, without anything on the PATH."""
    command = [sys.executable, "-m", "autograder", "init", str(tmp_path / "course")]
    environment = {"PATH": "", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(f"{tmp_path / 'course'}: {len(Project(ROOT).slugs())} assignments")
    names = {p.name for p in (tmp_path / "course").iterdir()}
    assert {"nbgrader_config.py", "salt", "gradebook.db", "submitted", "source"} <= names
    for slug in Project(ROOT).slugs():
        released = tmp_path / "course" / "release" / slug / f"{slug}.ipynb"
        public = ROOT / "exercises" / slug / f"{slug}.ipynb"
        assert released.read_bytes() == public.read_bytes()
