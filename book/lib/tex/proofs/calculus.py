"""Means, limits, minima and derivatives of a formula in index notation."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sympy as sp

from lib.tex import tree
from lib.tex.proofs.algebra import Algebra, Entry, Total, Unproved
from lib.tex.proofs.means import Chance, same_place
from lib.tex.proofs.values import Arithmetic, Function, Joined, Value

Scope = Mapping[str, Any]


class Calculus:
    """The part of `Meaning` for nodes that take more than arithmetic."""

    algebra: Algebra
    arithmetic: Arithmetic
    chance: Chance
    declared: dict[str, Any]

    if TYPE_CHECKING:

        def value(self, node: tree.Node, scope: Scope) -> Any: ...
        def number(self, node: tree.Node, scope: Scope) -> sp.Expr: ...
        def function(self, node: tree.Node, scope: Scope) -> Function: ...

    def _mean(self, node: tree.Mean, scope: Scope) -> Value:
        if node.which == "Pr":
            return Value(self.probability(node))
        body = self.number(node.body, scope)
        if not self.chance.entries(self.algebra.normal(body)):
            raise Unproved("nothing in this mean is random")
        return Value(self.chance.mean(body) if node.which == "E" else self.chance.variance(body))

    def probability(self, node: tree.Mean) -> sp.Expr:
        """Of declared events, each a dict from outcomes to their probabilities."""

        def event(chain: tree.Node) -> dict:
            name = chain.sides[0] if isinstance(chain, tree.Chain) else chain
            found = self.declared.get(getattr(name, "key", ""))
            if not isinstance(found, dict):
                raise Unproved("the probability of what is no declared event")
            return found

        what = event(node.body)
        if node.given is None:
            return sp.Add(*what.values())
        given = event(node.given)
        both = sp.Add(*(given[one] for one in given if one in what))
        return both / sp.Add(*given.values())

    def _limit(self, node: tree.Limit, scope: Scope) -> Value:
        variable = sp.Symbol(f"lim {node.variable}", positive=True)
        # Definitions of the page may hold the letter too, so it is declared for all of them.
        before = self.declared.get(node.variable)
        self.declared[node.variable] = Value(variable)
        try:
            body = self.value(node.body, scope)
        finally:
            del self.declared[node.variable]
            if before is not None:
                self.declared[node.variable] = before
        target = self.number(node.target, scope)
        if not isinstance(body, Value) or target != sp.oo:
            raise Unproved("a limit that is not at infinity")
        inverse = sp.Symbol("1/lim", positive=True)
        found = self.algebra.normal(body.expression.xreplace({variable: 1 / inverse}))
        above, below = sp.fraction(sp.together(found))
        ends = [self.algebra.normal(part.xreplace({inverse: sp.Integer(0)}))
                for part in (above, below)]  # fmt: skip
        if any(end.has(sp.zoo, sp.nan, sp.oo) for end in ends) or not ends[1].is_positive:
            raise Unproved("a limit where a side is not continuous")
        return Value(ends[0] / ends[1], body.rows, body.columns)

    def _argmin(self, node: tree.ArgMin, scope: Scope) -> Value:
        """Of A‖c‖² + linear terms with A > 0: the only place where the derivative is 0."""
        letter = self.declared.get(node.variable)
        if not isinstance(letter, Value):
            raise Unproved(f"{node.variable} is not declared")
        at = self.arithmetic.fresh(letter)
        variable = at.expression
        body = self.algebra.normal(self.number(node.body, scope))
        slope = self.algebra.normal(self.derivative(body, variable))
        if not isinstance(variable, Entry):
            return Value(self.smallest(slope, variable))
        second = self.arithmetic.fresh(letter).expression
        bend = self.algebra.normal(self.derivative(slope, second))
        delta = same_place(variable, second)
        stiffness = sp.cancel(bend / delta)
        if stiffness.has(sp.KroneckerDelta) or stiffness.has(variable.name):
            raise Unproved("a minimum of what is not quadratic")
        if not stiffness.is_positive:
            raise Unproved("whether a minimum is one")
        rest = slope.replace(
            lambda one: isinstance(one, Entry) and one.name == variable.name,
            lambda one: sp.Integer(0),
        )
        return Value(-self.algebra.normal(rest) / stiffness, at.rows, at.columns)

    def smallest(self, slope: sp.Expr, variable: sp.Symbol) -> sp.Expr:
        """Where the slope is 0, if that is one place and a minimum; raises Unproved."""
        places = sp.solve(slope, variable)
        bend = sp.diff(slope, variable)
        if len(places) != 1 or not bend.is_positive:
            raise Unproved("a minimum that is not the only one")
        return places[0]

    def _derivative(self, node: tree.Derivative, scope: Scope) -> Any:
        by = node.by.items if isinstance(node.by, tree.Row) else (node.by,)
        body = self.algebra.normal(self.number(node.body, scope))
        parts = []
        for one in by:
            variable = self.value(one, scope)
            if not isinstance(variable, Value):
                raise Unproved("a derivative with respect to a joined row")
            slope = self.algebra.normal(self.derivative(body, variable.expression))
            parts.append(Value(slope, variable.rows, variable.columns))
        return Joined(tuple(parts)) if isinstance(node.by, tree.Row) else parts[0]

    def gradient(self, node: tree.Gradient, scope: Scope) -> Function:
        """The gradient of a function, as a function of the place."""
        function = self.function(node.function, scope)

        def apply(at: Value) -> Value:
            indices = [symbol for axis in (at.rows, at.columns) for symbol, _ in axis or ()]
            name = sp.Symbol(f"∇{len(indices)}")
            variable = Value(Entry(name, *indices), at.rows, at.columns)
            found = function(self.arithmetic.fresh(variable))
            if not isinstance(found, Value):
                raise Unproved("the gradient of a joined row")
            body = self.algebra.normal(found.expression)
            slope = self.algebra.normal(self.derivative(body, variable.expression))
            placed = slope.replace(
                lambda one: isinstance(one, Entry) and one.name == name,
                lambda one: at.expression.xreplace(dict(zip(indices, one.args[1:], strict=True))),
            )
            return Value(placed, at.rows, at.columns)

        return apply

    def derivative(self, one: sp.Expr, by: sp.Expr) -> sp.Expr:
        """With respect to a symbol, or to one entry of an array (with indices of its own)."""
        if one == by:
            return sp.Integer(1)
        if isinstance(one, Entry):
            name = by.name if isinstance(by, Entry) else by
            if one.name == name and isinstance(by, Entry):
                return same_place(one, by)
            if any(part.has(name) for part in one.args[1:]):
                raise Unproved("the derivative of an opaque function")
            return sp.Integer(0)
        if isinstance(one, Total):
            body, ranges = self.algebra.opened(one)
            slope = self.algebra.normal(self.derivative(body, by))
            return self.algebra.total_over(slope, ranges)
        if isinstance(one, sp.Add):
            return sp.Add(*(self.derivative(part, by) for part in one.args))
        if isinstance(one, sp.Mul):
            return sp.Add(*(
                self.derivative(part, by) * sp.Mul(*one.args[:place], *one.args[place + 1 :])
                for place, part in enumerate(one.args)
            ))  # fmt: skip
        if isinstance(one, sp.Pow) and not one.exp.has(Entry, Total) and not one.exp.has(by):
            return one.exp * one.base ** (one.exp - 1) * self.derivative(one.base, by)
        if isinstance(one, sp.exp):
            return one * self.derivative(one.args[0], by)
        if not one.has(by) and not one.has(Entry, Total):
            return sp.Integer(0)
        if isinstance(one, sp.log):
            return self.derivative(one.args[0], by) / one.args[0]
        raise Unproved(f"the derivative of {one}")
