"""Child processes that do not outlive the launcher, and ways to know them again after it was killed.

Every child leads a session of its own, so that the keyboard's Ctrl-C reaches only the launcher and all its
descendants can be found: RQ puts each job into a new process group, but it stays in its worker's session.
"""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

PROC = Path("/proc")
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Account:
    """The user a program runs as when it must not run as root."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of(cls, uid: int) -> "Account":
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            return cls(str(uid), uid, uid)
        return cls(entry.pw_name, uid, entry.pw_gid)

    def may_enter(self, folder: Path) -> bool:
        """Ask the kernel, which knows about every parent and about access lists."""
        check = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(folder)]
        return subprocess.run(check, cwd="/", check=False, **self.popen()).returncode == 0

    def popen(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass
class Program:
    """One thing to run: what, where, with which settings, and how it likes to be asked to stop."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    account: Account | None = None
    stop_signal: int = signal.SIGTERM
    log: Path | None = None

    def start(self) -> subprocess.Popen[bytes]:
        output: IO[bytes] | int = self.log.open("ab") if self.log else subprocess.PIPE
        try:
            return subprocess.Popen(
                list(self.argv),
                env=dict(self.env),
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with(os.getpid(), self.stop_signal),
                **(self.account.popen() if self.account else {}),
            )
        finally:
            if not isinstance(output, int):
                output.close()


def _die_with(parent: int, signal_number: int) -> Callable[[], None]:
    """Have the kernel end the child when the launcher dies by kill -9. Comes after the change of user, which
    would clear it.
    """

    def before_exec() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return before_exec


def boot() -> str:
    """Start times count from the machine's start, so they only identify a process within one boot."""
    with contextlib.suppress(OSError):
        return (PROC / "sys/kernel/random/boot_id").read_text().strip()
    return ""


def _stat(pid: int) -> list[str]:
    """Fields of /proc/<pid>/stat after the name (which may hold spaces): state first."""
    with contextlib.suppress(OSError):
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return []


def started(pid: int) -> int | None:
    """When a living process started, in ticks since boot; None for one that is gone or a zombie."""
    fields = _stat(pid)
    return int(fields[19]) if fields and fields[0] not in "ZX" else None


def all_pids() -> Iterator[int]:
    return (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())


def session_of(leader: int) -> list[int]:
    """The living members of the session that a child of ours leads."""
    found = []
    for pid in all_pids():
        fields = _stat(pid)
        if fields and fields[0] not in "ZX" and int(fields[3]) == leader:
            found.append(pid)
    return found


def working_in(folder: Path, program: str) -> list[int]:
    """Processes of that program whose working directory is the folder: servers move into their data."""
    found = []
    for pid in all_pids():
        with contextlib.suppress(OSError):
            where = os.readlink(PROC / str(pid) / "cwd")
            what = os.readlink(PROC / str(pid) / "exe").removesuffix(" (deleted)")
            if where == os.path.realpath(folder) and Path(what).name.startswith(program):
                found.append(pid)
    return found


def send(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def wait_gone(pids: Iterable[int], seconds: float, tick: Callable[[], None] = lambda: None) -> list[int]:
    """Wait for processes (children or not) to be gone, doing `tick` meanwhile; returns those still there."""
    left, end = list(pids), time.monotonic() + seconds
    while left := [pid for pid in left if started(pid) is not None]:
        if time.monotonic() > end:
            break
        tick()
        time.sleep(0.05)
    return left


def end(pids: Sequence[int], first: int = signal.SIGTERM, seconds: float = 5) -> list[int]:
    """Ask processes to stop, then insist."""
    send(pids, first)
    left = wait_gone(pids, seconds)
    send(left, signal.SIGKILL)
    return wait_gone(left, 2)
