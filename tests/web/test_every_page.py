"""Every page without parameters, visited by who may, in a shop with something in it (the client checks each)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from bakery.app.access import Access, required
from bakery.core import clock
from bakery.people.models import Role
from bakery.people.rights import Right
from bakery.production import services
from tests.custom_cakes.requests import row, sent
from tests.factories.catalog import PictureFactory, ReviewFactory, make_cake, make_loaf
from tests.factories.checkout import place, place_paid
from tests.factories.people import UserFactory, sign_in
from tests.factories.shop import make_open_shop
from tests.page_checker import PageError, check_page
from tests.web.backoffice.cake_desk import address as desk
from tests.web.backoffice.cake_desk import send


def _pages(app: Flask) -> list[str]:
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint != "static"
    )


def _visitor(app: Flask, address: str) -> Role | None:
    endpoint, _ = app.url_map.bind("localhost").match(address)
    needed = required(endpoint, "GET")
    if isinstance(needed, Right):
        return Role.OWNER
    return Role.CUSTOMER if needed == Access.SIGNED_IN else None


def _request() -> int:
    """A wish for a cake in two weeks, with all that can stand on its page."""
    on = clock.today("Australia/Sydney") + timedelta(days=14)
    return sent(needed_on=on.isoformat(), toppings=["flowers"], allergies=["nuts"], note="Soft blush")


def _by_link(request_id: int, path: str = "") -> str:
    """The customer's way to a request."""
    found = row(request_id)
    return f"/custom-cakes/{found.number}{path}?key={found.secret}"


@pytest.mark.usefixtures("outside")
def test_every_page_can_be_opened_and_keeps_its_promises(app: Flask, session: Session) -> None:
    make_open_shop(session)
    cake = make_cake(stock=20, product__featured=True, product__slug="walnut")
    PictureFactory(product_id=cake.product_id, key="pictures/walnut")
    ReviewFactory(product_id=cake.product_id)
    customer, owner = UserFactory(), UserFactory(role=Role.OWNER)
    paid = place_paid((cake, 1, "Happy 40th Laila"), (make_loaf(), 2), user_id=customer.id)
    services.open_tickets(paid.id)
    unpaid = place((cake, 2))
    browsers = {None: app.test_client(), Role.CUSTOMER: app.test_client(), Role.OWNER: app.test_client()}
    sign_in(browsers[Role.CUSTOMER], customer)
    sign_in(browsers[Role.OWNER], owner)
    waiting, offered, declined = (_request() for _ in range(3))
    assert send(browsers[Role.OWNER], offered, "approval").status_code == 303
    assert send(browsers[Role.OWNER], declined, "rejection", reason="No time").status_code == 303
    browsers[None].post("/cart/items", data={"variant_id": cake.id, "quantity": 1, "message": "Hello"})
    wanted = [(_visitor(app, address), address) for address in _pages(app)]
    wanted += [
        (None, "/menu/walnut"),
        (None, "/search?q=walnut"),
        (None, "/menu?free=nuts"),
        (None, "/servings?guests=90&occasion=wedding&keep_top=1"),
        (None, "/custom-cakes/new?shape=heart&diameter_cm=30&diameter_cm=20&guests=40"),
        (None, f"/orders/{unpaid.number}?key={unpaid.secret}"),
        (Role.CUSTOMER, f"/orders/{paid.number}"),
        (Role.OWNER, f"/admin/orders/{paid.number}"),
        (Role.OWNER, f"/admin/orders/{unpaid.number}"),
        (Role.OWNER, "/kitchen?day=week"),
        (Role.OWNER, "/kitchen/print?day=week"),
        (Role.OWNER, "/admin/orders?view=all"),
        (Role.OWNER, "/admin/insights/accounts?from=2026-01-01"),
        (Role.OWNER, "/admin/models?by=week"),
        (Role.OWNER, "/admin/models/2026-10-31-b72d8e70"),
        (Role.OWNER, "/admin/products?q=nothing-like-it"),
        (Role.OWNER, "/admin/products/walnut"),
        (Role.OWNER, "/admin/products/walnut/edit"),
        (Role.OWNER, "/admin/products/walnut/sizes/new"),
        (Role.OWNER, f"/admin/products/walnut/sizes/{cake.id}"),
        (Role.OWNER, "/admin/custom-cakes?view=all"),
        *((Role.OWNER, desk(request_id)) for request_id in (waiting, offered, declined)),
        *((None, _by_link(request_id)) for request_id in (waiting, offered, declined)),
        (None, _by_link(waiting, "/withdraw")),
        (None, _by_link(offered, "/withdraw")),
        (None, "/nothing-here"),
    ]
    wrong = []
    for role, address in wanted:
        try:
            answer = browsers[role].get(address, follow_redirects=True)
        except PageError as error:
            wrong.append(str(error))
            continue
        # A file that is sent while it is read is given up before the next is asked for.
        answer.close()
        expected = 404 if address in ("/nothing-here", "/kitchen/print") else 200
        if answer.status_code != expected:
            wrong.append(f"{address} as {role}: {answer.status_code}")
    assert wrong == []


GOOD = (
    "<!doctype html><html lang='en'><head><title>T</title></head><body><main><h1>H</h1>"
    "<label>Name <input name='n'></label></main></body></html>"
)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("<title>T</title>", "", "no title"),
        ("<h1>H</h1>", "<h1>H</h1><h1>H</h1>", "2 h1"),
        ("<h1>H</h1>", "<h1>H</h1><h3>H</h3>", "h1 is followed by h3"),
        ("<h1>H</h1>", "<h1 id='a'>H</h1><p id='a'></p>", "id a 2 times"),
        ("<label>Name <input name='n'></label>", "<input name='n'>", "has no label"),
        ("</main>", "<script>x</script></main>", "inline script"),
        ("</main>", "<p style='x'></p></main>", "has style"),
        ("</main>", "<p onclick='x'></p></main>", "has onclick"),
        ("</main>", "<p><div></div></p></main>", "unexpected"),
        ("</main>", "<img src='x'></main>", "without alt"),
        ("</main>", "<a href='/x'></a></main>", "without a name"),
        ("</main>", "<a href='javascript:x'>x</a></main>", "is a script"),
        ("</main>", "<p aria-describedby='gone'></p></main>", "names no element"),
    ],
)
def test_the_checker_itself_finds_what_it_looks_for(before: str, after: str, said: str) -> None:
    check_page(GOOD, "good")
    with pytest.raises(PageError, match=said):
        check_page(GOOD.replace(before, after), "bad")
