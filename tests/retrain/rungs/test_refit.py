"""A refit learns the new rows with the champion's own configurations, and with nothing else."""

from __future__ import annotations

from dataclasses import replace

from automl.bundle.verify import verify
from automl.retrain.rungs.refit import challenge


def test_the_configurations_are_the_champions(contest, world, tmp_path):
    """The same learners and parameters, other coefficients; the new world is known out of fold."""
    asked = contest(world(500, seed=4, start=150, changed=True))
    with challenge(asked, tmp_path / "made.bundle") as challenger:
        assert verify(tmp_path / "made.bundle").golden_rows
    members, before = (bundle.manifest.members for bundle in (challenger.bundle, asked.champion))
    assert [(one.learner, one.params) for one in members] == [(one.learner, one.params) for one in before]
    assert challenger.learned.skill > 0.3
    assert challenger.bundle.spec == asked.champion.spec


def test_columns_that_are_gone_end_no_refit(contest, world, tmp_path):
    """What the spec says of them waits for their return: the challenger keeps the champion's spec, and does without."""
    asked = contest(world(500, seed=4, start=150, changed=True).drop("x1"))
    data = asked.spec.data.model_copy(update={"exclude": ("gone",), "types": {"x1": "number"}})
    asked = replace(asked, spec=asked.spec.model_copy(update={"data": data}))
    with challenge(asked, tmp_path / "made.bundle") as challenger:
        assert challenger.bundle.needed == ["x0", "x2"]
        assert challenger.bundle.spec["data"]["exclude"] == ["gone"]
