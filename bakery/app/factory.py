"""create_app: the one place that knows everything."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from htmx_flask import Htmx
from werkzeug.middleware.proxy_fix import ProxyFix

from bakery.app import access, cli, errors, health, tables
from bakery.app.blueprints import BLUEPRINTS
from bakery.app.wiring import build_adapters
from bakery.infra import assets, formats, headers, limits, logging, origin, queue, requests, templates
from bakery.infra.changes import Changes
from bakery.infra.db import db
from bakery.infra.pagecache import PageCache
from bakery.storefront.context import init_context
from bakery.storefront.signed_in import init_login
from config import Settings

ROOT = Path(__file__).parents[2]
MAX_BODY = 1024 * 1024
# Machines sign what they send; browsers say where a form comes from.
MACHINES = ("/webhooks/",)

csrf = CSRFProtect()
# Importing the tables is what makes them known to the ORM and to migrations.
TABLES = tables.__all__


def create_app(settings: Settings) -> Flask:
    """The app for these settings. Opens no connection: a web process starts without its database."""
    logging.configure(settings.log_level, settings.log_format)
    app = Flask(
        "bakery",
        root_path=str(ROOT / "bakery"),
        static_folder=str(ROOT / "static"),
        template_folder=str(ROOT / "templates"),
    )
    _configure(app, settings)
    # First the request's id, then who may call, and only then form tokens and limits: hooks run in this order.
    requests.init_requests(app)
    origin.init_origin_guard(app, exempt_prefixes=MACHINES)
    access.init_access(app)
    _extensions(app, settings)
    errors.init_errors(app)
    templates.init_templates(app)
    formats.init_formats(app)
    assets.init_assets(app)
    headers.init_headers(
        app, headers.security_headers(https=settings.https, pay_origin=_origin(settings.stripe_api_base))
    )
    app.register_blueprint(health.blueprint)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
        # Posted to from shared pages, which hold no token; the origin guard covers them.
        if getattr(blueprint, "csrf_exempt", False):
            csrf.exempt(blueprint)
    cli.init_cli(app)
    changes = Changes(settings.database_url)
    app.extensions["changes"] = changes
    app.wsgi_app = PageCache(app.wsgi_app, changes)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops)  # type: ignore[method-assign]
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_size": 8,
            "max_overflow": 4,
            "pool_timeout": 5,
            "pool_pre_ping": False,
            "pool_recycle": 1800,
            # What people entered stays out of error messages, and so out of the logs.
            "hide_parameters": True,
            "connect_args": {
                "connect_timeout": 5,
                "options": "-c lock_timeout=10000 -c statement_timeout=30000"
                " -c idle_in_transaction_session_timeout=60000",
            },
        },
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_NAME="shop",
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=MAX_BODY,
        # As long as the sign-in: a wall screen stays open for a whole shift.
        WTF_CSRF_TIME_LIMIT=None,
        # The origin guard already covers it; behind TLS the Referer may be stripped.
        WTF_CSRF_SSL_STRICT=False,
        RATELIMIT_STORAGE_URI=settings.redis_url,
        RATELIMIT_STORAGE_OPTIONS={"socket_connect_timeout": 1, "socket_timeout": 1},
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        # An order is counted when its answer is ready: Redis going away just then must not turn it into a fault.
        RATELIMIT_SWALLOW_ERRORS=True,
        RATELIMIT_HEADERS_ENABLED=False,
        SETTINGS=settings,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _extensions(app: Flask, settings: Settings) -> None:
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"), compare_type=True)
    csrf.init_app(app)
    Htmx(app)
    app.extensions["redis"] = queue.connect(settings.redis_url)
    app.extensions["adapters"] = build_adapters(settings)
    limits.limiter.init_app(app)
    init_login(app)
    init_context(app)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
