"""Questions people ask, with answers that promise nothing the shop cannot do today."""

from __future__ import annotations

from bakery.demo.content.types import Faq

FAQS: tuple[Faq, ...] = ()
