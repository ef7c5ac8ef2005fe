"""Templates that cost no more than they must: imported macros, and parts of a frame that are the same for all."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, update_wrapper
from typing import Any

from flask import Flask, render_template
from jinja2 import Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import Markup  # noqa: TID251 only what a template has rendered and escaped

from bakery.infra.memo import remember


class SharedMacros(Template):
    """A template whose macros are made once and not anew for each import of each page.

    Jinja asks at every `{% from … import … %}` whether the importing page has globals of its own, by comparing
    two sets of names. Ours never has: no `get_template(globals=…)` anywhere. That question was a sixth of a page.
    """

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        if self._module is None:
            module = super()._get_default_module(None)
            for name in getattr(module, "KEPT", ()):
                setattr(module, name, kept(getattr(module, name)))
        return super()._get_default_module(None)


def kept(macro: Callable[..., Markup]) -> Callable[..., Markup]:
    """A macro that remembers what it wrote for the same arguments: a component lists such macros in `KEPT`.

    Only for macros that depend on their arguments alone. Called with a block or with lists and dicts, which
    cannot be compared cheaply, it writes anew. Arguments that are equal but of another type are not the same:
    a string and the same as safe markup are escaped differently.
    """
    remembered = lru_cache(maxsize=1024, typed=True)(macro)

    def write(*args: Any, **named: Any) -> Markup:
        if "caller" in named:
            return macro(*args, **named)
        try:
            return remembered(*args, **named)
        except TypeError:
            return macro(*args, **named)

    return update_wrapper(write, macro, assigned=("name",), updated=())


def init_templates(app: Flask) -> None:
    """Use the shared macros, and give templates `remembered(name)`."""
    app.jinja_env.template_class = SharedMacros
    app.jinja_env.globals["remembered"] = remembered


def remembered(template: str, **needs: object) -> Markup:
    """A fragment that needs nothing of its page but `needs`, kept until something of the shop changes.

    `needs` come from a short list (a place in the navigation, the style sheets of a layout), never from a visitor.
    """
    return remember_part(f"{template}:{needs}", 60, lambda: render_template(template, **needs))


def remember_part(name: str, seconds: int, render: Callable[[], str]) -> Markup:
    """What `render` made from templates, kept until something of the shop changes, at most for `seconds`.

    `name` must carry whatever the part depends on, and nothing of one visitor may be in it.
    """
    return remember(f"part:{name}", "shop", seconds, lambda: as_part(render()))


def as_part(rendered: str) -> Markup:
    """Rendered by a template, so escaped already: to be put into another template as it is."""
    return Markup(rendered)  # noqa: S704 escaped when it was rendered
