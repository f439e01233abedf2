"""The process that forks a shell for each submission, run as a module."""

from __future__ import annotations

import array
import contextlib
import gc
import os
import resource
import selectors
import shutil
import signal
import socket
import sys
import tempfile

from autograder.student import box
from autograder.student.protocol import READY
from autograder.student.shell import make_ipython, serve_notebook


class Forkserver:
    """Forks a shell for each pair of sockets that arrives on `control`.

    The pair is the shell's connection and its status socket. The forkserver kills the shell when
    the host closes the status socket, and closes it, after a report, when the shell has ended.
    """

    def __init__(self, control: socket.socket, isolated: bool) -> None:
        self.control, self.isolated = control, isolated
        self.selector = selectors.DefaultSelector()
        self.shells: dict[int, tuple[socket.socket, str]] = {}  # pid → status socket, folder

    def serve(self) -> None:
        self.ipython = make_ipython()
        gc.collect()
        gc.freeze()  # else the first collection in each fork would copy every page
        read, write = os.pipe()
        os.set_blocking(write, False)
        os.set_blocking(read, False)
        signal.set_wakeup_fd(write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.selector.register(self.control, selectors.EVENT_READ, "control")
        self.selector.register(read, selectors.EVENT_READ, "child")
        self.control.send(READY)
        while True:
            for key, _ in self.selector.select():
                if key.data == "control":
                    if not self._fork():
                        self._kill(list(self.shells))
                        return
                elif key.data == "child":
                    with contextlib.suppress(BlockingIOError):
                        os.read(read, 4096)
                elif key.data in self.shells:  # the host has closed a status socket
                    self._kill([key.data])
            for pid in list(self.shells):
                ended, how, usage = os.wait4(pid, os.WNOHANG)
                if ended:
                    self._reap(pid, how, usage)

    def _fork(self) -> bool:
        """Fork one shell. False if the host is gone."""
        try:
            message, ancillary, *_ = self.control.recvmsg(16, socket.CMSG_SPACE(8))
        except OSError:
            return False
        if not message:
            return False
        descriptors = array.array("i")
        for _, _, data in ancillary:
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
        sock, status = (socket.socket(fileno=fd) for fd in descriptors)
        if self.isolated:
            folder = box.WORK  # each shell mounts its own file system there, in memory
            box.put_next_child_in_new_pid_namespace()
        else:
            folder = tempfile.mkdtemp(prefix="shell-")
        pid = os.fork()
        if pid == 0:
            try:
                serve_notebook(self.ipython, sock, folder, self.isolated)
            finally:
                os._exit(0)
        sock.close()
        self.shells[pid] = status, folder
        self.selector.register(status, selectors.EVENT_READ, pid)
        return True

    def _kill(self, pids: list[int]) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            self._reap(pid, *os.wait4(pid, 0)[1:])

    def _reap(self, pid: int, how: int, usage: resource.struct_rusage) -> None:
        """Remove what a dead shell leaves behind; then report to the host and close the socket."""
        status, folder = self.shells.pop(pid)
        if not self.isolated:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            shutil.rmtree(folder, ignore_errors=True)
        self.selector.unregister(status)
        killer = os.WTERMSIG(how) if os.WIFSIGNALED(how) else 0
        with contextlib.suppress(OSError):
            status.send(f"{killer} {usage.ru_utime + usage.ru_stime}".encode())
        status.close()


def _main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    isolated = sys.argv[2] == "isolated"
    os.set_inheritable(control.fileno(), False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at the host's terminal is the host's
    if isolated:
        box.drop_privileges(control.fileno())
    # The first entry is the folder of this package, which notebooks do not need.
    root = os.environ.pop("PYTHONPATH").split(os.pathsep)[0]
    sys.path[:] = [p for p in sys.path if p not in (root, os.getcwd(), "")]
    sys.argv[1:] = []
    Forkserver(control, isolated).serve()


if __name__ == "__main__":
    _main()
