"""Form parameters as Stripe reads them: `line_items[0][price_data][currency]=aud` is a tree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sandbox.stripe_api.errors import StripeError, invalid, missing_parameter

KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
PART = re.compile(r"\[([^\[\]]*)\]")
EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
URL = re.compile(r"^https?://[^\s]+$")
MOST = 99_999_999


def decode(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Un-nest the pairs of a form. Lists stay dicts keyed by index until they are asked for."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        found = KEY.match(name)
        if not found:
            raise invalid(f"Received unknown parameter: {name}", name, "parameter_unknown")
        path = [found.group(1), *PART.findall(found.group(2))]
        place = tree
        for step in path[:-1]:
            inner = place.setdefault(step or str(len(place)), {})
            if not isinstance(inner, dict):
                raise invalid("Invalid object", name)
            place = inner
        place[path[-1] or str(len(place))] = value
    return tree


class Params:
    """A branch of the tree. What was never read is unknown: `done()` refuses it."""

    def __init__(self, tree: dict[str, Any], name: str = "", parent: Params | None = None) -> None:
        self.tree, self.name = tree, name
        self._read: set[str] = set()
        self._children: list[Params] = []
        if parent:
            parent._children.append(self)

    def path(self, key: str) -> str:
        return f"{self.name}[{key}]" if self.name else key

    def has(self, key: str) -> bool:
        return key in self.tree

    def given(self, key: str) -> bool:
        """Was it named with something in it? An empty text unsets a field."""
        return bool(self.tree.get(key, "") != "")

    def _text(self, key: str, required: bool) -> str | None:
        self._read.add(key)
        value = self.tree.get(key)
        if value is None or value == "":
            if required:
                raise missing_parameter(self.path(key))
            return None
        if not isinstance(value, str):
            raise invalid(f"Invalid string: {value}", self.path(key))
        return value

    def text(
        self, key: str, *, required: bool = False, longest: int = 5000, choices: tuple[str, ...] = ()
    ) -> str | None:
        value = self._text(key, required)
        if value is not None and len(value) > longest:
            message = f"Invalid string: {value[:20]}...; must be at most {longest} characters"
            raise invalid(
                message, self.path(key), "parameter_invalid_string_blank" if not value.strip() else None
            )
        if value is not None and choices and value not in choices:
            raise invalid(f"Invalid {self.path(key)}: must be one of {', '.join(choices)}", self.path(key))
        return value

    def needed(self, key: str, **options: Any) -> str:
        return str(self.text(key, required=True, **options))

    def email(self, key: str) -> str | None:
        value = self.text(key, longest=800)
        if value is not None and not EMAIL.match(value):
            raise invalid(f"Invalid email address: {value}", self.path(key), "email_invalid")
        return value

    def url(self, key: str, *, required: bool = False) -> str | None:
        value = self.text(key, required=required)
        if value is not None and not URL.match(value):
            raise invalid("Not a valid URL", self.path(key), "url_invalid")
        return value

    def integer(self, key: str, *, required: bool = False, least: int = 0, most: int = MOST) -> int | None:
        value = self._text(key, required)
        if value is None:
            return None
        if not re.fullmatch(r"-?\d+", value):
            raise invalid(f"Invalid integer: {value}", self.path(key), "parameter_invalid_integer")
        number = int(value)
        if number < least:
            words = "greater than or equal to" if least != 1 else "greater than or equal to"
            raise invalid(f"This value must be {words} {least}.", self.path(key), "parameter_invalid_integer")
        if number > most:
            raise invalid(
                f"This value must be less than or equal to {most}.",
                self.path(key),
                "parameter_invalid_integer",
            )
        return number

    def flag(self, key: str) -> bool | None:
        value = self._text(key, False)
        if value is None:
            return None
        if value.lower() not in ("true", "false"):
            raise invalid(f"Invalid boolean: {value}", self.path(key))
        return value.lower() == "true"

    def currency(self, key: str) -> str:
        value = self.needed(key).lower()
        if not re.fullmatch(r"[a-z]{3}", value):
            raise invalid(
                f"Invalid currency: {value}. Stripe currently supports these currencies: aud, usd, …",
                self.path(key),
            )
        return value

    def branch(self, key: str, *, required: bool = False) -> Params | None:
        self._read.add(key)
        value = self.tree.get(key)
        if value is None or value == "":
            if required:
                raise missing_parameter(self.path(key))
            return None
        if not isinstance(value, dict):
            raise invalid("Invalid object", self.path(key))
        return Params(value, self.path(key), self)

    def branches(self, key: str) -> list[Params]:
        """A list of objects, in the order of their indices."""
        listed = self.branch(key)
        if listed is None:
            return []
        return [each for each in (listed.branch(index) for index in listed._order()) if each is not None]

    def texts(self, key: str) -> list[str]:
        listed = self.branch(key)
        return [] if listed is None else [str(listed.text(index)) for index in listed._order()]

    def _order(self) -> list[str]:
        if not all(key.isdigit() for key in self.tree):
            raise invalid("Invalid array", self.name)
        return sorted(self.tree, key=int)

    def anything(self, *keys: str) -> dict[str, Any]:
        """Accept parameters that the original knows and the sandbox only stores; returns those given."""
        self._read.update(keys)
        return {key: plain(self.tree[key]) for key in keys if key in self.tree}

    def metadata(self, before: dict[str, str] | None = None) -> dict[str, str]:
        """Merge into what was there; an empty value unsets a key, at most 50 of them."""
        self._read.add("metadata")
        given = self.tree.get("metadata")
        if given == "":
            return {}
        merged = dict(before or {})
        for key, value in (given or {}).items() if isinstance(given, dict) else ():
            where = f"{self.path('metadata')}[{key}]"
            if not isinstance(value, str):
                raise invalid("Invalid string", where)
            if len(key) > 40 or len(value) > 500:
                raise invalid(
                    "Metadata keys can have up to 40 characters and values up to 500 characters.", where
                )
            merged[key] = value
        merged = {key: value for key, value in merged.items() if value != ""}
        if len(merged) > 50:
            raise StripeError("You can have up to 50 keys of metadata.", param="metadata")
        return merged

    def done(self) -> None:
        """Refuse what nobody asked for. Call it before anything is changed."""
        unknown = [self.path(key) for key in self.tree if key not in self._read]
        if unknown:
            raise invalid(f"Received unknown parameter: {unknown[0]}", unknown[0], "parameter_unknown")
        for child in self._children:
            child.done()


def plain(value: Any) -> Any:
    """A stored-only parameter as JSON: index keys become lists, true and false become flags."""
    if isinstance(value, dict):
        if value and all(key.isdigit() for key in value):
            return [plain(value[key]) for key in sorted(value, key=int)]
        return {key: plain(inner) for key, inner in value.items()}
    return {"true": True, "false": False, "": None}.get(value, value)
