"""The commands of a registry, and `models/NAME` wherever a bundle is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from automl.cli import run


@pytest.fixture
def said(capsys):
    """The document that a command puts on stdout."""

    def say(*words, code=0):
        assert run([*map(str, words), "--json"]) == code
        return json.loads(capsys.readouterr().out)

    return say


@pytest.fixture
def model(versions, tmp_path, monkeypatch):
    """A registry with two versions, made by the commands, the first of which answers."""
    monkeypatch.chdir(tmp_path)
    for path in versions[:2]:
        assert run(["register", str(path), "models/credit", "--why", "trained"]) == 0
    assert run(["promote", "models/credit", "newest"]) == 0
    return Path("models/credit")


def test_a_life_in_words(model, versions, said):
    """Register, promote, canary, withdraw, roll back, prune: each says which versions answer, and why is kept."""
    second = said("history", model)["champion"]
    third = said("register", versions[2], model, "--keep", 2)["version"]
    assert said("promote", model, third[:8], "--why", "cheaper")["parents"] == [second]
    assert said("rollback", model)["champion"] == second
    tried = said("promote", model, "--canary", "10%", "--loss-budget", 500)["canary"]
    assert (tried["version"], tried["share"], tried["loss_budget"]) == (third, 0.1, 500.0)
    assert said("promote", model, "--withdraw")["canary"] is None
    told = said("history", model)
    assert [event["what"] for event in told["history"]][-5:] == ["prune", "promote", "rollback", "canary", "withdraw"]
    assert {event["why"] for event in told["history"]} == {"trained", "cheaper", ""}


def test_wrong_words_are_told(model, said):
    """Exit code 2 for what cannot be meant, 7 for a registry that is none."""
    assert said("promote", model, "--canary", "ten", code=2)["error"]["where"] == "--canary"
    assert "--canary" in said("promote", model, "--loss-budget", 5, code=2)["error"]["what"]
    assert said("promote", model, "nobody", code=2)["error"]["what"].startswith("no version")
    assert said("promote", model, "canary", "--withdraw", code=2)
    assert said("history", "models/fraud", code=7)["error"]["what"] == "there is no such registry"


def test_a_registry_is_a_bundle(model, versions, said, raw, tmp_path):
    """`models/NAME` is its champion, `models/NAME@VERSION` that one; the report of one goes beside the registry."""
    raw.write_csv(tmp_path / "rows.csv")
    champion = said("history", model)["champion"]
    assert said("verify", model)["content_hash"] == champion
    assert said("verify", f"{model}@newest")["content_hash"] == champion
    assert said("show", model)["content_hash"] == champion
    assert run(["predict", str(model), str(tmp_path / "rows.csv"), "-o", str(tmp_path / "out.csv")]) == 0
    assert (tmp_path / "out.csv").exists()
    said("verify", f"{model}@f00f00", code=2)
