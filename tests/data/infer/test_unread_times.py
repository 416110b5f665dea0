"""What is said of texts that look like times and cannot be read."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from automl.data.infer.unread_times import example_of
from automl.data.schema import infer_schema
from automl.spec import Spec

N = 60
DAYS = [1 + i % 28 for i in range(N)]
TIMES = {
    "named zone": [f"2024-03-{day:02} {i % 24:02}:{i:02}:00 Europe/Berlin" for i, day in enumerate(DAYS)],
    "abbreviated zone": [f"{day}/03/2024 {i % 24}:{i:02} CET" for i, day in enumerate(DAYS)],
    "another language": [f"{day} octobre {1960 + i}" for i, day in enumerate(DAYS)],
    "two formats": [f"2024-03-{d:02} 10:{i:02}" if i % 2 else f"{d}.3.2024 10:{i:02}" for i, d in enumerate(DAYS)],
    "ordinal days": [f"March {day}th, {1950 + i}" for i, day in enumerate(DAYS)],
    "no such clock": [f"{day}/03/24 {i % 24}h{i:02}" for i, day in enumerate(DAYS)],
    "weekday": [f"Lundi 2024-03-{day:02} 9:{i:02}" for i, day in enumerate(DAYS)],
    "clocks": [f"{1 + i % 12}:{i:02} PM" for i in range(N)],
    "characters": [f"{1960 + i}年3月{day}日" for i, day in enumerate(DAYS)],
}
OTHERS = {
    "phones": [f"206-555-{i:04}" for i in range(N)],
    "social": [f"{100 + i}-12-{i:04}" for i in range(N)],
    "addresses": [f"10.0.{i}.{i % 7}" for i in range(N)],
    "versions": [f"1.{i % 9}.{i}" for i in range(N)],
    "hardware": [f"00:{i + 10}:44:11:{i + 20}:B7" for i in range(N)],
    "codes": [f"20-{i:02}-19" for i in range(N)],
    "models": [f"Corolla {i} GT {i % 30}" for i in range(N)],
    "ranges": [f"{i}-{i + 10} March" for i in range(N)],
    "verses": [f"John {i}:16" for i in range(N)],
    "names": [f"May Day {i}" for i in range(N)],
    "sentences": [f"She came on 2024-03-{day:02} at ten and went home again at eleven o'clock" for day in DAYS],
    "few": ["2024-03-01 CET", "2024-03-02 CET", "never", "later", "soon"],
    "files": [f"IMG_2024-03-{day:02}_{i}.jpg" for i, day in enumerate(DAYS)],
    "numbers": [str(20240300 + i) for i in range(N)],
}


@pytest.mark.parametrize("name", TIMES)
def test_what_looks_like_times_is_told(name: str, make_spec: Callable[..., Spec]) -> None:
    """The column, an example and what to do next, whether it is a category or dropped as an id."""
    for texts in (TIMES[name], TIMES[name][:7] * 20):
        raw = pl.DataFrame({"y": range(len(texts)), "seen": texts})
        schema, findings = infer_schema(raw, make_spec())
        (told,) = (found for found in findings if found.check == "time")
        assert told.column == "seen"
        assert told.action == "noted"
        assert f"such as {texts[0]!r}" in told.text
        assert "2014-10-13 10:30:00 UTC" in told.text
        assert "[data.types]" in told.text
        is_feature = {column.name: column.is_feature for column in schema.columns}["seen"]
        assert ("no feature" in told.text) is not is_feature


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_time_is_not_told(name: str) -> None:
    """Ids, codes, sentences with a date in them and names have digits and signs too."""
    assert example_of(pl.Series(OTHERS[name])) == ""


@pytest.mark.parametrize("settings", [{"types": {"seen": "category"}}, {"audit": {"keep": ["seen"]}}, {"key": "seen"}])
def test_what_the_spec_says_is_known(settings: dict[str, object], make_spec: Callable[..., Spec]) -> None:
    """Nothing is told of a column that the spec names."""
    raw = pl.DataFrame({"y": range(N), "seen": TIMES["named zone"]})
    assert "time" not in {found.check for found in infer_schema(raw, make_spec(**settings))[1]}


def test_what_is_read_is_not_told(make_spec: Callable[..., Spec]) -> None:
    """Times with a zone in words, and gaps, are times."""
    texts = [*(f"{day}/03/2024 {i % 24}:{i:02} UTC" for i, day in enumerate(DAYS)), None, "", "n/a", "n/a"]
    raw = pl.DataFrame({"y": range(len(texts)), "seen": texts})
    schema, findings = infer_schema(raw, make_spec())
    assert {column.name: column.wire for column in schema.columns}["seen"] == "date"
    assert "time" not in {found.check for found in findings}
