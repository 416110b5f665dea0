"""A fit of a few seconds on the data shipped inside the package: the proof that all of it works together."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

from automl import disk, examples
from automl.doctor.finding import Finding
from automl.doctor.machine import is_busy
from automl.errors import AutomlError

EXAMPLE = "german-credit"
SECONDS = 5.0
SLOW = 3.0  # times its budget
AGAIN = "Look again when other work has ended."


def short_fit() -> Finding:
    """How such a fit went, and whether its bundle is whole."""
    began = perf_counter()
    try:
        with disk.scratch("automl-doctor-") as room:
            seen = _fitted(examples.write(EXAMPLE, room / "credit"))
    except AutomlError as error:
        if perf_counter() - began > SECONDS and is_busy():  # which says nothing of the installation
            return Finding(
                what="a short fit", state="note", seen=f"had too little of a busy machine: {error}", hint=AGAIN
            )
        return Finding(what="a short fit", state="bad", seen=str(error), hint=error.hint)
    took = perf_counter() - began
    if took > SLOW * SECONDS:
        hint = "The machine is slow or busy: give fits more time."
        return Finding(
            what="a short fit", state="note", seen=f"{seen}, {took:.0f} s instead of {SECONDS:.0f}", hint=hint
        )
    return Finding(what="a short fit", state="well", seen=f"{seen}, {took:.1f} s in all")


def _fitted(spec: Path) -> str:
    from automl.bundle.verify import verify
    from automl.pipeline.fit import fit
    from automl.spec import load

    short = load(spec, overrides=(f"budget.time={SECONDS:.0f}s",))
    done = fit(short, out=spec.with_suffix(".bundle"), write_anyway=True)
    trials, rows = done.summary()["trials"], verify(done.path).golden_rows
    return f"{trials} trials in {done.seconds:.1f} s, a bundle of {rows} golden rows that is whole"
