"""The displayed equations of a page's source, without Sphinx: kernels and the build share this."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Display:
    """A displayed equation as printed; `label` is None if it has no number.

    `line` is that of its opening, `first` that of the first character of `tex`, from 1.
    """

    label: str | None
    tex: str
    line: int
    first: int


# Display mathematics: `$$ … $$`, with or without `(label)`, and the `math` directive, all from the
# start of a line; a Markdown parser's own tokens would miss those inside a directive.
_DISPLAY = re.compile(
    r"^\$\$(?P<dollars>.+?)\$\$(?:[ \t]*\((?P<label>[^)\s]+)\))?"
    r"|^(?P<fence>`{3,}|:{3,})\{math\}[ \t]*\n(?P<options>(?::[\w-]+:[^\n]*\n)*)"
    r"(?P<directive>.*?)^(?P=fence)[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
# Code may show TeX of its own: a cell, a code block, or a fence that names its language.
_CODE = re.compile(
    r"^(?P<fence>`{3,}|~{3,}|:{3,})(?:\{code(?:-cell|-block)?\}|[A-Za-z]).*?^(?P=fence)[ \t]*$",
    re.DOTALL | re.MULTILINE,
)


def prose(text: str) -> str:
    """`text` with its code blanked, line for line."""
    return _CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), text)


def displays(text: str) -> Iterator[Display]:
    """The displays of a page whose code is already blanked (see `prose`), in their order."""
    for match in _DISPLAY.finditer(text):
        body = "dollars" if match["dollars"] is not None else "directive"
        label = match["label"]
        if match["options"]:
            option = re.search(r"^:label:[ \t]*(\S+)", match["options"], re.MULTILINE)
            label = option[1] if option else None
        tex = match[body]
        start = match.start(body) + len(tex) - len(tex.lstrip())
        line, first = (text.count("\n", 0, at) + 1 for at in (match.start(), start))
        yield Display(label, tex.strip(), line, first)


def canonical(tex: str) -> str:
    """TeX without what is layout only: spaces, alignment, a full stop at the end."""
    tex = re.sub(r"\\(?:begin|end)\{(?:aligned|split)\}", "", tex)
    # Layout becomes a space, not nothing: `\alpha\,b` must not turn into the command `\alphab`.
    tex = re.sub(r"\\(?:quad|qquad)(?![a-zA-Z])|\\[,;:!> ]|\\\\(?:\[[^]]*\])?|&", " ", tex)
    # A space ends a command name, so it may only go where no letter follows one.
    tex = re.sub(r"(\\[a-zA-Z]+)\s+(?=[a-zA-Z])", r"\1{}", tex)
    return re.sub(r"\s+", "", tex).rstrip(".,;")


def digest(tex: str) -> str:
    """A short hash of the canonical TeX: it changes when the formula does, not with its layout."""
    return hashlib.sha256(canonical(tex).encode()).hexdigest()[:16]
