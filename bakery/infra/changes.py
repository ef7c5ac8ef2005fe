"""Counters that advance the moment something changed, by Postgres NOTIFY: what copies are compared with.

Triggers on the tables notify in the changing transaction itself, so no writer can forget it, and a change
made by psql counts as well. One thread a process listens, on a connection of its own.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter

import psycopg
import structlog

CHANNEL = "changes"
log = structlog.get_logger(__name__)


class Changes:
    """Counts changes by topic. While the listening connection is down, `live` is False: keep no copies."""

    def __init__(self, url: str) -> None:
        self._url = url.replace("+psycopg", "")
        self._counts: Counter[str] = Counter()
        # Counts the times when something may have been missed: of every topic, also those never heard of.
        self._missed = 0
        self._pid: int | None = None
        self._lock = threading.Lock()
        self.live = False

    def start(self) -> None:
        """Start listening, once a process (a forked worker starts its own thread)."""
        if self._pid == os.getpid():
            return
        with self._lock:
            if self._pid == os.getpid():
                return
            self._pid, self.live = os.getpid(), False
            threading.Thread(target=self._listen, name="changes", daemon=True).start()

    def silence(self) -> None:
        """Never listen in this process: keep no copies. For tests that undo their transactions."""
        self._pid, self.live = os.getpid(), False

    def version(self, topic: str) -> int:
        """Grows with each change of a topic that this process heard of, or may have missed."""
        return self._counts[topic] + self._missed

    def _listen(self) -> None:
        while True:
            try:
                with psycopg.connect(
                    self._url,
                    autocommit=True,
                    application_name="changes",
                    connect_timeout=5,
                    keepalives=1,
                    keepalives_idle=20,
                    keepalives_interval=5,
                    keepalives_count=3,
                ) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    # Whatever changed while nobody listened: every copy is out of date.
                    self._missed += 1
                    self.live = True
                    for notice in connection.notifies():
                        self._counts[notice.payload] += 1
            except Exception as error:
                log.warning("changes_not_heard", error=type(error).__name__)
            finally:
                self.live = False
            time.sleep(1)
