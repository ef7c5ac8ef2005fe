"""Steps on carts inside somebody else's transaction. The cart's row lock orders everything done to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.catalog.models import Product, Variant
from bakery.core import clock, ids
from bakery.core.errors import Conflict, Invalid, NotFound
from bakery.orders.cart_message import clean_message
from bakery.orders.cart_owner import CartOwner
from bakery.orders.cart_queries import is_on_sale
from bakery.orders.models import Cart, CartLine
from bakery.shop.queries import get_profile
from bakery.stock.models import StockLevel

MAX_LINES = 40
# So many are named in one sentence.
NAMED = 5


@dataclass(frozen=True, slots=True)
class Offer:
    """A variant as it can be bought now; `available` is None where it is made to order."""

    variant_id: int
    name: str
    price_cents: int
    max_per_order: int
    message_max: int
    available: int | None


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of a browser's lines: how many moved, which stayed, and of which there are fewer now."""

    moved: int = 0
    stayed: tuple[str, ...] = ()
    fewer: tuple[tuple[str, int], ...] = ()

    @property
    def sentences(self) -> list[str]:
        """What has to be said to the customer; nothing when all of it found its place."""
        said = [
            f"One order can have up to {count} × {name}, so that many are in your cart."
            for name, count in self.fewer
        ]
        if self.stayed:
            names = "; ".join(self.stayed[:NAMED])
            more = len(self.stayed) - NAMED
            names += f"; and {more} more" if more > 0 else ""
            said.append(
                f"Your cart holds up to {MAX_LINES} different things, so some of what you chose before you "
                f"signed in did not fit: {names}. It waits in this browser: make room, sign out and in "
                "again, and it moves over."
            )
        return said


def lock_cart(session: Session, owner: CartOwner) -> Cart:
    """The owner's cart under lock. Raises NotFound when there is none."""
    cart = session.scalar(select(Cart).where(owner.owns()).with_for_update(key_share=True))
    if cart is None:
        raise NotFound("That is not in your cart any more.")
    return cart


def make_cart(session: Session, owner: CartOwner) -> Cart:
    """The owner's cart under lock, made first if there is none; two makers at once get the same one."""
    session.execute(
        insert(Cart)
        .values(user_id=owner.user_id, token_digest=None if owner.user_id else owner.token_digest)
        .values(checkout_key=ids.new_secret())
        .on_conflict_do_nothing()
    )
    return lock_cart(session, owner)


def lock_line(session: Session, cart: Cart, line_id: int) -> CartLine:
    """A line of this cart. Another cart's line is as unknown as no line at all."""
    line = session.scalar(select(CartLine).where(CartLine.id == line_id, CartLine.cart_id == cart.id))
    if line is None:
        raise NotFound("That is not in your cart any more.")
    return line


def read_offer(session: Session, variant_id: int) -> Offer:
    """What a variant costs and how much of it there is. Refuses what is not on sale, naming `variant_id`."""
    found = session.execute(
        select(Variant, Product, (StockLevel.on_hand - StockLevel.reserved).label("available"))
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .where(Variant.id == variant_id)
    ).one_or_none()
    zone = get_profile(session).time_zone
    if found is None or not is_on_sale(found.Product, found.Variant, clock.now(), zone):
        raise Invalid("We do not sell that at the moment. Please choose something else.", field="variant_id")
    variant, product = found.Variant, found.Product
    return Offer(
        variant.id,
        f"{product.name}, {variant.name}",
        variant.price_cents,
        variant.max_per_order,
        product.message_max,
        found.available,
    )


def check_quantity(session: Session, cart: Cart, offer: Offer, wanted: int, *, besides: int | None) -> None:
    """Refuse more than one order may have, and more than there is; other lines of the variant count.

    `besides` is the line that `wanted` replaces, if any.
    """
    others = session.scalar(
        select(func.coalesce(func.sum(CartLine.quantity), 0)).where(
            CartLine.cart_id == cart.id,
            CartLine.variant_id == offer.variant_id,
            CartLine.id != (besides or 0),
        )
    )
    total = wanted + (others or 0)
    there = f" You already have {others} in your cart." if others else ""
    if total > offer.max_per_order:
        raise Invalid(
            f"One order can have up to {offer.max_per_order} × {offer.name}.{there}", field="quantity"
        )
    if offer.available is not None and total > offer.available:
        if offer.available <= 0:
            raise Conflict(f"{offer.name} has just sold out.", field="quantity")
        raise Conflict(f"There are only {offer.available} × {offer.name} left.{there}", field="quantity")


def put(session: Session, cart: Cart, offer: Offer, quantity: int, message: str) -> CartLine:
    """Add to the cart; the same variant with the same message adds up."""
    wording = clean_message(message, offer.message_max)
    line = find_twin(session, cart, offer.variant_id, wording)
    wanted = quantity + (line.quantity if line else 0)
    check_quantity(session, cart, offer, wanted, besides=line.id if line else None)
    if line is None:
        _check_room(session, cart)
        line = CartLine(cart_id=cart.id, variant_id=offer.variant_id, message=wording)
        session.add(line)
    line.quantity = wanted
    line.seen_price_cents = offer.price_cents
    touch(cart)
    session.flush()
    return line


def find_twin(session: Session, cart: Cart, variant_id: int, message: str) -> CartLine | None:
    """The line that already has this variant with this message."""
    return session.scalar(
        select(CartLine).where(
            CartLine.cart_id == cart.id, CartLine.variant_id == variant_id, CartLine.message == message
        )
    )


def touch(cart: Cart) -> None:
    """Note that the cart was used; forgotten carts are the ones nobody touched for long."""
    cart.updated_at = clock.now()


def empty_cart(session: Session, cart: Cart) -> None:
    """What `place_order` does when the cart has become an order: no lines, and a fresh checkout key."""
    session.execute(delete(CartLine).where(CartLine.cart_id == cart.id))
    cart.checkout_key = ids.new_secret()
    touch(cart)


def merge_carts(session: Session, token_digest: str | None, user_id: int) -> Merged:
    """Move a browser's lines into the cart of the person who just signed in. Nothing of theirs gives way.

    Same variant and message add up, to at most what one order may have; other messages stay separate. What
    finds no room stays in the browser's cart. Stock and prices are looked at again when the cart is shown.
    Twice, or with no such cart, does nothing.
    """
    if not token_digest:
        return Merged()
    browsers = CartOwner(token_digest=token_digest)
    if session.scalar(select(CartLine.id).join(Cart).where(browsers.owns()).limit(1)) is None:
        return Merged()
    mine = make_cart(session, CartOwner(user_id=user_id))
    theirs = session.scalar(select(Cart).where(browsers.owns()).with_for_update(key_share=True))
    if theirs is None:
        return Merged()
    merged = _move_lines(session, theirs, mine)
    if not merged.stayed:
        session.execute(delete(Cart).where(Cart.id == theirs.id))
    touch(mine)
    return merged


def delete_old(session: Session, before: datetime) -> int:
    """Delete the carts nobody has touched since `before`. Answers how many."""
    result = session.execute(delete(Cart).where(Cart.updated_at < before))
    assert isinstance(result, CursorResult)
    return result.rowcount


def _move_lines(session: Session, theirs: Cart, mine: Cart) -> Merged:
    rows = session.execute(
        select(CartLine, Variant, Product.name)
        .join(Variant, Variant.id == CartLine.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(CartLine.cart_id == theirs.id)
        .order_by(CartLine.id)
    ).all()
    moved, stayed, fewer = 0, [], []
    room = MAX_LINES - _count_lines(session, mine)
    for line, variant, product in rows:
        name = f"{product}, {variant.name}"
        twin = find_twin(session, mine, variant.id, line.message)
        if twin is not None:
            if not _add_up(twin, line, variant.max_per_order):
                fewer.append((name, twin.quantity))
            session.delete(line)
        elif room > 0:
            session.execute(update(CartLine).where(CartLine.id == line.id).values(cart_id=mine.id))
            room -= 1
        else:
            stayed.append(name)
            continue
        moved += 1
    session.flush()
    return Merged(moved, tuple(stayed), tuple(fewer))


def _add_up(twin: CartLine, line: CartLine, most: int) -> bool:
    """Whether all of a line found a place beside its twin."""
    wanted = twin.quantity + line.quantity
    twin.quantity = max(twin.quantity, min(wanted, most))
    return twin.quantity == wanted


def _count_lines(session: Session, cart: Cart) -> int:
    return session.scalar(select(func.count()).where(CartLine.cart_id == cart.id)) or 0


def _check_room(session: Session, cart: Cart) -> None:
    if _count_lines(session, cart) >= MAX_LINES:
        raise Conflict(f"A cart holds up to {MAX_LINES} different things. Please order these first.")
