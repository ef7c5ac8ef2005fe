"""Start and stop a sandbox: from the command line, or inside a test's process."""

from __future__ import annotations

import socket
import threading
from typing import Any
from urllib.parse import urlsplit

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.test import Client

from sandbox.app import create_app
from sandbox.control import Control
from sandbox.settings import Settings
from sandbox.smtp import MailServer
from sandbox.stripe_api import (
    balance_transactions,
    dispute_states,
    disputes,
    fraud_warnings,
    refund_states,
    session_life,
)
from sandbox.stripe_api.call import Call
from sandbox.twilio_messages import Messages
from sandbox.world import World

HOST = "127.0.0.1"
BACKLOG = 512  # a rush of buyers must not be refused by the outside world


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


class Sandbox(Control):
    """A running sandbox. Everything of `Control` can be asked of it, and it can be stopped."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.world = World(settings)
        self.messages = Messages(self.world)
        self._use_given_target()
        self._own_tasks()
        # Bound here, not by the server: it would end the process when the port is taken.
        app = create_app(self.world, self.messages)
        with socket.create_server((HOST, settings.port), backlog=BACKLOG) as bound:
            settings.port = bound.getsockname()[1]
            self._mail = MailServer(self.world, settings.smtp_port)
            self._web: BaseWSGIServer = make_server(
                HOST,
                settings.port,
                app,
                threaded=True,
                fd=bound.fileno(),
                request_handler=_Quiet if settings.quiet else None,
            )
        settings.base_url = settings.base_url or f"http://{HOST}:{settings.port}"
        self.smtp_port = settings.smtp_port = self._mail.port
        app.config["TRUSTED_HOSTS"] = [HOST, "localhost", urlsplit(settings.base_url).hostname]
        self._thread = threading.Thread(
            target=self._web.serve_forever, args=(0.05,), name="sandbox-web", daemon=True
        )
        super().__init__(f"http://{HOST}:{settings.port}")
        self._app = app

    def _use_given_target(self) -> None:
        """An address given at this start wins over one that the control API set before."""
        for name in ("webhook_url", "sms_inbound_url"):
            if getattr(self.settings, name):
                self.world.store.drop_note(name)
        if self.settings.webhook_url:
            self.world.store.drop_note("webhook_secret")

    def _own_tasks(self) -> None:
        def inside(work: Any) -> Any:
            def run(ref: str) -> None:
                with self.world.store.transaction():
                    work(Call.inside(self.world), ref)

            return run

        timers = {
            "session_expiry": session_life.expire_on_time,
            "dispute": disputes.open_by_card,
            "dispute_decision": dispute_states.decide,
            "dispute_deadline": dispute_states.deadline,
            "inquiry_end": dispute_states.end_inquiry,
            "fraud_warning": fraud_warnings.warn_by_card,
            "refund": refund_states.settle,
            "funds_available": balance_transactions.make_available,
        }
        self.world.scheduler.kinds |= {kind: inside(work) for kind, work in timers.items()}

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        """In the same process the control API needs no connection."""
        answer = Client(self._app).open(
            path,
            method=method,
            base_url=self.url,
            query_string=_given(options.get("params")),
            json=options.get("json"),
        )
        return self._read(answer.status_code, answer.get_json(silent=True))

    def start(self) -> Sandbox:
        self._mail.start()
        self.world.scheduler.start()
        self._thread.start()
        return self

    def stop(self) -> None:
        """What is owed stays owed: the next start with the same folder goes on."""
        self._web.shutdown()
        self._web.server_close()
        self._mail.stop()
        self.world.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _given(params: dict[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (params or {}).items() if value is not None}


def start(**settings: Any) -> Sandbox:
    """Start a sandbox in this process. Without ports it takes free ones; give `data` a folder of its own."""
    return Sandbox(Settings(**{"port": 0, "smtp_port": 0, "quiet": True} | settings)).start()
