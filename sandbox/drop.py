"""Hanging up without an answer."""

from __future__ import annotations

import contextlib
import socket

from flask import Response, request


class DropConnection(Exception):
    """The fault in force wants no answer at all."""


def hang_up(_error: DropConnection) -> Response:
    """Close the socket under the answer; the caller sees a broken connection."""
    connection: socket.socket | None = request.environ.get("werkzeug.socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)
