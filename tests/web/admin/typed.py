"""A page's form as a browser would send it."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup, Tag


def fields_of(html: str) -> dict[str, Any]:
    """Every field of the last form in main, as it stands: what is not ticked is not there."""
    form = BeautifulSoup(html, "html.parser").select("main form")[-1]
    sent: dict[str, Any] = {}
    for field in form.select("input[name], select[name], textarea[name]"):
        value = _value(field)
        if value is None:
            continue
        name = str(field["name"])
        sent[name] = [*sent[name], value] if isinstance(sent.get(name), list) else value
        if field.get("type") == "checkbox" and not isinstance(sent[name], list):
            sent[name] = [value]
    return sent


def _value(field: Tag) -> str | None:
    if field.name == "textarea":
        return field.get_text().removeprefix("\n")
    if field.name == "select":
        chosen = field.select_one("option[selected]") or field.select_one("option")
        return str(chosen["value"]) if chosen else None
    if field.get("type") in ("checkbox", "radio") and not field.has_attr("checked"):
        return None
    return str(field.get("value", ""))
