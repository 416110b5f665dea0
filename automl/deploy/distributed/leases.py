"""Who works on what: each chunk has a token, an empty file that moves between folders by atomic renames.

It lies in ``todo``, ``leased``, ``done`` or ``failed``. Of all who rename one file one succeeds, so a chunk has one
owner at a time. An owner that was only slow may still write what it has scored: those are the same bytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from automl import disk
from automl.deploy.distributed.heartbeat import Observer

TODO, LEASED, DONE, FAILED = FOLDERS = ("todo", "leased", "done", "failed")
FINISH = "finish"  # the last work: of the parts becomes the output
ATTEMPTS = 3  # of a chunk that end in an error
LOSSES = 10  # workers that may end while they have a chunk: more are no chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """The work called `name`; `errors` attempts failed, and `losses` workers ended while they had it."""

    name: str
    errors: int = 0
    losses: int = 0

    def __str__(self) -> str:
        """As its file is called."""
        return f"{self.name}.{self.errors}.{self.losses}"

    @property
    def spent(self) -> bool:
        """Whether nobody should try it again."""
        return self.errors >= ATTEMPTS or self.losses > LOSSES


class Leases:
    """The tokens in a folder, as the worker called `worker` sees and moves them."""

    def __init__(self, folder: Path, worker: str, observer: Observer, names: Sequence[str]) -> None:
        self._folder, self._worker, self._observer = folder, worker, observer
        self._names = frozenset(names)
        self._known: deque[Token] = deque()  # free ones at the last look: a folder of many is not listed for each
        self._lacking: frozenset[str] = frozenset()

    def take(self) -> Token | None:
        """Work that is this worker's from now on; None where all of it is being done by others."""
        while self._known or self._look():
            token = self._known.popleft()
            if self._move(TODO, str(token), LEASED, self._mine(token)):
                return token
        held = list(_held(self._folder))
        for token, worker in held:
            if self._observer.is_gone(worker):
                again = replace(token, losses=token.losses + 1)
                if self._move(LEASED, f"{token}.{worker}", LEASED, self._mine(again)):
                    return again
        return None if held else self._last()

    def done(self, token: Token) -> bool:
        """Say that the work is done; False where it was another's meanwhile."""
        return self._move(LEASED, self._mine(token), DONE, str(token))

    def give_back(self, token: Token) -> bool:
        """Let others have it."""
        return self._move(LEASED, self._mine(token), TODO, str(token))

    def refuse(self, token: Token) -> bool:
        """Say that an attempt failed: others try it, or nobody any more."""
        again = replace(token, errors=token.errors + 1)
        return self._move(LEASED, self._mine(token), FAILED if again.spent else TODO, str(again))

    def fail(self, token: Token) -> bool:
        """Say that nobody should try it any more."""
        return self._move(LEASED, self._mine(token), FAILED, str(token))

    def _look(self) -> bool:
        free = [token for token in tokens(self._folder, TODO) if token.name != FINISH]
        start = hash(self._worker) % len(free) if free else 0  # not all at the same one
        self._known.extend((*free[start:], *free[:start]))
        return bool(free)

    def _last(self) -> Token | None:
        """The finish, if all else is done. What a power cut lost of the tokens is made anew at the second look."""
        lacking = self._names - {token.name for token in tokens(self._folder, DONE)}
        if lacking:
            lost, self._lacking = self._lacking & lacking, lacking
            for name in sorted(lost):
                make_token(self._folder, name)
            return None
        for token in tokens(self._folder, TODO):
            if token.name == FINISH and self._move(TODO, str(token), LEASED, self._mine(token)):
                return token
        return None

    def _mine(self, token: Token) -> str:
        return f"{token}.{self._worker}"

    def _move(self, source: str, name: str, target: str, new: str) -> bool:
        """Rename a token, unless somebody else has. A file server may do it, and answer that it could not."""
        try:
            disk.rename(self._folder / source / name, self._folder / target / new)
        except FileNotFoundError:
            return new.endswith(f".{self._worker}") and (self._folder / target / new).exists()
        return True


def make_tokens(folder: Path, names: Iterable[str]) -> None:
    """The folders of a new manifest, with a token for each work to do."""
    for each in FOLDERS:
        disk.make_folder(folder / each)
    for name in (*names, FINISH):
        make_token(folder, name)
    disk.sync(folder / TODO)


def make_token(folder: Path, name: str) -> None:
    """A token of work to do."""
    disk.writing(folder / TODO / str(Token(name=name))).close()


def tokens(folder: Path, where: str) -> list[Token]:
    """The tokens that lie in a folder, by name; those that are leased without their owners."""
    return sorted(map(_parsed, _listed(folder / where)), key=lambda token: token.name)


def workers(folder: Path) -> list[tuple[Token, str]]:
    """What is leased, and by whom."""
    return sorted(_held(folder), key=lambda held: held[0].name)


def try_again(folder: Path) -> None:
    """What had failed is to be tried again, as if it never was."""
    for token in tokens(folder, FAILED):
        with suppress(FileNotFoundError):  # who else tries it again was first
            disk.rename(folder / FAILED / str(token), folder / TODO / str(Token(name=token.name)))


def _held(folder: Path) -> Iterator[tuple[Token, str]]:
    for entry in _listed(folder / LEASED):
        yield _parsed(entry), entry.split(".", 3)[3]


def _parsed(entry: str) -> Token:
    name, errors, losses = entry.split(".")[:3]
    return Token(name=name, errors=int(errors), losses=int(losses))


def _listed(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.count(".") >= len(("errors", "losses"))]
