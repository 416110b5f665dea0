"""A search at one moment: what it was given, and what it has found; every choice is a function of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from automl.search.candidate import Candidate, trial
from automl.search.cost.fidelity import Fidelity
from automl.search.cost.reserve import AfterSearch
from automl.search.leaderboard import Trial
from automl.search.problem import Matrices, Problem
from automl.search.proposals import Proposals
from automl.search.run import Run


@dataclass(slots=True, kw_only=True)
class State:
    """The upper half never changes; the lower half is changed by the loop alone, as trials end."""

    problem: Problem
    run: Run
    matrices: Matrices
    proposals: Proposals
    after: AfterSearch  # what comes after the search
    aside: tuple[Trial, ...] = ()  # learners that were left out
    rungs: tuple[int, ...] = ()  # rows of the lower rungs, see `schedule.successive_halving`

    begun: float = 0.0  # seconds on the deadline's clock, when the search began
    fidelity: Fidelity
    settled: bool  # the first real fit has shown how fast this machine is
    candidates: list[Candidate] = field(default_factory=list)
    ended: list[Candidate] = field(default_factory=list)
    number: int = 0  # of the next candidate
    flying: dict[int, tuple[Candidate, int]] = field(default_factory=dict)  # by the number of the job
    jobs: int = 0
    likely: tuple[Candidate, ...] = ()  # the ensemble, if the search ended now
    finalists: tuple[Candidate, ...] = ()  # chosen when the search has found what it will
    repeats: int = 1  # cross-validations of the finalists that were begun
    chosen: tuple[Candidate, ...] = ()  # what will ship, once that is known
    crowded: float = 1.0  # how many times longer work takes because of others
    late: float = 0.0  # seconds on the deadline's clock until which the search may go on in any case
    stopped: str | None = None  # why the search was cut off
    enough: str | None = None  # why it ended early by itself, with all that comes after it

    @property
    def counted(self) -> bool:
        """Choices follow counted work and not the clock (R12)."""
        return self.run.counted

    @property
    def workers(self) -> int:
        """Jobs at a time."""
        return self.run.workers

    @property
    def trials(self) -> tuple[Trial, ...]:
        """The leaderboard's trials in the order of ending; a signal may have come between an end and its note."""
        late = [one for one in self.candidates if one.ended and one not in self.ended]
        return tuple(trial(one, self.problem) for one in (*self.ended, *late)) + self.aside

    @property
    def lowest(self) -> int | None:
        """The rows that a new candidate is tried on, None for all."""
        return self.rungs[0] if self.rungs else None

    @property
    def starters(self) -> list[Candidate]:
        """The candidates that compare with a new one: those on as many rows, and baselines."""
        return [one for one in self.candidates if one.learner.baseline or one.sample == self.lowest]

    @property
    def whole(self) -> list[Candidate]:
        """The candidates of which every fold was predicted."""
        return [candidate for candidate in self.candidates if candidate.whole]

    @property
    def ready(self) -> list[Candidate]:
        """The candidates that may ship as things stand."""
        return [candidate for candidate in self.candidates if candidate.ready]
