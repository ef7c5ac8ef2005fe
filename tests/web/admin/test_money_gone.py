"""An order that stands although its money has gone: what its pages say before the next step."""

from __future__ import annotations

from flask.testing import FlaskClient

from bakery.core.actor import SYSTEM
from bakery.integrations.adapters import Adapters
from bakery.orders import services
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus
from bakery.payments.dispute_models import Dispute
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
