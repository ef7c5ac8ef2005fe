"""Cart and order. An order is a snapshot: nothing in it changes when the menu does."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bakery.core import clock
from bakery.core.money import Money
from bakery.infra.db import Base, Cents, Id, in_states
from bakery.orders.states import AGREED, STILL_DUE, OrderStatus, PaymentStatus


class Cart(Base):
    """Lines somebody is collecting: a user's, or an anonymous browser's (by token digest)."""

    __tablename__ = "cart"
    __table_args__ = (
        CheckConstraint("(user_id IS NULL) <> (token_digest IS NULL)", name="one_owner"),
        Index("ix_cart_updated_at", "updated_at"),
    )

    id: Mapped[Id]
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), unique=True
    )
    token_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    # One cart content is placed once: renewed after each placed order.
    checkout_key: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())

    lines: Mapped[list[CartLine]] = relationship(
        order_by="CartLine.id", lazy="raise_on_sql", cascade="all, delete-orphan"
    )


class CartLine(Base):
    __tablename__ = "cart_line"
    __table_args__ = (
        UniqueConstraint("cart_id", "variant_id", "message"),
        CheckConstraint("quantity BETWEEN 1 AND 1000", name="quantity_sane"),
    )

    id: Mapped[Id]
    cart_id: Mapped[int] = mapped_column(ForeignKey("cart.id", ondelete="CASCADE"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    quantity: Mapped[int]
    message: Mapped[str] = mapped_column(String(400), default="")
    # The price the customer last saw and accepted; a different price today is shown and asked.
    seen_price_cents: Mapped[Cents]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Order(Base):
    """What was placed."""

    __tablename__ = "shop_order"
    __table_args__ = (
        in_states("status", OrderStatus),
        in_states("payment_status", PaymentStatus),
        CheckConstraint(
            "total_cents >= 0 AND tax_cents >= 0 AND tax_cents <= total_cents", name="amounts_sane"
        ),
        CheckConstraint(
            "deposit_cents >= 0 AND (deposit_cents = 0 OR deposit_cents < total_cents)", name="deposit_sane"
        ),
        CheckConstraint("payment_status <> 'DEPOSIT_PAID' OR deposit_cents > 0", name="deposit_asked"),
        CheckConstraint("deposit_kept_cents BETWEEN 0 AND deposit_cents", name="deposit_kept_sane"),
        # The kitchen sees nothing unpaid that nobody has let through.
        CheckConstraint(
            "status IN ('PENDING_PAYMENT', 'EXPIRED', 'CANCELLED') OR payment_status <> 'UNPAID' OR total_cents = 0"
            " OR released_at IS NOT NULL",
            name="unpaid_released",
        ),
        # Never captured less than refunded, and nothing given back twice.
        CheckConstraint("held_cents >= 0", name="held_sane"),
        CheckConstraint("credited_cents BETWEEN 0 AND total_cents", name="credited_sane"),
        CheckConstraint("business_abn = '' OR business_abn ~ '^[0-9]{11}$'", name="abn_digits"),
        Index("ix_shop_order_pickup", "pickup_at", "status"),
        Index("ix_shop_order_placed_at", "placed_at"),
        Index("ix_shop_order_balance", "balance_due_at", postgresql_where="balance_due_at IS NOT NULL"),
        Index("ix_shop_order_due", "pickup_at", postgresql_where=STILL_DUE),
        Index("ix_shop_order_hold", "hold_expires_at", postgresql_where="status = 'PENDING_PAYMENT'"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(12), unique=True)
    # The guest's key to this order: compared in constant time.
    secret: Mapped[str] = mapped_column(String(64))
    checkout_key: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    # Which cart it came from, asked while it waits for money. No foreign key: carts are forgotten, orders are not.
    cart_id: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(20), default=OrderStatus.PENDING_PAYMENT)
    payment_status: Mapped[str] = mapped_column(String(20), default=PaymentStatus.UNPAID)
    contact_name: Mapped[str] = mapped_column(String(120))
    contact_email: Mapped[str] = mapped_column(String(254), index=True)
    contact_phone: Mapped[str] = mapped_column(String(20))
    # Who buys, where it is a business; the ABN as eleven digits.
    business_name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    business_abn: Mapped[str] = mapped_column(String(11), default="", server_default="")
    customer_note: Mapped[str] = mapped_column(Text, default="")
    staff_note: Mapped[str] = mapped_column(Text, default="")
    currency: Mapped[str] = mapped_column(String(3))
    total_cents: Mapped[Cents]
    tax_cents: Mapped[Cents]
    # What is paid first, where not everything is; 0 where it is. Never changes once somebody pays (a trigger).
    deposit_cents: Mapped[Cents] = mapped_column(default=0, server_default="0")
    # What of it stays with the shop when the order is cancelled, and the words in which all of that was said.
    deposit_kept_cents: Mapped[Cents] = mapped_column(default=0, server_default="0")
    deposit_wording: Mapped[str] = mapped_column(Text, default="", server_default="")
    # The last second in which the rest is paid in time; None: by the time it is collected.
    balance_due_at: Mapped[datetime | None]
    # Staff let the kitchen start before anything was paid.
    released_at: Mapped[datetime | None]
    # Kept by the ledger alone (a trigger refuses anybody else): what came in less what went back, and by how much
    # refunds have lowered what it costs.
    held_cents: Mapped[Cents] = mapped_column(default=0, server_default="0")
    credited_cents: Mapped[Cents] = mapped_column(default=0, server_default="0")
    # The bakery placed it for a customer, who has not agreed to it and its terms: nobody pays for it yet.
    awaits_acceptance: Mapped[bool] = mapped_column(default=False, server_default=false())
    prices_include_tax: Mapped[bool]
    pickup_at: Mapped[datetime]
    time_zone: Mapped[str] = mapped_column(String(60))
    slot_id: Mapped[int | None] = mapped_column(ForeignKey("pickup_slot.id"))
    has_cake: Mapped[bool] = mapped_column(default=False)
    # The shop's name, ABN, address and terms version as they were.
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    placed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    # The internet address that it came from: what a bank asks first when somebody says it was not them.
    placed_ip: Mapped[str | None] = mapped_column(String(45))
    hold_expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    # Counts changes; what polls this order compares it.
    version: Mapped[int] = mapped_column(default=1)

    lines: Mapped[list[OrderLine]] = relationship(
        order_by="OrderLine.position", lazy="raise_on_sql", back_populates="order"
    )

    @property
    def is_bespoke(self) -> bool:
        """Whether the bakery placed it for a wish of its customer's: no cart did."""
        return self.cart_id is None

    @property
    def total(self) -> Money:
        return Money(self.total_cents, self.currency)

    @property
    def deposit(self) -> Money:
        """What is paid first; nothing where the whole price is."""
        return Money(self.deposit_cents, self.currency)

    @property
    def balance_due_on(self) -> date | None:
        """The date by which the rest is due, on the shop's calendar."""
        return self.balance_due_at and self.balance_due_at.astimezone(ZoneInfo(self.time_zone)).date()

    @property
    def asks_deposit(self) -> bool:
        """Whether its deposit alone orders it: until the day comes on which the rest would be due as well."""
        due_on = self.balance_due_on
        return self.deposit_cents > 0 and (due_on is None or clock.today(self.time_zone) < due_on)

    @property
    def first_payment(self) -> Money:
        """What is asked for to order it: the deposit, or the whole price."""
        return self.deposit if self.asks_deposit else self.total

    @property
    def rest(self) -> Money:
        """What a paid deposit leaves to be paid."""
        return self.total - self.deposit

    @property
    def held(self) -> Money:
        """What was paid and has not gone back."""
        return Money(self.held_cents, self.currency)

    @property
    def due(self) -> Money:
        """What is still to be paid of it, by its state and its ledger; nothing once it is over or paid."""
        return Money(self._due_cents(), self.currency)

    @property
    def due_later(self) -> Money:
        """What is due of an order that is confirmed: the rest after a deposit, say. Nothing in every other state."""
        return Money(self._due_cents() if self.status in AGREED else 0, self.currency)

    @property
    def is_unpaid(self) -> bool:
        """Whether the kitchen has it although nothing was paid: staff let it through."""
        return self.status in AGREED and self.payment_status == PaymentStatus.UNPAID and self.total_cents > 0

    @property
    def is_overdue(self) -> bool:
        """Whether something is due of it that should have been paid by now."""
        late = self.balance_due_at is not None and self.balance_due_at < clock.now()
        return late and self.due_later.cents > 0

    def _due_cents(self) -> int:
        over = self.status in (OrderStatus.EXPIRED, OrderStatus.CANCELLED)
        if over or self.payment_status in (PaymentStatus.PAID, PaymentStatus.REFUNDED):
            return 0
        return max(0, self.total_cents - self.credited_cents - self.held_cents)

    @property
    def ref(self) -> str:
        """How lower domains name this order as an owner or subject."""
        return f"order:{self.id}"


class OrderLine(Base):
    """One line as it was sold; quantities and amounts never change."""

    __tablename__ = "order_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("total_cents = unit_price_cents * quantity - discount_cents", name="total_adds_up"),
        CheckConstraint(
            "discount_cents >= 0 AND discount_cents <= unit_price_cents * quantity", name="discount_sane"
        ),
        CheckConstraint("(product_id IS NULL) = (variant_id IS NULL)", name="product_whole"),
        Index("ix_order_line_variant", "variant_id"),
        Index("ix_order_line_product", "product_id"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    position: Mapped[int]
    # None: made for one customer, on no menu.
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("variant.id"))
    product_name: Mapped[str] = mapped_column(String(120))
    variant_name: Mapped[str] = mapped_column(String(60))
    sku: Mapped[str] = mapped_column(String(64))
    quantity: Mapped[int]
    unit_price_cents: Mapped[Cents]
    discount_cents: Mapped[Cents] = mapped_column(default=0)
    total_cents: Mapped[Cents]
    tax_code: Mapped[str] = mapped_column(String(20))
    tax_name: Mapped[str] = mapped_column(String(60))
    tax_rate_bp: Mapped[int]
    tax_cents: Mapped[Cents]
    message: Mapped[str] = mapped_column(String(400), default="")
    is_cake: Mapped[bool] = mapped_column(default=False)
    make_minutes: Mapped[int] = mapped_column(default=0)
    servings: Mapped[str] = mapped_column(String(40), default="")
    ingredients: Mapped[str] = mapped_column(Text, default="")
    # {"milk": {"state": "contains", "note": ""}, …} for all fourteen.
    allergens: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    # What the kitchen needs of a line that is made for one customer: its steps by station, as [{"station",
    # "days_before", "minutes"}, …], what the illustrator draws, and what staff wrote; never shown to the customer.
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    drawing: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    instructions: Mapped[str] = mapped_column(Text, default="", server_default="")

    order: Mapped[Order] = relationship(back_populates="lines", lazy="raise_on_sql")


class OrderEvent(Base):
    """One step in an order's life: who, when, why, from, to. Append-only."""

    __tablename__ = "order_event"
    __table_args__ = (
        Index(
            "ix_order_event_cancelled",
            "at",
            postgresql_where="kind = 'status' AND to_state = 'CANCELLED'",
        ),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    # "status", "payment_status", "note" (staff only) or "message".
    kind: Mapped[str] = mapped_column(String(20))
    from_state: Mapped[str | None] = mapped_column(String(20))
    to_state: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500), default="")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_label: Mapped[str] = mapped_column(String(254))
