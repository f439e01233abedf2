r"""Exact means of symbolic sums over Gaussian rows, unit vectors and uncorrelated entries.

A random array has a `Law`. Rows of one array, and arrays of different names, are independent.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from lib.tex.proofs.algebra import Algebra, Entry, Total, Unproved


@dataclass(frozen=True)
class Law:
    """How the entries of an array are drawn.

    "gaussian": independent, mean 0, the given variance; "white": uncorrelated, mean 0, the given
    variance, nothing else known; "sphere": one row, uniform among those of length 1, and
    `size` is how many entries it has; "beta": a number between 0 and 1 whose density is a power of
    it and one of its complement, with `shape` these powers plus 1; "pairs": decisions about two
    of several people, with their mean and the correlation of two that share one person in `shape`.
    """

    kind: str
    variance: sp.Expr = sp.S.One
    size: sp.Expr | None = None
    shape: tuple[sp.Expr, ...] = ()


class Chance:
    """Means in one algebra; `laws` maps the name of an array to its law."""

    def __init__(self, algebra: Algebra, laws: dict[sp.Symbol, Law]):
        self.algebra, self.laws = algebra, laws

    def variance(self, expression: sp.Expr) -> sp.Expr:
        """The exact variance of an expression."""
        mean = self.mean(expression)
        return self.algebra.normal(self.mean(expression**2) - mean**2)

    def mean(self, expression: sp.Expr) -> sp.Expr:
        """The exact mean of an expression; raises Unproved where no rule gives it."""
        normal = self.algebra.normal(expression)
        terms = [self._of_term(one) for one in sp.Add.make_args(normal)]
        return self.algebra.normal(sp.Add(*terms))

    def entries(self, expression: sp.Expr) -> set[Entry]:
        """The random entries in an expression."""
        return {one for one in expression.atoms(Entry) if one.name in self.laws}

    def _of_term(self, term: sp.Expr) -> sp.Expr:
        factors = sp.Mul.make_args(term)
        certain = sp.Mul(*(one for one in factors if not self.entries(one)))
        chance = [one for one in factors if self.entries(one)]
        if not chance:
            return term
        ranges: list[tuple[sp.Symbol, sp.Expr]] = []
        leaves: list[sp.Expr] = []
        self._lay_open(chance, ranges, leaves)
        exponents = [one for one in leaves if isinstance(one, sp.exp)]
        powers = [one for one in leaves if not isinstance(one, sp.exp)]
        known = sp.Mul(*(one for one in powers if not self.entries(one)))
        powers = [one for one in powers if self.entries(one)]
        if exponents and powers:
            raise Unproved("the mean of an exponential times a polynomial")
        found = self._of_exponentials(exponents) if exponents else self._of_powers(powers)
        return certain * self.algebra.total_over(self.algebra.normal(known * found), ranges)

    def _lay_open(self, factors: list[sp.Expr], ranges: list, leaves: list) -> None:
        for factor in factors:
            base, power = factor.as_base_exp()
            if isinstance(base, Total) and power.is_Integer and power > 0:
                for _ in range(int(power)):
                    body, more = self.algebra.opened(base)
                    ranges += more
                    self._lay_open(list(sp.Mul.make_args(body)), ranges, leaves)
            else:
                leaves.append(factor)

    # --- exponentials of sums that are linear in what is random

    def _of_exponentials(self, factors: list[sp.exp]) -> sp.Expr:
        by_row: dict[tuple, sp.Expr] = {}
        for factor in factors:
            for term in sp.Add.make_args(self.algebra.normal(factor.args[0])):
                entries = self.entries(term)
                rows = {(one.name, one.args[1:-1]) for one in entries}
                if len(rows) != 1:
                    raise Unproved(f"the mean of exp({term})")
                row = rows.pop()
                by_row[row] = by_row.get(row, 0) + term
        return self._of_rows(list(by_row.items()))

    def _of_rows(self, rows: list[tuple[tuple, sp.Expr]]) -> sp.Expr:
        """Rows of one array at two different indices may be the same row: both cases count."""
        for one, two in itertools.combinations(rows, 2):
            if one[0][0] != two[0][0]:
                continue
            if len(one[0][1]) != 1:
                raise Unproved("the mean over more than one index of rows")
            (first,), (second,) = one[0][1], two[0][1]
            others = [row for row in rows if row not in (one, two)]
            if any(row[0][0] == one[0][0] for row in others):
                raise Unproved("the mean over three rows at once")
            same = one[1].xreplace({first: second}) + two[1]
            apart = self._of_rows([one, *others]) * self._of_one_row(two)
            both = sp.Mul(self._of_rows([(two[0], same), *others]))
            equal = apart.xreplace({first: second})
            return apart + sp.KroneckerDelta(first, second) * (both - equal)
        return sp.Mul(*map(self._of_one_row, rows))

    def _of_one_row(self, row: tuple[tuple, sp.Expr]) -> sp.Expr:
        """E exp(Σ c_a w_a) = exp(v Σ c_a² / 2)."""
        (name, _), exponent = row
        law = self.laws[name]
        exponent = self.algebra.normal(exponent)
        if exponent == 0:
            return sp.Integer(1)
        if law.kind != "gaussian":
            raise Unproved("the mean of an exponential that is not Gaussian")
        square = self.algebra.normal(exponent**2)
        exponent_variance = sp.Add(*(self._of_term(one) for one in sp.Add.make_args(square)))
        for term in sp.Add.make_args(self.algebra.normal(exponent)):
            if self._degree(term) != 1:
                raise Unproved(f"the mean of exp({exponent})")
        return sp.exp(self.algebra.normal(exponent_variance) / 2)

    def _degree(self, term: sp.Expr) -> int:
        leaves: list[sp.Expr] = []
        self._lay_open([one for one in sp.Mul.make_args(term) if self.entries(one)], [], leaves)
        leaves = [one for one in leaves if self.entries(one)]
        return len(leaves) if all(isinstance(one, Entry) for one in leaves) else -1

    # --- powers of entries

    def _of_powers(self, factors: list[sp.Expr]) -> sp.Expr:
        by_name: dict[sp.Symbol, list[Entry]] = {}
        for factor in factors:
            base, power = factor.as_base_exp()
            plain = isinstance(base, Entry) and self.entries(base) == {base}
            if not plain or not power.is_Integer or power < 1:
                raise Unproved(f"the mean of {factor}")
            by_name.setdefault(base.name, []).extend([base] * int(power))
        found = sp.Integer(1)
        for name, entries in by_name.items():
            found *= self._moment(self.laws[name], entries)
        return found

    def _moment(self, law: Law, entries: list[Entry]) -> sp.Expr:
        """Isserlis: the sum over all ways to pair the entries; none for an odd number of them."""
        count = len(entries)
        if law.kind == "beta":
            first, second = law.shape
            steps = [(first + step) / (first + second + step) for step in range(count)]
            return sp.Mul(*steps)
        if law.kind == "pairs":
            return self._of_pairs(law, entries)
        if law.kind == "white" and count > 2:
            raise Unproved("a moment of order above 2 of entries that need not be Gaussian")
        if count % 2:
            return sp.Integer(0)
        if law.kind == "sphere":
            if any(len(one.args) != 2 for one in entries):
                raise Unproved("a unit row is random by itself")
            assert law.size is not None
            scale = 1 / sp.Mul(*(law.size + 2 * step for step in range(count // 2)))
        else:
            scale = law.variance ** (count // 2)
        return scale * sp.Add(
            *(
                sp.Mul(*(same_place(one, two) for one, two in pairing))
                for pairing in _pairings(entries)
            )
        )

    def _of_pairs(self, law: Law, entries: list[Entry]) -> sp.Expr:
        """One decision, or two whose covariance hangs on how many people both show."""
        mean, correlation = law.shape
        if len(entries) == 1:
            return mean
        if len(entries) != 2:
            raise Unproved("a moment of three decisions")
        (i, j), (k, l) = (one.args[1:] for one in entries)  # noqa: E741
        delta = sp.KroneckerDelta
        shared = delta(i, k) + delta(i, l) + delta(j, k) + delta(j, l)
        together = correlation * shared * (2 - shared) + shared * (shared - 1) / 2
        return mean**2 + mean * (1 - mean) * sp.expand(together)


def same_place(one: Entry, two: Entry) -> sp.Expr:
    """1 if two entries have the same indices, else 0."""
    return sp.Mul(*(
        sp.KroneckerDelta(a, b) for a, b in zip(one.args[1:], two.args[1:], strict=True)
    ))  # fmt: skip


def _pairings(entries: list[Entry]) -> Iterator[list[tuple[Entry, Entry]]]:
    if not entries:
        yield []
        return
    first, *rest = entries
    for place, partner in enumerate(rest):
        for others in _pairings(rest[:place] + rest[place + 1 :]):
            yield [(first, partner), *others]
