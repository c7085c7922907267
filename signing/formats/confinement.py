"""What a process may no longer do before it opens a hostile file.

Nothing here is undone: it is for a child that answers once, through a pipe that it has, and ends.
"""

import ctypes
import errno
import platform
import resource
import signal
import struct
import sys
from typing import Final

MEMORY_BYTES: Final = 512 * 1024 * 1024
"""Address space beyond what the process has when it is confined."""

_FOR_EACH_BYTE: Final = 3
"""And so much for each byte of a document."""

_MEMORY_AT_MOST: Final = 4 * 1024**3

CPU_SECONDS: Final = 20
WALL_SECONDS: Final = 40

_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_SET_MODE_FILTER: Final = 1
_SPECULATION_ALLOWED: Final = 4
"""Without it some kernels make the whole process a third slower; children hold no secrets."""

_ALLOW: Final = 0x7FFF_0000
_REFUSE: Final = 0x0005_0000 | errno.EPERM

_ARCHITECTURES: Final = {"x86_64": (317, 0xC000_003E, 0), "aarch64": (277, 0xC000_00B7, 1)}
"""The number of seccomp, AUDIT_ARCH, and the column of `_CALLS`."""

_CALLS: Final = {
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "fstat": (5, 80), "lseek": (8, 62),
    "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "sched_yield": (24, 124), "mremap": (25, 216), "madvise": (28, 233), "alarm": (37, 103),
    "getpid": (39, 172), "exit": (60, 93), "getrusage": (98, 165), "sigaltstack": (131, 132),
    "gettid": (186, 178), "futex": (202, 98), "restart_syscall": (219, 128),
    "clock_gettime": (228, 113), "clock_nanosleep": (230, 115), "exit_group": (231, 94),
    "epoll_wait": (232, 22), "epoll_ctl": (233, 21), "epoll_pwait": (281, 22),
    "prlimit64": (302, 261), "getrandom": (318, 278),
}  # fmt: skip
"""What computing needs, by its number on x86-64 and on 64-bit ARM (where alarm is setitimer and
there is no epoll_wait)."""


class Confined:
    """A process that is, and what it may use for one document."""

    def __init__(self) -> None:
        self._address_space = _address_space()
        self._bound(0)

    def begin(self, size: int) -> None:
        """The time and the memory for a document of so many bytes."""
        self._bound(size)
        used = resource.getrusage(resource.RUSAGE_SELF)
        until = int(used.ru_utime + used.ru_stime) + 1 + CPU_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
        signal.alarm(WALL_SECONDS)

    def end(self) -> None:
        """The next document may come whenever it comes."""
        signal.alarm(0)

    def _bound(self, size: int) -> None:
        memory = min(MEMORY_BYTES + _FOR_EACH_BYTE * size, _MEMORY_AT_MOST)
        most = self._address_space + _MEMORY_AT_MOST
        resource.setrlimit(resource.RLIMIT_AS, (self._address_space + memory, most))


def confine() -> Confined:
    """Take from this process files, sockets, programs and children, and bound what is left.

    It keeps the descriptors that it has. Past a limit of time the kernel ends it; past the limit
    of memory it gets MemoryError, or ends.
    """
    for number in (signal.SIGALRM, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)  # the default ends the process, even within C
    confined = Confined()
    for none in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        _limit(none, 0)
    _forbid_calls()
    return confined


def _limit(kind: int, value: int) -> None:
    resource.setrlimit(kind, (value, value))


def _address_space() -> int:
    """Bytes of address space in use; 0 on systems that do not tell it in this way."""
    try:
        with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123  # no path objects needed
            return int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _forbid_calls() -> None:
    """Of the kernel's calls, leave those that computing needs (seccomp, on Linux)."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    known = _ARCHITECTURES.get(platform.machine())
    if known is None:
        return
    seccomp, architecture, column = known
    program = _filter(architecture, tuple(numbers[column] for numbers in _CALLS.values()))
    held = ctypes.create_string_buffer(program, len(program))
    descriptor = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(held))
    if libc.syscall(seccomp, _SET_MODE_FILTER, _SPECULATION_ALLOWED, descriptor):
        code = ctypes.get_errno()
        if code not in (errno.EINVAL, errno.ENOSYS):  # a kernel without seccomp
            raise OSError(code, "the filter of calls was not taken")


def _filter(architecture: int, calls: tuple[int, ...]) -> bytes:
    """A program for seccomp (classic BPF): other calls fail with EPERM."""
    load, equal, answer = 0x20, 0x15, 0x06
    steps = [
        (load, 0, 0, 4),  # seccomp_data.arch
        (equal, 0, len(calls) + 1, architecture),
        (load, 0, 0, 0),  # seccomp_data.nr
        *((equal, len(calls) - at, 0, call) for at, call in enumerate(calls)),
        (answer, 0, 0, _REFUSE),
        (answer, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *step) for step in steps)
