"""Draw the demo shop's pictures and put them into the media store, under names that carry their content."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from bakery.catalog.illustration.render import PictureJob, RenderedFile, hero_jobs, render_all
from bakery.demo import content
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
    heroes = hero_jobs()
    rendered: dict[str, list[RenderedFile]] = defaultdict(list)
    for file in render_all([*jobs, *heroes]):
        rendered[file.name].append(file)
    fixed = {job.name for job in heroes}
    drawn = {name: _store(files, name, made, name in fixed) for name, made in rendered.items()}
    say(f"drew {len(drawn)} pictures")
    return drawn


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
