"""The command line: ``python -m autograder COMMAND``.

Exit codes: 0 done; 1 something that must hold does not; 2 wrong use or bad input, in which case one
line on stderr says what, where and what to do.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from autograder.course import ROOT, BadInput
from autograder.sandbox import SandboxError
from autograder.testing import GraderFault


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    code = 2
    try:
        return options.run(options) or 0
    except (BadInput, SandboxError) as error:
        problem = str(error)
    except GraderFault as error:
        problem, code = str(error), 1
    except OSError as error:
        problem = (
            f"{error.filename or 'a file'}: {error.strerror} — check the path and its permissions"
        )
    print(problem, file=sys.stderr)
    return code


class _OneLine(argparse.ArgumentParser):
    """Says what is wrong in one line; argparse would print the usage as well."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message} — see `{self.prog} --help`", file=sys.stderr)
        sys.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser = _OneLine(
        prog="python -m autograder", description="Release, grade and hand back assignments."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(run, help: str) -> argparse.ArgumentParser:
        new = commands.add_parser(run.__name__.strip("_"), help=help, description=help)
        new.set_defaults(run=run)
        return new

    def on_course(new: argparse.ArgumentParser) -> None:
        new.add_argument(
            "--course", type=Path, default=Path(), metavar="DIR", help="the course folder (here)"
        )

    def on_assignments(new: argparse.ArgumentParser) -> None:
        new.add_argument("slugs", nargs="*", metavar="NN_slug", help="assignments (all)")

    new = command(_init, "make a course folder")
    new.add_argument("folder", type=Path, metavar="DIR")
    new = command(_release, "write exercises/ from solutions/")
    new.add_argument(
        "--check", action="store_true", help="change nothing; fail if exercises/ is stale"
    )
    new = command(_check, "prove the tests on the bank of right and wrong answers")
    on_assignments(new)
    new = command(_grade, "grade submissions, unchanged ones excepted, and write grades.csv")
    on_assignments(new)
    on_course(new)
    new.add_argument("--workers", type=_positive, default=1, metavar="N", help="processes (1)")
    new.add_argument(
        "--no-sandbox",
        action="store_true",
        help="run students' code unprotected: trusted work only",
    )
    new = command(_feedback, "write a feedback page for every graded submission")
    on_assignments(new)
    on_course(new)
    new = command(_export, "write grades.csv from the gradebook, manual marks included")
    on_course(new)
    new = command(_bundle, "zip what students get")
    new.add_argument(
        "out", type=Path, nargs="?", default=ROOT / "_build" / "exercises.zip", metavar="OUT.zip"
    )
    new = command(_attack, "hand hostile work to this machine's grader, and see what it gets")
    new.add_argument("names", nargs="*", metavar="NAME", help="attacks (all)")
    new.add_argument("--workers", type=_positive, default=2, metavar="N", help="processes (2)")
    command(_demo, "grade a made-up class in _build/demo, end to end")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not a number of processes: give 1 or more")
    return number


def _init(options: argparse.Namespace) -> None:
    from autograder import gradebook

    slugs = gradebook.init(options.folder)
    print(f"{options.folder}: {len(slugs)} assignments, nothing handed in yet.")
    print(f"Submissions go to {options.folder}/submitted/STUDENT/NN_slug/NN_slug.ipynb")


def _release(options: argparse.Namespace) -> int:
    from autograder import release

    if options.check:
        try:
            release.check_current()
        except release.ReleaseError as error:
            print(error, file=sys.stderr)
            return 1
        print("exercises/ is current")
    else:
        print("released:", ", ".join(release.release()))
    return 0


def _check(options: argparse.Namespace) -> int:
    from autograder import check

    return check.main(options.slugs)


def _grade(options: argparse.Namespace) -> int:
    from rich.progress import Progress

    from autograder import gradebook

    with Progress(transient=True) as progress:
        bar = progress.add_task("grading", total=None)
        rows, problems = gradebook.grade(
            options.course,
            options.slugs,
            options.workers,
            started=lambda count: progress.update(bar, total=count),
            done=lambda count: progress.update(bar, completed=count),
            sandbox=not options.no_sandbox,
        )
    _show(rows)
    print(f"{options.course / 'grades.csv'}: written")
    for problem in problems:
        print(problem, file=sys.stderr)
    return max((2 if isinstance(p, BadInput) else 1 for p in problems), default=0)


def _feedback(options: argparse.Namespace) -> None:
    from autograder import gradebook

    pages = gradebook.feedback(options.course, options.slugs)
    print(f"{len(pages)} feedback pages in {options.course / 'feedback'}")


def _export(options: argparse.Namespace) -> None:
    from autograder import gradebook

    rows = gradebook.export(options.course)
    print(f"{options.course / 'grades.csv'}: {len(rows)} rows")


def _bundle(options: argparse.Namespace) -> None:
    from autograder import release

    names = release.bundle(options.out)
    print(f"{options.out}: {len(names)} files")


def _attack(options: argparse.Namespace) -> int:
    from autograder import sandbox

    if why := sandbox.trouble():  # before all that it takes to attack is loaded
        raise SandboxError(why)

    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

    from autograder.tests.attacks import run

    with Progress(transient=True) as progress:
        bar = progress.add_task("attacking", total=None)
        outcomes = run.run(
            options.workers,
            options.names,
            started=lambda count: progress.update(bar, total=count),
            done=lambda count: progress.update(bar, completed=count),
        )
    table = Table("submission", "what it tries", "points", "outcome")
    for outcome in outcomes:
        verdict = "[bold red]" + "; ".join(outcome.faults) if outcome.faults else "[green]held"
        table.add_row(outcome.name, outcome.goal, f"{outcome.points:g}", verdict)
    Console().print(table)
    bad = sum(bool(outcome.faults) for outcome in outcomes)
    print(f"{len(outcomes) - bad} of {len(outcomes)} held.")
    return 1 if bad else 0


def _demo(options: argparse.Namespace) -> None:
    from autograder import demo

    _show(demo.run(ROOT / "_build" / "demo"))
    print(f"Course folder: {ROOT / '_build' / 'demo'} — feedback pages in its feedback/")


def _show(rows: list[dict]) -> None:
    """Print what everybody has earned: a row per student, a column per assignment."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    slugs = list(dict.fromkeys(row["assignment"] for row in rows))
    # Nineteen assignments fit a terminal by their numbers, not by their names.
    table = Table("student", *(slug.split("_")[0] for slug in slugs), "note")
    by_student: dict[str, list[dict]] = {}
    for row in rows:
        by_student.setdefault(row["student"], []).append(row)
    for student, theirs in by_student.items():
        cells = [
            f"{row['score']:g}/{row['max_score']:g}" + (" + text" if row["to_mark"] else "")
            for row in theirs
        ]
        notes = [
            f"{row['assignment'].split('_')[0]}: {row['note']}" for row in theirs if row["note"]
        ]
        table.add_row(Text(student), *cells, Text("\n".join(notes)))  # no markup
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
