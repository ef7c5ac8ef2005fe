"""Many at once: every job in a thread with a connection of its own, all starting together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask

from bakery.infra.db import db

# The app's connection pool has twelve; one stays free.
MOST_THREADS = 11


def race(app: Flask, jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each job answered, or the exception it raised."""
    db.session.rollback()
    threads = min(len(jobs), MOST_THREADS)
    start = threading.Barrier(threads)
    begun = threading.local()

    def run(job: Callable[[], Any]) -> Any:
        if not getattr(begun, "yet", False):
            begun.yet = True
            start.wait(10)
        with app.app_context():
            try:
                return job()
            except Exception as error:
                return error

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, jobs))


def together(parties: int, seconds: float = 1) -> Callable[[], None]:
    """A point that so many threads pass at the same moment; whoever comes alone goes on after `seconds`."""
    barrier = threading.Barrier(parties)

    def meet() -> None:
        try:
            barrier.wait(seconds)
        except threading.BrokenBarrierError:
            pass

    return meet
