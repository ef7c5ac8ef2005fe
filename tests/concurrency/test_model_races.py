"""Two of the staff about the price model at once, each on a connection of their own; a control without the lock."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from bakery.core.actor import Actor
from bakery.core.errors import Conflict
from bakery.forecasting import learning_runs, swaps, versions
from bakery.forecasting.models import PriceModelVersion, PriceRetraining
from bakery.infra.db import db
from bakery.infra.models import Outbox
from bakery.people.models import AuditEntry
from tests.concurrency.race import race, together
from tests.forecasting.test_serving import START_NAME, put

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]
ZOHRA, KARIM = Actor(None, "Zohra"), Actor(None, "Karim")


def serving() -> str:
    db.session.rollback()
    return db.session().scalars(
        select(PriceModelVersion.name).where(PriceModelVersion.state == "SERVING")
    ).one()  # fmt: skip


def two_swap() -> list[Callable[[], object]]:
    """Three versions; both saw the third in service, one wants the first back, the other the second."""
    put("v-two")
    put("v-three")
    return [
        lambda: swaps.put_into_service(START_NAME, ZOHRA, instead_of="v-three"),
        lambda: swaps.put_into_service("v-two", KARIM, instead_of="v-three"),
    ]


def test_one_of_two_who_roll_back_at_once_wins_and_the_other_is_told(app: Flask) -> None:
    outcomes = race(app, two_swap())
    [lost] = [outcome for outcome in outcomes if outcome is not None]
    assert isinstance(lost, Conflict) and "Somebody else" in lost.message
    assert serving() == (START_NAME if outcomes[0] is None else "v-two")
    assert len(db.session().scalars(select(AuditEntry)).all()) == 1


def test_without_their_turns_the_other_is_only_stopped_by_the_database(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, meet, checked = two_swap(), together(2), versions.serve

    def late(*given: object, **named: object) -> object:
        meet()
        return checked(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(versions, "lock_swaps", lambda _session: None)
    monkeypatch.setattr(versions, "serve", late)
    outcomes = race(app, jobs)
    lost = [outcome for outcome in outcomes if outcome is not None]
    assert lost and not any(isinstance(outcome, Conflict) for outcome in lost), outcomes
    assert serving() in (START_NAME, "v-two"), "still one"


def test_of_many_who_ask_for_a_training_at_once_one_is_heard(app: Flask) -> None:
    outcomes = race(app, [lambda: learning_runs.ask(ZOHRA)] * 6)
    asked = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert len(asked) == 1
    assert all(isinstance(outcome, Conflict) for outcome in outcomes if not isinstance(outcome, int)), (
        outcomes
    )
    assert len(db.session().scalars(select(PriceRetraining)).all()) == 1
    assert len(db.session().scalars(select(Outbox)).all()) == 1
