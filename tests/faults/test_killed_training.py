"""kill -9 of the worker that trains the price model: the version in service goes on, and the training comes again."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from bakery.core.actor import Actor
from bakery.forecasting import learning_runs
from bakery.forecasting.models import PriceModelFile, PriceModelVersion, PriceRetraining
from bakery.forecasting.pricing import PriceDesk
from bakery.forecasting.shelf import ServingShelf
from bakery.infra.db import db
from tests.factories.shop import make_open_shop
from tests.faults.world import World
from tests.forecasting.decided import decide_many
from tests.price_model.conftest import ON, cake

pytestmark = pytest.mark.faults
START_NAME = "2026-10-31-b72d8e70"


def last() -> PriceRetraining:
    db.session.rollback()
    return db.session().scalars(select(PriceRetraining).order_by(PriceRetraining.id.desc())).first()  # type: ignore[return-value]


def test_a_worker_killed_in_training_leaves_the_old_version_in_service_and_no_half_one(world: World) -> None:
    make_open_shop(db.session())
    decide_many(db.session(), 90, level=1.2)
    run_id = learning_runs.ask(Actor(None, "Zohra"))
    world.start("low")
    # Well inside: XGBoost is loaded, trees have grown.
    world.wait(lambda: last().percent >= 17, seconds=90)
    world.kill("low")
    run = last()
    assert (run.id, run.state) == (run_id, "RUNNING") and 17 <= run.percent < 100
    assert db.session().scalar(select(func.count()).select_from(PriceModelVersion)) == 0
    assert PriceDesk(ServingShelf()).predict(cake(), ON).model == START_NAME
    with learning_runs.alone():
        pass  # the dead process holds nothing
    world.start("low")
    world.time_passes()
    world.wait(lambda: last().state == "DONE", seconds=120)
    run = last()
    assert run.id == run_id and run.percent == 100
    names = dict(db.session().execute(select(PriceModelVersion.name, PriceModelVersion.state)).all())
    assert len(names) == 2 and sorted(names.values()) in (["RETIRED", "SERVING"], ["REJECTED", "SERVING"])
    assert db.session().scalar(select(func.count()).select_from(PriceModelFile)) == 4
    world.finish()
    world.kill("low")
