"""Sphinx extension: every labelled equation is bound to the code cell that checks it.

A cell tagged `checks:LABEL` calls `equation("LABEL", (TeX, value), …)` from `lib/equations.py`,
which asserts the relations when the page is executed. Here, at every build and whatever the
execution cache holds, the TeX of that call is compared with the TeX printed. So an equation
without a check, a check without an equation, or either edited alone stops the build, naming file
and line. The claims ledger lists them all.
"""

from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from house import place
from sources import Chapter, Check, checks, read_chapter, same_tex
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

LOGGER = logging.getLogger(__name__)
CODE_WIDTH = 92  # characters that fit the page without a scroll bar


def problems(chapter: Chapter) -> Iterator[tuple[int, str]]:
    """What is wrong with a chapter's equations, checks and figures, as (line, message)."""
    printed = {equation.label: equation for equation in chapter.equations}
    found: dict[str, Check] = {}
    for cell in chapter.cells:
        try:
            calls = list(checks(cell))
        except SyntaxError as error:
            yield cell.first + (error.lineno or 1) - 1, f"code cell is not Python: {error.msg}"
            continue
        for call in calls:
            if call.label not in printed:
                yield call.line, f"check of {call.label!r}, but no equation here has that label"
            elif call.label not in cell.checked_labels:
                yield call.line, f"the check of {call.label!r} needs the tag checks:{call.label}"
            elif call.label in found:
                yield call.line, f"equation {call.label!r} is checked twice"
            elif not same_tex(printed[call.label].tex, call.tex):
                yield (
                    printed[call.label].line,
                    f"equation {call.label!r} and its check in line {call.line} differ: "
                    f"printed {_flat(printed[call.label].tex)}, checked {_flat(call.tex)}",
                )
            found[call.label] = call
        for label in cell.checked_labels:
            if label not in {call.label for call in calls}:
                yield cell.line, f"tagged checks:{label}, but calls no equation({label!r}, …)"
        if "raises-exception" in cell.tags:
            yield cell.line, "tag raises-exception hides failures: catch the error instead"
        if "skip-execution" in cell.tags:
            yield cell.line, "tag skip-execution: a cell that is not run proves nothing"
        for number, text in enumerate(cell.source.split("\n"), start=cell.first):
            if len(text) > CODE_WIDTH:
                yield number, f"code line of {len(text)} characters; the page shows {CODE_WIDTH}"
        yield from _figure_problems(cell)
    for label, equation in printed.items():
        if label not in found:
            yield (
                equation.line,
                f"equation {label!r} has no check: tag a cell checks:{label}",
            )


def _figure_problems(cell) -> Iterator[tuple[int, str]]:
    shows = "show(" in cell.source or "show_frames(" in cell.source
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    if shows and "def show" not in cell.source and "remove-output" not in cell.tags:
        if not figure.get("caption"):
            yield cell.line, "figure without a caption: add mystnb: figure: caption to the cell"
        if not figure.get("name"):
            yield cell.line, "figure without a name: add mystnb: figure: name to the cell"


def _flat(tex: str) -> str:
    return " ".join(tex.split())


def check_sources(app: Sphinx) -> None:
    """Warn of each problem in each page; with -W the build fails."""
    app.checked_chapters = {}
    for docname in sorted(app.env.found_docs):
        path = Path(app.env.doc2path(docname))
        if path.suffix != ".md":
            continue
        chapter = read_chapter(path)
        app.checked_chapters[docname] = chapter
        for line, message in problems(chapter):
            LOGGER.warning(message, location=(docname, line), type="book", subtype="check")


def check_labels(app: Sphinx, env) -> None:
    """Sphinx's own list of labelled equations must be the one read from the sources."""
    known = {
        equation.label: docname
        for docname, chapter in app.checked_chapters.items()
        for equation in chapter.equations
    }
    for label, (docname, _) in env.get_domain("math").equations.items():
        if label not in known:
            LOGGER.warning(
                f"equation {label!r} could not be read from the source: "
                "write it as $$ … $$ (label) from the start of a line",
                location=docname, type="book", subtype="check",
            )  # fmt: skip


def name_checks(app: Sphinx, doctree: nodes.document) -> None:
    """A folded cell that is a check says so on its handle."""
    for cell in doctree.findall(nodes.container):
        if "prompt_show" in cell and any("checks:" in name for name in cell["classes"]):
            cell["prompt_show"], cell["prompt_hide"] = "Show the check", "Hide the check"


def check_pictures(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Every picture says in words what it shows."""
    for image in doctree.findall(nodes.image):
        if not image.get("alt"):
            message = f"picture {image['uri']} has no alt text"
            LOGGER.warning(message, location=place(image), type="book", subtype="check")


class ClaimsLedger(SphinxDirective):
    """`{claims-ledger}`: every labelled equation, where it stands and how it is checked."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        rows = []
        for docname, chapter in sorted(self.env.app.checked_chapters.items()):
            calls = {call.label: call for cell in chapter.cells for call in checks(cell)}
            for equation in chapter.equations:
                call = calls.get(equation.label)
                how = _how(call) if call else "unchecked"
                label = equation.label
                rows.append(f"| {{eq}}`{label}` | {{doc}}`/{docname}` | `{label}` | {how} |")
        if not rows:
            return []
        text = ["| equation | chapter | label | how it is checked |", "|---|---|---|---|", *rows]
        node = nodes.container(classes=["claims-ledger"])
        self.state.nested_parse(text, self.content_offset, node)
        return [node]


def _how(call: Check) -> str:
    relations = {
        r"\approx": "measured, within a tolerance the cell derives",
        r"\le": "inequality, on samples",
        r"\ge": "inequality, on samples",
    }
    for sign, words in relations.items():
        if any(side.lstrip().startswith(sign) for side in call.sides[1:]):
            return words
    return "exact: SymPy residual 0, or rounding only"


def setup(app: Sphinx) -> dict:
    app.add_directive("claims-ledger", ClaimsLedger)
    app.connect("env-before-read-docs", lambda app, env, docnames: check_sources(app))
    app.connect("env-updated", lambda app, env: check_labels(app, env) or [])
    app.connect("doctree-read", name_checks)
    app.connect("doctree-resolved", check_pictures)
    return {"parallel_read_safe": False, "version": "1"}
