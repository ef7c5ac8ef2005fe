"""The builder's page as a browser without scripts has it, and as htmx asks for its parts."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

ADDRESS = "/custom-cakes/new"
LAILA = {"name": "Laila Rahimi", "email": "laila@saffron.test", "phone": "0491 570 156"}
DAY = "2026-12-05"


class BuilderPage:
    """One loading of the page: what is in its fields is what it sends."""

    def __init__(
        self, client: FlaskClient, address: str = ADDRESS, answer: TestResponse | None = None
    ) -> None:
        self.client = client
        self.answer = answer or client.get(address)
        assert self.answer.mimetype == "text/html", self.answer
        self.soup = BeautifulSoup(self.answer.text, "html.parser")
        form = self.soup.select_one("form.builder-layout")
        assert form, self.answer.text
        self.address = str(form["action"])
        self.fields = _successful(form)

    def press(
        self, action: str = "update", *, htmx: bool = False, files: Any = None, **changes: Any
    ) -> TestResponse:
        """Send the form with some fields changed (None: not sent at all)."""
        sent = {**self.fields, **changes, "action": action}
        data = {name: value for name, value in sent.items() if value is not None}
        if files is not None:
            data["pictures"] = files
        headers = {"HX-Request": "true"} if htmx else {}
        answer = self.client.post(
            self.address, data=data, headers=headers, content_type="multipart/form-data"
        )
        # The client leaves what it spooled of a large body to the garbage collector.
        answer.request.environ["wsgi.input"].close()
        if htmx and answer.status_code in (200, 422):
            self._learn(answer)
        return answer

    def then(self, action: str = "update", **changes: Any) -> BuilderPage:
        """The page that comes of it, without scripts."""
        return BuilderPage(self.client, self.address, self.press(action, **changes))

    def send(self, **changes: Any) -> TestResponse:
        return self.press("send", **{**LAILA, "needed_on": DAY, **changes})

    def said(self, name: str) -> str:
        slot = self.soup.find(id=f"at-{name}")
        assert slot is not None, name
        return slot.get_text(" ", strip=True).removeprefix("Error: ")

    @property
    def price(self) -> str:
        return text(self.answer, ".cake-price")

    @property
    def tiers(self) -> int:
        return len(self.soup.select(".tier-card"))

    def _learn(self, answer: TestResponse) -> None:
        """What htmx puts into the form with an answer."""
        for hidden in BeautifulSoup(answer.text, "html.parser").select("#answer input[type=hidden]"):
            self.fields[str(hidden["name"])] = str(hidden["value"])


def text(answer: TestResponse, selector: str) -> str:
    """The words of the first element that fits."""
    found = BeautifulSoup(answer.text, "html.parser").select_one(selector)
    assert found is not None, f"{selector} in {answer.text[:3000]}"
    return " ".join(found.get_text(" ", strip=True).split())


def _successful(form: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for field in form.select("input, textarea, select"):
        kind, name = field.get("type"), field.get("name")
        if kind in ("file", "submit") or not name:
            continue
        if kind in ("checkbox", "radio"):
            if not field.has_attr("checked"):
                continue
            value = field.get("value", "on")
            fields[name] = [*fields.get(name, []), value] if kind == "checkbox" else value
        elif field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            fields[name] = chosen["value"]
        elif field.name == "textarea":
            fields[name] = field.get_text().removeprefix("\n")
        else:
            fields[name] = field.get("value", "")
    return fields
