"""Listens to everything a page complains about."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

# A page that is left, or a download, aborts what was under way; that is no failure.
LEFT = "net::ERR_ABORTED"


class Watch:
    """Console errors (the CSP's among them), uncaught errors, failed requests and refusals of all pages."""

    def __init__(self) -> None:
        self._seen: list[str] = []
        self._allowed: list[Callable[[str], bool]] = []

    def listen(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self._seen.append(f"uncaught: {error.error}"))
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    def allow(self, words: str) -> None:
        """This test makes the shop refuse something: lines with these words are what it wants to see."""
        self._allowed.append(lambda line: words in line)

    def trouble(self) -> list[str]:
        return [line for line in self._seen if not any(fine(line) for fine in self._allowed)]

    def _console(self, message: ConsoleMessage) -> None:
        # Chromium repeats each refused request here; `_answered` tells it better.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self._seen.append(f"{message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != LEFT:
            self._seen.append(f"failed: {request.method} {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self._seen.append(f"{response.status}: {response.request.method} {response.url}")
