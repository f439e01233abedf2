"""What may cross between the student's process and the trusted one, both ways.

`encode` turns a value into bytes, `decode` turns bytes into a value. Both know a closed list of
plain kinds and nothing else; values cross by value, and an instance of a subclass arrives as the
plain kind it derives from, so that no method of the sender's ever runs on the receiving side.
Nothing received is unpickled, evaluated, or used as a name before it is checked. Whatever bytes
arrive, `decode` returns a value of these kinds or raises `WireError`.

The kinds: None, bool, int, float, complex, str, bytes; list, tuple, set, dict, slice; NumPy dtypes,
numeric arrays and scalars, the Generators of `numpy.random.default_rng`; SymPy expressions and
matrices made of the heads in `HEADS`; and a `Ref`, which stands for an object that stays where it
is. A Fraction and a Decimal arrive as floats.
"""

from __future__ import annotations

import keyword
import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef, UndefinedFunction
from sympy.core.symbol import Str

MAX_BYTES = 64 * 2**20
"""The longest message, in bytes."""
MAX_DEPTH = 100
"""The deepest nesting of containers and expressions."""
MAX_ITEMS = 2**20
"""The most values in one message; a SymPy node, which costs far more to build, counts as 32."""
MAX_BITS = 2**16
"""The longest integer, in bits."""
_NODE_COST = 32


Message = bytes | bytearray
"""An encoded value: as `encode` makes it, or as a socket has received it."""


class WireError(Exception):
    """Something cannot cross. The message is one sentence."""


@dataclass(frozen=True)
class Ref:
    """Stands for an object that stays on its own side.

    Attributes
    ----------
    space : ``object``: in the student's process, known by a number; ``name``: in the student's
        notebook, known by its name; ``callback``: in the trusted process, callable
        during one call.
    key : the number or the name.
    kind : for an ``object``, what sort of thing it is: one of `REF_KINDS`.
    """

    space: str
    key: int | str
    kind: str = ""

    @property
    def number(self) -> int:
        """The key of an ``object`` or a ``callback``."""
        assert isinstance(self.key, int)
        return self.key

    @property
    def name(self) -> str:
        """The key of a ``name``."""
        assert isinstance(self.key, str)
        return self.key


REF_KINDS = ("function", "class", "generator", "iterator", "module", "object")
"""The words for objects that do not cross. Closed, since a class may be called anything."""
_SPACES = {b"o": "object", b"n": "name", b"k": "callback"}
_PLAIN = frozenset(b"%c" % tag for tag in b"NTFifultd")
_DTYPES = {code: np.dtype(code) for code in {np.dtype(c).str for c in "?bhilqBHILQefdgFDG"}}
"""Numbers and truth values in the machine's byte order; no objects, text, dates or records."""


def is_name(text: Any) -> bool:
    """Whether a text can be used as a Python name."""
    return (
        isinstance(text, str)
        and len(text) <= 200
        and text.isidentifier()
        and not keyword.iskeyword(text)
    )


# --- SymPy: which heads an expression may have, and how each is built without evaluating it
_UNEVALUATED = frozenset(
    re.findall(
        r"\w+",
        """
    Add Mul Pow exp log sin cos tan cot sec csc asin acos atan acot asec acsc atan2 sinc
    sinh cosh tanh coth sech csch asinh acosh atanh acoth Abs sign re im arg conjugate floor ceiling
    Max Min factorial binomial gamma loggamma digamma beta erf erfc erfi Heaviside DiracDelta
    KroneckerDelta besseli besselj besselk bessely zeta harmonic LambertW Piecewise
    Eq Ne Lt Le Gt Ge And Or Not Xor Implies MatAdd MatMul HadamardProduct FiniteSet Mod
    """,
    )
)
_AS_IS = frozenset(
    re.findall(
        r"\w+",
        """
    Tuple Sum Product Integral Derivative Lambda Subs Indexed IndexedBase Idx
    MatrixSymbol MatPow Transpose Inverse Trace Determinant Identity ZeroMatrix OneMatrix Interval
    """,
    )
)
HEADS: dict[str, type] = {name: getattr(sp, name) for name in (*_UNEVALUATED, *_AS_IS)}
HEADS["ExprCondPair"] = sp.functions.elementary.piecewise.ExprCondPair
"""SymPy classes that may stand at the head of an expression, by name."""
_CONSTANTS = {
    "pi": sp.pi,
    "E": sp.E,
    "I": sp.I,
    "oo": sp.oo,
    "-oo": -sp.oo,
    "zoo": sp.zoo,
    "nan": sp.nan,
    "EulerGamma": sp.EulerGamma,
    "GoldenRatio": sp.GoldenRatio,
    "Catalan": sp.Catalan,
    "true": sp.true,
    "false": sp.false,
    "EmptySet": sp.S.EmptySet,
    "Reals": sp.S.Reals,
    "Integers": sp.S.Integers,
    "Naturals": sp.S.Naturals,
}
_HEAD_NAMES = {head: name for name, head in HEADS.items()}
_CONSTANT_NAMES = {type(constant): name for name, constant in _CONSTANTS.items()}
_ASSUMPTIONS = frozenset(sp.Symbol("x", positive=True, integer=True, prime=True).assumptions0) | {
    *("algebraic", "antihermitian", "transcendental", "irrational", "noninteger", "polar"),
    *("even", "odd", "composite", "imaginary", "infinite", "negative", "zero"),
}
# --- values to bytes


def encode(value: Any, refer: Callable[[Any], Ref] | None = None) -> bytes:
    """A value as bytes.

    `refer` is asked for a `Ref` to anything that is not of the plain kinds.

    Raises
    ------
    WireError
        If the value, or something inside it, cannot cross.
    """
    encoder = _Encoder(refer)
    try:
        encoder.put(value, 0)
    except WireError:
        raise
    except RecursionError:
        raise WireError("it is nested too deeply to be sent") from None
    except Exception as error:  # a subclass of the sender's own that misbehaves
        raise WireError(f"it cannot be sent ({type(error).__name__})") from None
    return bytes(encoder.out)


class _Encoder:
    def __init__(self, refer: Callable[[Any], Ref] | None) -> None:
        self.out = bytearray()
        self.items = 0
        self.refer = refer

    def spend(self, cost: int, depth: int) -> None:
        self.items += cost
        if self.items > MAX_ITEMS:
            raise WireError("it has too many parts to be sent")
        if depth > MAX_DEPTH:
            raise WireError("it is nested too deeply to be sent")
        if len(self.out) > MAX_BYTES:
            raise WireError(f"it is larger than {MAX_BYTES >> 20} MB")

    def raw(self, tag: bytes, data: bytes | memoryview) -> None:
        if len(data) > MAX_BYTES:
            raise WireError(f"it is larger than {MAX_BYTES >> 20} MB")
        self.out += tag + struct.pack("<I", len(data))
        self.out += data

    def text(self, tag: bytes, text: str) -> None:
        try:
            self.raw(tag, str.__str__(text).encode())
        except UnicodeEncodeError:
            raise WireError("it holds text that is not valid Unicode") from None

    def name(self, name: Any) -> None:
        if not is_name(name):
            raise WireError(f"{str(name)[:40]!r} is not a name that can be sent")
        self.text(b"w", name)

    def integer(self, number: int) -> None:
        size = number.bit_length()
        if size > MAX_BITS:
            raise WireError(f"it holds an integer of more than {MAX_BITS} bits")
        self.raw(b"i", number.to_bytes(size // 8 + 1, "little", signed=True))

    def real(self, number: float | Fraction | Decimal) -> None:
        try:
            self.out += b"f" + struct.pack("<d", float(number))
        except (OverflowError, ValueError) as error:  # 10¹⁰⁰⁰; a signalling NaN
            raise WireError("it holds a number that no float can hold") from error

    def sequence(self, tag: bytes, values: Any, depth: int) -> None:
        values = list(values)
        self.out += tag + struct.pack("<I", len(values))
        for value in values:
            self.put(value, depth + 1)

    def put(self, value: Any, depth: int) -> None:
        self.spend(1, depth)
        if value is None:
            self.out += b"N"
        elif isinstance(value, bool):
            self.out += b"T" if value else b"F"
        elif isinstance(value, np.generic) and not isinstance(value, str | bytes):
            self.array(b"s", np.asarray(value))
        elif isinstance(value, int):
            self.integer(int(value))
        elif isinstance(value, float | Fraction | Decimal):
            self.real(value)
        elif isinstance(value, complex):
            self.out += b"c" + struct.pack("<dd", value.real, value.imag)
        elif isinstance(value, str):
            self.text(b"u", value)
        elif isinstance(value, bytes | bytearray):
            self.raw(b"b", bytes(value))
        elif isinstance(value, np.ndarray):
            self.array(b"a", value)
        elif isinstance(value, list):
            self.sequence(b"l", value, depth)
        elif isinstance(value, tuple):
            self.sequence(b"t", value, depth)
        elif isinstance(value, set):
            self.sequence(b"e", value, depth)
        elif isinstance(value, dict):
            self.sequence(b"d", [x for pair in value.items() for x in pair], depth)
        elif isinstance(value, slice):
            self.sequence(b":", (value.start, value.stop, value.step), depth)
        elif isinstance(value, np.dtype) or (
            isinstance(value, type) and issubclass(value, np.generic)
        ):
            self.dtype(np.dtype(value))
        elif isinstance(value, np.random.Generator):
            self.generator(value)
        elif isinstance(value, sp.Basic | sp.MatrixBase):
            self.expression(value, depth)
        elif self.refer is not None:
            self.ref(self.refer(value))
        else:
            raise WireError(f"a {type(value).__name__} cannot be sent")

    def dtype(self, dtype: np.dtype) -> None:
        native = dtype.newbyteorder("=").str
        if native not in _DTYPES:
            raise WireError(f"arrays of dtype {dtype.name} cannot be sent, only numbers can")
        self.raw(b"D", native.encode())

    def array(self, tag: bytes, array: np.ndarray) -> None:
        self.out += tag
        self.dtype(array.dtype)
        plain = np.asarray(array, dtype=array.dtype.newbyteorder("="), order="C")
        if type(plain) is not np.ndarray:
            plain = plain.view(np.ndarray)
        if plain.nbytes > MAX_BYTES:
            raise WireError(f"it holds an array larger than {MAX_BYTES >> 20} MB")
        self.out += struct.pack(f"<B{plain.ndim}Q", plain.ndim, *plain.shape)
        self.out += plain.tobytes()

    def generator(self, generator: np.random.Generator) -> None:
        state = generator.bit_generator.state
        if state["bit_generator"] != "PCG64":
            raise WireError("only the Generators that default_rng() makes can be sent")
        self.out += b"G"
        for number in (
            state["state"]["state"],
            state["state"]["inc"],
            state["has_uint32"],
            state["uinteger"],
        ):
            self.integer(int(number))

    def ref(self, ref: Ref) -> None:
        space = next(tag for tag, name in _SPACES.items() if name == ref.space)
        self.out += b"R" + space
        self.put(ref.key, 0)
        self.put(REF_KINDS.index(ref.kind) if ref.kind else -1, 0)

    def expression(self, node: Any, depth: int) -> None:
        self.spend(_NODE_COST, depth)
        if isinstance(node, sp.MatrixBase):
            if node.rows * node.cols > MAX_ITEMS:
                raise WireError("it has too many parts to be sent")
            mutable = isinstance(node, sp.matrices.MutableMatrix)
            self.out += b"m" + struct.pack("<BII", mutable, node.rows, node.cols)
            for entry in node.flat():
                self.put(entry, depth + 1)
            return
        # The class itself or the nearest one that it derives from: a Dummy is sent as a Symbol.
        for cls in type(node).__mro__:
            if cls in _CONSTANT_NAMES:
                return self.text(b"k", _CONSTANT_NAMES[cls])
            if cls is sp.Rational:
                self.out += b"q"
                self.integer(int(node.p))
                return self.integer(int(node.q))
            if cls is sp.Float:
                sign, mantissa, exponent, _ = node._mpf_
                self.out += b"r"
                for number in (-int(mantissa) if sign else int(mantissa), exponent, node._prec):
                    self.integer(int(number))
                return None
            if cls is sp.Symbol:
                self.out += b"x"
                self.name(node.name)
                known = sorted(node.assumptions0.items())
                return self.put([x for pair in known for x in pair], depth + 1)
            if cls is Str:
                self.out += b"y"
                return self.name(node.name)
            if cls is AppliedUndef:
                self.out += b"U"
                self.name(type(node).__name__)
                return self.sequence(b"t", node.args, depth)
            if cls in _HEAD_NAMES:
                self.out += b"Y"
                self.name(_HEAD_NAMES[cls])
                return self.sequence(b"t", node.args, depth)
        raise WireError(f"SymPy's {type(node).__name__} cannot be sent")


# --- bytes to values


def decode(
    data: Message, resolve: Callable[[Ref], Any] | None = None, *, plain: bool = False
) -> Any:
    """The value that bytes stand for.

    Arrays own their memory and can be written to. `resolve` turns a `Ref` into an object. With
    `plain` only text, ordinary numbers, and lists, tuples and dicts of these are received: whatever
    the sender makes of them, they take no more time and memory than their length accounts for.

    Raises
    ------
    WireError
        If the bytes are not what `encode` makes of an allowed value, or exceed a limit.
    """
    decoder = _Decoder(data, resolve, plain)
    try:
        value = decoder.take(0)
    except WireError:
        raise
    except RecursionError:
        raise WireError("it is nested too deeply") from None
    except MemoryError:
        raise WireError("it is too large for this machine") from None
    except Exception as error:  # NumPy and SymPy refuse what fits no kind, each in its own way
        raise WireError(f"it is not a value ({type(error).__name__})") from None
    if decoder.at != len(data):
        raise WireError("there is something behind the value")
    return value


class _Decoder:
    def __init__(self, data: Message, resolve: Callable[[Ref], Any] | None, plain: bool) -> None:
        self.data = memoryview(data)
        self.at = 0
        self.items = 0
        self.resolve = resolve
        self.plain = plain

    def spend(self, cost: int, depth: int) -> None:
        self.items += cost
        if self.items > MAX_ITEMS or depth > MAX_DEPTH:
            raise WireError("it is nested too deeply or has too many parts")

    def read(self, count: int) -> memoryview:
        if count > len(self.data) - self.at:
            raise WireError("it ends too early")
        self.at += count
        return self.data[self.at - count : self.at]

    def unpack(self, form: str) -> tuple:
        return struct.unpack(form, self.read(struct.calcsize(form)))

    def counted(self) -> memoryview:
        return self.read(self.unpack("<I")[0])

    def expect(self, tag: bytes) -> None:
        if self.read(1) != tag:
            raise WireError("a part is of another kind than it must be")

    def integer(self) -> int:
        self.expect(b"i")
        return self.integer_body()

    def integer_body(self) -> int:
        data = self.counted()
        if self.plain and len(data) > 8:  # as text it would have more digits than Python writes
            raise WireError("it holds an integer of more than 64 bits")
        if len(data) > MAX_BITS // 8 + 1:
            raise WireError(f"it holds an integer of more than {MAX_BITS} bits")
        return int.from_bytes(data, "little", signed=True)

    def name(self) -> str:
        self.expect(b"w")
        name = str(self.counted(), "utf-8")
        if not is_name(name):
            raise WireError("it holds a name that is none")
        return name

    def many(self, depth: int) -> list:
        count = self.unpack("<I")[0]
        self.spend(0, depth)
        if count > len(self.data) - self.at:  # each takes at least a byte
            raise WireError("it ends too early")
        return [self.take(depth + 1) for _ in range(count)]

    def take(self, depth: int) -> Any:
        self.spend(1, depth)
        tag = bytes(self.read(1))
        if self.plain and tag not in _PLAIN:
            raise WireError("it holds more than text and numbers")
        match tag:
            case b"N":
                return None
            case b"T":
                return True
            case b"F":
                return False
            case b"i":
                return self.integer_body()
            case b"f":
                return self.unpack("<d")[0]
            case b"c":
                return complex(*self.unpack("<dd"))
            case b"u":
                return str(self.counted(), "utf-8")
            case b"b":
                return bytes(self.counted())
            case b"l":
                return self.many(depth)
            case b"t":
                return tuple(self.many(depth))
            case b"e":
                return set(self.many(depth))
            case b"d":
                flat = self.many(depth)
                # Unlike a text's, a number's hash is known to all, and many can share one.
                if self.plain and not all(type(key) is str for key in flat[::2]):
                    raise WireError("it holds keys that are no text")
                return dict(zip(flat[::2], flat[1::2], strict=True))
            case b":":
                return slice(*self.many(depth))
            case b"D":
                return self.dtype_body()
            case b"a":
                return self.array()
            case b"s":
                array = self.array()
                if array.ndim:
                    raise WireError("a scalar has no shape")
                return array[()]
            case b"G":
                return self.generator()
            case b"R":
                return self.ref()
            case b"m":
                return self.matrix(depth)
            case b"k" | b"q" | b"r" | b"x" | b"y" | b"U" | b"Y":
                self.at -= 1
                return self.expression(depth)
        raise WireError("it holds a part of no known kind")

    def dtype_body(self) -> np.dtype:
        code = str(self.counted(), "ascii")
        if code not in _DTYPES:
            raise WireError("only numbers can be received in arrays")
        return _DTYPES[code]

    def array(self) -> np.ndarray:
        self.expect(b"D")
        dtype = self.dtype_body()
        ndim = self.unpack("<B")[0]
        if ndim > 32:
            raise WireError("an array of more than 32 axes")
        shape = self.unpack(f"<{ndim}Q")
        # An empty array can still claim enormous axes, for which a sum would allocate memory.
        if math.prod(n for n in shape if n) * dtype.itemsize > MAX_BYTES:
            raise WireError(f"it holds an array larger than {MAX_BYTES >> 20} MB")
        data = self.read(math.prod(shape) * dtype.itemsize)
        if dtype.kind == "b":  # any byte but 0 and 1 would be undefined behaviour in NumPy
            return (np.frombuffer(data, np.uint8) != 0).reshape(shape)
        # A copy, since the message is neither aligned nor the array's own.
        return np.frombuffer(bytearray(data), dtype).reshape(shape)

    def generator(self) -> np.random.Generator:
        state, inc, has_uint32, uinteger = (self.integer() for _ in range(4))
        bits = np.random.PCG64(0)
        bits.state = {
            "bit_generator": "PCG64",
            "state": {"state": state, "inc": inc},
            "has_uint32": has_uint32,
            "uinteger": uinteger,
        }
        return np.random.Generator(bits)

    def ref(self) -> Any:
        space = _SPACES.get(bytes(self.read(1)))
        key, kind = self.take(0), self.take(0)
        good = is_name(key) if space == "name" else type(key) is int and key >= 0
        if space is None or not good or type(kind) is not int or not -1 <= kind < len(REF_KINDS):
            raise WireError("it holds a reference to nothing")
        if self.resolve is None:
            raise WireError("it holds a reference where only values are expected")
        return self.resolve(Ref(space, key, REF_KINDS[kind] if kind >= 0 else ""))

    def matrix(self, depth: int) -> sp.MatrixBase:
        mutable, rows, columns = self.unpack("<BII")
        if rows * columns > len(self.data) - self.at or max(rows, columns) > MAX_ITEMS:
            raise WireError("it ends too early")
        entries = [self.node(depth + 1) for _ in range(rows * columns)]
        return (sp.Matrix if mutable else sp.ImmutableMatrix)(rows, columns, entries)

    def node(self, depth: int) -> sp.Basic:
        value = self.take(depth)
        if not isinstance(value, sp.Basic):
            raise WireError("an expression holds something that is none")
        return value

    def nodes(self, depth: int) -> list[sp.Basic]:
        self.expect(b"t")
        count = self.unpack("<I")[0]
        if count > len(self.data) - self.at:
            raise WireError("it ends too early")
        return [self.node(depth + 1) for _ in range(count)]

    def expression(self, depth: int) -> sp.Basic:
        """One node. Nothing is evaluated: 10**(10**10) stays the tree it arrives as."""
        self.spend(_NODE_COST, depth)
        match bytes(self.read(1)):
            case b"k":
                return _CONSTANTS[str(self.counted(), "ascii")]
            case b"q":
                numerator, denominator = self.integer(), self.integer()
                if denominator < 1:
                    raise WireError("it holds a fraction without a denominator")
                return sp.Rational(numerator, denominator)
            case b"r":
                mantissa, exponent, precision = (self.integer() for _ in range(3))
                if not (abs(exponent) < 10**6 and 1 <= precision < 10**4):
                    raise WireError("it holds a SymPy number out of range")
                # mpf_norm would accept more digits than the precision has room for.
                value = sp.core.numbers.mlib.from_man_exp(mantissa, exponent, precision, "n")
                return sp.Float._new(value, precision, zero=False)
            case b"x":
                name, flat = self.name(), self.take(depth + 1)
                if type(flat) is not list:
                    raise WireError("it holds a symbol without assumptions")
                known = dict(zip(flat[::2], flat[1::2], strict=True))
                if not all(k in _ASSUMPTIONS and type(v) is bool for k, v in known.items()):
                    raise WireError("it holds a symbol with an unknown assumption")
                return sp.Symbol(name, **known)
            case b"y":
                return Str(self.name())
            case b"U":
                function = UndefinedFunction(self.name())
                return function(*self.nodes(depth), evaluate=False)
            case _:
                name = self.name()
                if name not in HEADS:
                    raise WireError("it holds a SymPy object of no known kind")
                options = {"evaluate": False} if name in _UNEVALUATED else {}
                built = HEADS[name](*self.nodes(depth), **options)
                if not isinstance(built, sp.Basic):
                    raise WireError("it holds a SymPy object that is none")
                return built
