"""One function says what a cart asks of a pickup time: for the pages, and when it is ordered."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bakery.core import ids
from bakery.orders.basket import need_of, read_basket
from bakery.orders.cart_owner import CartOwner
from bakery.orders.cart_queries import load_cart
from bakery.scheduling.types import Need, Season
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.orders import make_cart
from tests.factories.shop import make_open_shop


def test_the_page_and_the_order_ask_for_the_same(session: Session) -> None:
    make_open_shop(session)
    all_year = {"product__season_from": "01-01", "product__season_to": "12-31"}
    late = make_cake(make_minutes=45, lead_time_hours=48, product__name="Yalda cake", **all_year)
    # As long ahead as the other: which of the two is named must not depend on which was put in first.
    early = make_cake(make_minutes=20, lead_time_hours=48, product__name="Nowruz cake", **all_year)
    cart = make_cart((late, 2, "Laila"), (early, 1), (make_loaf(make_minutes=5), 3), token="browser")
    shown = need_of(load_cart(session, CartOwner(token_digest=ids.digest("browser"))).for_sale)
    assert shown == need_of(read_basket(session, cart)) == need_of(read_basket(session, cart)[::-1])
    assert (shown.lead_time_hours, shown.make_minutes, shown.forced_by) == (48, 90 + 20 + 15, "Yalda cake")
    names = [season.label for season in shown.seasons if isinstance(season, Season)]
    assert names == ["Nowruz cake", "Yalda cake"]


def test_what_is_no_longer_sold_asks_for_nothing(session: Session) -> None:
    make_open_shop(session)
    make_cart((make_cake(product__published_at=None), 2), token="browser")
    assert need_of(load_cart(session, CartOwner(token_digest=ids.digest("browser"))).for_sale) == Need()
