"""Words can be read and controls be seen, by day and by night."""

from __future__ import annotations

import re

import pytest

from tests.design.colours import TOKENS, contrast, read_tokens

GROUNDS = ("paper", "surface", "raised", "sunken", "plate", "hover")
TEXT = [(ink, ground) for ink in ("ink", "ink-soft") for ground in GROUNDS]
TEXT += [("ink-faint", ground) for ground in ("paper", "surface", "raised")]
TEXT += [("saffron-ink", ground) for ground in (*GROUNDS, "saffron-wash")]
TEXT += [
    (f"{tone}-ink", ground)
    for tone in ("pistachio", "pomegranate", "lapis", "honey")
    for ground in ("paper", "surface", "sunken", f"{tone}-wash")
]
TEXT += [("ink", f"{tone}-wash") for tone in ("saffron", "pistachio", "pomegranate", "lapis", "honey")]
TEXT += [("ink-soft", "saffron-wash"), ("on-saffron", "saffron"), ("on-saffron", "saffron-deep")]
TEXT += [("on-alarm", "alarm"), ("on-alarm", "alarm-deep"), ("on-toast", "toast")]
CONTROLS = [
    (edge, ground)
    for edge in ("line-strong", "focus", "pomegranate")
    for ground in ("paper", "surface", "sunken")
]
CONTROLS += [("toast-accent", "toast"), ("toast-danger", "toast"), ("toast-success", "toast")]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_words_stand_out_from_their_ground(theme: str, ink: str, ground: str) -> None:
    colours = read_tokens()[theme]
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("edge", "ground"), CONTROLS)
def test_edges_of_controls_and_the_focus_ring_can_be_seen(theme: str, edge: str, ground: str) -> None:
    colours = read_tokens()[theme]
    assert contrast(colours[edge], colours[ground]) >= 3


def test_colours_live_in_the_tokens_only() -> None:
    strays = []
    for sheet in TOKENS.parent.glob("*.css"):
        if sheet.name in ("tokens.css", "print.css"):  # paper is white and ink is black
            continue
        for line in sheet.read_text().splitlines():
            if re.search(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)|rgba?\(|hsla?\(|oklch\(\d", line):
                strays.append(f"{sheet.name}: {line.strip()}")
    assert strays == []
