"""The shop's side: the model answers; when its files are missing or damaged, the formula does, and staff hear once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core.errors import Invalid
from bakery.forecasting.pricing import PriceDesk, Tier, make_cake
from bakery.infra.transaction import transaction
from bakery.messages.models import StaffAlert
from models_ml.pricing.train import START
from tests.price_model.conftest import ON, cake


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(START, tmp_path / "version"))


def truncate(folder: Path) -> None:
    content = (folder / "model.json").read_bytes()
    (folder / "model.json").write_bytes(content[: len(content) // 2])


def change_a_byte(folder: Path) -> None:
    content = bytearray((folder / "model.json").read_bytes())
    content[1_000] ^= 1
    (folder / "model.json").write_bytes(content)


def change_a_price(folder: Path) -> None:
    text = (folder / "cakes.csv").read_text()
    (folder / "cakes.csv").write_text(text[:-2] + "9\n")


def empty_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{}")


def odd_manifest(folder: Path) -> None:
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"band": [', '"band": [9, '))


def no_folder(folder: Path) -> None:
    shutil.rmtree(folder)


def no_trees(folder: Path) -> None:
    (folder / "model.json").unlink()


DAMAGES = [truncate, change_a_byte, change_a_price, empty_manifest, odd_manifest, no_folder, no_trees]


def alerts(session: Session) -> list[StaffAlert]:
    return list(session.scalars(select(StaffAlert).where(StaffAlert.kind == "price_model")))


def test_the_model_answers_with_everything_a_decision_keeps(session: Session) -> None:
    found = PriceDesk().predict(cake(), ON)
    assert found.method == "model" and found.model == PriceDesk().predict(cake(), ON).model
    assert found.currency == "AUD" and len(found.neighbours) == 5 and found.warnings == ()
    assert found.low_cents <= found.price_cents <= found.high_cents
    assert found.features["diameter_cm"] == pytest.approx(25.4) and found.features["rush"] == -15
    assert alerts(session) == []


@pytest.mark.parametrize("damage", DAMAGES)
def test_without_a_whole_model_the_formula_answers_and_staff_hear_once(
    session: Session, folder: Path, damage: object
) -> None:
    assert callable(damage)
    damage(folder)
    desk = PriceDesk(folder)
    for _ in range(3):
        found = desk.predict(cake(), ON)
        assert found.method == "formula" and found.model == "formula-1"
        assert found.warnings[0].startswith("Priced by formula")
        assert sum(amount for _, amount in found.reasons) == found.price_cents
    [alert] = alerts(session)
    assert alert.times == 1 and "priced by the formula meanwhile" in alert.text


def test_inside_a_transaction_the_alert_is_written_there_and_lost_with_it(
    session: Session, folder: Path
) -> None:
    truncate(folder)
    desk = PriceDesk(folder)
    with pytest.raises(KeyError), transaction() as own:
        desk.predict(cake(), ON, session=own)
        raise KeyError
    assert alerts(session) == []
    with transaction() as own:
        desk.predict(cake(), ON, session=own)
    assert len(alerts(session)) == 1


def test_a_repaired_file_is_taken_up_and_a_damage_while_serving_is_seen(
    session: Session, folder: Path
) -> None:
    desk = PriceDesk(folder)
    assert desk.predict(cake(), ON).method == "model"
    truncate(folder)
    assert desk.predict(cake(), ON).method == "formula"
    shutil.copy(START / "model.json", folder / "model.json")
    assert desk.predict(cake(), ON).method == "model"


def test_an_impossible_cake_is_the_shops_refusal() -> None:
    with pytest.raises(Invalid, match="wider than the one below") as refused:
        make_cake(tiers=(Tier(20, 10, 3), Tier(25, 10, 3)), needed_on=date(2026, 12, 5), notice_days=9)
    assert refused.value.field == "tiers.1.diameter_cm"


def test_prices_need_neither_xgboost_nor_scikit_learn_and_the_start_not_even_numpy() -> None:
    program = (
        "import sys; from datetime import date; from bakery.forecasting import pricing as p;"
        "assert 'numpy' not in sys.modules;"
        "c = p.make_cake(tiers=(p.Tier(20.0, 10.0, 3),), needed_on=date(2026, 12, 5), notice_days=9);"
        "assert p.desk.predict(c, date(2026, 11, 26)).method == 'model';"
        "assert not {'xgboost', 'sklearn', 'scipy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
