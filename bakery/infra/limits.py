"""Rate limits, kept in Redis; in the process's memory while Redis is away (settings)."""

from __future__ import annotations

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address)
