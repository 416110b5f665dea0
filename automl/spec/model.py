"""The spec as one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr

from automl.shown import Shown
from automl.spec.base import Section
from automl.spec.budget import Budget
from automl.spec.bundle import Bundle
from automl.spec.data import Data
from automl.spec.limits import Limits
from automl.spec.monitor import Monitor
from automl.spec.objective import Objective
from automl.spec.recipe import Recipe
from automl.spec.report import Report
from automl.spec.retrain import Retrain


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a spec came from: its file, and each absolute path as it was written there.

    Two specs that say the same are equal wherever they came from, so nothing here is compared.
    """

    source: Path | None = field(default=None, compare=False)
    written: Mapping[str, str] = field(default_factory=dict, compare=False)


class Spec(Shown, Section):
    """Everything the user said, with the recipe and the defaults filled in. Made by `load` and `parse`."""

    objective: Objective
    """What to predict and what it is worth."""
    data: Data = Data()
    """Where the rows are, and what their columns are for."""
    budget: Budget = Budget()
    """What the search may spend."""
    limits: Limits = Limits()
    """What the finished bundle may cost to run. A limit that fails: no bundle, exit code 4."""
    recipe: Recipe = Recipe()
    """What the search builds on."""
    bundle: Bundle = Bundle()
    """What the bundle is called, and what it keeps of the rows."""
    report: Report = Report()
    """The page for people that the bundle brings with it."""
    monitor: Monitor | None = None
    """Watching the model at work."""
    retrain: Retrain | None = None
    """Fitting again when it is time."""

    _origin: Origin = PrivateAttr(default=Origin())

    def model_post_init(self, context: object) -> None:
        """Keep the origin that `load` gives as the validation's context."""
        if isinstance(context, Origin):
            self._origin = context

    @property
    def source(self) -> Path | None:
        """The file the spec was read from, None if it came as a mapping."""
        return self._origin.source

    def resolved(self) -> dict[str, Any]:
        """The whole spec as plain JSON values, units and paths as people write them; what is unset is left out.

        Secrets stay the references they are (S05); `parse` reads it back to an equal spec.
        """
        values: dict[str, Any] = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {name: section for name, section in _rewrite(values, self._origin.written).items() if section != {}}


def _rewrite(value: object, written: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _rewrite(item, written) for key, item in value.items()}
    return written.get(value, value) if isinstance(value, str) else value
