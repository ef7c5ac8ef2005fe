"""Work that is due later: deliveries, retries, expiries, deadlines, the next step of an SMS.

Tasks are rows, so a restart goes on where the sandbox stopped; a task is deleted only after it
was done, so it may run twice but never not at all. When they are due is kept in memory too: nothing
is asked of the file while there is nothing to do.
"""

from __future__ import annotations

import heapq
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
        lock = threading.RLock()
        self._wake, self._done = threading.Condition(lock), threading.Condition(lock)
        self._due = [(row["due"], row["id"]) for row in store.rows("SELECT id, due FROM tasks")]
        heapq.heapify(self._due)
        self._running: set[int] = set()
        self._stopping = False
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="sandbox-work")
        self._thread = threading.Thread(target=self._loop, name="sandbox-clock", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
            self._done.notify_all()
        self._thread.join(5)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def at(self, due: float, kind: str, ref: str | int) -> None:
        """Owe a task; it is seen once the open transaction commits."""
        cursor = self.store.run("INSERT INTO tasks (due, kind, ref) VALUES (?, ?, ?)", due, kind, str(ref))
        task = int(cursor.lastrowid or 0)
        self.store.after_commit(lambda: self._owe(due, task))

    def _owe(self, due: float, task: int) -> None:
        with self._wake:
            heapq.heappush(self._due, (due, task))
            if self._due[0][1] == task:  # sooner than all that the thread waits for
                self._wake.notify_all()

    def after(self, seconds: float, kind: str, ref: str | int) -> None:
        self.at(self.clock.time() + seconds, kind, ref)

    def once(self, due: float, kind: str, ref: str | int) -> None:
        """Owe a task that may be owed already."""
        if self.store.row("SELECT 1 FROM tasks WHERE kind = ? AND ref = ?", kind, str(ref)) is None:
            self.at(due, kind, ref)

    def forget(self, kind: str, ref: str | int) -> None:
        """Without its row a task does nothing when it is due."""
        self.store.run("DELETE FROM tasks WHERE kind = ? AND ref = ?", kind, str(ref))

    def idle(self, kinds: tuple[str, ...], within: float) -> bool:
        """Is nothing of these kinds running or due in the next `within` seconds?"""
        marks = ",".join("?" * len(kinds))
        due = self.store.row(
            f"SELECT 1 FROM tasks WHERE due <= ? AND kind IN ({marks}) LIMIT 1",
            self.clock.time() + within,
            *kinds,
        )
        return not self._running and due is None

    def wait_done(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Wait until `ready`, which is asked again whenever a task was done. False: not in time."""
        with self._done:
            return self._done.wait_for(lambda: self._stopping or ready(), seconds)

    def wait_running(self, seconds: float = 5.0) -> None:
        """Wait until what is being done right now is done."""
        self.wait_done(lambda: not self._running, seconds)

    def catch_up(self, but: tuple[str, ...], seconds: float = 60.0) -> bool:
        """The clock was moved: wait until all that is due is done, other than these kinds."""
        marks = ",".join("?" * len(but))
        sql = f"SELECT 1 FROM tasks WHERE due <= ? AND kind NOT IN ({marks}) LIMIT 1"
        with self._wake:
            self._wake.notify_all()
        return self.wait_done(lambda: self.store.row(sql, self.clock.time(), *but) is None, seconds)

    def _loop(self) -> None:
        while True:
            with self._wake:
                if self._stopping:
                    return
                now = self.clock.time()
                while self._due and self._due[0][0] <= now:
                    _, task = heapq.heappop(self._due)
                    self._running.add(task)
                    self._pool.submit(self._do, task)
                nap = self._due[0][0] - now if self._due else LONGEST_NAP
                self._wake.wait(min(LONGEST_NAP, nap))

    def _do(self, task: int) -> None:
        row = self.store.row("SELECT kind, ref FROM tasks WHERE id = ?", task)
        try:
            if row:
                self.kinds[row["kind"]](row["ref"])
        except Exception:
            log.exception("The sandbox could not do task %s %s", row and row["kind"], row and row["ref"])
        finally:
            if row:
                self.store.run("DELETE FROM tasks WHERE id = ?", task)
            with self._done:
                self._running.discard(task)
                self._done.notify_all()
