"""What search engines read: schema.org as JSON-LD. Templates print it with `tojson`, which escapes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from bakery.catalog.product_page import ProductView, Reviews
from bakery.core.money import Money
from bakery.shop.queries import Profile


def product(
    view: ProductView, sizes: Sequence[Mapping[str, Any]], reviews: Reviews, base_url: str, shop: Profile
) -> dict[str, Any]:
    """A schema.org Product with an Offer for each size."""
    address = f"{base_url}/menu/{view.slug}"
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": view.name,
        "description": view.summary,
        "url": address,
        "category": view.category_name,
        "brand": {"@type": "Brand", "name": shop.name},
        "image": [f"{base_url}{picture.webp[-1][0]}" for picture in view.pictures],
        "offers": [_offer(size, address, view) for size in sizes],
    }
    if reviews.count and reviews.average is not None:
        data["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": round(reviews.average, 1),
            "reviewCount": reviews.count,
        }
    return data


def _offer(size: Mapping[str, Any], address: str, view: ProductView) -> dict[str, Any]:
    price: Money = size["price"]
    can_buy = view.in_season and size["left"] != 0
    return {
        "@type": "Offer",
        "name": size["name"],
        "sku": size["sku"],
        "price": str(Decimal(price.cents).scaleb(-2)),
        "priceCurrency": price.currency,
        "availability": f"https://schema.org/{'InStock' if can_buy else 'OutOfStock'}",
        "url": address,
    }


def bakery(shop: Profile, base_url: str, hours: Sequence[str]) -> dict[str, Any]:
    """A schema.org Bakery: where it is and how to reach it."""
    return {
        "@context": "https://schema.org",
        "@type": "Bakery",
        "name": shop.name,
        "url": base_url,
        "telephone": shop.phone,
        "email": shop.email,
        "address": shop.address,
        "geo": {"@type": "GeoCoordinates", "latitude": shop.latitude, "longitude": shop.longitude},
        "openingHours": list(hours),
        "image": f"{base_url}/media/pictures/og-1200.png",
    }
