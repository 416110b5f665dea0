"""The tables of a fit as the relational engine has them."""

from __future__ import annotations

from automl.data.rows import Prepared
from automl.data.tables.checks import MAIN
from automl.data.tables.joins import JoinedTables
from automl.features.relational.definition import Catalog, Relation, TableSchema
from automl.spec import Spec


def catalog_of(joined: JoinedTables, spec: Spec, data: Prepared) -> Catalog:
    """The tables with their times, how they hang together, and what of main's past is known late."""
    times = {join.name: join.time for join in joined.joins}
    times[MAIN] = spec.data.time[0] if spec.data.time and joined.history else None
    history = bool(joined.history)
    return Catalog(
        tables=tuple(
            TableSchema(name=name, columns=columns, time=times[name]) for name, columns in joined.wires.items()
        ),
        relations=tuple(Relation(child=one.name, parent=one.to, on=one.on) for one in joined.joins),
        cutoff=joined.cutoff,
        target=data.labels.name if history else None,
        delayed=tuple(c.name for c in data.schema.columns if c.role == "outcome") if history else (),
        horizon=spec.data.horizon * 1e6 if history and spec.data.horizon is not None else None,
        history=joined.history,
        timezone=spec.data.timezone,
    )
