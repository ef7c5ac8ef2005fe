"""The demo shop's pictures, drawn once and kept under var/ until the illustrator or the demo changes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path

from bakery.demo.seed_pictures import Drawn, draw_pictures
from bakery.integrations.files.store import ObjectFiles

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "var" / "drawn"
SOURCES = ("bakery/catalog/illustration", "bakery/demo/content", "bakery/demo/seed_pictures.py")


def pictures_in(media: Path) -> dict[str, Drawn]:
    """Put every picture of the demo shop into the folder `media`; drawn only when no earlier run did."""
    kept = KEPT / _fingerprint()
    if not kept.is_dir():
        _draw(kept)
    shutil.copytree(kept / "media", media, dirs_exist_ok=True)
    listed = json.loads((kept / "drawn.json").read_text())
    return {name: Drawn(d["key"], tuple(d["widths"]), d["ratio_permille"]) for name, d in listed.items()}


def _draw(kept: Path) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    for old in KEPT.iterdir():
        shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=KEPT) as folder:
        drawn = draw_pictures(ObjectFiles(f"{folder}/media", ROOT), lambda _: None)
        listed = {name: asdict(each) for name, each in drawn.items()}
        (Path(folder) / "drawn.json").write_text(json.dumps(listed))
        shutil.copytree(folder, f"{folder}-whole")
    os.replace(f"{folder}-whole", kept)


def _fingerprint() -> str:
    sources = [ROOT / source for source in SOURCES]
    files = sorted(
        file
        for source in sources
        for file in ([source] if source.is_file() else source.rglob("*"))
        if file.is_file() and file.suffix != ".pyc"
    )
    mark = hashlib.sha256()
    for file in files:
        mark.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return mark.hexdigest()[:16]
