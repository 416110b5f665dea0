"""What shows itself in a notebook: by the view of its type, which stands in a room above and is found when asked."""

from __future__ import annotations

from importlib import import_module


class Shown:
    """A value that a notebook draws where it would print it."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        """The view of a type of that name; none beside a stand-alone scorer, where a notebook prints the value."""
        try:
            views = import_module("automl.report.views.base").views
        except ImportError:
            return None
        drawn: str = views.get(type(self).__name__).html(self)
        return drawn
