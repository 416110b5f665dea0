"""profile.json: what a bundle keeps of the distribution of its training rows, for explanations and for watching."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from automl.bundle.background import background
from automl.bundle.files import Files
from automl.bundle.frozen import Frozen
from automl.bundle.margins import Bins, Margin, bins_of, margin
from automl.data.rows import SEEN, Column, Rows
from automl.errors import BundleError

PROFILE = "profile.json"


class Profile(Frozen):
    """The margins of the columns that the graph reads, and rows drawn from them; a row of a person is in none of it.

    `rows` were summed up. `pairs` are two columns that name one place. `ties` are the groups of columns that are drawn
    together for the `background`: synthetic rows by column, in wire types, null where a cell is missing. `scores` are
    the bins of the out-of-fold predictions, one for each column of the prediction. Bundles of protocols 1 and 2 have
    margins without bins, and nothing else of it.
    """

    rows: int = 0
    columns: dict[str, Margin] = Field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] = ()
    ties: tuple[tuple[str, ...], ...] = ()
    background: dict[str, tuple[float | str | None, ...]] = Field(default_factory=dict)
    scores: tuple[Bins | None, ...] = ()

    def shown(self) -> dict[str, object]:
        """The profile as its file has it: without what a column does not have."""
        return self.model_dump(mode="json", exclude_none=True)


def profile(
    rows: Rows, columns: Sequence[Column], *, seed: int, prediction: NDArray[np.float64] | None = None
) -> Profile:
    """The profile of the read `rows` over `columns`; `prediction` [n, width] are their out-of-fold predictions."""
    names = {column.name for column in columns}
    least = max([SEEN, *(column.min_level for column in columns)])
    ties, drawn = background(rows.frame, columns, seed=seed)
    wide = np.empty((0, 0)) if prediction is None else prediction.reshape(len(prediction), -1)
    return Profile(
        rows=rows.n,
        columns={column.name: margin(rows.frame[column.name], column) for column in columns},
        pairs=tuple((c.name, c.pair) for c in columns if c.sense == "latitude" and c.pair in names),
        ties=ties,
        background=drawn,
        scores=tuple(bins_of(wide[:, place], least=least) for place in range(wide.shape[1])),
    )


def read_profile(files: Files) -> Profile:
    """The profile of a bundle; `BundleError` where the file is not one."""
    try:
        return Profile.model_validate(json.loads(files.read(PROFILE)))
    except (ValueError, ValidationError, RecursionError) as error:
        where = str(files.folder / PROFILE)
        raise BundleError(f"the profile cannot be read: {error}", where=where, hint="Fit again.") from error
