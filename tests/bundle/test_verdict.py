"""The verdict in the manifest: the judge's own values, as JSON keeps them."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from automl.bundle.manifest import plain
from automl.bundle.verdict import VerdictRecord
from automl.decide.verdict.break_even import BreakEven
from automl.decide.verdict.capacity_use import CapacityUse, LimitedAction
from automl.decide.verdict.verdict import ActionShare, BaselineCost, CellCost, RunningVerdict, Scenario, Verdict

WHOLE = Verdict(
    worth=True,
    reason="On 250 test rows the model saves 18,400 EUR per 1,000 rows.",
    currency="EUR",
    amounts=(CellCost(cell="false_negative", cost=512.5, formula="loan * 0.8"),),
    evidence="test",
    rows=250,
    ours=46_200.0,
    policies=(BaselineCost(action="decline", cost=64_600.0, rule="age < 25", mixed=True),),
    best="decline",
    saving=18_400.0,
    low=12_900.0,
    high=23_600.0,
    test_rows=250,
    test_ours=46_200.0,
    test_saving=18_400.0,
    test_low=12_900.0,
    test_high=23_600.0,
    test_total=4_600.0,
    break_even=BreakEven(cell="false_positive", low=0.5, high=None, factor=True),
    scenarios=(
        Scenario(cell="false_negative", factor=2.0, amount=1_025.0, saving=1.0, low=-2.0, high=3.0, worth=False),
    ),
    unpriced=3,
    taken=(ActionShare(action="grant", share=0.7), ActionShare(action="decline", share=0.3)),
    running=RunningVerdict(cost=20.0, pays_from="3 per day"),
    capacity=CapacityUse(
        limits=(LimitedAction(action="decline", most="30 per day", share=0.1, price=2.5, at_price=0.09, ranked=0.1),),
        at_price=47_000.0,
        ranked=46_900.0,
    ),
)


def test_the_record_is_what_the_judge_said():
    """Every field of every part stands in it, in the same order, so that the same bytes are written."""
    record = VerdictRecord.model_validate(plain(WHOLE))
    assert json.dumps(record.model_dump(mode="json")) == json.dumps(plain(WHOLE))


def test_a_verdict_of_the_first_bundles_is_read():
    """What was not known then has its default."""
    young = {"unpriced", "taken", "running", "capacity"}
    record = VerdictRecord.model_validate({name: value for name, value in plain(WHOLE).items() if name not in young})
    assert (record.unpriced, record.taken, record.running, record.capacity) == (0, (), None, None)


@pytest.mark.parametrize("change", [{"worth": "perhaps"}, {"saving": None}, {"surprise": 1}, {"amounts": [{}]}])
def test_what_is_no_verdict_is_refused(change):
    """A manifest is read with suspicion: other types and unknown fields are errors."""
    with pytest.raises(ValidationError):
        VerdictRecord.model_validate(plain(WHOLE) | change)
