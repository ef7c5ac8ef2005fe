"""Work that is due later: deliveries, retries, expiries, the next step of an SMS.

Tasks are rows, so a restart goes on where the sandbox stopped; a task is deleted only after it
was done, so it may run twice but never not at all.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sandbox.clock import Clock
from sandbox.store import Store

log = logging.getLogger("sandbox")
LONGEST_NAP = 1.0


class Scheduler:
    """One thread that watches the clock, a few that do the work."""

    def __init__(self, store: Store, clock: Clock, threads: int) -> None:
        self.store, self.clock = store, clock
        self.kinds: dict[str, Callable[[str], None]] = {}
        self._wake = threading.Condition()
        self._running: dict[int, str] = {}
        self._stopping = False
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="sandbox-work")
        self._thread = threading.Thread(target=self._loop, name="sandbox-clock", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        self._thread.join(5)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def at(self, due: float, kind: str, ref: str | int) -> None:
        """Owe a task; it is seen once the open transaction commits."""
        self.store.run("INSERT INTO tasks (due, kind, ref) VALUES (?, ?, ?)", due, kind, str(ref))
        self.store.after_commit(self.wake)

    def after(self, seconds: float, kind: str, ref: str | int) -> None:
        self.at(self.clock.time() + seconds, kind, ref)

    def once(self, due: float, kind: str, ref: str | int) -> None:
        """Owe a task that may be owed already."""
        if self.store.row("SELECT 1 FROM tasks WHERE kind = ? AND ref = ?", kind, str(ref)) is None:
            self.at(due, kind, ref)

    def forget(self, kind: str, ref: str | int) -> None:
        self.store.run("DELETE FROM tasks WHERE kind = ? AND ref = ?", kind, str(ref))

    def wake(self) -> None:
        with self._wake:
            self._wake.notify_all()

    def idle(self, kinds: tuple[str, ...], within: float) -> bool:
        """Is nothing of these kinds running or due in the next `within` seconds?"""
        marks = ",".join("?" * len(kinds))
        due = self.store.row(
            f"SELECT count(*) AS n FROM tasks WHERE kind IN ({marks}) AND due <= ?",
            *kinds,
            self.clock.time() + within,
        )
        return not self._running and (due is None or due["n"] == 0)

    def wait_running(self, seconds: float = 5.0) -> None:
        """Wait until what is being done right now is done."""
        with self._wake:
            self._wake.wait_for(lambda: not self._running, seconds)

    def catch_up(self, but: tuple[str, ...], seconds: float = 60.0) -> bool:
        """Wait until all that is due is done, other than these kinds. False: not in time."""
        marks = ",".join("?" * len(but))
        sql = f"SELECT 1 FROM tasks WHERE due <= ? AND kind NOT IN ({marks}) LIMIT 1"
        with self._wake:
            self._wake.notify_all()
            return self._wake.wait_for(
                lambda: self._stopping or self.store.row(sql, self.clock.time(), *but) is None, seconds
            )

    def _loop(self) -> None:
        while True:
            with self._wake:
                if self._stopping:
                    return
                nap = self._start_due()
                if nap > 0:
                    self._wake.wait(nap)

    def _start_due(self) -> float:
        now = self.clock.time()
        for row in self.store.rows("SELECT id, due, kind, ref FROM tasks ORDER BY due, id LIMIT 200"):
            if row["due"] > now:
                return float(min(LONGEST_NAP, row["due"] - now))
            if row["id"] not in self._running:
                self._running[row["id"]] = row["kind"]
                self._pool.submit(self._do, row["id"], row["kind"], row["ref"])
        return LONGEST_NAP

    def _do(self, task: int, kind: str, ref: str) -> None:
        try:
            self.kinds[kind](ref)
        except Exception:
            log.exception("The sandbox could not do task %s %s", kind, ref)
        finally:
            self.store.run("DELETE FROM tasks WHERE id = ?", task)
            with self._wake:
                self._running.pop(task, None)
                self._wake.notify_all()
