"""One run of a watch from Python: the same look as the command's, over any kind of frame."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from automl import Bundle
from automl.cli import cli
from automl.errors import DataError, SpecError
from automl.monitor.look import Status, Watched
from automl.report.watched import as_json
from automl.testing._bundle import raw_rows

LABELS = pl.DataFrame({"id": raw_rows()["id"], "bad": [1, 2] * 250})


@pytest.fixture(scope="module")
def opened(bundle: Path) -> Bundle:
    """The small bundle."""
    return Bundle.load(bundle)


def test_python_sees_what_the_command_says(opened: Bundle, bundle: Path, tmp_path: Path) -> None:
    """Rows that broke, with labels: the value holds all that `--json` prints, and nothing else."""
    broken = raw_rows().with_columns(age=pl.lit(None, pl.String))
    broken.write_parquet(tmp_path / "rows.parquet")
    LABELS.write_csv(tmp_path / "labels.csv")
    said = CliRunner().invoke(
        cli,
        ["monitor", str(bundle), str(tmp_path / "rows.parquet"), "--labels", str(tmp_path / "labels.csv"), "--json"],
    )
    found = opened.monitor(broken, labels=LABELS)
    assert found.status is Status.act
    assert json.loads(said.stdout) == json.loads(json.dumps(as_json(found)))


@pytest.mark.parametrize("kind", ["to_pandas", "to_arrow", "clone"])
def test_any_kind_of_frame_is_the_same_look(opened: Bundle, kind: str) -> None:
    """Rows and labels of pandas, of arrow and of polars."""
    assert _of(opened, kind) == _of(opened, "clone")


def _of(opened: Bundle, kind: str) -> Watched:
    rows, labels = (getattr(frame, kind)() for frame in (raw_rows(), LABELS))
    return opened.monitor(rows, labels=labels)


def test_a_state_goes_on_where_it_was(opened: Bundle, tmp_path: Path) -> None:
    """The second run is the second look; another bundle's state is refused, and left as it was."""
    state = tmp_path / "watch.json"
    assert [opened.monitor(raw_rows(), state=state).looks[0].number for _ in range(2)] == [1, 2]
    other = json.loads(state.read_text()) | {"bundle": "another"}
    state.write_text(json.dumps(other))
    with pytest.raises(DataError, match="another bundle"):
        opened.monitor(raw_rows(), state=str(state))
    assert json.loads(state.read_text()) == other


@pytest.mark.parametrize(("given", "where"), [({"since": "last week"}, "since"), ({"window": "soon"}, "window")])
def test_what_is_no_time_is_refused(opened: Bundle, given: dict[str, str], where: str) -> None:
    """By the name of what was given."""
    with pytest.raises(SpecError) as refused:
        opened.monitor(raw_rows(), **given)  # type: ignore[arg-type]  # which of both varies
    assert refused.value.where == where


def test_a_moment_is_one_of_utc(opened: Bundle) -> None:
    """Unless it says otherwise; rows without a time cannot be told apart by one."""
    for text in ("1970-01-02", "1970-01-01T01:00+01:00"):
        with pytest.raises(DataError, match="rows without a time"):
            opened.monitor(raw_rows(), since=text)
