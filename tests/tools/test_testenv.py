"""The throw-away servers that every other test stands on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.tools.conftest import ROOT, until
from tools import processes

pytestmark = pytest.mark.faults
ASK = """
import os, psycopg, redis, sys
with psycopg.connect(os.environ["TEST_DATABASE_URL"]) as db:
    for name in ("fsync", "listen_addresses"):
        print(db.execute(f"show {name}").fetchone()[0])
print(redis.Redis.from_url(os.environ["TEST_REDIS_URL"]).ping())
sys.exit(7)
"""


def run(*command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("TEST_")} | changes
    argv = [sys.executable, "-m", "tools.testenv", "--", *command]
    return subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


def folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("bakery-test-*"))


def test_a_command_gets_servers_of_its_own_and_its_exit_code_comes_back(tmp_path: Path) -> None:
    done = run(sys.executable, "-c", ASK, TMPDIR=str(tmp_path))
    assert done.stdout.split() == ["off", "127.0.0.1", "True"], done.stderr
    assert done.returncode == 7
    assert list(tmp_path.iterdir()) == []


def test_addresses_that_are_given_win() -> None:
    given = {"TEST_DATABASE_URL": "postgresql://elsewhere.test/x", "TEST_REDIS_URL": "redis://elsewhere.test"}
    done = run("sh", "-c", "echo $TEST_DATABASE_URL $TEST_REDIS_URL", **given)
    assert done.stdout.split() == list(given.values())


def test_a_command_that_is_not_there_gets_a_sentence() -> None:
    done = run("no-such-command", TEST_DATABASE_URL="x", TEST_REDIS_URL="x")
    assert done.stderr == "Cannot run no-such-command: No such file or directory.\n"
    assert done.returncode == 1


def test_kill_9_leaves_no_server_and_the_next_run_deletes_the_folder(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("TEST_")}
    argv = [sys.executable, "-m", "tools.testenv", "--", "sleep", "3"]
    process = subprocess.Popen(argv, cwd=ROOT, env=env | {"TMPDIR": str(tmp_path)})
    until(lambda: list(tmp_path.glob("*/redis/redis.conf")))
    servers = [pid for pid in processes.all_pids() if is_server(pid, str(process.pid))]
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(lambda: not any(processes.started(pid) for pid in servers))
    assert servers
    pointers = list(tmp_path.glob("*/postgres/elsewhere"))  # as root: pytest's own folder is closed to others
    data = [Path(pointer.read_text().strip()) for pointer in pointers]
    assert all(folder.exists() for folder in data)
    run("true", TMPDIR=str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    assert not any(folder.exists() for folder in data)


def is_server(pid: int, parent: str) -> bool:
    try:
        fields = (processes.PROC / str(pid) / "stat").read_text()
    except OSError:
        return False
    name, _, rest = fields.rpartition(")")
    return rest.split()[1] == parent and any(word in name for word in ("postgres", "redis-server"))
