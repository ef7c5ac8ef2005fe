"""What staff do: cancel, and give money back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from sqlalchemy import Row, select

from bakery.infra.db import db
from bakery.orders.models import OrderLine
from bakery.payments import services
from bakery.payments.models import TransactionKind
from bakery.payments.refund_models import RefundPart, RefundRequest
from bakery.payments.refund_simulation import Choice
from bakery.payments.refund_states import PartState, RefundKind, RefundSource, RefundState, Tender
from bakery.payments.services import refund_requests
from bakery.payments.services.counter import Taking, take_money
from bakery.payments.services.refund_requests import Ask
from bakery.payments.surplus_queries import Surplus, surplus_of
from tests.money.base import Base

_keys = count(1)


class Staff(Base):
    """The moves of staff. A manager asks and decides, the owner is the second pair of eyes."""

    def cancel(self, order_id: int) -> str:
        """What was paid comes back as was promised, once somebody agrees."""
        services.cancel_with_refund(order_id, self.manager, "the oven broke")
        services.cancel_attempt(order_id)
        return "cancelled"

    def take_cash(self, order_id: int, which: int) -> str:
        """The counter takes what is due, too little or too much; a form is sent twice now and then."""
        due = self.order(order_id).due.cents
        cents = (due, due, due, 1, due + 1)[which % 5]
        taking = Taking(key=f"{next(_keys):032x}", tender=TransactionKind.CASH, cents=cents)
        for _ in range(1 + which % 2):
            take_money(order_id, taking, self.manager)
        return "taken"

    def ask_refund(self, order_id: int, kind: RefundKind, which: int, *, at_once: bool) -> str:
        """So many units of a line, an amount, or all; decided in the same breath or left to wait."""
        asked = refund_requests.ask(
            Ask(
                order_id=order_id,
                choice=self._choice(order_id, kind, which),
                reason="it was squashed",
                key=f"page-{next(_keys):08}",
                actor=self.manager,
                source=RefundSource.STAFF if at_once else RefundSource.CUSTOMER,
                approve=at_once,
            )
        )
        return asked.state

    def _choice(self, order_id: int, kind: RefundKind, which: int) -> Choice:
        if kind == RefundKind.AMOUNT:
            # A cent, some dollars, and far too much.
            return Choice(kind, amount_cents=(1, 333, 1000, 4999, 10**12, 0, -1)[which % 7])
        if kind == RefundKind.ALL:
            return Choice(kind)
        query = select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.position)
        lines = db.session.scalars(query).all()
        line = lines[which % len(lines)]
        units = {line.id: which % line.quantity + 1}
        db.session.rollback()
        return Choice(kind, units=units, restock=which % 2 == 0)

    def approve(self, which: int, *, owner: bool) -> str:
        request_id = self._one(RefundState.REQUESTED, which)
        if request_id is None:
            return "nothing"
        return refund_requests.approve(request_id, self.owner if owner else self.manager).state

    def reject(self, which: int) -> str:
        request_id = self._one(RefundState.REQUESTED, which)
        if request_id is None:
            return "nothing"
        refund_requests.reject(request_id, self.manager, "it was eaten")
        return "rejected"

    def mend_refund(self, which: int) -> str:
        """A part that failed is sent again or given in cash; what waits for a hand is handed over."""
        part = self._part((PartState.FAILED, PartState.TO_GIVE), which)
        if part is None:
            return "nothing"
        if part.state == PartState.TO_GIVE:
            services.hand_over(part.id, self.manager)
            return "handed over"
        if which % 3 == 0:
            services.leave_it(part.request_id, self.manager, "they have it already", self.gateway)
            return "left"
        if which % 2:
            services.retry_part(part.id, self.manager, self.gateway)
            return "retried"
        services.give_otherwise(part.id, self.manager, Tender.CASH, "the card is closed", self.gateway)
        return "otherwise"

    def mend_surplus(self, which: int) -> str:
        """Money that bought nothing and did not go back by itself is sent again, or given in cash."""
        waiting = [each for order_id in self.orders for each in self._surplus(order_id)]
        if not waiting:
            return "nothing"
        payment_id = waiting[which % len(waiting)].payment_id
        if which % 3:
            services.retry_surplus(payment_id, self.manager, self.gateway)
            return "retried"
        services.give_surplus(payment_id, self.manager, Tender.CASH, "the card is closed", self.gateway)
        return "given"

    def _surplus(self, order_id: int) -> Sequence[Surplus]:
        """What of an order waits for somebody."""
        found = surplus_of(db.session(), self.order(order_id))
        db.session.rollback()
        return [each for each in found if not each.under_way and not each.frozen]

    def _one(self, state: RefundState, which: int) -> int | None:
        found = db.session.scalars(
            select(RefundRequest.id)
            .where(RefundRequest.state == state, RefundRequest.order_id.in_(self.orders))
            .order_by(RefundRequest.id)
        ).all()
        db.session.rollback()
        return found[which % len(found)] if found else None

    def _part(self, states: tuple[PartState, ...], which: int) -> Row[tuple[int, str, int]] | None:
        found = db.session.execute(
            select(RefundPart.id, RefundPart.state, RefundPart.request_id)
            .join(RefundRequest, RefundRequest.id == RefundPart.request_id)
            .where(RefundPart.state.in_(states), RefundRequest.order_id.in_(self.orders))
            .order_by(RefundPart.id)
        ).all()
        db.session.rollback()
        return found[which % len(found)] if found else None
