"""Rate limits, kept in Redis; in the process's memory while Redis is away (settings)."""

from __future__ import annotations

from ipaddress import IPv6Network, ip_address

from flask import request
from flask_limiter import Limiter


def address() -> str:
    """Who is asking, as far as the network tells. A household's IPv6 addresses (a /64) are one."""
    remote = request.remote_addr or "unknown"
    try:
        parsed = ip_address(remote)
    except ValueError:
        return remote
    return str(IPv6Network((parsed, 64), strict=False)) if parsed.version == 6 else remote


limiter = Limiter(address)
