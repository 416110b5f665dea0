"""The record of a run says what was asked of it."""

from __future__ import annotations

from automl.bench import run


def test_other_tables_are_left_aside_only_if_that_is_said(monkeypatch, tmp_path):
    """`--main-table` asks for the main table alone; without it all tables are used."""
    asked = []
    monkeypatch.setattr(run, "run_cell", lambda folder, **said: asked.append(said["main_table"]) or {})
    assert run.main([str(tmp_path)]) == run.main([str(tmp_path), "--main-table"]) == 0
    assert asked == [False, True]
