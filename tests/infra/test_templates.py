"""Macros that are written once for the same arguments, and when they must not be."""

from __future__ import annotations

import pytest
from jinja2 import DictLoader, Environment
from markupsafe import Markup

from bakery.infra.templates import SharedMacros

PARTS = """
{% set KEPT = ("tag", "box") %}
{% macro tag(text, class="") -%}<i class="{{ class }}">{{ text }}{{ written() }}</i>{%- endmacro %}
{% macro box(names) -%}<p>{{ names|join(" ") }}{{ written() }}{{ caller() if caller }}</p>{%- endmacro %}
{% macro free(text) -%}{{ text }}{{ written() }}{%- endmacro %}
"""


class Written:
    """Says nothing, and counts how often a macro's body was run."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> str:
        self.times += 1
        return ""


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def environment(written: Written) -> Environment:
    found = Environment(loader=DictLoader({"parts": PARTS}), autoescape=True)
    found.template_class = SharedMacros
    found.globals["written"] = written
    return found


def render(environment: Environment, body: str, **context: object) -> str:
    source = '{% from "parts" import tag, box, free %}' + body
    return environment.from_string(source).render(**context)


def test_the_same_arguments_are_written_once(environment: Environment, written: Written) -> None:
    page = "{{ tag(text, class='a') }}"
    assert render(environment, page, text="x") == render(environment, page, text="x") == '<i class="a">x</i>'
    assert render(environment, page, text="y") == '<i class="a">y</i>'
    assert written.times == 2


def test_a_macro_that_is_not_listed_is_written_each_time(environment: Environment, written: Written) -> None:
    render(environment, "{{ free('x') }}{{ free('x') }}")
    assert written.times == 2


def test_safe_markup_and_the_same_text_are_not_confused(environment: Environment) -> None:
    assert render(environment, "{{ tag(text) }}", text=Markup("<b>")) == '<i class=""><b></i>'
    assert render(environment, "{{ tag(text) }}", text="<b>") == '<i class="">&lt;b&gt;</i>'


def test_a_block_is_written_anew(environment: Environment) -> None:
    page = "{% call box(('a',)) %}{{ who }}{% endcall %}"
    assert render(environment, page, who="Laila") == "<p>aLaila</p>"
    assert render(environment, page, who="Noor") == "<p>aNoor</p>"


def test_a_list_is_written_anew(environment: Environment) -> None:
    assert render(environment, "{{ box(names) }}", names=["a", "b"]) == "<p>a b</p>"


def test_a_wrong_argument_is_still_refused(environment: Environment) -> None:
    with pytest.raises(TypeError, match="takes no keyword argument"):
        render(environment, "{{ tag('x', colour='red') }}")
