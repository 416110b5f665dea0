"""The contract of gates: a figure without a limit is told and never fails, and a limit that is missed is told apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl.errors import SpecError
from automl.gates.base import Gate, GateVerdict, Measured, gates
from automl.gates.measure import check
from automl.spec.limits import Limits
from automl.testing._bundle import small_bundle

LEAST, MOST = 1e-9, 1e15  # in any unit
TABLES = {name for name, limit in Limits() if limit is not None}  # keys that hold several limits; no limit is one table

every = pytest.mark.parametrize("gate", gates.all.values(), ids=gates.all)


def asking(gate: Gate, limit: float) -> Limits:
    """A spec's limits with one of this gate: by its own key, or under ``custom``."""
    own = gate.name in Limits.model_fields
    return Limits().model_copy(update={gate.name: limit} if own else {"custom": {gate.name: limit}})


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """What one run of a small bundle might bring, whole: single rows, cold starts, blocks in bulk."""
    return Measured(
        folder=small_bundle(tmp_path_factory.mktemp("gates") / "small.bundle"),
        walls=(0.001,) * 400,
        aside={7: 0.0005},
        asked=400,
        start=0.3,
        resident=80_000_000,
        proportional=70_000_000,
        threads=1,
        seconds=1.0,
        colds=(0.4, 0.5, 0.6),
        bulks=(0.1, 0.2, 0.3),
        bulk_rows=16_384,
    )


@every
def test_a_spec_can_ask_for_it(gate: Gate) -> None:
    """Its name is a key of the limits, or stands under ``custom``."""
    limits = asking(gate, 1.0)
    assert limits.of(gate.name) == 1.0
    check(limits)


@every
def test_without_a_limit_nothing_fails(gate: Gate, measured: Measured) -> None:
    """The figure is told with its unit and how it was measured; a table of limits that is empty says nothing."""
    found = gate.judge(measured, None)
    assert (len(found) == 0) == (gate.name in TABLES)
    for verdict in found:
        assert (verdict.gate, verdict.ok, verdict.limit) == (gate.name, True, None)
        assert verdict.unit
        assert_told(verdict)


@every
def test_a_limit_that_nothing_can_keep_is_told_from_one_that_all_keep(gate: Gate, measured: Measured) -> None:
    """Of the smallest limit there is and the largest, one fails and one holds; the figure is the same."""
    if gate.name in TABLES:
        pytest.skip("its limit is a table, and is tested beside it")
    (least,), (most,) = (gate.judge(measured, limit) for limit in (LEAST, MOST))
    assert least.ok != most.ok
    assert least.measured == most.measured
    assert least.limit is not None
    assert most.limit is not None
    assert least.limit < most.limit
    for verdict in (least, most):
        assert_told(verdict)


def assert_told(verdict: GateVerdict) -> None:
    """It says what was found, and how."""
    assert verdict.reason
    assert verdict.protocol


def test_what_nothing_measures_is_no_limit() -> None:
    """A wrong name under ``custom`` is answered, not passed over."""
    with pytest.raises(SpecError, match=r"limits\.custom\.no_such_gate: no limit 'no_such_gate'"):
        check(Limits(custom={"no_such_gate": 1.0}))


def test_nothing_is_left_in_the_bundle(measured: Measured) -> None:
    """Judging writes nothing: the files are those that were there."""
    before = _files(measured.folder)
    for gate in gates.all.values():
        gate.judge(measured, None)
    assert _files(measured.folder) == before


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
