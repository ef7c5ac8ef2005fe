"""Where the price model's files come from: a folder, or the version that the shop has in service."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any, Protocol

import models_ml.pricing
from bakery.forecasting import versions
from bakery.forecasting.versions import Mark
from bakery.infra import memo
from bakery.infra.db import db
from models_ml.pricing import artifact
from models_ml.pricing.artifact import CAKES, MANIFEST, MODEL

# The version that comes with the shop, trained on its invented demo history.
START = Path(models_ml.pricing.__file__).parent / "start"
# Notified by a trigger on price_model_version.
TOPIC = "models"
REMEMBERED_SECONDS = 600


class Shelf(Protocol):
    """One place of files. `stamp` is cheap, and another one when there is something else to read."""

    def stamp(self) -> Hashable: ...

    def label(self) -> str: ...

    def read(self) -> tuple[dict[str, bytes], dict[str, Any]]: ...


class FolderShelf:
    """The files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def stamp(self) -> Hashable:
        """Time and size of each file."""
        found = []
        for name in (MANIFEST, MODEL, CAKES):
            try:
                status = (self.folder / name).stat()
                found.append((status.st_mtime_ns, status.st_size))
            except OSError:
                found.append((0, 0))
        return tuple(found)

    def label(self) -> str:
        return self.folder.name

    def read(self) -> tuple[dict[str, bytes], dict[str, Any]]:
        """Refuses (`BrokenArtifact`) what is missing or damaged."""
        return artifact.read(self.folder)


class ServingShelf:
    """The version in service by the database; the one that comes with the shop while there is none.

    A web process asks the database again only when it was told of a change (infra.changes), a job or command
    with each price: one row, by its index.
    """

    def __init__(self) -> None:
        self._start = FolderShelf(START)

    def stamp(self) -> Hashable:
        return self._mark() or self._start.stamp()

    def label(self) -> str:
        mark = self._mark()
        return mark.name if mark else self._start.label()

    def read(self) -> tuple[dict[str, bytes], dict[str, Any]]:
        """Refuses (`BrokenArtifact`) a version whose files are missing or not what was trained."""
        mark = self._mark()
        return versions.read(db.session(), mark.name) if mark else self._start.read()

    def _mark(self) -> Mark | None:
        # Outside of the app there is no database to ask (a script, the start of a process).
        if not memo.is_possible():
            return None
        return memo.remember(
            "pricing.serving", TOPIC, REMEMBERED_SECONDS, lambda: versions.serving_mark(db.session())
        )
