"""Pages of HTML over one template: escaped, alone with their figures, and with one script that sorts tables."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from automl.figures.svg import Markup, element, style, table, text

if TYPE_CHECKING:
    from jinja2 import Environment

OURS: Final = "automl.report"
POLICY: Final = "default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'"


def page(template: str, facts: Mapping[str, object], *, package: str = OURS) -> str:
    """The template of that name in `package` filled with `facts`, on top of `page.html.j2`.

    It needs no network. Every text is escaped, and the browser runs and styles by nothing but our own script and
    sheet, which the page's policy names by their hashes. Nothing is computed in a template.
    """
    sheet, script = style() + _file("page.css"), _file("sort.js")
    policy = POLICY.format(style=_hash(sheet), script=_hash(script))
    ours = {"sheet": Markup(sheet), "script": Markup(script), "policy": policy}
    return _environment(package).get_template(template).render({**facts, **ours})


@cache
def _environment(package: str) -> Environment:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in dict.fromkeys((package, OURS))]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_escaped,
    )
    environment.filters |= {"figure": element, "table": table}
    return environment


def _escaped(value: object) -> object:
    """Text without control characters, and no longer than a reader takes; what is markup stays."""
    return value if hasattr(value, "__html__") or not isinstance(value, str) else Markup(text(value, len(value)))


@cache
def _file(name: str) -> str:
    return files(OURS).joinpath("templates", name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    """As a content security policy names a script or a sheet (W3C, CSP level 3)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
