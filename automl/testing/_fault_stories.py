"""What the engine writes, as four stories on a tiny table, each told with every fault of a disk in turn.

Nothing half-written may be taken for whole: after a fault the old state or the whole new one opens and verifies, the
exit code says what happened, nothing staged is left over, and the same command goes on or says why it cannot.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from automl.cli import run
from automl.errors import AutomlError, MachineError, SpecError
from automl.testing._faulty_disk import Fault, Faulty, using
from automl.testing._power_cut import Recorder

SPEC: Final = """\
[objective]
target = "label"
positive = "yes"
[data]
train = "data.csv"
[budget]
time = "100h"  # it counts from the start of this process, which may have told other stories for long
trials = 2
executor = "inline"
workers = 1
[recipe]
folds = 2
learners = ["constant", "linear"]
"""
ROWS, SCORED = 100, 70_000  # which are scored as two chunks
NUMBERS: Final = (errno.ENOSPC, errno.EIO)
FIT: Final = ("fit", "tiny.toml", "--write-anyway", "--quiet")
BUNDLE: Final = "tiny.bundle"
HOME: Final = "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A command in a folder that `prepare` filled, which makes or replaces `out`; with `again` it is gone on with."""

    name: str
    prepare: Callable[[], None]
    command: tuple[str, ...]
    out: str
    again: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A story told once without a fault: what stood there before and after, and how many calls there were."""

    story: Story
    before: Mapping[str, bytes | None]
    states: frozenset[str]
    final: str
    calls: tuple[str, ...]


def _table(rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    label = np.where(rng.random(rows) < 1 / (1 + np.exp(-2 * x)), "yes", "no")
    pl.DataFrame({"x": x, "label": label}).write_csv("data.csv")


def _spec() -> None:
    Path("tiny.toml").write_text(SPEC, encoding="utf-8")
    _table(ROWS, seed=0)


def _older() -> None:
    """The bundle of a fit of other data stands there."""
    _spec()
    said(FIT)
    _table(ROWS, seed=1)


def _stopped() -> None:
    """A run that was stopped after its first trial."""
    _spec()
    said(FIT)
    shutil.rmtree(BUNDLE)
    journal = Path("tiny.run/journal.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if json.loads(line).get("kind") == "trial")
    journal.write_bytes(b"".join(lines[: first + 1]))


def _scorable(out: str) -> Callable[[], None]:
    def prepare() -> None:
        _spec()
        said(FIT)
        shutil.rmtree("tiny.run")
        rng = np.random.default_rng(2)
        pl.DataFrame({"x": rng.normal(size=SCORED)}).write_csv("new.csv")
        pl.DataFrame({"x": rng.normal(size=10)}).write_csv("few.csv")
        said(("predict", BUNDLE, "few.csv", "-o", out))

    return prepare


def _exported(form: str, out: str) -> Callable[[], None]:
    """An older export, of the bundle of other data, stands there."""

    def prepare() -> None:
        _spec()
        said(FIT)
        said(("export", BUNDLE, "--to", form, "-o", out))
        _table(ROWS, seed=1)
        said(FIT)
        shutil.rmtree("tiny.run")

    return prepare


def _predict(out: str) -> Story:
    command = ("predict", BUNDLE, "new.csv", "-o", out, "--resume")
    return Story(name=f"predict to {out}", prepare=_scorable(out), command=command, out=out, again=command)


def _export(form: str, out: str) -> Story:
    command = ("export", BUNDLE, "--to", form, "-o", out)
    return Story(name=f"export to {form}", prepare=_exported(form, out), command=command, out=out, again=command)


STORIES: Final = (
    Story(name="fit", prepare=_spec, command=FIT, out=BUNDLE, again=(*FIT, "--resume")),
    Story(name="fit over a bundle", prepare=_older, command=FIT, out=BUNDLE, again=(*FIT, "--resume")),
    Story(name="finish", prepare=_stopped, command=(*FIT, "--resume"), out=BUNDLE, again=(*FIT, "--resume")),
    _predict("out.csv"),
    _predict("out.parquet"),
    _export("zip", "out.zip"),
    _export("docker", "out.docker"),
)


def said(command: Sequence[str]) -> int:
    """The exit code of a command; what it prints is not looked at."""
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nothing,
        contextlib.redirect_stdout(nothing),
        contextlib.redirect_stderr(nothing),
    ):
        return run(command)


@contextlib.contextmanager
def inside(root: Path) -> Iterator[None]:
    """The folder as the current one, and as the home of what is noted."""
    before = os.environ.get("XDG_DATA_HOME")
    os.environ["XDG_DATA_HOME"] = str(root / HOME)
    with contextlib.chdir(root):
        try:
            yield
        finally:
            os.environ.pop("XDG_DATA_HOME")
            if before is not None:
                os.environ["XDG_DATA_HOME"] = before


def told(story: Story, root: Path) -> Told:
    """Tell a story without a fault in the folder `root`."""
    story.prepare()
    before, old = tree(root), state(story.out)
    watched = Faulty()
    with using(watched):
        code = said(story.command)
    assert code == 0, f"{story.name}: exit code {code} without a fault"
    final = state(story.out)
    return Told(story=story, before=before, states=frozenset({old, final}), final=final, calls=tuple(watched.calls))


def faults(story: Told) -> list[Fault]:
    """Every call with each error, once and from then on."""
    points = range(len(story.calls))
    once = [Fault(at=at, number=number) for at in points for number in NUMBERS]
    return once + [Fault(at=at, number=errno.ENOSPC, lasting=True) for at in points]


def try_fault(story: Told, root: Path, fault: Fault) -> str:
    """What was lost in a story with a fault, in words; "" where nothing was."""
    put(root, story.before)
    watched = Faulty(fault)
    with using(watched):
        code = said(story.story.command)
    if code not in {0, MachineError.exit_code}:
        return f"exit code {code}"
    found = state(story.story.out)
    if found not in story.states or (code == 0 and found != story.final):
        return f"{found} stands there after exit code {code}"
    hit = story.calls[fault.at]
    if not hit.startswith("remove") and code and (left := staged(root, parts=False)):
        return f"left over: {left}"
    return gone_on(story, root)


def cuts(story: Told, root: Path) -> dict[tuple[tuple[str, bytes | None], ...], str]:
    """What a power cut may leave in a story, with words for each."""
    put(root, story.before)
    recorder = Recorder(root)
    with using(recorder):
        code = said(story.story.command)
    assert code == 0, f"{story.story.name}: exit code {code} while its calls were noted"
    return recorder.images


def try_cut(story: Told, root: Path, image: Mapping[str, bytes | None]) -> str:
    """What was lost by a power cut that left `image`; "" where nothing was."""
    put(root, image)
    found = state(story.story.out)
    if found not in story.states:
        return f"{found} stands there"
    return gone_on(story, root)


def gone_on(story: Told, root: Path) -> str:
    """What is wrong with the same command, given again; "" where it ends as without a fault."""
    code = said(story.story.again)
    if code == SpecError.exit_code and "--resume" in story.story.again:  # it says why it cannot go on
        code = said([word for word in story.story.again if word != "--resume"])
    if code != 0:
        return f"exit code {code} when given again"
    found = state(story.story.out)
    if found != story.final:
        return f"{found} when given again"
    if left := staged(root):
        return f"left over when given again: {left}"
    return ""


def state(out: str) -> str:
    """What stands at `out`: nothing, a bundle or an export by what it holds, or words of what is wrong with it."""
    path = Path(out)
    if not path.exists():
        return "nothing"
    if path.suffix in {".bundle", ".zip"}:
        from automl.bundle.verify import verify

        try:
            return verify(path).content_hash
        except AutomlError as error:
            return f"no whole bundle ({error})"
    return str(hash(tuple(sorted(tree(path).items())) if path.is_dir() else path.read_bytes()))


def staged(root: Path, *, parts: bool = True) -> list[str]:
    """What only a command that runs may leave beside its output; with `parts` those that a later one goes on with."""
    ours = [path.name for path in root.iterdir() if path.name.startswith(".")]
    return sorted(name for name in ours if parts or not name.endswith(".parts"))


def tree(root: Path) -> dict[str, bytes | None]:
    """The content of all files below a folder by path; None is a folder."""
    return {
        path.relative_to(root).as_posix(): None if path.is_dir() else path.read_bytes()
        for path in sorted(root.rglob("*"))
    }


def put(root: Path, content: Mapping[str, bytes | None]) -> None:
    """Let a folder hold this, and nothing else."""
    for entry in root.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    for name, piece in sorted(content.items()):
        if piece is None:
            (root / name).mkdir()
        else:
            (root / name).write_bytes(piece)
