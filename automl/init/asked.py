"""The questions in their order, each with what the data say to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from automl.data.labels import encode, fit_labels, words_for_missing
from automl.data.rows import Labels
from automl.init.joins import Joined, join_all
from automl.init.looked import Looked, Table
from automl.init.prices import MATRIX, Priced, ask_prices, check_flags
from automl.init.question import (
    NONE,
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
from automl.init.targets import Candidate, best, candidates, short
from automl.init.times import groups, prediction_time
from automl.spec import parse

SMALL = 200_000  # rows times columns up to which a search is soon through
Names = tuple[str, ...]


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
    joined: tuple[Joined, ...]
    costs: tuple[Table, Table | None] | None
    target: Answer[str]
    target_why: str
    labels: Labels
    task_why: str
    task_guessed: bool
    positive: Answer[str] | None
    positive_why: str
    act: str
    leave: str
    prices: tuple[Priced, ...]
    currency: str
    time: Told
    group: Told
    budget: Answer[str]
    latency: Answer[str]
    size: Answer[str]
    notes: tuple[str, ...]


def ask_all(looked: Looked, given: Mapping[str, str], ask: Ask) -> Asked:
    """Ask what the data cannot tell. Raises SpecError for answers that cannot be, DataError as a fit does."""
    main = _main(looked, given, ask)
    table = looked.tables[main.value]
    test = looked.tests.get(table.name)
    others = {name: other for name, other in looked.tables.items() if name != table.name}
    target, why = _target(table, test, others, ask)
    notes = list(looked.notes)
    if test is not None and target.value not in test.raw.columns:
        notes.append(f"{test.called} has no {target.value!r}: its rows are there to be scored, with automl predict")
        test = None
    labels, positive, task_why, positive_why = _labels(table, target.value, ask)
    check_flags(given, labels.task.kind)
    act, leave = _names(labels, ask) if labels.task.kind == "binary" else ("", "")
    priced = labels.task.classes <= MATRIX or "--mistake" in given
    costs = looked.costs.get(table.name) if labels.task.kind == "binary" else None
    y = encode(labels, table.raw[target.value])
    prices = ask_prices(labels, y[np.isfinite(y)], table.raw.columns, ask, act=act, leave=leave) if priced and not costs else ()
    time = _time(table, test, target.value, ask)
    joined, unmet = join_all(table, others, time.value, target.value)
    notes += [f"{other.called} is left out: none of its columns meets one of {table.called} by its values" for other in unmet]
    return Asked(
        main=table,
        main_guessed=main.guessed and bool(others),
        test=test,
        joined=tuple(joined),
        costs=costs,
        target=target,
        target_why=why,
        labels=labels,
        task_why=_task_words(task_why),
        task_guessed="objective.task" in task_why,
        positive=positive,
        positive_why=positive_why,
        act=act,
        leave=leave,
        prices=prices,
        currency=given.get("--currency", ""),
        time=time,
        group=_group(table, test, target.value, ask, timed=bool(time.value)),
        budget=_budget(table, ask),
        latency=ask(_limit("--latency", "Within which time must one row be answered, such as 5ms?", read_time)),
        size=ask(_limit("--size", "How large may the model be, such as 25MB?", read_bytes)),
        notes=tuple(notes),
    )


def _main(looked: Looked, given: Mapping[str, str], ask: Ask) -> Answer[str]:
    """The table whose rows are predicted: it has the target, or a test part, or it is so named."""
    tables = looked.tables
    if len(tables) == 1:
        return Answer(value=next(iter(tables)), guessed=True)
    having = [name for name, table in tables.items() if given.get("--target") in table.raw.columns]
    tested = [name for name in tables if name in looked.tests]
    named = [name for name in tables if name.lower() in {"main", "train", "training"}]
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


def _target(table: Table, test: Table | None, others: Mapping[str, Table], ask: Ask) -> tuple[Answer[str], str]:
    elsewhere = {name for other in others.values() for name in other.raw.columns}
    found = candidates(table, test=test.raw.columns if test else None, others=elsewhere)
    likely = best(found)
    answer = ask(
        Question(
            flag="--target",
            text="Which column is to be predicted?",
            default=likely.name if likely else None,
            read=one_of(table.raw.columns, "column"),
            choices=tuple((candidate.name, candidate.why) for candidate in found),
        )
    )
    return answer, _why_of(found, answer.value)


def _why_of(found: list[Candidate], name: str) -> str:
    return next((candidate.why for candidate in found if candidate.name == name), "")


def _labels(table: Table, target: str, ask: Ask) -> tuple[Labels, Answer[str] | None, str, str]:
    """The labels, with the one that costs money last where there are two; and why it is thought so."""
    spec = parse({"objective": {"target": target}})
    series = table.raw[target]
    absent = words_for_missing(series, spec, typed=table.typed)
    labels, said = fit_labels(series, spec, absent)
    why = {finding.check: finding.text for finding in said}
    if labels.task.kind != "binary":
        return labels, None, why.get("task", ""), ""
    y = encode(labels, series)
    share = float((y[np.isfinite(y)] == 1).mean())
    reason = "by its name" if "by its name" in why.get("positive", "") else "the rarer one"
    shares = tuple(zip(labels.texts, (f"{1 - share:.1%} of the rows", f"{share:.1%} of the rows"), strict=True))
    answer = ask(
        Question(
            flag="--positive",
            text="Which label costs money if it is overlooked?",
            default=labels.texts[1],
            read=one_of(labels.texts, "label"),
            choices=shares,
        )
    )
    if answer.value != labels.texts[1]:
        chosen = parse({"objective": {"target": target, "positive": labels.values[0]}})
        labels, _ = fit_labels(series, chosen, absent)
        share, reason = 1 - share, ""
    told = f"{short(labels.texts[1])!r} is {share:.1%} of the rows" + (f", {reason}" if answer.guessed else "")
    return labels, answer, why.get("task", ""), told


def _task_words(found: str) -> str:
    """What is said of the task, without the line that stands there already."""
    return found.partition(": ")[2].partition("; set objective.task")[0]


def _names(labels: Labels, ask: Ask) -> tuple[str, str]:
    """What is done with a row of either kind, "" where the labels say it."""
    yes, no = short(labels.texts[1]), short(labels.texts[0])
    act = ask(_word("--act", f"What do you do with a row that is {yes!r}?"))
    leave = ask(_word("--pass", f"And with one that is {no!r}?")) if act.value else act
    return act.value, leave.value


def _word(flag: str, text: str) -> Question[str]:
    """A question for the name of a decision; without one the labels are the decisions."""
    evidence = ("a word such as call or decline; it becomes the name of the decision",)
    return Question(flag=flag, text=text, default="", read=_no_word, shown=shown_or_none, evidence=evidence)


def _no_word(text: str) -> str:
    return "" if text == NONE else text.strip()


def _time(table: Table, test: Table | None, target: str, ask: Ask) -> Told:
    guess, listed = prediction_time(table, test, target)
    answer = ask(
        Question(
            flag="--time-column",
            text="Which column says when a prediction is made? Rows are judged on the latest then.",
            default=guess.columns,
            read=columns_of(table.raw.columns),
            shown=shown_columns,
            choices=tuple(listed),
            evidence=() if listed else ("no column holds dates",),
        )
    )
    return Told(value=answer.value, guessed=answer.guessed, why="; ".join(guess.evidence) if answer.guessed else "")


def _group(table: Table, test: Table | None, target: str, ask: Ask, *, timed: bool) -> Told:
    """With a time groups are not kept apart, so that none is guessed."""
    guess, listed = groups(table, test, target)
    default = () if timed else guess.columns
    answer = ask(
        Question(
            flag="--group",
            text="Which column's rows belong together, such as those of a customer? Without a time they are never split.",
            default=default,
            read=columns_of(table.raw.columns),
            shown=shown_columns,
            choices=tuple(listed),
        )
    )
    return Told(value=answer.value, guessed=answer.guessed, why="; ".join(guess.evidence) if default else "")


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


def _limit(flag: str, text: str, read: object) -> Question[str]:
    return Question(flag=flag, text=text, default="", read=read, shown=shown_or_none)  # type: ignore[arg-type]  # one of two readers
