"""Ports on this machine: is one free, and which one did we use last time?"""

import contextlib
import json
import secrets
import socket
from pathlib import Path

HOST = "127.0.0.1"
QUIET = (20_000, 32_000)


def is_free(port: int, host: str = HOST) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def any_free() -> int:
    """A free port below those that the system gives to outgoing connections, which could take it any moment."""
    candidates = secrets.SystemRandom().sample(range(*QUIET), 200)
    return next((port for port in candidates if is_free(port)), 0)


class Remembered:
    """Ports by name in a small file, so that a second start has its servers where the first one had them."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.ports: dict[str, int] = {}
        with contextlib.suppress(OSError, ValueError):
            self.ports = {k: int(v) for k, v in json.loads(file.read_text()).items()}

    def take(self, name: str, default: int = 0) -> int:
        """The remembered port if it is free, else the default one, else any free one."""
        taken = {port for other, port in self.ports.items() if other != name}
        wishes = [self.ports.get(name, 0), default]
        port = next((p for p in wishes if p and p not in taken and is_free(p)), 0) or any_free()
        if self.ports.get(name) != port:
            self.ports[name] = port
            self.file.write_text(json.dumps(self.ports, indent=1) + "\n")
        return port
