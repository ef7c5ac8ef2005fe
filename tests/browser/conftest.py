"""One running shop and one Chromium for all journeys."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.browser.stack import Stack, fresh_database, running
from tests.browser.visitor import Visitor
from tests.browser.watch import Watch

PATIENCE = 30_000
HERE = os.path.dirname(__file__)
SEEN = Path(__file__).parents[2] / "var" / "browser-failures"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of it on one worker: one shop is enough for this machine."""
    for item in items:
        if str(item.path).startswith(HERE):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


# Package scope, not session: two Playwrights at once do not get on, and other tests start their own.
@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Stack]:
    base = os.environ["TEST_DATABASE_URL"]
    name = f"{base.rsplit('/', 1)[1]}_browser_{worker_id}"
    with fresh_database(base, name) as url, running(tmp_path_factory.mktemp("shop"), url) as stack:
        yield stack


def find_chromium() -> str:
    """Debian's Chromium. Refuses with what to install when there is none."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.fail(
            "There is no Chromium: `make test` installs it (apt-get install chromium).", pytrace=False
        )
    return found


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium())
        yield browser
        browser.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What went wrong in any page of the test: nothing may, but what the test allows."""
    watch = Watch()
    yield watch
    assert watch.trouble() == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Lets a fixture see whether its test failed."""
    report = yield
    setattr(item, f"report_{report.when}", report)
    return report


@pytest.fixture
def browse(
    chromium: Browser, shop: Stack, watch: Watch, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Visitor]]:
    """`browse(width=390)`: a person with a browser of their own (no cookies)."""
    contexts: list[BrowserContext] = []

    def come_in(width: int = 1280, height: int = 900, **options: Any) -> Visitor:
        context = chromium.new_context(
            base_url=shop.url,
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
            locale="en-AU",
            timezone_id="Australia/Sydney",
            **options,
        )
        context.set_default_timeout(PATIENCE)
        watch.listen(context)
        contexts.append(context)
        return Visitor(context.new_page(), shop)

    yield come_in
    failed = request.node.report_call.failed
    for context in contexts:
        if failed:
            _picture_of(context, request.node.name)
        context.close()


def _picture_of(context: BrowserContext, name: str) -> None:
    """What every page looked like when its test failed."""
    SEEN.mkdir(parents=True, exist_ok=True)
    for page in context.pages:
        file = SEEN / f"{name}-{len(list(SEEN.glob(f'{name}-*')))}.png"
        page.screenshot(path=file)
        print(f"{page.url} looked like {file}")
