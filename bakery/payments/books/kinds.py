"""What can differ in the books, what it means in words, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Fix(StrEnum):
    """What is proposed. All but EXPLAIN are safe to click: done twice, they change nothing the second time."""

    APPLY_EVENT = "apply_event"
    ENTER_FEE = "enter_fee"
    ISSUE_RECEIPT = "issue_receipt"
    SEND_BACK = "send_back"
    EXPLAIN = "explain"


class Part(StrEnum):
    """What is compared with what."""

    ORDERS = "orders"
    STRIPE = "stripe"
    PAPERS = "papers"


class DifferenceKind(StrEnum):
    # An order against its ledger.
    HELD_DIFFERS = "held_differs"
    CREDITED_DIFFERS = "credited_differs"
    MORE_BACK_THAN_IN = "more_back_than_in"
    PAID_WITH_DUE = "paid_with_due"
    UNPAID_WITH_MONEY = "unpaid_with_money"
    CONFIRMED_WITHOUT_MONEY = "confirmed_without_money"
    STATUS_DIFFERS = "status_differs"
    SURPLUS_KEPT = "surplus_kept"
    REFUND_NOT_CREDITED = "refund_not_credited"
    REFUND_STUCK = "refund_stuck"
    # The ledger against Stripe's balance transactions.
    MISSING_IN_LEDGER = "missing_in_ledger"
    MISSING_FEE = "missing_fee"
    MISSING_AT_STRIPE = "missing_at_stripe"
    AMOUNT_DIFFERS = "amount_differs"
    FEE_DIFFERS = "fee_differs"
    CURRENCY_DIFFERS = "currency_differs"
    ORDER_DIFFERS = "order_differs"
    DOUBLE_AT_STRIPE = "double_at_stripe"
    UNKNOWN_ORDER = "unknown_order"
    UNKNOWN_MOVEMENT = "unknown_movement"
    COPY_DIFFERS = "copy_differs"
    # Attempts, charges, receipts, credit notes.
    PAYMENT_WITHOUT_CHARGE = "payment_without_charge"
    CHARGE_WITHOUT_PAYMENT = "charge_without_payment"
    DOUBLE_IN_LEDGER = "double_in_ledger"
    RECEIPT_MISSING = "receipt_missing"
    RECEIPT_WITHOUT_SALE = "receipt_without_sale"
    CREDIT_NOTE_DIFFERS = "credit_note_differs"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A kind in the words of the page: its name, what is compared, and what to do about it."""

    title: str
    part: Part
    advice: str
    fix: Fix = Fix.EXPLAIN


_D, _O, _S, _P = DifferenceKind, Part.ORDERS, Part.STRIPE, Part.PAPERS
_TAMPERED = "Nothing in the shop can bring this about. Find out who wrote to the database, then say so here."

MEANINGS: dict[DifferenceKind, Meaning] = {
    _D.HELD_DIFFERS: Meaning("An order's money is not its ledger's", _O, _TAMPERED),
    _D.CREDITED_DIFFERS: Meaning("An order's lowered price is not its ledger's", _O, _TAMPERED),
    _D.MORE_BACK_THAN_IN: Meaning("More went back than came in", _O, _TAMPERED),
    _D.PAID_WITH_DUE: Meaning(
        "Counts as paid, but something is due",
        _O,
        "Take what is due from the customer, or correct the ledger on the order's page and say why.",
    ),
    _D.UNPAID_WITH_MONEY: Meaning(
        "Counts as unpaid, but we hold money",
        _O,
        "Give the money back, or take what is still due on the order's page: that also moves its status.",
    ),
    _D.CONFIRMED_WITHOUT_MONEY: Meaning(
        "Confirmed without any money",
        _O,
        "Take the money at the counter, or cancel the order. Nobody released it to the kitchen unpaid.",
    ),
    _D.STATUS_DIFFERS: Meaning(
        "An order's payment status does not fit its ledger",
        _O,
        "Compare the order's page with Stripe, and correct the ledger there with a reason.",
    ),
    _D.SURPLUS_KEPT: Meaning(
        "Money that bought nothing is still here",
        _O,
        "Ask Stripe once more to send it back. The customer is told by mail. Where a bank sent "
        "it back, try again or give it another way on the order's page.",
        Fix.SEND_BACK,
    ),
    _D.REFUND_NOT_CREDITED: Meaning(
        "A refund left its order's price as it was",
        _O,
        "Nothing of this is due, so do not ask for it. On the order's page add the amount by a correction, then take "
        "it off again by one that lowers the price, each with a reason.",
    ),
    _D.REFUND_STUCK: Meaning(
        "A refund has stood still for two weeks",
        _O,
        "Look at it on the order's page and in Stripe. Confirm what was given by hand, call back what waits for its "
        "customer, or say here what it waits for.",
    ),
    _D.MISSING_IN_LEDGER: Meaning(
        "Stripe moved money that the ledger does not know",
        _S,
        "Ask Stripe for what happened and take it in, as if its event had come.",
        Fix.APPLY_EVENT,
    ),
    _D.MISSING_FEE: Meaning(
        "A fee of Stripe's is not in the ledger", _S, "Enter the fee that Stripe kept.", Fix.ENTER_FEE
    ),
    _D.MISSING_AT_STRIPE: Meaning(
        "The ledger has money that Stripe does not know",
        _S,
        "Look the number up in Stripe. If it is not there, correct the order's ledger with a reason.",
    ),
    _D.AMOUNT_DIFFERS: Meaning(
        "Stripe moved another amount",
        _S,
        "Stripe's amount is what moved. Correct the order's ledger by the difference, with a reason.",
    ),
    _D.FEE_DIFFERS: Meaning(
        "Stripe kept another fee", _S, "Stripe's fee is what counts. Say here how the other one came about."
    ),
    _D.CURRENCY_DIFFERS: Meaning(
        "Stripe booked it in another currency",
        _S,
        "The Stripe account has to settle in the shop's currency. Change that in Stripe, then say so here.",
    ),
    _D.ORDER_DIFFERS: Meaning(
        "Stripe's money stands in another order's ledger",
        _S,
        "Correct both orders' ledgers, each with the other's number as the reason.",
    ),
    _D.DOUBLE_AT_STRIPE: Meaning(
        "Stripe moved it twice", _S, "Ask Stripe about it, and give one of the two back there."
    ),
    _D.UNKNOWN_ORDER: Meaning(
        "Money for an order that is not here",
        _S,
        "If a backup was restored, the order is lost: enter it again or give the money back in Stripe.",
    ),
    _D.UNKNOWN_MOVEMENT: Meaning(
        "Stripe moved an order's money in a way the shop does not know",
        _S,
        "Read in Stripe what it is, correct the order's ledger if its customer's money moved, and say so here.",
    ),
    _D.COPY_DIFFERS: Meaning("Our copy of Stripe's books is not what Stripe says", _S, _TAMPERED),
    _D.PAYMENT_WITHOUT_CHARGE: Meaning("A payment succeeded, and the ledger has no charge", _P, _TAMPERED),
    _D.CHARGE_WITHOUT_PAYMENT: Meaning("A charge in the ledger has no payment that fits it", _P, _TAMPERED),
    _D.DOUBLE_IN_LEDGER: Meaning(
        "A payment stands in the ledger twice",
        _P,
        "Take one of the two back by a correction on the order's page, with a reason.",
    ),
    _D.RECEIPT_MISSING: Meaning(
        "A confirmed order has no receipt",
        _P,
        "Issue its receipt now, with the next number.",
        Fix.ISSUE_RECEIPT,
    ),
    _D.RECEIPT_WITHOUT_SALE: Meaning("A receipt for an order that was never confirmed", _P, _TAMPERED),
    _D.CREDIT_NOTE_DIFFERS: Meaning(
        "A credit note says another amount than went back",
        _P,
        "Compare the refund with Stripe. Give back what is missing or correct the order's ledger, with the credit "
        "note's number as the reason, and tell the accountant.",
    ),
}

FIX_WORDS: dict[Fix, str] = {
    Fix.APPLY_EVENT: "Take it in from Stripe",
    Fix.ENTER_FEE: "Enter the fee",
    Fix.ISSUE_RECEIPT: "Issue the receipt",
    Fix.SEND_BACK: "Send it back again",
    Fix.EXPLAIN: "Explain",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One difference as a check found it. `subject` names it among its kind; `about_at`: when that happened."""

    kind: DifferenceKind
    subject: str
    words: str
    currency: str
    expected_cents: int | None = None
    found_cents: int | None = None
    order_id: int | None = None
    stripe_id: str | None = None
    about_at: datetime | None = None
    # Where it is not the kind's own.
    fix: Fix | None = None
