"""Lines of JSON, read alike by each version of polars."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from automl.data.read import json_lines as lines


def test_flags_beside_numbers_are_refused() -> None:
    """D13: in one column; who reads decides what becomes of it."""
    with pytest.raises(pl.exceptions.ComputeError):
        lines.json_lines(b'{"a": 2}\n{"a": true}\n')


@pytest.mark.parametrize("takes", [True, False])
def test_flags_and_words_of_their_own_stay(tmp_path: Path, takes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where polars has to be looked after; a name with signs is no pattern, and a key may come late."""
    monkeypatch.setattr(lines, "_takes_true_for_one", lambda: takes)
    path = tmp_path / "in[1].ndjson"
    path.write_text('{"a": 2, "b": true, "c": "true"}\n' * 120 + '{"a": 2.5, "b": null, "d": 1}\n', encoding="utf-8")
    frame = lines.json_lines(path)
    assert frame.schema == {"a": pl.Float64, "b": pl.Boolean, "c": pl.String, "d": pl.Int64}
    assert frame.row(-1) == (2.5, None, None, 1)
