"""A list as a file for spreadsheets, in pieces: none is held longer than it takes to send it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice


def csv_pieces(headings: Iterable[str], rows: Iterator[Iterable[object]], at_once: int) -> Iterator[str]:
    """The file's text: its headings, then some rows at a time."""
    yield _text([headings])
    while piece := list(islice(rows, at_once)):
        yield _text([_safe(value) for value in row] for row in piece)


def _text(rows: Iterable[Iterable[object]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _safe(value: object) -> object:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection). A number is none."""
    text = str(value)
    risky = text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") and not isinstance(value, int | Decimal)
    return f"'{text}" if risky else text
