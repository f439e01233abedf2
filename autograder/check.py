"""Proof that the tests are good: the bank's answers, judged.

Every test must give nothing to the unsolved notebook, everything to its own solution and to each
alternative right answer, and less to each known-wrong one, under that one's own name, for many
seeds. The answers are trusted, so they run in this process, through the same bytes as a student's;
a sample of them is handed in as notebooks and graded in real shells as well.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from autograder import bank, release
from autograder.assignment import Assignment
from autograder.bank import Answer
from autograder.digests import digest
from autograder.grade.calls import Call
from autograder.grade.grading import grade
from autograder.grade.judge import judge
from autograder.grade.recognise import recognise
from autograder.grade.records import fingerprint, write_whole
from autograder.grade.reference import answer_names, reference_names
from autograder.grade.verdict import Verdict
from autograder.project import Project
from autograder.rules import load
from autograder.sandbox import server
from autograder.sandbox.loopback import loopback

SEEDS = 20
UNSOLVED, SOLUTION = "unsolved", "solution"


@dataclass(frozen=True)
class Row:
    """One answer to one graded name, over all seeds.

    Attributes
    ----------
    slug, name, kind, title : what was judged; `kind` is unsolved, solution, wrong or right.
    points, max : the fewest and the most points it got, and the cell's.
    faults : what should not have happened, one line each; () if all is well.
    """

    slug: str
    name: str
    kind: str
    title: str
    points: tuple[float, float]
    max: float
    faults: tuple[str, ...] = ()


def check(
    project: Project,
    slugs: Iterable[str] = (),
    seeds: int = SEEDS,
    workers: int = 2,
    shells: bool = True,
    known: dict[str, list[Row]] | None = None,
) -> list[Row]:
    """Judge the banks of some assignments, or of all. `shells`: also the sample in real shells.

    `known` holds the rows of assignments that were found good: fingerprint → rows. Their banks are
    not judged again, and what is found good now is added.

    Raises
    ------
    SourceError, GraderFault
        If an assignment or its bank cannot be used at all.
    """
    known = {} if known is None else known
    chosen = {
        digest(fingerprint(one), seeds, shells): one
        for one in (load(slug, project) for slug in tuple(slugs) or project.slugs())
    }
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        jobs: dict[str, list[Future]] = {}
        for key, assignment in chosen.items():
            if key not in known:
                jobs[key] = [
                    pool.submit(check_name, assignment, name, seeds)
                    for name in assignment.solution_names
                ]
                if shells:
                    jobs[key] += [
                        pool.submit(check_shells, assignment, number) for number in (0, 1)
                    ]
        found: list[Row] = []
        for key in chosen:
            rows = known.get(key) or [row for job in jobs[key] for row in job.result()]
            if not any(row.faults for row in rows):
                known[key] = rows
            found += rows
    return found


def read_known(path: Path) -> dict[str, list[Row]]:
    """What `write_known` has written; nothing if it cannot be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {
            key: [Row(**row | {"points": tuple(row["points"]), "faults": ()}) for row in rows]
            for key, rows in content.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def write_known(path: Path, known: dict[str, list[Row]]) -> None:
    """Write the rows of assignments that were found good."""
    content = {key: [asdict(row) for row in rows] for key, rows in known.items()}
    write_whole(path, json.dumps(content, ensure_ascii=False))


def main(
    project: Project, slugs: Sequence[str] = (), seeds: int = SEEDS, again: bool = False
) -> int:
    """Print the table. 0 if all is well, otherwise 1.

    What was found good before, with the same tests, bank, grader and libraries, is not judged
    `again` unless that is asked for.
    """
    remembered = project.root / "_build" / "checked.json"
    known = {} if again else read_known(remembered)
    rows = check(project, slugs, seeds, workers=os.cpu_count() or 1, known=known)
    write_known(remembered, known)
    console = Console()
    table = Table("assignment", "name", "answers", "unsolved", "solution", "wrong", "right")
    by_name: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        by_name[row.slug, row.name].append(row)
    for (slug, name), group in by_name.items():
        cells = []
        for kind in (UNSOLVED, SOLUTION, "wrong", "right"):
            of_kind = [r for r in group if r.kind == kind]
            good = sum(not r.faults for r in of_kind)
            style = "green" if good == len(of_kind) else "bold red"
            cells.append(f"[{style}]{good} of {len(of_kind)}[/]")
        table.add_row(slug, name, str(len(group)), *cells)
    console.print(table)
    bad = [row for row in rows if row.faults]
    for row in bad:
        where = f"{row.slug} {row.name}, {row.kind}"
        title = f' "{row.title}"' if row.title else ""
        for fault in row.faults:
            print(f"{where}{title}: {fault}", file=sys.stderr)
    console.print(f"{len(rows) - len(bad)} of {len(rows)} answers are judged as they should be.")
    return 1 if bad else 0


# --- in this process


def check_name(assignment: Assignment, name: str, seeds: int = SEEDS) -> list[Row]:
    """Judge every answer to one graded name for every seed."""
    known = [answer for answer in bank.answers(assignment) if answer.name == name]
    test = assignment.by_id[f"test_{name}"]
    rows = []
    answers: tuple[Answer | str, ...] = (UNSOLVED, SOLUTION, *known)
    for answer in answers:
        names = _names(assignment, name, answer)
        judged: list[tuple[Verdict, Answer | None]] = []
        recognised: dict[tuple[Call, ...], Answer | None] = {}
        for seed in range(seeds):
            shell = loopback(dict(names))
            findings = judge(assignment, test, shell, seed)
            like: Answer | None = None
            if _kind(answer) == "wrong" and findings.verdict.points < test.points:
                # A value is the same for every seed, and SymPy takes its time to compare two.
                seen = tuple(findings.calls)
                if seen not in recognised:
                    recognised[seen] = recognise(assignment, test, findings)
                like = recognised[seen]
            judged.append((findings.verdict, like))
        faults = _faults(answer, judged)
        points = [v.points for v, _ in judged]
        title = answer.title if isinstance(answer, Answer) else ""
        extent = (min(points), max(points))
        rows.append(
            Row(assignment.slug, name, _kind(answer), title, extent, test.points, tuple(faults))
        )
    return rows


def _kind(answer: Answer | str) -> str:
    if isinstance(answer, str):
        return answer
    return "right" if answer.correct else "wrong"


def _names(assignment: Assignment, name: str, answer: Answer | str) -> dict[str, Any]:
    """The names of a notebook that is solved but for one answer."""
    if isinstance(answer, Answer):
        return dict(answer_names(assignment, answer))
    names = dict(reference_names(assignment))
    if answer == UNSOLVED:
        del names[name]
        with contextlib.suppress(NotImplementedError):  # the stub of a value stops at once
            exec(_sources(assignment)[name], names)
    return names


def _sources(assignment: Assignment) -> dict[str, str]:
    """grade_id → source of the code cells, as released."""
    cells = release.graded_notebook(assignment).cells
    return {c.id: c.source for c in cells if c.cell_type == "code"}


def _faults(answer: Answer | str, judged: list[tuple[Verdict, Answer | None]]) -> list[str]:
    """What is wrong with how an answer was judged; a fault that repeats is told once."""
    kind = _kind(answer)
    found: dict[str, int] = {}
    for seed, (v, known) in enumerate(judged):
        if kind == UNSOLVED and v.points:
            found.setdefault("gets points", seed)
        elif kind in (SOLUTION, "right") and v.points < v.max:
            found.setdefault(f"loses points: {'; '.join(v.messages)}", seed)
        elif kind == "wrong" and v.points >= v.max:
            found.setdefault("gets full marks", seed)
        elif kind == "wrong" and known != answer:
            taken = f'taken for "{known.title}"' if known else "not recognised"
            found.setdefault(taken, seed)
    return [f"seed {seed}: {fault}" for fault, seed in found.items()][:3]


# --- in real shells


def check_shells(assignment: Assignment, number: int) -> list[Row]:
    """Hand in a notebook of wrong answers (`number` 0) or of right ones (1), and grade it."""
    wanted = number == 1
    chosen: dict[str, Answer] = {}
    for answer in bank.answers(assignment):
        if answer.correct == wanted:
            chosen.setdefault(answer.name, answer)
    cells = [
        (cell, chosen[cell].source if cell in chosen else source)
        for cell, source in _sources(assignment).items()
    ]
    files = {name: path.read_bytes() for name, path in assignment.data.items()}
    # The bank is trusted, and to be checked on any machine.
    open_shell = functools.partial(server.open_shell, files=files, isolated=False)
    record = grade(assignment, cells, 0, open_shell)
    rows = []
    for name, answer in chosen.items():
        v = record.verdicts[f"test_{name}"]
        known = answer if v.misconception == answer.title else None
        faults = [f"in a real shell: {fault}" for fault in _faults(answer, [(v, known)])]
        rows.append(
            Row(
                assignment.slug,
                name,
                _kind(answer),
                answer.title,
                (v.points,) * 2,
                v.max,
                (*faults,),
            )
        )
    return rows
