"""Guesses how a column is read: its wire, missing words and parser, from the train rows alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from automl.data.infer.date_formats import DATE_FORMATS
from automl.data.infer.missing_words import KNOWN, LABEL_MISSING, MISSING, NO_DATE, level_words, repeated_words
from automl.data.infer.name_hints import is_moment
from automl.data.infer.number_dates import date_of_number, eight_digits, since_1970
from automl.data.infer.quantities import in_words, spellings
from automl.data.infer.typed_values import DURATION, SCALAR, clocks, scalar_levels, unreadable
from automl.data.read.column_reader import ColumnReader, Parser, Wire
from automl.data.read.frames import counted, in_seconds
from automl.data.read.reader import FALSE, TRUE, read_value
from automl.data.read.scalars import BLANKS
from automl.data.rows import Column, Role

SIGNS = ((".", ","), (",", "."), (",", " "), (",", "\u00a0"), (",", "\u202f"), (".", " "), (".", "'"))
SAMPLE = 5_000  # distinct values that a guess looks at
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
        """The same values as levels: no number and no word of its own stands for missing."""
        known = (word for word in self.missing if word in KNOWN)
        missing = tuple(dict.fromkeys((*known, *LABEL_MISSING)))
        return replace(self, wire="category", missing=missing, parser=SCALAR, sentinels=())


def guess(
    series: pl.Series, *, zone: str = "UTC", comma: bool = False, wire: Wire | None = None, as_is: bool = False
) -> Guess | None:
    """How `series` is read; with `wire` given (``[data.types]``) how it is read as that. None for `unreadable` ones.

    `comma` says that decimal commas are likelier than commas between groups of digits, `as_is` that each text is what
    it says: a word among numbers or levels does not stand for missing.
    """
    if unreadable(series):
        return None
    dtype = series.dtype
    if dtype == pl.Boolean:
        natural = Guess(wire="flag", reason="true and false", parser=_flag())
    elif isinstance(dtype, pl.Time):
        natural = Guess(wire="number", reason="times of day, in seconds", parser=DURATION)
    elif isinstance(dtype, pl.Duration):
        natural = Guess(wire="number", reason="durations, in seconds", parser=DURATION)
    elif isinstance(dtype, pl.Date | pl.Datetime):
        natural = Guess(wire="date", reason="a date", parser=_date("iso", zone))
    elif dtype.is_numeric():
        natural = _of_number(series, zone)
    elif dtype == pl.Null:
        natural = Guess(wire="category", reason="no value at all")
    elif dtype == pl.Object:
        natural = _of_objects(series, zone, comma, as_is)
    else:
        return _of_text(series, zone, comma, wire, as_is)
    return natural if wire is None or wire == natural.wire else _as_told(natural, series, zone, wire)


def _as_told(natural: Guess, series: pl.Series, zone: str, wire: Wire) -> Guess:
    """How typed values are read as another wire, so that their texts give the same."""
    told = replace(natural, wire=wire, reason="set in [data.types]")
    if wire == "date":
        return replace(told, parser=date_of_number(in_seconds(series), zone))
    if wire in {"category", "text"}:
        levels = replace(natural.as_category(), wire=wire, reason=told.reason)
        return replace(levels, parser=natural.parser) if natural.parser == DURATION else levels
    return replace(told, parser=_flag() if wire == "flag" else None)


def text_counts(series: pl.Series, missing: tuple[str, ...]) -> tuple[pl.Series, pl.Series]:
    """The distinct texts that are no missing word, and how often each is there, the most frequent first."""
    values, count = _counts(series)
    keep = ~values.is_in(["", *missing])
    return values.filter(keep), count.filter(keep)


def _of_number(series: pl.Series, zone: str) -> Guess:
    if series.dtype.is_integer() and eight_digits(series) and _days(series.unique().head(SAMPLE).cast(pl.String)):
        return Guess(wire="date", reason="whole numbers that are all dates (yyyymmdd)", parser=_date("%Y%m%d", zone))
    if is_moment(series.name) and (unit := since_1970(series)):
        reason = f"numbers of {unit} since 1970 (called a time, 1990 to 2100)"
        return Guess(wire="date", reason=reason, parser={"kind": "date", "unit": unit})
    return Guess(wire="number", reason="numbers")


def _of_objects(series: pl.Series, zone: str, comma: bool, as_is: bool) -> Guess:
    """Values of several kinds: numbers with a few words among them, else text."""
    plain: ColumnReader = {"name": series.name, "wire": "text", "missing": (), "parser": None}
    texts = pl.Series(series.name, [str(read_value(plain, value)) for value in series.to_list()], dtype=pl.String)
    guessed = _of_text(texts, zone, comma, None, as_is)
    reason = "values of several kinds, read as text"
    missing = guessed.missing if guessed.wire == "category" else LABEL_MISSING
    return (
        guessed if guessed.wire == "number" else Guess(wire="category", reason=reason, missing=missing, parser=SCALAR)
    )


def _of_text(series: pl.Series, zone: str, comma: bool, wire: Wire | None, as_is: bool) -> Guess:
    values, count = _counts(series)
    own = LABEL_MISSING if as_is else _levels(values, count, blank=series.null_count() > 0)
    there = set(values.filter(values.is_in(KNOWN)))
    missing = tuple(word for word in (*MISSING, *NO_DATE) if word in there)
    keep = ~values.is_in(["", *KNOWN])
    values, count = values.filter(keep), count.filter(keep)
    levels = scalar_levels(_sample(values, count)[0])
    absent = tuple(word for word in LABEL_MISSING if word not in own)
    as_text = Guess(wire="category", reason="text", missing=absent, parser=levels)
    if wire in {"category", "text"} or (wire is None and values.is_empty()):
        return replace(as_text, wire=wire or "category", reason="set in [data.types]" if wire else "no value at all")
    words = () if as_is or wire == "flag" else repeated_words(values, count)
    rest = ~values.is_in(words)
    bare = _sample(values.filter(rest), count.filter(rest))
    if wire is not None:
        return _told(wire, series, *bare, zone, comma, (*missing, *words))
    best = _natural(series, *_sample(values, count), zone, comma, missing) or (
        _natural(series, *bare, zone, comma, missing) if words else None
    )
    return as_text if best is None else _without_words(best, words)


def _levels(values: pl.Series, count: pl.Series, *, blank: bool) -> frozenset[str]:
    """The words for missing that are levels of this column."""
    rows = dict(zip(values, count, strict=True)) if values.is_in(LABEL_MISSING).any() else {}
    return level_words({text: n for text, n in rows.items() if text}, blank=blank or "" in rows)


def _sample(values: pl.Series, count: pl.Series) -> tuple[pl.Series, pl.Series]:
    step = max(1, len(values) // SAMPLE)
    return values.gather_every(step), count.gather_every(step)


def _natural(
    series: pl.Series, values: pl.Series, count: pl.Series, zone: str, comma: bool, missing: tuple[str, ...]
) -> Guess | None:
    """The first reading that takes nearly all of the `values`."""
    candidates = _candidates(values, zone, comma, missing, None)
    first = next((c for c in candidates if _share_read(c, values, count) >= 1.0 - FAILURES), None)
    return _day_or_month(first, series, values) if first and first.wire == "date" else first


def _told(
    wire: Wire, series: pl.Series, values: pl.Series, count: pl.Series, zone: str, comma: bool, missing: tuple[str, ...]
) -> Guess:
    """The reading of the wire in [data.types] that takes most of the `values`."""
    candidates = [c for c in _candidates(values, zone, comma, missing, wire) if c.wire == wire]
    best = max(candidates, key=lambda candidate: _share_read(candidate, values, count), default=None)
    if best is not None and _share_read(best, values, count) > 0:
        best = _day_or_month(best, series, values) if wire == "date" else best
        return replace(best, reason="set in [data.types]")
    parsers: Mapping[str, Parser] = {"date": _date("iso", zone), "flag": _flag()}
    return Guess(wire=wire, reason="set in [data.types]", missing=missing, parser=parsers.get(wire))


def _without_words(guessed: Guess, words: tuple[str, ...]) -> Guess:
    """The guess with those of the `words` missing that it cannot read, if it is of numbers or dates."""
    if guessed.wire not in {"number", "date"}:
        return guessed
    unread = tuple(word for word in words if not _reads(guessed.reader(""), word))
    return replace(guessed, missing=(*guessed.missing, *unread))


def _candidates(
    values: pl.Series, zone: str, comma: bool, missing: tuple[str, ...], wire: Wire | None
) -> Iterator[Guess]:
    words = {value.lower() for value in values.head(10)}
    if words <= {"true", "false"} or (wire == "flag" and words <= {*TRUE, *FALSE}):
        yield Guess(wire="flag", reason="true and false as words", missing=missing, parser=_flag())
    if _days(values):
        yield Guess(wire="date", reason="dates written yyyymmdd", missing=missing, parser=_date("%Y%m%d", zone))
    digits = bool(values.str.contains(r"[0-9]").any())
    coded = values.str.contains(r"^[+-]?0[0-9]").any() and wire is None
    if digits and not coded:
        yield Guess(wire="number", reason="numbers written as text", missing=missing)
    signs = sorted(SIGNS, key=lambda pair: pair[0] != ",") if comma else SIGNS
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
    for reason, spelled in filter(None, (in_words(values), clocks(values))):
        yield Guess(wire="number", reason=reason, missing=missing, parser=spelled)


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
    if values.is_empty() or sum(_reads(reader, value) for value in few) < 0.5 * len(few):
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
    text = series.cast(pl.String).drop_nulls().str.strip_chars(BLANKS)
    table = counted(text).sort(["count", "value"], descending=[True, False])
    return table["value"], table["count"]


def _date(form: str, zone: str) -> Parser:
    return {"kind": "date", "format": form, "zone": zone}


def _flag() -> Parser:
    return {"kind": "flag", "true": list(TRUE), "false": list(FALSE)}
