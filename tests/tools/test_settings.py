"""What the launcher makes of what a person gives."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from config import Settings
from tools import settings
from tools.console import Trouble
from tools.ports import Remembered
from tools.settings import Sandbox

URLS = {"DATABASE_URL": "postgresql://bakery:x@127.0.0.1:1/bakery", "REDIS_URL": "redis://127.0.0.1:2/0"}
SANDBOX = Sandbox(8010, 8025)
REAL_STRIPE = {"STRIPE_SECRET_KEY": "sk_live_1", "STRIPE_WEBHOOK_SECRET": "whsec_1"}


def test_with_nothing_given_the_shop_finds_every_setting_it_needs(tmp_path: Path) -> None:
    made = Settings.from_env(settings.compose({}, tmp_path, URLS, 8001, SANDBOX))
    assert made.base_url == "http://127.0.0.1:8001"
    assert made.stripe_api_base == made.twilio_api_base == "http://127.0.0.1:8010"
    assert made.smtp_url == "smtp://127.0.0.1:8025"
    assert made.log_format == "text"


def test_secrets_are_made_up_once_and_kept_where_only_the_owner_reads_them(tmp_path: Path) -> None:
    first = settings.compose({}, tmp_path, URLS, 8000, SANDBOX)
    second = settings.compose({}, tmp_path, URLS, 8000, SANDBOX)
    other = settings.compose({}, tmp_path / "other", URLS, 8000, SANDBOX)
    for name in ("SECRET_KEY", "DEMO_PASSWORD", "STRIPE_WEBHOOK_SECRET"):
        assert first[name] == second[name] != other[name]
    for file in ("secrets.json", "demo-password"):
        assert (tmp_path / file).stat().st_mode & 0o077 == 0


def test_what_a_person_gives_wins(tmp_path: Path) -> None:
    given = REAL_STRIPE | {
        "SECRET_KEY": "k" * 40,
        "DATABASE_URL": "postgresql://db.test/shop",
        "MEDIA_URL": "s3://b/p",
    }
    sandbox = settings.sandbox_for(given, Remembered(tmp_path / "ports.json"))
    assert sandbox and sandbox.services == ("twilio", "smtp")
    made = settings.compose(given, tmp_path, {"REDIS_URL": URLS["REDIS_URL"]}, 8000, sandbox)
    assert {name: made[name] for name in given} == given
    assert "STRIPE_API_BASE" not in made  # real keys never meet the sandbox
    assert made["TWILIO_API_BASE"] == sandbox.url


def test_the_sandbox_stays_away_when_every_service_is_real(tmp_path: Path) -> None:
    real = REAL_STRIPE | {"TWILIO_ACCOUNT_SID": "AC1", "SMTP_URL": "smtp://mail.test"}
    assert settings.sandbox_for(real, Remembered(tmp_path / "ports.json")) is None


def test_the_sandbox_never_hears_the_secrets_of_a_real_service(tmp_path: Path) -> None:
    sandbox = Sandbox(8010, 8025, ("twilio", "smtp"))
    env = settings.compose(REAL_STRIPE, tmp_path, URLS, 8000, sandbox)
    command = settings.sandbox_command(env, tmp_path, sandbox)
    assert "--twilio-token" in command
    assert not set(REAL_STRIPE.values()) & set(command)


def test_a_file_called_env_completes_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_PHONE", "+61400000000")
    (tmp_path / ".env").write_text(
        '# ours\nexport ALERT_PHONE=+1\nSMTP_URL="smtp://mail.test?a=b"\n\nnonsense\n'
    )
    env = settings.given(tmp_path)
    assert env["ALERT_PHONE"] == "+61400000000"
    assert env["SMTP_URL"] == "smtp://mail.test?a=b"
    assert "nonsense" not in env


@pytest.mark.parametrize("text", ["eight", "0", "65536", "-1", "80 80", "٨"])
def test_a_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Trouble, match="is no port number"):
        settings.port({"PORT": text})


def test_ports_are_remembered_until_somebody_else_has_them(tmp_path: Path) -> None:
    ports = Remembered(tmp_path / "ports.json")
    first = ports.take("postgres")
    assert Remembered(tmp_path / "ports.json").take("postgres") == first
    with socket.create_server(("127.0.0.1", first)):
        assert ports.take("postgres") != first
    assert ports.take("redis", default=ports.ports["postgres"]) != ports.ports["postgres"]
