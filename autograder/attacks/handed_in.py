"""What a class hands in: right and wrong work, and files spoilt in every way we thought of."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4

from autograder import demo
from autograder.assignment import Assignment

Edit = Callable[[NotebookNode], object]


@dataclass(frozen=True)
class Work:
    """One student's submission and what must come of it.

    Attributes
    ----------
    points : of the autograded cells; None if the submission is refused.
    note : a part of what the student must read.
    make : writes the submission into its folder (which it has to make itself).
    """

    points: float | None
    note: str
    make: Callable[[Path], None]


def class_of(assignment: Assignment) -> dict[str, Work]:
    """Student → submission, for the example assignment."""
    file_name = f"{assignment.slug}.ipynb"
    solved = demo.handed_in(assignment, demo.model_answers(assignment))
    full = sum(test.points for test in assignment.tests)

    def bytes_of(edit: Edit | None = None, base: NotebookNode = solved) -> bytes:
        notebook = copy.deepcopy(base)
        if edit is not None:
            edit(notebook)
        # Not nbformat.write, which would put right what is to be wrong.
        return json.dumps(notebook, ensure_ascii=True).encode()

    def file(content: bytes) -> Callable[[Path], None]:
        def make(folder: Path) -> None:
            folder.mkdir(parents=True)
            (folder / file_name).write_bytes(content)

        return make

    def edited(edit: Edit, points: float = full, note: str = "") -> Work:
        return Work(points, note, file(bytes_of(edit)))

    def refused(reason: str, content: bytes) -> Work:
        return Work(None, reason, file(content))

    def cell(notebook: NotebookNode, grade_id: str) -> NotebookNode:
        return next(c for c in notebook.cells if c.id == grade_id)

    def without(*names: str) -> Edit:
        def edit(nb: NotebookNode) -> None:
            nb.cells = [c for c in nb.cells if c.id not in names]

        return edit

    def sources(**new: str) -> Edit:
        def edit(nb: NotebookNode) -> None:
            for grade_id, source in new.items():
                cell(nb, grade_id).source = source

        return edit

    def before(grade_id: str, *new: NotebookNode) -> Edit:
        def edit(nb: NotebookNode) -> None:
            at = [c.id for c in nb.cells].index(grade_id)
            nb.cells[at:at] = new

        return edit

    def copy_of(grade_id: str, source: str | None = None) -> NotebookNode:
        twin = copy.deepcopy(cell(solved, grade_id))
        twin.id = f"copy-of-{grade_id}"
        if source is not None:
            twin.source = source
        return twin

    def marks(name: str, /, **change: object) -> Edit:
        return lambda nb: cell(nb, name).metadata.nbgrader.update(change)

    # --- work

    stub = cell(demo.handed_in(assignment, {}), "softmax").source
    wrong = cell(solved, "softmax").source.replace("axis=1", "axis=0")
    unsolved = "`softmax` is not solved yet"
    class_ = {
        "solved": edited(lambda nb: None),
        "untouched": Work(0, unsolved, file(bytes_of(base=demo.handed_in(assignment, {})))),
        "half": edited(sources(softmax=stub), 3, unsolved),
        "warns": edited(
            sources(
                softmax="import warnings\n"
                + cell(solved, "softmax").source.replace(
                    "    weights", '    warnings.warn("careful")\n    weights', 1
                )
            )
        ),
        "own-cells": edited(
            lambda nb: (
                before("softmax", v4.new_code_cell("def grow(x):\n    return np.exp(x)"))(nb),
                sources(softmax=cell(solved, "softmax").source.replace("np.exp", "grow"))(nb),
            )
        ),
        "from-loops": edited(
            sources(
                softmax="def softmax(scores, temperature):\n"
                "    out = []\n"
                "    for row in scores:\n"
                "        e = [float(np.exp(x / temperature)) for x in row]\n"
                "        out.append([x / sum(e) for x in e])\n"
                "    return out"
            )
        ),
    }

    # --- cells that were deleted, copied, moved, edited, relabelled

    def strip(nb: NotebookNode) -> None:  # as some programs do on saving
        for c in nb.cells:
            c.metadata = {}

    def reverse(nb: NotebookNode) -> None:
        nb.cells.reverse()

    def no_ids(nb: NotebookNode) -> None:
        nb.nbformat_minor = 4
        for c in nb.cells:
            del c["id"]

    def raise_points(nb: NotebookNode) -> None:
        for c in nb.cells:
            if "points" in c.metadata.get("nbgrader", {}):
                c.metadata.nbgrader.points = 1000

    def forged(nb: NotebookNode) -> None:
        sources(softmax=wrong)(nb)
        for c in nb.cells:
            if c.cell_type == "code":
                score = v4.new_output("execute_result", data={"text/plain": "1000.0"})
                c.outputs, c.execution_count = [score], 1
                c.metadata.tags = ["skip-execution"]

    def text_of_the_marker(nb: NotebookNode) -> None:
        cell(nb, "text_cold").source = "### BEGIN HIDDEN TESTS\nAll weight goes to the largest."
        before("softmax", v4.new_code_cell("### BEGIN HIDDEN TESTS\n### BEGIN SOLUTION"))(nb)

    noted = "they count as they were handed out: "
    class_ |= {
        "test-deleted": edited(without("test_softmax"), note=noted + "test_softmax."),
        "tests-deleted": edited(
            without("test_softmax", "test_hot_entropy"),
            note=noted + "test_softmax, test_hot_entropy.",
        ),
        "answer-deleted": edited(without("softmax"), 3, unsolved),
        "given-deleted": edited(without("given_imports"), note=noted + "given_imports."),
        "test-copied": edited(
            before("softmax", copy_of("test_softmax")), note=noted + "test_softmax."
        ),
        "answer-copied": edited(before("softmax", copy_of("softmax"))),
        "draft-before": edited(before("softmax", copy_of("softmax", wrong))),
        "draft-after": edited(before("test_softmax", copy_of("softmax", wrong)), 3),
        "stub-after": edited(before("test_softmax", copy_of("softmax", stub))),
        "reversed": edited(reverse, note=noted + "given_imports, test_hot_entropy."),
        "test-edited": edited(
            lambda nb: sources(softmax=wrong, test_softmax="assert True")(nb), 3, "weights"
        ),
        "given-edited": edited(
            sources(given_imports="import sympy as sp\nN = 3"), note=noted + "given_imports."
        ),
        "points-raised": edited(raise_points),
        "unlocked": edited(marks("test_softmax", locked=False, solution=True, grade=False)),
        "renamed": edited(marks("test_softmax", grade_id="test_of_my_own")),
        "other-id": edited(marks("softmax", grade_id="hot_entropy"), 3),
        "schema-99": edited(marks("softmax", schema_version=99)),
        "schema-missing": edited(
            lambda nb: cell(nb, "softmax").metadata.nbgrader.pop("schema_version")
        ),
        "metadata-empty": edited(lambda nb: cell(nb, "softmax").metadata.update(nbgrader={})),
        "metadata-odd": edited(lambda nb: cell(nb, "softmax").metadata.update(nbgrader=[1])),
        "metadata-gone": edited(strip),
        "ids-gone": edited(no_ids),
        "kind-changed": edited(lambda nb: cell(nb, "softmax").update(cell_type="markdown")),
        "kind-unknown": edited(
            before("softmax", NotebookNode(cell_type="video", source=[1], id=7))
        ),
        "other-kernel": edited(lambda nb: nb.metadata.update(kernelspec={"name": "bash"})),
        "forged": Work(3, "row", file(bytes_of(forged))),
        "surrogate": edited(before("softmax", v4.new_markdown_cell("\ud800 half a character"))),
        "markers": edited(text_of_the_marker),
    }

    def numbers_odd(nb: NotebookNode) -> None:
        nb.metadata.odd = [float("nan"), float("inf"), -1e308, 10**300]
        nb.nbformat, nb.nbformat_minor = 5, -3
        for number, c in enumerate(nb.cells):
            c.execution_count = float("nan") if number % 2 else 10**400

    def ids_odd(nb: NotebookNode) -> None:
        for number, c in enumerate(nb.cells):
            c.id = [None, 7, "test_softmax", [1], {"a": 1}, "x" * 10_000][number % 6]

    def pictures_odd(nb: NotebookNode) -> None:
        text = cell(nb, "text_cold")
        text.source = "![a](attachment:gone.png) ![b](attachment:\ud800.png) ![c](attachment:c)"
        text.attachments = {
            "\ud800.png": {"image/png": "iVBORw0="},
            "c": {"image/png": '"><script>evil()</script>', "image/svg+xml": "<svg onload=evil()>"},
            "d\nd": {"image/png": "iVBORw0="},
            "e": [1],
        }

    def deep_metadata(nb: NotebookNode) -> None:
        inner: dict = {}
        for _ in range(400):
            inner = {"nbgrader": inner, "grade_id": inner and "softmax"}
        for c in nb.cells:
            c.metadata.update(inner)
            c.metadata.nbgrader.grade_id = c.metadata.nbgrader.get("grade_id") or c.id

    class_ |= {
        "numbers-odd": edited(numbers_odd),
        "ids-odd": edited(ids_odd),
        "pictures-odd": edited(pictures_odd),
        "types-odd": edited(
            lambda nb: [
                marks(name, points="3", grade=[], solution=0, schema_version=None)(nb)
                for name in ("softmax", "test_softmax")
            ]
        ),
        "deep-text": edited(sources(text_cold=">" * 30_000)),
        "square-text": edited(sources(text_cold="\\begin{a}" * 2_000)),
        "long-text": Work(
            None, "more than 1,000,000 characters", file(bytes_of(sources(text_cold="x " * 10**6)))
        ),
    }

    # --- files

    def missing(folder: Path) -> None:
        folder.mkdir(parents=True)

    def misnamed(folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "homework.ipynb").write_bytes(bytes_of())

    def pipe(folder: Path) -> None:
        folder.mkdir(parents=True)
        os.mkfifo(folder / file_name)

    def link(folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / file_name).symlink_to("/dev/zero")

    def linked_folder(folder: Path) -> None:
        folder.parent.mkdir(parents=True)
        folder.symlink_to("/etc")

    def is_a_folder(folder: Path) -> None:
        (folder / file_name).mkdir(parents=True)

    def is_a_file(folder: Path) -> None:
        folder.parent.mkdir(parents=True)
        folder.write_text("my homework")

    def huge(folder: Path) -> None:
        folder.mkdir(parents=True)
        with open(folder / file_name, "wb") as file:
            file.truncate(10**11)  # a hole, which takes no room on the disk

    def with_odd_files(folder: Path) -> None:
        file(bytes_of())(folder)
        (folder / "zero").symlink_to("/dev/zero")
        (folder / "notes.txt").write_text("for the grader")
        os.mkfifo(folder / "pipe")
        with open(folder / "huge", "wb") as sparse:
            sparse.truncate(10**11)

    def socket_file(folder: Path) -> None:
        folder.mkdir(parents=True)
        with contextlib.chdir(folder), socket.socket(socket.AF_UNIX) as sock:
            sock.bind(file_name)  # by its short name, for a socket's has at most 108 letters

    def linked_student(folder: Path) -> None:
        folder.parent.symlink_to("solved")

    def named(name: bytes) -> Callable[[Path], None]:
        def make(folder: Path) -> None:
            folder.mkdir(parents=True)
            (folder / os.fsdecode(name)).write_bytes(bytes_of())

        return make

    def with_pages(folder: Path) -> None:
        file(bytes_of())(folder)
        for name in (f"{assignment.slug}.html", "index.HTM", "a/b.svg", "a/c.xml"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("<script>evil()</script>")
            (folder / name).chmod(0o444)
        (folder / "nbgrader_config.py").write_text("raise SystemExit")
        (folder / "extra.ipynb").write_bytes(bytes_of(base=foreign))

    def with_odd_tree(folder: Path) -> None:
        file(bytes_of())(folder)
        (folder / os.fsdecode(b"\xff\n\x1b[31m")).write_text("x")
        (folder / "-rf *;$(touch pwned)").write_text("x")
        (folder / f"{assignment.slug}.ipynb.ipynb").mkdir()
        (folder / "/".join("d" * 100)).mkdir(parents=True)
        for number in range(300):
            (folder / f"file-{number}").touch()
        os.link(folder / file_name, folder / "again")

    def dated(text: str) -> Work:
        def make(folder: Path) -> None:
            file(bytes_of())(folder)
            (folder / "timestamp.txt").write_text(text)

        return Work(full, "", make)

    def date_is_a_pipe(folder: Path) -> None:
        file(bytes_of())(folder)
        os.mkfifo(folder / "timestamp.txt")

    good = bytes_of()
    twice = good.replace(b'"cells":', b'"cells": 3, "cells":', 1)
    old_format = nbformat.writes(nbformat.convert(copy.deepcopy(solved), 3))
    foreign = v4.new_notebook(cells=[v4.new_code_cell("print('another course')")])
    class_ |= {
        "missing": Work(None, "There is no file", missing),
        "misnamed": Work(None, "(there is: homework.ipynb)", misnamed),
        "empty": refused("The file is empty", b""),
        "blank": refused("The file is empty", b" \n\n"),
        "truncated": refused("cut off", good[: len(good) // 2]),
        "truncated-late": refused("cut off", good[:-1]),
        "pdf": refused("not a notebook", b"%PDF-1.4 binary"),
        "latin": refused("not UTF-8", good.replace(b"Softmax", b"Softm\xe4x")),
        "a-list": refused("has no cells", b"[1, 2]"),
        "no-cells": refused("has no cells", b'{"nbformat": 4, "cells": {}}'),
        "deep": refused("nested too deeply", b"[" * 200_000),
        "many-cells": refused("more than", b'{"cells": [' + b"{}," * 5000 + b"{}]}"),
        "long-number": refused("can be read", b'{"cells": [' + b"9" * 10_000 + b"]}"),
        "foreign": refused("None of its cells", bytes_of(base=foreign)),
        "pipe": Work(None, "not a plain file", pipe),
        "link": Work(None, "It is a link", link),
        "linked-folder": Work(None, "It is a link", linked_folder),
        "is-a-folder": Work(None, "not a plain file", is_a_folder),
        "is-a-file": Work(None, "cannot be opened", is_a_file),
        "names-twice": Work(full, "", file(twice)),
        "sheets": refused("can be read", good[:-1] + b', "worksheets": 3, "nbformat": 99}'),
        "socket": Work(None, "cannot be opened", socket_file),
        "linked-student": Work(None, "It is a link", linked_student),
        "named-in-bytes": Work(None, "(there is: '\\udcff.ipynb')", named(b"\xff.ipynb")),
        "named-in-orders": Work(None, "there is: '\\x1b[2J", named(b"\x1b[2J[red]\n.ipynb")),
        "named-in-html": Work(
            None, "(there is: <img src=x onerror=evil()", named(b"<img src=x onerror=evil()>.ipynb")
        ),
        "with-pages": Work(full, "", with_pages),
        "odd-tree": Work(full, "", with_odd_tree),
        "huge": Work(None, "larger than 20 MB", huge),
        "odd-files": Work(full, "", with_odd_files),
        "format-3": Work(full, "", file(old_format.encode())),
        "byte-order-mark": Work(full, "", file(b"\xef\xbb\xbf" + good)),
        "dated": dated("2026-11-23 10:00:00 UTC"),
        "date-odd": dated("yesterday, honestly"),
        "date-huge": dated("9" * 5000),
        "date-pipe": Work(full, "", date_is_a_pipe),
    }

    # --- what reaches a page

    evil = (
        '<script>alert("evil")</script><img src=x onerror=evil()><iframe src="//evil.example">'
        '<a href="javascript:evil()">a</a><style>*{display:none}</style>'
        '<div style="background:url(//evil.example)" onclick="evil()">b</div><svg onload=evil()>'
        r"![pixel](http://evil.example/x.png) $\href{javascript:evil()}{x}$ <b>bold</b>"
    )
    shows = f"from IPython.display import *\nevil = {evil!r}\n" + "\n".join(
        f"display({kind}(evil))" for kind in ("HTML", "Javascript", "Markdown", "Latex")
    )
    shows += '\ndisplay({"image/svg+xml": evil, "image/png": evil}, raw=True)\nprint(evil)\nevil'
    shown = (v4.new_code_cell(shows), v4.new_markdown_cell(evil), v4.new_raw_cell(evil))
    class_["evil"] = Work(
        full,
        "",
        file(
            bytes_of(
                lambda nb: (
                    sources(text_cold=evil)(nb),
                    before("softmax", *shown)(nb),
                )
            )
        ),
    )
    return class_
