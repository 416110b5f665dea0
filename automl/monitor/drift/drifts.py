"""Has the world moved in a way that costs money: the columns and scores that moved, as findings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from automl.bundle.kept import kept_rows, predicted
from automl.bundle.profile import Profile, read_profile
from automl.bundle.read import Bundle
from automl.monitor.drift.bounds import Care
from automl.monitor.drift.columns import Moved, moved
from automl.monitor.drift.reference import Reference, numbers_from, numbers_of, reference_of
from automl.monitor.look import Finding, Scored
from automl.names import outside

ASSUMED = 1_000  # training rows, where a bundle does not say how many there were


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """What the bundle knows of its rows: of `columns` by name and of `scores` by output column.

    Columns stand on `rows` training rows; scores on the `scored` rows of the test part, which the graph itself
    answered, or where the bundle keeps none of these on those out of fold.
    """

    profile: Profile
    columns: Mapping[str, Reference]
    rows: int
    scores: Mapping[str, Reference]
    scored: int

    @classmethod
    def of(cls, bundle: Bundle) -> Then:
        """Everything that a bundle of any protocol keeps."""
        profile, kept = read_profile(bundle.files), kept_rows(bundle)
        known = {name: each for name, margin in profile.columns.items() if (each := reference_of(margin))}
        rows = profile.rows or len(kept.oof) or ASSUMED
        names = predicted(bundle.manifest).columns
        if len(kept.prediction):
            scores = {name: numbers_from(cells) for name, cells in zip(names, kept.prediction.T, strict=True)}
            return cls(profile=profile, columns=known, rows=rows, scores=scores, scored=len(kept.prediction))
        bins = zip(names, profile.scores, strict=False)
        scores = {name: numbers_of(each, 0.0) for name, each in bins if each}
        return cls(profile=profile, columns=known, rows=rows, scores=scores, scored=rows)

    @property
    def bounds(self) -> int:
        """How many bounds a look makes: of each column a distance, gaps, far or new cells; and of the scores."""
        return 3 * len(self.profile.columns) + len(self.scores)


def drifts(rows: Scored, then: Then, care: Care, *, delta: float, besides: Collection[str] = ()) -> Iterator[Finding]:
    """A finding for each column and score that surely moved by more than `delta`: drift, or a broken contract.

    Columns that stand `besides` are not looked at: what is lacking is told as that, and time moves on by itself.
    """
    there = set(rows.wire.columns) - set(besides)
    here = {name: known for name, known in then.columns.items() if name in there}
    for each in moved(rows.wire, here, care, delta=delta):
        yield _found(each, outside(each.column), f"Column {outside(each.column)!r}")
    for each in moved(rows.answers, then.scores, replace(care, then=then.scored), delta=delta):
        yield replace(_found(each, None, f"The model's own {each.column!r}"), check="score", kind="drift")


def _found(each: Moved, column: str | None, subject: str) -> Finding:
    what = "of the rows have other levels" if each.levels else "is how far its distribution moved"
    said = f"{subject} moved: {each.distance:.2f} {what}, surely more than {each.least:.2f}"
    return Finding(
        kind="contract" if each.slip else "drift",
        check="slip" if each.slip else "levels" if each.levels else "numbers",
        severity="act" if each.slip else "warn",
        sentence=f"{said}; {each.slip}." if each.slip else f"{said}.",
        column=column,
        evidence={"distance": round(each.distance, 6), "least": round(each.least, 6)},
    )
