"""The shop on a port of its own, told of every event by the sandbox's Stripe, as a context manager."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from bakery.infra.db import db
from bakery.integrations.gateway.stripe_gateway import StripeGateway
from bakery.payments import services
from bakery.payments.models import StripeEvent
from sandbox.server import Sandbox

SECRET = "whsec_saffron"


class Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(app: Flask, world: Sandbox) -> Iterator[StripeGateway]:
    """Stripe's own SDK as the shop's gateway, and signed webhooks over HTTP."""
    made = StripeGateway("sk_test_saffron", SECRET, world.url)
    app.extensions["adapters"] = replace(app.extensions["adapters"], gateway=made)
    shop = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=shop.serve_forever, daemon=True)
    thread.start()
    world.reset()
    world.webhook_target(f"http://127.0.0.1:{shop.server_port}/webhooks/stripe", SECRET)
    yield made
    world.settle()
    world.webhook_target("")
    shop.shutdown()
    shop.server_close()
    thread.join()


def apply_all(world: Sandbox) -> None:
    """Everything has been delivered, and the worker has applied it."""
    world.settle()
    db.session.rollback()
    for event in db.session.query(StripeEvent).order_by(StripeEvent.id).all():
        services.apply_event(event.id)
