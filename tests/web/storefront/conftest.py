"""A shop that is open, with things to sell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.catalog.models import RelatedProduct
from bakery.core import clock
from bakery.people.models import User
from bakery.shop.models import Faq, Shop
from tests.factories.catalog import (
    CategoryFactory,
    PictureFactory,
    ReviewFactory,
    make_cake,
    make_loaf,
)
from tests.factories.checkout import place_paid
from tests.factories.people import UserFactory, sign_in
from tests.factories.scheduling import sydney
from tests.factories.shop import make_open_shop


@pytest.fixture
def shop(session: Session) -> Shop:
    return make_open_shop(session)


@pytest.fixture
def user(session: Session, client: FlaskClient) -> User:
    """A customer who is signed in."""
    return sign_in(client, UserFactory(phone="+61491570156"))


@pytest.fixture
def menu(client: FlaskClient, session: Session, shop: Shop) -> Iterator[FlaskClient]:
    """A shop with one cake of everything."""
    with clock.travel(sydney("2026-06-15 08:00")):
        shop.about, shop.tagline = "A family bakery.\n\nSince 2019.", "Kabul recipes"
        cakes = CategoryFactory(slug="celebration-cakes", name="Celebration cakes")
        cake = make_cake(
            product__slug="walnut",
            product__category=cakes,
            product__summary="A tall cake with <walnuts> & cream",
            product__featured=True,
            stock=3,
        )
        PictureFactory(product_id=cake.product_id, key="pictures/walnut")
        ReviewFactory(product_id=cake.product_id, body="</script><script>alert(1)</script>")
        loaf = make_loaf(product__slug="sourdough", stock=10)
        session.add(RelatedProduct(product_id=cake.product_id, related_id=loaf.product_id, position=0))
        session.add(Faq(slug="when", topic="Pickup", question="When?", answer="Soon."))
        session.commit()
        place_paid((loaf, 1))
        yield client
