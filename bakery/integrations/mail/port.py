"""What the shop asks of a mail server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


class MailFailed(Exception):
    """Not sent. `permanent` says that trying again will not help (the address was refused)."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


@dataclass(frozen=True)
class Attachment:
    """A file of a mail. With a `cid` it is a picture inside the HTML (`<img src="cid:…">`), not a file beside it."""

    name: str
    content_type: str
    data: bytes
    cid: str = ""


@dataclass(frozen=True)
class Mail:
    """One email. The same `message_id` marks a repetition, so that mailboxes show it once."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    attachments: list[Attachment] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)


class Mailer(Protocol):
    def send(self, mail: Mail) -> None: ...
