"""One kind of Python value for each kind of scalar, and the text of a number, written once."""

import math
from datetime import date
from decimal import Decimal

from automl.data.read.column_reader import ColumnReader, Scalar

BLANKS = " \t\r\n\v\f\u00a0\u3000\ufeff"
NAN = math.nan


def plain_scalar(column: ColumnReader, value: object) -> Scalar:
    """None, bool, int, float, str, date or datetime from whatever scalar it is; numpy and pandas by their looks."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    if isinstance(value, date):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if getattr(value, "shape", None) == () and hasattr(value, "item") and hasattr(value, "dtype"):
        return str(value) if value.dtype.kind == "M" else plain_scalar(column, value.item())
    raise ValueError(f"column {column['name']!r} takes a single value, not a {type(value).__name__}")


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


def finite(value: str | float) -> float:
    """A number, or the text of one, as a finite float; NaN for any other."""
    try:
        number = float(value)
    except OverflowError:  # a whole number beyond 1.8e308
        return NAN
    return number if math.isfinite(number) else NAN
