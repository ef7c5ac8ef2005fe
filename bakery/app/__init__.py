"""The app: the one package that knows everything."""

from bakery.app.factory import create_app

__all__ = ["create_app"]
