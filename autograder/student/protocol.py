"""How host and shell talk: whole messages on a socket, and questions that each side may ask.

A message begins with its length. A question is ``?``, its number and what `wire` makes of it; its
answer is ``!``, the same number and a value.
"""

from __future__ import annotations

import builtins
import contextlib
import itertools
import math
import select
import socket
import struct
import time
from collections.abc import Callable

from autograder.student.wire import MAX_BYTES, Message, WireError


class Closed(Exception):
    """The other side is gone."""


READY = b"ready"
"""What the forkserver, and each shell, sends when it is ready."""
# --- messages


def _check_deadline(deadline: float | None) -> None:
    """Raise TimeoutError after the deadline, even if bytes keep arriving."""
    if deadline is not None and time.monotonic() >= deadline:
        raise TimeoutError


class Connection:
    """Whole messages over a stream socket, with a limit on their length and on waiting.

    `status` is a second socket. If the other side closes it, the other side is gone as well: a
    child process that it left behind may keep the first socket open.
    """

    def __init__(self, sock: socket.socket, status: socket.socket | None = None) -> None:
        self.sock = sock
        self.status = status
        sock.setblocking(False)

    def send(self, message: bytes, deadline: float | None = None) -> None:
        """Send one message.

        Raises
        ------
        Closed, TimeoutError, WireError
            If the other side is gone, does not read until `deadline` (by `time.monotonic`), or
            the message is too long.
        """
        if len(message) > MAX_BYTES + 1024:
            raise WireError(f"it is larger than {MAX_BYTES >> 20} MB")
        rest = memoryview(struct.pack("<I", len(message)) + message)
        while rest:
            _check_deadline(deadline)
            try:
                rest = rest[self.sock.send(rest) :]
            except BlockingIOError:
                self._wait(deadline, writing=True)
            except OSError:
                raise Closed from None

    def receive(self, deadline: float | None = None) -> bytearray:
        """The next message. Raises as `send` does."""
        (length,) = struct.unpack("<I", self._exactly(4, deadline))
        if length > MAX_BYTES + 1024:
            raise WireError(f"it is larger than {MAX_BYTES >> 20} MB")
        return self._exactly(length, deadline)

    def _exactly(self, count: int, deadline: float | None) -> bytearray:
        data = bytearray(count)
        view, filled = memoryview(data), 0
        while filled < count:
            _check_deadline(deadline)
            try:
                got = self.sock.recv_into(view[filled:])
            except BlockingIOError:
                self._wait(deadline)
                continue
            except OSError:
                raise Closed from None
            if not got:
                raise Closed
            filled += got
        return data

    def _wait(self, deadline: float | None, writing: bool = False) -> None:
        _check_deadline(deadline)
        left = None if deadline is None else deadline - time.monotonic()
        poll = select.poll()  # select() cannot watch descriptors above 1023
        poll.register(self.sock, select.POLLOUT if writing else select.POLLIN)
        if self.status is not None:
            poll.register(self.status, select.POLLIN)
        ready = dict(poll.poll(None if left is None else math.ceil(max(left, 0) * 1000)))
        if not ready:
            raise TimeoutError
        if self.sock.fileno() not in ready:
            raise Closed

    def close(self) -> None:
        self.sock.close()


# --- questions and answers


class Line:
    """One end of a connection on which each side may ask the other, also while being asked.

    `serve` turns a question's bytes into its answer's. Both sides serve what arrives while they
    wait for an answer, so questions nest like calls. An answer with another number than the
    question's shows that the two sides are out of step.
    """

    def __init__(self, connection: Connection, serve: Callable[[Message], bytes]) -> None:
        self.connection, self.serve = connection, serve
        self.numbers = itertools.count()

    def ask(self, body: bytes, deadline: float | None = None) -> Message:
        """The answer to a question.

        Raises
        ------
        Closed, TimeoutError, WireError
            As `Connection` does, and WireError if what arrives is no answer to the question.
        """
        number = next(self.numbers).to_bytes(8, "little")
        self.connection.send(b"?" + number + body, deadline)
        while True:
            message = self.connection.receive(deadline)
            if message[:1] == b"?":
                self._answer(message, deadline)
            elif message[:9] == b"!" + number:
                return message[9:]
            else:
                raise WireError("it does not fit the question")

    def serve_forever(self) -> None:
        """Answer until the other side goes away."""
        with contextlib.suppress(Closed):
            while True:
                message = self.connection.receive()
                if message[:1] == b"?":
                    self._answer(message, None)

    def _answer(self, message: bytearray, deadline: float | None) -> None:
        self.connection.send(b"!" + message[1:9] + self.serve(message[9:]), deadline)


def builtin_kind(error: BaseException) -> str:
    """The nearest built-in class of an exception."""
    classes = type(error).__mro__
    names = (cls.__name__ for cls in classes if getattr(builtins, cls.__name__, None) is cls)
    return next(names, "Exception")
