"""The real thing on free ports: database, Redis, the outside world, and every process of the Procfile."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from sandbox.server import Sandbox, start
from tools import processes
from tools.ports import HOST, Remembered, any_free
from tools.processes import Program
from tools.redis_server import Redis

ROOT = Path(__file__).parents[2]
PASSWORD = "saffron-and-cardamom"
SMS_TO = "+61491570157"  # the bakery's phone, as the demo shop sets it


@dataclass
class Stack:
    """A running shop: where it is, its outside world, its database."""

    url: str
    sandbox: Sandbox
    database_url: str
    logs: Path

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into the database, or change it as somebody else would."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def wait(self, what: Callable[[], Any], seconds: float = 30) -> Any:
        """Ask again until the answer is true. Refuses with what the processes logged last."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := what():
                return found
            time.sleep(0.1)
        raise TimeoutError(f"Not within {seconds:.0f} s.\n{self.tail()}")

    def tail(self) -> str:
        """The last lines of every process."""
        return "\n".join(f"== {log.stem}\n{log.read_text()[-2000:]}" for log in self.logs.glob("*.log"))


@contextmanager
def running(home: Path, database_url: str, history_days: int = 20) -> Iterator[Stack]:
    """The whole shop, furnished, under `home` and in that (empty) database; all of it gone afterwards."""
    with ExitStack() as stack:
        redis = Redis(home / "redis", home / "redis.txt", Remembered(home / "ports.json"), throw_away=True)
        redis.prepare()
        child = redis.program().start()
        stack.callback(_stop, [child])
        redis.wait(child)
        port = any_free()
        url = f"http://{HOST}:{port}"
        sandbox = stack.enter_context(
            start(
                data=str(home / "sandbox"),
                webhook_url=f"{url}/webhooks/stripe",
                webhook_secret="whsec_saffron",
                retry_seconds=(0.2, 0.5, 1.0, 2.0, 4.0),
                sms_step_seconds=0.1,
            )
        )
        env = _environment(home, database_url, redis.url, url, sandbox)
        _furnish(env, home, history_days)
        _start_all(env, home, stack)
        shop = Stack(url, sandbox, database_url, home)
        shop.wait(lambda: _ready(url), 90)
        yield shop


@contextmanager
def fresh_database(base_url: str, name: str) -> Iterator[str]:
    """An empty database on the server of `base_url`; dropped at the end."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(base_url, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield f"{base_url.rsplit('/', 1)[0]}/{name}"
    finally:
        with psycopg.connect(base_url, autocommit=True) as connection:
            connection.execute(drop)


def _environment(home: Path, database_url: str, redis_url: str, url: str, sandbox: Sandbox) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "only-for-tests-" * 3,
        "BASE_URL": url,
        "STRIPE_SECRET_KEY": "sk_test_saffron",
        "STRIPE_WEBHOOK_SECRET": "whsec_saffron",
        "STRIPE_API_BASE": sandbox.url,
        "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
        "TWILIO_AUTH_TOKEN": "token",
        "TWILIO_FROM": "+61491570006",
        "TWILIO_API_BASE": sandbox.url,
        "SMTP_URL": f"smtp://{HOST}:{sandbox.smtp_port}",
        "MAIL_FROM": "Saffron & Crumb <shop@saffron.test>",
        "ALERT_EMAIL": "alerts@saffron.test",
        "ALERT_PHONE": SMS_TO,
        "MEDIA_URL": str(home / "media"),
        "LOG_FORMAT": "text",
        "PORT": url.rpartition(":")[2],
        "GUNICORN_CMD_ARGS": f"--bind={url.removeprefix('http://')}",
        "WEB_CONCURRENCY": "1",
        "PYTHONUNBUFFERED": "1",
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


def _furnish(env: dict[str, str], home: Path, history_days: int) -> None:
    command = [sys.executable, "-m", "tests.browser.furnish", PASSWORD, str(history_days)]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True)
    (home / "furnish.log").write_text(done.stdout + done.stderr)
    if done.returncode:
        raise RuntimeError(f"The demo shop could not be set up:\n{done.stderr[-3000:]}")


def _start_all(env: dict[str, str], home: Path, stack: ExitStack) -> None:
    """Every line of the Procfile, except `release`, which furnishing has done."""
    children: list[subprocess.Popen[bytes]] = []
    stack.callback(_stop, children)
    for line in (ROOT / "Procfile").read_text().splitlines():
        name, colon, command = line.partition(":")
        if line.startswith("#") or not colon or name == "release":
            continue
        children.append(Program(name, shlex.split(command), env, ROOT, log=home / f"{name}.log").start())


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    """Ask all at once, then insist; a child's whole session goes with it."""
    pids = [pid for child in children for pid in processes.session_of(child.pid)]
    processes.end(pids, seconds=5)
    for child in children:
        child.wait()


def _ready(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False
