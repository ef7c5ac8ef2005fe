"""A real gunicorn with several processes and threads on a free port, for races over HTTP."""

from __future__ import annotations

import dataclasses
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from config import Settings
from tools.ports import any_free

ROOT = Path(__file__).parents[2]


@dataclasses.dataclass(frozen=True)
class Served:
    """Where it listens, and where it writes what happened."""

    port: int
    log: Path

    def faults(self) -> str:
        """Every line of the log that tells of a fault."""
        return "\n".join(line for line in self.log.read_text().splitlines() if "unhandled" in line)


@contextmanager
def serving(module: str, settings: Settings, log: Path) -> Iterator[Served]:
    """Serve a WSGI module with two processes of eight threads while the block runs."""
    port = any_free()
    command = [sys.executable, "-m", "gunicorn", module, "--bind", f"127.0.0.1:{port}", "--workers", "2"]
    command += ["--worker-class", "gthread", "--threads", "8", "--graceful-timeout", "2"]
    with log.open("wb") as out:
        child = subprocess.Popen(
            command, cwd=ROOT, env=_environment(settings), stdout=out, stderr=subprocess.STDOUT
        )
    try:
        _wait(child, port, log)
        yield Served(port, log)
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _environment(settings: Settings) -> dict[str, str]:
    values = {
        field.name.upper(): str(getattr(settings, field.name)) for field in dataclasses.fields(settings)
    }
    # Each buyer comes with an address of their own, as through a host's router.
    return os.environ | {name: value for name, value in values.items() if value} | {"TRUSTED_PROXIES": "1"}


def _wait(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(600):
        if child.poll() is not None:
            break
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
                connection.request("GET", "/healthz")
                with connection.getresponse() as answer:
                    if answer.status == 200:
                        return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"gunicorn did not start:\n{log.read_text()[-3000:]}")
