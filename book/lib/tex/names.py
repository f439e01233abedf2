"""What names stand for: bindings, local names, definitions of the page, laws and constants."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from lib.tex import calculus, chance, tree, values
from lib.tex.bindings import Named, invoke
from lib.tex.definitions import Definition, Law, Source
from lib.tex.values import Identity, Outcomes, ValueProblem

DEPTH = 400  # definitions within definitions


@dataclass(frozen=True)
class Reference:
    """A function that the page defines, as a value."""

    key: str


CONSTANTS = {
    "e": math.e, r"\pi": math.pi, r"\mathrm{i}": 1j, "I": Identity(),
}  # fmt: skip
SYMBOLIC_CONSTANTS = {"e": sp.E, r"\pi": sp.pi, r"\mathrm{i}": sp.I, "I": Identity()}


class Names(ABC):
    """All that gives the names of a formula their values, for one case of a check."""

    def __init__(
        self,
        bindings: Mapping[str, Any],
        definitions: Sequence[Definition] = (),
        laws: Mapping[str, Law] | None = None,
        drawn: frozenset[str] = frozenset(),
        cases: frozenset[str] = frozenset(),
        symbolic: bool = False,
    ):
        self.bindings = dict(bindings)
        self.definitions: dict[str, list[Definition]] = {}
        for one in definitions:
            self.definitions.setdefault(one.key, []).append(one)
        self.laws = dict(laws or {})
        self.drawn = drawn  # names drawn here: standard normal where a law is printed
        self.cases = cases  # names that a case binds: an index may take their place
        self.symbolic = symbolic
        self.locals: dict[str, Any] = {}
        self.letters: frozenset[str] = frozenset()  # those of them that are running indices
        self.used: set[str] = set()
        self.read: set[int] = set()  # definitions that were needed
        self.random: set[str] | None = None  # in a trial: the random names that were met
        self.exact = self.approximate = False  # a mean was taken; a limit or derivative was
        self.source = Source("")
        self.sums: dict[tuple[int, int], bool] = {}  # whether each sum ever had a term
        self.depth = 0
        self.memo: dict[str, tuple[tuple, Any]] = {}  # what functions computed
        self.results: dict[tuple, tuple[Any, Any]] = {}  # what definitions gave
        self.reaches: dict[int, set[str]] = {}

    @abstractmethod
    def value(self, node: tree.Node) -> Any:
        """The value of a part of a formula."""

    # --- names

    @contextmanager
    def within(self, names: Mapping[str, Any], letters: bool = False) -> Iterator[None]:
        """Further local names; with `letters` they are indices, which no definition sees."""
        before = self.locals, self.letters
        self.locals = {**self.locals, **names}
        self.letters = self.letters | set(names) if letters else self.letters - set(names)
        try:
            yield
        finally:
            self.locals, self.letters = before

    @contextmanager
    def reading(self, source: Source) -> Iterator[None]:
        """What is read meanwhile stands in `source`; raises ValueProblem if nested too deep."""
        before, self.source = self.source, source
        self.depth += 1
        try:
            if self.depth > DEPTH:
                raise ValueProblem("a definition that needs itself")
            yield
        finally:
            self.source = before
            self.depth -= 1

    def knows(self, key: str) -> bool:
        """Whether anything gives the name a value."""
        return (
            key in self.locals or key in self.bindings or key in self.definitions
            or key in CONSTANTS or key in self.laws
        )  # fmt: skip

    def lookup(self, key: str) -> Any:
        """The value of a name; raises ValueProblem if it has none."""
        if key in self.locals:
            self.used.add(key)
            return self.locals[key]
        if key in self.bindings:
            self.used.add(key)
            found = self.computed(key, self.bindings[key])
            if isinstance(found, Outcomes):
                return chance.one_outcome(self, key, found)
            if key in self.laws:
                return chance.sample(self, key, found)
            return found
        if key in self.definitions:
            return self.defined(key, (), None)
        if key in self.laws:
            return chance.sample(self, key, None)
        if key in CONSTANTS:
            return (SYMBOLIC_CONSTANTS if self.symbolic else CONSTANTS)[key]
        raise ValueProblem(f"{key} is not bound")

    def computed(self, key: str, given: Any) -> Any:
        """A binding's value: what a function computes if the scope knows all its parameters."""
        if not isinstance(given, Named) or not all(map(self.binds, given.parameters)):
            return given
        args = tuple(self.lookup(one) for one in given.parameters)
        known = self.memo.get(key)
        if known and all(_same(a, b) for a, b in zip(known[0], args, strict=True)):
            return known[1]
        found = invoke(given.function, args)
        self.memo[key] = args, found
        return found

    def binds(self, key: str) -> bool:
        """Whether the check or a local name gives the value, rather than the page."""
        return key in self.locals or key in self.bindings

    def defined(self, key: str, indices: tuple, args: tuple | None) -> Any:
        """What the page's definitions of `key` say for these indices and arguments."""
        # What is said of one index, such as S_0 = 0, comes before what is said of all.
        mine = sorted(self.definitions[key], key=lambda one: not is_constant(one))
        if args is None and not indices and any(one.args is not None for one in mine):
            return Reference(key)
        for one in mine:
            if args is None and len(indices) < len(one.indices):
                continue
            if (args is None) != (one.args is None) or len(indices) > len(one.indices):
                continue
            if args is not None and len(args) != len(one.args or ()):
                continue
            names = self.match(one, indices, args or ())
            if names is not None:
                return self.by_definition(one, names)
        raise ValueProblem(f"{key} is not defined for this")

    def match(self, one: Definition, indices: tuple, args: tuple) -> dict[str, Any] | None:
        """The values of the definition's letters, None if it is not about these."""
        found = {}
        for pattern, given in zip(
            (*one.indices, *(one.args or ())), (*indices, *args), strict=True
        ):
            if isinstance(pattern, tree.Name):
                function = self.definitions.get(pattern.key) or isinstance(
                    self.bindings.get(pattern.key), Named
                )
                if function and isinstance(given, Reference) and given.key != pattern.key:
                    return None
                found[pattern.key] = given
            elif isinstance(given, Reference) or not _same(self.value(pattern), given):
                return None
        return found

    def is_array(self, key: str) -> bool:
        """Whether the name is bound to an array."""
        return bool(values.shape(self.bindings.get(key)))

    def by_definition(self, one: Definition, names: dict[str, Any]) -> Any:
        """The value of a definition's body, for these values of its letters."""
        rows = [
            letter
            for letter, given in names.items()
            if isinstance(given, np.ndarray) and one.args and letter[-1:].islower()
            and given.ndim == 2 and given.shape[0] > 1 and given.shape[1] > 1
        ]  # fmt: skip
        if len(rows) == 1:  # a function of a row, of a matrix: row by row
            parts = [
                self.by_definition(one, {**names, rows[0]: row[None, :]}) for row in names[rows[0]]
            ]
            return values.stack([values.join([part]) for part in parts])
        outside = {key: v for key, v in self.locals.items() if key not in self.letters}
        before = self.locals, self.letters
        self.locals, self.letters = outside, frozenset()
        try:
            return self.known_or_carried_out(one, names)
        finally:
            self.locals, self.letters = before

    def known_or_carried_out(self, one: Definition, names: dict[str, Any]) -> Any:
        """The value of a definition's body, from memory if nothing that it needs has changed."""
        self.read.add(id(one))
        state = (id(one), *map(_token, names.values()), *self.around(one))
        if self.random is None and state in self.results:
            return self.results[state][1]
        found = self.carried_out(one, names)
        if len(self.results) > 10_000:
            self.results.clear()
        self.results[state] = (self.locals, names), found  # kept: their ids stay theirs
        return found

    def around(self, one: Definition) -> Iterator[Any]:
        """The local names that a definition's value hangs on, with their values."""
        if id(one) not in self.reaches:
            self.reaches[id(one)] = self.reach(one.body, set())
        for name in self.reaches[id(one)]:
            if name in self.locals:
                yield name, _token(self.locals[name])

    def reach(self, node: tree.Node, seen: set[str]) -> set[str]:
        """All names that a part needs, through definitions, laws and functions."""
        for part in node.walk():
            if isinstance(part, tree.Name) and part.key not in seen:
                self.reach_name(part.key, seen)
        return seen

    def reach_name(self, key: str, seen: set[str]) -> None:
        """Add to `seen` a name and all that its value needs."""
        seen.add(key)
        given = self.bindings.get(key)
        if isinstance(given, Named):
            for parameter in given.parameters:
                if parameter not in seen:
                    self.reach_name(parameter, seen)
        for one in self.definitions.get(key, ()):
            self.reach(one.body, seen)
        if key in self.laws:
            self.reach(self.laws[key].variance, seen)

    def carried_out(self, one: Definition, names: dict[str, Any]) -> Any:
        """The value of a definition's body, computed."""
        with self.reading(one.source), self.within(names):
            if one.entry:
                letter = one.entry[0]
                if not isinstance(letter, tree.Name):
                    raise ValueProblem(f"the entries of {one.key} are not defined by a letter")
                length = calculus.span(self, letter.key, one.body)
                parts = []
                for number in range(1, length + 1):
                    with self.within({letter.key: number}, letters=True):
                        parts.append(self.value(one.body))
                return values.join(parts)
            found = self.value(one.body)
        if one.power is not None:
            return values.power(found, values.divide(1, self.value(one.power)))
        return found


def _token(one: Any) -> Any:
    return one if isinstance(one, int | float | str | Reference) else id(one)


def is_constant(one: Definition) -> bool:
    """Whether a definition is about certain indices only, such as `S_0 = 0`."""
    return bool(one.indices) and not any(isinstance(each, tree.Name) for each in one.indices)


def _same(left: Any, right: Any) -> bool:
    """Whether two values are one, or equal numbers."""
    if left is right:
        return True
    scalar = int | float | Fraction | sp.Basic
    return isinstance(left, scalar) and isinstance(right, scalar) and left == right
