"""What was agreed on a custom cake, as plain data: each version of the promise with its hash, and the yes to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.custom_cakes.in_words import spec_rows
from bakery.custom_cakes.models import Quote, QuoteAcceptance
from bakery.custom_cakes.queries import RequestFile, get_request, read_file, request_of_order
from bakery.custom_cakes.spec import from_json

Facts = dict[str, Any]


def picture_keys(session: Session, order_id: int) -> list[str]:
    """The keys of what the customer of an order sent in, in the file store."""
    request_id = request_of_order(session, order_id)
    if request_id is None:
        return []
    return [picture.key for picture in read_file(session, get_request(session, request_id)).pictures]


def cake_facts(session: Session, order_id: int, hashes: Mapping[str, str | None]) -> Facts | None:
    """The request behind an order; None for an order from the menu."""
    request_id = request_of_order(session, order_id)
    if request_id is None:
        return None
    file = read_file(session, get_request(session, request_id))
    row = file.request
    return {
        "ref": row.ref,
        "number": row.number,
        "sent_at": _at(row.created_at),
        "rights_stated_at": _at(row.rights_stated_at),
        "quotes": [_quote(quote) for quote in file.quotes],
        "acceptances": _acceptances(session, file),
        "talk": [
            {"at": _at(said.at), "by": "the bakery" if said.from_staff else "the customer", "text": said.text}
            for said in file.messages
        ],
        "pictures": [
            {
                "key": picture.key,
                "width": picture.width,
                "height": picture.height,
                "bytes": picture.size_bytes,
                "sha256": hashes.get(picture.key),
            }
            for picture in file.pictures
        ],
    }


def _quote(quote: Quote) -> Facts:
    return {
        "version": quote.version,
        "at": _at(quote.created_at),
        "by": quote.actor_label,
        "price_cents": quote.price_cents,
        "servings": quote.servings,
        "pickup_at": _at(quote.pickup_at),
        "expires_at": _at(quote.expires_at),
        "terms_version": quote.terms_version,
        "message": quote.message,
        "design_hash": quote.design_hash,
        "words": [list(each) for each in spec_rows(from_json(quote.design), quote.currency)],
    }


def _acceptances(session: Session, file: RequestFile) -> list[Facts]:
    rows = session.execute(
        select(QuoteAcceptance, Quote.version)
        .join(Quote, Quote.id == QuoteAcceptance.quote_id)
        .where(Quote.request_id == file.request.id)
        .order_by(QuoteAcceptance.id)
    )
    return [
        {
            "version": version,
            "at": _at(accepted.accepted_at),
            "terms_version": accepted.terms_version,
            "design_hash": accepted.design_hash,
            "by": accepted.actor_label,
            "from": accepted.ip,
        }
        for accepted, version in rows
    ]


def _at(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
