"""What a person does with versions of the price model: put another one into service, an earlier one or a better one."""

from __future__ import annotations

import importlib

from sqlalchemy import select

from bakery.core.actor import Actor
from bakery.core.errors import Conflict, NotFound
from bakery.forecasting import versions
from bakery.forecasting.models import PriceModelVersion
from bakery.forecasting.states import VERSION, VersionState
from bakery.infra.transaction import transaction
from bakery.people import audit
from models_ml.pricing.artifact import BrokenArtifact


def put_into_service(name: str, actor: Actor, *, instead_of: str) -> None:
    """Let a version price from now on, instead of the one that the page showed as serving.

    An older one is a roll-back: from then on only a person replaces it. Refuses with NotFound an unknown version, with
    InvalidTransition one that was rejected or serves already, and with Conflict one whose files are damaged,
    or when another one serves by now.
    """
    with transaction() as session:
        versions.lock_swaps(session)
        row = session.scalar(
            select(PriceModelVersion)
            .where(PriceModelVersion.name == name)
            .execution_options(populate_existing=True)
        )
        if row is None:
            raise NotFound("There is no such version.")
        serving = versions.serving_row(session)
        if serving is None or serving.name != instead_of:
            raise Conflict("Somebody else has put another version into service. Look again, then decide.")
        VERSION.check(VersionState(row.state), VersionState.SERVING)
        try:
            # NumPy is loaded with the first price, not with the shop.
            model = importlib.import_module("models_ml.pricing.serving").PriceModel
            model.made_of(*versions.read(session, name))
        except BrokenArtifact as error:
            raise Conflict(f"Version {name} cannot be used: {error}.") from None
        back = (row.created_at, row.id) < (serving.created_at, serving.id)
        reason = f"{'Rolled back' if back else 'Put into service'} by {actor.label}."
        versions.serve(session, row, actor, reason, chosen=back)
        audit.record(
            session,
            actor,
            "models.roll_back" if back else "models.serve",
            "price_model",
            name,
            before={"serving": instead_of},
            after={"serving": name},
        )
