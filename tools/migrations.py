"""Do the migrations say what the models say? Run inside a test environment: `python -m tools.migrations`."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import settings

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Migrate an empty database to the head, then refuse models that would need another migration."""
    urls = {"DATABASE_URL": os.environ["TEST_DATABASE_URL"], "REDIS_URL": os.environ["TEST_REDIS_URL"]}
    with tempfile.TemporaryDirectory(prefix="bakery-migrations-") as folder:
        env = settings.compose(dict(os.environ) | urls, Path(folder), {}, 8000, settings.Sandbox(8010, 8025))
        for step in ("upgrade", "check"):
            done = subprocess.run([sys.executable, "-m", "flask", "db", step], env=env, cwd=ROOT, check=False)
            if done.returncode != 0:
                return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
