"""An order that stands although its money has gone: what its pages say before the next step."""

from __future__ import annotations

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM
from bakery.infra.db import db
from bakery.integrations.adapters import Adapters
from bakery.messages.models import Channel, Message, MessageStatus
from bakery.orders import services
from bakery.orders.models import Order
from bakery.orders.release import release_unpaid
from bakery.orders.states import OrderStatus
from bakery.payments.dispute_models import Dispute
from bakery.people.models import Role
from bakery.production.services import open_tickets
from bakery.shop.models import Shop
from tests.aftercare.disputed import at, carry, disputed
from tests.factories.catalog import make_cake
from tests.factories.checkout import place
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.payments import dispute_steps as told
from tests.payments import refund_steps as refunds
from tests.payments import steps

TAKEN = "The bank took $86.00 back (dispute lost)"
GONE = "All that was paid has gone back"


def page_of(desk: FlaskClient, order: Order) -> str:
    return desk.get(f"/admin/orders/{order.number}").text


def lose(order: Order) -> None:
    steps.tell(told.CLOSED, told.body_of(order, "lost", told.taken(order)))


def test_a_lost_dispute_is_said_before_the_next_step(
    desk: FlaskClient, dispute: Dispute, sold: Order
) -> None:
    assert TAKEN not in page_of(desk, sold)
    lose(sold)
    page = page_of(desk, sold)
    assert "Decide whether it is still made: cancel it, or make it." in page
    assert 0 < page.index(TAKEN) < page.index("Start making")
    services.move_order(sold.id, OrderStatus.READY, SYSTEM)
    assert "Decide whether it is still handed over: cancel it, or hand it over." in page_of(desk, sold)
    services.move_order(sold.id, OrderStatus.COLLECTED, SYSTEM)
    assert TAKEN not in page_of(desk, sold), "there is nothing left to decide"


def test_what_the_bank_has_of_it_is_said_with_the_money(
    desk: FlaskClient, dispute: Dispute, sold: Order
) -> None:
    assert "<strong>$86.00</strong> of it, until the dispute is decided" in page_of(desk, sold)
    lose(sold)
    assert "<strong>$86.00</strong> of it, taken back for good: the dispute is lost" in page_of(desk, sold)


def test_a_dispute_that_is_won_leaves_nothing_to_say(
    desk: FlaskClient, dispute: Dispute, sold: Order
) -> None:
    steps.tell(told.CLOSED, told.body_of(sold, "won", told.taken(sold), told.returned(sold)))
    page = page_of(desk, sold)
    assert "dispute lost" not in page and "With the bank" not in page


def test_an_order_whose_money_all_went_back_asks_before_it_is_made(
    desk: FlaskClient, sold: Order, gateway: FakeGateway
) -> None:
    assert GONE not in page_of(desk, sold)
    refunds.refunded(sold, gateway)
    page = page_of(desk, sold)
    assert "Cancel the order if it is not to be made." in page
    assert 0 < page.index(GONE) < page.index("Start making")


def test_a_refund_of_everything_says_before_it_is_given_that_the_order_stays(
    desk: FlaskClient, sold: Order, outside: Adapters
) -> None:
    def preview(**typed: str) -> str:
        data = {"preview": "1", "reason": "The icing had melted", "key": "page-00000001", **typed}
        return desk.post(f"/admin/orders/{sold.number}/refund", data=data).text

    stays = "<strong>stays</strong>, and will still be made. Cancel it instead if it is not to be."
    assert stays in preview(kind="all")
    assert stays not in preview(kind="amount", amount="10.00")


def test_an_inquiry_names_the_one_way_to_refund_it(
    desk: FlaskClient, sold: Order, gateway: FakeGateway
) -> None:
    inquiry = disputed(sold, gateway, "warning_needs_response", reason="unrecognized")
    page = desk.get(at(inquiry)).text
    assert "“Refund it instead”, on this page, is the one way." in page
    assert "Nothing of this order can be refunded" not in page
    assert "only the inquiry’s own page can give the payment back" in page_of(desk, sold)
    give = desk.get(f"/admin/orders/{sold.number}/refund").text
    assert "$0.00 of $86.00 can go back while it is frozen" in give and f'href="{at(inquiry)}"' in give


def test_a_dispute_that_was_accepted_was_neither_answered_nor_decided(
    desk: FlaskClient, dispute: Dispute, gateway: FakeGateway
) -> None:
    desk.post(at(dispute, "/acceptance"), data={"version": "0", "sure": "y"})
    carry()
    page = desk.get(at(dispute)).text
    assert "We accepted what the cardholder says" in page and "The bank decided" not in page
    assert "Read the file" in page and "Read what was sent" not in page


def test_a_refund_that_failed_says_how_much_and_what_the_customer_was_told(
    desk: FlaskClient, sold: Order, gateway: FakeGateway
) -> None:
    request_id = refunds.refunded(sold, gateway)
    [part] = refunds.parts(request_id)
    steps.tell("refund.failed", gateway.settle(str(part.stripe_refund_id), "failed").raw)
    page = desk.get(f"/admin/refunds/{request_id}").text
    assert "It did not go back. The customer has been told nothing of it" in page
    db.session.add(
        Message(
            channel=Channel.EMAIL,
            template="refunded",
            recipient="laila@saffron.test",
            subject_ref=f"refund:{request_id}",
            status=MessageStatus.SENT,
        )
    )
    db.session.commit()
    page = desk.get(f"/admin/refunds/{request_id}").text
    assert "The customer was told that it had gone back, and nothing since" in page


def test_a_refund_above_the_limit_waits_for_the_second_yes_in_its_parts_too(
    desk: FlaskClient, sold: Order, session: Session
) -> None:
    session.get_one(Shop, 1).refund_limit_cents = 1000
    session.commit()
    asked = refunds.ask(sold, actor=refunds.who(), approve=True)
    assert asked.awaits_second
    page = desk.get(f"/admin/refunds/{asked.id}").text
    assert "Waits for the second yes" in page and "Waiting to be sent" not in page


def test_the_kitchen_is_told_to_ask_once_the_dispute_is_lost(
    desk: FlaskClient, dispute: Dispute, sold: Order
) -> None:
    open_tickets(sold.id)
    board, paper = "/kitchen?day=week", "/kitchen/print?day=week"
    sold_on = sold.pickup_at - timedelta(hours=3)
    with clock.travel(sold_on):
        sign_in(desk, role=Role.BAKER)
        assert sold.number in desk.get(board).text and "DISPUTE LOST" not in desk.get(board).text
    lose(sold)
    with clock.travel(sold_on):
        assert "The bank took the money back: ask before it is made." in desk.get(board).text
        assert "DISPUTE LOST: ASK FIRST" in desk.get(paper).text


def test_the_kitchen_reads_first_that_an_order_is_not_paid(desk: FlaskClient, session: Session) -> None:
    make_open_shop(session)
    order = place((make_cake(stock=9, price_cents=8_600), 1))
    release_unpaid(order.id, refunds.who(), "They are regulars")
    open_tickets(order.id)
    with clock.travel(order.pickup_at - timedelta(hours=3)):
        sign_in(desk, role=Role.BAKER)
        assert (
            "<strong>NOT PAID: $86.00.</strong> Staff let it through." in desk.get("/kitchen?day=week").text
        )
