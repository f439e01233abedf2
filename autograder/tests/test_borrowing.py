"""An assignment made of another one's cells: the same cells, the same tests, the same bank."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import check, classroom, misconceptions, release
from autograder.course import SourceError, load

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


def borrower(project: Path, source: str = SOURCE, slug: str = AGAIN) -> Path:
    path = project / "solutions" / f"{slug}.py"
    path.write_text(source, encoding="utf-8")
    return path


def test_borrowed_cells_are_those_of_the_lender(project: Path) -> None:
    borrower(project)
    again, first = load(AGAIN, project), load(SLUG, project)
    assert again.solution_names == ("softmax",) and again.points == 5
    for name in ("softmax", "test_softmax", "text_cold"):
        ours, theirs = again.by_id[name], first.by_id[name]
        assert (ours.kind, ours.source, ours.hidden) == (theirs.kind, theirs.source, theirs.hidden)
        assert SOURCE.splitlines()[ours.line - 1].endswith(f'"from": "{SLUG}"}}')


def test_a_borrowed_test_runs_under_its_own_assignment(project: Path) -> None:
    borrower(project)
    cells = {c.id: c for c in release.instructor_notebook(load(AGAIN, project)).cells}
    assert f'begin("{AGAIN}", "test_softmax")' in cells["test_softmax"].source


def test_the_lenders_bank_proves_borrowed_tests(project: Path) -> None:
    borrower(project)
    names = {a.name for a in misconceptions.answers(AGAIN, project)}
    assert names == {"softmax"}
    rows = check.check_name(load(AGAIN, project), "softmax", 4)
    assert sum(row.kind == "wrong" for row in rows) >= 3
    assert [row.faults for row in rows if row.faults] == []


def test_a_change_at_the_lender_is_a_change(project: Path) -> None:
    borrower(project)
    before = classroom.fingerprint(classroom.load_cached(AGAIN, project))
    for path in (load(SLUG, project).path, load(SLUG, project).bank):
        path.write_text(path.read_text() + "\n# changed\n")
        after = classroom.fingerprint(classroom.load_cached(AGAIN, project))
        assert after != before
        before = after


@pytest.mark.parametrize(
    "old, new, reason",
    [
        (f'"softmax", "from": "{SLUG}"}}\n', f'"softmax", "from": "{SLUG}"}}\nx = 1\n', "empty"),
        (f'"softmax", "from": "{SLUG}"', '"softmax", "from": "99_no"', "which is not there"),
        ('"softmax", "from"', '"soft", "from"', "has no such cell — choose from: given_imports"),
        ('"test_softmax", "from"', '"test_softmax", "points": 9, "from"', "and has points"),
    ],
)
def test_what_cannot_be_borrowed_says_why(project: Path, old: str, new: str, reason: str) -> None:
    path = borrower(project, SOURCE.replace(old, new))
    with pytest.raises(SourceError) as caught:
        load(AGAIN, project)
    line = next(i for i, row in enumerate(path.read_text().splitlines(), 1) if new[:15] in row)
    assert str(caught.value).startswith(f"solutions/{AGAIN}.py:{line}: ")
    assert reason in str(caught.value)


def test_borrowed_cells_are_not_lent_on(project: Path) -> None:
    borrower(project)
    borrower(project, SOURCE.replace(SLUG, AGAIN), "22_thrice")
    with pytest.raises(SourceError, match="take the cell from where it stands"):
        load("22_thrice", project)


def test_a_borrowed_name_needs_a_bank_as_well(project: Path) -> None:
    borrower(project)
    bank = load(SLUG, project).bank
    bank.write_text(bank.read_text().replace('"softmax",', '"other",'))
    with pytest.raises(SourceError, match='"softmax" has no known-wrong answer'):
        load(AGAIN, project)
