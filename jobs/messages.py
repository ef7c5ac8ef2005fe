"""Messages to the staff: alerts, and SMS that have to arrive another way."""

from __future__ import annotations

from bakery.infra.db import db
from bakery.integrations.adapters import adapters
from bakery.messages import queries, services
from jobs import mails


def send_staff_alert(alert_id: int, version: int) -> None:
    """Mail an alert that is new, or open again."""
    draft = mails.staff_alert(queries.get_alert(db.session(), alert_id), version)
    services.deliver_email(draft, adapters().mailer)


def send_sms_fallback(message_id: int) -> None:
    """Mail a staff SMS that failed for good."""
    draft = mails.sms_fallback(queries.get_message(db.session(), message_id))
    services.deliver_email(draft, adapters().mailer)


def _alert_given_up(alert_id: int, version: int, error: str) -> bool:
    return services.give_up("staff_alert", f"alert:{alert_id}", error)


def _fallback_given_up(message_id: int, error: str) -> bool:
    return services.give_up("sms_fallback", f"message:{message_id}", error)


send_staff_alert.gave_up = _alert_given_up  # type: ignore[attr-defined]
send_sms_fallback.gave_up = _fallback_given_up  # type: ignore[attr-defined]
