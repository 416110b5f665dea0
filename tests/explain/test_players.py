"""What can only change together is one player."""

from __future__ import annotations

from automl.explain.game import Player
from automl.explain.players import players_of


def entry(name: str, *parts: str) -> dict[str, object]:
    """A column of a reader."""
    found: dict[str, object] = {"name": name, "wire": "number", "missing": [], "parser": None}
    return found | ({"parts": list(parts)} if parts else {})


def test_each_column_is_a_player():
    """In the order of the reader, under its own name, if the graph takes it."""
    found = players_of([entry("b"), entry("column *"), entry("unused")], (), {}, ["column *", "b"])
    assert found == (Player(names=("b",), columns=("b",)), Player(names=("*",), columns=("column *",)))


def test_places_and_dates_in_parts_are_one():
    """Latitude and longitude, and a date with the columns that it is read from, even where these are read too."""
    entries = [entry("lat"), entry("year"), entry("age"), entry("day of", "year", "month"), entry("long")]
    found = players_of(entries, [("lat", "long")], {}, ["lat", "long", "age", "year", "day of"])
    assert found == (
        Player(names=("lat", "long"), columns=("lat", "long")),
        Player(names=("year", "month"), columns=("year", "day of")),
        Player(names=("age",), columns=("age",)),
    )


def test_a_table_is_one_player():
    """All that is computed from a table moves together; a table that the graph does not use is none."""
    tables = {"count(logins)": "logins", "max(logins.at)": "logins", "mean(sales.x)": "sales"}
    found = players_of([entry("age")], (), tables, ["age", "count(logins)", "max(logins.at)"])
    assert found[1:] == (Player(names=("logins",), columns=("count(logins)", "max(logins.at)"), is_table=True),)
