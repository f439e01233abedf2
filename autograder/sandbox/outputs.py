"""The outputs of a student's cells, as the host receives them."""

from __future__ import annotations

import re
from typing import Any

from autograder.student import wire
from autograder.student.outputs import plain_metadata

_MIME = re.compile(r"[a-z]+/[A-Za-z0-9.+-]{1,60}")


def clean_outputs(outputs: Any, max_bytes: int) -> list[dict]:
    """Outputs of the shapes nbformat knows, up to a size; whatever else was received is left out.

    The student's side keeps to the limit by itself, unless somebody has tampered with it.
    """
    clean: list[dict] = []
    bytes_left = max_bytes + 2 * 10**6  # an error may exceed what is left for the rest
    keys: tuple[str, ...]
    for output in outputs if isinstance(outputs, list) else ():
        match output:
            case {"output_type": "stream", "name": "stdout" | "stderr", "text": str()}:
                keys = ("output_type", "name", "text")
            case {"output_type": "display_data", "data": dict(), "metadata": dict()}:
                keys = ("output_type", "data", "metadata")
            case {
                "output_type": "execute_result",
                "data": dict(),
                "metadata": dict(),
                "execution_count": int(),
            }:
                keys = ("output_type", "data", "metadata", "execution_count")
            case {"output_type": "error", "ename": str(), "evalue": str(), "traceback": list()}:
                keys = ("output_type", "ename", "evalue", "traceback")
                output["traceback"] = [x for x in output["traceback"] if type(x) is str]
            case _:
                continue
        if "data" in keys:
            output["data"] = {
                mime: text
                for mime, text in output["data"].items()
                if type(mime) is str and _MIME.fullmatch(mime) and type(text) is str
            }
            output["metadata"] = plain_metadata(output["metadata"])
        kept = {key: output[key] for key in keys}
        bytes_left -= len(wire.encode(kept))
        if bytes_left < 0:
            break
        clean.append(kept)
    return clean
