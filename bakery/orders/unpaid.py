"""How many orders one person may leave unpaid at a time: what waits for nobody is missing to everybody."""

from __future__ import annotations

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.orders.errors import TooManyUnpaid
from bakery.orders.models import Cart, Order
from bakery.orders.placement import PlaceOrder
from bakery.orders.states import OrderStatus


def refuse_too_many(session: Session, wish: PlaceOrder, cart: Cart) -> None:
    """Refuse with TooManyUnpaid when `most_unpaid` orders of this person, or from this cart, wait for money.

    A person is the account that is signed in, else the email address: what strangers order under somebody's
    address does not stop its owner, once signed in. The cart's lock and a lock on the person make those who
    come at once wait for each other. Whoever pays, takes an order back or lets its time run out may place the
    next one.
    """
    if wish.user_id is not None:
        who, theirs = f"user:{wish.user_id}", Order.user_id == wish.user_id
    else:
        email = wish.email.strip().lower()
        who, theirs = email, func.lower(Order.contact_email) == email
    # Taken after the cart and before stock, by everybody; given back with the transaction.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"unpaid:{who}", 0))))
    rows = session.execute(
        select(Order.number, theirs.label("theirs"), (Order.cart_id == cart.id).label("same_cart"))
        .where(
            Order.status == OrderStatus.PENDING_PAYMENT,
            Order.hold_expires_at > clock.now(),
            # What the bakery offered to make is held by its own choice.
            Order.cart_id.is_not(None),
            or_(theirs, Order.cart_id == cart.id),
        )
        .order_by(Order.id)
    ).all()
    of_cart = [row.number for row in rows if row.same_cart]
    of_person = [row.number for row in rows if row.theirs]
    own = of_cart if wish.user_id is None or len(of_cart) >= wish.most_unpaid else of_person
    if len(own) >= wish.most_unpaid:
        raise TooManyUnpaid(
            f"You have {len(own)} orders that are not paid yet, and we hold what is in them for you. "
            "Please pay for one of them, or press “Change the order” there, before you place another.",
            own,
        )
    if len(of_person) >= wish.most_unpaid:
        raise TooManyUnpaid(
            # No number: whoever is not signed in may ask about anybody's address.
            "Too many orders under this email address are not paid yet. Please pay for one of them, "
            "or press “Change the order” there, before you place another. If they are not yours, use another "
            "address or ring us.",
            of_person,
        )
