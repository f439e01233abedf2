"""The plain nbgrader commands and the formgrader, on a course folder."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode, v4
from nbgrader.api import Gradebook

from autograder import demo, release
from autograder.attacks.handed_in import Work
from autograder.nbgrader import export, grading
from autograder.nbgrader.feedback import safe_html, safe_markdown, safe_outputs
from autograder.nbgrader.marks import read_score
from autograder.project import CHECKOUT, Project
from autograder.release import STUBS, generate
from autograder.rules import load

from .conftest import SLUG, write_project

STUDENTS = ("solved", "half", "forged", "missing", "empty", "evil", "linked-folder", "date-odd")


def nbgrader(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run nbgrader in a folder, as an instructor would."""
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def scores(folder: Path) -> dict[tuple[str, str], float]:
    """(student, assignment) → score in the gradebook."""
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        return {
            (submission.student.id, assignment.name): submission.score
            for assignment in book.assignments
            for submission in assignment.submissions
        }


# --- plain commands


@pytest.fixture(scope="module")
def plain(
    released: Project, work: dict[str, Work], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A course folder that only nbgrader's own commands have touched since `init`."""
    folder = tmp_path_factory.mktemp("plain")
    grading.init(folder, released)
    for student in STUDENTS:
        work[student].make(folder / "submitted" / student / SLUG)
    for command in ("autograde", "generate_feedback"):
        ran = nbgrader(folder, command, SLUG)
        assert ran.returncode == 0, ran.stderr
    return folder


def test_nbgrader_autograde_gives_our_scores(plain: Path, work: dict[str, Work]) -> None:
    assert scores(plain) == {(student, SLUG): work[student].points or 0 for student in STUDENTS}


def test_nbgrader_generate_feedback_gives_our_pages(plain: Path, course: Path) -> None:
    for student in STUDENTS:
        name = f"feedback/{student}/{SLUG}/{SLUG}.html"
        page = (plain / name).read_text()
        assert "Content-Security-Policy" in page
        # The hidden inputs differ with the salt, and with them a ratio in a message may.
        assert len(page) == pytest.approx(len((course / name).read_text()), abs=50)


def test_nbgrader_export_works(plain: Path, work: dict[str, Work]) -> None:
    ran = nbgrader(plain, "export", "--to=out.csv")
    assert ran.returncode == 0, ran.stderr
    with open(plain / "out.csv", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {s: float(row["score"]) for s, row in rows.items()} == {
        s: work[s].points or 0 for s in STUDENTS
    }


def test_no_execute_does_not_grade_saved_outputs(plain: Path) -> None:
    before = scores(plain)
    ran = nbgrader(plain, "autograde", SLUG, "--no-execute", "--force", "--student=forged")
    assert ran.returncode == 0, ran.stderr
    assert scores(plain) == before


def test_without_the_grader_nbgrader_does_not_run_students_code(
    released: Project, tmp_path: Path
) -> None:
    folder = tmp_path / "course"
    grading.init(folder, released)
    target = folder / "submitted" / "x" / SLUG
    target.mkdir(parents=True)
    spy = f"from pathlib import Path\nPath({str(tmp_path / 'ran')!r}).touch()"
    notebook = demo.handed_in(load(SLUG, released), {"softmax": spy})
    nbformat.write(notebook, target / f"{SLUG}.ipynb")
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text().replace(str(released.root), str(tmp_path / "moved")))
    ran = nbgrader(folder, "autograde", SLUG)
    assert ran.returncode != 0
    assert f"the grader is no longer in {tmp_path / 'moved'}" in ran.stderr
    assert not (tmp_path / "ran").exists() and not list((folder / "autograded").iterdir())


def test_a_mark_given_by_hand_stays(
    released: Project, work: dict[str, Work], tmp_path: Path
) -> None:
    folder = tmp_path / "course"
    grading.init(folder, released)
    work["solved"].make(folder / "submitted" / "solved" / SLUG)
    (row,), _ = grading.grade(folder)
    assert (row["score"], row["to_mark"], row["text_cold"]) == (6, 1, 0)
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        grade = book.find_grade("text_cold", SLUG, SLUG, "solved")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        comment = book.find_comment("text_cold", SLUG, SLUG, "solved")
        comment.manual_comment = "Why does it *grow*? <script>evil()</script>"
        book.db.commit()
        book.add_student("nobody")
    rows = export.export(folder)
    assert [(r["student"], r["score"], r["to_mark"], r["note"]) for r in rows] == [
        ("nobody", 0, 0, "Nothing handed in."),
        ("solved", 7.5, 0, ""),
    ]
    (page,) = grading.feedback(folder)
    assert "7.5 of 8 points" in page.read_text()
    assert "Why does it <em>grow</em>? &lt;script&gt;" in page.read_text()


WORDS = """
# %% nbgrader={"grade_id": "text_words", "solution": true, "points": 2}
# text_words = three to five words
### BEGIN SOLUTION
text_words = "the largest takes all"
### END SOLUTION

# %% nbgrader={"grade_id": "test_text_words", "points": 1}
count = len(text_words.split())
assert 3 <= count <= 5, f"expected 3 to 5 words, got {count}"
"""
WORDS_BANK = """

wrong(
    "text_words",
    "too short",
    belief="A word will do.",
    hint="Say who takes what.",
    edit={"the largest takes all": "largest"},
)
"""


def test_a_text_in_a_string_is_counted_and_waits_for_its_marks(
    project: Project, tmp_path: Path
) -> None:
    for path, text in zip(load(SLUG, project).files, (WORDS, WORDS_BANK), strict=True):
        path.write_text(path.read_text() + text)
    release.release(project)
    assignment, folder = load(SLUG, project), tmp_path / "course"
    assert assignment.points == 11
    mark = assignment.by_id["text_words"].metadata["nbgrader"]
    assert (mark["grade"], mark["solution"], mark["locked"]) == (True, True, False)
    grading.init(folder, project)
    answers = demo.model_answers(assignment)
    for student, words in [("right", answers["text_words"]), ("short", "text_words = 'all'")]:
        work = demo.handed_in(assignment, answers | {"text_words": words})
        target = folder / "submitted" / student / SLUG
        target.mkdir(parents=True)
        nbformat.write(work, target / f"{SLUG}.ipynb")
    target = folder / "submitted" / "untouched" / SLUG
    target.mkdir(parents=True)
    nbformat.write(demo.handed_in(assignment, {}), target / f"{SLUG}.ipynb")
    rows, problems = grading.grade(folder)
    assert not problems
    assert {r["student"]: (r["score"], r["to_mark"], r["test_text_words"]) for r in rows} == {
        "right": (7, 2, 1),
        "short": (6, 2, 0),
        "untouched": (0, 0, 0),
    }
    grading.feedback(folder)
    page = (folder / "feedback" / "short" / SLUG / f"{SLUG}.html").read_text()
    assert "expected 3 to 5 words, got 1" in page
    assert page.count("not marked yet (2 points)") == 4  # two texts, each in the table and above it


# --- the formgrader


@pytest.fixture(scope="module")
def server(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address and token of a Jupyter server with the formgrader, in the course folder."""
    runtime = tmp_path_factory.mktemp("runtime")
    log = open(runtime / "log", "w")  # noqa: SIM115 - it lives as long as the server
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--port=0"),
            "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}",
            "--ServerApp.disable_check_xsrf=True",
        ],
        cwd=plain,
        env=os.environ | {"JUPYTER_RUNTIME_DIR": str(runtime), "JUPYTER_PREFER_ENV_PATH": "1"},
        stdout=log,
        stderr=log,
    )
    try:
        while not (found := list(runtime.glob("jpserver-*.json"))):
            assert process.poll() is None, (runtime / "log").read_text()
            time.sleep(0.1)
        while not (text := found[0].read_text()):
            time.sleep(0.1)
        info = json.loads(text)
        yield info["url"].replace("localhost", "127.0.0.1"), info["token"]
    finally:
        process.terminate()
        process.wait()
        log.close()


def ask(server: tuple[str, str], path: str, method: str = "GET") -> str:
    """A page of the formgrader."""
    url, token = server
    request = urllib.request.Request(f"{url}formgrader/{path}", method=method)
    request.add_header("Authorization", f"token {token}")
    with urllib.request.urlopen(request, timeout=120) as reply:
        return reply.read().decode()


def test_the_formgraders_buttons_use_our_grader(
    plain: Path, server: tuple[str, str], work: dict[str, Work]
) -> None:
    work["solved"].make(plain / "submitted" / "late" / SLUG)
    listed = {row["student"]: row for row in json.loads(ask(server, f"api/submissions/{SLUG}"))}
    assert set(listed) == {*STUDENTS, "late"}
    assert listed["late"]["autograded"] is False
    assert listed["date-odd"]["autograded"] is True
    reply = json.loads(ask(server, f"api/submission/{SLUG}/late/autograde", "POST"))
    assert reply["success"], reply
    assert scores(plain)["late", SLUG] == 6
    reply = json.loads(ask(server, f"api/assignment/{SLUG}/generate_feedback", "POST"))
    assert reply["success"], reply
    page = (plain / "feedback" / "late" / SLUG / f"{SLUG}.html").read_text()
    assert "Content-Security-Policy" in page and "6 of 8 points" in page


def test_the_page_for_marking_by_hand_runs_nothing_of_the_students(
    plain: Path, server: tuple[str, str]
) -> None:
    with Gradebook(f"sqlite:///{plain}/gradebook.db") as book:
        number = book.find_submission_notebook(SLUG, SLUG, "evil").id
    page = ask(server, f"submissions/{number}/")
    assert "<b>bold</b>" in page, "the answer is not on the page"
    assert "evil" in page
    assert harmful(page[page.index('id="notebook"') :]) == []


# --- pages


def harmful(html: str) -> list[str]:
    """What a page would run or fetch because a student wrote it."""
    tags = re.findall(r"<[^>]*>", html)
    bad = re.compile(
        r"(?i)<\s*(script|iframe|object|embed|svg|form|style|link|meta|base)\b(?!.*charset|.*viewport)"
        r"|\son\w+\s*=|javascript:|evil\.example|url\("
    )
    return [tag for tag in tags if bad.search(tag)]


def test_no_feedback_page_runs_or_fetches_anything(course: Path) -> None:
    pages = list((course / "feedback").rglob("*.html"))
    assert len(pages) > 50
    for page in pages:
        text = page.read_text()
        body = text[text.index("<body>") :]
        assert harmful(body) == [], page
        for tag in re.findall(r"<[^>]*\b(?:src|href)=[^>]*>", text):
            assert re.match(r'<img [^>]*src="data:image/(png|jpeg);|<a href="(#|https?:)', tag), tag
    others = {p.suffix.lower() for p in (course / "feedback").rglob("*.*") if p.is_file()}
    assert not others & {".htm", ".svg", ".xml"}
    evil = (course / "feedback" / "evil" / SLUG / f"{SLUG}.html").read_text()
    assert "<b>bold</b>" in evil and "&lt;script&gt;" in evil


def test_no_feedback_page_holds_a_hidden_test_or_the_solution(
    course: Path, released: Project
) -> None:
    assignment = load(SLUG, released)
    secret = {
        line.strip()
        for cell in assignment.tests
        for line in cell.hidden.splitlines()
        if len(line.strip()) > 15
    }
    assert len(secret) > 5
    for page in (course / "feedback").rglob("*.html"):
        text = re.sub(r"<[^>]+>", "", page.read_text()).replace("&quot;", '"')
        assert not [line for line in secret if line in text], page
        assert "reference." not in text and "score()" not in text, page


def test_safe_html_keeps_what_is_harmless() -> None:
    table = '<table><tbody><tr><td colspan="2">1</td></tr></tbody></table>'
    assert safe_html(table) == table
    link = '<a href="https://numpy.org" rel="noopener noreferrer">x</a>'
    assert safe_html(link) == link
    image = '<img alt="a" src="data:image/png;base64,iVBORw0=">'
    assert safe_html(image) == image
    assert safe_html('<img src="data:text/html;base64,xx">') == "<img>"
    assert "data:" not in safe_html('<a href="data:text/html,x">x</a>')


def test_tags_that_are_no_harmless_ones_are_shown_as_text() -> None:
    assert safe_html("<blink>x</blink>") == "&lt;blink&gt;x&lt;/blink&gt;"
    assert safe_html("a <b>b</b> <c") == "a <b>b</b> &lt;c"
    assert safe_html("<!-- said --><?php?>") == "&lt;!-- said --&gt;&lt;?php?&gt;"


def test_outputs_lose_what_could_act() -> None:
    data = {
        "text/plain": "x",
        "text/html": "<b onclick=evil()>x</b>",
        "application/javascript": "evil()",
        "image/svg+xml": "<svg onload=evil()>",
        "text/latex": r"$\href{javascript:evil()}{x}$",
        "image/png": '"><script>evil()</script>',
        "image/jpeg": "/9j/4A==",
    }
    raw = {"output_type": "display_data", "data": data, "metadata": {"a": 1}}
    (output,) = safe_outputs([raw])
    kept = {"text/plain": "x", "text/html": "<b>x</b>", "image/jpeg": "/9j/4A=="}
    assert output.data == kept
    assert output.metadata == {}
    (output,) = safe_outputs([raw | {"data": {"image/svg+xml": "PHN2ZyBvbmxvYWQ9ZXZpbCgpPg=="}}])
    assert output.data == {}


SLOW = {
    "tags": "<div>" * 50_000,
    "formatting": "<b>" * 50_000,
    "attributes": "<b " + " ".join(f"a{k}" for k in range(50_000)) + ">",
    "attributes by slashes": "<b" + "/a" * 50_000 + ">",
    "behind a picture": '<img a=src="data:image/png;base64,'
    + "/a" * 50_000
    + '<b/a"'
    + "/a" * 50_000,
    "quotes": ">" * 50_000,
    "environments": r"\begin{a}" * 20_000,
    "brackets": "[" * 50_000,
    "empty lines": "a\n\n" * 20_000,
}


@pytest.mark.parametrize("text", SLOW.values(), ids=SLOW)
@pytest.mark.parametrize("kind", ["html", "markdown"])
def test_no_text_takes_long_to_be_made_safe(kind: str, text: str) -> None:
    began = time.process_time()
    made = safe_html(text) if kind == "html" else safe_markdown({}, text)
    assert harmful(made) == []
    assert time.process_time() - began < 5


def test_a_table_and_pictures_of_usual_size_are_still_shown() -> None:
    table = "<table><tbody>" + ("<tr>" + "<td>1</td>" * 20 + "</tr>") * 60 + "</tbody></table>"
    assert safe_html(table) == table
    image = '<img alt="a" src="data:image/png;base64,' + "iVBO/w0+" * 100_000 + '">'
    assert safe_html(image) == image


def test_colours_are_dropped_where_they_are_too_many() -> None:
    began = time.process_time()
    many = "\x1b[31mx" * 400_000
    outputs = safe_outputs(
        [
            {"output_type": "stream", "name": "stdout", "text": many},
            {"output_type": "error", "ename": "E", "evalue": "", "traceback": [many[:9000]] * 99},
            {"output_type": "display_data", "data": {"text/plain": many}, "metadata": {}},
            {"output_type": "stream", "name": "stdout", "text": "\x1b[31mx\x1b[0m"},
        ]
    )
    texts = [o.get("text") or o.get("data", {}).get("text/plain") or o.traceback for o in outputs]
    assert ["\x1b" in str(text) or "x1b" in str(text) for text in texts] == [False] * 3 + [True]
    assert time.process_time() - began < 5


def test_a_picture_that_is_missing_is_left_out() -> None:
    assert "before" in safe_markdown({}, "before ![x](attachment:none.png) after")


# --- scores


def scored(*outputs: NotebookNode) -> float:
    cell = v4.new_code_cell(metadata={"nbgrader": NotebookNode(points=3)})
    cell.outputs = list(outputs)
    return read_score(cell)


def result(text: object) -> NotebookNode:
    return NotebookNode(output_type="execute_result", data={"text/plain": text})


@pytest.mark.parametrize("text, score", [("2.5", 2.5), ("0", 0), ("3", 3), ("3.0", 3)])
def test_a_score_is_read(text: str, score: float) -> None:
    message = v4.new_output("display_data", data={"text/plain": "1000"})
    warning = v4.new_output("stream", name="stderr", text="careful")
    assert scored(message, warning, result(text)) == score


@pytest.mark.parametrize(
    "text", ["nan", "inf", "-inf", "-1", "3.001", "1e300", "full marks", "", "'3'", ["3"], None]
)
def test_what_is_no_score_is_zero(text: object) -> None:
    assert scored(result(text)) == 0


def test_no_score_or_two_are_zero() -> None:
    assert scored() == 0
    assert scored(result("3"), result("3")) == 0
    assert scored(v4.new_output("stream", name="stdout", text="3")) == 0
    assert scored(NotebookNode(output_type="execute_result")) == 0


# --- without us


@pytest.mark.prove
def test_an_unmodified_nbgrader_gives_the_same_scores(tmp_path: Path) -> None:
    """The same notebooks, real kernels, tests and answers in one process, no sandbox.

    The assignment has everything: values, functions, borrowed cells, texts in cells and in strings.
    """
    slug = "19_homework_facenet"
    files = {
        f"{path.parent.name}/{path.name}": path.read_text(encoding="utf-8")
        for path in load(slug, Project(CHECKOUT)).files
    }
    project = write_project(tmp_path / "project", files)
    release.release(project)
    assignment = load(slug, project)
    ours, stock = tmp_path / "ours", tmp_path / "stock"
    grading.init(ours, project)
    stock.mkdir()
    (stock / "nbgrader_config.py").write_text("c = get_config()\n")
    generate([assignment], stock, STUBS, f"sqlite:///{stock}/gradebook.db")
    for number in (0, 2):  # the solution, and a mixture of the bank's answers
        notebook = demo.handed_in(assignment, demo.banked_answers(assignment, number))
        for folder in (ours, stock):
            target = folder / "submitted" / f"s{number}" / slug
            target.mkdir(parents=True)
            nbformat.write(notebook, target / f"{slug}.ipynb")
    grading.grade(ours)
    ran = nbgrader(stock, "autograde", slug, AUTOGRADER_PROJECT=str(project.root))
    assert ran.returncode == 0, ran.stderr

    def by_cell(folder: Path) -> dict[tuple[str, str], float]:
        with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
            return {
                (submission.student.id, grade.name): grade.auto_score
                for submission in book.find_assignment(slug).submissions
                for grade in submission.notebooks[0].grades
            }

    assert by_cell(stock) == by_cell(ours)
    assert len({score for score in by_cell(ours).values() if score is not None}) > 3
