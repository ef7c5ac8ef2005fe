"""What an order asks first: agreed on when it is placed, written down with it, and never more than was shown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from bakery.catalog.models import Product
from bakery.core import clock
from bakery.core.money import Money
from bakery.orders.deposit_terms import kept_words
from bakery.orders.errors import DepositChanged
from bakery.orders.models import Cart, Order
from bakery.orders.services import place_order
from bakery.pricing.cancellation import tiers_of
from bakery.shop.models import Shop
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.checkout import make_wish, place
from tests.factories.orders import make_cart
from tests.factories.shop import make_open_shop

NOW = datetime.fromisoformat("2026-11-21T00:00:00+00:00")
PICKUP = datetime.fromisoformat("2026-12-04T23:00:00+00:00")  # Saturday the 5th, ten in Sydney
TIERS = "all until 7 days before the pickup, 50 % until 3 days before, nothing after."


@pytest.fixture(autouse=True)
def shop(session: Session) -> Iterator[Shop]:
    with clock.travel(NOW):
        yield make_open_shop(session, capacity_minutes=900)


def cake(**rule: int) -> object:
    return make_cake(
        stock=9, price_cents=8_600, **{f"product__{name}": value for name, value in rule.items()}
    )


def asked(order: Order) -> tuple[int, int, str | None]:
    on = order.balance_due_on
    return order.deposit_cents, order.deposit_kept_cents, on.isoformat() if on else None


def test_without_a_rule_all_is_paid_at_once(session: Session) -> None:
    order = place((cake(), 1), starts_at=PICKUP)
    assert asked(order) == (0, 0, None)
    assert (order.deposit_wording, order.snapshot["deposit_kept_cents"]) == ("", 0)


def test_a_products_percentage_and_the_other_lines_whole(session: Session) -> None:
    order = place((cake(deposit_percent=50), 1), (make_loaf(price_cents=901), 1), starts_at=PICKUP)
    assert asked(order) == (4_300 + 901, 2_600, "2026-12-02")
    assert order.snapshot["deposit_kept_cents"] == 2_600
    assert (
        "$52.01 now as a deposit, and the remaining $43.00 by Wednesday 2 December" in order.deposit_wording
    )


def test_a_products_fixed_deposit_is_for_each(session: Session) -> None:
    assert asked(place((cake(deposit_cents=2_000), 2), starts_at=PICKUP))[0] == 4_000


def test_a_large_order_asks_its_percentage_and_the_larger_of_both_is_asked(
    session: Session, shop: Shop
) -> None:
    shop.deposit_from_cents, shop.deposit_from_percent = 17_200, 30
    session.commit()
    assert asked(place((cake(), 1), starts_at=PICKUP))[0] == 0
    assert asked(place((cake(), 2), starts_at=PICKUP))[0] == 5_160
    assert asked(place((cake(deposit_percent=20), 2), starts_at=PICKUP, most_unpaid=9))[0] == 5_160
    assert asked(place((cake(deposit_percent=60), 2), starts_at=PICKUP, most_unpaid=9))[0] == 10_320


def test_tax_on_top_is_part_of_what_a_share_is_taken_of(session: Session, shop: Shop) -> None:
    shop.prices_include_tax = False
    session.commit()
    order = place((cake(deposit_percent=50), 1), starts_at=PICKUP, accepted_total_cents=9_460)
    assert (order.total_cents, order.deposit_cents) == (9_460, 4_730)


@pytest.mark.parametrize(("days", "deposit"), [(12, 0), (11, 0), (10, 4_300)])
def test_at_short_notice_everything_is_paid_at_once(session: Session, days: int, deposit: int) -> None:
    """Due three open days before: on Saturday the 21st itself for Tuesday the 24th."""
    order = place((cake(deposit_percent=50), 1), starts_at=PICKUP - timedelta(days=days))
    assert asked(order)[0] == deposit
    assert (order.balance_due_at is None) == (deposit == 0)


def test_what_is_kept_is_the_shops_share_of_the_deposit(session: Session, shop: Shop) -> None:
    for percent, kept, words in (
        (
            0,
            0,
            f"may be cancelled. By the cancellation terms, of what you paid comes back: {TIERS}",
        ),
        (100, 4_300, "the deposit is not given back."),
        (33, 1_419, "$14.19 of the deposit is not given back."),
    ):
        shop.deposit_kept_percent = percent
        session.commit()
        order = place((cake(deposit_percent=50), 1), starts_at=PICKUP, most_unpaid=9)
        assert order.deposit_kept_cents == kept
        assert words in order.deposit_wording


def basket(**rule: int) -> Cart:
    return make_cart((cake(**rule), 1))


@pytest.mark.parametrize(("said", "rule"), [(0, 50), (4_299, 50), (4_300, None)])
def test_another_deposit_than_the_page_spoke_of_is_refused_and_the_cart_kept(
    session: Session, said: int, rule: int | None
) -> None:
    cart = basket(**({"deposit_percent": rule} if rule else {}))
    wish = make_wish(session, cart, starts_at=PICKUP, accepted_deposit_cents=said)
    with pytest.raises(DepositChanged, match="What you pay now has changed"):
        place_order(wish)
    assert session.query(Order).count() == 0


def test_the_deposit_that_the_page_spoke_of_is_asked_or_everything_at_short_notice(session: Session) -> None:
    for days, deposit in ((0, 4_300), (12, 0)):
        wish = make_wish(
            session,
            basket(deposit_percent=50),
            starts_at=PICKUP - timedelta(days=days),
            accepted_deposit_cents=4_300,
        )
        assert session.get_one(Order, place_order(wish)).deposit_cents == deposit


def test_a_rule_of_later_changes_no_order(session: Session) -> None:
    variant = cake(deposit_percent=50)
    order = place((variant, 1), starts_at=PICKUP)
    session.get_one(Product, variant.product_id).deposit_percent = 10
    session.get_one(Shop, 1).balance_due_days = 9
    session.commit()
    session.expire_all()
    assert asked(session.get_one(Order, order.id)) == (4_300, 2_150, "2026-12-02")


def test_from_the_day_on_which_the_rest_is_due_everything_is_asked(session: Session) -> None:
    order = place((cake(deposit_percent=50), 1), starts_at=PICKUP)
    with clock.travel(PICKUP - timedelta(days=4)):
        assert order.asks_deposit and order.first_payment == order.deposit
    with clock.travel(PICKUP - timedelta(days=3)):
        assert not order.asks_deposit and order.first_payment == order.total


@pytest.mark.parametrize(
    ("tiers", "said"),
    [
        (None, ""),
        ([], " By the cancellation terms nothing of what you paid comes back."),
        ([{"days": 3, "percent": 0}], " By the cancellation terms nothing of what you paid comes back."),
        (
            [{"days": 7, "percent": 100}, {"days": 1, "percent": 50}, {"days": 0, "percent": 20}],
            " By the cancellation terms, of what you paid comes back (never that part): all until 7 days before the "
            "pickup, 50 % until 1 day before, 20 % until the day of the pickup, nothing after.",
        ),
    ],
)
def test_what_is_said_of_a_deposit_promises_no_more_than_the_tiers(
    tiers: list[dict[str, int]] | None, said: str
) -> None:
    found = kept_words(Money(5_450, "AUD"), Money(2_725, "AUD"), None if tiers is None else tiers_of(tiers))
    assert found == (
        "If you cancel, or the rest is not paid in time and the order is cancelled, $27.25 of the deposit is not given "
        f"back.{said}"
    )
