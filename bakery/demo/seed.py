"""Fill an empty database with the demo shop. Refuses one that has real orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import exists, insert, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict
from bakery.demo import content
from bakery.demo.seed_cakes import People, add_cakes
from bakery.demo.seed_cakes_past import add_past_cakes
from bakery.demo.seed_catalog import add_catalog
from bakery.demo.seed_history import add_history
from bakery.demo.seed_papers import add_papers
from bakery.demo.seed_pictures import Drawn, draw_pictures, sent_pictures
from bakery.demo.seed_shop import add_shop
from bakery.infra.transaction import transaction
from bakery.integrations.files.port import Files
from bakery.orders.models import Order
from bakery.people.models import Role, User
from bakery.people.passwords import hash_password
from bakery.shop.models import Shop

Say = Callable[[str], None]


def is_empty(session: Session) -> bool:
    """Whether nobody has set this shop up yet."""
    return not session.scalar(select(exists().where(Shop.id == 1)))


def seed(
    files: Files,
    password: str,
    say: Say,
    *,
    history_days: int = 365,
    drawn: Mapping[str, Drawn] | None = None,
) -> None:
    """Pictures first (slow, outside any transaction), then everything else in one.

    `drawn` are pictures that the store already holds: none are drawn then.
    Refuses a database that has been set up already, and so one with real orders.
    """
    with transaction() as session:
        if session.scalar(select(exists().where(Order.is_demo.is_(False)))):
            raise Conflict("This database has real orders; the demo shop is not put on top of them.")
        if not is_empty(session):
            raise Conflict("This shop is already set up; the demo shop goes into an empty database only.")
    if drawn is None:
        say("drawing pictures")
        drawn = draw_pictures(files, say)
    sent = sent_pictures(files, drawn)
    now = clock.now()
    with transaction() as session:
        say("setting up the shop, its hours and its staff")
        add_shop(session, content.SHOP, content.FAQS, now)
        customers = _people(session, password, now)
        say(f"putting {len(content.PRODUCTS)} products on the menu")
        variants = add_catalog(session, drawn, now)
        count = add_history(session, customers, variants, now, days=history_days)
        say(f"remembering {count} orders of the past year")
        people = People(customers, _decider(session))
        past = add_past_cakes(session, people, now, days=history_days)
        waiting = add_cakes(session, people, sent, now)
        say(f"remembering {past} custom cakes, and taking {waiting} requests of these days")
        say(f"numbering {add_papers(session)} tax invoices")


def _people(session: Session, password: str, now: datetime) -> list[int | None]:
    """Staff, the demo customer and the registered customers; answers user ids by customer index."""
    hashed = hash_password(password)
    people = [(s.email, s.name, "", s.role) for s in content.SHOP.staff]
    registered = [c for c in content.CUSTOMERS if c.registered]
    people += [(c.email, c.name, c.phone, Role.CUSTOMER.value) for c in registered]
    if "customer@saffron.test" not in {email for email, *_ in people}:
        people.append(("customer@saffron.test", "Carim Customer", "+61491570157", Role.CUSTOMER.value))
    session.execute(
        insert(User),
        [
            {
                "email": email,
                "name": name,
                "phone": phone,
                "role": role,
                "password_hash": hashed,
                "email_verified_at": now,
                "created_at": now - timedelta(days=365),
            }
            for email, name, phone, role in people
        ],
    )
    ids = {user.email: user.id for user in session.scalars(select(User))}
    return [ids.get(customer.email) for customer in content.CUSTOMERS]


def _decider(session: Session) -> Actor:
    """The member of staff who has answered requests for custom cakes so far."""
    manager = session.scalars(select(User).where(User.role == Role.MANAGER).order_by(User.id)).first()
    return Actor(manager.id, manager.name) if manager else Actor(None, "demo")
