"""What is to be said to whom, before it is a row."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from bakery.infra import outbox
from bakery.integrations.mail.port import Attachment
from bakery.messages.models import Channel, Message


class Busy(Exception):
    """Another job is delivering this very message right now; ask again in a moment."""


class DeliveryFailed(outbox.GiveUp):
    """Refused for good: noted as FAILED, staff told. Trying again is for a person to decide."""


@dataclass(frozen=True)
class Email:
    """One email about one subject row. `consent` is asked for marketing; transactional mail has none."""

    to: str
    template: str
    subject_ref: str
    subject: str
    text: str
    html: str
    version: int = 1
    attachments: list[Attachment] = field(default_factory=list)
    # The mail domain of the sender, for the Message-ID.
    domain: str = "localhost"
    consent: Callable[[Session], bool] | None = None

    @property
    def body(self) -> str:
        return self.text

    @property
    def key(self) -> dict[str, Any]:
        return key(Channel.EMAIL, self.to, self.template, self.subject_ref, self.version)

    def message_id(self, message: Message) -> str:
        """The same for every try of one row, different for any other row of any other database."""
        seed = f"{message.id}|{message.created_at.timestamp()}|{sorted(self.key.items())}"
        return f"<{hashlib.sha256(seed.encode()).hexdigest()[:32]}@{self.domain}>"


@dataclass(frozen=True)
class Sms:
    """One SMS about one subject row. `status_url` is where the provider reports, without our id in it."""

    to: str
    template: str
    subject_ref: str
    body: str
    version: int = 1
    status_url: str | None = None
    consent: Callable[[Session], bool] | None = None

    subject = ""

    @property
    def key(self) -> dict[str, Any]:
        return key(Channel.SMS, self.to, self.template, self.subject_ref, self.version)


def key(channel: Channel, recipient: str, template: str, subject_ref: str, version: int) -> dict[str, Any]:
    """The columns of the unique key that stops a second message."""
    return {
        "channel": channel,
        "recipient": recipient,
        "template": template,
        "subject_ref": subject_ref,
        "version": version,
    }
