"""Reading a chapter's source: code cells, equations, checks, quotes, and where each stands."""

import ast
import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from docutils import nodes
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig

sys.path.append(str(Path(__file__).parents[1]))  # what kernels import as lib
from lib.tex.displays import digest as digest  # for the other extensions
from lib.tex.displays import displays, prose

PARSER = MdParserConfig(enable_extensions={"dollarmath", "colon_fence"})


@dataclass(frozen=True)
class CodeCell:
    """A code cell; `line` is the line of its opening fence, `first` that of its code, from 1."""

    source: str
    tags: tuple[str, ...]
    metadata: dict
    line: int
    first: int

    @property
    def caption(self) -> str:
        """The caption of its figure, "" if it has none."""
        return self.metadata.get("mystnb", {}).get("figure", {}).get("caption") or ""


@dataclass(frozen=True)
class Equation:
    """A labelled equation as printed; `line` counts from 1."""

    label: str
    tex: str
    line: int


@dataclass(frozen=True)
class Check:
    """One `holds(label, …)` call of a code cell; the label is "" if it is not a literal string."""

    label: str
    line: int


@dataclass(frozen=True)
class Quote:
    """One `{quoted}` role: the text shown, its source (a key of the bibliography), the place there.

    Source and place are "" where the role names none.
    """

    text: str
    source: str
    place: str
    line: int


@dataclass(frozen=True)
class Chapter:
    """What the book's checks need to know of one source file."""

    path: Path
    notebook: nbformat.NotebookNode
    cells: tuple[CodeCell, ...]
    equations: tuple[Equation, ...]
    quotes: tuple[Quote, ...]

    def where(self, line: int) -> str:
        return f"{self.path}:{line}"


def read_chapter(path: Path, text: str | None = None) -> Chapter:
    """Read `path` (or `text` in its stead) with the parser that the build uses."""
    text = path.read_text(encoding="utf8") if text is None else text
    notebook = read_myst_markdown_notebook(text, PARSER, add_source_map=True)
    lines = text.splitlines()
    cells = []
    for cell, line in zip(notebook.cells, notebook.metadata["source_map"], strict=True):
        if cell.cell_type == "code":
            opening = cell.source.split("\n", 1)[0]
            # Behind the cell's options; an empty cell has no line of its own.
            first = lines.index(opening, line) + 1 if opening else line + 1
            tags = tuple(cell.metadata.get("tags", ()))
            cells.append(CodeCell(cell.source, tags, dict(cell.metadata), line, first))
    words = prose(text)
    quotes = list(_quotes(words, 1))
    for cell in cells:
        quotes += _quotes(cell.caption, cell.line)
    return Chapter(path, notebook, tuple(cells), tuple(_equations(words)), tuple(quotes))


def displays_digest(*texts: str) -> str:
    """A hash of all displays of some pages and their labels: of all that checks read there."""
    printed = [(one.label, one.tex) for text in texts for one in displays(prose(text))]
    return hashlib.sha256(repr(printed).encode()).hexdigest()[:16]


def _equations(words: str) -> Iterator[Equation]:
    for display in displays(words):
        if display.label:
            yield Equation(display.label, display.tex, display.line)


_QUOTED = re.compile(r"(?<!`)\{quoted\}`(?P<role>[^`]*)`")


def _quotes(text: str, first: int) -> Iterator[Quote]:
    """The `{quoted}` roles of `text`, whose first line has the number `first`."""
    for match in _QUOTED.finditer(text):
        line = first + text.count("\n", 0, match.start())
        yield Quote(*quote_parts(match["role"]), line)


def quote_parts(role: str) -> tuple[str, str, str]:
    """`text <source, place>` as text, source and place; without the brackets they are ""."""
    parts = re.fullmatch(r"(.*?)\s*<\s*([^,<>]+?)\s*,\s*([^<>]+?)\s*>\s*", role, re.DOTALL)
    return parts.groups() if parts else (role.strip(), "", "")


def checks(cell: CodeCell) -> Iterator[Check]:
    """The `holds` calls of a cell, in their order; raises SyntaxError as Python does."""
    # IPython's magics are not Python: blank them out.
    source = re.sub(r"^[ \t]*[%!].*$", "", cell.source, flags=re.MULTILINE)
    calls = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "holds"
    ]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        label = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else ""
        yield Check(label if isinstance(label, str) else "", cell.first + call.lineno - 1)


def place(node: nodes.Node) -> str:
    """`file:line` of the innermost node around `node` that knows both; inline nodes often don't."""
    while node.parent is not None and not (node.source and node.line):
        node = node.parent
    return f"{node.source}:{node.line}"
