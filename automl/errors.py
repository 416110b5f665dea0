"""Every error the engine raises on purpose: what happened, where, what to do next, and its exit code."""

from __future__ import annotations

import difflib
import errno
import signal
import unicodedata
from collections.abc import Iterable

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG})  # of an OSError: the disk, and no bug
LONGEST = 500  # characters of a name, or of what a client is told
CHAMPION_STAYS = 9  # the exit code of a retraining after which nothing has changed: no error, and no success
MOST = 20_000  # characters of any error: a value of megabytes that stands in one is not echoed


class AutomlError(Exception):
    """The root of the family. An `AutomlError` that is no subclass is a bug of ours (exit code 1).

    `what` is one sentence, `where` a path such as ``fraud.toml:9 limits.latency_p99``,
    `hint` says what the reader can do next and may have lines. Control characters are made harmless.
    """

    exit_code: int = 1

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        self.what = one_line(clipped(what, MOST))
        self.where = one_line(clipped(where, MOST)) if where else None
        self.hint = printable(clipped(hint, MOST)) if hint else None
        super().__init__(str(self))

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  {self.hint}" if self.hint else head

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process borders; keyword-only arguments need a hand."""
        return (_rebuild, (type(self), self.what, self.where, self.hint))


class SpecError(AutomlError):
    """The spec, an option or a name in it is wrong."""

    exit_code = 2


class DataError(AutomlError):
    """The data cannot be used as it is."""

    exit_code = 3


class LimitRefusal(AutomlError):
    """A limit or a requirement cannot be kept, so there is no bundle."""

    exit_code = 4


class VerdictRefusal(AutomlError):
    """Deploying is not shown to be worth more than the best trivial policy."""

    exit_code = 5


class MachineError(AutomlError):
    """The machine failed us: memory, disk, a run folder in use. The run can be resumed."""

    exit_code = 6


class BundleError(AutomlError):
    """A bundle failed its check and was not used."""

    exit_code = 7


class Stopped(AutomlError):
    """Ctrl-C or SIGTERM, or (None) the listener; the run can be resumed. `exit_code` is 128 + the signal's number."""

    def __init__(self, signal_number: int | None, *, hint: str | None = None) -> None:
        self.signal_number = signal_number
        self.exit_code = 128 + (signal.SIGINT if signal_number is None else signal_number)
        by = "the listener" if signal_number is None else f"signal {signal_number}"
        super().__init__(f"stopped by {by}", hint=hint)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild_stopped, (self.signal_number, self.hint))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to `name`, or None if nothing is close.

    >>> nearest("xgbost", ["lightgbm", "xgboost"]), nearest("cat", ["date", "category"])
    ('xgboost', 'category')
    """
    if len(name) > LONGEST:  # no name that anybody mistyped, and comparing would take seconds
        return None
    by_small = {candidate.lower(): candidate for candidate in known}
    begun = [candidate for candidate in by_small if len(name) > 1 and candidate.startswith(name.lower())]
    found = begun if len(begun) == 1 else difflib.get_close_matches(name.lower(), by_small, n=1, cutoff=0.5)
    return by_small[found[0]] if found else None


def clipped(text: str, most: int = LONGEST) -> str:
    """`text`, or its begin and its end around what is left out: a name of megabytes is not echoed.

    >>> clipped("no column 'aaaaaaaaaaaaaaaaaaaa' is known", 24)
    "no column '... is known"
    """
    half = (most - 3) // 2
    return text if len(text) <= most else f"{text[: most - 3 - half]}...{text[-half:]}"


def printable(text: str) -> str:
    """`text` with control and format characters escaped, so that no value can forge a log line (S08)."""
    return "".join(
        c if c in "\n\t" or unicodedata.category(c)[0] != "C" else c.encode("unicode_escape").decode() for c in text
    )


def one_line(text: str) -> str:
    r"""`printable` text whose line breaks are escaped too.

    >>> print(one_line("a\nb"))
    a\nb
    """
    return printable(text).replace("\n", "\\n")


def _rebuild(kind: type[AutomlError], what: str, where: str | None, hint: str | None) -> AutomlError:
    return kind(what, where=where, hint=hint)


def _rebuild_stopped(signal_number: int | None, hint: str | None) -> Stopped:
    return Stopped(signal_number, hint=hint)
