"""The preview: any design can be drawn, and what differs in the design differs in the picture."""

import random
import xml.etree.ElementTree as ET

import pytest

from bakery.catalog.illustration.render import rasterise
from bakery.custom_cakes.preview import describe, draw_preview, to_drawing
from bakery.custom_cakes.wish import read_wish
from tests.custom_cakes.designs import TODAY, design, random_wish, tier

SVG = "{http://www.w3.org/2000/svg}"


def test_many_random_designs_are_drawn_well_formed_and_within_the_picture() -> None:
    rng = random.Random(3)
    for number in range(120):
        cake = read_wish(random_wish(rng), TODAY)
        svg = draw_preview(cake)
        root = ET.fromstring(svg)
        assert root.tag == f"{SVG}svg"
        assert not {e.tag for e in root.iter()} & {f"{SVG}script", f"{SVG}style", f"{SVG}image"}
        written = " ".join(e.text or "" for e in root.iter(f"{SVG}text"))
        assert all(word in written for word in cake.inscription.split())
        drawn = to_drawing(cake)
        assert [t.height_cm for t in drawn.tiers] == [t.height_cm for t in cake.tiers]
        if number % 12 == 0:
            edge = rasterise(svg, 160).convert("RGBA").getchannel("A")
            width, height = edge.size
            assert edge.crop((0, 0, width, 1)).getextrema()[1] == 0, describe(cake)
            assert edge.getextrema()[1] == 255


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "mint"},
        {"covering": "fondant"},
        {"drip": "chocolate"},
        {"toppings": ["berries"]},
        {"inscription": "Happy 41st Laila"},
        {"ink": "gold"},
        {"shape": "heart"},
        {"decoration": "elaborate"},
        {"tiers": [tier(height_cm=14)]},
        {"tiers": [tier(), tier(diameter_cm=12)]},
    ],
)
def test_what_is_chosen_shows(changes) -> None:
    assert draw_preview(design(**changes), "same") != draw_preview(design(), "same")


def test_each_tier_of_a_naked_cake_shows_its_own_crumb() -> None:
    def naked(second: str) -> str:
        tiers = [tier(diameter_cm=26), tier(diameter_cm=18, flavour=second)]
        svg = draw_preview(design(covering="naked", tiers=tiers), "same")
        # The prefix of its ids tells one description from another; only the paint counts here.
        return svg.replace(svg.split('id="')[1].split("-")[0], "")

    assert naked("red_velvet") != naked("lemon")
    assert naked("lemon") == naked("lemon")


def test_the_same_design_gives_the_same_bytes_whatever_does_not_show() -> None:
    assert draw_preview(design(guests=4, budget_cents=900)) == draw_preview(design())


def test_a_picture_says_what_it_shows() -> None:
    cake = design(tiers=[tier(diameter_cm=30), tier()])
    assert describe(cake) == "2-tier round cake, 30 and 20 cm across, in buttercream (Rose)"
    assert ET.fromstring(draw_preview(cake)).get("aria-label") == describe(cake)
