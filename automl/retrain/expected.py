"""What a retraining is expected to bring before it is done, against what it costs."""

from __future__ import annotations

from dataclasses import dataclass

from automl.bundle.read import Bundle
from automl.decide.verdict.bootstrap import PER
from automl.monitor.money.ground import promised
from automl.retrain.aging import aging
from automl.retrain.attempts import Attempts
from automl.retrain.contest import Contest
from automl.retrain.paired import Judged, saved_by_champion


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A gain per 1,000 rows, the rows of [retrain] pays_within, what both come to, the price; `basis` says whence."""

    gain: float
    rows: float
    brings: float
    price: float
    basis: str
    currency: str | None

    @property
    def worth(self) -> bool:
        """Whether it is expected to pay; a retraining without a price always is."""
        return not self.price or self.brings > self.price

    @property
    def sentence(self) -> str:
        """One line for people."""
        unit = f" {self.currency}" if self.currency else ""
        return (
            f"about {self.rows:,.0f} rows x {self.gain / PER:,.4g}{unit} ({self.basis}) = {self.brings:,.4g}{unit}, "
            f"against a price of {self.price:,.4g}{unit}"
        )


def expected(contest: Contest, judged: Judged, attempts: Attempts) -> Expected:
    """By earlier challengers, by what the champion saves less than promised, or by its age: what tells of the most.

    That earlier ones brought nothing says nothing of a world that has changed since.
    """
    asked, champion = contest.asked, contest.champion
    lost = _lost(champion, judged), "what the champion saves less than it promised"
    earlier = sum(attempts.gains) / max(1, len(attempts.gains)), "the mean of earlier challengers"
    older = aging(contest, judged.ground.ledger)
    aged = 0.0 if older is None else older.mean, "what it will lose more by its age"
    gain, basis = max(lost, earlier, aged, key=lambda each: each[0])
    rate = asked.rows.count / asked.rows.seconds if asked.rows else (contest.rows.rate or 0.0)
    rows = rate * asked.pays_within
    policy = judged.ground.policy
    return Expected(
        gain=gain,
        rows=rows,
        brings=rows * gain / PER,
        price=asked.price,
        basis=basis,
        currency=policy.currency if policy.in_money else None,
    )


def _lost(champion: Bundle, judged: Judged) -> float:
    given = promised(champion, judged.ground, "all")
    return 0.0 if given is None else PER * max(0.0, given.saving - saved_by_champion(judged))
