"""Visit the server as people do, and keep their cookies."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.parse
import urllib.request

from bench.shop import PASSWORD


class Browser:
    """A cookie jar with a form in its hand."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[str, dict[str, str]]:
        """The body and headers of a page."""
        request = urllib.request.Request(self.base + path, headers=headers or {})
        with self.opener.open(request, timeout=30) as answer:
            return answer.read().decode(), dict(answer.headers)

    def post(self, path: str, **fields: str) -> None:
        """Send a form."""
        self.opener.open(self.base + path, urllib.parse.urlencode(fields).encode(), timeout=30).read()

    def cookie(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)


def customer_with_cart(base: str, lines: int = 3) -> str:
    """The cookie of an anonymous customer with so many lines in the cart."""
    browser = Browser(base)
    slugs = re.findall(r'href="/menu/([a-z0-9-]+)"', browser.get("/menu")[0])
    for slug in list(dict.fromkeys(slugs))[:lines]:
        page = browser.get(f"/menu/{slug}")[0]
        variant = re.search(r'name="variant_id" value="(\d+)"', page)
        if variant:
            browser.post("/cart/items", variant_id=variant[1], quantity="1")
    # As everybody's, the first look at the cart brings the session's cookie.
    browser.get("/cart")
    browser.get("/checkout")
    return browser.cookie()


def baker(base: str) -> str:
    """The cookie of a signed-in baker."""
    browser = Browser(base)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/login")[0])
    browser.post(
        "/login", email="baker@saffron.test", password=PASSWORD, csrf_token=token[1] if token else ""
    )
    return browser.cookie()
