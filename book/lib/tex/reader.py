r"""From TeX to its layout: atoms, groups, scripts, commands with arguments, tables of rows.

The layout is what KaTeX's parser sees too (a test compares the two); what it means is the business
of `grammar`. Spaces and sizes of brackets are left out. Every piece knows where it stands.
"""

import re
from dataclasses import dataclass, field


class TexError(Exception):
    """TeX that the reader or the grammar cannot read; `start` and `end` are its place."""

    def __init__(self, message: str, start: int, end: int):
        super().__init__(message)
        self.start, self.end = start, end


@dataclass(frozen=True)
class Token:
    """A command (`\\phi`), a number, a letter, or any other character."""

    kind: str  # "command", "number", "letter", "other"
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Piece:
    """A part of the layout, at tex[start:end]."""

    start: int = field(compare=False, kw_only=True)
    end: int = field(compare=False, kw_only=True)


@dataclass(frozen=True)
class Atom(Piece):
    """One letter, number, sign or command without arguments; brackets are atoms too."""

    text: str
    kind: str = "other"


@dataclass(frozen=True)
class Group(Piece):
    """`{…}`, or `\\left( … \\right)` with its brackets; "." is an invisible one."""

    items: tuple[Piece, ...]
    left: str = "{"
    right: str = "}"


@dataclass(frozen=True)
class Scripted(Piece):
    """A base with what stands below and above it, and its number of primes."""

    base: Piece | None
    sub: Piece | None
    sup: Piece | None
    primes: int = 0


@dataclass(frozen=True)
class Command(Piece):
    """A command with its arguments, such as `\\frac`; `words` is the text of a textual one."""

    name: str
    args: tuple[Piece, ...] = ()
    words: str = ""


@dataclass(frozen=True)
class Table(Piece):
    """An environment: its rows, each a tuple of cells, each a tuple of pieces."""

    name: str
    rows: tuple[tuple[tuple[Piece, ...], ...], ...]


ARGUMENTS = {
    **dict.fromkeys((r"\frac", r"\tfrac", r"\dfrac", r"\binom", r"\tbinom"), 2),
    **dict.fromkeys((r"\sqrt", r"\underbrace", r"\overbrace"), 1),
    **dict.fromkeys((r"\bar", r"\hat", r"\tilde", r"\overline", r"\vec"), 1),
    **dict.fromkeys((r"\mathcal", r"\mathbb", r"\mathbf", r"\mathsf", r"\boldsymbol"), 1),
}
WORDS = (r"\text", r"\textbf", r"\mathrm", r"\operatorname", r"\operatorname*")  # take words
SPACES = {
    *(r"\,", r"\;", r"\:", r"\!", r"\>", r"\ ", "~"),
    *(r"\quad", r"\qquad", r"\textstyle", r"\displaystyle", r"\limits", r"\nolimits"),
}
SIZES = re.compile(r"\\[bB]igg?[lrm]?$")
FENCES = {
    r"\lvert": "|", r"\rvert": "|", r"\vert": "|", r"\Vert": r"\|", r"\lVert": r"\|",
    r"\rVert": r"\|", r"\lbrack": "[", r"\rbrack": "]", r"\lbrace": r"\{", r"\rbrace": r"\}",
}  # fmt: skip
SIDED = {r"\lvert": "open", r"\lVert": "open", r"\rvert": "close", r"\rVert": "close"}

_TOKEN = re.compile(
    r"(?P<command>\\(?:operatorname\*|[a-zA-Z]+|.))|(?P<number>\d+(?:\.\d+)?(?:\{,\}\d{3})*)"
    r"|(?P<letter>[^\W\d_])|(?P<space>\s+|%[^\n]*\n)|(?P<other>.)",
    re.DOTALL,
)


def tokens(tex: str) -> list[Token]:
    """The tokens of `tex`, without spaces."""
    return [
        Token(match.lastgroup or "", match[0], match.start(), match.end())
        for match in _TOKEN.finditer(tex)
        if match.lastgroup != "space"
    ]


def layout(tex: str) -> tuple[Piece, ...]:
    """The pieces of `tex`; raises TexError with the place of what cannot be read."""
    reader = _Reader(tex)
    pieces = reader.pieces(())
    if reader.at < len(reader.tokens):
        token = reader.tokens[reader.at]
        raise TexError(f"{token.text} closes nothing", token.start, token.end)
    return pieces


class _Reader:
    def __init__(self, tex: str):
        self.tex = tex
        self.tokens = tokens(tex)
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    def next(self) -> Token:
        if self.at == len(self.tokens):
            raise TexError("the formula ends too early", max(len(self.tex) - 1, 0), len(self.tex))
        self.at += 1
        return self.tokens[self.at - 1]

    def pieces(self, stop: tuple[str, ...]) -> tuple[Piece, ...]:
        """Pieces up to one of the tokens `stop`, a closing brace or the end."""
        found = []
        while (text := self.peek()) and text not in (*stop, "}", r"\right", r"\end"):
            if text in SPACES:
                self.next()
                continue
            piece = self.scripted()
            if piece is not None:
                found.append(piece)
        return tuple(found)

    def scripted(self) -> Piece | None:
        """A piece with its scripts; None for an empty group without any."""
        start = self.tokens[self.at].start
        base = None if self.peek() in ("^", "_", "'") else self.piece()
        while self.peek() in (r"\limits", r"\nolimits"):
            self.next()
        sub = sup = None
        primes = 0
        while self.peek() in ("^", "_", "'"):
            mark = self.next()
            if mark.text == "'":
                primes += 1
            elif (mark.text == "_" and sub) or (mark.text == "^" and sup):
                raise TexError("two scripts at one place", mark.start, mark.end)
            elif mark.text == "_":
                sub = self.argument()
            else:
                sup = self.argument()
        if sub is None and sup is None and not primes:
            return None if isinstance(base, Group) and not base.items else base
        return Scripted(base, sub, sup, primes, start=start, end=self.tokens[self.at - 1].end)

    def argument(self) -> Piece:
        """The next piece without its scripts; of a number only the first digit, as TeX does."""
        while self.peek() in SPACES:
            self.next()
        if self.at < len(self.tokens) and self.tokens[self.at].kind == "number":
            token = self.tokens[self.at]
            if len(token.text) > 1:
                rest = Token("number", token.text[1:], token.start + 1, token.end)
                self.tokens[self.at : self.at + 1] = [
                    Token("number", token.text[0], token.start, token.start + 1),
                    rest,
                ]
        return self.piece()

    def piece(self) -> Piece:
        token = self.next()
        text, start = token.text, token.start
        if text == "{":
            items = self.pieces(())
            return Group(items, start=start, end=self.close("}", token).end)
        if text == r"\left":
            left = self.delimiter()
            items = self.pieces(())
            self.close(r"\right", token)
            right = self.delimiter()
            return Group(items, left.text, right.text, start=start, end=right.end)
        if text == r"\begin":
            return self.table(token)
        if SIZES.match(text):
            mark = self.delimiter()
            kind = {"l": "open", "r": "close"}.get(text[-1], mark.kind)
            return Atom(mark.text, kind, start=start, end=mark.end)
        if text in FENCES:
            return Atom(FENCES[text], SIDED.get(text, "other"), start=start, end=token.end)
        if text in WORDS:
            return self.words(token)
        if text in ARGUMENTS:
            args = tuple(self.argument() for _ in range(ARGUMENTS[text]))
            return Command(text, args, start=start, end=args[-1].end)
        if text in ("}", "^", "_", r"\right", r"\end"):
            raise TexError(f"{text} stands where a part should", start, token.end)
        return Atom(text, token.kind, start=start, end=token.end)

    def close(self, wanted: str, opened: Token) -> Token:
        if self.peek() != wanted:
            raise TexError(f"{opened.text} is never closed", opened.start, opened.end)
        return self.next()

    def delimiter(self) -> Atom:
        token = self.next()
        text = FENCES.get(token.text, token.text)
        kind = SIDED.get(token.text, "other")
        return Atom(text, kind, start=token.start, end=token.end)

    def words(self, token: Token) -> Command:
        """`\\text{…}` and its like: the words as written, or a single letter."""
        while self.peek() in SPACES:
            self.next()
        first = self.next()
        if first.text != "{":
            return Command(token.text, (), first.text, start=token.start, end=first.end)
        depth = 1
        while depth:
            last = self.next()
            depth += {"{": 1, "}": -1}.get(last.text, 0)
        words = re.sub(r"\\[,;:! ]|\s+", " ", self.tex[first.end : last.start]).strip()
        return Command(token.text, (), words, start=token.start, end=last.end)

    def table(self, token: Token) -> Table:
        name = self.environment()
        rows = []
        while True:
            cells = [self.pieces(("&", r"\\"))]
            while self.peek() == "&":
                self.next()
                cells.append(self.pieces(("&", r"\\")))
            rows.append(tuple(cells))
            if self.peek() != r"\\":
                break
            end = self.next().end
            if self.peek() == "[" and self.tokens[self.at].start == end:  # a gap, as in \\[0.4em]
                while self.next().text != "]":
                    pass
        self.close(r"\end", token)
        if (ended := self.environment()) != name:
            raise TexError(f"{name} is ended as {ended}", token.start, token.end)
        return Table(name, tuple(rows), start=token.start, end=self.tokens[self.at - 1].end)

    def environment(self) -> str:
        self.close("{", self.tokens[self.at - 1])
        name = ""
        while self.peek() != "}":
            name += self.next().text
        self.next()
        return name
