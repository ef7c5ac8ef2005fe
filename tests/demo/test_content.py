"""The demo shop must be as honest as a real one: what is declared follows from what is in it."""

import re
from datetime import date

import pytest

from bakery.demo.content import ALLERGENS, CATEGORIES, CUSTOMERS, FAQS, PRODUCTS, SHOP
from bakery.demo.content.loader import load_products
from bakery.demo.content.types import Declaration, TaxCode

CONTAINS, NOT = Declaration.CONTAINS, Declaration.NOT_CONTAINED
#: An ingredient's words, and the allergen that follows from them.
FOLLOWS = {
    r"wheat|\brye\b|barley|\boats?\b|filo|croissant": "gluten",
    r"\bmilk\b|butter|cream\b|mascarpone|yoghurt|ghee": "milk",
    r"\beggs?\b": "eggs",
    r"walnut|pistachio|almond|hazelnut|cashew|pecan": "nuts",
    r"peanut": "peanuts",
    r"sesame|tahini": "sesame",
    r"soya|soy\b": "soya",
    r"sulphur dioxide|sulphite": "sulphites",
    r"celery": "celery",
    r"mustard": "mustard",
    r"lupin": "lupin",
    r"prawn|crab": "crustaceans",
    r"anchov|\bfish\b": "fish",
}
#: Words that look like an allergen and are none.
INNOCENT = r"coconut cream|coconut oil|oat milk|orange blossom|rose petals|rice flour|cocoa butter"
IDS = [product.slug for product in PRODUCTS]


def implied(ingredients):
    text = re.sub(INNOCENT, " ", ingredients.lower())
    return {allergen for pattern, allergen in FOLLOWS.items() if re.search(pattern, text)}


@pytest.mark.parametrize("product", PRODUCTS, ids=IDS)
def test_every_allergen_that_the_ingredients_name_is_declared_as_contained(product):
    for allergen in implied(product.ingredients):
        assert product.declaration(allergen) is CONTAINS, f"{allergen} is in the ingredients"


@pytest.mark.parametrize("product", PRODUCTS, ids=IDS)
def test_nothing_is_declared_as_contained_that_the_ingredients_do_not_name(product):
    declared = {a.code for a in product.allergens if a.declaration is CONTAINS}
    assert declared <= implied(product.ingredients)


@pytest.mark.parametrize("product", PRODUCTS, ids=IDS)
def test_all_fourteen_allergens_are_declared_in_label_order(product):
    assert [a.code for a in product.allergens] == list(ALLERGENS)
    assert len(ALLERGENS) == 14


@pytest.mark.parametrize("product", PRODUCTS, ids=IDS)
def test_the_species_of_cereal_and_nut_is_named_where_contained_and_is_in_the_ingredients(product):
    for item in product.allergens:
        if item.declaration is CONTAINS and item.code in {"gluten", "nuts"}:
            assert item.note, f"{item.code} without its species"
            for species in item.note.split(", "):
                assert species.rstrip("s") in product.ingredients.lower()


@pytest.mark.parametrize("product", PRODUCTS, ids=IDS)
def test_dietary_tags_follow_from_the_declarations(product):
    says, tags, words = product.declaration, set(product.dietary), product.ingredients.lower()
    if "gluten-free" in tags:
        assert says("gluten") is NOT
    if "nut-free" in tags:
        assert says("nuts") is NOT and says("peanuts") is NOT
    if "eggless" in tags:
        assert says("eggs") is not CONTAINS
    else:
        assert says("eggs") is not NOT or "vegan" not in tags
    if "vegan" in tags:
        assert says("milk") is not CONTAINS and says("eggs") is not CONTAINS
        assert {"vegetarian", "eggless"} <= tags
        assert not re.search(r"honey|gelatine|lamb|beef|shellac", words)
    if re.search(r"gelatine|lamb|beef|chicken", words):
        assert "vegetarian" not in tags
    assert "halal" in tags
    assert not re.search(r"\b(wine|brandy|rum|lard|pork|bacon|liqueur)\b", words)


@pytest.mark.parametrize("product", PRODUCTS, ids=IDS)
def test_the_words_claim_nothing_that_the_declaration_does_not_carry(product):
    prose = " ".join((product.short, *product.description, product.serving, product.storage)).lower()
    assert not re.search(r"\bhealth|\bheal\b|cures|detox|immun|superfood|guilt", prose)
    for words, code in (("gluten", "gluten"), ("nut", "nuts"), ("dairy", "milk"), ("egg", "eggs")):
        if re.search(rf"free (from|of) {words}|{words}[- ]free", prose):
            assert product.declaration(code) is NOT


@pytest.mark.parametrize("product", PRODUCTS, ids=IDS)
def test_what_is_on_the_page_is_complete(product):
    assert 25 <= len(product.short) <= 300 and len(" ".join(product.description)) > 80
    assert len(product.picture.alt) > 30 and len(product.picture.alt) <= 300
    assert product.storage and product.serving and product.ingredients.endswith(".")
    assert len(product.keywords) >= 4
    assert len(set(product.related)) == len(product.related) >= 3 and product.slug not in product.related
    assert set(product.related) <= set(IDS)
    assert product.popularity > 0 and sum(product.weekday_profile) == pytest.approx(7, abs=0.6)


@pytest.mark.parametrize("product", PRODUCTS, ids=IDS)
def test_sizes_cost_more_the_bigger_they_are_and_fit_into_a_slot(product):
    for size in product.variants:
        assert 300 <= size.price_cents <= 50_000
        assert 0 < size.make_minutes <= SHOP.slots.capacity_make_minutes
        assert size.on_hand >= 0 and size.limit_per_order >= 1 and size.lead_time_hours >= 1
        if size.servings_min is not None:
            assert 1 <= size.servings_min <= size.servings_max
    by_weight = sorted(product.variants, key=lambda size: size.weight_g)
    assert [s.price_cents for s in by_weight] == sorted(s.price_cents for s in by_weight)


@pytest.mark.parametrize("product", [p for p in PRODUCTS if p.is_cake], ids=lambda p: p.slug)
def test_cakes_are_ordered_a_day_ahead_and_say_how_many_they_feed(product):
    for size in product.variants:
        assert 24 <= size.lead_time_hours <= 72
        assert size.servings_min and size.diameter_cm


def test_bread_is_free_of_gst_and_everything_else_is_not():
    for product in PRODUCTS:
        assert (product.tax_code is TaxCode.GST_FREE) == (product.category == "breads")


def test_slugs_and_skus_are_unique_and_every_category_has_products():
    assert len(set(IDS)) == len(IDS) >= 42
    skus = [size.sku for product in PRODUCTS for size in product.variants]
    assert len(set(skus)) == len(skus)
    assert {product.category for product in PRODUCTS} == {category.slug for category in CATEGORIES}


def test_messages_are_taken_on_cakes_only_and_some_allergens_are_honestly_unknown():
    assert all(product.is_cake for product in PRODUCTS if product.accepts_message)
    unknown = [p for p in PRODUCTS if any(a.declaration is Declaration.UNKNOWN for a in p.allergens)]
    assert len(unknown) >= 3


def test_reviews_are_by_initial_and_stay_within_the_scale():
    reviews = [review for product in PRODUCTS for review in product.reviews]
    assert len(reviews) > 50
    assert {review.rating for review in reviews} <= {3, 4, 5}
    assert 4.2 < sum(review.rating for review in reviews) / len(reviews) < 4.9
    for product in PRODUCTS:
        for review in product.reviews:
            assert re.fullmatch(r"\w+ \w\.", review.name)
            assert not review.variant or review.variant in {size.name for size in product.variants}


def test_the_abn_passes_the_tax_offices_checksum():
    digits = [int(c) for c in SHOP.abn if c.isdigit()]
    weights = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
    digits[0] -= 1
    assert len(digits) == 11
    assert sum(d * w for d, w in zip(digits, weights, strict=True)) % 89 == 0


def test_people_and_numbers_are_plainly_invented():
    assert SHOP.phone.startswith("02 5550 ") and SHOP.mobile.startswith("0491 570 ")
    for customer in CUSTOMERS:
        assert customer.email.endswith("@saffron.test")
        assert re.fullmatch(r"\+61491570\d{3}|\+614915701\d{2}", customer.phone)
    assert len({customer.email for customer in CUSTOMERS}) == len(CUSTOMERS)
    assert CUSTOMERS[0].email == "customer@saffron.test"
    assert {staff.role for staff in SHOP.staff} == {"owner", "manager", "baker", "counter"}


def test_hours_have_days_in_two_parts_and_intervals_do_not_overlap():
    assert len(SHOP.hours) == 7 and any(len(day) > 1 for day in SHOP.hours)
    for intervals in (*SHOP.hours, *(e.intervals for e in SHOP.exceptions)):
        times = [t for interval in intervals for t in (interval.opens, interval.closes)]
        assert times == sorted(set(times))
    dates = [exception.on for exception in SHOP.exceptions]
    assert dates == sorted(set(dates))
    assert date(2026, 12, 25) in dates and date(2027, 1, 26) in dates


def test_questions_are_answered_once_each():
    assert len(FAQS) >= 12 and len({faq.slug for faq in FAQS}) == len(FAQS)
    assert all(faq.question.endswith("?") and faq.answer for faq in FAQS)


def test_a_product_that_is_silent_about_an_allergen_is_refused(tmp_path):
    for source in load_products.__defaults__[0].glob("*.toml"):
        text = source.read_text(encoding="utf-8")
        if source.stem == "breads":
            text = text.replace('not_contained = ["milk", ', "not_contained = [", 1)
        (tmp_path / source.name).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="naan-e-tandoori: nothing is declared about milk"):
        load_products(tmp_path)
