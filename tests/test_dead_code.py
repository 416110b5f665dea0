"""What nothing uses is not kept: no function, class or constant stands in the engine for tests alone."""

from __future__ import annotations

import ast
import importlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import click
import pytest

from automl.deploy.export.base import Exporter
from automl.engines.base import Engine
from automl.executors.base import Backend
from automl.features.base import Joint, Step
from automl.gates.base import Gate
from automl.learners.base import Learner
from automl.metrics.base import Metric
from automl.report.views.base import View

PLUGINS = (Backend, Engine, Exporter, Gate, Joint, Learner, Metric, Step, View, click.Command)
ROOT = Path(__file__).parents[1]
IN_TEXT = re.compile(r"(?:\A|\bfrom )(automl[\w.]*)(?::| import )(\w+)")  # a job's function; what `python -c` is told
FROM_OUTSIDE = {
    "automl:__getattr__": "Python asks for it (PEP 562)",
    "automl.bundle.score_with_tables:main": "the front of a bundle's score.py imports it from the copies",
    "automl.report.views.base:views": "`automl.shown` finds it by its place, from below",
    "automl.deploy.dataframes.duckdb:score": "users of that engine import it",
    "automl.deploy.dataframes.ray_data:score": "users of that engine import it",
    "automl.deploy.dataframes.spark:score": "users of that engine import it",
    "automl.bench.rival_kit:Model": "rivals import it as `rival_kit`, in a Python of their own",
}


@dataclass(frozen=True)
class Source:
    """A file of Python: its module, None for what only uses the engine."""

    text: str
    module: str | None = None

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def reads(self) -> Counter[str]:
        return _reads(self.tree)

    def defined(self) -> Iterator[tuple[tuple[str, ...], ast.stmt]]:
        """Each definition at the top of the file; names bound together, as an enumeration is, are one."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield (node.name,), node
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
                yield tuple(name for name in names if name != "__all__"), node

    def used(self, modules: frozenset[str]) -> Iterator[tuple[str, str]]:
        """Each (module, name) that the file imports, reads from a module, or names in a text."""
        aliases: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom):
                for name in node.names:
                    yield node.module or "", name.name
                    aliases[name.asname or name.name] = f"{node.module}.{name.name}"
            elif isinstance(node, ast.Import):
                aliases |= {name.asname: name.name for name in node.names if name.asname}
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from IN_TEXT.findall(node.value)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module = aliases.get(node.value.id)
                if module in modules:
                    yield module, node.attr

    def uses_itself(self, name: str, definition: ast.stmt) -> bool:
        """Whether `name` is read in the file outside of its definition."""
        return self.reads[name] > _reads(definition)[name]


def _reads(tree: ast.AST) -> Counter[str]:
    """How often each name is read."""
    return Counter(n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))


def _unused(sources: list[Source]) -> list[str]:
    modules = frozenset(source.module for source in sources if source.module)
    used = {use for source in sources for use in source.used(modules)}
    return [
        f"{source.module}:{name}"
        for source in sources
        if source.module
        for names, node in source.defined()
        if names and not any((source.module, name) in used or source.uses_itself(name, node) for name in names)
        for name in names
    ]


def _sources() -> list[Source]:
    found = [Source(path.read_text(encoding="utf-8"), _module(path)) for path in ROOT.glob("automl/**/*.py")]
    users = [*ROOT.glob("docs/*.py"), *ROOT.glob("benchmarks/*.py")]
    return found + [Source(path.read_text(encoding="utf-8")) for path in users]


def _is_plugin(name: str) -> bool:
    """Whether a registry or the command line finds the value by its type."""
    module, _, value = name.partition(":")
    return isinstance(getattr(importlib.import_module(module), value), PLUGINS)


def _is_of_a_suite(name: str) -> bool:
    """Whether pytest finds it in a suite that is shipped: a test, by its name."""
    module, _, value = name.partition(":")
    return module.startswith("automl.testing.") and value.startswith("test_")


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_what_is_defined_is_used() -> None:
    """Each definition is used in its file, imported by another, named in a text, or is a plugin or a suite's test."""
    unused = {name for name in _unused(_sources()) if not _is_plugin(name) and not _is_of_a_suite(name)}
    assert unused == FROM_OUTSIDE.keys()


@pytest.mark.parametrize(
    ("user", "found"),
    [
        ("", ["a:f", "a:LIMIT", "a:K"]),
        ("from a import f, LIMIT, K", []),
        ("from b import f\nf()", ["a:f", "a:LIMIT", "a:K"]),
        ("from automl.room import f", ["a:f", "a:LIMIT", "a:K"]),
        ("import a\nx.f, f.LIMIT", ["a:f", "a:LIMIT", "a:K"]),
        ("from a import K, f\nK.LIMIT", ["a:LIMIT"]),
    ],
)
def test_what_is_unused_is_found(user: str, found: list[str]) -> None:
    """The test above can fail: a name counts where it comes from its own module, and a call of itself is no use."""
    defining = Source("def f():\n    f()\nLIMIT: int = 1\nclass K:\n    LIMIT = 2\ndef used(): pass\nused()", "a")
    assert _unused([defining, Source(user)]) == found


def test_each_way_to_use_a_name_counts() -> None:
    """An import, an attribute of a module, a job's function, what a new process is told, one of an enumeration."""
    room = "def {0}(): pass"
    users = [
        ("imported", "from automl.room import imported as other"),
        ("attribute", "from automl import room\nroom.attribute()"),
        ("job", "order = 'automl.room:job'"),
        ("started", "START = 'import sys; from automl.room import started; started()'\nSTART"),
        ("inside", "pass"),
    ]
    text = "\n".join([*(room.format(name) for name, _ in users), "inside()", "ONE, TWO = 1, 2", "TWO"])
    assert _unused([Source(text, "automl.room"), *(Source(user) for _, user in users)]) == []
