"""The page of the homework: whatever it names is there, and nothing that is graded is left out."""

import re
from dataclasses import dataclass
from functools import cache

import pytest
from book_tools import BOOK

from autograder.project import CHECKOUT, Project
from autograder.rules import load

PAGE = (BOOK / "homework.md").read_text(encoding="utf8")


@dataclass(frozen=True)
class Part:
    """One part of a problem: its heading, its assignment, and its three kinds of lines."""

    heading: str
    slug: str
    read: tuple[str, ...]
    practise: tuple[str, ...]
    hand_in: str


def parts() -> list[Part]:
    """The page's parts, in order."""
    found = []
    for problem in PAGE.split("\n## ")[1:]:
        (slug,) = re.findall(r"`exercises/(\w+)/\1\.ipynb`", problem)
        for part in problem.split("\n### ")[1:]:
            lines = {
                kind: tuple(re.findall(rf"^- \*\*{kind}\*\* (.*)$", part, re.M))
                for kind in ("Read", "Try", "Hand in")
            }
            (hand_in,) = lines["Hand in"]
            heading = part.split("\n")[0]
            found.append(Part(heading, slug, lines["Read"], lines["Try"], hand_in))
    return found


every_part = pytest.mark.parametrize("part", parts(), ids=lambda part: part.heading.split(" ·")[0])


@cache
def headings(chapter: str) -> dict[str, str]:
    """Heading → label, or "" if it has none, of the sections of a chapter."""
    text = re.sub(r"^```.*?^```", "", (BOOK / f"{chapter}.md").read_text("utf8"), flags=re.S | re.M)
    found = re.findall(r"^(?:\(([\w-]+)\)=\n)?##+ (.+)$", text, re.M)
    return {heading: label for label, heading in found}


def test_every_part_of_both_problems_is_there():
    names = [part.heading.split(" ·")[0] for part in parts()]
    assert names == ["(a) i", "(a) ii", "(b)", *(f"({letter})" for letter in "abcdefghij")]


@every_part
def test_the_sections_to_read_are_there(part):
    assert part.read
    for line in part.read:
        (chapter,) = re.findall(r"\{doc\}`(\w+)`", line)
        named = re.findall(r"\*([^*]+)\*", line)
        linked = re.findall(r"\[([^]]+)\]\(([\w-]+)\)", line)
        assert named or linked
        for heading in named:
            assert heading in headings(chapter), f"{chapter} has no section {heading}"
        for heading, label in linked:
            assert headings(chapter).get(heading) == label, f"{chapter}: {heading} is not {label}"


@every_part
def test_the_exercises_to_try_are_there(part):
    chapters = "".join(path.read_text("utf8") for path in BOOK.glob("[01]*.md"))
    for line in part.practise:
        named = re.findall(r"\{ref\}`([^<`]+) <([\w-]+)>`", line)
        assert named and len(named) == line.count("{ref}")
        for title, label in named:
            assert f"{{exercise}} {title}\n:label: {label}\n" in chapters, label


@every_part
def test_what_is_handed_in_is_graded_for_the_points_that_the_page_says(part):
    assignment = load(part.slug, Project(CHECKOUT))
    points = 0
    for name, lender in re.findall(r"`(\w+)`(?: \(from `(\w+)`\))?", part.hand_in):
        cell = assignment.by_id[name]
        assert cell.lender == lender, name
        points += cell.points
        if cell.kind == "solution":
            points += assignment.by_id[f"test_{name}"].points
    assert part.hand_in.endswith(f"; {points:g} points.")


@pytest.mark.parametrize("slug", sorted({part.slug for part in parts()}))
def test_everything_that_is_graded_is_named_once(slug):
    named = [
        name
        for part in parts()
        if part.slug == slug
        for name in re.findall(r"(?<!from )`(\w+)`", part.hand_in)
    ]
    graded = [c.grade_id for c in load(slug, Project(CHECKOUT)).of_kind("solution", "manual")]
    assert sorted(named) == sorted(graded)
    assert load(slug, Project(CHECKOUT)).points == 40
