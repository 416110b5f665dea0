"""Writes what the code knows into the pages: keys, commands, rooms, the last runs."""

from __future__ import annotations

import ast
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from automl.bench.quoted import last_benchmark, readme_table, recipe_pages
from automl.bench.scale import cost_model, stages
from automl.cli import cli
from automl.cli.documents import SHARED, names, read
from automl.spec.schema import json_schema

ROOT = Path(__file__).parents[1]
SPEC = ROOT / "docs" / "reference" / "spec.md"
COMMANDS = ROOT / "docs" / "reference" / "command-line.md"
DOCUMENTS = ROOT / "docs" / "reference" / "json.md"
README, TUTORIALS, DEMO = ROOT / "README.md", ROOT / "docs" / "tutorials", ROOT / "docs" / "demo"
TOLD = {"credit": "fit.txt", "fraud": "fraud.txt", "churn": "churn.txt", "demand": "demand.txt"}  # what their fits said
SCALE = ROOT / "docs" / "scale.md"
HOWTO = ROOT / "docs" / "howto"
QUOTED = {  # the last line of what they found
    "refresh": HOWTO / "retrain.md",
    "replayed_time": HOWTO / "retrain.md",
    "shelf_life": HOWTO / "report.md",
}
RESULTS, RECIPES = ROOT / "benchmarks" / "results", ROOT / "recipes"
KINDS = {  # the example of a unit in the schema, and what people call it
    "10min": 'time such as `"10min"`',
    "30d": 'time such as `"30d"`',
    "8GB": 'size such as `"8GB"`',
    "5%": 'share such as `"5%"`',
    "200 per 1d": 'amount per time such as `"200 per 1d"`',
    "50000 rows/s": 'throughput such as `"50000 rows/s"`',
}
WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`"}
HEAD = """# Keys of the spec

Every key that a spec can have. This page is made from the models in `automl/spec/` by `make docs`.
`automl schema` prints the same as JSON Schema, for editors.

- **Precedence**: defaults, then the recipe, then the spec, then `--set KEY=VALUE`.
- **Units** are written as people write them: times `"2ms"`, `"30s"`, `"10min"`, `"2h"`, `"30d"`; sizes `"25MB"`,
  `"8GB"` (powers of 1,000); shares `"5%"` or 0.05.
- **Paths** are relative to the spec file.
- An unknown key is refused with file, line and the nearest right one.
"""

DOCUMENTS_HEAD = """# What `--json` prints

Every command that has `--json` puts one JSON document on stdout, and its exit code says how it ended. This page is made
from the JSON Schemas in `automl/cli/documents/` by `make docs`; `automl schema COMMAND` prints one, for programs.

- Where a command ends with an error, the document is that of [failed](#failed): `{"ok": false, "error": {...}}`.
- Every key is there each time, but those marked *optional*; what has no value is `null`, and so are NaN and infinity.
- A later version may add keys. It renames none and gives none another meaning or unit without a line in the changelog.
- A test runs each command and holds what it prints against its schema, without one key more.
"""


def pages() -> dict[Path, str]:
    """Each page that has generated parts, as it should be."""
    readme = README.read_text(encoding="utf-8")
    readme = between(
        readme, "demo", console("fit.txt", "automl example german-credit credit", "automl fit credit/spec.toml")
    )
    readme = between(readme, "verify", console("verify.txt", "automl verify credit/spec.bundle"))
    readme = between(readme, "rooms", "```text\n" + "\n".join(rooms()) + "\n```")
    report = last_benchmark(RESULTS)
    rows = recipe_pages(RECIPES, report) if report else {}
    readme = between(readme, "benchmark", readme_table(report) if report else "No results are committed yet.")
    line = between(COMMANDS.read_text(encoding="utf-8"), "commands", "\n".join(commands()))
    scale = between(SCALE.read_text(encoding="utf-8"), "scale", "\n".join(cost_model(stages(RESULTS))))
    made = {SPEC: spec_page(), DOCUMENTS: documents_page(), COMMANDS: line, README: readme, SCALE: scale}
    quoted = {page: page.read_text(encoding="utf-8") for page in QUOTED.values()}
    for name, page in QUOTED.items():
        quoted[page] = between(quoted[page], name, found(name))
    return {**made, **quoted, **tutorials(), **rows}


def tutorials() -> dict[Path, str]:
    """Each tutorial with the money that its fit told of."""
    pages = {}
    for name, told in TOLD.items():
        page = TUTORIALS / f"{name}.md"
        pages[page] = between(page.read_text(encoding="utf-8"), "money", f"```text\n{money(told)}```")
    credit = TUTORIALS / "credit.md"
    pages[credit] = between(pages[credit], "scored", f"```text\n{demo('scored.csv')}```")
    return pages


def found(name: str) -> str:
    """The sentence below the table of a benchmark."""
    return textwrap.fill((RESULTS / f"{name}.md").read_text(encoding="utf-8").splitlines()[-1], 120)


def between(text: str, name: str, content: str) -> str:
    """`text` with what stands between the marks called `name` replaced."""
    start, end = f"<!-- made by `make docs`: {name} -->\n", "<!-- end -->"
    before, found, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"the page has no part marked {name!r}")
    return f"{before}{start}{content.rstrip()}\n{end}{after}"


def console(name: str, *commands: str) -> str:
    """What the demo said, below the commands that made it say so."""
    typed = "".join(f"$ {command}\n" for command in commands)
    return f"```console\n{typed}{demo(name)}```"


def demo(name: str) -> str:
    """A file that `docs/demo.py` kept."""
    return (DEMO / name).read_text(encoding="utf-8").rstrip("\n") + "\n"


def money(told: str) -> str:
    """The part about money of what a fit said, down to the saving."""
    _, _, below = demo(told).partition("Money\n")
    above, saving, rest = below.partition("    saving ")
    return f"Money\n{above}{saving}{rest.partition(chr(10))[0]}\n"


def rooms() -> Iterator[str]:
    """A line for each room and for each room in it: what its first docstring says."""
    package = ROOT / "automl"
    folders = sorted(path.parent.relative_to(package) for path in package.glob("*/**/__init__.py"))
    yield from (_room(package / folder, "  " * (len(folder.parts) - 1)) for folder in folders)
    yield from (_room(path, "") for path in sorted(package.glob("*.py")) if not path.stem.startswith("__"))


def _room(place: Path, indent: str) -> str:
    source = place / "__init__.py" if place.is_dir() else place
    purpose = (ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or "").splitlines()[0]
    name = f"{place.name}/" if place.is_dir() else place.name
    return f"{indent + name:<18}{purpose.rstrip('.')}"


def commands() -> Iterator[str]:
    """A section for each command: its purpose, its usage, its options."""
    yield from _below(cli, click.Context(cli, info_name="automl", **cli.context_settings))


def _below(group: click.Group, above: click.Context) -> Iterator[str]:
    for name, command in sorted(group.commands.items()):
        context = click.Context(command, info_name=name, parent=above)
        yield f"## {context.command_path.replace(' [OPTIONS]', '')}\n\n{command.help}\n"
        yield f"```text\n{context.command_path} {' '.join(command.collect_usage_pieces(context))}\n```\n"
        records = [option.get_help_record(context) for option in command.params if isinstance(option, click.Option)]
        if records:
            yield "| option | what it does |\n| --- | --- |"
            yield from (f"| `{record[0]}` | {record[1]} |" for record in records if record)
            yield ""
        if isinstance(command, click.Group):
            yield from _below(command, context)


def documents_page() -> str:
    """The reference of all documents: what is in each, then what several have in them."""
    parts = [DOCUMENTS_HEAD]
    for name in names():
        schema = read(name)
        parts += [f"## {schema['title'].removesuffix(' --json')}\n\n{schema['description']}\n"]
        parts += [f"It is {_told(schema['anyOf'], name)}.\n", *_definitions(schema.get("$defs", {}), name)]
    shared = read(SHARED)
    return "\n".join([*parts, f"## {shared['title']}\n", *_definitions(shared["$defs"], "")]).rstrip("\n") + "\n"


def _definitions(found: Mapping[str, Any], command: str) -> Iterator[str]:
    for name, each in found.items():
        yield f"### {f'{command} {name}'.strip()}\n\n{each.get('description', f'It is {_told([each], command)}.')}\n"
        yield from _keys(each, command)


def _keys(each: Mapping[str, Any], command: str) -> Iterator[str]:
    """A table of the keys; those of an object within stand behind it with a dot."""
    if "properties" not in each:
        return
    yield "| key | type | meaning |\n| --- | --- | --- |"
    yield from _documented(each, "", command)
    yield ""


def _documented(each: Mapping[str, Any], above: str, command: str) -> Iterator[str]:
    for key, value in each["properties"].items():
        optional = "" if key in each["required"] else "*optional* "
        yield f"| `{above}{key}` | {_told([value], command)} | {optional}{_cell(value.get('description', ''))} |"
        inner = [value, value.get("items", {}), *value.get("anyOf", [])]
        for one in (part for part in inner if "properties" in part):
            yield from _documented(one, f"{above}{key}.", command)


def _told(options: Sequence[Mapping[str, Any]], command: str) -> str:
    """A type of a document in words; a definition is linked, the command's own before the shared one."""
    return " or ".join(dict.fromkeys(_told_one(option, command) for option in options))


def _told_one(value: Mapping[str, Any], command: str) -> str:
    if "anyOf" in value:
        return _told(value["anyOf"], command)
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        own = command and name in read(command).get("$defs", {})
        return f"[{name}](#{f'{command}-{name}' if own else name})"
    if "const" in value or "enum" in value:
        return ", ".join(f"`{json.dumps(each)}`" for each in value.get("enum", [value.get("const")]))
    kinds = value.get("type", [])
    told = (_told_kind(kind, value, command) for kind in ([kinds] if isinstance(kinds, str) else kinds))
    return " or ".join(told) or "anything"


def _told_kind(kind: str, value: Mapping[str, Any], command: str) -> str:
    if kind == "array":
        items = value.get("prefixItems") or [value.get("items") or {}]
        return f"list of {', '.join(_told_one(each, command) for each in items)}"
    if kind == "object":
        entries = value.get("additionalProperties")
        return f"{_told_one(entries, command)} by name" if isinstance(entries, Mapping) else "object"
    return "`null`" if kind == "null" else WORDS[kind]


def spec_page() -> str:
    """The reference of all keys."""
    schema = json_schema()
    parts = [HEAD]
    for name, section in schema["properties"].items():
        parts += _section(name, section, schema["$defs"])
    return "\n".join(parts).rstrip("\n") + "\n"


def _section(path: str, section: Mapping[str, Any], models: Mapping[str, Any]) -> Iterator[str]:
    """A heading, a table of the plain keys, then the tables within."""
    model = _model(section, models)
    named = f"{path}.NAME" if _entries(section) and model else path
    yield f"## [{named}]\n\n{section['description']}\n"
    if model is None:
        return
    required = model.get("required", [])
    yield "| key | type | default | meaning |\n| --- | --- | --- | --- |"
    inner = []
    for key, value in model["properties"].items():
        found = _model(value, models)
        if found is not None:
            inner.append((f"{path}.{key}", value))
        default = "**needed**" if key in required else _default(value, section=found is not None)
        told = f"see [{path}.{key}]" if found is not None else _kind(value, models)
        yield f"| `{key}` | {told} | {default} | {_cell(value['description'])} |"
    yield ""
    for key, value in inner:
        yield from _section(key, value, models)


def _cell(text: str) -> str:
    """Paragraphs as a cell of a table, which ends with its line."""
    return " ".join(text.split())


def _model(value: Mapping[str, Any], models: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The section that a key holds, if it holds nothing but a section."""
    options = [option for option in value.get("anyOf", [value]) if option.get("type") != "null"]
    if len(options) != 1:
        return None
    reference = options[0].get("$ref") or options[0].get("items", {}).get("$ref")
    reference = reference or _entries(options[0]).get("$ref")
    return models[reference.rpartition("/")[2]] if reference else None


def _entries(option: Mapping[str, Any]) -> Mapping[str, Any]:
    entries = option.get("additionalProperties")
    return entries if isinstance(entries, Mapping) else {}


def _kind(value: Mapping[str, Any], models: Mapping[str, Any]) -> str:
    """The type in people's words."""
    example = value.get("examples", [None])[0]
    if example in KINDS:
        return KINDS[example]
    if "anyOf" in value:
        kinds = [_kind(option, models) for option in value["anyOf"] if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "$ref" in value:
        keys = models[value["$ref"].rpartition("/")[2]]["properties"]
        return f"table of {', '.join(f'`{key}`' for key in keys)}"
    return _simple_kind(value, models)


def _simple_kind(value: Mapping[str, Any], models: Mapping[str, Any]) -> str:
    kind = value["type"]
    if "enum" in value:
        return ", ".join(f"`{option}`" for option in value["enum"])
    if isinstance(kind, list):
        return " or ".join(WORDS[one] for one in kind)
    if kind == "array":
        return f"list of {_kind(value['items'], models)}"
    if kind == "object":
        return f"table of {_kind(_entries(value), models)}"
    bounds = [f"at least {value['minimum']:,}"] if "minimum" in value else []
    bounds += [f"at most {value['maximum']:,}"] if "maximum" in value else []
    return ", ".join([WORDS[kind], *bounds])


def _default(value: Mapping[str, Any], *, section: bool) -> str:
    default = value.get("default")
    if section or default is None or default in ([], {}):
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default:g}`" if isinstance(default, int | float) else f"`{json.dumps(default)}`"


if __name__ == "__main__":
    for page, content in pages().items():
        page.write_text(content, encoding="utf-8")
