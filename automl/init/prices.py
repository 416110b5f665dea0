"""What each kind of mistake costs, asked in plain words, with a placeholder that favours no policy."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Labels
from automl.errors import SpecError
from automl.init.question import Answer, Ask, Question, one_of
from automl.init.targets import short
from automl.spec.expressions import parse_expression

Price = int | float | str
Floats = NDArray[np.float64]
FLAGS: Mapping[str, tuple[str, ...]] = {
    "binary": ("--positive", "--act", "--pass", "--false-positive", "--false-negative"),
    "multiclass": ("--mistake",),
    "regression": ("--under", "--over"),
}
MATRIX = 10  # labels up to which a matrix of costs can be read
PLACEHOLDER = "a placeholder: put your own money here"
BALANCED = f"{PLACEHOLDER}. Both together make acting on every row as dear as acting on none"


_OF = {"binary": "two labels", "multiclass": "several labels", "regression": "numbers"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """One kind of mistake: its key in the costs, its price and who said it, and what it is in words."""

    key: str
    price: Answer[Price]
    meaning: str
    placeholder: str


def check_flags(given: Collection[str], kind: str) -> None:
    """Raise SpecError for a flag that is for another kind of target."""
    for other, flags in FLAGS.items():
        if other != kind and (wrong := [flag for flag in flags if flag in given]):
            what = f"this is for {_OF[other]}, and the target has {_OF[kind]}"
            raise SpecError(what, where=wrong[0], hint="leave it out, or give another --target")


def ask_prices(
    labels: Labels, y: Floats, columns: Collection[str], ask: Ask, *, act: str = "", leave: str = ""
) -> tuple[Priced, ...]:
    """What each mistake costs; `act` and `leave` are what is done with rows, `y` [n] the target where there is one.

    A price is a number or an expression over `columns`. The placeholders for two labels make acting on all rows as dear
    as acting on none: if either were plainly right, nobody would ask for a model.
    """
    if labels.task.kind == "binary":
        no, yes = (repr(short(text)) for text in labels.texts)
        share = float((y == 1).mean())
        wrongly = (
            max(1, _rounded(share / (1.0 - share))),
            f"a row is {no}, and you treat it as {yes}{_in_brackets(act)}",
        )
        missed = (
            max(1, _rounded((1.0 - share) / share)),
            f"a row is {yes}, and you treat it as {no}{_in_brackets(leave)}",
        )
        asked = {"false_positive": (*wrongly, BALANCED), "false_negative": (*missed, BALANCED)}
    elif labels.task.kind == "multiclass":
        asked = {"mistake": (1, "a row gets a wrong label", PLACEHOLDER)}
    else:
        asked = {
            "under": (1, "a prediction is one unit too low", PLACEHOLDER),
            "over": (1, "a prediction is one unit too high", PLACEHOLDER),
        }
    return tuple(
        Priced(key=key, price=_asked(key, default, meaning, columns, ask), meaning=meaning, placeholder=placeholder)
        for key, (default, meaning, placeholder) in asked.items()
    )


def _asked(key: str, default: int, meaning: str, columns: Collection[str], ask: Ask) -> Answer[Price]:
    evidence = ("in money; or an expression over columns, such as amount * 0.8 + 5",)
    question: Question[Price] = Question(
        flag=f"--{key.replace('_', '-')}",
        text=f"What does this cost: {meaning}?",
        default=default,
        read=lambda text: _price(text, columns),
        evidence=evidence,
    )
    return ask(question)


def _price(text: str, columns: Collection[str]) -> Price:
    try:
        number = float(text)
    except ValueError:
        return _expression(text, columns)
    if not math.isfinite(number):
        raise ValueError(f"expected an amount of money, got {text}")
    return int(number) if number.is_integer() else number


def _expression(text: str, columns: Collection[str]) -> str:
    try:
        named = parse_expression(text, where="").columns
    except SpecError:
        what = "expected a number or an expression over columns such as amount * 0.8 + 5"
        raise ValueError(f"{what}, got {short(text)!r}") from None
    for name in named:
        one_of(columns, "column")(name)
    return text


def _rounded(number: float) -> int:
    """To two digits: a placeholder looks like one."""
    return int(float(f"{number:.1e}"))


def _in_brackets(text: str) -> str:
    return f" ({short(text)})" if text else ""
