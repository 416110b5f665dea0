"""The model that answers now, and the challenger that is tried beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automl.deploy.serve.door import Visit
from automl.deploy.serve.model import Model
from automl.deploy.serve.refusal import Refusal
from automl.deploy.serve.trial import Trial

if TYPE_CHECKING:
    from fastapi import Request


class Current:
    """The model that answers now. Set in one step: a request keeps the one that it began with (V10)."""

    def __init__(self, model: Model | None = None, trial: Trial | None = None) -> None:
        self.model = model
        self.trial = trial
        self.ready = True

    def get(self) -> Model:
        """The model; Refusal 503 while there is none."""
        if self.model is None or not self.ready:
            raise Refusal(503, "the server takes no rows now", retry=1)
        return self.model

    def for_request(self, request: Request) -> Model:
        """The same, named in the answer to this request."""
        model = self.get()
        visit: Visit = request.scope["state"]["visit"]
        visit.version = model.name
        return model
