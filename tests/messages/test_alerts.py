"""One trouble is one alert."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.infra.models import Outbox
from bakery.infra.transaction import transaction
from bakery.messages import operations, queries


def raise_it(text: str = "Stripe reports another amount") -> int:
    with transaction() as session:
        return operations.raise_alert(session, "mismatch", "payment:1", text, "order:1").id


def test_the_same_trouble_counts_up_and_mails_once(session: Session) -> None:
    assert raise_it() == raise_it("Stripe reports another amount again")
    alert = queries.open_alerts(session)[0]
    assert (alert.times, alert.text) == (2, "Stripe reports another amount again")
    assert len(session.scalars(select(Outbox)).all()) == 1


def test_a_settled_trouble_that_comes_back_is_open_and_mailed_again(session: Session) -> None:
    alert_id = raise_it()
    with transaction() as open_session:
        operations.resolve_alert(open_session, queries.get_alert(open_session, alert_id), None)
    assert queries.count_open_alerts(session) == 0
    raise_it()
    assert queries.count_open_alerts(session) == 1
    assert [row.args for row in session.scalars(select(Outbox).order_by(Outbox.id))] == [
        [alert_id, 1],
        [alert_id, 2],
    ]
