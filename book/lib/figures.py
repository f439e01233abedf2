"""How the book's figures look and reach the page: one style, one `show`, one slider."""

import hashlib
import html
import io
import re
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
from IPython.display import HTML
from matplotlib.figure import Figure

# Figures leave through `show` alone; without this the notebook would also print each open figure.
matplotlib.use("agg")
plt.style.use(Path(__file__).with_name("style.mplstyle"))

# Each colour of the style, and the CSS variable that replaces it. book/_static/book.css gives the
# variable a value per theme; where it is missing (JupyterLab) the colour itself is the fallback.
THEME_COLOURS = {
    "#222832": "currentColor",
    "#8d949e": "var(--figure-grid, #8d949e)",
    "#0072b2": "var(--figure-blue, #0072b2)",
    "#c44e00": "var(--figure-vermillion, #c44e00)",
    "#00805e": "var(--figure-green, #00805e)",
    "#9e4f86": "var(--figure-purple, #9e4f86)",
    "#8a6d00": "var(--figure-ochre, #8a6d00)",
}
BLUE, VERMILLION, GREEN, PURPLE, OCHRE = list(THEME_COLOURS)[2:]
INK = "#222832"


def show(fig: Figure, *, alt: str) -> HTML:
    """Return `fig` as inline SVG that follows the page's theme, and close it.

    `alt` says in one or two sentences what a reader who cannot see the figure should know.
    Raises ValueError if `alt` is too short to do that.
    """
    return HTML(f'<div class="figure-svg">{_svg(fig, alt)}</div>')


def show_frames(
    figures: Sequence[Figure], *, alt: str, control: str, labels: Sequence[str], start: int = 0
) -> HTML:
    """Return figures of equal size under one slider, and close them.

    `control` names what the slider moves, `labels` its value in each frame, `start` is the frame
    shown first (and the only one without JavaScript).
    Raises ValueError if `labels` and `figures` differ in number, a label contains `|` (which
    separates them in the page), or `alt` is too short.
    """
    if len(figures) != len(labels):
        raise ValueError(f"show_frames: {len(figures)} figures but {len(labels)} labels")
    if any("|" in label for label in labels):
        raise ValueError("show_frames: a label may not contain |")
    frames = "".join(
        f'<div class="frame"{"" if i == start else " hidden"}>{_svg(fig, f"{alt} {label}.")}</div>'
        for i, (fig, label) in enumerate(zip(figures, labels, strict=True))
    )
    name = "slider-" + hashlib.sha256(frames.encode()).hexdigest()[:8]
    values = html.escape("|".join(labels))
    return HTML(
        f'<div class="figure-svg frames">{frames}'
        f'<div class="frames-control"><label for="{name}">{html.escape(control)}</label>'
        f'<input type="range" id="{name}" min="0" max="{len(figures) - 1}" value="{start}" step="1"'
        f' data-labels="{values}" aria-valuetext="{html.escape(labels[start])}">'
        f'<output for="{name}">{html.escape(labels[start])}</output></div></div>'
    )


def _svg(fig: Figure, alt: str) -> str:
    """The figure as an `<svg>` element whose ids are its own and whose colours are the page's."""
    if len(alt.split()) < 6:
        raise ValueError(f"show: alt={alt!r} is too short to stand in for the figure")
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(fig)
    text = buffer.getvalue()
    svg = text[text.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # Several figures share a page: their ids must differ.
    prefix = "f" + hashlib.sha256(svg.encode()).hexdigest()[:8]
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    for colour, variable in THEME_COLOURS.items():
        svg = svg.replace(colour, variable)
    label = html.escape(alt, quote=True)
    head, rest = svg.split(">", 1)
    head = re.sub(r' (width|height)="([\d.]+)pt"', "", head)
    width = fig.get_figwidth() * 130
    return f'{head} role="img" aria-label="{label}" style="max-width:{width:.0f}px">{rest}'.replace(
        "\n", ""
    )
