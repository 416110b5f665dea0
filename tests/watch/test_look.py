"""A look at a store finds what changed, remembers it once, and says what it could not look at."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import polars as pl
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from automl.bundle.read import Bundle
from automl.cli import cli
from automl.monitor.look import Status
from automl.watch import look as looks
from automl.watch.labels import Labels, add_labels
from automl.watch.look import look
from automl.watch.predictions import Writer, batch_of_frames, model_of
from automl.watch.schema import ALARMS, LOOKS
from automl.watch.show import last_look, show
from automl.watch.store import now

START = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp() * 1e6)
DAY = 86_400_000_000


@pytest.fixture(scope="module")
def model(bundle):
    """The shared bundle, opened once."""
    return Bundle.load(bundle)


@pytest.fixture
def answer(model, raw):
    """Writes a day of answered rows: those of the fixture, changed by `change`."""

    def write(store, day, change=lambda frame: frame, name=None):
        rows = change(raw.with_columns(pl.format("{}-{}", pl.lit(day), "id").alias("id")))
        writer = Writer(store, model_of(model))
        time = [START + day * DAY + place for place in range(rows.height)]
        scored = model.score(rows, typed=False)
        writer.write(name or f"day {day}", batch_of_frames(writer.columns, writer.keys, rows, scored, time))
        return rows

    return write


def test_a_quiet_day_and_a_change(lite, model, answer) -> None:
    """Nothing is told of rows like those of training; a column nobody can read is, and stands among the alarms."""
    answer(lite, 0)
    first = look(lite, model, at=START + DAY)
    assert first.status == Status.fine
    assert first.looks[0]["rows"] == 500
    number = next(e["name"] for e in model.manifest.reader["columns"] if e["wire"] == "number")
    answer(lite, 8, lambda frame: frame.with_columns(pl.lit("what?").alias(number)))
    later = look(lite, model, at=START + 9 * DAY)
    assert later.status != Status.fine
    with lite.reading() as connection:
        alarms = connection.execute(sa.select(ALARMS.c.sentence)).scalars().all()
        told = last_look(connection, model.manifest.content_hash)
    assert any(number in sentence for sentence in alarms)
    assert told["number"] == later.looks[-1]["number"]
    assert len(show(lite)["alarms"]) == len(alarms)


def test_the_page_of_a_look(lite, model, answer, tmp_path) -> None:
    """It shows the looks before it; one of an earlier look stays where none is due; `--since` leaves rows out."""
    out = tmp_path / "page.html"
    command = ["watch", "look", lite.where, str(model.path), "--html", str(out)]
    texts = []
    for day in (0, 8):
        answer(lite, day)
        CliRunner().invoke(cli, [*command, "--since", "2026-03-02"], catch_exceptions=False)
        texts.append(out.read_text(encoding="utf-8"))
    days = [f"2026-03-{day:02}" for day in (2, 10)]
    assert [[day in text for day in days] for text in texts] == [[True, False], [True, True]]
    out.write_text(texts[0], encoding="utf-8")
    CliRunner().invoke(cli, command, catch_exceptions=False)
    assert out.read_text(encoding="utf-8") == texts[0]
    answer(lite, 9)
    late = CliRunner().invoke(cli, [*command, "--since", "2026-04-01"])
    assert "no row is so late" in str(late.exception)


def test_a_look_is_written_once(store, model, answer) -> None:
    """Where nothing came since the last look there is no new one; a second watcher changes nothing."""
    answer(store, 0)
    assert len(look(store, model, at=START + DAY).looks) == 1
    again = look(store, model, at=START + DAY)
    assert again.looks == ()
    assert any("too few" in note for note in again.notes)
    with store.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(LOOKS)).scalar() == 1


def test_labels_are_known(store, model, answer) -> None:
    """The share of rows whose label came stands in the look."""
    rows = answer(store, 0)
    texts = model.manifest.target.texts
    keys = rows["id"].to_list()[:100]
    add_labels(store, Labels(key=keys, value=[texts[n % 2] for n in range(100)], known=[START] * 100))
    found = look(store, model, at=START + DAY).looks[0]
    assert found["labels_known"] == pytest.approx(0.2)
    assert json.loads(json.dumps(found, allow_nan=False)) is not None


def test_clocks_that_jump(lite, model, answer) -> None:
    """Rows of tomorrow wait and are counted; a clock that went back is told, and ends nothing."""
    answer(lite, 0)
    answer(lite, 5)
    found = look(lite, model, at=START + DAY)
    assert found.looks[0]["rows"] == 500
    assert any("still to come" in note for note in found.notes)
    look(lite, model, at=START + 6 * DAY)
    assert any("jumped" in note for note in look(lite, model, at=START + 3 * DAY).notes)


def test_rows_that_come_late(lite, model, answer) -> None:
    """Rows that are written after a look, with times before its end, are counted, and stand in the next window."""
    answer(lite, 3)
    look(lite, model, at=START + 4 * DAY)
    with lite.writing() as connection:
        connection.execute(sa.update(LOOKS).values(looked=now()))
    assert not [note for note in look(lite, model, at=START + 4 * DAY).notes if "came after" in note]
    answer(lite, 2, name="late")
    answer(lite, 4)
    found = look(lite, model, at=START + 5 * DAY)
    assert found.looks[0]["rows"] == 1_500
    assert [note for note in found.notes if note.startswith("500 rows came after the last look")]


def test_another_bundle_is_told(lite, model, answer) -> None:
    """Rows of a bundle that was swapped in have looks of their own."""
    answer(lite, 0)
    with lite.writing() as connection:
        connection.execute(
            sa.text(
                "insert into watch_batches (id, bundle, first, last, added, rows, digests, content)"
                " select 'other', 'other', first, last, added, 7, digests, content from watch_batches"
            )
        )
    found = look(lite, model, at=START + DAY)
    assert found.looks[0]["rows"] == 500
    assert any("7 rows of other bundles" in note for note in found.notes)


def test_more_rows_than_a_look_takes(lite, model, answer, monkeypatch) -> None:
    """A share of them is drawn, always the same ones, and that is told."""
    answer(lite, 0)
    monkeypatch.setattr(looks, "MOST", 300)
    found = look(lite, model, at=START + DAY)
    assert 200 < found.looks[0]["rows"] < 400
    assert any("300 are drawn" in note for note in found.notes)


def test_an_empty_store(lite, model) -> None:
    """Nothing to look at is told, and is no alarm."""
    found = look(lite, model, at=START)
    assert (found.looks, found.status) == ((), Status.fine)
    assert "No row of this bundle is in the store." in found.notes
