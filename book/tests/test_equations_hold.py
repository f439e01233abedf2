"""`holds` evaluates what a page prints, refuses what shows nothing, and names what fails."""

import json
import subprocess
import sys

import numpy as np
import pytest
import sympy as sp
from book_tools import BOOK
from lib.equations import EquationError, check, holds, outcomes, page_of
from lib.tex.definitions import Page

EXP = np.exp


def result(tex: str, bindings: dict | None = None, *others: str, **options):
    """The record of a check of a page that prints `others` and then `tex`."""
    page = Page("book/00_page.md", "\n\n".join([*(f"$$\n{one}\n$$" for one in others), ""]))
    page.text += f"$$\n{tex}\n$$ (it)\n"
    return check("it", bindings, page=page, unused=True, **options)


def failure(tex: str, *args, **options) -> str:
    with pytest.raises(EquationError) as caught:
        result(tex, *args, **options)
    message = str(caught.value)
    assert message.startswith("book/00_page.md:") and "\n" not in message
    return message


# --- what holds

Q, K, V = "N×D", "N×D", "N×M"
OUTPUT = {"y": lambda Q, K, V: EXP(Q @ K.T) @ V / EXP(Q @ K.T).sum(axis=1, keepdims=True)}
HALF = {"x": outcomes([0, 1]), "y": outcomes([0, 1])}
SUBSETS = [[False, False], [False, True], [True, False], [True, True]]  # of a set of two


@pytest.mark.parametrize(
    ("tex", "bindings", "kind"),
    [
        (r"(x+1)^2 = x^2+2x+1", {"x": "real"}, "proved for all sizes"),
        (r"\frac{N(N+1)}2 = N^2-\frac{N(N-1)}2", {"N": "size"}, "proved for all sizes"),
        (r"\sum_{j=1}^{N} j = \frac{N(N+1)}2", {"N": "size"}, "proved for all sizes"),
        (r"n = 2m", {"n": lambda m: m + m, "m": "size"}, "random numbers, to rounding"),
        (r"(qk^\top)^2 = kq^\top qk^\top", {"q": "D", "k": "D"}, "proved for all sizes"),
        (r"y_i = \frac{\sum_{j=1}^{N} e^{Q_iK_j^\top}V_j}{\sum_{j=1}^{N} e^{Q_iK_j^\top}}",
         {**OUTPUT, "Q": Q, "K": K, "V": V}, "random numbers, to rounding"),
        (r"S_i = S_{i-1} + K_i^\top V_i, \quad S_0=0",
         {"S": lambda K, V: np.cumsum(K[:, :, None] * V[:, None, :], 0), "K": K, "V": V},
         "random numbers, to rounding"),
        (r"\lVert aR\rVert = \lVert a\rVert", {"a": "D", "R": "orthogonal D×D"},
         "proved for all sizes"),
        (r"\mathbb E[x+y] = 1", HALF, "exact expectation"),
        (r"\operatorname{Var}[x+y] = \frac12", HALF, "exact expectation"),
        (r"\Pr[x<y] = \frac14", HALF, "exact expectation"),
        (r"\operatorname{Var}[\lvert A\rvert] = \frac12", {"A": outcomes(SUBSETS)},
         "exact expectation"),
        (r"\mathbb E[e^{w z^\top}] = e^{\lVert z\rVert^2v/2}, \quad w\sim\mathcal N(0, v I)",
         {"w": "D", "z": "D", "v": "positive"}, "proved for all sizes"),
        (r"\mathbb E[(an^\top)^2] = \frac1D", {"a": "unit D", "n": "random unit D"},
         "proved for all sizes"),
        (r"\operatorname*{arg\,min}_c\;\lVert c-v\rVert^2 = v", {"v": "D"},
         "random numbers, to rounding"),
        (r"\frac{\partial}{\partial W}\lVert XW\rVert^2 = 2X^\top XW",
         {"X": "n×k", "W": "k×m"}, "proved for all sizes"),
        (r"\lim_{c\to\infty}\frac{cx+1}{c} = x", {"x": "real"}, "proved for all sizes"),
        (r"\sum_{j=0}^{\infty}\frac{x^j}{j!} = e^x", {"x": "real"}, "random numbers, to rounding"),
        (r"[x-y]_+ + y = \max(x,y)", {"x": "real", "y": "real"}, "random numbers, to rounding"),
        (r"A_1\cdots A_N = B",
         {"A": "N×D×D", "B": lambda A: np.linalg.multi_dot([*A, np.eye(A.shape[1])])},
         "random numbers, to rounding"),
        (r"x = \begin{cases} z+1 & \text{if } z>0 \\ e^z & \text{if } z\le0 \end{cases}",
         {"x": lambda z: z + 1 if z > 0 else EXP(z), "z": "real"}, "random numbers, to rounding"),
        (r"|\{x\in G^n: f(x)=0\}| = 2",
         {"G": {0, 1, 2}, "n": 2, "f": lambda p: p[0] ** 2 + p[1] - 1},
         "random numbers, to rounding"),
    ],
)  # fmt: skip
def test_what_holds_passes_and_its_kind_is_found(tex, bindings, kind):
    assert result(tex, bindings).kind == kind


def test_counting_an_inequality_a_measurement_a_definition():
    cases = {"N": (2, 3, 5), "M": (1, 4)}
    record = result(r"\text{cost} = N^2M", {"cost": lambda N, M: N * N * M}, cases=cases)
    assert record.kind == "counted on a grid" and "N=2…5, M=1…4" in record.result
    record = result(r"x \le y^2", {"x": lambda y: y, "y": "share"}, cases={"y": (1.0, 2.0)})
    assert (record.kind, record.result) == ("inequality", "tightest case 1; 2 cases")
    assert result(r"x \approx 1", {"x": 0.98}, within=0.03).kind == "measured"
    assert result("L = x^2", {"x": "real"}).kind == "definition"


def test_sympys_numbers_prove_and_its_arrays_prove_at_their_sizes():
    x, y = sp.symbols("x y", positive=True)
    assert result(r"\sqrt{a^2} = a", {"a": x}).kind == "proved for all sizes"
    rows = {"a": np.array([[x, y]]), "b": np.array([[y, x]])}
    assert result(r"ab^\top = ba^\top", rows).kind == "proved at these sizes"
    assert "right 2*x" in failure("a = 2a", {"a": x})


def test_functions_get_their_arguments_first_then_the_symbols_they_name():
    bindings = {"f": lambda u, s: s * u, "s": "real", "x": "real"}
    result("f(x) = sx", bindings)
    result("f(x)y = sxy", {**bindings, "y": "D"})
    result("f_i(x) = s_ix", {"f": lambda x, s: s * x, "s": "N", "x": "real"})
    result(
        "S_{a:c} = S_{a:b}+S_{b:c}",
        {"S": lambda a, b: b - a},
        cases={"a, b, c": [(0, 2, 7), (1, 3, 4)]},
    )


def test_definitions_of_the_page_are_used_and_a_slip_in_one_fails_others():
    names = {"q": "D", "k": "D"}
    result(r"\phi(q)\phi(k)^\top = 2qk^\top", names, r"\phi(x) = [x, x]")
    assert "left" in failure(r"\phi(q)\phi(k)^\top = 2qk^\top", names, r"\phi(x) = [x, -x, x]")
    result(r"\phi(q)_1 = q_1+1", {"q": "positive D"}, r"\phi(x)_a = x_a+1")
    result("S_2 = A_2A_1+A_2", {"A": "2×D×D"}, "S_i = A_iS_{i-1}+A_i, S_0=0")
    result(r"\sigma = 2", {"D": 16}, r"a = b, \qquad \sigma^2=\sqrt D")
    result("f(x) = x", {"x": "real"}, given="f(y) = y")


def test_a_law_that_the_page_prints_scales_the_draws():
    claim, names = (
        r"\mathbb E[(wq^\top)^2] = v\lVert q\rVert^2",
        {"w": "D", "q": "D", "v": "positive"},
    )
    result(claim, names, r"a = b, w\sim\mathcal N(0, vI)")
    failure(claim, names, r"a = b, w\sim\mathcal N(0, v^2I)")


def test_conditions_are_checked_and_unbound_sides_defined():
    result("a = b, c = 2", {"a": 4, "b": 4, "c": 2})
    assert "the condition fails: left 3" in failure("a = b, c = 2", {"a": 4, "b": 4, "c": 3})
    result(r"a = gb \quad\text{for}\quad g=2", {"a": 8, "b": 4})
    result(r"\text{if } \lVert K_j\rVert=1 \text{ for all } j: K_jK_j^\top = 1", {"K": "unit N×D"})
    result(r"x = 2\quad\text{while active}", {"x": 2, "active": True})
    assert "not so" in failure(r"x = 2\quad\text{while active}", {"x": 2, "active": False})


# --- what does not hold


@pytest.mark.parametrize(
    ("tex", "bindings", "parts"),
    [
        (r"x = \frac{a}{b}", {"x": 816, "a": 1548, "b": 2},
         [r"`\frac{a}{b}`: left 816, right 774"]),
        (r"\begin{aligned} x &= 1+0 \\ &= y \end{aligned}", {"x": 1, "y": 2},
         ["`y`: left 1, right 2"]),
        (r"qk = 1", {"q": "2", "k": "2"}, ["`qk`: ShapeError: 1×2 times 1×2"]),
        (r"x+q = 1", {"x": 2, "q": "2"}, ["ShapeError: a number plus 1×2"]),
        (r"x \le y", {"x": 2, "y": 1}, ["left 2, right 1 (not ≤)"]),
        (r"x < y", {"x": 1, "y": 1}, ["not <"]),
        (r"K_i = 2K_i", {"K": "3×D"}, ["i=1"]),
        (r"\operatorname*{arg\,min}_c\;(c-1)^2 = x", {"x": 2}, ["not where it is least"]),
        (r"\operatorname*{arg\,min}_c\; a = x", {"x": 2, "a": 1}, ["everywhere"]),
        (r"\mathbb E[x] = 1", HALF | {"y": 1}, ["left 0.5, right 1"]),
        (r"x = N^\top", {"x": 2, "N": 2}, ["`N^\\top`: ShapeError: the transpose of a number"]),
        (r"x = \sum_{j=1} K_{jj}", {"x": 2, "K": "N×N"}, ["a beginning and no end"]),
        (r"x = 2f(3), \quad f(k,k) = k", {"x": 6}, ["not bound"]),
        (r"x = \begin{cases} 1 & \text{if } y>0 \\ 2 & \text{if } y<2 \end{cases}",
         {"x": 1, "y": 1}, ["2 of the cases hold"]),
    ],
)  # fmt: skip
def test_a_failure_names_the_part_and_both_values(tex, bindings, parts):
    message = failure(tex, bindings)
    assert message.startswith("book/00_page.md:") and all(part in message for part in parts)


def test_the_line_is_that_of_the_part():
    assert failure("a\n= b\n= c", {"a": 1, "b": 1, "c": 2}).startswith(
        "book/00_page.md:4: equation it:"
    )
    assert failure("a = f(1)", {"a": 1}, "f(x)\n= x+1").startswith("book/00_page.md:7: ")
    assert failure("a = f(1)", {"a": 1}, "f(x)\n= x+y").startswith("book/00_page.md:3: ")


@pytest.mark.parametrize(
    ("tex", "bindings", "options", "message"),
    [
        ("a", {"a": 1}, {}, "relates nothing"),
        ("a = a", {"a": 1}, {}, "both sides are the same"),
        ("a = 0a", {"a": 0.0}, {}, "0 in every case"),
        ("a = b", {"a": 1}, {}, "b is not bound"),
        ("a = 1", {"a": 1, "b": 2}, {}, "nowhere read: b"),
        ("a = b", {"a": np.inf, "b": np.inf}, {}, "not finite"),
        (r"a = \infty", {"a": 1.0}, {}, "∞ is no number"),
        (r"a = a+\sum_{j=1}^{n} j", {"a": 1, "n": 0}, {}, "never has a term"),
        ("K_i = K_i+0K_i", {"K": np.zeros((0, 3))}, {}, "no case was tried"),
        (r"K_i = V_i", {"K": "2×D", "V": "3×D"}, {}, "the index i runs to 2 and 3"),
        (r"a = 1\quad\text{nearly}", {"a": 1}, {}, "nearly is not bound"),
        (r"a = 1\quad\text{while hot}", {"a": 1}, {}, "what these words claim is not bound"),
        (r"a = 1 \text{ with } b = 2", {"a": 1}, {}, "nothing needs it"),
        (r"a \le 4", {"a": 1}, {}, "no case comes near equality"),
        (r"a_j \le 4b_j", {"a": [0, 1], "b": [0, 1]}, {}, "no case comes near equality"),
        (r"a \approx 4", {"a": 1}, {}, "needs within="),
        (r"\mathbb E[a] = 1", {"a": 1}, {}, "nothing in this mean is random"),
        ("x = 1", {"x": outcomes([1, 2])}, {}, "x is random"),
        ("a = b_3", {"a": 1, "b": [1, 2]}, {}, "index 3 outside 1…2"),
        ("a = 1/b", {"a": 1, "b": 0}, {}, "division by 0"),
        ("a = f(1)", {"a": 1}, {"given": "f(x) = f(x)"}, "needs itself"),
        ("a = f(1)", {"a": 1, "f": lambda x: [][x]}, {}, "IndexError"),
        (r"a = \frac{b", {"a": 1}, {}, "is never closed"),
        (r"\text{if } K_j=K_j \text{ for all } l: a = 1", {"a": 1, "K": "2×D"}, {}, "no letter"),
    ],
)  # fmt: skip
def test_what_shows_nothing_is_refused(tex, bindings, options, message):
    assert message in failure(tex, bindings, **options)


def test_a_size_that_never_changes_is_refused():
    with pytest.raises(ValueError, match="C is 4 in every case"):
        result("t = NC", {"t": 1}, cases={"N": (2, 3), "C": (4,)})


def test_drawn_sizes_are_two_or_more_and_all_different():
    seen = []
    bindings = {
        "Q": "N×D",
        "V": "D×M",
        "y": lambda Q, V: seen.append((*Q.shape, V.shape[1])) or Q @ V,
    }
    result("y = QV", bindings, draws=8)
    assert all(min(sizes) >= 2 and len(set(sizes)) == 3 for sizes in seen) and len(set(seen)) > 3


# --- in the book


def test_a_page_is_found_by_its_label_and_a_mutant_is_caught():
    page = page_of("expanded-square")
    tex = page.displays[page.position("expanded-square")].tex
    assert page.where == "book/03_softmax_to_gaussian.md"
    assert check("expanded-square", q="D", k="D").kind
    with pytest.raises(EquationError, match=r"03_softmax_to_gaussian.md:\d+: equation expanded"):
        check("expanded-square", q="D", k="D", tex=tex.replace("- 2", "+ 2"))
    with pytest.raises(EquationError, match="no page prints"):
        holds("no-such-label")


def test_a_notebook_is_handed_the_record():
    code = (
        "from IPython.testing.globalipapp import start_ipython\n"
        "ip = start_ipython(); import sys, json; sys.path.insert(0, '.')\n"
        "from IPython.utils.capture import capture_output\n"
        "from lib.equations import holds\n"
        "with capture_output() as seen: holds('expanded-square', q='D', k='D')\n"
        "print(json.dumps(seen.outputs[0].data))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=BOOK, capture_output=True, text=True, check=True
    )
    data = json.loads(done.stdout.strip().splitlines()[-1])
    record = data["application/vnd.equation-check+json"]
    assert set(record) == {"label", "kind", "result", "digest"}
    assert data["text/plain"].startswith("expanded-square: ")
