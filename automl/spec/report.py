"""[report]: the page that a bundle brings with it."""

from __future__ import annotations

from automl.spec.base import Section


class Report(Section):
    """What is computed and drawn for people after the search, in 5 % of the time (1 to 20 s)."""

    html: bool = True
    """Whether the bundle has `report.html`, and `report.json` with its numbers."""
