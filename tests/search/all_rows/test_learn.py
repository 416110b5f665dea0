"""Members from all rows keep to the time of the run, on a clock that jobs, chunks and predictions advance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from surface import surface

from automl.data import memory
from automl.data.memory import room
from automl.data.prepare import prepare
from automl.data.rows import UnreadRows
from automl.executors.base import Job
from automl.search.all_rows import bin_files, learn
from automl.search.cost import more_rounds
from automl.search.cost.fidelity import FASTEST
from automl.search.cost.more_rounds import LARGER, MORE_ROUNDS
from automl.search.finish import SearchResult
from automl.search.leaderboard import AllRows
from automl.search.loop import search
from automl.search.problem import Problem
from automl.search.run import Run
from automl.search.schedule import repeated_cv
from automl.search.worker.binned_fit import BinnedRequest
from automl.search.worker.fold_fit import LEARNERS
from automl.spec import parse

N, SAMPLE, SECONDS, FIT = 12_000, 1_200, 100.0, 1.0
RATE = 0.05
FIRST = (("lightgbm", {"learning_rate": RATE, "num_leaves": 15}),)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A surface that few rows do not show, in files that are a chunk each."""
    table, folder = surface(N), tmp_path_factory.mktemp("rows")
    for part in range(24):
        table.slice(part * N // 24, N // 24).write_parquet(folder / f"{part:02}.parquet")
    return folder


@pytest.fixture
def requests() -> list[BinnedRequest]:
    """The fits on all rows that were asked for."""
    return []


@pytest.fixture
def found(
    rows: Path, make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, requests: list[BinnedRequest]
) -> Callable[..., tuple[SearchResult, Run]]:
    """A search of one fit of a second, with so many for a fit on all rows, a chunk and a prediction."""

    def make(
        *, fit: float = 20.0, chunk: float = 0.1, prediction: float = 0.01, **data: object
    ) -> tuple[SearchResult, Run]:
        spec = parse(
            {
                "objective": {"target": "y"},
                "data": {"train": str(rows), **data},
                "budget": {"time": f"{SECONDS}s", "workers": 1},
                "recipe": {"learners": ["lightgbm"], "folds": 3, "feature_search": "0%"},
                "report": {"html": False},
            }
        )
        monkeypatch.setattr(memory, "CELL", room(spec.budget) / (4 * SAMPLE))
        given = prepare(spec)
        problem = Problem.of(
            given.train, given.schema, given.labels.task, metric="log_loss", spec=spec, seed=0, judged=given.test.n
        )
        assert isinstance(given.unread, UnreadRows)

        def price(job: Job) -> float:
            request: Any = job.arguments["request"]
            if not job.function.endswith("binned_fit:run"):
                return FIT if request.learner == "lightgbm" else 0.1
            requests.append(request)
            return fit

        run = replace(make_run(spec, price=price, learners=LEARNERS), warm=FIRST, only=True)
        clock: Any = run.executor

        def later(seconds: float, do: Callable[..., Any], *, of: int = 0) -> Callable[..., Any]:
            """It takes so many seconds, for each `of` rows where that is said."""

            def done(*given: Any) -> Any:
                clock.now += seconds * (len(given[-1]) / of if of else 1.0)
                return do(*given)

            return done

        monkeypatch.setattr(repeated_cv, "next_repeat", lambda _state: None)  # what else there is time for
        monkeypatch.setattr(bin_files, "transform", later(chunk, bin_files.transform, of=N // 24))
        monkeypatch.setattr(learn, "_predicted", later(prediction, learn._predicted))
        return search(replace(problem, unread=given.unread), run), run

    return make


def told(result: SearchResult) -> AllRows:
    assert result.outcome.all_rows is not None
    return result.outcome.all_rows


def in_time(result: SearchResult, run: Run) -> bool:
    """Whether what comes after the members has the time that it is likely to take."""
    return run.deadline.spent() + result.after <= SECONDS


def test_all_rows_are_learned_from_in_time(found: Callable[..., tuple[SearchResult, Run]]) -> None:
    """R10: with time for all of them the members learn from all."""
    result, run = found()
    assert told(result).shipped
    assert told(result).rows == pytest.approx(0.8 * SAMPLE + (N - SAMPLE) * 0.8, rel=0.02)
    assert in_time(result, run)


def test_fewer_rounds_than_the_rows_bear_learn_faster(
    found: Callable[..., tuple[SearchResult, Run]], requests: list[BinnedRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a cap that gives all rows no more rounds than the sample, larger trees and faster learning make up."""
    found()
    usual = requests[0].params
    requests.clear()
    monkeypatch.setattr(more_rounds, "MOST_ROUNDS", 1)
    found()
    capped = requests[0].params
    assert usual["rounds"] == MORE_ROUNDS * capped["rounds"]
    assert usual["learning_rate"] == RATE
    assert capped["num_leaves"] == LARGER * usual["num_leaves"]
    assert RATE < capped["learning_rate"] <= FASTEST


@pytest.mark.parametrize(
    ("slow", "why"),
    [
        ({"chunk": 20.0}, "there was no time to read them again"),
        ({"fit": 1e6}, "no fit on them came to its end"),
        ({"fit": 60.0, "prediction": 22.0}, "there was no time to judge what learned from all rows"),
    ],
    ids=["reading", "fitting", "judging"],
)
def test_what_is_too_slow_ends_and_the_sample_ships(
    found: Callable[..., tuple[SearchResult, Run]], slow: dict[str, float], why: str
) -> None:
    """R10: whichever part takes too long, it ends, the reason is told, and what comes after has its time."""
    result, run = found(**slow)
    assert not told(result).shipped
    assert why in told(result).text
    assert result.outcome.members
    assert in_time(result, run)
