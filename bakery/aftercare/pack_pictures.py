"""The pictures of a file for the bank: what the customer sent and how the cake was drawn, small enough to send."""

from __future__ import annotations

import base64
import io
from typing import Any

import structlog
from PIL import Image, ImageOps, UnidentifiedImageError

from bakery.catalog.illustration.illustrate import preview
from bakery.catalog.illustration.render import rasterise
from bakery.catalog.illustration.stored import from_json
from bakery.integrations.files.port import FileMissing, Files

log = structlog.get_logger(__name__)
Facts = dict[str, Any]
PAPER = (255, 255, 255)


def load_pictures(pack: Facts, files: Files) -> list[tuple[str, Image.Image]]:
    """(what it is, the picture), in the order of the file. One that is gone, or is none, is left out; what the
    record says of it stands in the file all the same. Raises FilesUnavailable.
    """
    found = [(f"What the customer sent, {at}", _stored(files, each["key"])) for at, each in _sent(pack)]
    found += [
        (f"{line['name']}, as it was drawn for the order", _drawn(line["drawing"]))
        for line in pack["lines"]
        if line["drawing"]
    ]
    return [(words, picture) for words, picture in found if picture is not None]


def as_source(picture: Image.Image, edge: int, quality: int) -> str:
    """The picture for an `img`, with its longer side at most `edge` pixels."""
    small = ImageOps.contain(picture, (edge, edge)) if max(picture.size) > edge else picture
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=quality)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def _sent(pack: Facts) -> list[tuple[int, Facts]]:
    return list(enumerate(pack["cake"]["pictures"], start=1)) if pack["cake"] else []


def _stored(files: Files, key: str) -> Image.Image | None:
    try:
        with Image.open(io.BytesIO(files.get(key))) as picture:
            return _flat(picture)
    except FileMissing:
        return None
    except (UnidentifiedImageError, OSError, ValueError):
        log.warning("evidence_picture_unreadable", key=key)
        return None


def _drawn(drawing: Facts) -> Image.Image | None:
    try:
        return _flat(rasterise(preview(from_json(drawing)), 800))
    except (KeyError, ValueError, TypeError):
        # A drawing of before that the illustrator cannot read any more.
        log.warning("evidence_drawing_unreadable")
        return None


def _flat(picture: Image.Image) -> Image.Image:
    """On white paper: a JPEG knows nothing that is see-through."""
    front = picture.convert("RGBA")
    flat = Image.new("RGB", front.size, PAPER)
    flat.paste(front, mask=front.getchannel("A"))
    return flat
