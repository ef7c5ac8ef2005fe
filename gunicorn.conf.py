"""gunicorn reads this file by itself. How the server runs is said in the Procfile; here is only its hook."""

from __future__ import annotations

from typing import Any

from flask import Flask

from bakery.app import warmup


def post_worker_init(worker: Any) -> None:
    """A worker is about to listen. (`make bench` runs an app that is none of ours on the same server.)"""
    if isinstance(worker.wsgi, Flask):
        warmup.start(worker.wsgi)
