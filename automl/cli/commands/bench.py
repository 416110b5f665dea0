"""`automl bench`: recipes against each other and against the rivals."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from automl.cli.options import FILE, put
from automl.cli.stopping import stopping

CACHE: Final = Path("~/.cache/automl")


class Suites(click.Group):
    """A group whose first word may be a suite: then that suite is run."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        return super().resolve_command(ctx, args if args[0] in self.commands else ["run", *args])


@click.group("bench", cls=Suites)
def command() -> None:
    """Compare recipes and rivals on a suite of tasks.

    `automl bench SUITE` runs a suite, and `automl bench run SUITE --help` tells how.
    """


@command.command("run")
@click.argument("suite")
@click.option("--data", type=FILE, metavar="DIR", help="The folder of task folders that the suite names.")
@click.option("--out", type=FILE, metavar="DIR", help="Where journal and report go; else SUITE.bench.")
@click.option("--resume", is_flag=True, help="Go on with a run that was stopped; what was skipped is tried again.")
@click.option("--only", multiple=True, metavar="NAME", help="Only this task or entrant; can be given several times.")
@click.option("--rivals", type=FILE, metavar="DIR", help="A folder of rivals' files, instead of ours.")
@click.option("--cache", type=FILE, default=CACHE, show_default=True, metavar="DIR", help="Fetched sets and venvs.")
def run(
    suite: str,
    data: Path | None,
    out: Path | None,
    resume: bool,
    only: tuple[str, ...],
    rivals: Path | None,
    cache: Path,
) -> None:
    """Run SUITE (a name, or a file ending in .toml), each cell in a fresh process, then write the report."""
    from automl.bench import harness
    from automl.bench import rivals as shelf
    from automl.bench.entrants import Stage
    from automl.bench.sets import Sets
    from automl.bench.suite import read_suite

    read = read_suite(suite)
    place = (cache if cache != CACHE else CACHE.expanduser()).absolute()
    stage = Stage(
        sets=Sets(cache=place, data=data.absolute() if data else None), rivals=rivals or shelf.folder(), cache=place
    )
    folder = out or Path(f"{read.name}.bench")
    asked = f"automl bench {suite}" + (f" --data {data}" if data else "")
    with stopping(asked):
        harness.run_suite(
            read, stage, folder, resume=resume, only=only, command=asked, tell=lambda text: click.echo(text, err=True)
        )
    put(harness.write(folder))


@command.command("report")
@click.argument("folder", type=FILE)
@click.option("--recipes", type=FILE, metavar="DIR", help="Write each recipe's row into its file in this folder, too.")
def report(folder: Path, recipes: Path | None) -> None:
    """Write the report of a run anew: report.md, report.json and report.html in FOLDER."""
    from automl.bench import harness

    put(harness.write(folder, recipes=recipes))


@command.command("list")
def suites() -> None:
    """List the suites and the rivals."""
    from automl.bench import rivals as shelf
    from automl.bench.suite import suites as known

    lines = ["suites", *(f"  {name}" for name in known()), "rivals"]
    put("\n".join([*lines, *(f"  {name}" for name in shelf.names(shelf.folder()))]))
