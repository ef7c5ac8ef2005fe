"""Where a picture's files are, and what a page needs to show it at the right size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PictureView:
    """Addresses of one picture by width, with its proportions and alternative text."""

    src: str
    webp: tuple[tuple[str, int], ...]
    png: tuple[tuple[str, int], ...]
    width: int
    height: int
    alt: str


def picture_view(key: str, alt: str, widths: Sequence[int], ratio_permille: int = 1000) -> PictureView:
    """The view of a stored picture: `<key>-<width>.webp` for each width, one PNG for old browsers."""
    ordered = sorted(widths)
    middle = ordered[len(ordered) // 2]
    return PictureView(
        src=f"/media/{key}-{middle}.png",
        webp=tuple((f"/media/{key}-{width}.webp", width) for width in ordered),
        png=((f"/media/{key}-{middle}.png", middle),),
        width=middle,
        height=middle * ratio_permille // 1000,
        alt=alt,
    )
