"""Grade the attackers of `table`, and look what came of it.

Each is handed in to a course of its own making and graded as any submission is: shells, verdicts,
records, gradebook, feedback. Around them lie things that an attack would want: a secret file, a
service on this machine's network, a process to kill. After each one a fresh shell must look as it
did before. Nothing is pretended, so this takes as long as grading a class of a hundred does.
"""

from __future__ import annotations

import contextlib
import csv
import ctypes
import functools
import os
import re
import secrets
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from html import unescape
from multiprocessing import get_context
from pathlib import Path

import nbformat
from nbformat import v4
from nbgrader.api import Gradebook

from autograder import demo, release
from autograder.attacks.example import SLUG, write_project
from autograder.attacks.handed_in import class_of
from autograder.attacks.table import ATTACKS, FILES, PRELUDE
from autograder.digests import digest
from autograder.errors import BadInput
from autograder.grade import records
from autograder.nbgrader import grading
from autograder.nbgrader.application import application_for, course_of
from autograder.nbgrader.course import Course
from autograder.project import Project
from autograder.rules import load
from autograder.sandbox import server
from autograder.sandbox.shell import Shell

LIMITS = {
    "cell_seconds": 3.0,
    "cell_cpu_seconds": 1.0,
    "call_seconds": 3.0,
    "cpu_seconds": 12.0,
    "submission_seconds": 60.0,
    "restarts": 3,
    "memory_bytes": 400 * 2**20,
    "threads": 8,
    "disk_bytes": 8 * 2**20,
    "files": 100,
    "output_bytes": 100_000,
    "all_output_bytes": 400_000,
}
"""Tight ones: what matters is that they hold, and an attacker uses all that there is."""
EVIL = (
    "<script>pwn()</script><img src=x onerror=pwn()><svg onload=pwn()><iframe src=//@HOST@>"
    "<a href=javascript:pwn()>a</a><style>*{display:none}</style><base href=//@HOST@>"
    '<div style="background:url(//@HOST@)" onclick=pwn()>b</div><form action=//@HOST@>'
    "<input autofocus onfocus=pwn()><meta http-equiv=refresh content=0;//@HOST@>"
    "![i](//@HOST@/x.png)"
    r" $\\href{javascript:pwn()}{x}$ <math><mtext><script>pwn()</script></mtext></math>"
)
HOST = "attacker.example"
PACKAGE = Path(__file__).resolve().parent.parent
"""The grader's own files."""


@dataclass
class Outcome:
    """What became of one submission.

    Attributes
    ----------
    points, expected : what it earned, and what it had to.
    faults : what should not have happened; [] if all is well.
    """

    name: str
    goal: str
    points: float
    expected: float | None
    faults: list[str] = field(default_factory=list)


DEFENCES = ("student", "sandbox", "grade", "attacks")
"""The parts of the package on which it depends whether attacks are held."""
HELD = Path(__file__).with_name("held.txt")
"""The fingerprint of the defences when all attacks were last held."""


def fingerprint() -> str:
    """Changes whenever a defence or an attack does."""
    files = sorted(path for part in DEFENCES for path in (PACKAGE / part).glob("*.py"))
    return digest(*(path.read_bytes() for path in files))


def run(
    workers: int = 2,
    names: Sequence[str] = (),
    started: Callable[[int], None] = lambda count: None,
    done: Callable[[int], None] = lambda count: None,
) -> list[Outcome]:
    """Attack this machine's grader, with all there is or with some attacks, by their names.

    The last row is about what all have left behind together.

    Raises
    ------
    BadInput
        If there is no attack of a name.
    SandboxError
        If this machine has no sandbox.
    """
    if unknown := set(names) - {*ATTACKS, *FILES}:
        raise BadInput(f"no attack is called {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        return attack(Path(folder), workers, done, names=names, started=started)


def attack(
    folder: Path,
    workers: int,
    done: Callable[[int], None],
    *,
    names: Sequence[str] = (),
    started: Callable[[int], None] = lambda count: None,
) -> list[Outcome]:
    """`run` in a folder that is kept."""
    attacked = write_project(folder / "project")
    release.release(attacked)
    course = folder / "course"
    grading.init(course, attacked)
    with open(course / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write(f"c.Autograder.limits = {LIMITS!r}\n")
    with _bait(folder) as bait:
        _hand_in(course, attacked, bait, names)
        before = _state(folder)
        classroom = course_of(application_for(course))
        faults: dict[str, list[str]] = {}
        students = classroom.submissions(SLUG)
        started(len(students))
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            # Those that wait for a limit first, so that no worker ends up waiting alone.
            students.sort(key=lambda name: "sleep" not in name)
            jobs = {name: pool.submit(_grade_one, classroom, name) for name in students}
            for count, (name, job) in enumerate(jobs.items(), start=1):
                faults[name] = job.result()
                done(count)
        _, problems = grading.grade(course)
        grading.feedback(course)
        left = [str(problem) for problem in problems] + bait.touched()
        left += _differences(before, _state(folder))
    return [*_outcomes(course, attacked, faults, bait), Outcome("all", "leave a trace", 0, 0, left)]


# --- what an attack would want


@dataclass
class _Bait:
    """Things on the host that no submission may reach."""

    words: dict[str, str]
    token: str
    sockets: list[socket.socket]
    process: subprocess.Popen

    def touched(self) -> list[str]:
        """What somebody has reached."""
        ready = select.select(self.sockets, [], [], 0)[0]
        found = [f"{sock.getsockname()!r} was contacted" for sock in ready]
        if self.process.poll() is not None:
            found.append("a process of the host was killed")
        mine = {self.process.pid}
        if left := [pid for pid in _children(os.getpid()) if pid not in mine and not _ours(pid)]:
            found.append(f"processes are left: {left}")
        return found


@contextlib.contextmanager
def _bait(folder: Path) -> Iterator[_Bait]:
    token = secrets.token_hex(8)
    place = folder / "place"
    place.mkdir(mode=0o777)
    place.chmod(0o777)
    (folder / "canary").write_text(token)
    stream, datagram = socket.create_server(("127.0.0.1", 0)), socket.socket(type=socket.SOCK_DGRAM)
    port = stream.getsockname()[1]
    datagram.bind(("127.0.0.1", port))
    named, abstract = (socket.socket(socket.AF_UNIX) for _ in range(2))
    named.bind(str(place / "socket"))
    (place / "socket").chmod(0o777)
    abstract.bind(f"\0{token[::-1]}")
    for sock in (named, abstract):
        sock.listen()
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=-1)
    # Orphans of whatever is started from here come to this process, where they are seen.
    libc = ctypes.CDLL(None)
    libc.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    os.environ["CANARY"] = token
    words = {
        "COURSE": folder / "course",
        "PROJECT": folder / "project",
        "GRADER": PACKAGE,
        "CANARY": folder / "canary",
        "PLACE": place,
        "ABSTRACT": token[::-1],  # not itself, or it would be on the page that shows the code
        "PORT": port,
        "PID": process.pid,
        "EVIL": EVIL,
        "HOST": HOST,
    }
    try:
        yield _Bait(
            {f"@{name}@": str(word) for name, word in words.items()},
            token,
            [stream, datagram, named, abstract],
            process,
        )
    finally:
        del os.environ["CANARY"]
        libc.prctl(36, 0, 0, 0, 0)
        process.kill()
        process.communicate()
        for sock in (stream, datagram, named, abstract):
            sock.close()


def _children(pid: int) -> list[int]:
    """The living processes that a process has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(stat.parent.name))
    return found


def _ours(pid: int) -> bool:
    """Whether a child of this process is Python's own helper, or a forkserver it has started."""
    with contextlib.suppress(OSError):
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
        return b"resource_tracker" in line or os.getpgid(pid) == os.getpgid(0)
    return True


def _state(folder: Path) -> dict[str, str]:
    """File → what it is, for all files on the host that an attack could have wanted to change."""
    found = {}
    grader = PACKAGE
    for root in (folder / "project", folder / "place", folder / "course" / "submitted"):
        for path in sorted(root.rglob("*")):
            if "__pycache__" in path.parts:
                continue
            info = path.lstat()
            found[str(path)] = f"{info.st_mode}"
            if not path.is_dir():  # a folder's date changes with the caches in it
                found[str(path)] += f" {info.st_size} {info.st_mtime_ns}"
    places = (folder, folder / "course", folder.parent, Path.cwd(), Path.home())
    for root in (*places, Path("/dev/shm"), Path("/")):
        for path in root.glob("*pwned*"):
            found[str(path)] = "planted"
    for path in grader.rglob("*pwned*"):
        found[str(path)] = "planted"
    return found


def _differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [
        f"{path} was {'changed' if path in before and path in after else 'made or removed'}"
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    ]


# --- handing in and grading


def _hand_in(course: Path, project: Project, bait: _Bait, names: Sequence[str]) -> None:
    assignment = load(SLUG, project)

    def with_facts(source: str) -> str:
        for _ in range(2):  # one word holds another
            for word, fact in bait.words.items():
                source = source.replace(word, fact)
        return source

    for name, tried in ATTACKS.items():
        if names and name not in names:
            continue
        answers = {
            "softmax": with_facts(PRELUDE + tried.code),
            "hot_entropy": with_facts(tried.entropy),
            "text_cold": with_facts("@EVIL@"),
        }
        notebook = demo.handed_in(assignment, answers)
        if tried.later:
            notebook.cells.append(v4.new_code_cell(with_facts(tried.later)))
        target = course / "submitted" / f"attack-{name}" / SLUG
        target.mkdir(parents=True)
        nbformat.write(notebook, target / f"{SLUG}.ipynb")
    work = class_of(assignment)
    for name in FILES if not names else set(names).intersection(FILES):
        work[name].make(course / "submitted" / name / SLUG)


def _grade_one(course: Course, student: str) -> list[str]:
    """Grade one submission in this worker. What it has changed for the next one."""
    open_shell = functools.partial(
        server.open_shell, limits=course.limits, isolated=course.isolated
    )
    with open_shell() as shell:
        before = _fingerprint(shell)
    records.result(course.task(course.read(SLUG, student)), course.records)
    with open_shell() as shell:
        after = _fingerprint(shell)
    return [
        f"the next shell is not as before: {key}" for key in before if before[key] != after[key]
    ]


_LOOK = """\
import builtins, os, random, resource, sys, threading
import numpy as np
def look():
    files = [os.path.join(folder, name) for top in ('/home', '/tmp/', '/dev')
             for folder, folders, names in os.walk(top) for name in folders + names]
    modules = ('numpy', 'sympy', 'autograder.student.wire', 'os', 'json')
    code = [thing.__code__.co_code for module in modules
            for thing in vars(sys.modules[module]).values() if hasattr(thing, '__code__')]
    shell = get_ipython()
    return {
        'files': sorted(files),
        'modules': sorted(sys.modules),
        'names': sorted(globals()),
        'builtins': sorted((name, type(thing).__name__) for name, thing in vars(builtins).items()),
        'code': hash(tuple(code)),
        'environment': dict(os.environ),
        'place': [os.getcwd(), *sys.path, str(os.getpid()), type(sys.stdout).__name__],
        'threads': threading.active_count(),
        'random numbers': [random.random(), float(np.random.random())],
        'limits': [resource.getrlimit(n) for n in (resource.RLIMIT_NPROC, resource.RLIMIT_AS)],
        'room': [os.statvfs('.').f_bavail, os.statvfs('.').f_favail],
        'hooks': [len(shell.ast_transformers), len(shell.input_transformers_cleanup)],
    }
found = look()
"""


def _fingerprint(shell: Shell) -> dict:
    """What a shell is like before anything has run in it."""
    shell.run(_LOOK, quiet=True)
    return shell.value("found")


# --- what came of it


def _outcomes(
    course: Path, project: Project, faults: dict[str, list[str]], bait: _Bait
) -> list[Outcome]:
    with open(course / "grades.csv", encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        manual = {
            submission.student.id: [grade.manual_score for grade in submission.notebooks[0].grades]
            for submission in book.find_assignment(SLUG).submissions
        }
    assignment = load(SLUG, project)
    secret = {line.strip() for test in assignment.tests for line in test.hidden.splitlines()}
    secret = {line for line in secret if len(line) > 15} | {bait.token}
    work = class_of(assignment)
    outcomes = []
    for name, bad in faults.items():
        bad = list(bad)
        attack = ATTACKS.get(name.removeprefix("attack-")) if name.startswith("attack-") else None
        expected = attack.points if attack else (work[name].points or 0)
        goal = attack.goal if attack else "a file spoilt, or work that is right"
        points = float(rows[name]["score"]) if name in rows else -1.0
        if expected is None:
            if points not in (3, 6):
                bad.append(f"{points:g} points")
        elif points != expected:
            bad.append(f"{points:g} points instead of {expected:g}")
        if any(score is not None for score in manual.get(name, [1])):
            bad.append("a mark in the gradebook was set by hand")
        page = course / "feedback" / name / SLUG / f"{SLUG}.html"
        text = unescape(re.sub(r"<[^>]+>", "", page.read_text())) if page.exists() else ""
        says = attack.says if attack else work[name].note
        if not any(words in text for words in ([says] if isinstance(says, str) else says)):
            bad.append(f"the feedback does not say {says!r}")
        if "LOOT" in text.replace('"LO" + "OT"', ""):
            bad.append("it got " + text[text.index("LOOT") :][:60].replace("\n", " "))
        if any(line in text for line in secret - set(attack.code.split("\n") if attack else ())):
            bad.append("the feedback shows a hidden test")
        records = list((course / "records" / SLUG / name).glob("*.json"))
        size = sum(path.stat().st_size for path in records)
        if len(records) != 1 or size > 3 * LIMITS["all_output_bytes"]:
            bad.append(f"{len(records)} records of {size} bytes")
        outcomes.append(Outcome(name, goal, points, expected, bad))
    if extra := rows.keys() - faults.keys():
        outcomes.append(Outcome("?", "", 0, 0, [f"rows that nobody handed in: {extra}"]))
    return outcomes
