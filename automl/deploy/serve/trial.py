"""A challenger that answers a share of requests, beside the champion, whose answer is held against its own."""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl

from automl.bundle.manifest import Target
from automl.bundle.stakes import Stakes, stakes_of
from automl.data.spelling import spelled
from automl.deploy.serve.model import Model, Reply
from automl.deploy.serve.refusal import Refusal, gone_away
from automl.deploy.serve.rows import Row
from automl.names import inside
from automl.spec import parse
from automl.watch.keys import key_text, key_texts

Ask = Callable[[Model], Reply]
Raw = Sequence[Row] | pl.DataFrame
MOST: Final = 20_000  # rows that wait for a label
LATE: Final = 0.01  # of the answers may be late: the limit is that of the 99th percentile


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a challenger did: rows it answered, those on which the champion decides otherwise, and their regret.

    `failed` are requests that it refused and the champion answered. Of `timed` single rows `slow` took longer than the
    spec lets them.
    """

    rows: int = 0
    changed: int = 0
    regret: float = 0.0
    failed: int = 0
    timed: int = 0
    slow: int = 0

    def add(self, other: Tally) -> None:
        """Count on."""
        for name, count in asdict(other).items():
            setattr(self, name, getattr(self, name) + count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A row on which the two disagree, whose label is not known: the decisions, and the `regret` that it counts at."""

    raw: pl.DataFrame
    taken: object
    instead: object
    regret: float


@dataclass(slots=True, kw_only=True)
class Trial:
    """`share` of requests are the `challenger`'s; what comes of it is counted in `tally`, until it is taken.

    `open` are rows by their keys that wait for a label; those beyond `MOST` count at their largest regret for good.
    """

    champion: Model
    challenger: Model
    share: float
    stakes: Stakes | None
    limit: float | None
    tally: Tally = field(default_factory=Tally)
    open: dict[str, Open] = field(default_factory=dict)
    since: str = ""
    clock: Callable[[], float] = time.perf_counter
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, champion: Model, challenger: Model, share: float, since: str) -> Trial:
        """The trial of a challenger: money as the champion's spec has it, the limit of its own."""
        return cls(
            champion=champion,
            challenger=challenger,
            share=share,
            stakes=stakes_of(champion.bundle),
            limit=parse(challenger.bundle.spec).limits.latency_p99,
            since=since,
        )

    def takes(self, rows: Sequence[Row] | None, request_id: str) -> bool:
        """Whether a request is the challenger's: by the key of its only row, else by its id; the same key, the same."""
        name = self._keys(rows)[0] if rows is not None and len(rows) == 1 else None
        digest = hashlib.sha256((name or request_id).encode()).digest()
        return int.from_bytes(digest[:8]) < self.share * 2**64

    def answer(self, ask: Ask) -> tuple[Model, Reply]:
        """The challenger's reply, or the champion's where the challenger has none; and whose it is.

        What the champion refuses is refused.
        """
        before = _checked(self.champion, ask)
        started = self.clock()
        try:
            after = _checked(self.challenger, ask)
        except Refusal as refusal:
            if refusal.status == gone_away().status:
                raise
            self._add(Tally(failed=1))
            return self.champion, before
        except Exception:  # noqa: BLE001  # whatever a challenger does, nobody is left without an answer
            self._add(Tally(failed=1))
            return self.champion, before
        self._count(before, after, self.clock() - started)
        return self.challenger, after

    def take(self) -> Tally:
        """What was counted since the last time."""
        with self.lock:
            found, self.tally = self.tally, Tally()
        return found

    def take_over(self, before: Trial) -> None:
        """Go on where the trial of the same canary has stopped."""
        self.open.update(before.open)
        self._add(before.take())

    def waiting(self) -> list[str]:
        """The keys whose labels matter."""
        with self.lock:
            return list(self.open)

    def settle(self, labels: Mapping[str, str]) -> None:
        """Let rows of these keys count at what they lost, or gained, now that their labels are known."""
        stakes = self.stakes
        for key in labels.keys() & set(self.waiting()):
            with self.lock:
                row = self.open.pop(key)
            if stakes is None:
                continue
            y = np.array([_truth(self.champion.bundle.manifest.target, labels[key])])
            lost = stakes.paid(row.raw, [row.taken], y) - stakes.paid(row.raw, [row.instead], y)
            if math.isfinite(lost[0]):
                self._add(Tally(regret=float(lost[0]) - row.regret))

    def _add(self, tally: Tally) -> None:
        with self.lock:  # large requests are answered in a thread of their own
            self.tally.add(tally)

    def _count(self, before: Reply, after: Reply, seconds: float) -> None:
        one, other = decisions(after), decisions(before)
        changed = [place for place, (mine, theirs) in enumerate(zip(one, other, strict=True)) if mine != theirs]
        regret = 0.0
        if changed and self.stakes is not None:
            regret = self._differ(self.stakes, after.raw, changed, one, other)
        timed = after.rows == 1 and self.limit is not None
        slow = self.limit is not None and seconds > self.limit
        self._add(
            Tally(rows=after.rows, changed=len(changed), regret=regret, timed=int(timed), slow=int(timed and slow))
        )

    def _differ(self, stakes: Stakes, raw: Raw, changed: list[int], one: list[Any], other: list[Any]) -> float:
        """The largest regret of the rows at the places `changed`, which wait for their labels."""
        frame = _frame(raw, changed, stakes.costs.columns)
        taken, instead = [one[at] for at in changed], [other[at] for at in changed]
        each = np.nan_to_num(stakes.largest_regret(frame, taken, instead)).tolist()
        keys = self._keys(raw)
        with self.lock:
            for place, at in enumerate(changed):
                key = keys[at]
                if key is not None and key not in self.open and len(self.open) < MOST:
                    row = Open(raw=frame[place], taken=taken[place], instead=instead[place], regret=each[place])
                    self.open[key] = row
        return float(sum(each))

    def _keys(self, raw: Raw) -> list[str | None]:
        names = self.champion.bundle.manifest.keys
        if isinstance(raw, pl.DataFrame):
            return key_texts(raw, names)
        return [key_text([row.get(name) for name in names]) for row in raw]


def asked(
    model: Model, trial: Trial | None, rows: Sequence[Row] | None, request_id: str, ask: Ask
) -> tuple[Model, Reply]:
    """The reply to a request, and whose it is: the model's, or the challenger's where the request is its."""
    if trial is None or not trial.takes(rows, request_id):
        return model, ask(model)
    return trial.answer(ask)


def broken(tally: Tally, loss_budget: float | None) -> str | None:
    """Why a challenger is to be withdrawn; None while it keeps its gates and its budget.

    Its 99th percentile is too late where more than 1 % of answers are, by three standard errors of that share.
    """
    if tally.failed:
        return f"it refused {tally.failed:,} requests that the champion answered"
    if loss_budget is not None and tally.regret > loss_budget:
        lost = f"{tally.changed:,} of {tally.rows:,} rows are decided otherwise"
        return f"it may have lost {tally.regret:,.2f}, its budget is {loss_budget:,.2f}: {lost}"
    if tally.slow > LATE * tally.timed + 3 * math.sqrt(LATE * (1 - LATE) * tally.timed):
        return f"{tally.slow:,} of {tally.timed:,} rows took longer than its limit of the 99th percentile"
    return None


def _checked(model: Model, ask: Ask) -> Reply:
    """The model's reply, of columns that it could read."""
    reply = ask(model)
    if reply.unread:
        model.check(reply)
    return reply


def decisions(reply: Reply) -> list[Any]:
    """What was decided for each row: a label, or a number."""
    if isinstance(reply.answers, pl.DataFrame):
        name = "decision" if "decision" in reply.answers.columns else "prediction"
        return reply.answers[name].to_list()
    return [answer.get("decision", answer.get("prediction")) for answer in reply.answers]


def _truth(target: Target, text: str) -> float:
    """The class code, or the number, that a label says; NaN where it is none."""
    if target.kind == "regression":
        with suppress(ValueError):
            return float(text)
        return math.nan
    return float(target.texts.index(text)) if text in target.texts else math.nan


def _frame(raw: Raw, places: Sequence[int], columns: Sequence[str]) -> pl.DataFrame:
    """Some rows as a frame with the columns that costs name."""
    if isinstance(raw, pl.DataFrame):
        return raw[list(places)]
    texts = {name: [spelled(_cell(raw[at], name)) for at in places] for name in columns}
    return pl.DataFrame(texts or {"": [0.0] * len(places)}, schema_overrides=dict.fromkeys(texts, pl.String))


def _cell(row: Row, name: str) -> object:
    return next((value for called, value in row.items() if inside(called) == name), None)
