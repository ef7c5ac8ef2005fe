"""Customers in memory, the cards they keep, and pages that only save one."""

from __future__ import annotations

from dataclasses import replace

from bakery.integrations.gateway.card_port import CardOnHand, CustomerRequest, SetupPage, SetupRequest
from bakery.integrations.gateway.port import GatewayRefused

# What people type on a page: brand, last four digits, expiry, fingerprint.
TYPED = {
    "visa": ("visa", "4242", 12, 2034, "fp_visa"),
    "visa renewed": ("visa", "4242", 6, 2039, "fp_visa"),
    "mastercard": ("mastercard", "4444", 3, 2031, "fp_mastercard"),
    "amex": ("amex", "0005", 7, 2030, "fp_amex"),
    "old": ("visa", "1881", 1, 2020, "fp_old"),
}


class FakeCustomers:
    """The part of the fake that keeps customers and cards. `cards`: by payment method, as they stand."""

    customers: dict[str, CustomerRequest]
    cards: dict[str, CardOnHand]
    setups: dict[str, tuple[SetupRequest, SetupPage]]

    def create_customer(self, request: CustomerRequest) -> str:
        self._answer("create_customer")
        for customer_id, first in self.customers.items():
            if first.idempotency_key == request.idempotency_key:
                if first != request:
                    raise GatewayRefused("this key was used for something else", code="idempotency_error")
                return customer_id
        customer_id = f"cus_{len(self.customers) + 1}_{request.reference[-6:]}"
        self.customers[customer_id] = request
        self._worked()
        return customer_id

    def forget_keys(self) -> None:
        """A day has passed: the service knows no key of before."""
        self.customers = {
            key: replace(request, idempotency_key=f"forgotten {key}")
            for key, request in self.customers.items()
        }

    def find_customer(self, email: str, reference: str) -> str | None:
        self._answer("find_customer")
        for customer_id, request in self.customers.items():
            if (request.email, request.reference) == (email, reference):
                return customer_id
        return None

    def delete_customer(self, customer_id: str) -> None:
        self._answer("delete_customer")
        self.customers.pop(customer_id, None)
        for card in [card for card in self.cards.values() if card.customer_id == customer_id]:
            self.cards[card.payment_method_id] = replace(card, customer_id=None)
        self._worked()

    def give_card(self, payment_method_id: str, customer_id: str | None, typed: str = "visa") -> CardOnHand:
        """A card that somebody typed; kept for a customer if there is one."""
        self.cards[payment_method_id] = CardOnHand(payment_method_id, customer_id, *TYPED[typed])
        return self.cards[payment_method_id]

    def get_card(self, payment_method_id: str) -> CardOnHand:
        self._answer("get_card")
        if payment_method_id not in self.cards:
            raise GatewayRefused("no such payment method", code="resource_missing")
        return self.cards[payment_method_id]

    def detach_card(self, payment_method_id: str) -> None:
        self._answer("detach_card")
        card = self.cards.get(payment_method_id)
        if card is not None:
            self.cards[payment_method_id] = replace(card, customer_id=None)
        self._worked()

    def open_card_setup(self, request: SetupRequest) -> SetupPage:
        self._answer("open_card_setup")
        for first, page in self.setups.values():
            if first.idempotency_key == request.idempotency_key:
                if first != request:
                    raise GatewayRefused("this key was used for something else", code="idempotency_error")
                return self.setups[page.id][1]
        session_id = f"cs_setup_{len(self.setups) + 1}"
        page = SetupPage(session_id, "open", f"https://pay.saffron.test/{session_id}")
        self.setups[session_id] = (request, page)
        self._worked()
        return page

    def get_card_setup(self, session_id: str) -> SetupPage:
        self._answer("get_card_setup")
        if session_id not in self.setups:
            raise GatewayRefused("no such session", code="resource_missing")
        return self.setups[session_id][1]

    def expire_card_setup(self, session_id: str) -> SetupPage:
        self._answer("expire_card_setup")
        request, page = self.setups[session_id]
        if page.status != "open":
            raise GatewayRefused("only open sessions can be expired")
        self.setups[session_id] = (request, replace(page, status="expired", url=None))
        return self.setups[session_id][1]

    def finish_setup(self, session_id: str, typed: str = "visa") -> dict[str, object]:
        """What the customer does on such a page; answers the session as its event carries it."""
        request, page = self.setups[session_id]
        card = self.give_card(f"pm_{session_id}", request.customer_id, typed)
        done = replace(page, status="complete", url=None, payment_method_id=card.payment_method_id)
        self.setups[session_id] = (request, done)
        return setup_body(request, done)


def setup_body(request: SetupRequest, page: SetupPage) -> dict[str, object]:
    """A Checkout Session in setup mode as Stripe writes it, as far as the shop reads it."""
    return {
        "id": page.id,
        "object": "checkout.session",
        "mode": "setup",
        "status": page.status,
        "payment_status": "no_payment_required",
        "amount_total": None,
        "currency": None,
        "customer": request.customer_id,
        "payment_intent": None,
        "setup_intent": f"seti_{page.id}",
        "client_reference_id": request.reference,
        "metadata": {"reference": request.reference},
    }


def failed_setup_body(request: SetupRequest, page: SetupPage) -> dict[str, object]:
    """The SetupIntent of a page on which a card was refused, as its event carries it."""
    return {
        "id": f"seti_{page.id}",
        "object": "setup_intent",
        "status": "requires_payment_method",
        "customer": request.customer_id,
        "last_setup_error": {
            "type": "card_error",
            "code": "card_declined",
            "decline_code": "generic_decline",
        },
        "metadata": {"reference": request.reference},
    }
