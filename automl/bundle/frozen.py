"""What all models of the manifest have in common: they are read with suspicion, and never changed."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """The root of the manifest's models: nothing unknown, nothing changed after birth."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())
