r"""Small edits of a printed formula, each of which should make its check fail.

`mutants(tex, names)` works on the tree of the formula, whose nodes know their places, and on its
tokens, for what the tree leaves out. Most mutants are false; those that are not stand, with the
reason, in `true_mutants.toml`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise

from lib.tex import grammar, tree
from lib.tex.displays import canonical
from lib.tex.keys import GREEK
from lib.tex.reader import SPACES, TexError, Token, tokens


@dataclass(frozen=True)
class Mutant:
    """An edit of one kind ("sign", "index", …) and the whole TeX after it."""

    kind: str
    tex: str


# Symbols that somebody might mistake for each other, besides all that one formula holds.
MISTAKEN = {
    "D": "MN", "M": "DN", "N": "MD", "d": "DM", "C": "N", "P": "N", "R": "N",
    "i": "j", "j": "i", "l": "j", "r": "j", "q": "k", "k": "q", "Q": "K", "K": "QV", "V": "K",
    "a": "b", "b": "a", "p": "n", "n": "p", "S": "Z", "Z": "S", "s": "t", "t": "s",
}  # fmt: skip
FUNCTIONS = {
    r"\sin": [r"\cos", r"\sinh"], r"\cos": [r"\sin", r"\cosh"], r"\exp": [r"\log", r"\cosh"],
    r"\log": [r"\exp"], r"\cosh": [r"\sinh", r"\exp", r"\cos"], r"\max": [r"\min"],
    r"\min": [r"\max"], r"\lfloor": [r"\lceil"], r"\lceil": [r"\lfloor"], r"\rfloor": [r"\rceil"],
    r"\rceil": [r"\rfloor"], r"\sum": [r"\prod"], r"\prod": [r"\sum"], r"\le": [r"\ge"],
    r"\ge": [r"\le"], "<": [">"], ">": ["<"], r"\ne": ["="], r"\infty": ["1"],
}  # fmt: skip
MATRICES = set("QKVASZEWXGBR")
# A similarity, the Gaussian kernel and extremes do not mind the order of their arguments.
SYMMETRIC = (
    *map(tree.Name, ["sim", r"\mathcal{K}_{\sigma}"]),
    *map(tree.Builtin, ["max", "min"]),
)
BLANK = (*SPACES, "&", r"\\")


def mutants(tex: str, names: Mapping[str, str]) -> list[Mutant]:
    """All edits of a display, read with `names`, that leave it readable and change its reading."""
    before = grammar.parse(tex, names)
    found: dict[str, Mutant] = {}
    for one in (*_of_tree(tex, before), *_of_tokens(tex)):
        form = canonical(one.tex)
        if form in found or form == canonical(tex):
            continue
        try:
            after = grammar.parse(one.tex, names)
        except TexError:
            continue
        if _shape(after) != _shape(before) and not _endless(after):
            found[form] = one
    return list(found.values())


def _endless(statement: tree.Statement) -> bool:
    """Whether a sum has lost its end, which the arrays then say: incomplete, not false."""
    return any(
        isinstance(one, tree.Big) and one.low is not None and one.high is None
        for one in statement.walk()
    )


def _shape(node: object) -> object:
    """A tree without the brackets that change nothing."""
    if isinstance(node, tree.Braced):
        return _shape(node.base)
    if isinstance(node, tree.Node):
        return type(node).__name__, *(
            _shape(getattr(node, one.name)) for one in fields(node) if one.compare
        )
    return tuple(map(_shape, node)) if isinstance(node, tuple) else node


# --- edits of the tree


def _of_tree(tex: str, statement: tree.Statement) -> Iterator[Mutant]:
    def edit(kind: str, node: tree.Node, text: str) -> Mutant:
        return Mutant(kind, f"{tex[: node.start]} {text} {tex[node.end :]}")

    def source(node: tree.Node) -> str:
        return tex[node.start : node.end]

    for node in statement.walk():
        if node.end <= node.start:
            continue
        match node:
            case tree.Chain(sides=sides) if len(sides) > 1 and tree.Number("0") not in sides:
                for side in sides:
                    yield edit("side", side, f"2 ({laid_flat(source(side))})")
                    yield edit("side", side, f"-({laid_flat(source(side))})")
            case tree.Add(terms=terms):
                for place, term in enumerate(terms):
                    rest = terms[1:] if place == 0 else terms
                    if place == 0 and not isinstance(rest[0], tree.Negative):
                        yield Mutant(
                            "term", tex[: term.start] + " " + tex[_after_plus(tex, term, rest[0]) :]
                        )
                    else:
                        yield edit("term", term, "+0" if isinstance(term, tree.Negative) else "0")
            case tree.Product(factors=factors):
                for factor in factors:
                    yield edit("factor", factor, " ")
                for one, two in pairwise(factors):
                    if _is_column(one) or _is_column(two):
                        between = tex[one.end : two.start]
                        swapped = f"{source(two)} {between} {source(one)}"
                        yield Mutant("order", f"{tex[: one.start]} {swapped} {tex[two.end :]}")
                for factor in factors:
                    yield edit("square", factor, f"({source(factor)})^2")
            case tree.Quotient(above=above, below=below, slash=slash):
                swapped = (
                    f"{source(below)} / {source(above)}"
                    if slash
                    else _fraction(below, above, source)
                )
                yield edit("inverted", node, swapped)
                yield edit("denominator", node, f"({source(above)})")
                yield edit(
                    "numerator",
                    node,
                    f"1/({source(below)})" if slash else f"\\frac{{1}}{{{source(below)}}}",
                )
            case tree.Power(exponent=exponent) if exponent.end > exponent.start:
                yield edit("exponent", exponent, f"{{{source(exponent)}+1}}")
            case tree.Root(base=base):
                yield edit("root", node, f"({source(base)})")
            case tree.Norm(base=base) | tree.Hinge(base=base) | tree.Absolute(base=base):
                yield edit("norm", node, f"({source(base)})")
            case tree.Rounded(base=base):
                yield edit("rounding", node, f"({source(base)})")
            case tree.Negative(base=base):
                yield edit(
                    "sign", node, f"+{source(base)}" if _is_binary(tex, node) else source(base)
                )
            case tree.Big(low=low, high=high, body=body):
                for bound in filter(None, (low, high)):
                    if not isinstance(bound, tree.Infinity):
                        yield edit("limit", bound, f"{{{source(bound)}+1}}")
                        yield edit("limit", bound, f"{{{source(bound)}-1}}")
                yield edit("sum", node, source(body))
            case tree.Mean(body=body, which=which) if which != "Pr":
                yield edit("mean", node, f"({source(body)})")
                other = r"\mathbb E" if which == "Var" else r"\operatorname{Var}"
                yield edit("mean", node, rf"{other}\left[{source(body)}\right]")
            case tree.Entrywise(left=left, right=right):
                yield edit("entrywise", node, f"{source(left)} {source(right)}")
            case tree.Call(args=args) if args:
                for argument in args:
                    if argument == tree.Number("0"):
                        continue
                    yield edit("argument", argument, f"-({source(argument)})")
                    yield edit("argument", argument, f"2 ({source(argument)})")
                if len(args) == 2 and node.function not in SYMMETRIC:
                    one, two = args
                    yield Mutant("order", tex[: one.start] + source(two) + tex[one.end : two.start]
                                 + source(one) + tex[two.end :])  # fmt: skip
            case tree.Index(indices=indices):
                if len(indices) == 2 and all(i.end > i.start for i in indices):
                    one, two = indices
                    if one != two and one.end <= two.start:
                        swapped = source(two) + tex[one.end : two.start] + source(one)
                        yield Mutant("index", tex[: one.start] + swapped + tex[two.end :])
                for index in indices:
                    if not isinstance(index, tree.Range):
                        yield edit("index", index, f"{{{source(index)}-1}}")
                        yield edit("index", index, f"{{{source(index)}+1}}")
            case tree.Binomial(above=above, below=below):
                yield edit("binomial", node, rf"\binom{{{source(below)}}}{{{source(above)}}}")
            case tree.Cases(values=values):
                for value in values:
                    yield edit("case", value, f"2 ({source(value)})")
            case tree.Limit(target=target):
                other = "0" if isinstance(target, tree.Infinity) else r"\infty"
                yield edit("limit", target, other)


def _is_column(node: tree.Node) -> bool:
    """A transposed part, or a bracket that holds one: numbers may change places, these may not."""
    while isinstance(node, tree.Braced):
        node = node.base
    parts = node.factors if isinstance(node, tree.Product) else (node,)
    return any(isinstance(one, tree.Transpose) for one in parts)


def laid_flat(text: str) -> str:
    """TeX of one line, for text that may hold line breaks of an aligned display."""
    return re.sub(r"\\\\(\[[^]]*\])?|&", " ", text)


def _after_plus(tex: str, term: tree.Node, following: tree.Node) -> int:
    plus = tex.find("+", term.end, following.start)
    return plus + 1 if plus >= 0 else following.start


def _fraction(above: tree.Node, below: tree.Node, source) -> str:
    return rf"\frac{{{source(above)}}}{{{source(below)}}}"


def _is_binary(tex: str, node: tree.Node) -> bool:
    before = re.sub(r"[\s&]|\\quad|\\[,;:!\\]", "", tex[: node.start])
    return bool(before) and before[-1] not in "({[=<>,"


# --- edits of tokens


def _of_tokens(tex: str) -> Iterator[Mutant]:
    every = [one for one in tokens(tex) if one.text not in BLANK]
    letters = sorted({one.text for one in every if _is_symbol(one) and not _in_words(tex, one)})
    for place, one in enumerate(every):
        before = every[place - 1].text if place else ""

        def put(kind: str, text: str, one: Token = one) -> Mutant:
            gap = " " if re.match(r"\\[a-zA-Z]+$", text) else ""
            return Mutant(kind, tex[: one.start] + text + gap + tex[one.end :])

        if one.text == "+":
            yield put("sign", "-")
        elif one.text == "-":
            yield put("sign", "+")
        elif one.kind == "number" and before not in (r"\begin", r"\end"):
            yield from (put("number", other) for other in _other_numbers(one.text))
        elif one.text in FUNCTIONS:
            yield from (put("function", other) for other in FUNCTIONS[one.text])
        elif _is_symbol(one) and not _in_words(tex, one):
            same = [other for other in letters if other != one.text and _alike(other, one.text)]
            for other in dict.fromkeys((*MISTAKEN.get(one.text, ""), *same)):
                yield put("symbol", other)
            if one.kind == "letter" and before in ("+", "-", "=", "(", r"\frac", "}"):
                yield put("number", f"2{one.text}")
    yield from _brackets(tex, every)
    yield from _scripts(tex, every)


def _other_numbers(text: str) -> list[str]:
    if "." in text:
        return [text + "1", "0.5" if text != "0.5" else "0.4"]
    number = int(text.replace("{,}", ""))
    return [
        str(other) for other in (number + 1, number - 1, 2 * number) if other not in (number, -1)
    ]


def _is_symbol(one: Token) -> bool:
    return one.kind == "letter" or one.text in GREEK


def _alike(one: str, other: str) -> bool:
    """Both Greek, both capital, or both small."""
    return (one[0] == "\\") == (other[0] == "\\") and one[-1:].isupper() == other[-1:].isupper()


WORDS = re.compile(
    r"\\(?:text|textbf|mathrm|operatorname\*?|begin|end)\s*\{[^{}]*\}|\\(?:mathcal|mathbb|mathbf)\s*\w"
    r"|\\\\\[[^]]*\]"
)


def _in_words(tex: str, one: Token) -> bool:
    return any(m.start() <= one.start < m.end() for m in WORDS.finditer(tex))


OPEN = {"(": ")", "[": "]"}


def _brackets(tex: str, every: list[Token]) -> Iterator[Mutant]:
    """Round brackets dropped, or the closing one moved by one symbol."""
    waiting: list[int] = []
    sizes = re.compile(r"\\(left|right|[bB]igg?[lrm]?)$")
    for place, one in enumerate(every):
        if one.text == "(":
            waiting.append(place)
        elif one.text == ")" and waiting:
            opened = waiting.pop()
            first, last = (
                every[at - 1].start if at and sizes.match(every[at - 1].text) else every[at].start
                for at in (opened, place)
            )
            inside = tex[every[opened].end : last]
            yield Mutant("bracket", f"{tex[:first]} {inside} {tex[one.end :]}")
            closing = tex[last : one.end]
            if place + 1 < len(every) and every[place + 1].text not in ("}", ")", "^", "_", ","):
                following = every[place + 1]
                moved = tex[one.end : following.end] + closing
                yield Mutant("bracket", tex[:last] + " " + moved + " " + tex[following.end :])
            final = every[place - 1]
            if sizes.match(final.text):
                final = every[place - 2]
            if final.kind in ("letter", "number") and final.start > every[opened].end:
                kept = tex[every[opened].end : final.start]
                yield Mutant("bracket", f"{tex[: every[opened].end]}{kept}{closing}"
                             f"{tex[final.start : final.end]}{tex[one.end :]}")  # fmt: skip


def _scripts(tex: str, every: list[Token]) -> Iterator[Mutant]:
    """A script or a prime dropped, an exponent doubled or turned, a transpose dropped or added."""
    for place, (one, two) in enumerate(pairwise(every)):
        if one.text in ("_", "^"):
            end = _end_of_script(every, place + 1)
            inside = tex[two.start : end]
            kind = (
                "index" if one.text == "_" else "transpose" if two.text == r"\top" else "exponent"
            )
            if WORDS.match(inside.strip("{}")):
                continue
            yield Mutant(kind, f"{tex[: one.start]} {tex[end:]}")
            if kind == "exponent":
                yield Mutant(kind, f"{tex[: two.start]}{{-{inside}}}{tex[end:]}")
                yield Mutant(kind, f"{tex[: two.start]}{{2{inside}}}{tex[end:]}")
        elif two.text == "'":
            yield Mutant("prime", f"{tex[: two.start]} {tex[two.end :]}")
        elif one.text in MATRICES and two.text not in ("^", "_", "'") and not _in_words(tex, one):
            yield Mutant("transpose", rf"{tex[: one.end]}^\top {tex[one.end :]}")


def _end_of_script(every: list[Token], place: int) -> int:
    """Where the script that begins with token number `place` ends."""
    if every[place].text in (r"\text", r"\mathrm"):
        place += 1
    if every[place].text != "{":
        # Of a number TeX takes the first digit only.
        one = every[place]
        return one.start + 1 if one.kind == "number" else one.end
    depth = 0
    while True:
        depth += {"{": 1, "}": -1}.get(every[place].text, 0)
        if not depth:
            return every[place].end
        place += 1
