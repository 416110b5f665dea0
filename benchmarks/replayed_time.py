"""A replayed time, month by month: never retrained, retrained blindly each month, by our policy, by the best schedule.

    python benchmarks/replayed_time.py --data ../shared/data --work /somewhere [--only hdb_resale_prices]

Each task begins with a model of its first months; labels come late. At the beginning of each month after them

- *frozen* keeps that model,
- *blind* fits a new one on all rows whose label is known by then, and takes it,
- *ours* watches, and where the watch tells of money or drift or `EVERY` months have passed since the last challenge,
  climbs the ladder of `automl retrain`; its cheap rungs alone where `REFIT_EVERY` months have not passed since all were
  tried and the watch knows of no money that is lost; a fit of `RENEW_EVERY` months is renewed by the best estimate; who
  is promoted answers,
- *best* may look ahead: of the models that blind has fitted it takes the new one or keeps its own, whichever loses
  least in the end; *best of as many* does so with as many new models as ours had.

Loss is money per 1,000 rows, or for numbers without costs the root of the mean squared error. CPU seconds are those of
this process. What is saved against frozen has a 95 % interval over the moments of rows (days, or months). `--work`
keeps all models and what was done each month, so that a run that was stopped goes on. The table is
results/replayed_time.md; that of a part of the rows, `--part 2/3` for each third one from the second on, beside it.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))  # before any library is imported

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from monitor_months import TASKS
from numpy.typing import NDArray
from replayed_time_world import COURSES, World, world

from automl import Bundle, fit
from automl.bench.records import markdown
from automl.data.read.source import load
from automl.errors import DataError
from automl.monitor.money.promise import student
from automl.monitor.monitor import monitor
from automl.monitor.state import State
from automl.retrain.retrain import Asked, retrain
from automl.spec.retrain import FITTED, RungName

RESULTS = Path(__file__).parent / "results"
HEADER = (
    *("task", "policy", "loss", "saved against frozen", "95 % interval", "share of blind's gain"),
    *("new models", "challenges", "CPU s"),
)
EVERY = 3  # months between two challenges, at most
REFIT_EVERY = 2  # months between two that fit anew, at least: `refit_every` of [retrain], by the replayed time
RENEW_EVERY = 2  # months after which a fit is renewed: `renew_every`
TOLERANCE = "retrain.tolerance=0.05"  # of the promise: by how much one that renews may look worse
CHEAP: tuple[RungName, ...] = ("recalibrate", "refresh")
PER = 1_000

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """What a policy came to: the loss of each replayed row [n], new models, challenges, CPU seconds."""

    policy: str
    loss: Floats
    models: int
    challenges: int
    seconds: float


def main() -> None:
    """Replay what is asked and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of task folders")
    parser.add_argument("--work", type=Path, required=True, help="folder that keeps the models")
    parser.add_argument("--trials", type=int, default=3, help="of each fit")
    parser.add_argument("--part", help="such as 2/3: each third row from the second on")
    parser.add_argument("--only", nargs="*", choices=[*COURSES], default=[*COURSES])
    said = parser.parse_args()
    part, thin = map(int, said.part.split("/")) if said.part else (1, 1)
    table: list[Sequence[object]] = []
    for task in TASKS:
        if task.name in said.only:
            table += told(
                world(task, said.data / task.name, said.work / task.name, said.trials, offset=part - 1, thin=thin)
            )
    text = "\n".join([*markdown([*HEADER], table), "", words(table)])
    name = f"replayed_time_{part}_of_{thin}" if said.part else "replayed_time"
    (RESULTS / f"{name}.md").write_text(text + "\n", encoding="utf-8")
    print(text)


def replayed(world: World) -> Iterator[Lived]:
    """Every policy, frozen first."""
    fits = [once(world, f"blind-{month:02}", partial(fitted, world, month)) for month in world.months]
    every = [losses(world, Bundle.load(world.work / f"blind-{month:02}.bundle")) for month in world.months]
    seconds = [float(one["seconds"]) for one in fits]
    count = len(every) - 1
    yield Lived(policy="frozen", loss=every[0], models=0, challenges=0, seconds=0.0)
    yield Lived(
        policy="blind",
        loss=chosen(world, every, world.months),
        models=count,
        challenges=count,
        seconds=sum(seconds[1:]),
    )
    ours = own(world, every[0])
    yield ours
    for name, most in (("best", count), ("best of as many", ours.models)):
        plan = best(world, every, most)
        cost = sum(seconds[model] for model in set(plan) - {0})
        yield Lived(policy=name, loss=chosen(world, every, plan), models=len(set(plan)) - 1, challenges=0, seconds=cost)


def once(world: World, name: str, do: Callable[[], Mapping[str, object]]) -> Mapping[str, object]:
    """What `do` gives with the CPU seconds it took; of a run before, where its file stands."""
    file = world.work / f"{name}.json"
    if not file.exists():
        start = time.process_time()
        facts = dict(do())
        seconds = time.process_time() - start
        file.write_text(json.dumps(facts | {"seconds": seconds}), encoding="utf-8")
        print(world.task.name, name, f"{seconds:.1f} s", facts, flush=True)
    found: Mapping[str, object] = json.loads(file.read_text(encoding="utf-8"))
    return found


def fitted(world: World, month: int) -> Mapping[str, object]:
    """A model of all that is known when the month begins; the first one's configurations are tried first."""
    first = world.work / "blind-00.bundle"
    out = world.work / f"blind-{month:02}.bundle"
    done = fit(
        dict(world.spec), train=world.known(month), out=out, write_anyway=True, warm_from=first if month else None
    )
    return {"members": [member.learner for member in done.bundle.manifest.members]}


def losses(world: World, bundle: Bundle) -> Floats:
    """What each replayed row loses by the bundle's answer [n]: money, or squared error."""
    rows = world.rows.filter(world.month >= 0)
    answers, objective = bundle.predict(rows), world.task.objective
    truth = rows[str(objective["target"])]
    if "positive" not in objective:
        error: Floats = answers["prediction"].to_numpy() - truth.to_numpy()
        return error**2
    positive = (truth == objective["positive"]).to_numpy()
    acts = (answers["decision"] == "act").to_numpy()
    costs: Mapping[str, float] = objective["costs"]  # type: ignore[assignment]  # of both tasks with a positive label
    return np.where(positive, costs["false_negative"] * ~acts, costs["false_positive"] * acts)


def chosen(world: World, every: Sequence[Floats], plan: Sequence[int]) -> Floats:
    """The loss of each row by the model that the plan has in its month [n]."""
    month = world.month[world.month >= 0]
    return np.stack(every)[np.asarray(plan)[month], np.arange(month.size)]


def own(world: World, frozen: Floats) -> Lived:
    """The months of our policy: a watch, challenges, and what each month then loses."""
    month = world.month[world.month >= 0]
    loss, seconds, challenges = frozen.copy(), 0.0, 0
    champion, since, last, tried, learned = "blind-00", 0, 0, 0, 0
    state: State | None = None
    models = []
    for now in world.months[1:]:
        looked = once(world, f"watch-{now:02}", partial(watched, world, champion, state, since, now))
        state = State(**looked["state"])  # type: ignore[arg-type]  # as `watched` wrote it
        seconds += float(looked["seconds"])
        lost, again = bool(looked["lost"]), now - tried >= REFIT_EVERY
        renew = again and now - learned >= RENEW_EVERY
        if now - last >= EVERY or looked["alarms"] or renew:
            rungs = None if lost or again else CHEAP
            asked = Asked(rungs=rungs, lost=lost, renew=renew, overrides=[TOLERANCE])
            tried = now if rungs is None else tried
            said = once(world, f"ours-{now:02}", partial(challenged, world, champion, now, asked))
            seconds, last, challenges = seconds + float(said["seconds"]), now, challenges + 1
            if said["promoted"]:
                champion, since, state = f"ours-{now:02}", now, None
                models.append(champion)
                learned = now if said["rung"] in FITTED else learned
                loss[month >= now] = losses(world, Bundle.load(world.work / f"{champion}.bundle"))[month >= now]
    return Lived(policy="ours", loss=loss, models=len(models), challenges=challenges, seconds=seconds)


def watched(world: World, champion: str, state: State | None, since: int, now: int) -> Mapping[str, object]:
    """What the watch says of the months since the champion answers, and what it remembers."""
    bundle = Bundle.load(world.work / f"{champion}.bundle")
    found, after = monitor(bundle, world.past(now, since), state=state, now=world.starts[now])
    told = [each for look in found.looks for each in look.findings if each.severity != "note"]
    alarms = [each.check for each in told if each.kind in {"money", "drift"}]
    lost = any(each.kind == "money" and each.severity == "act" for each in told)
    kept = {"bundle": after.bundle, "looks": after.looks, "until": after.until, "money": after.money}
    return {"alarms": alarms, "lost": lost, "state": kept}


def challenged(world: World, champion: str, now: int, asked: Asked) -> Mapping[str, object]:
    """The ladder on all rows that were seen; it leaves out those whose label is not due."""
    out = world.work / f"ours-{now:02}.bundle"
    try:
        done = retrain(world.work / f"{champion}.bundle", load(world.seen(now)), out, asked=asked)
    except DataError as refused:
        return {"promoted": False, "reason": str(refused)}
    record = done.climb and done.climb.record
    return {"promoted": record is not None, "rung": record and record.rung, "reason": done.reason}


def best(world: World, every: Sequence[Floats], most: int) -> list[int]:
    """The model of each month, so that losses sum to the least: at most so many are new, each when it is taken."""
    month = world.month[world.month >= 0]
    sums = np.array([np.bincount(month, loss, len(world.months)) for loss in every])
    plans = {(0, 0): (0.0, [])}  # by the model at hand and the number of new ones: the loss so far, and the plan
    for now in world.months:
        ahead: dict[tuple[int, int], tuple[float, list[int]]] = {}
        for (model, count), (lost, plan) in plans.items():
            for next_model, next_count in {(model, count), (now, count + (model != now))}:
                reached = (lost + sums[next_model, now], [*plan, next_model])
                key = (next_model, next_count)
                if next_count <= most and (key not in ahead or reached < ahead[key]):
                    ahead[key] = reached
        plans = ahead
    return min(((lost, count, plan) for (_, count), (lost, plan) in plans.items()))[2]


def told(world: World) -> Iterator[Sequence[object]]:
    """A line for each policy."""
    every = list(replayed(world))
    frozen, blind = every[0], every[1]
    gain = float((frozen.loss - blind.loss).mean())
    money = "positive" in world.task.objective
    scale = PER if money else 1 / (2 * np.sqrt(frozen.loss.mean()))  # of squares: about what the root falls by
    for one in every:
        mean, error = spread(frozen.loss - one.loss, world.time[world.month >= 0])
        yield (
            world.task.name,
            one.policy,
            f"{PER * one.loss.mean() if money else np.sqrt(one.loss.mean()):,.5g}",
            f"{scale * mean:,.4g}",
            f"{scale * (mean - error):,.4g} to {scale * (mean + error):,.4g}",
            f"{mean / gain:.0%}",
            one.models,
            one.challenges,
            f"{one.seconds:,.0f}",
        )


def words(table: Sequence[Sequence[object]]) -> str:
    """What our policy came to beside a blind retraining each month, in a sentence for people."""
    lines = {(line[0], line[1]): line for line in table}
    found = []
    for task in dict.fromkeys(line[0] for line in table):
        ours, blind = lines[task, "ours"], lines[task, "blind"]
        share = float(str(ours[-1]).replace(",", "")) / float(str(blind[-1]).replace(",", ""))
        found.append(f"on {task} {ours[5]} of the gain for {share:.0%} of the processor time")
    return f"Beside a blind retraining each month: {', '.join(found)}."


def spread(values: Floats, moments: Floats) -> tuple[float, float]:
    """The mean, and half of its 95 % interval: rows of one moment are one unit."""
    unit = np.unique(moments, return_inverse=True)[1]
    count, mean = int(unit.max()) + 1, float(values.mean())
    beyond = np.bincount(unit, values - mean)
    error = np.sqrt(count / (count - 1) * (beyond**2).sum()) / values.size
    return mean, student(0.025, count - 1) * float(error)


if __name__ == "__main__":
    main()
