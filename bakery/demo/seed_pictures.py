"""Draw the demo shop's pictures and put them into the media store, under names that carry their content."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bakery.catalog.illustration.render import PictureJob, RenderedFile, hero_jobs, render_all
from bakery.custom_cakes.uploads import StoredPicture
from bakery.demo import content
from bakery.demo.content.inspirations import INSPIRATIONS
from bakery.integrations.files.port import Files

TYPES = {"webp": "image/webp", "png": "image/png"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture in the store: `<key>-<width>.<suffix>`."""

    key: str
    widths: tuple[int, ...]
    ratio_permille: int


def draw_pictures(files: Files, say: Callable[[str], None]) -> dict[str, Drawn]:
    """Every product's and category's picture, and the wide ones (by their fixed names). By job name."""
    jobs = [PictureJob(p.slug, p.picture.subject, p.picture.scene) for p in content.PRODUCTS]
    jobs += [PictureJob(f"category-{c.slug}", c.picture.subject, c.picture.scene) for c in content.CATEGORIES]
    wishes = [PictureJob(wish.name, wish.cake, wish.scene) for wish in INSPIRATIONS]
    heroes = hero_jobs()
    rendered: dict[str, list[RenderedFile]] = defaultdict(list)
    for file in render_all([*jobs, *wishes, *heroes]):
        rendered[file.name].append(file)
    fixed = {job.name for job in heroes}
    private = {job.name for job in wishes}
    drawn = {
        name: _store_privately(files, made) if name in private else _store(files, name, made, name in fixed)
        for name, made in rendered.items()
    }
    say(f"drew {len(drawn)} pictures")
    return drawn


def sent_pictures(files: Files, drawn: Mapping[str, Drawn]) -> dict[str, StoredPicture]:
    """The pictures that customers sent along with their wishes, by name; what was not drawn is left out."""
    sent = {}
    for name in (wish.name for wish in INSPIRATIONS if wish.name in drawn):
        picture = drawn[name]
        width = picture.widths[-1]
        height = width * picture.ratio_permille // 1000
        sent[name] = StoredPicture(picture.key, width, height, len(files.get(picture.key)))
    return sent


def _store_privately(files: Files, made: list[RenderedFile]) -> Drawn:
    """As an upload is kept: one file, not among the public ones."""
    best = max((file for file in made if file.suffix == "webp"), key=lambda file: file.width)
    key = f"custom-cakes/demo-{hashlib.sha256(best.data).hexdigest()[:24]}.webp"
    files.put(key, best.data, content_type=TYPES["webp"])
    return Drawn(key=key, widths=(best.width,), ratio_permille=best.height * 1000 // best.width)


def _store(files: Files, name: str, made: list[RenderedFile], fixed: bool) -> Drawn:
    mark = hashlib.sha256(b"".join(file.data for file in made)).hexdigest()[:8]
    key = f"pictures/{name}" if fixed else f"pictures/{name}-{mark}"
    for file in made:
        files.put(f"{key}-{file.width}.{file.suffix}", file.data, content_type=TYPES[file.suffix])
    widest = max(made, key=lambda file: file.width)
    return Drawn(
        key=key,
        widths=tuple(sorted({file.width for file in made if file.suffix == "webp"})),
        ratio_permille=widest.height * 1000 // widest.width,
    )
