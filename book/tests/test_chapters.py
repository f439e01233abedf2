"""What every chapter has, and what no page of the book may say."""

import re
import subprocess
import sys

import pytest
from book_tools import BOOK, CHAPTERS, ROOT, TOC
from sources import read_chapter

PAGES = [BOOK / f"{name}.md" for name in re.findall(r"(?:file|root): (\S+)", TOC)]
FENCE = re.compile(r"^(?P<fence>`{3,}|:{3,})(?P<info>[^\n`]*)\n.*?^(?P=fence)[ \t]*$", re.S | re.M)
every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
every_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)


def read(path) -> str:
    return path.read_text(encoding="utf8")


def headings(text: str) -> list[str]:
    """The level-two headings outside code."""
    blank = FENCE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    return [line.removeprefix("## ") for line in blank.split("\n") if line.startswith("## ")]


@pytest.mark.prove  # `make lint` has said so
def test_code_cells_are_formatted_and_clean():
    command = [sys.executable, BOOK / "_ext" / "format_cells.py", "--check", *PAGES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_formatter_notices(tmp_path):
    page = tmp_path / "page.md"
    command = [sys.executable, BOOK / "_ext" / "format_cells.py", page]
    untidy = (
        "# T\n\n```{code-cell}\n:tags: [x]\nx=1\nprint( x )\n```\n\n```{code-cell}\nprint(y)\n```\n"
    )
    page.write_text(untidy)
    check = subprocess.run([*command, "--check"], capture_output=True, text=True, check=False)
    assert check.returncode == 1
    assert "page.md: needs formatting" in check.stdout
    assert "page.md:10:7: F821" in check.stdout
    assert page.read_text() == untidy
    page.write_text(untidy.replace("print(y)", "print(x)"))
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert ":tags: [x]\nx = 1\nprint(x)\n```" in page.read_text()
    page.write_text("```{code-cell}\nx = 1\ny = = 2\n```\n")
    broken = subprocess.run([*command, "--check"], capture_output=True, text=True, check=False)
    assert broken.returncode == 1
    assert broken.stdout.startswith("page.md:3: ")
    assert "Traceback" not in broken.stderr


@every_chapter
def test_a_chapter_opens_with_what_it_asks_and_gives(path):
    text = read(path)
    head = re.search(r"^:::\{div\} chapter-head\n(.*?)^:::$", text, re.S | re.M)
    assert head, "no chapter-head"
    assert text[: head.start()].count("\n## ") == 0
    for part in ("You need", "You will be able to", "Time"):
        assert f"**{part}**" in head[1]
    assert re.search(r"\*\*Time\*\* \d+ minutes", head[1])
    assert "hurry" in head[1]


@every_chapter
def test_a_chapter_has_checked_equations_and_figures(path):
    chapter = read_chapter(path)
    assert chapter.equations
    figures = [one for one in chapter.cells if "figure" in one.metadata.get("mystnb", {})]
    assert figures


@every_chapter
def test_a_chapter_ends_with_summary_exercises_assignment_sources(path):
    found = headings(read(path))
    assert found[-4:] == ["Summary", "Exercises", "The assignment", "Sources"]
    text = read(path)
    assert f"exercises/{path.stem}/{path.stem}.ipynb" in text.split("\n## The assignment")[1]


@every_chapter
def test_every_exercise_has_a_folded_solution_that_runs(path):
    text = read(path)
    labels = re.findall(r"^`{3,}\{exercise\}[^\n]*\n:label: (\S+)$", text, re.M)
    assert len(labels) >= 3
    assert len(labels) == len(re.findall(r"^`{3,}\{exercise\}", text, re.M))
    for label in labels:
        start = re.search(
            rf"^`{{3,}}\{{solution-start\}} {label}\n:class: dropdown\n`{{3,}}$", text, re.M
        )
        assert start, f"{label} has no solution that is folded away"
        solution = text[start.end() : text.index("{solution-end}", start.end())]
        assert "```{code-cell}" in solution, f"the solution of {label} runs nothing"


@every_chapter
def test_a_chapter_has_a_chapters_length(path):
    prose = FENCE.sub("", read(path).split("---", 2)[2])
    words = len(re.sub(r"\$\$.*?\$\$|\$[^$]*\$", " m ", prose, flags=re.S).split())
    assert 1200 <= words <= 3500, f"{words} words"


def sentences_on_one_line(text: str) -> list[tuple[int, str]]:
    """Lines of prose that hold more than one sentence, with their numbers.

    A heading within the line (`**Dropping a factor.** It is …`) is not a sentence.
    """
    hide = lambda found: re.sub(r"[^\n]", " ", found[0])  # noqa: E731
    text = re.sub(r"\A---\n.*?^---$", hide, text, flags=re.S | re.M)
    text = FENCE.sub(
        lambda f: f[0] if re.match(r"\{(div|exercise|admonition|note)", f["info"]) else hide(f),
        text,
    )
    text = re.sub(r"\$\$.*?\$\$", hide, text, flags=re.S)
    text = re.sub(r"\$[^$\n]+\$|`[^`\n]+`|\{[\w:]+\}", lambda found: "x" * len(found[0]), text)
    text = re.sub(r"\b(?:e\.g|i\.e|cf|vs|Fig|Eq|Sec|et al|[A-Z])\.", "x", text)
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        line = re.sub(r"^\s*(?:\d+\.|[-*]) ", "", line)
        if not line.startswith(("|", "#")) and re.search(r"[.?!][)\"”]* +[*_(\"“]*[A-Z]", line):
            found.append((number, line.strip()))
    return found


def test_the_sentence_rule_sees_what_it_should():
    assert sentences_on_one_line("One. Two.\n") == [(1, "One. Two.")]
    assert sentences_on_one_line("One?\nIs it? **Two** it is.") == [(2, "Is it? **Two** it is.")]
    clean = "1. A, cf. Smith et al. Then\n```py\nx. Y\n```\n$$\na. B\n$$\nSee `a. B` and $a. B$.\n"
    assert sentences_on_one_line(clean) == []


@every_page
def test_prose_has_one_sentence_a_line(path):
    assert sentences_on_one_line(read(path)) == []


@every_page
def test_no_page_speaks_of_where_it_was_made(path):
    text = read(path)
    for forbidden in (
        r"\.\./shared",
        r"/work/",
        r"(?<![\w.])/(?:home|tmp|root|usr|Users)/",
        r"[A-Z]:\\\\",
    ):
        found = re.search(forbidden, text)
        assert not found, f"{path.name}:{text[: found.start()].count(chr(10)) + 1}: {found[0]}"
