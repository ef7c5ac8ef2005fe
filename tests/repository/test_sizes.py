"""Small files are a choice; this keeps it."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON, TEMPLATE, FRAGMENT = 300, 150, 80

# Longer for a reason; the reason stands here.
EXCEPTIONS = {
    "migrations/versions/0001_first_tables.py": "generated: every table of the first release",
    "tests/people/test_sign_in.py": "one door and every way to try it, on one fixture",
}


def tracked(*patterns: str) -> list[str]:
    out = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [name for name in out.stdout.splitlines() if (ROOT / name).is_file()]


def limit_of(name: str) -> int:
    if name.endswith(".py"):
        return PYTHON
    return FRAGMENT if Path(name).name.startswith("_") else TEMPLATE


@pytest.mark.parametrize(
    "name", tracked("*.py", "templates/*.html", "templates/*.txt", "sandbox/templates/*.html")
)
def test_a_file_stays_small(name: str) -> None:
    lines = len((ROOT / name).read_text().splitlines())
    assert lines <= limit_of(name) or name in EXCEPTIONS, f"{name} has {lines} lines"


def test_every_exception_is_still_needed() -> None:
    for name in EXCEPTIONS:
        assert len((ROOT / name).read_text().splitlines()) > limit_of(name), f"{name} is short enough now"
