"""What the test cells of a released notebook import under an unmodified nbgrader.

There they run in the student's own process, with no protection. `release` writes `begin` and
`score` around the hidden tests; the words between them are those of `words`.
"""

from __future__ import annotations

from autograder import words
from autograder.digests import seed_for
from autograder.grade.reference import reference_names
from autograder.project import Project
from autograder.rules import load
from autograder.words import *  # noqa: F403

__all__ = sorted(words.WORDS | {"begin", "score"})

STOCK_SEED = 0
"""The seed where no course with a salt of its own is at hand."""


def begin(slug: str, grade_id: str) -> None:
    """Begin a test cell of the project that `Project.find` finds."""
    assignment = load(slug, Project.find())
    words.start(
        assignment.by_id[grade_id].points,
        reference_names(assignment),
        seed_for(str(STOCK_SEED), slug, grade_id),
    )


def score() -> float:
    """End a test cell: print what went wrong, and return the points."""
    parts = words.finish()
    for part in parts:
        if part.message:
            print(f"{part.points:g} of {part.max_points:g}: {part.what} — {part.message}")
    return sum((part.points for part in parts), 0.0) if parts else float(words.cell_points())
