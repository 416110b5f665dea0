"""A spec: what is to be predicted, and every key with its value, defaults and all."""

from __future__ import annotations

from collections.abc import Iterator

from automl.figures.marks import Table, table
from automl.report.views.base import Content, View, drawn
from automl.spec import Spec

ASKED = ("objective", "limits")  # the sections that are seen at once: they are what only the user knows


def _html(found: Spec) -> str:
    told = found.resolved()
    where = f", from {found.source}" if found.source else ""
    opened, folded = (
        {
            f"[{name}]": _section(section)
            for name, section in told.items()
            if (name in ASKED) is at_once and _section(section).rows
        }
        for at_once in (True, False)
    )
    lead = f"Predict {found.objective.target} within {told['budget'].get('time', 'its trials')}{where}."
    return drawn(Content(kind="spec", lead=lead, opened=opened, folded=folded))


def _section(section: object) -> Table:
    return table(("key", "value"), _keys(section))


def _keys(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """The keys of a section as they are written in TOML, those of its tables with a dot."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _keys(item, f"{name}.{key}" if name else str(key))
    elif value != []:
        yield name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


spec = View(name="Spec", html=_html)
