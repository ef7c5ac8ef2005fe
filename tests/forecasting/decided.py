"""Cakes that staff decided on long ago, written as rows: what the price model learns from."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core import clock, ids
from bakery.custom_cakes.models import CustomCakeRequest, Quote
from bakery.custom_cakes.spec import CakeDesign
from bakery.custom_cakes.states import RequestStatus
from bakery.forecasting import pricing
from bakery.forecasting.estimates import cake_of
from tests.custom_cakes.designs import design, tier

DESK = pricing.PriceDesk()


def any_design(rng: random.Random) -> CakeDesign:
    """A cake that the start version knows well."""
    return design(
        tiers=[
            tier(
                diameter_cm=rng.choice((15, 18, 20, 23, 25, 28, 30)),
                height_cm=rng.choice((8, 10, 12)),
                layers=rng.randint(2, 4),
                flavour=rng.choice(("walnut", "pistachio_rose", "chocolate", "lemon")),
            )
        ],
        covering=rng.choice(("buttercream", "fondant", "ganache")),
        decoration=rng.choice(("simple", "medium", "elaborate")),
        toppings=rng.sample(("flowers", "berries"), rng.randint(0, 2)),
    )


def add_decided(session: Session, at: datetime, cake: CakeDesign, price_cents: int, **changes: Any) -> Quote:
    """One request, approved at that instant.

    `predicted` (cents), `low`, `high`, `model`, `features`, `servings`, `predicted_servings`, `is_demo` can be given.
    """
    # Which cakes are held out hangs on their numbers: drawn ones would make another lesson of every run.
    count = session.scalar(select(func.count()).select_from(CustomCakeRequest))
    number = f"CC-2222-{count:02d}"
    row = CustomCakeRequest(
        number=number, secret=ids.new_secret(), submit_key=ids.new_secret(), status=RequestStatus.WITHDRAWN,
        contact_name="Laila Rahimi", contact_email="laila@saffron.test", contact_phone="+61491570156",
        design=cake.to_json(), design_hash=cake.hash, needed_on=cake.needed_on, make_minutes=60,
        created_at=at - timedelta(days=1), quote_version=1,
        is_demo=changes.get("is_demo", False),
    )  # fmt: skip
    session.add(row)
    session.flush()
    predicted = changes.get("predicted")
    quote = Quote(
        request_id=row.id, version=1, design=cake.to_json(), design_hash=cake.hash, currency="AUD",
        price_cents=price_cents, servings=changes.get("servings", 20),
        predicted_servings=changes.get("predicted_servings"), predicted_cents=predicted,
        low_cents=changes.get("low", round(predicted * 0.89) if predicted else None),
        high_cents=changes.get("high", round(predicted * 1.12) if predicted else None),
        model_version=changes.get("model", "start") if predicted else None,
        features=changes.get("features", {}), pickup_at=at + timedelta(days=20),
        expires_at=at + timedelta(days=4), terms_version="1", created_at=at, actor_label="Zohra",
    )  # fmt: skip
    session.add(quote)
    session.flush()
    return quote


def decide_many(
    session: Session, count: int, *, level: float = 1.0, seed: int = 1, noise: float = 0.05, days: int = 240
) -> None:
    """So many cakes, spread over the last `days`, each at the start version's price times `level`, give or take."""
    rng = random.Random(seed)
    now = clock.now()
    for number in range(count):
        at = now - timedelta(days=days * (count - number) / count, hours=rng.uniform(0, 5))
        wanted = at.date() + timedelta(days=rng.randint(5, 30))
        cake = replace(any_design(rng), needed_on=wanted)
        guess = DESK.predict(cake_of(cake, at.date()), at.date())
        price = round(guess.price_cents * level * rng.lognormvariate(0, noise) / 500) * 500
        add_decided(
            session, at, cake, price,
            predicted=guess.price_cents, low=guess.low_cents, high=guess.high_cents,
            model=guess.model, features=guess.features,
        )  # fmt: skip
    session.commit()
