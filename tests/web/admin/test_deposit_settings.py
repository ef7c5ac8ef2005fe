"""Deposits as staff decide them: for the shop, and for one product."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.catalog.models import Product
from bakery.people.models import AuditEntry, Role
from bakery.shop.models import Shop
from tests.factories.catalog import make_cake
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop
from tests.web.admin.test_settings import typed

PAGE = "/admin/settings"


@pytest.fixture
def owner(client: FlaskClient, session: Session) -> FlaskClient:
    make_open_shop(session)
    sign_in(client, role=Role.OWNER)
    return client


def test_a_new_shop_asks_half_of_a_custom_cake_and_keeps_half_of_that(session: Session) -> None:
    column = Shop.__table__.c.deposit_percent
    assert (column.default.arg, column.server_default.arg) == (50, "50")
    shop = make_open_shop(session)
    assert (shop.deposit_kept_percent, shop.balance_due_days) == (50, 3)
    assert (shop.balance_remind_days, shop.balance_grace_hours, shop.deposit_from_percent) == (2, 24, 0)


def test_the_section_is_saved_in_its_own_units(owner: FlaskClient, session: Session) -> None:
    changes = {
        "deposit_percent": "40",
        "deposit_from_cents": "1,250.50",
        "deposit_from_percent": "30",
        "deposit_kept_percent": "25",
        "balance_due_days": "5",
        "balance_remind_days": "0",
        "balance_grace_hours": "0",
    }
    assert owner.post(PAGE, data=typed(owner, **changes)).status_code == 303
    session.expire_all()
    shop = session.get_one(Shop, 1)
    assert (shop.deposit_from_cents, shop.deposit_from_percent) == (125_050, 30)
    assert (shop.balance_due_days, shop.balance_remind_days, shop.balance_grace_hours) == (5, 0, 0)
    field = BeautifulSoup(owner.get(PAGE).text, "html.parser").select_one("#deposit_from_cents")
    assert field["value"] == "1250.50"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("deposit_percent", "101", "Write 0 to 100 %."),
        ("deposit_from_cents", "-1", "Write $0 to $100,000."),
        ("deposit_from_cents", "100000.01", "Write $0 to $100,000."),
        ("deposit_from_cents", "1.005", "Write it with at most 2 decimals."),
        ("deposit_from_percent", "101", "Write 0 to 100 %."),
        ("deposit_kept_percent", "-1", "Write 0 to 100 %."),
        ("balance_due_days", "61", "Write 0 to 60 days."),
        ("balance_remind_days", "31", "Write 0 to 30 days."),
        ("balance_grace_hours", "337", "Write 0 to 336 hours."),
        ("balance_grace_hours", "", "Write a number."),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    owner: FlaskClient, field: str, value: str, sentence: str
) -> None:
    answer = owner.post(PAGE, data=typed(owner, **{field: value}))
    assert answer.status_code == 422 and sentence in answer.text


@pytest.mark.parametrize(
    "change",
    [
        {"deposit_from_cents": -1},
        {"deposit_from_percent": 101},
        {"deposit_kept_percent": 101},
        {"balance_due_days": 61},
        {"balance_remind_days": -1},
        {"balance_grace_hours": 337},
    ],
)
def test_the_database_refuses_it_as_well(session: Session, change: dict[str, int]) -> None:
    make_open_shop(session)
    with pytest.raises(IntegrityError, match="sane"), session.begin_nested():
        session.execute(Shop.__table__.update().values(change))


def form_of(client: FlaskClient, slug: str) -> dict[str, str]:
    """The form of a product as its page shows it."""
    page = BeautifulSoup(client.get(f"/admin/products/{slug}/edit").text, "html.parser")
    form = page.select_one("form.product-form")
    data = {
        field["name"]: field.get("value", "")
        for field in form.select("input[name]")
        if field["type"] != "checkbox"
    }
    data |= {area["name"]: area.get_text() for area in form.select("textarea[name]")}
    for select_ in form.select("select[name]"):
        chosen = select_.select_one("option[selected]") or select_.select_one("option")
        data[select_["name"]] = chosen["value"]
    return data


@pytest.fixture
def cake(session: Session, owner: FlaskClient) -> Product:
    return session.get_one(Product, make_cake(product__slug="walnut").product_id)


@pytest.mark.parametrize(
    ("typed_in", "kept", "shown"),
    [
        ({"deposit_percent": "50"}, (50, None), "50 % of its price"),
        ({"deposit_cents": "20.00"}, (None, 2_000), "$20.00 for each"),
        ({}, (None, None), "None of its own"),
    ],
)
def test_a_product_has_a_deposit_of_its_own(
    session: Session,
    owner: FlaskClient,
    cake: Product,
    typed_in: dict[str, str],
    kept: tuple[int | None, int | None],
    shown: str,
) -> None:
    data = form_of(owner, "walnut") | {"deposit_percent": "", "deposit_cents": ""} | typed_in
    assert owner.post("/admin/products/walnut/edit", data=data).status_code == 303
    session.refresh(cake)
    assert (cake.deposit_percent, cake.deposit_cents) == kept
    assert shown in owner.get("/admin/products/walnut").text
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "changed a product")).all()
    assert len(entries) == bool(typed_in)


@pytest.mark.parametrize(
    ("typed_in", "sentence"),
    [
        ({"deposit_percent": "50", "deposit_cents": "20"}, "one of both"),
        ({"deposit_percent": "101"}, "Write 1 to 100 %"),
        ({"deposit_percent": "half"}, "Write a whole number."),
        ({"deposit_cents": "0.49"}, "Write $0.50 to $10,000.00"),
        ({"deposit_cents": "10000.01"}, "Write $0.50 to $10,000.00"),
        ({"deposit_cents": "-5"}, "Write $0.50 to $10,000.00"),
    ],
)
def test_a_deposit_that_cannot_be_is_refused_with_the_form_kept(
    session: Session, owner: FlaskClient, cake: Product, typed_in: dict[str, str], sentence: str
) -> None:
    data = form_of(owner, "walnut") | {"deposit_percent": "", "deposit_cents": ""} | typed_in
    answer = owner.post("/admin/products/walnut/edit", data=data)
    assert answer.status_code == 422 and sentence in answer.text
    page = BeautifulSoup(answer.text, "html.parser")
    for name, value in typed_in.items():
        assert page.select_one(f"#{name}")["value"] == value
    session.refresh(cake)
    assert (cake.deposit_percent, cake.deposit_cents) == (None, None)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"deposit_percent": 50}, "Order it with a deposit of 50 %; the rest is due 3 opening days before"),
        ({"deposit_cents": 2_000}, "a deposit of $20.00 each"),
        ({"deposit_percent": 100}, ""),
        ({}, ""),
    ],
)
def test_the_products_page_says_it(
    session: Session, client: FlaskClient, rule: dict[str, int], words: str
) -> None:
    make_open_shop(session)
    make_cake(product__slug="walnut", **{f"product__{name}": value for name, value in rule.items()})
    page = BeautifulSoup(client.get("/menu/walnut").text, "html.parser").select_one("main").get_text()
    assert words in page
    assert ("deposit" in page) == bool(words)


@pytest.mark.parametrize(
    "change", [{"deposit_percent": 0}, {"deposit_cents": 0}, {"deposit_percent": 5, "deposit_cents": 5}]
)
def test_the_database_refuses_a_product_with_such_a_deposit(session: Session, change: dict[str, int]) -> None:
    make_open_shop(session)
    make_cake()
    with pytest.raises(IntegrityError, match="deposit_sane"), session.begin_nested():
        session.execute(Product.__table__.update().values(change))
