"""`equation` asserts what its TeX says; sources are read as they are; failures find their line."""

import math

import numpy as np
import pytest
import sympy as sp
from book_tools import HEAD, cell
from checked_equations import problems
from house import failed_line
from lib.equations import EquationError, equation
from sources import checks, read_chapter, same_tex

x, y = sp.symbols("x y", real=True)


def chapter(text: str):
    return read_chapter(None, HEAD + text)


# --- equation


@pytest.mark.parametrize(
    "sides",
    [
        [(r"(x+y)^2", (x + y) ** 2), (r"= x^2+2xy+y^2", x**2 + 2 * x * y + y**2)],
        [("1", sp.sin(x) ** 2 + sp.cos(x) ** 2), ("= 1", 1)],
        [("a", 0.1 + 0.2), ("= b", 0.3)],
        [("a", [1, 2]), (r"\le b", [1, 3]), (r"\le c", [2, 3])],
        [("a", np.ones((2, 3))), (r" &\ge b", np.zeros((2, 3)))],
        [("a", 5), ("= b", 5), ("= c", 5)],
    ],
)
def test_what_holds_passes(sides):
    assert equation("label", *sides) is None


@pytest.mark.parametrize(
    "sides",
    [
        [(r"(x+y)^2", (x + y) ** 2), (r"= x^2+y^2", x**2 + y**2)],
        [("a", 1.0), ("= b", 1.0 + 1e-6)],
        [("a", [1, 2, 3]), ("= b", [1, 2, 4])],
        [("a", [1, 2]), (r"\le b", [2, 1])],
        [("a", [1, 2]), (r"\ge b", [1, 3])],
        [("a", 5), ("= b", 5), ("= c", 6)],
        [("a", 5), (r"\le b", 6), ("= c", 5)],
    ],
)
def test_what_does_not_hold_raises(sides):
    with pytest.raises(EquationError, match="equation 'label' is wrong"):
        equation("label", *sides)


def test_the_message_names_both_sides_in_one_line():
    with pytest.raises(EquationError) as caught:
        equation("pythagoras", (r"a^2 +" + "\n b^2", 24.0), ("= c^2", 25.0))
    message = "equation 'pythagoras' is wrong: a^2 + b^2 is not = c^2 (left 24.0, right 25.0)"
    assert " ".join(str(caught.value).split()) == message
    assert "\n" not in str(caught.value)


def test_approximately_means_within_the_given_tolerance():
    equation("mean", ("m", 0.98), (r"\approx 1", 1.0), within=0.03)
    with pytest.raises(EquationError):
        equation("mean", ("m", 0.98), (r"\approx 1", 1.0), within=0.01)
    with pytest.raises(EquationError):
        equation("mean", ("m", [1.0, 0.5]), (r"\approx 1", [1.0, 1.0]), within=0.01)
    with pytest.raises(ValueError, match="within=, the tolerance"):
        equation("mean", ("m", 1.0), (r"\approx 1", 1.0))


@pytest.mark.parametrize(
    ("sides", "message"),
    [
        ([("a", 1)], "at least two sides"),
        ([("a", 1), ("b", 1)], "must start with one of"),
        ([("a", 1), (r"\leq b", 1)], "must start with one of"),
        ([("a", 1), (r"\left(b\right)", 1)], "must start with one of"),
        ([("a", [1, 2]), ("= b", [1, 2, 3])], r"shapes \(2,\) and \(3,\)"),
        ([("a", [1, 1]), ("= b", 1)], r"shapes \(2,\) and \(\)"),
        ([("a", []), ("= b", [])], "empty or not finite"),
        ([("a", math.inf), ("= b", math.inf)], "empty or not finite"),
        ([("a", [1, math.nan]), (r"\le b", [1, 2])], "empty or not finite"),
        ([("a", x), (r"\le b", x + 1)], "needs numbers"),
    ],
)
def test_a_call_that_would_show_nothing_is_refused(sides, message):
    with pytest.raises(ValueError, match=message):
        equation("label", *sides)


# --- reading equations


def test_equations_stand_where_they_start():
    read = chapter("$$\na\n$$\n\nText.\n\n$$\nb\n$$ (two)\n\n$$ c $$ (three)\n")
    assert [(e.label, e.tex, e.line) for e in read.equations] == [
        ("two", "b", 13),
        ("three", "c", 17),
    ]


def test_labels_inside_directives_and_of_the_math_directive_are_read():
    read = chapter(
        "````{prf:theorem}\n$$\na\n$$ (inside)\n````\n\n"
        "```{math}\n:label: directive\n:nowrap:\nb\n```\n\n:::{math}\n:label: colons\nc\n:::\n\n"
        "```{math}\nunlabelled\n```\n"
    )
    assert [(e.label, e.tex) for e in read.equations] == [
        ("inside", "a"),
        ("directive", "b"),
        ("colons", "c"),
    ]


@pytest.mark.parametrize(
    "code",
    [
        cell('"""\n$$\na\n$$ (shown)\n"""'),
        "````{code-cell}\n'''\n```\n$$\na\n$$ (shown)\n'''\n````\n",
        "~~~{code-cell}\n'''\n$$\na\n$$ (shown)\n'''\n~~~\n",
        "```md\n$$\na\n$$ (shown)\n```\n",
        "```{code-block} md\n$$\na\n$$ (shown)\n```\n",
    ],
)
def test_tex_that_code_shows_is_no_equation(code):
    read = chapter(f"{code}\n$$\nb\n$$ (real)\n")
    assert [e.label for e in read.equations] == ["real"]
    assert read.equations[0].line == HEAD.count("\n") + code.count("\n") + 2


@pytest.mark.parametrize(
    "options",
    [
        (),
        (":tags: [hide-input, checks:a]",),
        (":tags: [x]", ":mystnb:", ":  figure:", ":    caption: |", ":      x = 1"),
        ("---", "tags: [x]", "---"),
        (":tags: [x]", ""),
        ("",),
    ],
)
def test_cells_and_their_code_stand_where_they_are(options):
    text = "Text.\n\n" + cell("x = 0\nfirst = 1\nx = 1", *options) + "\nText.\n"
    (read,) = chapter(text).cells
    lines = (HEAD + text).split("\n")
    assert lines[read.line - 1] == "```{code-cell}"
    for number, line in enumerate(read.source.split("\n"), start=read.first):
        assert lines[number - 1] == line
    assert "x = 0" in read.source
    assert read.tags == tuple(read.metadata.get("tags", ()))


def test_an_empty_cell_is_read():
    text = "```{code-cell}\n```\n\n```{code-cell}\n:tags: [a]\n```"
    assert [one.source for one in chapter(text).cells] == ["", ""]


def test_labels_come_from_tags():
    (read,) = chapter(cell("x = 1", ":tags: [checks:a, hide-input, checks:b]")).cells
    assert read.checked_labels == ("a", "b")


def test_checks_are_read_from_the_source_with_their_lines():
    call = 'equation("a", (r"\\a", x),\n    (r"= b" r" + c", x))'
    code = f'%matplotlib inline\nx = 1\n\n{call}\nother("b")'
    (read,) = chapter(cell(code)).cells
    (check,) = checks(read)
    assert (check.label, check.sides, check.line) == ("a", ("\\a", "= b + c"), read.first + 3)
    assert check.tex == "\\a = b + c"


@pytest.mark.parametrize(
    "call", ["equation(label, (r'a', 1))", "equation('a', side)", "equation()"]
)
def test_a_check_that_cannot_be_read_is_a_problem(call):
    text = f"$$\na\n$$ (a)\n\n{cell(call, ':tags: [checks:a]')}"
    assert any("'a'" in message for _, message in problems(chapter(text)))


def test_two_checks_of_one_equation_are_a_problem():
    check = cell("equation('a', (r'a', 1))", ":tags: [checks:a]")
    found = [message for _, message in problems(chapter(f"$$\na\n$$ (a)\n\n{check}\n{check}"))]
    assert found == ["equation 'a' is checked twice"]


@pytest.mark.parametrize(
    ("printed", "checked"),
    [
        ("a = b", "a=b"),
        ("\\begin{aligned}\na &= b \\\\[0.6em]\n&\\quad + c\n\\end{aligned}", "a = b + c"),
        (r"\alpha\,b", r"\alpha b"),
        (r"\alpha\quad b", r"\alpha b"),
        (r"\sqrt D", "\\sqrt\nD"),
        (r"\exp\!\left(x\right)", r"\exp\left(x\right)"),
        (r"f(x) = y,", r"f(x) = y"),
    ],
)
def test_layout_makes_no_difference(printed, checked):
    assert same_tex(printed, checked)


@pytest.mark.parametrize(
    ("printed", "checked"),
    [
        ("a = b", "a = c"),
        ("a = b", r"a \le b"),
        ("a + b", "a - b"),
        ("x^2", "x_2"),
        (r"\alpha b", r"\alphab"),
        (r"\quad", r"\quadx"),
        (r"\frac{a}{b}", r"\frac{b}{a}"),
        ("a,b", "ab"),
        (r"q^\top k", r"q k^\top"),
        (r"\left[a\right]", r"\left(a\right)"),
    ],
)
def test_another_formula_makes_one(printed, checked):
    assert not same_tex(printed, checked)


# --- which line failed


def report(*frames: tuple[int, int]) -> str:
    lines = [f"\x1b[36mCell\x1b[39m \x1b[32mIn[{n}]\x1b[39m, line {k}" for n, k in frames]
    return "\n".join([*lines, "ValueError: no"])


def test_the_line_that_failed_is_the_outermost_frame_of_the_cell_that_ran():
    text = cell("def f():\n    g()") + cell("") + cell("y = 1", ":tags: [x]") + cell("x\n\nf()")
    read = chapter(text)
    lines = (HEAD + text).split("\n")
    calls = lines.index("f()") + 1
    assert failed_line(read, report((3, 3), (1, 2))) == calls
    assert failed_line(read, report((3, 3), (1, 2), (3, 1))) == calls
    chained = report((1, 1))
    cause = "The above exception was the direct cause of the following exception:"
    assert failed_line(read, f"{chained}\n{cause}\n{report((3, 3), (1, 2))}") == calls
    assert failed_line(read, "------\ny = 1\n------\n") == lines.index("y = 1") + 1
    assert failed_line(read, "something else") == 1
