"""Every table, so that migrations see them all."""

from bakery.aftercare import models as aftercare
from bakery.catalog import cake_models as catalog_cakes
from bakery.catalog import models as catalog
from bakery.custom_cakes import draft_models as custom_cake_drafts
from bakery.custom_cakes import models as custom_cakes
from bakery.forecasting import models as forecasting
from bakery.infra import models as infra
from bakery.messages import models as messages
from bakery.orders import models as orders
from bakery.payments import balance_models as payment_balances
from bakery.payments import card_models as payment_cards
from bakery.payments import dispute_models as payment_disputes
from bakery.payments import failure_models as payment_failures
from bakery.payments import models as payments
from bakery.payments import refund_models as payment_refunds
from bakery.payments.books import models as payment_books
from bakery.payments.journal import models as journal
from bakery.payments.papers import models as papers
from bakery.people import models as people
from bakery.production import models as production
from bakery.scheduling import models as scheduling
from bakery.shop import models as shop
from bakery.stock import models as stock

__all__ = [
    "aftercare",
    "catalog",
    "catalog_cakes",
    "custom_cake_drafts",
    "custom_cakes",
    "forecasting",
    "infra",
    "journal",
    "messages",
    "orders",
    "payment_balances",
    "papers",
    "payment_books",
    "payment_cards",
    "payment_disputes",
    "payment_failures",
    "payment_refunds",
    "payments",
    "people",
    "production",
    "scheduling",
    "shop",
    "stock",
]
