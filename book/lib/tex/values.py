"""What a formula's parts are worth: numbers, matrices, families of them, many outcomes at once.

A row is a 1×n matrix and a number has no axes; a product of a row and a column becomes a number.
Three axes or more are a family of matrices, to be indexed. Entries may be SymPy expressions.
A `Batch` holds one value for each outcome of what is random, along its last axis.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

Place = int | tuple[int, int]  # an index, or the two ends of a range


class ValueProblem(Exception):
    """Parts that do not go together, such as 1×2 times 1×2."""


@dataclass(frozen=True, eq=False)
class Batch:
    """One value for each outcome, along the last axis of `data`."""

    data: np.ndarray


@dataclass(frozen=True)
class Identity:
    """A multiple of the identity matrix, whose size its neighbours say."""

    scale: Any = 1


@dataclass(frozen=True, eq=False)
class Outcomes:
    """A random quantity by its outcomes: one per entry of the first axis, with their weights.

    Quantities of one `group` have their outcomes together; others are independent.
    """

    values: np.ndarray
    weights: np.ndarray
    group: Any = None


def outcomes(values: Any, weights: Any = None) -> Outcomes:
    """A random quantity that takes each of `values` (first axis), by default equally often."""
    values = np.asarray(values)
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=float)
    if len(values) < 2 or len(weights) != len(values):
        raise ValueError("outcomes: needs two values or more, and as many weights")
    return Outcomes(values, weights / weights.sum())


def value(given: Any) -> Any:
    """A value as a check gives it, in this module's form: one axis becomes a row."""
    if isinstance(given, np.ndarray | list) and not _is_collection(given):
        array = np.asarray(given)
        if array.ndim == 0:
            return array[()]
        return array[None, :] if array.ndim == 1 else array
    if isinstance(given, sp.MatrixBase):
        return np.array(given.tolist(), dtype=object)
    if isinstance(given, np.generic):
        return given.item()
    return given


def _is_collection(given: Any) -> bool:
    return isinstance(given, list) and any(isinstance(one, tuple | set) for one in given)


def shape(one: Any) -> tuple[int, ...]:
    """The axes without that of the outcomes; () for a number."""
    if isinstance(one, Batch):
        return one.data.shape[:-1]
    return one.shape if isinstance(one, np.ndarray) else ()


def is_symbolic(one: Any) -> bool:
    """Whether it is a SymPy expression or an array of objects."""
    return isinstance(one, sp.Basic) or (isinstance(one, np.ndarray) and one.dtype == object)


def _is_numeric(one: Any) -> bool:
    return isinstance(one, np.ndarray) and one.dtype != object


def size_text(one: Any) -> str:
    """The sizes as a message shows them, such as `2×3`."""
    axes = shape(one)
    return "×".join(map(str, axes)) if axes else "a number"


def lift(operation: Callable, *values: Any) -> Any:
    """`operation` on the raw arrays; its operation must act on leading axes only."""
    for one in values:
        if not isinstance(one, Batch | np.ndarray | int | float | complex | sp.Basic | Fraction):
            raise ValueProblem(f"a {type(one).__name__} where a number or a matrix should stand")
    if any(isinstance(one, Batch) or _is_numeric(one) for one in values):
        values = tuple(float(one) if isinstance(one, Fraction) else one for one in values)
    if not any(isinstance(one, Batch) for one in values):
        return operation(*values)
    return Batch(np.asarray(operation(*map(_raw, values))))


def _raw(one: Any) -> Any:
    """The array with an axis for the outcomes at its end."""
    if isinstance(one, Batch):
        return one.data
    return one[..., None] if isinstance(one, np.ndarray) else one


def plain(one: Any) -> Any:
    """A 1×1 matrix as the number that it is, NumPy's numbers as Python's."""
    if shape(one) == (1, 1):
        return lift(lambda array: array[0, 0], one)
    return one.item() if isinstance(one, np.generic) else one


def is_zero(one: Any) -> bool:
    """Whether it is the number 0, which stands for any zeros."""
    return not isinstance(one, np.ndarray | Batch | Identity | Outcomes) and one == 0


def add(left: Any, right: Any) -> Any:
    """The sum of two values of one shape; 0 and the identity take the other's."""
    if is_zero(left):
        return right
    if is_zero(right):
        return left
    if isinstance(left, Identity) and isinstance(right, Identity):
        return Identity(left.scale + right.scale)
    if isinstance(left, Identity):
        left = _sized(left, right)
    elif isinstance(right, Identity):
        right = _sized(right, left)
    if shape(left) != shape(right):
        raise ValueProblem(f"ShapeError: {size_text(left)} plus {size_text(right)}")
    return lift(lambda a, b: a + b, left, right)


def _sized(one: Identity, other: Any) -> Any:
    rows, columns = shape(other) if len(shape(other)) == 2 else (0, 1)
    if rows != columns:
        raise ValueProblem(f"ShapeError: I plus {size_text(other)}")
    return multiply(one.scale, np.eye(rows, dtype=int))


def multiply(left: Any, right: Any) -> Any:
    """The product of numbers and matrices, with the sizes checked; 0 stands for any zeros."""
    if is_zero(left) or is_zero(right):
        return 0
    if isinstance(left, Identity) or isinstance(right, Identity):
        if isinstance(left, Identity) and isinstance(right, Identity):
            return Identity(left.scale * right.scale)
        one, other = (left, right) if isinstance(left, Identity) else (right, left)
        if shape(other):
            return multiply(one.scale, other)
        return Identity(multiply(one.scale, other))
    axes = shape(left), shape(right)
    if () in axes:
        return lift(lambda a, b: a * b, left, right)
    if len(axes[0]) != 2 or len(axes[1]) != 2 or axes[0][1] != axes[1][0]:
        raise ValueProblem(f"ShapeError: {size_text(left)} times {size_text(right)}")
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        return plain(left @ right)
    return plain(lift(lambda a, b: np.einsum("ij...,jk...->ik...", a, b), left, right))


def entrywise(left: Any, right: Any) -> Any:
    """The product entry by entry of two arrays of one shape."""
    if shape(left) != shape(right) or not shape(left):
        raise ValueProblem(f"ShapeError: {size_text(left)} entry by entry {size_text(right)}")
    return lift(lambda a, b: a * b, left, right)


def divide(above: Any, below: Any) -> Any:
    """By a number, or entry by entry by a matrix of the same sizes."""
    if isinstance(above, Identity):
        return Identity(divide(above.scale, below))
    if shape(below) and shape(below) != shape(above):
        raise ValueProblem(f"ShapeError: {size_text(above)} over {size_text(below)}")
    if not shape(below) and not isinstance(below, Batch) and below == 0:
        raise ValueProblem("division by 0")
    if isinstance(above, int | Fraction) and isinstance(below, int | Fraction):
        quotient = Fraction(above) / Fraction(below)
        return int(quotient) if quotient.denominator == 1 else quotient
    if isinstance(below, Fraction) and not isinstance(above, sp.Basic):
        below = float(below)
    return lift(lambda a, b: a / b, above, below)


def transpose(one: Any) -> Any:
    """Rows become columns."""
    if len(shape(one)) != 2:
        raise ValueProblem(f"ShapeError: the transpose of {size_text(one)}")
    return lift(lambda a: a.swapaxes(0, 1), one)


def power(base: Any, exponent: Any) -> Any:
    """A number or a square matrix to a power; a set to a power is its tuples."""
    if isinstance(base, tuple | list | set | frozenset | range) and isinstance(exponent, int):
        from itertools import product

        return list(product(base, repeat=exponent))
    if shape(exponent):
        raise ValueProblem(f"ShapeError: {size_text(exponent)} as an exponent")
    if shape(base):
        rows, columns = (*shape(base), 0)[:2]
        if rows != columns or not isinstance(exponent, int) or isinstance(base, Batch):
            raise ValueProblem(f"ShapeError: a power of {size_text(base)}")
        return np.linalg.matrix_power(base, exponent)
    if isinstance(base, int | float | Fraction):
        if base == 0 and not isinstance(exponent, Batch | sp.Basic) and exponent < 0:
            raise ValueProblem("division by 0")
        if isinstance(base, int) and isinstance(exponent, int) and exponent < 0:
            return Fraction(base) ** exponent
        if base < 0 and isinstance(exponent, float | Fraction) and exponent != int(exponent):
            raise ValueProblem("a root of a negative number")
        if isinstance(exponent, int) and abs(exponent) > 10**4:
            return float(base) ** exponent
    if isinstance(exponent, Fraction) and not isinstance(base, sp.Basic):
        exponent = float(exponent)
    return lift(lambda a, b: a**b, base, exponent)


def norm(one: Any) -> Any:
    """The square root of the sum of squares of all entries."""
    if len(shape(one)) not in (0, 2):
        raise ValueProblem(f"ShapeError: the length of {size_text(one)}")
    if not shape(one):
        return lift(abs, one)
    square = lift(lambda a: (a * a).sum(axis=(0, 1)), one)
    return apply("sqrt", square)


def inner(left: Any, right: Any) -> Any:
    """The sum of products of entries of two values of one shape."""
    if shape(left) != shape(right):
        raise ValueProblem(f"ShapeError: ⟨{size_text(left)}, {size_text(right)}⟩")
    axes = tuple(range(len(shape(left))))
    return lift(lambda a, b: np.asarray(a * b).sum(axis=axes), left, right)


SYMBOLIC = {
    "exp": sp.exp, "log": sp.log, "ln": sp.log, "sin": sp.sin, "cos": sp.cos, "tan": sp.tan,
    "cosh": sp.cosh, "sinh": sp.sinh, "tanh": sp.tanh, "arccos": sp.acos, "sqrt": sp.sqrt,
}  # fmt: skip


def apply(name: str, one: Any) -> Any:
    """A function of one variable, entry by entry."""
    if isinstance(one, Identity):
        raise ValueProblem(f"{name} of the identity")
    symbolic, numeric = SYMBOLIC[name], getattr(np, "log" if name == "ln" else name)

    def operation(array: Any) -> Any:
        if isinstance(array, sp.Basic):
            return symbolic(array)
        if isinstance(array, np.ndarray) and array.dtype == object:
            return np.vectorize(symbolic, otypes=[object])(array)
        if name in ("sqrt", "log", "ln") and np.any(np.real(array) < 0):
            raise ValueProblem(f"{name} of a negative number")
        if isinstance(array, Fraction):
            array = float(array)
        with np.errstate(over="ignore", divide="ignore"):
            return numeric(array)

    found = lift(operation, one)
    return found.item() if isinstance(found, np.generic) else found


def extreme(name: str, values: list[Any]) -> Any:
    """`max` or `min` of numbers, or of a matrix and numbers entry by entry."""
    if any(is_symbolic(one) for one in values):
        return (sp.Max if name == "max" else sp.Min)(*values)
    numeric = np.maximum if name == "max" else np.minimum
    if len(values) == 1:
        axes = tuple(range(len(shape(values[0]))))
        return plain(lift(lambda a: getattr(np, name)(a, axis=axes), values[0]))
    found = values[0]
    for other in values[1:]:
        if shape(found) and shape(other) and shape(found) != shape(other):
            raise ValueProblem(f"ShapeError: {name} of {size_text(found)}, {size_text(other)}")
        found = lift(numeric, found, other)
    return plain(found)


def softmax(logits: Any) -> Any:
    """Along the rows."""
    if len(shape(logits)) != 2 or isinstance(logits, Batch):
        raise ValueProblem(f"ShapeError: softmax of {size_text(logits)}")
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def take(base: Any, indices: Sequence[int]) -> Any:
    """One part of a matrix or a family, counted from 1."""
    axes = shape(base)
    if not axes:
        raise ValueProblem("an index of a number")
    if len(axes) == 2 and len(indices) == 1 and 1 in axes:
        indices = [1, *indices] if axes[0] == 1 else [*indices, 1]
    if len(indices) > len(axes):
        raise ValueProblem(f"{len(indices)} indices of {size_text(base)}")
    for index, length in zip(indices, axes, strict=False):
        if not 1 <= index <= length:
            raise ValueProblem(f"index {index} outside 1…{length}")
    where = tuple(index - 1 for index in indices)
    found = lift(lambda array: array[where], base)
    if len(shape(found)) == 1:
        found = lift(lambda array: array[None, ...], found)
    return plain(found)


def join(values: list[Any]) -> Any:
    """Numbers and rows side by side, as one row."""
    rows = []
    for one in values:
        if not shape(one):
            one = (
                Batch(np.reshape(one.data, (1, 1, -1)))
                if isinstance(one, Batch)
                else np.array([[one]])
            )
        if len(shape(one)) != 2 or shape(one)[0] != 1:
            raise ValueProblem(f"ShapeError: {size_text(one)} in a row")
        rows.append(one)
    return stack(rows, axis=1)


def stack(values: list[Any], axis: int = 0) -> Any:
    """Matrices below each other (axis 0) or side by side (axis 1)."""
    outcomes_ = {one.data.shape[-1] for one in values if isinstance(one, Batch)} - {1}
    if not outcomes_ and not any(isinstance(one, Batch) for one in values):
        return np.concatenate(values, axis=axis)
    count = max(outcomes_, default=1)
    raw = [np.broadcast_to(_raw(one), (*shape(one), count)) for one in values]
    return Batch(np.concatenate(raw, axis=axis))
