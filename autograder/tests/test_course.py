"""Reading an assignment, and every reason for refusing one."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.errors import SourceError
from autograder.project import Project
from autograder.rules import load

from .conftest import SLUG


def test_cells_of_the_worked_example(released: Project) -> None:
    assignment = load(SLUG, released)
    kinds = [(c.kind, c.grade_id) for c in assignment.cells if c.kind != "text"]
    assert kinds == [
        ("given", "given_imports"),
        ("solution", "softmax"),
        ("test", "test_softmax"),
        ("solution", "hot_entropy"),
        ("test", "test_hot_entropy"),
        ("manual", "text_cold"),
    ]
    assert released.slugs() == (SLUG,)
    assert assignment.solution_names == ("softmax", "hot_entropy")
    assert assignment.points == 8
    assert assignment.given_names == {"np", "sp", "N"}
    assert assignment.title == "Softmax with a temperature"
    test = assignment.by_id["test_softmax"]
    assert test.visible.endswith('err_msg="the weights at temperature 1")')
    assert test.hidden.startswith('with part(2, "any temperature"):')
    assert "HIDDEN" not in test.visible + test.hidden


def test_lines_are_those_of_the_file(released: Project) -> None:
    assignment = load(SLUG, released)
    lines = assignment.path.read_text().splitlines()
    for cell in assignment.cells:
        assert lines[cell.line - 1].startswith("# %%")
        if cell.kind != "text":
            assert f'"{cell.grade_id}"' in lines[cell.line - 1]


def test_given_solution_and_test_metadata(released: Project) -> None:
    by_id = load(SLUG, released).by_id
    marks = {name: by_id[name].metadata.get("nbgrader") for name in by_id}
    assert [marks["given_imports"][k] for k in ("grade", "solution", "locked")] == [0, 0, 1]
    assert [marks["softmax"][k] for k in ("grade", "solution", "locked")] == [0, 1, 0]
    assert [marks["test_softmax"][k] for k in ("grade", "solution", "locked")] == [1, 0, 1]
    assert [marks["text_cold"][k] for k in ("grade", "solution", "locked")] == [1, 1, 0]
    assert (marks["test_softmax"]["points"], marks["text_cold"]["points"]) == (3, 2)


HIDDEN_END = '    agree(np.sum(softmax(x, 3.0), axis=1), np.ones(3), what="the sum of each row")\n'

# (what to replace, by what, the line at fault as it then stands, the reason)
SPOILT = {
    "duplicate grade_id": (
        '{"grade_id": "hot_entropy", "solution": true}',
        '{"grade_id": "softmax", "solution": true}',
        '# %% nbgrader={"grade_id": "softmax", "solution": true}\n# hot',
        'grade_id "softmax" is already used on line',
    ),
    "test without points": (
        '"test_softmax", "points": 3',
        '"test_softmax"',
        '# %% nbgrader={"grade_id": "test_softmax"}',
        "no points",
    ),
    "negative points": ('"points": 2}', '"points": -2}', '# %% [markdown] nbgrader={"gra', "-2"),
    "points on the answer": (
        '"softmax", "solution": true',
        '"softmax", "solution": true, "points": 2',
        '# %% nbgrader={"grade_id": "softmax"',
        "points",
    ),
    "a text in a string without points": (
        '"hot_entropy", "solution": true',
        '"text_entropy", "solution": true',
        '# %% nbgrader={"grade_id": "text_entropy"',
        "no points",
    ),
    "test without its answer": (
        '"test_softmax"',
        '"test_softplus"',
        '# %% nbgrader={"grade_id": "test_softplus"',
        'no solution cell "softplus"',
    ),
    "hidden tests not closed": (
        HIDDEN_END + "### END HIDDEN TESTS",
        HIDDEN_END,
        '# %% nbgrader={"grade_id": "test_softmax"',
        "not closed",
    ),
    "solution not closed": (
        "    ### END SOLUTION\n",
        "",
        '# %% nbgrader={"grade_id": "softmax"',
        "solution marker not closed",
    ),
    "solution not marked": (
        "    ### BEGIN SOLUTION\n    weights",
        "    weights",
        '# %% nbgrader={"grade_id": "softmax"',
        "closed without being opened",
    ),
    "text after the hidden tests": (
        HIDDEN_END + "### END HIDDEN TESTS",
        HIDDEN_END + "### END HIDDEN TESTS\nassert softmax",
        "assert softmax\n",
        "goes on after",
    ),
    "hidden tests inside a statement": (
        "### BEGIN HIDDEN TESTS\nwith part(2",
        "if True:\n    ### BEGIN HIDDEN TESTS\n    pass\nwith part(2",
        "    ### BEGIN HIDDEN",
        "cut a statement in two",
    ),
    "solution in a given cell": (
        "import sympy as sp\n",
        "import sympy as sp\n### BEGIN SOLUTION\n### END SOLUTION\n",
        '# %% nbgrader={"grade_id": "given_imports"}',
        "a solution stands in",
    ),
    "hidden tests in an answer": (
        "    ### BEGIN SOLUTION\n    weights",
        "    ### BEGIN HIDDEN TESTS\n    ### END HIDDEN TESTS\n    ### BEGIN SOLUTION\n    weights",
        '# %% nbgrader={"grade_id": "softmax"',
        "hidden tests in",
    ),
    "syntax error": (
        "def softmax(scores, temperature):",
        "def softmax(scores, temperature:",
        "def softmax(scores, temperature:",
        "syntax error",
    ),
    "code cell without a name": (
        '# %% nbgrader={"grade_id": "given_imports"}',
        "# %%",
        "# %%\nimport",
        "without grade_id",
    ),
    "a name that says nothing": (
        '"given_imports"',
        '"imports"',
        '# %% nbgrader={"grade_id": "imports"',
        "neither solution, test nor given",
    ),
    "answer under another name": (
        "def softmax(",
        "def soft_max(",
        '# %% nbgrader={"grade_id": "softmax"',
        "does not define softmax",
    ),
    "text without points": (
        '"text_cold", "points": 2',
        '"text_cold"',
        '# %% [markdown] nbgrader={"grade_id": "text_cold"}',
        "not complete",
    ),
    "unknown metadata": (
        '"points": 3}\nscores',
        '"point": 3}\nscores',
        '# %% nbgrader={"grade_id": "test_softmax"',
        "unknown nbgrader metadata: point",
    ),
    "metadata that is no JSON": (
        '{"grade_id": "given_imports"}',
        '{"grade_id" "given_imports"}',
        '# %% nbgrader={"grade_id" "given',
        "cannot be read",
    ),
    "unknown name in a test": (
        "np.ones(3)",
        "np.ones(rows)",
        "    agree(np.sum(softmax(x, 3.0), axis=1), np.ones(rows)",
        "uses rows, which neither",
    ),
    "another test's name": (
        "isinstance(hot_entropy, sp.Expr)",
        "isinstance(scores, sp.Expr)",
        "assert isinstance(scores",
        "uses scores",
    ),
    "a reference that is not there": (
        "reference.softmax(x, temperature)",
        "reference.soft_max(x, temperature)",
        "        agree(softmax(x, temperature), reference.soft_max",
        "uses reference.soft_max, which no cell defines",
    ),
    "hidden word in a visible check": (
        "weights = softmax(scores, 1.0)",
        "weights = softmax(scores, rng.random())",
        "weights = softmax(scores, rng",
        "uses rng outside its hidden tests",
    ),
    "a test that redefines the answer": (
        "weights = softmax(scores, 1.0)",
        "softmax = weights = softmax(scores, 1.0)",
        "softmax = weights",
        "redefines softmax",
    ),
    "code before the first cell": (
        "# %% [markdown]\n# # Softmax",
        "x = 1\n\n# %% [markdown]\n# # Softmax",
        "# ---",
        "text before the first cell",
    ),
}


@pytest.mark.parametrize("old, new, at, reason", SPOILT.values(), ids=SPOILT)
def test_a_spoilt_source_names_line_and_reason(
    project: Project, source: Path, old: str, new: str, at: str, reason: str
) -> None:
    text = source.read_text()
    assert text.count(old) == 1, "the example no longer holds what is to be spoilt"
    spoilt = text.replace(old, new)
    source.write_text(spoilt)
    with pytest.raises(SourceError) as caught:
        load(SLUG, project)
    message = str(caught.value)
    line = spoilt[: spoilt.index(at)].count("\n") + 1
    assert message.startswith(f"solutions/{SLUG}.py:{line}: "), message
    assert reason in message
    assert " — " in message and "\n" not in message


def test_an_answer_without_a_test(project: Project, source: Path) -> None:
    text = source.read_text()
    start = text.index('# %% nbgrader={"grade_id": "test_softmax"')
    source.write_text(text[:start] + text[text.index("# %% [markdown]\n# ## The hot limit") :])
    with pytest.raises(SourceError, match='"softmax" has no test'):
        load(SLUG, project)


def test_an_answer_without_a_bank(project: Project, source: Path) -> None:
    bank = project.bank_path(SLUG)
    bank.write_text(bank.read_text().replace('@wrong("hot_entropy",', '@right("hot_entropy",'))
    with pytest.raises(SourceError, match='"hot_entropy" has no known-wrong answer'):
        load(SLUG, project)
    bank.unlink()
    with pytest.raises(SourceError, match='"softmax" has no known-wrong answer'):
        load(SLUG, project)


def test_a_file_that_is_not_utf8(project: Project, source: Path) -> None:
    source.write_bytes("# %% [markdown]\n# é".encode("latin-1"))
    with pytest.raises(SourceError, match="not UTF-8"):
        load(SLUG, project)


def test_an_assignment_that_is_not_there(project: Project) -> None:
    with pytest.raises(SourceError, match=f"no such assignment — choose from: {SLUG}"):
        load("21_nothing", project)
    with pytest.raises(SourceError, match="no such assignment"):
        load("../solutions/" + SLUG, project)


def test_a_marker_inside_a_string_is_no_cell(project: Project, source: Path) -> None:
    text = source.read_text()
    inserted = 'import sympy as sp\nnote = """\n# %% not a cell\n"""\n'
    source.write_text(text.replace("import sympy as sp\n", inserted, 1))
    before = load(SLUG, project)
    assert "note" in before.given_names
    assert text.splitlines()[before.by_id["softmax"].line - 4].startswith('# %% nbgrader={"grade_')
