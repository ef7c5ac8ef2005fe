"""A shop in pieces that can be killed: worker processes, a Redis and an outside world of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import func, select, update
from werkzeug.serving import BaseWSGIServer, make_server

from bakery.infra.db import db
from bakery.infra.models import Outbox
from bakery.messages.models import Message
from jobs import outbox as runner
from sandbox.server import Sandbox
from tools import processes
from tools.redis_server import Redis

ROOT = Path(__file__).parents[2]


@dataclass
class World:
    """What a test may start, stop and look at. The test itself stands where a web process would."""

    app: Flask
    env: dict[str, str]
    sandbox: Sandbox
    redis: Redis
    logs: Path
    redis_process: subprocess.Popen | None = None
    workers: dict[str, subprocess.Popen] = field(default_factory=dict)
    web: BaseWSGIServer | None = None

    # The shop's web, in this process

    def open_web(self) -> None:
        """Listen where Stripe and Twilio report to."""
        where = urlsplit(self.env["BASE_URL"])
        self.web = make_server(str(where.hostname), int(where.port or 0), self.app, threaded=True)
        self.web_thread = threading.Thread(target=self.web.serve_forever, daemon=True)
        self.web_thread.start()

    def close_web(self) -> None:
        if self.web is not None:
            self.web.shutdown()
            self.web.server_close()
            self.web = None

    # Redis

    def start_redis(self) -> None:
        if self.redis_process is None:
            self.redis_process = self.redis.program().start()
            self.redis.wait(self.redis_process)

    def stop_redis(self) -> None:
        """Gone at once, with what it held in memory."""
        if self.redis_process is not None:
            self.redis_process.kill()
            self.redis_process.wait()
            self.redis_process = None

    # Processes

    def start(self, *queues: str) -> None:
        """A worker for each queue that has none."""
        for name in queues:
            if name not in self.workers:
                self.workers[name] = self.run("-m", "jobs.worker", name, log=name)

    def run(self, *arguments: str, log: str) -> subprocess.Popen:
        with (self.logs / f"{log}.log").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, *arguments],
                env=self.env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """kill -9 of a worker and of the job it is running."""
        worker = self.workers.pop(name)
        for pid in processes.session_of(worker.pid):
            os.kill(pid, signal.SIGKILL)
        worker.wait()

    def kill_horse(self, name: str) -> None:
        """kill -9 of the running job alone (the memory ran out, say)."""
        leader = self.workers[name].pid
        for pid in processes.session_of(leader):
            if pid != leader:
                os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        for name in list(self.workers):
            self.kill(name)
        self.stop_redis()

    # Time and outcomes

    def time_passes(self) -> None:
        """Long enough for every lease and every back-off; then the sweeper comes by."""
        db.session.execute(
            update(Outbox)
            .where(Outbox.done_at.is_(None), Outbox.dead_at.is_(None))
            .values(next_try_at=func.now() - func.make_interval(0, 0, 0, 0, 0, 0, 1))
        )
        db.session.commit()
        runner.sweep()

    def wait(self, what: Callable[[], Any], seconds: float = 20) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            db.session.rollback()
            if found := what():
                return found
            time.sleep(0.05)
        raise TimeoutError(f"not within {seconds} s; owed: {self.owed()}; logs: {self.tail()}")

    def all_done(self) -> bool:
        """Nothing is owed any more to the queues that anybody works on, except what was visibly given up."""
        return not db.session.scalar(
            select(func.count()).where(
                Outbox.done_at.is_(None), Outbox.dead_at.is_(None), Outbox.queue.in_(self.workers)
            )
        )

    def finish(self, rounds: int = 12) -> None:
        """Let time pass until nothing is owed."""
        for _ in range(rounds):
            try:
                self.wait(self.all_done, seconds=1.5)
                return
            except TimeoutError:
                self.time_passes()
        self.wait(self.all_done)

    def owed(self) -> list[tuple[str, int, str | None]]:
        db.session.rollback()
        rows = db.session.scalars(select(Outbox).where(Outbox.done_at.is_(None)))
        return [(row.job, row.attempts, row.last_error) for row in rows]

    def messages(self) -> list[tuple[str, str, str]]:
        db.session.rollback()
        rows = db.session.scalars(select(Message).order_by(Message.id))
        return [(row.channel, row.template, row.status) for row in rows]

    def provider_has_it(self) -> bool:
        """The request has arrived outside: the fault that was to meet it is used up."""
        return not self.sandbox.state()["faults"]

    def tail(self) -> str:
        return "\n".join(log.read_text()[-1500:] for log in self.logs.glob("*.log"))
