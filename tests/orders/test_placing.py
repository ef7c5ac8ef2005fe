from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.catalog.models import Allergen, Product
from bakery.core import clock, ids
from bakery.infra.models import Outbox
from bakery.orders import queries, services
from bakery.orders.cart_owner import CartOwner
from bakery.orders.models import CartLine, Order, OrderEvent
from bakery.orders.services import ConsentGiven
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.people.models import Consent, ConsentChannel
from bakery.scheduling.models import PickupSlot, SlotHold
from bakery.shop.models import Shop, TaxRate
from bakery.stock.models import StockHold, StockLevel
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.checkout import make_wish, place
from tests.factories.orders import make_cart
from tests.factories.shop import make_open_shop


def test_an_order_holds_stock_and_slot_until_after_the_pay_page_has_closed(session: Session) -> None:
    make_open_shop(session)
    cake, loaf = make_cake(stock=20), make_loaf()
    before = clock.now()
    order = place((cake, 2, "Happy 40th Laila"), (loaf, 3), checkout_minutes=30)
    assert (order.status, order.payment_status) == ("PENDING_PAYMENT", "UNPAID")
    assert (order.total_cents, order.tax_cents, order.currency) == (17200 + 2700, 1564, "AUD")
    assert ids.normalize_number(order.number) == order.number and order.has_cake
    wait = order.hold_expires_at - before
    assert timedelta(minutes=34) < wait < timedelta(minutes=36)
    level = session.get_one(StockLevel, cake.id)
    assert (level.on_hand, level.reserved) == (20, 2)
    slot = session.get_one(PickupSlot, order.slot_id)
    assert (slot.starts_at, slot.booked_orders, slot.booked_minutes) == (order.pickup_at, 1, 60)
    holds = (
        session.scalars(select(StockHold.expires_at)).all()
        + session.scalars(select(SlotHold.expires_at)).all()
    )
    assert set(holds) == {order.hold_expires_at}


def test_an_order_remembers_everything_as_it_was(session: Session) -> None:
    shop = make_open_shop(session)
    cake = make_cake(servings_min=10, servings_max=12, product__allergens={"nuts": "contains"})
    order = place((cake, 1, "Nowruz mubarak"))
    product = session.get_one(Product, cake.product_id)
    product.name, product.ingredients, cake.price_cents, shop.abn = "Other", "Sand", 1, "1"
    session.get_one(TaxRate, "gst").rate_bp = 2000
    session.commit()
    kept = queries.get_order(session, order.id)
    line = kept.lines[0]
    assert (line.product_name, line.variant_name, line.unit_price_cents) == ("Walnut Cake", "8 inch", 8600)
    assert (line.tax_name, line.tax_rate_bp, line.tax_cents) == ("GST 10%", 1000, 782)
    assert (line.servings, line.ingredients) == ("10 to 12", "Flour, sugar, butter")
    assert (line.message, line.is_cake, line.make_minutes) == ("Nowruz mubarak", True, 30)
    assert kept.snapshot["shop"]["abn"] == "51 824 753 556"
    assert kept.snapshot["terms_version"] == "3"
    assert kept.snapshot["rates"] == [
        {"code": "gst", "name": "GST 10%", "rate_bp": 1000, "net_cents": 7818, "tax_cents": 782,
         "gross_cents": 8600}
    ]  # fmt: skip
    assert (kept.time_zone, kept.prices_include_tax) == ("Australia/Sydney", True)


def test_all_fourteen_allergens_are_kept_and_the_undeclared_are_unknown(session: Session) -> None:
    make_open_shop(session)
    order = place((make_cake(product__allergens={"nuts": "contains", "milk": "not_contained"}), 1))
    allergens = queries.get_order(session, order.id).lines[0].allergens
    assert set(allergens) == {allergen.value for allergen in Allergen}
    assert allergens["nuts"] == {"state": "contains", "note": ""}
    assert allergens["milk"]["state"] == "not_contained"
    assert allergens["eggs"]["state"] == "unknown"


def test_the_history_begins_and_the_cart_is_empty_with_a_new_key(session: Session) -> None:
    make_open_shop(session)
    cart = make_cart((make_loaf(), 1))
    key = cart.checkout_key
    order_id = services.place_order(make_wish(session, cart, ip="192.0.2.7"))
    event = session.scalars(select(OrderEvent)).one()
    assert (event.kind, event.from_state, event.to_state) == ("status", None, "PENDING_PAYMENT")
    assert (event.order_id, event.actor_label, event.actor_id) == (order_id, "customer", None)
    session.refresh(cart)
    assert cart.checkout_key != key
    assert session.scalars(select(CartLine)).all() == []


def test_the_same_checkout_answers_with_the_same_order_for_ever(session: Session) -> None:
    make_open_shop(session)
    cart = make_cart((make_cake(stock=5), 1))
    wish = make_wish(session, cart)
    first = services.place_order(wish)
    assert services.place_order(wish) == first
    key, owner = wish.checkout_key, CartOwner(token_digest=cart.token_digest)
    assert queries.find_by_checkout_key(session, key, owner) == first
    number = queries.number_of(session, first)
    for nobody in (CartOwner(), CartOwner(token_digest="0" * 64), CartOwner(user_id=7)):
        assert queries.find_by_checkout_key(session, key, nobody) is None
        assert queries.find_by_checkout_key(session, key, nobody, [number]) == first
    assert len(session.scalars(select(Order)).all()) == 1
    assert session.scalars(select(StockLevel.reserved)).one() == 1


def test_tax_is_added_where_prices_are_without_it(session: Session) -> None:
    make_open_shop(session)
    session.get_one(Shop, 1).prices_include_tax = False
    session.commit()
    cart = make_cart((make_cake(), 1), (make_loaf(), 1))
    order = session.get_one(
        Order, services.place_order(make_wish(session, cart, accepted_total_cents=8600 + 860 + 900))
    )
    assert (order.total_cents, order.tax_cents, order.prices_include_tax) == (10360, 860, False)


def test_consents_are_kept_apart_with_the_words_and_the_time(session: Session) -> None:
    make_open_shop(session)
    given = (ConsentGiven(ConsentChannel.SMS, "Yes, text me."),)
    place((make_loaf(), 1), consents=given, ip="192.0.2.7")
    consent = session.scalars(select(Consent)).one()
    assert (consent.channel, consent.address, consent.wording) == ("sms", "+61491570156", "Yes, text me.")
    assert (consent.granted, consent.source, str(consent.ip)) == (True, "checkout", "192.0.2.7")


def test_an_order_with_nothing_to_pay_is_a_full_order_at_once(session: Session) -> None:
    make_open_shop(session)
    cake = make_cake(price_cents=0, stock=5)
    order = place((cake, 1))
    assert (order.status, order.payment_status) == (OrderStatus.CONFIRMED, PaymentStatus.PAID)
    level = session.get_one(StockLevel, cake.id, populate_existing=True)
    assert (level.on_hand, level.reserved) == (4, 0)
    assert set(session.scalars(select(Outbox.job))) == {
        "jobs.orders.send_confirmation",
        "jobs.orders.send_staff_sms",
        "jobs.production.open_tickets",
        "jobs.evidence.store",
    }


def test_a_number_that_exists_is_drawn_anew(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    make_open_shop(session)
    taken = place((make_loaf(), 1)).number
    numbers = iter([taken, taken, "SC-2345-67"])
    monkeypatch.setattr(ids, "new_number", lambda: next(numbers))
    assert place((make_loaf(), 1)).number == "SC-2345-67"


def test_an_unpaid_order_owes_nothing_yet(session: Session) -> None:
    make_open_shop(session)
    place((make_cake(), 1))
    assert session.scalars(select(Outbox)).all() == []


def test_placing_takes_a_bounded_number_of_queries(session: Session, count_queries) -> None:
    make_open_shop(session)
    counts = []
    for size in (1, 8):
        cart = make_cart(*((make_cake(stock=9), 1) for _ in range(size)))
        wish = make_wish(session, cart)
        with count_queries() as seen:
            services.place_order(wish)
        counts.append(len(seen))
    # One UPDATE a level; holds, lines and movements go in batches.
    assert counts[1] - counts[0] <= 8, counts


def test_the_pickup_date_is_the_shops(session: Session) -> None:
    make_open_shop(session)
    order = place((make_loaf(), 1))
    slot = session.get_one(PickupSlot, order.slot_id)
    local = order.pickup_at.astimezone(ZoneInfo("Australia/Sydney"))
    assert (slot.on_date, slot.local_time) == (local.date(), local.time())
    assert isinstance(slot.on_date, date)
