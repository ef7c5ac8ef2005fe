"""/admin/stations: what is promised of each station's day, and other minutes for a date."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.custom_cakes import decisions
from bakery.people.models import AuditEntry, Role
from bakery.scheduling.models import StationDay
from tests.custom_cakes.requests import NOW, approval, row, sent, staff
from tests.factories.people import sign_in
from tests.factories.scheduling import ScheduleExceptionFactory
from tests.factories.shop import make_open_shop
from tests.queries import Counter

FRIDAY = date(2026, 12, 4)


@pytest.fixture
def manager(client: FlaskClient, session: Session):
    with clock.travel(NOW):
        make_open_shop(session)
        sign_in(client, role=Role.MANAGER)
        yield client


def cells(client: FlaskClient, on: date, first: str = "2026-11-30") -> list[str]:
    page = BeautifulSoup(client.get(f"/admin/stations?from={first}").text, "html.parser")
    found = page.select_one(f"time[datetime='{on.isoformat()}']").find_parent("tr")
    return [" ".join(cell.get_text(" ", strip=True).split()) for cell in found.select("td")]


def save(client: FlaskClient, **changes: str):
    data = {"on": FRIDAY.isoformat(), "station": "decorate", "minutes": "60"} | changes
    return client.post("/admin/stations?from=2026-11-30", data=data)


def test_what_is_promised_and_what_is_asked_for_stand_beside_what_there_is(
    manager: FlaskClient, session: Session
) -> None:
    sent()
    request_id = sent()
    decisions.approve(approval(request_id, row(request_id).version), staff())
    ScheduleExceptionFactory(on_date=date(2026, 12, 6), name="Stocktaking")
    session.commit()
    assert cells(manager, FRIDAY) == ["0 of 600", "50 of 480 + 50 asked for", "70 of 600 + 70 asked for"]
    assert cells(manager, date(2026, 12, 6)) == ["closed", "closed", "closed"]


def test_other_minutes_for_a_day_hold_at_once_and_are_in_the_audit_log(
    manager: FlaskClient, session: Session
) -> None:
    answer = save(manager)
    assert (answer.status_code, answer.location) == (303, "/admin/stations?from=2026-11-30")
    assert cells(manager, FRIDAY)[2] == "0 of 60"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "schedule.station")).one()
    assert (entry.subject_id, entry.before, entry.after["minutes"]) == (
        "decorate 2026-12-04", {"minutes": None}, 60,
    )  # fmt: skip
    assert save(manager, minutes="").status_code == 303
    assert cells(manager, FRIDAY)[2] == "0 of 600"


def test_a_day_may_get_less_than_is_promised_and_staff_are_told(
    manager: FlaskClient, session: Session
) -> None:
    request_id = sent()
    decisions.approve(approval(request_id, row(request_id).version), staff())
    page = save(manager, minutes="30")
    page = manager.get(page.location).text
    assert "30 minutes on Friday 4 December, and 70 are promised already" in page
    assert cells(manager, FRIDAY)[2] == "70 of 30 More than there is"
    assert session.scalars(select(StationDay.booked_minutes).where(StationDay.on_date == FRIDAY)).all()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"minutes": "10001"}, "Write 0 to 10,000 minutes."),
        ({"minutes": "-1"}, "Write 0 to 10,000 minutes."),
        ({"minutes": "many"}, "Write a whole number."),
        ({"on": "2026-11-20"}, "Choose a day from today on"),
        ({"on": "2028-01-01"}, "Choose a day from today on"),
        ({"on": ""}, "Choose a day."),
        ({"on": "yesterday"}, "date"),
        ({"station": "fry"}, "Not a valid choice"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(
    manager: FlaskClient, session: Session, changes: dict[str, str], sentence: str
) -> None:
    answer = save(manager, **changes)
    assert answer.status_code == 422 and sentence in answer.text
    page = BeautifulSoup(answer.text, "html.parser")
    assert page.select_one("#minutes")["value"] == changes.get("minutes", "60")
    assert session.scalars(select(StationDay)).all() == []


def test_the_page_goes_a_fortnight_at_a_time_and_never_back_before_today(manager: FlaskClient) -> None:
    page = manager.get("/admin/stations").text
    assert "/admin/stations?from=2026-12-05" in page and "Earlier" not in page
    assert "Earlier" in manager.get("/admin/stations?from=2026-12-05").text
    for nonsense in ("2020-01-01", "soon", ""):
        assert 'datetime="2026-11-21"' in manager.get(f"/admin/stations?from={nonsense}").text


def test_only_who_keeps_the_schedule_may(client: FlaskClient, session: Session) -> None:
    make_open_shop(session)
    for role in (Role.BAKER, Role.COUNTER):
        sign_in(client, role=role)
        assert client.get("/admin/stations").status_code == 403
        assert save(client).status_code == 403


def test_the_page_takes_as_many_queries_however_much_is_promised(
    manager: FlaskClient, session: Session, count_queries: Counter
) -> None:
    with count_queries() as few:
        manager.get("/admin/stations?from=2026-11-30")
    for number in range(3):
        sent(needed_on=(FRIDAY + timedelta(days=number)).isoformat())
    with count_queries() as many:
        manager.get("/admin/stations?from=2026-11-30")
    assert len(many) == len(few) <= 9, many
