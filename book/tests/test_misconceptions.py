"""The page of misconceptions: all of the bank's wrong answers, each with belief and cure."""

import re

from bank_page import headings, marked, own_misconceptions
from bs4 import BeautifulSoup

from autograder.project import CHECKOUT, Project
from autograder.rules import load

BOOK_PROJECT = Project(CHECKOUT)


def words(text: str) -> str:
    """A sentence of the bank without its markup."""
    return plain("".join(node.astext() for node in marked(text)))


def plain(text: str) -> str:
    """With straight quotes, which Sphinx curls, and single spaces."""
    return " ".join(re.sub("[‘’]", "'", re.sub("[“”]", '"', text)).split())


def test_every_misconception_stands_on_the_page_with_its_cure(site):
    page = BeautifulSoup((site / "misconceptions.html").read_text("utf8"), "html.parser")
    shown = {}
    for box in page.select(".misconceptions"):
        name = box.select_one(".admonition-title code").get_text()
        shown[name, box.find_parent("section")["id"]] = [
            [plain(part.get_text()) for part in (term, *said.select("p"))]
            for term, said in zip(box.select("dt"), box.select("dd"), strict=True)
        ]
    expected = {
        (name, f"wrong-{slug.replace('_', '-')}"): [
            [words(answer.title), words(answer.belief), words(answer.hint)] for answer in wrong
        ]
        for slug in BOOK_PROJECT.slugs()
        for name, wrong in own_misconceptions(load(slug, BOOK_PROJECT)).items()
    }
    assert len(expected) > 100
    assert shown == expected


def test_every_graded_name_has_its_misconceptions_and_a_heading_of_its_own():
    for slug in BOOK_PROJECT.slugs():
        assignment = load(slug, BOOK_PROJECT)
        own = {cell.grade_id for cell in assignment.of_kind("solution") if not cell.lender}
        known = own_misconceptions(assignment)
        banked = set(known)
        assert banked <= own and all(len(wrong) >= 3 for wrong in known.values())
        titles = [headings(assignment)[name] for name in banked]
        assert len(set(titles)) == len(titles), f"{slug}: two exercises share a heading"


def test_sentences_of_the_bank_keep_to_the_little_markup_that_the_page_knows():
    for slug in BOOK_PROJECT.slugs():
        for wrong in own_misconceptions(load(slug, BOOK_PROJECT)).values():
            for answer in wrong:
                for text in (answer.title, answer.belief, answer.hint):
                    assert not re.search(r"[`$]|\*\w", words(text)), f"{slug}: {text}"


def test_stress_and_code_are_told_from_products():
    found = [(type(node).__name__, node.astext()) for node in marked("a*b is *not* `c*d` * e")]
    assert found == [
        ("Text", "a*b is "),
        ("strong", "not"),
        ("Text", " "),
        ("literal", "c*d"),
        ("Text", " * e"),
    ]
