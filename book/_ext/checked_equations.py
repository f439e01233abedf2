"""Sphinx extension: beside each equation a tick that opens its check; the ledger of them all.

A check is a cell that calls `holds("LABEL", …)` from `lib/equations.py`, which reads the printed
equation, runs it, and displays what it found as an output of the MIME type below. Here the check
leaves the flow of the text for a `<details>` at its equation, whose summary is a tick. Shape and
colour of the tick say what kind of check it is; the kind was computed, not typed.
"""

from dataclasses import dataclass
from html import escape

import myst_nb.core.render
import sphinxcontrib.katex as katex
from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer
from sources import digest, place
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors import EnvironmentCollector
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import make_refnode
from sphinx.writers.html5 import HTML5Translator

LOGGER = logging.getLogger(__name__)
MIME = "application/vnd.equation-check+json"

# The drawing of each kind. A disc is a proof, a square a count, a tick by itself random numbers, a
# ring with a sign is what the sign says. Solid areas and lines have the kind's colour, a `cut` that
# of the page.
_WAVE = "q2-2.1 4.1-.4t4.1-.4"
_TICK = 'd="M5.8 10.3l2.9 2.9 5.6-6.2"'
_DISC = 'cx="10" cy="10" r="8.2"'
_SQUARE = 'x="2.4" y="2.4" width="15.2" height="15.2" rx="2.8"'
KINDS = {
    "proved for all sizes": f'<circle class="solid" {_DISC}/><path class="cut" {_TICK}/>',
    "proved at these sizes": f"<circle {_DISC}/><path {_TICK}/>",
    "counted on a grid": f'<rect class="solid" {_SQUARE}/><path class="cut" {_TICK}/>',
    "exact expectation": f"<rect {_SQUARE}/><path {_TICK}/>",
    "random numbers, to rounding": '<path d="M3.4 10.8l4.4 4.4 8.8-9.8"/>',
    "inequality": f'<circle {_DISC}/><path d="M13 5.4L7.2 8.3l5.8 2.9M7.2 14.1H13"/>',
    "measured": f'<circle {_DISC}/><path d="M5.9 8.7{_WAVE}M5.9 12.9{_WAVE}"/>',
    "definition": f'<circle {_DISC}/><path d="M9 8.3h5.2M9 11.7h5.2M6 8.3h.1M6 11.7h.1"/>',
}


def kind_id(kind: str) -> str:
    """The kind as a class and an id, such as `kind-proved-for-all-sizes`."""
    return nodes.make_id(f"kind {kind}")


def tick(kind: str) -> str:
    """The kind's drawing as SVG; a screen reader skips it, for words stand beside it."""
    classes = f"tick {kind_id(kind)}"
    return f'<svg class="{classes}" viewBox="0 0 20 20" aria-hidden="true">{KINDS[kind]}</svg>'


@dataclass(frozen=True)
class Claim:
    """A labelled equation, and what its check found."""

    label: str
    tex: str
    kind: str
    result: str


class check_output(nodes.General, nodes.Element):
    """What one call of `holds` displayed; `record` is its JSON."""


class equation_block(nodes.General, nodes.Element):
    """A labelled equation and its check."""


class equation_check(nodes.General, nodes.Element):
    """The check of the equation before it: `kind` and `result`; inside is its code."""


class kind_mark(nodes.Inline, nodes.Element):
    """The tick of a `kind` by itself."""


class kind_count(nodes.Inline, nodes.TextElement):
    """How many equations of the book have a check of this `kind`."""


class claims_ledger(nodes.General, nodes.Element):
    """The place of the ledger."""


# --- reading a page: from the cell to the equation


class CheckRenderer:
    """MyST-NB's plugin for our MIME type: keeps the record in the doctree."""

    mime_priority_overrides = (("*", MIME, 0),)

    @staticmethod
    def handle_mime(renderer: NbElementRenderer, data: MimeData, inline: bool) -> list | None:
        return [check_output(record=dict(data.content))] if data.mime_type == MIME else None


def add_renderer(app: Sphinx, config: Config) -> None:
    # MyST-NB looks for plugins among installed packages, and the book's extensions are none.
    myst_nb.core.render.load_mime_renders = lambda: [CheckRenderer]


class Claims(EnvironmentCollector):
    """Keeps each page's claims in the environment, and which pages are ledgers."""

    def clear_doc(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        claims_of(env).pop(docname, None)
        ledgers_of(env).discard(docname)

    def merge_other(self, app: Sphinx, env: BuildEnvironment, docnames: set, other) -> None:
        claims_of(env).update({name: claims_of(other).get(name, []) for name in docnames})
        ledgers_of(env).update(ledgers_of(other) & set(docnames))

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        claims_of(app.env)[app.env.docname] = move_checks(doctree)


def claims_of(env: BuildEnvironment) -> dict[str, list[Claim]]:
    """The claims of every page, in the page's order."""
    return env.__dict__.setdefault("equation_claims", {})


def ledgers_of(env: BuildEnvironment) -> set[str]:
    """The pages that list what stands on other pages."""
    return env.__dict__.setdefault("ledger_pages", set())


def outdated_ledgers(app: Sphinx, env: BuildEnvironment, added, changed, removed) -> set[str]:
    """A ledger is out of date as soon as any page is."""
    return ledgers_of(env) & env.found_docs if added or changed or removed else set()


def move_checks(doctree: nodes.document) -> list[Claim]:
    """Put each check of a page beside its equation; cells that show nothing else leave the text."""
    ran: dict[str, tuple[dict, nodes.Element]] = {}
    for output in list(doctree.findall(check_output)):
        record, bundle = output["record"], output.parent.parent
        outputs = bundle.parent
        outputs.remove(bundle)
        if record["label"] in ran:
            warn(f"the check of {record['label']!r} ran twice", outputs)
        elif record["kind"] not in KINDS:
            warn(f"the check of {record['label']!r} is of no kind: {record['kind']!r}", outputs)
        else:
            ran[record["label"]] = (record, outputs.parent)
    claims = []
    for block in list(doctree.findall(nodes.math_block)):
        label = block.get("label")
        if label in ran:
            record, cell = ran[label]
            claims.append(Claim(label, block.astext(), record["kind"], record["result"]))
            check = equation_check(kind=record["kind"], result=record["result"])
            check += [code.deepcopy() for code in cell.children[0].findall(nodes.literal_block)]
            whole = equation_block()
            block.replace_self(whole)
            whole += [block, check]
            if record["digest"] != digest(block.astext()):
                warn(f"the check of {label!r} read another equation than is printed", block)
        elif label:
            warn(f"the check of {label!r} did not run", block)
    for cell in {id(cell): cell for _, cell in ran.values()}.values():
        if not cell.children[-1].children:  # no other outputs
            cell.parent.remove(cell)
    return claims


def warn(message: str, node: nodes.Element) -> None:
    LOGGER.warning(message, location=place(node), type="book", subtype="check")


# --- the ledger


class ClaimsLedger(SphinxDirective):
    """`{claims-ledger}`: every labelled equation, where it stands and what its check found."""

    def run(self) -> list[nodes.Node]:
        ledgers_of(self.env).add(self.env.docname)
        ledger = claims_ledger()
        self.set_source_info(ledger)
        return [ledger]


class Kind(SphinxRole):
    """`{kind}`: in the ledger, a kind's tick and name, and how many equations it has."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        if self.text not in KINDS:
            LOGGER.warning(f"no kind of check: {self.text!r}", location=self.get_location())
            return [], []
        name = nodes.inline(self.rawtext, self.text, ids=[kind_id(self.text)])
        count = kind_count(kind=self.text)
        return [kind_mark(kind=self.text), nodes.Text(" "), name, nodes.Text(" "), count], []


def write_ledger(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Fill in what is known when all pages are read: the counts and the rows."""
    claims = claims_of(app.env)
    kinds = [claim.kind for page in claims.values() for claim in page]
    explained = set()
    for count in list(doctree.findall(kind_count)):
        explained.add(count["kind"])
        count.replace_self(nodes.inline("", str(kinds.count(count["kind"])), classes=["count"]))
    for ledger in list(doctree.findall(claims_ledger)):
        for kind in sorted(set(kinds) - explained):
            warn(f"the ledger does not say what {kind!r} means: add {{kind}}`{kind}`", ledger)
        pages = [page for page in sorted(claims) if claims[page]]
        ledger.replace_self([ledger_of_page(app, page, claims[page], docname) for page in pages])


def ledger_of_page(app: Sphinx, page: str, claims: list[Claim], ledger: str) -> nodes.section:
    """One page's part of the ledger: its title, and a list with an item for each equation."""
    env, math = app.env, app.env.get_domain("math")
    rows = nodes.bullet_list(classes=["claims"])
    for claim in claims:
        number = math.resolve_xref(env, ledger, app.builder, "eq", claim.label, None, None)
        found = nodes.inline("", f"{claim.kind}: {claim.result}" if claim.result else claim.kind)
        line = nodes.paragraph("", "", number, nodes.Text(" "), kind_mark(kind=claim.kind), found)
        equation = nodes.math_block("", claim.tex, number=None, nowrap=False)
        rows += nodes.list_item("", line, equation)
    title = nodes.Text(env.titles[page].astext())
    link = make_refnode(app.builder, ledger, page, "", title)
    return nodes.section("", nodes.title("", "", link), rows, ids=[nodes.make_id(f"claims {page}")])


# --- HTML


def visit_equation_block(writer: HTML5Translator, node: nodes.Element) -> None:
    writer.body.append('<div class="equation">')


def depart_equation_block(writer: HTML5Translator, node: nodes.Element) -> None:
    writer.body.append("</div>\n")


def visit_equation_check(writer: HTML5Translator, node: nodes.Element) -> None:
    number = katex.get_node_equation_number(writer, node.parent.children[0])
    name = escape(f"Check of equation {number}: {node['kind']}")
    kind = escape(node["kind"].capitalize())
    for ledger in sorted(ledgers_of(writer.builder.env))[:1]:  # says what the kind means
        address = writer.builder.get_relative_uri(writer.builder.current_docname, ledger)
        kind = f'<a href="{address}#{kind_id(node["kind"])}">{kind}</a>'
    result = f": {escape(node['result'])}" if node["result"] else ""
    writer.body.append(
        f'<details class="equation-check"><summary aria-label="{name}" title="{name}">'
        f"{tick(node['kind'])}</summary>\n<p>{kind}{result}</p>\n"
    )


def depart_equation_check(writer: HTML5Translator, node: nodes.Element) -> None:
    writer.body.append("</details>\n")


def visit_kind_mark(writer: HTML5Translator, node: nodes.Element) -> None:
    writer.body.append(tick(node["kind"]))
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict:
    app.add_node(equation_block, html=(visit_equation_block, depart_equation_block))
    app.add_node(equation_check, html=(visit_equation_check, depart_equation_check))
    app.add_node(kind_mark, html=(visit_kind_mark, None))
    app.add_env_collector(Claims)
    app.add_directive("claims-ledger", ClaimsLedger)
    app.add_role("kind", Kind())
    app.connect("config-inited", add_renderer)
    app.connect("env-get-outdated", outdated_ledgers)
    app.connect("doctree-resolved", write_ledger)
    return {"parallel_read_safe": True, "version": "1", "env_version": 1}
