"""Sphinx extension: `{misconceptions}` lists the bank's known-wrong answers, belief and cure.

The bank is what feedback is made from (autograder/misconceptions), so page and feedback agree.
"""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from autograder import bank
from autograder.assignment import Assignment
from autograder.bank import Answer
from autograder.project import Project
from autograder.rules import load

PROJECT = Project(Path(__file__).resolve().parents[2])
_MARKED = re.compile(r"`([^`]+)`|(?<![\w*])\*(\w[^*]*)\*(?![\w*])")
_HEADING = re.compile(r"^##+ (?:\d+ · )?(.+?)(?: \(\d+ points?.*\))?$", re.M)


def headings(assignment: Assignment) -> dict[str, str]:
    """Graded name → the heading that its exercise stands under, without number and points."""
    found, heading = {}, assignment.title
    for cell in assignment.cells:
        if cell.kind == "text" and (titles := _HEADING.findall(cell.source)):
            heading = titles[-1]
        elif cell.kind == "solution":
            found[cell.grade_id] = heading
    return found


def own_misconceptions(assignment: Assignment) -> dict[str, list[Answer]]:
    """Graded name → its known-wrong answers; what an assignment borrows is its lender's."""
    found: dict[str, list[Answer]] = {}
    for answer in bank.answers(assignment):
        if not answer.correct and not assignment.by_id[answer.name].lender:
            found.setdefault(answer.name, []).append(answer)
    return found


class Misconceptions(SphinxDirective):
    """`{misconceptions}`: a section for each assignment, a folded list for each exercise."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        assignments = [load(slug, PROJECT) for slug in PROJECT.slugs()]
        return [self.section(one) for one in assignments if own_misconceptions(one)]

    def section(self, assignment: Assignment) -> nodes.section:
        """One assignment, with a link to the chapter that it belongs to, if there is one."""
        slug = assignment.slug
        section = nodes.section(ids=[nodes.make_id(f"wrong-{slug}")], names=[])
        section += nodes.title("", assignment.title)
        if slug in self.env.found_docs:
            self.state.nested_parse([f"Chapter: {{doc}}`{slug}`"], self.content_offset, section)
        titles = headings(assignment)
        for name, wrong in own_misconceptions(assignment).items():
            section += folded(titles[name], name, wrong)
        return section


def folded(heading: str, name: str, wrong: list[Answer]) -> nodes.admonition:
    """One exercise: its misconceptions, each with the belief behind it and the cure."""
    box = nodes.admonition(classes=["dropdown", "misconceptions"])
    title = nodes.title("", "", nodes.Text(f"{heading}, "), nodes.literal("", name))
    title += nodes.Text(f" ({len(wrong)})")
    listing = nodes.definition_list()
    for answer in wrong:
        belief = nodes.paragraph("", "", nodes.emphasis("", "", *marked(answer.belief)))
        said = nodes.definition("", belief, nodes.paragraph("", "", *marked(answer.hint)))
        term = nodes.term("", "", *marked(answer.title))
        listing += nodes.definition_list_item("", term, said)
    box += [title, listing]
    return box


def marked(text: str) -> list[nodes.Node]:
    """A sentence of the bank. It may hold `code` and *stress*, and no other markup."""
    parts = _MARKED.split(text)
    found: list[nodes.Node] = []
    for plain, code, stressed in zip(
        parts[::3], [*parts[1::3], ""], [*parts[2::3], ""], strict=True
    ):
        found += [nodes.Text(plain)] if plain else []
        found += [nodes.literal("", code)] if code else []
        found += [nodes.strong("", stressed)] if stressed else []
    return found


def setup(app: Sphinx) -> dict:
    app.add_directive("misconceptions", Misconceptions)
    return {"parallel_read_safe": False, "version": "1"}
