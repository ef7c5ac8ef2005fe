from __future__ import annotations

from datetime import date

import pytest

from models_ml.pricing.cakes import Cake, PastCake, Tier
from models_ml.pricing.demo import demo_history
from models_ml.pricing.serving import PriceModel
from models_ml.pricing.train import START
from models_ml.pricing.training import Candidate, train

ON = date(2026, 11, 20)


def cake(**changes: object) -> Cake:
    """A plain cake that the model knows well."""
    values: dict[str, object] = {
        "tiers": (Tier(25.4, 10.2, 3, "walnut", "cream"),), "needed_on": date(2026, 12, 5), "notice_days": 15,
    }  # fmt: skip
    return Cake(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def history() -> list[PastCake]:
    return demo_history()


@pytest.fixture(scope="session")
def start() -> PriceModel:
    """The version that comes with the shop."""
    return PriceModel.load(START)


@pytest.fixture(scope="session")
def trained(history: list[PastCake]) -> Candidate:
    """The demo version, made afresh."""
    return train(history, source="demo")
