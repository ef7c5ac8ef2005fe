"""Two connections at one customer's cards. Each race has a control that shows what the lock, or the key, prevents."""

from __future__ import annotations

import itertools

import pytest
from flask import Flask

from bakery.infra.db import db
from bakery.integrations.adapters import Adapters
from bakery.payments import services
from bakery.payments.services import customers
from tests.concurrency.race import race, together
from tests.fakes.gateway import FakeGateway
from tests.payments import cards

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]


@pytest.fixture
def gateway(outside: Adapters) -> FakeGateway:
    assert isinstance(outside.gateway, FakeGateway)
    return outside.gateway


def test_a_user_who_comes_six_times_at_once_becomes_one_customer(app: Flask, gateway: FakeGateway) -> None:
    user_id = cards.somebody().id
    answers = race(app, [lambda: services.customer_of_user(user_id, gateway)] * 6)
    assert len(set(answers)) == 1 and isinstance(answers[0], str)
    assert len(gateway.customers) == 1
    assert [row.customer_id for row in cards.customers()] == [answers[0]]


def test_control_with_a_key_of_their_own_each_of_two_makes_a_customer(
    app: Flask, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id, numbers, both_have_looked = cards.somebody().id, itertools.count(), together(2)
    make = customers._make

    def with_another_key(need: customers._Need, gateway: FakeGateway) -> str:
        both_have_looked()
        request = customers.CustomerRequest(
            need.request.email, need.request.reference, f"key-{next(numbers)}"
        )
        return make(customers._Need(need.row_id, need.customer_id, request, need.since), gateway)

    monkeypatch.setattr(customers, "_make", with_another_key)
    race(app, [lambda: services.customer_of_user(user_id, gateway)] * 2)
    assert len(gateway.customers) == 2
    db.session.remove()
