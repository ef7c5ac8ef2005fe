"""Customers at Stripe, their saved cards, and what they agreed to. Never a card's number or its security code."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, false, func
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, mapped_column

from bakery.core import clock
from bakery.infra.db import Base, Id, in_states
from bakery.payments.card_words import card_name


class StripeCustomer(Base):
    """Who somebody is at Stripe: a user, or a guest for one order whose rest their card is to pay.

    The row is committed before Stripe is asked. Its lock orders whatever happens to the cards of this customer.
    """

    __tablename__ = "stripe_customer"
    __table_args__ = (CheckConstraint("(user_id IS NULL) <> (order_id IS NULL)", name="of_one"),)

    id: Mapped[Id]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), unique=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("shop_order.id"), unique=True)
    # Stripe's id; none before it answered.
    customer_id: Mapped[str | None] = mapped_column(String(120), unique=True)
    idempotency_key: Mapped[str] = mapped_column(String(80), unique=True)
    # As Stripe was told it: a second try says the same word for word. Empty once Stripe has forgotten them.
    email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    removed_at: Mapped[datetime | None]

    @property
    def reference(self) -> str:
        """By which Stripe's customer names its row here, should Stripe's answer be lost."""
        return self.idempotency_key


class SavedCard(Base):
    """A card of a user that Stripe keeps: what it is called on a list, and when it runs out."""

    __tablename__ = "saved_card"
    __table_args__ = (
        CheckConstraint("expiry_month BETWEEN 1 AND 12", name="month_sane"),
        CheckConstraint("last_four ~ '^[0-9]{0,4}$'", name="last_four_only"),
        CheckConstraint("removed_at IS NULL OR NOT is_default", name="removed_is_no_default"),
        Index(
            "uq_saved_card_default",
            "user_id",
            unique=True,
            postgresql_where="is_default AND removed_at IS NULL",
        ),
        # The same card twice is one card.
        Index(
            "uq_saved_card_same",
            "user_id",
            "fingerprint",
            unique=True,
            postgresql_where="removed_at IS NULL AND fingerprint <> ''",
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    payment_method_id: Mapped[str] = mapped_column(String(120), unique=True)
    brand: Mapped[str] = mapped_column(String(30))
    last_four: Mapped[str] = mapped_column(String(4))
    expiry_month: Mapped[int]
    expiry_year: Mapped[int]
    # Stripe's word for the card itself, whoever saves it and however often.
    fingerprint: Mapped[str] = mapped_column(String(60), default="")
    is_default: Mapped[bool] = mapped_column(default=False, server_default=false())
    added_at: Mapped[datetime] = mapped_column(server_default=func.now())
    removed_at: Mapped[datetime | None]

    @property
    def name(self) -> str:
        """`Visa ending 4242`."""
        return card_name(self.brand, self.last_four)

    @property
    def expired(self) -> bool:
        """A card is good until the end of its month, wherever its bank is."""
        today = clock.now()
        return (self.expiry_year, self.expiry_month) < (today.year, today.month)


class ConsentKind(StrEnum):
    SAVE_CARD = "save_card"
    CHARGE_REST = "charge_rest"


class CardConsent(Base):
    """Somebody agreed to what is done with their card, or took that back: when, where, to which words. Append-only."""

    __tablename__ = "card_consent"
    __table_args__ = (in_states("kind", ConsentKind),)

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(20))
    granted: Mapped[bool]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("shop_order.id"), index=True)
    wording: Mapped[str] = mapped_column(Text)
    wording_version: Mapped[str] = mapped_column(String(20))
    ip: Mapped[str | None] = mapped_column(INET)
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class CardMandate(Base):
    """The rest of an order is to be charged to the card that paid its deposit. In force once that card is known."""

    __tablename__ = "card_mandate"

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), unique=True)
    customer_id: Mapped[str] = mapped_column(String(120))
    # None until Stripe has told which card paid the deposit.
    payment_method_id: Mapped[str | None] = mapped_column(String(120), index=True)
    # What a person calls the card: "visa", "4242".
    brand: Mapped[str] = mapped_column(String(30), default="", server_default="")
    last_four: Mapped[str] = mapped_column(String(4), default="", server_default="")
    wording: Mapped[str] = mapped_column(Text)
    wording_version: Mapped[str] = mapped_column(String(20))
    agreed_at: Mapped[datetime]
    ip: Mapped[str | None] = mapped_column(INET)
    revoked_at: Mapped[datetime | None]
    # Its card is kept at Stripe for this alone no longer.
    released_at: Mapped[datetime | None]


class SetupState(StrEnum):
    """CREATED: committed, Stripe not yet heard. OPEN: a page waits for a card. DONE: its card is saved."""

    CREATED = "CREATED"
    OPEN = "OPEN"
    DONE = "DONE"
    EXPIRED = "EXPIRED"


class CardSetup(Base):
    """A user adds a card without buying anything: one page of Stripe's."""

    __tablename__ = "card_setup"
    __table_args__ = (
        in_states("state", SetupState),
        # A double click opens one page.
        Index("uq_card_setup_open", "user_id", unique=True, postgresql_where="state IN ('CREATED', 'OPEN')"),
        Index("ix_card_setup_tried_from", "tried_from", "refused_at"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    state: Mapped[str] = mapped_column(String(20), default=SetupState.CREATED)
    idempotency_key: Mapped[str] = mapped_column(String(80), unique=True)
    session_id: Mapped[str | None] = mapped_column(String(120), unique=True)
    url: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    # How many cards were refused there, and when the last one was.
    refused_cards: Mapped[int] = mapped_column(default=0, server_default="0")
    refused_at: Mapped[datetime | None]
    # Whose connection opened the page (a household's IPv6 addresses are one).
    tried_from: Mapped[str] = mapped_column(String(64), default="", server_default="")
