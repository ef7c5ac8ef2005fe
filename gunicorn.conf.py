"""gunicorn reads this file by itself. How the server runs is said in the Procfile; here is only its hook."""

from __future__ import annotations

import importlib
from typing import Any


def post_worker_init(worker: Any) -> None:
    """A worker is about to listen. (`make bench` runs an app that is none of ours on the same server.)"""
    if hasattr(worker.wsgi, "extensions"):
        # Imported here: the master reads this file, too, and is not to load the shop.
        importlib.import_module("bakery.app.warmup").start(worker.wsgi)
