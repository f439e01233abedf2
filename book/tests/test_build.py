"""What the build promises: the same bytes every time, an honest cache, nothing from elsewhere."""

import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from book_tools import (
    ENVIRONMENT,
    HEAD,
    ROOT,
    build,
    build_command,
    cell,
    copy_of_the_book,
    small_book,
)
from bs4 import BeautifulSoup
from execution import failed_line, mark_checks, shared_key, whole_streams
from katex_offline import start_katex
from nbformat import NotebookNode
from sources import read_chapter
from sphinx.errors import ExtensionError


@pytest.fixture(scope="module")
def soups(site, pages) -> dict[str, BeautifulSoup]:
    """Every page of the site, parsed."""
    return {name: BeautifulSoup((site / name).read_bytes(), "html.parser") for name in pages}


@pytest.mark.prove
def test_two_builds_in_two_places_are_the_same_bytes(site, tmp_path):
    elsewhere = build(copy_of_the_book(tmp_path / "somewhere" / "else"))
    assert elsewhere.returncode == 0, elsewhere.errors
    here, there = (
        {path.relative_to(html): path.read_bytes() for path in html.rglob("*") if path.is_file()}
        for html in (site, elsewhere.html)
    )
    assert here.keys() == there.keys()
    assert [str(name) for name in here if here[name] != there[name]] == []


def test_make_book_builds_as_these_tests_do():
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    show = "print:\n\t@env | grep -E '^(OMP|OPENBLAS|PYTHONHASH)'\ninclude Makefile\n"
    make = {"cwd": ROOT, "capture_output": True, "text": True, "check": True}
    environment = subprocess.run(["make", "-s", "-f", "-", "print"], input=show, **make).stdout
    assert dict(line.split("=") for line in environment.split()) == ENVIRONMENT
    recipe = subprocess.run(["make", "-n", "book"], **make).stdout.replace("\\\n", " ")
    command = next(line for line in recipe.split("\n") if "jupyter-book build" in line)
    ours = build_command(ROOT)
    assert sorted(shlex.split(command)[1:]) == sorted([*ours[1:], "--quiet"])


# --- the execution cache


def test_the_cache_key_follows_all_that_a_chapter_depends_on(tmp_path):
    files = ["book/lib/a.py", "book/lib/style.mplstyle", "book/data/deep/b.csv", "requirements.txt"]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one")
    keys = [shared_key(tmp_path)]
    for name in files:
        (tmp_path / name).write_text("two")
        keys.append(shared_key(tmp_path))
    (tmp_path / "book/data/new.csv").write_text("two")
    keys.append(shared_key(tmp_path))
    (tmp_path / "book/data/new.csv").rename(tmp_path / "book/data/renamed.csv")
    keys.append(shared_key(tmp_path))
    (tmp_path / "book/data/renamed.csv").unlink()
    assert len(set(keys)) == len(keys)
    assert shared_key(tmp_path) == keys[-3]

    (tmp_path / "book/lib/__pycache__").mkdir()
    (tmp_path / "book/lib/__pycache__/a.pyc").write_text("compiled")
    (tmp_path / "book/01_chapter.md").write_text("a chapter's own text is in the stock key")
    assert shared_key(tmp_path) == keys[-3]


def test_checks_carry_what_they_read_on_their_page_and_on_pages_that_they_name(tmp_path):
    texts = {"01_a": "$$\na\n$$\n", "02_b": "$$\nb\n$$\n", "03_c": "$$\nc\n$$\n"}
    checks = cell("x = 1") + cell("holds('c', {})") + cell("holds('d', {}, given='02_b')")
    texts["03_c"] += checks

    def digests(**edited: str) -> list[str | None]:
        for name, text in {**texts, **edited}.items():
            (tmp_path / f"{name}.md").write_text(text)
        text = {**texts, **edited}["03_c"]
        notebook = mark_checks(read_chapter(None, text).notebook, text, tmp_path / "03_c.md")
        return [one.metadata.get("displays") for one in notebook.cells if one.cell_type == "code"]

    (none, here, both) = digests()
    assert none is None and here != both
    assert digests(**{"01_a": "$$\n7\n$$\n", "02_b": f"Text.\n\n{texts['02_b']}"}) == [
        None,
        here,
        both,
    ]
    changed = digests(**{"02_b": "$$\n7\n$$\n"})
    assert changed[1] == here and changed[2] != both
    changed = digests(**{"03_c": texts["03_c"].replace("$$\nc", "$$\n7")})
    assert changed[1] != here and changed[2] != both


def test_a_stream_is_whole_however_the_kernel_sent_it():
    def stream(name: str, text: str) -> NotebookNode:
        return NotebookNode(output_type="stream", name=name, text=text)

    result = NotebookNode(output_type="execute_result")
    sent = [stream("stdout", "a"), result, stream("stdout", "b\n"), stream("stdout", "\nc d\n")]
    for _ in range(2):  # what was sent stays as it was
        assert [one.get("text") for one in whole_streams(sent)] == ["ab\n\nc d\n", None]


def test_cells_run_again_when_shared_code_changes_and_only_then(tmp_path):
    code = "from lib.shared import VALUE\n\nprint(VALUE, end=' ', flush=True)\nprint('value')"
    code += "\nfrom ipykernel import get_connection_info\n\n"
    code += "print('kernel at', get_connection_info(unpack=True)['transport'])"
    page = f"{HEAD}# Page\n\nProse.\n\n{cell(code)}"
    root = small_book(tmp_path / "book_with_cache", {"index": page})
    shared, source = root / "book" / "lib" / "shared.py", root / "book" / "index.md"
    shared.write_text("VALUE = 'first'\n")
    seen = []
    for change in (
        lambda: None,
        lambda: source.write_text(page.replace("Prose.", "Other prose.")),
        lambda: shared.write_text("VALUE = 'second'\n"),
    ):
        change()
        done = build(root)
        assert done.returncode == 0, done.errors
        html = (done.html / "index.html").read_text(encoding="utf8")
        value = re.search(r"\w+ value(?=\n)", html)[0]
        seen.append(("Executed notebook" in done.output, "Other prose" in html, value))
        assert "kernel at ipc" in html  # not at a port, which another build may take
    assert seen == [
        (True, False, "first value"),
        (False, True, "first value"),
        (True, True, "second value"),
    ]


# --- which line failed


def report(*frames: tuple[int, int]) -> str:
    lines = [f"\x1b[36mCell\x1b[39m \x1b[32mIn[{n}]\x1b[39m, line {k}" for n, k in frames]
    return "\n".join([*lines, "ValueError: no"])


def test_the_line_that_failed_is_the_outermost_frame_of_the_cell_that_ran():
    text = cell("def f():\n    g()") + cell("") + cell("y = 1", ":tags: [x]") + cell("x\n\nf()")
    read = read_chapter(None, HEAD + text)
    lines = (HEAD + text).split("\n")
    calls = lines.index("f()") + 1
    assert failed_line(read, report((3, 3), (1, 2))) == calls
    assert failed_line(read, report((3, 3), (1, 2), (3, 1))) == calls
    chained = report((1, 1))
    cause = "The above exception was the direct cause of the following exception:"
    assert failed_line(read, f"{chained}\n{cause}\n{report((3, 3), (1, 2))}") == calls
    assert failed_line(read, "------\ny = 1\n------\n") == lines.index("y = 1") + 1
    assert failed_line(read, "something else") == 1


# --- KaTeX's server

SLOW_SERVER = """
import socket, sys, time
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])  # the file is there from here on
time.sleep(0.5)
server.listen()
server.accept()[0].sendall(b"here")
"""


def katex_server(*command: str) -> type:
    """What `start_katex` needs of the extension's class: the command, given the socket's path."""
    build_command = staticmethod(lambda socket: [sys.executable, *command, str(socket)])
    return type("Server", (), {"build_command": build_command})


def test_katex_is_reached_although_its_socket_is_there_before_it_listens(tmp_path):
    process, connection = start_katex(katex_server("-c", SLOW_SERVER), tmp_path, 0.0)
    with connection, process.stdin, process.stdout:
        assert connection.recv(4) == b"here"
        assert process.wait() == 0


def test_a_katex_that_cannot_start_says_so(tmp_path):
    with pytest.raises(ExtensionError, match="KaTeX's server did not start"):
        start_katex(katex_server("-c", "raise SystemExit(1)"), tmp_path, 0.0)


# --- nothing comes from another host

LOADED = {
    "script": ["src"], "link": ["href"], "img": ["src", "srcset"], "source": ["src", "srcset"],
    "iframe": ["src"], "audio": ["src"], "video": ["src", "poster"], "object": ["data"],
    "embed": ["src"], "image": ["href", "xlink:href"], "use": ["href", "xlink:href"],
    "form": ["action"], "base": ["href"], "track": ["src"], "input": ["src"],
}  # fmt: skip
CSS_ADDRESS = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")


def addresses_in_css(text: str) -> Iterator[tuple[str, bool]]:
    """Every address in a style, and whether it is a fallback for one before it, as fonts have."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    for declaration in re.split(r"[{}]|;(?!base64|charset)", text):
        for n, found in enumerate(CSS_ADDRESS.findall(declaration)):
            yield "".join(found), n > 0


def loaded_by(soup: BeautifulSoup) -> list[tuple[str, bool]]:
    """Every address that a page loads something from by itself, like `addresses_in_css`."""
    found = [
        (tag[attribute], False)
        for name, attributes in LOADED.items()
        for tag in soup.find_all(name)
        for attribute in attributes
        if tag.get(attribute)
    ]
    styles = [tag.get_text() for tag in soup.find_all("style")]
    styles += [tag["style"] for tag in soup.find_all(style=True)]
    return found + list(chain.from_iterable(map(addresses_in_css, styles)))


def test_the_scan_sees_every_way_to_load():
    html = """<link href="//a.org/x.css"><script src="http://b.org"></script><style>
    @import "https://c.org"; p {background: url( 'https://d.org/p.png' )} /* url(https://no.org) */
    </style><p style="background:url(https://e.org)"></p><a href="https://fine.org">x</a>"""
    found = loaded_by(BeautifulSoup(html, "html.parser"))
    hosts = {urlsplit(address).netloc for address, _ in found}
    assert hosts == {"a.org", "b.org", "c.org", "d.org", "e.org"}


def test_pages_and_styles_load_nothing_from_another_host(site, soups):
    sources = {name: loaded_by(soup) for name, soup in soups.items()}
    for path in site.rglob("*.css"):
        text = path.read_text(encoding="utf8")
        sources[str(path.relative_to(site))] = list(addresses_in_css(text))
    assert sum(map(len, sources.values())) > 10
    for name, found in sources.items():
        for address, fallback in found:
            parts = urlsplit(address)
            assert not parts.netloc, f"{name} loads {address}"
            assert parts.scheme in ("", "data"), f"{name} loads {address}"
            if parts.path and not parts.scheme and not fallback:
                file = (site / name).parent / unquote(parts.path)
                assert file.is_file() or file.is_dir(), f"{name}: no file {address}"


def test_links_within_the_site_lead_somewhere(site, soups):
    ids = {name: {tag["id"] for tag in soup.find_all(id=True)} for name, soup in soups.items()}
    for name, soup in soups.items():
        for link in soup.find_all("a", href=True):
            parts = urlsplit(link["href"])
            if parts.scheme or parts.netloc:
                continue
            target = Path(name).parent / unquote(parts.path) if parts.path else Path(name)
            assert (site / target).is_file(), f"{name}: {link['href']}"
            if parts.fragment and str(target) in ids:
                assert unquote(parts.fragment) in ids[str(target)], f"{name}: {link['href']}"


# --- what screen readers and scripts rely on


def test_mathematics_is_in_the_page_as_mathml(soups):
    total = 0
    for name, soup in soups.items():
        formulas = soup.select("span.math, div.math")
        total += len(formulas)
        for formula in formulas:
            assert formula.select_one(".katex-mathml math annotation"), f"{name}: {formula}"
            assert formula.select_one(".katex-html")["aria-hidden"] == "true"
        assert not soup.select(".katex-error")
        scripts = [tag.get("src", "") + tag.get_text() for tag in soup.find_all("script")]
        assert not [text for text in scripts if re.search("katex|mathjax", text, re.I)], name
    assert total > 100


def test_every_figure_says_what_it_shows(soups):
    figures = 0
    for name, soup in soups.items():
        for svg in soup.select(".figure-svg svg"):
            assert svg["role"] == "img", name
            assert len(svg["aria-label"].split()) >= 6, name
            assert svg.find_parent("figure").select_one("figcaption .caption-text"), name
            figures += 1
        for image in soup.select("article img"):
            assert image.get("alt"), f"{name}: {image}"
    assert figures > 3


def test_ids_are_unique_and_references_to_them_hold(soups):
    for name, soup in soups.items():
        count = Counter(tag["id"] for tag in soup.find_all(id=True))
        assert [one for one, times in count.items() if times > 1] == [], name
        for attribute in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
            for tag in soup.find_all(attrs={attribute: True}):
                missing = [one for one in tag.get_attribute_list(attribute) if one not in count]
                assert not missing, f"{name}: {attribute} of {str(tag)[:200]}"
        for svg in soup.select(".figure-svg svg"):
            used = {tag["xlink:href"][1:] for tag in svg.find_all("use")}
            used |= set(re.findall(r"url\(#([^)]+)\)", str(svg)))
            assert used <= {tag["id"] for tag in svg.find_all(id=True)}, name
