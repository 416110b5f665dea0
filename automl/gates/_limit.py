"""One figure against one limit, told in people's units."""

from __future__ import annotations

from collections.abc import Mapping

from automl.gates.base import GateVerdict, Limit

SCALE = {"ms": 1e-3, "MB": 1e6}  # of a unit in the spec's seconds and bytes


def against(
    *,
    gate: str,
    value: float,
    limit: Limit,
    unit: str,
    words: str,
    protocol: str,
    raw: Mapping[str, object] | None = None,
) -> GateVerdict:
    """The verdict on `value` (in `unit`), which may not exceed `limit` (in seconds or bytes)."""
    if isinstance(limit, Mapping):
        raise TypeError(f"the limit {gate} is one number")
    bound = None if limit is None else limit / SCALE[unit]
    ok = bound is None or value <= bound
    shown = f"{gate} is {value:.3g} {unit} ({words})"
    if bound is None:
        reason = f"{shown}; no limit is set"
    else:
        reason = f"{shown}, {'within' if ok else 'over'} the limit of {bound:g} {unit}"
    return GateVerdict(
        gate=gate, ok=ok, measured=value, limit=bound, unit=unit, reason=reason, protocol=protocol, raw=raw or {}
    )
