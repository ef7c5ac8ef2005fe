"""What changed between a wish, an offer and the next one, as the customer reads it."""

from __future__ import annotations

from datetime import timedelta

from bakery.custom_cakes.models import Quote, RequestEvent
from bakery.custom_cakes.spec import CakeDesign
from bakery.custom_cakes.versions import list_changes, list_versions
from tests.custom_cakes.designs import design, tier
from tests.custom_cakes.requests import AT, NOW

ZONE = "Australia/Sydney"
PLAIN = design(tiers=[tier(flavour="vanilla")])


def wish(cake: CakeDesign, minutes: int = 0) -> RequestEvent:
    return RequestEvent(kind="design", at=NOW + timedelta(minutes=minutes), design=cake.to_json())


def offer(version: int, cake: CakeDesign, cents: int = 24_000, **changes: object) -> Quote:
    values = {
        "price_cents": cents,
        "servings": 24,
        "pickup_at": AT,
        "expires_at": NOW + timedelta(days=2),
        "created_at": NOW + timedelta(hours=version),
    }
    return Quote(version=version, design=cake.to_json(), currency="AUD", **values | changes)


def changes(events: list[RequestEvent], quotes: list[Quote]):
    return list_changes(list_versions(events, quotes), ZONE)


def test_one_wish_and_an_offer_for_exactly_that_have_nothing_to_compare() -> None:
    assert changes([wish(PLAIN)], []) == ()
    assert changes([wish(PLAIN)], [offer(1, PLAIN)]) == ()


def test_a_second_offer_says_tiers_price_servings_and_the_new_allergen_first() -> None:
    nutty = design(tiers=[tier(flavour="pistachio_rose", diameter_cm=28), tier(flavour="vanilla")])
    (change,) = changes([wish(PLAIN)], [offer(1, PLAIN), offer(2, nutty, 27_800, servings=60)])
    assert (change.name, change.before) == ("version 2", "version 1")
    assert change.summary == ("+1 tier", "+$38.00", "36 servings more")
    assert change.new_allergens == ("tree nuts",)
    assert change.sentences[0] == "Now contains tree nuts."
    assert any("→ Pistachio" in sentence for sentence in change.sentences)
    assert "Price: $240.00 → $278.00." in change.sentences
    assert change.line.startswith("+1 tier. +$38.00. 36 servings more. Now contains tree nuts.")


def test_a_cheaper_offer_is_said_with_a_minus_and_a_lost_allergen_is_not_called_free_from() -> None:
    nutty = design(tiers=[tier(flavour="walnut")])
    (change,) = changes([wish(nutty)], [offer(1, nutty), offer(2, PLAIN, 20_000)])
    assert change.summary == ("−$40.00",)
    assert change.new_allergens == ()
    assert "Tree nuts: may be contained now." in change.sentences
    assert "free" not in change.line


def test_a_change_that_staff_made_before_the_first_offer_is_shown_against_the_wish() -> None:
    (change,) = changes([wish(PLAIN)], [offer(1, design(tiers=[tier(flavour="vanilla")], drip="gold"))])
    assert (change.name, change.before) == ("version 1", "what you asked for")
    assert change.sentences == ("Drip: none → Gold.",)


def test_the_newest_change_stands_first_and_an_offer_is_compared_with_the_changed_wish() -> None:
    changed = design(tiers=[tier(flavour="vanilla")], inscription="Salaam")
    extended = offer(2, changed, expires_at=NOW + timedelta(days=4))
    found = changes([wish(PLAIN), wish(changed, 5)], [offer(1, changed), extended])
    assert [change.name for change in found] == ["version 2", "your changed wish"]
    assert found[0].sentences == ("Holds until: Mon 23 Nov, 9:00 am → Wed 25 Nov, 9:00 am.",)
    assert found[0].summary == ()


def test_an_offer_of_the_same_moment_stands_after_its_wish() -> None:
    at_once = offer(1, PLAIN, created_at=NOW)
    assert [v.quote for v in list_versions([wish(PLAIN)], [at_once])] == [None, at_once]
