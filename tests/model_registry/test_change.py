"""A change is done when its pointer is replaced: stopped anywhere, the registry is what it was or what it becomes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from automl.bundle.verify import verify
from automl.errors import BundleError, MachineError
from automl.file_lock import lock
from automl.model_registry import change
from automl.model_registry.change import Note, writing
from automl.model_registry.history import history
from automl.model_registry.promote import promote, rollback, start_canary, withdraw
from automl.model_registry.prune import prune
from automl.model_registry.register import register
from automl.model_registry.state import CURRENT, HISTORY, VERSIONS, State, is_registry, place, read_state
from automl.testing._faulty_disk import Watched, using
from automl.testing._power_cut import Recorder

MANY = 30  # calls: of a story of more so many are tried, for a bundle has a file for most of them
VERIFIED: dict[tuple[tuple[str, bytes], ...], str] = {}
STORIES = ("first", "register", "promote", "rollback", "canary", "withdraw", "prune")


class Killed(BaseException):
    """What ends a process: no clean-up of it reaches the disk either."""


class Mortal(Watched):
    """A disk whose process is killed before call number `at`, and makes no call after that."""

    def __init__(self, at: float = float("inf")) -> None:
        self.at, self.calls = at, 0

    def around(self, name: str, call: Callable[[], Any], *arguments: Any) -> Any:
        self.calls += 1
        if self.calls > self.at:
            raise Killed(name)
        return call()


@pytest.fixture(params=STORIES)
def story(
    request: pytest.FixtureRequest, credit: Path, versions: Sequence[Path], hashes: Sequence[str]
) -> tuple[Path, Callable[[], Any]]:
    """The folder of a registry, and what changes it."""
    todo: dict[str, Callable[[], Any]] = {
        "first": partial(register, versions[0], credit),
        "register": partial(register, versions[2], credit),
        "promote": partial(promote, credit, hashes[1]),
        "rollback": partial(rollback, credit),
        "canary": partial(start_canary, credit, hashes[1], share=0.1, loss_budget=500.0),
        "withdraw": partial(withdraw, credit),
        "prune": partial(prune, credit, keep=1),
    }
    if request.param == "first":
        shutil.rmtree(credit)
    elif request.param == "rollback":
        promote(credit, hashes[1])
    elif request.param == "withdraw":
        todo["canary"]()
    elif request.param == "prune":
        register(versions[2], credit)
    return credit, todo[request.param]


def told(folder: Path) -> tuple[State, list[tuple[str, str]]] | None:
    """What a registry says, every version that it names whole; None where there is none."""
    if not is_registry(folder):
        return None
    state = read_state(folder)
    for version in state.versions:
        assert _verified(place(folder, version)) == version
    return state, [(event.what, event.version) for event in history(folder)]


def _verified(version: Path) -> str:
    """The hash of a version that verifies; the same bytes are answered once, as their golden rows take a while."""
    content = tuple((str(path.relative_to(version)), path.read_bytes()) for path in sorted(_files(version)))
    if content not in VERIFIED:
        VERIFIED[content] = verify(version).content_hash
    return VERIFIED[content]


def _files(version: Path) -> Iterator[Path]:
    return (path for path in version.rglob("*") if path.is_file())


def _same(one: Any, other: Any) -> bool:
    """Two states that differ in clocks at most: the length of the history tells of them."""
    return one is not None and other is not None and _timeless(one) == _timeless(other)


def _timeless(found: tuple[State, list[tuple[str, str]]]) -> tuple[object, ...]:
    state, lines = found
    trial = state.canary and (state.canary.version, state.canary.share, state.canary.loss_budget)
    return state.champion, state.parents, trial, state.versions, state.serial, lines


def test_killed_at_any_call_the_registry_is_whole(story: tuple[Path, Callable[[], Any]], tmp_path: Path) -> None:
    """The process ends before each call to the disk in turn: the old state or the new stands; again, it is done."""
    folder, work = story
    kept, before = tmp_path / "kept", told(folder)
    shutil.copytree(folder.parent, kept)
    counted = Mortal()
    with using(counted):
        work()
    after = told(folder)
    empty = (State(), [])
    assert counted.calls > 5
    for at in range(0, counted.calls, 1 if counted.calls < MANY else counted.calls // MANY):
        shutil.rmtree(folder.parent)
        shutil.copytree(kept, folder.parent)
        with using(Mortal(at)), pytest.raises(Killed):
            work()
        found = told(folder)
        assert found == before or _same(found, after) or (before is None and _same(found, empty)), at
        if not _same(found, after):
            work()
        assert _same(told(folder), after), at
        left = [path.name for path in folder.iterdir() if path.name not in {CURRENT, HISTORY, VERSIONS, "lock"}]
        assert left in ([], [f"{CURRENT}.part"]), at
        with writing(folder):
            assert not list((folder / VERSIONS).glob(".*"))


def test_a_power_cut_loses_nothing(story: tuple[Path, Callable[[], Any]], tmp_path: Path) -> None:
    """Whatever was not synced is lost: the old state or the new stands, and the same again ends in the new."""
    folder, work = story
    if not folder.exists():
        folder.mkdir()
    before = told(folder)
    recorder = Recorder(folder)
    with using(recorder):
        work()
    after = told(folder)
    images = list(recorder.images)
    for image in images[:: max(1, len(images) // 12)]:
        _put(folder, dict(image))
        found = told(folder)
        assert found == before or _same(found, after) or (before is None and _same(found, (State(), [])))
        if not _same(found, after):
            work()
        assert _same(told(folder), after)


def _put(folder: Path, image: dict[str, bytes | None]) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
    for name, content in sorted(image.items()):
        if content is None:
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(content)


def test_a_line_that_was_never_done_is_no_history(credit: Path, hashes: Sequence[str]) -> None:
    """A line behind the pointer, whole or torn, is not told, and the next change takes its place."""
    before = history(credit)
    with (credit / HISTORY).open("ab") as file:
        file.write(b'{"what": "promote"')
    assert history(credit) == before
    promote(credit, hashes[1])
    assert [event.what for event in history(credit)] == [*(event.what for event in before), "promote"]


def test_writers_wait_for_each_other(credit: Path, hashes: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """R07: another writer is waited for; one that does not end is named, and nothing was changed."""
    monkeypatch.setattr(change, "TRIES", 2)
    before = read_state(credit)
    held = lock(credit, what="the registry", hint="wait")
    with pytest.raises(MachineError, match="in use by pid"):
        promote(credit, hashes[1])
    assert read_state(credit) == before
    held.close()
    assert promote(credit, hashes[1]).champion == hashes[1]


def test_a_registry_without_its_pointer_is_not_begun_anew(credit: Path, versions: Sequence[Path]) -> None:
    """What stands there was somebody's: its history is not cut, its versions stay."""
    (credit / CURRENT).unlink()
    kept = (credit / HISTORY).read_bytes()
    with pytest.raises(BundleError, match="lost its pointer"):
        register(versions[2], credit)
    assert (credit / HISTORY).read_bytes() == kept
    assert len(list((credit / VERSIONS).iterdir())) == 2


def test_a_note_is_kept(credit: Path, hashes: Sequence[str]) -> None:
    """Who, when, why and on what evidence stand in the line."""
    note = Note(why="cheaper", who="ada", when=lambda: "2026-01-31T12:00:00.000+00:00", facts={"saved": 12.5})
    promote(credit, hashes[1], note=note)
    last = history(credit)[-1]
    assert (last.why, last.who, last.when, last.parent) == ("cheaper", "ada", note.when(), hashes[0])
    assert last.facts == {"saved": 12.5}
