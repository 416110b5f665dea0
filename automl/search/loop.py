"""The search: candidates through folds on all workers until the time is needed for what comes after."""

from __future__ import annotations

import math
import signal
import time
from dataclasses import dataclass, field

from automl.budget import Deadline
from automl.engines.base import Engine
from automl.errors import Stopped
from automl.executors.base import Done, Executor, Job
from automl.learners.base import Learner
from automl.progress import Event, Listener
from automl.registry import Registry
from automl.search import candidate as candidates
from automl.search.agenda import Agenda, enough, usable
from automl.search.board import Outcome, Trial
from automl.search.candidate import Candidate
from automl.search.finish import Explored, finish, refit_seconds
from automl.search.pace import BAGS_LEFT, PREPARE, Pace, fit_estimate, pace, reserve_seconds
from automl.search.problem import Matrices, Problem
from automl.search.rundir import RunDir
from automl.search.trial import LEARNERS, FoldResult, Order
from automl.spec.model import Spec

ENGINES = Registry("automl.engines", Engine, "engine")
AHEAD = 1  # jobs beyond the workers that the executor holds, so that none waits for us
MARGIN = 0.01  # of what the best gains over the worst (and more for few rows): further behind, one fold is enough
CAUTION = 1.2  # further folds take longer than the first one says, by this factor
MOMENT = 0.01  # seconds that are not worth waiting for
TRAINING = 0.9  # of a job; reading, predicting and exporting take the rest
GRACE = 1.5  # a job may overrun its soft limit by this factor and ten seconds before it is killed
MODELS = 12  # fitted models that are kept in memory


def search(
    *,
    problem: Problem,
    spec: Spec,
    deadline: Deadline,
    executor: Executor,
    rundir: RunDir,
    listener: Listener,
    seed: int,
    learners: str = LEARNERS,
    engine: str = "flaml",
) -> Outcome:
    """Try learners until the reserve (`pace.reserve_seconds`) is all that is left, and refit the best ensemble.

    Baselines come first, so that a scored candidate always stands. With ``budget.trials`` (baselines are not
    counted) every choice follows counted work; the deadline can then only end it, and `Outcome.stopped` says so.
    Ctrl-C ends it too, with the best so far; a second one is the caller's. `learners` is the package of learners.
    Raises `AutomlError` if not even a baseline could be fitted.
    """
    run = _Search(
        problem=problem,
        spec=spec,
        deadline=deadline,
        executor=executor,
        rundir=rundir,
        listener=listener,
        seed=seed,
        package=learners,
        engine=engine,
    )
    try:
        run.explore()
    except (KeyboardInterrupt, Stopped) as error:
        run.stopped = "stopped by hand"
        run.signal = error.signal_number if isinstance(error, Stopped) else signal.SIGINT
    executor.cancel()
    run.close()
    return finish(run.explored())


@dataclass(slots=True, kw_only=True)
class _Search:
    problem: Problem
    spec: Spec
    deadline: Deadline
    executor: Executor
    rundir: RunDir
    listener: Listener
    seed: int
    package: str
    engine: str
    found: list[Candidate] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    stopped: str | None = None
    signal: int | None = None
    _flying: dict[int, tuple[Candidate, int]] = field(default_factory=dict)
    _jobs: int = 0
    _number: int = 0  # of the next candidate
    _best: float | None = None
    _settled: bool = False
    matrices: Matrices = field(init=False)
    pace: Pace = field(init=False)
    agenda: Agenda = field(init=False)
    reserve: float = field(init=False)

    def __post_init__(self) -> None:
        problem, budget = self.problem, self.spec.budget
        columns = len(problem.schema.features)
        self.matrices = Matrices(problem=problem, rundir=self.rundir)
        self.reserve = reserve_seconds(self.deadline.seconds, problem.rows.n, columns, problem.task)
        left = self.deadline.seconds - PREPARE if self._counted else self.deadline.left()
        self.pace = pace(
            self._estimate(), folds=len(problem.folds), seconds=left - self.reserve, workers=budget.workers
        )
        self._settled = self._counted or self.pace.folds == 1
        self.agenda = Agenda(
            learners=usable(Registry(self.package, Learner, "learner").all, self.spec.recipe.learners, problem.task),
            task=problem.task,
            rows=len(problem.folds[0].fit),
            pace=self.pace,
            engine=lambda: ENGINES.get(self.engine),
            seed=self.seed,
            cost=self._cost,
        )
        self._resume()

    @property
    def _counted(self) -> bool:
        """Choices follow counted work and not the clock (R12)."""
        return self.spec.budget.trials is not None

    def explore(self) -> None:
        """Keep the workers fed and take in what they find, until nothing is worth trying or the time is needed."""
        while True:
            self._feed()
            self._prepare()
            if not self._flying:
                return
            left = self._left()
            if left < MOMENT:
                if self._counted:
                    self.stopped = "the time ended before the trials did: this run does not reproduce"
                return
            for done in self.executor.wait(min(left, 1.0)):
                self._take(done)

    def close(self) -> None:
        """End the candidates under way: most of the folds will do, and the others count where all have them."""
        if self._counted and self.stopped is None:
            return
        for found in self.found:
            if not found.ended and len(found.losses) > self.pace.folds / 2:
                self._end(found, folds=len(found.losses))

    def explored(self) -> Explored:
        """What was found, for the finish."""
        return Explored(
            problem=self.problem,
            spec=self.spec,
            deadline=self.deadline,
            reserve=self.reserve,
            executor=self.executor,
            rundir=self.rundir,
            listener=self.listener,
            matrices=self.matrices,
            pace=self.pace,
            seed=self.seed,
            package=self.package,
            counted=self._counted,
            found=self.found,
            trials=self.trials,
            stopped=self.stopped,
            signal=self.signal,
        )

    def _resume(self) -> None:
        """Take over what the journal of an earlier run in this folder holds."""
        known = {learner.name: learner for learner in self.agenda.learners}
        for line in self.rundir.records:
            self._number = max(self._number, int(str(line.get("id", -1))) + 1)
            found = candidates.restore(line, known)
            if found is not None:
                self.found.append(found)
                self.agenda.note(found)
                self.trials.append(candidates.trial(found, self.problem))
                self._better(self.trials[-1])

    def _prepare(self) -> None:
        """While the workers are busy: the plan on all rows, once every fold has its own."""
        if self._settled and self.pace.folds > 1 and all(self.matrices.has(f) for f in range(self.pace.folds)):
            self.matrices.table(None)

    def _left(self) -> float:
        """Seconds of search: what is left beside the reserve and the refits."""
        refits = refit_seconds(self.found, self.problem, self.pace, self.spec)
        return self.deadline.left() - self.reserve - refits

    def _feed(self) -> None:
        while len(self._flying) < self.executor.workers + AHEAD:
            following = self._pending() or self._started()
            if following is None:
                return
            self._submit(*following)

    def _pending(self) -> tuple[Candidate, int] | None:
        """A further fold of a candidate whose first fold was good: of baselines first, then of what ends soonest."""
        waiting = [
            found
            for found in self.found
            if not found.ended and (found.learner.baseline or 0 in found.losses) and len(found.asked) < self.pace.folds
        ]
        if not waiting:
            return None
        if self._counted:
            found = waiting[0]
        else:
            found = min(waiting, key=lambda one: (not one.learner.baseline, self._rest(one), one.id))
        return found, min(set(range(self.pace.folds)) - found.asked)

    def _started(self) -> tuple[Candidate, int] | None:
        """The first fold of a new candidate, if there is one and time for it."""
        tried = [found for found in self.found if not found.learner.baseline]
        if self._counted and len(tried) >= (self.spec.budget.trials or 0):
            return None
        if self._without_gain() >= enough(self.problem.rows.n):
            return None
        following = self.agenda.next(self.found, self._haste)
        if following is None:
            return None
        learner, params, proposed = following
        found = Candidate(id=self._number, learner=learner, params=params, proposed=proposed)
        self._number += 1
        self.found.append(found)
        self.agenda.note(found)
        return found, 0

    def _without_gain(self) -> int:
        """Trials since the last gain on the first fold."""
        firsts = [found.first for found in self.found if found.ended and not found.learner.baseline]
        return len(firsts) - firsts.index(min(firsts)) - 1 if firsts else 0

    def _haste(self, learner: Learner) -> float:
        """How many times too long one more candidate of `learner` is likely to take."""
        if self._counted:
            return 1.0
        workers = self.executor.workers
        seconds = self._expected(learner) * max(1.0, self.pace.folds / workers) + self._backlog()
        return seconds / max(self._left(), 1e-9)

    def _backlog(self) -> float:
        """Seconds until the further folds of the candidates under way are done."""
        return sum(self._rest(found) for found in self.found if not found.ended) / self.executor.workers

    def _rest(self, found: Candidate) -> float:
        """Seconds of work on one worker in the further folds of a candidate."""
        return found.seconds_a_fold() * max(0, self.pace.folds - len(found.losses)) if found.losses else 0.0

    def _expected(self, learner: Learner) -> float:
        """Seconds that a fit of `learner` is likely to take."""
        took = [found.seconds_a_fold() for found in self.found if found.learner is learner and found.losses]
        if took:
            return sum(took) / len(took)
        return self._estimate() * learner.cost / 2

    def _estimate(self) -> float:
        columns = max(1, len(self.problem.schema.features))
        return fit_estimate(len(self.problem.folds[0].fit), columns, self.problem.task)

    def _submit(self, found: Candidate, fold: int) -> None:
        found.asked.add(fold)
        soft, until = self.pace.fit_seconds, math.inf
        if not self._counted:
            left = max(0.5, self._left())
            soft, until = min(soft, left), time.monotonic() + TRAINING * left
        keeps = fold == 0 and (self.pace.folds == 1 or not self._settled)
        order = Order(
            table=self.matrices.table(fold),
            learner=found.learner.name,
            params=found.params,
            task=self.problem.task,
            seed=self.seed,
            seconds=soft,
            until=until,
            out=self.rundir.place(f"{candidates.OOF}/{found.id}-{fold}"),
            parity=self.matrices.parity(fold) if keeps else None,
            package=self.package,
        )
        job = Job(
            id=self._jobs,
            function="automl.search.trial:run",
            arguments={"order": order},
            seconds=GRACE * soft + 10.0 if not self._counted else max(1.0, self.deadline.left()),
            memory=int(self.spec.budget.memory / self.executor.workers),
        )
        self._jobs += 1
        self._flying[job.id] = (found, fold)
        self.executor.submit(job)

    def _take(self, done: Done) -> None:
        found, fold = self._flying.pop(done.id)
        found.seconds += done.seconds
        found.memory = max(found.memory, done.memory)
        if found.ended:
            return
        if done.status == "ok" and isinstance(done.value, FoldResult):
            candidates.take(found, fold, done.value, self.problem, self.rundir)
        else:
            found.status, found.detail = done.status, done.detail
        if not self._settled and not found.learner.baseline and found.status == "ok":
            self._settle(found)
        if found.status != "ok" or len(found.losses) >= self.pace.folds or (fold == 0 and not self._promising(found)):
            self._end(found)

    def _settle(self, found: Candidate) -> None:
        """The first real fit shows how fast this machine is: with too little left fewer folds have to do."""
        self._settled = True
        self.pace = pace(
            found.seconds_a_fold(),
            folds=self.pace.folds,
            seconds=self._left(),
            workers=self.executor.workers,
            bags=BAGS_LEFT,
        )
        self.agenda.pace = self.pace
        for other in self.found:
            if not other.ended and other is not found and set(range(self.pace.folds)) <= set(other.losses):
                self._end(other)

    def _promising(self, found: Candidate) -> bool:
        """A candidate goes on to further folds if its first one is near the best and there is time for them."""
        if found.learner.baseline:
            return True
        firsts = [other.first for other in self.found if 0 in other.losses]
        margin = MARGIN + len(self.problem.folds[0].valid) ** -0.5
        if found.first > min(firsts) + margin * (max(firsts) - min(firsts)):
            return False
        return self._counted or CAUTION * self._backlog() < self._left()

    def _end(self, found: Candidate, *, folds: int | None = None) -> None:
        trial = candidates.end(found, self.problem, self.rundir, folds=folds or self.pace.folds)
        self._forget()
        self.agenda.observe(found)
        self.trials.append(trial)
        self.rundir.append(candidates.record(found, self.problem))
        self.listener(_event(trial, self._better(trial), len(self.trials), self.deadline.left(), self.problem))

    def _forget(self) -> None:
        """Keep the models of the best candidates only: each may be some megabytes."""
        holding = [found for found in self.found if found.fitted is not None and found.ended]
        for found in sorted(holding, key=lambda one: (one.first, one.id))[MODELS:]:
            found.fitted = found.fitted if found.learner.baseline else None

    def _better(self, trial: Trial) -> float | None:
        """The best score so far."""
        if trial.oof is not None and trial.score is not None:
            sign = 1 if self.problem.metric.greater_is_better else -1
            if self._best is None or sign * trial.score > sign * self._best:
                self._best = trial.score
        return self._best

    def _cost(self, found: Candidate) -> float:
        if not self._counted:
            return found.seconds
        rows = len(self.problem.folds[0].fit)
        return rows * len(self.problem.schema.features) * max(1, sum(found.rounds)) * found.learner.cost


def _event(trial: Trial, best: float | None, trials: int, left: float, problem: Problem) -> Event:
    name = problem.metric.name.replace("_", " ")
    facts: dict[str, object] = {"trials": trials, "learner": trial.learner, "left": left}
    if trial.score is not None:
        facts["score"] = trial.score
    if best is not None:
        facts["best"] = best
    if trial.oof is not None and trial.score == best:
        facts["oof"] = trial.oof
    if trial.status != "ok":
        return Event(stage="search", text=f"{trial.learner} failed: {trial.status}. {trial.detail}", facts=facts)
    shown = f"{name} {trial.score:.5g}" if trial.score is not None else f"loss {trial.loss:.5g}"
    part = "" if trial.oof is not None else ", not on all folds"
    return Event(stage="search", text=f"{trial.learner}: {shown}{part}", facts=facts)
