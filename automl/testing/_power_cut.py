"""A disk for tests that knows what a power cut would leave: what was not synced is lost, singly or all together."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automl.testing._faulty_disk import Watched

Image = Mapping[str, bytes | None]  # content by path below the root; None is a folder


@dataclass(eq=False, slots=True)
class _File:
    content: bytes = b""
    safe: bytes = b""

    def without(self, share: float) -> bytes:
        """The content where a share of what was appended since the last sync did not reach the disk; 1: all."""
        kept = round((1 - share) * (len(self.content) - len(self.safe)))
        return self.safe if share == 1 else self.content[: len(self.safe) + kept]


@dataclass(eq=False, slots=True)
class _Folder:
    """`names` as a program sees them, `safe` as they were synced, and the changes between the two."""

    names: dict[str, _File | _Folder] = field(default_factory=dict)
    safe: dict[str, _File | _Folder] = field(default_factory=dict)
    pending: list[_Change] = field(default_factory=list)

    def without(self, lost: object) -> dict[str, _File | _Folder]:
        """The names where one change did not reach the disk and all others did."""
        names = dict(self.safe)
        for change in self.pending:
            if change.call is not lost:
                change.make(names)
        return names


@dataclass(eq=False, slots=True)
class _Change:
    """Names that are set and names that go; all changes of one `call` are made or lost together."""

    call: object
    sets: Mapping[str, _File | _Folder]
    removes: tuple[str, ...] = ()

    def make(self, names: dict[str, _File | _Folder]) -> None:
        for name in self.removes:
            names.pop(name, None)
        names.update(self.sets)


class Recorder(Watched):
    """A disk that models what is below `root`: what a program sees there, and what is synced.

    `images` are the states that a power cut after any call may leave: of what was not synced nothing is lost (as where
    the program is killed), or all, or the content of one file or half of it, or one change of a folder. Equal ones are
    kept once, with the number of the first call.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.calls = root, 0
        self.images: dict[tuple[tuple[str, bytes | None], ...], str] = {}
        self._nodes: dict[int, _File | _Folder] = {}
        self._top = self._scanned(root)

    def around(self, name: str, call: Callable[[], Any], *arguments: Any) -> Any:
        before = getattr(self, f"_before_{name}", None)
        if before is not None:
            before(*arguments)
        result = call()
        after = getattr(self, f"_after_{name}", None)
        if after is not None:
            after(result, *arguments)
        self.calls += 1
        self._keep(f"nothing after call {self.calls} ({name})", self._image(lost=None))
        self._keep(f"all that was not synced after call {self.calls} ({name})", self._image(lost=None, everything=True))
        for what, lost in self._unsynced():
            self._keep(f"{what} after call {self.calls} ({name})", self._image(lost=lost))
            self._keep(f"half of {what} after call {self.calls} ({name})", self._image(lost=lost, share=0.5))
        return result

    # what each call does to the model

    def _after_open(self, handle: int, path: Path, flags: int, _mode: int) -> None:
        place = self._place(path)
        if place is None:
            return
        folder, name = place
        node = folder.names.get(name)
        if node is None:
            node = _File()
            self._change(folder, {name: node})
        elif isinstance(node, _File) and flags & os.O_TRUNC:
            node.content = b""
        self._nodes[os.fstat(handle).st_ino] = node

    def _before_write(self, handle: int, content: Any) -> None:
        node = self._nodes.get(os.fstat(handle).st_ino)
        if isinstance(node, _File):
            # an O_APPEND handle tells no place of its own before it has written
            at = os.lseek(handle, 0, os.SEEK_CUR)
            at = len(node.content) if _appends(handle) else at
            piece = bytes(content)
            node.content = node.content[:at].ljust(at, b"\0") + piece + node.content[at + len(piece) :]

    def _after_truncate(self, _: None, handle: int, size: int) -> None:
        node = self._nodes.get(os.fstat(handle).st_ino)
        if isinstance(node, _File):
            node.content = node.content[:size].ljust(size, b"\0")

    def _after_sync(self, _: None, handle: int) -> None:
        node = self._nodes.get(os.fstat(handle).st_ino)
        if isinstance(node, _File):
            node.safe = node.content
        elif isinstance(node, _Folder):
            node.safe = dict(node.names)
            node.pending.clear()

    def _after_rename(self, _: None, old: Path, new: Path) -> None:
        source, target = self._place(old), self._place(new)
        if source is None or target is None:
            return
        node, call = source[0].names[source[1]], object()
        if source[0] is target[0]:
            self._change(source[0], {target[1]: node}, (source[1],), call)
        else:
            self._change(target[0], {target[1]: node}, (), call)
            self._change(source[0], {}, (source[1],), call)

    def _after_exchange(self, done: bool, one: Path, other: Path) -> None:  # what the call gave
        source, target = self._place(one), self._place(other)
        if done and source is not None and target is not None:
            first, second = source[0].names[source[1]], target[0].names[target[1]]
            self._change(source[0], {source[1]: second, target[1]: first})

    def _after_make_folder(self, _: None, path: Path, _mode: int) -> None:
        place = self._place(path)
        if place is not None:
            node = _Folder()
            self._nodes[path.stat().st_ino] = node
            self._change(place[0], {place[1]: node})

    def _after_remove(self, _: None, path: Path) -> None:
        place = self._place(path)
        if place is not None:
            self._change(place[0], {}, (place[1],))

    def _after_remove_folder(self, _: None, path: Path) -> None:
        place = self._place(path)
        if place is not None:
            self._emptied(place[0].names.get(place[1]))
            self._change(place[0], {}, (place[1],))

    def _emptied(self, node: _File | _Folder | None) -> None:
        for name, inner in list(node.names.items()) if isinstance(node, _Folder) else ():
            self._emptied(inner)
            self._change(node, {}, (name,))  # type: ignore[arg-type]  # it is a folder, or there are no names

    # what the model has

    def _scanned(self, path: Path) -> _Folder:
        folder = _Folder()
        self._nodes[path.stat().st_ino] = folder
        for entry in path.iterdir():
            if entry.is_dir():
                folder.names[entry.name] = self._scanned(entry)
            else:
                content = entry.read_bytes()
                folder.names[entry.name] = self._nodes[entry.stat().st_ino] = _File(content, content)
        folder.safe = dict(folder.names)
        return folder

    def _place(self, path: Path) -> tuple[_Folder, str] | None:
        """The folder of the model that a path lies in, and its name there; None outside of the root."""
        if not path.absolute().is_relative_to(self.root):
            return None
        *above, name = path.absolute().relative_to(self.root).parts
        folder: _File | _Folder | None = self._top
        for part in above:
            folder = folder.names.get(part) if isinstance(folder, _Folder) else None
        return (folder, name) if isinstance(folder, _Folder) else None

    def _change(
        self,
        folder: _Folder,
        sets: Mapping[str, _File | _Folder],
        removes: tuple[str, ...] = (),
        call: object = None,
    ) -> None:
        change = _Change(call or object(), sets, removes)
        folder.pending.append(change)
        change.make(folder.names)

    def _unsynced(self) -> Iterator[tuple[str, object]]:
        """What may be lost alone: with words, the file or the call whose change it is."""
        for path, node in _walk(self._top):
            if isinstance(node, _File) and node.content != node.safe:
                yield f"the content of {path}", node
            elif isinstance(node, _Folder):
                for change in node.pending:
                    yield f"the change of {[*change.sets, *change.removes]} in {path or '.'}", change.call

    def _image(self, *, lost: object, everything: bool = False, share: float = 1) -> Image:
        found: dict[str, bytes | None] = {}

        def visit(folder: _Folder, path: str) -> None:
            for name, node in (folder.safe if everything else folder.without(lost)).items():
                below = f"{path}{name}"
                if isinstance(node, _Folder):
                    found[below] = None
                    visit(node, f"{below}/")
                else:
                    found[below] = node.without(share) if everything or node is lost else node.content

        visit(self._top, "")
        return found

    def _keep(self, what: str, image: Image) -> None:
        self.images.setdefault(tuple(sorted(image.items())), what)


def _walk(folder: _Folder, path: str = "") -> Iterator[tuple[str, _File | _Folder]]:
    yield path, folder
    for name, node in folder.names.items():
        if isinstance(node, _Folder):
            yield from _walk(node, f"{path}{name}/")
        else:
            yield f"{path}{name}", node


def _appends(handle: int) -> bool:
    return bool(fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_APPEND)
