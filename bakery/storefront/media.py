"""The shop's own pictures, under names that change when the picture does."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort

from bakery.integrations.adapters import adapters
from bakery.integrations.files.port import FileMissing

blueprint = Blueprint("media", __name__)

# Only what the shop publishes; receipts and other private files live under other prefixes.
_PUBLIC = re.compile(r"^pictures/[a-z0-9/_-]+\.(webp|png)")
_TYPES = {"webp": "image/webp", "png": "image/png"}


@blueprint.get("/media/<path:key>")
def show(key: str) -> Response:
    """One picture file. Anything but a published picture is not found."""
    match = _PUBLIC.fullmatch(key)
    if match is None:
        abort(404)
    try:
        data = adapters().files.get(key)
    except FileMissing:
        abort(404)
    response = Response(data, mimetype=_TYPES[match[1]])
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
