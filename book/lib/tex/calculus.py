"""Ranges of indices, lists with dots, limits, derivatives and minima, all by numbers."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from lib.tex import tree, values
from lib.tex.definitions import Problem
from lib.tex.values import ValueProblem

if TYPE_CHECKING:
    from lib.tex.evaluate import Scope
    from lib.tex.names import Names

STEP = 1e-3  # of a derivative: the error of five points is of order STEP⁴


# --- how far an index runs


def span(scope: "Names", letter: str, node: tree.Node) -> int:
    """How far `letter` runs as an index in `node`; raises ValueProblem if the arrays don't say."""
    found = set(_lengths(scope, letter, node, set()))
    if len(found) > 1:
        texts = " and ".join(map(str, sorted(found)))
        raise ValueProblem(f"the index {letter} runs to {texts}")
    if not found:
        raise ValueProblem(f"{letter} is not bound")
    return found.pop()


def _lengths(scope: "Names", letter: str, node: tree.Node, seen: set) -> Iterator[int]:
    if isinstance(node, tree.Index):
        for position, index in enumerate(node.indices):
            if index == tree.Name(letter):
                yield from _length(scope, node.base, position, len(node.indices), seen)
    inside = {node.variable: 1.0} if isinstance(node, tree.Limit) else {}
    with scope.within(inside):
        for child in node.children():
            yield from _lengths(scope, letter, child, seen)


def _length(scope: "Names", base: tree.Node, position: int, count: int, seen: set) -> Iterator[int]:
    if isinstance(base, tree.Name) and not scope.binds(base.key):
        for one in scope.definitions.get(base.key, ()):
            if id(one) not in seen and position < len(one.indices):
                seen.add(id(one))
                inner = one.indices[position]
                if isinstance(inner, tree.Name):
                    yield from _lengths(scope, inner.key, one.body, seen)
                return
        if base.key in scope.definitions and all(
            one.indices or one.args for one in scope.definitions[base.key]
        ):
            return
    try:
        axes = values.shape(scope.value(base))
    except (ValueProblem, Problem):
        return  # it hangs on indices that have no values yet
    if len(axes) == 2 and count == 1 and 1 in axes:
        yield max(axes)
    elif position < len(axes):
        yield axes[position]


def assignments(scope: "Scope", node: tree.Big) -> Iterator[dict[str, Any]]:
    """The values that the letters of a sum or product take, one after the other."""
    if node.over is not None:
        reading = scope.lookup(node.over.key)
        if not (isinstance(reading, tuple) and len(reading) == 2 and isinstance(reading[0], str)):
            raise ValueProblem(f"{node.over.key} must be bound to (letters, their values)")
        letters = reading[0].split()
        for row in reading[1]:
            yield dict(zip(letters, np.atleast_1d(row).tolist(), strict=True))
        return
    if node.index is None:
        raise ValueProblem(f"a {node.which} over what is not said")
    if node.low is not None:
        low = scope.integer(node.low)
        high = scope.integer(node.high) if node.high else span(scope, node.index, node.body)
        numbers = range(low, high + 1)
    else:
        numbers = range(1, span(scope, node.index, node.body) + 1)
    for number in numbers:
        with scope.within({node.index: number}, letters=True):
            if node.condition is not None and not scope.true(node.condition):
                continue
        yield {node.index: number}


# --- lists and products with dots


def without_dots(scope: "Scope", items: tuple[tree.Node, ...]) -> list[Callable[[], Any]]:
    """How to compute each item, with those that dots stand for."""
    found: list[tuple[tree.Node, Callable]] = []
    skip = False
    for place, item in enumerate(items):
        if skip:
            skip = False
        elif isinstance(item, tree.Dots):
            after = items[place + 1] if place + 1 < len(items) else None
            skip = _fill(scope, found, after)
        else:
            found.append((item, lambda item=item: scope.value(item)))
    return [compute for _, compute in found]


def _fill(scope: "Scope", found: list, after: tree.Node | None) -> bool:
    """Replace the end of `found` by the whole run; whether `after` is its last member."""
    if not found:
        raise ValueProblem("dots that nothing stands before")
    item = found[-1][0]
    pair = _difference(item, after) if after is not None else None
    if pair:
        index, last = pair[0], scope.integer(pair[1])
    else:
        index, last = _numbered(scope, item)
    start, step, length = scope.integer(index), 0, 1
    if len(found) > 1 and (earlier := _difference(item, found[-2][0])) and earlier[0] is index:
        first = scope.integer(earlier[1])
        step, start, length = start - first, first, 2
    step = step or 1
    if step not in (1, -1):
        raise ValueProblem("dots between steps that are not one")
    if (last - start) * step < -1:
        raise ValueProblem(f"dots from {start} to {last}")
    del found[-length:]
    for number in range(start, last + step, step):
        one = _with_index(item, index, number)
        found.append((one, lambda one=one: scope.value(one)))
    return pair is not None


def _with_index(item: tree.Node, index: tree.Node, number: int) -> tree.Node:
    exact = tree.Number(str(number), start=index.start, end=index.end)
    return tree.replaced(item, index, exact)


def _difference(one: tree.Node, other: tree.Node) -> tuple[tree.Node, tree.Node] | None:
    """The one index in which two parts differ, in both; None if they differ otherwise."""
    if type(one) is not type(other):
        return None
    if isinstance(one, tree.Index) and isinstance(other, tree.Index) and one.base == other.base:
        pairs = [p for p in zip(one.indices, other.indices, strict=False) if p[0] != p[1]]
        return pairs[0] if len(pairs) == 1 and len(one.indices) == len(other.indices) else None
    mine, theirs = list(one.children()), list(other.children())
    if len(mine) != len(theirs):
        return None
    pairs = [pair for pair in zip(mine, theirs, strict=True) if pair[0] != pair[1]]
    return _difference(*pairs[0]) if len(pairs) == 1 else None


def _numbered(scope: "Scope", item: tree.Node) -> tuple[tree.Node, int]:
    """The number that runs in a list that dots end, and how far its array goes."""
    for part in item.walk():
        if isinstance(part, tree.Index) and isinstance(part.indices[-1], tree.Number):
            return part.indices[-1], values.shape(scope.value(part.base))[0]
    raise ValueProblem("dots that do not say what they stand for")


# --- limits


def limit(scope: "Scope", node: tree.Limit) -> Any:
    """The value far out; it must have settled."""
    if isinstance(node.target, tree.Infinity):
        points = [1e4, 1e8, 1e12]
    else:
        target = scope.number(node.target)
        points = [target + 10.0**-k for k in (4, 6, 8)]
    found = []
    for point in points:
        with scope.within({node.variable: point}):
            found.append(scope.value(node.body))
    scale = max(1.0, float(np.max(np.abs(found[-1]))))
    if not np.max(np.abs(np.asarray(found[-1]) - found[-2])) <= 1e-6 * scale:
        raise ValueProblem("a limit that does not settle")
    return found[-1]


# --- derivatives


def slope(at: Callable[[float], Any]) -> Any:
    """The derivative at 0 from five points."""
    far = values.add(at(-2 * STEP), values.multiply(-1, at(2 * STEP)))
    near = values.add(at(STEP), values.multiply(-1, at(-STEP)))
    return values.divide(values.add(far, values.multiply(8, near)), 12 * STEP)


def slopes(given: Any, at: Callable[[Any], Any], rows: list[int] | None = None) -> Any:
    """The derivatives of `at` by each entry of `given` (or of some rows): of the same sizes."""
    if not values.shape(given):
        return slope(lambda change: at(given + change))
    whole = np.asarray(given, dtype=float)
    found = np.zeros_like(whole)
    for where in np.ndindex(*whole.shape):
        if rows is not None and where[0] not in rows:
            continue

        def moved(change: float, where=where) -> Any:
            other = whole.copy()
            other[where] += change
            return at(other)

        one = slope(moved)
        if values.shape(one):
            raise ValueProblem(f"ShapeError: the derivative of {values.size_text(one)}")
        found[where] = one
    return found if rows is None else found[rows]


def derivative(scope: "Scope", node: tree.Derivative) -> Any:
    """By each entry of the symbols below, from five points each; of their sizes."""
    by = node.by.base if isinstance(node.by, tree.Braced) else node.by
    parts = by.items if isinstance(by, tree.Row) else (by,)
    found = []
    for part in parts:
        rows = None
        if isinstance(part, tree.Index):
            rows = [scope.integer(part.indices[0]) - 1]
            part = part.base
        if not isinstance(part, tree.Name):
            raise ValueProblem("a derivative is by a symbol")

        def at(given: Any, key: str = part.key) -> Any:
            with scope.within({key: given}):
                return scope.value(node.body)

        found.append(slopes(scope.lookup(part.key), at, rows))
    return found[0] if len(found) == 1 else values.join(found)


def gradient(scope: "Scope", head: tree.Gradient, call: tree.Call) -> Any:
    r"""`\nabla f_i(x)`: the derivatives of a function by its argument."""
    scope.approximate = True
    function = head.function
    indices: tuple[values.Place, ...] = ()
    if isinstance(function, tree.Index):
        indices = tuple(scope.index(one) for one in function.indices)
        function = function.base
    if len(call.args) != 1 or not isinstance(function, tree.Name):
        raise ValueProblem("a gradient of a function of one argument")
    where = scope.value(call.args[0])
    return slopes(where, lambda given: scope.apply(function.key, indices, (given,)))


def not_least(scope: "Scope", node: tree.ArgMin, candidate: Any) -> str:
    """Why `candidate` is not where the body is least, "" if it is."""

    def at(given: Any) -> float:
        with scope.within({node.variable: given}):
            return float(values.plain(scope.value(node.body)))

    with scope.within({node.variable: candidate}):
        if node.condition is not None and not scope.true(node.condition):
            return "outside its range"
    whole = np.atleast_2d(np.asarray(candidate, dtype=float))
    least, higher = at(candidate), False
    for where in np.ndindex(*whole.shape):
        for size in (1e-3, 0.1, 0.5):
            for sign in (-1, 1):
                other = whole.copy()
                other[where] += sign * size * max(1.0, float(abs(whole[where]))) / 2
                given = other if values.shape(candidate) else other.item()
                if not np.isfinite(value := at(given)) or value < least - 1e-12 * abs(least):
                    return f"{value:.6g} beside it, {least:.6g} there"
                higher |= value > least + 1e-9 * abs(least)
    if not higher:
        return f"{least:.6g} everywhere"
    steep = np.abs(slopes(candidate, at)).max()
    return f"slope {steep:.3g}" if steep > 1e-8 * max(1.0, abs(least)) else ""
