"""Is the embedded database as this checkout wants it? Then a start need not ask Flask, which takes seconds to load."""

import contextlib
import hashlib
import json
from pathlib import Path

from tools.postgres import DATABASE, Postgres


class Prepared:
    """Remembers which migrations were run and which version the database had afterwards; trusts only both."""

    def __init__(self, postgres: Postgres | None, root: Path) -> None:
        self.postgres, self.migrations = postgres, root / "migrations"

    def already(self) -> bool:
        if self.postgres is None:
            return False
        with contextlib.suppress(OSError, ValueError):
            known = json.loads(self._file(self.postgres).read_text())
            return bool(
                known["migrations"] == self._digest() and known["version"] == self._version(self.postgres)
            )
        return False

    def remember(self) -> None:
        if self.postgres and (version := self._version(self.postgres)):
            known = {"migrations": self._digest(), "version": version}
            self._file(self.postgres).write_text(json.dumps(known))

    def _file(self, postgres: Postgres) -> Path:
        return postgres.home / "prepared.json"

    def _version(self, postgres: Postgres) -> str:
        return postgres.ask("select version_num from alembic_version", DATABASE).stdout.strip()

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for file in sorted(self.migrations.rglob("*.py")):
            digest.update(file.name.encode() + file.read_bytes())
        return digest.hexdigest()
