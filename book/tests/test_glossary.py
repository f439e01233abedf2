"""The glossary: every word occurs in the chapter that is said to explain it, and is there once."""

import re

import pytest
from book_tools import BOOK, CHAPTERS

PAGE = (BOOK / "glossary.md").read_text("utf8")
ENTRIES = re.findall(r"^(\S.*)\n  (.+)$", PAGE[PAGE.index(":sorted:") :], re.M)
CHAPTER_OF = r"\{doc\}`((?:\d\d|appendix)_\w+)`"


@pytest.mark.parametrize(("term", "said"), ENTRIES, ids=[term for term, _ in ENTRIES])
def test_the_word_occurs_where_it_is_said_to_be_explained(term, said):
    assert said.endswith(").")
    chapters = re.findall(CHAPTER_OF, said)
    assert chapters
    for chapter in chapters:
        text = " ".join((BOOK / f"{chapter}.md").read_text("utf8").lower().split())
        assert term.lower() in text, f"{chapter} has no {term}"


def test_no_word_is_there_twice():
    terms = [term.lower() for term, _ in ENTRIES]
    assert len(terms) > 40 and len(set(terms)) == len(terms)


def test_every_chapter_with_words_of_its_own_is_named():
    named = set(re.findall(CHAPTER_OF, PAGE))
    assert {chapter.stem for chapter in CHAPTERS} - named == set()
