"""It is time to retrain where the calendar or a watch says so."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from automl import cli
from automl.data.read.source import load
from automl.retrain.attempts import Attempts
from automl.retrain.due import due
from automl.spec.retrain import Retrain
from automl.watch.schema import ALARMS
from automl.watch.store import open_store


@pytest.fixture
def made(champion):
    """When the champion was made."""
    return datetime.fromisoformat(champion.manifest.created)


@pytest.fixture
def none(tmp_path):
    """No challenge yet."""
    return Attempts(path=tmp_path / "loans.challenges.jsonl", number=1)


@pytest.fixture
def alarmed(champion, made, tmp_path):
    """A store with one alarm about the champion, raised ten days after it was made."""

    def make(kind, severity, bundle=None):
        where = str(tmp_path / "watch.db")
        store = open_store(where, create=True)
        row = {
            "bundle": bundle or champion.manifest.content_hash,
            "look": 1,
            "raised": int((made + timedelta(days=10)).timestamp() * 1e6),
            "kind": kind,
            "check": "saving",
            "severity": severity,
            "sentence": f"an alarm of {kind}",
        }
        with store.writing() as connection:
            connection.execute(sa.insert(ALARMS), [row])
        store.close()
        return where

    return make


def test_the_calendar_counts_from_the_last_challenge(champion, made, none, world):
    """Of a bundle that was never challenged from its birth; to the second."""
    asked = Retrain.model_validate({"every": "30d", "on": []})
    new = load(world(200, seed=2, start=150))
    later = made + timedelta(days=30)
    assert due(champion, asked, none, new, None, at=later).now
    assert not due(champion, asked, none, new, None, at=later - timedelta(seconds=1)).now
    once = replace(none, last=made + timedelta(days=20))
    told = due(champion, asked, once, new, None, at=later)
    assert (told.now, told.sentence) == (False, "it is not time: the last challenge was 10.0 days ago")


@pytest.mark.parametrize(
    ("kind", "severity", "on", "time"),
    [
        ("money", "act", ["money"], True),
        ("money", "warn", ["money"], False),
        ("drift", "warn", ["money", "drift"], True),
        ("drift", "warn", ["money"], False),
        ("contract", "act", ["money", "drift"], False),
    ],
)
def test_an_alarm_of_the_store_counts_where_the_spec_names_its_kind(
    champion, made, none, alarmed, kind, severity, on, time
):
    """Lost money has to be known, by labels; drift that is worth something is enough."""
    asked, at = Retrain.model_validate({"on": on}), made + timedelta(days=11)
    told = due(champion, asked, none, None, alarmed(kind, severity), at=at)
    assert told.now == time
    assert told.lost == (kind == "money" and severity == "act")


def test_an_old_fit_is_to_be_renewed(champion, made, none, world):
    """From its age on, unless one anew was judged within `refit_every`."""
    asked = Retrain.model_validate({"renew_every": "60d", "refit_every": "30d", "on": []})
    new, later = load(world(200, seed=2, start=150)), made + timedelta(days=60)
    told = due(champion, asked, none, new, None, at=later)
    assert (told.now, told.lost) == (True, False)
    assert told.sentence == "it is time: the champion was fitted 60.0 days ago, and [retrain] renew_every is 60d"
    assert not due(champion, asked, none, new, None, at=later - timedelta(seconds=1)).now
    for days, time in ((29, False), (30, True)):
        once = replace(none, fitted=later - timedelta(days=days))
        assert due(champion, asked, once, new, None, at=later).now == time
    seldom = Retrain.model_validate({"renew_every": "60d", "refit_every": "90d", "on": []})
    assert not due(champion, seldom, none, new, None, at=later).now  # only cheap rungs would be tried


def test_money_is_known_to_be_lost_whatever_the_calendar_says(champion, made, none, alarmed):
    """It is asked for all challengers then."""
    asked, where = Retrain.model_validate({"every": "5d"}), alarmed("money", "act")
    told = due(champion, asked, none, None, where, at=made + timedelta(days=11))
    assert (told.now, told.lost) == (True, True)
    assert told.sentence.startswith("it is time: the last challenge was 11.0 days ago")


def test_an_alarm_counts_once_and_for_its_own_bundle(champion, made, none, alarmed):
    """What was raised before the last challenge has had its answer."""
    where, at = alarmed("money", "act"), made + timedelta(days=11)
    assert due(champion, Retrain(), none, None, where, at=at).now
    since = replace(none, last=made + timedelta(days=10, seconds=1))
    assert not due(champion, Retrain(), since, None, where, at=at).now


def test_an_alarm_about_another_bundle_is_none(champion, made, none, alarmed):
    """A store holds looks of many."""
    where = alarmed("money", "act", bundle="f" * 64)
    assert not due(champion, Retrain(), none, None, where, at=made + timedelta(days=11)).now


def test_without_a_store_the_new_rows_are_looked_at(champion, made, none, world):
    """In a changed world money is lost; in the same one it is not."""
    at = made + timedelta(days=1)
    for changed in (True, False):
        new = load(world(4_000, seed=5, start=150, changed=changed))
        told = due(champion, Retrain(), none, new, None, at=at)
        assert told.now == changed, told.sentence


def test_before_its_time_the_command_says_so_and_ends_well(champion, world, tmp_path, capsys):
    """Exit 0, nothing is written, no challenge is counted."""
    file, out = tmp_path / "new.parquet", tmp_path / "next.bundle"
    world(400, seed=6, start=150).write_parquet(file)
    arguments = ["retrain", str(champion.path), "--data", str(file), "-o", str(out), "--if-due", "--quiet"]
    assert cli.run([*arguments, "--set", "retrain.every=30d"]) == 0
    assert capsys.readouterr().out.startswith("it is not time: the last challenge was 0.0 days ago, and no alarm of")
    assert cli.run([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["due"]["now"], told["expected"], told["promoted"]) == (False, None, None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.parquet"]
