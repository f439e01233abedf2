"""What isolates the student's processes: first the forkserver's, then each shell's.

Bubblewrap has put the forkserver into a read-only system without a network, in which only the
interpreter, its packages and this package are to be found (`autograder.sandbox.bubblewrap`).
`drop_privileges` then gives up root, if it was root, and every right outside a user namespace of
its own.

Each shell isolates itself further (`isolate`): namespaces in which it is alone, one small private
file system, limits, no rights, and a filter in the kernel that refuses what Python code has no
need for. Each step is checked by the kernel's answer, so a shell that opens is isolated.

Nothing of the package is imported here. Linux only.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import select
import signal
import struct

HOME = "/home"
"""A shell's only writable place; everything in it counts towards one quota."""
WORK = f"{HOME}/work"
"""The folder in which cells run."""
_NOBODY = 65534
# --- system calls
_libc = ctypes.CDLL(None, use_errno=True)
_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = (
    *(0x00020000, 0x02000000, 0x04000000, 0x08000000),
    *(0x10000000, 0x20000000, 0x40000000),
)
_NAMESPACES = _NEWNS | _NEWCGROUP | _NEWUTS | _NEWIPC | _NEWUSER | _NEWPID | _NEWNET
_CLONE_THREAD = 0x00010000
_SET_DUMPABLE, _SET_SECCOMP, _SET_NO_NEW_PRIVS = 4, 22, 38
_RDONLY, _NOSUID, _NODEV, _NOEXEC = 1, 2, 4, 8


def _call(name: str, *arguments: object) -> None:
    """A function of libc that reports errors by -1. Raises OSError."""
    if getattr(_libc, name)(*arguments) == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _prctl(option: int, value: object) -> None:
    zeros = (ctypes.c_ulong(0),) * 3
    _call("prctl", option, ctypes.c_ulong(value) if isinstance(value, int) else value, *zeros)


def _mount(kind: bytes, place: str, flags: int, options: str = "") -> None:
    _call("mount", kind, place.encode(), kind, ctypes.c_ulong(flags), options.encode())


def _keep_own_id(uid: int, gid: int) -> None:
    """In a new user namespace: keep the user and group id. No other id exists there."""
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {uid} 1"),
        ("gid_map", f"{gid} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(line)


# --- the forkserver


def drop_privileges(control: int) -> None:
    """Give up root, and go on as the first process of a new process and user namespace.

    Returns in a child. The calling process waits, and ends soon after the child does or after
    `control`, the socket that leads to the host, has lost its other end. It is the first process
    of bubblewrap's process namespace, so the kernel then ends whatever is left in there, even a
    child that has been stopped.
    """
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
        _prctl(_SET_DUMPABLE, 1)  # or /proc/self would still belong to root
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", _NEWUSER | _NEWPID)
    _keep_own_id(uid, gid)
    if child := os.fork():
        watch = select.poll()
        watch.register(ended := os.pidfd_open(child), select.POLLIN)
        watch.register(control, 0)  # no event but that its other end is closed
        if ended not in dict(watch.poll()):
            watch.unregister(control)
            watch.poll(5000)
        os._exit(0)
    _prctl(_SET_NO_NEW_PRIVS, 1)


def put_next_child_in_new_pid_namespace() -> None:
    """Make the next fork of the forkserver the first process of a new process namespace."""
    # A second unshare needs the first one's effect undone: back to the own namespace.
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _call("setns", own, _NEWPID)
    finally:
        os.close(own)
    _call("unshare", _NEWPID)


# --- a shell


def isolate(*, memory: int, disk: int, files: int, threads: int) -> None:
    """Isolate this process for good. `put_next_child_in_new_pid_namespace` came before its fork.

    Parameters
    ----------
    memory : bytes of address space, beside what the process has now.
    disk, files : bytes and number of files in `HOME`.
    threads : how many may run beside the first one.

    Raises
    ------
    OSError
        If the machine refuses. What has been isolated by then stays so.
    """
    uid, gid = os.getuid(), os.getgid()
    with open("/proc/self/statm") as statm:
        memory += int(statm.read().split()[0]) * resource.getpagesize()
    _call("unshare", _NEWUSER | _NEWNS | _NEWIPC | _NEWNET | _NEWUTS)
    _keep_own_id(uid, gid)
    _call("sethostname", b"notebook", 8)
    quota = f"size={disk},nr_inodes={files + 3},mode=700"  # three: the folders
    _mount(b"tmpfs", HOME, _NOSUID | _NODEV | _NOEXEC, quota)
    os.mkdir(f"{HOME}/tmp")
    os.mkdir(WORK)
    # /proc describes the whole machine. It cannot be unmounted, so an empty file system covers it.
    _mount(b"tmpfs", "/proc", _RDONLY | _NOSUID | _NODEV | _NOEXEC, "size=4k,nr_inodes=1")
    # Only now: limits set outside the new user namespace would be shared with other shells.
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_NPROC, threads + 1),
        (resource.RLIMIT_FSIZE, disk),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_SIGPENDING, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # EFBIG instead
    header = struct.pack("<Ii", 0x20080522, 0)  # capabilities, version 3, of this process: none
    _call("capset", header, bytes(24))
    _prctl(_SET_DUMPABLE, 0)
    _prctl(_SET_NO_NEW_PRIVS, 1)
    _filter(_program())
    _verify_isolation(uid)


def _verify_isolation(uid: int) -> None:
    """Prove that the process is isolated by what the kernel refuses. Raises OSError."""
    if uid == 0 or os.getpid() != 1:
        raise PermissionError(errno.EPERM, "the shell is not alone, or still root")
    try:
        if os.fork() == 0:
            os._exit(0)
    except PermissionError:
        return
    raise PermissionError(errno.EPERM, "the filter of system calls does not work")


# --- the filter
_X86, _ARM = 0xC000003E, 0xC00000B7
MACHINES = {"x86_64": (_X86, 0), "aarch64": (_ARM, 1)}
"""Machine → its calling convention as seccomp reports it (AUDIT_ARCH_*), and a column below."""
_REFUSED = {
    # other programs, other processes
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kcmp": (312, 272), "pidfd_send_signal": (424, 424), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "personality": (135, 92), "migrate_pages": (256, 238), "move_pages": (279, 239),
    # memory that no limit counts
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194),
    "shmat": (30, 196), "shmctl": (31, 195), "semget": (64, 190), "msgget": (68, 186),
    "mq_open": (240, 180),
    # namespaces, mounts and file handles: ways out of the isolated file system
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "quotactl": (179, 60),
    "quotactl_fd": (443, 443), "fanotify_init": (300, 262),
    # connections to anything else (`socketpair` stays, for AF_UNIX only: see `_program`)
    "socket": (41, 198),
    # parts of the kernel in which holes have been found, and which no notebook needs
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "syslog": (103, 116),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "uselib": (134, None),
    "modify_ldt": (154, None), "iopl": (172, None), "ioperm": (173, None),
}  # fmt: skip
"""System calls that fail with EPERM: name → number on x86-64, on 64-bit ARM."""
_CLONE, _SOCKETPAIR, _CLONE3 = (56, 220), (53, 199), 435
_AF_UNIX = 1
_NEWEST = 457
"""System calls from this number on are newer than this list; they fail with ENOSYS."""
# Classic BPF, as seccomp runs it over (number, convention, address, arguments).
_LOAD, _EQUAL, _AT_LEAST, _HAS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _CONVENTION, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _KILL, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000


def _program() -> list[tuple[int, int, int, int]]:
    """(operation, to skip if true, to skip if false, operand) of each instruction."""
    convention, column = MACHINES[platform.machine()]
    refuse = (_RETURN, 0, 0, _FAIL | errno.EPERM)
    missing = (_RETURN, 0, 0, _FAIL | errno.ENOSYS)
    allow = (_RETURN, 0, 0, _ALLOW)
    program = [
        (_LOAD, 0, 0, _CONVENTION),
        *((_EQUAL, 1, 0, convention), (_RETURN, 0, 0, _KILL)),
        (_LOAD, 0, 0, _NUMBER),
        *((_AT_LEAST, 0, 1, _NEWEST), missing),
        # Its flags lie in memory, where no filter can read; libc falls back to clone.
        *((_EQUAL, 0, 1, _CLONE3), missing),
    ]
    for numbers in _REFUSED.values():
        if (number := numbers[column]) is not None:
            program += [(_EQUAL, 0, 1, number), refuse]
    program += [
        (_EQUAL, 0, 6, _CLONE[column]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        *((_HAS, 0, 1, _NAMESPACES), refuse),
        *((_HAS, 1, 0, _CLONE_THREAD), refuse, allow),
        (_EQUAL, 0, 4, _SOCKETPAIR[column]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        *((_EQUAL, 1, 0, _AF_UNIX), refuse, allow),
        allow,
    ]
    return program


def _filter(program: list[tuple[int, int, int, int]]) -> None:
    """Install a filter for this process and all its threads to come. It cannot be removed."""
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    pointer = ctypes.byref(Program(len(code) // 8, ctypes.addressof(buffer)))
    zeros = (ctypes.c_ulong(0),) * 2
    _call("prctl", _SET_SECCOMP, ctypes.c_ulong(2), pointer, *zeros)
