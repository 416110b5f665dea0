"""A registry of models as people read it, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from automl.model_registry.history import Event
from automl.model_registry.state import SHORT, State
from automl.spec.units import write_share


def as_json(state: State, events: Sequence[Event] | None = None) -> dict[str, object]:
    """What a registry says, and its history where it was asked for."""
    told = asdict(state)
    del told["history"]  # bytes, of no use to anybody else
    return told if events is None else {**told, "history": [asdict(event) for event in events]}


def state_text(state: State) -> str:
    """Which versions answer, one to a line."""
    return "\n".join(_answering(state))


def history_text(state: State, events: Sequence[Event]) -> str:
    """The same, then the versions, then what happened, the oldest first."""
    kept = f"versions  {', '.join(version[:SHORT] for version in state.versions) or 'none'}"
    return "\n".join([*_answering(state), kept, "", *(_line(event) for event in events)])


def _answering(state: State) -> Iterator[str]:
    yield f"champion  {state.champion[:SHORT] if state.champion else 'none yet: automl promote makes one'}"
    if state.parents:
        yield f"parent    {state.parents[0][:SHORT]}"
    if state.canary:
        canary = state.canary
        budget = "" if canary.loss_budget is None else f", may lose {canary.loss_budget:,.2f}"
        yield f"canary    {canary.version[:SHORT]} answers {write_share(canary.share)} of requests{budget}"


def _line(event: Event) -> str:
    when = event.when[:19].replace("T", " ")
    told = f"{when}  {event.what:<9} {event.version[:SHORT]}  by {event.who}"
    facts = _facts(event)
    return ": ".join([told, "; ".join(filter(None, [event.why, facts]))]) if event.why or facts else told


def _facts(event: Event) -> str:
    """The numbers that a decision stood on."""
    verdict = event.facts.get("verdict")
    if isinstance(verdict, dict) and verdict.get("saving") is not None:
        low, high = verdict["low"], verdict["high"]
        return f"saves {verdict['saving']:,.0f} {verdict['currency']} per 1,000 rows ({low:,.0f} to {high:,.0f})"
    if event.what == "canary":
        return f"answers {write_share(event.facts['share'])} of requests"
    return ""
