"""What students get: complete, without what they must not see, and the same bytes every time."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder import demo, release
from autograder.assignment import CODE_STUB, TEXT_STUB
from autograder.errors import ReleaseError, SourceError
from autograder.project import CHECKOUT as ROOT
from autograder.project import Project
from autograder.release import bundle, check_current, graded_notebook, instructor_notebook
from autograder.rules import load

from .conftest import SLUG

ALL = [*Project(ROOT).slugs(), SLUG]


def notebook_of(slug: str, released: Project) -> tuple[nbformat.NotebookNode, Project]:
    """A released notebook and the project it is from."""
    project = released if slug == SLUG else Project(ROOT)
    return nbformat.read(project.root / "exercises" / slug / f"{slug}.ipynb", as_version=4), project


@pytest.mark.parametrize("slug", ALL)
def test_a_released_notebook_is_its_source_without_answers(slug: str, released: Project) -> None:
    notebook, project = notebook_of(slug, released)
    assignment = load(slug, project)
    nbformat.validate(notebook)
    assert [c.id for c in notebook.cells] == [c.grade_id for c in assignment.cells]
    assert set(notebook.metadata) == {"kernelspec"}
    for shown, cell in zip(notebook.cells, assignment.cells, strict=True):
        assert shown.cell_type == cell.cell_type
        assert shown.get("outputs", []) == [] and shown.get("execution_count") is None
        assert shown.metadata.deletable is False
        assert shown.metadata.get("editable", True) is (cell.kind in ("solution", "manual"))
        match cell.kind:
            case "text" | "given":
                assert shown.source == cell.source
            case "test":
                guards = shown.source.removesuffix(cell.visible)
                for name in assignment.values_read_by(cell):
                    guards = guards.replace(
                        f'if "{name}" not in globals():\n'
                        f'    raise NotImplementedError("{name}: solve the cell above first")\n',
                        "",
                    )
                assert shown.source.endswith(cell.visible) and guards == ""
            case "manual":
                assert shown.source == TEXT_STUB
            case "solution":
                kept = re.sub(
                    r"( *)### BEGIN SOLUTION\n.*?### END SOLUTION",
                    rf"\1{CODE_STUB}",
                    cell.source,
                    flags=re.S,
                )
                assert shown.source == kept and CODE_STUB in kept


@pytest.mark.parametrize("slug", ALL)
def test_no_line_of_a_solution_or_hidden_test_is_anywhere_in_the_file(
    slug: str, released: Project
) -> None:
    notebook, project = notebook_of(slug, released)
    assignment = load(slug, project)
    shown = {line.strip() for cell in notebook.cells for line in cell.source.splitlines()}
    assert {"raise NotImplementedError"} < shown
    # A line may also stand where students may see it, such as an import or a loop.
    allowed = {
        line.strip()
        for cell in assignment.cells
        for line in re.sub(
            r"### BEGIN SOLUTION.*?### END SOLUTION", "", cell.visible, flags=re.S
        ).splitlines()
        if cell.kind != "manual"
    }
    secret = {
        line.strip()
        for cell in assignment.cells
        for text in (cell.hidden, cell.source if cell.kind in ("solution", "manual") else "")
        for line in text.splitlines()
    }
    assert len(secret - allowed) > 10
    assert not shown & (secret - allowed)


@pytest.mark.parametrize("slug", ALL)
def test_an_untouched_notebook_raises_only_not_implemented(slug: str, released: Project) -> None:
    notebook, project = notebook_of(slug, released)
    folder = project.root / "exercises" / slug
    resources = {"metadata": {"path": folder}}
    client = NotebookClient(
        notebook, allow_errors=True, resources=resources, extra_arguments=["--log-level=ERROR"]
    )
    client.execute()
    raised = {
        cell.id: output.ename
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    }
    assert set(raised.values()) == {"NotImplementedError"}, raised
    assignment = load(slug, project)
    assert raised.keys() == assignment.values | {test.grade_id for test in assignment.tests}


def test_exercises_are_current() -> None:
    check_current(Project(ROOT))


def test_releasing_twice_gives_the_same_bytes(project: Project, released: Project) -> None:
    release.release(project)
    again = project.root / "exercises" / SLUG / f"{SLUG}.ipynb"
    first = released.root / "exercises" / SLUG / f"{SLUG}.ipynb"
    assert again.read_bytes() == first.read_bytes()


def test_data_travels_with_the_notebook(project: Project) -> None:
    data = project.root / "solutions" / SLUG / "more" / "table.csv"
    data.parent.mkdir(parents=True)
    data.write_bytes(b"a,b\r\n1,2\r\n")
    release.release(project)
    assert (
        project.root / "exercises" / SLUG / "more" / "table.csv"
    ).read_bytes() == data.read_bytes()
    data.write_bytes(b"a,b\n3,4\n")
    with pytest.raises(ReleaseError, match=f"exercises/{SLUG}/more/table.csv"):
        check_current(project)


def test_check_names_what_is_stale(project: Project) -> None:
    with pytest.raises(ReleaseError, match=f"exercises/{SLUG}/{SLUG}.ipynb: not what"):
        check_current(project)
    release.release(project)
    check_current(project)
    (project.root / "exercises" / SLUG / ".ipynb_checkpoints").mkdir()
    (project.root / "exercises" / SLUG / ".ipynb_checkpoints" / "x.ipynb").write_text("{}")
    check_current(project)  # what an editor leaves behind is nobody's business
    (project.root / "exercises" / "notes.txt").write_text("by hand")
    with pytest.raises(ReleaseError, match=r"exercises/notes\.txt: not what"):
        check_current(project)


def test_a_source_that_is_refused_leaves_exercises_as_they_were(
    project: Project, source: Path
) -> None:
    release.release(project)
    before = {p: p.read_bytes() for p in (project.root / "exercises").rglob("*") if p.is_file()}
    there = set(project.root.iterdir())
    source.write_text(source.read_text().replace("### END HIDDEN TESTS", "", 1))
    with pytest.raises(SourceError):
        release.release(project)
    assert {p: p.read_bytes() for p in before} == before
    assert set(project.root.iterdir()) == there


def test_the_notebook_that_is_graded_is_the_one_that_was_released(released: Project) -> None:
    graded = graded_notebook(load(SLUG, released))
    shown, _ = notebook_of(SLUG, released)
    for ours, theirs in zip(graded.cells, shown.cells, strict=True):
        assert ours.id == theirs.id
        if not ours.id.startswith("test_"):
            assert ours.source == theirs.source and ours.metadata == theirs.metadata


def test_making_notebooks_leaves_the_assignment_alone(released: Project) -> None:
    assignment = load(SLUG, released)
    before = nbformat.writes(instructor_notebook(assignment))
    graded_notebook(assignment)
    assert nbformat.writes(instructor_notebook(assignment)) == before


# --- the bundle


@pytest.fixture(scope="module")
def unpacked(released: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    bundle(folder / "a.zip", released)
    bundle(folder / "b.zip", released)
    assert (folder / "a.zip").read_bytes() == (folder / "b.zip").read_bytes()
    with zipfile.ZipFile(folder / "a.zip") as archive:
        archive.extractall(folder)
    (top,) = (p for p in folder.iterdir() if p.is_dir())
    return top


def self_check(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "check.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_what_is_in_the_bundle(unpacked: Path, released: Project) -> None:
    names = {p.relative_to(unpacked).as_posix() for p in unpacked.rglob("*") if p.is_file()}
    notebook = f"exercises/{SLUG}/{SLUG}.ipynb"
    assert names == {"README.md", "requirements.txt", "check.py", notebook}
    assert (unpacked / notebook).read_bytes() == (released.root / notebook).read_bytes()
    pins = (unpacked / "requirements.txt").read_text().split()
    assert [pin.split("==")[0] for pin in pins] == ["numpy", "sympy", "matplotlib", "jupyterlab"]
    assert f"| `{SLUG}` | Softmax with a temperature | 8 |" in (unpacked / "README.md").read_text()
    assert "autograder" not in (unpacked / "check.py").read_text()


def test_the_self_check_says_what_is_left_to_do(unpacked: Path, released: Project) -> None:
    ran = self_check(unpacked)
    assert ran.returncode == 1 and ran.stderr == ""
    assert "✗ test_softmax: not done yet" in ran.stdout
    assert "✗ text_cold: not written yet" in ran.stdout
    assert "0 of 2 visible checks pass" in ran.stdout

    assignment = load(SLUG, released)
    answers = demo.model_answers(assignment)
    path = unpacked / "exercises" / SLUG / f"{SLUG}.ipynb"
    untouched = path.read_text()
    wrong = {"softmax": answers["softmax"].replace("axis=1", "axis=0")}
    nbformat.write(demo.handed_in(assignment, answers | wrong), path)
    ran = self_check(unpacked, SLUG)
    assert ran.returncode == 1
    assert "✗ test_softmax: Not equal to tolerance" in ran.stdout
    assert "the weights at temperature 1" in ran.stdout
    assert "✓ test_hot_entropy: visible checks pass" in ran.stdout

    nbformat.write(demo.handed_in(assignment, answers), path)
    solved = path.read_text()
    ran = self_check(unpacked, SLUG)
    assert ran.returncode == 0 and "2 of 2 visible checks pass" in ran.stdout
    assert path.read_text() == solved, "the check changed the notebook"
    path.write_text(untouched)


def test_the_self_check_on_wrong_use(unpacked: Path) -> None:
    ran = self_check(unpacked, "21_nothing")
    assert ran.returncode == 2
    assert ran.stderr == f"no assignment 21_nothing; there are: {SLUG}\n"


def test_no_bundle_of_stale_exercises(project: Project) -> None:
    with pytest.raises(ReleaseError):
        bundle(project.root / "out.zip", project)
    assert not (project.root / "out.zip").exists()
