"""The settings' page: every setting, its bounds as sentences, two owners at once, and where it takes effect."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.core.actor import SYSTEM
from bakery.people.models import AuditEntry, Role
from bakery.scheduling.models import SlotPlan
from bakery.shop.models import Shop
from bakery.upkeep import settings
from bakery.upkeep.setting_list import SETTINGS, Kind, Place
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop
from tests.queries import Counter
from tests.web.admin.typed import fields_of

PAGE = "/admin/settings"


@pytest.fixture
def owner(client: FlaskClient, session: Session) -> FlaskClient:
    make_open_shop(session)
    sign_in(client, role=Role.OWNER)
    return client


def typed(owner: FlaskClient, **changes: Any) -> dict[str, Any]:
    return fields_of(owner.get(PAGE).text) | changes


def test_lengths_are_centimetres_on_the_page_and_tenths_of_a_millimetre_in_the_shop(
    owner: FlaskClient, session: Session
) -> None:
    form = typed(owner)
    assert form["wedding_slice_width_tenth_mm"] == "2.54" and form["slice_height_tenth_mm"] == "10"
    assert owner.post(PAGE, data=form | {"wedding_slice_width_tenth_mm": "5,1"}).status_code == 303
    session.expire_all()
    assert session.get_one(Shop, 1).wedding_slice_width_tenth_mm == 510
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None and entry.action == "changed settings"
    assert entry.before == {"wedding_slice_width_tenth_mm": 254}
    assert entry.after == {"wedding_slice_width_tenth_mm": 510}


def test_what_is_saved_holds_at_once(owner: FlaskClient, session: Session) -> None:
    cake = "/servings?shape=round&diameter_cm=20.3&height_cm=10.2&slice=party"
    before = owner.get(cake, headers={"Accept": "application/json"}).json["servings"]
    changes = {
        "party_slice_width_tenth_mm": "7.6",
        "phone": "02 5550 9999",
        "deposit_percent": "30",
        "quote_days": "14",
        "capacity_orders": "9",
        "decorate_minutes": "240",
    }
    assert owner.post(PAGE, data=typed(owner, **changes)).status_code == 303
    assert owner.get(cake, headers={"Accept": "application/json"}).json["servings"] < before
    assert "02 5550 9999" in owner.get("/faq").text
    session.expire_all()
    shop, plan = session.get_one(Shop, 1), session.get_one(SlotPlan, 1)
    assert (shop.deposit_percent, shop.quote_days) == (30, 14)
    assert (plan.capacity_orders, plan.decorate_minutes) == (9, 240)


def test_what_refunds_go_by_is_a_setting(owner: FlaskClient, session: Session) -> None:
    form = typed(owner)
    assert form["cancellation_tiers"].splitlines() == [
        "100 % until 7 days before",
        "50 % until 3 days before",
    ]
    changes = {
        "refund_limit_cents": "250.50",
        "refund_order": "oldest",
        "cancellation_tiers": "50% until 1 day before\r\n\r\n100% until 2 days before.",
    }
    assert owner.post(PAGE, data=form | changes).status_code == 303
    session.expire_all()
    shop = session.get_one(Shop, 1)
    assert (shop.refund_limit_cents, shop.refund_order) == (25_050, "oldest")
    assert shop.cancellation_tiers == [{"days": 2, "percent": 100}, {"days": 1, "percent": 50}]
    assert owner.post(PAGE, data=typed(owner, cancellation_tiers="")).status_code == 303
    session.expire_all()
    assert session.get_one(Shop, 1).cancellation_tiers == []


def test_nothing_changed_is_nothing_written(owner: FlaskClient, session: Session) -> None:
    assert owner.post(PAGE, data=typed(owner)).status_code == 303
    assert "Nothing was changed." in owner.get(PAGE).text
    assert session.scalars(select(AuditEntry).where(AuditEntry.action == "changed settings")).all() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, "This cannot be empty."),
        ({"name": "x" * 121}, "Keep it under 120 characters."),
        ({"phone": "call us"}, "That is not a telephone number."),
        ({"email": "nobody"}, "That is not an email address."),
        ({"alert_phone": "12"}, "That is not a telephone number."),
        ({"alert_email": "a@"}, "That is not an email address."),
        ({"pickup_instructions": "x" * 2001}, "Keep it under 2,000 characters."),
        ({"wedding_slice_width_tenth_mm": "0"}, "Write 1 to 30 cm."),
        ({"party_slice_depth_tenth_mm": "30.01"}, "Write 1 to 30 cm."),
        ({"slice_height_tenth_mm": "nan"}, "Write a number."),
        ({"slice_height_tenth_mm": ""}, "Write a number."),
        ({"slice_height_tenth_mm": "10.005"}, "at most 2 decimals"),
        ({"deposit_percent": "101"}, "Write 0 to 100 %."),
        ({"deposit_percent": "-1"}, "Write 0 to 100 %."),
        ({"quote_days": "0"}, "Write 1 to 60 days."),
        ({"quote_days": "7.5"}, "Write a whole number."),
        ({"explain_from_percent": "1000"}, "Write 0 to 100 %."),
        ({"custom_days_ahead": "801"}, "Write 1 to 800 days."),
        ({"bake_minutes": "10001"}, "Write 0 to 10,000 minutes."),
        ({"slot_minutes": "4"}, "Write 5 to 240 minutes."),
        ({"max_days_ahead": "0"}, "Write 1 to 365 days."),
        ({"refund_limit_cents": "-1"}, "Write $0 to $100,000."),
        ({"refund_order": "random"}, "Choose one of them."),
        ({"cancellation_tiers": "all of it"}, "is not like “100 % until 7 days before”"),
        ({"cancellation_tiers": "101 % until 7 days before"}, "A tier gives back 0 to 100 per cent."),
        ({"cancellation_tiers": "50% until 7 days before\n60% until 3 days before"}, "gets no more"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_saved(
    owner: FlaskClient, session: Session, changes: dict[str, str], said: str
) -> None:
    answer = owner.post(PAGE, data=typed(owner, tagline="", **changes, capacity_minutes="77"))
    assert answer.status_code == 422 and said in answer.text
    assert 'value="77"' in answer.text
    session.expire_all()
    assert session.get_one(SlotPlan, 1).capacity_minutes != 77


def test_everything_wrong_is_said_at_once(owner: FlaskClient) -> None:
    answer = owner.post(PAGE, data=typed(owner, name="", quote_days="0", slot_minutes="1"))
    assert len(re.findall('aria-invalid="true"', answer.text)) == 3


def test_the_page_refuses_what_the_database_would(session: Session) -> None:
    """Each number's bounds are at least as tight as its CHECK: no setting ends in an error page."""
    make_open_shop(session)
    for name, setting in SETTINGS.items():
        if setting.kind not in (Kind.WHOLE, Kind.LENGTH):
            continue
        table = "shop" if setting.place is Place.SHOP else "slot_plan"
        for value in (setting.low, setting.high):
            try:
                with session.begin_nested():
                    session.execute(text(f"UPDATE {table} SET {name} = {value}"))
            except IntegrityError:
                pytest.fail(f"the database refuses {name} = {value}")


def test_the_slower_of_two_owners_sees_what_the_other_set(owner: FlaskClient, session: Session) -> None:
    form = typed(owner, deposit_percent="40")
    stand = settings.read_settings(session)
    settings.change_settings(stand.values | {"quote_days": 21}, stand.mark, SYSTEM)
    answer = owner.post(PAGE, data=form)
    assert answer.status_code == 409
    assert "A quote is good for is now: 21 days" in answer.text and 'value="40"' in answer.text
    session.expire_all()
    assert session.get_one(Shop, 1).deposit_percent == 0
    assert owner.post(PAGE, data=fields_of(answer.text)).status_code == 303
    session.expire_all()
    shop = session.get_one(Shop, 1)
    assert (shop.deposit_percent, shop.quote_days) == (40, 7), "saved over it, knowingly"


@pytest.mark.parametrize("role", [Role.MANAGER, Role.BAKER, Role.COUNTER, Role.CUSTOMER])
def test_only_who_manages_settings_sees_or_changes_them(
    client: FlaskClient, session: Session, role: Role
) -> None:
    make_open_shop(session)
    sign_in(client, role=role)
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, data={"name": "Mine"}).status_code == 403
    assert session.get_one(Shop, 1).name == "Saffron & Crumb"


def test_the_page_reads_little(owner: FlaskClient, count_queries: Counter) -> None:
    with count_queries() as seen:
        owner.get(PAGE)
    assert len(seen) <= 6, seen


def test_the_places_are_in_the_navigation_of_who_may_go_there(owner: FlaskClient, session: Session) -> None:
    page = owner.get("/admin/orders").text
    assert 'href="/admin/products"' in page and 'href="/admin/settings"' in page
    manager = owner.application.test_client()
    sign_in(manager, role=Role.MANAGER)
    page = manager.get("/admin/orders").text
    assert 'href="/admin/products"' in page and 'href="/admin/settings"' not in page
