"""What the tests of the book share: real builds, a headless browser, a server on this machine."""

import contextlib
import functools
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from book_tools import Build, build, copy_of_the_book


@pytest.fixture(scope="session")
def two_builds(tmp_path_factory) -> Iterator[dict[str, Future]]:
    """The real book, built twice at once in two folders, caches empty."""
    folder = tmp_path_factory.mktemp("builds")
    # Copies of one moment, so that nobody's edits come between them.
    here = copy_of_the_book(folder / "here")
    elsewhere = Path(shutil.copytree(here, folder / "somewhere" / "else"))
    with ThreadPoolExecutor(2) as pool:
        yield {"here": pool.submit(build, here), "elsewhere": pool.submit(build, elsewhere)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for the real builds goes last."""
    items.sort(key=lambda item: "two_builds" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session", autouse=True)
def start_early(request) -> None:
    """Start the real builds, if anybody will want them, behind the tests that do without."""
    if any("two_builds" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("two_builds")


@pytest.fixture(scope="session")
def site(two_builds) -> Path:
    """The folder of the real book's HTML."""
    done = two_builds["here"].result()
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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all-mutants",
        action="store_true",
        help="try every mutant of every equation, not a part chosen by the commit",
    )
