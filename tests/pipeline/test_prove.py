"""The proof of what ships, and a bundle or a refusal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from automl import cli, metrics
from automl.bundle.verify import verify
from automl.decide.policy.decision_policy import make_policy
from automl.errors import LimitRefusal, MachineError, VerdictRefusal
from automl.gates.base import GateVerdict, Measured
from automl.pipeline.choose import ChosenModel, choose
from automl.pipeline.prove import (
    ask_gates,
    diagnose_model,
    judge_on_test,
    refuse_or_finish,
    refuse_untried,
    stage_bundle,
)
from automl.pipeline.result import Fit
from automl.report.reported import html, reported
from automl.search.run import Run


def gate(*, ok: bool) -> GateVerdict:
    return GateVerdict(
        gate="size", ok=ok, measured=2.0, limit=1.0, unit="MB", reason="size is 2 MB", protocol="", raw={}
    )


@pytest.fixture
def choice_of(loans, outcome_of) -> Callable[[Run], ChosenModel]:
    return lambda run: choose(outcome_of(loans), loans, make_policy(run.spec.objective, loans), seed=run.seed)


@pytest.fixture
def staged(loans, run_of, choice_of, tmp_path: Path) -> tuple[Run, Fit, Path]:
    """A run, what its fit gives, and its staged bundle."""
    run = run_of(objective={"target": "bad", "positive": "yes", "costs": {"false_positive": 1, "false_negative": 5}})
    choice = choice_of(run)
    judgement = judge_on_test(run, loans, choice, metrics.get("log_loss"))
    folder = stage_bundle(run, loans, choice, judgement, tmp_path / "a.bundle")
    done = Fit(
        path=tmp_path / "a.bundle",
        board=choice.outcome.board,
        judgement=judgement,
        gates=(gate(ok=True),),
        stopped=None,
        signal=None,
        seconds=1.0,
    )
    return run, done, folder


def test_the_asked_metrics_come_first(loans, run_of, choice_of, told) -> None:
    """The search's metric, then those that have limits, on the test part."""
    run = run_of(objective={"target": "bad", "metric": "accuracy"}, limits={"scores": {"brier": 0.5}})
    judgement = judge_on_test(run, loans, choice_of(run), metrics.get("accuracy"))
    assert [score.metric for score in judgement.scores][:2] == ["accuracy", "brier"]
    assert told[-1].text == "judging on the test part"


def test_a_constant_for_want_of_time_is_refused_unless_asked_for() -> None:
    """Exit code 6 says what happened in its first line, and what to do next; with `write_anyway` the fit goes on."""
    untried = "the time ended before anything but the constant was tried"
    with pytest.raises(MachineError) as refused:
        refuse_untried(untried, write_anyway=False)
    assert refused.value.exit_code == 6
    first, hint = str(refused.value).splitlines()
    assert first == f"budget.time: {untried}"
    assert "--resume" in hint
    assert "--write-anyway" in hint
    refuse_untried(untried, write_anyway=True)
    refuse_untried(None, write_anyway=False)


def test_a_bundle_moves_to_its_place(staged) -> None:
    """It verifies there, with its verdicts, and nothing is left where it was staged."""
    run, done, folder = staged
    refuse_or_finish(run, done, folder, write_anyway=False)
    assert not folder.exists()
    assert verify(done.path).golden_rows > 0
    assert done.bundle.manifest.verdict.worth
    assert not (run.folder.path / "refusal.json").exists()


def test_a_broken_limit_is_refused_whatever_was_asked(staged) -> None:
    """R16: exit 4, nothing at the place, and the story in the run folder."""
    run, done, folder = staged
    with pytest.raises(LimitRefusal, match="size is 2 MB"):
        refuse_or_finish(run, replace(done, gates=(gate(ok=False),)), folder, write_anyway=True)
    assert not folder.exists()
    assert not done.path.exists()
    assert json.loads((run.folder.path / "refusal.json").read_text(encoding="utf-8"))["exit_code"] == 4


def test_a_report_comes_with_the_bundle(staged, loans, choice_of, tmp_path: Path) -> None:
    """Its page and its numbers; `automl report` makes the same page again, and a bundle without one says so."""
    run, done, folder = staged
    diagnostics = diagnose_model(run, loans, choice_of(run), done.judgement, seconds=9)
    refuse_or_finish(run, replace(done, diagnostics=diagnostics), folder, write_anyway=False)
    page = (done.path / "report.html").read_text(encoding="utf-8")
    assert html(reported(done.path), done.path) == page
    assert verify(done.path).golden_rows > 0
    out = tmp_path / "page.html"
    assert cli.run(["report", str(done.path), "-o", str(out)]) == 0
    assert out.read_text(encoding="utf-8") == page
    assert json.loads((done.path / "report.json").read_text(encoding="utf-8"))["diagnostics"]["rows"] == 1_200


def test_no_report_is_made_where_none_is_asked_for(staged, loans, run_of, choice_of, capsys) -> None:
    """`[report] html = false` saves its time; `automl report` then says what to do."""
    run, done, folder = staged
    quiet = run_of(objective={"target": "bad"}, report={"html": False})
    assert diagnose_model(quiet, loans, choice_of(quiet), done.judgement, seconds=9) is None
    refuse_or_finish(run, done, folder, write_anyway=False)
    assert not (done.path / "report.html").exists()
    assert cli.run(["report", str(done.path)]) == 2
    assert "this bundle has no report" in capsys.readouterr().err


def test_a_refused_run_has_a_report_too(staged, loans, choice_of, tmp_path: Path) -> None:
    """It lies in the run folder, readable by its owner alone, and `automl report RUN` makes it anew."""
    run, done, folder = staged
    done = replace(
        done, gates=(gate(ok=False),), diagnostics=diagnose_model(run, loans, choice_of(run), done.judgement, seconds=9)
    )
    with pytest.raises(LimitRefusal):
        refuse_or_finish(run, done, folder, write_anyway=False)
    place = run.folder.path
    assert "broken" in (place / "report.html").read_text(encoding="utf-8")
    assert (place / "report.json").stat().st_mode & 0o077 == 0
    (place / "journal.jsonl").touch()
    assert cli.run(["report", str(place), "-o", str(tmp_path / "r.html")]) == 0


@pytest.mark.parametrize("anyway", [True, False])
def test_a_saving_that_is_not_shown_is_written_on_request(staged, *, anyway: bool) -> None:
    """Exit 5 without the request; with it the bundle says so."""
    run, done, folder = staged
    doubtful = replace(done.judgement, verdict=replace(done.verdict, worth=False))
    done = replace(done, judgement=doubtful)
    if anyway:
        refuse_or_finish(run, done, folder, write_anyway=True)
        assert not done.bundle.manifest.verdict.worth
        return
    with pytest.raises(VerdictRefusal):
        refuse_or_finish(run, done, folder, write_anyway=False)
    assert not done.path.exists()


@pytest.mark.parametrize("again", [True, False])
def test_what_was_measured_is_not_measured_again(
    run_of, told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, again: bool
) -> None:
    """The same graph was measured when it was chosen; each verdict is told."""
    asked: list[str] = []

    def measure(*_: Any, row_seconds: float) -> tuple[GateVerdict, ...]:
        asked.append("measured")
        assert 0.0 < row_seconds <= 30.0
        return (gate(ok=True),)

    def verdicts(measured: Any, limits: Any) -> tuple[GateVerdict, ...]:
        asked.append(str(measured.folder))
        return (gate(ok=True),)

    monkeypatch.setattr("automl.gates.measure.measure", measure)
    monkeypatch.setattr("automl.gates.measure.verdicts", verdicts)
    before = Measured(
        folder=Path("elsewhere"), walls=(1e-3,), aside={}, asked=1, start=0.1, resident=1, proportional=None,
        threads=1, seconds=1.0,
    )  # fmt: skip
    assert ask_gates(run_of(), tmp_path, None if again else before) == (gate(ok=True),)
    assert asked == ["measured" if again else str(tmp_path)]
    assert told[-1].facts == {"gate": "size", "measured": 2.0}
