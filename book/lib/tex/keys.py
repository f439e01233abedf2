"""Names of symbols in canonical form, and the marks that the grammar knows."""

import re

from lib.tex.reader import Atom, Command, Group, Piece, Scripted, Table, layout

RELATIONS = {
    "=": "=", "<": "<", ">": ">", r"\le": "le", r"\leq": "le", r"\ge": "ge", r"\geq": "ge",
    r"\ne": "ne", r"\neq": "ne", r"\approx": "approx", r"\in": "in", r"\sim": "sim", r"\to": "to",
}  # fmt: skip
FUNCTIONS = {
    **{rf"\{name}": name for name in ("exp", "log", "ln", "sin", "cos", "tan", "cosh", "sinh")},
    **{rf"\{name}": name for name in ("tanh", "arccos", "max", "min")},
    **{name: name for name in ("softmax", "tril", "tr", "diag")},
}
MEANS = {r"\mathbb{E}": "E", "Var": "Var", r"\Pr": "Pr"}
BIG = {r"\sum": "sum", r"\prod": "prod"}
CONNECTIVES = {"with", "where", "and", "for", "if"}
CLAIMS = re.compile(r"(for|while|when|if)\b")
CLOSING = {
    "(": ")", "[": "]", r"\{": r"\}", r"\langle": r"\rangle", r"\lfloor": r"\rfloor",
    r"\lceil": r"\rceil", "|": "|", r"\|": r"\|",
}  # fmt: skip
TEXTUAL = (r"\text", r"\mathrm", r"\operatorname", r"\operatorname*", r"\textbf")
NAME_MARKS = {"+", "-", r"\pm", r"\perp", r"\Delta", r"\ast", "*"}  # scripts that belong to a name
_GREEK = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho "
    "sigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
)
GREEK = {rf"\{name}" for name in _GREEK.split()}
VARIANTS = {r"\varepsilon": r"\epsilon", r"\varphi": r"\phi", r"\vartheta": r"\theta"}
DOTS = (r"\dots", r"\cdots", r"\ldots")


def key(pieces: tuple[Piece, ...] | Piece | None) -> str:
    r"""The canonical form of a symbol: `D_\text{random}` and `D_{\mathrm{random}}` are one."""
    if isinstance(pieces, tuple):
        return "".join(map(key, pieces))
    if isinstance(pieces, Atom):
        return VARIANTS.get(pieces.text, pieces.text)
    if isinstance(pieces, Group):
        inside = key(pieces.items)
        return inside if pieces.left == "{" else pieces.left + inside + pieces.right
    if isinstance(pieces, Command):
        if pieces.name in TEXTUAL:
            if pieces.name == r"\mathrm" and len(pieces.words) == 1:
                return rf"\mathrm{{{pieces.words}}}"
            return re.sub(r"\\,|\s+", " ", pieces.words)
        return pieces.name + "".join(f"{{{key(argument)}}}" for argument in pieces.args)
    if isinstance(pieces, Scripted):
        return scripted_key(pieces, pieces.sub, pieces.sup)
    if pieces is None:  # the display ends where a factor should stand
        return ""
    assert isinstance(pieces, Table)
    return rf"\begin{{{pieces.name}}}"


def scripted_key(piece: Scripted, sub: Piece | None, sup: Piece | None) -> str:
    """The key of a piece's base with these scripts instead of its own."""
    below = f"_{{{key(sub)}}}" if sub else ""
    above = f"^{{{key(sup)}}}" if sup else ""
    base = key(piece.base) if piece.base else ""
    return base + "'" * piece.primes + below + above


def name_key(tex: str) -> str:
    """The key of a symbol as a check writes it; words stand for themselves."""
    return key(layout(tex)) if re.search(r"[\\_^{}']", tex) else tex


def identifier_key(name: str) -> str:
    r"""The key that a Python name stands for: `phi`: `\phi`, `D_random`: `D_\text{random}`."""
    base, _, sub = name.rstrip("_").partition("_")
    base = rf"\{base}" if rf"\{base}" in (*GREEK, r"\ell") else base
    sub = rf"\{sub}" if rf"\{sub}" in GREEK else sub
    return f"{base}_{{{sub}}}" if sub else base


def key_of(name: str) -> str:
    """The key of a symbol written as Python or as TeX does."""
    return identifier_key(name) if name.isidentifier() else name_key(name)


def flatten(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """The pieces of rows laid out in an `aligned` one after the other."""
    found = []
    for piece in pieces:
        if isinstance(piece, Table) and piece.name in ("aligned", "split", "gathered"):
            found += [one for row in piece.rows for cell in row for one in flatten(cell)]
        else:
            found.append(piece)
    return tuple(found)


def bare(piece: Piece | None) -> Piece | None:
    """The piece without its scripts."""
    return piece.base if isinstance(piece, Scripted) else piece


def text_of(piece: Piece | None) -> str:
    """What a mark, a command or a one-symbol group is, without scripts."""
    piece = bare(piece)
    if isinstance(piece, Atom):
        return piece.text
    return piece.name if isinstance(piece, Command) else ""


def words_of(piece: Piece | None) -> str | None:
    r"""The words of a `\text{…}`, None for any other piece."""
    piece = bare(piece)
    return piece.words if isinstance(piece, Command) and piece.name == r"\text" else None


def marks(script: Piece | None, below: bool = False) -> bool:
    """Whether a script is a mark or a word, or below a Greek letter: these belong to a name."""
    if script is None:
        return False
    inner = script.items if isinstance(script, Group) else (script,)
    if key(script) in NAME_MARKS or (below and key(script) in GREEK):
        return True
    words = [isinstance(one, Command) and one.name in TEXTUAL for one in inner]
    return any(words) if below else words == [True]
