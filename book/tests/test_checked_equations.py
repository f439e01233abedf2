"""From a printed equation to its tick, its row in the ledger, or the line that fails the build."""

import re

import pytest
from book_tools import HEAD, Build, build, cell, small_book
from bs4 import BeautifulSoup, Tag
from checked_equations import KINDS, MIME, kind_id

from conftest import serving

LEDGER = (
    "# Ledger\n\n"
    + "".join(f"{{kind}}`{kind}`\n: Means this.\n\n" for kind in KINDS)
    + "## Equations\n\n```{claims-ledger}\n```\n"
)
IMPORT = cell("from lib.equations import holds")


def parsed(done: Build, page: str) -> BeautifulSoup:
    assert done.returncode == 0, done.errors
    return BeautifulSoup((done.html / f"{page}.html").read_bytes(), "html.parser")


def words(tag: Tag) -> str:
    return " ".join(tag.get_text().split())


# --- checks that run: what is kept, what runs again, what stops the build

PRINTED = "$$\nc = 3a\n$$\n\n$$\nb = a + c\n$$ (sum)\n\n$$\nd = 2b\n$$ (double)\n\n"
CHECKS = 'holds("sum", {"a": 5, "b": 20})\nholds("double", {"d": 8, "b": 4})'


@pytest.fixture(scope="module")
def edited(tmp_path_factory) -> dict[str, Build]:
    """One book, built after each of these edits; the execution cache is never emptied."""
    root = small_book(
        tmp_path_factory.mktemp("edited") / "book_with_cache",
        {"index": f"{HEAD}# Page\n\nProse.\n\n{PRINTED}{IMPORT}{cell(CHECKS)}"},
    )
    source = root / "book" / "index.md"
    text = source.read_text(encoding="utf8")
    edits = {
        "nothing": ("", ""),
        "prose": ("Prose.", "Other prose."),
        "labelled": ("a + c\n", "c + a\n"),
        "unlabelled": ("c = 3a\n", "c = 3 a\n"),
        "false": ("d = 2b", "d = 3b"),
        "false definition": ("c = 3a", "c = 2a"),
    }
    done = {}
    for name, (old, new) in edits.items():
        source.write_text(text.replace(old, new, 1) if old else text, encoding="utf8")
        done[name] = build(root)
    return done


def test_the_checks_of_a_page_run_again_when_a_character_of_any_display_changes(edited):
    ran = {name: "Executed notebook" in one.output for name, one in edited.items()}
    assert ran == {
        "nothing": True,
        "prose": False,
        "labelled": True,
        "unlabelled": True,
        "false": False,  # did not get that far
        "false definition": False,
    }
    for name in ("nothing", "prose", "labelled", "unlabelled"):
        assert edited[name].returncode == 0, edited[name].errors


@pytest.mark.parametrize(
    ("edit", "label", "part", "values"),
    [("false", "double", "3b", ("8", "12")), ("false definition", "sum", "", ("20", "15"))],
)
def test_a_false_equation_stops_the_build_with_one_line(edited, edit, label, part, values):
    done = edited[edit]
    assert done.returncode == 1
    lines = PRINTED.split("\n")
    line = HEAD.count("\n") + 5 + lines.index(f"$$ ({label})") - 1
    last = done.output.strip().split("\n")[-1]
    found = re.fullmatch(rf"book/index\.md:(\d+): equation {label}: (.*)", last)
    assert found, last
    assert abs(int(found[1]) - line) <= 1, last
    assert part in found[2].replace("\N{COMBINING LOW LINE}", "")
    for value in values:
        assert re.search(rf"\b{value}\b", found[2]), last
    assert "Traceback" not in done.output


def test_a_real_check_stands_beside_its_equation(edited):
    page = parsed(edited["nothing"], "index")
    checks = page.select(".equation > details.equation-check")
    assert [one.summary["aria-label"].split(":")[0] for one in checks] == [
        "Check of equation 1",
        "Check of equation 2",
    ]
    for check in checks:
        assert words(check.select_one("div.highlight")) == " ".join(CHECKS.split())
    assert page.select(".cell_output") == []


# --- the page, for every kind: this `holds` displays whatever it is told

HOLDS = cell(
    f"""
from lib.tex.displays import digest


def holds(label, kind, tex):
    record = {{"label": label, "kind": kind, "result": "2 < 3", "digest": digest(tex)}}
    data = {{"{MIME}": record, "text/plain": "con" "sumed"}}
    display(data, raw=True)
"""
)
LABELS = {kind: f"eq-{n}" for n, kind in enumerate(KINDS)}


def page_with(kinds: list[str], more: str = "") -> str:
    """A page with an equation of each kind, checked in one cell together with `more`."""
    displays = (f"$$\nx_{n} < 7\n$$ ({LABELS[kind]})\n\n" for n, kind in enumerate(kinds))
    calls = (f'holds("{LABELS[k]}", "{k}", "x_{n} < 7")' for n, k in enumerate(kinds))
    front = f"{HEAD}# Kinds {len(kinds)}\n\n{HOLDS}" + "".join(displays)
    return front + cell("\n".join([*calls, *more.split("\n")]))


FIRST, LAST = list(KINDS)[:5], list(KINDS)[5:]


@pytest.fixture(scope="module")
def kinds(tmp_path_factory) -> Build:
    """A book with a ledger and an equation of every kind, on two pages."""
    return build(
        small_book(
            tmp_path_factory.mktemp("kinds") / "book_with_kinds",
            {
                "index": "# Index\n\nSee {eq}`eq-1`.\n",
                "first": page_with(FIRST),
                "last": page_with(LAST, 'print("stays")\nholds = None'),
                "ledger": LEDGER,
            },
        )
    )


def test_every_equation_has_a_tick_by_kind_that_opens_its_check(kinds):
    seen = []
    for page in ("first", "last"):
        for equation in parsed(kinds, page).select(".equation"):
            math, check = equation.find_all(recursive=False)
            number = words(math.select_one(".eqno"))[1:-2]  # behind it is the link to it
            kind = next(kind for kind in KINDS if kind_id(kind) in check.svg["class"])
            assert check.summary["aria-label"] == f"Check of equation {number}: {kind}"
            assert check.svg["aria-hidden"] == "true"
            assert not check.has_attr("open")
            said = f"{kind.capitalize()}: 2 < 3"
            assert words(check.p) == said
            assert check.p.a["href"] == f"ledger.html#{kind_id(kind)}"
            assert f'holds("{LABELS[kind]}"' in words(check.select_one("div.highlight"))
            seen.append((number, kind))
    assert seen == [(str(n), kind) for n, kind in enumerate(KINDS, 1)]


def test_the_ticks_differ_without_their_colours(kinds):
    drawings = {str(svg.decode_contents()) for svg in parsed(kinds, "ledger").select("dt svg")}
    assert len(drawings) == len(KINDS)


def test_a_cell_leaves_the_text_with_its_check_unless_it_shows_more(kinds):
    first, last = parsed(kinds, "first"), parsed(kinds, "last")
    assert ["def holds" in words(one) for one in first.select(".cell")] == [True]
    _, stays = last.select(".cell")
    assert words(stays.select_one(".cell_output")) == "stays"
    for page in (first, last):
        assert "consumed" not in page.select_one("main").get_text()


def test_the_ledger_has_a_row_for_each_equation_and_counts_by_kind(kinds):
    ledger = parsed(kinds, "ledger")
    assert [words(title.a) for title in ledger.select("h3")] == ["Kinds 5", "Kinds 3"]
    rows = ledger.select("ul.claims > li")
    for n, (row, kind) in enumerate(zip(rows, KINDS, strict=True), 1):
        page = "first" if kind in FIRST else "last"
        assert words(row.p.a) == f"({n})"
        assert row.p.a["href"] == f"{page}.html#equation-{LABELS[kind]}"
        assert words(row.p) == f"({n}) {kind}: 2 < 3"
        assert kind_id(kind) in row.svg["class"]
        assert "x_" in row.select_one("div.math annotation").get_text()
    for term, kind in zip(ledger.select("dt"), KINDS, strict=True):
        assert words(term) == f"{kind} 1"
        assert term.select_one(f"#{kind_id(kind)}") is not None


def test_a_tick_is_opened_by_the_keyboard_and_without_scripts(kinds, browser):
    with serving(kinds.html) as address:
        for scripts in (True, False):
            size = {"width": 360, "height": 800}
            page = browser.new_page(viewport=size, java_script_enabled=scripts)
            page.goto(f"{address}first.html")
            equation = page.locator(".equation").first
            tick, code = equation.locator("summary"), equation.locator("div.highlight")
            session = page.context.new_cdp_session(page)
            said = session.send("Accessibility.getFullAXTree")["nodes"]
            names = [
                one["name"]["value"]
                for one in said
                if one.get("role", {}).get("value") == "DisclosureTriangle"
            ]
            assert f"Check of equation 1: {FIRST[0]}" in names
            box = tick.bounding_box()
            assert min(box["width"], box["height"]) >= 24  # for a finger
            display = equation.locator("div.math")
            closed = equation.bounding_box()
            assert closed["height"] == display.bounding_box()["height"]  # takes no room
            assert not code.is_visible()
            tick.focus()
            page.keyboard.press("Enter")
            assert code.is_visible()
            assert tick.bounding_box() == box
            page.emulate_media(media="print")
            assert not code.is_visible()
            page.emulate_media(media="screen")
            page.keyboard.press("Space")
            assert not code.is_visible()
            assert equation.bounding_box() == closed
            page.close()


def test_the_ledger_follows_pages_that_alone_are_read_again(kinds):
    book, toc = kinds.root / "book", kinds.root / "_toc.yml"

    def rebuilt() -> tuple[list[str], BeautifulSoup]:
        done = build(kinds.root, anew=False)
        read = re.findall(r"reading sources\.\.\. \[\s*\d+%\] (\w+)", done.output)
        return sorted(set(read)), parsed(done, "ledger")

    (book / "last.md").write_text(page_with(LAST[:2]), encoding="utf8")
    read, ledger = rebuilt()
    assert read == ["last", "ledger"]
    assert len(ledger.select("ul.claims > li")) == 7
    assert [words(one) for one in ledger.select(".count")] == ["1"] * 7 + ["0"]

    toc.write_text(toc.read_text().replace("- file: last\n", ""), encoding="utf8")
    (book / "first.md").write_text(page_with(FIRST).replace("x_0", "y_0"), encoding="utf8")
    read, ledger = rebuilt()
    assert {"first", "ledger"} <= set(read)
    assert len(ledger.select("ul.claims > li")) == 5
    assert "y_0" in ledger.select_one("ul.claims annotation").get_text()
