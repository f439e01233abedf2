"""Sources are read as they are: equations, cells, and the line of each."""

import pytest
from book_tools import HEAD, cell
from sources import displays_digest, read_chapter


def chapter(text: str):
    return read_chapter(None, HEAD + text)


def test_equations_stand_where_they_start():
    read = chapter("$$\na\n$$\n\nText.\n\n$$\nb\n$$ (two)\n\n$$ c $$ (three)\n")
    assert [(e.label, e.tex, e.line) for e in read.equations] == [
        ("two", "b", 13),
        ("three", "c", 17),
    ]


def test_labels_inside_directives_and_of_the_math_directive_are_read():
    read = chapter(
        "````{prf:theorem}\n$$\na\n$$ (inside)\n````\n\n"
        "```{math}\n:label: directive\n:nowrap:\nb\n```\n\n:::{math}\n:label: colons\nc\n:::\n\n"
        "```{math}\nunlabelled\n```\n"
    )
    assert [(e.label, e.tex) for e in read.equations] == [
        ("inside", "a"),
        ("directive", "b"),
        ("colons", "c"),
    ]


@pytest.mark.parametrize(
    "code",
    [
        cell('"""\n$$\na\n$$ (shown)\n"""'),
        "````{code-cell}\n'''\n```\n$$\na\n$$ (shown)\n'''\n````\n",
        "~~~{code-cell}\n'''\n$$\na\n$$ (shown)\n'''\n~~~\n",
        "```md\n$$\na\n$$ (shown)\n```\n",
        "```{code-block} md\n$$\na\n$$ (shown)\n```\n",
    ],
)
def test_tex_that_code_shows_is_no_equation(code):
    read = chapter(f"{code}\n$$\nb\n$$ (real)\n")
    assert [e.label for e in read.equations] == ["real"]
    assert read.equations[0].line == HEAD.count("\n") + code.count("\n") + 2


@pytest.mark.parametrize(
    "options",
    [
        (),
        (":tags: [hide-input, checks:a]",),
        (":tags: [x]", ":mystnb:", ":  figure:", ":    caption: |", ":      x = 1"),
        ("---", "tags: [x]", "---"),
        (":tags: [x]", ""),
        ("",),
    ],
)
def test_cells_and_their_code_stand_where_they_are(options):
    text = "Text.\n\n" + cell("x = 0\nfirst = 1\nx = 1", *options) + "\nText.\n"
    (read,) = chapter(text).cells
    lines = (HEAD + text).split("\n")
    assert lines[read.line - 1] == "```{code-cell}"
    for number, line in enumerate(read.source.split("\n"), start=read.first):
        assert lines[number - 1] == line
    assert "x = 0" in read.source
    assert read.tags == tuple(read.metadata.get("tags", ()))


def test_an_empty_cell_is_read():
    text = "```{code-cell}\n```\n\n```{code-cell}\n:tags: [a]\n```"
    assert [one.source for one in chapter(text).cells] == ["", ""]


def test_the_digest_follows_every_character_of_every_display_and_nothing_else():
    text = f"{HEAD}A.\n\n$$\na = b\n$$\n\n$$\nc = d\n$$ (c)\n\n{cell('x = 1')}"
    digests = {displays_digest(text)}
    start, end = text.index("a = b"), text.index("(c)") + 2
    edits = [i for i in range(start, end) if text[i] not in "\n$ ("]
    for i in edits:
        digests.add(displays_digest(f"{text[:i]}7{text[i + 1 :]}"))
    assert len(digests) == len(edits) + 1
    same = (text.replace("A.", "Other prose."), text.replace("x = 1", "$$ x $$"))
    assert {displays_digest(one) for one in same} < digests
