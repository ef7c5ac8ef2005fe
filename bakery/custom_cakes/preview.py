"""The picture of exactly one design, drawn by the shop's illustrator."""

from __future__ import annotations

from bakery.catalog.illustration import specs
from bakery.catalog.illustration.illustrate import preview
from bakery.catalog.illustration.specs import Border, CakeSpec, Shape, Stand, Tier
from bakery.custom_cakes import options
from bakery.custom_cakes.options import Decoration
from bakery.custom_cakes.spec import CakeDesign, TierDesign

_BORDERS = {
    Decoration.SIMPLE: Border.NONE,
    Decoration.MEDIUM: Border.SHELL,
    Decoration.ELABORATE: Border.ROSETTES,
}
# What shows where a naked tier is foam, or a flavour is no longer offered.
_FOAM = "white"


def to_drawing(design: CakeDesign) -> CakeSpec:
    """What the illustrator draws: tiers to scale, each with its own crumb and filling where they show."""
    top = next(tier for tier in reversed(design.tiers) if not tier.dummy)
    return CakeSpec(
        tiers=tuple(_tier(design.shape, tier) for tier in design.tiers),
        covering=specs.Covering(design.covering),
        colour=design.colour,
        sponge=_paint(options.FLAVOURS, top.flavour),
        filling=_paint(options.FILLINGS, top.filling),
        drip=design.drip or None,
        toppings=design.toppings,
        border=_BORDERS[design.decoration],
        inscription=design.inscription,
        ink=design.ink,
        stand=Stand.STAND if len(design.tiers) == 1 else Stand.BOARD,
    )


def draw_preview(design: CakeDesign, title: str = "") -> str:
    """The cake alone, as SVG; `title` is its text for who cannot see it. Equal designs give equal bytes."""
    return preview(to_drawing(design), title or describe(design))


def describe(design: CakeDesign) -> str:
    """`2-tier round cake, 30 and 20 cm across, in buttercream (Rose)`."""
    count = f"{len(design.tiers)}-tier " if len(design.tiers) > 1 else ""
    colour = options.COLOURS.get(design.colour, design.colour)
    across = _listed([size_words(tier) for tier in design.tiers])
    covering = options.COVERINGS[design.covering].name
    covering = covering[0].lower() + covering[1:]
    return f"{count}{design.shape.value} cake, {across} cm across, in {covering} ({colour})"


def size_words(tier: TierDesign) -> str:
    """`20` or `40 × 30`, in centimetres."""
    if tier.diameter_cm is not None:
        return f"{tier.diameter_cm:g}"
    return f"{tier.length_cm:g} × {tier.width_cm:g}"


def _tier(shape: Shape, tier: TierDesign) -> Tier:
    return Tier(
        shape=shape,
        diameter_cm=tier.long_cm,
        height_cm=tier.height_cm,
        layers=tier.layers,
        width_cm=tier.short_cm if shape is Shape.RECTANGLE else None,
        sponge=_FOAM if tier.dummy else _paint(options.FLAVOURS, tier.flavour),
        filling=_FOAM if tier.dummy else _paint(options.FILLINGS, tier.filling),
    )


def _paint(offer: dict[str, options.Choice], code: str) -> str:
    return offer[code].paint if code in offer else _FOAM


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
