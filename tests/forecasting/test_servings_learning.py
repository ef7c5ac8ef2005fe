"""Servings learned from decided cakes: what counts, what is refused, and that a training never does harm."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.custom_cakes.spec import CakeDesign
from bakery.forecasting import corrections, servings_learning
from bakery.forecasting.estimates import count_servings
from bakery.forecasting.models import ServingsVersion
from bakery.forecasting.servings_learning import TooFew, retrain
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.shop.models import Shop
from bakery.shop.queries import get_profile
from jobs import servings as job
from models_ml.servings import fitting
from models_ml.servings.factors import Factors
from tests.concurrency.race import race, together
from tests.custom_cakes.designs import design, tier
from tests.factories.shop import make_open_shop
from tests.forecasting.decided import add_decided

HEART = {"shape": "heart", "diameter_cm": "25", "height_cm": "10", "slice": "party"}
FEWER = 0.88


@pytest.fixture
def shop(session: Session) -> Session:
    make_open_shop(session)
    return session


def a_cake(rng: random.Random) -> CakeDesign:
    size = {"diameter_cm": rng.choice((18, 20, 22, 25, 28)), "height_cm": rng.choice((9, 10, 11))}
    return design(shape=rng.choice(("round", "heart")), tiers=[tier(**size)], occasion="birthday")


def decide(session: Session, count: int, *, seed: int = 1, factor: float = FEWER, **changes: bool) -> None:
    """So many decided cakes; staff serve fewer from hearts, and a few more or fewer from rounds by chance."""
    rng, profile = random.Random(seed), get_profile(session)
    with transaction() as open_session:
        for number in range(count):
            cake = a_cake(rng)
            counted = count_servings(profile, cake)
            ratio = factor if cake.shape.value == "heart" else 1
            at = clock.now() - timedelta(days=count - number)
            add_decided(
                open_session, at, replace(cake, needed_on=date(2027, 1, 1)), 20_000,
                servings=max(1, round(counted * ratio * rng.gauss(1, 0.03))), predicted_servings=counted, **changes,
            )  # fmt: skip


def versions(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(ServingsVersion)) or 0


def test_hearts_that_staff_cut_in_fewer_pieces_are_counted_so_everywhere(
    shop: Session, client: FlaskClient
) -> None:
    before = client.get("/servings", query_string=HEART).json
    assert before["method"] == "geometry"
    decide(shop, 120)
    found = retrain()
    assert found.written and found.cells == ("heart/party",)
    after = client.get("/servings", query_string=HEART).json
    assert after["method"] == "corrected" and after["slice"] == before["slice"]
    assert abs(after["servings"] - before["servings"] * FEWER) <= 1
    wedding = client.get("/servings", query_string={**HEART, "slice": "wedding"}).json
    round_ = client.get("/servings", query_string={**HEART, "shape": "round"}).json
    assert wedding["method"] == round_["method"] == "geometry"
    cake = design(shape="heart", tiers=[tier(diameter_cm=25, height_cm=10)], occasion="birthday")
    assert count_servings(get_profile(shop), cake) == after["servings"]


def test_the_page_says_whose_count_it_is_and_draws_the_cut_of_geometry(
    shop: Session, client: FlaskClient
) -> None:
    decide(shop, 120)
    retrain()
    answer = client.get("/servings", query_string=HEART, headers={"Accept": "text/html"})
    page = BeautifulSoup(answer.data, "html.parser")
    served = int(page.select_one(".serves .count").get_text())
    assert "Our bakers' own count" in page.get_text()
    assert f"cut into {served} slices" not in page.select_one("svg.cutting title").get_text()


def test_too_few_corrections_are_refused_with_their_count_and_change_nothing(shop: Session) -> None:
    decide(shop, 20)
    with pytest.raises(TooFew, match=r"\d+ corrections of servings, 40 are needed"):
        retrain()
    assert versions(shop) == 0 and corrections.in_force() == Factors()


def test_cakes_of_the_demo_teach_only_when_asked_to(shop: Session) -> None:
    decide(shop, 120, is_demo=True)
    with pytest.raises(TooFew, match="^0 corrections"):
        retrain()
    assert retrain(with_demo=True).cells == ("heart/party",)


def test_luck_is_written_down_as_nothing_learned(shop: Session) -> None:
    decide(shop, 120, factor=1.0)
    found = retrain()
    assert found.written and found.cells == () and str(found).endswith("geometry stays")
    assert corrections.in_force() == Factors()


def test_what_was_counted_with_other_slices_is_no_correction(shop: Session) -> None:
    decide(shop, 120)
    with transaction() as open_session:
        open_session.execute(update(Shop).values(party_slice_width_tenth_mm=508))
    with pytest.raises(TooFew, match="^0 corrections"):
        retrain()


def test_what_was_counted_by_earlier_factors_is_still_compared_with_geometry(shop: Session) -> None:
    decide(shop, 120)
    retrain()
    learned = corrections.in_force()
    profile, cake = (
        get_profile(shop),
        design(shape="heart", tiers=[tier(diameter_cm=25)], occasion="birthday"),
    )
    suggested = count_servings(profile, cake)
    with transaction() as open_session:
        add_decided(open_session, clock.now(), cake, 20_000, servings=suggested, predicted_servings=suggested)
        _, rows = servings_learning.read_decided(open_session)
    assert rows[-1].corrected and rows[-1].servings == suggested < rows[-1].counted
    assert retrain().written
    again = corrections.in_force()
    assert again.cells["heart/party"] == pytest.approx(learned.cells["heart/party"], abs=0.02)


def test_the_job_run_twice_writes_once_and_new_cakes_write_anew(shop: Session) -> None:
    decide(shop, 120)
    job.retrain()
    job.retrain()
    assert versions(shop) == 1
    decide(shop, 40, seed=2)
    job.retrain()
    assert versions(shop) == 2


def test_the_job_with_too_little_to_learn_from_is_no_failure(shop: Session) -> None:
    job.retrain()
    ok, said = shop.execute(text("SELECT ok, detail FROM job_run WHERE name = 'retrain_servings'")).one()
    assert ok and said == "geometry stays: 0 corrections of servings, 40 are needed"


def test_a_training_killed_on_the_way_leaves_what_was_in_force(
    shop: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(shop, 120)
    retrain()
    before = corrections.in_force()
    decide(shop, 40, seed=2)

    def killed(*_: object) -> None:
        raise SystemExit("killed")

    with monkeypatch.context() as patch:
        patch.setattr(fitting, "_report", killed)
        with pytest.raises(SystemExit):
            retrain()
    assert versions(shop) == 1 and corrections.in_force() == before
    assert retrain().written and versions(shop) == 2


def test_a_training_that_ends_after_one_that_saw_more_gives_way(
    shop: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(shop, 120)
    learn = fitting.learn

    def slowly(rows: object) -> object:
        monkeypatch.setattr(fitting, "learn", learn)
        decide(shop, 40, seed=2)
        assert retrain().written
        return learn(rows)

    monkeypatch.setattr(fitting, "learn", slowly)
    assert not retrain().written
    assert versions(shop) == 1


@pytest.mark.concurrency
def test_two_trainings_at_once_write_one_version(
    app: Flask, real_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as open_session:
        make_open_shop(open_session)
    decide(db.session(), 120)
    meet, learn = together(2), fitting.learn

    def at_the_same_time(rows: object) -> object:
        learned = learn(rows)
        meet()
        return learned

    monkeypatch.setattr(fitting, "learn", at_the_same_time)
    found = race(app, [retrain, retrain])
    assert sorted(each.written for each in found) == [False, True]
    assert versions(db.session()) == 1


def test_versions_are_never_rewritten(shop: Session) -> None:
    decide(shop, 120)
    retrain()
    with pytest.raises(DBAPIError, match="append-only"), shop.begin_nested():
        shop.execute(text("UPDATE servings_version SET factors = '{}'"))


def test_a_version_that_cannot_be_read_is_geometry(shop: Session) -> None:
    with transaction() as open_session:
        open_session.add(
            ServingsVersion(
                at=clock.now(), fingerprint="0" * 64, cakes=0, corrections=0, last_quote_id=0,
                factors={"cells": {"heart/party": -0.1}, "upper": 0, "low": 0.5, "tall": 0}, metrics={},
                actor_label="somebody",
            )
        )  # fmt: skip
    assert corrections.in_force() == Factors()


def test_the_command_says_what_was_learned_and_refuses_with_the_count(shop: Session, app: Flask) -> None:
    runner = app.test_cli_runner()
    refused = runner.invoke(args=["retrain", "servings"])
    assert refused.exit_code == 1 and "0 corrections of servings, 40 are needed" in refused.output
    decide(shop, 120, is_demo=True)
    learned = runner.invoke(args=["retrain", "servings", "--with-demo"])
    assert learned.exit_code == 0 and "heart/party corrected." in learned.output


def test_counting_and_asking_for_a_training_load_no_scikit_learn() -> None:
    program = (
        "import sys; from bakery.forecasting import corrections, servings, servings_learning;"
        "tier = servings.make_tier('heart', 10, {'diameter_cm': 25.0});"
        "from models_ml.servings.count import Slice;"
        "from models_ml.servings.factors import Factors;"
        "found = corrections.count([tier], Slice(3.81, 5.08, 10), 'party', Factors({'heart/party': -0.1}));"
        "assert found.method == 'corrected' and found.servings < found.by_geometry;"
        "assert not {'sklearn', 'scipy', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
