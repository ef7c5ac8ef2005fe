"""Files for spreadsheets, sent while they are read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from flask import Response, stream_with_context

# Rows sent at a time: none is held longer than it takes to send it.
PIECE = 500


def csv_file(
    name: str, headings: Sequence[str], rows: Iterable[Sequence[object]], piece: int = PIECE
) -> Response:
    """A download of these rows, which are taken as they are sent, `piece` at a time; numbers stay numbers."""
    body = stream_with_context(_pieces(headings, rows, piece))
    response = Response(body, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _pieces(headings: Sequence[str], rows: Iterable[Sequence[object]], size: int) -> Iterator[str]:
    yield _written([headings])
    left = iter(rows)
    while piece := list(islice(left, size)):
        yield _written([_safe(value) for value in row] for row in piece)


def _written(rows: Iterable[Iterable[object]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _safe(value: object) -> object:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r", "\n"):
        return f"'{value}"
    return value
