"""Every page in a real browser: on a phone and on a desk, in the light and in the dark."""

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest

AUDIT = Path(__file__).with_name("audit.js").read_text(encoding="utf8")
WIDTHS = {"phone": 360, "desk": 1440}
THEMES = ("light", "dark")
# Solutions and code are folded away; what they hold must fit as well.
UNFOLD = """() => {
  document.querySelectorAll("details").forEach((box) => { box.open = true; });
  document.querySelectorAll(".toggle-hidden button.toggle-button").forEach((one) => one.click());
}"""


@dataclass
class Visit:
    """One page opened in one context: what went wrong on the way, and what `audit.js` measured."""

    page: str
    width: str
    theme: str
    complaints: list[str] = field(default_factory=list)
    audit: dict = field(default_factory=dict)
    unfolded: dict = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.page} ({self.width}, {self.theme})"


def listen(page, visit: Visit, server: str) -> None:
    """Note in `visit` all that a page says or asks for in vain."""
    host = urlsplit(server).netloc

    def on_request(request):
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc != host:
            visit.complaints.append(f"asks another host: {request.url}")

    def on_response(response):
        if response.status >= 400:
            visit.complaints.append(f"{response.status} for {response.url}")

    def on_console(message):
        if message.type in ("error", "warning"):
            visit.complaints.append(f"console {message.type}: {message.text}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: visit.complaints.append(f"script error: {error}"))
    page.on("requestfailed", lambda request: visit.complaints.append(f"failed: {request.url}"))
    page.on("request", on_request)
    page.on("response", on_response)


@pytest.fixture(scope="module")
def visits(browser, server, pages) -> list[Visit]:
    """Every page in every context."""
    done = []
    for width, pixels in WIDTHS.items():
        for theme in THEMES:
            size = {"width": pixels, "height": 800}
            context = browser.new_context(viewport=size, color_scheme=theme)
            for name in pages:
                visit = Visit(name, width, theme)
                page = context.new_page()
                listen(page, visit, server)
                page.goto(server + name, wait_until="load")
                visit.audit = visit.unfolded = page.evaluate(AUDIT)
                if width == "phone":
                    page.evaluate(UNFOLD)
                    visit.unfolded = page.evaluate(AUDIT)
                page.close()
                done.append(visit)
            context.close()
    return done


@pytest.fixture
def phone(browser, server):
    """A function that opens a page of the site on a phone; keywords go to the context."""
    contexts = []

    def open_page(name: str, **options):
        size = {"width": WIDTHS["phone"], "height": 800}
        contexts.append(browser.new_context(viewport=size, **options))
        page = contexts[-1].new_page()
        page.goto(server + name, wait_until="load")
        return page

    yield open_page
    for context in contexts:
        context.close()


def chapters_with(visits: list[Visit], what: str) -> list[str]:
    return sorted({visit.page for visit in visits if visit.audit[what]})


def test_no_page_complains_or_asks_another_host(visits):
    assert {str(visit): visit.complaints for visit in visits if visit.complaints} == {}
    assert all(visit.audit["theme"] == visit.theme for visit in visits)


def test_no_page_scrolls_sideways(visits):
    for visit in visits:
        for audit in (visit.audit, visit.unfolded):
            assert audit["scrollWidth"] <= audit["clientWidth"], visit
            assert audit["outside"] == [], visit


def test_equation_numbers_do_not_lie_on_their_equations(visits):
    assert {str(visit): visit.audit["covered"] for visit in visits if visit.audit["covered"]} == {}


def test_ticks_stand_out_in_both_themes(visits):
    ticks = [(contrast, visit) for visit in visits for contrast in visit.audit["ticks"]]
    assert ticks
    assert [f"{visit}: {contrast:.2f}" for contrast, visit in ticks if contrast < 3] == []


def test_all_pictures_load(visits):
    assert {str(v): v.audit["brokenImages"] for v in visits if v.audit["brokenImages"]} == {}


def test_letters_in_figures_are_large_enough_on_a_phone(visits):
    figures = [(visit, figure) for visit in visits for figure in visit.audit["figures"]]
    assert figures
    # Only a figure of photographs may have none.
    bare = [(visit, figure) for visit, figure in figures if not figure["letters"]]
    assert [str(visit) for visit, figure in bare if not figure["photographs"]] == []
    small = {
        f"{visit.page}: {figure['label'][:60]}": min(figure["letters"])
        for visit, figure in figures
        if figure["letters"] and min(figure["letters"]) < 8
    }
    assert not small, small


def test_lines_and_letters_of_figures_stand_out_in_both_themes(visits):
    pale, seen = {}, 0
    for visit in visits:
        for figure in visit.audit["figures"]:
            for what, contrast in figure["colours"].items():
                seen += 1
                if contrast < (4.5 if what.startswith("letter") else 3):
                    key = f"{visit.page}, {visit.theme}: {figure['label'][:60]}"
                    pale.setdefault(key, []).append(f"{what}: {contrast:.2f}")
    assert seen
    assert not pale, pale


def test_text_stands_out_in_both_themes(visits):
    faint = {str(visit): visit.unfolded["faint"] for visit in visits}
    assert not any(faint.values()), [(visit, what) for visit, what in faint.items() if what]


def test_headings_are_an_outline(visits):
    for visit in visits:
        levels = [level for level, _ in visit.audit["headings"]]
        assert levels.count(1) == 1, visit
        assert levels[0] == 1, visit
        jumps = [(a, b) for a, b in pairwise(levels) if b > a + 1]
        assert not jumps, f"{visit}: {visit.audit['headings']}"


def test_everything_that_can_be_used_has_a_name(visits):
    for visit in visits:
        assert visit.unfolded["nameless"] == [], visit


def test_pages_say_their_language_and_where_the_text_is(visits):
    titles = {visit.page: visit.audit["title"] for visit in visits}
    assert len(set(titles.values())) == len(titles)
    for visit in visits:
        assert visit.audit["lang"] == "en", visit
        assert visit.audit["mains"] == 1, visit
        assert visit.audit["skip"], visit


def test_the_first_tab_is_the_way_to_the_text(phone, pages):
    page = phone("index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main-content"


def test_the_theme_button_changes_page_and_figures(phone, visits):
    (name, *_) = chapters_with(visits, "figures")
    page = phone(name, color_scheme="light")
    line = """() => getComputedStyle(
        document.querySelector(".figure-svg svg g[id*='-xtick_'] use")).stroke"""
    looks = set()
    for _ in range(3):
        theme = page.evaluate("document.documentElement.dataset.theme")
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        looks.add((theme, ground, page.evaluate(line)))
        page.locator("button.theme-switch-button:visible").first.click()
    assert len(looks) == 2
    assert {theme for theme, _, _ in looks} == {"light", "dark"}
    assert len({ground for _, ground, _ in looks}) == len({ink for _, _, ink in looks}) == 2


def test_a_chosen_theme_stays(phone, visits):
    page = phone("index.html", color_scheme="light")
    while page.evaluate("document.documentElement.dataset.theme") != "dark":
        page.locator("button.theme-switch-button:visible").first.click()
    page.goto(page.url.replace("index.html", chapters_with(visits, "figures")[0]))
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


FRAME = """box => {
  const frames = [...box.querySelectorAll(".frame")];
  const slider = box.querySelector("input");
  return {
    count: frames.length,
    shown: frames.flatMap((frame, i) => frame.getClientRects().length ? [i] : []),
    value: Number(slider.value),
    said: slider.getAttribute("aria-valuetext"),
    read: box.querySelector("output").textContent,
    labels: slider.dataset.labels.split("|"),
  };
}"""


def test_the_sliders_move_under_the_keyboard(phone, site, pages):
    moved = 0
    for name in pages:
        if 'class="figure-svg frames"' not in (site / name).read_text(encoding="utf8"):
            continue
        page = phone(name)
        for box in page.locator(".figure-svg.frames").all():
            slider = box.locator("input[type=range]")
            start = box.evaluate(FRAME)
            slider.focus()
            positions = []
            for key in ("ArrowRight", "ArrowLeft", "Home", "End"):
                page.keyboard.press(key)
                now = box.evaluate(FRAME)
                assert now["shown"] == [now["value"]]
                assert now["said"] == now["read"] == now["labels"][now["value"]]
                positions.append(now["value"])
            last = start["count"] - 1
            right = min(start["value"] + 1, last)  # one slider starts at its end
            assert positions == [right, right - 1, 0, last], name
            moved += 1
    assert moved


def test_a_slider_that_the_browser_restored_shows_its_frame(phone, site, pages):
    """Going back to a page, browsers restore the slider but not the frame."""
    name = next(n for n in pages if 'class="figure-svg frames"' in (site / n).read_text())
    page = phone(name)
    slider = page.locator(".figure-svg.frames input").first
    slider.focus()
    page.keyboard.press("End")
    moved_to = slider.input_value()
    page.goto(page.url.replace(name, "index.html"))
    page.go_back()
    assert slider.input_value() == moved_to
    now = page.locator(".figure-svg.frames").first.evaluate(FRAME)
    assert now["shown"] == [now["value"]]
    assert now["said"] == now["read"] == now["labels"][now["value"]]


def test_without_scripts_a_chapter_is_all_there(phone, site, pages):
    name = next(n for n in pages if 'class="figure-svg frames"' in (site / n).read_text())
    page = phone(name, java_script_enabled=False)
    assert page.locator("main article h1").is_visible()
    assert page.locator(".figure-svg.frames").first.locator(".frame:visible").count() == 1
    assert page.locator("div.math .katex-html").first.is_visible()


def test_solutions_open_when_asked(phone, visits):
    page = phone(chapters_with(visits, "figures")[0])
    solution = page.locator(".admonition.solution").first
    code = solution.locator("div.highlight").first
    assert not code.is_visible()
    solution.locator("button.toggle-button").first.click()
    assert code.is_visible()


def test_the_search_finds_a_chapter(phone, server):
    page = phone("search.html?q=gaussian")
    page.wait_for_selector("#search-results ul.search li a")
    found = page.locator("#search-results ul.search li a").all_inner_texts()
    # The glossary explains the word and may come first.
    assert any("gaussian" in title.lower() for title in found[:3]), found
