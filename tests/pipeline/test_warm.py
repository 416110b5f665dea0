"""What comes after a search is imported while it runs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from automl.pipeline.warm import AFTER, after_first, warm
from automl.progress import Event

COLD = """
import json
import sys
from pathlib import Path

import polars as pl

from automl.pipeline import fit as pipeline
from automl.search import loop


def search(problem, run):
    outcome = plain_search(problem, run)
    loaded.append(sorted(sys.modules))
    return outcome


loaded, plain_search = [], loop.search
loop.search, pipeline.warm = search, lambda: None
x = [i * 7 % 13 for i in range(200)]
frame = pl.DataFrame({"x": x, "late": [(value > 5) ^ (i % 5 == 0) for i, value in enumerate(x)]})
objective = {"target": "late", "costs": {"false_positive": 1, "false_negative": 5}}
spec = {"objective": objective, "budget": {"time": "5min", "trials": 1, "workers": 1}, "recipe": {"folds": 2}}
pipeline.fit(spec, train=frame, out=Path(sys.argv[1]) / "late.bundle", write_anyway=True)
print(json.dumps([*loaded, sorted(sys.modules)]))
"""


def test_the_first_event_of_a_stage_starts_it_once() -> None:
    """Every event reaches the listener; the call comes with the first of its stage, and not again."""
    heard, calls = [], []
    listener = after_first("search", heard.append, lambda: calls.append(len(heard)))
    for stage in ("read", "search", "search", "refit"):
        listener(Event(stage=stage, text="", facts={}))
    assert [event.stage for event in heard] == ["read", "search", "search", "refit"]
    assert calls == [1]


def test_an_import_that_fails_is_left_to_where_it_is_needed() -> None:
    """The thread ends without a word; what came before was imported."""
    loaded = []

    def load(name: str) -> None:
        if name == "bad":
            raise ImportError(name)
        loaded.append(name)

    warm(("good", "bad", "never"), load=load).join(10)
    assert loaded == ["good"]


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], set[str]]:
    """What a process has loaded when the search of a fit comes back, and at the end of the fit, where nobody warms."""
    place = tmp_path_factory.mktemp("cold")
    done = subprocess.run([sys.executable, "-c", COLD, place], capture_output=True, check=True, text=True)
    searched, ended = map(set, json.loads(done.stdout))
    return searched, ended


def test_each_module_is_one_that_the_end_of_a_fit_loads(modules: tuple[set[str], set[str]]) -> None:
    """A module that does not exist, that is there before, or that nobody needs is not in the list."""
    searched, ended = modules
    assert [module for module in AFTER if module in searched or module not in ended] == []


def test_no_library_is_left_to_the_end_of_a_fit(modules: tuple[set[str], set[str]]) -> None:
    """What the end of a fit takes from other libraries is loaded with the list."""
    searched, ended = modules
    load = f"import sys; {'; '.join(f'import {module}' for module in AFTER)}; print(*sys.modules)"
    warmed = subprocess.run([sys.executable, "-c", load], capture_output=True, check=True, text=True)
    assert _libraries(ended) - _libraries(searched) - _libraries(set(warmed.stdout.split())) == set()


def _libraries(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules} - sys.stdlib_module_names
