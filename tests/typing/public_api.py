"""All of the public surface in use: a type checker finds no error in it and nothing of type Any."""

from __future__ import annotations

from pathlib import Path

import polars as pl

import automl
from automl.progress import Event


def told(event: Event) -> None:
    """What a listener gets."""
    print(event.stage, event.text, len(event.facts))


def search(frame: pl.DataFrame) -> automl.Fit:
    """A spec from a file or as values, and a fit of it."""
    spec: automl.Spec = automl.load_spec(Path("spec.toml"), recipe="quick", overrides=["budget.time=10s"])
    print(spec.resolved())
    values = {"objective": {"target": "y"}, "budget": {"trials": 1}}
    return automl.fit(values, train=frame, test=None, tables={"other": frame}, out="some.bundle", listener=told)


def proof(fit: automl.Fit) -> float:
    """What a fit found, in figures."""
    print(fit.path, fit.seconds, fit.stopped, fit.signal, fit.untried, fit.exit_code, fit.summary())
    for gate in fit.gates:
        print(gate.gate, gate.ok, gate.measured, gate.limit, gate.unit, gate.reason)
    for trial in fit.board.trials:
        print(trial.learner, trial.score)
    return 0.0 if fit.verdict is None else fit.verdict.saving


def use(bundle: automl.Bundle, frame: pl.DataFrame) -> pl.DataFrame:
    """What a bundle answers: the kind of frame that went in comes out."""
    row: dict[str, object] = {"x": 1.0}
    answer = bundle.decide(row)
    print(answer["decision"], bundle.needed, bundle.optional, bundle.columns, bundle.decisions, bundle.tables)
    explained = bundle.explain(frame)
    print(explained)
    scored: pl.DataFrame = bundle.predict(frame, unread="empty")
    return scored


def look(bundle: automl.Bundle, frame: pl.DataFrame) -> None:
    """A watch over a frame."""
    watched = bundle.monitor(frame, labels=None, since="2026-11-01", window="7d", state="state.json")
    print(watched)


def refused() -> int:
    """An error says what, where and what next."""
    try:
        bundle = automl.Bundle.load(Path("none.bundle"), tables={}, require_signature=Path("key.pub"))
    except automl.AutomlError as error:
        print(error.what, error.where, error.hint)
        return error.exit_code
    print(bundle.spec)
    return 0
