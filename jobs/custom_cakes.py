"""What requests for custom cakes owe their customers and the staff."""

from __future__ import annotations

from typing import Any

import structlog

from bakery.core.money import Money
from bakery.custom_cakes import queries, services
from bakery.custom_cakes.models import CustomCakeRequest, Quote, RequestEvent
from bakery.custom_cakes.preview import describe
from bakery.custom_cakes.spec import from_json
from bakery.custom_cakes.states import RequestStatus
from bakery.infra import formats
from bakery.infra.db import db
from bakery.integrations.adapters import adapters
from bakery.messages import services as messages
from bakery.messages.drafts import Email
from jobs import mails
from jobs.periodic import periodic

log = structlog.get_logger(__name__)
TEMPLATE = "custom_cake"
# The first mail about a request; later ones carry the request's own version, which is larger.
RECEIVED = 1


def send_received(request_id: int) -> None:
    """Tell the customer that the wish arrived."""
    row = queries.get_request(db.session(), request_id)
    draft = _to_customer(
        row,
        RECEIVED,
        f"We received your request {row.number}",
        "Your wish has arrived.",
        [
            f"We are looking at it: {describe(from_json(row.design))}, for {formats.date_long(row.needed_on)}.",
            "You will hear from us with a price. Nothing is ordered yet, and nothing is to pay.",
        ],
    )
    messages.deliver_email(draft, adapters().mailer)


def send_decision(request_id: int, version: int) -> None:
    """Tell the customer what became of the request. Silent when it has moved on since: that has its own mail."""
    session = db.session()
    row = queries.get_request(session, request_id)
    if row.version != version:
        log.info("decision_overtaken", request=row.number, version=version)
        return
    step = queries.latest_step(session, request_id)
    quote = queries.read_file(session, row).quote
    messages.deliver_email(_decision(row, step, quote), adapters().mailer)


def send_message(message_id: int) -> None:
    """Take what was written to the other side."""
    session = db.session()
    message = queries.get_message(session, message_id)
    row = queries.get_request(session, message.request_id)
    base = mails.settings().base_url
    draft = mails.draft(
        TEMPLATE,
        to=row.contact_email if message.from_staff else mails.alert_email(),
        subject=f"A message about your cake {row.number}"
        if message.from_staff
        else f"{row.contact_name} wrote about {row.number}",
        subject_ref=f"custom-cake-message:{message.id}",
        heading="We wrote to you about your cake." if message.from_staff else "A customer wrote.",
        paragraphs=[],
        quoted=message.text,
        button=("Answer", _link(row) if message.from_staff else f"{base}/admin/custom-cakes/{row.number}"),
    )
    messages.deliver_email(draft, adapters().mailer)


@periodic("follow_cake_orders")
def follow_orders() -> str:
    """Bring requests in line with the orders that their approval made."""
    return f"{services.follow_orders()} moved"


def _decision(row: CustomCakeRequest, step: RequestEvent, quote: Quote | None) -> Email:
    if row.status == RequestStatus.APPROVED_AWAITING_PAYMENT and quote is not None:
        return _approved(row, quote)
    subject, heading, paragraphs = {
        RequestStatus.CHANGES_REQUESTED: (
            f"Please change one thing about your cake {row.number}",
            "We would like to make it, with a change.",
            ["Open your request, change it and send it again."],
        ),
        RequestStatus.REJECTED: (
            f"We cannot make your cake {row.number}",
            "We cannot make this cake.",
            ["You can start from what you sent and ask for something else."],
        ),
        RequestStatus.EXPIRED: (
            f"The quote for your cake {row.number} has run out",
            "Your quote has run out.",
            ["It was not paid in time, so the day is free for others again. You can ask once more."],
        ),
    }.get(
        RequestStatus(row.status),
        (f"Your cake {row.number} was called off", "Your cake was called off.", ["Nothing is to pay."]),
    )
    said = [] if row.status == RequestStatus.EXPIRED else [step.reason]
    if step.suggestion:
        said.append(f"What we could make: {step.suggestion}")
    return _to_customer(row, row.version, subject, heading, paragraphs, "\n".join(filter(None, said)))


def _approved(row: CustomCakeRequest, quote: Quote) -> Email:
    zone = mails.shop().time_zone
    ends, pickup = (mails.local_words(at, zone) for at in (quote.expires_at, quote.pickup_at))
    price = formats.money(Money(quote.price_cents, quote.currency))
    return _to_customer(
        row,
        row.version,
        f"Your cake {row.number}: {price}, ready to be paid",
        "We will make your cake.",
        [
            f"{describe(from_json(quote.design))}, for about {quote.servings} people: {price}.",
            f"Collect it on {pickup['day']} at {pickup['time']}.",
            f"This price holds until {ends['day']}, {ends['time']} ({ends['zone']}).",
        ],
        quote.message,
    )


def _to_customer(
    row: CustomCakeRequest, version: int, subject: str, heading: str, paragraphs: list[str], quoted: str = ""
) -> Email:
    words: dict[str, Any] = {"heading": heading, "paragraphs": paragraphs, "quoted": quoted}
    return mails.draft(
        TEMPLATE,
        to=row.contact_email,
        subject=subject,
        subject_ref=row.ref,
        version=version,
        button=("See your request", _link(row)),
        **words,
    )


def _link(row: CustomCakeRequest) -> str:
    return f"{mails.settings().base_url}/custom-cakes/{row.number}?key={row.secret}"


def _received_given_up(request_id: int, error: str) -> bool:
    return messages.give_up(TEMPLATE, f"custom-cake:{request_id}", error)


def _decision_given_up(request_id: int, version: int, error: str) -> bool:
    return messages.give_up(TEMPLATE, f"custom-cake:{request_id}", error)


def _message_given_up(message_id: int, error: str) -> bool:
    return messages.give_up(TEMPLATE, f"custom-cake-message:{message_id}", error)


send_received.gave_up = _received_given_up  # type: ignore[attr-defined]
send_decision.gave_up = _decision_given_up  # type: ignore[attr-defined]
send_message.gave_up = _message_given_up  # type: ignore[attr-defined]
