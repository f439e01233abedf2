r"""What a page defines: which symbols its displays introduce, and how each is read.

A part `symbol = …` of a display defines the symbol: `\phi(x) = …`, `S_i = …`, `\sigma^2 = …`.
A law such as `w\sim\mathcal N(0,\sigma^2I)` says how a symbol is drawn.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from lib.tex import grammar, keys, tree
from lib.tex.displays import Display, displays, prose
from lib.tex.keys import key, text_of, words_of
from lib.tex.reader import Atom, Command, Group, Piece, Scripted, TexError, layout

FUNCTION_LETTERS = {"f", "g", "h", r"\phi", r"\psi"}


@dataclass(frozen=True, eq=False)
class Source:
    """TeX and where it stands: that of a display, or a statement that a check makes."""

    tex: str
    where: str = ""
    line: int = 0
    label: str | None = None

    def place(self, start: int) -> str:
        """`book/NN_slug.md:LINE` of a place in the TeX."""
        return f"{self.where}:{self.line + self.tex.count(chr(10), 0, start)}"

    def quote(self, node: tree.Node) -> str:
        """The TeX of a part, on one line."""
        return " ".join(self.tex[node.start : node.end].split())


class Problem(Exception):
    """A part that has no value; `node` is the part and `source` the TeX that it stands in."""

    def __init__(self, message: str, node: tree.Node, source: Source):
        super().__init__(message)
        self.node, self.source = node, source


@dataclass(frozen=True, eq=False)
class Definition:
    r"""`key_{indices}(args)_{entry} = body`, or a power of the key if `power` is not None.

    A Name among indices and args stands for whatever comes; any other node must be met exactly.
    """

    key: str
    indices: tuple[tree.Node, ...]
    args: tuple[tree.Node, ...] | None
    entry: tuple[tree.Node, ...]
    power: tree.Node | None
    body: tree.Node
    source: Source


@dataclass(frozen=True, eq=False)
class Law:
    r"""`key ~ N(mean, variance)`; the variance is a number times I for a vector."""

    key: str
    mean: tree.Node
    variance: tree.Node
    source: Source


@dataclass(eq=False)
class Reading:
    """A display as read with certain names: its statement and what it defines besides."""

    source: Source
    statement: tree.Statement
    names: Mapping[str, str]


def read(source: Source, names: Mapping[str, str]) -> Reading:
    """Read TeX with `names` and those that it defines itself; raises TexError."""
    own = {one: kind for one, kind in introduced(source.tex) if one not in names}
    return Reading(source, grammar.parse(source.tex, {**own, **names}), {**own, **names})


def introduced(tex: str) -> Iterator[tuple[str, str]]:
    """The keys of the symbols on the left of `=` in a display, and whether each is a function."""
    part: list[Piece] = []
    before_relation = True
    for piece in (*keys.flatten(layout(tex)), None):
        mark = text_of(piece) if piece is not None else ","
        ends = mark in (",", ";", ".", ":") or (words_of(piece) is not None and part)
        if ends and _depth(part) == 0:
            part, before_relation = [], True
        elif mark in keys.RELATIONS and before_relation:
            before_relation = False
            if mark == "=":
                yield from _head(part)
        elif piece is not None and words_of(piece) not in keys.CONNECTIVES:
            part.append(piece)
    for piece in keys.flatten(layout(tex)):
        if key(keys.bare(piece)) in FUNCTION_LETTERS:
            yield from _parameters(tex)
            return


def _depth(part: list[Piece]) -> int:
    marks = [text_of(piece) for piece in part]
    return sum(mark in ("(", "[") for mark in marks) - sum(mark in (")", "]") for mark in marks)


def _head(part: list[Piece]) -> Iterator[tuple[str, str]]:
    if not part or r"\mid" in map(text_of, part):
        return
    name, rest = part[0], part[1:]
    base = keys.bare(name)
    if not isinstance(base, Atom | Command) or (
        isinstance(base, Atom) and base.kind not in ("letter", "command")
    ):
        return
    if text_of(base) in (*keys.CLOSING, *keys.BIG, *keys.FUNCTIONS, r"\lim", r"\nabla"):
        return
    if isinstance(base, Command) and base.name in (r"\frac", r"\sqrt", r"\binom"):
        return
    if key(base) in keys.MEANS or (base == name and key(base) == "e"):
        return
    if isinstance(name, Scripted):
        kept = (
            name.sub if keys.marks(name.sub, below=True) else None,
            name.sup if keys.marks(name.sup) else None,
        )
        symbol = keys.scripted_key(name, *kept)
    else:
        symbol = key(name)
    if not rest:
        yield symbol, "value"
        return
    group = isinstance(keys.bare(rest[0]), Group) and len(rest) == 1
    marks = text_of(rest[0]), text_of(rest[-1])
    if group or (marks == ("(", ")") and _depth(rest[:-1]) == 1):
        yield symbol, "function"


def _parameters(tex: str) -> Iterator[tuple[str, str]]:
    """Letters for functions that are parameters of what is defined, as in MSE(f) = … f(q) …"""
    pieces = keys.flatten(layout(tex))
    marks = [text_of(piece) for piece in pieces]
    if len(pieces) < 4 or marks[1] != "(" or "=" not in marks or ")" not in marks:
        return
    for piece in pieces[2 : marks.index(")")]:
        if key(piece) in FUNCTION_LETTERS:
            yield key(piece), "function"


def definition(chain: tree.Chain, source: Source) -> Definition | None:
    """What a chain defines, if its left side is a symbol, indexed, called or to a power."""
    if len(chain.sides) < 2 or chain.relations[0] != "=":
        return None
    left, body = chain.sides[:2]
    power, args = None, None
    entry: tuple[tree.Node, ...] = ()
    indices: tuple[tree.Node, ...] = ()
    if isinstance(left, tree.Power) and isinstance(left.exponent, tree.Number):
        power, left = left.exponent, left.base
    if isinstance(left, tree.Index) and isinstance(left.base, tree.Call):
        entry, left = left.indices, left.base
    if isinstance(left, tree.Call):
        args, left = left.args, left.function
    if isinstance(left, tree.Index):
        indices, left = left.indices, left.base
    letters = (*indices, *(args or ()), *entry)
    names = [one.key for one in letters if isinstance(one, tree.Name)]
    if not isinstance(left, tree.Name) or not all(
        isinstance(one, tree.Name | tree.Number) for one in letters
    ):
        return None
    if len(names) > len(set(names)):  # f(k, k) = … says nothing of f
        return None
    if any(name.startswith((r"\phi", r"\psi")) for name in names):  # of these features alone
        return None
    return Definition(left.key, indices, args, entry, power, body, source)


def law(chain: tree.Chain, source: Source) -> Law | None:
    """The law that a chain prints; None for another relation, TexError for another law."""
    if chain.relations != ("sim",):
        return None
    left, right = chain.sides
    if isinstance(left, tree.Index):
        left = left.base
    if not (
        isinstance(left, tree.Name)
        and isinstance(right, tree.Call)
        and right.function == tree.Name(r"\mathcal{N}")
        and len(right.args) == 2
    ):
        raise TexError("only a law N(mean, variance) of a symbol is read", chain.start, chain.end)
    return Law(left.key, *right.args, source)


@dataclass(eq=False)
class Page:
    """A page's displays in their order, for looking up what defines a symbol."""

    where: str
    text: str
    readings: dict = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, path: Path) -> "Page":
        """The page in a file."""
        return cls(f"{path.parent.name}/{path.name}", path.read_text(encoding="utf8"))

    @cached_property
    def displays(self) -> tuple[Display, ...]:
        """All displays of the page."""
        return tuple(displays(prose(self.text)))

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """The TeX of each display, with its place."""
        return tuple(Source(one.tex, self.where, one.first, one.label) for one in self.displays)

    @cached_property
    def introduced(self) -> tuple[dict[str, str], ...]:
        """What each display introduces (see `introduced`); nothing where it can't be read."""
        found = []
        for source in self.sources:
            try:
                found.append(dict(introduced(source.tex)))
            except TexError:
                found.append({})
        return tuple(found)

    def position(self, label: str) -> int:
        """The number of the display with that label; raises LookupError."""
        for number, display in enumerate(self.displays):
            if display.label == label:
                return number
        raise LookupError(f"no equation {label!r} on {self.where}")

    def around(self, position: int) -> list[int]:
        """The other displays: those before from the nearest on, then those after."""
        return [*range(position - 1, -1, -1), *range(position + 1, len(self.displays))]

    def reading(self, position: int, names: Mapping[str, str]) -> Reading | None:
        """A display as read with `names`; None if it can't be read with them."""
        known = (position, tuple(sorted(names.items())))
        if known not in self.readings:
            try:
                self.readings[known] = read(self.sources[position], names)
            except TexError:
                self.readings[known] = None
        return self.readings[known]
