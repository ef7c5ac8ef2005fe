"""What the sandbox can be told when it starts."""

from __future__ import annotations

from dataclasses import dataclass

# Seconds between one failed webhook delivery and the next attempt. Stripe keeps trying for days;
# a person at a desk wants to see the second attempt soon, so it begins fast and ends slow.
DEFAULT_RETRY_SECONDS = (1.0, 3.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 10800.0, 43200.0)


@dataclass
class Settings:
    """One sandbox's settings. `base_url` is filled in from the port when it is left empty."""

    port: int = 8010
    smtp_port: int = 8025
    data: str = "var/sandbox"
    base_url: str = ""
    webhook_url: str = ""
    webhook_secret: str = "whsec_sandbox"
    stripe_key: str = ""
    twilio_token: str = ""
    sms_inbound_url: str = ""
    sms_status: str = "delivered"
    sms_step_seconds: float = 0.5
    dispute_seconds: float = 2.0
    refund_seconds: float = 2.0
    retry_seconds: tuple[float, ...] = DEFAULT_RETRY_SECONDS
    webhook_timeout: float = 10.0
    session_min_seconds: int = 30 * 60
    session_max_seconds: int = 24 * 60 * 60
    dispatch_threads: int = 8
    quiet: bool = False
