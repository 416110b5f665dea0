"""When boosting ends: no gain for a while on the validation rows, or no time left."""

from __future__ import annotations

import math

from automl.budget import Deadline

MOST_ROUNDS = 2_000  # with early stopping, if the caller names no cap: more than that is slow to serve
USUAL_RATE = 0.05  # the learning rate for which `patience` is meant


class Stopper:
    """Watches the validation loss round by round and keeps the best round; how long it waits says `patience`."""

    def __init__(self, *, rows: int, rate: float, seconds: float) -> None:
        self.rows, self.rate = rows, rate
        self.deadline = Deadline.of(seconds)
        self.loss = math.inf
        self.best = 0
        self.rounds = 0
        self.spent = 0.0

    def stop(self, loss: float | None = None) -> bool:
        """Call after each round, with its validation loss if there are validation rows: True ends the training."""
        self.rounds += 1
        before, self.spent = self.spent, self.deadline.spent()
        if loss is None:
            self.best = self.rounds
        elif loss < self.loss:
            self.loss, self.best = loss, self.rounds
        waited = patience(self.best, self.rows, self.rate)
        # a loss that was never finite leaves `best` at 0: the first round stands in
        self.best = max(self.best, 1)
        return self.rounds - self.best >= waited or self._late(self.spent - before)

    def _late(self, seconds: float) -> bool:
        """Whether another round like the last one, of so many `seconds`, would end late; the first took in the rows."""
        return self.deadline.left() <= (seconds if self.rounds > 1 else 0.0)


def patience(best: int, rows: int, rate: float) -> int:
    """The rounds to wait for a gain after the round `best`.

    They are 300 up to 10,000 rows and fall as 300 * 10,000 / rows to no less than 20, or 0.3 * best + 20 if that is
    more (both from AutoGluon); a faster learning rate waits for less.
    """
    least = round(min(300.0, 300.0 * 10_000 / max(rows, 1)) * min(1.0, USUAL_RATE / rate))
    return max(least, int(0.3 * best) + 20)
