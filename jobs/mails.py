"""Emails as drafts: the templates in templates/emails with what they need."""

from __future__ import annotations

from datetime import datetime
from email.utils import parseaddr
from textwrap import shorten
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, render_template

from bakery.catalog.models import Allergen, Declaration
from bakery.core.money import Money
from bakery.infra import formats
from bakery.infra.db import db
from bakery.integrations.mail.port import Attachment
from bakery.messages.drafts import Email
from bakery.messages.models import Message, StaffAlert
from bakery.orders.deposit_terms import kept_words, promised
from bakery.orders.models import Order, OrderLine
from bakery.orders.states import OrderStatus
from bakery.payments.dispute_queries import AtBank
from bakery.payments.receipts import ReceiptPdf
from bakery.shop.queries import Profile, get_profile
from config import Settings

ALLERGEN_WORDS = {Allergen.NUTS: "tree nuts"}


def settings() -> Settings:
    """The running app's settings."""
    return current_app.config["SETTINGS"]  # type: ignore[no-any-return]


def shop() -> Profile:
    """The shop's profile."""
    return get_profile(db.session())


def alert_phone() -> str:
    """Where staff SMS go: what the shop says, else what the operator says."""
    return shop().alert_phone or settings().alert_phone


def alert_email() -> str:
    """Where staff mail goes: what the shop says, else what the operator says."""
    return shop().alert_email or settings().alert_email


def local_words(at: datetime, zone: str) -> dict[str, str]:
    """An instant as a clock on the shop's wall shows it, and whose clock that is."""
    local = at.astimezone(ZoneInfo(zone))
    city = zone.rpartition("/")[2].replace("_", " ")
    return {
        "day": formats.date_long(local.date()),
        "time": formats.time_shop(local),
        "zone": f"{city} time, {local.tzname()}",
    }


def order_confirmation(order: Order, receipt: ReceiptPdf) -> Email:
    """What the customer keeps: pick-up, lines, allergens, the key to the order, the receipt."""
    pickup = local_words(order.pickup_at, order.time_zone)
    return draft(
        "order_confirmation",
        to=order.contact_email,
        subject=f"Your order {order.number}: pick up {pickup['day']}, {pickup['time']}",
        subject_ref=order.ref,
        attachments=[Attachment(receipt.name, "application/pdf", receipt.data)],
        order=order,
        first_name=first_name(order),
        pickup=pickup,
        lines=[_line(line, order.currency) for line in order.lines],
        tax=Money(order.tax_cents, order.currency),
        allergens=[_allergens(line) for line in order.lines],
        link=order_link(order),
        kept_words=kept_words(
            order.deposit, Money(order.deposit_kept_cents, order.currency), promised(order.snapshot)
        ),
        terms_link=f"{settings().base_url}/terms",
    )


def order_link(order: Order) -> str:
    """The order's own page with its key: it opens on any device."""
    return f"{settings().base_url}/orders/{order.number}?key={order.secret}"


def late_refund(order: Order, refunded: Money, version: int, cake_link: str = "", by_hand: str = "") -> Email:
    """A payment that bought nothing went back. `cake_link` leads to the request of a custom cake; `by_hand`: how a
    person gave it, such as "in cash".
    """
    twice = order.status not in (OrderStatus.EXPIRED, OrderStatus.CANCELLED)
    return draft(
        "late_refund",
        to=order.contact_email,
        subject=f"Order {order.number}: your money {'has gone' if by_hand else 'is on its way'} back",
        subject_ref=order.ref,
        version=version,
        order=order,
        first_name=first_name(order),
        refunded=refunded,
        by_hand=by_hand,
        twice=twice,
        cake_link=cake_link,
        menu_link=f"{settings().base_url}/menu",
    )


def order_cancelled(order: Order, back: Money | None, bank: AtBank, *, by_customer: bool) -> Email:
    """What the customer counted on will not be made. `back`: what is to come back, once a person has confirmed it and
    the bank that has the money has decided.
    """
    left = order.held - Money(bank.gave_cents, order.currency)
    verb = "as you asked" if by_customer else ""
    return draft(
        "order_cancelled",
        to=order.contact_email,
        subject=f"Your order {order.number} is cancelled {verb}".strip(),
        subject_ref=order.ref,
        order=order,
        first_name=first_name(order),
        pickup=local_words(order.pickup_at, order.time_zone),
        by_customer=by_customer,
        back=back,
        # Paid, and nothing of it comes back.
        kept=left if back is None and left.cents > 0 else None,
        bank_asks=bank.is_open,
        bank_has=Money(bank.away_cents, order.currency) if bank.away else None,
        bank_gave=Money(bank.gave_cents, order.currency) if bank.gave_cents else None,
        menu_link=f"{settings().base_url}/menu",
    )


def sms_fallback(message: Message) -> Email:
    """An SMS that never reached the bakery's phone, word for word."""
    return draft(
        "sms_fallback",
        to=alert_email(),
        subject=f"SMS not delivered: {message.body}"[:150],
        subject_ref=f"message:{message.id}",
        message=message,
        link=f"{settings().base_url}/kitchen",
    )


def staff_alert(alert: StaffAlert, version: int) -> Email:
    """Something a person has to look at."""
    return draft(
        "staff_alert",
        to=alert_email(),
        # The first sentence says what it is about; the rest is in the mail.
        subject=shorten(f"Please look: {alert.text.split('. ')[0]}", 100, placeholder=" …"),
        subject_ref=f"alert:{alert.id}",
        version=version,
        alert=alert,
        link=f"{settings().base_url}/admin/alerts",
    )


def draft(
    template: str,
    *,
    to: str,
    subject: str,
    subject_ref: str,
    version: int = 1,
    attachments: list[Attachment] | None = None,
    **words: Any,
) -> Email:
    """One of the templates in templates/emails, as text and HTML, with the shop in it."""
    words["shop"] = shop()
    return Email(
        to=to,
        template=template,
        subject_ref=subject_ref,
        version=version,
        subject=subject,
        text=render_template(f"emails/{template}.txt", **words),
        html=render_template(f"emails/{template}.html", **words),
        attachments=attachments or [],
        domain=parseaddr(settings().mail_from)[1].rpartition("@")[2] or "localhost",
    )


def first_name(order: Order) -> str:
    """How a mail greets its reader."""
    return (order.contact_name.split() or [order.contact_name])[0]


def amount(value: Money) -> str:
    """An amount as mails write it."""
    return formats.money(value)


def _line(line: OrderLine, currency: str) -> tuple[str, str, str]:
    count = f"{line.quantity} × " if line.quantity > 1 else ""
    words = f" · “{line.message}”" if line.message else ""
    amount = formats.money(Money(line.total_cents, currency))
    return f"{count}{line.product_name}", f"{line.variant_name}{words}", amount


def _allergens(line: OrderLine) -> tuple[str, str, str, str]:
    """(what, contains, may contain, not known). What nobody declared is not known."""
    names: dict[str, list[str]] = {state: [] for state in Declaration}
    for allergen in Allergen:
        declared = line.allergens.get(allergen) or {}
        word, note = ALLERGEN_WORDS.get(allergen, allergen.value), declared.get("note", "")
        state = declared.get("state", Declaration.UNKNOWN)
        names.setdefault(state, []).append(f"{word} ({note})" if note else word)
    all_unknown = len(names[Declaration.UNKNOWN]) == len(Allergen)
    unknown = "all of the fourteen" if all_unknown else ", ".join(names[Declaration.UNKNOWN])
    return (
        line.product_name,
        ", ".join(names[Declaration.CONTAINS]),
        ", ".join(names[Declaration.MAY_CONTAIN]),
        unknown,
    )
