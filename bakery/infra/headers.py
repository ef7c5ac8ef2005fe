"""Security headers. The policy allows no inline code, so it needs no nonce and cached pages can share it."""

from __future__ import annotations

from flask import Flask, Response

CSP = "; ".join(
    [
        "default-src 'self'",
        "img-src 'self' data:",
        "style-src 'self'",
        "script-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        # Where a button that pays may lead: Stripe's page, and its way to a bank that asks.
        "form-action 'self' https://checkout.stripe.com https://hooks.stripe.com{pay_origin}",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
    ]
)


def security_headers(*, https: bool, pay_origin: str = "") -> dict[str, str]:
    """The headers of every answer. `pay_origin` is the hosted payment page's origin, when not Stripe's own."""
    headers = {
        "Content-Security-Policy": CSP.format(pay_origin=f" {pay_origin}" if pay_origin else ""),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "X-Frame-Options": "DENY",
    }
    if https:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers


def init_headers(app: Flask, headers: dict[str, str]) -> None:
    """Add the headers to each answer, unless a view has set its own."""

    ours = [(name, name.lower(), value) for name, value in headers.items()]

    @app.after_request
    def add(response: Response) -> Response:
        # Werkzeug looks a header up by reading all of them; once is enough for all of ours.
        present = {name.lower() for name, _ in response.headers}
        for name, lower, value in ours:
            if lower not in present:
                response.headers.add(name, value)
        return response
