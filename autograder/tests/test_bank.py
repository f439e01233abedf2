"""The bank: how an answer is declared, what a student would have typed, and every refusal."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import bank
from autograder.bank import Answer
from autograder.errors import SourceError
from autograder.project import CHECKOUT, Project
from autograder.rules import load
from autograder.tests.test_verdict import BANK, project

SOURCE = """
# %% nbgrader={"grade_id": "given_imports"}
import numpy as np

# %% nbgrader={"grade_id": "scale", "solution": true}
def scale(x, factor):
    \"\"\"The numbers `x` times `factor`.\"\"\"
    ### BEGIN SOLUTION
    numbers = np.asarray(x)
    numbers = numbers[:]  # a view
    return numbers * factor
    ### END SOLUTION

# %% nbgrader={"grade_id": "test_scale", "points": 1}
assert scale([1], 2) == [2]

# %% nbgrader={"grade_id": "area", "solution": true}
# area = of a square with sides of length 3
### BEGIN SOLUTION
area = 3**2
### END SOLUTION

# %% nbgrader={"grade_id": "test_area", "points": 1}
assert area > 0
"""
OTHERS = """
wrong("scale", "one", belief="B.", hint="H.", edit={"* factor": "+ factor"})
wrong("area", "two", belief="B.", hint="H.", edit={"3**2": "4 * 3"})
"""


def declared(folder: Path, text: str) -> Answer:
    """The first answer of a bank that begins with `text`."""
    return bank.answers(project(folder, SOURCE, text + OTHERS))[0]


# --- what a student would have typed


def test_a_function_is_typed_under_the_graded_name(tmp_path: Path) -> None:
    answer = declared(
        tmp_path,
        """
@wrong("scale", "doubled")
def always_doubled(x, factor):
    \"\"\"Scaling is
    doubling.

    Read the
    name.
    \"\"\"
    if len(x) > 9:
        return always_doubled(x[1:], factor)
    return [2 * v for v in x]
""",
    )
    assert (answer.belief, answer.hint) == ("Scaling is doubling.", "Read the name.")
    assert not answer.correct and not answer.value
    assert answer.place == "misconceptions/30_scaling.py:2"
    assert answer.source == (
        "def scale(x, factor):\n"
        "    if len(x) > 9:\n"
        "        return scale(x[1:], factor)\n"
        "    return [2 * v for v in x]"
    )


def test_a_method_of_the_same_name_stays_what_it_is(tmp_path: Path) -> None:
    text = '@right("scale", "by the method")\ndef max(array):\n    return array.max()\n'
    answer = declared(tmp_path, text)
    assert answer.correct and answer.belief == answer.hint == ""
    assert answer.source == "def scale(array):\n    return array.max()"


def test_the_assignment_tells_a_value_from_a_function(tmp_path: Path) -> None:
    """Nothing in the declaration does: the solution assigns `area` and defines `scale`."""
    text = '@right("area", "squared")\ndef squared():\n    """Squared."""\n    return 3 * 3\n'
    answer = declared(tmp_path, text)
    assert answer.value
    assert answer.source == "def compute_area():\n    return 3 * 3\n\n\narea = compute_area()"


def test_an_edit_changes_the_solution(tmp_path: Path) -> None:
    edit = '{"numbers = np.asarray(x)": "numbers = np.asarray(x)\\nnumbers[0] = 0"}'
    answer = declared(tmp_path, f'right("scale", "t", edit={edit})')
    assert answer.source == (
        "def scale(x, factor):\n"
        '    """The numbers `x` times `factor`."""\n'
        "    numbers = np.asarray(x)\n"
        "    numbers[0] = 0\n"
        "    numbers = numbers[:]  # a view\n"
        "    return numbers * factor"
    )


def test_a_line_of_which_an_edit_leaves_nothing_is_gone(tmp_path: Path) -> None:
    edit = '{"numbers = numbers[:]  # a view": "", "numbers * factor": "numbers"}'
    answer = declared(tmp_path, f'right("scale", "t", edit={edit})')
    assert answer.source.endswith("    numbers = np.asarray(x)\n    return numbers")


def test_a_value_is_edited_like_a_function(tmp_path: Path) -> None:
    answer = declared(tmp_path, 'right("area", "t", edit={"3**2": "3 * 3"})')
    assert answer.value
    assert answer.source.endswith("\narea = 3 * 3") and "SOLUTION" not in answer.source


# --- what is refused, in one line with its place

# (declaration, the line at fault, the reason)
REFUSED = {
    "no hint": (
        '@wrong("scale", "t")\ndef f(x, factor):\n    """A belief."""\n    return 1\n',
        1,
        '"t" lacks its belief or its hint',
    ),
    "no docstring": (
        '\n@wrong("scale", "t")\ndef f(x, factor):\n    return 1\n',
        2,
        '"t" lacks its belief or its hint',
    ),
    "a third paragraph": (
        '@wrong("scale", "t")\ndef f(x, factor):\n    """A.\n\n    B.\n\n    C."""\n    return 1\n',
        1,
        '"t" lacks its belief or its hint',
    ),
    "an edit without hint": (
        'wrong("scale", "t", belief="B.", hint=" ", edit={"* factor": ""})',
        1,
        '"t" lacks its belief or its hint',
    ),
    "a hint in the decorator": (
        '@wrong("scale", "t", hint="H.")\ndef f(x, y):\n    """A.\n\n    B."""\n    return 1\n',
        1,
        'the decorator of "t" holds more than name and title',
    ),
    "value, which is derived": (
        '@right("area", "t", value=True)\ndef f():\n    return 1\n',
        1,
        "right: got an unexpected keyword argument 'value'",
    ),
    "no title": ('right("scale", edit={"* factor": ""})', 1, "right: missing a required argument"),
    "a title that must be computed": (
        'right(\n    "scale",\n    f"t{1}",\n    edit={"* factor": ""},\n)',
        3,
        "not a plain string",
    ),
    "neither function nor edit": ('right("scale", "t")', 1, '"t" has no code'),
    "a docstring and no more": (
        '@wrong("scale", "t")\ndef f(x, factor):\n    """A.\n\n    B."""\n',
        1,
        '"t" has no code',
    ),
    "an edit that is no dict": ('right("scale", "t", edit="* factor")', 1, "the edit is no dict"),
    "another decorator": (
        'import functools\n\n\n@functools.cache\n@right("scale", "t")\ndef f():\n    return 1\n',
        4,
        "a decorator that declares nothing",
    ),
    "an old text that is gone": (
        'right(\n    "scale",\n    "t",\n    edit={"numbers *": "x *", "* power": "* factor"},\n)',
        4,
        'the old text "* power" occurs 0 times in the solution of scale — '
        "write it as the cell in solutions/30_scaling.py has it, long enough to occur once",
    ),
    "an old text that stands there twice": (
        'right(\n    "scale",\n    "t",\n    edit={\n        "numbers =": "",\n    },\n)',
        5,
        'the old text "numbers =" occurs 2 times in the solution of scale',
    ),
    "an edit that leaves no Python": (
        '\nright("scale", "t", edit={"* factor": "*"})',
        2,
        "the edited solution of scale has a syntax error: invalid syntax — correct the new text",
    ),
    "no such name": (
        'right("stretch", "t", edit={"* factor": ""})',
        1,
        '"stretch" is no solution cell — choose from: scale, area',
    ),
    "a title twice": (
        'right("scale", "one", edit={"* factor": ""})',
        2,
        'two answers to scale share the title "one" — rename one',
    ),
    "no Python": ("def (", 1, "syntax error: "),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_declaration_that_cannot_be_used(tmp_path: Path, what: str) -> None:
    text, line, reason = REFUSED[what]
    with pytest.raises(SourceError) as caught:
        declared(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(f"misconceptions/30_scaling.py:{line}: "), message
    assert reason in message and " — " in message and "\n" not in message


def test_a_bank_that_is_not_utf8(tmp_path: Path) -> None:
    assignment = project(tmp_path)
    assignment.project.bank_path(assignment.slug).write_bytes(
        BANK.replace("sides", "sidés").encode("latin-1")
    )
    with pytest.raises(SourceError, match=r"30_scaling\.py:1: not UTF-8"):
        bank.answers(assignment)


# --- the book's own


def test_the_books_banks_are_read_and_never_run() -> None:
    book = Project(CHECKOUT)
    assert {path.stem for path in book.bank.glob("*.py")} == set(book.slugs())
    found = bank.answers(load(book.slugs()[0], book))
    assert len({(answer.name, answer.title) for answer in found}) == len(found) > 20
