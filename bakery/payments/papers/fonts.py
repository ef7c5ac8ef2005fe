"""The fonts that papers are printed with: ours, and never one that this machine happens to have."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any


def own_fonts() -> Any:
    """A WeasyPrint font configuration that knows the style sheet's `@font-face` fonts alone.

    WeasyPrint's own also falls back on what is installed: the same facts would print other letters, and so other
    bytes, elsewhere.
    """
    return _configuration()()


@cache
def _configuration() -> Any:
    fonts = importlib.import_module("weasyprint.text.fonts")
    ffi = importlib.import_module("weasyprint.text.ffi")
    ffi.ffi.cdef("FcConfig * FcConfigCreate (void);")

    class OwnFonts(fonts.FontConfiguration):  # type: ignore[name-defined]
        def __init__(self) -> None:
            # As the base class does it, but beginning with nothing.
            self._config = ffi.fontconfig.FcConfigCreate()
            self.font_map = ffi.ffi.gc(ffi.pangoft2.pango_ft2_font_map_new(), ffi.gobject.g_object_unref)
            as_map = ffi.ffi.cast("PangoFcFontMap *", self.font_map)
            ffi.pangoft2.pango_fc_font_map_set_config(as_map, self._config)
            ffi.fontconfig.FcConfigDestroy(self._config)
            self._folder = None
            self.strut_layouts: dict[Any, Any] = {}
            self.font_features: dict[Any, Any] = {}

    return OwnFonts
