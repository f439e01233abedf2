"""The command line: ``autograder COMMAND``, or ``python -m autograder COMMAND``.

Exit codes: 0 done; 1 something that must hold does not; 2 wrong use or bad input, in which case one
line on stderr says what, where and what to do.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from autograder.errors import BadInput, GraderFault
from autograder.project import Project
from autograder.sandbox.shell import SandboxError

# Each command imports what it needs: `--help` and a wrong option are answered at once.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    _skip_slow_checks_of_addresses()
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


def _skip_slow_checks_of_addresses() -> None:
    """Keep a grammar from loading that takes longer than all the rest of a start.

    jsonschema, which nbformat imports, checks international addresses with it. Notebooks hold none;
    without it they go unchecked in this process.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


class _OneLine(argparse.ArgumentParser):
    """Says what is wrong in one line; argparse would print the usage as well."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message} — see `{self.prog} --help`", file=sys.stderr)
        sys.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser = _OneLine(prog="autograder", description="Release, grade and hand back assignments.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable, help: str) -> argparse.ArgumentParser:
        new = commands.add_parser(name, help=help, description=help)
        new.set_defaults(run=run)
        return new

    def on_course(new: argparse.ArgumentParser) -> None:
        new.add_argument(
            "--course", type=Path, default=Path(), metavar="DIR", help="the course folder (here)"
        )

    def on_assignments(new: argparse.ArgumentParser) -> None:
        new.add_argument("slugs", nargs="*", metavar="NN_slug", help="assignments (all)")

    new = command("new", _new, "make a project of your own, with an example assignment")
    new.add_argument("folder", type=Path, metavar="DIR")
    new = command("init", _init, "make a course folder")
    new.add_argument("folder", type=Path, metavar="DIR")
    new = command("release", _release, "write exercises/ from solutions/")
    new.add_argument(
        "--check", action="store_true", help="change nothing; fail if exercises/ is stale"
    )
    new = command("check", _check, "prove the tests on the bank of right and wrong answers")
    on_assignments(new)
    new.add_argument("--seeds", type=_positive, default=20, metavar="N", help="drawn inputs (20)")
    new.add_argument(
        "--again", action="store_true", help="judge also what was found good and has not changed"
    )
    new = command(
        "grade", _grade, "grade submissions, unchanged ones excepted, and write grades.csv"
    )
    on_assignments(new)
    on_course(new)
    new.add_argument("--workers", type=_positive, default=1, metavar="N", help="processes (1)")
    new.add_argument(
        "--no-sandbox",
        action="store_true",
        help="run students' code unprotected: trusted work only",
    )
    new = command("feedback", _feedback, "write a feedback page for every graded submission")
    on_assignments(new)
    on_course(new)
    new = command("export", _export, "write grades.csv from the gradebook, manual marks included")
    on_course(new)
    new = command("bundle", _bundle, "zip what students get")
    new.add_argument("out", type=Path, metavar="OUT.zip")
    new = command(
        "attack", _attack, "hand hostile work to this machine's grader, and see what it gets"
    )
    new.add_argument("names", nargs="*", metavar="NAME", help="attacks (all)")
    new.add_argument("--workers", type=_positive, default=2, metavar="N", help="processes (2)")
    new.add_argument(
        "--record", action="store_true", help="note that all are held, for these very defences"
    )
    command("demo", _demo, "grade a made-up class in _build/demo, end to end")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is too small: give 1 or more")
    return number


def _new(options: argparse.Namespace) -> None:
    from autograder import new

    project = new.new(options.folder)
    print(f"{options.folder}: a project with the assignment {', '.join(project.slugs())}.")
    print(f"Read {options.folder}/README.md next.")


def _init(options: argparse.Namespace) -> None:
    from autograder.nbgrader import grading

    slugs = grading.init(options.folder, Project.find())
    print(f"{options.folder}: {len(slugs)} assignments, nothing handed in yet.")
    print(f"Submissions go to {options.folder}/submitted/STUDENT/NN_slug/NN_slug.ipynb")


def _release(options: argparse.Namespace) -> int:
    from autograder import release
    from autograder.errors import ReleaseError

    project = Project.find()
    if options.check:
        try:
            release.check_current(project)
        except ReleaseError as error:
            print(error, file=sys.stderr)
            return 1
        print("exercises/ is current")
    else:
        print("released:", ", ".join(release.release(project)))
    return 0


def _check(options: argparse.Namespace) -> int:
    from autograder import check

    return check.main(Project.find(), options.slugs, options.seeds, options.again)


def _grade(options: argparse.Namespace) -> int:
    from rich.progress import Progress

    from autograder.nbgrader import grading

    with Progress(transient=True) as progress:
        bar = progress.add_task("grading", total=None)
        rows, problems = grading.grade(
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
    from autograder.nbgrader import grading

    pages = grading.feedback(options.course, options.slugs)
    print(f"{len(pages)} feedback pages in {options.course / 'feedback'}")


def _export(options: argparse.Namespace) -> None:
    from autograder.nbgrader import export

    rows = export.export(options.course)
    print(f"{options.course / 'grades.csv'}: {len(rows)} rows")


def _bundle(options: argparse.Namespace) -> None:
    from autograder import release

    names = release.bundle(options.out, Project.find())
    print(f"{options.out}: {len(names)} files")


def _attack(options: argparse.Namespace) -> int:
    from autograder.sandbox.server import why_unavailable

    if reason := why_unavailable():  # before all that it takes to attack is loaded
        raise SandboxError(reason)

    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

    from autograder.attacks import run

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
    if options.record:
        if bad or options.names:
            raise BadInput("nothing is recorded — all attacks must be tried, and be held")
        run.HELD.write_text(run.fingerprint() + "\n", encoding="utf-8")
    return 1 if bad else 0


def _demo(options: argparse.Namespace) -> None:
    from autograder import demo

    project = Project.find()
    folder = project.root / "_build" / "demo"
    _show(demo.run(folder, project))
    print(f"Course folder: {folder} — feedback pages in its feedback/")


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
