"""Sphinx extension: figures quoted from a paper stand with their source and their place there.

    {quoted}`85.1 and 86.2 <schroff2015, Table 6>`

shows the text and its citation. What is quoted is kept once, as printed, in
`data/quoted/SOURCE.toml`, and chapters compute with it through `lib/quoted.py`. Every number of the
text must stand there at the place named, so a slip of the pen stops the build, as does a source
that references.bib does not know. The claims ledger lists all quotes.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from checked_equations import ledgers_of
from docutils import nodes
from sources import Chapter, quote_parts
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

LOGGER = logging.getLogger(__name__)
# A number with its thousands, decimals and exponent; not the digits of a name such as NN2.
_NUMBER = re.compile(r"(?<![\w.])(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:\.\d+)?(?:E-?\d+)?)")


def problems(chapter: Chapter, folder: Path) -> Iterator[tuple[int, str]]:
    """What is wrong with a chapter's quotes, as (line, message); `folder` holds what is kept."""
    for quote in chapter.quotes:
        if not quote.source:
            yield quote.line, f"quoted {quote.text!r} needs its source: TEXT <source, place>"
            continue
        path = folder / f"{quote.source}.toml"
        places = tomllib.loads(path.read_text(encoding="utf8")) if path.is_file() else {}
        said = numbers(quote.text)
        if quote.place not in places:
            yield quote.line, f"quoted {quote.text!r}: {path.name} has no {quote.place!r}"
        elif not said:
            yield quote.line, f"quoted {quote.text!r}: there is no number in it"
        elif strange := said - _kept(places[quote.place]):
            listed = ", ".join(sorted(strange))
            yield quote.line, f"quoted {quote.text!r}: {listed} is not in {quote.place}"


def numbers(text: str) -> set[str]:
    """The numbers in a text, as printed less the commas of thousands.

    `12,000` is one, `100 × 200` are two, `NN2` is none; `10E-3` is not the same as `0.01`.
    """
    return {found.replace(",", "") for found in _NUMBER.findall(text)}


def _kept(place: dict) -> set[str]:
    """All numbers of one place, whether TOML has them as numbers or in texts."""
    found = set()
    for name, value in place.items():
        if name != "what":
            entries = value if isinstance(value, list) else [value]
            found.update(*(numbers(str(entry)) for entry in entries))
    return found


def check_quotes(app: Sphinx) -> None:
    """Warn of each problem in each page; with -W the build fails."""
    for docname, chapter in app.chapters.items():
        for line, message in problems(chapter, Path(app.srcdir) / "data" / "quoted"):
            LOGGER.warning(message, location=(docname, line), type="book", subtype="quoted")


class Quoted(SphinxRole):
    """`{quoted}`: the text, and behind it the citation with the place."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        text, source, place = quote_parts(self.text)
        shown = nodes.inline(self.rawtext, text, classes=["quoted"])
        if not source:  # `problems` has said so
            return [shown], []
        read = self.env.app.chapters[self.env.docname].quotes
        if (text, source, place) not in {(one.text, one.source, one.place) for one in read}:
            LOGGER.warning(
                f"quoted {text!r} could not be read from the source: write it in the text or in "
                "the caption of a figure",
                location=self.get_location(), type="book", subtype="quoted",
            )  # fmt: skip
        cite = self.env.get_domain("cite").role("p")
        target = f"{source}{{{place}}}"
        cited, messages = cite("cite:p", target, target, self.lineno, self.inliner)
        return [shown, nodes.Text(" "), *cited], messages


class QuotesLedger(SphinxDirective):
    """`{quotes-ledger}`: every quoted figure, its source, its place, its chapter."""

    def run(self) -> list[nodes.Node]:
        ledgers_of(self.env).add(self.env.docname)
        rows = [
            f"| {quote.text} | {{cite:t}}`{quote.source}` | {quote.place} | {{doc}}`/{docname}` |"
            for docname, chapter in sorted(self.env.app.chapters.items())
            for quote in chapter.quotes
            if quote.source
        ]
        if not rows:
            return []
        text = ["| quoted | source | place | chapter |", "|---|---|---|---|", *rows]
        node = nodes.container(classes=["quotes-ledger"])
        self.state.nested_parse(text, self.content_offset, node)
        return [node]


def setup(app: Sphinx) -> dict:
    app.setup_extension("chapter_rules")  # reads the chapters
    app.setup_extension("checked_equations")  # rereads the ledgers
    app.add_role("quoted", Quoted())
    app.add_directive("quotes-ledger", QuotesLedger)
    app.connect("env-before-read-docs", lambda app, env, docnames: check_quotes(app))
    return {"parallel_read_safe": False, "version": "1"}
