"""What can go wrong, in one line each: what, where, what to do."""

from __future__ import annotations


class BadInput(Exception):
    """Something that was given cannot be used. The message is one line: what, where, what to do."""


class SourceError(BadInput):
    """An assignment cannot be used. The message is one line: ``path:line: reason — what to do``."""

    def __init__(self, where: str, line: int, reason: str, remedy: str) -> None:
        super().__init__(f"{where}:{line}: {reason} — {remedy}")
        self.where, self.line = where, line


class ReleaseError(BadInput):
    """Released files are not what their sources say."""


class CourseError(BadInput):
    """A course folder cannot be used."""


class GraderFault(Exception):
    """A test or the grader is wrong, not the student. It stops grading, loudly."""
