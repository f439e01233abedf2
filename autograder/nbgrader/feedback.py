"""Feedback pages, and what of a student's work may stand on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

import nh3
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, GetGrades
from pygments.formatters import HtmlFormatter
from traitlets import List

from autograder.grade.submission import is_image
from autograder.nbgrader.marks import is_test

TEMPLATES = Path(__file__).parent / "templates"
MAX_MARKDOWN = 20_000
"""Characters. A longer text is shown as it was written: some take time that grows as a square."""
MAX_TAGS = 10_000
"""Tags in one HTML text. With more it is shown as written: nested ones take quadratic time."""
MAX_ESCAPES = 5_000
"""Colour changes in one output; with more of them it is shown without colours."""
_TAGS = set(
    re.findall(
        r"\w+",
        "a abbr b blockquote br caption code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img"
        " li ol p pre s small span strong sub summary sup table tbody td tfoot th thead tr ul",
    )
)
_ATTRIBUTES = {
    "*": {"alt", "title", "colspan", "rowspan", "style"},
    "img": {"src"},
    "a": {"href"},
}
_STYLES = {"text-align", "font-weight", "font-style"}
_TAG = re.compile(r"<(?=/?(?P<name>[A-Za-z][^\s/>]*)|[!?/])")


def _filtered(tag: str, name: str, value: str) -> str | None:
    """The value of an attribute, or None if it is left out."""
    if tag == "img" and name == "src":
        # Only images that are part of the page, which must load nothing.
        good = value.startswith(("data:image/png;base64,", "data:image/jpeg;base64,"))
    elif tag == "a" and name == "href":
        good = value.startswith(("https://", "http://", "mailto:", "#"))
    else:
        good = True
    return value if good else None


def _as_written(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"


def safe_html(html: str) -> str:
    """HTML of which only harmless tags and attributes remain; other tags are shown as text."""

    if html.count("<") > MAX_TAGS:
        return _as_written(html)

    def show(found: re.Match) -> str:
        return "<" if (found["name"] or "").lower() in _TAGS else "&lt;"

    return nh3.clean(
        _TAG.sub(show, html),
        tags=_TAGS,
        clean_content_tags=set(),
        attributes=_ATTRIBUTES,
        attribute_filter=_filtered,
        filter_style_properties=_STYLES,
        url_schemes={"http", "https", "mailto", "data"},
    )


@pass_context
def safe_markdown(context, source: str) -> str:
    """nbconvert's ``markdown2html`` filter for text that students have written."""
    if len(source) > MAX_MARKDOWN:
        return _as_written(source)
    attachments = context.get("cell", {}).get("attachments", {})
    renderer = _Renderer(escape=False, attachments=attachments, exclude_anchor_links=True)
    return safe_html(MarkdownWithMath(renderer=renderer).render(source))


class _Renderer(IPythonRenderer):
    """nbconvert's renderer, which raises for a missing picture; here it is left out."""

    def _embed_image_or_attachment(self, src: str) -> str:
        try:
            return super()._embed_image_or_attachment(src)
        except InvalidNotebook:
            return ""


def safe_outputs(outputs: list[dict]) -> list[NotebookNode]:
    """A student's outputs without anything that could act on the page that shows them."""
    kept = []
    for raw in outputs:
        output = NotebookNode(raw)
        if "data" in output:
            data = {m: d for m, d in output.data.items() if is_image(m, d)}
            for mime, clean in (("text/plain", str), ("text/html", safe_html)):
                if isinstance(output.data.get(mime), str):
                    data[mime] = clean(output.data[mime])
            output.data, output.metadata = NotebookNode(data), NotebookNode()
        for holder, key in ((output, "text"), (output.get("data", {}), "text/plain")):
            if key in holder:
                holder[key] = _limit_colours(holder[key])
        if "traceback" in output:
            output.traceback = _limit_colours("\n".join(output.traceback)).split("\n")
        kept.append(output)
    return kept


def _limit_colours(text: str) -> str:
    """Text in which so few colour changes remain that turning them into HTML takes no time."""
    return text if text.count("\x1b") <= MAX_ESCAPES else re.sub(r"\x1b(\[[0-9;]*m)?", "", text)


class Grades(GetGrades):
    """Tells the page also which marks a person has still to give."""

    def _get_score(self, cell: NotebookNode, resources: dict) -> None:
        super()._get_score(cell, resources)
        where = (self.notebook_id, self.assignment_id, self.student_id)
        grade = self.gradebook.find_grade(cell.metadata.nbgrader.grade_id, *where)
        cell.metadata.nbgrader["waiting"] = grade.needs_manual_grade


class HideTests(ClearHiddenTests):
    """Removes hidden tests from locked test cells, and leaves what students wrote alone.

    nbgrader's own stops when a student's text holds its marker.
    """

    # Exporters to HTML configure this on all preprocessors; nbgrader declares it as no option.
    display_data_priority: List = List().tag(config=True)

    def preprocess_cell(self, cell: NotebookNode, resources: dict, cell_index: int):
        """Clear one cell."""
        if is_test(cell):
            return super().preprocess_cell(cell, resources, cell_index)
        return cell, resources


class FeedbackExporter(HTMLExporter):
    """Feedback as one page that needs nothing else: no script, no request."""

    def default_filters(self) -> Iterator[tuple]:
        """nbconvert's filters, of which Markdown is made safe."""
        yield from super().default_filters()
        yield "markdown2html", safe_markdown

    def from_notebook_node(self, nb: NotebookNode, resources=None, **kw):
        """The page, and the resources it was made with."""
        resources = self._init_resources(resources)
        resources["code_css"] = {
            scheme: HtmlFormatter(style=style, nobackground=True).get_style_defs(".highlight")
            for scheme, style in (("light", "default"), ("dark", "github-dark"))
        }
        return super().from_notebook_node(nb, resources=resources, **kw)
