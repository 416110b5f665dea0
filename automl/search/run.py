"""A run: what every stage from the first candidate to the bundle shares, passed on as one value."""

from __future__ import annotations

from dataclasses import dataclass

from automl.budget import Deadline
from automl.executors.base import Executor
from automl.progress import Event, Listener, Stage
from automl.search.rundir import RunDir
from automl.search.worker.fold_fit import LEARNERS
from automl.spec.model import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The spec, its deadline, the workers, the open run folder, and who is told of what happens.

    `learners` is the package of learners.
    """

    spec: Spec
    deadline: Deadline
    executor: Executor
    folder: RunDir
    listener: Listener
    learners: str = LEARNERS

    @property
    def seed(self) -> int:
        """Where all randomness begins."""
        return self.spec.budget.seed

    @property
    def counted(self) -> bool:
        """Choices follow counted work and not the clock (R12)."""
        return self.spec.budget.trials is not None

    @property
    def workers(self) -> int:
        """Jobs at a time."""
        return self.executor.workers

    def tell(self, stage: Stage, text: str, **facts: object) -> None:
        """Tell the listener one plain sentence, and the same as `facts`."""
        self.listener(Event(stage=stage, text=text, facts=facts))
