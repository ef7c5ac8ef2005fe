"""axe-core on a page as it stands, in both colour schemes, wide and narrow."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

SCRIPT = (Path(__file__).parents[1] / "vendor/axe.min.js").read_text()
# Everything axe knows about WCAG 2.2 AA, and its best practices.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Phone, the narrowest phone, 400 % zoom of a 1280 px window, and a desk.
WIDTHS = (320, 360, 390, 1280)
Scheme = Literal["light", "dark"]

# What passes is of no interest, and no rule of these asks for the stylesheets again.
RUN = """async (only) => (await axe.run(document, {
    iframes: false, preload: false, resultTypes: ['violations'], runOnly: only})).violations
    .map((each) => `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 160)).slice(0, 3).join(' | ')}`)"""
# What stands out to the right, by the element that does it; a box that scrolls by itself may hold more.
OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return null;
  const wide = [...document.body.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > width + 1);
  return wide.slice(0, 3).map((e) => e.outerHTML.slice(0, 100)).join(' | ') || 'the page';
}"""
# Colours on their way to the other scheme are nobody's colours; what inherits them follows a frame later.
STILL = """async () => {
  for (let calm = 0, frame = 0; calm < 3 && frame < 60; frame += 1) {
    await new Promise(requestAnimationFrame);
    const moving = document.getAnimations().filter((each) => each instanceof CSSTransition);
    moving.forEach((each) => each.finish());
    calm = moving.length ? 0 : calm + 1;
  }
}"""


def complaints(page: Page) -> list[str]:
    """Everything wrong with the page in front of us: what axe finds, and what is wider than the screen."""
    found: list[str] = []
    # What lies half under a bar that stays in view is too small a target for axe, wherever a click has scrolled to.
    page.evaluate("scrollTo(0, 0)")
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(SCRIPT)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844 if width < 1000 else 900})
        wider = page.evaluate(OVERFLOW)
        if wider:
            found.append(f"wider than {width} px: {wider}")
    found += [f"1280 light {each}" for each in _run(page, "light", TAGS)]
    found += [f"1280 dark {each}" for each in _run(page, "dark", ["color-contrast"])]
    page.set_viewport_size({"width": 390, "height": 844})
    found += [f"390 dark {each}" for each in _run(page, "dark", TAGS)]
    found += [f"390 light {each}" for each in _run(page, "light", ["color-contrast"])]
    page.set_viewport_size({"width": 1280, "height": 900})
    return found


def _run(page: Page, scheme: Scheme, what: list[str]) -> list[str]:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.evaluate(STILL)
    kind = "tag" if what is TAGS else "rule"
    found: list[str] = page.evaluate(RUN, {"type": kind, "values": what})
    return found
