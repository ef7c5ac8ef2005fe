"""What was started is noted in a file, so that whoever comes after a kill -9 can end what is left.

Two readers: the guardian, a small process that sees the launcher die, and the next `make run` in case the
guardian was killed too.

    python -m tools.leftovers FILE      the guardian: wait until standard input closes, then end what is noted
"""

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from tools import processes

Noted = tuple[int, int, int, bool]
MARK = "BAKERY_LAUNCH"  # in the environment of everything that is started, with the launch's own number


class Note:
    """The children of one launch: name → process number, start time, how to stop it, whether a server."""

    def __init__(self, file: Path, launch: str) -> None:
        self.file, self.launch = file, launch
        self.children: dict[str, Noted] = {}

    def add(self, name: str, pid: int, stop_signal: int, server: bool) -> None:
        self.children[name] = (pid, processes.started(pid) or 0, stop_signal, server)
        draft = self.file.with_suffix(".draft")
        draft.write_text(
            json.dumps({"boot": processes.boot(), "launch": self.launch, "children": self.children})
        )
        draft.replace(self.file)

    def forget(self) -> None:
        self.file.unlink(missing_ok=True)


def end(file: Path, launch: str | None = None) -> int:
    """End what an earlier launch (or only that launch) left; returns how many processes there were.

    Only processes that are surely ours are touched: same boot, same number and start time, or, when the first
    of a session is gone, our mark in the environment of the rest.
    """
    try:
        note = json.loads(file.read_text())
    except (OSError, ValueError):
        return 0
    if launch is not None and note["launch"] != launch:
        return 0
    found = 0
    if note["boot"] == processes.boot():
        children = [tuple(child) for child in note["children"].values()]
        for servers in (False, True):  # the database goes last
            found += end_sessions([child for child in children if child[3] == servers], note["launch"])
    with contextlib.suppress(OSError):
        if json.loads(file.read_text())["launch"] == note["launch"]:
            file.unlink()
    return found


def end_sessions(
    children: Iterable[Noted], launch: str, seconds: float = 5, tick: Callable[[], None] = lambda: None
) -> int:
    """Ask the first of each session to stop in the way it likes; it knows best how to end its own children.

    What is left of a session after its first, or of all of them after `seconds`, is killed. Returns how many
    processes there were.
    """
    sessions = {child[0]: members(child[0], child[1], launch) for child in children}
    for pid, _start, stop_signal, _server in children:
        processes.send(sessions[pid][:1], stop_signal)
    processes.wait_gone([leader for leader, session in sessions.items() if leader in session], seconds, tick)
    everybody = {pid for session in sessions.values() for pid in session}
    for leader, session in sessions.items():
        if session:  # and what it started meanwhile
            everybody.update(processes.session_of(leader))
    left = processes.wait_gone(everybody, 0.3, tick)
    processes.send(left, signal.SIGKILL)
    processes.wait_gone(left, 2, tick)
    return len(everybody)


def members(leader: int, start: int, launch: str) -> list[int]:
    """The living processes of the session that our child led, itself first."""
    if processes.started(leader) == start:
        return [leader, *(pid for pid in processes.session_of(leader) if pid != leader)]
    if processes.started(leader) is not None:
        return []  # the number belongs to somebody else now
    return [pid for pid in processes.session_of(leader) if _is_marked(pid, launch)]


def _is_marked(pid: int, launch: str) -> bool:
    with contextlib.suppress(OSError):
        environ = (processes.PROC / str(pid) / "environ").read_bytes()
        return f"{MARK}={launch}".encode() in environ.split(b"\0")
    return False


def guard(file: Path) -> None:
    """Sleep until the launcher is gone, however it went."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    launch = os.environ[MARK]
    while os.read(0, 1):
        pass
    end(file, launch)


if __name__ == "__main__":
    guard(Path(sys.argv[1]))
