"""The demo shop in a database: complete, in balance, and never on top of a real one. (Pictures: test_illustration.)"""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.catalog.models import Allergen, Product, ProductAllergen
from bakery.core import clock
from bakery.core.errors import Conflict
from bakery.demo import content
from bakery.demo.seed import _people, seed
from bakery.demo.seed_catalog import add_catalog
from bakery.demo.seed_history import add_history
from bakery.demo.seed_papers import add_papers
from bakery.demo.seed_pictures import Drawn
from bakery.demo.seed_shop import add_shop
from bakery.infra.transaction import transaction
from bakery.orders.models import Order, OrderLine
from bakery.payments import receipts
from bakery.payments.books.models import BooksRun
from bakery.payments.books.proof import prove
from bakery.payments.journal.balance import add_up
from bakery.payments.journal.queries import Period, read_journal
from bakery.payments.models import Receipt, Transaction
from bakery.people.models import Role, User
from bakery.production.models import Ticket
from bakery.scheduling.models import PickupSlot
from bakery.stock.models import StockLevel, StockMovement
from tests.factories.orders import make_order
from tests.factories.people import sign_in
from tests.fakes.files import FakeFiles
from tests.fakes.gateway import FakeGateway
from tests.page_checker import CheckingClient

PASSWORD = "warm saffron bread"


class _AnyPicture(dict[str, Drawn]):
    def __missing__(self, name: str) -> Drawn:
        return Drawn(f"pictures/{name}", (320, 640, 960), 750)

    def get(self, name: str, default: object = None) -> Drawn:
        return self[name]


@pytest.fixture
def demo(session: Session) -> Session:
    now = clock.now()
    with transaction() as open_session:
        add_shop(open_session, content.SHOP, content.FAQS, now)
        customers = _people(open_session, PASSWORD, now)
        sold = add_catalog(open_session, _AnyPicture(), now)
        add_history(open_session, customers, sold, now, days=30)
        add_papers(open_session)
    return session


def test_the_books_of_the_demo_agree_though_stripe_never_heard_of_it(demo: Session) -> None:
    with clock.travel(clock.now() + timedelta(hours=2)):
        run = demo.get_one(BooksRun, prove(None, FakeGateway()))
    assert (run.ok, run.found, run.outcome) == (True, 0, "Everything agrees.")


def test_the_demo_shop_is_complete_and_its_books_balance(demo: Session) -> None:
    def count(model: type) -> int:
        return demo.scalar(select(func.count()).select_from(model)) or 0

    assert count(Product) >= 40
    assert count(ProductAllergen) == count(Product) * len(Allergen)
    assert set(demo.scalars(select(User.role).distinct())) == set(Role)
    assert count(Order) > 50 and demo.scalar(select(func.bool_and(Order.is_demo)))
    off = demo.execute(
        select(Order.number)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .group_by(Order.id)
        .having(
            (func.sum(OrderLine.total_cents) != Order.total_cents)
            | (func.sum(OrderLine.tax_cents) != Order.tax_cents)
        )
    ).all()
    assert off == []
    charged = dict(
        demo.execute(
            select(Transaction.order_id, func.sum(Transaction.amount_cents)).group_by(Transaction.order_id)
        ).all()
    )
    assert charged == dict(
        demo.execute(select(Order.id, Order.total_cents).where(Order.payment_status == "PAID")).all()
    )
    moved = dict(
        demo.execute(
            select(StockMovement.variant_id, func.sum(StockMovement.on_hand_delta)).group_by(
                StockMovement.variant_id
            )
        ).all()
    )
    levels = demo.execute(select(StockLevel.variant_id, StockLevel.on_hand)).all()
    assert all(moved.get(variant_id, 0) == on_hand for variant_id, on_hand in levels)
    assert count(Ticket) > 0, "the kitchen has work on the first evening"
    over = demo.scalars(
        select(PickupSlot).where(
            (PickupSlot.booked_orders > PickupSlot.capacity_orders)
            | (PickupSlot.booked_minutes > PickupSlot.capacity_minutes)
        )
    ).all()
    assert over == []


def test_each_demo_account_can_sign_in_and_every_face_has_something_to_show(
    demo: Session, app: Flask
) -> None:
    for role, address in [(Role.OWNER, "/admin/orders?view=all"), (Role.BAKER, "/kitchen?day=week")]:
        browser: CheckingClient = app.test_client()  # type: ignore[assignment]
        sign_in(browser, demo.scalars(select(User).where(User.role == role)).first())
        assert browser.get(address).status_code == 200
    stranger = app.test_client()
    for address in ("/", "/menu", "/faq", "/terms", *(f"/menu/{p.slug}" for p in content.PRODUCTS)):
        answer = stranger.get(address)
        assert answer.status_code == 200, address


def test_the_seed_refuses_a_shop_that_is_set_up_and_one_with_real_orders(demo: Session) -> None:
    with pytest.raises(Conflict, match="already set up"):
        seed(FakeFiles(), PASSWORD, print)
    make_order()
    with pytest.raises(Conflict, match="real orders"):
        seed(FakeFiles(), PASSWORD, print)


def test_the_command_does_nothing_twice_and_wants_a_password(demo: Session, app: Flask) -> None:
    runner = app.test_cli_runner()
    again = runner.invoke(args=["seed-demo", "--if-empty"])
    assert again.exit_code == 0 and "set up already" in again.output
    refused = runner.invoke(args=["seed-demo"], env={"DEMO_PASSWORD": ""})
    assert refused.exit_code == 1 and "--password" in refused.output


def test_every_sale_has_its_invoice_and_the_journal_balances(demo: Session) -> None:
    confirmed = demo.scalar(select(func.count()).where(Order.confirmed_at.is_not(None)))
    labels = [row.label for row in demo.scalars(select(Receipt).order_by(Receipt.number))]
    assert labels == [f"R-{number:06d}" for number in range(1, (confirmed or 0) + 1)]
    assert receipts.missing_numbers(demo) == []
    sums = add_up(
        read_journal(demo, Period(clock.now() - timedelta(days=60), clock.now() + timedelta(days=1)))
    )
    assert sum(each.balance_cents for each in sums.values()) == 0
    # Everything is paid and invoiced: nobody owes anything.
    moved = {slot for (_, slot), each in sums.items() if each.balance_cents}
    assert moved == {"stripe", "gst", "sales:gst", "sales:gst_free"}
