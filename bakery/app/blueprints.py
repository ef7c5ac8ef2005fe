"""The faces' blueprints, in the order their addresses are matched."""

from __future__ import annotations

from flask import Blueprint

BLUEPRINTS: list[Blueprint] = []
