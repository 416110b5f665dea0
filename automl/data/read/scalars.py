"""One kind of Python value for each kind of scalar, and the text of a number, written once."""

import math
import re
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from automl.data.read.column_reader import ColumnReader, Scalar

BLANKS = " \t\r\n\v\f\u00a0\u3000\ufeff"
NAN = math.nan
FLAGS = {"true": 1.0, "false": 0.0}
FRACTION = re.compile(r"[+-]?(?!0[0-9])(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][+-]?[0-9]+)?")


def plain_scalar(column: ColumnReader, value: object) -> Scalar:
    """None, bool, int, float, str, date or datetime from whatever scalar it is; numpy and pandas by their looks.

    A duration is its seconds, a time of day its text in ISO 8601.
    """
    if value is None or isinstance(value, (str, int, float)):
        return value
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    if isinstance(value, date):
        return value
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, timedelta | Decimal):
        return value.total_seconds() if isinstance(value, timedelta) else float(value)
    if getattr(value, "shape", None) == () and hasattr(value, "item") and hasattr(value, "dtype"):
        return _of_numpy(column, value)
    raise ValueError(f"column {column['name']!r} takes a single value, not a {type(value).__name__}")


def _of_numpy(column: ColumnReader, value: Any) -> Scalar:
    if value.dtype.kind == "m":  # nanoseconds are no timedelta of Python's
        return float(value / type(value)(1, "s"))
    if value.dtype.kind == "M":
        return None if str(value) == "NaT" else str(value)
    return plain_scalar(column, value.item())


def text_of(value: Scalar) -> str:
    """A scalar as text: missing and infinite are "", 2134.0 is "2134", dates are ISO 8601."""
    if isinstance(value, str):  # half a surrogate pair cannot be written as UTF-8
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return str(int(value)) if value == int(value) and abs(value) < 2.0**63 else repr(float(value))
    return value.isoformat() if isinstance(value, date) else str(value)


def typed_text(text: str) -> str:
    """The text of the number or flag that `text` spells: "3.0" is "3" and "TRUE" is "true"; any other as it is.

    Whole numbers stay as they are written, also those that begin with 0.
    """
    if text.lower() in FLAGS:
        return text.lower()
    return (text_of(finite(text)) or text) if FRACTION.fullmatch(text) else text


def finite(value: str | float) -> float:
    """A number, or the text of one, as a finite float; NaN for any other."""
    try:
        number = float(value)
    except OverflowError:  # a whole number beyond 1.8e308
        return NAN
    return number if math.isfinite(number) else NAN
