"""Stripe's fields of text: what stands in them before anybody has touched them, and how much may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bakery.aftercare.pack_facts import refunds
from bakery.core.errors import Invalid
from bakery.core.money import Money
from bakery.infra import formats

Facts = dict[str, Any]
# Stripe takes 20,000 characters in one field and 150,000 in all; the banks count pages, so we stay far below.
LONGEST = 5_000
LONGEST_IN_ALL = 20_000
MOST_LINES = 25


@dataclass(frozen=True, slots=True)
class Field:
    """One of Stripe's fields, under its own name; `for_reasons` where it is asked for by some disputes alone."""

    name: str
    label: str
    hint: str = ""
    longest: int = LONGEST
    rows: int = 3
    for_reasons: tuple[str, ...] = ()


FIELDS = (
    Field(
        "uncategorized_text", "What happened", "In a few sentences, from the order to the handover.", rows=7
    ),
    Field("product_description", "What was bought", rows=4),
    Field("customer_name", "Customer's name", longest=200, rows=1),
    Field("customer_email_address", "Customer's email", longest=254, rows=1),
    Field("customer_purchase_ip", "Internet address of the purchase", longest=45, rows=1),
    Field(
        "service_date",
        "Day of the handover",
        "Leave it empty while nothing is handed over.",
        longest=100,
        rows=1,
    ),
    Field("cancellation_policy_disclosure", "How they saw our rules for calling off"),
    Field("refund_policy_disclosure", "How they saw our rules for refunds"),
    Field("refund_refusal_explanation", "Why nothing is refunded", "Leave it empty if something should be."),
    Field(
        "cancellation_rebuttal",
        "Why it was not called off",
        for_reasons=("subscription_canceled", "credit_not_processed"),
    ),
    Field("duplicate_charge_explanation", "Why it is not the same twice", for_reasons=("duplicate",)),
)


def fields_for(reason: str) -> tuple[Field, ...]:
    """The fields that a dispute of this reason asks for."""
    return tuple(field for field in FIELDS if not field.for_reasons or reason in field.for_reasons)


def draft_texts(pack: Facts) -> dict[str, str]:
    """What the records say, in Stripe's fields; staff read and change it before it goes anywhere."""
    order, terms = pack["order"], pack["terms"]
    handover = pack["handover"]
    texts = {
        "uncategorized_text": _story(pack),
        "product_description": _bought(pack),
        "customer_name": order["name"],
        "customer_email_address": order["email"],
        "customer_purchase_ip": terms["accepted_from"] or order["placed_from"] or "",
        "service_date": _day(pack, handover["at"]) if handover else "",
        "cancellation_policy_disclosure": _disclosed(pack),
        "refund_policy_disclosure": _disclosed(pack),
        "refund_refusal_explanation": _refusal(pack),
        "cancellation_rebuttal": "",
        "duplicate_charge_explanation": "",
    }
    return {field.name: texts[field.name][: field.longest] for field in fields_for(pack["dispute"]["reason"])}


def check_texts(texts: Mapping[str, str], reason: str) -> dict[str, str]:
    """The texts as they are kept. Refuses (Invalid) one that is too long, and all of them together."""
    kept = {}
    for field in fields_for(reason):
        text = texts.get(field.name, "").replace("\r\n", "\n").replace("\x00", "").strip()
        if len(text) > field.longest:
            raise Invalid(f"{field.label}: keep it under {field.longest:,} characters.", field=field.name)
        kept[field.name] = text
    if sum(map(len, kept.values())) > LONGEST_IN_ALL:
        raise Invalid(
            f"All fields together have more than {LONGEST_IN_ALL:,} characters; banks read no more.",
            field="uncategorized_text",
        )
    return kept


def _story(pack: Facts) -> str:
    order, dispute, handover = pack["order"], pack["dispute"], pack["handover"]
    said = [
        f"{order['name']} placed order {order['number']} on {_moment(pack, order['placed_at'])} and paid "
        f"{_amount(pack, dispute['payment_cents'])} by card.",
    ]
    if pack["terms"]["accepted_at"]:
        accepted = _moment(pack, pack["terms"]["accepted_at"])
        said.append(f"They accepted our terms (version {pack['terms']['version']}) on {accepted}.")
    if pack["cake"] and pack["cake"]["acceptances"]:
        latest = pack["cake"]["acceptances"][-1]
        said.append(
            f"The cake was made for them alone, by version {latest['version']} of an offer that they accepted; "
            "each version is in the attached file."
        )
    if pack["receipt"]:
        said.append(f"Tax invoice {pack['receipt']['number']} was mailed to {order['email']}.")
    if handover:
        said.append(f"The order was handed over at our counter on {_moment(pack, handover['at'])}.")
    else:
        said.append(f"It was to be collected on {_moment(pack, order['pickup_at'])}.")
    went_back = sum(-row["cents"] for row in refunds(pack))
    if went_back:
        said.append(f"We have refunded {_amount(pack, went_back)}.")
    said.append("The attached file holds the records of this sale, written on the day and sealed since.")
    return " ".join(said)


def _bought(pack: Facts) -> str:
    lines = [
        f"{line['quantity']} × {line['name']}{', ' + line['size'] if line['size'] else ''}"
        f"{' with the words “' + line['message'] + '”' if line['message'] else ''}"
        f" ({_amount(pack, line['total_cents'])})"
        for line in pack["lines"][:MOST_LINES]
    ]
    left = len(pack["lines"]) - MOST_LINES
    if left > 0:
        lines.append(f"and {left} more, listed in the attached file")
    return "; ".join(lines)


def _disclosed(pack: Facts) -> str:
    terms = pack["terms"]
    if not terms["accepted_at"]:
        return ""
    place = f", from internet address {terms['accepted_from']}" if terms["accepted_from"] else ""
    words = " Their words are in the attached file." if terms["text"] else ""
    return (
        f"Our terms (version {terms['version']}) say what may be called off and what is refunded. The customer "
        f"accepted them {terms['how']}, on {_moment(pack, terms['accepted_at'])}{place}.{words}"
    )


def _refusal(pack: Facts) -> str:
    if pack["handover"]:
        return (
            f"The order was made as agreed and handed over on {_moment(pack, pack['handover']['at'])}. Food that "
            "was made to order and taken away cannot be sold again."
        )
    return ""


def _amount(pack: Facts, cents: int) -> str:
    return formats.money(Money(cents, pack["order"]["currency"]))


def _day(pack: Facts, text: str) -> str:
    return formats.date_long(_local(pack, text).date())


def _moment(pack: Facts, text: str) -> str:
    at = _local(pack, text)
    return f"{formats.date_long(at.date())}, {formats.time_shop(at)} {at.tzname()}"


def _local(pack: Facts, text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(ZoneInfo(pack["order"]["time_zone"]))
