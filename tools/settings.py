"""The settings of a developer's machine. The shop reads its environment only; here it is composed.

What the person gives (environment, or a `.env` file) wins; what is missing points at what we start ourselves.
"""

import contextlib
import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.console import Trouble
from tools.ports import HOST, Remembered

OUTSIDE = {
    "stripe": ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE"),
    "twilio": ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM", "TWILIO_API_BASE"),
    "smtp": ("SMTP_URL",),
}
WORDS = (
    "almond brioche cardamom date eclair fig ginger hazelnut lemon maple nougat orange pecan quince vanilla"
)


@dataclass(frozen=True)
class Sandbox:
    """Where the stand-in for the outside world listens, and which services it plays."""

    port: int
    smtp_port: int
    services: tuple[str, ...] = tuple(OUTSIDE)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"


def given(root: Path) -> dict[str, str]:
    """The person's environment, completed by `.env` (NAME=value lines)."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    with contextlib.suppress(FileNotFoundError):
        for line in (root / ".env").read_text().splitlines():
            name, equals, value = line.strip().removeprefix("export ").partition("=")
            if equals and not name.startswith("#"):
                env.setdefault(name.strip(), value.strip().strip("\"'"))
    return env


def port(env: Mapping[str, str]) -> int:
    """PORT, 8000 if it is not set; refuses what is no port."""
    text = env.get("PORT") or "8000"
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= 65535:
        raise Trouble(f"PORT is {text!r}, which is no port number: choose one such as `make run PORT=8001`.")
    return int(text)


def sandbox_for(env: Mapping[str, str], ports: Remembered) -> Sandbox | None:
    """The sandbox plays the services that nobody configured; with all of them real there is none."""
    services = [service for service, names in OUTSIDE.items() if not any(env.get(name) for name in names)]
    if not services:
        return None
    return Sandbox(ports.take("sandbox", 8010), ports.take("sandbox-smtp", 8025), tuple(services))


class Kept:
    """Secrets made up once and kept, so that sessions, links and logins survive a second start."""

    def __init__(self, var: Path) -> None:
        self.file, self.password_file = var / "secrets.json", var / "demo-password"
        self.values: dict[str, str] = {}
        with contextlib.suppress(OSError, ValueError):
            self.values = json.loads(self.file.read_text())

    def secret(self, name: str, prefix: str = "", size: int = 24) -> str:
        if name not in self.values:
            self.values[name] = prefix + secrets.token_hex(size)
            _write_private(self.file, json.dumps(self.values, indent=1) + "\n")
        return self.values[name]

    def demo_password(self) -> str:
        """Easy to type and still unguessable enough for a shop that only this machine can reach."""
        with contextlib.suppress(OSError):
            if known := self.password_file.read_text().strip():
                return known
        chosen = secrets.SystemRandom().sample(WORDS.split(), 3)
        password = "-".join([*chosen, str(secrets.randbelow(9000) + 1000)])
        _write_private(self.password_file, password + "\n")
        return password


def compose(
    env: Mapping[str, str], var: Path, urls: Mapping[str, str], web_port: int, sandbox: Sandbox | None
) -> dict[str, str]:
    """Everything the processes need; `urls` are those of the embedded servers that run."""
    kept = Kept(var)
    defaults = dict(urls) | {
        "SECRET_KEY": kept.secret("SECRET_KEY", size=32),
        "BASE_URL": f"http://{HOST}:{web_port}",
        "MEDIA_URL": str(var / "media"),
        "MAIL_FROM": "orders@saffron.test",
        "ALERT_EMAIL": "kitchen@saffron.test",
        "ALERT_PHONE": "+61491570156",
        "LOG_FORMAT": "text",
        "WEB_CONCURRENCY": "2",
        "DEMO_PASSWORD": kept.demo_password(),
    }
    if sandbox:
        for service in sandbox.services:
            defaults |= _outside(service, kept, sandbox)
    result = dict(env)
    for name, value in defaults.items():
        if not result.get(name):
            result[name] = value
    return result | {
        "PORT": str(web_port),
        "FLASK_APP": "wsgi",
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', '/usr/bin:/bin')}",
        "NO_PROXY": ",".join(filter(None, [env.get("NO_PROXY", ""), HOST, "localhost"])),
        "no_proxy": ",".join(filter(None, [env.get("no_proxy", ""), HOST, "localhost"])),
        # gunicorn listens on every address when PORT is set; a developer's machine is nobody else's business.
        "GUNICORN_CMD_ARGS": f"--bind={HOST}:{web_port} {env.get('GUNICORN_CMD_ARGS', '')}".strip(),
    }


def _outside(service: str, kept: Kept, sandbox: Sandbox) -> dict[str, str]:
    if service == "smtp":
        return {"SMTP_URL": f"smtp://{HOST}:{sandbox.smtp_port}"}
    if service == "twilio":
        return {
            "TWILIO_ACCOUNT_SID": kept.secret("TWILIO_ACCOUNT_SID", "AC", 16),
            "TWILIO_AUTH_TOKEN": kept.secret("TWILIO_AUTH_TOKEN", size=16),
            "TWILIO_FROM": "+61491570110",
            "TWILIO_API_BASE": sandbox.url,
        }
    return {
        "STRIPE_SECRET_KEY": kept.secret("STRIPE_SECRET_KEY", "sk_test_"),
        "STRIPE_WEBHOOK_SECRET": kept.secret("STRIPE_WEBHOOK_SECRET", "whsec_"),
        "STRIPE_API_BASE": sandbox.url,
    }


def sandbox_command(env: Mapping[str, str], var: Path, sandbox: Sandbox) -> list[str]:
    base = env["BASE_URL"].rstrip("/")
    options = {
        "--port": sandbox.port,
        "--smtp-port": sandbox.smtp_port,
        "--data": var / "sandbox",
        "--base-url": sandbox.url,
    }
    if "stripe" in sandbox.services:  # a real service's secrets are none of its business
        options |= {
            "--webhook-url": f"{base}/webhooks/stripe",
            "--webhook-secret": env["STRIPE_WEBHOOK_SECRET"],
            "--stripe-key": env["STRIPE_SECRET_KEY"],
        }
    if "twilio" in sandbox.services:
        options |= {
            "--twilio-token": env["TWILIO_AUTH_TOKEN"],
            "--sms-inbound-url": f"{base}/webhooks/twilio/inbound",
        }
    return [sys.executable, "-m", "sandbox", *(str(part) for pair in options.items() for part in pair)]


def _write_private(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(text)
