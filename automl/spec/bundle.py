"""[bundle]: what the bundle is called, and how much of the rows it keeps."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from automl.spec.base import Section


class Bundle(Section):
    """A `name` and a `serial` number that a signature covers, and the rows that `automl decide` stands on."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    """What the bundle is called where it is signed and registered."""
    serial: int | None = Field(default=None, ge=0)
    """Its number among bundles of that name; who takes only higher ones is not given an old one again."""
    evidence: Literal["rows", "rounded", "none"] = "rows"
    """What is kept of each judged row for `automl decide`: all of it, numbers of three digits and days, or nothing."""
    reference: Literal["binned", "none"] = "binned"
    """Whether each judged row keeps which bin it lies in, column by column: what a watch tells new rows from old by."""
