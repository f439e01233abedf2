"""The words of hidden tests: what they accept, what they reject, and what they say."""

import re

import nbclient
import numpy as np
import pytest
import sympy as sp
from nbgrader.utils import determine_grade

from autograder import bank, release
from autograder.digests import seed_for
from autograder.errors import GraderFault
from autograder.grade.grading import grade
from autograder.project import CHECKOUT, Project
from autograder.rules import load
from autograder.sandbox import server
from autograder.sandbox.loopback import loopback
from autograder.testing import STOCK_SEED
from autograder.words import (
    Failed,
    agree,
    callback,
    finish,
    holds,
    part,
    raises,
    reference,
    rng,
    start,
    symbolically_equal,
)

x, y = sp.symbols("x y", positive=True)
z = sp.Symbol("z")
k, n = sp.symbols("k n", integer=True, positive=True)
M = np.array([[1.0, 2.0], [3.0, 5.0]])


@pytest.fixture(autouse=True)
def cell():
    """A test cell worth three points."""
    start(3, {"double": lambda v: 2 * v, "half": 0.5}, seed=1)


# --- agree


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (M.tolist(), M),
        (M * (1 + 1e-7), M),
        (M.astype(np.float32) * np.float32(1 + 1e-4), M),
        (np.asfortranarray(M), M),
        ([M[0], M[1]], M),
        ((M, 2), (M, 2.0)),
        ([M, 2], (M, 2)),
        (M, (M[0], M[1])),
        ([np.nan, np.inf], np.array([np.nan, np.inf])),
        (sp.Rational(1, 2), 0.5),
        (sp.sqrt(2), np.sqrt(2)),
        ([sp.pi, 1], np.array([np.pi, 1])),
        (3.0, 3),
        (np.int64(3), 3),
        (1e-9, 0.0 + 1e-9),
        ([1e-9, 1.0], [0.0, 1.0]),
        ({"a": [1]}, {"a": np.array([1])}),
        ({1, 2}, {2, 1}),
        ("text", "text"),
        (None, None),
        (2 * x, x + x),
        (10**30, 10**30),
        (True, True),
        ([[1, 2], [3]], [[1, 2], [3]]),
        (25_557_032.0, 25_557_032),
        (np.float32(25_557_032), 25_557_032),
        (2.0**60, 2**60 + 1),
    ],
)
def test_agree_accepts(got, expected):
    agree(got, expected)


@pytest.mark.parametrize(
    ("got", "expected", "says"),
    [
        (M.T, M, "transposed"),
        (-M, M, "the sign is wrong everywhere"),
        (M * 0.5, M, "0.5 times what is expected, everywhere"),
        (M + np.diag([0, 9]), M, "wrong in 1 of 2 rows, first in row 1"),
        (M[0] + np.array([0, 9]), M[0], "wrong in 1 of 2 places, first at index 1"),
        (M[0], M, "expected shape (2, 2), got (2,)"),
        (np.array([[1, 2], [np.nan, 5]]), M, "NaN in 1 of 2 rows, first in row 1"),
        (np.array([[1, np.inf], [3, 5]]), M, "infinite in 1"),
        (M * (1 + 1e-3 * np.sign(M - 2)), M, "close, but not within the tolerance"),
        ("text", M, "expected an array of shape (2, 2), got text"),
        (None, M, "expected an array of shape (2, 2), got None"),
        ([[1, 2], [3]], M, "expected an array of shape (2, 2), got a list"),
        (0.7072, 1.0, "x: 0.707 times what is expected"),
        (1.37, 1.0, "x: wrong"),
        ([1, 2, 3], (1, 2), "expected 2 items, got 3"),
        ((1, M.T), (1, M), "item 2: transposed"),
        ({"b": 1}, {"a": 1}, "expected the 1 keys"),
        (1, None, "expected None, got a number"),
        ({1}, {2}, "not the right one"),
        (M, x, "expected a SymPy expression, got an array"),
        (x, 2.0, "expected a number, got a SymPy expression"),
        (0, np.nan, "x: wrong"),
        (3, 4, "x: wrong"),
        (True, False, "x: wrong"),
        (25_557_033.0, 25_557_032, "x: close, but"),
        (np.float32(25_560_000), 25_557_032, "x: close, but"),
        (np.array([1.0, 25_557_033]), [1, 25_557_032], "close, but not within the tolerance"),
    ],
)
def test_agree_rejects_and_says_why(got, expected, says):
    with pytest.raises(Failed) as caught:
        agree(got, expected, what="x")
    assert says in str(caught.value)


def test_agree_never_quotes_a_value():
    for got in (M + 271828.5, np.nan * M, M * 7, M[:, :1], "271828.5"):
        with pytest.raises(Failed) as caught:
            agree(got, M * 31415.9)
        assert not re.search("271828|31415", str(caught.value))


def test_tolerances_are_the_callers():
    agree(1.01, 1.0, rtol=0.02)
    agree([1.0, 1e-3], [1.0, 0.0], atol=1e-2)
    with pytest.raises(Failed):
        agree([1.0, 1e-12], [1.0, 2e-12], atol=0)
    with pytest.raises(Failed):
        agree(np.float16(1.01), 1.0)  # no leave to be coarse, as float32 has to be fine


def test_an_object_that_did_not_cross_is_named_by_its_sort():
    shell = loopback({"f": lambda: (v for v in [1])})
    with pytest.raises(Failed, match=r"expected an array of shape .*, got a generator"):
        agree(shell.call("f"), M)


# --- symbolically_equal


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (sp.exp(x) * sp.exp(y), sp.exp(x + y)),
        (sp.E**x, sp.exp(x)),
        ((x + y) ** 2, x**2 + 2 * x * y + y**2),
        (sp.Symbol("x") * 2, x * 2),  # matched by name, whatever is assumed
        (sp.sqrt(sp.Symbol("x") ** 2), x),
        (sp.sin(z) ** 2 + sp.cos(z) ** 2, sp.Integer(1)),
        (2, sp.Integer(2)),
        (0.5, sp.Rational(1, 2)),
        (sp.Sum(n, (n, 1, 10)), sp.Integer(55)),
        (sp.Sum(1, (k, 1, n), (n, 1, x)), x * (x + 1) / 2),
        (sp.Integral(x, (x, 0, y)), y**2 / 2),
        (sp.Function("f")(x) * 2, sp.Function("f")(x) + sp.Function("f")(x)),
        (sp.Eq(y, x), sp.Eq(x, y)),
        (y > x, x < y),
        (sp.Matrix([[x + x]]), sp.Matrix([[2 * x]])),
        (sp.factorial(n), sp.gamma(n + 1)),
        (sp.log(x * y), sp.log(x) + sp.log(y)),
        (sp.oo, sp.oo),
        (sp.Max(x, y), (x + y + sp.Abs(x - y)) / 2),
    ],
    ids=str,
)
def test_equal_expressions_pass(got, expected):
    symbolically_equal(got, expected)


@pytest.mark.parametrize(
    ("got", "expected", "says"),
    [
        (x**2, x**3, "not equal"),
        (3 * x, x, "3 times what is expected"),
        (-x, x, "the sign is wrong"),
        (x + z, x + y, "expected an expression in x, y"),
        (sp.sqrt(z**2), z, "not equal"),
        ([x], x, "expected a SymPy expression, got a list"),
        ("x", x, "expected a SymPy expression, got text"),
        (True, x, "expected a SymPy expression, got True or False"),
        (sp.Matrix([[x, y]]), sp.Matrix([[x]]), "expected shape (1, 1), got (1, 2)"),
        (sp.Matrix([[y]]), sp.Matrix([[x]]), "row 0, column 0: expected an expression in x"),
        (x, sp.Eq(x, y), "expected a relation"),
        (x > y, x < y, "the sign is wrong"),
        (x >= y, x > y, "another relation"),
        (sp.nan, x, "undefined"),
        (sp.Sum(1, (k, 1, n), (n, 1, x)), x**2 / 2, "not equal"),
        (sp.Sum(sp.Function("f")(n), (n, 1, x)), x, "not equal"),
        (sp.Function("f")(x), sp.Function("g")(x), "not equal"),
        (x * (1 + sp.Float("1e-9")), x, "close, but not equal"),
    ],
    ids=str,
)
def test_unequal_expressions_fail_and_it_says_why(got, expected, says):
    with pytest.raises(Failed) as caught:
        symbolically_equal(got, expected)
    assert says in str(caught.value)


def test_an_expression_that_never_ends_fails_in_bounded_time():
    tower = sp.Integer(10)
    for _ in range(3):
        tower = sp.Pow(10, tower, evaluate=False)
    deep = sp.Symbol("x")
    for _ in range(90):
        deep = sp.sin(deep + sp.Pow(deep, deep, evaluate=False), evaluate=False)
    for monster in (tower, deep):
        with pytest.raises(Failed):
            symbolically_equal(monster, x, seconds=0.5)


# --- holds, raises, callback, part


def test_holds_wants_truth_and_nothing_else():
    for true in (True, np.True_, np.array([True, True]), sp.true):
        holds(true, "it is so")
    anything = loopback({"f": lambda: object()}).call("f")
    nothing, some = np.ones(0) > 0, np.array([True, False])
    for other in (False, 1, "yes", [True], anything, some, nothing, np.float64(1), None):
        with pytest.raises(Failed, match="it should be so"):
            holds(other, "it should be so")


def test_raises_wants_this_kind_of_exception():
    def stop(error):
        raise error

    raises(ValueError, stop, ValueError("x"))
    raises(LookupError, stop, KeyError("x"))
    remote = loopback({"stop": lambda: stop(KeyError())}).call
    raises(LookupError, remote, "stop")
    with pytest.raises(Failed, match="ValueError should be raised, not another"):
        raises(ValueError, stop, KeyError())
    with pytest.raises(Failed, match="nothing was"):
        raises(ValueError, abs, 1)
    with pytest.raises(NotImplementedError):  # the stub is no answer, although it is an Exception
        raises(Exception, stop, NotImplementedError())


def test_a_reference_function_is_never_lent():
    assert callback(lambda v: v)(3) == 3
    with pytest.raises(GraderFault, match="lent"):
        callback(reference.double)


def test_the_reference_is_the_solution_and_nothing_else():
    assert reference.double(3) == 6 and reference.half == 0.5
    with pytest.raises(GraderFault, match="defines no other"):
        reference.other  # noqa: B018


def test_the_generator_follows_from_the_seed():
    def draw(seed):
        start(1, {}, seed)
        return rng.random()

    assert draw(1) == draw(1) != draw(2)
    assert seed_for("a", "bc") == seed_for("a", "bc") != seed_for("ab", "c")


def test_a_part_that_fails_costs_its_own_points():
    with part(1, "this"):
        holds(True, "")
    with part(2, "that"):
        holds(False, "it should be so")
    this, that = finish()
    assert (this.points, this.message) == (1, "")
    assert (that.points, that.max_points, that.message) == (0, 2, "it should be so")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (AssertionError("the hidden number is 271828"), "stopped with AssertionError"),
        (ValueError("271828"), "stopped with ValueError"),
        (type("x271828", (KeyError,), {})(), "stopped with KeyError"),
        (NotImplementedError(), "not solved yet"),
        (NameError("x", name="scale"), "`scale` is not defined"),
        (SystemExit(), "ended the program"),
    ],
)
def test_a_part_says_nothing_that_others_have_worded(error, says):
    with part(3, "all"):
        raise error
    (only,) = finish()
    assert says in only.message and "271828" not in only.message


def test_numpys_own_assertions_do_not_give_the_values_away():
    with part(3, "all"):
        np.testing.assert_allclose([1.0], [271828.0])
    assert "271828" not in finish()[0].message


def test_parts_must_add_up_and_do_not_nest():
    with part(1, "this"):
        pass
    with pytest.raises(GraderFault, match="add up to 1 points, the cell has 3"):
        finish()
    start(3, {}, 1)
    with pytest.raises(GraderFault, match="inside another part"), part(2, "a"), part(1, "b"):
        pass


def test_a_fault_of_the_test_is_not_taken_for_the_students():
    with pytest.raises(GraderFault), part(3, "all"):
        reference.nothing  # noqa: B018


def test_what_runs_in_a_part_is_quiet(capfd, recwarn):
    import sys
    import warnings

    with part(3, "all"):
        print("loud")
        print("loud", file=sys.stderr)
        warnings.warn("loud", stacklevel=1)
    assert capfd.readouterr() == ("", "") and not recwarn.list


# --- under plain nbgrader


def test_plain_nbgrader_gives_the_same_scores():
    """The instructor's notebook, run in an ordinary kernel and scored by nbgrader's own rule."""
    assignment = load("04_random_features", Project(CHECKOUT))
    answers = {}
    for answer in bank.answers(assignment):
        answers.setdefault(answer.name, []).append(answer)
    notebook = release.instructor_notebook(assignment)
    cells = []
    for number, cell in enumerate(c for c in notebook.cells if c.cell_type == "code"):
        if cell.id in answers and cell.id != "scale_frequencies":
            mine = answers[cell.id]
            cell.source = mine[number % len(mine)].source
        cells.append((cell.id, cell.source))
    nbclient.NotebookClient(notebook, allow_errors=True, kernel_name="python3").execute()
    record = grade(assignment, cells, STOCK_SEED, server.open_shell)
    theirs = {c.id: determine_grade(c)[0] for c in notebook.cells if c.id in record.verdicts}
    assert theirs == {name: v.points for name, v in record.verdicts.items()}
    assert theirs["test_scale_frequencies"] == 2 and min(theirs.values()) == 0
