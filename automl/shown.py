"""What shows itself in a notebook: by the view of its type, which stands in a room above and is found when asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from automl.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The plugin: `html` draws a value of the type called `name` as a part of a page that brings its own styles."""

    name: str
    html: Callable[[Any], str]


class Shown:
    """A value that a notebook draws where it would print it."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return views.get(type(self).__name__).html(self)


views = Registry("automl.report.views", View, "view")
