"""What may cross, arrives as it was; whatever else arrives is refused."""

import contextlib
import pickle
import socket
import threading
import time
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sympy.core.symbol import Str

from autograder.sandbox.loopback import loopback
from autograder.sandbox.shell import Callback, Handle, StudentError
from autograder.student import wire
from autograder.student.protocol import Closed, Connection, Line
from autograder.student.wire import Ref, WireError, decode, encode

x, y = sp.symbols("x y", positive=True)
n = sp.Symbol("n", integer=True)
f = sp.Function("f")
A = sp.MatrixSymbol("A", 3, 3)
B, i = sp.IndexedBase("B"), sp.Idx("i")

PLAIN = {
    *(type(None), bool, int, float, complex, str, bytes, list, tuple, set, dict, slice),
    *(np.ndarray, np.random.Generator),
}


def assert_allowed(value):
    """The value is of the allowed kinds through and through, with no subclass among them."""
    if isinstance(value, sp.Basic):
        for node in sp.preorder_traversal(value):
            known = (
                *wire.HEADS.values(),
                sp.ImmutableDenseMatrix,
                sp.Symbol,
                sp.Rational,
                sp.Float,
                Str,
            )
            undefined = sp.core.function.AppliedUndef
            assert isinstance(node, (*known, undefined)) or type(node) in wire._CONSTANT_NAMES
            if isinstance(node, sp.Symbol | Str):
                assert wire.is_name(node.name)
        return
    if isinstance(value, sp.MatrixBase):
        for entry in value.flat():
            assert_allowed(entry)
        return
    if isinstance(value, np.dtype | np.generic):
        assert np.dtype(value.dtype if isinstance(value, np.generic) else value).kind in "biufc"
        return
    assert type(value) in PLAIN, type(value)
    if isinstance(value, np.ndarray):
        assert value.dtype.kind in "biufc"
        assert value.flags.writeable and value.flags.aligned and value.flags.c_contiguous
    elif isinstance(value, list | tuple | set):
        for item in value:
            assert_allowed(item)
    elif isinstance(value, dict):
        for pair in value.items():
            assert_allowed(pair)
    elif isinstance(value, slice):
        assert_allowed((value.start, value.stop, value.step))


def same(one, other):
    """Equal, of one type, NaN included."""
    assert type(one) is type(other)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    return one == other or (one != one and other != other)


EXPRESSIONS = [
    sp.exp(-(x**2) / (2 * y)),
    sp.sqrt(2) * x - sp.pi,
    sp.Sum(f(n), (n, 0, 10)),
    sp.Integral(sp.exp(-(x**2)), (x, 0, sp.oo)),
    sp.Piecewise((x, x > 1), (0, True)),
    sp.Max(x, y, 2),
    sp.Float("1.25"),
    sp.Float(0.1, 40),
    sp.Derivative(f(x), (x, 2)),
    sp.Trace(A * A.T),
    B[i] + B[0],
    sp.Lambda(x, x**2),
    sp.Eq(x, y),
    sp.And(x > 1, y > 2),
    sp.factorial(n) * sp.floor(n / 2),
    sp.Matrix([[x, 1], [0, sp.oo]]),
    sp.ImmutableMatrix([[x]]),
    sp.true,
    sp.Integer(-7),
    sp.Rational(22, 7),
    sp.Symbol("λ_1"),
    A.inv() + sp.Identity(3),
]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_an_expression_arrives_equal(expression):
    arrived = decode(encode(expression))
    assert arrived == expression and type(arrived) is type(expression)
    assert_allowed(arrived)


def test_a_symbol_keeps_its_assumptions():
    assert decode(encode(n)).is_integer and decode(encode(x)).is_positive
    assert decode(encode(sp.Symbol("x"))) != x


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**300), 2**300),
    st.floats(),
    st.complex_numbers(),
    st.text(),
    st.binary(),
    st.sampled_from([np.float32(1.5), np.int64(3), np.bool_(True), np.dtype("f4"), slice(1, None)]),
)
arrays = hnp.arrays(
    st.sampled_from(["f8", "f4", "f2", "c16", "i4", "u1", "?"]), hnp.array_shapes(min_dims=0)
)
keys = st.one_of(st.integers(), st.text(), st.booleans(), st.tuples(st.integers(), st.text()))
values = st.recursive(
    st.one_of(scalars, arrays, st.sampled_from(EXPRESSIONS)),
    lambda inner: st.one_of(
        st.lists(inner),
        st.tuples(inner, inner),
        st.dictionaries(keys, inner),
        st.sets(keys),
    ),
    max_leaves=8,
)


@given(values)
def test_every_allowed_value_arrives_as_it_was(value):
    arrived = decode(encode(value))
    assert same(arrived, value)
    assert_allowed(arrived)


def receive(data):
    """What becomes of bytes: an allowed value, or None for a clean refusal."""
    try:
        value = decode(data, lambda ref: ref.key)
    except WireError as error:
        assert "\n" not in str(error) and str(error)
        return None
    assert_allowed(value)
    return value


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
@example(b"")
@example(b"l\xff\xff\xff\xff")
@example(pickle.dumps([1, 2]))
def test_any_bytes_give_an_allowed_value_or_one_error(data):
    receive(data)


TAGS = b"NTFifcubltedD:asGRmkqrxyUYwkno"


@settings(max_examples=1000, deadline=None)
@given(values, st.data())
def test_damaged_messages_give_an_allowed_value_or_one_error(value, data):
    message = bytearray(encode([value, EXPRESSIONS[0], np.arange(3.0), np.random.default_rng(1)]))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(message) - 1))
        match data.draw(st.sampled_from(["change", "tag", "cut", "insert", "drop"])):
            case "change":
                message[at] = data.draw(st.integers(0, 255))
            case "tag":
                message[at] = data.draw(st.sampled_from(TAGS))
            case "cut":
                del message[max(at, 1) :]
            case "insert":
                message[at:at] = data.draw(st.binary(max_size=8))
            case "drop":
                del message[at : at + data.draw(st.integers(1, 8))]
        if not message:
            break
    receive(bytes(message))


def assert_plain(value):
    """The value is made of text and ordinary numbers, which cost no more than they are long."""
    assert type(value) in {type(None), bool, int, float, str, list, tuple, dict}
    if isinstance(value, int):
        assert value.bit_length() < 64
    elif isinstance(value, list | tuple):
        for item in value:
            assert_plain(item)
    elif isinstance(value, dict):
        assert all(type(key) is str for key in value)
        for item in value.values():
            assert_plain(item)


@settings(max_examples=500, deadline=None)
@given(st.one_of(values, st.lists(values)), st.data())
def test_where_only_text_and_numbers_are_expected_nothing_else_arrives(value, data):
    message = bytearray(encode(("ok", value)))
    if data.draw(st.booleans()):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.sampled_from(TAGS))
    with contextlib.suppress(WireError):
        assert_plain(decode(message, plain=True))


@pytest.mark.parametrize(
    "value",
    [
        {1: "a"},
        {2.0, 3.0},
        np.zeros(3),
        np.float64(1),
        np.random.default_rng(1),
        1 << 64,
        1j,
        b"",
        slice(1),
        x,
    ],
    ids=lambda value: type(value).__name__,
)
def test_outputs_hold_nothing_that_is_costly_to_build(value):
    decode(encode([value]))
    with pytest.raises(WireError):
        decode(encode([value]), plain=True)


def framed(tag, number, body):
    message = tag + number.to_bytes(8, "little") + body
    return len(message).to_bytes(4, "little") + message


messages = st.builds(
    framed,
    st.sampled_from([b"!", b"!", b"?", b"x"]),
    st.integers(0, 2),
    st.one_of(
        st.binary(max_size=40),
        values.map(lambda v: encode(("ok", v))),
        values.map(lambda v: encode(("ok", [{"output_type": "stream", "text": v}]))),
        st.text(max_size=20).map(lambda kind: encode(("error", kind))),
        st.sampled_from(EXPRESSIONS).map(lambda e: encode(("callback", e, [e], {}))),
        values.map(lambda v: encode(("callback", print, [v], {}), lambda _: Ref("callback", 0))),
        st.integers(0, 9).map(lambda k: encode(("ok", print), lambda _: Ref("object", k))),
    ),
)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.one_of(messages, messages, st.binary(max_size=20)), max_size=4),
    st.sampled_from(["run", "call", "value", "kind", "reseed"]),
)
@example(
    [framed(b"?", 0, encode(("callback", sp.Lambda(x, x**x**x), [sp.Integer(9**9)], {})))], "run"
)
def test_whatever_the_other_side_sends_it_is_a_value_or_one_clean_error(sent, what):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"".join(sent))
        theirs.shutdown(socket.SHUT_WR)
        line = Line(Connection(ours), lambda question: shell.serve(question))
        shell = loopback({})
        shell._ask = line.ask
        asked = {"run": ["1"], "call": ["f", [Callback(lambda v: v)]], "reseed": [1]}
        try:
            got = getattr(shell, what)(*asked.get(what, ["f"]))
        except StudentError as error:
            assert str(error).isprintable()
            return
    if what == "run":
        assert_plain(got)
    elif not isinstance(got, Handle) and not callable(got):
        assert (
            what == "reseed"
            or got in ("missing", "callable", "value")
            or assert_allowed(got) is None
        )


# --- subclasses arrive as their plain base


class Liar(float):
    def __eq__(self, other):
        return True

    __hash__ = float.__hash__


class LyingArray(np.ndarray):
    def __array_ufunc__(self, *args, **kwargs):
        return True


class Colour(IntEnum):
    RED = 1


class LyingSymbol(sp.Symbol):
    def __eq__(self, other):
        return True

    __hash__ = sp.Symbol.__hash__


class LyingDict(dict):
    def __contains__(self, key):
        return True


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        (Liar(2.0), float),
        (np.zeros(2).view(LyingArray), np.ndarray),
        (np.ma.array([1, 2], mask=[0, 1]), np.ndarray),
        (Colour.RED, int),
        (LyingDict(a=1), dict),
        (LyingSymbol("z"), sp.Symbol),
        (sp.Dummy("z"), sp.Symbol),
        (np.str_("text"), str),
        (bytearray(b"1"), bytes),
    ],
)
def test_a_subclass_arrives_as_its_plain_base(sent, arrives):
    arrived = decode(encode(sent))
    assert type(arrived) is arrives
    assert_allowed(arrived)


def test_arrays_can_be_written_to_and_own_their_memory():
    message = encode(np.arange(6).reshape(2, 3).T)
    first, second = decode(message), decode(message)
    first[:] = 0
    assert second.sum() == 15 and second.shape == (3, 2)


def test_foreign_truth_values_become_ordinary_ones():
    message = bytearray(encode(np.array([False, True])))
    message[-1] = 7
    assert decode(message).tobytes() == b"\x00\x01"


def test_a_generator_draws_the_same_numbers_on_both_sides():
    generator = np.random.default_rng(4)
    generator.integers(10, dtype=np.int32)  # leaves half a word in its buffer
    copy = decode(encode(generator))
    assert copy.random() == generator.random()


# --- refused


@pytest.mark.parametrize(
    "value",
    [
        np.array([object()]),
        np.array(["text"]),
        np.array([(1, 2.0)], dtype=[("a", int), ("b", float)]),
        np.array(["2026-01-01"], dtype="M8[D]"),
        np.random.Generator(np.random.MT19937(1)),
        1 << 70_000,
        "\ud800",
        sp.Symbol("__import__('os')"),
        sp.Symbol("lambda"),
        sp.Function("a b")(x),
        sp.Limit(1 / x, x, 0),
        Fraction(10**400),
        Decimal("sNaN"),
        object(),
        print,
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_is_not_sent(value):
    with pytest.raises(WireError):
        encode(value)


@pytest.mark.parametrize("value", [Fraction(1, 8), Decimal("0.125"), Decimal("1e-3") * 125])
def test_exact_numbers_arrive_as_floats(value):
    assert same(decode(encode([value])), [0.125])


def test_a_list_that_holds_itself_is_not_sent():
    endless = []
    endless.append(endless)
    with pytest.raises(WireError, match="nested too deeply"):
        encode(endless)


def test_a_list_that_doubles_at_every_level_is_not_sent():
    doubling = [1]
    for _ in range(60):
        doubling = [doubling, doubling]
    with pytest.raises(WireError, match="too many parts"):
        encode(doubling)


def nested(levels):
    return b"l\x01\x00\x00\x00" * levels + b"N"


def test_depth_is_capped_on_arrival():
    decode(nested(wire.MAX_DEPTH - 1))
    with pytest.raises(WireError, match="nested too deeply"):
        decode(nested(wire.MAX_DEPTH + 1))
    with pytest.raises(WireError, match="nested too deeply"):
        decode(nested(100_000))


def test_size_is_capped_on_both_sides(monkeypatch):
    array = np.zeros(1000)
    message = encode(array)
    monkeypatch.setattr(wire, "MAX_BYTES", 7000)
    with pytest.raises(WireError, match="larger than"):
        encode(array)
    with pytest.raises(WireError, match="larger than"):
        decode(message)


def test_an_empty_array_may_not_claim_endless_axes():
    message = bytearray(encode(np.zeros((0, 3))))
    at = message.index((3).to_bytes(8, "little"))
    message[at : at + 8] = (2**40).to_bytes(8, "little")
    with pytest.raises(WireError, match="larger than"):
        decode(message)


@pytest.mark.parametrize("name", ["__import__('os').system('true')", "lambda", "a b", "", "1x"])
def test_names_are_checked_on_arrival(name):
    good = encode(sp.Symbol("good_name_of_some_length_____"))
    bad = good.replace(b"good_name_of_some_length_____", name.encode().ljust(29))
    with pytest.raises(WireError, match="name"):
        decode(bad)


def test_an_expression_is_not_evaluated_on_arrival():
    tower = sp.Pow(2, sp.Pow(2, 3, evaluate=False), evaluate=False)
    arrived = decode(encode([tower, sp.factorial(9, evaluate=False)]))
    assert arrived[0].args[1].args == (2, 3)
    assert arrived[1].args == (9,)
    assert decode(encode(sp.Add(1, 1, evaluate=False))).args == (1, 1)
    monster = sp.Pow(10, sp.Pow(10, 10, evaluate=False), evaluate=False)
    assert decode(encode(monster)).args[0] == 10  # evaluated, it would take for ever


@pytest.mark.parametrize("code", ["<U2", "<M8", "<m8", "|V8", "|S8", ">f8", "|O8", "f,f", "O,O"])
def test_kinds_of_numbers_are_checked_on_arrival(code):
    message = encode(np.zeros(2)).replace(b"<f8", code.encode())
    with pytest.raises(WireError, match="only numbers"):
        decode(message)


def test_a_generator_in_an_impossible_state_is_refused():
    message = bytearray(encode(np.random.default_rng(1)))
    message[-1] = 255  # the top byte of the last number, which now is negative
    with pytest.raises(WireError):
        decode(message)


def test_references_need_somebody_who_resolves_them():
    message = encode([print], lambda thing: Ref("object", 3, "function"))
    with pytest.raises(WireError, match="reference"):
        decode(message)
    assert decode(message, lambda ref: ref) == [Ref("object", 3, "function")]


def test_only_names_can_be_referred_to_by_name():
    message = encode(print, lambda thing: Ref("name", "not a name"))
    with pytest.raises(WireError, match="reference"):
        decode(message, lambda ref: ref)


# --- on a socket


@pytest.fixture
def ends():
    left, right = socket.socketpair()
    with left, right:
        yield Connection(left), Connection(right)


def test_messages_arrive_whole(ends):
    left, right = ends
    messages = [b"", b"x", bytes(3_000_000)]
    sender = threading.Thread(target=lambda: [left.send(m) for m in messages])
    sender.start()
    assert [right.receive() for _ in messages] == messages
    sender.join()


def test_waiting_ends_at_the_deadline(ends):
    left, right = ends
    with pytest.raises(TimeoutError):
        right.receive(time.monotonic() + 0.01)
    with pytest.raises(TimeoutError):
        left.send(bytes(10**7), time.monotonic() + 0.01)  # nobody reads


def test_the_deadline_holds_also_while_there_is_more_to_read(ends):
    left, right = ends
    left.send(b"byte by byte")
    with pytest.raises(TimeoutError):
        right.receive(time.monotonic() - 1)


def test_a_length_beyond_the_limit_is_refused_before_it_is_read(ends):
    left, right = ends
    left.sock.send((2**32 - 1).to_bytes(4, "little"))
    with pytest.raises(WireError, match="larger than"):
        right.receive()


def test_the_end_of_the_other_side_is_noticed(ends):
    left, right = ends
    left.sock.send(b"\x09\x00\x00\x00abc")
    left.close()
    with pytest.raises(Closed):
        right.receive()


def test_a_leash_let_go_ends_the_wait_although_the_socket_is_open():
    ours, theirs = socket.socketpair()
    status, held = socket.socketpair()
    with ours, theirs, status:
        held.close()
        with pytest.raises(Closed):
            Connection(ours, status).receive(time.monotonic() + 5)
