"""Reads a model's bytes and refuses what automl never writes, before ONNX Runtime sees them (B08, B10)."""

from __future__ import annotations

from collections.abc import Mapping

from automl.graph.parse import Model, parse, refusal
from automl.graph.shape_rules import RULES, BrokenError
from automl.graph.shapes import infer_values

VERSIONS: Mapping[str, int] = {"": 21, "ai.onnx.ml": 5, "com.microsoft": 1}  # of every release so far


def audit(model: bytes) -> Model:
    """The model in its bytes, as every reader sees it, or a `BundleError` that says what is wrong.

    Refused are external data, unknown operations, domains and fields, subgraphs, functions, broken bytes, and graphs
    that a rule of `automl.graph.shapes` forbids.
    """
    found = parse(model)
    for node in found.nodes:
        if (node.domain, node.kind) not in RULES:
            raise refusal(f"it has the operation '{node.kind}' of the domain '{node.domain or 'ai.onnx'}'")
        if node.domain not in found.versions:
            raise refusal(f"it does not import the domain of its operation '{node.kind}'")
    for domain, version in found.versions.items():
        if VERSIONS.get(domain) != version:
            raise refusal(f"it imports the domain '{domain}' in version {version}")
    try:
        infer_values(found)
    except BrokenError as error:
        raise refusal(str(error)) from error
    return found
