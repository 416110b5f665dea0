"""Dates and moments from text or numbers, as microseconds since 1970 in UTC."""

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache

from automl.data.read.column_reader import Parser, Unit
from automl.data.read.parsers import decimal
from automl.data.read.scalars import NAN, finite, text_of

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
FIRST, LAST = -62_135_596_800_000_000, 253_402_300_799_999_999  # years 1 to 9999 in microseconds of UTC
LAST_FLOAT = 253_402_300_799_999_968  # the last float64 before the year 10000
GAP = "[ \u00a0\u202f]"
OFFSET = "[+-][0-9]{2}(?::?[0-9]{2})?"
ZONE = (  # "+0200 CEST" and "GMT+0200 (Central European Summer Time)": the offset says it
    f"[Zz]|[Uu][Tt][Cc]?|[Gg][Mm][Tt]|(?:UTC|GMT)?{OFFSET}(?:{GAP}*(?:[A-Z]{{1,5}}|\\([A-Za-z ]{{1,60}}\\)))?"
)
OF_DAY = (
    f"(?:(?:[Tt:_-]|,?{GAP}+)(?P<H>[0-9]{{1,2}})(?P<sign>[:.])(?P<M>[0-9]{{2}})"
    f"(?:(?P=sign)(?P<S>[0-9]{{2}})(?:[.,:](?P<f>[0-9]{{1,9}}))?)?(?:{GAP}*(?P<p>[AaPp]\\.?{GAP}?[Mm]\\.?))?)?"
)
ISO = re.compile(
    r"(?P<Y>[0-9]{4})(?P<sep>[-/.]?)(?P<m>[0-9]{2})(?P=sep)(?P<d>[0-9]{2})"
    r"(?:[Tt ](?P<H>[0-9]{2}):?(?P<M>[0-9]{2})(?::?(?P<S>[0-9]{2})(?:[.,](?P<f>[0-9]{1,9}))?)?)?"
    f"(?:{GAP}*(?P<z>{ZONE}))?"
)
FIELDS = {
    "Y": "[0-9]{4}",
    "y": "[0-9]{2}",
    "m": "[0-9]{1,2}",
    "b": "[A-Za-z]{3,9}",
    "a": "[A-Za-z]{3,9}",
    "d": "[0-9]{1,2}",
    "H": "[0-9]{1,2}",
    "M": "[0-9]{2}",
    "S": "[0-9]{2}",
    "f": "[0-9]{1,9}",
    "p": "[AaPp][Mm]",
    "z": ZONE,
}
WHOLE = re.compile(r"^([0-9]+)\.0+\Z")  # 20141013 among numbers with gaps
UNITS: Mapping[Unit, float] = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}


def moment_of(parser: Parser, value: str | float | date) -> float:
    """{"kind": "date", "format": "iso" or "%d/%m/%Y", "zone": "UTC"}, or "unit": "s" for numbers since 1970."""
    if "unit" in parser and not isinstance(value, date):
        number = decimal({}, value) if isinstance(value, str) else finite(value)
        micros = number * UNITS[parser["unit"]]
        return _within(math.floor(micros)) if math.isfinite(micros) else NAN
    try:
        moment = value if isinstance(value, date) else _parsed(parser["format"], text_of(value))
    except ValueError:  # the 30th of February
        return NAN
    if moment is None:
        return NAN
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001  # its zone is looked up next
    return _microseconds(moment, parser.get("zone") or "UTC")


@lru_cache(maxsize=128)
def date_pattern(form: str) -> re.Pattern[str]:
    """The regular expression of a date format: "iso", or the fields %Y %y %m %b %a %d %H %M %S %f %p %z.

    A time of day and a zone may follow what the format has, if it has none itself: "%d/%m/%Y" reads
    "13/10/2014", "13/10/2014 10:30", "13/10/2014, 9:05:07.25 pm UTC" and "13/10/2014T12:30+02:00".
    """
    if form == "iso":
        return ISO
    pieces = re.split(r"%([YymbadHMSfpz])", form)
    written = "".join(f"(?P<{p}>{FIELDS[p]})" if i % 2 else re.escape(p) for i, p in enumerate(pieces))
    clock = "" if "%H" in form else OF_DAY
    zone = "" if "%z" in form else f"(?:{GAP}*(?P<z>{ZONE}))?"
    return re.compile(written + clock + zone)


def _parsed(form: str, text: str) -> datetime | None:
    fields = date_pattern(form).fullmatch(text) or date_pattern(form).fullmatch(WHOLE.sub(r"\1", text))
    if fields is None:
        return None
    given = {key: cell for key, cell in fields.groupdict().items() if cell}
    signed = re.search(OFFSET, given.get("z", ""))
    if signed and form != "iso" and "H" not in given:  # 2014-10-05 is no October, five hours west
        return None
    part = {"m": "1", "d": "1", "H": "0", "M": "0", "S": "0", "f": "0", **given}
    if "y" in part:  # as POSIX has it: 69 to 99 are of the last century
        part["Y"] = str(int(part["y"]) + (1900 if int(part["y"]) > 68 else 2000))  # noqa: PLR2004  # POSIX
    if "b" in part:
        part["m"] = str(next((i for i, name in enumerate(MONTHS, 1) if name.startswith(part["b"].lower())), 0))
    hour = int(part["H"])
    if "p" in part:
        if not 1 <= hour <= 12:  # noqa: PLR2004  # a clock of twelve hours
            return None
        hour = hour % 12 + (12 if part["p"][0] in "Pp" else 0)
    year, month, day = (int(part[key]) for key in "Ymd")
    moment = datetime(year, month, day, hour, int(part["M"]), int(part["S"]), int(part["f"].ljust(6, "0")[:6]))  # noqa: DTZ001  # the zone comes next
    return datetime.fromisoformat(f"{moment.isoformat()}{signed[0] if signed else '+00:00'}") if "z" in part else moment


def _microseconds(moment: datetime, zone: str) -> float:
    offset = moment.utcoffset()
    naive = moment.replace(tzinfo=None)
    if offset is None and zone != "UTC":
        from zoneinfo import ZoneInfo  # most bundles need no zone data

        try:
            offset = naive.replace(tzinfo=ZoneInfo(zone)).utcoffset()
        except OverflowError:  # the first and the last day of all
            return NAN
    span = naive - datetime(1970, 1, 1)  # noqa: DTZ001  # both naive
    if offset is not None:
        span -= offset
    return _within((span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds)


def _within(micros: int) -> float:
    return float(min(micros, LAST_FLOAT)) if FIRST <= micros <= LAST else NAN
