"""What columns are taken for."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from automl.data.infer.column_types import guess
from automl.data.read.frames import read_column

MANY = [str(number) for number in range(100, 160)]


@pytest.mark.parametrize(
    ("values", "wire", "parser"),
    [
        (["1", "2.5", "-3e2"], "number", None),
        (["1", "?", " ", None, "NA", "3"], "number", None),
        ([*MANY, *MANY, "oops"], "number", None),
        (["1", "2", "oops"], "category", "scalar"),
        (["02134", "10001", "98125"], "category", "scalar"),
        (["00", "23", "35"], "category", "scalar"),
        (["a", "b"], "category", None),
        (["True", "FALSE"], "flag", "flag"),
        (["yes", "no"], "category", None),
        (["True", "maybe"], "category", "scalar"),
        (["3.1", "3.10", "x"], "category", None),
        (["3.0", "3", "3.5", "x"], "category", "scalar"),
        (["14:30", "08:05:30"], "number", "duration"),
        (["1 days 02:03:04", "-1 days +23:59:55"], "number", "duration"),
        (["PT5M", "PT93603.5S", "-PT5S"], "number", "duration"),
        (["P12", "P13"], "category", None),
        (["$17.00", "$1,200", "$3"], "number", "currency"),
        (["12.5%", "3%"], "number", "percent"),
        (["1,200", "3,400.50", "7"], "number", "number"),
        (["1.200,50", "3,5", "7"], "number", "number"),
        (["20141013T000000", "20150225T000000"], "date", "iso"),
        (["2018-07-01", "2018-07-02 10:00"], "date", "iso"),
        (["2018-07-01 10:00:00 UTC", "2018-07-02 11:30:00 GMT"], "date", "iso"),
        (["Tue, 13 Oct 2014 10:30:00 GMT", "Sun, 02 May 2015 00:00:00 GMT"], "date", "%a, %d %b %Y"),
        (["19970101", "19970218", "19980630"], "date", "%Y%m%d"),
        (["19970101", "19971350", "19980630"], "number", None),
        (["13/10/2014", "01/02/2015"], "date", "%d/%m/%Y"),
        (["10/13/2014", "01/02/2015"], "date", "%m/%d/%Y"),
        (["13.10.2014", "1.2.2015"], "date", "%d.%m.%Y"),
        (["10/13/2014 9:05:00 PM", "01/02/2015 11:00:00 AM"], "date", "%m/%d/%Y"),
        (["Oct 13, 2014", "May 2, 2015"], "date", "%b %d, %Y"),
        (["PRT", "NULL", "GBR"], "category", None),
        ([None, "", "?"], "category", None),
    ],
)
def test_texts(values: list[str | None], wire: str, parser: str | None) -> None:
    """Texts are numbers, amounts, dates or flags where all but 1 % of them read so, else categories."""
    found = guess(pl.Series("x", values))
    assert found is not None
    assert found.wire == wire
    kind = found.parser and (found.parser["format"] if found.parser["kind"] == "date" else found.parser["kind"])
    assert kind == parser


@pytest.mark.parametrize("values", [["1.200,50", "3,5"], ["1 200,5", "3"], ["1'200.5", "3"], ["1,200.5", "3"]])
def test_signs(values: list[str]) -> None:
    """Decimal and grouping signs of several countries are told apart."""
    found = guess(pl.Series("x", values))
    assert found is not None
    assert read_column(found.reader("x"), pl.Series(values)).to_list() in ([1200.5, 3.5], [1200.5, 3.0])


def test_many_values() -> None:
    """A guess looks at values from everywhere: words after thousands of numbers are seen."""
    numbers, words = [f"{i:06}.5".lstrip("0") for i in range(9_000)], [f"word {i}" for i in range(9_000)]
    found = guess(pl.Series("x", numbers + words))
    assert found is not None
    assert found.wire == "category"


def test_comma() -> None:
    """`1,234` is a group of thousands, but a decimal comma where the file has those (D09)."""
    series = pl.Series("x", ["1,234", "2,500"])
    for comma, expected in ((False, 1234.0), (True, 1.234)):
        found = guess(series, comma=comma)
        assert found is not None
        assert read_column(found.reader("x"), series)[0] == expected


@pytest.mark.parametrize(
    ("series", "wire"),
    [
        (pl.Series([1, 2]), "number"),
        (pl.Series([20141013, 20150225, 20141209]), "date"),
        (pl.Series([20141013, 20150299, 20141209]), "number"),
        (pl.Series([True, None]), "flag"),
        (pl.Series([date(2024, 1, 1)]), "date"),
        (pl.Series([date(2024, 1, 1)]).cast(pl.Datetime("ms")), "date"),
        (pl.Series([None]), "category"),
        (pl.Series([1, "a"], dtype=pl.Object), "category"),
        (pl.Series(["1", "2"], dtype=pl.Categorical), "number"),
    ],
)
def test_types(series: pl.Series, wire: str) -> None:
    """Typed columns are what their type says; yyyymmdd as a number is a date."""
    found = guess(series)
    assert found is not None
    assert found.wire == wire


@pytest.mark.parametrize("series", [pl.Series([[1]]), pl.Series([{"a": 1}]), pl.Series([b"x"])])
def test_nested(series: pl.Series) -> None:
    """D13: lists, structs and bytes have no wire."""
    assert guess(series) is None


@pytest.mark.parametrize(
    ("values", "wire", "first"),
    [
        (["98125", "98028"], "category", "98125"),
        ([98125, 98028], "category", "98125"),
        (["yes", "no"], "flag", 1.0),
        ([1.0, 0.0], "flag", 1.0),
        (["1", "x", "y"], "number", 1.0),
        ([2014, 2015], "date", 1388534400e6),
        ([1413158400, 1413158401], "date", 1413158400e6),
        ([1413158400000, 1413158401000], "date", 1413158400e6),
        (["2134", "7"], "text", "2134"),
    ],
)
def test_told(values: list[Any], wire: Any, first: float | str) -> None:
    """[data.types] has its way."""
    series = pl.Series("x", values)
    found = guess(series, wire=wire)
    assert found is not None
    assert found.wire == wire
    assert read_column(found.reader("x"), series)[0] == first


def dates(values: list[object], name: str = "x") -> tuple[str, list[float]]:
    """How dates were said to be written, and what is read of them in days since 1970."""
    series = pl.Series(name, values, strict=False)
    found = guess(series)
    assert found is not None
    assert found.wire == "date"
    return found.reason, (read_column(found.reader(name), series) / 86_400e6).to_list()


@pytest.mark.parametrize(
    ("values", "days"),
    [
        (["20141013T000000", "20141014T000000"], [16356.0, 16357.0]),
        (["2018-07-01", "2018-07-02"], [17713.0, 17714.0]),
        (["2018-7-1", "2018-07-02"], [17713.0, 17714.0]),
        (["Jul 1, 2018", "July 2, 2018"], [17713.0, 17714.0]),
        (["1 Jul 2018", "02 Jul 2018"], [17713.0, 17714.0]),
        (["Sun, 01 Jul 2018 12:00:00 +0000", "Mon, 02 Jul 2018 00:00:00 Z"], [17713.5, 17714.0]),
        (["Jul-2018", "Aug-2018"], [17713.0, 17744.0]),
        (["2018-07", "2018-08"], [17713.0, 17744.0]),
        (["31.07.2018", "01.08.2018"], [17743.0, 17744.0]),
    ],
)
def test_dates_of_many_shapes(values: list[object], days: list[float]) -> None:
    """Dates are read in whatever shape they come."""
    assert dates(values)[1] == days


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["13/01/2018", "02/01/2018"], "%d/%m/%Y"),
        (["01/13/2018", "01/02/2018"], "%m/%d/%Y"),
        ([f"01/{month:02}/2018" for month in range(1, 13)], "%d/%m/%Y"),
        ([f"{month:02}/01/2018" for month in range(1, 13)], "%m/%d/%Y"),
        ([f"{month:02}/{day:02}/2018" for month in range(1, 13) for day in (3, 7, 12)], "%m/%d/%Y"),
        ([f"{day:02}/{month:02}/2018" for month in range(1, 13) for day in (3, 7, 12)], "%d/%m/%Y"),
    ],
)
def test_day_and_month(values: list[object], form: str) -> None:
    """Day and month are told by numbers above 12, by what never changes, by the order of the rows."""
    assert form in dates(values)[0]


def test_day_or_month_is_said() -> None:
    """Where the data do not tell day from month, the reason says so."""
    assert "do not tell" in dates(["01/02/2018", "02/01/2018"] * 50)[0]


@pytest.mark.parametrize(("unit", "size"), [("s", 1), ("ms", 1e3), ("us", 1e6), ("ns", 1e9)])
def test_since_1970(unit: str, size: float) -> None:
    """Numbers since 1970 are dates where the column is called a time; elsewhere they are numbers."""
    values: list[object] = [int((1_530_403_200 + 86_400 * day) * size) for day in range(5)]
    reason, days = dates(values, "created_at")
    assert f"numbers of {unit} since 1970" in reason
    assert days == [17713.0 + day for day in range(5)]
    assert guess(pl.Series("phone", values)).wire == "number"  # type: ignore[union-attr]  # numbers are read


def test_no_dates() -> None:
    """0000-00-00 is a missing date."""
    series = pl.Series("x", ["2018-07-01", "0000-00-00", "2018-07-02", None])
    found = guess(series)
    assert found is not None
    assert found.missing == ("0000-00-00",)
    assert read_column(found.reader("x"), series).is_nan().to_list() == [False, True, False, True]
