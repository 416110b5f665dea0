"""Runs a graph: the one place of the engine that opens ONNX Runtime."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from automl.errors import DataError
from automl.graph.audit import audit
from automl.graph.runtime import open_runtime

if TYPE_CHECKING:
    import onnxruntime

Array = NDArray[np.generic]
INPUTS = "inputs"  # the metadata entry with the columns' real names
VALUES = "values"  # the metadata entry with the names of inner values that another policy may stand on
STAGES = "stages"  # the metadata entry with the names of the members' raw scores, of what they predict, of the mix
ENCODINGS = "encodings"  # the metadata entry with the values that are means of the target, and of how many rows
DTYPES = {"tensor(double)": np.float64, "tensor(string)": object, "tensor(bool)": np.bool_, "tensor(int64)": np.int64}


class Session:
    """An open graph. `inputs` are the columns it needs, `outputs` what it computes, in the graph's order."""

    def __init__(self, runtime: onnxruntime.InferenceSession) -> None:
        graph_names = [entry.name for entry in runtime.get_inputs()]
        metadata = runtime.get_modelmeta().custom_metadata_map
        self.inputs: tuple[str, ...] = tuple(json.loads(metadata[INPUTS])) if INPUTS in metadata else (*graph_names,)
        self.outputs: tuple[str, ...] = tuple(entry.name for entry in runtime.get_outputs())
        self.metadata: Mapping[str, str] = metadata
        self._nothing = {
            entry.name: np.empty((0, *entry.shape[1:]), dtype=DTYPES[entry.type]) for entry in runtime.get_outputs()
        }
        self._runtime = runtime
        self._names = tuple(zip(graph_names, self.inputs, strict=True))

    def run(self, columns: Mapping[str, Array], outputs: Sequence[str] | None = None) -> dict[str, Array]:
        """The outputs named (or all) for N rows of columns, float64 or str objects, [N] or [N, 1].

        Numbers come back as float64 [N, width], text as str objects [N, 1]. One row or many, the bits are the same.
        Further columns are ignored; a column that is missing raises a `DataError`.
        """
        names = self.outputs if outputs is None else outputs
        try:
            feed = {name: _upright(columns[column]) for name, column in self._names}
        except KeyError as error:
            raise DataError(
                f"column '{error.args[0]}' is missing", hint="The model needs it to score a row."
            ) from error
        if not all(map(len, feed.values())):  # some operations refuse to run on nothing
            return {name: self._nothing[name] for name in names}
        return dict(zip(names, self._runtime.run(names, feed), strict=True))


def open_session(model: bytes) -> Session:
    """The graph in `model`, audited first, on one thread. A `BundleError` if it may not be opened."""
    audit(model)
    return Session(open_runtime(model, arena=False))  # as fast, and a large chunk leaves no memory behind


def _upright(values: Array) -> Array:
    return values if values.ndim > 1 else np.reshape(values, (-1, 1))
