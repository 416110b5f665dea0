"""A watch as people read it: the answer in one line, a few lines for a terminal, one page, and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from automl.bundle.manifest import plain
from automl.decide.verdict.reason import money
from automl.explore.distribution import moment
from automl.figures.marks import table
from automl.monitor.look import Crossed, Estimate, Finding, Look, MoneyLook, Watched
from automl.report._words import count, line
from automl.report.page import page
from automl.report.watched_figures import calibration_figure, cost_figure, delay_figure, money_figure

TITLES: Final = {"fine": "Nothing to do", "warn": "Have a look", "act": "Act"}
ORDER: Final = ("act", "warn", "note")
PARTS: Final = (
    ("contract", "Is it still the data"),
    ("drift", "Has the world moved"),
    ("money", "Is the saving there"),
    ("fairness", "Is it fair"),
)
CROSSED: Final = ("came true", "decided", "rows", "saves")
HEADER: Final = ("look", "rows", "status", "saves", "interval", "stands on")


def answer(watched: Watched) -> str:
    """How it stands, in one sentence."""
    if not watched.looks:
        return watched.findings[-1].sentence
    last = watched.looks[-1]
    status = watched.status.name
    worst = next((found for found in _all(watched) if found.severity == status), None)
    todo = "nothing to do." if worst is None else f"{TITLES[status].lower()}: {worst.sentence}"
    said = _saving(last.money) if last.money else ""
    return f"{said}; {todo}" if said else todo[0].upper() + todo[1:]


def render_watched(watched: Watched) -> str:
    """What a terminal shows: the answer, and below it what was found at each look."""
    lines = [line(answer(watched))]
    for look in watched.looks:
        lines += ["", f"Look {look.number}: {count(look.rows, 'row')}{_span(look)}, {look.status.name}"]
        lines += [f"  {found.severity:<5} {line(told(found, look.money))}" for found in _sorted(look.findings)]
    lines += ["", *(f"  note  {line(found.sentence)}" for found in watched.findings)] if watched.findings else []
    return "\n".join(lines)


def as_json(watched: Watched) -> dict[str, Any]:
    """Everything that was found, as plain JSON: statuses by name, moments as ISO dates."""
    looks = [
        plain(look)
        | {"status": look.status.name, "start": _day(look.start), "end": _day(look.end)}
        | {"money": plain(look.money)}
        for look in watched.looks
    ]
    return {
        "bundle": watched.name,
        "status": watched.status.name,
        "exit_code": int(watched.status),
        "answer": answer(watched),
        "looks": looks,
        "findings": plain(watched.findings),
        "waiting": watched.waiting,
    }


def watched_page(watched: Watched) -> str:
    """The page of a watch: no number in it is computed anywhere else."""
    last = watched.looks[-1] if watched.looks else None
    found = _sorted([*(last.findings if last else ()), *watched.findings])
    seen = last.money if last else None
    looks = (*watched.before, *watched.looks)
    facts = {
        "title": f"{TITLES[watched.status.name]}: {watched.name}",
        "status": watched.status.name,
        "summary": answer(watched),
        "facts": list(_facts(watched, last)),
        "money": money_figure(looks),
        "looks": table(HEADER, [_row(look) for look in reversed(looks)]) if looks else None,
        "parts": [
            {
                "name": name,
                "title": title,
                "found": [(one.severity, told(one, seen)) for one in found if one.kind == name],
            }
            for name, title in PARTS
        ],
        "cost": cost_figure(found, seen.currency if seen else None),
        "calibration": calibration_figure(seen.reliability) if seen and seen.reliability else None,
        "crossed": table(CROSSED, [_cell(one) for one in seen.crossed]) if seen and seen.crossed else None,
        "delay": delay_figure(seen.late) if seen and seen.late else None,
        "has_labels": bool(seen and seen.labelled),
    }
    return page("monitor.html.j2", facts)


def told(found: Finding, seen: MoneyLook | None) -> str:
    """A finding and what it costs."""
    return found.sentence if found.money is None else f"{found.sentence} {_price(found.money, seen)}"


def _price(amount: float, seen: MoneyLook | None) -> str:
    unit = f"{seen.currency} " if seen and seen.currency else ""
    if money(abs(amount)) == "0":
        return "It costs nothing."
    verb = "costs" if amount > 0 else "saves"
    return f"By the model's own estimate it {verb} {money(abs(amount))} {unit}per 1,000 rows."


def _saving(seen: MoneyLook) -> str:
    """What is saved, and on what that stands; empty where nobody can say."""
    known = _known(seen)
    if known is None:
        return ""
    unit = " of loss" if seen.currency is None else f" {seen.currency}".rstrip()
    loses = known.value < 0
    verb = ("add" if seen.currency is None else "lose") if loses else "save"
    how = f"{verb}s" if seen.labelled else f"seems, without labels, to {verb}"
    promised = money(seen.promise.value) if seen.promise else ""
    if loses:
        where = f", where {promised} were promised" if promised else ""
        return f"It {how} {money(-known.value)}{unit} per 1,000 rows{where}"
    return f"It {how} {money(known.value)}{f' of the promised {promised}' if promised else ''}{unit} per 1,000 rows"


def _known(seen: MoneyLook) -> Estimate | None:
    return seen.labelled or seen.unlabelled


def _facts(watched: Watched, last: Look | None) -> Iterator[tuple[str, str]]:
    yield "looks", f"{len(watched.before) + len(watched.looks):,}"
    if last is not None:
        yield "rows of the last look", f"{last.rows:,}"
        if last.start is not None and last.end is not None:
            yield "its time", f"{moment(last.start)} to {moment(last.end)}"
        if last.money and last.money.promise:
            promise = last.money.promise
            yield "promised per 1,000 rows", f"{money(promise.value)} ({money(promise.low)} to {money(promise.high)})"
    if watched.waiting:
        yield "rows that wait", f"{watched.waiting:,}"


def _row(look: Look) -> tuple[str, ...]:
    known = _known(look.money) if look.money else None
    stands = "" if known is None or look.money is None else "labels" if look.money.labelled else "probabilities"
    interval = "" if known is None else f"{money(known.low)} to {money(known.high)}"
    name = f"{look.number}" if look.end is None else moment(look.end)
    return name, f"{look.rows:,}", look.status.name, "" if known is None else money(known.value), interval, stands


def _cell(one: Crossed) -> tuple[str, ...]:
    return one.truth, one.decision, f"{one.rows:,}", money(one.saving)


def _all(watched: Watched) -> list[Finding]:
    """The findings of all looks, the last look's first."""
    return _sorted([found for look in reversed(watched.looks) for found in look.findings] + list(watched.findings))


def _sorted(found: Sequence[Finding]) -> list[Finding]:
    """The worst first; among equals what costs most."""
    return sorted(found, key=lambda one: (ORDER.index(one.severity), -abs(one.money or 0.0)))


def _span(look: Look) -> str:
    return "" if look.start is None or look.end is None else f" from {moment(look.start)} to {moment(look.end)}"


def _day(microseconds: float | None) -> str | None:
    return None if microseconds is None else moment(microseconds, day=False).replace(" ", "T") + "Z"
