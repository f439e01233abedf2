"""How two values differ, in words that say neither of them.

Everything here is pure: it depends on its arguments, and draws its own numbers.
"""

from __future__ import annotations

import contextlib
import math
import numbers
import signal
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import sympy as sp

from autograder.digests import seed_for
from autograder.errors import GraderFault
from autograder.sandbox.shell import Handle


def difference(got: Any, expected: Any, *, rtol: float = 1e-5, atol: float | None = None) -> str:
    """How `got` differs from `expected`, in a few words without the values; "" if it does not."""
    if isinstance(got, Handle):
        return _unlike(expected, got)
    if isinstance(expected, sp.Basic | sp.MatrixBase) and not isinstance(expected, sp.Number):
        return symbolic_difference(got, expected)
    if isinstance(expected, list | numbers.Number | np.ndarray | np.generic | sp.Number):
        if (right := _numeric(expected)) is not None:
            return _numbers_differ(got, right, rtol, atol)
        if not isinstance(expected, list):
            raise GraderFault(f"{kind_of(expected)} is nothing to agree with")
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return _unlike(expected, got)
        if set(got) != set(expected):
            return f"expected the {len(expected)} keys that are asked for and no others"
        pairs = [(got[key], expected[key], "one entry") for key in expected]
    elif isinstance(expected, tuple | list):
        if isinstance(got, np.ndarray) and got.ndim:
            got = tuple(got)
        if not isinstance(got, tuple | list):
            return f"expected a sequence of {len(expected)}, got {kind_of(got)}"
        if len(got) != len(expected):
            return f"expected {len(expected)} items, got {len(got)}"
        numbered = enumerate(zip(got, expected, strict=True), start=1)
        pairs = [(g, e, f"item {number}") for number, (g, e) in numbered]
    elif type(got) is not type(expected):
        return _unlike(expected, got)
    else:
        return "" if got == expected else "not the right one"
    for g, e, name in pairs:
        if trouble := difference(g, e, rtol=rtol, atol=atol):
            return f"{name}: {trouble}"
    return ""


def _unlike(expected: Any, got: Any) -> str:
    return f"expected {kind_of(expected)}, got {kind_of(got)}"


def _numeric(value: Any) -> np.ndarray | None:
    """`value` as a numeric array, or None: lists of lists and exact SymPy numbers count too."""
    try:
        array = np.asarray(value)
        if array.dtype == object:  # big integers, or SymPy numbers
            array = np.array([complex(x) for x in array.ravel()]).reshape(array.shape)
            if not array.imag.any():
                array = array.real
    except Exception:  # ragged lists, and whatever else NumPy or SymPy make of it
        return None
    return array if array.dtype.kind in "biufc" else None


def _numbers_differ(got: Any, right: np.ndarray, rtol: float, atol: float | None) -> str:
    """`difference` for numbers and arrays of them."""
    left = _numeric(got)
    if left is None:
        return _unlike(right, got)
    if left.shape != right.shape:
        return f"expected shape {right.shape}, got {left.shape}"
    if all(d.kind == "b" for d in (left.dtype, right.dtype)) or all(
        d.kind in "iu" for d in (left.dtype, right.dtype)
    ):
        wrong = left != right
    else:
        count = atol is None and rtol <= 1e-5
        finite = np.abs(right[np.isfinite(right)].astype(complex))
        scale = finite.max() if finite.size else 0.0
        slack = rtol * scale if atol is None else atol
        if left.dtype in (np.float32, np.complex64):
            eps = float(np.finfo(np.float32).eps)
            rtol = max(rtol, math.sqrt(eps))
            slack = max(slack, 8 * eps * scale)
        with np.errstate(all="ignore"):
            wrong = ~np.isclose(left, right, rtol=rtol, atol=slack, equal_nan=True)
            if right.dtype.kind in "iu" and left.dtype.kind == "f" and count:
                # A count that is one off is wrong in floating point too, where one can be told.
                rounding = 8 * np.finfo(left.dtype).eps * np.abs(right)
                wrong |= np.abs(left - right) >= np.maximum(0.5, rounding)
    return _describe(left, right, wrong) if wrong.any() else ""


def _describe(left: np.ndarray, right: np.ndarray, wrong: np.ndarray) -> str:
    """What is wrong with an array of the right shape, without its values."""
    where = ""
    if right.ndim == 1:
        where = f" in {wrong.sum()} of {wrong.size} places, first at index {np.argmax(wrong)}"
    elif right.ndim:
        rows = wrong.any(axis=tuple(range(1, wrong.ndim)))
        where = f" in {rows.sum()} of {rows.size} rows, first in row {np.argmax(rows)}"
    with np.errstate(all="ignore"):
        for name, test in (("NaN", np.isnan), ("infinite", np.isinf)):
            if test(left[wrong]).any() and not test(right[wrong]).all():
                return name + where
        if right.ndim >= 2 and right.shape[-1] == right.shape[-2]:
            turned = np.swapaxes(left, -1, -2)
            if np.allclose(turned, right, rtol=1e-4, equal_nan=True):
                return "transposed"
        if ratio := _common_ratio(left, right):
            return ratio
        if np.allclose(left, right, rtol=1e-2):
            return f"close, but not within the tolerance{where}"
    return f"wrong{where}"


def _common_ratio(left: np.ndarray, right: np.ndarray) -> str:
    """The factor by which all of an array is off, as words, or ""."""
    solid = np.isfinite(right) & np.isfinite(left) & (right != 0)
    if not solid.any() or np.iscomplexobj(left) or np.iscomplexobj(right):
        return ""
    ratio = float(np.median(left[solid] / right[solid]))
    if not np.isfinite(ratio) or not ratio or not np.allclose(left, ratio * right, rtol=1e-3):
        return ""
    if abs(ratio - 1) < 1e-3:
        return ""
    if abs(ratio + 1) < 1e-3:
        return "the sign is wrong" + (" everywhere" if right.size > 1 else "")
    if right.size > 1:
        return f"{ratio:.3g} times what is expected, everywhere"
    # A single number is always some multiple. It says something if the factor is a simple one:
    # 2, 1/3, √2, …
    square = max(ratio**2, ratio**-2)
    simple = square < 150 and abs(square - round(square)) < 2e-3 * square and round(square) > 1
    return f"{ratio:.3g} times what is expected" if simple else ""


def kind_of(value: Any) -> str:
    """What sort of thing a value is, with its article. Never a name that the student chose."""
    if isinstance(value, Handle):
        return value.noun
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}" if value.ndim else "a number"
    if isinstance(value, bool | np.bool_):
        return "True or False"
    if isinstance(value, numbers.Number | sp.Number):
        return "a number"
    if isinstance(value, sp.MatrixBase):
        return "a SymPy matrix"
    if isinstance(value, sp.Basic):
        return "a SymPy expression"
    if value is None:
        return "None"
    names: dict[type, str] = {
        str: "text",
        list: "a list",
        tuple: "a tuple",
        dict: "a dict",
        set: "a set",
    }
    return names.get(type(value), "another kind of value")


# --- SymPy


def symbolic_difference(got: Any, expected: Any, *, seconds: float = 10) -> str:
    """How a SymPy expression differs from the expected one, in a few words, or ""."""
    if isinstance(got, Handle):
        return f"expected a SymPy expression, got {got.noun}"
    if isinstance(expected, sp.MatrixBase):
        if not isinstance(got, sp.MatrixBase):
            return f"expected a SymPy matrix, got {kind_of(got)}"
        if got.shape != expected.shape:
            return f"expected shape {expected.shape}, got {got.shape}"
        for row in range(expected.rows):
            for column in range(expected.cols):
                entry = symbolic_difference(got[row, column], expected[row, column])
                if entry:
                    return f"row {row}, column {column}: {entry}"
        return ""
    if isinstance(got, bool) or not isinstance(got, sp.Basic | numbers.Number):
        return f"expected a SymPy expression, got {kind_of(got)}"
    try:
        with _within(seconds):
            return _expressions_differ(sp.sympify(got), sp.sympify(expected))
    except TimeoutError:
        return "too large to be compared"
    except RecursionError:
        return "nested too deeply to be compared"


def _expressions_differ(got: sp.Basic, expected: sp.Basic) -> str:
    """`symbolic_difference` for two objects of SymPy, in unbounded time."""
    by_name = {s.name: s for s in sorted(expected.free_symbols, key=str) if _is_symbol(s)}
    strangers = [s for s in got.free_symbols if _is_symbol(s) and s.name not in by_name]
    if got == expected:
        return ""
    if _is_truth(expected) or _is_truth(got):
        return _relations_differ(got, expected)
    # A count may be written as a sum; one inside another has no value where limits are not whole.
    got = got.replace(lambda part: isinstance(part, sp.Sum), lambda part: part.doit())
    verdict = _numerically(got, expected, by_name, strangers)
    if verdict is None:
        renamed = got.xreplace({s: by_name[s.name] for s in got.free_symbols if s.name in by_name})
        verdict = "" if sp.simplify(renamed - expected) == 0 else "not equal to what is expected"
    if verdict and strangers:
        names = ", ".join(by_name) or "no symbols at all"
        return f"expected an expression in {names}; it has other symbols"
    return verdict


def _is_truth(thing: sp.Basic) -> bool:
    """Whether it is true or false, and not a quantity. SymPy's own Boolean includes symbols."""
    logic = sp.logic.boolalg
    return isinstance(
        thing, sp.core.relational.Relational | logic.BooleanFunction | logic.BooleanAtom
    )


def _relations_differ(got: sp.Basic, expected: sp.Basic) -> str:
    """`_expressions_differ` where a relation is involved."""
    if not _is_truth(expected) or not _is_truth(got):
        kind = "a relation, such as a < b" if _is_truth(expected) else "an expression, no relation"
        return f"expected {kind}"
    # a < b and b > a say the same, and so do a = b and b = a.
    left, right = (r.reversed if isinstance(r, sp.Gt | sp.Ge) else r for r in (got, expected))
    if type(left) is not type(right) or not hasattr(left, "lhs"):
        return "another relation than the one that is expected"
    trouble = _expressions_differ(left.lhs - left.rhs, right.lhs - right.rhs)
    if trouble and isinstance(left, sp.Eq | sp.Ne):
        trouble = _expressions_differ(left.rhs - left.lhs, right.lhs - right.rhs)
    return trouble


def _is_symbol(thing: sp.Basic) -> bool:
    return isinstance(thing, sp.Symbol)


def _ratio(left: sp.Expr, right: sp.Expr) -> complex:
    """Their quotient; NaN if it is none, or of a size that floats do not have."""
    try:
        ratio = complex(left / right)
        abs(ratio)
        return ratio
    except (ArithmeticError, TypeError):
        return complex("nan")


def _numerically(
    got: sp.Basic, expected: sp.Basic, by_name: dict[str, sp.Symbol], strangers: list[sp.Symbol]
) -> str | None:
    """Compare at random points. None if not enough of them can be evaluated."""
    symbols = [*by_name.values(), *strangers]
    names = {s.name: s for s in symbols}
    draw = np.random.default_rng(seed_for(*sorted(names)))
    ratios, compared = [], 0
    for number in range(12):
        if compared == 4 or (compared and not symbols):
            break
        # Both signs for certain, where a symbol may have them: √x² is x for half of all numbers.
        sign = (1, -1)[number] if number < 2 else 0
        point = {name: _number_like(symbol, draw, sign) for name, symbol in names.items()}
        left, right = (
            _evaluate(e, {s: point[s.name] for s in e.free_symbols if _is_symbol(s)})
            for e in (got, expected)
        )
        if right is None:
            continue  # outside the domain; or never evaluable
        if left is None:
            return None if not _evaluable(got) else "undefined where it should not be"
        compared += 1
        # Not `>`: nothing is greater than what is no number.
        if not abs(left - right) <= sp.Float("1e-12", 30) * max(abs(left), abs(right), 1e-30):
            ratios.append(_ratio(left, right))
    if not compared:
        return None
    if not ratios:
        return ""
    first = ratios[0]
    constant = compared == len(ratios) > 1 and all(
        abs(r - first) < 1e-9 * abs(first) for r in ratios
    )
    if constant and abs(first.imag) < 1e-12:
        if abs(first.real - 1) < 1e-3:
            return "close, but not equal to what is expected"
        if abs(first.real + 1) < 1e-9:
            return "the sign is wrong"
        return f"{first.real:.3g} times what is expected"
    return "not equal to what is expected"


def _number_like(symbol: sp.Symbol, draw: np.random.Generator, sign: int) -> sp.Number:
    """A random number that fits a symbol's assumptions. `sign`: the one to take, or 0 for either.

    A symbol of which nothing is known stands for real numbers.
    """
    number = sp.Rational(int(draw.integers(200, 1800)), 1009)
    if symbol.is_integer:
        whole = int(draw.integers(2, 9))
        whole += symbol.is_even is not None and bool(symbol.is_even) != (whole % 2 == 0)
        number = sp.Integer(whole)
    sign = sign or (1 if draw.random() < 0.5 else -1)
    if symbol.is_negative or symbol.is_nonpositive:
        sign = -1
    elif symbol.is_positive or symbol.is_nonnegative:
        sign = 1
    return sign * number


def _evaluate(expression: sp.Basic, point: Mapping[sp.Symbol, sp.Number]) -> sp.Expr | None:
    """The expression's value at a point to 30 digits, or None if it has none."""
    try:
        value = expression.evalf(30, subs=point, maxn=200)
        complex(value)  # a sum that could not be evaluated says that it is a number, too
    except (TimeoutError, RecursionError):
        raise
    except Exception:  # SymPy raises anything here
        return None
    return value if isinstance(value, sp.Expr) and value.is_number and value.is_finite else None


def _evaluable(expression: sp.Basic) -> bool:
    """Whether an expression has only parts that have numbers as values."""
    opaque = (sp.core.function.AppliedUndef, sp.Indexed, sp.MatrixExpr)
    return not expression.has(*opaque)


@contextlib.contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the body after so many seconds.

    Only Python code can be interrupted so, and only in the main thread: a single operation that
    takes for ever is left to whoever watches the process.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
