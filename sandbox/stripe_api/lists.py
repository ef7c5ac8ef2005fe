"""Lists with cursors, and object expansion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.store import Store
from sandbox.stripe_api.errors import StripeError, invalid, missing
from sandbox.stripe_api.params import Params

COMPARE = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
DEEPEST = 4


def page(store: Store, kind: str, url: str, params: Params, filters: dict[str, Any]) -> dict[str, Any]:
    """One page of objects of a kind, newest first; `filters` maps JSON paths to wanted values or None."""
    fields = {path: wanted for path, wanted in filters.items() if wanted is not None}
    where, values = _created(params)
    limit = params.integer("limit", least=1, most=100) or 10
    after, before = params.text("starting_after"), params.text("ending_before")
    params.done()
    if after and before:
        raise StripeError(
            "You can only provide one of the pagination parameters: `starting_after`, `ending_before`."
        )
    for cursor, sign, name in ((after, "<", "starting_after"), (before, ">", "ending_before")):
        if cursor:
            where.append(f"(created, seq) {sign} (?, ?)")
            values += _place(store, kind, cursor, name)
    found = store.select(kind, fields, (where, values), "ASC" if before else "DESC", limit + 1)
    data = found[:limit]
    return {
        "object": "list",
        "url": url,
        "has_more": len(found) > limit,
        "data": data[::-1] if before else data,
    }


def _place(store: Store, kind: str, cursor: str, name: str) -> list[int]:
    row = store.row("SELECT created, seq FROM objects WHERE id = ? AND kind = ?", cursor, kind)
    if row is None:
        raise missing(kind, cursor, name)
    return [row["created"], row["seq"]]


def _created(params: Params) -> tuple[list[str], list[Any]]:
    where: list[str] = []
    values: list[Any] = []
    if isinstance(params.tree.get("created"), str):
        return ["created = ?"], [params.integer("created", most=2**40)]
    bounds = params.branch("created")
    for name, sign in COMPARE.items() if bounds else ():
        bound = bounds.integer(name, most=2**40) if bounds else None
        if bound is not None:
            where.append(f"created {sign} ?")
            values.append(bound)
    return where, values


def whole(url: str, data: list[dict[str, Any]], params: Params) -> dict[str, Any]:
    """A short list that lives inside another object (line items), with the same cursors."""
    limit = params.integer("limit", least=1, most=100) or 10
    after, before = params.text("starting_after"), params.text("ending_before")
    params.done()
    places = {each["id"]: place for place, each in enumerate(data)}
    for cursor, name in ((after, "starting_after"), (before, "ending_before")):
        if cursor and cursor not in places:
            raise missing("line_item", cursor, name)
    if before:
        rest = data[: places[before]]
        return {"object": "list", "url": url, "has_more": len(rest) > limit, "data": rest[-limit:]}
    rest = data[places[after] + 1 :] if after else data
    return {"object": "list", "url": url, "has_more": len(rest) > limit, "data": rest[:limit]}


# Fields that an answer leaves out until they are expanded: (object, field) → what makes them.
Hidden = dict[tuple[str, str], Callable[[Store, dict[str, Any]], Any]]


def expand(store: Store, hidden: Hidden, answer: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
    """Replace ids by objects along each path, such as `payment_intent.latest_charge` or `data.customer`."""
    for path in wanted:
        steps = path.split(".")
        if steps[0] == "data" and answer.get("object") == "list":
            if len(steps) - 1 > DEEPEST:
                raise _too_deep(path)
            for each in answer["data"]:
                _expand(store, hidden, each, steps[1:], path)
        elif len(steps) > DEEPEST:
            raise _too_deep(path)
        else:
            _expand(store, hidden, answer, steps, path)
    return answer


def _too_deep(path: str) -> StripeError:
    return invalid(f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}", "expand")


def _expand(store: Store, hidden: Hidden, body: dict[str, Any], steps: list[str], path: str) -> None:
    if not steps:
        return
    value, rest = _expanded(store, hidden, body, steps[0], path), steps[1:]
    if value is None:
        return
    body[steps[0]] = value
    if value.get("object") == "list" and rest[:1] == ["data"]:
        for each in value["data"]:
            _expand(store, hidden, each, rest[1:], path)
    else:
        _expand(store, hidden, value, rest, path)


def _expanded(
    store: Store, hidden: Hidden, body: dict[str, Any], step: str, path: str
) -> dict[str, Any] | None:
    """What stands behind a field: an object, or None. Refuses fields that hold neither."""
    make = hidden.get((body.get("object", ""), step))
    value = make(store, body) if make and step not in body else body.get(step, "")
    found = store.get(value) if isinstance(value, str) else value
    if found is None and value is None or isinstance(found, dict):
        return found
    raise invalid(f"This property cannot be expanded ({path}).", "expand")
