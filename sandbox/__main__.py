"""`python -m sandbox`: the outside world, until Ctrl-C."""

from __future__ import annotations

import argparse
import errno
import logging
import signal
import sqlite3
import sys
import threading

from sandbox.server import Sandbox
from sandbox.settings import DEFAULT_RETRY_SECONDS, Settings


def _waits(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(each) for each in text.split(",") if each.strip())
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of seconds such as 1,3,10") from error


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m sandbox", description="A local Stripe, Twilio, mail server and inbox."
    )
    add = made.add_argument
    add(
        "--port", type=int, default=8010, help="pages and APIs, on 127.0.0.1 (default 8010; 0: any free port)"
    )
    add(
        "--smtp-port",
        type=int,
        default=8025,
        help="mail server, on 127.0.0.1 (default 8025; 0: any free port)",
    )
    add(
        "--data",
        default="var/sandbox",
        metavar="FOLDER",
        help="where everything is kept (default var/sandbox)",
    )
    add(
        "--base-url",
        default="",
        help="the address under which browsers reach it (default http://127.0.0.1:PORT)",
    )
    add("--webhook-url", default="", help="where Stripe's events go; without it none are sent")
    add("--webhook-secret", default="whsec_sandbox", help="signs the events")
    add("--stripe-key", default="", help="the only API key taken (default: any sk_test_…)")
    add(
        "--twilio-token",
        default="",
        help="the only auth token taken; signs callbacks (default: any, the last one signs)",
    )
    add("--sms-inbound-url", default="", help="where a customer's answer to an SMS is posted")
    add(
        "--sms-status",
        default="delivered",
        choices=("sent", "delivered", "undelivered", "failed"),
        help="what becomes of every SMS (default delivered)",
    )
    add(
        "--retry",
        dest="retry_seconds",
        type=_waits,
        default=DEFAULT_RETRY_SECONDS,
        metavar="1,3,10",
        help="seconds between attempts to deliver an event",
    )
    add(
        "--session-min-seconds",
        type=int,
        default=1800,
        help="shortest life of a Checkout Session (Stripe: 1800)",
    )
    add("--dispute-seconds", type=float, default=2.0, help="from a disputed card's payment to its dispute")
    add(
        "--refund-seconds",
        type=float,
        default=2.0,
        help="until a refund to a card that takes its time settles",
    )
    add("--quiet", action="store_true", help="no line for each request")
    return made


def _sentence(settings: Settings, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return (
            f"The sandbox cannot start on ports {settings.port} and {settings.smtp_port}: one is in use. "
            "Stop what uses it, or choose others with --port and --smtp-port."
        )
    return (
        f"The sandbox cannot start with {settings.data} as its folder: {error}. Choose another with --data."
    )


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="sandbox: %(message)s")
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # a line for every greeting is too much
    settings = Settings(**vars(parser().parse_args()))
    try:
        sandbox = Sandbox(settings).start()
    except (OSError, sqlite3.Error) as error:
        sys.stderr.write(f"{_sentence(settings, error)}\n")
        return 1
    logging.getLogger("sandbox").info(
        "listening on %s, mail on 127.0.0.1:%s", sandbox.world.base_url, sandbox.smtp_port
    )
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    stop.wait()
    sandbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
