"""What names of columns say."""

from __future__ import annotations

import pytest

from automl.data.infer.name_hints import coordinate, date_part, is_code, is_id, is_moment, known_late, words


def test_words() -> None:
    """Names of any style are words in lower case."""
    names = ("arrival_date_year", "ClothingID", "Clothing ID", "customer.no", "hoursPerWeek", "x2bar")
    assert [words(name) for name in names] == [
        ("arrival", "date", "year"),
        ("clothing", "id"),
        ("clothing", "id"),
        ("customer", "no"),
        ("hours", "per", "week"),
        ("x", "2", "bar"),
    ]


@pytest.mark.parametrize(
    "name", ["admission_type_id", "zipcode", "ZipCode", "Store", "agent", "Dept", "product code", "MCC"]
)
def test_codes(name: str) -> None:
    """Whole numbers of such names stand for something."""
    assert is_code(name)


@pytest.mark.parametrize(
    "name", ["n_items", "product_count", "store_size", "city_density", "yearID", "age", "price", "lead_time"]
)
def test_no_codes(name: str) -> None:
    """A number of them, or a measure of them, is none."""
    assert not is_code(name)


def test_ids_and_moments() -> None:
    """An id ends as ids do, a moment names time."""
    assert [is_id(name) for name in ("PolNum", "userid", "PayID", "order-no", "no", "num_children", "paid")] == [
        True
    ] * 4 + [False] * 3
    assert [is_moment(name) for name in ("created_at", "ts", "eventTime", "at", "rate")] == [True] * 3 + [False] * 2


def test_coordinates() -> None:
    """Latitude and longitude find each other by the rest of their names."""
    names = ["pickup_latitude", "pickup_longitude", "drop_lat", "drop_lng", "lat"]
    assert coordinate("pickup_latitude", names) == ("latitude", "pickup_longitude")
    assert coordinate("drop_lng", names) == ("longitude", "drop_lat")
    assert coordinate("lat", names) is None
    assert coordinate("flat", names) is None


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("arrival_date_year", ("year", "arrival date")),
        ("arrival_date_month", ("month", "arrival date")),
        ("arrival_date_day_of_month", ("day", "arrival date")),
        ("Year", ("year", "")),
        ("birthMonth", ("month", "birth")),
        ("day_of_week", None),
        ("day_of_year", None),
        ("arrival_date_week_number", None),
        ("yearly_income", None),
    ],
)
def test_date_parts(name: str, part: tuple[str, str] | None) -> None:
    """Years, months and days of the month say what they are parts of."""
    assert date_part(name) == part


@pytest.mark.parametrize(
    ("name", "late"),
    [
        ("date_closed", "closed"),
        ("charged_off_amount", "charged"),
        ("cancellation_reason", "cancellation"),
        ("previous_cancellations", ""),
        ("planned_discharge", ""),
        ("is_closed", ""),
        ("churn_score", "churn"),
        ("amount", ""),
    ],
)
def test_known_late(name: str, late: str) -> None:
    """A name that tells of the end, or uses the target's own word, is late; of an earlier or planned time it is not."""
    assert known_late(name, "Churned") == late
