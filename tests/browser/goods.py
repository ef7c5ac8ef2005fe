"""The demo shop's pictures, drawn once and kept under var/ until the illustrator or the demo changes."""

from __future__ import annotations

import fcntl
import hashlib
import json
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
    """Put every picture of the demo shop into the folder `media`; drawn only when no earlier run did.

    Who comes while another process draws or copies waits for it, and finds the pictures done.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = KEPT / _fingerprint()
        if not kept.is_dir():
            _draw(kept)
        shutil.copytree(kept / "media", media, dirs_exist_ok=True)
        listed = json.loads((kept / "drawn.json").read_text())
    return {name: Drawn(d["key"], tuple(d["widths"]), d["ratio_permille"]) for name, d in listed.items()}


def _draw(kept: Path) -> None:
    """Draw beside, then rename: a folder with this name is always whole."""
    for old in KEPT.iterdir():
        if old.is_dir():
            shutil.rmtree(old)
    draft = Path(tempfile.mkdtemp(dir=KEPT, prefix="draft-"))
    drawn = draw_pictures(ObjectFiles(str(draft / "media"), ROOT), lambda _: None)
    listed = {name: asdict(each) for name, each in drawn.items()}
    (draft / "drawn.json").write_text(json.dumps(listed))
    draft.rename(kept)


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
