"""The course folder's copy of the assignments, brought up to date with ``solutions/``."""

from __future__ import annotations

from nbgrader.api import Gradebook, MissingEntry

from autograder import release
from autograder.errors import ReleaseError
from autograder.nbgrader.application import course_of
from autograder.rules import load


def prepare(converter, slugs: list[str]) -> None:
    """Bring ``source/``, ``release/`` and the gradebook up to date with ``solutions/``.

    Raises
    ------
    SourceError, ReleaseError
        If an assignment cannot be used, or has other cells than those already graded.
    """
    course = course_of(converter)
    stale = []
    with Gradebook(converter.coursedir.db_url) as book:
        for slug in slugs:
            assignment = load(slug, course.project)
            try:
                known = book.find_notebook(slug, slug)
            except MissingEntry:
                stale.append(assignment)
                continue
            if release.source_is_current(assignment, course.root):
                continue
            cells = {c.grade_id for c in assignment.cells if c.kind != "text"}
            if known.submissions and {c.name for c in known.source_cells} != cells:
                raise ReleaseError(
                    f"solutions/{slug}.py: its cells are not those that submissions were graded on "
                    f"— run `nbgrader db assignment remove {slug} --force`, then grade again"
                )
            stale.append(assignment)
    release.generate(stale, course.root, converter.config, converter.coursedir.db_url)
