"""Static files under names that carry their content, so that browsers keep them for a year."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from flask import Flask, Response, request


def init_assets(app: Flask) -> None:
    """Give templates `asset('css/base.css')` and let browsers keep what was asked for by content."""
    folder = Path(app.static_folder or "static")

    def address(name: str) -> str:
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]
        return f"{app.static_url_path}/{quote(name)}?v={digest}"

    remembered = lru_cache(maxsize=512)(address)

    def asset(name: str) -> str:
        """The URL of a static file. In development a changed file gets a new one at once."""
        return address(name) if app.debug else remembered(name)

    app.jinja_env.globals["asset"] = asset

    @app.after_request
    def keep(response: Response) -> Response:
        # Fonts and vendored scripts carry their version in their name: CSS asks for them without a hash.
        if request.endpoint == "static" and (
            "v" in request.args or request.path.startswith(("/static/fonts/", "/static/vendor/"))
        ):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
