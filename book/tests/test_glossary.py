"""The glossary: every word occurs in the chapter that is said to explain it, and is there once."""

import re

import pytest
from book_tools import BOOK, CHAPTERS

CODE = re.compile(r"^```\{(?:code-cell|literalinclude)\}.*?^```", re.S | re.M)
PAGE = (BOOK / "glossary.md").read_text("utf8")
ENTRIES = re.findall(r"^(\S.*)\n  (.+)$", PAGE[PAGE.index(":sorted:") :], re.M)
CHAPTER_OF = r"\{doc\}`((?:\d\d|appendix)_\w+)`"


def prose(chapter: str) -> str:
    """A chapter's text on one line, in small letters, without cells and the lines of directives."""
    text = CODE.sub("", (BOOK / f"{chapter}.md").read_text("utf8"))
    return " ".join(re.sub(r"^[:`]{3}.*$", "", text, flags=re.M).lower().split())


def as_word(term: str) -> str:
    """A pattern of the term, or its plural, that is no part of a longer or a hyphened word."""
    return rf"(?<![\w-]){re.escape(term.lower())}s?(?![\w-])"


@pytest.mark.parametrize(("term", "said"), ENTRIES, ids=[term for term, _ in ENTRIES])
def test_the_word_occurs_where_it_is_said_to_be_explained(term, said):
    assert said.endswith(").")
    chapters = re.findall(CHAPTER_OF, said)
    assert chapters
    for chapter in chapters:
        assert re.search(as_word(term), prose(chapter)), f"{chapter} has no {term}"


@pytest.mark.parametrize(("term", "said"), ENTRIES, ids=[term for term, _ in ENTRIES])
def test_no_earlier_chapter_introduces_the_word(term, said):
    first = min(re.findall(CHAPTER_OF, said))
    for chapter in sorted(path.stem for path in CHAPTERS):
        if chapter < first:
            text = prose(chapter).split("## exercises")[0]
            introduced = re.search(rf"(?<!\*)\*{as_word(term)}\*(?!\*)", text)
            assert not introduced, f"{chapter} introduces {term}"


def test_no_word_is_there_twice():
    terms = [term.lower() for term, _ in ENTRIES]
    assert len(terms) > 40 and len(set(terms)) == len(terms)


def test_every_chapter_with_words_of_its_own_is_named():
    named = set(re.findall(CHAPTER_OF, PAGE))
    assert {chapter.stem for chapter in CHAPTERS} - named == set()
