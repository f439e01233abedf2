"""A class of every kind of submission, graded once: who gets what, and what is never done twice."""

from __future__ import annotations

import csv
import json
import shutil
import stat
from pathlib import Path

import pytest

from autograder import demo, release
from autograder.__main__ import main
from autograder.attacks.handed_in import Work, class_of
from autograder.errors import CourseError, ReleaseError
from autograder.grade import submission
from autograder.nbgrader import grading
from autograder.nbgrader.course import Course
from autograder.project import CHECKOUT, Project
from autograder.release import graded_notebook
from autograder.rules import load

from .conftest import SLUG, write_project


def rows_of(course: Path) -> dict[str, dict[str, str]]:
    with open(course / "grades.csv", encoding="utf-8", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_everybody_is_graded_and_nobody_stops_the_class(
    course: Path, work: dict[str, Work]
) -> None:
    rows = rows_of(course)
    assert set(rows) == set(work)
    got = {student: float(row["score"]) for student, row in rows.items()}
    assert got == {student: w.points or 0 for student, w in work.items()}
    for student, w in work.items():
        assert (w.note in rows[student]["note"]) if w.points is None else not rows[student]["note"]


def test_every_reason_is_in_that_students_feedback(course: Path, work: dict[str, Work]) -> None:
    for student, w in work.items():
        page = (course / "feedback" / student / SLUG / f"{SLUG}.html").read_text()
        assert w.note.replace("<", "&lt;") in page, student
        assert ("could not be graded" in page) == (w.points is None), student
    for student in ("solved", "warns", "own-cells", "draft-before", "ids-gone", "format-3"):
        page = (course / "feedback" / student / SLUG / f"{SLUG}.html").read_text()
        assert "as they were handed out" not in page, student


def test_nothing_but_answers_and_own_cells_is_taken_from_a_file(
    released: Project, work: dict[str, Work], tmp_path: Path
) -> None:
    assignment = load(SLUG, released)
    answers = {c.grade_id for c in assignment.of_kind("solution", "manual")}
    ours = {c.id: dict(c) for c in graded_notebook(assignment).cells if c.id not in answers}
    for student, w in work.items():
        w.make(tmp_path / student / SLUG)
        path = tmp_path / student / SLUG / f"{SLUG}.ipynb"
        cells = submission.read(path, assignment, student).notebook.cells
        kept = [c for c in cells if not c.id.startswith("own_")]
        assert [c.id for c in kept] == [c.id for c in graded_notebook(assignment).cells], student
        assert {c.id: dict(c) for c in kept if c.id not in answers} == ours, student


def test_a_row_per_student_and_a_column_per_cell(course: Path) -> None:
    rows = rows_of(course)
    columns = list(rows["solved"])
    assert columns[-3:] == ["test_softmax", "test_hot_entropy", "text_cold"]
    solved = rows["solved"]
    assert (solved["assignment"], solved["max_score"], solved["to_mark"]) == (SLUG, "8", "1")
    assert [solved[name] for name in columns[-3:]] == ["3", "3", "0"]
    assert rows["untouched"]["to_mark"] == "0", "there is nothing to mark"


def test_the_salt_is_secret_and_gives_everybody_other_inputs(course: Path) -> None:
    salt = course / "salt"
    assert stat.S_IMODE(salt.stat().st_mode) == 0o600
    assert len(salt.read_text().strip()) == 64
    room = Course(course, Project(CHECKOUT))
    seeds = {room.seed(slug, who) for slug in ("a", "b") for who in ("x", "y")}
    assert len(seeds) == 4 and room.seed("a", "x") in seeds


NAMES = ("=1+1", "+a", "@b", "-c", "O'Neill", "José", 'x"y', "<script>pwn()<")
NOBODY = ("a\nb", "\x1b[31mred", "*", "a[b]", "{student_id}", "\udcff", "\u202eeve")


def test_names_do_no_harm(released: Project, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """A name is no formula in a spreadsheet, no markup in a terminal, no pattern, no surprise."""
    folder = tmp_path / "course"
    grading.init(folder, released)
    empty = class_of(load(SLUG, released))["empty"]
    for name in (*NAMES, *NOBODY):
        empty.make(folder / "submitted" / name / SLUG)
    (folder / "submitted" / ".trash").mkdir()
    empty_file = folder / "submitted" / "José" / SLUG / f"{SLUG}.ipynb"
    empty_file.rename(empty_file.with_name("[red]x.ipynb"))
    rows, problems = grading.grade(folder)
    assert [row["student"] for row in rows] == sorted(NAMES)
    assert sorted(str(p).partition("submitted: ")[2] for p in problems) == sorted(
        f"{name!r} is no student's name — rename the folder" for name in NOBODY
    )
    listed = rows_of(folder)
    assert all(not name.startswith(tuple("=+-@")) for name in listed)
    assert {name.removeprefix("'") for name in listed} == set(NAMES)
    assert len(grading.feedback(folder)) == len(NAMES)
    main(["grade", "--course", str(folder)])
    said = capsys.readouterr()
    assert (
        "\x1b" not in said.out + said.err and "<script>pwn()<" in said.out and "[red]" in said.out
    )
    assert len(said.err.splitlines()) == len(NOBODY)


# --- records


@pytest.fixture
def small(released: Project, tmp_path: Path) -> Path:
    """A course folder with three submissions that have not been graded."""
    folder = tmp_path / "course"
    grading.init(folder, released)
    work = class_of(load(SLUG, released))
    for student in ("solved", "half", "empty"):
        work[student].make(folder / "submitted" / student / SLUG)
    return folder


def records(course: Path) -> dict[Path, tuple[int, bytes]]:
    """Record → time of writing, content."""
    return {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in (course / "records").rglob("*.json")}


def test_a_submission_is_read_once(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever becomes of the file meanwhile, its page shows what its verdict is about."""
    release.release(project)
    folder = tmp_path / "course"
    grading.init(folder, project)
    path = folder / "submitted" / "ada" / SLUG / f"{SLUG}.ipynb"
    class_of(load(SLUG, project))["solved"].make(path.parent)
    real, count = submission.read, []

    def read_and_spoil(place: Path, *rest: object) -> submission.Submission:
        count.append(place)
        found = real(place, *rest)
        place.write_text("spoilt meanwhile")
        return found

    monkeypatch.setattr(submission, "read", read_and_spoil)
    (row,), _ = grading.grade(folder)
    assert count == [path]
    assert row["score"] == 6 and row["note"] == ""
    graded = folder / "autograded" / "ada" / SLUG / f"{SLUG}.ipynb"
    assert "spoilt" not in graded.read_text() and "temperature" in graded.read_text()


def test_no_work_is_done_twice(small: Path) -> None:
    def stop(count: int) -> None:
        raise KeyboardInterrupt

    def scores(done: list[int]) -> dict[str, float]:
        return {row["student"]: row["score"] for row in grading.grade(small, done=done.append)[0]}

    # A run that is stopped after its first result resumes with the others.
    with pytest.raises(KeyboardInterrupt):
        grading.grade(small, done=stop)
    saved = records(small)
    assert saved
    assert scores([]) == {"solved": 6, "half": 3, "empty": 0}
    complete = records(small)
    assert saved.items() <= complete.items(), "a record was computed twice"
    assert len(complete) == 3

    # Nothing is run where nothing has changed, and no graded notebook is written again.
    graded = small / "autograded" / "solved" / SLUG
    before = graded.stat().st_mtime_ns
    assert scores(ran := []) == {"solved": 6, "half": 3, "empty": 0}
    assert ran == [] and records(small) == complete and graded.stat().st_mtime_ns == before

    # One who hands in again is graded again, and nobody else.
    mended = small / "submitted" / "empty" / SLUG / f"{SLUG}.ipynb"
    shutil.copy(small / "submitted" / "solved" / SLUG / f"{SLUG}.ipynb", mended)
    assert scores(ran) == {"solved": 6, "half": 3, "empty": 6}
    assert ran == [1] and complete.items() <= records(small).items()

    # A regrade from nothing gives the same bytes.
    kept = {path: content for path, (_, content) in records(small).items() if path in complete}
    mended.write_bytes(b"")
    shutil.rmtree(small / "records")
    assert scores([]) == {"solved": 6, "half": 3, "empty": 0}
    assert {path: content for path, (_, content) in records(small).items()} == kept


def test_a_record_is_keyed_by_all_it_depends_on(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    assignment = load(SLUG, project)
    room = Course(tmp_path / "course", project)
    room.root.mkdir()
    room.write_salt()
    folder = room.submitted(SLUG, "x").parent

    release.release(project)
    class_of(assignment)["solved"].make(folder)

    def changes(path: Path, old: str, new: str) -> bool:
        before = room.task(room.read(SLUG, "x")).key
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        return room.task(room.read(SLUG, "x")).key != before

    assert not changes(room.submitted(SLUG, "x"), '"deletable": false', '"deletable": true')
    assert changes(room.submitted(SLUG, "x"), "weights.sum", "weights .sum")
    assert changes(assignment.path, "(0.5, 2.0)", "(0.5, 3.0)")
    assert changes(
        project.bank_path(SLUG), "Hotter means larger scores.", "Hotter means larger ones."
    )
    data = project.root / "solutions" / SLUG / "table.csv"
    data.parent.mkdir()
    before = room.task(room.read(SLUG, "x")).key
    data.write_text("1,2")
    assert room.task(room.read(SLUG, "x")).key != before
    assert room.task(room.read(SLUG, "x")).key != room.task(room.read(SLUG, "y")).key


def test_a_record_holds_the_run_and_the_verdicts(course: Path) -> None:
    (path,) = (course / "records" / SLUG / "half").glob("*.json")
    record = json.loads(path.read_text())
    assert record["student"] == "half" and record["refused"] == ""
    assert record["verdicts"]["test_hot_entropy"]["points"] == 3
    assert record["verdicts"]["test_softmax"]["points"] == 0


# --- course folders


def test_a_folder_that_is_in_use_is_not_made_a_course(tmp_path: Path, released: Project) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(CourseError, match="not an empty folder"):
        grading.init(tmp_path, released)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_folder_that_is_no_course_is_not_graded(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="not a course folder"):
        grading.grade(tmp_path)


def test_a_course_that_lost_its_configuration_is_not_graded(small: Path) -> None:
    (small / "nbgrader_config.py").write_text("c = get_config()\n")
    with pytest.raises(CourseError, match="does not load"):
        grading.grade(small)


def test_a_test_that_changes_is_graded_anew(tmp_path: Path) -> None:

    project = write_project(tmp_path / "project")
    release.release(project)
    folder = tmp_path / "course"
    grading.init(folder, project)
    class_of(load(SLUG, project))["half"].make(folder / "submitted" / "half" / SLUG)
    assert [row["score"] for row in grading.grade(folder)[0]] == [3]

    source = project.root / "solutions" / f"{SLUG}.py"
    text = source.read_text()
    source.write_text(
        text.replace('"test_hot_entropy", "points": 3', '"test_hot_entropy", "points": 5')
    )
    (row,), _ = grading.grade(folder)
    assert (row["score"], row["max_score"]) == (5, 10)

    # nbgrader cannot add a cell to a notebook that has submissions: say so, and what to do.
    source.write_text(text + '\n# %% nbgrader={"grade_id": "given_more"}\nx = 1\n')
    rows, (problem,) = grading.grade(folder)
    assert rows == [] and isinstance(problem, ReleaseError)
    assert "its cells are not those" in str(problem)


def test_the_demo_class(released: Project, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    rows = demo.run(folder, released)
    assert len(rows) >= 12
    by_student = {row["student"]: row for row in rows}
    assert by_student["ada"]["score"] == 6
    assert by_student["untouched"]["score"] == 0
    assert by_student["missing"]["note"].startswith("There is no file")
    assert by_student["empty"]["note"] == "The file is empty."
    assert by_student["truncated"]["note"].startswith("The file is cut off")
    assert len({row["score"] for row in rows}) > 3
    assert len(list((folder / "feedback").rglob("*.html"))) == len(rows)
    (folder / "DEMO").unlink()
    with pytest.raises(CourseError, match="is not a demo"):
        demo.run(folder, released)
