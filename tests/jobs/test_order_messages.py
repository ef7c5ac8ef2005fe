"""What a confirmed order owes: the mail with its receipt, and the SMS to the baker."""

from __future__ import annotations

import re
from datetime import datetime
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.infra.models import Outbox
from bakery.infra.transaction import transaction
from bakery.integrations.adapters import Adapters
from bakery.integrations.sms.port import SmsFailed
from bakery.messages.drafts import DeliveryFailed
from bakery.messages.models import Message, MessageStatus
from bakery.orders.models import Order
from bakery.orders.states import PaymentStatus
from bakery.payments import services
from bakery.payments.models import Payment, PaymentState, Transaction, TransactionKind
from jobs import messages, orders
from tests.factories.catalog import VariantFactory, make_cake, make_loaf
from tests.factories.orders import OrderFactory, OrderLineFactory
from tests.factories.shop import ShopFactory

NOW = datetime.fromisoformat("2026-11-24T01:00:00+00:00")
PICKUP = datetime.fromisoformat("2026-11-28T03:00:00+00:00")
NUTS = {"nuts": {"state": "contains", "note": "walnut"}, "milk": {"state": "contains", "note": ""}}
NOT_IN_IT = {name: {"state": "not_contained", "note": ""} for name in ("fish", "celery", "lupin", "mustard")}


@pytest.fixture
def order(session: Session) -> Order:
    ShopFactory(alert_phone="+61491570157", pickup_instructions="Come to the blue door.")
    order = OrderFactory(
        confirmed=True,
        number="SC-7K3M-Q9",
        secret="s3cret",
        contact_name="Laila <Rahimi>",
        contact_email="laila@saffron.test",
        pickup_at=PICKUP,
        total_cents=10400,
        tax_cents=782,
        has_cake=True,
        customer_note="Candles, please",
    )
    OrderLineFactory(
        order_row=order,
        variant=make_cake(),
        product_name="Walnut Cake",
        variant_name="8″ (20 cm)",
        message="Happy 40th Laila",
        is_cake=True,
        position=0,
        allergens=NUTS | NOT_IN_IT | {"sesame": {"state": "may_contain", "note": ""}},
    )
    loaf = {"tax_code": "gst_free", "tax_name": "GST-free", "tax_rate_bp": 0, "tax_cents": 0}
    OrderLineFactory(
        order_row=order, variant=make_loaf(), quantity=2, product_name="Sourdough", position=1, **loaf
    )
    return order


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_the_confirmation_carries_all_a_customer_needs(order: Order, outside: Adapters) -> None:
    orders.send_confirmation(order.id)
    [mail] = outside.mailer.sent
    assert mail.to == "laila@saffron.test"
    assert mail.subject == "Your order SC-7K3M-Q9: pick up Saturday 28 November 2026, 2:00 pm"
    for body in (flat(mail.text), flat(mail.html)):
        for words in (
            "Saturday 28 November 2026 at 2:00 pm",
            "Sydney time, AEDT",
            "12 Quince Lane, Auburn NSW 2144",
            "Come to the blue door.",
            "Happy 40th Laila",
            "2 × Sourdough",
            "$104.00",
            "$7.82",
            "milk, nuts (walnut)".replace("nuts", "tree nuts"),
            "sesame",
            "Candles, please",
            "http://localhost/orders/SC-7K3M-Q9?key=s3cret",
            "http://localhost/terms",
        ):
            assert words in body, words
    assert "Laila <Rahimi>" not in mail.html


def test_what_nobody_declared_is_said_to_be_unknown_and_nothing_claims_to_be_free(
    order: Order, outside: Adapters
) -> None:
    orders.send_confirmation(order.id)
    text = flat(outside.mailer.sent[0].text)
    assert "Not known: gluten" in text
    assert "free from" not in text.lower()
    assert "Sourdough: Not known: all of the fourteen" in text
    assert "celery" not in text


def test_the_receipt_is_attached_once_and_is_the_stored_one(order: Order, outside: Adapters) -> None:
    orders.send_confirmation(order.id)
    orders.send_confirmation(order.id)
    [mail] = outside.mailer.sent
    [pdf] = mail.attachments
    assert (pdf.name, pdf.content_type) == ("R-000001.pdf", "application/pdf")
    assert [pdf.data] == list(outside.files.files.values())
    assert "SC-7K3M-Q9" in PdfReader(BytesIO(pdf.data)).pages[0].extract_text()


def test_the_baker_reads_cake_words_and_time(order: Order, outside: Adapters) -> None:
    with clock.travel(NOW):
        orders.send_staff_sms(order.id)
        orders.send_staff_sms(order.id)
    [(to, body, _, _)] = outside.sms.sent
    assert to == "+61491570157"
    assert body == "CAKE #SC-7K3M-Q9 8″ Walnut 'Happy 40th Laila' Sat 14:00"


def test_a_pickup_in_more_than_a_week_names_the_date(order: Order) -> None:
    with clock.travel(datetime.fromisoformat("2026-11-20T01:00:00+00:00")):
        assert orders.when(PICKUP, "Australia/Sydney") == "Sat 28 Nov 14:00"


def test_without_a_phone_of_its_own_the_shop_uses_the_operators(
    session: Session, order: Order, outside: Adapters
) -> None:
    session.execute(ShopFactory._meta.model.__table__.update().values(alert_phone=""))
    session.commit()
    orders.send_staff_sms(order.id)
    assert outside.sms.sent[0][0] == "+61491570156"


def test_an_sms_that_fails_for_good_arrives_as_an_email(
    session: Session, order: Order, outside: Adapters
) -> None:
    outside.sms.failing = SmsFailed("400 code 21211: not a number", permanent=True)
    with clock.travel(NOW), pytest.raises(DeliveryFailed):
        orders.send_staff_sms(order.id)
    owed = session.scalars(select(Outbox).where(Outbox.job == "jobs.messages.send_sms_fallback")).one()
    messages.send_sms_fallback(*owed.args)
    messages.send_sms_fallback(*owed.args)
    [mail] = outside.mailer.sent
    assert mail.to == "alerts@saffron.test"
    assert "CAKE #SC-7K3M-Q9 8″ Walnut 'Happy 40th Laila' Sat 14:00" in mail.text
    states = session.scalars(select(Message.status).order_by(Message.id)).all()
    assert states == [MessageStatus.FAILED, MessageStatus.SENT]


def test_giving_up_on_an_sms_owes_the_email(session: Session, order: Order, outside: Adapters) -> None:
    outside.sms.failing = SmsFailed("ConnectTimeout", permanent=False)
    with pytest.raises(SmsFailed):
        orders.send_staff_sms(order.id)
    assert orders.send_staff_sms.gave_up(order.id, error="ConnectTimeout") is True
    assert session.scalars(select(Outbox.job)).all() == ["jobs.messages.send_sms_fallback"]


def test_an_order_without_a_cake_rings_no_phone(session: Session, outside: Adapters) -> None:
    ShopFactory()
    orders.send_staff_sms(OrderFactory(confirmed=True).id)
    assert outside.sms.sent == []


def refunded(session: Session, **changes: object) -> Order:
    ShopFactory()
    order = OrderFactory(number="SC-7K3M-Q9", **changes)
    payment = Payment(order_id=order.id, amount_cents=8600, currency="AUD", idempotency_key="k")
    session.add(payment)
    session.flush()
    for kind, cents, stripe_id in (
        (TransactionKind.CHARGE, 8600, "pi_1"),
        (TransactionKind.REFUND, -8600, "re_1"),
    ):
        session.add(
            Transaction(
                order_id=order.id,
                payment_id=payment.id,
                kind=kind,
                amount_cents=cents,
                currency="AUD",
                stripe_id=stripe_id,
            )
        )
        session.flush()
    session.commit()
    return order


def cancelled(session: Session, by: Actor, *, paid: int = 8600, **how: object) -> Order:
    """A paid order that is called off."""
    order = refunded(session, confirmed=True)
    OrderLineFactory(order_row=order, variant=VariantFactory(price_cents=8600))
    with transaction() as open_session:
        payment = open_session.scalars(select(Payment)).one()
        payment.state = PaymentState.SUCCEEDED
        row = Transaction(order_id=order.id, payment_id=payment.id, kind=TransactionKind.CHARGE)
        row.amount_cents, row.currency, row.stripe_id = paid, "AUD", "pi_2"
        open_session.add(row)
    services.cancel_with_refund(order.id, by, "the oven broke", **how)
    return order


def test_who_counts_on_a_cancelled_order_is_told_once_in_both_bodies(
    session: Session, outside: Adapters
) -> None:
    order = cancelled(session, Actor(None, "Zohra"))
    orders.send_cancellation(order.id)
    orders.send_cancellation(order.id)
    [mail] = outside.mailer.sent
    assert mail.subject == f"Your order {order.number} is cancelled"
    for body in (flat(mail.text), flat(mail.html)):
        assert "Nothing will be made" in body and "$86.00 is to come back to you" in body


def test_who_cancels_too_late_is_told_that_nothing_comes_back(session: Session, outside: Adapters) -> None:
    order = cancelled(session, Actor(None, "customer"), share=0)
    orders.send_cancellation(order.id)
    [mail] = outside.mailer.sent
    assert mail.subject == f"Your order {order.number} is cancelled as you asked"
    for body in (flat(mail.text), flat(mail.html)):
        assert "Nothing of the $86.00 you paid comes back" in body and "terms" in body


def test_a_cancelled_order_whose_money_is_back_promises_no_more_of_it(
    session: Session, outside: Adapters
) -> None:
    order = refunded(session, cancelled=True)
    order.payment_status = PaymentStatus.REFUNDED
    session.commit()
    orders.send_cancellation(order.id)
    assert "come back" not in outside.mailer.sent[0].text


def test_a_late_payer_is_told_that_the_money_went_back(session: Session, outside: Adapters) -> None:
    orders.send_late_refund(refunded(session, expired=True).id)
    text = flat(outside.mailer.sent[0].text)
    assert "$86.00 sent back" in text and "The order will not be made" in text


def test_who_paid_for_a_cancelled_order_is_told_so_in_both_bodies(
    session: Session, outside: Adapters
) -> None:
    orders.send_late_refund(refunded(session, cancelled=True).id)
    mail = outside.mailer.sent[0]
    for body in (flat(mail.text), flat(mail.html)):
        assert "after the order had been cancelled" in body and "$86.00 sent back" in body
        assert "time had run out" not in body and "paid more than once" not in body


def test_a_refund_that_failed_is_not_told_as_sent(session: Session, outside: Adapters) -> None:
    order = refunded(session, cancelled=True)
    refund = session.scalars(select(Transaction).where(Transaction.kind == TransactionKind.REFUND)).one()
    session.add(
        Transaction(
            order_id=order.id,
            payment_id=refund.payment_id,
            kind=TransactionKind.REVERSAL,
            amount_cents=8600,
            currency="AUD",
            stripe_id=refund.stripe_id,
        )
    )
    session.commit()
    orders.send_late_refund(order.id)
    assert outside.mailer.sent == []


def test_what_came_back_and_was_given_in_cash_is_told_anew(session: Session, outside: Adapters) -> None:
    order = refunded(session, cancelled=True)
    orders.send_late_refund(order.id)
    refund = session.scalars(select(Transaction).where(Transaction.kind == TransactionKind.REFUND)).one()
    for kind, cents, reference in (
        (TransactionKind.REVERSAL, 8600, refund.stripe_id),
        (TransactionKind.CASH, -8600, "surplus:1:3"),
    ):
        row = Transaction(order_id=order.id, payment_id=refund.payment_id, kind=kind, currency="AUD")
        row.amount_cents, row.stripe_id = cents, reference
        session.add(row)
        session.flush()
    session.commit()
    for _ in range(2):
        orders.send_late_refund(order.id)
    _, mail = outside.mailer.sent
    assert mail.subject.endswith("your money has gone back")
    for body in (flat(mail.text), flat(mail.html)):
        assert "$86.00 given back in cash." in body and "ten days" not in body


def test_who_paid_twice_keeps_the_order_and_is_told_so(session: Session, outside: Adapters) -> None:
    orders.send_late_refund(refunded(session, confirmed=True).id)
    text = flat(outside.mailer.sent[0].text)
    assert "paid more than once" in text and "will not be made" not in text
