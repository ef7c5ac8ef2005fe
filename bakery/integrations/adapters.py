"""The outside services the shop uses, chosen once from the settings and handed to services by their callers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app

from bakery.integrations.files.port import Files
from bakery.integrations.gateway.port import Gateway
from bakery.integrations.mail.port import Mailer
from bakery.integrations.sms.port import SmsSender


@dataclass(frozen=True)
class Adapters:
    gateway: Gateway
    mailer: Mailer
    sms: SmsSender
    files: Files


def adapters() -> Adapters:
    """The running app's adapters. For faces and jobs; domains are handed what they need."""
    return cast(Adapters, current_app.extensions["adapters"])
