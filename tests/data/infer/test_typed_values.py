"""A value means the same in each format."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from automl.data.infer.column_types import guess
from automl.data.infer.typed_values import clocks, scalar_levels, unreadable
from automl.data.read.frames import read_column
from automl.data.read.source import batches, load

MOMENTS = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2060, 1, 1)).map(lambda t: t.replace(microsecond=0))  # noqa: DTZ001  # naive
HUNDREDTHS = st.integers(-(10**6), 10**6)
KINDS: Mapping[str, tuple[pl.DataType, st.SearchStrategy[Any]]] = {
    "bool": (pl.Boolean(), st.booleans()),
    "int": (pl.Int64(), st.integers(-(10**9), 10**9)),
    "small": (pl.UInt8(), st.integers(0, 3)),
    "float": (pl.Float64(), HUNDREDTHS.map(lambda n: n / 128)),
    "whole float": (pl.Float64(), st.integers(-50, 50).map(float)),
    "huge float": (pl.Float64(), st.integers(-20, 20).map(lambda n: 10.0**n)),
    "single": (pl.Float32(), HUNDREDTHS.map(lambda n: n / 4)),
    "decimal": (pl.Decimal(12, 2), HUNDREDTHS.map(lambda n: Decimal(n).scaleb(-2))),
    "word": (pl.String(), st.sampled_from(["red", "Blue", "bl\u00e4 u", "a,b"])),
    "digits": (pl.String(), st.integers(0, 5).map(str)),
    "padded": (pl.String(), st.integers(0, 99999).map("{:05}".format)),
    "mixed": (pl.String(), st.sampled_from(["V57", "250.01", "401", "True", "x"])),
    "categorical": (pl.Categorical(), st.sampled_from(["low", "high"])),
    "enum": (pl.Enum(["1", "2.5", "none at all"]), st.sampled_from(["1", "2.5", "none at all"])),
    "date": (pl.Date(), MOMENTS.map(dt.datetime.date)),
    "day": (pl.Int64(), MOMENTS.map(lambda t: int(f"{t:%Y%m%d}"))),
    "moment": (pl.Datetime("us"), MOMENTS),
    "zoned": (pl.Datetime("us", "Europe/Berlin"), MOMENTS.map(lambda t: t.replace(tzinfo=dt.UTC))),
    "clock": (pl.Time(), MOMENTS.map(dt.datetime.time)),
    "duration": (pl.Duration("us"), st.integers(-(10**9), 10**9).map(lambda n: dt.timedelta(milliseconds=n))),
    "null": (pl.Null(), st.none()),
}
TOLD = {
    "category": ("bool", "int", "small", "float", "whole float", "decimal", "digits", "padded", "mixed", "enum"),
    "number": ("bool", "decimal", "digits", "duration"),
    "text": ("whole float", "word"),
    "date": ("day", "moment", "date"),
}


@st.composite
def frames(draw: Any) -> pl.DataFrame:
    """A column of each kind, with gaps."""
    n = draw(st.integers(3, 8))
    return pl.DataFrame(
        [
            pl.Series(kind, draw(st.lists(values | st.none(), min_size=n, max_size=n)), dtype=dtype)
            for kind, (dtype, values) in KINDS.items()
        ]
    )


@settings(max_examples=5, phases=[Phase.explicit, Phase.generate])
@given(frames())
def test_a_value_means_the_same_in_each_format(
    in_each_format: Callable[[pl.DataFrame, Path], Mapping[str, Path]], frame: pl.DataFrame
) -> None:
    """However a column was written when its reader was made, the reader gives the same of all five formats."""
    with tempfile.TemporaryDirectory() as folder:
        paths = in_each_format(frame, Path(folder))
        whole = {form: load(path).frame for form, path in paths.items()}
        parts = {form: pl.concat(frame for _, frame in batches(path, 1_000)) for form, path in paths.items()}
    told = [(kind, None) for kind in KINDS] + [(kind, wire) for wire, kinds in TOLD.items() for kind in kinds]
    for kind, wire in told:
        for form, source in whole.items():
            if (guessed := guess(source[kind], wire=wire)) is None:
                raise AssertionError((kind, form))
            reader = guessed.reader(kind)
            read = [read_column(reader, given[form][kind]).to_list() for given in (whole, parts) for form in given]
            assert all(str(other) == str(read[0]) for other in read), (kind, wire, form, reader, read)


def test_what_is_no_single_value() -> None:
    """Lists, bytes and Python's own objects have a true reason; numbers, texts and times have none."""
    assert "no single values" in unreadable(pl.Series("x", [[1]]))
    assert "no single values" in unreadable(pl.Series("x", [b"1"]))
    assert "of the kind complex" in unreadable(pl.Series("x", [1 + 2j, None], dtype=pl.Object))
    assert "of the kind list" in unreadable(pl.Series("x", ["a", [1]], dtype=pl.Object))
    assert not unreadable(pl.Series("x", [1, "a", None, True], dtype=pl.Object))
    assert not any(unreadable(pl.Series("x", [], dtype=dtype)) for dtype, _ in KINDS.values())


@pytest.mark.parametrize(
    ("levels", "read"),
    [(["3", "4.0"], True), (["3", "3.0"], True), (["True", "x"], True), (["3.1", "3.10"], False), (["a"], False)],
)
def test_levels_that_are_numbers(levels: list[str], *, read: bool) -> None:
    """Levels are read as numbers and flags where some are, unless two versions would be one."""
    assert (scalar_levels(pl.Series(levels)) is not None) == read


def test_clocks() -> None:
    """Most of the texts must look like durations; a few among words do not."""
    assert clocks(pl.Series(["14:30", "08:15:00", "PT5M"])) is not None
    assert clocks(pl.Series(["14:30", "noon", "night"])) is None
    assert clocks(pl.Series([], dtype=pl.String)) is None
