"""Recipes are found by name, and each stands on the one it extends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from automl.errors import SpecError
from automl.spec import parse, recipes

Refusal = Callable[..., str]
SMALL = '[objective]\ntarget = "is_fraud"\n'


def test_wrong_recipe(refusal: Refusal) -> None:
    """A wrong recipe is answered with the nearest one."""
    assert refusal(SMALL, recipe="quik") == "--recipe recipe.name: no recipe 'quik'\n  did you mean 'quick'?"
    assert "fraud.toml:4 recipe.name" in refusal(SMALL + '[recipe]\nname = "balancd"\n')


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of recipes of our own."""
    monkeypatch.setattr(recipes, "FOLDER", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_is_a_spec(name: str) -> None:
    """Each shipped recipe reads as a spec, says for whom it is in a sentence, and opens with that comment."""
    assert parse({"objective": {"target": "y"}, "recipe": {"name": name}}).recipe.name == name
    assert recipes.text(name).startswith("#")
    assert recipes.purpose(name).endswith(".")
    assert "#" not in recipes.purpose(name)


def test_the_default_is_there() -> None:
    """The recipe that is taken where none is named is one of them, and names come sorted."""
    assert recipes.DEFAULT in recipes.names()
    assert list(recipes.names()) == sorted(recipes.names())


def test_the_base_comes_first(folder: Path) -> None:
    """The chain begins with the one that all others extend, and no layer keeps `extends`."""
    (folder / "low.toml").write_text("# For whom: all of us. More.\n\n[budget]\nseed = 1\n")
    (folder / "mid.toml").write_text('extends = "low"\n[budget]\nseed = 2\n')
    (folder / "top.toml").write_text('extends = "mid"\n')
    assert [layer.values for layer in recipes.chain("top", where="here")] == [
        {"budget": {"seed": 1}},
        {"budget": {"seed": 2}},
        {},
    ]
    assert recipes.names() == ("low", "mid", "top")
    assert recipes.purpose("low") == "all of us."


def test_a_circle_is_refused(folder: Path) -> None:
    """Two recipes that extend each other end in an error that names the file, not in endless reading."""
    (folder / "a.toml").write_text('extends = "b"\n')
    (folder / "b.toml").write_text('extends = "a"\n')
    with pytest.raises(SpecError, match=r"b\.toml extends: no recipe 'a'"):
        recipes.chain("a", where="here")


@pytest.mark.parametrize("name", ["", "../pyproject", "zzz", "QUICK"])
def test_what_is_no_recipe(name: str) -> None:
    """Only a name of the list is one, so no path leads out of the folder; the hint lists or guesses."""
    with pytest.raises(SpecError, match=r"here: no recipe .*\n  (known: |did you mean)"):
        recipes.chain(name, where="here")
