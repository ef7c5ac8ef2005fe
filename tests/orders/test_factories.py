from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.orders.models import CartLine, Order, OrderLine
from bakery.stock.models import StockLevel
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.orders import OrderFactory, make_cart, make_order
from tests.factories.shop import make_open_shop


def test_what_the_factories_arrange_outlives_a_rolled_back_session(session: Session) -> None:
    make_open_shop(session, capacity_orders=1)
    cake, loaf = make_cake(stock=20), make_loaf()
    cart = make_cart((cake, 2, "Happy 40th"), (loaf, 1))
    order = make_order((cake, 1), (loaf, 2), confirmed=True)
    session.rollback()
    assert session.scalars(select(CartLine.message).where(CartLine.cart_id == cart.id)).all() == [
        "Happy 40th",
        "",
    ]
    assert session.get_one(StockLevel, cake.id).on_hand == 20
    assert session.get_one(Order, order.id).total_cents == 8600 + 1800
    assert len(session.scalars(select(OrderLine)).all()) == 2
    assert OrderFactory(expired=True).status == "EXPIRED"
    assert make_cart(user_id=None).token_digest
