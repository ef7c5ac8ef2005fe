"""What requests for custom cakes owe their customers and the staff.

Each job names the version of the request that it is about, and is silent when the request has moved on since:
that has a mail of its own. So a late or repeated job never tells of an offer that no longer counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from bakery.custom_cakes import queries, services
from bakery.custom_cakes.contents import clashes
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.custom_cakes.spec import from_json
from bakery.custom_cakes.standing import is_payable
from bakery.custom_cakes.states import RequestStatus
from bakery.infra.db import db
from bakery.infra.transaction import end_read
from bakery.integrations.adapters import adapters
from bakery.messages import services as messages
from bakery.orders.models import Order
from jobs import cake_mails
from jobs.periodic import periodic

log = structlog.get_logger(__name__)
_R = RequestStatus
# The offer and the two ways of being handed back: what a phone in the pocket should hear of.
_BY_SMS = (_R.APPROVED_AWAITING_PAYMENT, _R.CHANGES_REQUESTED, _R.REJECTED)


def send_received(request_id: int) -> None:
    """Tell the customer that the wish arrived; silent once it has been decided on."""
    row = queries.get_request(db.session(), request_id)
    if row.status != _R.PENDING_REVIEW:
        log.info("receipt_overtaken", request=row.number, status=row.status)
        return
    messages.deliver_email(cake_mails.received(row), adapters().mailer)


def send_decision(request_id: int, version: int) -> None:
    """Tell the customer what became of the request, unless it has moved on or its offer has lapsed since."""
    row = _current(request_id, version)
    if row is None:
        return
    session = db.session()
    file = queries.read_file(session, row)
    order = session.get(Order, row.order_id) if row.order_id else None
    if row.status != _R.APPROVED_AWAITING_PAYMENT or file.quote is None:
        messages.deliver_email(cake_mails.news(row, file.events[-1], order), adapters().mailer)
        return
    if order is None or not is_payable(row, file.quote, order):
        log.info("offer_not_payable_any_more", request=row.number, version=version)
        return
    messages.deliver_email(cake_mails.offer(file, file.quote, order), adapters().mailer)


def send_decision_sms(request_id: int, version: int) -> None:
    """The same in one SMS, for who agreed to it; under the same conditions."""
    row = _current(request_id, version)
    if row is None or not row.sms_agreed or row.status not in _BY_SMS:
        return
    session = db.session()
    file = queries.read_file(session, row)
    order = session.get(Order, row.order_id) if row.order_id else None
    if row.status == _R.APPROVED_AWAITING_PAYMENT and not is_payable(row, file.quote, order):
        return
    messages.deliver_sms(cake_mails.sms(file, order), adapters().sms)


def send_message(message_id: int) -> None:
    """Take what was written to the other side."""
    session = db.session()
    written = queries.get_message(session, message_id)
    row = queries.get_request(session, written.request_id)
    messages.deliver_email(cake_mails.message(row, written), adapters().mailer)


def tell_staff(request_id: int, version: int) -> None:
    """Tell the bakery's mailbox of a wish that came in, came again, or was taken back by its customer."""
    row = _current(request_id, version)
    if row is None:
        return
    step = queries.latest_step(db.session(), request_id)
    draft = cake_mails.for_staff(row, step, clashes(from_json(row.design)))
    messages.deliver_email(draft, adapters().mailer)


def follow_order(order_id: int) -> None:
    """The request of an order that was just paid is paid, too: staff need not wait for the round below."""
    request_id = queries.request_of_order(db.session(), order_id)
    end_read()
    if request_id is not None:
        services.follow_order(request_id)


@periodic("follow_cake_orders")
def follow_orders() -> str:
    """Bring requests in line with the orders that their approval made."""
    return f"{services.follow_orders()} moved"


def _current(request_id: int, version: int) -> CustomCakeRequest | None:
    row = queries.get_request(db.session(), request_id)
    if row.version == version:
        return row
    log.info("overtaken", request=row.number, version=version, now=row.version)
    return None


def _gives_up(templates: tuple[str, ...], subject: str = "custom-cake") -> Callable[..., bool]:
    """What waits of these templates is FAILED, and staff are told. False when nothing was waiting."""

    def gave_up(subject_id: int, *_args: Any, error: str) -> bool:
        found = [messages.give_up(template, f"{subject}:{subject_id}", error) for template in templates]
        return any(found)

    return gave_up


send_received.gave_up = _gives_up((cake_mails.NEWS,))  # type: ignore[attr-defined]
send_decision.gave_up = _gives_up((cake_mails.NEWS, cake_mails.OFFER))  # type: ignore[attr-defined]
send_decision_sms.gave_up = _gives_up((cake_mails.SMS,))  # type: ignore[attr-defined]
tell_staff.gave_up = _gives_up((cake_mails.STAFF,))  # type: ignore[attr-defined]
send_message.gave_up = _gives_up((cake_mails.NEWS,), "custom-cake-message")  # type: ignore[attr-defined]
