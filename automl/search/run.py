"""A run: what every stage from the first candidate to the bundle shares, passed on as one value."""

from __future__ import annotations

from dataclasses import dataclass, field

from automl.budget import Deadline
from automl.errors import MachineError
from automl.executors.base import Done, Executor
from automl.learners.base import Configurations
from automl.progress import Event, Listener, Stage
from automl.search.patience import Patience
from automl.search.rundir import RunDir
from automl.search.worker.fold_fit import LEARNERS
from automl.spec.budget import AT_ONCE
from automl.spec.model import Spec
from automl.stop_request import StopRequest

AHEAD = 1  # jobs beyond the workers that the executor holds, so that none waits for us


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The spec, its deadline, the workers, the open run folder, and who is told of what happens.

    `learners` is the package of learners, `stop` what signals ask, `patience` when the search has found enough. `warm`
    are the configurations that go first, before any portfolio: those that an earlier search found best (see
    `search.earlier`); with `only` nothing else is tried but baselines.
    """

    spec: Spec
    deadline: Deadline
    executor: Executor
    folder: RunDir
    listener: Listener
    learners: str = LEARNERS
    warm: Configurations = ()
    stop: StopRequest = field(default_factory=StopRequest)
    only: bool = False
    patience: Patience | None = None

    @property
    def seed(self) -> int:
        """Where all randomness begins."""
        return self.spec.budget.seed

    @property
    def counted(self) -> bool:
        """Choices follow counted work and not the clock (R12); what was stopped hurries."""
        return self.spec.budget.trials is not None and not self.stop.noted

    @property
    def workers(self) -> int:
        """Jobs at a time, that plans count on."""
        return self.executor.workers

    @property
    def width(self) -> int:
        """Jobs that the executor holds at a time.

        With `budget.trials` whatever its workers: what the next job is hangs on what is known by then.
        """
        return self.executor.workers + AHEAD if self.spec.budget.trials is None else AT_ONCE

    def wait(self, seconds: float) -> tuple[Done, ...]:
        """The jobs that have ended, after at most `seconds`.

        Raises `Stopped` where a signal ends the run at once, `MachineError` where the disk failed a job: that is no
        fault of a learner, and the run goes on with ``--resume``.
        """
        done = self.executor.wait(seconds)
        self.stop.asked()
        for detail in [one.detail for one in done if one.status == "disk"]:
            raise MachineError(f"the disk failed a fit: {detail}", hint="Make room, then go on with --resume.")
        return done

    def leaves_out(self, what: str, stage: Stage) -> bool:
        """Whether a stop was asked for, so that `what` is left out; the listener is told so once."""
        if not self.stop.asked():
            return False
        if what not in self.stop.left_out:
            self.stop.left_out.append(what)
            self.tell(stage, f"{self.stop.name}: {what} left out; a second signal ends at once")
        return True

    def tell(self, stage: Stage, text: str, **facts: object) -> None:
        """Tell the listener one plain sentence, and the same as `facts`."""
        self.listener(Event(stage=stage, text=text, facts=facts))
