"""A file that somebody handed in → the notebook that is graded.

Whatever the file holds, `read` returns the instructor's notebook: its cells, in its order, with the
student's answers in their places and the student's own cells between them. Nothing else of the file
is used, so deleted, duplicated, reordered, edited or relabelled cells need no treatment later.
"""

from __future__ import annotations

import copy
import json
import os
import re
import stat
import textwrap
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4

from autograder.assignment import Assignment
from autograder.release import graded_notebook

MAX_BYTES = 20_000_000
MAX_CELLS = 1_000
MAX_TEXT = 1_000_000
"""Characters in all cells; pages are made of them, which takes a second per 100,000."""


def is_image(mime: str, data: object) -> bool:
    """Whether this is a PNG or JPEG picture in base64, as notebooks hold them."""
    return (
        mime in ("image/png", "image/jpeg")
        and isinstance(data, str)
        and re.fullmatch(r"[A-Za-z0-9+/=\s]+", data) is not None
    )


class Refused(Exception):
    """A submission that cannot be graded. The message is the reason, in the student's words."""


@dataclass(frozen=True)
class Submission:
    """What one student handed in for one assignment, read once.

    Attributes
    ----------
    notebook : the instructor's, with the student's answers and own cells in it.
    refused : why nothing in the file can be graded; "" if it can.
    touched : the locked cells that were changed, moved, doubled or deleted. They count as they were
        handed out.
    """

    assignment: Assignment
    student: str
    notebook: NotebookNode
    refused: str = ""
    touched: tuple[str, ...] = ()


def read(path: Path, assignment: Assignment, student: str) -> Submission:
    """Read a submitted file. Never raises for what the file is."""
    notebook = copy.deepcopy(graded_notebook(assignment))
    try:
        touched = _fill(notebook, _cells(_bytes(path)), assignment)
    except Refused as reason:
        return Submission(assignment, student, notebook, refused=str(reason))
    return Submission(assignment, student, notebook, touched=tuple(touched))


def _bytes(path: Path) -> bytes:
    """A submitted file's content. Raises `Refused` unless it is a plain file of sensible size."""
    if any(place.is_symlink() for place in (path, *path.parents[:2])):
        raise Refused("It is a link, not a file: hand in the notebook itself.")
    try:
        # O_NONBLOCK: opening a pipe must not wait for somebody to write to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        others = sorted(p.name for p in path.parent.glob("*.ipynb"))[:3]
        # A name can hold what no page can: line ends, escape sequences, bytes that are no text.
        named = ", ".join(name if name.isprintable() else ascii(name) for name in others)
        found = f" (there is: {named})" if others else ""
        raise Refused(f"There is no file {path.name} in the submission{found}.") from None
    except OSError as error:
        raise Refused(f"It cannot be opened ({error.strerror}).") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refused("It is not a plain file.")
        content = b""
        while len(content) <= MAX_BYTES and (piece := os.read(descriptor, MAX_BYTES)):
            content += piece
    finally:
        os.close(descriptor)
    if len(content) > MAX_BYTES:
        raise Refused(
            f"It is larger than {MAX_BYTES // 10**6} MB: clear its outputs and hand it in again."
        )
    if not content.strip():
        raise Refused("The file is empty.")
    return content


def _cells(content: bytes) -> list[NotebookNode]:
    """The cells of a notebook file, each with only its type, name, source and images.

    Raises
    ------
    Refused
        If it is not a notebook.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("It is not a notebook: its text is not UTF-8.") from None
    try:
        notebook = json.loads(text)
        if isinstance(notebook, dict) and "worksheets" in notebook:
            notebook = nbformat.convert(nbformat.from_dict(notebook), 4)
    except json.JSONDecodeError as error:
        end = text.rstrip()
        if text.lstrip().startswith("{") and (not end.endswith("}") or error.pos >= len(end)):
            raise Refused("The file is cut off: save the notebook and hand it in again.") from None
        raise Refused(f"It is not a notebook (not JSON, line {error.lineno}).") from None
    except RecursionError:
        raise Refused("It is not a notebook: it is nested too deeply.") from None
    except Exception:  # a number with too many digits, an old format that cannot be converted
        raise Refused("It is not a notebook that can be read.") from None
    raw = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(raw, list):
        raise Refused("It is not a notebook: it has no cells.")
    if len(raw) > MAX_CELLS:
        raise Refused(f"It has more than {MAX_CELLS} cells.")
    cells = [_cell(cell) for cell in raw if isinstance(cell, dict)]
    if sum(len(cell.source) for cell in cells) > MAX_TEXT:
        raise Refused(f"Its cells hold more than {MAX_TEXT:,} characters, outputs not counted.")
    return cells


def _cell(raw: dict) -> NotebookNode:
    """One cell of the file, reduced to what grading uses. Tolerates anything."""

    def inside(*keys: str) -> dict:
        value: object = raw
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value if isinstance(value, dict) else {}

    source = raw.get("source")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    # JSON can hold half a surrogate pair, which no file can.
    source = source.encode("utf-8", "replace").decode("utf-8") if isinstance(source, str) else ""
    kind = raw.get("cell_type")
    if kind not in ("code", "markdown"):
        # nbconvert copies raw cells into pages as they are, scripts included: make it a listing.
        kind, source = "markdown", textwrap.indent(source, "    ")
    names = (inside("metadata", "nbgrader").get("grade_id"), raw.get("id"))
    return NotebookNode(
        cell_type=kind,
        names=[name for name in names if isinstance(name, str)],
        source=source,
        attachments={
            name: {mime: data}
            for name in inside("attachments")
            for mime, data in inside("attachments", name).items()
            if name.isprintable() and is_image(mime, data)
        },
    )


def _fill(
    notebook: NotebookNode, handed_in: list[NotebookNode], assignment: Assignment
) -> list[str]:
    """Put answers and own cells into the instructor's notebook, in place. Returns what is touched.

    Raises
    ------
    Refused
        If no cell belongs to this assignment.
    """
    places = {cell.id: cell for cell in notebook.cells}
    answerable = {c.grade_id for c in assignment.of_kind("solution", "manual")}
    # A cell is known by nbgrader's name, or by its id where a program has dropped the metadata.
    homes = [next((n for n in cell.names if n in places), None) for cell in handed_in]
    if not any(homes):
        raise Refused(
            f"None of its cells belong to {assignment.slug}: is it another assignment's notebook?"
        )
    given = {c.grade_id: places[c.grade_id] for c in assignment.of_kind("given", "test")}
    touched = _touched(handed_in, homes, given)
    # Copying or splitting a cell in JupyterLab copies its name. All of them run, in their order, as
    # they did for the student; the last one that was worked on is shown as the answer.
    answer: dict[str, NotebookNode] = {}
    for home, cell in zip(homes, handed_in, strict=True):
        if home in answerable and (home not in answer or cell.source != places[home].source):
            answer[home] = cell

    own: dict[str, list[NotebookNode]] = defaultdict(list)  # by the cell they follow; "" the top
    after = ""
    for home, cell in zip(homes, handed_in, strict=True):
        if home and (home not in answerable or cell is answer[home]):
            after = home
        elif home is None or cell.source != places[home].source:
            own[after].append(cell)

    counter = 0
    cells: list[NotebookNode] = []
    for place in [None, *notebook.cells]:
        if place is not None:
            if place.id in answer:
                place.source = answer[place.id].source
                if place.cell_type == "markdown" and answer[place.id].attachments:
                    place.attachments = answer[place.id].attachments
            cells.append(place)
        for cell in own[place.id if place is not None else ""]:
            counter += 1
            new = getattr(v4, f"new_{cell.cell_type}_cell")
            added = new(cell.source, id=f"own_{counter}")
            if cell.cell_type == "markdown" and cell.attachments:
                added.attachments = cell.attachments
            cells.append(added)
    notebook.cells = cells
    return touched


def _touched(
    handed_in: list[NotebookNode], homes: list[str | None], given: dict[str, NotebookNode]
) -> list[str]:
    """The names of given code cells that the file has not as they were handed out."""
    words = {n: c.source.partition("### BEGIN HIDDEN TESTS")[0].split() for n, c in given.items()}
    found = [(home, cell) for home, cell in zip(homes, handed_in, strict=True) if home in given]
    order = [home for home, _ in found]
    same = {h for h, cell in found if cell.cell_type == "code" and cell.source.split() == words[h]}
    whole = sorted(order) == sorted(given)
    moved = {n for n, other in zip(given, order, strict=True) if n != other} if whole else set()
    return [n for n in given if n not in same or n in moved or order.count(n) > 1]
