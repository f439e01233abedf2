"""What a display says in words besides its claim, and what a check does about it."""

import book_tools  # noqa: F401  (the paths of the book)
import numpy as np
import pytest
from lib.equations import EquationError, check
from lib.tex.definitions import Page

TOTAL = r"S_i = \sum_{j=1}^{i}K_jK_i^\top K_j \text{ for orthonormal } K_1,\dots,K_i"
LAST = {"S": lambda K: K, "orthonormal": lambda rows, i: np.allclose(rows @ rows.T, np.eye(i))}


def run(tex: str, bindings: dict, **names):
    return check("it", bindings, page=Page("book/page.md", f"$$\n{tex}\n$$ (it)"), **names)


def test_words_are_asked_for_every_index():
    assert run(TOTAL, LAST, K="orthogonal D×D").kind == "random numbers, to rounding"


OTHERS = [r"K_2,\dots,K_i", r"K_1,\dots,K_{i-1}", r"2K_1,\dots,K_i", r"V_1,\dots,K_i"]


@pytest.mark.parametrize("rows", OTHERS)
def test_words_about_something_else_are_refused(rows):
    tex = TOTAL.replace(r"K_1,\dots,K_i", rows)
    with pytest.raises((EquationError, ValueError)):
        run(tex, LAST, K="orthogonal D×D", V="D×D")


def test_words_that_are_not_so_are_refused():
    with pytest.raises(EquationError, match="this is not so"):
        run(TOTAL, LAST, K=np.eye(3) + 0.1)


def test_words_of_nothing_are_refused():
    """A function that is not asked is no check: it used to pass for true."""
    with pytest.raises(EquationError, match="active needs t, which nothing binds"):
        run(r"x = x + 0 \quad \text{while active}", {"x": 2.0, "active": lambda t: t > 0})


def test_a_gradient_without_a_place_is_refused():
    with pytest.raises(EquationError, match="needs the place where it is taken"):
        run(r"x = \nabla f x \quad \text{with } f(x) = \lVert x\rVert^2", {"x": np.ones((1, 3))})


def test_an_entry_of_what_is_defined_as_a_whole():
    tex = r"x_i = B_{i1} + B_{i2} + 1 \quad \text{with } B = C + C^\top"
    C = np.array([[1.0, 2.0], [5.0, 7.0]])
    assert run(tex, {"C": C, "x": np.array([10.0, 22.0])}).kind == "random numbers, to rounding"
    with pytest.raises(EquationError, match="left 3, right 10"):
        run(tex, {"C": C, "x": np.array([3.0, 22.0])})


def test_a_number_is_counted_once_for_each_that_is_chosen():
    tex = r"T_+ = \sum_{\text{active}} 1"
    active = np.array([True, False, True, True])
    run(tex, {"T_+": 3, "active": active})
    with pytest.raises(EquationError, match="left 4, right 3"):
        run(tex, {"T_+": 4, "active": active})
