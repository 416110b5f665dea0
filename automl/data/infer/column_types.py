"""Guesses how a column is read: its wire, missing words and parser, from the train rows alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from automl.data.infer.name_hints import is_moment
from automl.data.infer.quantities import in_words, spellings
from automl.data.read.column_reader import ColumnReader, Parser, Unit, Wire
from automl.data.read.dates import UNITS
from automl.data.read.reader import FALSE, TRUE, read_value
from automl.data.read.scalars import BLANKS
from automl.data.rows import Column, Role

MISSING = ("?", "NA", "N/A", "n/a", "NULL", "null", "NaN", "nan", "<NA>", "#N/A", "None", "none", "\\N", "-", "--", ".")
LABEL_MISSING = tuple(word for word in MISSING if word not in {"None", "none", "-", "--", "."})  # these may be levels
NO_DATE = ("0000-00-00", "0000-00-00 00:00:00", "00/00/0000", "00.00.0000", "00000000")
DATE_FORMATS = (
    "iso",
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S %p",
    "%m/%d/%Y %H:%M %p",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d-%b-%Y %H:%M:%S",
    "%d %b %Y %H:%M",
    "%d %b %Y %H:%M:%S",
    "%d %b, %Y",
    "%d. %b %Y",
    "%b %d, %Y",
    "%b %d %Y",
    "%b %d, %Y %H:%M",
    "%b %d, %Y %H:%M:%S",
    "%b %d, %Y %H:%M %p",
    "%b %d, %Y %H:%M:%S %p",
    "%a, %d %b %Y",
    "%a, %d %b %Y %H:%M:%S",
    "%a, %d %b %Y %H:%M:%S %z",
    "%a %b %d %H:%M:%S %Y",
    "%Y/%m/%d %H:%M:%S %p",
    "%m-%d-%Y %H:%M",
    "%d-%m-%Y %H:%M",
    "%m-%d-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M:%S",
    "%b-%Y",
    "%b %Y",
    "%Y-%b",
    "%Y-%m",
    "%m/%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%y",
)
SIGNS = ((".", ","), (",", "."), (",", " "), (",", "\u00a0"), (",", "\u202f"), (".", " "), (".", "'"))
SAMPLE = 5_000  # distinct values that a guess looks at
FIRST_DAY, LAST_DAY = 19_000_101, 20_991_231  # whole numbers between may be dates
FIRST_EPOCH, LAST_EPOCH = 631_152_000, 4_102_444_800  # the years 1990 to 2100 in seconds
ORDERED = 0.02  # difference in the share of rows in order that tells days from months
FAILURES = 0.01  # share of values that may fail to parse; they are counted and become missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """How to read a column, and why it is thought so."""

    wire: Wire
    reason: str
    missing: tuple[str, ...] = ()
    parser: Parser | None = None
    sentinels: tuple[float, ...] = ()

    def reader(self, name: str) -> ColumnReader:
        """The column's entry in the manifest."""
        reader: ColumnReader = {"name": name, "wire": self.wire, "missing": list(self.missing), "parser": self.parser}
        return {**reader, "sentinels": list(self.sentinels)} if self.sentinels else reader

    def column(self, name: str, role: Role, reason: str) -> Column:
        """The column of a schema; a time is a feature too, unless it is text."""
        is_feature = role == "feature" or (role == "time" and self.wire != "text")
        return Column(
            name=name, wire=self.wire, role=role, reason=reason, is_feature=is_feature, reader=self.reader(name)
        )

    def as_category(self) -> Guess:
        """The same values as levels: nothing is parsed, and no number stands for missing."""
        return replace(self, wire="category", parser=None, sentinels=())


def guess(series: pl.Series, *, zone: str = "UTC", comma: bool = False, wire: Wire | None = None) -> Guess | None:
    """How `series` is read; with `wire` given (``[data.types]``) how it is read as that. None for nested types.

    `comma` says that decimal commas are likelier than commas between groups of digits.
    """
    dtype = series.dtype
    if dtype.is_nested() or isinstance(dtype, pl.Binary | pl.Time | pl.Duration):
        return None
    if dtype == pl.Boolean:
        natural = Guess(wire="flag", reason="true and false")
    elif isinstance(dtype, pl.Date | pl.Datetime):
        natural = Guess(wire="date", reason="a date", parser=_date("iso", zone))
    elif dtype.is_numeric():
        natural = _of_number(series, zone)
    elif dtype == pl.Null:
        natural = Guess(wire="category", reason="no value at all")
    elif dtype == pl.Object:
        natural = Guess(wire="category", reason="values of several kinds, read as text", missing=LABEL_MISSING)
    else:
        return _of_text(series, zone, comma, wire)
    if wire is None or wire == natural.wire:
        return natural
    if wire == "date":
        return Guess(wire="date", reason="set in [data.types]", parser=_date_of_number(series, zone))
    return Guess(wire=wire, reason="set in [data.types]")


def text_counts(series: pl.Series, missing: tuple[str, ...]) -> tuple[pl.Series, pl.Series]:
    """The distinct texts that are no missing word, and how often each is there, the most frequent first."""
    values, count = _counts(series)
    keep = ~values.is_in(["", *missing])
    return values.filter(keep), count.filter(keep)


def _of_number(series: pl.Series, zone: str) -> Guess:
    if series.dtype.is_integer() and _eight_digits(series) and _days(series.unique().head(SAMPLE).cast(pl.String)):
        return Guess(wire="date", reason="whole numbers that are all dates (yyyymmdd)", parser=_date("%Y%m%d", zone))
    if is_moment(series.name) and (unit := _since_1970(series)):
        reason = f"numbers of {unit} since 1970 (called a time, 1990 to 2100)"
        return Guess(wire="date", reason=reason, parser={"kind": "date", "unit": unit})
    return Guess(wire="number", reason="numbers")


def _since_1970(series: pl.Series) -> Unit | None:
    """The unit in which all numbers are times of the years 1990 to 2100."""
    low, high = series.min(), series.max()
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return None
    inside = (
        unit for unit, size in UNITS.items() if low * size / 1e6 >= FIRST_EPOCH and high * size / 1e6 <= LAST_EPOCH
    )
    return next(inside, None)


def _eight_digits(series: pl.Series) -> bool:
    low, high = series.min(), series.max()
    return isinstance(low, int) and isinstance(high, int) and low >= FIRST_DAY and high <= LAST_DAY


def _date_of_number(series: pl.Series, zone: str) -> Parser:
    """Years, yyyymmdd, or time since 1970: the unit is told by the size."""
    middle = float(series.cast(pl.Float64).abs().median() or 0.0)  # type: ignore[arg-type]  # of floats
    sizes: tuple[tuple[float, Parser], ...] = (
        (1e4, _date("%Y", zone)),
        (1e8, _date("%Y%m%d", zone)),
        (1e11, {"kind": "date", "unit": "s"}),
        (1e14, {"kind": "date", "unit": "ms"}),
    )
    largest: Parser = {"kind": "date", "unit": "us"}
    return next((parser for size, parser in sizes if middle < size), largest)


def _of_text(series: pl.Series, zone: str, comma: bool, wire: Wire | None) -> Guess:
    values, count = _counts(series)
    words = (*MISSING, *NO_DATE)
    there = set(values.filter(values.is_in(words)))
    missing = tuple(word for word in words if word in there)
    keep = ~values.is_in(["", *words])
    step = max(1, int(keep.sum()) // SAMPLE)
    values, count = values.filter(keep).gather_every(step), count.filter(keep).gather_every(step)
    as_text = Guess(wire="category", reason="text", missing=LABEL_MISSING)
    if wire in {"category", "text"} or (wire is None and values.is_empty()):
        return replace(as_text, wire=wire or "category", reason="set in [data.types]" if wire else "no value at all")
    candidates = (c for c in _candidates(values, zone, comma, missing, wire) if wire in {None, c.wire})  # each costs
    if wire is None:
        first = next((c for c in candidates if _share_read(c, values, count) >= 1.0 - FAILURES), as_text)
        return _day_or_month(first, series, values) if first.wire == "date" else first
    best = max(candidates, key=lambda candidate: _share_read(candidate, values, count), default=as_text)
    if best is not as_text and _share_read(best, values, count) > 0:
        best = _day_or_month(best, series, values) if wire == "date" else best
        return replace(best, reason="set in [data.types]")
    parsers: Mapping[str, Parser] = {"date": _date("iso", zone), "flag": _flag()}
    parser = parsers.get(wire) if wire else None
    return Guess(wire=wire, reason="set in [data.types]", missing=missing, parser=parser)


def _candidates(
    values: pl.Series, zone: str, comma: bool, missing: tuple[str, ...], wire: Wire | None
) -> Iterator[Guess]:
    words = {value.lower() for value in values.head(10)}
    if words <= {"true", "false"} or (wire == "flag" and words <= {*TRUE, *FALSE}):
        yield Guess(wire="flag", reason="true and false as words", missing=missing, parser=_flag())
    if _days(values):
        yield Guess(wire="date", reason="dates written yyyymmdd", missing=missing, parser=_date("%Y%m%d", zone))
    coded = values.str.contains(r"^[+-]?0[0-9]").any() and wire is None
    if not coded:
        yield Guess(wire="number", reason="numbers written as text", missing=missing)
    signs = sorted(SIGNS, key=lambda pair: pair[0] != ",") if comma else SIGNS
    digits = bool(values.str.contains(r"[0-9]").any())
    if digits and not coded:
        for point, group in signs:
            parser: Parser = {"kind": "number", "decimal": point, "group": group}
            reason = f"numbers with {point!r} before decimals and {group!r} between groups"
            yield Guess(wire="number", reason=reason, missing=missing, parser=parser)
    if digits:
        for form in DATE_FORMATS:
            yield Guess(wire="date", reason=f"dates written {form}", missing=missing, parser=_date(form, zone))
        for reason, spelled in spellings(values, signs) if not coded else ():
            yield Guess(wire="number", reason=reason, missing=missing, parser=spelled)
    if in_full := in_words(values):
        yield Guess(wire="number", reason=in_full[0], missing=missing, parser=in_full[1])


def _day_or_month(guessed: Guess, series: pl.Series, values: pl.Series) -> Guess:
    """The guess with day and month in the order that the data show, where each text could be read both ways.

    What never changes is the day (monthly data); else the reading under which more rows follow each other in time.
    """
    form = str((guessed.parser or {}).get("format"))
    swapped = form.replace("%d", "%?").replace("%m", "%d").replace("%?", "%m")
    if not {"%d", "%m"} <= set(re.findall("%.", form)) or form.startswith("%Y"):
        return guessed
    other = replace(guessed, parser=_date(swapped, (guessed.parser or {})["zone"]))
    if not all(_reads(other.reader(""), value) for value in values):
        return guessed
    first, second = (values.str.extract(pattern).n_unique() for pattern in ("^([0-9]+)", "^[0-9]+[^0-9]+([0-9]+)"))
    day_first = form.index("%d") < form.index("%m")
    if (first == 1) != (second == 1):
        order, why = (guessed if (first == 1) == day_first else other), "the day never changes"
    else:
        mine, theirs = _in_order(guessed, series), _in_order(other, series)
        order = other if theirs > mine + ORDERED else guessed
        why = "so the rows are in order" if abs(theirs - mine) > ORDERED else "the data do not tell day from month"
    return replace(order, reason=f"dates written {(order.parser or {})['format']} ({why})")


def _in_order(guessed: Guess, series: pl.Series) -> float:
    """The share of rows, of the first ones, that are not before the row above."""
    reader = guessed.reader("")
    read = pl.Series([read_value(reader, value) for value in series.drop_nulls().head(SAMPLE)], dtype=pl.Float64)
    return float((read.diff().drop_nulls() >= 0).mean() or 0.0)  # type: ignore[arg-type]  # of flags


def _share_read(candidate: Guess, values: pl.Series, count: pl.Series) -> float:
    """The share of rows that the candidate reads; a look at a few distinct values first."""
    reader = candidate.reader("")
    few = values.gather_every(max(1, len(values) // 50))
    if sum(_reads(reader, value) for value in few) < 0.5 * len(few):
        return 0.0
    read = pl.Series([_reads(reader, value) for value in values], dtype=pl.Boolean)
    distinct, rows = float(read.mean() or 0.0), float(count.filter(read).sum()) / float(count.sum())  # type: ignore[arg-type]  # of flags
    return min(rows, distinct + 0.5)  # half of the spellings must be read, or it is a column of words


def _reads(reader: ColumnReader, value: str) -> bool:
    read = read_value(reader, value)
    return read == read  # noqa: PLR0124  # NaN is not itself


def _days(values: pl.Series) -> bool:
    """Every text is a date such as 20141013 of this or the last century, and there are some."""
    values = values.drop_nulls()
    if len(values) < 3 or not values.str.contains(r"^(19|20)[0-9]{6}$").all():  # noqa: PLR2004  # two may be chance
        return False
    return values.str.to_date("%Y%m%d", strict=False).null_count() == 0


def _counts(series: pl.Series) -> tuple[pl.Series, pl.Series]:
    text = series.cast(pl.String).drop_nulls().str.strip_chars(BLANKS).rename("value")
    table = text.value_counts(name="count").sort(["count", "value"], descending=[True, False])
    return table["value"], table["count"]


def _date(form: str, zone: str) -> Parser:
    return {"kind": "date", "format": form, "zone": zone}


def _flag() -> Parser:
    return {"kind": "flag", "true": list(TRUE), "false": list(FALSE)}
