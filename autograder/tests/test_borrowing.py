"""An assignment made of another one's cells: the same cells, the same tests, the same bank."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from autograder import bank, check, demo, release
from autograder.errors import SourceError
from autograder.grade import records
from autograder.nbgrader import grading
from autograder.project import Project
from autograder.rules import load

from .conftest import SLUG

AGAIN = "21_again"
SOURCE = f"""# %% [markdown]
# # Once more

# %% nbgrader={{"grade_id": "given_imports"}}
import numpy as np

# %% nbgrader={{"grade_id": "softmax", "from": "{SLUG}"}}

# %% nbgrader={{"grade_id": "test_softmax", "from": "{SLUG}"}}

# %% nbgrader={{"grade_id": "text_cold", "from": "{SLUG}"}}
"""


def borrower(project: Project, source: str = SOURCE, slug: str = AGAIN) -> Path:
    path = project.root / "solutions" / f"{slug}.py"
    path.write_text(source, encoding="utf-8")
    return path


def test_borrowed_cells_are_those_of_the_lender(project: Project) -> None:
    borrower(project)
    again, first = load(AGAIN, project), load(SLUG, project)
    assert again.solution_names == ("softmax",) and again.points == 5
    for name in ("softmax", "test_softmax", "text_cold"):
        ours, theirs = again.by_id[name], first.by_id[name]
        assert ours == replace(theirs, line=ours.line, lender=SLUG)
        assert SOURCE.splitlines()[ours.line - 1].endswith(f'"from": "{SLUG}"}}')


def test_a_borrowed_test_runs_under_its_own_assignment(project: Project) -> None:
    borrower(project)
    cells = {c.id: c for c in release.instructor_notebook(load(AGAIN, project)).cells}
    assert f'begin("{AGAIN}", "test_softmax")' in cells["test_softmax"].source


def test_the_lenders_bank_proves_borrowed_tests(project: Project) -> None:
    borrower(project)
    names = {a.name for a in bank.answers(load(AGAIN, project))}
    assert names == {"softmax"}
    rows = check.check_name(load(AGAIN, project), "softmax", 4)
    assert sum(row.kind == "wrong" for row in rows) >= 3
    assert [row.faults for row in rows if row.faults] == []


def test_a_change_at_the_lender_is_a_change(project: Project) -> None:
    borrower(project)
    before = records.fingerprint(load(AGAIN, project))
    for path in (load(SLUG, project).path, project.bank_path(SLUG)):
        path.write_text(path.read_text() + "\n# changed\n")
        after = records.fingerprint(load(AGAIN, project))
        assert after != before
        before = after


@pytest.mark.parametrize(
    "old, new, reason",
    [
        (f'"softmax", "from": "{SLUG}"}}\n', f'"softmax", "from": "{SLUG}"}}\nx = 1\n', "empty"),
        (f'"softmax", "from": "{SLUG}"', '"softmax", "from": "99_no"', "which is not there"),
        (
            '"softmax", "from"',
            '"soft", "from"',
            "has no such cell of its own — choose from: given_imports",
        ),
        ('"test_softmax", "from"', '"test_softmax", "points": 9, "from"', "and has points"),
    ],
)
def test_what_cannot_be_borrowed_says_why(
    project: Project, old: str, new: str, reason: str
) -> None:
    path = borrower(project, SOURCE.replace(old, new))
    with pytest.raises(SourceError) as caught:
        load(AGAIN, project)
    line = next(i for i, row in enumerate(path.read_text().splitlines(), 1) if new[:15] in row)
    assert str(caught.value).startswith(f"solutions/{AGAIN}.py:{line}: ")
    assert reason in str(caught.value)


def test_borrowed_cells_are_not_lent_on_and_own_ones_are(project: Project) -> None:
    own = '\n# %% [markdown] nbgrader={"grade_id": "text_own", "points": 1}\n# An answer.\n'
    borrower(project, SOURCE + own)
    path = borrower(project, SOURCE.replace(SLUG, AGAIN), "22_thrice")
    with pytest.raises(SourceError, match="no such cell of its own — choose from: given_imports"):
        load("22_thrice", project)
    own = f'# %% [markdown] nbgrader={{"grade_id": "text_own", "from": "{AGAIN}"}}\n'
    path.write_text(SOURCE + "\n" + own)
    assert load("22_thrice", project).by_id["text_own"].lender == AGAIN


def test_a_borrowed_name_needs_a_bank_as_well(project: Project) -> None:
    borrower(project)
    spoil(project.bank_path(SLUG), '"softmax"', '"hot_entropy"')
    with pytest.raises(SourceError, match='"softmax" has no known-wrong answer'):
        load(AGAIN, project)


LENT = """
# %% nbgrader={"grade_id": "hot_entropy", "from": "01_temperature"}

# %% nbgrader={"grade_id": "test_hot_entropy", "from": "01_temperature"}
"""


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_what_a_borrowed_answer_needs_is_named_with_its_place(project: Project) -> None:
    path = borrower(project, SOURCE + LENT)
    at = path.read_text().splitlines().index(LENT.splitlines()[1]) + 1
    where = f"solutions/{AGAIN}.py:{at}: "
    for name, definition in [
        ("N", 'N = sp.Symbol("N", positive=True, integer=True)\n'),
        ("sp", "import sympy as sp\n"),
    ]:
        with pytest.raises(SourceError) as caught:
            load(AGAIN, project)
        there = [
            number
            for number, row in enumerate(load(SLUG, project).path.read_text().splitlines(), 1)
            if row == definition.rstrip()
        ]
        assert str(caught.value) == (
            f'{where}"hot_entropy" uses {name}, which no cell defines here — define it in a given '
            f"cell, as solutions/{SLUG}.py:{there[0]} does"
        )
        spoil(path, "import numpy as np\n", f"import numpy as np\n{definition}")
        where = where.replace(f":{at}:", f":{at + 1}:")
        at += 1
    assert load(AGAIN, project).points == 8


def test_what_only_the_lenders_bank_needs_is_missed_too(project: Project) -> None:
    lender = load(SLUG, project)
    spoil(
        lender.path, "import numpy as np\n", "import numpy as np\ndef grow(x): return np.exp(x)\n"
    )
    spoil(project.bank_path(SLUG), "np.exp(scores * temperature)", "grow(scores * temperature)")
    borrower(project)
    with pytest.raises(SourceError, match='"softmax" uses grow, which no cell defines here'):
        load(AGAIN, project)


def test_a_reference_that_is_not_there_is_missed(project: Project) -> None:
    lender = load(SLUG, project)
    extra = "    holds(reference.hot_entropy is not None, 'there')\n"
    first = "    for temperature in (0.5, 2.0):\n"
    spoil(lender.path, first, extra + first)
    path = borrower(project)
    line = next(i for i, row in enumerate(path.read_text().splitlines(), 1) if "test_soft" in row)
    with pytest.raises(SourceError) as caught:
        load(AGAIN, project)
    assert str(caught.value) == (
        f'solutions/{AGAIN}.py:{line}: "test_softmax" uses reference.hot_entropy, which no cell '
        f"defines — take that cell of {SLUG} too"
    )


def test_a_name_of_ones_own_that_a_borrowed_test_uses_otherwise(project: Project) -> None:
    own = """
# %% nbgrader={"grade_id": "weights", "solution": true}
### BEGIN SOLUTION
weights = 1
### END SOLUTION

# %% nbgrader={"grade_id": "test_weights", "points": 1}
assert weights == 1
"""
    path = borrower(project, SOURCE + own)
    own = project.root / "misconceptions" / f"{AGAIN}.py"
    own.write_text(
        "from autograder.bank import wrong\n\n\n"
        'wrong("weights", "two", belief="Two.", hint="One.", edit={"= 1": "= 2"})\n'
    )
    line = next(i for i, row in enumerate(path.read_text().splitlines(), 1) if "test_soft" in row)
    with pytest.raises(SourceError, match=f'{AGAIN}.py:{line}: "test_softmax" redefines weights'):
        load(AGAIN, project)


def test_answers_of_ones_own_add_to_the_lenders(project: Project) -> None:
    borrower(project)
    own = project.root / "misconceptions" / f"{AGAIN}.py"
    own.write_text(
        "from autograder.bank import wrong\n\n\n"
        '@wrong("softmax", "all equal")\n'
        'def equal(scores, temperature):\n    """All alike.\n\n    They differ."""\n'
        "    return scores * 0 + 1 / scores.shape[1]\n"
    )
    assert [a.title for a in bank.answers(load(AGAIN, project))][:2] == [
        "all equal",
        "multiplied by the temperature",
    ]
    assert [
        r.faults for r in check.check_name(load(AGAIN, project), "softmax", 2) if r.faults
    ] == []
    spoil(own, "all equal", "multiplied by the temperature")
    with pytest.raises(
        SourceError, match=rf"{SLUG}\.py:\d+: two answers to softmax share the title"
    ):
        load(AGAIN, project)


def test_a_class_is_graded_on_borrowed_cells(project: Project, tmp_path: Path) -> None:
    borrower(project)
    release.release(project)
    assignment = load(AGAIN, project)
    folder = tmp_path / "course"
    grading.init(folder, project)
    answers = demo.model_answers(assignment)
    bad = next(a for a in bank.answers(load(AGAIN, project)) if not a.correct)
    for student, softmax in [("right", answers["softmax"]), ("wrong", bad.source)]:
        target = folder / "submitted" / student / AGAIN
        target.mkdir(parents=True)
        notebook = demo.handed_in(assignment, answers | {"softmax": softmax})
        nbformat.write(notebook, target / f"{AGAIN}.ipynb")
    rows, problems = grading.grade(folder)
    assert not problems
    assert {r["student"]: (r["score"], r["to_mark"]) for r in rows} == {
        "right": (3, 1),
        "wrong": (1, 1),
    }
    grading.feedback(folder)
    page = (folder / "feedback" / "wrong" / AGAIN / f"{AGAIN}.html").read_text()
    assert bad.title in page and bad.hint in page.replace("&#39;", "'")
