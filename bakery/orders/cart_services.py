"""What a person does with a cart, one transaction each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bakery.catalog.models import Product, Variant
from bakery.core import clock
from bakery.core.errors import DomainError, Invalid
from bakery.infra.transaction import transaction
from bakery.orders.cart_message import clean_message
from bakery.orders.cart_operations import (
    Merged,
    check_quantity,
    delete_old,
    find_twin,
    lock_cart,
    lock_line,
    make_cart,
    merge_carts,
    put,
    read_offer,
    touch,
)
from bakery.orders.cart_owner import CartOwner
from bakery.orders.models import Cart, CartLine, OrderLine

KEEP_CARTS = timedelta(days=60)
MAX_QUANTITY = 1000


@dataclass(frozen=True, slots=True)
class Changed:
    """What was done, in words for a toast, and enough to undo a removal."""

    line_id: int
    name: str
    variant_id: int
    quantity: int
    message: str


def add_item(owner: CartOwner, variant_id: int, quantity: int, message: str = "") -> Changed:
    """Put something into the cart, making the cart first if need be.

    Refuses, naming the field: what is not on sale, more than one order may have or than there is, and a
    message that cannot be piped.
    """
    _check_sane(quantity)
    with transaction() as session:
        offer = read_offer(session, variant_id)
        cart = make_cart(session, owner)
        line = put(session, cart, offer, quantity, message)
        return Changed(line.id, offer.name, variant_id, line.quantity, line.message)


def change_item(
    owner: CartOwner, line_id: int, *, quantity: int | None = None, message: str | None = None
) -> Changed:
    """Set a line's quantity (0 removes it), its message, or both. Refuses as `add_item` does."""
    if quantity == 0:
        return remove_item(owner, line_id)
    if quantity is not None:
        _check_sane(quantity)
    with transaction() as session:
        cart = lock_cart(session, owner)
        line = lock_line(session, cart, line_id)
        offer = read_offer(session, line.variant_id)
        if message is not None:
            line = _reword(session, cart, line, clean_message(message, offer.message_max))
        wanted = line.quantity if quantity is None else quantity
        # Fewer is always fine, also while there is not enough even for that: the page says what to do.
        if wanted > line.quantity or message is not None:
            check_quantity(session, cart, offer, wanted, besides=line.id)
        line.quantity = wanted
        touch(cart)
        return Changed(line.id, offer.name, line.variant_id, wanted, line.message)


def remove_item(owner: CartOwner, line_id: int) -> Changed:
    """Take a line out; answers what it was, so that it can be put back."""
    with transaction() as session:
        cart = lock_cart(session, owner)
        line = lock_line(session, cart, line_id)
        name = _name_of(session, line.variant_id)
        gone = Changed(line.id, name, line.variant_id, line.quantity, line.message)
        session.delete(line)
        touch(cart)
        return gone


def accept_prices(owner: CartOwner) -> None:
    """Note that the customer has seen today's prices and goes on."""
    with transaction() as session:
        cart = lock_cart(session, owner)
        price = select(Variant.price_cents).where(Variant.id == CartLine.variant_id).scalar_subquery()
        session.execute(update(CartLine).where(CartLine.cart_id == cart.id).values(seen_price_cents=price))
        touch(cart)


def refill(owner: CartOwner, order_id: int) -> list[str]:
    """Put an order's lines back into the cart. Answers one sentence for each that could not be had."""
    missing: list[str] = []
    with transaction() as session:
        cart = make_cart(session, owner)
        lines = session.scalars(
            select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.position)
        ).all()
        for line in lines:
            if line.variant_id is None:
                missing.append(
                    f"{line.product_name}, {line.variant_name}: made for one customer, so ask us again."
                )
                continue
            try:
                offer = read_offer(session, line.variant_id)
                put(session, cart, offer, line.quantity, line.message)
            except DomainError as error:
                missing.append(f"{line.product_name}, {line.variant_name}: {error.message}")
    return missing


def claim_cart(token_digest: str, user_id: int) -> Merged:
    """Give a browser's cart to the person who has just signed in on it, and tell what became of it."""
    with transaction() as session:
        return merge_carts(session, token_digest, user_id)


def forget_old_carts() -> int:
    """Delete carts that nobody has touched for `KEEP_CARTS`. Answers how many."""
    with transaction() as session:
        return delete_old(session, clock.now() - KEEP_CARTS)


def _check_sane(quantity: int) -> None:
    if not 1 <= quantity <= MAX_QUANTITY:
        raise (
            Invalid("Please choose a quantity of at least 1.", field="quantity")
            if quantity < 1
            else Invalid(
                "That is more than we can bake. Please ring us about large orders.", field="quantity"
            )
        )


def _reword(session: Session, cart: Cart, line: CartLine, message: str) -> CartLine:
    twin = find_twin(session, cart, line.variant_id, message)
    if twin is None or twin.id == line.id:
        line.message = message
        return line
    twin.quantity += line.quantity
    session.execute(delete(CartLine).where(CartLine.id == line.id))
    session.expire(cart)
    return twin


def _name_of(session: Session, variant_id: int) -> str:
    row = session.execute(
        select(Product.name, Variant.name.label("size")).join(Variant).where(Variant.id == variant_id)
    ).one()
    return f"{row.name}, {row.size}"
