"""What a web process would load while its first customer waits, loaded beforehand: pages, price model, Stripe.

gunicorn calls this once a worker (gunicorn.conf.py), in a thread of its own after the worker listens, so
that the start is not later for it. Commands, workers and tests never do.
"""

from __future__ import annotations

import gc
import sys
import threading

import structlog
from flask import Flask

from bakery.forecasting import pricing
from bakery.integrations.adapters import Adapters

log = structlog.get_logger(__name__)
# The first visit of a shared page compiles its templates and queries, and leaves a ready copy behind.
PAGES = ("/", "/menu")
# The worker answers its first probe before this begins.
DELAY_SECONDS = 1.0
# How long a thread computes before another may. A page takes a few milliseconds and gives way by itself whenever
# it waits for the database; Python's 5 ms interrupt it once more for nothing (`make bench`: a sixth of the cart's
# pages a second).
TURN_SECONDS = 0.02
# New objects before the young are searched; young searches before the middle-aged; these before all.
GARBAGE = (10_000, 20, 20)


def start(app: Flask) -> threading.Thread:
    """Warm up soon, beside everything else."""
    sys.setswitchinterval(TURN_SECONDS)
    thread = threading.Timer(DELAY_SECONDS, warm_up, [app])
    thread.name, thread.daemon = "warm-up", True
    thread.start()
    return thread


def warm_up(app: Flask) -> None:
    """Ask for the shared pages as a visitor does, load what prices and payments need. Never raises: nobody waits."""
    adapters: Adapters = app.extensions["adapters"]
    address: str = app.config["SETTINGS"].base_url
    try:
        # Copies are kept only once changes are heard of: connect first.
        app.extensions["changes"].start()
        browser = app.test_client(use_cookies=False)
        for path in PAGES:
            browser.get(path, base_url=address)
        with app.app_context():
            pricing.desk.load()
        adapters.gateway.load()
    except Exception as error:
        log.warning("not_warmed_up", error=type(error).__name__)
    settle()


def settle() -> None:
    """Leave what is loaded by now out of every later search for garbage: it stays as long as the process.

    A page makes some thousand short-lived objects, and Python would look through the whole shop for each few
    hundred of them. What is garbage now is thrown away first.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
