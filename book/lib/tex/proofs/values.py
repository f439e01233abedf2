"""What a formula's parts are worth in a proof: an expression of entries, with its open axes."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import sympy as sp

from lib.tex.proofs.algebra import Algebra, Unproved

Axis = tuple[tuple[sp.Symbol, sp.Expr], ...]  # indices that run together, each with its end


@dataclass(frozen=True, eq=False)
class Value:
    """A number, a row (`columns`), a column (`rows`) or a matrix (both)."""

    expression: sp.Expr
    rows: Axis | None = None
    columns: Axis | None = None

    @property
    def number(self) -> bool:
        """Whether it has no open axis."""
        return self.rows is None and self.columns is None

    @property
    def transposed(self) -> "Value":
        """The same entries with rows and columns exchanged."""
        return replace(self, rows=self.columns, columns=self.rows)


@dataclass(frozen=True, eq=False)
class Joined:
    """Numbers and rows side by side, as one row or column."""

    parts: tuple[Value, ...]
    column: bool = False


@dataclass(frozen=True, eq=False)
class Identity:
    """A multiple of the identity matrix, or a row of ones (`ones`), of the size that it meets."""

    scale: sp.Expr = sp.S.One
    ones: bool = False
    column: bool = False


Function = Callable[..., Value | Joined]
AnyValue = Value | Joined | Identity


class Arithmetic:
    """Sums and products of values, with their sizes checked."""

    def __init__(self, algebra: Algebra):
        self.algebra = algebra

    def aligned(self, one: Value, to: Value) -> Value:
        """`one` with the index names of `to`."""
        renamed = {}
        for mine, other in ((one.rows, to.rows), (one.columns, to.columns)):
            if (mine is None) != (other is None) or len(mine or ()) != len(other or ()):
                raise Unproved("parts of different kinds are added or compared")
            for (symbol, upper), (wanted, length) in zip(mine or (), other or (), strict=True):
                if sp.expand(upper - length) != 0:
                    raise Unproved(f"sizes {upper} and {length} do not fit")
                renamed[symbol] = wanted
        return Value(one.expression.xreplace(renamed), to.rows, to.columns)

    def add(self, one: AnyValue, two: AnyValue) -> AnyValue:
        """The sum; an identity takes the size of the other side."""
        if isinstance(one, Identity) and isinstance(two, Identity) and one.ones == two.ones:
            return replace(one, scale=one.scale + two.scale)
        if isinstance(one, Identity) and isinstance(two, Value):
            one = self.sized(one, two.rows, two.columns)
        if isinstance(two, Identity) and isinstance(one, Value):
            two = self.sized(two, one.rows, one.columns)
        if isinstance(one, Joined) and isinstance(two, Joined):
            pairs = self.paired(one, two)
            return Joined(tuple(self.add_values(a, b) for a, b in pairs), one.column)
        if not isinstance(one, Value) or not isinstance(two, Value):
            raise Unproved("parts of different kinds are added")
        return self.add_values(one, two)

    def add_values(self, one: Value, two: Value) -> Value:
        """The sum of two values of one shape."""
        return replace(one, expression=one.expression + self.aligned(two, one).expression)

    def sized(self, one: Identity, rows: Axis | None, columns: Axis | None) -> Value:
        """An identity or a row of ones as a value with these axes."""
        if one.ones:
            axis = rows if one.column else columns
            if axis is None:
                raise Unproved("a row of ones where there is no row")
            return Value(one.scale, axis, None) if one.column else Value(one.scale, None, axis)
        if rows is None or columns is None or [u for _, u in rows] != [u for _, u in columns]:
            raise Unproved("an identity of unknown size")
        deltas = [sp.KroneckerDelta(a, b) for (a, _), (b, _) in zip(rows, columns, strict=True)]
        return Value(one.scale * sp.Mul(*deltas), rows, columns)

    def paired(self, one: Joined, two: Joined) -> list[tuple[Value, Value]]:
        """The parts of two joined rows side by side."""
        if len(one.parts) != len(two.parts):
            raise Unproved("rows of different parts")
        return list(zip(one.parts, two.parts, strict=True))

    def multiply(self, one: AnyValue, two: AnyValue) -> AnyValue:
        """The product of numbers, rows, columns and matrices; raises Unproved if they don't fit."""
        if isinstance(one, Identity):
            return self.times_identity(one, two, left=True)
        if isinstance(two, Identity):
            return self.times_identity(two, one, left=False)
        if isinstance(one, Joined):
            return self.times_joined(one, two) if isinstance(two, Joined) else self.scaled(one, two)
        if isinstance(two, Joined):
            return self.scaled(two, one)
        return self.multiply_values(one, two)

    def multiply_values(self, one: Value, two: Value) -> Value:
        """The product of two values: over the axis that they share, or by a number."""
        if one.columns is not None and two.rows is not None:
            return self.contracted(one, two)
        if one.number or two.number or (one.columns is None and two.rows is None):
            if one.rows is not None and two.rows is not None:
                raise Unproved("a column times a column")
            if one.columns is not None and two.columns is not None:
                raise Unproved("a row times a row")
            return Value(
                one.expression * two.expression, one.rows or two.rows, one.columns or two.columns
            )
        raise Unproved("sizes that do not multiply")

    def times_identity(self, unit: Identity, other: AnyValue, left: bool) -> AnyValue:
        """`unit` times `other` if `left`, else `other` times `unit`."""
        if isinstance(other, Identity):
            raise Unproved("a product of matrices of unknown size")
        if isinstance(other, Value) and other.number:
            return replace(unit, scale=unit.scale * other.expression)
        if unit.ones:
            axis = None
            if isinstance(other, Value):
                axis = other.rows if left else other.columns
            if axis is None or unit.column == left:
                raise Unproved("a row of ones of unknown length")
            ones = Value(unit.scale, None, axis) if left else Value(unit.scale, axis, None)
            return self.multiply(ones, other) if left else self.multiply(other, ones)
        if isinstance(other, Joined):
            raise Unproved("the identity times a joined row")
        if (other.rows if left else other.columns) is None:
            raise Unproved("sizes that do not multiply")
        return replace(other, expression=unit.scale * other.expression)

    def times_joined(self, one: Joined, two: Joined) -> Value:
        """A joined row times a joined column, part by part."""
        if one.column or not two.column:
            raise Unproved("joined rows that do not multiply")
        terms = [self.inner(a, b) for a, b in self.paired(one, two)]
        return Value(sp.Add(*terms))

    def scaled(self, joined: Joined, by: Value) -> Joined:
        """A joined row times a number."""
        if not by.number:
            raise Unproved("a joined row times a matrix")
        return Joined(tuple(self.multiply_values(by, part) for part in joined.parts), joined.column)

    def inner(self, one: Value, two: Value) -> sp.Expr:
        """The sum of products of entries of two parts of one shape."""
        axis_one, axis_two = one.rows or one.columns, two.rows or two.columns
        flat = Value(one.expression, None, axis_one), Value(two.expression, None, axis_two)
        product = flat[0].expression * self.aligned(flat[1], flat[0]).expression
        return self.summed(product, axis_one or ())

    def contracted(self, one: Value, two: Value) -> Value:
        """The product over the columns of one and the rows of the other."""
        inside = self.aligned(Value(two.expression, two.rows), Value(one.expression, one.columns))
        product = one.expression * inside.expression
        return Value(self.summed(product, one.columns or ()), one.rows, two.columns)

    def summed(self, expression: sp.Expr, axis: Axis) -> sp.Expr:
        """The sum of an expression over all indices of an axis."""
        found = self.algebra.normal(expression)
        for symbol, upper in axis:
            fresh = self.algebra.fresh(upper)
            found = self.algebra.total(found.xreplace({symbol: fresh}), fresh, upper)
        return found

    def entrywise(self, one: AnyValue, two: AnyValue, divide: bool = False) -> Value:
        """The product, or the quotient, entry by entry."""
        if not isinstance(one, Value) or not isinstance(two, Value):
            raise Unproved("an entrywise product of joined rows")
        other = self.aligned(two, one).expression
        return replace(one, expression=one.expression * (1 / other if divide else other))

    def divide(self, one: AnyValue, two: AnyValue) -> AnyValue:
        """By a number, or entry by entry by an array of the same shape."""
        if isinstance(two, Value) and not two.number:
            return self.entrywise(one, two, divide=True)
        if not isinstance(two, Value):
            raise Unproved("division by a joined row")
        below = self.algebra.content_out(self.algebra.normal(two.expression))
        if below == 0:
            raise Unproved("division by 0")
        return self.multiply(Value(1 / below), one)

    def square(self, one: AnyValue) -> sp.Expr:
        """The sum of the squares of all entries."""
        if isinstance(one, Joined):
            return sp.Add(*(self.square(part) for part in one.parts))
        if isinstance(one, Identity):
            raise Unproved("the length of an identity")
        return self.summed(one.expression**2, (*(one.rows or ()), *(one.columns or ())))

    def transpose(self, one: AnyValue) -> AnyValue:
        """Rows become columns."""
        if isinstance(one, Value):
            return one.transposed
        return replace(one, column=not one.column)

    def fresh(self, one: Value) -> Value:
        """The same value with index names of its own."""
        renamed = {
            symbol: self.algebra.fresh(upper)
            for axis in (one.rows, one.columns)
            for symbol, upper in axis or ()
        }
        rows, columns = (
            axis and tuple((renamed[symbol], upper) for symbol, upper in axis)
            for axis in (one.rows, one.columns)
        )
        return Value(one.expression.xreplace(renamed), rows, columns)

    def take(self, one: AnyValue, indices: list[sp.Expr]) -> Value:
        """A row of a matrix, an entry of a row or a column, or an entry of a matrix."""
        if not isinstance(one, Value):
            raise Unproved("an index of a joined row")
        axes = [axis for axis in (one.rows, one.columns) if axis]
        if len(indices) > len(axes) or any(len(axis) != 1 for axis in axes):
            raise Unproved("more indices than axes")
        replaced = {axis[0][0]: at for axis, at in zip(axes, indices, strict=False)}
        expression = one.expression.xreplace(replaced)
        if len(indices) == 1 and len(axes) == 2:
            return Value(expression, None, one.columns)
        return Value(expression)
