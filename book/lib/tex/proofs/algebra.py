r"""Sums of symbolic length in index notation, in a normal form.

Every quantity is a SymPy expression of its entries: `Entry(Q, i, a)` is a number, $qk^\top$ is the
`Total` of $q_ak_a$ over $a=1..D$, and an opaque function is an entry with its arguments behind it.
A `Total` holds one connected sum: factors without its dummies stand before it, and its dummies are
named canonically, so two sums that differ in order, grouping or names of indices are equal.
All sums begin at 1; a sum from another start is a difference of two, as is one that ends one later.
"""

import itertools
from collections.abc import Callable, Iterable

import sympy as sp

SLOT = sp.Symbol("·", integer=True, positive=True)  # the open index of an argument that is a row


class Unproved(Exception):
    """No proof was found; this does not say that the equation is false."""


class Entry(sp.Expr):
    """One number of an array or of an opaque function's value: a name and its indices."""

    is_commutative = True

    def __new__(cls, name: sp.Symbol, *indices: sp.Basic) -> "Entry":
        return sp.Expr.__new__(cls, name, *map(sp.sympify, indices))

    @property
    def name(self) -> sp.Symbol:
        """The name of the array or function."""
        return self.args[0]

    def _eval_is_real(self) -> bool:
        return True

    def _eval_is_extended_real(self) -> bool:
        return True

    def _eval_is_finite(self) -> bool:
        return True

    def _eval_is_positive(self) -> bool | None:
        return self.name.is_positive

    def _eval_is_nonnegative(self) -> bool | None:
        return self.name.is_nonnegative

    def _sympystr(self, printer: sp.printing.printer.Printer) -> str:
        return f"{self.name}[{','.join(printer._print(one) for one in self.args[1:])}]"


class Total(sp.Expr):
    """`Total(body, d1, u1, d2, u2, …)`: the sum of the body over d1 = 1..u1, d2 = 1..u2, …"""

    is_commutative = True

    def __new__(cls, *args: sp.Basic) -> "Total":
        return sp.Expr.__new__(cls, *args)

    @property
    def ranges(self) -> tuple[tuple[sp.Symbol, sp.Expr], ...]:
        """Each dummy with the end of its range."""
        return tuple(zip(self.args[1::2], self.args[2::2], strict=True))

    def _eval_is_real(self) -> bool | None:
        return self.args[0].is_real

    def _eval_is_extended_real(self) -> bool | None:
        return self.args[0].is_real

    def _eval_is_finite(self) -> bool | None:
        return self.args[0].is_finite

    def _eval_is_positive(self) -> bool | None:
        return True if self.args[0].is_positive else None

    def _eval_is_nonnegative(self) -> bool | None:
        return True if self.args[0].is_nonnegative else None

    def _sympystr(self, printer: sp.printing.printer.Printer) -> str:
        ranges = ",".join(f"{d}≤{printer._print(u)}" for d, u in self.ranges)
        return f"Σ{{{ranges}}}({printer._print(self.args[0])})"


class UpTo(sp.Expr):
    """1 if left ≤ right, else 0: what a causal mask leaves of a sum."""

    is_commutative = True

    def __new__(cls, left: sp.Basic, right: sp.Basic) -> "UpTo":
        return sp.Expr.__new__(cls, left, right)

    def _eval_is_real(self) -> bool:
        return True

    def _eval_is_nonnegative(self) -> bool:
        return True


def index(name: str) -> sp.Symbol:
    """A symbol for an index: a positive integer."""
    return sp.Symbol(name, integer=True, positive=True)


Rule = Callable[[tuple[Entry, ...], sp.Symbol], sp.Expr | None]


class Algebra:
    """Sums, with what is known of certain entries.

    `rules` say what the sum over a dummy of one entry, or of a product of two, is (unit and
    orthonormal rows); `bounds` say how far an index symbol runs.
    """

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.bounds: dict[sp.Symbol, sp.Expr] = {}
        self._count = itertools.count(1)
        self._normal: dict[sp.Expr, sp.Expr] = {}

    def fresh(self, upper: sp.Expr | None = None) -> sp.Symbol:
        """An index symbol that nothing else uses; with `upper`, one that runs from 1 to it."""
        dummy = index(f"~{next(self._count)}")
        if upper is not None:
            self.bounds[dummy] = upper
        return dummy

    def changed(self) -> None:
        """A rule was added, so normal forms found before may be none any more."""
        self._normal.clear()

    # --- normal form

    def normal(self, expression: sp.Expr) -> sp.Expr:
        """An expanded sum of products of entries, powers, exponentials and totals."""
        expression = sp.sympify(expression)
        if expression not in self._normal:
            self._normal[expression] = self._normalise(expression)
        return self._normal[expression]

    def _normalise(self, one: sp.Expr) -> sp.Expr:
        if isinstance(one, Total):
            body, ranges = self.opened(one)
            return self.total_over(self.normal(body), ranges)
        if isinstance(one, sp.cos | sp.sin | sp.cosh | sp.sinh | sp.tan):
            return self.normal(one.rewrite(sp.exp))
        if one.args and not isinstance(one, sp.Symbol):
            args = [self.normal(part) if isinstance(part, sp.Expr) else part for part in one.args]
            one = one.func(*args)
        if isinstance(one, sp.Add):
            return sp.Add(*(sp.expand(term) for term in one.args))
        if isinstance(one, sp.Pow) and one.exp.is_Integer and one.exp < 0:
            return sp.Pow(self.content_out(one.base), one.exp)
        if isinstance(one, sp.Mul | sp.Pow | sp.exp):
            return sp.expand(one)
        return one

    def content_out(self, base: sp.Expr) -> sp.Expr:
        """A sum with what all its terms share taken out, so that it cancels outside."""
        terms = sp.Add.make_args(base)
        if len(terms) == 1:
            return base
        shared = dict(sp.Mul(*(terms[0],)).as_powers_dict())
        for term in terms[1:]:
            powers = term.as_powers_dict()
            shared = {b: e for b, e in shared.items() if not b.is_Number and powers.get(b) == e}
        common = sp.Mul(*(b**e for b, e in shared.items()))
        if common == 1:
            return base
        return common * sp.Add(*(sp.expand(term / common) for term in terms))

    def opened(self, total: Total) -> tuple[sp.Expr, list[tuple[sp.Symbol, sp.Expr]]]:
        """The body and the ranges of a total, with dummies that nothing else uses."""
        renamed = {dummy: self.fresh() for dummy, _ in total.ranges}
        ranges = [(renamed[d], u.xreplace(renamed)) for d, u in total.ranges]
        self.bounds.update(ranges)
        return total.args[0].xreplace(renamed), ranges

    def total_over(self, body: sp.Expr, ranges: Iterable[tuple[sp.Symbol, sp.Expr]]) -> sp.Expr:
        """The sum of a normal body over several ranges, in normal form."""
        # A range may end at another dummy: that one is summed over later.
        waiting = list(ranges)
        while waiting:
            ready = next(pair for pair in waiting if not any(u.has(pair[0]) for _, u in waiting))
            waiting.remove(ready)
            body = self.total(body, *ready)
        return body

    def total(self, body: sp.Expr, dummy: sp.Symbol, upper: sp.Expr) -> sp.Expr:
        """The sum of a normal body over dummy = 1..upper, in normal form."""
        upper = sp.expand(upper)
        if upper.is_Integer:
            ends = sorted((1, int(upper) + 1))  # a sum that ends before 0 is taken away again
            terms = [body.xreplace({dummy: sp.Integer(n)}) for n in range(*ends)]
            return self.normal(sp.sign(upper + sp.Rational(1, 2)) * sp.Add(*terms))
        self.bounds[dummy] = upper
        found = sp.Integer(0)
        for term in sp.Add.make_args(sp.expand(body)):
            found += self._total_of_term(term, dummy, upper)
        return sp.expand(found)

    def _total_of_term(self, term: sp.Expr, dummy: sp.Symbol, upper: sp.Expr) -> sp.Expr:
        before, factors = _split(term, dummy)
        if not factors:
            return before * upper
        binomial = self._binomial(sp.Mul(*factors), dummy, upper)
        if binomial is not None:
            return before * binomial
        offset, base = upper.as_coeff_Add()
        if offset and not offset.is_Integer:
            raise Unproved(f"a sum up to {upper}")
        if offset:
            body = sp.Mul(*factors)
            found = self._total_of_term(body, dummy, base)
            for step in range(int(abs(offset))):
                at = base + step + 1 if offset > 0 else base - step
                found += sp.sign(offset) * self.normal(body.xreplace({dummy: at}))
            return sp.expand(before * found)
        for factor in factors:
            if isinstance(factor, UpTo):
                left, right = factor.args
                if left != dummy or right.has(dummy):
                    raise Unproved(f"a sum over the larger side of {factor}")
                rest = sp.Mul(*(one for one in factors if one is not factor))
                return sp.expand(before * self.total(rest, dummy, right))
            if isinstance(factor, sp.KroneckerDelta):
                where = sp.solve(factor.args[0] - factor.args[1], dummy)
                if len(where) != 1 or not self.inside(where[0], upper):
                    raise Unproved(f"whether {factor} is met on the way to {upper}")
                rest = sp.Mul(*(one for one in factors if one is not factor))
                return sp.expand(before * self.normal(rest.xreplace({dummy: where[0]})))
        return sp.expand(before * self._component(factors, dummy, upper))

    def inside(self, where: sp.Expr, upper: sp.Expr) -> bool:
        """Whether an index is known to lie in 1..upper."""
        if where == upper:
            return True
        return where.is_Symbol and self.bounds.get(where) == upper

    def _component(self, factors: list[sp.Expr], dummy: sp.Symbol, upper: sp.Expr) -> sp.Expr:
        """A connected sum: inner sums that share the dummy are laid open, then all is named."""
        ranges, leaves = [(dummy, upper)], []
        for factor in factors:
            base, power = factor.as_base_exp() if factor.is_Pow else (factor, sp.Integer(1))
            if isinstance(base, Total) and power.is_Integer and power > 0:
                for _ in range(int(power)):
                    inner, more = self.opened(base)
                    leaves.append(inner)
                    ranges += more
            else:
                leaves.append(factor)
        body = sp.Mul(*leaves)
        shifted = self._shifted(body, ranges)
        if shifted is not None:
            return shifted
        contracted = self._contracted(body, ranges)
        if contracted is not None:
            return contracted
        if not body.has(Entry) and len(ranges) == 1 and body.is_polynomial(dummy):
            return sp.expand(sp.summation(body, (dummy, 1, upper)))
        return _named(body, ranges)

    def _binomial(self, body: sp.Expr, dummy: sp.Symbol, upper: sp.Expr) -> sp.Expr | None:
        """The binomial theorem for a sum of C(n, k) r^k over k = 1..n."""
        if not any(isinstance(one, sp.binomial) for one in sp.Mul.make_args(body)):
            return None
        choose = next(one for one in sp.Mul.make_args(body) if isinstance(one, sp.binomial))
        rest = body / choose
        ratio = sp.simplify(rest.xreplace({dummy: dummy + 1}) / rest)
        if choose.args != (upper, dummy) or ratio.has(dummy):
            raise Unproved(f"the sum of {body}")
        first = sp.simplify(rest.xreplace({dummy: sp.Integer(0)}))
        # first·(1+r)^n with first = y^n, as one power.
        whole = sp.powsimp(sp.simplify(first * (1 + ratio) ** upper), force=True)
        if first.is_Pow and first.exp.equals(upper):
            whole = sp.simplify(first.base * (1 + ratio)) ** upper
        return whole - first

    def _shifted(self, body: sp.Expr, ranges: list) -> sp.Expr | None:
        """Σ f(s+d) over d = 1..u as a difference of two sums of f from 1 on."""
        for dummy, upper in ranges:
            places = {
                one
                for entry in body.atoms(Entry)
                for one in entry.args[1:]
                if one.has(dummy) and not one.has(Entry)
            }
            if len(places) != 1:
                continue
            offset = sp.expand(places.pop() - dummy)
            if offset == 0 or offset.has(dummy) or any(offset.has(d) for d, _ in ranges):
                continue
            if any(u.has(dummy) for _, u in ranges):
                continue
            moved = self.fresh()
            plain = self.normal(body.xreplace({dummy: moved - offset}))
            others = [pair for pair in ranges if pair[0] != dummy]
            whole = self.total_over(plain, [(moved, upper + offset), *others])
            return sp.expand(whole - self.total_over(plain, [(moved, offset), *others]))
        return None

    def _contracted(self, body: sp.Expr, ranges: list) -> sp.Expr | None:
        for dummy, _ in ranges:
            if any(u.has(dummy) for _, u in ranges):
                continue
            factors = [one for one in sp.Mul.make_args(body) if one.has(dummy)]
            entries = _entries(factors)
            for rule in self.rules:
                value = rule(entries, dummy)
                if value is None:
                    value = rule(entries[::-1], dummy)
                if value is not None:
                    rest = sp.Mul(*(one for one in sp.Mul.make_args(body) if one not in factors))
                    others = [one for one in ranges if one[0] != dummy]
                    return self.total_over(self.normal(rest * value), others)
        return None

    # --- equality

    def is_zero(self, expression: sp.Expr) -> bool:
        """Whether the normal form, over one denominator, is 0."""
        found = self.normal(expression)
        if found == 0:
            return True
        above = sp.numer(sp.together(found))
        if self.normal(above) == 0:
            return True
        above = sp.numer(sp.cancel(sp.together(sp.powsimp(found))))
        return self.normal(above) == 0


def _split(term: sp.Expr, dummy: sp.Symbol) -> tuple[sp.Expr, list[sp.Expr]]:
    """The factors of a term without the dummy as one, and those with it."""
    factors = sp.Mul.make_args(term)
    before = sp.Mul(*(one for one in factors if not one.has(dummy)))
    return before, [one for one in factors if one.has(dummy)]


def _entries(factors: list[sp.Expr]) -> tuple[Entry, ...]:
    """One entry or two, if that is all; a square counts as two."""
    if len(factors) == 1 and factors[0].is_Pow and factors[0].exp == 2:
        factors = [factors[0].base] * 2
    if len(factors) <= 2 and all(isinstance(one, Entry) for one in factors):
        return tuple(factors)
    return ()


def _named(body: sp.Expr, ranges: list[tuple[sp.Symbol, sp.Expr]]) -> Total:
    """The total with canonical dummies: of all orders of them, the first by its text."""
    level = 1 + max(
        (int(str(one).split("·")[1]) for one in body.free_symbols | _bound(body)
         if str(one).startswith("·") and one != SLOT), default=0,
    )  # fmt: skip
    names = [index(f"·{level}·{number}") for number in range(len(ranges))]
    options: list[tuple[str, list[sp.Expr]]] = []
    for order in itertools.permutations(ranges):
        renamed = {dummy: name for (dummy, _), name in zip(order, names, strict=True)}
        args = [body.xreplace(renamed)]
        for (_, upper), name in zip(order, names, strict=True):
            args += [name, upper.xreplace(renamed)]
        options.append((" ".join(map(sp.srepr, args)), args))
    return Total(*min(options, key=lambda option: option[0])[1])


def _bound(body: sp.Expr) -> set[sp.Symbol]:
    return {dummy for total in body.atoms(Total) for dummy, _ in total.ranges}
