"""Pictures that customers of the demo shop send along with a wish: drawn by the shop's own illustrator."""

from __future__ import annotations

from dataclasses import dataclass

from bakery.catalog.illustration.specs import Border, CakeSpec, Covering, Scene, Shape, Stand, Tier, Topping


@dataclass(frozen=True, slots=True)
class Inspiration:
    """A cake in a scene, by a name that a request gives."""

    name: str
    cake: CakeSpec
    scene: Scene


def _stack(*across: float, height: float = 12) -> tuple[Tier, ...]:
    return tuple(Tier(Shape.ROUND, width, height) for width in across)


INSPIRATIONS = (
    Inspiration(
        "wish-meadow",
        CakeSpec(
            tiers=_stack(30, 22, 15), covering=Covering.NAKED, toppings=(Topping.FLOWERS, Topping.BERRIES),
            stand=Stand.BOARD,
        ),
        Scene(tone="mint", seed=11),
    ),
    Inspiration(
        "wish-cascade",
        CakeSpec(
            tiers=_stack(30, 22, 15), covering=Covering.BUTTERCREAM, colour="blush", border=Border.ROSETTES,
            toppings=(Topping.FLOWERS,), stand=Stand.BOARD,
        ),
        Scene(tone="rose", seed=12),
    ),
    Inspiration(
        "wish-petals",
        CakeSpec(
            tiers=_stack(24, 16), covering=Covering.FONDANT, colour="ivory", border=Border.PEARLS,
            toppings=(Topping.ROSE_PETALS, Topping.GOLD_LEAF), stand=Stand.BOARD,
        ),
        Scene(tone="cream", seed=13),
    ),
)  # fmt: skip
