"""A mail server that remembers, and fails when told to."""

from __future__ import annotations

from bakery.integrations.mail.port import Mail, MailFailed


class FakeMailer:
    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.failing: MailFailed | None = None

    def send(self, mail: Mail) -> None:
        if self.failing:
            raise self.failing
        self.sent.append(mail)
