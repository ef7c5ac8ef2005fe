"""The picture of a cake that has none: the shop's illustrator draws what the recipe says."""

from __future__ import annotations

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.catalog.cake_models import CakeMeasures, CakeRecipe
from bakery.catalog.illustration.render import PictureJob, render
from bakery.catalog.illustration.specs import Backdrop, Scene
from bakery.catalog.models import Picture, Product, Variant
from bakery.core import clock
from bakery.custom_cakes.preview import describe, to_drawing
from bakery.custom_cakes.spec import CakeDesign
from bakery.forecasting.menu_cakes import design_of
from bakery.infra.transaction import transaction
from bakery.integrations.files.port import Files
from bakery.shop.queries import get_profile
from bakery.upkeep.menu_queries import read_measures, read_recipe

_TYPES = {"webp": "image/webp", "png": "image/png"}
_WALLS = (Backdrop.PLASTER, Backdrop.LINEN, Backdrop.ARCH)


def draw_picture(product_id: int, files: Files) -> bool:
    """Draw a cake's first picture. False where it has one, or where nobody has said what it is made of.

    Drawn and stored outside any transaction; run twice at once, one picture is kept.
    """
    with transaction() as session:
        design = _design(session, product_id)
        name = session.scalar(select(Product.name).where(Product.id == product_id))
        slug = session.scalar(select(Product.slug).where(Product.id == product_id))
    if design is None or slug is None:
        return False
    scene = Scene(_WALLS[product_id % len(_WALLS)], "saffron", product_id % 1000)
    made = render(PictureJob(slug, to_drawing(design), scene))
    mark = hashlib.sha256(b"".join(file.data for file in made)).hexdigest()[:8]
    key = f"pictures/{slug}-{mark}"
    for file in made:
        files.put(f"{key}-{file.width}.{file.suffix}", file.data, content_type=_TYPES[file.suffix])
    widest = max(made, key=lambda file: file.width)
    with transaction() as session:
        session.get_one(Product, product_id, with_for_update=True)
        if _has_picture(session, product_id):
            return False
        session.add(
            Picture(
                product_id=product_id,
                key=key,
                alt=f"{name}: a drawing of a {describe(design)}"[:300],
                widths=sorted({file.width for file in made if file.suffix == "webp"}),
                ratio_permille=widest.height * 1000 // widest.width,
            )
        )
    return True


def _has_picture(session: Session, product_id: int) -> bool:
    return session.scalar(select(Picture.id).where(Picture.product_id == product_id).limit(1)) is not None


def _design(session: Session, product_id: int) -> CakeDesign | None:
    """The middle size is what people picture."""
    recipe = session.get(CakeRecipe, product_id)
    if recipe is None or _has_picture(session, product_id):
        return None
    sizes = session.scalars(
        select(CakeMeasures)
        .join(Variant, Variant.id == CakeMeasures.variant_id)
        .where(Variant.product_id == product_id)
        .order_by(Variant.position)
    ).all()
    known = read_recipe(recipe)
    if not sizes or known is None:
        return None
    today = clock.today(get_profile(session).time_zone)
    return design_of(known, read_measures(sizes[len(sizes) // 2]), today)
