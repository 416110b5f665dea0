"""How a search begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from automl.search.begin import begin, resume
from automl.search.loop import search
from automl.search.problem import Problem
from automl.search.run import Run
from automl.search.rundir import RunDir
from automl.search.state import State
from automl.spec import Spec


def test_counted_work_has_all_folds_and_learns_at_its_own_rate(make_state: Callable[..., State]) -> None:
    """R12: no clock says how much fits in."""
    state = make_state(trials=3)
    assert (state.fidelity.folds, state.fidelity.rate) == (4, 1.0)
    assert state.settled
    assert state.rungs == ()
    assert state.crowded == 1.0


def test_large_data_has_rungs(make_state: Callable[..., State]) -> None:
    """Where all folds have no time, one fold of many rows judges, and fewer rows come first."""
    state = make_state(seconds=5.0, rows=100_000)
    assert state.rungs == (10_000, 40_000)
    assert (state.fidelity.folds, state.fidelity.rate) == (1, 1.0)


def test_what_cannot_keep_a_direction_is_left_out(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem], make_run: Callable[..., Run]
) -> None:
    """It is a trial all the same, and the reason is told."""
    told: list[str] = []
    spec = make_spec(trials=2)
    problem = replace(make_problem(spec), directions={"a": 1})
    state = begin(problem, make_run(spec, listener=lambda event: told.append(event.text)))
    assert {trial.learner for trial in state.aside} >= {"ridge"}
    assert "ridge is left out: it cannot keep limits.monotone (a)" in told


def test_what_comes_after_is_counted_from_the_spec(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem], make_run: Callable[..., Run]
) -> None:
    """Costs need a curve for each part that decisions are looked at in; a tight limit needs time for repair."""
    plain = make_spec(trials=2)
    objective = plain.objective.model_copy(update={"costs": {"false_positive": 1, "false_negative": 2}})
    limits = plain.limits.model_copy(update={"latency_p99": 1e-6})
    spec = plain.model_copy(update={"objective": objective, "limits": limits})
    one, other = (begin(make_problem(plain), make_run(said)).after for said in (plain, spec))
    assert (one.curves, one.repairs) == (1, 0.0)
    assert other.curves == 6
    assert other.repairs == 0.25 * 60.0
    assert one.columns == 3


def test_a_resumed_search_knows_what_was_tried(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem], make_run: Callable[..., Run], rundir: RunDir
) -> None:
    """Candidates of the journal stand again with their losses and predictions, and numbers go on after theirs."""
    spec = make_spec(trials=3)
    problem = make_problem(spec)
    outcome = search(problem, make_run(spec)).outcome
    path = rundir.path
    rundir.close()
    with RunDir.open(path, identity={"spec": "s", "data": "d"}, resume=True) as opened:
        state = begin(problem, replace(make_run(spec), folder=opened))
        resume(state)
        tried = [trial.id for trial in outcome.board.trials if trial.status == "ok"]
        assert [candidate.id for candidate in state.candidates] == tried
        assert state.number == 1 + max(tried)
        assert {candidate.loss(problem) for candidate in state.whole} == {
            trial.loss for trial in outcome.board.trials if trial.oof is not None
        }
        assert state.likely


def test_what_the_disk_lost_is_tried_again_and_said(
    make_spec: Callable[..., Spec], make_problem: Callable[..., Problem], make_run: Callable[..., Run], rundir: RunDir
) -> None:
    """R05: a trial whose predictions are damaged is no candidate any more; the others are, and the run says so."""
    spec = make_spec(trials=3)
    problem = make_problem(spec)
    outcome = search(problem, make_run(spec)).outcome
    path, (lost, *kept) = rundir.path, [trial.id for trial in outcome.board.trials if trial.oof is not None]
    rundir.close()
    (path / f"oof/{lost}.npy").write_bytes(b"")
    told: list[str] = []
    with RunDir.open(path, identity={"spec": "s", "data": "d"}, resume=True) as opened:
        run = replace(make_run(spec), folder=opened, listener=lambda event: told.append(event.text))
        state = begin(problem, run)
        resume(state)
        assert {candidate.id for candidate in state.whole} == set(kept)
    assert any("1 results of the earlier run are damaged" in text for text in told)
