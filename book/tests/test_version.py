"""One version, that of pyproject.toml, wherever the project says which it is."""

import re
import tomllib

from book_tools import ROOT
from bs4 import BeautifulSoup

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]["version"]
CITED = (ROOT / "CITATION.cff").read_text(encoding="utf8")


def test_the_changelog_ends_in_this_version_and_its_date():
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf8")
    version, date = re.findall(r"^## \[(\d\S*)\] - (\S+)$", changes, re.MULTILINE)[0]
    assert version == VERSION
    assert re.findall(r"^version: (.*)$", CITED, re.MULTILINE) == [VERSION]
    assert re.findall(r"^date-released: (.*)$", CITED, re.MULTILINE) == [date]


def test_the_site_shows_how_to_cite_this_version(site):
    page = BeautifulSoup((site / "about.html").read_bytes(), "html.parser")
    assert CITED.strip() in [listing.get_text().strip() for listing in page.select("pre")]
