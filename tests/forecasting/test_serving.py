"""Which version answers: the one in service, noticed at once, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.core.actor import SYSTEM, Actor
from bakery.core.errors import Conflict
from bakery.forecasting import pricing, swaps, versions
from bakery.forecasting.models import PriceModelFile, PriceModelVersion
from bakery.forecasting.pricing import PriceDesk
from bakery.forecasting.shelf import START, ServingShelf
from bakery.forecasting.states import VersionState
from bakery.infra.changes import CHANNEL
from bakery.infra.transaction import transaction
from bakery.messages.models import StaffAlert
from models_ml.pricing import artifact
from models_ml.pricing.artifact import BrokenArtifact, digest_of
from tests.factories.shop import make_open_shop
from tests.price_model.conftest import ON, cake
from tests.queries import Counter

START_NAME = "2026-10-31-b72d8e70"


def put(name: str) -> None:
    """A version of that name in service."""
    files, manifest = artifact.read(START)
    with transaction() as session:
        versions.enter_start(session, files, manifest)
        row = versions.store(session, files, manifest | {"version": name}, VersionState.CANDIDATE, "")
        versions.serve(session, row, SYSTEM, "for a test")


def files_of(session: Session, name: str) -> PriceModelFile:
    return session.scalars(
        select(PriceModelFile)
        .join(PriceModelVersion)
        .where(PriceModelVersion.name == name, PriceModelFile.name == artifact.MODEL)
    ).one()


def cut_short(session: Session) -> None:
    file = files_of(session, "v-two")
    file.packed = file.packed[: len(file.packed) // 2]


def change_a_byte(session: Session) -> None:
    file = files_of(session, "v-two")
    file.packed = file.packed[:-20] + bytes([file.packed[-20] ^ 1]) + file.packed[-19:]


def other_trees(session: Session) -> None:
    file = files_of(session, "v-two")
    file.packed = versions.zlib.compress(b'{"learner": {}}')


def no_file(session: Session) -> None:
    session.execute(delete(PriceModelFile))


def wider_range(session: Session) -> None:
    """Somebody wrote into the manifest by hand."""
    row = session.scalars(select(PriceModelVersion).where(PriceModelVersion.name == "v-two")).one()
    row.manifest = row.manifest | {"band": [-1.0, 1.0]}


DAMAGES = [cut_short, change_a_byte, other_trees, no_file, wider_range]


def test_a_version_is_read_back_as_it_was_stored(session: Session) -> None:
    put("v-two")
    session.expire_all()
    files, manifest = versions.read(session, "v-two")
    before, start = artifact.read(START)
    assert files == before and manifest == start | {"version": "v-two"}
    assert digest_of(manifest) == digest_of(start | {"version": "v-two"}), "JSONB keeps every number"
    with pytest.raises(BrokenArtifact, match="no version"):
        versions.read(session, "nothing")


def test_a_new_version_prices_at_once_and_a_roll_back_as_well(session: Session) -> None:
    desk = PriceDesk(ServingShelf())
    assert desk.predict(cake(), ON).model == START_NAME
    put("v-two")
    assert desk.predict(cake(), ON).model == "v-two"
    swaps.put_into_service(START_NAME, Actor(None, "Zohra"), instead_of="v-two")
    assert desk.predict(cake(), ON).model == START_NAME


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_version_is_not_used_the_formula_answers_and_staff_hear_once(
    session: Session, damage: Callable[[Session], None]
) -> None:
    put("v-two")
    damage(session)
    session.commit()
    desk = PriceDesk(ServingShelf())
    for _ in range(3):
        found = desk.predict(cake(), ON)
        assert (found.method, found.model) == ("formula", "formula-1")
    [alert] = session.scalars(select(StaffAlert).where(StaffAlert.kind == "price_model"))
    assert alert.times == 1 and "v-two cannot be used" in alert.text and "under Models" in alert.text
    if damage is not no_file:
        swaps.put_into_service(START_NAME, Actor(None, "Zohra"), instead_of="v-two")
        assert desk.predict(cake(), ON).model == START_NAME, "one click puts it right"
        with pytest.raises(Conflict, match="v-two cannot be used"):
            swaps.put_into_service("v-two", Actor(None, "Zohra"), instead_of=START_NAME)


def test_a_version_that_was_put_right_is_taken_up_without_a_restart(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("v-two")
    file = files_of(session, "v-two")
    whole, file.packed = file.packed, b"nothing"
    session.commit()
    desk = PriceDesk(ServingShelf())
    assert desk.predict(cake(), ON).method == "formula"
    files_of(session, "v-two").packed = whole
    session.commit()
    assert desk.predict(cake(), ON).method == "formula", "it is not read with each price"
    monkeypatch.setattr(desk, "_again_at", 0.0)
    assert desk.predict(cake(), ON).model == "v-two"


def test_a_price_costs_one_small_query_and_none_where_changes_are_heard(
    app: Flask, session: Session, count_queries: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("v-two")
    desk = PriceDesk(ServingShelf())
    desk.predict(cake(), ON)
    with count_queries() as seen:
        desk.predict(cake(), ON)
    assert len(seen) == 1 and "manifest_sha256" in seen[0], seen
    changes = app.extensions["changes"]
    monkeypatch.setattr(changes, "live", True)
    monkeypatch.setattr(changes, "_missed", changes.version("any") + 1000)
    desk.predict(cake(), ON)
    with count_queries() as seen:
        desk.predict(cake(), ON)
    assert seen == []
    put("v-three")
    changes._counts["models"] += 1
    assert desk.predict(cake(), ON).model == "v-three"


def test_the_database_itself_tells_web_processes_of_another_version(
    app: Flask, real_database: None, database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        put("v-two")
        assert "models" in {notice.payload for notice in connection.notifies(timeout=5, stop_after=1)}


def test_the_database_allows_one_version_that_serves(session: Session) -> None:
    put("v-two")
    with pytest.raises(IntegrityError, match="uq_price_model_version_serving"), session.begin_nested():
        session.execute(update(PriceModelVersion).values(state="SERVING"))


def test_the_shops_own_desk_asks_the_database(session: Session) -> None:
    make_open_shop(session)
    put("v-two")
    assert pricing.desk.predict(cake(), ON).model == "v-two"
