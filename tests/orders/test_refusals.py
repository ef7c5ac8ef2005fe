"""What cannot be ordered: refused with a reason, and nothing is left behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.catalog.models import Product, Variant
from bakery.core import clock
from bakery.core.errors import DomainError, Invalid
from bakery.orders import services
from bakery.orders.errors import CartChanged, NotOrderable, PricesChanged
from bakery.orders.models import Cart, CartLine, Order
from bakery.scheduling.models import PickupSlot, SlotHold
from bakery.scheduling.operations import SlotGone
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
