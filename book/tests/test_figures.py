"""`show` and `show_frames`: what reaches the page."""

import re
import xml.etree.ElementTree as ElementTree

import matplotlib
import matplotlib.pyplot as plt
import pytest
from bs4 import BeautifulSoup
from lib.figures import BLUE, INK, THEME_COLOURS, show, show_frames

ALT = "A line that goes up from one to two."


def draw(height: float = 1.0):
    fig, ax = plt.subplots()
    ax.plot([0, height], label="$x^2$", color=BLUE)
    ax.axvline(0.5, color=INK)
    ax.legend()
    return fig


def test_the_figure_is_one_labelled_inline_svg():
    fig = draw()
    soup = BeautifulSoup(show(fig, alt='Less < "more" & a line that goes up.').data, "html.parser")
    (svg,) = soup.find_all("svg")
    assert svg["role"] == "img"
    assert svg["aria-label"] == 'Less < "more" & a line that goes up.'
    assert not svg.has_attr("width")
    assert not svg.has_attr("height")
    assert svg.find("metadata") is None
    ElementTree.fromstring(str(svg))  # well-formed


def test_the_figure_is_closed():
    fig = draw()
    show(fig, alt=ALT)
    assert not plt.fignum_exists(fig.number)


def test_the_same_figure_is_the_same_bytes():
    assert show(draw(), alt=ALT).data == show(draw(), alt=ALT).data


def test_ids_of_different_figures_differ_and_references_stay_inside():
    data = show(draw(1), alt=ALT).data, show(draw(2), alt=ALT).data
    ids = [set(re.findall(r'\bid="([^"]+)"', one)) for one in data]
    assert ids[0]
    assert not ids[0] & ids[1]
    for one, own in zip(data, ids, strict=True):
        assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', one))
        for found in re.findall(r'href="#([^"]+)"', one) + re.findall(r"url\(#([^)]+)\)", one):
            assert found in own


def test_every_colour_of_the_style_follows_the_theme():
    fig, ax = plt.subplots()
    cycle = matplotlib.rcParams["axes.prop_cycle"].by_key()["color"]
    for n, colour in enumerate(cycle):
        ax.plot([0, n], color=colour)
    data = show(fig, alt=ALT).data
    assert {f"#{colour.lstrip('#')}" for colour in cycle} <= set(THEME_COLOURS)
    for colour, variable in THEME_COLOURS.items():
        if variable != "currentColor":
            assert variable in data
            assert variable.endswith(f", {colour})")
            data = data.replace(variable, "")
    assert not re.findall(r"#[0-9a-f]{6}\b", data), "a colour that does not follow the theme"


@pytest.mark.parametrize("alt", ["", "A line.", "Figure one of the many"])
def test_an_alt_text_must_say_something(alt):
    with pytest.raises(ValueError, match="too short to stand in for the figure"):
        show(draw(), alt=alt)
    plt.close("all")


def frames(count: int = 3, **options):
    given = {
        "alt": ALT,
        "control": "height <of> it",
        "labels": [f'{n}" & up' for n in range(count)],
    }
    return show_frames([draw(n + 1) for n in range(count)], **(given | options))


def test_frames_have_one_slider_that_says_what_it_shows():
    soup = BeautifulSoup(frames(start=1).data, "html.parser")
    (slider,) = soup.find_all("input")
    assert (slider["min"], slider["max"], slider["value"]) == ("0", "2", "1")
    assert slider["aria-valuetext"] == '1" & up'
    assert slider["data-labels"].split("|") == ['0" & up', '1" & up', '2" & up']
    assert soup.find("label", attrs={"for": slider["id"]}).get_text() == "height <of> it"
    assert soup.find("output", attrs={"for": slider["id"]}).get_text() == '1" & up'
    shown = [not frame.has_attr("hidden") for frame in soup.select(".frame")]
    assert shown == [False, True, False]
    labels = [svg["aria-label"] for svg in soup.find_all("svg")]
    assert labels == [f'{ALT} {n}" & up.' for n in range(3)]


def test_frames_are_the_same_bytes_and_have_ids_of_their_own():
    one, same, other = frames().data, frames().data, frames(2).data
    assert one == same
    ids = re.findall(r'\bid="([^"]+)"', one)
    assert len(ids) == len(set(ids))
    sliders = [re.search(r'id="(slider-\w+)"', data)[1] for data in (one, other)]
    assert sliders[0] != sliders[1]


def test_frames_without_labels_or_alt_are_refused():
    with pytest.raises(ValueError, match="3 figures but 2 labels"):
        frames(labels=["a", "b"])
    with pytest.raises(ValueError, match="too short"):
        frames(alt="Lines.")
    plt.close("all")


def test_labels_may_not_hold_the_separator():
    with pytest.raises(ValueError, match=r"\|"):
        frames(labels=["p(a|b)", "b", "c"])
    plt.close("all")
