"""Data of whose columns one cannot be read at all, as an error of the family."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from automl.bundle.scorer import MEND
from automl.data.read.unread import OnUnread, Unread, listed, refusal, told
from automl.errors import DataError, nearest

CLOSE = 3  # columns that a hint names


def check_unread(found: Unread, on_unread: OnUnread, where: str | None = None) -> None:
    """Refuse data of whose columns one cannot be read at all, unless they are to count as missing."""
    if on_unread == "refuse" and (wholly := refusal(found)):
        raise DataError(wholly, where=where, hint=MEND)


def accepted(found: Unread, on_unread: OnUnread) -> str:
    """Refuse such data; of every other cell that counts as missing, what is to be warned of."""
    check_unread(found, on_unread)
    return listed(told(found))


def lacking_hint(lacking: Sequence[str], there: Iterable[str], needed: Collection[str]) -> str:
    """What to do about columns that are lacking: give them, or call one that is `there` as the model knows it.

    What is `needed` itself is no other name of one.

    >>> lacking_hint(["age", "city"], ["AGE", "cities_seen", "ago"], ["age", "city", "ago"])
    "Give the columns that the model was trained on; is 'age' now called 'AGE'?"
    """
    others = [name for name in there if name not in needed]
    close = [(name, found) for name in lacking if (found := nearest(name, others))]
    guess = ", ".join(f"is {name!r} now called {found!r}" for name, found in close[:CLOSE])
    return f"Give the columns that the model was trained on{f'; {guess}?' if guess else '.'}"
