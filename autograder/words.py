"""The words that hidden tests are written in.

Inside a hidden region these names are simply there::

    ### BEGIN HIDDEN TESTS
    with part(2, "any width σ"):
        for sigma in rng.uniform(0.5, 3, size=3):
            x = rng.normal(size=(4, 3))
            agree(kernel(x, x, sigma), reference.kernel(x, x, sigma), what="the kernel")
    with part(1, "a kernel is symmetric"):
        gram = kernel(x, x, 2.0)
        agree(gram, gram.T, what="the kernel with its arguments swapped")
    ### END HIDDEN TESTS

Students read what these words say, so none of them says a hidden input, an expected value or
anything that the student's code has put into words.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from autograder.compare import difference, symbolic_difference
from autograder.errors import GraderFault
from autograder.sandbox.shell import Callback, ShellDied, StudentError
from autograder.student.protocol import builtin_kind


class Failed(AssertionError):
    """A check that the student's answer fails. Its message is made of the words of this module."""


@dataclass(frozen=True)
class Part:
    """How one part of a test cell went: `message` is "" if it passed."""

    what: str
    points: float
    max_points: float
    message: str = ""


class _Reference:
    """The names of the assignment's own solution, as attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return _state.reference[name]
        except KeyError:
            raise GraderFault(f"the solution defines no {name}") from None


@dataclass
class _State:
    """The test cell that is running. There is one at a time: each has a process to itself."""

    points: float
    reference: Mapping[str, Any]
    parts: list[Part]
    open: bool = False  # inside a part


WORDS = frozenset(
    ["agree", "callback", "holds", "part", "raises", "reference", "rng", "symbolically_equal"]
)
"""The names that hidden tests simply have."""

_state = _State(0, {}, [])
reference = _Reference()
"""The solution's functions and values: ``reference.kernel(x, y)``."""
rng = np.random.default_rng(0)
"""A NumPy Generator, seeded for this student and this test cell."""


def start(points: float, names: Mapping[str, Any], seed: int) -> None:
    """Begin a test cell worth `points`, with the solution's `names` as `reference`."""
    global _state
    _state = _State(points, names, [])
    rng.bit_generator.state = np.random.default_rng(seed).bit_generator.state


def cell_points() -> float:
    """What the test cell that `start` began is worth."""
    return _state.points


def finish() -> tuple[Part, ...]:
    """The parts of the test cell that `start` began.

    Raises
    ------
    GraderFault
        If their points are not the cell's points.
    """
    total = sum(p.max_points for p in _state.parts)
    if _state.parts and not math.isclose(total, _state.points):
        raise GraderFault(f"the parts add up to {total:g} points, the cell has {_state.points:g}")
    return tuple(_state.parts)


@contextlib.contextmanager
def part(points: float, what: str) -> Iterator[None]:
    """One part of a test, worth `points`. If it fails, the others still count.

    `what` says in the student's words what is tested. The points of a cell's parts add up to the
    cell's.
    """
    if _state.open:
        raise GraderFault(f'the part "{what}" stands inside another part')
    _state.open = True
    message = ""
    try:
        with quiet():
            yield
    except GraderFault:
        raise
    except Exception as error:
        message = explain(error)
    except SystemExit:  # in the student's own process only
        message = "your code ended the program (SystemExit)"
    finally:
        _state.open = False
    _state.parts.append(Part(what, 0.0 if message else points, points, message))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Drop what code prints and warns. Plain nbgrader gives 0 for a warning."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


def explain(error: Exception) -> str:
    """Why a hidden check failed, saying no more than the student may know."""
    if isinstance(error, Failed | StudentError):
        return str(error)
    if isinstance(error, NameError) and error.name:
        return f"`{error.name}` is not defined"
    if isinstance(error, NotImplementedError):
        return "not solved yet (NotImplementedError)"
    return f"your code, or the check of its result, stopped with {builtin_kind(error)}"


def holds(condition: Any, message: str) -> None:
    """A property. `message` says what should be so; it must not quote hidden numbers.

    `condition` is a bool or an array of bools that must all be true. Anything else does not hold,
    and of an empty array nothing does.
    """
    if isinstance(condition, np.ndarray | np.generic):
        true = condition.dtype == bool and condition.size > 0 and bool(np.all(condition))
    else:
        true = condition is True or condition is sp.true
    if not true:
        raise Failed(message)


def raises(kind: type[Exception], function: Callable, *args: Any, **kwargs: Any) -> None:
    """`function`, called so, must raise an exception of this built-in kind."""
    try:
        function(*args, **kwargs)
    except ShellDied:
        raise
    except StudentError as error:
        raised = getattr(builtins, error.kind, Exception)
        if error.unsolved and kind is not NotImplementedError:
            raise
    except Exception as error:
        raised = type(error)
        if raised is NotImplementedError and kind is not NotImplementedError:
            raise
    else:
        raise Failed(f"{kind.__name__} should be raised, and nothing was")
    if not issubclass(raised, kind):
        raise Failed(f"{kind.__name__} should be raised, not another exception")


def callback(function: Callable) -> Callable:
    """`function`, to be passed to the student's code as an argument.

    The student's code can call it while the call it was passed to lasts. What it is called with is
    the student's; it must not be a function of `reference`, which would hand out the answer.
    The student's own functions and the notebook's given ones are passed as they are.
    """
    if any(function is f for f in _state.reference.values()):
        raise GraderFault("a reference function must not be lent to the student")
    return Callback(function)


def agree(
    got: Any,
    expected: Any,
    *,
    rtol: float = 1e-5,
    atol: float | None = None,
    what: str = "the result",
) -> None:
    """`got` must have the shape and the values of `expected`.

    Numbers may differ by ``atol + rtol·|expected|``. `atol` defaults to `rtol` times the greatest
    of the expected numbers, so that rounding near 0 costs nothing; pass 0 where small numbers
    count as much as large ones. Results in float32 get the tolerance that float32 needs. NaN agrees
    with NaN only. Lists do for arrays and arrays for lists; tuples, dicts and sets are compared
    item by item, SymPy expressions with `symbolically_equal`. `what` names the quantity; it must
    not quote hidden numbers.
    """
    if trouble := difference(got, expected, rtol=rtol, atol=atol):
        raise Failed(f"{what}: {trouble}")


def symbolically_equal(
    got: Any, expected: Any, *, what: str = "the expression", seconds: float = 10
) -> None:
    """`got`, a SymPy expression, must equal `expected` as mathematics, in whatever form.

    Symbols are matched by name. Both sides are evaluated to 30 digits at random points that fit the
    assumptions of the expected symbols; where that is impossible, SymPy simplifies the difference.
    An answer for which this takes longer than `seconds` does not pass. Matrices are compared entry
    by entry.
    """
    if trouble := symbolic_difference(got, expected, seconds=seconds):
        raise Failed(f"{what}: {trouble}")
