"""An SVG under construction: shapes, gradients and blurs, with ids that do not clash on one page.

Only presentation attributes are written, never `style`, so the picture may stand inside a page whose
content security policy forbids inline style.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from xml.sax.saxutils import escape, quoteattr

Point = tuple[float, float]
Stop = tuple[float, str] | tuple[float, str, float]


def num(value: float) -> str:
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def attrs(**values: object) -> str:
    """Attributes for a tag: underscores become hyphens, floats are shortened, None is left out."""
    out = []
    # An opacity on the paint is drawn straight away; one on the element makes a layer of it first.
    see_through = values.pop("opacity", None)
    if see_through is not None:
        values |= {"fill_opacity": see_through} if values.get("fill", "none") != "none" else {}
        values |= {"stroke_opacity": see_through} if "stroke" in values else {}
    for key, value in values.items():
        if value is None:
            continue
        text = (
            f"{value:.3g}"
            if isinstance(value, float) and abs(value) < 1
            else (num(value) if isinstance(value, float) else str(value))
        )
        out.append(f" {key.rstrip('_').replace('_', '-')}={quoteattr(text)}")
    return "".join(out)


def polyline(points: Iterable[Point], close: bool = False) -> str:
    d = "M" + "L".join(f"{num(x)} {num(y)}" for x, y in points)
    return d + "Z" if close else d


def smooth(points: Sequence[Point], close: bool = False) -> str:
    """A soft curve through the points (Catmull-Rom as cubic Béziers)."""
    count = len(points)
    if count < 3:
        return polyline(points, close)
    d = [f"M{num(points[0][0])} {num(points[0][1])}"]
    for i in range(count if close else count - 1):
        p0 = points[i - 1] if close or i > 0 else points[0]
        p1, p2 = points[i], points[(i + 1) % count]
        p3 = points[(i + 2) % count] if close or i + 2 < count else p2
        c1 = (p1[0] + (p2[0] - p0[0]) / 6, p1[1] + (p2[1] - p0[1]) / 6)
        c2 = (p2[0] - (p3[0] - p1[0]) / 6, p2[1] - (p3[1] - p1[1]) / 6)
        d.append("C" + " ".join(f"{num(x)} {num(y)}" for x, y in (c1, c2, p2)))
    return "".join(d) + ("Z" if close else "")


class Canvas:
    """Collects the drawing. `rng` is the only chance in it, so one seed is one picture."""

    def __init__(self, width: int, height: int, seed: int, prefix: str) -> None:
        self.width, self.height = width, height
        self.rng = random.Random(seed)
        self._prefix = prefix
        self._parts: list[str] = []
        self._defs: dict[str, str] = {}
        self._shades: set[str] = set()

    # -- definitions

    def _link(self, markup: str) -> str:
        return f"url(#{self._define(markup)})"

    def _define(self, markup: str) -> str:
        """Store markup that has an `@` where its id goes, once, and answer the id."""
        if markup not in self._defs:
            self._defs[markup] = f"{self._prefix}{len(self._defs):x}"
        return self._defs[markup]

    @staticmethod
    def _stops(stops: Iterable[Stop]) -> str:
        out = []
        for stop in stops:
            opacity = f' stop-opacity="{stop[2]:.2g}"' if len(stop) == 3 else ""
            out.append(f'<stop offset="{stop[0]:.3g}" stop-color="{stop[1]}"{opacity}/>')
        return "".join(out)

    def linear(self, stops: Iterable[Stop], line: Sequence[float] = (0, 0, 0, 1), user: bool = False) -> str:
        x1, y1, x2, y2 = (num(v) if user else f"{v:.3g}" for v in line)
        units = ' gradientUnits="userSpaceOnUse"' if user else ""
        return self._link(
            f'<linearGradient id="@" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"{units}>'
            f"{self._stops(stops)}</linearGradient>"
        )

    def radial(self, stops: Iterable[Stop], at: Sequence[float] = (0.5, 0.5, 0.5)) -> str:
        x, y, r = at[:3]
        return self._link(
            f'<radialGradient id="@" cx="{x:.3g}" cy="{y:.3g}" r="{r:.3g}">'
            f"{self._stops(stops)}</radialGradient>"
        )

    def clip(self, d: str) -> str:
        return self._link(f'<clipPath id="@"><path d="{d}"/></clipPath>')

    # -- drawing

    def raw(self, markup: str) -> None:
        self._parts.append(markup)

    def path(self, d: str, fill: object = "none", **more: object) -> None:
        self.raw(f'<path d="{d}"{attrs(fill=fill, **more)}/>')

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: str = "none", **more: object) -> None:
        self.raw(
            f"<ellipse{attrs(cx=float(x), cy=float(y), rx=float(rx), ry=float(ry), fill=fill, **more)}/>"
        )

    def rect(self, x: float, y: float, w: float, h: float, fill: str, **more: object) -> None:
        self.raw(
            f"<rect{attrs(x=float(x), y=float(y), width=float(w), height=float(h), fill=fill, **more)}/>"
        )

    def polygon(self, points: Iterable[Point], fill: str, **more: object) -> None:
        self.path(polyline(points, close=True), fill, **more)

    def stroke(self, d: str, colour: str, width: float, **more: object) -> None:
        self.path(
            d,
            stroke=colour,
            stroke_width=float(width),
            stroke_linecap="round",
            stroke_linejoin="round",
            **more,
        )

    def soft(  # noqa: PLR0913  -- position, size and turn of one thing
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        colour: str,
        opacity: float,
        core: float = 0.0,
        **more: object,
    ) -> None:
        """An ellipse that fades out. Gradients, not blur filters: twenty times quicker to draw, everywhere."""
        if max(rx, ry) < 70:  # a small one fades evenly: two stops are the renderer's quick way
            stops: list[Stop] = [(0, colour, opacity), (1, colour, 0.0)]
        else:
            fade = ((0, 1), (0.25, 0.86), (0.5, 0.5), (0.75, 0.16), (1, 0))
            stops = [(core + (1 - core) * t, colour, opacity * v) for t, v in fade]
        self.ellipse(x, y, rx, ry, self.radial(stops), **more)
        self._shades.add(self._parts[-1])

    def soft_stroke(self, d: str, colour: str, width: float, opacity: float) -> None:
        """A line with soft edges."""
        for share in (1.6, 1.2, 0.8, 0.45):
            self.stroke(d, colour, width * share, opacity=opacity * 0.32)

    def shadow(
        self, x: float, y: float, rx: float, ry: float, opacity: float = 0.3, blur: float = 12
    ) -> None:
        """A soft warm shadow on the ground, its edge about `blur` wide on either side."""
        wide, high = rx + 1.5 * blur, ry + 1.5 * blur * min(1.0, ry / rx + 0.2)
        self.soft(x, y, wide, high, "#3a1c0c", opacity, max(0.0, (rx - 1.5 * blur) / wide))

    def words(self, x: float, y: float, text: str, size: float, fill: str, **more: object) -> None:
        """Text, escaped; whoever typed it cannot add markup."""
        self.raw(
            f"<text{attrs(x=float(x), y=float(y), font_size=float(size), fill=fill, **more)}>"
            f"{escape(text)}</text>"
        )

    @contextmanager
    def group(self, **more: object) -> Iterator[None]:
        self.raw(f"<g{attrs(**more)}>")
        yield
        self.raw("</g>")

    @contextmanager
    def symbol(self, key: str) -> Iterator[None]:
        """Draw something once, to be placed many times with `use(key, …)`."""
        outer, self._parts = self._parts, []
        yield
        body = "".join(self._parts)
        self._parts = outer
        self._defs.setdefault(f'<g id="@">{body}</g>', f"{self._prefix}-{key}")

    def has(self, key: str) -> bool:
        return f"{self._prefix}-{key}" in self._defs.values()

    def use(self, key: str, x: float, y: float, size: float = 1, turn: float = 0, squash: float = 1) -> None:
        """Place a symbol: scaled, turned (degrees), and flattened by `squash` to lie on a surface."""
        a = math.radians(turn)
        cos, sin = math.cos(a) * size, math.sin(a) * size
        numbers = (cos, sin * squash, -sin, cos * squash, x, y)
        matrix = " ".join(f"{v:.4g}" for v in numbers)
        self.raw(f'<use href="#{self._prefix}-{key}" transform="matrix({matrix})"/>')

    def svg(self, title: str = "") -> str:
        """The whole document. The title is what a screen reader says; without one the picture is hidden."""
        label = ' aria-hidden="true"'
        head = ""
        if title:
            label = f' role="img" aria-label={quoteattr(title)}'
            head = f"<title>{escape(title)}</title>"
        return self._document(self._parts, self._defs, label, head)

    def layers(self) -> tuple[str, str]:
        """Two documents, one to lie on the other: the soft shades that were drawn first, and all the rest.

        Everything must stand in one group. The shades lose nothing when they are drawn small and enlarged.
        """
        count = 1
        while self._parts[count] in self._shades:
            count += 1
        shades = "".join(self._parts[:count])
        used = {markup: key for markup, key in self._defs.items() if f"#{key})" in shades}
        rest = [self._parts[0], *self._parts[count:]]
        return self._document([shades, "</g>"], used), self._document(rest, self._defs)

    def _document(
        self, parts: Iterable[str], defs: Mapping[str, str], label: str = "", head: str = ""
    ) -> str:
        known = "".join(markup.replace('id="@"', f'id="{key}"', 1) for markup, key in defs.items())
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}"{label}>'
            f"{head}<defs>{known}</defs>{''.join(parts)}</svg>"
        )
