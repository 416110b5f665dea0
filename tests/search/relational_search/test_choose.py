"""Which features of other tables are kept: what lowers the loss and pays for its time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from automl.budget import Deadline
from automl.search.relational_search.choose import Chosen, choose
from automl.search.relational_search.row_time import RowTime
from automl.search.relational_search.sample import SampleRows
from automl.search.relational_search.screen import Screen
from automl.search.relational_search.share import Share
from automl.spec.limits import Limits


def chosen(stage: Any, *, limits: Limits | None = None, share: Share | None = None, names: Any = None) -> Chosen:
    """What is kept of the proposed features, or of those of these names."""
    features = tuple(f for f in stage.proposed.features if names is None or f.name in names)
    sample = SampleRows.of(stage.proposed, stage.parts.train, stage.parts.past_train, stage.room.drawn.at)
    screen = Screen(y=stage.room.drawn.rows.y, task=stage.problem.task, kept=(), excludes=True)
    return choose(
        stage.room,
        replace(sample, proposed=replace(stage.proposed, features=features)),
        screen,
        share or Share.of(stage.spec, stage.deadline),
        RowTime.of(stage.proposed, sample.usual_rows(), limits or Limits()),
        rows=stage.data.train.n + stage.data.test.n,
    )


def test_what_tells_is_kept_and_the_rest_is_counted(stage: Any) -> None:
    """Of five features one tells; three tell too little, one is constant, and none was left untried."""
    found = chosen(stage)
    assert "state" in found.weight
    assert "always" not in found.weight
    assert found.gain > 0.1
    assert found.errors > 1.0
    assert found.untried == 0
    assert len(found.weight) + found.weak == 4
    assert not found.bare


def test_noise_is_not_kept(stage: Any) -> None:
    """Where nothing tells, nothing stays and there is no gain."""
    found = chosen(stage, names={"pages", "median"})
    assert found.weight == {}
    assert (found.gain, found.untried, found.weak) == (0.0, 0, 2)


def test_without_time_nothing_is_tried(stage: Any) -> None:
    """A share that is over: all are counted as untried."""
    over = Share(deadline=Deadline(seconds=1.0, start=0.0, clock=lambda: 9.0), start=0.0, seconds=1.0)
    found = chosen(stage, share=over)
    assert found.weight == {}
    assert found.untried == len(stage.proposed.features)


def test_a_limit_on_the_latency_is_kept(stage: Any) -> None:
    """A feature that does not fit into the limit is left out, however much it tells."""
    assert chosen(stage, limits=Limits.model_validate({"latency_p50": "0.001ms"})).weight == {}


def test_a_choice_is_repeatable(stage: Any) -> None:
    """With counted work two choices are one, to the bit."""
    first, second = chosen(stage), chosen(stage)
    assert first.weight == second.weight
    assert (first.gain, first.errors) == (second.gain, second.errors)
