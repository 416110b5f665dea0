"""Changes a graph in thousands of ways and asks whether the audit and onnx see the same in what the audit passes.

    python benchmarks/graph_mutants.py [MODEL ...] [--count 100000] [--seed 0]

A mutant is made on the wire: a field in any depth gets another tag (longer, with a high bit, of another number or wire
type), stands twice, goes, moves, or holds another number, and the lengths around it are made right again. Without a
model, the one that the tests use is changed. The counts are appended to benchmarks/results/graph_mutants.jsonl.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from automl.bench.records import append
from automl.errors import BundleError
from automl.graph.audit import audit
from automl.graph.onnx import to_onnx
from automl.graph.parse import Model
from automl.ops import expr as ops
from automl.ops.expr import Column, Ensemble

RESULTS = Path(__file__).parent / "results"
EXTREMES = (0, 1, 2, 7, 2**31, 2**32 - 1, 2**32 + 7, 2**62, 2**63, 2**64 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of the mutants; `different` are those that passed and that onnx sees otherwise."""

    refused: int
    passed: int
    different: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A field on the wire: its tag as written, its content, and the fields of that content where it is a message."""

    tag: bytes
    content: bytes
    parts: tuple[Part, ...] | None = None

    def written(self) -> bytes:
        """The field with its length made right."""
        inner = self.content if self.parts is None else b"".join(part.written() for part in self.parts)
        wire = self.tag[0] & 7
        return self.tag + (written(len(inner)) + inner if wire == 2 else inner)


def main() -> None:
    """Run the mutants and say what became of them; exit 1 where one passed that onnx sees otherwise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    models = {str(path): path.read_bytes() for path in chosen.models} or {"sample": sample()}
    different = 0
    for name, model in models.items():
        told = compare(model, count=chosen.count, seed=chosen.seed)
        record = {"model": Path(name).name, "bytes": len(model), "refused": told.refused, "passed": told.passed}
        record |= {"different": len(told.different), "seed": chosen.seed, "date": datetime.now(UTC).date().isoformat()}
        print(record, flush=True)
        append(RESULTS / "graph_mutants.jsonl", record)
        different += len(told.different)
    sys.exit(bool(different))


def compare(model: bytes, *, count: int, seed: int) -> Told:
    """Make `count` mutants of `model` and compare what the audit and onnx see."""
    draw = np.random.default_rng(seed)
    parts = split(model, onnx.ModelProto.DESCRIPTOR)
    refused, passed, different = 0, 0, []
    for _ in range(count):
        content = b"".join(part.written() for part in change(parts, draw))
        try:
            found = audit(content)
        except BundleError:
            refused += 1
            continue
        passed += 1
        if not same(found, content):
            different.append(content)
    return Told(refused=refused, passed=passed, different=tuple(different))


def sample() -> bytes:
    """A small graph with look-ups, trees, text, and a policy: every kind of field that automl writes."""
    age, job = Column("age"), Column("job", "text")
    code = ops.IndexOf(job, ("clerk", "farmer", ""))
    both = ops.Concat((age, ops.AsNumber(code), ops.Take(code, np.array([[0.5], [1.5], [2.0], [0.0]]))))
    trees = Ensemble(
        feature=np.array([0, 1, 2]),
        threshold=np.array([30.0, 0.5, 0.0]),
        mode=np.array([0, 1, 2], dtype=np.int8),
        nan_true=np.array([True, False, False]),
        true_child=np.array([1, -1, -3]),
        false_child=np.array([-2, -4, -5]),
        sets={2: (0.5, 2.0)},
        leaf_value=np.array([0.1, -0.2, 0.3, 0.4, 1.5]),
        leaf_target=np.zeros(5, dtype=np.int64),
        roots=np.array([0, 2]),
        base=np.array([0.25]),
    )
    score = ops.Sigmoid(ops.Trees(both, trees))
    words = ops.CountMatches(job, "[a-z]+")
    chosen = ops.TakeText(ops.AsIndex(ops.Floor(ops.Multiply(score, ops.constant(2.0))), 2), ("no", "yes"))
    return to_onnx({"p": score, "words": words, "decision": chosen}, inputs=[age, job])


def split(message: bytes, descriptor: Any) -> tuple[Part, ...]:
    """The fields of a message in its one form, each message within it split in its turn."""
    found, at = [], 0
    while at < len(message):
        tag, start = number(message, at)
        field, wire = descriptor.fields_by_number[tag >> 3], tag & 7
        if wire == 2:
            length, begin = number(message, start)
            content = message[begin : begin + length]
            inner = split(content, field.message_type) if field.message_type else None
            found.append(Part(tag=message[at:start], content=content, parts=inner))
            at = begin + length
        else:
            end = number(message, start)[1] if wire == 0 else start + (8 if wire == 1 else 4)
            found.append(Part(tag=message[at:start], content=message[start:end]))
            at = end
    return tuple(found)


def number(message: bytes, at: int) -> tuple[int, int]:
    """The varint that begins at `at`, and where it ends."""
    value, place = 0, at
    while True:
        value |= (message[place] & 0x7F) << 7 * (place - at)
        place += 1
        if message[place - 1] < 0x80:
            return value, place


def written(value: int, *, longer: int = 0) -> bytes:
    """A varint, in `longer` more bytes than it needs."""
    parts = []
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    if not longer:
        return bytes([*parts, value])
    return bytes([*parts, value | 0x80, *[0x80] * (longer - 1), 0])


# A change of one field in any depth


def change(parts: Sequence[Part], draw: np.random.Generator) -> tuple[Part, ...]:
    """The fields with one changed: here, or, more often than not, within one that is a message."""
    place = int(draw.integers(len(parts)))
    within = parts[place].parts
    if within and draw.random() < 0.8:
        return (*parts[:place], replace(parts[place], parts=change(within, draw)), *parts[place + 1 :])
    made = CHANGES[int(draw.integers(len(CHANGES)))](parts[place], draw)
    kept = (*parts[:place], *made, *parts[place + 1 :])
    if made:
        return kept
    moved = int(draw.integers(len(kept) + 1))
    return (*kept[:moved], *((parts[place],) if draw.random() < 0.5 else ()), *kept[moved:])


def _longer_tag(part: Part, draw: np.random.Generator) -> tuple[Part, ...]:
    value = number(part.tag, 0)[0]
    return (replace(part, tag=written(value, longer=int(draw.integers(1, 5)))),)


def _high_bit(part: Part, draw: np.random.Generator) -> tuple[Part, ...]:
    return (replace(part, tag=written(number(part.tag, 0)[0] | 1 << int(draw.integers(29, 64)))),)


def _both(part: Part, draw: np.random.Generator) -> tuple[Part, ...]:
    return (part, *_high_bit(part, draw))


def _other_number(part: Part, draw: np.random.Generator) -> tuple[Part, ...]:
    value = number(part.tag, 0)[0]
    return (replace(part, tag=written(int(draw.integers(0, 30)) << 3 | value & 7)),)


def _other_wire(part: Part, draw: np.random.Generator) -> tuple[Part, ...]:
    return (replace(part, tag=written(number(part.tag, 0)[0] & ~7 | int(draw.integers(6)))),)


def _twice(part: Part, draw: np.random.Generator) -> tuple[Part, ...]:
    return (part, _content(part, draw)[0])


def _content(part: Part, draw: np.random.Generator) -> tuple[Part, ...]:
    """Another number, or a changed byte."""
    if part.tag[0] & 7 == 0:
        extreme = EXTREMES[int(draw.integers(len(EXTREMES)))]
        return (replace(part, content=written(extreme, longer=int(draw.integers(2)) * int(extreme < 2**56))),)
    content = part.content or b"\0"
    at = int(draw.integers(len(content)))
    return (replace(part, parts=None, content=content[:at] + draw.bytes(1) + content[at + 1 :]),)


def _away(_: Part, __: np.random.Generator) -> tuple[Part, ...]:
    return ()


CHANGES: Sequence[Callable[[Part, np.random.Generator], tuple[Part, ...]]] = (
    _longer_tag,
    _high_bit,
    _both,
    _other_number,
    _other_wire,
    _twice,
    _content,
    _content,
    _away,
)


# What onnx sees


def same(found: Model, content: bytes) -> bool:
    """Whether onnx reads the same nodes, attributes, constants, ports and versions, and nothing else."""
    told = onnx.load_from_string(content)
    told.DiscardUnknownFields()  # type: ignore[attr-defined]  # every protobuf message has it
    graph = told.graph
    nodes = [(node.op_type, node.domain, tuple(node.input), tuple(node.output)) for node in graph.node]
    return (
        told.SerializeToString() == content
        and nodes == [(node.kind, node.domain, node.inputs, node.outputs) for node in found.nodes]
        and all(
            _alike(node.attributes, {entry.name: onnx.helper.get_attribute_value(entry) for entry in other.attribute})
            for node, other in zip(found.nodes, graph.node, strict=True)
        )
        and _alike(found.constants, {tensor.name: tensor for tensor in graph.initializer})
        and [port.name for port in (*found.inputs, *found.outputs)] == [v.name for v in (*graph.input, *graph.output)]
        and dict(found.versions) == {entry.domain: entry.version for entry in told.opset_import}
        and dict(found.metadata) == {entry.key: entry.value for entry in told.metadata_props}
    )


def _alike(ours: Any, theirs: Any) -> bool:
    return ours.keys() == theirs.keys() and all(_plain(value) == _plain(theirs[name]) for name, value in ours.items())


def _plain(value: Any) -> Any:
    """A value that compares by its bits: onnx's tensors, bytes and lists, and our arrays and texts."""
    if isinstance(value, onnx.TensorProto) and value.data_type == onnx.TensorProto.STRING:
        return tuple(value.dims), [text.decode() for text in value.string_data]
    if isinstance(value, list):
        value = np.array(value) if value and isinstance(value[0], int) else [_plain(entry) for entry in value]
    array = numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value
    if isinstance(array, np.ndarray):
        native = array.astype(array.dtype.newbyteorder("="))
        return array.shape, native.ravel().tolist() if array.dtype == object else native.tobytes()
    return array.decode() if isinstance(array, bytes) else array


if __name__ == "__main__":
    main()
