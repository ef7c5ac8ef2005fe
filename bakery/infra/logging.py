"""Structured logs: JSON in production, readable in development, a request id in each, no personal data."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# Whatever code puts under these names never reaches a log.
_PRIVATE = {"email", "phone", "name", "recipient", "password", "token", "secret", "body", "address", "key"}
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_PHONE = re.compile(r"(?<!\w)\+?\d[\d ()-]{7,}\d(?!\w)")
# What Postgres says of a refused row is the row itself.
_DETAIL = re.compile(r"DETAIL: .*")
_LINK_KEY = re.compile(r"([?&](?:key|token)=)[^&\s\"']+")


def scrub_text(text: str) -> str:
    """A text without email addresses, phone numbers, link secrets and rows that Postgres quotes."""
    text = _DETAIL.sub("DETAIL: [private]", _LINK_KEY.sub(r"\1…", text))
    return _PHONE.sub("[phone]", _EMAIL.sub("[email]", text))


def _scrub(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if key not in {"timestamp", "request_id"}:
            event[key] = _scrubbed(key, value)
    return event


def _scrubbed(key: object, value: Any) -> Any:
    if key in _PRIVATE:
        return "[private]"
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, dict):
        return {inner: _scrubbed(inner, part) for inner, part in value.items()}
    if isinstance(value, list | tuple):
        return [_scrubbed(None, part) for part in value]
    return value


def configure(level: str, fmt: str) -> None:
    """Set up structlog and hand the standard library's loggers to it. Safe to call twice."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _scrub,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer() if fmt == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        # What the level drops costs nothing.
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    for old in [h for h in root.handlers if getattr(h, "from_bakery", False)]:
        root.removeHandler(old)
    handler.from_bakery = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    root.setLevel(level)
    for noisy in ("werkzeug", "rq.worker", "rq_scheduler", "fontTools", "weasyprint"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
