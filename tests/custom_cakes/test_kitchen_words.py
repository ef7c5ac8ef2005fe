"""What each station reads of a cake."""

from __future__ import annotations

import random

import pytest

from bakery.custom_cakes.kitchen_words import kitchen_words
from bakery.custom_cakes.wish import read_wish
from bakery.scheduling.types import Station
from tests.custom_cakes.designs import TODAY, design, random_wish, tier

BAKE, FILL, DECORATE = Station


def test_each_station_reads_its_own_part_bottom_tier_first() -> None:
    cake = design(
        tiers=[
            tier(diameter_cm=30, layers=4),
            tier(diameter_cm=24, dummy=True),
            tier(flavour="lemon", filling="lemon_curd"),
        ],
        drip="gold",
        toppings=["berries", "candles"],
        note="As on the second picture",
    )
    assert kitchen_words(cake) == {
        BAKE: ("Tier 1: Walnut, 4 layers, round 30, 10 high", "Tier 3: Lemon, 3 layers, round 20, 10 high"),
        FILL: (
            "Tier 1: Vanilla buttercream, 4 layers",
            "Tier 2: foam, round 24, 10 high",
            "Tier 3: Lemon curd, 3 layers",
            "Cover: Buttercream, rose",
        ),
        DECORATE: (
            "Medium: piped borders",
            "Drip: gold",
            "On top: berries, candles",
            "Write in chocolate",
            "The customer: As on the second picture",
        ),
    }


def test_a_cake_of_one_tier_is_not_numbered() -> None:
    words = kitchen_words(design(tiers=[tier(layers=1)], inscription=""))
    assert words[BAKE] == ("Walnut, 1 layer, round 20, 10 high",)
    assert words[DECORATE] == ("Medium: piped borders",)


@pytest.mark.parametrize("seed", range(50))
def test_whatever_can_be_wished_can_be_said_at_every_station(seed: int) -> None:
    cake = read_wish(random_wish(random.Random(seed)), TODAY)
    words = kitchen_words(cake)
    assert all(words[station] and all(words[station]) for station in Station)
    assert len(words[BAKE]) == sum(not tier.dummy for tier in cake.tiers)
