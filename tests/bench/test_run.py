"""The record of a run says what was asked of it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from automl.bench import run


def test_other_tables_are_left_aside_only_if_that_is_said(monkeypatch, tmp_path):
    """`--main-table` asks for the main table alone; without it all tables are used."""
    asked = []
    monkeypatch.setattr(run, "read_task", lambda folder, **said: asked.append(said["main_table"]))
    monkeypatch.setattr(run, "run_cell", lambda task, **said: {})
    assert run.main([str(tmp_path)]) == run.main([str(tmp_path), "--main-table"]) == 0
    assert asked == [False, True]


def test_rows_are_decided_with_their_own_costs(monkeypatch, tmp_path):
    """Where each row has its costs in a file, the bundle is given those of test, as any user would give them."""
    asked = []

    def predict(bundle, data, out, *, costs, tables):
        asked.append((data, costs, tables))
        raise InterruptedError

    monkeypatch.setattr("automl.deploy.batch.predict", predict)
    monkeypatch.setattr("automl.bundle.read.Bundle.load", lambda path: SimpleNamespace(tables=()))
    for costs, file in (
        ({"table": {"train": "a", "test": "b"}}, Path("b")),
        ({"false_positive": 1}, None),
        (None, None),
    ):
        task = SimpleNamespace(spec={"objective": {"costs": costs}, "data": {}}, test=Path("t"))
        with pytest.raises(InterruptedError):
            run._scores(task, tmp_path, tmp_path)
        assert asked[-1] == (Path("t"), file, {})
