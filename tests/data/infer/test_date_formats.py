"""Each format that times are tried with, with each clock and each way to name a zone behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest

from automl.data.infer.column_types import guess
from automl.data.infer.date_formats import DATE_FORMATS
from automl.data.read import frames
from automl.data.read.reader import read_value


@pytest.mark.parametrize("form", DATE_FORMATS)
def test_a_column_of_any_format_is_times(form: str, written_times: Any) -> None:
    """With clocks and zones of all kinds behind one column's dates, each value is its instant by row and by frame."""
    texts, instants = map(list, zip(*written_times(form).items(), strict=True))
    found = guess(pl.Series("t", texts))
    assert found is not None
    assert found.wire == "date"
    assert [read_value(found.reader("t"), text) for text in texts] == instants
    assert frames.read_column(found.reader("t"), pl.Series(texts)).to_list() == instants


@pytest.mark.parametrize("zone", ["", "Z", " z", " UTC", " utc", " GMT", "+00:00"])
@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"])
def test_many_times_are_read_as_few(form: str, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What polars reads at once is what the reader reads one by one."""
    start = pl.Series([1_400_000_000]).cast(pl.Int64)
    moments = pl.Series(range(0, 90_000, 601)) + start[0]
    texts = (moments * 1_000_000).cast(pl.Datetime("us")).dt.strftime(form) + zone
    found = guess(texts)
    assert found is not None
    few = frames.read_column(found.reader("t"), texts)
    monkeypatch.setattr(frames, "FEW", 0)
    assert frames.read_column(found.reader("t"), texts).equals(few)
    assert few.to_list() == (moments * 1e6).to_list()


def _unread(form: str, texts: Sequence[str]) -> list[bool]:
    reader: Any = {
        "name": "t",
        "wire": "date",
        "missing": [],
        "parser": {"kind": "date", "format": form, "zone": "UTC"},
    }
    read = [read_value(reader, text) for text in texts]
    return [value != value for value in read]  # noqa: PLR0124  # NaN is not itself


def test_what_stands_behind_a_date_and_is_no_zone_is_not_read() -> None:
    """A name of a place, an offset without a clock, a clock of twelve hours past noon, two zones, other words."""
    behind = (
        " 10:30 Berlin",
        " CET",
        "+02:00",
        " 13:30 pm",
        " 10:30 UTC GMT",
        " 10:30 soon",
        " 10:30:00.",
        " 10.30:00",
    )
    for form, day in (("%d/%m/%Y", "13/10/2014"), ("%b %d, %Y", "Oct 13, 2014"), ("%m/%d/%y", "10/13/14")):
        assert _unread(form, [day + rest for rest in behind]) == [True] * len(behind)
    assert _unread("%Y-%m", ["2014-10-05", "2014-10"]) == [True, False]
