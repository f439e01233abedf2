"""Sphinx extension: what other extensions leave wrong in the pages."""

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput, visit_HideCellInput
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator


def unique_ids(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Drop the ids that sphinx-exercise gives to every exercise alike: an id names one element."""
    for section in doctree.findall(nodes.section):
        if section["ids"] in (["exercise-content"], ["solution-content"]):
            section["ids"] = []


def visit_fold(writer: HTML5Translator, node: HideCodeCellNode) -> None:
    """MyST-NB's folded code, whose handle is called what it says, not `Toggle hidden content`."""
    start = len(writer.body)
    visit_HideCellInput(writer, node)
    handle = ' aria-label="Toggle hidden content"'
    writer.body[start:] = [part.replace(handle, "") for part in writer.body[start:]]


def setup(app: Sphinx) -> dict:
    app.connect("doctree-resolved", unique_ids)
    app.add_node(HideCodeCellNode, override=True, html=(visit_fold, depart_HideCellInput))
    return {"parallel_read_safe": True, "version": "1"}
