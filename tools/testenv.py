"""A private Postgres and Redis for tests, gone when the tests are over.

    python -m tools.testenv -- pytest tests/orders -q     servers of its own for this one run (about a second)
    python -m tools.testenv --serve                       keep a pair running (Ctrl-C ends it) ...
    eval "$(python -m tools.testenv --exports)"           ... and take a fresh empty database in it, per shell

TEST_DATABASE_URL and TEST_REDIS_URL win when they are set.
"""

import argparse
import importlib
import json
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tools import processes
from tools.console import Trouble, complain, say
from tools.ports import Remembered
from tools.postgres import Postgres, forget
from tools.redis_server import Redis
from tools.system import browser

ROOT = Path(__file__).resolve().parent.parent
SERVED = ROOT / "var" / "testenv.json"
PREFIX = "bakery-test-"
DATABASE_URL, REDIS_URL = "TEST_DATABASE_URL", "TEST_REDIS_URL"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.testenv", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--serve", action="store_true", help="keep a Postgres and a Redis running until Ctrl-C"
    )
    parser.add_argument(
        "--exports", action="store_true", help="print shell exports for a fresh database there"
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run, after --")
    args = parser.parse_args()
    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        if args.serve:
            return serve()
        if args.exports:
            return print_exports()
        if not command:
            parser.error("say what to run after --, or --serve, or --exports")
        return run(command)
    except Trouble as trouble:
        complain(str(trouble))
        return 1
    except KeyboardInterrupt:
        return 130


def _stop(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


@contextmanager
def servers(redis_wanted: bool = True, postgres_wanted: bool = True) -> Iterator[dict[str, str]]:
    """Start what is wanted in a folder of its own and give its URLs; stop and delete it, whatever happens."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    folder.chmod(0o711)  # the data folders inside are closed
    (folder / "owner.json").write_text(json.dumps([os.getpid(), processes.started(os.getpid())]))
    ports = Remembered(folder / "ports.json")
    running: dict[str, tuple[Postgres | Redis, subprocess.Popen[bytes]]] = {}
    try:
        if postgres_wanted:
            postgres = Postgres(folder / "postgres", folder / "postgres.log", ports, throw_away=True)
            postgres.prepare()
            running[DATABASE_URL] = postgres, postgres.program().start()
        if redis_wanted:
            redis = Redis(folder / "redis", folder / "redis.log", ports, throw_away=True)
            redis.prepare()
            running[REDIS_URL] = redis, redis.program().start()
        for server, child in running.values():
            server.wait(child)
        yield {name: server.url for name, (server, _child) in running.items()}
    finally:
        _stop_servers(running.values())
        shutil.rmtree(folder, ignore_errors=True)


def _stop_servers(running: Iterable[tuple[Postgres | Redis, subprocess.Popen[bytes]]]) -> None:
    for _server, child in running:
        child.send_signal(signal.SIGINT)
    for server, child in running:
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        server.forget()


def _sweep() -> None:
    """Delete the folders of runs that were killed before they could do it."""
    for note in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/owner.json"):
        with suppress(OSError, ValueError):
            pid, start = json.loads(note.read_text())
            if note.stat().st_uid == os.geteuid() and processes.started(pid) != start:
                forget(note.parent / "postgres")
                shutil.rmtree(note.parent, ignore_errors=True)


def run(command: list[str]) -> int:
    """Run one command inside the environment; its exit code is ours."""
    env = dict(os.environ)
    with servers(REDIS_URL not in env, DATABASE_URL not in env) as urls:
        env |= urls
        if found := browser():
            env["CHROMIUM"] = str(found)
        env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', '/usr/bin:/bin')}"
        try:
            child = subprocess.Popen(command, env=env)
        except OSError as error:
            raise Trouble(f"Cannot run {command[0]}: {error.strerror}.") from None
        try:
            return child.wait()
        except KeyboardInterrupt:
            child.send_signal(signal.SIGINT)  # a second one does no harm; a plain `kill` reached only us
            try:
                return child.wait(20)
            except (KeyboardInterrupt, subprocess.TimeoutExpired):
                child.kill()
                return child.wait()


def serve() -> int:
    """Hold servers for many small test runs by many people; each takes its own database in them."""
    if served := _served():
        say(f"Already serving (process {served['pid']}).")
        return 1
    with servers() as urls:
        SERVED.parent.mkdir(exist_ok=True)
        known = {"pid": os.getpid(), "started": processes.started(os.getpid())}
        SERVED.touch(mode=0o600)
        SERVED.write_text(json.dumps(known | urls))
        say('Serving. Elsewhere: eval "$(python -m tools.testenv --exports)", then pytest. Ctrl-C ends.')
        try:
            signal.pause()
        except KeyboardInterrupt:
            SERVED.unlink(missing_ok=True)
    return 0


def print_exports() -> int:
    """A database and a Redis number of one's own on the running pair."""
    served = _served()
    if served is None:
        raise Trouble(
            "Nothing is serving: start `python -m tools.testenv --serve` first (in the background, say)."
        )
    psycopg = importlib.import_module("psycopg")  # half a second that no other way in needs
    name = f"test_{secrets.token_hex(4)}"
    with psycopg.connect(served[DATABASE_URL], autocommit=True) as db:
        db.execute(f"create database {name}")
        number = db.execute("select count(*) from pg_database").fetchone()[0] % 63 + 1
    say(f"export {DATABASE_URL}={shlex.quote(served[DATABASE_URL].rpartition('/')[0] + '/' + name)}")
    say(f"export {REDIS_URL}={shlex.quote(served[REDIS_URL].rpartition('/')[0] + '/' + str(number))}")
    return 0


def _served() -> dict[str, Any] | None:
    try:
        served = json.loads(SERVED.read_text())
        return served if processes.started(served["pid"]) == served["started"] else None
    except (OSError, ValueError, KeyError):
        return None


if __name__ == "__main__":
    sys.exit(main())
