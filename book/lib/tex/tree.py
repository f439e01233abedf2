r"""The meaning of a printed formula, as a tree. Every node knows its place: tex[start:end].

Equality of nodes leaves places out, so two readings of one formula are equal.
A *key* is the canonical form of a symbol's TeX: `V'`, `\phi`, `D_{random}`, `\mathcal{K}_{\sigma}`;
`grammar.key` computes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any


@dataclass(frozen=True)
class Node:
    """A part of a formula."""

    start: int = field(compare=False, kw_only=True, default=0)
    end: int = field(compare=False, kw_only=True, default=0)

    def children(self) -> Iterator["Node"]:
        """The parts directly below this one."""
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, Node):
                yield value
            elif isinstance(value, tuple):
                yield from (part for part in value if isinstance(part, Node))

    def walk(self) -> Iterator["Node"]:
        """This node and all below it."""
        yield self
        for child in self.children():
            yield from child.walk()


def replaced(node: Node, old: Node, new: Node) -> Node:
    """The tree with a part exchanged."""
    if node is old:
        return new
    changes: dict[str, Any] = {}
    for name, part in vars(node).items():
        if isinstance(part, Node):
            changes[name] = replaced(part, old, new)
        elif isinstance(part, tuple):
            changes[name] = tuple(
                replaced(one, old, new) if isinstance(one, Node) else one for one in part
            )
    return replace(node, **changes)


@dataclass(frozen=True)
class Number(Node):
    """A number in digits."""

    text: str  # as printed: "2", "0.05"


@dataclass(frozen=True)
class Name(Node):
    """A symbol, by its key."""

    key: str


@dataclass(frozen=True)
class Infinity(Node):
    r"""`\infty`, as a limit."""


@dataclass(frozen=True)
class Dots(Node):
    r"""`\dots` in a list or a product; its neighbours say what is left out."""


@dataclass(frozen=True)
class Index(Node):
    """`base_i`, `base_{ij}`, `base_i^{(t)}`: one part of an array or of a family."""

    base: Node
    indices: tuple[Node, ...]


@dataclass(frozen=True)
class Range(Node):
    """`a:b` as an index."""

    low: Node
    high: Node


@dataclass(frozen=True)
class Call(Node):
    """`function(args)`; a function is a Name, an Index of one, a Gradient, or a Builtin."""

    function: Node
    args: tuple[Node, ...]


@dataclass(frozen=True)
class Builtin(Node):
    r"""A function that TeX has a name for: `\exp`, `\max`, `softmax`, `tril`, `tr`, `diag`."""

    name: str


@dataclass(frozen=True)
class Transpose(Node):
    r"""`base^\top`."""

    base: Node


@dataclass(frozen=True)
class Power(Node):
    """`base^exponent`."""

    base: Node
    exponent: Node


@dataclass(frozen=True)
class Negative(Node):
    """`-base`."""

    base: Node


@dataclass(frozen=True)
class Add(Node):
    """A sum of terms; a term after a minus sign is a Negative."""

    terms: tuple[Node, ...]


@dataclass(frozen=True)
class Product(Node):
    """Factors side by side or with a dot; may hold Dots between matrices."""

    factors: tuple[Node, ...]


@dataclass(frozen=True)
class Entrywise(Node):
    r"""`left \odot right`."""

    left: Node
    right: Node


@dataclass(frozen=True)
class Quotient(Node):
    r"""`\frac{above}{below}`, or `above / below` where `slash` is true."""

    above: Node
    below: Node
    slash: bool = False


@dataclass(frozen=True)
class Root(Node):
    r"""`\sqrt{base}`."""

    base: Node


@dataclass(frozen=True)
class Binomial(Node):
    r"""`\binom{above}{below}`."""

    above: Node
    below: Node


@dataclass(frozen=True)
class Norm(Node):
    r"""`\|base\|`."""

    base: Node


@dataclass(frozen=True)
class Absolute(Node):
    """`|x|`: of a number its size, of a set how many it holds."""

    base: Node


@dataclass(frozen=True)
class Rounded(Node):
    """`⌊x⌋` (which="floor") or `⌈x⌉` ("ceil")."""

    which: str
    base: Node


@dataclass(frozen=True)
class Hinge(Node):
    """`[u]_+`, the positive part."""

    base: Node


@dataclass(frozen=True)
class Inner(Node):
    r"""`\langle left, right\rangle`."""

    left: Node
    right: Node


@dataclass(frozen=True)
class Row(Node):
    """`(a, b)` or `[a, b, …]`: entries side by side; entries that are rows are joined."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Collected(Node):
    r"""`(x_ax_b)_{a,b=1,\dots,D}` or `[\phi(Q_i)S_i]_{i=a}^{b}`: one entry or row per index."""

    body: Node
    indices: tuple[str, ...]
    low: Node
    high: Node


@dataclass(frozen=True)
class SetOf(Node):
    r"""`\{x\in G^n: condition\}`: the members for which the condition holds."""

    member: str
    of: Node
    condition: "Chain"


@dataclass(frozen=True)
class Big(Node):
    r"""A sum ("sum") or product ("prod") over an index.

    `index` is None for a declared set such as `\text{active}` (`over` is its Name) or for all
    entries (`over` is None). `low` and `high` are None if the arrays say how far the index runs;
    `condition` is a Chain such as `i\ne j` or `s\le t`.
    """

    which: str
    index: str | None
    low: Node | None
    high: Node | None
    condition: "Chain | None"
    over: Name | None
    body: Node


@dataclass(frozen=True)
class Limit(Node):
    r"""`\lim_{variable\to target} body`."""

    variable: str
    target: Node
    body: Node


@dataclass(frozen=True)
class ArgMin(Node):
    r"""`\arg\min_{variable} body`, under a condition if it has one."""

    variable: str
    condition: "Chain | None"
    body: Node


@dataclass(frozen=True)
class Derivative(Node):
    r"""`\frac{\partial L}{\partial W}`; `by` is a Name, an Index, or a Row of them."""

    body: Node
    by: Node


@dataclass(frozen=True)
class Gradient(Node):
    r"""`\nabla L_i`, a function."""

    function: Node


@dataclass(frozen=True)
class Mean(Node):
    """`E[…]` ("E"), `Var[…]` ("Var"); for "Pr" the body is a Chain, and `given` may be one."""

    which: str
    body: Node
    given: Node | None = None


@dataclass(frozen=True)
class Cases(Node):
    """Values with the condition of each."""

    values: tuple[Node, ...]
    conditions: tuple["Chain", ...]


@dataclass(frozen=True)
class At(Node):
    r"""`\left. body \right|_{\text{words}}`: `reading` is the declared Name of the words."""

    body: Node
    reading: Name


@dataclass(frozen=True)
class Braced(Node):
    """A bracketed part; its value is that of its base. `left` is the bracket as printed."""

    base: Node
    left: str


@dataclass(frozen=True)
class Chain(Node):
    r"""`a = b \le c`: sides and the relations between them; a single side has none.

    Relations: "=", "<", ">", "le", "ge", "ne", "approx", "in", "sim", "to".
    """

    sides: tuple[Node, ...]
    relations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Claim(Node):
    r"""`for all j`, `while active`, `for orthonormal K_1,…,K_i`: words that the check must read.

    `words` are the words as printed, `args` what follows them.
    """

    words: str
    args: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Statement(Node):
    """All that one display says: the claim, and what stands after commas, "with", "for", "if".

    `sides` are definitions, conditions and laws in their order: Chains and Claims.
    """

    main: Chain
    rest: tuple[Chain | Claim, ...] = ()
