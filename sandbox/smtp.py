"""The mail server: takes everything, forgets nothing, fails on demand."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import secrets
import socket
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from sandbox.faults import Fault
from sandbox.world import World

LARGEST = 40 * 1024 * 1024
THROUGH = ("temporary", "slow", "lost_answer")


class Mailbox:
    """Stores mails. The same Message-ID again is the same mail: it is counted, not shown twice."""

    def __init__(self, world: World) -> None:
        self.world, self.store = world, world.store

    def keep(self, sender: str, recipients: list[str], raw: bytes) -> None:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        message_id = str(message["Message-ID"] or "").strip() or f"<{secrets.token_hex(12)}@without-id>"
        with self.store.transaction():
            row = self.store.row("SELECT * FROM mails WHERE message_id = ?", message_id)
            if row:
                known = json.loads(row["recipients"])
                merged = known + [each for each in recipients if each not in known]
                self.store.run(
                    "UPDATE mails SET deliveries = deliveries + 1, recipients = ? WHERE seq = ?",
                    json.dumps(merged),
                    row["seq"],
                )
                return
            self.store.run(
                "INSERT INTO mails (id, message_id, sender, recipients, received, raw)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                secrets.token_hex(8),
                message_id,
                sender,
                json.dumps(recipients),
                self.world.clock.time(),
                raw,
            )


class Handler:
    """aiosmtpd's hooks. The mailbox works in a thread, so that a busy store never stops the server."""

    def __init__(self, world: World, mailbox: Mailbox) -> None:
        self.world, self.mailbox = world, mailbox

    def hit(self, subject: str, *modes: str) -> Fault | None:
        return self.world.faults.hit("smtp", subject, modes)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.hit(address, "permanent"):
            return "550 5.1.1 Mailbox unavailable (made on demand by the sandbox)"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        recipients = [str(each) for each in envelope.rcpt_tos]
        fault = self.hit(recipients[0], *THROUGH)
        if fault and fault.mode == "temporary":
            return "451 4.3.0 Try again later (made on demand by the sandbox)"
        if fault and fault.mode == "slow":
            await asyncio.sleep(fault.seconds)
        raw = envelope.original_content or b""
        await asyncio.to_thread(self.mailbox.keep, str(envelope.mail_from or ""), recipients, raw)
        if fault and fault.mode == "lost_answer" and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return "250 OK: kept in the sandbox's inbox"


class Server(SMTP):
    """Closes the connection at once while the `refuse` fault is in force."""

    event_handler: Any

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if isinstance(transport, asyncio.Transport) and self.event_handler.hit("connection", "refuse"):
            transport.abort()


class MailServer(Controller):
    """Listens on 127.0.0.1; port 0 takes any free port."""

    def __init__(self, world: World, port: int) -> None:
        self.socket = socket.create_server(("127.0.0.1", port))
        super().__init__(
            Handler(world, Mailbox(world)), hostname="127.0.0.1", port=self.socket.getsockname()[1]
        )

    def factory(self) -> SMTP:
        return Server(
            self.handler,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            ident="Sandbox",
            auth_require_tls=False,
            authenticator=lambda *_: AuthResult(success=True),
            loop=self.loop,
        )

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self.socket)
