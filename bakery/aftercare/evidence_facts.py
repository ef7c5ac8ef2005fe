"""What is known of an order, as plain data: what was bought, agreed, paid, written, made and handed over.

What staff wrote for themselves (notes, instructions for the kitchen, what the models suggested) is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.aftercare.cake_facts import cake_facts
from bakery.catalog.words import ALLERGEN_WORDS
from bakery.messages.queries import of_subject
from bakery.orders.models import Order, OrderEvent, OrderLine
from bakery.orders.queries import get_order, history
from bakery.orders.states import OrderStatus
from bakery.payments import receipts
from bakery.payments.queries import transactions
from bakery.people.models import Consent
from bakery.production.models import STATION_NAMES, Ticket, TicketEvent
from bakery.scheduling.types import Station
from bakery.shop.queries import get_profile

Facts = dict[str, Any]
# Hashes of pictures, by their key in the file store; None for a file that is gone.
Hashes = Mapping[str, str | None]
SHOP_WORDS = ("name", "legal_name", "abn", "address", "phone", "email")


def collect(session: Session, order_id: int, hashes: Hashes) -> Facts:
    """Everything, as it is now. The caller holds the order's lock, so that its parts fit each other."""
    order = get_order(session, order_id)
    events = history(session, order_id)
    cake = cake_facts(session, order_id, hashes)
    return {
        "order": _order(order),
        "lines": [_line(line) for line in order.lines],
        "shop": _shop(session, order),
        "terms": _terms(session, order, cake),
        "consents": _consents(session, order),
        "ledger": [
            {
                "at": _at(row.at),
                "kind": row.kind,
                "cents": row.amount_cents,
                "reference": row.stripe_id,
                "note": row.note,
            }
            for row in transactions(session, order_id)
        ],
        "receipt": _receipt(session, order_id),
        "cake": cake,
        "messages": _messages(session, order, [order.ref, *([cake["ref"]] if cake else [])]),
        "history": [
            {
                "at": _at(event.at),
                "kind": event.kind,
                "from": event.from_state,
                "to": event.to_state,
                "reason": event.reason,
                "by": event.actor_label,
            }
            for event in events
        ],
        "kitchen": _kitchen(session, order_id),
        "handover": _handover(events),
    }


def _order(order: Order) -> Facts:
    return {
        "number": order.number,
        "placed_at": _at(order.placed_at),
        "placed_from": order.placed_ip,
        "confirmed_at": _at(order.confirmed_at),
        "pickup_at": _at(order.pickup_at),
        "time_zone": order.time_zone,
        "status": order.status,
        "payment_status": order.payment_status,
        "currency": order.currency,
        "total_cents": order.total_cents,
        "tax_cents": order.tax_cents,
        "deposit_cents": order.deposit_cents,
        "prices_include_tax": order.prices_include_tax,
        "name": order.contact_name,
        "email": order.contact_email,
        "phone": order.contact_phone,
        "has_account": order.user_id is not None,
        "note": order.customer_note,
    }


def _shop(session: Session, order: Order) -> Facts:
    """The shop's words as they were when the order was placed, else as they are."""
    then, now = order.snapshot.get("shop", {}), get_profile(session)
    return {word: then.get(word) or getattr(now, word) for word in SHOP_WORDS}


def _line(line: OrderLine) -> Facts:
    declared: dict[str, list[str]] = {}
    for code, words in ALLERGEN_WORDS.items():
        declared.setdefault(line.allergens.get(code, {}).get("state", "unknown"), []).append(words)
    return {
        "name": line.product_name,
        "size": line.variant_name,
        "message": line.message,
        "servings": line.servings,
        "quantity": line.quantity,
        "unit_cents": line.unit_price_cents,
        "discount_cents": line.discount_cents,
        "total_cents": line.total_cents,
        "tax_cents": line.tax_cents,
        "ingredients": line.ingredients,
        "allergens": declared,
        "drawing": line.drawing,
    }


def _terms(session: Session, order: Order, cake: Facts | None) -> Facts:
    """Which terms were accepted, when, where, and their words while they are still in force."""
    version = order.snapshot.get("terms_version", "")
    shop = get_profile(session)
    accepted = cake["acceptances"][-1] if cake and cake["acceptances"] else None
    if accepted is not None:
        how, at, ip = "with the offer, on its page", accepted["at"], accepted["from"]
    elif order.is_bespoke:
        how, at, ip = "", None, None
    else:
        # The checkout takes no order without it.
        how, at, ip = "by a tick beside them at the checkout", _at(order.placed_at), order.placed_ip
    return {
        "version": version,
        "text": shop.terms if shop.terms_version == version else None,
        "accepted_at": at,
        "accepted_from": ip,
        "how": how,
    }


def _consents(session: Session, order: Order) -> list[Facts]:
    """What this customer agreed to hear from the shop, up to now."""
    addresses = [order.contact_email.lower(), order.contact_phone.lower()]
    rows = session.scalars(
        select(Consent).where(func.lower(Consent.address).in_(addresses)).order_by(Consent.at, Consent.id)
    )
    return [
        {
            "at": _at(row.at),
            "channel": row.channel,
            "granted": row.granted,
            "words": row.wording,
            "how": row.source,
        }
        for row in rows
    ]


def _receipt(session: Session, order_id: int) -> Facts | None:
    receipt = receipts.find(session, order_id)
    if receipt is None:
        return None
    return {"number": receipt.label, "issued_at": _at(receipt.issued_at), "sha256": receipt.sha256}


def _messages(session: Session, order: Order, refs: Iterable[str]) -> list[Facts]:
    """What was sent to the customer about it, and whether it arrived; not what the staff were told."""
    theirs = {order.contact_email.lower(), order.contact_phone}
    return [
        {
            "at": _at(message.sent_at or message.created_at),
            "channel": message.channel,
            "to": message.recipient,
            "about": message.template,
            "subject": message.subject,
            "status": message.status,
            "ended_at": _at(message.ended_at),
        }
        for ref in refs
        for message in of_subject(session, ref)
        if message.recipient.lower() in theirs
    ]


def _kitchen(session: Session, order_id: int) -> list[Facts]:
    rows = session.execute(
        select(TicketEvent, Ticket.station, OrderLine.product_name)
        .join(Ticket, Ticket.id == TicketEvent.ticket_id)
        .join(OrderLine, OrderLine.id == Ticket.order_line_id)
        .where(Ticket.order_id == order_id)
        .order_by(TicketEvent.at, TicketEvent.id)
    )
    return [
        {
            "at": _at(event.at),
            "what": product,
            "station": STATION_NAMES[Station(station)] if station else "",
            "to": event.to_state,
            "by": event.actor_label,
        }
        for event, station, product in rows
    ]


def _handover(events: Iterable[OrderEvent]) -> Facts | None:
    """When it was handed over, and by whom; None while it was not, or was taken back."""
    moves = [event for event in events if event.kind == "status"]
    last = moves[-1] if moves else None
    if last is None or last.to_state != OrderStatus.COLLECTED:
        return None
    return {"at": _at(last.at), "by": last.actor_label}


def _at(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
