"""A folder with one page that scores in the browser: a form made from the signature, the reader's twin, the graph."""

from __future__ import annotations

import importlib.resources
import json
import re
from collections.abc import Iterator
from pathlib import Path

from automl import disk
from automl.bundle.golden import decode, encode
from automl.bundle.profile import read_profile
from automl.bundle.read import Bundle
from automl.bundle.scorer import Cell
from automl.deploy.export._explainer import explainer_document
from automl.deploy.export.base import Exporter, Source, one_table
from automl.errors import SpecError
from automl.graph.nodes import read_graph
from automl.names import inside, outside

PACKAGE = "onnxruntime-web"
VERSION = "1.30.0"  # the one that the page was tried with
RUNTIME = ("package.json", "dist/ort.wasm.bundle.min.mjs", "dist/ort-wasm-simd-threaded.wasm")
LEVELS = 50  # of a category, offered beside the field


def write(source: Source, folder: Path) -> None:
    """index.html with its scripts and style, reader.js, signature.json, explain.json, model.onnx, golden rows."""
    bundle = source.bundle
    one_table(bundle, "web")
    own = importlib.resources.files("automl.deploy.export") / "web_page"
    disk.write(folder / "index.html", page(bundle, (own / "index.html.j2").read_text("utf-8")).encode())
    for name in ("page.js", "page.css", "explain.js"):
        disk.write(folder / name, (own / name).read_bytes())
    disk.write(folder / "reader.js", (importlib.resources.files("automl.data.read") / "reader.js").read_bytes())
    disk.make_folder(folder / "golden")
    for name in ("model.onnx", "golden/rows.json"):
        disk.write(folder / name, bundle.files.read(name))
    disk.write(folder / "golden/expected.json", encode(_in_text(bundle)))
    _put(folder / "signature.json", signature(bundle))
    _put(folder / "explain.json", explainer_document(bundle))
    version = VERSION if source.vendor is None else _vendored(source.vendor, folder / "node_modules" / PACKAGE)
    _put(folder / "package.json", {"private": True, "type": "module", "dependencies": {PACKAGE: version}})


def signature(bundle: Bundle) -> dict[str, object]:
    """What the script needs to know: reader, inputs of the graph with their columns, outputs with theirs."""
    graph = read_graph(bundle.files.read("model.onnx"))
    return {
        "reader": bundle.manifest.reader,
        "inputs": [{"name": name, "column": own, "text": text} for name, (own, text) in graph.inputs.items()],
        "outputs": [output.model_dump(mode="json") for output in bundle.manifest.outputs],
        "content_hash": bundle.manifest.content_hash,
    }


def _in_text(bundle: Bundle) -> dict[str, list[Cell]]:
    """The golden answers as the page gives them: decisions are text."""
    target = bundle.manifest.target
    texts = dict(zip(target.values, target.texts, strict=True))
    expected = decode(bundle.files.read("golden/expected.json"))
    if "decision" in expected and target.texts:
        expected["decision"] = [texts.get(cell, cell) for cell in expected["decision"]]
    return expected


def page(bundle: Bundle, template: str) -> str:
    """The page; names and levels of the data are escaped, and scripts of other places never run (S07, V13)."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(template).render(
        target=bundle.manifest.target.name, kind=bundle.manifest.target.kind, fields=list(_fields(bundle))
    )


def _fields(bundle: Bundle) -> Iterator[dict[str, object]]:
    """A field for each raw column, filled with a cell of the first golden row."""
    wires: dict[str, str] = {}
    for entry in bundle.manifest.reader["columns"]:
        for part in entry.get("parts", [entry["name"]]):
            wires.setdefault(outside(part), entry["wire"])
    known = read_profile(bundle.files).columns
    example = json.loads(bundle.files.read("golden/rows.json"))[0]
    for place, name in enumerate([*bundle.needed, *bundle.optional]):
        margin = known.get(inside(name))
        levels = list((margin and margin.levels) or {})[:LEVELS]
        value = example.get(inside(name))
        yield {
            "id": f"field-{place}",
            "name": name,
            "wire": wires[name],
            "levels": levels,
            "optional": name in bundle.optional,
            "value": "" if value is None else str(value),
        }


def _vendored(package: Path, target: Path) -> str:
    """Copy what the page loads of an installed onnxruntime-web; its version."""
    lacking = [name for name in RUNTIME if not (package / name).is_file()]
    about = {} if lacking else json.loads((package / "package.json").read_bytes())
    version = str(about.get("version", ""))
    if lacking or about.get("name") != PACKAGE or not re.fullmatch(r"[0-9]+(\.[0-9]+){2}(-[0-9A-Za-z.-]+)?", version):
        what = f"there is no {lacking[0]} in it" if lacking else "its package.json is another package's"
        raise SpecError(
            f"this is no installed {PACKAGE}: {what}",
            where=str(package),
            hint=f"`npm install {PACKAGE}@{VERSION}`, then name node_modules/{PACKAGE}.",
        )
    for name in RUNTIME:
        disk.make_folder((target / name).parent)
        disk.copy(package / name, target / name)
    return version


def _put(path: Path, value: object) -> None:
    disk.write(path, (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())


EXPORTER = Exporter(
    name="web",
    purpose="a page that scores in the browser; serve the folder over HTTP",
    makes="folder",
    write=write,
    vendors=True,
)
