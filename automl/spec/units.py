"""Times, sizes, shares and rates as people write them, read once at the door into plain numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

SECONDS: Final = {
    "us": Decimal("0.000001"),
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "min": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
}
BYTES: Final = {
    "B": Decimal(1),
    "kB": Decimal(10) ** 3,
    "KB": Decimal(10) ** 3,
    "MB": Decimal(10) ** 6,
    "GB": Decimal(10) ** 9,
    "TB": Decimal(10) ** 12,
    "KiB": Decimal(2) ** 10,
    "MiB": Decimal(2) ** 20,
    "GiB": Decimal(2) ** 30,
}
LONGEST: Final = Decimal(86400) * 36525  # a hundred years: beyond it a time is a slip of the pen (S06)
LARGEST: Final = Decimal(10) ** 15
SLIPS: Final = {
    "sec": "s",
    "second": "s",
    "minute": "min",
    "mins": "min",
    "m": "min",
    "hour": "h",
    "hr": "h",
    "day": "d",
    "millisecond": "ms",
    "µs": "us",
    "gb": "GB",
    "mb": "MB",
    "kb": "kB",
    "b": "B",
    "G": "GB",
    "M": "MB",
    "k": "kB",
}
NUMBER: Final = r"[0-9]+(?:\.[0-9]+)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """`count` in each `seconds`: ``"200 per 1d"``."""

    count: float
    seconds: float

    def __str__(self) -> str:
        return f"{plain(self.count)} per {write_duration(self.seconds)}"


def read_duration(value: object) -> float:
    """Seconds of a time such as ``"10min"``; ValueError says what was expected.

    >>> read_duration("10min"), read_duration("2ms"), read_duration("30d")
    (600.0, 0.002, 2592000.0)
    """
    return float(_read(value, SECONDS, LONGEST, 'a time such as "2ms", "30s", "10min", "2h" or "30d"'))


def read_span(value: object) -> float:
    """Seconds of a time that may be nothing.

    >>> read_span("0d"), read_span("90d")
    (0.0, 7776000.0)
    """
    if isinstance(value, str) and re.fullmatch(r"\s*0\s*(?:" + "|".join(SECONDS) + r")\s*", value):
        return 0.0
    return read_duration(value)


def write_span(seconds: float) -> str:
    """As `write_duration`; nothing is 0d.

    >>> write_span(0.0), write_span(60.0)
    ('0d', '1min')
    """
    return write_duration(seconds) if seconds else "0d"


def write_duration(seconds: float) -> str:
    """The shortest exact way to write a time.

    >>> write_duration(600.0), write_duration(0.002), write_duration(90.0)
    ('10min', '2ms', '90s')
    """
    return _write(Decimal(repr(seconds)), SECONDS, "s")


def read_size(value: object) -> int:
    """Bytes of a size such as ``"8GB"`` (10^9; ``GiB`` is 2^30).

    >>> read_size("8GB"), read_size("1GiB")
    (8000000000, 1073741824)
    """
    return int(_read(value, BYTES, LARGEST, 'a size such as "25MB" or "8GB"'))


def write_size(size: int) -> str:
    """The shortest exact way to write a size.

    >>> write_size(8_000_000_000), write_size(1536)
    ('8GB', '1536B')
    """
    return _write(Decimal(size), {unit: BYTES[unit] for unit in ("B", "kB", "MB", "GB", "TB")}, "B")


def read_share(value: object) -> float:
    """A share between 0 and 1, from ``"5%"`` or ``0.05``.

    >>> read_share("5%"), read_share(0.25)
    (0.05, 0.25)
    """
    expected = 'a share such as "5%" or 0.05'
    if isinstance(value, str) and (found := re.fullmatch(rf"({NUMBER}) ?%", value.strip())):
        share = float(Decimal(found[1]) / 100)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        share = float(value)
    else:
        raise ValueError(f"expected {expected}, got {shown(value)}")
    if not 0 <= share <= 1:  # NaN is refused here too
        raise ValueError(f"expected {expected}, between 0% and 100%, got {shown(value)}")
    return share


def write_share(share: float) -> str:
    """A share in percent.

    >>> write_share(0.05)
    '5%'
    """
    return f"{plain(float(Decimal(repr(share)) * 100))}%"


def read_rate(value: object) -> Rate:
    """A rate such as ``"200 per 1d"``.

    >>> read_rate("200 per 1d")
    Rate(count=200.0, seconds=86400.0)
    """
    expected = 'a rate such as "200 per 1d"'
    found = re.fullmatch(rf"({NUMBER}) per (\S+)", value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError(f"expected {expected}, got {shown(value)}")
    return Rate(count=float(found[1]), seconds=read_duration(found[2]))


def read_capacity(value: object) -> Rate | float:
    """A rate in batch terms (``"200 per 1d"``) or a share of rows (``"1%"``)."""
    return read_rate(value) if isinstance(value, str) and " per " in value else read_share(value)


def write_capacity(value: Rate | float) -> str:
    """The inverse of `read_capacity`."""
    return str(value) if isinstance(value, Rate) else write_share(value)


def read_throughput(value: object) -> float:
    """Rows a second, from ``"50000 rows/s"``.

    >>> read_throughput("50000 rows/s")
    50000.0
    """
    found = re.fullmatch(rf"({NUMBER}) ?rows/s", value.strip()) if isinstance(value, str) else None
    if not found or float(found[1]) <= 0:
        raise ValueError(f'expected rows in a second such as "50000 rows/s", got {shown(value)}')
    return float(found[1])


def write_throughput(rows: float) -> str:
    """The inverse of `read_throughput`."""
    return f"{plain(rows)} rows/s"


def shown(value: object) -> str:
    """A value as TOML would show it, short enough for one line of an error."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a table"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004  # what fits a narrow terminal


def plain(number: float) -> str:
    """A number without a needless ``.0``.

    >>> plain(200.0), plain(0.5)
    ('200', '0.5')
    """
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)  # noqa: PLR2004  # exact


def _read(value: object, units: Mapping[str, Decimal], top: Decimal, expected: str) -> Decimal:
    found = re.fullmatch(rf"({NUMBER}) ?([A-Za-zµ]*)", value.strip()) if isinstance(value, str) else None
    if not found or found[2] not in units:
        raise ValueError(f"expected {expected}, got {shown(value)}{_guess(value, found, units)}")
    amount = Decimal(found[1]) * units[found[2]]
    if amount == 0:
        raise ValueError(f"expected {expected}, more than nothing, got {shown(value)}")
    if amount > top:
        raise ValueError(f"expected {expected}, at most {_write(top, units, found[2])}, got {shown(value)}")
    return amount


def _guess(value: object, found: re.Match[str] | None, units: Mapping[str, Decimal]) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0:
        return " without a unit"
    unit = found and (SLIPS.get(found[2]) or SLIPS.get(found[2].lower().removesuffix("s")))
    return f'; did you mean "{found[1]}{unit}"?' if found and unit in units else ""


def _write(amount: Decimal, units: Mapping[str, Decimal], base: str) -> str:
    whole = [unit for unit, size in units.items() if (amount / size) % 1 == 0]
    unit = max(whole, key=units.__getitem__) if whole else base
    return f"{(amount / units[unit]).normalize():f}{unit}"


def _text(example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "examples": [example]})


Duration = Annotated[
    float, BeforeValidator(read_duration), PlainSerializer(write_duration, when_used="json"), _text("10min")
]
Span = Annotated[float, BeforeValidator(read_span), PlainSerializer(write_span, when_used="json"), _text("30d")]
Size = Annotated[int, BeforeValidator(read_size), PlainSerializer(write_size, when_used="json"), _text("8GB")]
Share = Annotated[
    float,
    BeforeValidator(read_share),
    PlainSerializer(write_share, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number", "minimum": 0, "maximum": 1}], "examples": ["5%"]}),
]
PerTime = Annotated[Rate, BeforeValidator(read_rate), PlainSerializer(str, when_used="json"), _text("200 per 1d")]
Capacity = Annotated[
    Rate | float,
    BeforeValidator(read_capacity),
    PlainSerializer(write_capacity, when_used="json"),
    _text("200 per 1d"),
]
Throughput = Annotated[
    float,
    BeforeValidator(read_throughput),
    PlainSerializer(write_throughput, when_used="json"),
    _text("50000 rows/s"),
]
