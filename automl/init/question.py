"""What only people know: a question with its default, the evidence for it, and the flag that answers it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from automl.errors import SpecError, nearest
from automl.spec.units import read_duration, read_size

T = TypeVar("T")
NONE = "none"  # what says that there is no such column, and no limit
LISTED = 12  # choices that are shown at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Generic[T]):
    """One question. `read` makes an answer of words and raises ValueError; `shown` writes a default as words.

    `default` is None where the data suggest nothing. `choices` are pairs of an answer and what speaks for it.
    """

    flag: str
    text: str
    default: T | None
    read: Callable[[str], T]
    shown: Callable[[T], str] = str
    evidence: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[T]):
    """An answer; `guessed` where nobody gave it."""

    value: T
    guessed: bool


class Ask(Protocol):
    """Whoever answers questions."""

    def __call__(self, question: Question[T]) -> Answer[T]:
        """The answer to one question. Raises SpecError where there is none."""


def by_default(question: Question[T]) -> Answer[T]:
    """What the data suggest, without asking anybody. Raises SpecError with the choices where they suggest nothing."""
    if question.default is None:
        listed = "\n  ".join(f"{name}: {why}" if why else name for name, why in question.choices[:LISTED])
        more = f"\n  and {len(question.choices) - LISTED:,} more" if len(question.choices) > LISTED else ""
        hint = f"give {question.flag}; what there is:\n  {listed}{more}" if listed else f"give {question.flag}"
        raise SpecError(f"the data do not tell: {question.text}", where=question.flag, hint=hint)
    return Answer(value=question.default, guessed=True)


def answering(given: Mapping[str, str], otherwise: Ask) -> Ask:
    """Answers by the flags that were `given`, and by `otherwise` where there is none."""

    def ask(question: Question[T]) -> Answer[T]:
        if question.flag not in given:
            return otherwise(question)
        try:
            return Answer(value=question.read(given[question.flag]), guessed=False)
        except ValueError as error:
            raise SpecError(str(error), where=question.flag) from None

    return ask


def one_of(names: Iterable[str], what: str) -> Callable[[str], str]:
    """Reads one of the names, or tells the nearest."""
    known = list(names)

    def read(text: str) -> str:
        if text in known:
            return text
        close = nearest(text, known)
        hint = f"did you mean {close!r}?" if close else f"there are {', '.join(map(repr, known[:LISTED]))}"
        raise ValueError(f"there is no {what} {text!r}; {hint}")

    return read


def columns_of(names: Iterable[str]) -> Callable[[str], tuple[str, ...]]:
    """Reads a column, several with commas between them, or "none"."""
    one = one_of(names, "column")

    def read(text: str) -> tuple[str, ...]:
        if text == NONE:
            return ()
        try:
            return (one(text),)
        except ValueError:
            if "," not in text:
                raise
            return tuple(one(part.strip()) for part in text.split(","))

    return read


def shown_columns(names: tuple[str, ...]) -> str:
    """Columns as `columns_of` reads them.

    >>> shown_columns(("year", "month")), shown_columns(())
    ('year,month', 'none')
    """
    return ",".join(names) or NONE


def read_time(text: str) -> str:
    """A time as a spec has it, or "none".

    >>> read_time("5ms"), read_time("none")
    ('5ms', '')
    """
    return _checked(text, read_duration)


def read_bytes(text: str) -> str:
    """A size as a spec has it, or "none"."""
    return _checked(text, read_size)


def shown_or_none(text: str) -> str:
    """A limit as it is typed."""
    return text or NONE


def _checked(text: str, read: Callable[[object], object]) -> str:
    if text == NONE:
        return ""
    read(text)
    return text
