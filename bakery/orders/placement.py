"""The steps of placing an order, inside the one transaction of `services.place_order`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.core import clock, ids
from bakery.core.actor import Actor
from bakery.core.errors import Invalid
from bakery.core.money import Money
from bakery.infra.formats import money
from bakery.orders import basket, deposit_terms, snapshot
from bakery.orders.basket import BasketLine
from bakery.orders.business import NOBODY, Business
from bakery.orders.deposit_terms import Terms
from bakery.orders.errors import CartChanged, DepositChanged, PriceDifference, PricesChanged
from bakery.orders.models import Cart, Order, OrderEvent
from bakery.orders.states import OrderStatus
from bakery.people.consents import enter
from bakery.people.models import ConsentChannel
from bakery.pricing.cancellation import tiers_of
from bakery.pricing.totals import Totals
from bakery.scheduling import operations as scheduling
from bakery.shop.models import Shop
from bakery.stock import operations as stock

# What is held outlives the pay page, which closes after `checkout_minutes`: a bank's question answered in
# its last second is in time, and nobody pays for what has just gone to somebody else.
GRACE = timedelta(minutes=5)
_NUMBER_TRIES = 5


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """Somebody ticked a box: for which channel, and beside which words."""

    channel: ConsentChannel
    wording: str


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """What the checkout page sends. `accepted_total_cents` is the total that the page showed,
    `accepted_deposit_cents` the deposit it spoke of (by the rules, however near the pickup); None: not said.
    """

    cart_id: int
    checkout_key: str
    name: str
    email: str
    phone: str
    starts_at: datetime
    accepted_total_cents: int
    accepted_deposit_cents: int | None = None
    note: str = ""
    business: Business = NOBODY
    consents: tuple[ConsentGiven, ...] = ()
    user_id: int | None = None
    ip: str | None = None
    checkout_minutes: int = 30
    most_unpaid: int = 3

    @property
    def actor(self) -> Actor:
        return Actor(self.user_id, "customer", self.ip)


def lock_cart(session: Session, wish: PlaceOrder) -> Cart | int:
    """Lock the cart; answers the id of the order instead if this checkout has been placed already.

    Whoever sends the same checkout again waits for the lock and then finds the order. Refuses with
    CartChanged a page that belongs to neither.
    """
    cart = session.scalar(
        select(Cart)
        .where(Cart.id == wish.cart_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    # Of this cart or this account: whoever sends a key of somebody else's page does not get their order.
    theirs = [Order.cart_id == wish.cart_id]
    if wish.user_id is not None:
        theirs.append(Order.user_id == wish.user_id)
    earlier = session.scalar(select(Order.id).where(Order.checkout_key == wish.checkout_key, or_(*theirs)))
    if earlier is not None:
        return earlier
    if cart is None or cart.checkout_key != wish.checkout_key:
        raise CartChanged("Your cart has changed since this page was opened. Please look at it again.")
    return cart


def read(session: Session, cart: Cart, shop: Shop) -> list[BasketLine]:
    """The cart's lines, checked. Refuses an empty cart and lines that cannot be ordered."""
    lines = basket.read_basket(session, cart)
    if not lines:
        raise CartChanged("Your cart is empty, so there is nothing to order.")
    basket.check_basket(lines, clock.now(), shop.time_zone)
    return lines


def check_contact(wish: PlaceOrder) -> None:
    """Refuse a contact that cannot be reached or kept; the form says the same more kindly."""
    if not wish.name.strip() or len(wish.name) > 120:
        raise Invalid("Tell us your name, in up to 120 characters.", field="name")
    if "@" not in wish.email or len(wish.email) > 254:
        raise Invalid("Enter an email address such as name@example.com.", field="email")
    if not wish.phone.strip() or len(wish.phone) > 20:
        raise Invalid("Enter a phone number of up to 20 digits.", field="phone")
    if len(wish.note) > 2000:
        raise Invalid("Keep the note under 2,000 characters.", field="note")
    wish.business.check()


def refuse_other_total(wish: PlaceOrder, lines: Sequence[BasketLine], totals: Totals, currency: str) -> None:
    """Refuse with the differences when the total is not the one that the customer accepted."""
    if totals.total_cents == wish.accepted_total_cents:
        return
    differences = [
        PriceDifference(line.name, line.quantity, line.seen_price_cents, line.variant.price_cents)
        for line in lines
        if line.seen_price_cents != line.variant.price_cents
    ]
    now, before = (Money(cents, currency) for cents in (totals.total_cents, wish.accepted_total_cents))
    raise PricesChanged(
        f"The total is {money(now)} now, not {money(before)}. Please look again before you order.",
        wish.accepted_total_cents,
        totals.total_cents,
        differences,
    )


def agree_deposit(
    session: Session, wish: PlaceOrder, shop: Shop, lines: Sequence[BasketLine], totals: Totals
) -> Terms:
    """What is paid first and when the rest is due. Refuses (DepositChanged) where the page spoke of another deposit."""
    parts = deposit_terms.parts_of(totals, [line.product for line in lines])
    asked = deposit_terms.deposit_asked(parts, shop)
    if wish.accepted_deposit_cents not in (None, asked):
        raise DepositChanged("What you pay now has changed. Please look at it again before you order.")
    return deposit_terms.agree(session, parts, shop, wish.starts_at)


def write_order(
    session: Session,
    wish: PlaceOrder,
    shop: Shop,
    lines: Sequence[BasketLine],
    totals: Totals,
    terms: Terms = deposit_terms.EVERYTHING,
) -> Order:
    """The order with its lines as they are now. A number that exists already is drawn anew."""
    now = clock.now()
    order = insert_order(
        session,
        {
            "secret": ids.new_secret(),
            "checkout_key": wish.checkout_key,
            "user_id": wish.user_id,
            "cart_id": wish.cart_id,
            "contact_name": wish.name.strip(),
            "contact_email": wish.email.strip(),
            "contact_phone": wish.phone.strip(),
            "business_name": wish.business.name.strip(),
            "business_abn": wish.business.abn,
            "customer_note": wish.note.strip(),
            "currency": shop.currency,
            "total_cents": totals.total_cents,
            "tax_cents": totals.tax_cents,
            "prices_include_tax": shop.prices_include_tax,
            "pickup_at": wish.starts_at,
            "time_zone": shop.time_zone,
            "has_cake": any(line.product.is_cake for line in lines),
            "snapshot": snapshot.shop_snapshot(shop, totals, terms.kept_cents),
            **deposit_terms.columns(
                terms,
                Money(totals.total_cents, shop.currency),
                shop.time_zone,
                tiers_of(shop.cancellation_tiers),
            ),
            "placed_at": now,
            "placed_ip": wish.ip,
            "hold_expires_at": now + timedelta(minutes=wish.checkout_minutes) + GRACE,
        },
    )
    allergens = snapshot.read_allergens(session, (line.product.id for line in lines))
    for position, (line, priced) in enumerate(zip(lines, totals.lines, strict=True), start=1):
        row = snapshot.snapshot_line(line, priced, position, allergens[line.product.id])
        row.order_id = order.id
        session.add(row)
    session.flush()
    return order


def hold(session: Session, order: Order, lines: Sequence[BasketLine]) -> None:
    """Hold stock, then the slot. Refuses with OutOfStock or SlotGone."""
    stock.hold(session, order.ref, basket.quantities(lines), order.hold_expires_at)
    slot = scheduling.hold(
        session, order.ref, order.pickup_at, basket.need_of(lines), order.hold_expires_at, order.placed_at
    )
    order.slot_id = slot.id


def begin_history(session: Session, order: Order, wish: PlaceOrder) -> None:
    """The first row of the order's history, and what was consented to beside it."""
    actor = wish.actor
    session.add(
        OrderEvent(
            order_id=order.id,
            at=order.placed_at,
            kind="status",
            to_state=OrderStatus.PENDING_PAYMENT,
            reason="placed",
            actor_id=actor.id,
            actor_label=actor.label,
        )
    )
    for consent in wish.consents:
        email = consent.channel == ConsentChannel.EMAIL
        enter(
            session,
            consent.channel,
            order.contact_email if email else order.contact_phone,
            True,
            wording=consent.wording,
            source="checkout",
            user_id=wish.user_id,
            ip=wish.ip,
        )


def insert_order(session: Session, values: dict[str, object]) -> Order:
    """The order's row under a new number. A number that exists already is drawn anew."""
    for left in range(_NUMBER_TRIES - 1, -1, -1):
        order = Order(number=ids.new_number(), **values)
        try:
            with session.begin_nested():
                session.add(order)
            return order
        except IntegrityError as error:
            if left == 0 or "uq_shop_order_number" not in str(error.orig):
                raise
    raise AssertionError("unreachable")
