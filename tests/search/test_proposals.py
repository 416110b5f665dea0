"""What is tried next."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from automl.engines.base import Engine
from automl.engines.random import RANDOM
from automl.learners.base import Configurations, Learner, Params, Range
from automl.registry import LAST
from automl.search.candidate import Candidate
from automl.search.cost.fidelity import choose_fidelity
from automl.search.proposals import Proposals, enough, usable
from automl.task import Task

TASK = Task(kind="binary", classes=2)


def learner(name: str, *entries: Params, baseline: bool = False, cost: float = 1.0, order: int = LAST) -> Learner:
    return Learner(
        name=name,
        kinds=frozenset({"binary"}),
        portfolio=lambda task, rows: entries,
        space=lambda task, rows: {} if baseline else {"x": Range(low=0.0, high=1.0)},
        fit=lambda *_, **__: None,  # type: ignore[arg-type, return-value]  # it is not called
        cost=cost,
        baseline=baseline,
        order=order,
    )


def proposals(
    *learners: Learner, engine: Engine = RANDOM, told: list[str] | None = None, warm: Configurations = ()
) -> Proposals:
    said: list[str] = [] if told is None else told
    return Proposals(
        learners=learners,
        task=TASK,
        rows=1000,
        fidelity=choose_fidelity(0.1, folds=5, seconds=60.0, workers=2),
        engine=lambda: engine,
        seed=0,
        cost=lambda candidate: candidate.seconds,
        tell=said.append,
        warm=warm,
    )


def play(plan: Proposals, losses: Sequence[float], seconds: dict[str, float]) -> list[Candidate]:
    """Run as many trials as there are losses, one after the other."""
    done: list[Candidate] = []
    for number, loss in enumerate(losses):
        following = plan.next(done, lambda _: 0.1)
        assert following is not None
        found = Candidate(id=number, learner=following[0], params=following[1], proposed=following[2])
        plan.note(found)
        found.losses[0], found.seconds, found.ended = loss, seconds[following[0].name], True
        plan.observe(found)
        done.append(found)
    return done


def test_order_mixes_learners_best_first() -> None:
    """Baselines by cost, then the first entry of each learner, the best learner first, then the second entries."""
    learners = usable(
        {
            "constant": learner("constant", {}, baseline=True, cost=0.001),
            "forest": learner("forest", {"x": 0.1}),
            "strong": learner("strong", {"x": 0.1}, {"x": 0.2}, order=1),
            "linear": learner("linear", {}, baseline=True, cost=0.3),
            "good": learner("good", {"x": 0.1}, {"x": 0.2}, order=4),
        },
        (),
        TASK,
    )
    done = play(proposals(*learners), [1.0] * 7, dict.fromkeys((found.name for found in learners), 1.0))
    names = [found.learner.name for found in done]
    assert names == ["constant", "linear", "strong", "good", "forest", "strong", "good"]


def test_a_measured_order_comes_first() -> None:
    """Baselines, then configurations as measured, then the portfolios of learners that were not measured."""
    learners = [
        learner("linear", {}, baseline=True),
        learner("lightgbm", {"x": 0.1}),
        learner("xgboost", {"x": 0.1}),
        learner("theirs", {"x": 0.7}),
    ]
    order = (("xgboost", {"x": 0.3}), ("lightgbm", {"x": 0.2}), ("absent", {"x": 0.4}), ("xgboost", {"x": 0.5}))
    plan = dataclasses.replace(proposals(*learners), order=order, _queue=[])
    done = play(plan, [1.0] * 5, dict.fromkeys((found.name for found in learners), 1.0))
    tried = [(found.learner.name, found.params.get("x")) for found in done]
    assert tried == [("linear", None), ("xgboost", 0.3), ("lightgbm", 0.2), ("xgboost", 0.5), ("theirs", 0.7)]


def test_what_is_for_categories_comes_second() -> None:
    """Learners for categories follow the likeliest configurations; in a table without any they come only if named."""
    all_of_them = {
        "levels": dataclasses.replace(learner("levels", {"x": 0.5}), categories=True),
        "one": learner("one", {"x": 0.1}, {"x": 0.2}),
        "two": learner("two", {"x": 0.1}),
    }
    learners = usable(all_of_them, (), TASK)
    for order in ((), (("one", {"x": 0.1}), ("one", {"x": 0.2}))):
        plan = dataclasses.replace(proposals(*learners), order=order, _queue=[])
        names = [found.learner.name for found in play(plan, [1.0] * 4, dict.fromkeys(all_of_them, 1.0))]
        assert names.index("levels") == 1
        assert names.count("one") == 2
        plan = dataclasses.replace(proposals(*learners), order=order, early=2, _queue=[])
        later = [found.learner.name for found in play(plan, [1.0] * 4, dict.fromkeys(all_of_them, 1.0))]
        assert later.index("levels") == 2
    assert {found.name for found in usable(all_of_them, (), TASK, categories=False)} == {"one", "two"}
    assert [found.name for found in usable(all_of_them, ("levels",), TASK, categories=False)] == ["levels"]


def test_what_is_for_texts_comes_second() -> None:
    """Learners for texts follow the likeliest configuration; in a table without any they come only if named."""
    all_of_them = {
        "bags": dataclasses.replace(learner("bags", {"x": 0.5}), texts=True),
        "levels": dataclasses.replace(learner("levels", {"x": 0.6}), categories=True),
        "one": learner("one", {"x": 0.1}, {"x": 0.2}),
    }
    plan = dataclasses.replace(proposals(*usable(all_of_them, (), TASK)), early=2, _queue=[])
    names = [found.learner.name for found in play(plan, [1.0] * 4, dict.fromkeys(all_of_them, 1.0))]
    assert names == ["one", "bags", "one", "levels"]
    assert {found.name for found in usable(all_of_them, (), TASK, texts=False)} == {"one", "levels"}
    assert [found.name for found in usable(all_of_them, ("bags",), TASK, texts=False)] == ["bags"]


def test_named_learners_only() -> None:
    """A recipe's learners are used and no others, but baselines always are."""
    all_of_them = {
        "constant": learner("constant", {}, baseline=True),
        "one": learner("one", {}),
        "two": learner("two", {}),
        "regressor": dataclasses.replace(learner("regressor", {}), kinds=frozenset({"regression"})),
    }
    assert {found.name for found in usable(all_of_them, ("two",), TASK)} == {"constant", "two"}
    assert "regressor" not in {found.name for found in usable(all_of_them, (), TASK)}


def test_search_goes_where_a_gain_is_cheap() -> None:
    """Of two learners equally good the cheap one gets most proposals; one far behind gets none."""
    plan = proposals(learner("cheap", {"x": 0.5}), learner("dear", {"x": 0.5}), learner("poor", {"x": 0.5}))
    losses = [0.5, 0.5, 0.9, *[0.6] * 20]
    done = play(plan, losses, {"cheap": 1.0, "dear": 5.0, "poor": 1.0})
    proposed = [found.learner.name for found in done if found.proposed]
    assert len(proposed) == 20
    assert proposed.count("cheap") > proposed.count("dear") > 0
    assert proposed.count("poor") == 0


def test_nothing_is_tried_twice() -> None:
    """No two trials have the same learner and parameters."""
    done = play(proposals(learner("one", {"x": 0.5}, {"x": 0.5})), [1.0 / (n + 1) for n in range(30)], {"one": 1.0})
    tried = [tuple(found.params.items()) for found in done if found.proposed]
    assert len(tried) == len(set(tried))


def test_too_long_for_the_time_left() -> None:
    """A learner that would take a little too long hurries; one that would take far too long is left out."""
    plan = proposals(learner("slow", {"learning_rate": 0.04}), learner("quick", {"learning_rate": 0.04}))
    haste = {"slow": 50.0, "quick": 1.5}
    following = plan.next([], lambda found: haste[found.name])
    assert following is not None
    assert (following[0].name, following[1]) == ("quick", {"learning_rate": pytest.approx(0.06)})
    assert plan.next([], lambda found: haste[found.name]) is None


def test_patience_grows_with_the_rows() -> None:
    """Few rows are soon fitted too well; many are not."""
    patience = [enough(rows) for rows in (50, 400, 2000, 9000, 90_000, 10**6)]
    assert patience == sorted(patience)
    assert (patience[0], patience[-1]) == (4, float("inf"))


def test_an_engine_that_fails_ends_its_own_search_only() -> None:
    """R11: an engine is a library of others; what it raises is said, and the run goes on without its proposals."""

    class Failing:
        def propose(self) -> Params:
            raise TypeError("can only concatenate str")

        def observe(self, params: Params, *, loss: float, seconds: float) -> None:
            raise AssertionError("nothing was proposed")

    told: list[str] = []
    engine = Engine(name="failing", start=lambda space, best, seed: Failing())
    plan = proposals(learner("lightgbm", {"x": 0.1}), engine=engine, told=told)
    done = play(plan, [1.0], {"lightgbm": 1.0})
    assert plan.next(done, lambda _: 0.1) is None
    assert plan.next(done, lambda _: 0.1) is None
    assert told == ["the engine gave up on lightgbm: TypeError. Its portfolio goes on"]


def test_what_an_earlier_search_found_goes_first_and_once() -> None:
    """Warm configurations come after the baselines and before every portfolio; learners that are gone are left out."""
    plan = proposals(
        learner("base", {}, baseline=True),
        learner("tree", {"x": 0.1}, {"x": 0.2}, order=0),
        warm=[("gone", {"x": 1.0}), ("tree", {"x": 0.9}), ("base", {"x": 2.0}), ("tree", {"x": 0.2})],
    )
    tried = play(plan, [0.5] * 4, {"base": 1.0, "tree": 1.0})
    assert [(each.learner.name, dict(each.params)) for each in tried] == [
        ("base", {}),
        ("tree", {"x": 0.9}),
        ("tree", {"x": 0.2}),
        ("tree", {"x": 0.1}),
    ]


def test_only_what_was_best_before_is_tried_where_that_is_asked_for() -> None:
    """Neither a portfolio nor an engine comes after it: a refit takes the trials that it was told of."""
    plan = dataclasses.replace(
        proposals(learner("base", {}, baseline=True), learner("tree", {"x": 0.1}, {"x": 0.2}, order=0)),
        warm=[("tree", {"x": 0.9})],
        only=True,
        _queue=[],
    )
    tried = play(plan, [0.5] * 2, {"base": 1.0, "tree": 1.0})
    assert plan.next(tried, lambda _: 0.1) is None
    assert [(each.learner.name, dict(each.params)) for each in tried] == [("base", {}), ("tree", {"x": 0.9})]
