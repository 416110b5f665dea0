"""Data of whose columns one cannot be read at all, as an error of the family."""

from __future__ import annotations

from automl.bundle.scorer import MEND
from automl.data.read.unread import OnUnread, Unread, listed, refusal, told
from automl.errors import DataError


def check_unread(found: Unread, on_unread: OnUnread, where: str | None = None) -> None:
    """Refuse data of whose columns one cannot be read at all, unless they are to count as missing."""
    if on_unread == "refuse" and (wholly := refusal(found)):
        raise DataError(wholly, where=where, hint=MEND)


def accepted(found: Unread, on_unread: OnUnread) -> str:
    """Refuse such data; of every other cell that counts as missing, what is to be warned of."""
    check_unread(found, on_unread)
    return listed(told(found))
