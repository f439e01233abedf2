"""The outputs of a cell, collected as a notebook would show them, up to the limits."""

from __future__ import annotations

import base64
import errno
import io
from collections.abc import Mapping, Sequence
from typing import Any

from autograder.student.limits import DEFAULT, Limits


class Outputs:
    """The outputs of a cell, as nbformat has them, up to a number of bytes.

    With 0 bytes nothing is collected, and no note says that anything was dropped.
    """

    def __init__(self, bytes_left: int, limits: Limits = DEFAULT) -> None:
        self.bytes_left, self.limits = bytes_left, limits
        self.list: list[dict] = []
        self.shown, self.full = bytes_left > 0, False
        self.displays: dict[str, list[dict]] = {}
        self.clear_next = False

    def _add(self, output: dict, size: int) -> bool:
        if self.clear_next:
            self.clear()
        size += 100  # an empty one takes memory too
        if self.full or size > self.bytes_left:
            if self.shown and not self.full:
                self.list.append(_stream("stderr", "\n[further output of this cell is dropped]\n"))
            self.full = True
            return False
        self.bytes_left -= size
        self.list.append(output)
        return True

    def write(self, name: str, text: str) -> None:
        size = len(text)
        if self.clear_next:
            self.clear()
        last = self.list[-1] if self.list else {}
        if last.get("name") == name and size <= self.bytes_left and not self.full:
            self.bytes_left -= size
            last["parts"].append(text)
        elif self._add(_stream(name, ""), size):
            self.list[-1]["parts"] = [text]

    def display(self, data: dict, metadata: dict, transient: dict, update: bool) -> None:
        data = _texts(data)
        identity: Any = transient.get("display_id")
        if update:
            for old in self.displays.get(identity, ()):
                old.update(data=data, metadata=plain_metadata(metadata))
            return
        output = {"output_type": "display_data", "data": data, "metadata": plain_metadata(metadata)}
        if self._add(output, sum(map(len, data.values()))) and isinstance(identity, str):
            self.displays.setdefault(identity, []).append(output)

    def result(self, data: dict, metadata: dict, count: int) -> None:
        data = _texts(data)
        output = {
            "output_type": "execute_result",
            "data": data,
            "metadata": plain_metadata(metadata),
            "execution_count": count,
        }
        self._add(output, sum(map(len, data.values())))

    def error(self, etype: type, evalue: BaseException, stb: Sequence[str]) -> None:
        try:
            text = str(evalue)
        except Exception:
            text = ""
        lines = [str(line)[:20_000] for line in stb][:200]
        if hint := _hint(evalue, text, self.limits):
            text, lines = f"{text[:1000]} [{hint}]".strip(), [*lines, hint]
        output = {
            "output_type": "error",
            "ename": str(etype.__name__),
            "evalue": text[:2000],
            "traceback": lines,
        }
        # How a cell ended is worth more than what it printed before.
        self.full, self.bytes_left = False, max(self.bytes_left, 10**6)
        self._add(output, sum(map(len, lines)))

    def clear(self, wait: bool = False) -> None:
        self.clear_next = wait
        if not wait:
            self.list.clear()

    def take(self) -> list[dict]:
        """The outputs so far, complete."""
        for output in self.list:
            if "parts" in output:
                output["text"] = "".join(output.pop("parts"))
        return self.list


def _hint(error: BaseException, text: str, limits: Limits) -> str:
    """Which limit an error is due to, if any."""
    if isinstance(error, MemoryError):
        return f"a notebook may use {limits.memory_bytes >> 20} MB of memory here"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EFBIG):
        return f"a notebook may write {limits.disk_bytes >> 20} MB in {limits.files} files here"
    if "can't start new thread" in text:
        return f"a notebook may start {limits.threads} threads here"
    return ""


def _stream(name: str, text: str) -> dict:
    return {"output_type": "stream", "name": name, "text": text}


def _texts(data: Mapping) -> dict[str, str]:
    """The representations that are text, binary ones as base64."""
    return {
        str(mime): base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
        for mime, value in data.items()
        if isinstance(value, str | bytes)
    }


def plain_metadata(metadata: Mapping) -> dict:
    """Metadata of numbers and texts, two levels deep: the size of an image, say."""
    good = (str, int, float, bool, type(None))
    return {
        str(key): plain_metadata(value) if isinstance(value, dict) else value
        for key, value in metadata.items()
        if isinstance(value, good)
        or (isinstance(value, dict) and all(isinstance(v, good) for v in value.values()))
    }


class OutputStream:
    """What sys.stdout or sys.stderr is while a cell runs: text goes to the cell's outputs."""

    encoding, errors, closed, newlines = "utf-8", "replace", False, None

    def __init__(self, ipython: Any, name: str) -> None:
        self._ipython, self.name = ipython, f"<{name}>"
        self._which = name

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._ipython.outputs.write(self._which, text.encode("utf-8", "replace").decode())
        return len(text)

    def writelines(self, lines: Sequence[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def isatty(self) -> bool:
        return False

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        raise io.UnsupportedOperation("fileno")
