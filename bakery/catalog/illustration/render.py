"""From SVG to the files a page asks for: WebP in several widths and one PNG for whatever cannot read it."""

from __future__ import annotations

import dataclasses
import functools
import io
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import resvg_py
from PIL import Image

from bakery.catalog.illustration.heroes import HEROES, hero_layers
from bakery.catalog.illustration.illustrate import backdrop_alone, horizon, subject_alone
from bakery.catalog.illustration.specs import Scene, Subject

FONTS = Path(__file__).parent / "fonts"
PRODUCT_WIDTHS = (320, 640, 960)
HERO_WIDTHS = (640, 960, 1280)
#: Walls are soft and out of focus: they are drawn this small and enlarged, at a tenth of the time.
BACKDROP_WIDTH = 400
#: The one PNG: wide enough for a mail or a feed, small enough to be nobody's first choice.
PNG_WIDTH = 640
QUALITY = 80


@dataclass(frozen=True, slots=True)
class PictureJob:
    """One picture to draw: a subject in a scene, or the name of a hero."""

    name: str
    subject: Subject | None = None
    scene: Scene | None = None


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """`name` is the job's; `suffix` is "webp" or "png"."""

    name: str
    width: int
    height: int
    suffix: str
    data: bytes


def rasterise(svg: str, width: int) -> Image.Image:
    """Pixels of a drawing. Only the bundled fonts are used, so every machine draws the same letters."""
    png = resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True, font_dirs=[str(FONTS)])
    return Image.open(io.BytesIO(bytes(png)))


@functools.cache
def _backdrop(scene: Scene, at: float) -> Image.Image:
    return rasterise(backdrop_alone(scene, at), BACKDROP_WIDTH).convert("RGB")


def _compose(back: Image.Image, front: Image.Image) -> Image.Image:
    picture = back.resize(front.size, Image.Resampling.BICUBIC)  # a copy, also when it has that size
    front = front.convert("RGBA")
    picture.paste(front, mask=front.getchannel("A"))
    return picture


def encode(image: Image.Image, suffix: str) -> bytes:
    """The bytes of a WebP or a PNG."""
    buffer = io.BytesIO()
    if suffix == "webp":
        image.save(buffer, "WEBP", quality=QUALITY, method=1)
    else:
        image.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def render(job: PictureJob) -> list[RenderedFile]:
    """Every file of one picture. Drawn once at its widest and scaled down from there."""
    if job.subject is not None and job.scene is not None:
        widths: tuple[int, ...] = PRODUCT_WIDTHS
        shadows, subject = subject_alone(job.subject, job.scene.seed)
        back = _backdrop(dataclasses.replace(job.scene, seed=0), horizon(job.subject))
        back = _compose(back, rasterise(shadows, BACKDROP_WIDTH))
        front = rasterise(subject, widths[-1])
    else:
        hero = HEROES[job.name]
        widths = (hero.width,) if hero.width < HERO_WIDTHS[-1] else HERO_WIDTHS
        wall, things = hero_layers(hero)
        back = rasterise(wall, BACKDROP_WIDTH).convert("RGB")
        front = rasterise(things, widths[-1])
    master = _compose(back, front)
    files = []
    for width in widths:
        size = (width, round(master.height * width / master.width))
        image = master if width == master.width else master.resize(size, Image.Resampling.BICUBIC)
        files.append(RenderedFile(job.name, *size, "webp", encode(image, "webp")))
        if width == PNG_WIDTH or len(widths) == 1:
            files.append(RenderedFile(job.name, *size, "png", encode(image, "png")))
    return files


def hero_jobs() -> list[PictureJob]:
    """The wide pictures and the sharing image."""
    return [PictureJob(name) for name in HEROES]


def render_all(jobs: Sequence[PictureJob], processes: int | None = None) -> Iterator[RenderedFile]:
    """Files as they become ready, drawn on all processors; what two jobs share is drawn once.

    Fresh processes, not forks: the caller may hold database connections.
    """
    same: dict[object, list[str]] = {}
    for job in jobs:
        same.setdefault((job.subject, job.scene) if job.subject else job.name, []).append(job.name)
    first = {names[0]: names for names in same.values()}
    for files in _draw([job for job in jobs if job.name in first], processes):
        for name in first[files[0].name]:
            yield from (dataclasses.replace(file, name=name) for file in files)


def _draw(jobs: Sequence[PictureJob], processes: int | None) -> Iterator[list[RenderedFile]]:
    workers = processes or os.cpu_count() or 1
    if workers == 1 or len(jobs) < 4:
        yield from map(render, jobs)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=workers, mp_context=context) as pool:
        # the wide ones take longest: last, they would keep one processor busy and the others waiting
        yield from pool.map(render, sorted(jobs, key=lambda job: job.subject is not None))
