"""Two bundles on the same rows, as people read it, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from automl.model_registry.state import SHORT
from automl.monitor.changed import Group
from automl.monitor.compare import Comparison


def as_json(found: Comparison) -> dict[str, object]:
    """All of it; of each move how many rows, as a list of lists."""
    return asdict(found)


def compared_text(found: Comparison) -> str:
    """Money first, then what changes and for whom, then what it takes."""
    return "\n".join(_lines(found))


def _lines(found: Comparison) -> Iterator[str]:
    one, other = found.one, found.other
    yield f"{found.rows:,} rows, {found.labelled:,} with a label: {one.version[:SHORT]} against {other.version[:SHORT]}"
    unit = f" {found.currency}" if found.currency else ""
    if found.saving is not None:
        yield (
            f"The other saves {found.saving:,.2f}{unit} per 1,000 rows "
            f"({_number(found.low)} to {_number(found.high)}): {_number(one.cost)} against {_number(other.cost)}"
        )
    yield f"{found.changed:,} rows ({found.changed / found.rows:.1%}) are decided otherwise"
    for before, after, count in found.moves:
        yield f"  {count:,} from {before} to {after}"
    if found.regret is not None:
        yield f"  at most {found.regret:,.2f}{unit} may be lost by that, whatever their labels are"
    if found.groups:
        yield "The groups that change most:"
        yield from (f"  {_group(each, unit)}" for each in found.groups)
    yield f"{found.metric}: {_number(one.score, 4)} against {_number(other.score, 4)}"
    yield f"a row, median: {1e3 * one.median_seconds:.2f} ms against {1e3 * other.median_seconds:.2f} ms"
    yield f"a row, 99 %: {1e3 * one.p99_seconds:.2f} ms against {1e3 * other.p99_seconds:.2f} ms"
    yield f"size: {one.size:,} bytes against {other.size:,}"


def _group(each: Group, unit: str) -> str:
    money = "" if each.saving is None else f", saves {each.saving:,.2f}{unit} per 1,000"
    return f"{each.column} = {each.group}: {each.changed:.1%} of {each.rows:,} rows{money}"


def _number(value: float | None, digits: int = 2) -> str:
    return "unknown" if value is None else f"{value:,.{digits}f}"
