"""Refuse unsafe requests that another site made a browser send.

Browsers say where a request comes from (Sec-Fetch-Site, Origin); a forged form cannot lie about it. This
guards every unsafe request, also those from the shared, cached pages that can carry no token of one visitor.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, abort, request

SAFE = {"GET", "HEAD", "OPTIONS"}


def init_origin_guard(app: Flask, *, exempt_prefixes: tuple[str, ...]) -> None:
    """Install the guard. Machines that sign their requests (webhooks) are exempt by path prefix."""

    @app.before_request
    def refuse_cross_site() -> None:
        if request.method in SAFE or request.path.startswith(exempt_prefixes):
            return
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            if site not in {"same-origin", "none"}:
                abort(403, "This form was sent from another site.")
            return
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            abort(403, "This form was sent from another site.")
