"""Mail by SMTP. Flask-Mailman is imported with the first mail: web processes rarely send one."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import unquote, urlsplit

from bakery.integrations.mail.port import Mail, Mailer

# Per step of the SMTP dialogue; a whole mail stays well below the database's idle limit of a minute.
TIMEOUT = 8
SUBMISSION = 587
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Server:
    """Where mail goes. A password, and the submission port, never go without TLS (but on this machine)."""

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    wrapped: bool = False
    timeout: int = TIMEOUT

    @property
    def starttls(self) -> bool:
        if self.wrapped or self.host in LOOPBACK:
            return False
        return bool(self.username) or self.port == SUBMISSION

    @classmethod
    def from_url(cls, url: str) -> Server:
        """`smtp://user:password@host:587` or `smtps://…`; user and password are URL-quoted."""
        parts = urlsplit(url)
        wrapped = parts.scheme == "smtps"
        return cls(
            host=parts.hostname or "",
            port=parts.port or (465 if wrapped else 25),
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            wrapped=wrapped,
        )


class SmtpMailer:
    """See port.Mailer. A failure is permanent only when this very mail or address was refused."""

    def __init__(self, url: str, sender: str) -> None:
        self._server = Server.from_url(url)
        self._sender = sender
        self._mailer: Mailer | None = None

    def send(self, mail: Mail) -> None:
        if self._mailer is None:
            module = importlib.import_module("bakery.integrations.mail.mailman")
            self._mailer = cast(Mailer, module.MailmanMailer(self._server, self._sender))
        self._mailer.send(mail)
