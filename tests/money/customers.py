"""What customers do."""

from __future__ import annotations

from sqlalchemy import select
from stripe import StripeClient

from bakery.infra.db import db
from bakery.orders.placement import PlaceOrder
from bakery.orders.services import place_order
from bakery.payments import services
from bakery.payments.models import Payment
from bakery.payments.operations.attempts import CardOnFile
from bakery.scheduling.queries import earliest_pickup
from bakery.scheduling.types import Need
from sandbox.checkout import answer_bank
from tests.factories.orders import make_cart
from tests.money.base import BASE, Base
from tests.payments.cards import agreed


class Customers(Base):
    """The moves of customers."""

    def place(self, picks: list[tuple[int, int]], days_ahead: int = 1) -> str:
        """Order so many of these variants for the earliest slot from then on. Far enough ahead a deposit is asked."""
        lines = {self.variants[which % len(self.variants)]: quantity for which, quantity in picks}
        cart = make_cart(*lines.items())
        slot = earliest_pickup(db.session(), Need(lead_time_hours=24 * days_ahead, make_minutes=0))
        assert slot is not None
        total = sum(variant.price_cents * quantity for variant, quantity in lines.items())
        wish = PlaceOrder(
            cart_id=cart.id,
            checkout_key=cart.checkout_key,
            name="Laila Rahimi",
            email=f"laila{cart.id}@saffron.test",
            phone="+61491570156",
            starts_at=slot.starts_at,
            accepted_total_cents=total,
        )
        self.orders.append(place_order(wish))
        return "placed"

    def open_page(self, order_id: int) -> str:
        services.start_checkout(order_id, self.gateway, BASE)
        return "opened"

    def pay(self, order_id: int, card: str, *, answers: bool = True) -> str:
        """On the page that is open; a bank that asks is answered, well or badly."""
        page = self.page_of(order_id)
        if page is None:
            return "no page"
        self.box.pay(page, card=card, authenticate=answers)
        return "paid"

    def charge(self, order_id: int, kind: str, *, answers: bool = True, off_session: bool = False) -> str:
        """A card that was saved before is charged; a bank that asks is answered, well or badly."""
        if off_session:
            agreed(order_id, self.card(kind))
        charged = services.charge_saved_card(
            order_id, self.card(kind), self.gateway, BASE, off_session=off_session
        )
        intent_id = db.session.get_one(Payment, charged.payment_id).payment_intent_id
        db.session.rollback()
        if charged.url:
            answer_bank(self.box.world, str(intent_id), answers)
        return str(charged.outcome)

    def card(self, kind: str) -> CardOnFile:
        """A customer's saved card at Stripe, by the name of the ready-made test card."""
        if kind not in self.cards:
            self.box.clear_faults("stripe")
            stripe = StripeClient("sk_test_saffron", base_addresses={"api": self.box.url}).v1
            customer = stripe.customers.create(params={"email": "laila@saffron.test"}).id
            method = stripe.payment_methods.attach(kind, params={"customer": customer}).id
            self.cards[kind] = CardOnFile(customer, method)
        return self.cards[kind]

    def close_page(self, order_id: int) -> str:
        page = self.page_of(order_id)
        if page is None:
            return "no page"
        self.box.expire(page)
        return "closed"

    def page_of(self, order_id: int) -> str | None:
        """The latest page, open or not: a browser may still show it."""
        query = select(Payment.session_id).where(
            Payment.order_id == order_id, Payment.session_id.is_not(None)
        )
        return db.session.scalar(query.order_by(Payment.id.desc()).limit(1))
