"""Reading a chapter's source: code cells, labelled equations, quotes, and where each stands."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig

sys.path.append(str(Path(__file__).parents[1]))  # what kernels import as lib
from lib.tex.displays import canonical, displays, prose

CHECKS = "checks:"
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
    def checked_labels(self) -> tuple[str, ...]:
        return tuple(tag[len(CHECKS) :] for tag in self.tags if tag.startswith(CHECKS))

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
    """One `equation(label, (tex, value), …)` call of a code cell."""

    label: str
    sides: tuple[str, ...]
    cell: CodeCell
    line: int

    @property
    def tex(self) -> str:
        return " ".join(self.sides)


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
    """The `equation` calls of a cell, with literal TeX; raises SyntaxError as Python does."""
    # IPython's magics are not Python: blank them out.
    source = re.sub(r"^[ \t]*[%!].*$", "", cell.source, flags=re.MULTILINE)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "equation":
            try:
                label = ast.literal_eval(node.args[0])
                sides = tuple(ast.literal_eval(side.elts[0]) for side in node.args[1:])
            except (ValueError, AttributeError, IndexError):
                label, sides = ast.unparse(node)[:60], ()
            yield Check(label, sides, cell, cell.first + node.lineno - 1)


def same_tex(printed: str, checked: str) -> bool:
    """Whether two pieces of TeX are the same up to layout: spaces, alignment, a full stop."""
    return canonical(printed) == canonical(checked)
