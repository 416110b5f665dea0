"""Pages of HTML over one template: escaped, alone with their figures, and with one script that sorts tables."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from automl import disk
from automl.bundle.place import check_output
from automl.errors import SpecError
from automl.figures.svg import Markup, element, style, table, text

if TYPE_CHECKING:
    from jinja2 import Environment

OURS: Final = "automl.report"
SORT: Final = "sort.js"
MARK: Final = b'<meta name="generator" content="automl">'
HEAD: Final = 1_000  # bytes of a page that hold its mark
POLICY: Final = "default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'"


def check_page(out: Path, *, inputs: Iterable[Path] = ()) -> None:
    """Refuse a place for a page where something else stands, before anything is computed. Raises SpecError."""
    check_output(out, inputs=inputs)
    if not out.parent.is_dir():
        raise SpecError("there is no such folder", where=str(out.parent), hint="Make it, or name another place.")
    if out.is_dir():
        raise SpecError("a page is a file, and this is a folder", where=str(out), hint="Name a file.")
    if out.exists() and MARK not in out.read_bytes()[:HEAD]:
        raise SpecError(
            "this exists and is no page of automl, so it is not replaced", where=str(out), hint="Name another place."
        )


def write_page(html: str, out: Path) -> None:
    """Put a page at `out`, whole or not at all. Raises MachineError."""
    with disk.machine_errors(out):
        disk.put(out, html.encode())


def page(template: str, facts: Mapping[str, object], *, package: str = OURS, scripts: Sequence[str] = (SORT,)) -> str:
    """The template of that name in `package` filled with `facts`, on top of `page.html.j2`.

    It needs no network. Every text is escaped, and the browser runs and styles by nothing but our own script and
    sheet, which the page's policy names by their hashes. Nothing is computed in a template.
    """
    sheet, script = style() + _file("parts.css") + _file("page.css"), "\n".join(map(_file, scripts))
    policy = POLICY.format(style=_hash(sheet), script=_hash(script))
    ours = {"sheet": Markup(sheet), "script": Markup(script), "policy": policy}
    return _environment(package).get_template(template).render({**facts, **ours})


def part(template: str, facts: Mapping[str, object]) -> str:
    """A part of somebody else's page, such as a notebook, filled with `facts` as a page is.

    Its sheet holds for it alone, and it is as dark as the notebook.
    """
    sheet = f".automl-view.automl-view {{\n{style().replace(':root', '&')}{_file('parts.css')}{_file('view.css')}}}"
    return _environment(OURS).get_template(template).render({**facts, "sheet": Markup(sheet)})


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
