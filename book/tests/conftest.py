"""What the tests of the book share: real builds, a headless browser, a server on this machine."""

import contextlib
import functools
import http.server
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from book_tools import Build, build, copy_of_the_book


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The folder of the real book's HTML, built once in a run, from an empty cache.

    The root's conftest keeps the tests that need it in one process.
    """
    done = build(copy_of_the_book(tmp_path_factory.mktemp("build") / "here"))
    assert done.returncode == 0, done.errors or done.output[-3000:]
    return done.html


@pytest.fixture(scope="session")
def pages(site) -> list[str]:
    """The names of all pages of the site."""
    return sorted(
        str(path.relative_to(site)) for path in site.rglob("*.html") if "_static" not in path.parts
    )


@pytest.fixture(scope="session")
def build_all(tmp_path_factory) -> Iterator[Callable[[dict[str, Path]], dict[str, Build]]]:
    """A function that builds project folders two at a time: one per core that CI has."""
    with ThreadPoolExecutor(2) as pool:
        yield lambda roots: dict(zip(roots, pool.map(build, roots.values()), strict=True))


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments) -> None:
        pass


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a static server of `folder` on this machine."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_address[1]}/"
        served.shutdown()


@pytest.fixture(scope="session")
def server(site) -> Iterator[str]:
    """The address of the site."""
    with serving(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium: the one that BOOK_CHROMIUM names, or the system's."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = os.environ.get("BOOK_CHROMIUM", "/usr/bin/chromium")
    if not Path(path).exists():
        pytest.skip(f"no Chromium at {path}: install Debian's chromium, or set BOOK_CHROMIUM")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()
