"""A manifest appears whole, once, and only where chunks can be scored by themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from automl.deploy.distributed.leases import FINISH, TODO, tokens
from automl.deploy.distributed.manifest import read_manifest
from automl.deploy.distributed.plan import plan
from automl.deploy.scoring import Options
from automl.errors import DataError, SpecError


def test_chunks_are_whole_row_groups(bundle: Path, raw: pl.DataFrame, tmp_path: Path) -> None:
    """Each row is in one chunk; there is a token for each, and one for the finish."""
    pl.concat([raw] * 4).write_parquet(tmp_path / "in.parquet", row_group_size=300)
    folder = tmp_path / "job"
    plan(bundle, tmp_path / "in.parquet", folder, tmp_path / "out.csv", rows=300)
    found = read_manifest(folder)
    assert [(cut.first, cut.rows) for _, cut in found.chunks] == [
        (first, min(300, 2000 - first)) for first in range(0, 2000, 300)
    ]
    assert [token.name for token in tokens(folder, TODO)] == [*found.names, FINISH]


def test_the_same_once_more_changes_nothing(planned: Callable[..., Path]) -> None:
    """A job that is started again finds its manifest; another one does not take its place."""
    folder = planned()
    (folder / TODO / "00000000.0.0").rename(folder / "done" / "00000000.0.0")
    assert planned() == folder
    assert (folder / "done" / "00000000.0.0").exists()
    with pytest.raises(SpecError, match="another manifest"):
        planned(options=Options(missing="empty"))


def test_what_stands_there_is_not_replaced(bundle: Path, data: Path, tmp_path: Path) -> None:
    """Neither something else at the place of the manifest, nor what lies where parts would go."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    with pytest.raises(SpecError, match="something else"):
        plan(bundle, data, tmp_path / "full", tmp_path / "out.csv")
    with pytest.raises(SpecError, match="something lies"):
        plan(bundle, data, tmp_path / "job", tmp_path / "full")
    with pytest.raises(SpecError, match="is what is read"):
        plan(bundle, data, tmp_path / "job", data)
    assert not (tmp_path / "job").exists()


def test_a_form_that_cannot_be_is_refused(bundle: Path, data: Path, tmp_path: Path) -> None:
    """Another ending, and spreadsheets' quotes in parquet."""
    with pytest.raises(SpecError, match="neither"):
        plan(bundle, data, tmp_path / "job", tmp_path / "out.xlsx")
    with pytest.raises(SpecError, match="spreadsheets"):
        plan(bundle, data, tmp_path / "job", options=Options(excel_safe=True))


def test_a_capacity_ranks_all_rows(bundle: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk by itself would give room to rows that the whole batch does not: it is refused."""
    from automl.bundle.ranking import Ranking

    monkeypatch.setattr(Ranking, "of", staticmethod(lambda manifest: object()))
    with pytest.raises(SpecError, match="capacity"):
        plan(bundle, data, tmp_path / "job")


def test_a_line_that_is_no_row_is_told_at_once(bundle: Path, raw: pl.DataFrame, tmp_path: Path) -> None:
    """D10: a csv is read through before anybody scores; there is no manifest of one that cannot be."""
    path = tmp_path / "in.csv"
    raw.write_csv(path)
    path.write_text(path.read_text(encoding="utf-8") + "a,b\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 502"):
        plan(bundle, path, tmp_path / "job")
    assert not (tmp_path / "job").exists()
