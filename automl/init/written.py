"""From answers to the sections of a spec, each line with its reason."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from automl.addresses import address_of
from automl.data.cost_files import ROW_ORDER
from automl.data.infer.name_hints import words
from automl.data.tables.checks import MAIN
from automl.init.aim import Aim
from automl.init.asked import Asked, Told
from automl.init.draft import GUESSED, Line, Part
from automl.init.joins import Joined
from automl.init.looked import Table
from automl.init.prices import Priced
from automl.init.seen import Seen
from automl.spec.costs import FORMS

INITIALS = {"fp": "false_positive", "fn": "false_negative", "tp": "true_positive", "tn": "true_negative"}


def head(out: Path, asked: Asked) -> tuple[str, ...]:
    """What stands above the spec."""
    main = asked.main
    return (
        f"What automl is to build from {main.called}: {main.rows:,} rows, {main.raw.width:,} columns.",
        'Made by `automl init`; each line says why it is there. What begins with "guessed" nobody has said: the data',
        "suggest it, so look at those lines first. What stands behind # is a proposal.",
        f"Next: automl explore {out.name}, then automl fit {out.name}",
    )


def parts_of(asked: Asked, seen: Seen, base: Path) -> tuple[Part, ...]:
    """The sections of the spec, in the order in which people read them; paths are relative to `base` where they can."""
    return (
        Part(path=("objective",), lines=tuple(_objective(asked.aim))),
        *_costs(asked, base),
        Part(path=("data",), lines=tuple(_data(asked, seen, base))),
        *(_table(joined, base, timed=bool(asked.time.value)) for joined in asked.joined),
        Part(path=("budget",), lines=(_budget(asked),)),
        Part(
            path=("limits",),
            why="What the finished model may cost to run. A limit that fails: no bundle.",
            lines=tuple(_limits(asked)),
        ),
    )


def _objective(aim: Aim) -> Iterator[Line]:
    target = aim.target
    why = f"What is predicted. {sentence(aim.target_why)}"
    yield Line(key="target", value=target.value, why=why, guessed=target.guessed)
    yield Line(key="task", value=aim.labels.task.kind, why=sentence(aim.task_why), guessed=aim.task_guessed)
    if aim.positive is None:
        return
    why = f"The label that costs money if it is overlooked: {aim.positive_why}."
    yield Line(key="positive", value=aim.labels.values[1], why=why, guessed=aim.positive.guessed)
    named = {"act": aim.act} | ({"pass": aim.leave} if aim.leave else {})
    why = "What is done with a row: the decisions of the output. Without it they are called as the labels are."
    proposed = {"act": "call", "pass": "leave alone"}
    yield Line(key="names", value=named if aim.act else proposed, why=why, live=bool(aim.act))


def _costs(asked: Asked, base: Path) -> Iterator[Part]:
    """What mistakes cost; nothing where there are more labels than a person can read a table of."""
    aim = asked.aim
    if asked.costs is not None and (named := _cost_columns(asked.costs[0])):
        yield _cost_file(asked.costs, named, base)
    elif aim.labels.task.kind == "multiclass" and aim.prices:
        yield _matrix(aim.labels.texts, aim.prices[0])
    elif aim.prices:
        why = "What each mistake costs in money; the decisions follow from it, and whether the model is worth it."
        lines = [
            Line(key=priced.key, value=priced.price.value, why=_meaning(priced), guessed=priced.price.guessed)
            for priced in aim.prices
        ]
        yield Part(path=("objective", "costs"), why=why, lines=(*lines, _currency(aim.currency)))


def _matrix(texts: Sequence[str], priced: Priced) -> Part:
    wrong = priced.price.value
    lines = tuple(
        Line(key=truth, value={answer: 0 if answer == truth else wrong for answer in texts}) for truth in texts
    )
    why = f"A row for each true label, in it what each answer costs. {_meaning(priced)}"
    guessed = priced.price.guessed
    return Part(path=("objective", "costs", "matrix"), why=f"{GUESSED if guessed else ''}{why}", lines=lines)


def _meaning(priced: Priced) -> str:
    return f"{sentence(priced.meaning)}{f' This is {priced.placeholder}.' if priced.price.guessed else ''}"


def _currency(given: str) -> Line:
    return Line(key="currency", value=given or "EUR", why="The unit of all amounts.", live=bool(given))


def _cost_columns(table: Table) -> dict[str, str]:
    """The columns of a file of costs by what they price."""
    found = {}
    for name in table.raw.columns:
        said = words(name)
        key = next((INITIALS[word] for word in said if word in INITIALS), "_".join(said[-2:]))
        if key in FORMS["binary"]:
            found[key] = name
    return found if {"false_positive", "false_negative"} <= set(found) else {}


def _cost_file(costs: tuple[Table, Table | None], named: dict[str, str], base: Path) -> Part:
    train, test = costs
    files = {"train": _path(train, base)} | ({"test": _path(test, base)} if test else {})
    why = f"Each row has its own prices: {train.called} has as many rows, in the same order."
    lines = [Line(key=key, value=name) for key, name in named.items()]
    lines += [Line(key="table", value=files), Line(key="by", value=ROW_ORDER)]
    return Part(path=("objective", "costs"), why=why, lines=tuple(lines))


def _data(asked: Asked, seen: Seen, base: Path) -> Iterator[Line]:
    yield Line(key="train", value=_path(asked.main, base), why="The rows to learn from.", guessed=asked.main_guessed)
    if asked.test is not None:
        why = f"{asked.test.called} lies beside it and has the target: the model is judged on it."
        yield Line(key="test", value=_path(asked.test, base), why=why, guessed=True)
    elif seen.split:
        yield Line(key="test", value="test.csv", why=f"The rows to judge on. Without it: {seen.split}", live=False)
    yield from _time(asked.time)
    if asked.group.value:
        why = f"Rows that belong together and are never split. {asked.group.why}"
        yield Line(key="group", value=asked.group.value[0], why=why, guessed=asked.group.guessed)
    yield from _columns(
        "key", seen.keys, "Columns that tell rows apart: passed through to the answers, never learned from."
    )
    yield from _columns("outcomes", seen.outcomes, "Columns that are known only afterwards: never learned from.")
    if seen.doubts:
        told = f"Look whether these are known when a prediction is made; if not, put them here. {_reasons(seen.doubts)}"
        yield Line(key="exclude", value=[name for name, _ in seen.doubts], why=told, live=False)


def _time(time: Told) -> Iterator[Line]:
    if not time.value:
        return
    why = f"When a prediction is made: the model is judged on the latest rows. {sentence(time.why) if time.why else ''}"
    yield Line(
        key="time", value=list(time.value) if len(time.value) > 1 else time.value[0], why=why, guessed=time.guessed
    )
    later = "How long after its time the label of a row is known; past labels are used then, and none too early."
    yield Line(key="horizon", value="30d", why=later, live=False)


def _table(joined: Joined, base: Path, *, timed: bool) -> Part:
    """Another table: its file, its key, and from when on its rows are known."""
    ways = [dict(way) for way in joined.ways]
    lines = [
        Line(key="path", value=_path(joined.table, base)),
        Line(
            key="on", value=ways[0] if len(ways) == 1 else ways, why=f"Matched by values: {joined.why}.", guessed=True
        ),
    ]
    if joined.to != MAIN:
        lines.append(Line(key="to", value=joined.to, why="The main table has no such column.", guessed=True))
    if joined.time:
        why = "A row is known from here on: what is later than a prediction is not used for it."
        lines.append(Line(key="time", value=joined.time, why=why, guessed=True, live=timed or joined.to != MAIN))
    if joined.leave_out:
        why = "The target stands in this table, too, and nothing says when it is known."
        lines.append(Line(key="exclude", value=list(joined.leave_out), why=why, guessed=True))
    return Part(path=("data", "tables", joined.table.name), lines=tuple(lines))


def _columns(key: str, found: Sequence[tuple[str, str]], why: str) -> Iterator[Line]:
    if found:
        yield Line(key=key, value=[name for name, _ in found], why=f"{why} {_reasons(found)}", guessed=True)


def _reasons(found: Sequence[tuple[str, str]]) -> str:
    return " ".join(sentence(why) for _, why in found)


def _budget(asked: Asked) -> Line:
    why = "Wall-clock time of the whole fit; more of it rarely makes a worse model."
    return Line(key="time", value=asked.budget.value, why=why, guessed=asked.budget.guessed)


def _limits(asked: Asked) -> Iterator[Line]:
    latency, size = asked.latency.value, asked.size.value
    yield Line(
        key="latency_p99",
        value=latency or "5ms",
        why="99 of 100 single rows are answered within this time.",
        live=bool(latency),
    )
    yield Line(key="size", value=size or "25MB", why="Bytes of the files that scoring reads.", live=bool(size))


def _path(table: Table, base: Path) -> object:
    """A path relative to the spec where it lies below, else absolute; a query as it is."""
    if not isinstance(table.where, Path):
        return table.where.model_dump(exclude_none=True)
    if address := address_of(table.where):
        return str(address)
    whole, top = Path(os.path.abspath(table.where)), Path(os.path.abspath(base))  # noqa: PTH100  # a glob is no file
    return str(whole.relative_to(top) if whole.is_relative_to(top) else whole)


def sentence(text: str) -> str:
    """A finding as a sentence of its own.

    >>> sentence("the last column")
    'The last column.'
    """
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}" if text else ""
