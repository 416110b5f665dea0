"""What is to be predicted and what mistakes cost: the questions of [objective]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from automl.data.labels import encode, fit_labels, words_for_missing
from automl.data.rows import Finding, Labels
from automl.data.spelling import canonical
from automl.init.looked import Table
from automl.init.prices import MATRIX, Priced, ask_prices, check_flags
from automl.init.question import NONE, Answer, Ask, Question, one_of, shown_or_none
from automl.init.targets import best, candidates, short
from automl.spec import Spec, parse

KINDS = ("binary", "multiclass", "regression")
NEITHER = "no label and no number that varies"  # of a column that can be no target
DOUBT = "; set objective.task"  # how a kind is told that the values leave open


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """The answers; `positive` is None for other targets than those of two labels, `act` and `leave` are "" unsaid."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    labels: Labels
    positive: Answer[str] | None = None
    why: str = ""
    guessed: bool = False
    positive_why: str = ""


def ask_target(table: Table, test: Table | None, others: Mapping[str, Table], ask: Ask) -> tuple[Answer[str], str]:
    """The column to predict, and what speaks for it. Raises SpecError with the candidates where nobody knows."""
    elsewhere = {name for other in others.values() for name in other.names}
    found = candidates(table, test=test.names if test else None, others=elsewhere)
    likely = best(found)
    listed = tuple((candidate.name, candidate.why) for candidate in found)
    answer = ask(
        Question(
            flag="--target",
            text="Which column is to be predicted?",
            default=likely.name if likely else None,
            read=one_of(table.raw.columns, "column"),
            evidence=tuple(
                f"{one.called}: {one.rows:,} rows, {one.raw.width:,} columns" for one in (table, test) if one
            ),
            choices=listed or tuple((name, NEITHER) for name in table.raw.columns),
        )
    )
    return answer, next((candidate.why for candidate in found if candidate.name == answer.value), "")


def ask_aim(table: Table, target: tuple[Answer[str], str], given: Mapping[str, str], ask: Ask, *, priced: bool) -> Aim:
    """What the target is, what is done about it, and what mistakes cost; `priced` rows bring their own costs."""
    kind = _kind(table, target[0].value, given, ask)
    check_flags(given, kind.labels.task.kind)
    act, leave = _decisions(kind.labels, ask) if kind.positive else ("", "")
    few = kind.labels.task.classes <= MATRIX or "--mistake" in given
    y = encode(kind.labels, table.raw[target[0].value])
    known = y[np.isfinite(y)]
    names = table.raw.columns
    return Aim(
        target=target[0],
        target_why=target[1],
        labels=kind.labels,
        task_why=kind.why,
        task_guessed=kind.guessed,
        positive=kind.positive,
        positive_why=kind.positive_why,
        act=act,
        leave=leave,
        prices=ask_prices(kind.labels, known, names, ask, act=act, leave=leave) if few and not priced else (),
        currency=given.get("--currency", ""),
    )


def _kind(table: Table, target: str, given: Mapping[str, str], ask: Ask) -> _Kind:
    """The labels, with the one that costs money last where there are two; and why it is thought so."""
    told = {"task": one_of(KINDS, "task")(given["--task"])} if "--task" in given else {}
    spec = parse({"objective": {"target": target, **told}})
    labels, said = _fitted(table, spec)
    why = said["task"].text if "task" in said else ""
    guessed = DOUBT in why and not told
    if guessed:
        told = {"task": ask(_quantity(labels, table.raw[target])).value}
        labels, _ = _fitted(table, parse({"objective": {"target": target, **told}}))
    words = why.partition(": ")[2].partition(DOUBT)[0]
    if labels.task.kind != "binary":
        return _Kind(labels=labels, why=words, guessed=guessed)
    labels, answer, reason = _positive(table, labels, said, ask)
    return _Kind(labels=labels, positive=answer, why=words, guessed=guessed, positive_why=reason)


def _fitted(table: Table, spec: Spec) -> tuple[Labels, Mapping[str, Finding]]:
    series = table.raw[spec.objective.target]
    labels, said = fit_labels(series, spec, words_for_missing(series, spec, typed=table.typed))
    return labels, {finding.check: finding for finding in said}


def _quantity(labels: Labels, target: pl.Series) -> Question[str]:
    """Whether few whole numbers are labels."""
    numbers = sorted(canonical(target).drop_nulls().unique().cast(pl.Float64, strict=False).drop_nulls())
    return Question(
        flag="--task",
        text="Are the numbers of the target labels (multiclass) or a quantity (regression)?",
        default=labels.task.kind,
        read=one_of(KINDS, "task"),
        evidence=(f"{len(numbers)} different whole numbers: {', '.join(f'{number:g}' for number in numbers)}",),
    )


def _positive(table: Table, labels: Labels, said: Mapping[str, Finding], ask: Ask) -> tuple[Labels, Answer[str], str]:
    y = encode(labels, table.raw[labels.name])
    share = float((y[np.isfinite(y)] == 1).mean())
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
        objective = {"target": labels.name, "positive": labels.values[0]}
        labels, _ = _fitted(table, parse({"objective": objective}))
        share = 1.0 - share
    by_name = "positive" in said and "by the names" in said["positive"].text
    reason = (", and so named" if by_name else ", the rarer one") if answer.guessed else ""
    return labels, answer, f"{short(labels.texts[1])!r} is {share:.1%} of the rows{reason}"


def _decisions(labels: Labels, ask: Ask) -> tuple[str, str]:
    """What is done with a row of either kind, "" where the labels say it."""
    no, yes = (repr(short(text)) for text in labels.texts)
    act = ask(_word("--act", f"What do you do with a row that is {yes}?"))
    leave = ask(_word("--pass", f"And with one that is {no}?")) if act.value else act
    return act.value, leave.value


def _word(flag: str, text: str) -> Question[str]:
    """A question for the name of a decision; without one the labels are the decisions."""
    evidence = ("a word such as call or decline; it becomes the name of the decision",)
    return Question(flag=flag, text=text, default="", read=_no_word, shown=shown_or_none, evidence=evidence)


def _no_word(text: str) -> str:
    return "" if text == NONE else text.strip()
