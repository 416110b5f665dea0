"""A look is plain JSON and comes back from it, for the page that shows earlier looks."""

from __future__ import annotations

import json

import pytest

from automl.monitor.look import Estimate, Finding, Look, MoneyLook
from automl.watch.documents import document, look_of

FOUND = Finding(kind="drift", check="level", severity="warn", sentence="It moved.", column="age", money=3.5)


def through_json(look):
    return look_of(json.loads(json.dumps(document(look, 0.5, 10**15), allow_nan=False)))


@pytest.mark.parametrize("end", [None, 1.7e15])
def test_a_look_comes_back(end) -> None:
    """Its rows, times, findings and estimates, in whatever it has of them."""
    money = MoneyLook(
        currency="EUR",
        promise=Estimate(value=9.0, low=8.0, high=10.0, rows=300),
        labelled=Estimate(value=7.0, low=6.0, high=8.0, rows=20, sure=False),
    )
    look = Look(number=3, rows=500, start=end and end - 1e6, end=end, findings=(FOUND,), money=money)
    assert through_json(look) == look


def test_a_document_of_before() -> None:
    """One that an earlier automl wrote has no estimates by name, and is a look all the same."""
    look = Look(number=1, rows=500, start=None, end=None, findings=(FOUND,), money=MoneyLook(currency=None))
    told = document(look, None, 10**15)
    told["money"] = {name: told["money"][name] for name in ("currency", "saving", "low", "high", "promised", "drift")}
    assert look_of(told) == look
