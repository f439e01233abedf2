"""What a test cell, and a whole submission, earns."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True)
class Verdict:
    """What one test cell earns.

    Attributes
    ----------
    grade_id, points, max : of the test cell.
    messages : what the student reads, line by line; none if nothing is missing.
    misconception, hint : the known-wrong answer that the student's behaves like, or "".
    """

    grade_id: str
    points: float
    max: float
    messages: tuple[str, ...] = ()
    misconception: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Record:
    """What a submission earns.

    Attributes
    ----------
    slug, seed : the assignment, and what hidden inputs were drawn from.
    outputs : cell id → nbformat outputs of the student's run.
    verdicts : grade_id → verdict, for every test cell.
    """

    slug: str
    seed: int
    outputs: dict[str, list[dict]]
    verdicts: dict[str, Verdict]

    def as_dict(self) -> dict:
        """The record as JSON has it."""
        return json.loads(json.dumps(asdict(self)))


def with_misconception(verdict: Verdict, misconception: str, hint: str) -> Verdict:
    """The verdict, with a line about the misconception that explains it ("" for none)."""
    if not misconception:
        return verdict
    line = f"This looks like a known misconception: {misconception}. {hint}"
    return replace(
        verdict, messages=(*verdict.messages, line), misconception=misconception, hint=hint
    )
