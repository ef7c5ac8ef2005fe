"""How `make test` shares the tests out over its processes.

Not by `xdist_group`: pytest-xdist 3.8 hangs the group's name on the test's id, where pytest 9.2 no longer looks.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

HERE = Path(__file__).parent
# What takes longest starts first, so that the processes end together. Each of these keeps whole servers, which
# start once when all of it is in one process, and not twice on a machine of two processors.
WHOLE = ("browser", "faults", "tools", "concurrency")


def longest_first(items: list[pytest.Item]) -> None:
    """Put the folders that stay whole at the front, and leave the rest as it is."""
    places = {item: _first_folder(item.path.relative_to(HERE).as_posix()) for item in items}
    items.sort(key=lambda item: WHOLE.index(places[item]) if places[item] in WHOLE else len(WHOLE))


class Sharing(LoadScopeScheduling):
    """One of those folders, or else one file, at a time."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0].removeprefix(f"{HERE.name}/")
        folder = _first_folder(file)
        return folder if folder in WHOLE else file


def _first_folder(path: str) -> str:
    return path.partition("/")[0]
