"""What a formula means depends on what is bound."""

import pytest
from book_tools import BOOK
from lib.tex import tree
from lib.tex.definitions import introduced
from lib.tex.displays import displays, prose
from lib.tex.grammar import parse, parse_expression
from lib.tex.keys import name_key
from lib.tex.reader import TexError
from lib.tex.tree import (
    Absolute,
    Add,
    Big,
    Binomial,
    Braced,
    Builtin,
    Call,
    Cases,
    Chain,
    Claim,
    Collected,
    Derivative,
    Dots,
    Hinge,
    Index,
    Limit,
    Mean,
    Name,
    Negative,
    Norm,
    Number,
    Power,
    Product,
    Quotient,
    Range,
    Root,
    Row,
    SetOf,
    Transpose,
)  # fmt: skip

a, b, c, d, i, j, k, n, q, x = map(Name, "abcdijknqx")
N, P, K, D = map(Name, "NPKD")
one, two = Number("1"), Number("2")


def read(tex: str, **names: str):
    return parse_expression(tex, {name_key(key): kind for key, kind in names.items()})


@pytest.mark.parametrize(
    ("tex", "meaning"),
    [
        ("a-b+1", Add((a, Negative(b), one))),
        ("2ab", Product((two, a, b))),
        (r"a\cdot b", Product((a, b))),
        (r"a/2\sqrt D", Quotient(a, Product((two, Root(D))), True)),
        (r"a b\Big/c d", Quotient(Product((a, b)), Product((c, d)), True)),
        (r"\frac12a", Product((Quotient(one, two), a))),
        (r"\tfrac ab", Quotient(a, b)),
        ("N(P-1)", Product((N, Braced(Add((P, Negative(one))), "(")))),
        (r"qk^\top", Product((q, Transpose(k)))),
        ("x^10", Product((Power(x, one), Number("0")))),
        ("a_{ij}", Index(a, (i, j))),
        ("K_{i-1}", Index(K, (Add((i, Negative(one))),))),
        ("K_{a:b}", Index(K, (Range(a, b),))),
        (r"K_i^\top", Transpose(Index(K, (i,)))),
        ("P_i^{(k+1)}", Index(P, (i, Add((k, one))))),
        ("d^2_{ap}", Power(Index(d, (a, Name("p"))), two)),
        ("h'^2", Power(Name("h'"), two)),
        (r"D_\text{random}", Name("D_{random}")),
        (r"\mathcal K_\sigma", Name(r"\mathcal{K}_{\sigma}")),
        (r"\psi^+", Name(r"\psi^{+}")),
        (r"\mathrm{VAL}", Name("VAL")),
        (r"\text{multiply-adds}", Name("multiply-adds")),
        ("e^{x}", Call(Builtin("exp"), (x,))),
        (r"\sin\theta", Call(Builtin("sin"), (Name(r"\theta"),))),
        (r"\sin^2x", Power(Call(Builtin("sin"), (x,)), two)),
        (r"\cosh a-1", Add((Call(Builtin("cosh"), (a,)), Negative(one)))),
        (r"\sin(a)\cos(b)", Product((Call(Builtin("sin"), (a,)), Call(Builtin("cos"), (b,))))),
        (r"\lVert a-b\rVert^2", Power(Norm(Add((a, Negative(b)))), two)),
        (r"|x|a", Product((Absolute(x), a))),
        (r"\left|x\right|", Absolute(x)),
        (r"\bigl[\,x\,\bigr]_+", Hinge(x)),
        (r"\bigl(a,\; b\bigr)", Row((a, b))),
        (r"\binom{n}{k}", Binomial(n, k)),
        (r"\sum_{j=1}^{N}a b+c", Add((Big("sum", "j", one, N, None, None, Product((a, b))), c))),
        (r"\sum_i x_i", Big("sum", "i", None, None, None, None, Index(x, (i,)))),
        (r"\sum_{\text{active}}x", Big("sum", None, None, None, None, Name("active"), x)),
        (r"\sum_{i\ne j}x", Big("sum", "i", None, None, Chain((i, j), ("ne",)), None, x)),
        (r"\lim_{c\to\infty}\frac xc", Limit("c", tree.Infinity(), Quotient(x, c))),
        (r"\frac{\partial a}{\partial x}", Derivative(a, x)),
        (r"\frac{\mathrm d}{\mathrm d x}ab", Derivative(Product((a, b)), x)),
        (r"\mathbb E\left[x\right]a", Product((Mean("E", x), a))),
        (r"\mathbb E\,\lVert x\rVert^2", Mean("E", Power(Norm(x), two))),
        (r"\Pr[a<b]", Mean("Pr", Chain((a, b), ("<",)))),
        (r"P(a\mid b)", Mean("Pr", Chain((a,)), Chain((b,)))),
        (r"(x_a)_{a,b=1,\dots,D}", Collected(Index(x, (a,)), ("a", "b"), one, D)),
        (r"\{x\in K: x=1\}", SetOf("x", K, Chain((x, one), ("=",)))),
        (r"\underbrace{ab}_{\text{inter}}", Product((a, b))),
        (r"\begin{cases} a & \text{if } x>0 \end{cases}",
         Cases((a,), (Chain((x, Number("0")), (">",)),))),
    ],
)  # fmt: skip
def test_a_reading_without_bindings(tex, meaning):
    assert read(tex) == meaning


def test_a_bound_name_wins_over_index_and_power():
    assert read("d^2_{ap}", **{"d^2_{ap}": "value"}) == Name("d_{ap}^{2}")
    assert read("x_+", **{"x_+": "value"}) == Name("x_{+}")
    assert read("Q_c", **{"Q_c": "value"}) == Name("Q_{c}")
    assert read("TA(d)", TA="function") == Call(Name("TA"), (d,))
    assert read("e^{x}", e="value") == Power(Name("e"), x)
    assert read(r"\operatorname{se}_{x-y}^2", **{r"\operatorname{se}_{x-y}": "value"}) == Power(
        Name("se_{x-y}"), two
    )


def test_a_function_is_called_and_a_number_multiplied():
    assert read("a(b)", a="function") == Call(a, (b,))
    assert read("a(b)", a="value") == Product((a, Braced(b, "(")))
    assert read("a_j(b)", a="function") == Call(Index(a, (j,)), (b,))


def test_a_display_says_a_claim_and_what_stands_beside_it():
    found = parse(r"a = b \quad\text{with}\quad b=1, \qquad c\le 2\quad\text{for all } j", {})
    assert found.main == Chain((a, b), ("=",))
    assert found.rest == (
        Chain((b, one), ("=",)),
        Chain((c, two), ("le",)),
        Claim("for all", (j,)),
    )
    found = parse(r"\text{if } a=1: \quad b=c", {})
    assert (found.main, found.rest) == (Chain((b, c), ("=",)), (Chain((a, one), ("=",)),))


def test_dots_stay_in_lists_and_products():
    assert read(r"[a_1,\dots,a_n]") == Row((Index(a, (one,)), Dots(), Index(a, (n,))))
    assert Dots() in read(r"a_ia_{j}\cdots a_{k}").factors


@pytest.mark.parametrize(
    ("tex", "part"),
    [("a+", "+"), (r"\frac{a}{}", "}"), ("(a", "a"), ("a)", ")"), (r"a\odot", "t"),
     (r"\foo@", "@"), (r"\sum_{2}x", "2"), (r"1+\{a,b\}", r"\{a,b\}"), (r"\{x=1\}", "x=1"),
     (r"\langle a\rangle+1", r"\rangle"), (r"\frac{\partial}\partial a", r"\partial")],
)  # fmt: skip
def test_what_has_no_meaning_is_named_with_its_place(tex, part):
    with pytest.raises(TexError) as caught:
        parse_expression(tex, {})
    assert part in tex[max(caught.value.start - 1, 0) : caught.value.end + 1]


@pytest.mark.parametrize(
    ("tex", "symbols"),
    [
        (r"\phi(x)=1", {r"\phi": "function"}),
        (r"S_i = a, \qquad S_0=0", {"S": "value"}),
        (
            r"\mathcal K_\sigma(q,k) = 1,\ c = 2",
            {r"\mathcal{K}_{\sigma}": "function", "c": "value"},
        ),
        (r"\sigma^2=2", {r"\sigma": "value"}),
        (r"\lVert a\rVert = 1", {}),
        ("ab = 1", {}),
        (r"a \text{ with } L_i(S) = 1", {"L": "function"}),
    ],
)
def test_what_a_display_introduces(tex, symbols):
    assert dict(introduced(tex)) == symbols


def test_every_display_of_the_book_is_read_to_its_end():
    for path in sorted(BOOK.glob("*.md")):
        for display in displays(prose(path.read_text(encoding="utf8"))):
            statement = parse(display.tex, dict(introduced(display.tex)))
            assert all(0 <= node.start <= node.end <= len(display.tex) for node in statement.walk())
