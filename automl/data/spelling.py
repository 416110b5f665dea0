"""One spelling for values that people call the same: labels, groups and keys."""

from __future__ import annotations

import math
from collections.abc import Collection

import polars as pl

from automl.data.read.parsers import NUMBER
from automl.data.read.scalars import BLANKS, FLAGS
from automl.errors import DataError


def canonical(target: pl.Series, missing: Collection[str] = ()) -> pl.Series:
    """Each label as text in one spelling, null where it is empty, infinite or one of the words for `missing`.

    "2", "2.0" and 2 are one, so are "True", "TRUE" and true.
    """
    if isinstance(target.dtype, pl.Categorical | pl.Enum):
        target = target.cast(pl.String)
    if target.dtype.is_nested() or target.dtype == pl.Binary:
        raise DataError(f"the target holds {target.dtype}, not single values", where=target.name)
    if target.dtype == pl.Object:
        return pl.Series(target.name, [spelled(value, missing) for value in target.to_list()], dtype=pl.String)
    distinct = target.unique()
    spellings = pl.DataFrame(
        {"raw": distinct, "text": pl.Series([spelled(v, missing) for v in distinct.to_list()], dtype=pl.String)}
    )
    joined = (
        target.rename("raw").to_frame().join(spellings, on="raw", how="left", nulls_equal=True, maintain_order="left")
    )
    return joined["text"].rename(target.name)


def spelled(value: object, missing: Collection[str] = ()) -> str | None:
    """A label as text in one spelling, None where it is empty, infinite or one of the words for `missing`."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    text = shown(value).strip(BLANKS)
    if text.lower() in FLAGS:
        return text.lower()
    if not text or text in missing:
        return None
    if NUMBER.fullmatch(text) and math.isfinite(float(text)):
        number = float(text)
        return str(int(number)) if number == int(number) and abs(number) < 2.0**53 else repr(number)
    return text


def shown(value: object) -> str:
    """A label as it is written in the output: a float that is whole as a whole number."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value == value and abs(value) < 2.0**53 and value == int(value):  # noqa: PLR0124  # not NaN
        return str(int(value))
    return str(value)
