"""From the tree of a formula to its value in index notation."""

from collections.abc import Sequence
from dataclasses import fields
from dataclasses import replace as changed
from typing import Any

import sympy as sp

from lib.tex import tree
from lib.tex.definitions import Definition
from lib.tex.proofs.algebra import SLOT, Algebra, Entry, Unproved, UpTo, index
from lib.tex.proofs.calculus import Calculus, Scope
from lib.tex.proofs.means import Chance
from lib.tex.proofs.values import Arithmetic, Function, Identity, Joined, Value

ONE_VARIABLE = {
    "exp": sp.exp, "log": sp.log, "ln": sp.log, "sin": sp.sin, "cos": sp.cos, "tan": sp.tan,
    "cosh": sp.cosh, "sinh": sp.sinh, "tanh": sp.tanh, "factorial": sp.factorial,
}  # fmt: skip


class Hinge(sp.Function):
    """The positive part of a number."""

    def _eval_is_nonnegative(self) -> bool:
        return True


class Meaning(Calculus):
    """Evaluates nodes; `declared` holds values, functions and events by key.

    A definition of the page stands for its symbol unless the symbol is declared. `active` says
    that positive parts are what they hold, as "while active" does.
    """

    def __init__(self, algebra: Algebra, chance: Chance, declared: dict[str, Any]):
        self.algebra, self.chance, self.declared = algebra, chance, declared
        self.definitions: list[Definition] = []
        self.active = False
        self.arithmetic = Arithmetic(algebra)
        self.shapes: dict[sp.Symbol, tuple[sp.Expr, ...]] = {}  # of arrays, by name
        self.families: dict[str, tuple] = {}  # name and sizes of each family of matrices
        self.steps: dict[str, Definition] = {}
        self.used: set[str] = set()
        self._depth = self._definitions = 0

    # --- entry points

    def value(self, node: tree.Node, scope: Scope) -> Any:
        """The value of a part: Value, Joined, Identity, or what is declared; raises Unproved."""
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise Unproved(f"{type(node).__name__} is not read in a proof")
        self._depth += 1
        if self._depth > 200:
            raise Unproved("a definition that leads back to itself")
        try:
            return method(node, scope)
        finally:
            self._depth -= 1

    def number(self, node: tree.Node, scope: Scope) -> sp.Expr:
        """The expression of a part that must be a number."""
        found = self.value(node, scope)
        if not isinstance(found, Value) or not found.number:
            raise Unproved("a row or a matrix where a number should stand")
        return found.expression

    # --- names, indices, calls

    def _name(self, node: tree.Name, scope: Scope) -> Any:
        return self.named(node.key, (), scope)

    def named(self, key: str, indices: tuple[sp.Expr, ...], scope: Scope) -> Any:
        """The value of a symbol at these indices, by scope, declaration or definition."""
        for place in (scope, self.declared):
            if key in place:
                found = place[key]
                if isinstance(found, Value):
                    found = self.arithmetic.fresh(found)
                if callable(found):
                    raise Unproved(f"{key} is a function")
                return self.arithmetic.take(found, list(indices)) if indices else found
        if key in self.families and indices:
            return self.member(key, indices)
        for one in sorted(self.definitions, key=lambda one: len(one.indices) != len(indices)):
            if one.key == key and one.args is None and not one.entry:
                inner = self.matched(one, indices, scope)
                if inner is None:
                    continue
                self.used.add(one.key)
                found, rest = self.inside(one, inner), indices[len(one.indices) :]
                if one.power is not None:
                    if not found.number:
                        raise Unproved(f"a root of {key}")
                    found = Value(found.expression ** (1 / self.number(one.power, {})))
                return self.arithmetic.take(found, list(rest)) if rest else found
        if key in (r"\mathrm{i}", "e", r"\pi", "I", r"\mathbf{1}") and not indices:
            return {
                r"\mathrm{i}": Value(sp.I), "e": Value(sp.E), r"\pi": Value(sp.pi),
                "I": Identity(), r"\mathbf{1}": Identity(ones=True),
            }[key]  # fmt: skip
        if key in ("i", "j", "l", "r", "t") and not indices and not self._definitions:
            return Value(index(key))
        raise Unproved(f"{key} is not declared")

    def inside(self, one: Definition, scope: Scope) -> Any:
        """What a definition says: if it has letters, they are all that it knows."""
        closed = bool(one.indices or one.args)
        self._definitions += closed
        try:
            return self.value(one.body, scope)
        finally:
            self._definitions -= closed

    def member(self, key: str, indices: tuple[sp.Expr, ...]) -> Any:
        """A matrix of a family; at its own index, one step of the recurrence that defines it."""
        step = self.steps.get(key)
        letter = step.indices[0] if step is not None else None
        if step is not None and isinstance(letter, tree.Name) and indices == (index(letter.key),):
            self.used.add(key)
            return self.inside(step, {letter.key: Value(indices[0])})
        name, sizes = self.families[key]
        letters = [self.algebra.fresh(size) for size in sizes[1:]]
        axes = [((letter, size),) for letter, size in zip(letters, sizes[1:], strict=True)]
        found = Value(Entry(name, indices[0], *letters), *axes)
        return self.arithmetic.take(found, list(indices[1:])) if indices[1:] else found

    def matched(self, one: Definition, indices: tuple, scope: Scope) -> dict | None:
        """The scope of a definition's body, with its index letters bound; None if it is another."""
        if len(one.indices) > len(indices):
            return None
        inner: dict[str, Any] = {}
        for pattern, given in zip(one.indices, indices, strict=False):
            negative = not isinstance(given, tuple) and (-given).is_Symbol
            if isinstance(pattern, tree.Negative) and isinstance(pattern.base, tree.Name):
                if not negative:
                    return None
                inner[pattern.base.key] = Value(-given)
            elif isinstance(pattern, tree.Name):
                if negative or isinstance(given, tuple):
                    return None
                inner[pattern.key] = Value(given)
            elif isinstance(pattern, tree.Range):
                if not isinstance(given, tuple):
                    return None
                low, high = pattern.low, pattern.high
                if not isinstance(low, tree.Name) or not isinstance(high, tree.Name):
                    raise Unproved(f"{one.key} is defined for one range only")
                inner[low.key], inner[high.key] = map(Value, given)
            else:
                try:
                    if self.number(pattern, scope) != given:
                        return None
                except Unproved:
                    return None
        return inner

    def _index(self, node: tree.Index, scope: Scope) -> Any:
        indices = tuple(
            (self.number(one.low, scope), self.number(one.high, scope))
            if isinstance(one, tree.Range)
            else self.number(one, scope)
            for one in node.indices
        )
        if isinstance(node.base, tree.Name):
            return self.named(node.base.key, indices, scope)
        return self.arithmetic.take(self.value(node.base, scope), list(indices))

    def function(self, node: tree.Node, scope: Scope) -> Function:
        """The function that a symbol, an indexed symbol or a gradient stands for."""
        if isinstance(node, tree.Gradient):
            return self.gradient(node, scope)
        indices: tuple = ()
        if isinstance(node, tree.Index) and isinstance(node.base, tree.Name):
            indices = tuple(self.number(one, scope) for one in node.indices)
            node = node.base
        if not isinstance(node, tree.Name):
            raise Unproved("a function that is not a symbol")
        for place in (scope, self.declared):
            if node.key in place:
                found = place[node.key]
                if not callable(found):
                    raise Unproved(f"{node.key} is not a function")
                if not indices:
                    return found
                return lambda *args: self.arithmetic.take(found(*args), list(indices))
        for one in sorted(self.definitions, key=lambda one: len(one.indices) != len(indices)):
            if one.key == node.key and one.args is not None and len(one.indices) <= len(indices):
                inner = self.matched(one, indices, scope)
                if inner is not None:
                    self.used.add(one.key)
                    return self.closure(one, inner, indices[len(one.indices) :])
        raise Unproved(f"{node.key} is not declared")

    def closure(self, one: Definition, scope: dict, rest: tuple) -> Function:
        """A definition with arguments as a function; `rest` are indices of its value."""
        parameters = one.args or ()

        def apply(*args: Any) -> Any:
            if len(args) != len(parameters) or one.entry:
                raise Unproved(f"{one.key} is not defined for what it is given")
            inner = dict(scope)
            for parameter, given in zip(parameters, args, strict=True):
                if not isinstance(parameter, tree.Name):
                    raise Unproved(f"{one.key} is defined at one place only")
                inner[parameter.key] = given
            found = self.inside(one, inner)
            return self.arithmetic.take(found, list(rest)) if rest else found

        return apply

    def _call(self, node: tree.Call, scope: Scope) -> Any:
        if isinstance(node.function, tree.Builtin):
            return self.builtin(node.function.name, node.args, scope)
        apply = self.function(node.function, scope)
        return apply(*(self.argument(one, scope) for one in node.args))

    def argument(self, node: tree.Node, scope: Scope) -> Any:
        """The value of an argument, which may itself be a function."""
        if isinstance(node, tree.Name):
            try:
                return self.function(node, scope)
            except Unproved:
                pass
        return self.value(node, scope)

    def builtin(self, name: str, args: tuple[tree.Node, ...], scope: Scope) -> Any:
        """The value of a function that TeX has a name for."""
        values = [self.value(one, scope) for one in args]
        if name in ONE_VARIABLE and len(values) == 1 and isinstance(values[0], Value):
            if not values[0].number:
                raise Unproved(f"{name} of a row")
            return Value(ONE_VARIABLE[name](self.algebra.normal(values[0].expression)))
        (one,) = values[:1]
        if name == "diag" and isinstance(one, Value) and one.rows is None and one.columns:
            ((letter, size),) = one.columns
            other = self.algebra.fresh(size)
            delta = sp.KroneckerDelta(letter, other)
            return Value(one.expression * delta, one.columns, ((other, size),))
        if name == "max" and len(values) == 2 and all(v.number for v in values):
            return Value(sp.Max(*(self.algebra.normal(v.expression) for v in values)))
        if not isinstance(one, Value) or one.columns is None or one.rows is None:
            raise Unproved(f"{name} is not read in a proof")
        (row, _), (column, width) = one.rows[0], one.columns[0]
        if name == "softmax":
            weights = self.algebra.normal(sp.exp(one.expression))
            weights = weights.replace(
                lambda part: isinstance(part, sp.exp) and _mask_of(part) is not None,
                lambda part: _mask_of(part),
            )
            other = self.algebra.fresh(width)
            below = self.algebra.total(weights.xreplace({column: other}), other, width)
            return Value(weights / below, one.rows, one.columns)
        if name == "tril":
            return Value(one.expression * UpTo(column, row), one.rows, one.columns)
        if name == "tr":
            return Value(self.arithmetic.summed(one.expression.xreplace({column: row}), one.rows))
        raise Unproved(f"{name} is not read in a proof")

    # --- arithmetic

    def _number(self, node: tree.Number, scope: Scope) -> Value:
        return Value(sp.Rational(node.text))

    def _infinity(self, node: tree.Infinity, scope: Scope) -> Value:
        return Value(sp.oo)

    def _braced(self, node: tree.Braced, scope: Scope) -> Any:
        return self.value(node.base, scope)

    def _transpose(self, node: tree.Transpose, scope: Scope) -> Any:
        return self.arithmetic.transpose(self.value(node.base, scope))

    def _negative(self, node: tree.Negative, scope: Scope) -> Any:
        return self.arithmetic.multiply(Value(sp.Integer(-1)), self.value(node.base, scope))

    def _add(self, node: tree.Add, scope: Scope) -> Any:
        found, *rest = [self.value(one, scope) for one in node.terms]
        for one in rest:
            found = self.arithmetic.add(found, one)
        return found

    def _product(self, node: tree.Product, scope: Scope) -> Any:
        found, *rest = [self.value(one, scope) for one in node.factors]
        for one in rest:
            found = self.arithmetic.multiply(found, one)
        return found

    def _entrywise(self, node: tree.Entrywise, scope: Scope) -> Any:
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        return self.arithmetic.entrywise(left, right)

    def _quotient(self, node: tree.Quotient, scope: Scope) -> Any:
        return self.arithmetic.divide(self.value(node.above, scope), self.value(node.below, scope))

    def _power(self, node: tree.Power, scope: Scope) -> Value:
        base = self.number(node.base, scope)
        return Value(base ** self.number(node.exponent, scope))

    def _root(self, node: tree.Root, scope: Scope) -> Value:
        return Value(sp.sqrt(self.algebra.normal(self.number(node.base, scope))))

    def _binomial(self, node: tree.Binomial, scope: Scope) -> Value:
        return Value(sp.binomial(self.number(node.above, scope), self.number(node.below, scope)))

    def _norm(self, node: tree.Norm, scope: Scope) -> Value:
        return Value(sp.sqrt(self.arithmetic.square(self.value(node.base, scope))))

    def _absolute(self, node: tree.Absolute, scope: Scope) -> Value:
        inner = node.base
        args: Sequence[tree.Node] = ()
        if isinstance(inner, tree.Call):
            args, inner = inner.args, inner.function
        elif isinstance(inner, tree.Product):  # TA(d), where nothing says that a set is called
            inner, *args = inner.factors
        size = self.declared.get(f"|{inner.key}|") if isinstance(inner, tree.Name) else None
        if size is not None and args:
            at = [self.algebra.normal(self.number(one, scope)) for one in args]
            return Value(Entry(size.expression, *at))
        if size is not None:
            return size
        return Value(sp.Abs(self.algebra.normal(self.number(node.base, scope))))

    def _rounded(self, node: tree.Rounded, scope: Scope) -> Value:
        inner = self.algebra.normal(self.number(node.base, scope))
        if node.which == "floor":
            return Value(sp.floor(inner))
        above, below = sp.fraction(sp.together(inner))
        if not (above.is_integer and below.is_integer and below.is_positive):
            raise Unproved("rounding up what is no quotient of integers")
        return Value(sp.floor(self.algebra.normal((above - 1) / below)) + 1)

    def _hinge(self, node: tree.Hinge, scope: Scope) -> Value:
        inner = self.algebra.normal(self.number(node.base, scope))
        if self.active:
            return Value(inner)
        return Value(Hinge(inner))

    def _inner(self, node: tree.Inner, scope: Scope) -> Value:
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        product = self.arithmetic.entrywise(left, right)
        return Value(self.arithmetic.summed(
            product.expression, (*(product.rows or ()), *(product.columns or ()))
        ))  # fmt: skip

    # --- rows

    def _row(self, node: tree.Row, scope: Scope) -> Joined:
        """Entries side by side; `f(w_1), …, f(w_n)` is one part that runs over 1..n."""
        parts: list[Value] = []
        items = list(node.items)
        while items:
            item = items.pop(0)
            if items and isinstance(items[0], tree.Dots):
                items.pop(0)
                last = None
                if items and self.varied(item, items[0], scope) is not None:
                    last = self.varied(item, items.pop(0), scope)
                parts.append(self.running(item, last, scope))
                continue
            found = self.value(item, scope)
            if not isinstance(found, Value) or found.rows is not None:
                raise Unproved("a row of columns")
            parts.append(found)
        return Joined(tuple(parts))

    def varied(self, first: tree.Node, last: tree.Node, scope: Scope) -> tree.Node | None:
        """The index of `last` where `first` has 1, if that is all in which they differ."""
        places = [one for one in first.walk() if isinstance(one, tree.Index)]
        for one, other in zip(
            places, [one for one in last.walk() if isinstance(one, tree.Index)], strict=False
        ):
            begins = one.indices == (tree.Number("1"),) and one.base == other.base
            if begins and _replaced(first, one, other) == last:
                return other.indices[0]
        return None

    def running(self, item: tree.Node, last: tree.Node | None, scope: Scope) -> Value:
        """The row of a part for 1, 2, … in place of its index 1, to `last` or the array's end."""
        (place,) = {
            one for one in item.walk()
            if isinstance(one, tree.Index) and one.indices == (tree.Number("1"),)
        }  # fmt: skip
        letter = "~place"
        family = self.value(place.base, scope)
        upper = family.rows[0][1] if isinstance(family, Value) and family.rows else None
        if last is not None:
            upper = self.number(last, scope)
        if upper is None:
            raise Unproved("how long a row with dots is")
        dummy = self.algebra.fresh(upper)
        general = _replaced(item, place, tree.Index(place.base, (tree.Name(letter),)))
        found = self.number(general, {**scope, letter: Value(dummy)})
        return Value(found, None, ((dummy, upper),))

    def _collected(self, node: tree.Collected, scope: Scope) -> Value:
        low, high = self.number(node.low, scope), self.number(node.high, scope)
        count = sp.expand(high - low + 1)
        dummies = [self.algebra.fresh(count) for _ in node.indices]
        places = {
            letter: Value(dummy + low - 1)
            for letter, dummy in zip(node.indices, dummies, strict=True)
        }
        body = self.value(node.body, {**scope, **places})
        axis = tuple((dummy, count) for dummy in dummies)
        if body.number:
            return Value(body.expression, None, axis)
        if body.rows is not None:
            raise Unproved("a stack of columns")
        return Value(body.expression, axis, body.columns)

    # --- sums and products over an index

    def _big(self, node: tree.Big, scope: Scope) -> Value:
        if node.index is None:
            raise Unproved("a sum over what is not said")
        dummy = self.algebra.fresh()
        body = self.value(node.body, {**scope, node.index: Value(dummy)})
        if not isinstance(body, Value):
            raise Unproved("a sum of joined rows")
        expression = self.algebra.normal(body.expression)
        if node.which == "prod":
            expression = self.algebra.normal(sp.log(expression))
            if not isinstance(body.expression, sp.exp):
                raise Unproved("a product of what is no exponential")
            expression = self.algebra.normal(body.expression.args[0])
        whole = self.over(node, expression, dummy, scope)
        return Value(sp.exp(whole) if node.which == "prod" else whole, body.rows, body.columns)

    def over(self, node: tree.Big, expression: sp.Expr, dummy: sp.Symbol, scope: Scope) -> sp.Expr:
        """The sum of an expression over the range or condition that `node` prints."""
        if node.low is not None and node.high is not None:
            high, low = self.number(node.high, scope), self.number(node.low, scope)
            whole = self.algebra.total(expression, dummy, high)
            if low == 1:
                return whole
            before = self.fresh_index(expression, dummy)
            return whole - self.algebra.total(before[0], before[1], sp.expand(low - 1))
        upper = self.extent(expression, dummy)
        whole = self.algebra.total(expression, dummy, upper)
        if node.condition is None:
            return whole
        if node.condition.relations != ("ne",):
            raise Unproved("the condition of a sum")
        left_out = self.number(node.condition.sides[1], scope)
        return whole - self.algebra.normal(expression.xreplace({dummy: left_out}))

    def fresh_index(self, expression: sp.Expr, dummy: sp.Symbol) -> tuple[sp.Expr, sp.Symbol]:
        """The expression with another symbol for a dummy, and that symbol."""
        other = self.algebra.fresh()
        return expression.xreplace({dummy: other}), other

    def extent(self, expression: sp.Expr, dummy: sp.Symbol) -> sp.Expr:
        """How far an index without limits runs: as far as the arrays that it picks from."""
        ends = set()
        for entry in expression.atoms(Entry):
            shape = self.shapes.get(entry.name, ())
            ends |= {end for end, at in zip(shape, entry.args[1:], strict=False) if at == dummy}
        if len(ends) != 1:
            raise Unproved("how far an index runs")
        return ends.pop()


def row_argument(value: Value) -> sp.Expr:
    """A row or column as the argument of an opaque function: its entry at an open place."""
    axis = value.rows or value.columns
    if axis is None:
        return value.expression
    if len(axis) != 1:
        raise Unproved("an opaque function of a row with a double index")
    return value.expression.xreplace({axis[0][0]: SLOT})


def _mask_of(part: sp.exp) -> sp.Expr | None:
    """exp of a mask's entry is 1 where the column is at most the row, else 0."""
    entry = part.args[0]
    if isinstance(entry, Entry) and str(entry.name).startswith("mask "):
        return UpTo(entry.args[2], entry.args[1])
    return None


def _replaced(node: tree.Node, one: tree.Node, other: tree.Node) -> tree.Node:
    """The tree with all that equals `one` replaced."""
    if node == one:
        return other
    new: dict[str, Any] = {}
    for part in fields(node):
        value = getattr(node, part.name)
        if isinstance(value, tree.Node):
            new[part.name] = _replaced(value, one, other)
        elif isinstance(value, tuple):
            new[part.name] = tuple(
                _replaced(item, one, other) if isinstance(item, tree.Node) else item
                for item in value
            )
    return changed(node, **new)
