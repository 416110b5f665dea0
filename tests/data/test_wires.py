"""What columns are taken for."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from automl.data.bulk import read_column
from automl.data.wires import guess

MANY = [str(number) for number in range(100, 160)]


@pytest.mark.parametrize(
    ("values", "wire", "parser"),
    [
        (["1", "2.5", "-3e2"], "number", None),
        (["1", "?", " ", None, "NA", "3"], "number", None),
        ([*MANY, *MANY, "oops"], "number", None),
        (["1", "2", "oops"], "category", None),
        (["02134", "10001", "98125"], "category", None),
        (["00", "23", "35"], "category", None),
        (["a", "b"], "category", None),
        (["True", "FALSE"], "flag", "flag"),
        (["yes", "no"], "category", None),
        (["$17.00", "$1,200", "$3"], "number", "currency"),
        (["12.5%", "3%"], "number", "percent"),
        (["1,200", "3,400.50", "7"], "number", "number"),
        (["1.200,50", "3,5", "7"], "number", "number"),
        (["20141013T000000", "20150225T000000"], "date", "iso"),
        (["2018-07-01", "2018-07-02 10:00"], "date", "iso"),
        (["19970101", "19970218", "19980630"], "date", "%Y%m%d"),
        (["19970101", "19971350", "19980630"], "number", None),
        (["13/10/2014", "01/02/2015"], "date", "%d/%m/%Y"),
        (["10/13/2014", "01/02/2015"], "date", "%m/%d/%Y"),
        (["13.10.2014", "1.2.2015"], "date", "%d.%m.%Y"),
        (["10/13/2014 9:05:00 PM", "01/02/2015 11:00:00 AM"], "date", "%m/%d/%Y %H:%M:%S %p"),
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
