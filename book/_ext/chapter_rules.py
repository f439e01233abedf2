"""Sphinx extension: what every chapter's source keeps to, read at every build.

Every labelled equation has one check, `holds("LABEL", …)` in a code cell of its chapter; code fits
the page; figures have captions and names, pictures have words; no cell is kept from failing. What
breaks a rule is a warning with file and line, whatever the execution cache holds.
"""

from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sources import Chapter, CodeCell, checks, place, read_chapter
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
CODE_WIDTH = 92  # characters that fit the page without a scroll bar


def problems(chapter: Chapter) -> Iterator[tuple[int, str]]:
    """What is wrong with a chapter's equations, checks and figures, as (line, message)."""
    printed = {equation.label for equation in chapter.equations}
    checked: dict[str, int] = {}  # the line of each check
    for cell in chapter.cells:
        try:
            calls = list(checks(cell))
        except SyntaxError as error:
            yield cell.first + (error.lineno or 1) - 1, f"code cell is not Python: {error.msg}"
            continue
        for call in calls:
            if not call.label:
                yield call.line, "holds needs the equation's label first, as a literal string"
            elif call.label not in printed:
                yield call.line, f"check of {call.label!r}, but no equation here has that label"
            elif call.label in checked:
                first = checked[call.label]
                yield call.line, f"equation {call.label!r} is checked twice, first in line {first}"
            checked.setdefault(call.label, call.line)
        yield from _cell_problems(cell, draws=_draws(cell), has_checks=bool(calls))
    for equation in chapter.equations:
        if equation.label not in checked:
            message = f"equation {equation.label!r} has no check: add holds({equation.label!r}, …)"
            yield equation.line, message


def _cell_problems(cell: CodeCell, draws: bool, has_checks: bool) -> Iterator[tuple[int, str]]:
    if "raises-exception" in cell.tags:
        yield cell.line, "tag raises-exception hides failures: catch the error instead"
    if "skip-execution" in cell.tags:
        yield cell.line, "tag skip-execution: a cell that is not run proves nothing"
    for number, text in enumerate(cell.source.split("\n"), start=cell.first):
        if len(text) > CODE_WIDTH:
            yield number, f"code line of {len(text)} characters; the page shows {CODE_WIDTH}"
    if draws and has_checks:
        yield cell.line, "figure in a cell with a check, which goes to its equation: use two cells"
    elif draws:
        figure = cell.metadata.get("mystnb", {}).get("figure", {})
        for option in ("caption", "name"):
            if not figure.get(option):
                message = f"figure without a {option}: add mystnb: figure: {option} to the cell"
                yield cell.line, message


def _draws(cell: CodeCell) -> bool:
    shows = "show(" in cell.source or "show_frames(" in cell.source
    return shows and "def show" not in cell.source and "remove-output" not in cell.tags


def check_sources(app: Sphinx) -> None:
    """Warn of each problem in each page; with -W the build fails."""
    app.chapters = {}
    for docname in sorted(app.env.found_docs):
        path = Path(app.env.doc2path(docname))
        if path.suffix != ".md":
            continue
        chapter = app.chapters[docname] = read_chapter(path)
        for line, message in problems(chapter):
            LOGGER.warning(message, location=(docname, line), type="book", subtype="check")


def check_labels(app: Sphinx, env) -> None:
    """Sphinx's own list of labelled equations must be the one read from the sources."""
    known = {equation.label for chapter in app.chapters.values() for equation in chapter.equations}
    for label, (docname, _) in env.get_domain("math").equations.items():
        if label not in known:
            LOGGER.warning(
                f"equation {label!r} could not be read from the source: "
                "write it as $$ … $$ (label) from the start of a line",
                location=docname, type="book", subtype="check",
            )  # fmt: skip


def check_pictures(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Every picture says in words what it shows."""
    for image in doctree.findall(nodes.image):
        if not image.get("alt"):
            message = f"picture {image['uri']} has no alt text"
            LOGGER.warning(message, location=place(image), type="book", subtype="check")


def setup(app: Sphinx) -> dict:
    app.connect("env-before-read-docs", lambda app, env, docnames: check_sources(app))
    app.connect("env-updated", lambda app, env: check_labels(app, env) or [])
    app.connect("doctree-resolved", check_pictures)
    return {"parallel_read_safe": False, "version": "1"}
