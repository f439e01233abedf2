r"""From the meaning of a formula to its value.

A `Scope` knows the bindings of a check, what the page defines and the laws that it prints.
`Scope.value(node)` is a number, a matrix, a family of matrices, a function or a set; see `values`.
"""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from lib.tex import calculus, chance, tree, values
from lib.tex.bindings import Named, invoke
from lib.tex.definitions import Problem
from lib.tex.names import Names, Reference, is_constant
from lib.tex.values import Batch, Identity, ValueProblem

TERMS = 300  # of an infinite series
UNSET = object()
OF_SQUARES: dict[str, Callable[[np.ndarray], Any]] = {
    "tril": np.tril, "tr": np.trace, "diag": np.diag,
}  # fmt: skip


class Scope(Names):
    """The names of one case of a check, and the value of every part of a formula."""

    def value(self, node: tree.Node) -> Any:
        """The value of a part; raises Problem, which names the innermost part without one."""
        try:
            return getattr(self, f"_{type(node).__name__.lower()}")(node)
        except Problem:
            raise
        except RecursionError as error:
            raise Problem("a definition that needs itself", node, self.source) from error
        except ValueProblem as error:
            raise Problem(str(error), node, self.source) from error
        except Exception as error:  # of a bound function, or of NumPy
            text = " ".join(f"{type(error).__name__}: {error}".split())
            raise Problem(text, node, self.source) from error

    def _gradient(self, node: tree.Gradient) -> Any:
        raise ValueProblem("a gradient of a function needs the place where it is taken")

    def number(self, node: tree.Node) -> Any:
        """The value of a part that must be a number."""
        found = self.value(node)
        if values.shape(found) or isinstance(found, Batch | str | Reference | Named):
            raise ValueProblem(f"{values.size_text(found)} where a number should stand")
        return found

    def integer(self, node: tree.Node) -> int:
        """The value of a part that must be a whole number."""
        found = self.number(node)
        if isinstance(found, sp.Basic) and not found.is_Integer:
            raise ValueProblem(f"{found} where an integer should stand")
        if found != int(found):
            raise ValueProblem(f"{found} where an integer should stand")
        return int(found)

    def _number(self, node: tree.Number) -> Any:
        exact = Fraction(node.text)
        if self.symbolic:
            return sp.Rational(exact.numerator, exact.denominator)
        return int(exact) if exact.denominator == 1 else float(exact)

    def _name(self, node: tree.Name) -> Any:
        return self.lookup(node.key)

    def _infinity(self, node: tree.Infinity) -> Any:
        raise ValueProblem("∞ is no number")

    def _dots(self, node: tree.Dots) -> Any:
        raise ValueProblem("dots that stand for nothing")

    def _braced(self, node: tree.Braced) -> Any:
        return self.value(node.base)

    def _negative(self, node: tree.Negative) -> Any:
        return values.multiply(-1, self.value(node.base))

    def _add(self, node: tree.Add) -> Any:
        found = self.value(node.terms[0])
        for term in node.terms[1:]:
            found = values.add(found, self.value(term))
        return found

    def _product(self, node: tree.Product) -> Any:
        factors = calculus.without_dots(self, node.factors)
        found = factors[0]() if factors else Identity()
        for factor in factors[1:]:
            found = values.multiply(found, factor())
        return found

    def _entrywise(self, node: tree.Entrywise) -> Any:
        return values.entrywise(self.value(node.left), self.value(node.right))

    def _quotient(self, node: tree.Quotient) -> Any:
        return values.divide(self.value(node.above), self.value(node.below))

    def _root(self, node: tree.Root) -> Any:
        return values.apply("sqrt", self.value(node.base))

    def _power(self, node: tree.Power) -> Any:
        return values.power(self.value(node.base), self.value(node.exponent))

    def _transpose(self, node: tree.Transpose) -> Any:
        return values.transpose(self.value(node.base))

    def _norm(self, node: tree.Norm) -> Any:
        return values.norm(self.value(node.base))

    def _absolute(self, node: tree.Absolute) -> Any:
        found = self.value(node.base)
        if isinstance(found, Sequence | set | frozenset):
            return len(found)
        if isinstance(found, np.ndarray) and found.dtype == bool:
            return int(found.sum())
        if isinstance(found, Batch) and found.data.dtype == bool:
            return values.lift(lambda a: a.sum(axis=tuple(range(a.ndim - 1))), found)
        if values.shape(found):
            raise ValueProblem(f"ShapeError: |·| of {values.size_text(found)}")
        return values.lift(abs, found)

    def _rounded(self, node: tree.Rounded) -> Any:
        found = self.number(node.base)
        if isinstance(found, sp.Basic):
            return (sp.floor if node.which == "floor" else sp.ceiling)(found)
        return math.floor(found) if node.which == "floor" else math.ceil(found)

    def _hinge(self, node: tree.Hinge) -> Any:
        return values.extreme("max", [self.value(node.base), 0])

    def _inner(self, node: tree.Inner) -> Any:
        return values.inner(self.value(node.left), self.value(node.right))

    def _binomial(self, node: tree.Binomial) -> Any:
        above, below = self.number(node.above), self.number(node.below)
        if isinstance(above, sp.Basic) or isinstance(below, sp.Basic):
            return sp.binomial(above, below)
        if int(above) != above or int(below) != below or below < 0 or above < 0:
            raise ValueProblem(f"{below} of {above}")
        return math.comb(int(above), int(below))

    def _row(self, node: tree.Row) -> Any:
        return values.join([one() for one in calculus.without_dots(self, node.items)])

    def _index(self, node: tree.Index) -> Any:
        indices = tuple(self.index(one) for one in node.indices)
        if isinstance(node.base, tree.Name) and not self.binds(node.base.key):
            mine = self.definitions.get(node.base.key, ())
            if any(one.indices or one.args is not None for one in mine):  # else an entry of it
                return self.defined(node.base.key, indices, None)
        elif isinstance(node.base, tree.Name):
            for one in self.definitions.get(node.base.key, ()):  # such as S_0 = 0
                if is_constant(one) and len(one.indices) == len(indices):
                    names = self.match(one, indices, ())
                    if names is not None:
                        return self.by_definition(one, names)
        flat = tuple(n for one in indices for n in (one if isinstance(one, tuple) else (one,)))
        if isinstance(node.base, tree.Name) and self.is_family(node.base.key, flat):
            self.used.add(node.base.key)
            return self.invoke(node.base.key, self.bindings[node.base.key], flat)
        base = self.value(node.base)
        if isinstance(base, dict):
            return base[indices if len(indices) > 1 else indices[0]]
        if flat != indices:
            raise ValueProblem("a range of indices of what is no function")
        return values.take(base, flat)

    def is_family(self, key: str, indices: tuple[int, ...]) -> bool:
        """Whether a function is given for each index, rather than an array that it computes."""
        given = self.bindings.get(key)
        if key in self.locals or not isinstance(given, Named):
            return False
        missing = [one for one in given.parameters if one in self.cases or not self.binds(one)]
        return bool(missing) and given.parameters[: len(indices)] == tuple(missing)

    def index(self, node: tree.Node) -> values.Place:
        """The value of an index, or the two ends of a range of them."""
        if isinstance(node, tree.Range):
            return self.integer(node.low), self.integer(node.high)
        return self.integer(node)

    def _call(self, node: tree.Call) -> Any:
        head = node.function
        indices: tuple[values.Place, ...] = ()
        if isinstance(head, tree.Builtin):
            return self.builtin(head.name, [self.value(one) for one in node.args])
        if isinstance(head, tree.Gradient):
            return calculus.gradient(self, head, node)
        if isinstance(head, tree.Index):
            indices, head = tuple(self.index(one) for one in head.indices), head.base
        if not isinstance(head, tree.Name):
            raise ValueProblem("what is called is no symbol")
        args = tuple(self.value(one) for one in node.args)
        return self.apply(head.key, indices, args)

    def apply(self, key: str, indices: tuple, args: tuple) -> Any:
        """The function `key` of `args`; its indices are the definition's, or pick an entry."""
        found = self.locals.get(key, self.bindings.get(key, UNSET))
        if isinstance(found, Reference):
            key, found = found.key, self.bindings.get(found.key, UNSET)
        self.used.add(key)
        if found is UNSET:
            if key not in self.definitions:
                raise ValueProblem(f"{key} is not bound")
            if indices and not any(one.indices for one in self.definitions[key]):
                return values.take(self.defined(key, (), args), indices)
            return self.defined(key, indices, args)
        if not isinstance(found, Named):
            raise ValueProblem(f"{key} is called, but bound to no function")
        result = self.invoke(key, found, args)
        return values.take(result, indices) if indices else result

    def invoke(self, key: str, given: Named, args: tuple) -> Any:
        """A Python function: the arguments come first, then the symbols that it names."""
        rest = given.parameters[len(args) :]
        if len(args) > len(given.parameters):
            raise ValueProblem(f"{key} takes {len(given.parameters)} arguments, not {len(args)}")
        if missing := [one for one in rest if not self.binds(one)]:
            raise ValueProblem(f"{key} needs {', '.join(missing)}, which nothing binds")
        return invoke(given.function, (*args, *map(self.lookup, rest)))

    def builtin(self, name: str, args: list[Any]) -> Any:
        """The value of a function that TeX has a name for."""
        if name in ("max", "min"):
            return values.extreme(name, args)
        if len(args) != 1:
            raise ValueProblem(f"{name} of {len(args)} arguments")
        (one,) = args
        if name == "softmax":
            return values.softmax(one)
        if name == "factorial":
            if isinstance(one, sp.Basic):
                return sp.factorial(one)
            if isinstance(one, Batch) or one != int(one) or one < 0:
                raise ValueProblem(f"the factorial of {one}")
            return math.factorial(int(one))
        if name in OF_SQUARES:
            axes = values.shape(one)
            if name == "diag" and len(axes) == 2 and axes[0] == 1:
                return np.diagflat(one)
            if len(axes) != 2 or axes[0] != axes[1]:
                raise ValueProblem(f"ShapeError: {name} of {values.size_text(one)}")
            return OF_SQUARES[name](one)
        return values.apply(name, one)

    def _big(self, node: tree.Big) -> Any:
        join = values.add if node.which == "sum" else values.multiply
        total = 0 if node.which == "sum" else 1
        if isinstance(node.high, tree.Infinity):
            if node.which != "sum":
                raise ValueProblem("an infinite product")
            return self.series(node)
        if (chosen := self.chosen(node)) is not None:
            return chosen
        place = id(self.source), node.start
        self.sums.setdefault(place, False)
        for names in calculus.assignments(self, node):
            self.sums[place] = True
            with self.within(names, letters=True):
                total = join(total, self.value(node.body))
        return total

    def chosen(self, node: tree.Big) -> Any:
        """The sum of all entries of an array, or of those that a declared mask chooses."""
        if node.index is not None or node.which != "sum":
            return None
        mask = self.lookup(node.over.key) if node.over is not None else None
        if mask is not None and not (isinstance(mask, np.ndarray) and mask.dtype == bool):
            return None
        body = self.value(node.body)
        if mask is not None and isinstance(body, int | float | Fraction):  # so many times
            return int(mask.sum()) * body
        if not isinstance(body, np.ndarray) or (mask is not None and mask.shape != body.shape):
            raise ValueProblem(f"a sum over all entries of {values.size_text(body)}")
        return values.plain((body if mask is None else body[mask]).sum())

    def series(self, node: tree.Big) -> Any:
        """An infinite sum, until its terms no longer change it."""
        if node.index is None or node.low is None:
            raise ValueProblem("a series without its first index")
        total, small = 0, 0
        first = self.integer(node.low)
        for number in range(first, first + TERMS):
            with self.within({node.index: number}, letters=True):
                term = self.value(node.body)
            total = values.add(total, term)
            size, whole = np.max(np.abs(_array(term))), np.max(np.abs(_array(total)))
            small = small + 1 if size <= 1e-17 * max(whole, 1e-300) or size < 1e-300 else 0
            if small == 3:
                return total
        raise ValueProblem("a series that does not converge")

    def _limit(self, node: tree.Limit) -> Any:
        self.approximate = True
        return calculus.limit(self, node)

    def _derivative(self, node: tree.Derivative) -> Any:
        self.approximate = True
        return calculus.derivative(self, node)

    def _argmin(self, node: tree.ArgMin) -> Any:
        raise ValueProblem("arg min stands alone on its side")

    def _mean(self, node: tree.Mean) -> Any:
        self.exact = True
        return chance.mean(self, node)

    def _cases(self, node: tree.Cases) -> Any:
        parts = zip(node.values, node.conditions, strict=True)
        holding = [part for part, condition in parts if self.true(condition)]
        if len(holding) != 1:
            raise ValueProblem(f"{len(holding) or 'none'} of the cases hold")
        return self.value(holding[0])

    def true(self, chain: tree.Chain) -> bool:
        """Whether a chain of relations holds between numbers."""
        found = self.event(chain)
        if isinstance(found, Batch):
            raise ValueProblem("a condition on what is random")
        return bool(found)

    def event(self, chain: tree.Chain) -> Any:
        """Whether a chain holds, outcome by outcome where its sides are random."""
        sides = [self.value(side) for side in chain.sides]
        holds: Any = True
        for relation, left, right in zip(chain.relations, sides, sides[1:], strict=False):
            one = values.lift(COMPARISONS[relation], left, right)
            holds = one if holds is True else values.lift(lambda a, b: a * b, holds, one)
        return holds

    def _chain(self, node: tree.Chain) -> Any:
        if not node.relations:
            return self.value(node.sides[0])
        return self.event(node)

    def _collected(self, node: tree.Collected) -> Any:
        low, high = self.integer(node.low), self.integer(node.high)
        parts = []
        ranges = [range(low, high + 1)] * len(node.indices)
        for numbers in np.ndindex(*(len(one) for one in ranges)):
            names = {key: low + number for key, number in zip(node.indices, numbers, strict=True)}
            with self.within(names, letters=True):
                parts.append(self.value(node.body))
        if not parts:
            raise ValueProblem("an empty range")
        if len(values.shape(parts[0])) == 2:
            return values.stack(parts)
        return values.join(parts)

    def _setof(self, node: tree.SetOf) -> Any:
        found = []
        for member in self.value(node.of):
            with self.within({node.member: member}):
                if self.true(node.condition):
                    found.append(member)
        return found

    def _at(self, node: tree.At) -> Any:
        reading = self.bindings.get(node.reading.key)
        self.used.add(node.reading.key)
        if isinstance(reading, Named):
            return invoke(reading.function, (self.value(node.body),))
        if not isinstance(reading, dict):
            raise ValueProblem(f"{node.reading.key} must be bound: a function of this, or names")
        with self.within(reading):
            return self.value(node.body)


COMPARISONS: dict[str, Callable] = {
    "=": lambda a, b: np.isclose(a, b, rtol=1e-12, atol=1e-12) if _floats(a, b) else a == b,
    "ne": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "le": lambda a, b: a <= b,
    "ge": lambda a, b: a >= b,
}


def _floats(*given: Any) -> bool:
    return not any(isinstance(one, sp.Basic) for one in given)


def _array(one: Any) -> np.ndarray:
    return np.asarray(one.data if isinstance(one, Batch) else one, dtype=complex)
