"""The connection to Stripe through its own SDK: one client, and its errors in the port's words."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import requests

from bakery.integrations.gateway.port import GatewayRefused, GatewayUnavailable

# One try and two more, with the SDK's pauses between them, end within about eight seconds: a customer
# waits for this, and gunicorn must not believe the worker dead.
SECONDS_A_TRY = 2.2
# Long lists are read and large files handed over by jobs, for whom nobody waits.
SECONDS_IN_BACKGROUND = 20
RETRIES = 2
PAGE = 100


class StripeConnection:
    """Makes no call and imports no SDK before it is first used or told to `load`."""

    def __init__(self, secret_key: str, webhook_secret: str, api_base: str = "") -> None:
        self._secret_key = secret_key
        self._webhook_secret = webhook_secret
        self._api_base = api_base

    @cached_property
    def _sdk(self) -> Any:
        # Takes most of a second and 15 MB: commands that take no money never pay for it.
        sdk: Any = importlib.import_module("stripe")
        sdk.enable_telemetry = False
        logging.getLogger("stripe").setLevel(logging.WARNING)
        return sdk

    @cached_property
    def _client(self) -> Any:
        return self._make_client(SECONDS_A_TRY)

    @cached_property
    def _background_client(self) -> Any:
        return self._make_client(SECONDS_IN_BACKGROUND)

    def _make_client(self, seconds: float) -> Any:
        session = None
        if self._api_base:
            # A stand-in on this machine is not reached through the machine's proxy.
            session = requests.Session()
            session.trust_env = False
        http = self._sdk.RequestsClient(timeout=seconds, session=session)
        bases = {"api": self._api_base, "files": self._api_base} if self._api_base else None
        return self._sdk.StripeClient(
            self._secret_key, base_addresses=bases, max_network_retries=RETRIES, http_client=http
        )

    def load(self) -> None:
        """Import the SDK and build its client, so that no customer waits for that. Calls nobody."""
        _ = self._client.v1.checkout.sessions

    @contextmanager
    def _asking(self, *, in_background: bool = False) -> Iterator[Any]:
        """The client; whatever Stripe's SDK raises comes out as one of the port's errors."""
        sdk = self._sdk
        try:
            yield (self._background_client if in_background else self._client).v1
        except (sdk.APIConnectionError, sdk.RateLimitError) as error:
            raise GatewayUnavailable(_plain(error)) from error
        except sdk.StripeError as error:
            # 409: another request with this idempotency key is still at work.
            if error.http_status is None or error.http_status >= 500 or error.http_status in (409, 429):
                raise GatewayUnavailable(_plain(error)) from error
            raise GatewayRefused(_plain(error), code=error.code or "") from error


def id_of(reference: Any) -> str | None:
    """An id, also where Stripe was asked to put the whole object in its place."""
    found = reference["id"] if isinstance(reference, dict) else reference
    return str(found) if found else None


def _plain(error: Any) -> str:
    """What may be stored and logged: Stripe's code and sentence, cut short."""
    return f"{type(error).__name__} {error.code or ''}: {error.user_message or error}"[:250]
