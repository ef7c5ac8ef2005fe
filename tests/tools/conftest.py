"""A toy shop in a folder with a space in its name: tests of the launcher need not wait for the real one."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools import ports, processes

ROOT = Path(__file__).resolve().parents[2]
TOY = Path(__file__).parent / "toy"


class Toy:
    """One checkout of the toy shop and the launches in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, ports.any_free()
        self.launches: list[subprocess.Popen[str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def launch(self, *arguments: str, **changes: str) -> subprocess.Popen[str]:
        """Start `python -m tools.run` the way make does, in a process group of its own as a shell would."""
        env = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(self.folder)}
        log = (self.folder / f"launch-{len(self.launches)}.log").open("w")
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.run", *arguments],
            cwd=self.folder,
            env=env | {"PORT": str(self.port)} | changes,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            process_group=0,
            text=True,
        )
        log.close()
        self.launches.append(process)
        return process

    def said(self, launch: int = -1) -> str:
        number = range(len(self.launches))[launch]
        return (self.folder / f"launch-{number}.log").read_text()

    def open(self) -> subprocess.Popen[str]:
        """Launch and wait until the addresses are printed."""
        process = self.launch()
        until(lambda: "Ctrl-C stops everything" in self.said() or process.poll() is not None)
        assert process.poll() is None, self.said()
        return process

    def get(self, path: str = "/readyz") -> str:
        ask = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with ask.open(self.url + path, timeout=3) as reply:
            return reply.read().decode()

    def answers(self) -> bool:
        try:
            return bool(self.get())
        except OSError:
            return False

    def everything(self) -> list[int]:
        """Every living process that was started out of this folder, servers and the guardian included."""
        found = []
        for pid in processes.all_pids():
            try:
                command = (processes.PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                where = os.readlink(processes.PROC / str(pid) / "cwd")
            except OSError:
                continue
            if str(self.folder) in command or where.startswith(str(self.folder)):
                found.append(pid)
        return [pid for pid in found if processes.started(pid) is not None]

    def stop(self, process: subprocess.Popen[str]) -> float:
        """Ctrl-C; returns how long it took."""
        began = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        process.wait(PATIENCE)
        return time.monotonic() - began

    def clean_up(self) -> None:
        for process in self.launches:
            if process.poll() is None:
                self.stop(process)
        processes.end(self.everything(), signal.SIGKILL)
        self.launch("--reset").wait(PATIENCE)


# How long to wait for what happens at once on a machine that has nothing else to do.
PATIENCE = 60


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"not within {PATIENCE} s"
        time.sleep(0.1)


def pids_in(text: str, name: str) -> list[int]:
    return [int(number) for number in re.findall(rf"{name}.*?pid (\d+)", text)]


@contextmanager
def checkout() -> Iterator[Toy]:
    parent = Path(tempfile.mkdtemp(prefix="bakery-toy-"))  # pytest's own folders are closed to others
    parent.chmod(0o755)
    folder = parent / "a shop"
    shutil.copytree(TOY, folder)
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    made = Toy(folder)
    try:
        yield made
    finally:
        made.clean_up()
        shutil.rmtree(parent)


@pytest.fixture
def toy() -> Iterator[Toy]:
    with checkout() as made:
        yield made


@pytest.fixture(scope="module")
def open_toy() -> Iterator[Toy]:
    """One that is open, for tests that leave it so."""
    with checkout() as made:
        made.open()
        yield made
