"""A model version as files: `model.json` (trees), `cakes.csv` (what it knows), `manifest.json` (what it is)."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from models_ml.pricing.cakes import Cake, InvalidCake, PastCake, Tier
from models_ml.pricing.features import NAMES

MODEL, CAKES, MANIFEST = "model.json", "cakes.csv", "manifest.json"
COLUMNS = (
    "ref", "decided_on", "needed_on", "notice_days", "shape", "covering", "decoration", "toppings",
    "labour_hours", "ingredient_cents", "tiers", "price_cents",
)  # fmt: skip
REQUIRED: dict[str, type] = {
    "version": str, "features": list, "files": dict, "band": list, "formula_band": list, "range": dict,
    "shapes": list, "seen_until": str,
}  # fmt: skip


class BrokenArtifact(ValueError):
    """The files of a model are missing or not what the manifest says; the message says which."""


def digest(content: bytes) -> str:
    """The SHA-256 that manifests name files by."""
    return hashlib.sha256(content).hexdigest()


def write(folder: Path, files: dict[str, bytes], manifest: dict[str, Any]) -> None:
    """Put a version into a folder, the manifest last: a half-written version has none, and is not read."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def read(folder: Path) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The files and the manifest. Refuses (`BrokenArtifact`) what is missing, changed or made for other features."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        files = {name: (folder / name).read_bytes() for name in (MODEL, CAKES)}
    except OSError as error:
        name = Path(error.filename or "").name
        raise BrokenArtifact(f"{name} cannot be read ({error.strerror})") from None
    except ValueError:
        raise BrokenArtifact(f"{MANIFEST} is damaged") from None
    return verified(files, manifest)


def verified(files: dict[str, bytes], manifest: Any) -> tuple[dict[str, bytes], dict[str, Any]]:
    """What was given, if the files are those of the manifest. Refuses (`BrokenArtifact`) as `read` does."""
    if not isinstance(manifest, dict) or any(
        not isinstance(manifest.get(key), kind) for key, kind in REQUIRED.items()
    ):
        raise BrokenArtifact(f"{MANIFEST} is incomplete")
    for name in (MODEL, CAKES):
        if name not in files:
            raise BrokenArtifact(f"{name} is missing")
        if manifest["files"].get(name) != digest(files[name]):
            raise BrokenArtifact(f"{name} is not the file that was trained")
    if tuple(manifest["features"]) != NAMES:
        raise BrokenArtifact("the model was made for other features")
    return files, manifest


def digest_of(manifest: dict[str, Any]) -> str:
    """The SHA-256 of a manifest, however it was stored: the same content gives the same digest."""
    return digest(json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode())


def cakes_to_csv(cakes: Sequence[PastCake]) -> bytes:
    """Past cakes as a table; the same cakes give the same bytes."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for past in cakes:
        cake = past.cake
        tiers = "|".join(
            f"{tier.diameter_cm!r};{tier.width_cm or ''};{tier.height_cm!r};{tier.layers};{tier.flavour};{tier.filling}"
            for tier in cake.tiers
        )
        table.writerow(
            (past.ref, past.decided_on, cake.needed_on, cake.notice_days, cake.shape, cake.covering,
             cake.decoration, cake.toppings, cake.labour_hours, cake.ingredient_cents, tiers, past.price_cents)
        )  # fmt: skip
    return out.getvalue().encode()


def cakes_from_csv(content: bytes) -> list[PastCake]:
    """The table read back. Refuses (`BrokenArtifact`) a row that is no cake, with its number."""
    rows = csv.DictReader(io.StringIO(content.decode(errors="replace")))
    found: list[PastCake] = []
    for number, row in enumerate(rows, start=1):
        try:
            found.append(_past_cake(row))
        except (KeyError, ValueError, TypeError, AttributeError, InvalidCake) as error:
            raise BrokenArtifact(f"{CAKES} row {number} is no cake ({error})") from None
    return found


def _past_cake(row: dict[str, str]) -> PastCake:
    tiers = []
    for text in row["tiers"].split("|"):
        diameter, width, height, layers, flavour, filling = text.split(";")
        side = float(width) if width else None
        tiers.append(Tier(float(diameter), float(height), int(layers), flavour, filling, side))
    cake = Cake(
        tiers=tuple(tiers),
        needed_on=date.fromisoformat(row["needed_on"]),
        notice_days=int(row["notice_days"]),
        shape=row["shape"],
        covering=row["covering"],
        decoration=row["decoration"],
        toppings=int(row["toppings"]),
        labour_hours=float(row["labour_hours"]) if row["labour_hours"] else None,
        ingredient_cents=int(row["ingredient_cents"]) if row["ingredient_cents"] else None,
    )
    return PastCake(row["ref"], date.fromisoformat(row["decided_on"]), cake, int(row["price_cents"]))
