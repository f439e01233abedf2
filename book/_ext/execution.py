"""Sphinx extension: chapters run in kernels of their own, an honest cache, readable failures."""

import dataclasses
import hashlib
import re
import tempfile
import uuid
from pathlib import Path

import jupyter_client
import myst_nb.core.render
import myst_nb.sphinx_
from jupyter_client.manager import AsyncKernelManager
from myst_nb.core.execute.base import ExecutionError
from myst_nb.core.read import NbReader, create_nb_reader
from myst_nb.core.utils import coalesce_streams
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from sources import Chapter, displays_digest, read_chapter
from sphinx.application import Sphinx
from sphinx.config import Config
from traitlets import default

BOOK = Path(__file__).parents[1]
# What a chapter's outputs depend on besides its own cells; the stock cache keys on those alone.
SHARED = ("book/lib", "book/data", "requirements.txt")
_PAGE = re.compile(r"\b\d\d_\w+")  # the name of a chapter


def shared_key(root: Path) -> str:
    """A hash of every file that any chapter may depend on."""
    digest = hashlib.sha256()
    for name in SHARED:
        top = root / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(root)}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


class ChapterKernelManager(AsyncKernelManager):
    """Chapters' kernels listen on sockets in a private folder, not on ports of this machine.

    A port that was free when it was chosen may be taken when the kernel starts, as happens where
    several builds run at a time; and nobody else shall talk to a kernel.
    """

    sockets = tempfile.TemporaryDirectory(prefix="kernels-")

    @default("transport")
    def _transport_in_files(self) -> str:
        return "ipc"

    @default("ip")
    def _place_of_its_own(self) -> str:
        return f"{self.sockets.name}/{uuid.uuid4().hex[:8]}"


def configure(app: Sphinx, config: Config) -> None:
    # One cache folder per state of the shared code, style, data and pins.
    config.nb_execution_cache_path = str(
        Path(app.outdir).parent / ".jupyter_cache" / shared_key(BOOK.parent)
    )
    # nbclient takes its default from there.
    jupyter_client.AsyncKernelManager = ChapterKernelManager
    myst_nb.core.render.coalesce_streams = whole_streams
    myst_nb.sphinx_.create_nb_reader = reader_that_marks_checks


def reader_that_marks_checks(path: str, *arguments) -> NbReader | None:
    """MyST-NB's `create_nb_reader`, but cells with checks carry a digest of what they read."""
    reader = create_nb_reader(path, *arguments)
    if reader is None:
        return None
    read = reader.read
    return dataclasses.replace(reader, read=lambda text: mark_checks(read(text), text, Path(path)))


def mark_checks(notebook: NotebookNode, text: str, path: Path) -> NotebookNode:
    """The notebook of a page, its `text` read from `path`, with digests in its checks' metadata.

    A check reads the displays of its page, and of pages that it names. The cache keys on the code
    cells alone, their source and their metadata: without the digest an edited equation would keep
    the result of the old one.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code" and "holds(" in cell.source:
            named = {path.with_name(f"{name}.md") for name in _PAGE.findall(cell.source)}
            others = [page.read_text(encoding="utf8") for page in sorted(named) if page.is_file()]
            cell.metadata["displays"] = displays_digest(text, *others)
    return notebook


def whole_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """MyST-NB's `coalesce_streams`, after the pieces of a stream are joined as they were written.

    By itself it ends a line wherever the kernel happened to send what it had, which differs from
    build to build.
    """
    whole, streams = [], {}
    for output in outputs:
        if output["output_type"] != "stream":
            whole.append(output)
        elif output["name"] in streams:
            streams[output["name"]]["text"] += output["text"]
        else:
            streams[output["name"]] = NotebookNode(output)
            whole.append(streams[output["name"]])
    return coalesce_streams(whole)


def explain(app: Sphinx, exception: Exception | None) -> None:
    """Replace the traceback of a failed cell by one line: the file, the line and the error."""
    if isinstance(exception, ExecutionError):
        path, failure = Path(str(exception)), exception.__cause__
        line = failed_line(read_chapter(path), str(failure))
    elif isinstance(exception, DeadKernelError):  # which cell it was died with the kernel
        path, failure, line = Path(app.env.doc2path(app.env.docname)), exception, 1
    else:
        return
    if hasattr(failure, "ename"):
        name, text = failure.ename, failure.evalue
    else:
        name, text = type(failure).__name__, str(failure).splitlines()[0]
    chapter = path.relative_to(BOOK.parent)
    if not text.startswith(f"{chapter}:"):  # a false equation says itself where it is printed
        text = f"{chapter}:{line}: {name}: {text}"
    # A SystemExit is what Jupyter Book does not answer with a traceback of its own.
    raise SystemExit(" ".join(text.split()))


def failed_line(chapter: Chapter, report: str) -> int:
    """The line of the chapter at which a cell failed, from what nbclient reports of it.

    IPython writes `Cell In[3], line 2` for every frame: of the last traceback's frames the highest
    cell is the one that ran, and its first frame the line. A report without frames shows the cell.
    """
    cells = [cell for cell in chapter.cells if cell.source.strip()]
    report = re.sub(r"\x1b\[[0-9;]*m", "", report)
    last = re.split("The above exception was|During handling of the above", report)[-1]
    frames = [(int(n), int(k)) for n, k in re.findall(r"Cell In\[(\d+)\], line (\d+)", last)]
    if frames:
        ran = max(number for number, _ in frames)
        return cells[ran - 1].first + next(line for number, line in frames if number == ran) - 1
    shown = (cell.first for cell in cells if f"---\n{cell.source.strip()}\n---" in report)
    return next(shown, 1)


def setup(app: Sphinx) -> dict:
    app.connect("config-inited", configure)
    app.connect("build-finished", explain, priority=900)  # after everybody has tidied up
    return {"parallel_read_safe": True, "version": "1"}
