r"""From the layout of a formula to its meaning; the reading depends on what is bound.

`names` maps keys of bound or defined symbols to "function" or "value". A bound name wins over index
and power (`d^2_{ap}`, `\psi^+`), a function's name before brackets is called, any other multiplied.
A slash divides everything to its right in the product; sums, products, limits, arg min and d/ds
reach to the next plus or minus. NOTATION.md says the rest.
"""

import re
from collections.abc import Container, Mapping
from typing import TypeGuard

from lib.tex import tree
from lib.tex.keys import (
    BIG,
    CLAIMS,
    CLOSING,
    CONNECTIVES,
    DOTS,
    FUNCTIONS,
    MEANS,
    RELATIONS,
    bare,
    flatten,
    key,
    marks,
    scripted_key,
    text_of,
    words_of,
)  # fmt: skip
from lib.tex.reader import Atom, Command, Group, Piece, Scripted, Table, TexError, layout

Names = Mapping[str, str]
FRACTIONS = (r"\frac", r"\tfrac", r"\dfrac")


def parse(tex: str, names: Names) -> tree.Statement:
    """Read a whole display; raises TexError where it can't."""
    return _Parser(layout(tex), names, len(tex)).statement()


def parse_expression(tex: str, names: Names) -> tree.Node:
    """Read one expression or chain of relations."""
    parser = _Parser(layout(tex), names, len(tex))
    chain = parser.chain()
    parser.finish()
    return chain if chain.relations else chain.sides[0]


class _Parser:
    def __init__(self, pieces: tuple[Piece, ...], names: Names, end: int):
        self.pieces = flatten(pieces)
        self.names = names
        self.at = 0
        self.stop = end
        self.closers: list[str] = []

    # --- moving

    def peek(self, ahead: int = 0) -> Piece | None:
        index = self.at + ahead
        return self.pieces[index] if index < len(self.pieces) else None

    def next(self) -> Piece:
        if self.at == len(self.pieces):
            raise TexError("something is missing here", max(self.stop - 1, 0), self.stop)
        self.at += 1
        return self.pieces[self.at - 1]

    def place(self, first: int) -> dict[str, int]:
        """Where what was read since piece number `first` stands."""
        last = max(self.at - 1, first)
        if first >= len(self.pieces):
            return {"start": self.stop, "end": self.stop}
        return {"start": self.pieces[first].start, "end": self.pieces[last].end}

    def error(self, message: str, piece: Piece | None = None) -> TexError:
        piece = piece or self.peek()
        if piece is None:
            return TexError(message, max(self.stop - 1, 0), self.stop)
        return TexError(message, piece.start, piece.end)

    def finish(self) -> None:
        if self.peek() is not None:
            raise self.error("this part is not read")

    def inside(self, piece: Piece | tuple[Piece, ...], end: int | None = None) -> "_Parser":
        """A parser of what a group holds."""
        if isinstance(piece, tuple):
            items = piece
        else:
            items = piece.items if isinstance(piece, Group) and piece.left == "{" else (piece,)
            end = piece.end
        return _Parser(items, self.names, end or self.stop)

    def whole(self, piece: Piece) -> tree.Node:
        """The one expression that an argument holds."""
        parser = self.inside(piece)
        found = parser.expression()
        parser.finish()
        return found

    # --- statements

    def statement(self) -> tree.Statement:
        main, leading = None, False
        rest: list[tree.Chain | tree.Claim] = []
        while (piece := self.peek()) is not None:
            words = words_of(piece)
            if text_of(piece) in (",", ";", ".", ":"):
                leading = leading and text_of(piece) != ":"
                self.next()
            elif words in CONNECTIVES and words not in self.names:
                leading = leading or (words == "if" and main is None)
                self.next()
            elif words is not None and CLAIMS.match(words) and words not in self.names:
                rest.append(self.claim(words))
            else:
                chain = self.chain()
                if main is None and not leading:
                    main = chain
                else:
                    rest.append(chain)
        if main is None:
            raise self.error("nothing is said here")
        return tree.Statement(main, tuple(rest), start=main.start, end=self.stop)

    def claim(self, words: str) -> tree.Claim:
        first, args = self.at, []
        self.next()
        while self.peek() is not None and text_of(self.peek()) != ":":
            if text_of(self.peek()) == ",":
                self.next()
            elif words_of(self.peek()) is not None or text_of(self.peek()) == ".":
                break
            else:
                args.append(self.expression())
        return tree.Claim(words, tuple(args), **self.place(first))

    def chain(self) -> tree.Chain:
        first = self.at
        sides, relations = [self.expression()], []
        while text_of(self.peek()) in RELATIONS:
            relations.append(RELATIONS[text_of(self.next())])
            sides.append(self.expression())
        return tree.Chain(tuple(sides), tuple(relations), **self.place(first))

    # --- sums and products

    def expression(self) -> tree.Node:
        first = self.at
        terms: list[tree.Node] = []
        while not terms or text_of(self.peek()) in ("+", "-"):
            sign = ""
            begin = self.at
            if text_of(self.peek()) in ("+", "-"):
                sign = text_of(self.next())
            term = self.term()
            if sign == "-":
                term = tree.Negative(term, **self.place(begin))
            terms.append(term)
        return terms[0] if len(terms) == 1 else tree.Add(tuple(terms), **self.place(first))

    def term(self) -> tree.Node:
        """A product, with all that a slash divides."""
        first = self.at
        factors: list[tree.Node] = []
        while True:
            mark = text_of(self.peek())
            if mark in (r"\cdot", r"\times"):
                if not factors:
                    raise self.error("nothing stands before this sign")
                self.next()
                factors.append(self.factor())
            elif mark == "/":
                above = self.product(factors, first)
                self.next()
                below = self.term()
                return tree.Quotient(above, below, True, **self.place(first))
            elif mark == r"\odot":
                left = self.product(factors, first)
                self.next()
                factors = [tree.Entrywise(left, self.factor(), **self.place(first))]
            elif self.starts_factor():
                factors.append(self.factor())
            else:
                return self.product(factors, first)

    def product(self, factors: list[tree.Node], first: int) -> tree.Node:
        if not factors:
            raise self.error("a term is missing here")
        if len(factors) == 1:
            return factors[0]
        return tree.Product(tuple(factors), start=factors[0].start, end=factors[-1].end)

    def starts_factor(self) -> bool:
        piece = self.peek()
        if piece is None:
            return False
        mark = text_of(piece)
        if self.closers and mark == self.closers[-1] and getattr(bare(piece), "kind", "") != "open":
            return False
        words = words_of(piece)
        if words is not None and words not in self.names:
            return not (words in CONNECTIVES or CLAIMS.match(words))
        ends = {",", ";", ".", ":", "+", "-", "&", r"\mid", r"\odot", *RELATIONS}
        return mark not in ends and mark not in (")", "]", r"\}", r"\rangle", r"\rfloor", r"\rceil")

    # --- factors

    def factor(self) -> tree.Node:
        first, piece = self.at, self.peek()
        if piece is None:
            raise self.error("something is missing here")
        mark = text_of(piece)
        base = bare(piece)
        if (whole := self.compound()) is not None:
            return whole
        if mark in BIG:
            return self.big()
        if mark == r"\lim" or (isinstance(base, Command) and base.words.startswith("arg")):
            return self.limit()
        if isinstance(base, Command) and base.name in FRACTIONS and self.is_derivative(base):
            return self.derivative()
        if mark == r"\nabla":
            self.next()
            function = self.named(self.next())
            return self.called(tree.Gradient(function, **self.place(first)), first)
        if key(base) in MEANS and key(base) not in self.names:
            return self.mean()
        if key(base) == "P" and "P" not in self.names and r"\mid" in map(text_of, self.pieces):
            return self.mean()
        builtin = FUNCTIONS.get(key(base))
        if builtin and key(piece) not in self.names and key(base) not in self.names:
            return self.builtin(builtin)
        return self.factorial(self.primary(), first)

    def compound(self) -> tree.Node | None:
        r"""A bound name of several pieces, such as `|P_\text{same}|`, if it stands here."""
        for name in self.names:
            if name[-1:] in (")", "|", "]") and len(name) > 1:
                for ahead in range(2, 8):
                    pieces = self.pieces[self.at : self.at + ahead]
                    if len(pieces) == ahead and key(pieces) == name:
                        first, self.at = self.at, self.at + ahead
                        return tree.Name(name, **self.place(first))
        return None

    def factorial(self, node: tree.Node, first: int) -> tree.Node:
        while text_of(self.peek()) == "!":
            self.next()
            node = tree.Call(tree.Builtin("factorial"), (node,), **self.place(first))
        return node

    def big(self) -> tree.Node:
        first, piece = self.at, self.next()
        which = BIG[text_of(piece)]
        sub, sup = (piece.sub, piece.sup) if isinstance(piece, Scripted) else (None, None)
        index = low = condition = over = None
        if sub is not None:
            only = sub.items[0] if isinstance(sub, Group) and len(sub.items) == 1 else sub
            words = words_of(only)
            if words is not None:
                over = tree.Name(words, start=only.start, end=only.end)
            else:
                chain = self.inside(sub).chain()
                if not isinstance(chain.sides[0], tree.Name):
                    raise self.error("a sum runs over a letter", sub)
                index = chain.sides[0].key
                if chain.relations == ("=",):
                    low = chain.sides[1]
                elif chain.relations:
                    condition = chain
        high = self.whole(sup) if sup is not None else None
        if low is not None and high is None:
            raise self.error("this has a beginning and no end", sub)
        body = self.term()
        return tree.Big(which, index, low, high, condition, over, body, **self.place(first))

    def limit(self) -> tree.Node:
        first, piece = self.at, self.next()
        if not isinstance(piece, Scripted) or piece.sub is None:
            raise self.error("a limit needs its letter below", piece)
        chain = self.inside(piece.sub).chain()
        variable = chain.sides[0]
        if not isinstance(variable, tree.Name):
            raise self.error("a limit runs over a letter", piece.sub)
        body = self.term()
        if text_of(piece) == r"\lim":
            if chain.relations != ("to",):
                raise self.error("a limit needs an arrow below", piece.sub)
            return tree.Limit(variable.key, chain.sides[1], body, **self.place(first))
        condition = chain if chain.relations else None
        return tree.ArgMin(variable.key, condition, body, **self.place(first))

    def is_derivative(self, fraction: Command) -> bool:
        heads = [argument.items[:1] if isinstance(argument, Group) else (argument,)
                 for argument in fraction.args]  # fmt: skip
        return heads[0] == heads[1] and key(heads[0]) in (r"\partial", r"\mathrm{d}")

    def derivative(self) -> tree.Node:
        first, fraction = self.at, bare(self.next())
        assert isinstance(fraction, Command)
        above, below = fraction.args
        if not isinstance(below, Group):
            raise self.error("a derivative is by a symbol", fraction)
        by = self.inside(below.items[1:], below.end)
        variable = by.expression()
        by.finish()
        rest = above.items[1:] if isinstance(above, Group) else ()
        if rest:
            numerator = self.inside(rest, above.end)
            body = numerator.expression()
            numerator.finish()
        else:
            body = self.term()
        return tree.Derivative(body, variable, **self.place(first))

    def mean(self) -> tree.Node:
        first, piece = self.at, self.next()
        which = MEANS.get(key(bare(piece)), "Pr")
        opening = text_of(self.peek())
        given = None
        if self.opens(self.peek(), ("(", "[", r"\{")):
            closing = self.next()
            group = bare(closing)
            if isinstance(group, Group):
                parser = self.inside(group.items, closing.end)
                body, given = parser.event(which)
                parser.finish()
            else:
                self.closers.append(CLOSING[opening])
                body, given = self.event(which)
                closing = self.closing()
            node: tree.Node = tree.Mean(which, body, given, **self.place(first))
            if isinstance(closing, Scripted):
                node = self.with_scripts(node, closing.sub, closing.sup, first)
            return node
        return tree.Mean(which, self.term(), None, **self.place(first))

    def event(self, which: str) -> tuple[tree.Node, tree.Node | None]:
        chain = self.chain()
        body = chain if chain.relations or which == "Pr" else chain.sides[0]
        given = None
        if text_of(self.peek()) == r"\mid":
            self.next()
            given = self.chain()
        return body, given

    def builtin(self, function: str) -> tree.Node:
        first, piece = self.at, self.next()
        node = tree.Builtin(function, start=piece.start, end=piece.end)
        sup = piece.sup if isinstance(piece, Scripted) else None
        if isinstance(piece, Scripted) and piece.sub is not None:
            raise self.error("a function with a subscript", piece)
        if sup is None and text_of(self.peek()) != "{" and self.opens(self.peek(), "(["):
            return self.called(node, first)
        begin = self.at
        factors: list[tree.Node] = []
        if self.opens(self.peek(), "(["):
            call = self.called(node, first)
        else:
            while self.starts_factor() and not self.is_operator() and (
                not factors or not self.opens(self.peek(), "([")
            ):  # fmt: skip
                factors.append(self.factor())
            argument = self.product(factors, begin)
            call = tree.Call(node, (argument,), **self.place(first))
        return call if sup is None else tree.Power(call, self.whole(sup), **self.place(first))

    def is_operator(self) -> bool:
        piece = self.peek()
        return text_of(piece) in (*BIG, "/", r"\cdot", r"\times", r"\lim") or (
            key(bare(piece)) in FUNCTIONS and key(bare(piece)) not in self.names
        )

    # --- brackets

    def opens(self, piece: Piece | None, which: Container[str] | None = None) -> bool:
        piece = bare(piece)
        if isinstance(piece, Group):
            left = piece.left
            return left != "{" and (which is None or left in which)
        if not isinstance(piece, Atom) or piece.text not in CLOSING:
            return False
        return which is None or piece.text in which

    def closing(self) -> Piece:
        wanted = self.closers.pop()
        if text_of(self.peek()) != wanted:
            raise self.error(f"{wanted} is missing here")
        return self.next()

    def contents(self) -> tuple[list[tree.Node], Piece, str]:
        """What a pair of brackets holds, the piece that bears its scripts, the left bracket."""
        piece = self.next()
        group = bare(piece)
        if isinstance(group, Group):
            parser = self.inside(group.items, group.end)
            items = parser.listed()
            parser.finish()
            return items, piece, group.left
        assert isinstance(group, Atom)
        self.closers.append(CLOSING[group.text])
        items = self.listed()
        return items, self.closing(), group.text

    def listed(self) -> list[tree.Node]:
        """Expressions with commas between them."""
        items = []
        while True:
            chain = self.chain()
            items.append(chain if chain.relations else chain.sides[0])
            if text_of(self.peek()) == ":" and chain.relations == ("in",):
                self.next()
                items.append(self.chain())
                return items
            if text_of(self.peek()) not in (",", ";"):
                return items
            self.next()

    def bracketed(self) -> tree.Node:
        first = self.at
        items, closing, left = self.contents()
        place = self.place(first)
        sub, sup = (closing.sub, closing.sup) if isinstance(closing, Scripted) else (None, None)
        if left == ".":
            words = words_of(sub.items[0] if isinstance(sub, Group) else sub) if sub else None
            if sub is None or words is None:
                raise self.error("what a bar restricts must be said in words", closing)
            return tree.At(items[0], tree.Name(words, start=sub.start, end=sub.end), **place)
        if left == r"\{":
            return self.set_of(items, place)
        if left in ("[", "(") and self.is_range(sub):
            return self.collected(items, sub, sup, place)
        node: tree.Node
        if left == "[" and sub is not None and key(sub) == "+":
            node, sub = tree.Hinge(self.single(items), **place), None
        elif left in (r"\|", "|"):
            kind = tree.Norm if left == r"\|" else tree.Absolute
            node = kind(self.single(items), **place)
        elif left in (r"\lfloor", r"\lceil"):
            node = tree.Rounded({"f": "floor", "c": "ceil"}[left[2]], self.single(items), **place)
        elif left == r"\langle":
            if len(items) != 2:
                raise self.error("an inner product has two sides", closing)
            node = tree.Inner(items[0], items[1], **place)
        elif len(items) > 1:
            node = tree.Row(tuple(items), **place)
        else:
            node = tree.Braced(items[0], left, **place)
        return self.with_scripts(node, sub, sup, first)

    def single(self, items: list[tree.Node]) -> tree.Node:
        if len(items) != 1:
            raise self.error("one expression belongs between these brackets")
        return items[0]

    def set_of(self, items: list[tree.Node], place: dict[str, int]) -> tree.Node:
        match items:
            case [tree.Chain(sides=(tree.Name(key=member), of)), tree.Chain() as condition]:
                return tree.SetOf(member, of, condition, **place)
        message = r"a set is read as \{member \in another: condition\}"
        raise TexError(message, place["start"], place["end"])

    def is_range(self, sub: Piece | None) -> TypeGuard[Group]:
        return isinstance(sub, Group) and "=" in map(text_of, sub.items)

    def collected(
        self, items: list[tree.Node], sub: Group, sup: Piece | None, place: dict[str, int]
    ) -> tree.Node:
        parser = self.inside(sub)
        indices = []
        while text_of(parser.peek()) != "=":
            piece = parser.next()
            if text_of(piece) != ",":
                indices.append(key(piece))
        parser.next()
        bounds = [one for one in parser.listed() if not isinstance(one, tree.Dots)]
        if sup is not None:
            bounds.append(self.whole(sup))
        if len(bounds) != 2:
            raise self.error("a range needs its two ends", sub)
        low, high = bounds
        return tree.Collected(self.single(items), tuple(indices), low, high, **place)

    # --- names, numbers, scripts

    def primary(self) -> tree.Node:
        first, piece = self.at, self.peek()
        if piece is None:
            raise self.error("something is missing here")
        base = bare(piece)
        if isinstance(base, Group) and base.left != "{":
            return self.bracketed()
        if isinstance(base, Atom) and base.text in CLOSING:
            return self.bracketed()
        self.next()
        node: tree.Node
        if base is None:
            raise self.error("this sign is not known here", piece)
        if isinstance(base, Atom) and base.kind == "number":
            node = tree.Number(base.text.replace("{,}", ""), start=base.start, end=base.end)
        elif isinstance(base, Group):
            node = self.whole(base)
        elif isinstance(base, Command) and base.name in FRACTIONS:
            above, below = map(self.whole, base.args)
            node = tree.Quotient(above, below, start=base.start, end=base.end)
        elif isinstance(base, Command) and base.name in (r"\binom", r"\tbinom"):
            node = tree.Binomial(*map(self.whole, base.args), start=base.start, end=base.end)
        elif isinstance(base, Command) and base.name == r"\sqrt":
            node = tree.Root(self.whole(base.args[0]), start=base.start, end=base.end)
        elif isinstance(base, Command) and base.name in (r"\underbrace", r"\overbrace"):
            return self.whole(base.args[0])  # its script is a remark
        elif isinstance(base, Table):
            node = self.cases(base)
        elif text_of(base) in DOTS:
            node = tree.Dots(start=base.start, end=base.end)
        elif text_of(base) == r"\infty":
            node = tree.Infinity(start=base.start, end=base.end)
        elif isinstance(base, Command | Atom) and self.may_name(base):
            return self.called(self.named(piece), first)
        else:
            raise self.error("this sign is not known here", piece)
        if isinstance(piece, Scripted):
            if piece.primes:
                raise self.error("primes belong to names", piece)
            node = self.with_scripts(node, piece.sub, piece.sup, first)
        return node

    def may_name(self, base: Command | Atom) -> bool:
        if isinstance(base, Command):
            return True
        return base.kind == "letter" or bool(re.match(r"\\[a-zA-Z]+$", base.text))

    def cases(self, table: Table) -> tree.Node:
        if table.name != "cases":
            raise self.error(f"{table.name} is not read here", table)
        values, conditions = [], []
        for row in table.rows:
            value = self.inside(row[0], table.end)
            values.append(value.expression())
            value.finish()
            pieces = row[1]
            if words_of(pieces[0]) == "if":
                pieces = pieces[1:]
            condition = self.inside(pieces, table.end)
            conditions.append(condition.chain())
            condition.finish()
        place = {"start": table.start, "end": table.end}
        return tree.Cases(tuple(values), tuple(conditions), **place)

    def named(self, piece: Piece) -> tree.Node:
        """A symbol with its scripts: which of them belong to its name, the bindings say."""
        first = self.at - 1
        if isinstance(piece, Atom) and piece.kind == "letter":
            longer = key(piece)
            for ahead in range(4):
                following = self.peek(ahead)
                base = bare(following)
                if not isinstance(base, Atom) or base.kind != "letter":
                    break
                longer += key(following)
                if longer in self.names:
                    self.at += ahead + 1
                    return tree.Name(longer, **self.place(first))
        if not isinstance(piece, Scripted):
            return tree.Name(key(piece), start=piece.start, end=piece.end)
        sub, sup = piece.sub, piece.sup
        options = [(sub, sup), (sub, None), (None, sup), (None, None)]
        kept = next((o for o in options if scripted_key(piece, *o) in self.names), None)
        if kept is None:
            kept = (sub if marks(sub, below=True) else None, sup if marks(sup) else None)
        name = scripted_key(piece, *kept)
        place = {"start": piece.start, "end": piece.end}
        if name == "e" and "e" not in self.names and sup is not None and sub is None:
            return tree.Call(tree.Builtin("exp"), (self.whole(sup),), **place)
        node = tree.Name(name, **place)
        return self.with_scripts(node, None if kept[0] else sub, None if kept[1] else sup, first)

    def called(self, node: tree.Node, first: int) -> tree.Node:
        """`node`, or its call if it is a function and brackets follow."""
        head = node.base if isinstance(node, tree.Index) else node
        function = isinstance(head, tree.Builtin | tree.Gradient) or (
            isinstance(head, tree.Name)
            and (self.names.get(head.key) == "function" or head.key == r"\mathcal{N}")
        )
        if not function or not self.opens(self.peek(), "(["):
            return node
        items, closing, _ = self.contents()
        node = tree.Call(node, tuple(items), **self.place(first))
        if isinstance(closing, Scripted):
            node = self.with_scripts(node, closing.sub, closing.sup, first)
        return node

    def with_scripts(
        self, node: tree.Node, sub: Piece | None, sup: Piece | None, first: int
    ) -> tree.Node:
        place = self.place(first) if first >= 0 else {"start": node.start, "end": node.end}
        indices = list(self.indices(sub)) if sub is not None else []
        if sup is not None and isinstance(sup, Group) and len(sup.items) > 2 and (
            text_of(sup.items[0]), text_of(sup.items[-1])
        ) == ("(", ")"):  # fmt: skip
            indices += self.indices(Group(sup.items[1:-1], start=sup.start, end=sup.end))
            sup = None
        if indices:
            node = tree.Index(node, tuple(indices), **place)
        if sup is None:
            return node
        if key(sup) == r"\top":
            return tree.Transpose(node, **place)
        return tree.Power(node, self.whole(sup), **place)

    def indices(self, sub: Piece) -> list[tree.Node]:
        """`ij` is two indices, `i-1` is one, `a:b` a range."""
        items = sub.items if isinstance(sub, Group) and sub.left == "{" else (sub,)
        simple = all(
            isinstance(base, Atom) and base.kind in ("letter", "number")
            for base in map(bare, items)
        )
        if simple:
            return [self.whole(one) for one in items]
        parser = self.inside(sub)
        if ":" in map(text_of, items):
            low = parser.expression()
            parser.next()
            high = parser.expression()
            parser.finish()
            return [tree.Range(low, high, start=sub.start, end=sub.end)]
        found = parser.listed()
        parser.finish()
        return found
