"""`{quoted}`: figures from a paper are kept once, cited with their place, and listed."""

import re
import tomllib

import numpy as np
import pytest
from book_tools import BOOK, HEAD, build, cell, small_book
from bs4 import BeautifulSoup
from lib.quoted import FOLDER, quoted
from quoted import numbers, problems
from sources import read_chapter

KEPT = {path.stem: tomllib.loads(path.read_text(encoding="utf8")) for path in FOLDER.glob("*.toml")}
SAYS = "Says {quoted}`TEXT <schroff2015, Table 6>`.\n"


def found(text: str) -> list[tuple[int, str]]:
    return list(problems(read_chapter(BOOK / "page.md", HEAD + text), FOLDER))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("85.1 and 86.2", {"85.1", "86.2"}),
        ("260,000,000 pictures", {"260000000"}),
        ("1, 2,000, 30", {"1", "2000", "30"}),
        ("98.87±0.15 (NN1, 220×220)", {"98.87", "0.15", "220"}),
        ("6.6–7.5M, 10E-3", {"6.6", "7.5", "10E-3"}),
        ("NN2 is best.", set()),
    ],
)
def test_numbers_are_read_as_printed(text, expected):
    assert numbers(text) == expected


@pytest.mark.parametrize("text", ["76.3", "85.1, 85.1 and 86.2", "26,000,000", "700 hours"])
def test_what_stands_in_the_paper_may_be_quoted(text):
    assert found(SAYS.replace("TEXT", text)) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SAYS.replace("TEXT", "85.1 and 86.1"), "86.1 is not in Table 6"),
        (SAYS.replace("TEXT", "26,000"), "26000 is not in Table 6"),
        (SAYS.replace("TEXT", "0.01"), "0.01 is not in Table 6"),  # 10E-3, as a calculator reads it
        (SAYS.replace("TEXT", "the best"), "there is no number in it"),
        (SAYS.replace("TEXT", "76.3").replace("6>", "66>"), "has no 'Table 66'"),
        (SAYS.replace("TEXT", "76.3").replace("schroff", "scruff"), "scruff2015.toml has no"),
        ("Says {quoted}`76.3`.\n", "needs its source"),
        ("Says {quoted}`76.3 <schroff2015>`.\n", "needs its source"),
    ],
)
def test_a_slip_is_named_with_its_line(text, message):
    ((line, said),) = found("# Page\n\n" + text)
    assert line == HEAD.count("\n") + 3
    assert message in said


def test_captions_are_read_and_code_is_not():
    role = "{quoted}`1 <schroff2015, Table 6>`"
    options = [":mystnb:", ":  figure:", ":    name: fig-a", f":    caption: Says {role}."]
    ((line, said),) = found(cell("x = 1", *options))
    assert line == HEAD.count("\n") + 1
    assert "1 is not in Table 6" in said
    assert found(cell(f"x = '{role}'") + f"\n```text\n{role}\n```\n") == []


@pytest.mark.parametrize(
    ("source", "place"), [(source, place) for source, kept in KEPT.items() for place in kept]
)
def test_what_is_kept_has_a_description_and_columns_of_one_length(source, place):
    assert KEPT[source][place]["what"]
    tables = [column for column in quoted(source, place).values() if column.ndim]
    assert all(column.ndim == 1 for column in tables)
    if place.startswith("Table") and place != "Table 4":  # which is two tables side by side
        assert len({len(column) for column in tables}) <= 1


def test_every_source_that_is_kept_is_in_the_bibliography():
    known = re.findall(r"^@\w+\{(\w+),", (BOOK / "references.bib").read_text("utf8"), re.M)
    assert set(KEPT) <= set(known)


def test_chapters_compute_with_what_is_kept():
    table = quoted("schroff2015", "Table 5")
    np.testing.assert_array_equal(table["VAL"], [86.8, 87.9, 87.7, 85.6])
    assert "what" not in table
    with pytest.raises(LookupError, match="has no 'Table 55', only"):
        quoted("schroff2015", "Table 55")
    with pytest.raises(LookupError, match=r"add scruff2015\.toml"):
        quoted("scruff2015", "Table 5")


def test_the_reader_sees_the_citation_and_the_ledger_lists_it(tmp_path):
    pages = {
        "index": f"{HEAD}# Page\n\n{SAYS.replace('TEXT', '85.1%')}",
        "ledger": "# Ledger\n\n```{quotes-ledger}\n```\n\n```{bibliography}\n```\n",
    }
    done = build(small_book(tmp_path / "quoting", pages))
    assert done.returncode == 0, done.errors
    page = BeautifulSoup((done.html / "index.html").read_text("utf8"), "html.parser")
    (shown,) = page.select("span.quoted")
    said = re.sub(r"\s+", " ", shown.parent.get_text())
    assert re.fullmatch(r"Says 85\.1% \[Schroff et al\., 2015, Table 6\]\.", said)
    assert shown.parent.select_one("a")["href"].startswith("ledger.html#")
    ledger = BeautifulSoup((done.html / "ledger.html").read_text("utf8"), "html.parser")
    row = [each.get_text(" ", strip=True) for each in ledger.select("table tbody td")]
    assert row[0] == "85.1%"
    assert row[2:] == ["Table 6", "Page"]
