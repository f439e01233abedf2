"""Proofs for all sizes: each way of arguing, and that an altered equation finds none."""

import book_tools  # noqa: F401  (the paths of the book)
import pytest
import sympy as sp
from lib.equations import EquationError, check, proof
from lib.tex.check import task
from lib.tex.definitions import Page
from lib.tex.proofs.algebra import Algebra, Entry, Unproved, index
from lib.tex.proofs.prove import prove


def attempt(tex: str, *statements: str, page: str = "", **declared) -> str:
    """What the proof of a display used; `page` holds further displays."""
    text = "\n\n".join(
        [f"$$\n{tex}\n$$ (it)", *(f"$$\n{one}\n$$" for one in page.split("\n") if one)]
    )
    events = {key: 0 for key, one in declared.items() if isinstance(one, dict)}
    one = task("it", Page("book/page.md", text), events, {})
    one.read()
    return prove(one, proof(*statements, **declared))


ROWS = {"Q": "N×D", "K": "N×D", "V": "N×M", "phi": "features"}
RECURRENCE = "S_i = A_iS_{i-1} + K_i^\\top V_i, \\quad S_0 = 0"
SUM = r"S_i = \sum_{j=1}^{i}\gamma^{i-j}K_j^\top V_j"
# Name: TeX, statements, page, declared, and what is replaced to make it false.
PROOFS = {
    "bilinear": (r"\lVert q-k\rVert^2 = \lVert q\rVert^2+\lVert k\rVert^2-2qk^\top", (), "",
                 {"q": "D", "k": "D"}, [("2q", "3q"), ("-k", "+k"), (r"k^\top", r"q^\top")]),
    "associative": (r"(\phi(Q)\phi(K)^\top)V = \phi(Q)(\phi(K)^\top V)", (), "", ROWS,
                    [(r"(\phi(K)^\top V)", r"(\phi(Q)^\top V)")]),
    "order of sums": (
        r"\sum_{i=1}^{N}\sum_{j=1}^{i} x_iy_j = \sum_{l=1}^{N}\sum_{r=1}^{l} y_rx_l", (), "",
        {"x": "N", "y": "N"}, [("y_rx_l", "x_ry_l"), ("{r=1}^{l}", "{r=1}^{N}")]),
    "limits": (r"\sum_{j=1}^{i}x_j = \sum_{j=1}^{i-2}x_j + x_{i-1} + x_i", (), "", {"x": "N"},
               [("i-2", "i-1"), ("x_{i-1}", "x_{i+1}"), ("+ x_i", "- x_i")]),
    "left out": (r"\sum_{j\ne i}x_j = \sum_{j=1}^{N}x_j - x_i", (), "", {"x": "N"},
                 [("- x_i", "+ x_i"), ("{N}", "{N-1}")]),
    "exponents": (r"\frac{\exp(e_j-c)}{\sum_{l=1}^{N}\exp(e_l-c)} = "
                  r"\frac{\exp(e_j)}{\sum_{l=1}^{N}\exp(e_l)}", (), "", {"e": "N", "c": "real"},
                  [("e_l-c", "e_l+c"), (r"\exp(e_j)", r"\exp(2e_j)")]),
    "closed form": (r"\sum_{j=1}^{N}j = N(N+1)/2", (), "", {"N": "size"}, [("N+1", "N-1")]),
    "binomial theorem": (r"\sum_{k=1}^{P}\binom{P}{k}x^k(1-x)^{P-k} = 1-(1-x)^P", (), "",
                         {"P": "size", "x": "positive"}, [("= 1-", "= 2-"), ("P-k", "P+k")]),
    "trigonometry": (r"\cos(wq^\top-wk^\top) = \cos(wq^\top)\cos(wk^\top)+\sin(wq^\top)\sin(wk^\top)",
                     (), "", {"w": "D", "q": "D", "k": "D"}, [(")+", ")-"), (r"\sin(wk", r"\cos(wk")]),
    "Gaussian mean": (r"\mathbb E[e^{wz^\top}] = \exp(\lVert z\rVert^2/(2s^2)), \quad "
                      r"w\sim\mathcal N(0,\tfrac1{s^2}I)", (), "", {"w": "D", "z": "D", "s": "positive"},
                      [("2s^2", "s^2"), (r"\tfrac1{s^2}", "s^2")]),
    "Gaussian cosine": (r"\mathbb E[\cos(wz^\top)] = \exp(-\lVert z\rVert^2/2), \quad "
                        r"w\sim\mathcal N(0,I)", (), "", {"w": "D", "z": "D"}, [("exp(-", "exp(")]),
    "independent rows": (
        r"\operatorname{Var}[\tfrac1R\sum_{r=1}^{R} e^{w_rz^\top}] = \tfrac1R"
        r"(e^{2\lVert z\rVert^2}-e^{\lVert z\rVert^2}), \quad w\sim\mathcal N(0,I)", (), "",
        {"w": "R×D", "z": "D"}, [(r"= \tfrac1R", r"= \tfrac1{R^2}"), ("-e^", "+e^")]),
    "uncorrelated": (r"\operatorname{Var}[qk^\top] = D", (), "", {"q": "white D", "k": "white D"},
                     [("= D", "= D^2")]),
    "unit rows": (r"\operatorname{Var}[\lVert a-n\rVert^2] = \frac4D", (), "",
                  {"a": "random unit D", "n": "random unit D"}, [("4D", "2D"), ("a-n", "a")]),
    "orthogonal": (r"\lVert aR-pR\rVert^2 = \lVert a-p\rVert^2", (), "",
                   {"a": "D", "p": "D", "R": "orthogonal D×D"}, [("pR", "p"), ("aR-", "2aR-")]),
    "a fact": (r"\lVert a-n\rVert^2 = 2-2\cos\theta", (r"an^\top = \cos\theta",), "",
               {"a": "unit D", "n": "unit D", "theta": "real"}, [("2-2", "2-")]),
    "an angle": (r"\lVert p-(ap^\top)a\rVert = \sin\theta", (r"ap^\top = \cos\theta",), "",
                 {"a": "unit D", "p": "unit D", "theta": "angle"}, [(r"\sin", r"\cos"), ("= ", "= -")]),
    "a definition": (r"V'_i = \frac{\sum_{j=1}^N w_{ij}V_j}{\sum_{j=1}^N w_{ij}} = A_iV/A_i\mathbf 1^\top",
                     (r"w_{ij} = A_{ij}",), "", {"A": "N×N", "V": "N×M"},
                     [("w_{ij}V", "w_{ji}V"), (r"\mathbf 1", "2\\mathbf 1")]),
    "a mask": (r"[\operatorname{softmax}(A+B)V]_i = "
               r"\frac{\sum_{j=1}^{i}\exp(A_{ij})V_j}{\sum_{j=1}^{i}\exp(A_{ij})}", (), "",
               {"A": "N×N", "B": "mask N×N", "V": "N×M"}, [("{i}", "{N}"), ("A+B", "A-B")]),
    "induction": (r"Q_iS_i = \sum_{j=1}^{i}\gamma^{i-j}(Q_iK_j^\top)V_j", (r"A_i = \gamma I", SUM),
                  RECURRENCE, {**ROWS, "gamma": "positive"}, [("i-j", "j-i"), ("^{i}", "^{N}")]),
    "derivative": (r"\frac{\partial L}{\partial W} = X^\top G", (r"L = \operatorname{tr}(G^\top XW)",), "",
                   {"X": "N×D", "W": "D×M", "G": "N×M"}, [(r"X^\top G", r"2X^\top G")]),
    "gradient": (r"\nabla f(x) = 2(x-c), \quad f(x) = \lVert x-c\rVert^2", (), "", {"x": "D", "c": "D"},
                 [("2(x", "(x"), ("x-c)", "x+c)")]),
    "least": (r"\operatorname*{arg\,min}_{c}\sum_{j=1}^{N}s_j\lVert v_j-c\rVert^2 = "
              r"\frac{\sum_{j=1}^{N}s_jv_j}{\sum_{j=1}^{N}s_j}", (), "",
              {"s": "positive N", "v": "N×M", "c": "M"}, [("s_jv_j", "v_j"), ("v_j-c", "v_j+c")]),
    "limit": (r"\lim_{s\to\infty}\sum_{j=1}^{N}e^{-x_j/s} = N", (), "", {"x": "N"}, [("= N", "= 1")]),
    "bayes": (r"P(\text{ill}\mid\text{found}) = \frac{ab}{ab+c}", (), "",
              {"ill": {1: sp.Symbol("a") * sp.Symbol("b"), 2: sp.Symbol("u")},
               "found": {1: sp.Symbol("a") * sp.Symbol("b"), 3: sp.Symbol("c")},
               "a": sp.Symbol("a"), "b": sp.Symbol("b"), "c": sp.Symbol("c")}, [("ab+c", "ab-c")]),
}  # fmt: skip


@pytest.mark.parametrize("name", PROOFS)
def test_it_is_proved_and_what_is_altered_is_not(name):
    tex, statements, page, declared, altered = PROOFS[name]
    assert attempt(tex, *statements, page=page, **declared).startswith("residual 0")
    for old, new in altered:
        assert old in tex
        with pytest.raises((Unproved, EquationError)):
            attempt(tex.replace(old, new), *statements, page=page, **declared)


def test_a_closed_form_that_breaks_the_recurrence_proves_nothing():
    tex, (special, closed), page, declared, _ = PROOFS["induction"]
    for old, new in [("i-j", "i-j+1"), (r"K_j^\top V_j", r"2K_j^\top V_j")]:
        wrong = (
            closed.replace(old, new),
            tex.replace(old, new).replace("(Q_iK_j^\\top)", "Q_iK_j^\\top "),
        )
        with pytest.raises(Unproved, match="recurrence|difference"):
            attempt(wrong[1], special, wrong[0], page=page, **declared)


def test_what_is_proved_is_said():
    text = attempt(PROOFS["bilinear"][0], q="D", k="D")
    assert text == "residual 0 for symbolic D"
    assert "any function phi" in attempt(PROOFS["associative"][0], **ROWS)


@pytest.mark.parametrize(
    ("tex", "declared", "why"),
    [
        (r"aq^\top = aq^\top+1-1", {"q": "D"}, "a is not declared"),
        ("ax = xa", {"a": "D", "x": "N"}, "do not multiply|row times a row"),
        (r"ax^\top = xa^\top", {"a": "D", "x": "N"}, "do not fit"),
        ("S = qq^\\top", {"q": "D"}, "not declared|nothing is left"),
        (r"q \le q", {"q": "real"}, "only equalities"),
    ],
)
def test_what_is_not_declared_or_does_not_fit_is_not_proved(tex, declared, why):
    with pytest.raises(Unproved, match=why):
        attempt(tex, **declared)


def test_holds_tries_a_proof_and_says_so():
    record = check("expanded-square", q="D", k="D")
    assert record.kind == "proved for all sizes"
    assert record.result == "residual 0 for symbolic D"


def test_a_proof_that_was_asked_for_and_fails_is_an_error():
    page = Page("book/page.md", "$$\n\\lVert x\\rVert^2 = xx^\\top\n$$ (it)\n")
    assert check("it", page=page, x="D").kind == "proved for all sizes"
    with pytest.raises(
        EquationError, match=r"page\.md:2: equation it: not proved: .*more than one"
    ):
        check("it", page=page, x="D", proof=proof("x = 1, x = 2"))


def test_sums_have_one_form_whatever_their_indices_are_called():
    algebra = Algebra()
    N, D = sp.symbols("N D", integer=True, positive=True)
    q, k = sp.Symbol("q"), sp.Symbol("k")
    forms = set()
    for i, a in (("i", "a"), ("r", "s"), ("s", "r")):
        outer, inner = index(i), index(a)
        body = Entry(q, outer, inner) * Entry(k, outer) * Entry(q, outer, inner)
        forms.add(algebra.total(algebra.total(body, inner, D), outer, N))
        forms.add(algebra.total(algebra.total(body, outer, N), inner, D))
    assert len(forms) == 1


def test_a_delta_that_may_lie_outside_the_sum_is_not_used():
    algebra = Algebra()
    s, i, j = index("s"), index("i"), index("j")
    body = sp.KroneckerDelta(i, j) * Entry(sp.Symbol("x"), j)
    with pytest.raises(Unproved, match="whether"):
        algebra.total(body, j, s)
    algebra.bounds[i] = s
    assert algebra.total(body, j, s) == Entry(sp.Symbol("x"), i)
