"""What the sandbox knew and owed before a restart, it knows and owes afterwards."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests
import stripe

from sandbox import server
from tests.sandbox.conftest import Shop, order, settings, stripe_client

ROOT = Path(__file__).parents[2]


def test_a_restart_forgets_nothing_and_goes_on(tmp_path: Path, shop: Shop) -> None:
    shop.answers = [500]
    options = {"idempotency_key": "k"}
    with server.start(**settings(tmp_path, webhook_url=shop.url(), retry_seconds=(1.0,))) as box:
        api = stripe_client(box).v1
        customer = api.customers.create({"name": "Laila"}, options)
        session = api.checkout.sessions.create(order(expires_at=int(time.time()) + 2))
        box.fault("smtp", "refuse")
        box.wait_for(lambda: shop.received)
    with server.start(**settings(tmp_path, webhook_url=shop.url(), retry_seconds=(1.0,))) as box:
        api = stripe_client(box).v1
        assert api.customers.create({"name": "Laila"}, options).id == customer.id
        assert [each["mode"] for each in box.state()["faults"]] == ["refuse"]
        box.wait_for(lambda: "checkout.session.expired" in shop.types())
        assert api.checkout.sessions.retrieve(session.id).status == "expired"
        box.wait_for(lambda: shop.types().count("customer.created") == 2)


def test_two_sandboxes_do_not_meet(tmp_path: Path) -> None:
    with (
        server.start(**settings(tmp_path / "a")) as one,
        server.start(**settings(tmp_path / "b")) as other,
    ):
        stripe_client(one).v1.customers.create({"name": "Laila"})
        assert other.objects("customer") == []


def test_it_listens_on_this_machine_only(tmp_path: Path) -> None:
    with server.start(**settings(tmp_path)) as box:
        assert box._web.socket.getsockname()[0] == "127.0.0.1"
        assert box._mail.socket.getsockname()[0] == "127.0.0.1"


def command(*more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", *more],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )


def test_the_command_starts_pays_and_stops(tmp_path: Path, shop: Shop) -> None:
    process = command(
        "--port", "0", "--smtp-port", "0", "--data", str(tmp_path), "--webhook-url", shop.url(),
        "--webhook-secret", "whsec_for_these_tests",
    )  # fmt: skip
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert url, line
        assert requests.get(f"{url[0]}/healthz", timeout=5).json() == {"status": "ok"}
        client = stripe.StripeClient("sk_test_x", base_addresses={"api": url[0]})
        client.v1.customers.create({"name": "Laila"})
        end = time.monotonic() + 5
        while not shop.received and time.monotonic() < end:
            time.sleep(0.05)
        assert shop.types() == ["customer.created"]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    assert process.returncode == 0


def test_a_port_in_use_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = command("--port", port, "--smtp-port", "0", "--data", str(tmp_path))
        _, words = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"cannot start on ports {port}" in words
    assert "Traceback" not in words


def test_a_folder_that_cannot_be_used_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    process = command("--port", "0", "--smtp-port", "0", "--data", str(tmp_path / "file"))
    _, words = process.communicate(timeout=20)
    assert process.returncode == 1
    assert words.startswith("The sandbox cannot start with ") and words.count("\n") == 1


def test_it_knows_nothing_of_the_shop() -> None:
    files = [*(ROOT / "sandbox").rglob("*.py")]
    assert len(files) > 20
    for file in files:
        assert not re.search(r"^\s*(from|import) (bakery|config|jobs|tools)\b", file.read_text(), re.M), file
    for file in (ROOT / "bakery").rglob("*.py"):
        assert not re.search(r"^\s*(from|import) sandbox\b", file.read_text(), re.M), file
