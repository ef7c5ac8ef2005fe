"""The app for gunicorn and the flask command."""

import sys

from bakery.app import create_app
from config import Settings, SettingsError

try:
    app = create_app(Settings.from_env())
except SettingsError as error:
    sys.exit(str(error))
