"""From data to a commented spec: find the files, look at them, ask what only people know, write why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from automl import disk
from automl.errors import SpecError
from automl.init.asked import ask_all
from automl.init.database import check_query, is_database, look_at_database
from automl.init.draft import Part, toml, values
from automl.init.found import find
from automl.init.looked import look
from automl.init.question import Ask, answering
from automl.init.seen import Seen, see
from automl.init.written import head, parts_of
from automl.spec import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A spec as text that passes `automl check`; `guessed` are its keys that nobody has said, `notes` what was seen."""

    text: str
    guessed: tuple[str, ...]
    notes: tuple[str, ...]


def begin(data: Sequence[Path], out: Path, given: Mapping[str, str], otherwise: Ask) -> Begun:
    """A spec for `data`, to stand at `out`; `given` are answers by flag, `otherwise` gives those that are left.

    Raises DataError for data that a fit would refuse, SpecError for answers that cannot be.
    """
    database = [path for path in data if is_database(path)]
    check_query(data, database, given)
    looked = look_at_database(data[0], given) if database else look(find(data))
    asked = ask_all(looked, given, answering(given, otherwise))
    draft = parts_of(asked, Seen(), out.parent)
    seen = see(parse(values(draft), base=out.parent), asked)
    parts = parts_of(asked, seen, out.parent)
    parse(values(parts), base=out.parent)
    return Begun(text=toml(parts, head(out, asked)), guessed=_guessed(parts), notes=asked.notes)


def check_out(out: Path) -> None:
    """Refuse a place where something stands, before anything is asked. Raises SpecError."""
    if out.exists() or out.is_symlink():
        raise SpecError("this exists, and it is not replaced", where=str(out), hint="Name another place with -o.")
    if not out.parent.is_dir():
        raise SpecError(
            "there is no such folder", where=str(out.parent), hint="Make it, or name another place with -o."
        )


def write(begun: Begun, out: Path) -> None:
    """Put the spec at `out`, whole or not at all, where nothing stands. Raises SpecError and MachineError."""
    check_out(out)
    disk.put(out, begun.text.encode())


def _guessed(parts: Sequence[Part]) -> tuple[str, ...]:
    return tuple(
        ".".join((*part.path, line.key)) for part in parts for line in part.lines if line.live and line.guessed
    )
