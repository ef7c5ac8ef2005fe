from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.catalog.models import Allergen, Product, Variant
from bakery.core import clock, ids
from bakery.core.errors import DomainError, Invalid
from bakery.infra.models import Outbox
from bakery.orders import queries, services
from bakery.orders.errors import CartChanged, NotOrderable, PricesChanged
from bakery.orders.models import Cart, CartLine, Order, OrderEvent
from bakery.orders.services import ConsentGiven
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.people.models import Consent, ConsentChannel
from bakery.scheduling.models import PickupSlot, SlotHold
from bakery.scheduling.operations import SlotGone
from bakery.shop.models import Shop, TaxRate
from bakery.stock.models import StockHold, StockLevel
from bakery.stock.operations import OutOfStock
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.checkout import make_wish, place
from tests.factories.orders import make_cart
from tests.factories.scheduling import PickupSlotFactory
from tests.factories.shop import make_open_shop


def refused(session: Session, kind: type[DomainError], cart: Cart, **changes) -> DomainError:
    """Placing fails with `kind`, and leaves nothing behind but the cart."""
    cart_id, lines = cart.id, session.scalars(select(CartLine.id).where(CartLine.cart_id == cart.id)).all()
    key = cart.checkout_key
    with pytest.raises(kind) as raised:
        services.place_order(make_wish(session, cart, **changes))
    assert session.scalars(select(Order)).all() == []
    assert session.scalars(select(StockHold)).all() == session.scalars(select(SlotHold)).all() == []
    assert session.scalars(select(CartLine.id).where(CartLine.cart_id == cart_id)).all() == lines
    assert session.get_one(Cart, cart_id).checkout_key == key
    return raised.value


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
    assert queries.find_by_checkout_key(session, wish.checkout_key) == first
    assert len(session.scalars(select(Order)).all()) == 1
    assert session.scalars(select(StockLevel.reserved)).one() == 1


def test_an_old_page_of_a_cart_that_has_new_lines_does_not_order_them(session: Session) -> None:
    make_open_shop(session)
    cart = make_cart((make_loaf(), 1))
    error = refused(session, CartChanged, cart, checkout_key="a page from yesterday")
    assert "has changed since" in error.message
    refused(session, CartChanged, make_cart(), accepted_total_cents=0)


def test_a_cart_that_is_gone_is_refused(session: Session) -> None:
    make_open_shop(session)
    cart = make_cart((make_loaf(), 1))
    refused(session, CartChanged, cart, cart_id=cart.id + 1000)


def test_another_price_than_the_one_accepted_is_shown_not_charged(session: Session) -> None:
    make_open_shop(session)
    cake, loaf = make_cake(stock=5), make_loaf()
    cart = make_cart((cake, 2), (loaf, 1))
    cake.price_cents = 9100
    session.commit()
    error = refused(session, PricesChanged, cart, accepted_total_cents=2 * 8600 + 900)
    assert isinstance(error, PricesChanged) and error.status == 409
    assert (error.accepted_cents, error.total_cents) == (18100, 19100)
    assert [(d.name, d.quantity, d.seen_cents, d.now_cents) for d in error.differences] == [
        ("Walnut Cake, 8 inch", 2, 8600, 9100)
    ]
    assert error.message.startswith("The total is $191.00 now, not $181.00.")
    services.place_order(make_wish(session, cart))


@pytest.mark.parametrize("accepted", [0, 1, 8599, -8600, 10**9])
def test_a_tampered_total_buys_nothing(session: Session, accepted: int) -> None:
    make_open_shop(session)
    refused(session, PricesChanged, make_cart((make_cake(), 1)), accepted_total_cents=accepted)


def test_tax_is_added_where_prices_are_without_it(session: Session) -> None:
    make_open_shop(session)
    session.get_one(Shop, 1).prices_include_tax = False
    session.commit()
    cart = make_cart((make_cake(), 1), (make_loaf(), 1))
    order = session.get_one(
        Order, services.place_order(make_wish(session, cart, accepted_total_cents=8600 + 860 + 900))
    )
    assert (order.total_cents, order.tax_cents, order.prices_include_tax) == (10360, 860, False)


def test_what_is_off_the_menu_is_named_all_at_once(session: Session) -> None:
    make_open_shop(session)
    cakes = [make_cake(product__name=f"Cake {number}") for number in range(4)]
    cart = make_cart(*((cake, 1) for cake in cakes))
    session.get_one(Product, cakes[0].product_id).published_at = None
    session.get_one(Variant, cakes[1].id).active = False
    session.get_one(Product, cakes[2].product_id).published_at = clock.now() + timedelta(hours=1)
    session.commit()
    error = refused(session, NotOrderable, cart)
    assert isinstance(error, NotOrderable)
    assert error.problems == tuple(f"Cake {n}, 8 inch is not on sale at the moment." for n in range(3))


def test_the_limit_of_an_order_counts_all_lines_of_a_size(session: Session) -> None:
    make_open_shop(session)
    cake = make_cake(max_per_order=2)
    error = refused(session, NotOrderable, make_cart((cake, 1, "One"), (cake, 1, "Two"), (cake, 1)))
    assert error.message == "Walnut Cake, 8 inch: up to 2 in one order, please."


@pytest.mark.parametrize("message", ["x" * 41, "bell\x07", "two\nlines", "🎂"])
def test_words_that_cannot_be_piped_are_refused(session: Session, message: str) -> None:
    make_open_shop(session)
    refused(session, NotOrderable, make_cart((make_cake(), 1, message)))


def test_a_message_on_what_takes_none_is_refused(session: Session) -> None:
    make_open_shop(session)
    error = refused(session, NotOrderable, make_cart((make_loaf(), 1, "Hello")))
    assert error.message == "Sourdough, Loaf: This takes no message."


def test_every_line_that_is_short_is_named_and_the_slot_stays_free(session: Session) -> None:
    make_open_shop(session)
    one, none = make_cake(stock=1), make_cake(stock=0, product__name="Lemon Cake")
    error = refused(session, OutOfStock, make_cart((one, 2), (none, 1)))
    assert isinstance(error, OutOfStock) and error.short == {one.id: 1, none.id: 0}
    assert all(slot.booked_orders == 0 for slot in session.scalars(select(PickupSlot)))


def test_lines_of_one_size_with_other_words_draw_on_one_level(session: Session) -> None:
    make_open_shop(session)
    cake = make_cake(stock=3)
    refused(session, OutOfStock, make_cart((cake, 2, "Laila"), (cake, 2, "Omid")))
    place((cake, 2, "Laila"), (cake, 1, "Omid"))
    assert session.get_one(StockLevel, cake.id, populate_existing=True).reserved == 3


def test_a_slot_that_is_full_or_too_soon_gives_the_stock_back(session: Session) -> None:
    make_open_shop(session)
    cake = make_cake(stock=5)
    cart = make_cart((cake, 1))
    tomorrow = clock.today("Australia/Sydney") + timedelta(days=3)
    full = datetime.combine(tomorrow, datetime.min.time(), ZoneInfo("Australia/Sydney")).replace(hour=10)
    PickupSlotFactory(starts_at=full, booked_orders=4)
    refused(session, SlotGone, cart, starts_at=full)
    error = refused(session, SlotGone, cart, starts_at=clock.now() + timedelta(minutes=5))
    assert error.field == "slot"
    assert session.get_one(StockLevel, cake.id).reserved == 0


def test_a_season_is_asked_for_the_day_of_pickup(session: Session) -> None:
    make_open_shop(session)
    today = clock.today("Australia/Sydney")
    ends = today + timedelta(days=2)
    cake = make_cake(
        product__season_name="Mango season",
        product__season_from=f"{today - timedelta(days=9):%m-%d}",
        product__season_to=f"{ends:%m-%d}",
    )
    late = datetime.combine(ends + timedelta(days=1), datetime.min.time(), ZoneInfo("Australia/Sydney"))
    error = refused(session, SlotGone, make_cart((cake, 1)), starts_at=late.replace(hour=10))
    assert "out of season" in error.message


def test_the_longest_lead_time_of_the_cart_counts(session: Session) -> None:
    make_open_shop(session)
    cart = make_cart((make_loaf(), 1), (make_cake(lead_time_hours=48), 1))
    wish = make_wish(session, cart)
    assert wish.starts_at >= clock.now() + timedelta(hours=48)
    refused(session, SlotGone, cart, starts_at=wish.starts_at - timedelta(days=1))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "  "),
        ("name", "x" * 121),
        ("email", "nobody"),
        ("email", "a@" + "b" * 254),
        ("phone", ""),
        ("phone", "0" * 21),
        ("note", "x" * 2001),
    ],
)
def test_a_contact_that_cannot_be_kept_names_its_field(session: Session, field: str, value: str) -> None:
    make_open_shop(session)
    error = refused(session, Invalid, make_cart((make_loaf(), 1)), **{field: value})
    assert error.field == field


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
