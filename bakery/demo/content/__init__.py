"""Everything the demo shop says and sells, as data. Nothing here knows a database."""

from bakery.demo.content.categories import CATEGORIES
from bakery.demo.content.customers import CUSTOMERS
from bakery.demo.content.faqs import FAQS
from bakery.demo.content.loader import load_products
from bakery.demo.content.shop import SHOP
from bakery.demo.content.types import ALLERGENS, DIETARY_TAGS

PRODUCTS = load_products()

__all__ = ["ALLERGENS", "CATEGORIES", "CUSTOMERS", "DIETARY_TAGS", "FAQS", "PRODUCTS", "SHOP"]
