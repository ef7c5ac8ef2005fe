"""Rate limits, kept in Redis; in the process's memory while Redis is away (settings)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Network, ip_address

from flask import request
from flask_limiter import Limiter


def address() -> str:
    """Who is asking, as far as the network tells. A household's IPv6 addresses (a /64) are one.

    A server that listens on IPv6 for both sees IPv4 as `::ffff:203.0.113.9`; those are not one household.
    """
    remote = request.remote_addr or "unknown"
    try:
        parsed = ip_address(remote)
    except ValueError:
        return remote
    if isinstance(parsed, IPv4Address):
        return remote
    return str(parsed.ipv4_mapped or IPv6Network((parsed, 64), strict=False))


limiter = Limiter(address)
