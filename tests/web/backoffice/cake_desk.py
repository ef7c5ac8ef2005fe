"""Reading the page of one request as staff do, and sending its forms."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from bakery.core.actor import Actor
from bakery.custom_cakes.models import Quote
from tests.custom_cakes.requests import row

QUEUE = "/admin/custom-cakes"

CUSTOMER = Actor(None, "customer", "203.0.113.9")


def address(request_id: int) -> str:
    return f"{QUEUE}/{row(request_id).number}"


def look(browser: FlaskClient, request_id: int) -> str:
    answer = browser.get(address(request_id))
    assert answer.status_code == 200, answer.text
    return answer.text


def words(page: str, within: str = "main") -> str:
    """What a page says, without its navigation."""
    found = BeautifulSoup(page, "html.parser")
    part = found.select_one(within) or found
    return " ".join(part.get_text(" ").split())


def form(page: str, action: str) -> dict[str, str]:
    """The fields of the form that is sent to `…/action`, as a browser would send them untouched."""
    found = BeautifulSoup(page, "html.parser").select_one(f'form[action$="/{action}"]')
    assert found is not None, f"no form for {action}"
    fields: dict[str, str] = {}
    for field in found.select("input[name], textarea[name]"):
        fields[str(field["name"])] = str(
            field.get("value", "") if field.name == "input" else field.text.strip()
        )
    for choice in found.select("select[name]"):
        options = choice.select("option[selected]") or choice.select("option")
        fields[str(choice["name"])] = str(options[0]["value"])
    return fields


def send(
    browser: FlaskClient, request_id: int, action: str, page: str = "", htmx: bool = False, **changes: Any
) -> TestResponse:
    """Send one of the page's forms, with some fields changed; `page` is the one that was looked at before."""
    fields = form(page or look(browser, request_id), action) | changes
    headers = {"HX-Request": "true"} if htmx else {}
    return browser.post(f"{address(request_id)}/{action}", data=fields, headers=headers)


def quotes(session: Session) -> list[Quote]:
    return list(session.scalars(select(Quote).order_by(Quote.version)))


def statuses(request_id: int) -> str:
    return row(request_id).status


def field(page: str, name: str) -> str:
    """What stands in a field of the page that came back, in whichever form it is."""
    found = BeautifulSoup(page, "html.parser").select_one(f'[name="{name}"]')
    assert found is not None, name
    return str(found.get("value", "") if found.name == "input" else found.text.strip())


def said_at(page: str, name: str) -> str:
    found = BeautifulSoup(page, "html.parser").select_one(f"#{name}-error")
    return "" if found is None else found.get_text()
