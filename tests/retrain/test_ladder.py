"""Who climbs the ladder, who is promoted, and what stops it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import polars as pl
import pytest

from automl.errors import LimitRefusal
from automl.retrain import ladder
from automl.retrain.aging import Aging
from automl.retrain.ladder import climb
from automl.retrain.paired import Paired
from automl.retrain.rungs.base import Challenger
from automl.retrain.shift import Learned, Shift
from automl.spec.retrain import Retrain

CALM = Shift(before=Learned(skill=0.5, error=0.01, rows=500), now=Learned(skill=0.5, error=0.01, rows=500))
WRONG = replace(CALM, now=Learned(skill=-0.5, error=0.01, rows=500))


@pytest.fixture
def climbed(monkeypatch, tmp_path):
    """A climb of challengers that are known by the bound of their lead, and by what they have learned."""

    def run(
        lows,
        *,
        shift=CALM,
        learned=None,
        cheap=None,
        leak=None,
        restored=(),
        older=0,
        number=1,
        resume=False,
        x=1,
        outdone=(),
        lost=False,
        renew=False,
        **more,
    ):
        alphas = []

        @contextmanager
        def challenge(contest, place):
            low = lows[place.stem]
            if low is None:
                raise LimitRefusal("size is 9 MB")
            yield Challenger(
                bundle=SimpleNamespace(name=place.stem, low=low),
                promote=lambda out, record: out.with_name(record.rung),
                learned=(learned if place.stem == "refit" else cheap),
            )

        def judge(_judged, _champion, challenger, _spec, *, alpha, tolerance, renews, aging):
            alphas.append(alpha)
            return Paired(
                champion=0.0,
                challenger=challenger.low,
                difference=challenger.low + 5.0,
                low=challenger.low,
                alpha=alpha,
                rows=100,
                units=100,
                decayed=False,
                restored=challenger.name in restored,
                allowed=tolerance,
                currency="EUR",
                aging=None if aging is None else aging.mean,
                in_use=None if aging is None else challenger.low + aging.mean,
                margin=tolerance if renews else None,
            )

        monkeypatch.setattr(ladder, "aging", lambda *_: Aging(mean=older, error=0.0))
        monkeypatch.setattr(ladder, "challenge_of", lambda _: challenge)
        monkeypatch.setattr(ladder, "paired", judge)
        monkeypatch.setattr(ladder, "leaked", lambda _: leak)
        judged = SimpleNamespace(ground=SimpleNamespace(ledger=None))
        asked = Retrain(rungs=tuple(lows))
        rows = SimpleNamespace(frame=pl.DataFrame({"x": [x]}))
        before = SimpleNamespace(rung="refresh", outdone=outdone, fitted="2026-05-01T00:00:00+00:00")
        contest = SimpleNamespace(
            asked=asked,
            work=tmp_path,
            champion=SimpleNamespace(manifest=SimpleNamespace(content_hash="a", retrained=before)),
            spec=None,
            listener=lambda _: None,
            rows=SimpleNamespace(learn=rows, judged=rows),
            resume=resume,
            lost=lost,
            renew=renew,
        )
        return climb(contest, judged, shift, tmp_path / "out.bundle", number=number, **more), alphas

    return run


def test_who_learned_anew_is_credited_with_the_age_of_the_champion(climbed):
    """A refit that lies a little behind where it was judged is better where it is used; the same trees are not."""
    done, _ = climbed({"recalibrate": -1.0, "refit": -1.0}, older=3.0)
    assert done.promoted.name == "refit"
    assert done.record.aging == 3.0
    assert [step.ended for step in done.steps] == ["behind", "better"]
    assert climbed({"recalibrate": -1.0, "refit": -4.0}, older=3.0)[0].promoted is None


def test_an_old_fit_is_renewed_by_the_best_estimate(climbed):
    """One anew comes first and need not be shown to be better, only not seen to be worse; other numbers do."""
    lows = {"refresh": -1.0, "refit": -2.0, "search": -6.0}  # the estimate lies 5 above
    done, _ = climbed(lows, renew=True)
    assert [(step.rung, step.ended) for step in done.steps] == [("refit", "fresh")]  # no other is made
    assert (done.record.rung, done.record.renewed) == ("refit", True)
    assert climbed(lows)[0].promoted is None
    worse, _ = climbed({**lows, "refresh": 1.0, "refit": -6.0}, renew=True)
    assert [(step.rung, step.ended) for step in worse.steps] == [
        ("refit", "behind"),
        ("search", "behind"),
        ("refresh", "better"),
    ]
    assert (worse.record.rung, worse.record.renewed) == ("refresh", False)
    assert done.steps[0].reason.endswith(
        "; as the champion is to be renewed, more than 0 by the best estimate is enough"
    )


def test_who_was_fitted_when_is_known_after_a_refresh(climbed):
    """A refresh leaves the fit as old as it was."""
    assert climbed({"refresh": 1.0})[0].record.fitted == "2026-05-01T00:00:00+00:00"
    assert climbed({"refit": 1.0})[0].record.fitted > "2026-05-01T00:00:00+00:00"


def test_the_ladder_ends_where_the_promise_is_kept_again(climbed):
    """A cheap challenger that restores what was promised is enough."""
    done, alphas = climbed({"recalibrate": 3.0, "refit": 9.0, "search": 9.0}, restored=["recalibrate"])
    assert done.promoted.name == "recalibrate"
    assert len(alphas) == 1


def test_until_then_dearer_ones_may_do_better(climbed):
    """Of those that are better the one of the highest bound is promoted."""
    done, _ = climbed({"recalibrate": 3.0, "refit": 9.0, "search": -1.0})
    assert done.promoted.name == "refit"
    assert [step.ended for step in done.steps] == ["better", "better", "behind"]
    assert (done.record.rung, done.record.low, done.record.difference) == ("refit", 9.0, 14.0)


def test_a_dearer_one_that_was_outdone_is_passed_over_once(climbed):
    """Only where a cheaper one is better again; who is promoted without it knows nothing of it, so it is made next."""
    lows = {"refresh": 3.0, "refit": 2.0, "search": None}
    first, _ = climbed(lows)
    assert first.record.outdone == ("refit",)
    second, alphas = climbed({**lows, "refit": 9.0}, outdone=("refit",))
    assert [step.ended for step in second.steps] == ["better", "passed", "refused"]
    assert (second.record.rung, second.record.outdone, len(alphas)) == ("refresh", (), 1)
    third, _ = climbed({**lows, "refresh": -1.0, "refit": 9.0}, outdone=("refit",))
    assert third.record.rung == "refit"
    lost, _ = climbed({**lows, "refit": 9.0}, outdone=("refit",), lost=True)
    assert lost.record.rung == "refit"  # no challenger is spared where money is lost


def test_each_challenge_spends_its_part_of_alpha_over_its_rungs(climbed):
    """The second of a line gets a quarter of the first one's, and each of three rungs a third of that."""
    first = climbed({"recalibrate": -1.0, "refit": -1.0, "search": -1.0})[1]
    second = climbed({"recalibrate": -1.0, "refit": -1.0, "search": -1.0}, number=2)[1]
    assert first[0] == pytest.approx(0.05 * 6 / 9.8696044 / 3)
    assert second == pytest.approx([one / 4 for one in first])


def test_a_gate_that_refuses_ends_a_rung_and_no_ladder(climbed):
    """The next one is tried; without any better one the champion stays (M05)."""
    done, _ = climbed({"recalibrate": None, "refit": -2.0})
    assert done.promoted is None
    assert [(step.ended, step.reason[:9]) for step in done.steps] == [("refused", "size is 9"), ("behind", "it saves ")]


def test_labels_that_contradict_the_champion_have_to_be_learned_again(climbed):
    """A cheap winner has learned nothing anew: a refit shows whether anybody could (M04)."""
    lows = {"recalibrate": 3.0}
    lost, found = (Learned(skill=skill, error=0.01, rows=500) for skill in (0.1, 0.45))
    assert climbed({**lows, "refit": 1.0}, shift=WRONG, learned=found)[0].promoted.name == "recalibrate"
    stopped, _ = climbed({**lows, "refit": 1.0}, shift=WRONG, learned=lost)
    assert stopped.promoted is None
    assert "broken labels cannot" in stopped.stopped


@pytest.mark.parametrize("lows", [{"recalibrate": 3.0}, {"recalibrate": 3.0, "refit": None}])
def test_labels_that_no_refit_can_show_to_be_learned_are_not_believed(climbed, lows):
    """It may have no new rows out of fold, or be refused itself: then nobody knows, and nobody is promoted."""
    done, _ = climbed({"refit": 1.0} | lows, shift=WRONG, learned=None)
    assert done.promoted is None
    assert "no refit can show" in done.stopped


def test_a_cheap_challenger_may_show_itself_that_labels_can_be_learned(climbed):
    """No refit is made for it; where it does not come back, a refit has to (M04)."""
    found, lost = (Learned(skill=skill, error=0.01, rows=500) for skill in (0.45, 0.1))
    lows = {"refresh": 3.0}
    assert climbed(lows, shift=WRONG, cheap=found, restored=["refresh"])[0].promoted.name == "refresh"
    lows["refit"] = 9.0
    assert climbed(lows, shift=WRONG, cheap=lost, learned=found, restored=["refresh"])[0].promoted.name == "refresh"
    assert climbed(lows, shift=WRONG, cheap=lost, learned=lost, restored=["refresh"])[0].promoted is None


def test_a_column_that_tells_the_answer_stops_whoever_wins(climbed):
    """The cheap rung that found it first is not promoted either, unless a person says so."""
    done, _ = climbed({"refresh": 3.0}, leak="'x0' tells", restored=["refresh"])
    assert (done.promoted, done.stopped) == (None, "'x0' tells")
    assert climbed({"refresh": 3.0}, leak="'x0' tells", accept_shift=True)[0].record.accepted


def test_a_cheap_challenger_that_knows_too_well_is_stopped(climbed):
    """What it has found out of fold nobody could know."""
    done, _ = climbed({"refresh": 3.0}, cheap=Learned(skill=0.97, error=0.01, rows=500))
    assert "found the answer among the columns" in done.stopped


def test_a_person_may_accept_a_shift_and_it_is_written_down(climbed):
    """Nobody else can say so."""
    lost = Learned(skill=0.1, error=0.01, rows=500)
    done, _ = climbed({"refit": 3.0}, shift=WRONG, learned=lost, accept_shift=True)
    assert done.promoted.name == "refit"
    assert done.record.accepted


def test_what_was_judged_before_a_stop_is_not_made_again(climbed):
    """A rung that lay behind or was refused keeps its reason; one that was better is made again, to be promoted."""
    lows = {"recalibrate": -1.0, "refresh": None, "refit": 3.0}
    first, alphas = climbed(lows)
    again, judged = climbed(lows, resume=True)
    assert (len(alphas), len(judged)) == (2, 1)
    assert again == first
    assert again.promoted.name == "refit"


OTHERS = [{"resume": False}, {"resume": True, "number": 2}, {"resume": True, "x": 2}, {"resume": True, "renew": True}]


@pytest.mark.parametrize("other", OTHERS)
def test_notes_of_another_contest_do_not_count(climbed, other):
    """Whoever begins anew, spends another alpha, has other rows or renews, makes and judges all."""
    lows = {"recalibrate": -1.0, "refit": -6.0}
    climbed(lows)
    assert len(climbed(lows, **other)[1]) == 2


def test_what_a_refit_has_learned_is_known_after_a_stop(climbed):
    """Labels that could not be learned are not believed because the refit was judged before (M04)."""
    lost = Learned(skill=0.1, error=0.01, rows=500)
    lows = {"recalibrate": 3.0, "refit": -1.0}
    climbed(lows, shift=WRONG, learned=lost)
    done, _ = climbed(lows, shift=WRONG, learned=Learned(skill=0.45, error=0.01, rows=500), resume=True)
    assert "broken labels cannot" in done.stopped
