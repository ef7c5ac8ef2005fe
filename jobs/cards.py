"""Card jobs: what Stripe keeps for a customer, and what it is to forget."""

from __future__ import annotations

from bakery.integrations.adapters import adapters
from bakery.payments import services
from jobs.periodic import periodic


def keep_card(payment_id: int) -> None:
    """Keep the card that paid, as its customer agreed."""
    services.keep_card(payment_id, adapters().gateway)


def keep_set_up_card(setup_id: int) -> None:
    """Put a card that was added in the account on its owner's list."""
    services.keep_set_up_card(setup_id, adapters().gateway)


def close_card_setup(setup_id: int) -> None:
    """Close a page on which too many cards were refused."""
    services.close_card_setup(setup_id, adapters().gateway)


def detach_card(payment_method_id: str) -> None:
    """Let Stripe forget a card."""
    services.detach_card(payment_method_id, adapters().gateway)


def delete_customer(row_id: int) -> None:
    """Let Stripe forget a customer."""
    services.delete_customer(row_id, adapters().gateway)


def let_go(order_id: int) -> None:
    """Let go of a card that was kept for the rest of an order."""
    services.let_go(order_id)


@periodic("let_go_of_cards")
def let_go_of_all() -> str:
    """Let go of every card that was kept for a rest that is paid, or will not be charged."""
    return f"{services.let_go_of_all()} agreements looked at"


@periodic("follow_card_setups")
def follow_card_setups() -> str:
    """Ask Stripe about pages for cards of which it never told."""
    return f"{services.follow_card_setups(adapters().gateway)} pages looked at"
