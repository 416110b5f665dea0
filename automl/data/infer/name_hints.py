"""What a column's name says about its values: a code, an id, a moment, a coordinate, the part of a date."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Literal

IDS = frozenset({"id", "key", "index", "uuid", "guid"})
NUMBERED = frozenset({"no", "nr", "num", "number"})
CODES = frozenset(
    {"id", "code", "codes", "cd", "zip", "zipcode", "postcode", "postal", "zcta", "plz", "sic", "naics", "mcc", "fips"}
    | {"region", "district", "county", "country", "state", "city", "branch", "store", "shop", "outlet", "warehouse"}
    | {"dept", "department", "division", "agent", "company", "vendor", "merchant", "supplier", "seller", "broker"}
    | {"channel", "sector", "industry", "cluster", "product", "item", "sku", "brand", "category", "type", "station"}
    | {"site", "route", "carrier", "airline", "airport", "terminal"}
)
MEASURES = frozenset(
    {"n", "num", "number", "count", "cnt", "qty", "quantity", "amount", "total", "sum", "avg", "mean", "median", "max"}
    | {"min", "pct", "percent", "rate", "ratio", "share", "score", "year", "yr", "month", "week", "day", "days", "hour"}
    | {"age", "date", "time", "size", "length", "price", "cost", "value", "per", "since", "lat", "lon", "density"}
)
QUANTITIES = frozenset(
    {"count", "counts", "cnt", "qty", "quantity", "amount", "total", "sum", "year", "yr", "years", "age", "days"}
    | {"hours", "minutes", "months", "weeks", "price", "cost", "salary", "income"}
)
BANDED = frozenset({"group", "class", "band", "bracket", "category", "level", "type", "code", "id", "bin", "range"})
MOMENTS = frozenset({"time", "timestamp", "ts", "date", "datetime", "dt", "epoch", "unix", "created", "updated"})
LATITUDES = frozenset({"lat", "latitude"})
LONGITUDES = frozenset({"lon", "lng", "long", "longitude"})
PARTS: Mapping[str, frozenset[str]] = {
    "year": frozenset({"year", "yr"}),
    "month": frozenset({"month", "mon", "mnth", "mth"}),
    "day": frozenset({"day", "dom", "dayofmonth"}),
}
WHEN = frozenset().union(*PARTS.values(), {"date", "week", "quarter", "season", "hour", "wave", "period"})
OWNERS = frozenset(
    {
        "user",
        "cust",
        "customer",
        "client",
        "patient",
        "person",
        "subject",
        "subj",
        "member",
        "student",
        "employee",
        "emp",
    }
    | {"worker", "player", "account", "acct", "order", "loan", "policy", "household", "family", "firm", "company"}
    | {"school", "district", "dist", "county", "store", "device", "machine", "vehicle", "session", "visitor", "product"}
)
LATE = frozenset(
    {"closed", "charged", "chargeoff", "chargedoff", "recovered", "recovery", "recoveries", "settled", "settlement"}
    | {"resolved", "resolution", "outcome", "refund", "refunded", "returned", "terminated", "termination", "discharged"}
    | {"discharge", "exit", "exited", "finished", "completed", "cancelled", "canceled", "cancellation", "writeoff"}
    | {"defaulted", "repaid", "verdict", "aftermath", "chargeback", "collections"}
)
EARLIER = frozenset(
    {"previous", "prev", "prior", "past", "last", "earlier", "history", "historical", "old", "before", "ever", "former"}
    | {"expected", "planned", "scheduled", "estimated", "predicted", "is", "has", "num", "number", "count", "n", "no"}
)
STEM = 5  # letters that a word shares with the target's name

Sense = Literal["latitude", "longitude"]


def words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case: `arrival_date_year`, `ClothingID`, `Clothing ID`, `customer.no`."""
    return tuple(word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_]+", name))


def is_id(name: str) -> bool:
    """The name ends as ids do: `order_no`, `PayID`, and `userid` in one word."""
    said = words(name)
    if not said:
        return False
    last = said[-1]
    return last in IDS or (len(said) > 1 and last in NUMBERED) or (last[-2:] == "id" and last[:-2] in OWNERS)


def is_code(name: str) -> bool:
    """The name is that of a code, and not of a number of them."""
    said = set(words(name))
    return bool(said & CODES) and not said & MEASURES


def is_quantity(name: str) -> bool:
    """The name is that of what is counted or measured, and not of its bands."""
    said = set(words(name))
    return bool(said & QUANTITIES) and not said & BANDED


def is_moment(name: str) -> bool:
    """The name is that of a point in time."""
    said = words(name)
    return bool(set(said) & MOMENTS) or (len(said) > 1 and said[-1] == "at")


def coordinate(name: str, others: Collection[str]) -> tuple[Sense, str] | None:
    """Latitude or longitude, and which of `others` is the other half: the same name but for that word."""
    said = words(name)
    sides: tuple[tuple[Sense, frozenset[str], frozenset[str]], ...] = (
        ("latitude", LATITUDES, LONGITUDES),
        ("longitude", LONGITUDES, LATITUDES),
    )
    for sense, own, opposite in sides:
        if set(said) & own:
            rest = [word for word in said if word not in own]
            for other in others:
                theirs = words(other)
                if set(theirs) & opposite and [word for word in theirs if word not in opposite] == rest:
                    return sense, other
    return None


def known_late(name: str, target: str) -> str:
    """The word that says a value is known after the fact: `date_closed`, `charged_off`, or the target's own word.

    "" where there is none, or a word such as "previous" or "planned" says that it is about another time.
    """
    said = words(name)
    if set(said) & EARLIER:
        return ""
    own = {word[:STEM] for word in words(target) if len(word) >= STEM and word not in {"target", "label", "class"}}
    return next((word for word in said if word in LATE or (len(word) >= STEM and word[:STEM] in own)), "")


def date_part(name: str) -> tuple[str, str] | None:
    """`("year", "arrival date")` for `arrival_date_year`; None for what is no year, month or day of the month."""
    said = [word for word in words(name) if word != "of"]
    if {"week", "weekday", "wday", "number"} & set(said) or said[-2:] == ["day", "year"]:
        return None
    if said[-2:] == ["day", "month"]:
        said = said[:-1]
    if not said:
        return None
    for part, known in PARTS.items():
        for place in (-1, 0):
            if said[place] in known:
                return part, " ".join(said[:-1] if place else said[1:])
    return None
