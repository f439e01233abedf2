"""Sphinx extension: what other extensions leave wrong in the pages."""

from docutils import nodes
from sphinx.application import Sphinx


def unique_ids(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Drop the ids that sphinx-exercise gives to every exercise alike: an id names one element."""
    for section in doctree.findall(nodes.section):
        if section["ids"] in (["exercise-content"], ["solution-content"]):
            section["ids"] = []


def setup(app: Sphinx) -> dict:
    app.connect("doctree-resolved", unique_ids)
    return {"parallel_read_safe": True, "version": "1"}
