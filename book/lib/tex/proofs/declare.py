"""The symbols of a proof, from the words that declare them."""

import re
from collections.abc import Callable
from typing import Any

import sympy as sp

from lib.tex.draws import SCALARS, Drawn, drawn
from lib.tex.grammar import parse_expression
from lib.tex.keys import identifier_key, name_key
from lib.tex.proofs.algebra import Algebra, Entry, Unproved, index
from lib.tex.proofs.facts import orthonormal, unit
from lib.tex.proofs.meaning import Meaning, row_argument
from lib.tex.proofs.means import Chance, Law
from lib.tex.proofs.values import Value

FUNCTIONS = {"features", "function", "positive function"}


def plain(key: str) -> str:
    """A key as a result shows it."""
    return re.sub(r"[\\{}]", "", key)


def axes_of(shape: str) -> tuple[str, ...]:
    """The keys of a shape's sizes; raises Unproved for what is no shape."""
    axes = drawn(shape).axes
    if axes is None:
        raise Unproved(f"{shape!r} is no shape")
    return axes


class Declarations:
    """What is declared, in an algebra of its own; `meaning` evaluates formulas with it."""

    def __init__(self) -> None:
        self.algebra = Algebra()
        self.laws: dict[sp.Symbol, Law] = {}
        self.declared: dict[str, Any] = {}
        self.meaning = Meaning(self.algebra, Chance(self.algebra, self.laws), self.declared)
        self.angles: list[sp.Symbol] = []
        self.later: dict[str, tuple] = {}  # matrices of what a definition gives entry by entry
        self.random: dict[str, tuple[str, ...]] = {}  # laws with parameters in TeX
        self.pieces: dict[str, tuple[str, str, str]] = {}  # rows of other matrices

    def finish(self) -> None:
        """Declare what needs the definitions to be known, or other symbols."""
        for key, (kind, *parts) in self.random.items():
            name = sp.Symbol(plain(key))
            if kind == "pairs":
                name = self.array(key, plain(key), axes_of(parts.pop(0)), frozenset())
            else:
                self.declared[key] = Value(Entry(name))
            known = dict.fromkeys(self.declared, "value")
            shape = [self.meaning.number(parse_expression(tex, known), {}) for tex in parts]
            self.laws[name] = Law(kind, shape=tuple(shape))
        for key, (entry, letters, sizes) in self.later.items():
            found = self.meaning.named(entry, tuple(letters), {})
            self.declared[key] = self.shaped(found.expression, letters, sizes)
        for key, (start, count, whole) in self.pieces.items():
            self.declared[key] = self.piece(*map(identifier_key, (start, count, whole)))

    def declare_words(self, key: str, words: str) -> None:
        """Declare a symbol by the words that `prove.proof` lists."""
        if words in FUNCTIONS or words.startswith("features "):
            self.declared[key] = self.opaque(key, words)
        elif words == "index":
            self.declared[key] = Value(index(plain(key)))
        elif words == "defined":
            pass
        elif words == "angle":
            self.angles.append(sp.Symbol(plain(key), real=True))
            self.declared[key] = Value(self.angles[-1])
        elif words == "set":
            size = sp.Symbol(f"|{plain(key)}|", integer=True, positive=True)
            self.declared[f"|{key}|"] = Value(size)
        elif words.startswith("mask "):
            self.array(key, f"mask {plain(key)}", axes_of(words[5:]), frozenset())
        elif words.startswith("entries "):
            _, entry, shape = words.split()
            sizes = [self.size(axis) for axis in axes_of(shape)]
            letters = [self.algebra.fresh(size) for size in sizes]
            self.later[key] = (name_key(entry), letters, sizes)
        elif words.startswith("rows "):
            _, start, count, _, whole = words.split()
            self.pieces[key] = start, count, whole
        elif words.startswith("white "):
            axes = axes_of(words[6:])
            self.laws[self.array(key, plain(key), axes, frozenset())] = Law("white")
        else:
            self.declare_drawn(key, drawn(words))

    def declare_drawn(self, key: str, one: Drawn) -> None:
        """Declare what a check draws: a number or an array."""
        if one.axes is None:
            (word,) = one.words & SCALARS
            self.declared[key] = Value(self.scalar(key, word))
            return
        if "share" in one.words:
            raise Unproved("shares are not read in a proof")
        if "ones" in one.words:
            sizes = [self.size(axis) for axis in one.axes]
            letters = [self.algebra.fresh(size) for size in sizes]
            self.declared[key] = self.shaped(sp.Integer(1), letters, sizes)
            return
        self.array(key, plain(key), one.axes, one.words)

    def scalar(self, key: str, word: str) -> sp.Symbol:
        """A symbol for a number, with what the word says of it."""
        if word == "size":
            return self.size(key)
        if word in ("positive", "share"):
            return sp.Symbol(plain(key), positive=True)
        return sp.Symbol(plain(key), real=True)

    def size(self, key: str) -> sp.Expr:
        """A size by its key; it is declared as a number too."""
        if key.isdigit():
            return sp.Integer(key)
        found = self.declared.get(key)
        if isinstance(found, Value) and found.number:
            return found.expression
        symbol = sp.Symbol(plain(key), integer=True, positive=True)
        self.declared[key] = Value(symbol)
        return symbol

    def array(self, key: str, text: str, axes: tuple[str, ...], words: frozenset) -> sp.Symbol:
        """Declare an array by its sizes and words; returns the name that its entries bear."""
        name = sp.Symbol(text, positive=True if "positive" in words else None)
        kept = [axis for axis in axes if axis != "1"]
        sizes = [self.size(axis) for axis in kept]
        letters = [self.algebra.fresh(size) for size in sizes]
        self.meaning.shapes[name] = tuple(sizes)
        if len(sizes) > 2:
            self.meaning.families[key] = name, sizes
        else:
            column = len(axes) == 2 and axes[1] == "1"
            self.declared[key] = self.shaped(Entry(name, *letters), letters, sizes, column)
        if "random" in words:
            if "unit" in words and len(sizes) != 1:
                raise Unproved("a random unit row is one by itself")
            kind = "sphere" if "unit" in words else "gaussian"
            self.laws[name] = Law(kind, size=sizes[-1])
        if "unit" in words:
            self.algebra.rules.append(unit(name))
        if "orthogonal" in words:
            self.algebra.rules.append(orthonormal(name, square=sizes[0] == sizes[-1]))
        return name

    def shaped(
        self, expression: sp.Expr, letters: list, sizes: list, column: bool = False
    ) -> Value:
        """A value with these index letters: a number, a row (or column) or a matrix."""
        axes = [((letter, size),) for letter, size in zip(letters, sizes, strict=True)]
        if len(axes) == 2:
            return Value(expression, *axes)
        if not axes:
            return Value(expression)
        return Value(expression, axes[0], None) if column else Value(expression, None, axes[0])

    def piece(self, start: str, count: str, whole: str) -> Value:
        """The rows after number `start`, as many as `count`, of a matrix."""
        first, size = (self.declared[key].expression for key in (start, count))
        matrix = self.meaning.arithmetic.fresh(self.declared[whole])
        if matrix.rows is None:
            raise Unproved(f"rows of {whole}, which has none")
        letter = self.algebra.fresh(size)
        row = matrix.expression.xreplace({matrix.rows[0][0]: first + letter})
        return Value(row, ((letter, size),), matrix.columns)

    def opaque(self, key: str, words: str) -> Callable:
        """A function of which nothing is known but its kind."""
        positive = True if words == "positive function" else None
        name = sp.Symbol(plain(key), positive=positive)
        if words.startswith("features"):
            size = self.size(identifier_key(words.partition(" ")[2] or f"size of {plain(key)}"))

            def features(one: Value) -> Value:
                if one.columns is None:
                    raise Unproved(f"{key} of what is no row")
                letter = self.algebra.fresh(size)
                inside = row_argument(Value(self.algebra.normal(one.expression), None, one.columns))
                entry = Entry(name, inside, letter)
                return Value(entry, one.rows, ((letter, size),))

            return features

        def number(*args: Value) -> Value:
            if any(one.rows is not None for one in args):
                raise Unproved(f"{key} of a matrix")
            inside = [row_argument(Value(self.algebra.normal(one.expression), None, one.columns))
                      for one in args]  # fmt: skip
            return Value(Entry(name, *inside))

        return number
