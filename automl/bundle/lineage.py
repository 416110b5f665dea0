"""Where a bundle comes from: the twin that was judged in its place, and the champion that it was judged against."""

from __future__ import annotations

from automl.bundle.frozen import Frozen


class TwinRecord(Frozen):
    """The members were fitted once more on all rows: scores and verdict are those of the `twin` fitted without test.

    On the train rows both rank alike (`rank`, Spearman's correlation) and decide otherwise in a share `changed` of
    them. `rows` are those that this model learned from. Where `shipped` is False the twin that was judged ships itself,
    and `reason` says why.
    """

    shipped: bool
    rows: int
    rank: float
    changed: float
    reason: str


class RetrainedRecord(Frozen):
    """How this model came to follow its parent: the `rung`, and what it saves more per 1,000 rows on `rows` judged.

    It is the `number`-th challenge of its parent; `low` is the lower bound at `alpha`, `aging` what its parent is
    expected to lose more by its age (None: nobody knows). `accepted` says that a person
    took a shift of the labels for real. `outdone` are dearer rungs that were judged beside it and saved less.
    `renewed` says that it was not shown to be better: its parent was to be renewed. `fitted` is when the labels were
    last learned anew, by itself or by one before it (None: nobody wrote it down).
    """

    rung: str
    number: int
    difference: float
    low: float
    alpha: float
    rows: int
    aging: float | None = None
    currency: str | None = None
    accepted: bool = False
    outdone: tuple[str, ...] = ()
    renewed: bool = False
    fitted: str | None = None
