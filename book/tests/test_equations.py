"""`equation` asserts what its TeX says."""

import math

import numpy as np
import pytest
import sympy as sp
from lib.equations import EquationError, equation

x, y = sp.symbols("x y", real=True)


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
