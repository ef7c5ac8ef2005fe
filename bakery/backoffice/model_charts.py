"""The shapes of the charts about the price model, in units of their SVG. Drawn by templates/backoffice/models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bakery.forecasting.learning_report import PROMISED, Group

WIDTH, HEIGHT, TOP = 360.0, 150.0, 20.0
# A chart has room for so many columns with their words.
COLUMNS = 12
# A bar beside its words, half of it for each side where there are two.
BAR = 100.0


@dataclass(frozen=True, slots=True)
class Column:
    """One column, or one dot, with its words."""

    label: str
    value: str
    x: float
    y: float
    width: float
    height: float
    cakes: int

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Band:
    """What was promised, as a strip behind the dots."""

    y: float
    height: float
    middle: float


@dataclass(frozen=True, slots=True)
class Row:
    """A bar beside its words: `x` to `x + width` of 100."""

    group: Group
    x: float
    width: float


def label_of(first: str, by: str) -> str:
    """`Nov` for a month, `16 Nov` for a week: a chart shows no more than a year."""
    on = date.fromisoformat(first)
    if by == "week":
        return f"{on.day} {on:%b}"
    return f"{on:%b}"


def error_columns(groups: Sequence[Group], by: str) -> list[Column]:
    """The mean error of each month or week as columns that stand on nothing."""
    shown = groups[-COLUMNS:]
    top = max([each.error for each in shown], default=0.0) or 1.0
    return _columns(shown, by, [(each.error / top, f"{100 * each.error:.0f}") for each in shown])


def coverage_columns(groups: Sequence[Group], by: str) -> list[Column]:
    """The share of prices that their range held, as heights of dots: nothing to all."""
    shown = groups[-COLUMNS:]
    return _columns(shown, by, [(each.coverage, f"{100 * each.coverage:.0f}") for each in shown])


def promised_band() -> Band:
    """Where the dots of `coverage_columns` should lie."""
    low, high = (_y(share) for share in PROMISED)
    return Band(high, round(low - high, 1), _y(0.8))


def bars(groups: Sequence[Group]) -> list[Row]:
    """The mean errors from nothing to the largest."""
    top = max([each.error for each in groups], default=0.0) or 1.0
    return [Row(each, 0.0, round(BAR * each.error / top, 1)) for each in groups]


def leaning_bars(groups: Sequence[Group]) -> list[Row]:
    """Too little to the left of the middle, too much to the right."""
    top = max([abs(each.bias) for each in groups], default=0.0) or 1.0
    rows = []
    for each in groups:
        width = round(BAR / 2 * abs(each.bias) / top, 1)
        rows.append(Row(each, BAR / 2 if each.bias > 0 else BAR / 2 - width, width))
    return rows


def share_bars(shares: Sequence[float]) -> list[tuple[float, float, float]]:
    """(x, y, height) of small columns in a box of 100 by 24, the largest as tall as the box."""
    top = max(shares, default=0.0) or 1.0
    step = BAR / max(len(shares), 1)
    return [
        (round(step * number, 1), round(24 - 24 * share / top, 1), round(24 * share / top, 1))
        for number, share in enumerate(shares)
    ]


def _y(share: float) -> float:
    return round(TOP + (HEIGHT - TOP) * (1 - share), 1)


def _columns(groups: Sequence[Group], by: str, values: Sequence[tuple[float, str]]) -> list[Column]:
    step = WIDTH / max(len(groups), 1)
    # A few columns do not become walls.
    width = min(step * 0.7, 40.0)
    return [
        Column(
            label=label_of(each.name, by),
            value=text,
            x=round(number * step + (step - width) / 2, 1),
            y=_y(share),
            width=round(width, 1),
            height=round(HEIGHT - _y(share), 1),
            cakes=each.cakes,
        )
        for number, (each, (share, text)) in enumerate(zip(groups, values, strict=True))
    ]
