"""All questions in their order, each with what the data say to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from automl.init.aim import Aim, ask_aim, ask_target
from automl.init.joins import Joined, join_all
from automl.init.looked import Looked, Table
from automl.init.question import (
    Answer,
    Ask,
    Question,
    columns_of,
    one_of,
    read_bytes,
    read_time,
    shown_columns,
    shown_or_none,
)
from automl.init.times import Guess, groups, prediction_time

SMALL = 200_000  # rows times columns up to which a search is soon through
MAINS = frozenset({"main", "train", "training"})
Names = tuple[str, ...]
Listed = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Columns that were answered, and why where nobody said them."""

    value: Names
    guessed: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """All that was answered. `test` is None where none lies beside that has the target."""

    main: Table
    main_guessed: bool
    test: Table | None
    costs: tuple[Table, Table | None] | None
    aim: Aim
    time: Told
    group: Told
    joined: tuple[Joined, ...]
    budget: Answer[str]
    latency: Answer[str]
    size: Answer[str]
    notes: tuple[str, ...]


def ask_all(looked: Looked, given: Mapping[str, str], ask: Ask) -> Asked:
    """Ask what the data cannot tell. Raises SpecError for answers that cannot be, DataError as a fit does."""
    main = _main(looked, given, ask)
    table = looked.tables[main.value]
    others = {name: other for name, other in looked.tables.items() if name != table.name}
    target, why = ask_target(table, looked.tests.get(table.name), others, ask)
    test, notes = _judged(looked.tests.get(table.name), target.value)
    costs = looked.costs.get(table.name)
    aim = ask_aim(table, (target, why), given, ask, priced=costs is not None)
    time = _time(table, test, target.value, ask, alone=not others)
    group = _group(table, test, target.value, ask, timed=bool(time.value))
    joined, unmet = join_all(table, others, time.value, target.value)
    return Asked(
        main=table,
        main_guessed=main.guessed and bool(others),
        test=test,
        costs=costs,
        aim=aim,
        time=time,
        group=group,
        joined=tuple(joined),
        budget=_budget(table, ask),
        latency=ask(_limit("--latency", "Within which time must one row be answered, such as 5ms?", read_time)),
        size=ask(_limit("--size", "How large may the model be, such as 25MB?", read_bytes)),
        notes=(*looked.notes, *notes, *(_unmet(other, table) for other in unmet)),
    )


def _main(looked: Looked, given: Mapping[str, str], ask: Ask) -> Answer[str]:
    """The table whose rows are predicted: it has the target, or a test part, or it is so named."""
    tables = looked.tables
    if len(tables) == 1:
        return Answer(value=next(iter(tables)), guessed=True)
    having = [name for name, table in tables.items() if given.get("--target") in table.names]
    tested = [name for name in tables if name in looked.tests]
    named = [name for name in tables if name.lower() in MAINS]
    likely = next((names[0] for names in (having, tested, named) if len(names) == 1), None)
    return ask(
        Question(
            flag="--main",
            text="Which table has one row for each prediction?",
            default=likely,
            read=one_of(tables, "table"),
            choices=tuple((name, f"{table.rows:,} rows, {table.raw.width} columns") for name, table in tables.items()),
        )
    )


def _judged(test: Table | None, target: str) -> tuple[Table | None, list[str]]:
    """The test part, if it has the target; else what its rows are there for."""
    if test is None or target in test.names:
        return test, []
    return None, [f"{test.called} has no {target!r}: its rows are there to be scored, with automl predict"]


def _unmet(table: Table, main: Table) -> str:
    return f"{table.called} is left out: none of its columns meets one of {main.called} by its values"


def _time(table: Table, test: Table | None, target: str, ask: Ask, *, alone: bool) -> Told:
    guess, listed = prediction_time(table, test, target, alone=alone)
    text = "Which column says when a prediction is made? The model is judged on the latest rows then."
    return _columns(table, "--time-column", text, guess, listed or [("none", "no column holds dates")], ask)


def _group(table: Table, test: Table | None, target: str, ask: Ask, *, timed: bool) -> Told:
    """With a time groups are not kept apart, so that none is guessed."""
    guess, listed = groups(table, test, target)
    text = "Whose rows belong together, such as a customer's? Without a time they are never split."
    return _columns(table, "--group", text, Guess() if timed else guess, listed, ask)


def _columns(table: Table, flag: str, text: str, guess: Guess, listed: Listed, ask: Ask) -> Told:
    answer = ask(
        Question(
            flag=flag,
            text=text,
            default=guess.columns,
            read=columns_of(table.raw.columns),
            shown=shown_columns,
            choices=tuple(listed),
        )
    )
    own = answer.value == guess.columns
    return Told(value=answer.value, guessed=answer.guessed, why="; ".join(guess.evidence) if own else "")


def _budget(table: Table, ask: Ask) -> Answer[str]:
    small = table.rows * table.raw.width <= SMALL
    return ask(
        Question(
            flag="--budget",
            text="How long may the search take?",
            default="2min" if small else "10min",
            read=read_time,
            evidence=(f"{table.rows:,} rows, {table.raw.width:,} columns",),
        )
    )


def _limit(flag: str, text: str, read: Callable[[str], str]) -> Question[str]:
    return Question(flag=flag, text=text, default="", read=read, shown=shown_or_none)
