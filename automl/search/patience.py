"""When a search has found enough: so long a time has brought less than it is worth waiting for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from automl.progress import Event, Listener
from automl.spec.budget import Patience as Asked
from automl.spec.units import write_duration


@dataclass(slots=True, kw_only=True)
class Patience:
    """What is `asked`, and what was known after so many seconds: the best score, and the most money of 1,000 rows.

    Both only grow better, so a gain is a distance, whichever way the metric goes.
    """

    asked: Asked
    currency: str = ""
    known: list[tuple[float, Mapping[str, float]]] = field(default_factory=list)

    def note(self, spent: float, event: Event) -> None:
        """Take in what an event tells of the best so far."""
        before = self.known[-1][1] if self.known else {}
        found = dict(before)
        score, money = event.facts.get("best"), event.facts.get("money")
        if isinstance(score, float):
            found["score"] = score
        if isinstance(money, float):
            found["money"] = max(money, before.get("money", money))
            self.currency = str(event.facts.get("currency") or self.currency)
        if found != before:
            self.known.append((spent, found))

    def worn_out(self, spent: float) -> str | None:
        """Why the search ends, in plain words: what the last stretch of time brought; None while it goes on."""
        earlier = [best for at, best in self.known if at <= spent - self.asked.time]
        if not earlier:
            return None
        gains = list(self._gains(earlier[-1], self.known[-1][1]))
        if any(gain >= least for _, gain, least in gains):
            return None
        brought = " and ".join(f"{gain:.3g} {self._unit(name)}" for name, gain, _ in gains)
        return f"{write_duration(self.asked.time)} brought {brought}, less than budget.patience waits for"

    def _gains(self, then: Mapping[str, float], now: Mapping[str, float]) -> Iterator[tuple[str, float, float]]:
        """Of each that is named how much was gained, and how much had to be."""
        for name, least in (("money", self.asked.money), ("score", self.asked.score)):
            if least is not None:
                yield name, abs(now[name] - then[name]) if name in then and name in now else 0.0, least

    def _unit(self, name: str) -> str:
        return f"{self.currency} for 1,000 rows".lstrip() if name == "money" else "of score"


def noting(patience: Patience | None, listener: Listener, *, spent: Callable[[], float]) -> Listener:
    """The listener, whose events the patience, if there is one, hears too; `spent` are the seconds of the run."""
    if patience is None:
        return listener

    def listen(event: Event) -> None:
        patience.note(spent(), event)
        listener(event)

    return listen
