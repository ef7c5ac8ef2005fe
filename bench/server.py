"""Start a server as the Procfile does, time it, weigh it, stop it."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Server:
    """A running server: its address, its first answer after so many seconds, its worker's process."""

    url: str
    start_seconds: float
    worker_pid: int

    def memory_mb(self) -> float:
        """The worker's resident memory, in MB."""
        status = Path(f"/proc/{self.worker_pid}/status").read_text()
        line = next(row for row in status.splitlines() if row.startswith("VmRSS"))
        return int(line.split()[1]) / 1024


def web_command(app: str) -> list[str]:
    """The Procfile's web line with another app in it: floor and shop run on the same server."""
    line = next(row for row in (ROOT / "Procfile").read_text().splitlines() if row.startswith("web:"))
    words = shlex.split(line.removeprefix("web:"))
    words = [app if word == "wsgi:app" else word for word in words]
    return [str(Path(sys.executable).parent / words[0]), *words[1:]]


@contextmanager
def running(app: str, ready: str, env: dict[str, str]) -> Iterator[Server]:
    """One worker of the server on a free port, until the block ends."""
    port = _free_port()
    command = [*web_command(app), "--bind", f"127.0.0.1:{port}", "--workers", "1", "--log-level", "error"]
    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **env}, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url + ready, process)
        yield Server(url, time.monotonic() - begun, _worker(process.pid))
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(15)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"{url} did not answer")


def _worker(parent: int) -> int:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return int(children[0]) if children else parent
