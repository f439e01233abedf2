r"""Whether a printed equation holds for given bindings, and what kind of check that was."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import numpy as np
import sympy as sp

from lib.tex import calculus, tree, values
from lib.tex.bindings import Named, bind, binding, case_list
from lib.tex.compare import brief, difference, numbers, short, tightest
from lib.tex.definitions import (
    Definition,
    Law,
    Page,
    Problem,
    Reading,
    Source,
    definition,
    law,
    read,
)
from lib.tex.displays import digest
from lib.tex.draws import Drawn, draw, symbol
from lib.tex.evaluate import Scope
from lib.tex.keys import identifier_key
from lib.tex.names import is_constant
from lib.tex.proofs.algebra import Unproved
from lib.tex.proofs.prove import Proof, prove
from lib.tex.reader import TexError
from lib.tex.values import Outcomes, ValueProblem

PROVED, AT_SIZES, COUNTED = "proved for all sizes", "proved at these sizes", "counted on a grid"
EXACT, RANDOM = "exact expectation", "random numbers, to rounding"
INEQUALITY, MEASURED, DEFINITION = "inequality", "measured", "definition"
ORDER = {"le", "ge", "<", ">"}
TIGHT = 0.1  # an inequality needs a case this near to equality


class EquationError(AssertionError):
    """A printed equation does not hold, cannot be read, or its check shows nothing."""


@dataclass(frozen=True)
class Record:
    """What a check showed: see `holds`."""

    label: str
    kind: str
    result: str
    digest: str


@dataclass(eq=False)
class Task:
    """One check: the display as read, the page around it, and what is bound."""

    label: str
    page: Page
    source: Source
    bindings: dict[str, Any]
    cases: list[dict[str, Any]]
    draws: int | None
    given: tuple[str, ...]
    pages: tuple[Page, ...]
    within: Any
    wanted: Proof | None = None
    reading: Reading = field(init=False)
    definitions: list[Definition] = field(init=False, default_factory=list)
    conditions: list[tuple[tree.Chain | tree.Claim, Source]] = field(
        init=False, default_factory=list
    )
    laws: dict[str, Law] = field(init=False, default_factory=dict)
    pairs: list[tuple] = field(init=False, default_factory=list)
    residual: float = field(init=False, default=0.0)
    tried: int = field(init=False, default=0)  # comparisons
    assigned: int = field(init=False, default=0)  # values of the free indices, over all cases
    used: set[str] = field(init=False, default_factory=set)
    needed: set[int] = field(init=False, default_factory=set)  # definitions
    sums: dict = field(init=False, default_factory=dict)
    exact: bool = field(init=False, default=False)
    counted: bool = field(init=False, default=True)
    nonzero: bool = field(init=False, default=False)
    settings: list[dict[str, Any]] = field(init=False, default_factory=list)

    def fail(self, message: str, node: tree.Node | None = None, source: Source | None = None):
        """An EquationError whose message begins with the line and names the part."""
        source = source or self.source
        node = node or tree.Node(start=0, end=0)
        part = f"`{short(source.quote(node))}`: " if node.end > node.start else ""
        where = source.place(node.start) if source.where else self.source.place(0)
        return EquationError(f"{where}: equation {self.label}: {part}{message}")

    # --- reading

    def read(self) -> None:
        """Read the display, what it is given, and what the page defines for it."""
        position = self.page.position(self.label)
        for key, one in self.bindings.items():
            if isinstance(one, Drawn) and one.words == {"random"}:
                standard = Law(key, tree.Number("0"), tree.Name("I"), self.source)
                self.laws[key] = standard
        names = {
            key: "function" if isinstance(one, Named) else "value"
            for key, one in [*self.bindings.items(), *self.cases[0].items()]
        }
        known = dict(names)
        around = [(self.page, number) for number in self.page.around(position)]
        for page in self.pages:
            around += [(page, number) for number in range(len(page.displays))]
        for page, number in around:
            for key, how in page.introduced[number].items():
                known.setdefault(key, how)
        try:
            given = [Source(tex, self.source.where, self.source.line) for tex in self.given]
            extra = [read(one, known) for one in given]
            for one in extra:
                known = {**one.names, **known}
            self.reading = read(self.source, known)
        except TexError as error:
            raise self.fail(str(error), tree.Node(start=error.start, end=error.end)) from None
        statement = self.reading.statement
        if not statement.main.relations:
            raise self.fail("this relates nothing to anything", statement.main)
        for node in statement.rest:
            self.take(node, self.source, own=True)
        for one in extra:
            for node in (one.statement.main, *one.statement.rest):
                self.take(node, one.source, own=True)
        for page, number in around:
            other = page.reading(number, known)
            if other is not None:
                for node in (other.statement.main, *other.statement.rest):
                    self.take(node, other.source, own=False)

    def has_mean(self) -> bool:
        """Whether the display, or a definition that it may need, takes a mean."""
        return any(isinstance(one, tree.Mean) for one in self.reading.statement.walk()) or any(
            isinstance(part, tree.Mean) for one in self.definitions for part in one.body.walk()
        )

    def _bound(self) -> set[str]:
        return set(self.bindings).union(*(case for case in self.cases))

    def take(self, node: tree.Chain | tree.Claim, source: Source, own: bool) -> None:
        """A definition, a law, or, of the display itself, a condition."""
        if isinstance(node, tree.Chain):
            try:
                printed = law(node, source)
            except TexError:
                printed = None
            if printed is not None:
                if own or self.has_mean():
                    self.laws.setdefault(printed.key, printed)
                return
            found = definition(node, source)
            bound = found is not None and found.key in self._bound()
            if found is not None and (not bound or is_constant(found)):
                self.definitions.append(found)
                return
        if own:
            self.conditions.append((node, source))

    # --- running

    def run(self, symbolic: dict[str, Any] | None = None) -> None:
        """All cases and draws; raises EquationError at the first that fails."""
        seed = int(digest(self.label), 16) % 2**32
        wanted = {key: one for key, one in self.bindings.items() if isinstance(one, Drawn)}
        small = self.has_mean()
        for case in self.cases:
            asked = {key: one for key, one in wanted.items() if key not in case}
            for number in range((self.draws or (2 if small else 3)) if asked else 1):
                rng = np.random.default_rng([seed, number, self.tried])
                bound = {**self.bindings, **case}
                fixed = {key: one for key, one in bound.items() if not isinstance(one, Drawn)}
                try:
                    made = draw(asked, fixed, rng, small)
                except KeyError as error:
                    raise self.fail(f"the size {error} is not bound") from None
                self.once({**fixed, **made}, frozenset(made))
        self.judge()

    def scope(
        self, bound: Mapping[str, Any], names: frozenset[str], symbolic: bool = False
    ) -> Scope:
        """A scope for one case; `names` are those whose values were drawn."""
        cases = frozenset(self.cases[0])
        scope = Scope(bound, self.definitions, self.laws, names, cases, symbolic)
        scope.source = self.source
        return scope

    def once(self, bound: Mapping[str, Any], names: frozenset[str]) -> None:
        """One case: for every value of the free indices."""
        symbolic = any(values.is_symbolic(one) for one in bound.values())
        scope = self.scope(bound, names, symbolic)
        main = self.reading.statement.main
        self.settings.append(_scalars(bound))
        try:
            for node, source in self.conditions:
                try:
                    self.condition(scope, node, source)
                except (ValueProblem, LookupError, ValueError, TypeError) as error:
                    raise self.fail(str(error), node, source) from error
            for letters in self.free(scope, main):
                self.assigned += 1
                with scope.within(letters, letters=True):
                    self.sides(scope, main, {**_scalars(bound), **letters})
        except Problem as problem:
            raise self.fail(str(problem), problem.node, problem.source) from problem
        self.used |= scope.used
        self.needed |= scope.read
        self.exact |= scope.exact
        for place, filled in scope.sums.items():
            self.sums[place] = self.sums.get(place, False) or filled

    def free(self, scope: Scope, node: tree.Node) -> Iterable[dict[str, int]]:
        """All values of the letters of `node` that are indices and that nothing binds."""
        left = node.sides[0] if isinstance(node, tree.Chain) else node
        letters = [
            one for one in free_names(node) if not scope.knows(one) and one != self.head(left)
        ]
        spans = []
        for letter in letters:
            try:
                spans.append(range(1, calculus.span(scope, letter, node) + 1))
            except ValueProblem as error:
                where = next(p for p in node.walk() if p == tree.Name(letter))
                raise self.fail(str(error), where) from None
        for chosen in product(*spans):
            yield dict(zip(letters, chosen, strict=True))

    def condition(self, scope: Scope, node: tree.Chain | tree.Claim, source: Source) -> None:
        """What the display says besides must be so in this case."""
        with scope.reading(source):
            if isinstance(node, tree.Claim):
                return self.claim(scope, node)
            for letters in self.free(scope, node):
                with scope.within(letters, letters=True):
                    if "in" in node.relations:
                        continue
                    sides = [scope.value(side) for side in node.sides]
                    for relation, left, right, part in zip(
                        node.relations, sides, sides[1:], node.sides[1:], strict=False
                    ):
                        if message := difference(relation, left, right, 1e-9, None):
                            raise self.fail(f"the condition fails: {message}", part, source)
        return None

    def claim(self, scope: Scope, node: tree.Claim) -> None:
        """Words such as `while active`: the check says what they claim."""
        if node.words == "for all":
            return self.for_all(node)
        words = node.words, node.words.partition(" ")[2]
        key = next((one for one in words if one in scope.bindings), None)
        if key is None:
            raise self.fail("what these words claim is not bound", node)
        reading = scope.bindings[key]
        scope.used.add(key)
        rows = tree.Row(node.args)
        for letters in self.free(scope, rows):
            with scope.within(letters, letters=True):
                if isinstance(reading, Named) and node.args:
                    listed = [one() for one in calculus.without_dots(scope, node.args)]
                    holds = scope.invoke(key, reading, (values.stack(listed),))
                else:
                    holds = scope.computed(key, reading)
                if isinstance(holds, Named):
                    needs = ", ".join(holds.parameters)
                    raise self.fail(f"{key} needs {needs}, which nothing binds", node)
                if not np.all(holds):
                    raise self.fail("this is not so", node)
        return None

    def for_all(self, node: tree.Claim) -> None:
        """The letters of `for all j` must be those that the condition before leaves free."""
        before = [one for one, _ in self.conditions if one.start < node.start]
        letters = [one.key for one in node.args if isinstance(one, tree.Name)]
        free = free_names(before[-1]) if before else []
        if not letters or any(one not in free or one in self._bound() for one in letters):
            raise self.fail("this is about no letter of the condition", node)

    def sides(self, scope: Scope, main: tree.Chain, setting: Mapping[str, Any]) -> None:
        """Evaluate the sides of the claim and compare each with the one before."""
        found: list[Any] = []
        for number, side in enumerate(main.sides):
            if number == 0 and self.defines(scope, side):
                found.append(None)
                continue
            if isinstance(side, tree.ArgMin):
                found.append(side)
                continue
            value = scope.value(side)
            if isinstance(value, Outcomes | Named | str | values.Batch):
                raise self.fail("this has no value", side)
            if values.is_symbolic(value) is False and not np.all(np.isfinite(numbers(value))):
                raise self.fail("not finite, which shows nothing", side)
            found.append(value)
        pairs = zip(main.relations, found, found[1:], main.sides[1:], strict=False)
        for relation, left, right, second in pairs:
            self.tried += 1
            self.compare(scope, relation, left, right, second, setting)

    def head(self, side: tree.Node) -> str | None:
        """The symbol of a side that is nothing but a symbol, with its indices or arguments."""
        while isinstance(side, tree.Index | tree.Call):
            side = side.base if isinstance(side, tree.Index) else side.function
        return side.key if isinstance(side, tree.Name) else None

    def defines(self, scope: Scope, side: tree.Node) -> bool:
        """Whether the left side is a symbol that nothing but this display defines."""
        key = self.head(side)
        return key is not None and not scope.knows(key)

    def compare(
        self,
        scope: Scope,
        relation: str,
        left: Any,
        right: Any,
        second: tree.Node,
        setting: Mapping[str, Any],
    ) -> None:
        """Compare two neighbouring sides in one case; raises EquationError if they differ.

        `second` is the node of the right one; `left` is None where this display defines it.
        """
        if left is None:
            return
        if isinstance(left, tree.ArgMin) or isinstance(right, tree.ArgMin):
            node, candidate = (left, right) if isinstance(left, tree.ArgMin) else (right, left)
            self.nonzero, self.counted = True, False
            if message := calculus.not_least(scope, node, candidate):
                raise self.fail(f"not where it is least: {message}{_setting(setting)}", second)
            return
        if isinstance(left, values.Identity) or isinstance(right, values.Identity):
            raise self.fail("the identity has no size here", second)
        tolerance = 1e-6 if scope.approximate else 1e-7 if scope.exact else 1e-9
        if message := difference(relation, left, right, tolerance, self.within):
            raise self.fail(message + _setting(setting), second)
        if relation in ORDER:
            self.pairs.append((relation, left, right, second))
        if not (values.is_symbolic(left) or values.is_symbolic(right)):
            one, other = numbers(left), numbers(right)
            scale = max(np.abs(one).max(), np.abs(other).max())
            self.nonzero |= bool(scale > 0)
            if scale > 0 and relation in ("=", "approx"):
                self.residual = max(self.residual, float(np.abs(one - other).max() / scale))
            self.counted &= isinstance(left, int | Fraction) or isinstance(right, int | Fraction)
        else:
            self.nonzero, self.counted = True, False

    def judge(self) -> None:
        """What would make the check show nothing."""
        main = self.reading.statement.main
        if not self.tried:
            raise self.fail("no case was tried: an index has nothing to run over")
        if any(one == other for one, other in zip(main.sides, main.sides[1:], strict=False)):
            raise self.fail("both sides are the same", main)
        if not self.nonzero and not self.is_definition():
            raise self.fail("all sides are 0 in every case, which shows nothing", main)
        own = [one for one in self.definitions if one.source is self.source]
        for one in own if not self.is_definition() else []:
            if id(one) not in self.needed:
                raise self.fail(f"{one.key} is defined here, but nothing needs it", one.body)
        for (source, start), filled in self.sums.items():
            if not filled and source == id(self.source):
                place = tree.Node(start=start, end=min(start + 20, len(self.source.tex)))
                raise self.fail("a sum that never has a term", place)
        for relation in {one[0] for one in self.pairs}:
            for second in {id(one[3]): one[3] for one in self.pairs}.values():
                mine = [one for one in self.pairs if one[0] == relation and one[3] is second]
                if mine and tightest(mine)[0] > TIGHT:
                    message = f"no case comes near equality (tightest {tightest(mine)[1]})"
                    raise self.fail(message, second)

    def is_definition(self) -> bool:
        """Whether the display says `symbol = value` and nothing else defines the symbol."""
        main = self.reading.statement.main
        scope = self.scope({**self.bindings, **self.cases[0]}, frozenset())
        return len(main.sides) == 2 and self.defines(scope, main.sides[0])

    def unused(self) -> list[str]:
        """Bindings that nothing read."""
        shapes = {
            axis
            for one in self.bindings.values() if isinstance(one, Drawn)
            for axis in one.axes or ()
        }  # fmt: skip
        laws = set(self.laws)
        parameters = {
            key
            for one in self.bindings.values()
            if isinstance(one, Named)
            for key in one.parameters
        }
        return sorted(self._bound() - self.used - shapes - parameters - laws)

    # --- what it showed

    def record(self) -> Record:
        """The result of a check that has run."""
        name, result = self.finding()
        return Record(self.label, name, result, digest(self.source.tex))

    def finding(self) -> tuple[str, str]:
        """The kind of check that this was, and what it covered."""
        main = self.reading.statement.main
        relations = set(main.relations)
        cases = f"{self.assigned} cases" if self.assigned > 1 else "one case"
        residual = f"largest residual {self.residual:.0e}" if self.residual else "no residual"
        shown = ", ".join(filter(None, [_sizes(self.settings), cases, residual]))
        if self.within is not None or "approx" in relations:
            return MEASURED, shown
        if relations & ORDER:
            parts = {id(one[3]): one[3] for one in self.pairs}.values()
            texts = [tightest([p for p in self.pairs if p[3] is part])[1] for part in parts]
            return INEQUALITY, f"tightest case {' and '.join(texts)}; {cases}"
        if how := self.for_all_sizes():
            return PROVED, how
        if self.is_definition():
            return DEFINITION, f"{_sizes(self.settings) or cases}"
        if self.proved():
            return PROVED, "symbolic: residual 0"
        if self.exact:
            return EXACT, shown
        if any(values.is_symbolic(one) for one in self.bindings.values()):
            arrays = any(values.shape(one) for one in self.bindings.values())
            return (AT_SIZES if arrays else PROVED), "symbolic: residual 0"
        drawn_here = any(isinstance(one, Drawn) for one in self.bindings.values())
        if self.counted and self.assigned > 1 and not drawn_here:
            return COUNTED, ", ".join(filter(None, [_sizes(self.settings), cases]))
        return RANDOM, shown

    def for_all_sizes(self) -> str:
        """What a proof in index notation used; "" if there is none and none was asked for."""
        drawn = any(isinstance(one, Drawn) for one in self.bindings.values())
        if self.wanted is None and not drawn:
            return ""
        try:
            return prove(self, self.wanted)
        except Unproved as reason:
            if self.wanted is None:
                return ""
            raise self.fail(f"not proved: {reason}") from None

    def proved(self) -> bool:
        """Whether SymPy simplifies the sides to the same, with symbols for all that is drawn."""
        wanted = {key: one for key, one in self.bindings.items() if isinstance(one, Drawn)}
        if not wanted or any(one.axes is not None for one in wanted.values()):
            return False
        main = self.reading.statement.main
        bound = {**self.bindings, **{key: symbol(key, one) for key, one in wanted.items()}}
        if any(isinstance(one, Named) for one in bound.values()) or len(self.cases) > 1:
            return False
        try:
            scope = self.scope(bound, frozenset(), symbolic=True)
            if scope.exact or [one for one in free_names(main) if not scope.knows(one)]:
                return False
            sides = [scope.value(side) for side in main.sides]
            return all(sp.simplify(one - other) == 0 for one, other in pairwise(sides))
        except (Problem, ValueProblem, TypeError, AttributeError):
            return False


# --- settings


def _scalars(bound: Mapping[str, Any]) -> dict[str, Any]:
    return {key: one for key, one in bound.items() if isinstance(one, int | float)}


def _plain_key(key: str) -> str:
    return re.sub(r"[\\{}]", "", key)


def _setting(setting: Mapping[str, Any]) -> str:
    shown = [f"{_plain_key(key)}={brief(one)}" for key, one in setting.items()]
    return f" ({', '.join(shown)})" if shown else ""


def _sizes(settings: list[dict[str, Any]]) -> str:
    """The whole numbers of the cases, such as `N=2…4, D=3`."""
    found: dict[str, list[int]] = {}
    for one in settings:
        for key, number in one.items():
            if isinstance(number, int) and not isinstance(number, bool) and len(key) < 9:
                found.setdefault(key, []).append(number)
    texts = []
    for key, several in found.items():
        low, high = min(several), max(several)
        texts.append(f"{_plain_key(key)}={low}" + (f"…{high}" if high > low else ""))
    return ", ".join(texts)


def free_names(node: tree.Node, bound: frozenset[str] = frozenset()) -> list[str]:
    """The names that a part leaves free, in their order; calls' functions are left out."""
    if isinstance(node, tree.Name):
        return [] if node.key in bound else [node.key]
    inner = bound
    if isinstance(node, tree.Big) and node.index:
        inner = bound | {node.index}
    elif isinstance(node, tree.Collected):
        inner = bound | set(node.indices)
    elif isinstance(node, tree.Limit | tree.ArgMin):
        inner = bound | {node.variable}
    elif isinstance(node, tree.SetOf):
        inner = bound | {node.member}
    found: list[str] = []
    for child in node.children():
        if isinstance(node, tree.Big) and child is node.over:
            continue
        if isinstance(node, tree.At) and child is node.reading:
            continue
        found += free_names(child, inner)
    return list(dict.fromkeys(found))


# --- beginning


def task(
    label: str,
    page: Page,
    bindings: Mapping[str, Any],
    names: Mapping[str, Any],
    *,
    tex: str | None = None,
    cases: Any = None,
    draws: int | None = None,
    given: str | Sequence[str] | None = None,
    pages: Sequence[Page] = (),
    within: Any = None,
    proof: Proof | None = None,
) -> Task:
    """A check, ready to be read and run; `tex` takes the place of what is printed."""
    source = page.sources[page.position(label)]
    if tex is not None:
        source = Source(tex, source.where, source.line, label)
    bound = dict(bind(bindings))
    bound |= {identifier_key(key): binding(one) for key, one in names.items()}
    every = [dict(bind(case)) for case in case_list(cases)]
    texts = (given,) if isinstance(given, str) else tuple(given or ())
    return Task(label, page, source, bound, every, draws, texts, tuple(pages), within, proof)
