"""Which adapter serves which port, by the settings."""

from __future__ import annotations

from typing import cast

from bakery.integrations.adapters import Adapters
from bakery.integrations.files.port import Files
from bakery.integrations.gateway.stripe_gateway import StripeGateway
from bakery.integrations.mail.port import Mailer
from bakery.integrations.sms.port import SmsSender
from config import Settings


def build_adapters(settings: Settings) -> Adapters:
    """The real adapters. Heavy SDKs are imported by the adapters when first used."""
    return Adapters(
        gateway=StripeGateway(
            settings.stripe_secret_key, settings.stripe_webhook_secret, settings.stripe_api_base
        ),
        mailer=cast(Mailer, None),
        sms=cast(SmsSender, None),
        files=cast(Files, None),
    )
