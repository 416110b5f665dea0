"""[data]: where the rows are, and what their columns are for."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from automl.spec.base import Names, Section
from automl.spec.units import Duration, shown

ColumnType = Literal["number", "category", "date", "text", "flag", "id"]


def check_timezone(name: str) -> str:
    """An IANA time zone such as ``"Europe/Berlin"``."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'expected a time zone such as "UTC" or "Europe/Berlin", got {shown(name)}') from None
    return name


def check_reference(value: object) -> object:
    """A secret stays outside the spec (S05); the refusal does not repeat it."""
    if not isinstance(value, str) or not re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError('expected the name of an environment variable such as "env:DB_URL", not the address itself')
    return value


class Query(Section):
    """Rows from a database; `url` names an environment variable and stays a reference."""

    query: str
    url: Annotated[str, BeforeValidator(check_reference)]


class Audit(Section):
    """What happens on a leak, and which columns the audit leaves alone."""

    action: Literal["warn", "exclude", "stop"] = "exclude"
    keep: Names = ()


class Table(Section):
    """Another table: a lookup (one row for each of ours) or a history (many)."""

    path: str
    on: str | Mapping[str, str]
    time: str | None = None
    to: str = "main"


class Data(Section):
    """`train` is None when a frame stands in for it. Paths are absolute once loaded."""

    train: str | Query | None = None
    test: str | Query | None = None
    time: Names = ()
    horizon: Duration | None = None
    cutoff: str | None = None
    timezone: Annotated[str, AfterValidator(check_timezone)] = "UTC"
    group: str | None = None
    key: Names = ()
    weight: str | None = None
    final: Literal["split", "all"] = "split"
    unseen_groups: bool = False
    exclude: Names = ()
    outcomes: Names = ()
    types: Mapping[str, ColumnType] = Field(default_factory=dict)
    audit: Audit = Audit()
    tables: Mapping[str, Table] = Field(default_factory=dict)
