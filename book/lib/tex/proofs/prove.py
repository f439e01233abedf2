r"""Proofs of printed equations for all sizes: N, D, M stay symbols, rows stay abstract.

`prove(task)` reads the same tree as the check with numbers does, in index notation
(see `algebra`). It never says that an equation is false, only that it found a proof or not.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sympy as sp

from lib.tex import tree
from lib.tex.bindings import Named
from lib.tex.definitions import Definition, Law, Source, definition, introduced, law, read
from lib.tex.draws import Drawn
from lib.tex.keys import identifier_key, name_key
from lib.tex.proofs import means
from lib.tex.proofs.algebra import Entry, Total, Unproved
from lib.tex.proofs.declare import Declarations, plain
from lib.tex.proofs.facts import fact, orthonormal
from lib.tex.proofs.values import AnyValue, Joined, Value
from lib.tex.reader import TexError


@dataclass(frozen=True, eq=False)
class Proof:
    """What a proof needs beyond the check's bindings: see `proof`."""

    statements: tuple[str, ...]
    names: Mapping[str, Any]


def proof(*statements: str, symbols: Mapping[str, Any] | None = None, **names: Any) -> Proof:
    r"""What a proof for all sizes needs beyond a check's bindings.

    `statements` are TeX that the text says around the display: a closed form of a recurrence of the
    page (`S_i = \sum…`, which is then proved by induction), a special case (`A_i = \gamma I`), a
    fact (`an^\top = \cos\theta`). `names` and `symbols` (keys as TeX) declare symbols as in
    `holds`: shapes such as `"N×D"`, and besides

    - `"features"`, an opaque function from rows to rows; `"function"` and `"positive function"`,
      one with a number as its value;
    - `"white D"`, uncorrelated entries of mean 0 and variance 1; `"random unit D"`;
    - `"defined"`, a name that one of the statements defines;
    - `"index"`, a position; `"angle"`, between 0 and π; `"rows s C of Q"`, the C rows after row s;
      `"entries a N×N"`, the matrix of all `a_{ij}`;
    - `"mask N×N"`, 0 up to the diagonal and −∞ beyond; `"set"`, something that is counted;
    - `("beta", p, q)`, a random number with that law; `("pairs", "m×m", mean, correlation)`, random
      decisions about two of m people; mean, p, … are TeX;
    - SymPy expressions; events, as a dict from outcomes to probabilities.
    """
    keys = {identifier_key(key): one for key, one in names.items()}
    keys |= {name_key(key): one for key, one in (symbols or {}).items()}
    return Proof(statements, keys)


def prove(task: Any, wanted: Proof | None) -> str:
    """What the proof of a task's equation used; raises Unproved."""
    reasons = []
    for defined in (False, True):
        try:
            return _Prover(task, wanted or Proof((), {}), defined).run()
        except Unproved as reason:
            reasons.append(str(reason))
        except (RecursionError, NotImplementedError, ValueError, TypeError, AttributeError) as one:
            reasons.append(f"{type(one).__name__}: {one}")
    raise Unproved("; ".join(dict.fromkeys(reasons)))


class _Prover(Declarations):
    """One attempt; with `defined` a function of the page stands for its definition there."""

    def __init__(self, task: Any, wanted: Proof, defined: bool):
        super().__init__()
        self.task, self.wanted, self.defined = task, wanted, defined
        self.definitions = self.meaning.definitions
        self.recurrences: list[tuple[Definition, bool]] = []
        self.printed_laws: dict[str, Law] = {}
        self.facts: list[tree.Chain] = []
        self.added: list[Source] = []  # the statements of the proof itself
        self.said: list[str] = []

    def run(self) -> str:
        self.declare()
        self.read()
        self.draw()
        self.finish()
        self.suppose()
        count = self.compare(self.statement.main)
        if not count:
            raise Unproved("the display defines its symbol, nothing is left to prove")
        return self.text()

    def declare(self) -> None:
        bound = {**self.task.bindings, **self.wanted.names}
        known = {*bound, *(axis for one in bound.values() if isinstance(one, Drawn)
                           for axis in one.axes or ())}  # fmt: skip
        defined = {key for tex in self.wanted.statements for key, _ in introduced(tex)}
        claims = [one for one, _ in self.task.conditions if isinstance(one, tree.Claim)]
        claimed = {word for one in claims for word in (one.words, one.words.partition(" ")[2])}
        for key, one in bound.items():
            if (key in defined and key not in self.wanted.names) or key in claimed:
                continue
            if isinstance(one, str):
                self.declare_words(key, one)
            elif isinstance(one, Drawn):
                self.declare_drawn(key, one)
            elif isinstance(one, Named):
                computed = all(parameter in known for parameter in one.parameters)
                if not computed and not self.defined:
                    one_row = len(one.parameters) == 1
                    self.declared[key] = self.opaque(key, "features" if one_row else "function")
            elif isinstance(one, dict):
                self.declared[key] = one
            elif isinstance(one, tuple) and one[0] in ("beta", "pairs"):
                self.random[key] = one
            elif isinstance(one, sp.Expr):
                self.declared[key] = Value(one)

    # --- what is said

    def read(self) -> None:
        """The definitions and laws of the display, of the proof's statements and of the page."""
        task = self.task
        known = dict(task.reading.names)
        for tex in self.wanted.statements:
            known |= {key: how for key, how in introduced(tex) if key not in known}
            if re.match(r"e\s*=", tex):
                known["e"] = "value"
        for key, one in {**self.wanted.names, **self.declared}.items():
            known[key] = "function" if callable(one) else known.get(key, "value")
        self.statement = read(task.source, known).statement
        extra = [self.said_by_proof(tex, known) for tex in self.wanted.statements]
        own = [(node, task.source) for node in self.statement.rest]
        for node, source in [*own, *extra]:
            self.take(node, source, own=True)
        around = []
        places = [(task.page, number)
                  for number in task.page.around(task.page.position(task.label))]  # fmt: skip
        for page in task.pages:
            places += [(page, number) for number in range(len(page.displays))]
        for page, number in places:
            other = page.reading(number, known)
            if other is not None and not _conditional(other.statement, other.source):
                around += [(node, other.source)
                           for node in (other.statement.main, *other.statement.rest)]  # fmt: skip
        for tex in task.given:
            around.insert(0, self.said_by_proof(tex, known))
        for node, source in around:
            self.take(node, source, own=False)

    def said_by_proof(self, tex: str, known: Mapping[str, str]) -> tuple[tree.Chain, Source]:
        source = Source(tex, self.task.source.where, self.task.source.line)
        self.added.append(source)
        try:
            reading = read(source, known)
        except TexError as error:
            raise Unproved(f"{tex!r}: {error}") from None
        if reading.statement.rest:
            raise Unproved(f"{tex!r} says more than one thing")
        return reading.statement.main, source

    def take(self, node: tree.Chain | tree.Claim, source: Source, own: bool) -> None:
        if isinstance(node, tree.Claim):
            if own:
                self.claim(node)
            return
        try:
            printed = law(node, source)
        except TexError:
            printed = None
        if printed is not None:
            self.printed_laws.setdefault(printed.key, printed)
            return
        found = definition(node, source) or _at_places(node, source)
        recurrent = found is not None and _recurrent(found)
        if found is not None and found.key in self.meaning.families:
            if recurrent:
                self.meaning.steps.setdefault(found.key, found)
            return
        if found is None or found.key in self.declared:
            if own:
                self.facts.append(node)
            return
        earlier = [one for one in self.definitions if one.key == found.key]
        if earlier and (recurrent or _constant(found)):
            self.recurrences.append((found, own))
            return
        if own and _constant(found):
            self.facts.append(node)
            return
        self.definitions.append(found)

    def claim(self, node: tree.Claim) -> None:
        if node.words == "while active":
            self.meaning.active = True
        elif node.words == "for orthonormal":
            head = node.args[0]
            base = head.base if isinstance(head, tree.Index) else head
            key = base.key if isinstance(head, tree.Index) and isinstance(base, tree.Name) else ""
            array = self.declared.get(key)
            if not isinstance(array, Value) or array.rows is None:
                raise Unproved(f"what is orthonormal ({key})")
            self.algebra.rules.append(orthonormal(array.expression.name, square=False))
        elif node.words not in ("for all",):
            raise Unproved(f"the words {node.words!r}")

    def draw(self) -> None:
        for key, one in self.printed_laws.items():
            value = self.declared.get(key)
            try:
                spread = self.meaning.value(one.variance, {})
                middle = self.meaning.value(one.mean, {})
            except Unproved:
                continue
            if value is None and isinstance(spread, Value):
                value = Value(sp.Symbol(plain(key), real=True))
            if not isinstance(value, Value):
                continue
            scale = spread.expression if isinstance(spread, Value) else spread.scale
            if not isinstance(middle, Value) or middle.expression != 0:
                continue
            if value.number and isinstance(spread, Value):
                value = Value(Entry(sp.Symbol(plain(key))))
                self.declared[key] = value
            elif value.number or isinstance(spread, Value):
                raise Unproved(f"the law of {key} does not fit its shape")
            self.laws[value.expression.name] = means.Law("gaussian", variance=scale)
            self.said.append(f"{plain(key)} Gaussian")

    def suppose(self) -> None:
        """Facts beside the equation: to be assumed if they are about what is declared."""
        for node in self.facts:
            if node.relations != ("=",):
                raise Unproved("a condition that is no equation")
            left = self.meaning.value(node.sides[0], {})
            right = self.meaning.value(node.sides[1], {})
            if isinstance(node.sides[0], tree.Norm):
                left, right = (Value(one.expression**2) for one in (left, right))
            if self.same(left, right):
                continue
            self.assume(left, right)
        self.algebra.changed()

    def assume(self, left: AnyValue, right: AnyValue) -> None:
        if not isinstance(left, Value) or not isinstance(right, Value):
            raise Unproved("a condition on rows")
        if not left.number or not right.number:
            raise Unproved("a condition on rows")
        expression = self.algebra.normal(left.expression)
        value = right.expression
        if isinstance(expression, sp.Symbol):
            for key, one in self.declared.items():
                if isinstance(one, Value) and one.expression == expression:
                    self.declared[key] = Value(value)
            return
        if isinstance(expression, Total) and len(expression.ranges) == 1:
            pattern, ((dummy, _),) = expression.args[0], expression.ranges
            self.algebra.rules.append(fact(pattern, dummy, value))
            self.algebra.changed()
            return
        raise Unproved("a condition that no rule takes up")

    # --- what is proved

    def compare(self, main: tree.Chain) -> int:
        if set(main.relations) - {"="}:
            raise Unproved("only equalities are proved")
        sides, count = list(main.sides), 0
        head = sides[0]
        while isinstance(head, tree.Index | tree.Call):
            head = head.base if isinstance(head, tree.Index) else head.function
        known = {d.key for d in self.definitions} | set(self.declared)
        if isinstance(head, tree.Name) and len(sides) > 2 and head.key not in known:
            self.said.append(f"{plain(head.key)} is the second side")
            sides = sides[1:]
        found = [self.meaning.value(side, {}) for side in sides]
        for left, right in pairwise(found):
            if not self.same(left, right):
                raise Unproved("the difference of the sides does not come out as 0")
            count += 1
        self.induction()
        return count

    def induction(self) -> None:
        """A closed form that the proof adds to a recurrence, its own or the page's, must fit it."""
        for closed in self.definitions:
            if closed.source not in self.added or closed.key not in self.meaning.used:
                continue
            found = [one for one in self.recurrences if one[0].key == closed.key]
            for chosen in (
                [one for one, own in found if own],
                [one for one, own in found if not one.source.label],
                [one for one, own in found],
            ):
                if any(_recurrent(one) for one in chosen):
                    break
            else:
                continue
            for one in chosen:
                self.follows(one)
            self.said.append(f"{plain(closed.key)} by induction")

    def follows(self, one: Definition) -> None:
        places = tuple(self.meaning.number(part, {}) for part in one.indices)
        left = self.meaning.named(one.key, places, {})
        if not self.same(left, self.meaning.value(one.body, {})):
            raise Unproved(f"the closed form of {plain(one.key)} does not follow its recurrence")

    def same(self, left: AnyValue, right: AnyValue) -> bool:
        arithmetic = self.meaning.arithmetic
        if isinstance(left, Joined) and isinstance(right, Joined):
            return left.column == right.column and all(
                self.same(a, b) for a, b in arithmetic.paired(left, right)
            )
        if isinstance(left, Value) and isinstance(right, Value):
            if right.number and right.expression == 0:
                return self.algebra.is_zero(left.expression)
            if left.number != right.number:
                return False
            other = arithmetic.aligned(right, left)
            if self.algebra.is_zero(left.expression - other.expression):
                return True
            roots = [one.expression for one in (left, other)]
            if all(map(self.not_negative, roots)):
                return self.algebra.is_zero(roots[0] ** 2 - roots[1] ** 2)
        return False

    def not_negative(self, one: sp.Expr) -> bool:
        known = {sp.sin(angle): sp.Symbol("sine", nonnegative=True) for angle in self.angles}
        root = one.is_Pow and one.exp == sp.Rational(
            1, 2
        )  # with the square: ±, so no minus is left
        return root or bool(one.xreplace(known).is_nonnegative)

    def text(self) -> str:
        symbols = sorted(
            {plain(key) for key, one in self.declared.items()
             if isinstance(one, Value) and one.number and one.expression.is_integer
             and one.expression.is_Symbol and not key.startswith("|")}
        )  # fmt: skip
        opaque = sorted(plain(key) for key, one in self.declared.items() if callable(one))
        parts = [f"residual 0 for symbolic {', '.join(symbols)}" if symbols else "residual 0"]
        if opaque:
            parts.append(f"any function {', '.join(opaque)}")
        return "; ".join([*parts, *dict.fromkeys(self.said)])


def _at_places(chain: tree.Chain, source: Source) -> Definition | None:
    """A statement such as `S_{a:b} = …` or `V'_{-i} = …` as a definition."""
    left = chain.sides[0]
    if chain.relations[:1] != ("=",) or not isinstance(left, tree.Index):
        return None
    places = tree.Range | tree.Negative
    if not isinstance(left.base, tree.Name) or not isinstance(left.indices[0], places):
        return None
    return Definition(left.base.key, left.indices, None, (), None, chain.sides[1], source)


def _recurrent(one: Definition) -> bool:
    """Whether a definition leads to itself at another index, as in `S_i = S_{i-1} + …`."""
    simple = all(isinstance(part, tree.Name) for part in one.indices)
    return simple and bool(one.indices) and tree.Name(one.key) in one.body.walk()


def _conditional(statement: tree.Statement, source: Source) -> bool:
    """Whether a display holds under conditions only, so that it defines nothing elsewhere."""
    for node in statement.rest:
        if isinstance(node, tree.Claim):
            return True
        try:
            if law(node, source) is None and definition(node, source) is None:
                return True
        except TexError:
            return True
    return False


def _constant(one: Definition) -> bool:
    """Whether a definition is about certain indices only, such as `S_0 = 0`."""
    general = tree.Name | tree.Range | tree.Negative
    return bool(one.indices) and not any(isinstance(i, general) for i in one.indices)
