"""One running shop and one Chromium for all journeys."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.browser.stack import Stack, fresh_database, running
from tests.browser.visitor import Visitor
from tests.browser.watch import Watch

PATIENCE = 30_000
Browse = Callable[..., Visitor]
HERE = os.path.dirname(__file__)
SEEN = Path(__file__).parents[2] / "var" / "browser-failures"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks all of it; tests/conftest.py keeps it on one worker."""
    for item in items:
        if str(item.path).startswith(HERE):
            item.add_marker(pytest.mark.browser)


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


@dataclass(frozen=True)
class Person:
    """Cookies to come back with."""

    cookies: Any
    number: str = ""


@dataclass(frozen=True)
class Sold:
    """A customer with a paid order."""

    visitor: Visitor
    number: str


def new_context(chromium: Browser, shop: Stack, width: int, height: int, **options: Any) -> BrowserContext:
    """A browser without cookies, on a clock in Sydney, without animations."""
    context = chromium.new_context(
        base_url=shop.url,
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
        locale="en-AU",
        timezone_id="Australia/Sydney",
        **options,
    )
    context.set_default_timeout(PATIENCE)
    return context


@pytest.fixture
def browse(chromium: Browser, shop: Stack, watch: Watch, request: pytest.FixtureRequest) -> Iterator[Browse]:
    """`browse(width=390)`: a person with a browser of their own (no cookies)."""
    contexts: list[BrowserContext] = []

    def come_in(width: int = 1280, height: int = 900, **options: Any) -> Visitor:
        context = new_context(chromium, shop, width, height, **options)
        watch.listen(context)
        contexts.append(context)
        return Visitor(context.new_page(), shop)

    yield come_in
    failed = request.node.report_call.failed
    for context in contexts:
        if failed:
            _picture_of(context, request.node.name)
        context.close()


@pytest.fixture(scope="package")
def known_people(chromium: Browser, shop: Stack) -> Callable[[str], Any]:
    """Cookies of a demo login; each signs in once, as people do (and as the rate limit wants)."""

    @functools.cache
    def cookies_of(who: str) -> Any:
        context = new_context(chromium, shop, 1280, 900)
        Visitor(context.new_page(), shop).sign_in(who)
        cookies = context.storage_state()
        context.close()
        return cookies

    return cookies_of


@pytest.fixture
def signed_in(browse: Browse, known_people: Callable[[str], Any]) -> Browse:
    """`signed_in("baker", 1920, 1080)`: one of the demo logins."""

    def come_in(who: str, width: int = 1280, height: int = 900) -> Visitor:
        return browse(width, height, storage_state=known_people(who))

    return come_in


@pytest.fixture(scope="package")
def sale(chromium: Browser, shop: Stack) -> Person:
    """One paid order, for whoever only looks at it."""
    context = new_context(chromium, shop, 1280, 900)
    visitor = Visitor(context.new_page(), shop)
    visitor.order_cake(words="Salaam, Parisa", email="parisa@saffron.test")
    visitor.pay()
    visitor.is_thanked()
    person = Person(context.storage_state(), visitor.order_number)
    context.close()
    return person


@pytest.fixture
def sold(browse: Browse, sale: Person) -> Sold:
    return Sold(browse(storage_state=sale.cookies), sale.number)


def _picture_of(context: BrowserContext, name: str) -> None:
    """What every page looked like when its test failed."""
    SEEN.mkdir(parents=True, exist_ok=True)
    for page in context.pages:
        file = SEEN / f"{name}-{len(list(SEEN.glob(f'{name}-*')))}.png"
        page.screenshot(path=file)
        print(f"{page.url} looked like {file}")
