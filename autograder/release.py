"""solutions/*.py → what students get: released notebooks, and the bundle that holds them.

jupytext reads the source, nbgrader's own converter strips solutions and hidden tests. Every byte
of a released notebook follows from its source, so `check_current` can prove that none is stale.
"""

from __future__ import annotations

import filecmp
import functools
import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4
from nbgrader.converters import GenerateAssignment, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearSolutions, ComputeChecksums, LockCells
from traitlets.config import Config

from autograder.assignment import CODE_STUB, TEXT_STUB, Assignment, Cell
from autograder.errors import ReleaseError
from autograder.project import Project
from autograder.rules import load

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
STUBS = Config({"ClearSolutions": {"code_stub": {"python": CODE_STUB}, "text_stub": TEXT_STUB}})


def instructor_notebook(assignment: Assignment) -> NotebookNode:
    """The assignment as nbgrader's source notebook, solutions and hidden tests included.

    Hidden tests get a first and a last line that provide the words they are written in and report
    the score, so that the same cells also run under an unmodified nbgrader.
    """
    cells = []
    for cell in assignment.cells:
        new = v4.new_code_cell if cell.cell_type == "code" else v4.new_markdown_cell
        source = _test_source(assignment, cell) if cell.kind == "test" else cell.source
        cells.append(new(source, id=cell.grade_id, metadata=nbformat.from_dict(cell.metadata)))
    return v4.new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC})


def _test_source(assignment: Assignment, cell: Cell) -> str:
    # Calling an unsolved function says so; without this an unsolved value would be a NameError.
    rows = [
        f'if "{name}" not in globals():\n'
        f'    raise NotImplementedError("{name}: solve the cell above first")'
        for name in assignment.values_read_by(cell)
    ]
    rows.append(cell.visible)
    if cell.hidden:
        prelude = f'from autograder.testing import *; begin("{assignment.slug}", "{cell.grade_id}")'
        rows += ["### BEGIN HIDDEN TESTS", prelude, cell.hidden, "score()", "### END HIDDEN TESTS"]
    return "\n".join(filter(None, rows))


@functools.cache
def graded_notebook(assignment: Assignment) -> NotebookNode:
    """The notebook against which submissions are graded: solutions cleared, hidden tests in place.

    It is what nbgrader's gradebook remembers of the assignment, checksums included. Shared between
    callers: copy before changing it.
    """
    notebook = instructor_notebook(assignment)
    resources: dict = {}
    for step in (LockCells, ClearSolutions, ComputeChecksums):
        notebook, resources = step(config=STUBS).preprocess(notebook, resources)
    return notebook


def _source_files(assignment: Assignment) -> dict[str, bytes]:
    """Relative name → content of everything nbgrader starts from."""
    text = nbformat.writes(instructor_notebook(assignment)) + "\n"
    data = {name: path.read_bytes() for name, path in assignment.data.items()}
    return {f"{assignment.slug}.ipynb": text.encode(), **data}


def source_is_current(assignment: Assignment, folder: Path) -> bool:
    """Whether ``folder/source/<slug>/`` is what `generate` would write."""
    there = _files(folder / "source" / assignment.slug)
    return {name: path.read_bytes() for name, path in there.items()} == _source_files(assignment)


def generate(
    chosen: Iterable[Assignment], folder: Path, config: Config | None = None, db_url: str = ""
) -> None:
    """Write ``folder/source/<slug>/`` and let nbgrader turn it into ``folder/release/<slug>/``.

    With a `db_url` nbgrader records the assignments in that gradebook as well.

    Raises
    ------
    ReleaseError
        If nbgrader refuses; its reasons are in its log.
    """
    settings = Config(config or {})
    settings.merge(STUBS)
    # What is there was made from the sources as well: replace it.
    settings.BaseConverter.force = True
    if not db_url:
        settings.GenerateAssignment.no_database = True
        settings.SaveCells.enabled = False
    for assignment in chosen:
        target = folder / "source" / assignment.slug
        shutil.rmtree(target, ignore_errors=True)
        for name, content in _source_files(assignment).items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(content)
        directory = CourseDirectory(
            config=settings,
            root=str(folder.resolve()),
            assignment_id=assignment.slug,
            notebook_id="*",
            db_url=db_url,
        )
        try:
            GenerateAssignment(coursedir=directory, config=settings).start()
        except NbGraderException as error:
            raise ReleaseError(
                f"solutions/{assignment.slug}.py: nbgrader did not accept it ({error}) "
                "— see its messages above"
            ) from None


def _build(project: Project, folder: Path) -> Path:
    """All released assignments, fresh, in `folder`. Returns the folder that is to be exercises/."""
    generate([load(slug, project) for slug in project.slugs()], folder)
    released = folder / "release"
    released.mkdir(exist_ok=True)
    return released


def release(project: Project) -> tuple[str, ...]:
    """Write ``exercises/`` anew from ``solutions/``. All or nothing. Returns the slugs released.

    Raises
    ------
    SourceError, ReleaseError
        If any source cannot be released; ``exercises/`` is then as it was.
    """
    exercises = project.exercises
    # On the same file system, so that putting the result in place is a rename.
    with tempfile.TemporaryDirectory(prefix=".release-", dir=project.root) as scratch:
        fresh, old = _build(project, Path(scratch)), Path(scratch) / "old"
        if exercises.exists():
            exercises.rename(old)
        try:
            fresh.rename(exercises)
        except OSError:
            if old.exists():
                old.rename(exercises)
            raise
    return project.slugs()


def check_current(project: Project) -> None:
    """Prove that ``exercises/`` is exactly what ``solutions/`` releases. Changes nothing.

    Raises
    ------
    SourceError
        If a source cannot be released.
    ReleaseError
        Naming every file that differs.
    """
    with tempfile.TemporaryDirectory(prefix="release-") as scratch:
        fresh = _build(project, Path(scratch))
        ours, theirs = _files(fresh), _files(project.exercises)
        stale = sorted(
            str(Path("exercises") / name)
            for name in ours.keys() | theirs.keys()
            if name not in ours
            or name not in theirs
            or not filecmp.cmp(ours[name], theirs[name], shallow=False)
        )
    if stale:
        raise ReleaseError(
            f"{', '.join(stale)}: not what solutions/ releases — run `python -m autograder release`"
        )


def _files(folder: Path) -> dict[str, Path]:
    """Relative name → path of every file under a folder, leaving out what editors leave behind."""
    return {
        p.relative_to(folder).as_posix(): p
        for p in sorted(folder.rglob("*"))
        if p.is_file() and not {".ipynb_checkpoints", "__pycache__"} & set(p.parts)
    }


def bundle(out: Path, project: Project) -> list[str]:
    """Zip what students get: exercises, their data, an environment file, a self-check, a guide.

    The same sources and package versions give the same bytes. Returns the names in the archive.

    Raises
    ------
    SourceError, ReleaseError
        If ``exercises/`` is not current: students must not get what is graded differently.
    """
    check_current(project)
    here = Path(__file__).parent / "bundle"
    rows = "\n".join(
        f"| `{a.slug}` | {a.title} | {a.points:g} |"
        for a in (load(slug, project) for slug in project.slugs())
    )
    guide = (here / "README.md").read_text(encoding="utf-8")
    guide = guide.replace("{title}", project.title).replace("{assignments}", rows)
    pins = "".join(f"{name}=={version(name)}\n" for name in project.student_packages)
    members = {
        "README.md": guide.encode(),
        "requirements.txt": pins.encode(),
        "check.py": (here / "check.py").read_bytes(),
    }
    for name, path in _files(project.exercises).items():
        members[f"exercises/{name}"] = path.read_bytes()
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(members.items()):
            # A fixed date and fixed permissions: nothing of this machine or moment.
            info = zipfile.ZipInfo(f"{project.bundle_name}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return sorted(members)
