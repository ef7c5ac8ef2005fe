"""What happens outside the shop's will: Stripe's events and what becomes of jobs."""

from __future__ import annotations

import json
import time
from typing import Any

from sqlalchemy import select, update

from bakery.core import clock
from bakery.infra import outbox
from bakery.infra.db import db
from bakery.infra.models import Outbox
from bakery.payments.models import Payment
from jobs import outbox as runner
from sandbox.webhooks import sign
from tests.money.base import SECRET, Base
from tests.money.dying import Killed

# Jobs that move money; letters and PDFs have tests of their own.
MONEY_JOBS = ("jobs.payments.", "jobs.refunds.execute", "jobs.disputes.send", "jobs.cards.")


class Outside(Base):
    """Events that are late, double or lost; workers that work, die, or are not rung for."""

    def collect_events(self) -> None:
        """What Stripe has made since we looked last."""
        rows = self.box.world.store.rows(
            "SELECT seq, body FROM objects WHERE kind = 'event' AND seq > ? ORDER BY seq", self.seen
        )
        for row in rows:
            self.seen = row["seq"]
            self.mailbag.append(json.loads(row["body"]))

    def deliver(self, position: int, *, copies: int = 1) -> str:
        self.collect_events()
        if not self.mailbag:
            return "nothing"
        event = self.mailbag.pop(position % len(self.mailbag))
        for _ in range(copies):
            self._post(event)
        self.delivered.append(event)
        return str(event["type"])

    def deliver_again(self, position: int) -> str:
        """An old one once more, days later perhaps."""
        if not self.delivered:
            return "nothing"
        self._post(self.delivered[position % len(self.delivered)])
        return "again"

    def lose(self, position: int) -> str:
        self.collect_events()
        if not self.mailbag:
            return "nothing"
        return "lost " + str(self.mailbag.pop(position % len(self.mailbag))["type"])

    def _post(self, event: dict[str, Any]) -> None:
        body = json.dumps(event)
        answer = self.app.test_client().post(
            "/webhooks/stripe",
            data=body,
            content_type="application/json",
            headers={"Stripe-Signature": sign(body, SECRET, int(time.time()))},
        )
        assert answer.status_code == 200, answer.data

    def dashboard_refund(self, order_id: int, cents: int) -> str:
        """Somebody gives money back in Stripe's own dashboard."""
        intent = self._paid_intent(order_id)
        if intent is None:
            return "no payment"
        self.box.dashboard_refund(intent, cents)
        return "refunded outside"

    def send_back(self, which: int) -> str:
        """A bank sends back a refund of money that bought nothing, which had arrived."""
        query = select(Payment.payment_intent_id).where(Payment.surplus, Payment.order_id.in_(self.orders))
        intents = set(db.session.scalars(query))
        db.session.rollback()
        arrived = [
            refund["id"]
            for refund in self.box.world.store.all("refund")
            if refund["payment_intent"] in intents and refund["status"] == "succeeded"
        ]
        if not arrived:
            return "nothing"
        self.box.settle_refund(arrived[which % len(arrived)], "failed", "expired_or_canceled_card")
        return "sent back"

    def dispute(self, order_id: int, *, inquiry: bool) -> str:
        """A cardholder complains to their bank."""
        intent = self._paid_intent(order_id)
        if intent is None:
            return "no payment"
        self.disputes.append(self.box.open_dispute(intent, inquiry=inquiry)["id"])
        return "inquiry" if inquiry else "disputed"

    def bank_decides(self, which: int) -> str:
        """The bank is done with a dispute, whatever the shop has answered."""
        if not self.disputes:
            return "nothing"
        dispute_id = self.disputes[which % len(self.disputes)]
        over = self.box.object(dispute_id)["status"].startswith("warning")
        outcome = "warning_closed" if over else ("won", "lost")[which % 2]
        self.box.close_dispute(dispute_id, outcome)
        return outcome

    def _paid_intent(self, order_id: int) -> str | None:
        """The order's latest payment as Stripe knows it, of which we may not have heard."""
        intent = db.session.scalar(
            select(Payment.payment_intent_id)
            .where(Payment.order_id == order_id, Payment.payment_intent_id.is_not(None))
            .order_by(Payment.id.desc())
            .limit(1)
        )
        db.session.rollback()
        return intent

    def ring(self, row_id: int, _on: str) -> bool:
        """In the place of Redis."""
        if self.redis_is_up:
            self.bells.append(row_id)
        return self.redis_is_up

    def work(self, limit: int = 20) -> str:
        """Workers run what was rung for."""
        bells, self.bells = self.bells[:limit], self.bells[limit:]
        for row_id in bells:
            self._run(row_id)
        return f"{len(bells)} done"

    def work_and_die(self) -> str:
        """The next job that asks Stripe is killed when Stripe has answered, before that is written down."""
        self.gateway.die()
        try:
            self.work()
        except Killed:
            return "killed"
        finally:
            self.gateway.die(False)
        return "survived"

    def sweep(self) -> int:
        """Rows nobody rang for, or whose worker died."""
        db.session.rollback()
        due = [row_id for row_id, _ in outbox.due(5000)]
        for row_id in due:
            self._run(row_id)
        return len(due)

    def _run(self, row_id: int) -> None:
        job = db.session.scalar(select(Outbox.job).where(Outbox.id == row_id))
        db.session.rollback()
        if job is not None and job.startswith(MONEY_JOBS):
            runner.run(row_id)
            return
        db.session.execute(update(Outbox).where(Outbox.id == row_id).values(done_at=clock.now()))
        db.session.commit()
