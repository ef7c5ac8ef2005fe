"""Settings: the only reader of the environment. What is missing or malformed stops the start with a list."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit


class SettingsError(Exception):
    """The environment cannot run the shop; the message lists every reason at once."""


@dataclass(frozen=True)
class Settings:
    """Everything the outside decides. Secrets are kept out of `repr`."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    base_url: str
    stripe_secret_key: str = field(repr=False)
    stripe_webhook_secret: str = field(repr=False)
    twilio_account_sid: str
    twilio_auth_token: str = field(repr=False)
    twilio_from: str
    smtp_url: str = field(repr=False)
    mail_from: str
    alert_email: str
    alert_phone: str
    media_url: str = "var/media"
    stripe_api_base: str = ""
    twilio_api_base: str = ""
    sentry_dsn: str = field(default="", repr=False)
    log_level: str = "INFO"
    log_format: str = "json"
    trusted_proxies: int = 0
    checkout_minutes: int = 30
    # How many unpaid orders an email address or a browser may have at a time, and how many orders may be
    # placed from one internet address in an hour: enough for an office, too few to empty the shelves.
    unpaid_orders: int = 3
    orders_per_hour: int = 30

    @property
    def https(self) -> bool:
        """Whether the shop is reached over TLS; decides on secure cookies and HSTS."""
        return self.base_url.startswith("https://")

    @property
    def sqlalchemy_url(self) -> str:
        """The database URL with the psycopg driver named (hosts hand out `postgres://`)."""
        return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", self.database_url)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read and check every setting. Refuses with one sentence for each that is missing or malformed."""
        source = os.environ if env is None else env
        wrong: list[str] = []
        values: dict[str, object] = {}
        for name, (required, check) in _RULES.items():
            raw = source.get(name, "").strip()
            if not raw:
                if required:
                    wrong.append(f"{name} is missing")
                continue
            try:
                values[name.lower()] = check(raw)
            except ValueError as error:
                wrong.append(f"{name} {error}")
        if wrong:
            raise SettingsError("These settings are missing or malformed:\n  " + "\n  ".join(wrong))
        return cls(**values)  # type: ignore[arg-type]


def _text(raw: str) -> str:
    return raw


def _url(*schemes: str) -> Callable[[str], str]:
    def check(raw: str) -> str:
        parts = urlsplit(raw)
        if parts.scheme not in schemes or not parts.hostname:
            raise ValueError(f"must be a URL that starts with {' or '.join(s + '://' for s in schemes)}")
        return raw.rstrip("/")

    return check


def _secret(raw: str) -> str:
    if len(raw) < 32:
        raise ValueError("must be at least 32 characters long")
    return raw


def _email(raw: str) -> str:
    if not re.search(r"[^@\s<>]+@[^@\s<>]+", raw):
        raise ValueError("must be an email address")
    return raw


def _phone(raw: str) -> str:
    if not re.fullmatch(r"\+[1-9]\d{6,14}", raw):
        raise ValueError("must be a phone number in international form, such as +61255501234")
    return raw


def _whole(low: int, high: int) -> Callable[[str], int]:
    def check(raw: str) -> int:
        if not raw.isdigit() or not low <= int(raw) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(raw)

    return check


def _one_of(*choices: str) -> Callable[[str], str]:
    def check(raw: str) -> str:
        if raw.lower() not in [c.lower() for c in choices]:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return next(c for c in choices if c.lower() == raw.lower())

    return check


_RULES: dict[str, tuple[bool, Callable[[str], object]]] = {
    "DATABASE_URL": (True, _url("postgresql", "postgres", "postgresql+psycopg")),
    "REDIS_URL": (True, _url("redis", "rediss")),
    "SECRET_KEY": (True, _secret),
    "BASE_URL": (True, _url("http", "https")),
    "STRIPE_SECRET_KEY": (True, _text),
    "STRIPE_WEBHOOK_SECRET": (True, _text),
    "STRIPE_API_BASE": (False, _url("http", "https")),
    "TWILIO_ACCOUNT_SID": (True, _text),
    "TWILIO_AUTH_TOKEN": (True, _text),
    "TWILIO_FROM": (True, _phone),
    "TWILIO_API_BASE": (False, _url("http", "https")),
    "SMTP_URL": (True, _url("smtp", "smtps")),
    "MAIL_FROM": (True, _email),
    "ALERT_EMAIL": (True, _email),
    "ALERT_PHONE": (True, _phone),
    "MEDIA_URL": (False, _text),
    "SENTRY_DSN": (False, _url("http", "https")),
    "LOG_LEVEL": (False, _one_of("DEBUG", "INFO", "WARNING", "ERROR")),
    "LOG_FORMAT": (False, _one_of("json", "text")),
    "TRUSTED_PROXIES": (False, _whole(0, 5)),
    "CHECKOUT_MINUTES": (False, _whole(30, 1440)),
    "UNPAID_ORDERS": (False, _whole(1, 1000)),
    "ORDERS_PER_HOUR": (False, _whole(1, 100_000)),
}
