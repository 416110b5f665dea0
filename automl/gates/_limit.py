"""One figure against one limit, told in people's units."""

from __future__ import annotations

from collections.abc import Mapping

from automl.gates.base import GateVerdict, Limit

SCALE = {"ms": 1e-3, "MB": 1e6, "s": 1.0, "rows/s": 1.0}  # of a unit in the spec's seconds and bytes


def against(
    *,
    gate: str,
    value: float,
    limit: Limit,
    unit: str,
    words: str,
    protocol: str,
    raw: Mapping[str, object] | None = None,
    floor: bool = False,
) -> GateVerdict:
    """The verdict on `value` (in `unit`), which may not exceed `limit` (in the unit of the spec), or fall below it."""
    if isinstance(limit, Mapping | tuple):
        raise TypeError(f"the limit {gate} is one number")
    bound = None if limit is None else limit / SCALE[unit]
    ok = bound is None or (value >= bound if floor else value <= bound)
    shown = f"{gate} is {value:.3g} {unit} ({words})"
    if bound is None:
        reason = f"{shown}; no limit is set"
    else:
        reason = f"{shown}, {'within' if ok else 'below' if floor else 'over'} the limit of {bound:g} {unit}"
    return GateVerdict(
        gate=gate, ok=ok, measured=value, limit=bound, unit=unit, reason=reason, protocol=protocol, raw=raw or {}
    )
