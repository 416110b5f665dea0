"""Which modules of our own tree a test file of their name imports, and how much of them it runs by itself."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from shape_tree import Figure, FunctionOrClass, Module

MIRRORED_FROM = 40  # a longer module should have a test file of its own
COVERED = 80  # per cent of the module's lines that this file should run


def unmirrored(modules: Iterable[Module], tests: Sequence[Module]) -> Figure:
    """Modules that should have a test file of their name and have none that imports them."""
    owed = [module for module in modules if is_owed_a_test(module)]
    found = mirrors(owed, tests)
    return Figure(
        title="modules not mirrored by a test file",
        found=[f"{module.lines:5}  {module.path}" for module in owed if module not in found],
        count=f"{len(owed) - len(found)} of {len(owed)} (mirrored: {len(found) / max(len(owed), 1):.0%})",
    )


def is_owed_a_test(module: Module) -> bool:
    """Whether the rule "mirrored" of `RULES` asks for a test file."""
    named = module.path.stem != "base" and not module.path.stem.startswith("_")
    return module.lines > MIRRORED_FROM and named and not module.is_command


def mirrors(modules: Iterable[Module], tests: Iterable[Module]) -> dict[Module, Module]:
    """The test file of each module that is owed one and has it."""
    by_path = {test.path: test for test in tests}
    owed = filter(is_owed_a_test, modules)
    pairs = [(module, by_path.get(path)) for module in owed for path in _test_paths(module)]
    return {module: test for module, test in pairs if test and module.name in test.imports}


def _test_paths(module: Module) -> Iterator[Path]:
    for folder in (Path(*module.path.parent.parts[1:]), Path()):
        yield "tests" / folder / f"test_{module.path.stem}.py"


def thinly_covered(root: Path, mirrored: Mapping[Module, Module]) -> Figure:
    """Modules of whose lines their own test file, run by itself, runs less than `COVERED` per cent."""
    shares = {module: covered(root, module, test) for module, test in mirrored.items()}
    thin = {module: share for module, share in shares.items() if share < COVERED}
    return Figure(
        title=f"mirrored modules covered below {COVERED} %",
        found=[f"{share:5.1f} %  {module.path}" for module, share in thin.items()],
        count=f"{len(thin)} of {len(shares)}",
    )


def covered(root: Path, module: Module, test: Module) -> float:
    """Per cent of the module's statements that run in this process with the test file alone; 0 if its tests fail."""
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder) / "data", Path(folder) / "out.json"
        coverage = [sys.executable, "-m", "coverage"]
        options = [f"--data-file={data}", f"--include={root / module.path}"]
        run = [*coverage, "run", *options, "-m", "pytest", "-q", test.path]
        if subprocess.run(run, cwd=root, check=False, capture_output=True).returncode:
            return 0.0
        subprocess.run([*coverage, "json", f"--data-file={data}", "-q", "-o", out], cwd=root, check=True)
        return float(json.loads(out.read_text(encoding="utf-8"))["totals"]["percent_covered"])


def empty_tests(tests: Iterable[Module]) -> Figure:
    """Test files without a test: none that pytest would take for one, and none taken over from a suite by a star."""
    files = [test for test in tests if test.path.name.startswith("test_")]
    empty = [test for test in files if not _has_tests(test)]
    return Figure(title="test files without a test", found=[str(test.path) for test in empty])


def _has_tests(test: Module) -> bool:
    own = {node.name for node in ast.walk(test.tree) if isinstance(node, FunctionOrClass)}
    stars = [node for node in test.nodes(ast.ImportFrom) if any(name.name == "*" for name in node.names)]
    return bool(stars) or any(name.lower().startswith("test") for name in own)
