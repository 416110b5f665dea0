"""Units are read exactly, written back the same, and refused with what was expected."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from automl.spec.units import (
    Rate,
    plain,
    read_capacity,
    read_duration,
    read_rate,
    read_share,
    read_size,
    read_throughput,
    write_capacity,
    write_duration,
    write_share,
    write_size,
    write_throughput,
)


@pytest.mark.parametrize(
    ("text", "seconds"), [("10min", 600), ("2ms", 0.002), ("1.5h", 5400), ("30d", 2592000), ("5us", 5e-6), ("3 s", 3)]
)
def test_times(text: str, seconds: float) -> None:
    """A time is a number and its unit."""
    assert read_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"), [("8GB", 8 * 10**9), ("25MB", 25 * 10**6), ("1GiB", 2**30), ("1.5kB", 1500), ("7B", 7)]
)
def test_sizes(text: str, size: int) -> None:
    """GB counts in thousands, GiB in 1,024s."""
    assert read_size(text) == size


@pytest.mark.parametrize(
    "value", [0, -1, 1, 1e308, float("nan"), float("inf"), True, None, "", "5", "fast", "-5s", "0s", "nan s", "1e308s"]
)
def test_what_is_no_time(value: object) -> None:
    """S06: what is no time is refused with an example of one."""
    with pytest.raises(ValueError, match="expected a time such as"):
        read_duration(value)


@pytest.mark.parametrize(
    ("value", "guess"), [("5 minutes", "5min"), ("2 sec", "2s"), ("1hours", "1h"), ("10m", "10min"), ("1 day", "1d")]
)
def test_a_guess_for_times(value: str, guess: str) -> None:
    """S06: a unit in words is answered with the unit."""
    with pytest.raises(ValueError, match=f'did you mean "{guess}"'):
        read_duration(value)


@pytest.mark.parametrize("value", ["0GB", "8gb", "8 gigabytes", 8, -1, float("nan"), "99999999TB"])
def test_what_is_no_size(value: object) -> None:
    """S06: what is no size is refused with an example of one."""
    with pytest.raises(ValueError, match="expected a size such as"):
        read_size(value)


@pytest.mark.parametrize("value", ["101%", -0.1, 1.5, float("nan"), "half", True, "5"])
def test_what_is_no_share(value: object) -> None:
    """A share lies between 0 and 1."""
    with pytest.raises(ValueError, match="expected a share such as"):
        read_share(value)


@pytest.mark.parametrize("value", ["200", "200 per day", "per 1d", 200, "200 per 0d"])
def test_what_is_no_rate(value: object) -> None:
    """A rate names a count and a time."""
    with pytest.raises(ValueError, match="expected a"):
        read_rate(value)


@pytest.mark.parametrize("value", ["50000", 50000, "0 rows/s", "rows/s"])
def test_what_is_no_throughput(value: object) -> None:
    """A throughput says rows a second."""
    with pytest.raises(ValueError, match="rows in a second"):
        read_throughput(value)


@given(some.floats(min_value=1e-6, max_value=1e9).filter(lambda x: float(f"{x:.12g}") == x))
def test_times_come_back(seconds: float) -> None:
    """A time that is written reads back as the same number."""
    assert read_duration(write_duration(seconds)) == seconds


@given(some.integers(min_value=1, max_value=10**15))
def test_sizes_come_back(size: int) -> None:
    """A size that is written reads back as the same number of bytes."""
    assert read_size(write_size(size)) == size


@given(some.integers(min_value=0, max_value=100_000))
def test_shares_come_back(parts: int) -> None:
    """A share that is written reads back as the same number."""
    share = parts / 100_000
    assert read_share(write_share(share)) == share


def test_rates_come_back() -> None:
    """Rates, capacities and throughputs read back as they were."""
    rate = Rate(count=200.0, seconds=86400.0)
    assert str(rate) == "200 per 1d"
    assert read_capacity(write_capacity(rate)) == rate
    assert read_capacity(write_capacity(0.01)) == 0.01
    assert read_throughput(write_throughput(50000.0)) == 50000.0


@given(some.floats(allow_nan=False, allow_infinity=False))
def test_plain_numbers(number: float) -> None:
    """A number is written so that it is read as itself."""
    assert float(plain(number)) == number
