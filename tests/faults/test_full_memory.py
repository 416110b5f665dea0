"""A memory that is full at the border of a stage: the fit ends with words and can be gone on with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from automl.errors import MachineError
from automl.progress import Event, Listener
from automl.report import console
from automl.testing._fault_stories import STORIES, Told, gone_on, inside, put, said, staged, state, told

FIT = next(story for story in STORIES if story.name == "fit")


@pytest.fixture
def fit(tmp_path: Path) -> Iterator[Told]:
    """A fit that was told once without a fault, in its folder."""
    with inside(tmp_path):
        yield told(FIT, tmp_path)


def heard_by(listener: Listener) -> Callable[..., Any]:
    """A terminal that only passes events on."""

    @contextmanager
    def watching(*_: Any, **__: Any) -> Iterator[Listener]:
        yield listener

    return watching


OTHERS = [
    pytest.param(stage, marks=pytest.mark.slow) for stage in ("read", "split", "refit", "decide", "gates", "done")
]


@pytest.mark.parametrize("stage", ["search", "bundle", *OTHERS])
def test_a_full_memory_loses_nothing(stage: str, fit: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R08: where a stage begins, exit code 6, no bundle or the whole one, nothing staged, and --resume ends the fit."""

    def full(event: Event) -> None:
        if event.stage == stage:
            raise MemoryError

    put(tmp_path, fit.before)
    with monkeypatch.context() as patched:
        patched.setattr(console, "watching", heard_by(full))
        assert said(FIT.command) == MachineError.exit_code
    assert state(FIT.out) in fit.states
    assert staged(tmp_path) == []
    assert gone_on(fit, tmp_path) == ""
