"""A sandbox of its own for these tests, the real SDKs pointed at it, and a shop that listens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
import stripe
from twilio.rest import Client

from sandbox import server
from sandbox.server import Sandbox

SECRET = "whsec_for_these_tests"
ACCOUNT, TOKEN = "AC" + "1" * 32, "a-twilio-token"


class Received:
    """One request that the shop got."""

    def __init__(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self.path, self.headers, self.body = path, headers, body

    @property
    def event(self) -> Any:
        """The verified event; refuses a wrong signature."""
        return stripe.Webhook.construct_event(self.body, self.headers["Stripe-Signature"], SECRET)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


class Shop:
    """Listens where the shop would, answers what it is told to, and remembers."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[int] = []  # statuses for the next requests; 200 when there are none
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = shop.answers.pop(0) if shop.answers else 200
                shop.received.append(Received(self.path, dict(self.headers), body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def url(self, path: str = "/webhooks/stripe") -> str:
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def types(self) -> list[str]:
        return [each.event.type for each in self.received]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.stop()


def settings(folder: Path, **changes: Any) -> dict[str, Any]:
    """Everything that takes time takes a moment only."""
    return {
        "data": str(folder),
        "webhook_secret": SECRET,
        "retry_seconds": (0.1, 0.2, 0.4),
        "webhook_timeout": 1.0,
        "session_min_seconds": 1,
        "sms_step_seconds": 0.05,
        "dispute_seconds": 0.05,
        "refund_seconds": 0.05,
    } | changes


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with server.start(**settings(tmp_path_factory.mktemp("sandbox"))) as sandbox:
        yield sandbox


@pytest.fixture
def box(running: Sandbox, shop: Shop) -> Iterator[Sandbox]:
    """The sandbox, with nothing in it, sending its events to the shop."""
    running.reset()
    running.webhook_target(shop.url(), SECRET)
    yield running
    running.clear_faults()
    running.webhook_target("", SECRET)


def stripe_client(box: Sandbox, **options: Any) -> stripe.StripeClient:
    bases = {"api": box.url, "files": box.url}
    return stripe.StripeClient("sk_test_saffron", base_addresses=bases, **options)


@pytest.fixture
def api(box: Sandbox) -> Any:
    """Stripe's own SDK, not a line of it changed. It does not retry by itself."""
    return stripe_client(box, max_network_retries=0).v1


@pytest.fixture
def laila(api: Any) -> Any:
    """A customer of the shop."""
    return api.customers.create({"email": "laila@saffron.test", "name": "Laila"})


@pytest.fixture
def twilio(box: Sandbox) -> Iterator[Client]:
    client = Client(ACCOUNT, TOKEN)
    client.api.base_url = box.url
    yield client
    client.http_client.session.close()


@pytest.fixture
def browser(box: Sandbox) -> Iterator[requests.Session]:
    """Follows no redirects: where they lead is part of what is tested."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def line(
    name: str = "Walnut cake", cents: int = 4500, quantity: int = 1, currency: str = "aud"
) -> dict[str, Any]:
    product = {"currency": currency, "unit_amount": cents, "product_data": {"name": name}}
    return {"quantity": quantity, "price_data": product}


def order(**changes: Any) -> dict[str, Any]:
    """What the shop sends to open a checkout."""
    return {
        "mode": "payment",
        "success_url": "http://127.0.0.1:1/orders/SA-1?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:1/checkout",
        "line_items": [line()],
    } | changes


def pay_with(api: Any, token: str = "pm_card_visa", amount: int = 10_000, **more: Any) -> Any:
    """A payment intent that was confirmed with one of Stripe's ready-made payment methods."""
    return api.payment_intents.create(
        {"amount": amount, "currency": "aud", "payment_method": token, "confirm": True} | more
    )
