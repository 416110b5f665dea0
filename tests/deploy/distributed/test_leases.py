"""A token has one owner at a time, whoever asks for it and whenever one is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from automl import disk
from automl.deploy.distributed import leases as of
from automl.deploy.distributed.heartbeat import Observer
from automl.deploy.distributed.leases import ATTEMPTS, FINISH, LOSSES, Leases, Token, make_tokens, tokens

NAMES = ["00000000", "00000001"]


@pytest.fixture
def seen_by(tmp_path: Path) -> Callable[..., Leases]:
    """The tokens as a worker sees them; its clock is a list of one number."""
    make_tokens(tmp_path, NAMES)

    def make(worker: str, now: list[float] | None = None) -> Leases:
        clock = now or [0.0]
        return Leases(tmp_path, worker, Observer(tmp_path / "workers", 30.0, lambda: clock[0]), NAMES)

    return make


def test_each_token_is_taken_once(seen_by: Callable[..., Leases], tmp_path: Path) -> None:
    """Of two workers each gets one; the finish waits until both are done, and then one gets it."""
    a, b = seen_by("a"), seen_by("b")
    first, second = a.take(), b.take()
    assert first is not None
    assert second is not None
    assert {first.name, second.name} == set(NAMES)
    assert a.take() is None
    assert a.done(first)
    assert a.take() is None
    assert b.done(second)
    assert a.take() == Token(name=FINISH)
    assert b.take() is None
    assert [token.name for token in tokens(tmp_path, of.DONE)] == NAMES


def test_many_at_once_get_each_token_once(tmp_path: Path) -> None:
    """Eight threads that race for fifty tokens: none is doubled, none is lost."""
    names = [f"{number:08}" for number in range(50)]
    make_tokens(tmp_path, names)
    got: list[str] = []
    start = threading.Barrier(8)

    def race(number: int) -> None:
        mine = Leases(tmp_path, f"w{number}", Observer(tmp_path, 30.0, lambda: 0.0), names)
        start.wait()
        while (token := mine.take()) is not None:
            got.append(token.name)
            mine.done(token)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [*names, FINISH]


def test_a_lease_that_expired_is_taken_over_by_one(seen_by: Callable[..., Leases]) -> None:
    """The loss is counted; the first owner, if it was only slow, finds that the token is another's."""
    now = [0.0]
    dead, b, c = seen_by("dead"), seen_by("b", now), seen_by("c", now)
    held = [dead.take(), dead.take()]
    assert b.take() is None
    assert c.take() is None
    now[0] = 29.0
    assert b.take() is None
    now[0] = 30.0
    taken = [b.take(), c.take()]
    assert sorted(str(token) for token in taken) == ["00000000.0.1", "00000001.0.1"]
    assert b.take() is None
    assert [dead.done(token) for token in held if token] == [False, False]


def test_attempts_are_bounded(seen_by: Callable[..., Leases], tmp_path: Path) -> None:
    """After some errors nobody gets it any more, until it is to be tried again."""
    a = seen_by("a")
    other = a.take()
    assert other is not None
    a.done(other)
    for number in range(ATTEMPTS):
        token = a.take()
        assert token is not None
        assert token.errors == number
        assert a.refuse(token)
    assert a.take() is None
    assert [token.errors for token in tokens(tmp_path, of.FAILED)] == [ATTEMPTS]
    of.try_again(tmp_path)
    assert a.take() == Token(name=token.name)


def test_too_many_losses_are_no_chance() -> None:
    """A chunk that ends each worker must not end all of them."""
    assert not Token(name="a", losses=LOSSES).spent
    assert Token(name="a", losses=LOSSES + 1).spent


def test_a_token_that_a_power_cut_lost_is_made_anew(seen_by: Callable[..., Leases], tmp_path: Path) -> None:
    """Not at the first look: it may be on its way from one folder to another."""
    a = seen_by("a")
    token = a.take()
    assert token is not None
    a.done(token)
    (lost,) = (path for path in (tmp_path / of.TODO).iterdir() if FINISH not in path.name)
    lost.unlink()
    assert a.take() is None
    assert a.take() is None
    again = a.take()
    assert again is not None
    assert str(again) == lost.name


def test_a_server_that_renames_and_says_no(seen_by: Callable[..., Leases], monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that NFS sent twice is answered "no such file", though the token is there under our name."""
    real = disk.rename

    def twice(old: Path, new: Path) -> None:
        real(old, new)
        raise FileNotFoundError(old)

    monkeypatch.setattr(disk, "rename", twice)
    assert seen_by("a").take() is not None
