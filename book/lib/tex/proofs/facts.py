"""What is known of certain sums: rows of length 1, orthonormal rows, facts that a text states."""

import sympy as sp

from lib.tex.proofs.algebra import Entry, Rule, Unproved


def unit(name: sp.Symbol) -> Rule:
    """The squares of a row of this array sum to 1."""

    def rule(entries: tuple[Entry, ...], dummy: sp.Symbol) -> sp.Expr | None:
        if len(entries) != 2 or entries[0] != entries[1] or entries[0].name != name:
            return None
        *places, last = entries[0].args[1:]
        return sp.Integer(1) if last == dummy and not any(p.has(dummy) for p in places) else None

    return rule


def orthonormal(name: sp.Symbol, square: bool) -> Rule:
    """Rows of this array are orthonormal; if it is square, columns too."""

    def rule(entries: tuple[Entry, ...], dummy: sp.Symbol) -> sp.Expr | None:
        if len(entries) != 2 or any(one.name != name for one in entries):
            return None
        for summed in (2, 1) if square else (2,):
            others = [one.args[3 - summed] for one in entries]
            met = all(one.args[summed] == dummy for one in entries)
            if met and not any(other.has(dummy) for other in others):
                return sp.KroneckerDelta(*others)
        return None

    return rule


def fact(pattern: sp.Expr, dummy: sp.Symbol, value: sp.Expr) -> Rule:
    """The sum over a dummy of an entry or of two is a value, for all values of other indices."""
    factors = [pattern.base] * 2 if pattern.is_Pow else list(sp.Mul.make_args(pattern))
    if len(factors) > 2 or not all(isinstance(one, Entry) for one in factors):
        raise Unproved("a condition on more than an inner product")

    def rule(entries: tuple[Entry, ...], at: sp.Symbol) -> sp.Expr | None:
        bound: dict[sp.Basic, sp.Basic] = {}
        if len(entries) != len(factors):
            return None
        for wanted, given in zip(factors, entries, strict=True):
            if wanted.name != given.name:
                return None
            for place, found in zip(wanted.args[1:], given.args[1:], strict=True):
                if (place == dummy) != (found == at) or (place != dummy and found.has(at)):
                    return None
                if place != dummy and (
                    not place.is_Symbol or bound.setdefault(place, found) != found
                ):
                    return None
        return value.xreplace(bound)

    return rule
