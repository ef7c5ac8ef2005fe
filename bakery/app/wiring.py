"""Which adapter serves which port, by the settings."""

from __future__ import annotations

from pathlib import Path

from bakery.integrations.adapters import Adapters
from bakery.integrations.files.store import ObjectFiles
from bakery.integrations.gateway.stripe_gateway import StripeGateway
from bakery.integrations.mail.smtp import SmtpMailer
from bakery.integrations.sms.twilio_sms import TwilioSms
from config import Settings

# A relative MEDIA_URL means a folder of the project, wherever the process was started.
ROOT = Path(__file__).parents[2]


def build_adapters(settings: Settings) -> Adapters:
    """The real adapters. Heavy SDKs are imported by the adapters when first used."""
    return Adapters(
        gateway=StripeGateway(
            settings.stripe_secret_key, settings.stripe_webhook_secret, settings.stripe_api_base
        ),
        mailer=SmtpMailer(settings.smtp_url, settings.mail_from),
        sms=TwilioSms(
            settings.twilio_account_sid,
            settings.twilio_auth_token,
            settings.twilio_from,
            settings.twilio_api_base,
        ),
        files=ObjectFiles(settings.media_url, ROOT),
    )
