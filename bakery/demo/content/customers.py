"""Invented customers. Mail goes to saffron.test; telephone numbers are in the range reserved for fiction."""

from __future__ import annotations

from bakery.demo.content.types import Customer

CUSTOMERS: tuple[Customer, ...] = (
    Customer("Laila Marwand", "customer@saffron.test", "+61491570158", "Auburn", True, marketing_email=True),
    Customer("Tom Bellbird", "tom.bellbird@saffron.test", "+61491570159", "Granville", False),
)
