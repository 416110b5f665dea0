"""`automl init`: from a data file to a spec."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from automl.cli.options import FILE, put

if TYPE_CHECKING:
    from automl.init.question import Answer, Question

T = TypeVar("T")
SHOWN = 10  # choices on a screen
WIDE = 60  # letters of a choice
OUT = Path("spec.toml")


@click.command("init")
@click.argument("data", type=FILE, nargs=-1, required=True)
@click.option("-o", "--out", type=FILE, default=OUT, show_default=True, metavar="SPEC", help="Write the spec here.")
@click.option("--target", metavar="COLUMN", help="The column to predict.")
@click.option("--main", metavar="TABLE", help="Of several tables the one with a row for each prediction.")
@click.option("--task", metavar="KIND", help="binary, multiclass or regression, where numbers may be labels.")
@click.option("--query", metavar="SQL", help="Of a database the statement that gives the rows.")
@click.option("--positive", metavar="LABEL", help="Of two labels the one that costs money if it is overlooked.")
@click.option("--act", metavar="WORD", help="What is done with a row of that label.")
@click.option("--pass", "leave", metavar="WORD", help="What is done with the others.")
@click.option("--false-positive", metavar="MONEY", help="What acting on a row of the other label costs.")
@click.option("--false-negative", metavar="MONEY", help="What overlooking a row of that label costs.")
@click.option("--mistake", metavar="MONEY", help="Of several labels: what a wrong one costs.")
@click.option("--under", metavar="MONEY", help="Of numbers: what a unit too low costs.")
@click.option("--over", metavar="MONEY", help="Of numbers: what a unit too high costs.")
@click.option("--currency", metavar="WORD", help="The unit of all amounts, such as EUR.")
@click.option("--time-column", metavar="COLUMN", help='When a prediction is made; "none" if no column says it.')
@click.option("--group", metavar="COLUMN", help='Whose rows belong together; "none" if nobody\'s.')
@click.option("--budget", metavar="TIME", help="How long the search may take, such as 10min.")
@click.option("--latency", metavar="TIME", help="Within which time a row is answered, such as 5ms.")
@click.option("--size", metavar="BYTES", help="How large the model may be, such as 25MB.")
@click.option("-y", "--yes", is_flag=True, help="Ask nothing: take what the data suggest.")
def command(*, data: tuple[Path, ...], out: Path, yes: bool, **flags: str | None) -> None:
    """Look at data, ask what it cannot tell, and write a commented spec.

    DATA is a file, a glob or a folder, or several; or a database: a SQLite file, or env:NAME, the variable that holds
    its address. Each question can be answered by a flag. Without a terminal nothing
    is asked; what was guessed is marked in the spec.
    """
    from automl.init import init
    from automl.init.question import by_default

    init.check_out(out)
    given = {f"--{_NAMES.get(name, name).replace('_', '-')}": text for name, text in flags.items() if text is not None}
    asked = sys.stdin.isatty() and sys.stderr.isatty() and not yes
    begun = init.begin(data, out, given, _on_terminal if asked else by_default)
    init.write(begun, out)
    if asked:
        click.echo(err=True)
    put("\n".join(_told(begun.notes, begun.guessed, out)))


_NAMES = {"leave": "pass"}


def _told(notes: tuple[str, ...], guessed: tuple[str, ...], out: Path) -> list[str]:
    """What was written, what to look at in it, and what comes next."""
    from automl.errors import one_line

    look = [f"guessed, so look at it first: {', '.join(guessed)}"] if guessed else []
    return [*map(one_line, (*notes, f"wrote {out}", *look)), f"next: automl explore {out}", f"      automl fit {out}"]


def _on_terminal(question: Question[T]) -> Answer[T]:
    """Ask until there is an answer that can be read: a name, or the number of a choice where none is a number.

    An empty one takes the default, which stays a guess.
    """
    from automl.errors import one_line
    from automl.init.question import Answer

    for line in _shown(question):
        click.echo(line, err=True)
    numbered = _numbered(question)
    default = None if question.default is None else one_line(question.shown(question.default))
    while True:
        text = click.prompt(question.flag, default=default, err=True)
        if question.default is not None and text == default:
            return Answer(value=question.default, guessed=True)
        try:
            return Answer(value=question.read(numbered.get(text, text)), guessed=False)
        except ValueError as error:
            click.echo(f"  {one_line(str(error))}", err=True)


def _shown(question: Question[T]) -> Iterator[str]:
    """The question, the evidence, and the first choices with what speaks for each."""
    from automl.errors import clipped, one_line

    yield f"\n{one_line(question.text)}"
    yield from (f"  {one_line(text)}" for text in question.evidence)
    names = [clipped(one_line(name), WIDE) for name, _ in question.choices[:SHOWN]]
    width = max(map(len, names), default=0)
    places = {name: f"{place:>2}  " for place, name in _numbered(question).items()}
    for name, (own, why) in zip(names, question.choices, strict=False):
        yield f"  {places.get(own, '')}{name:<{width}}  {one_line(why)}".rstrip()
    if len(question.choices) > SHOWN:
        yield f"  and {len(question.choices) - SHOWN:,} more"


def _numbered(question: Question[T]) -> dict[str, str]:
    """The choices by number; none where a choice is itself a number."""
    names = [name for name, _ in question.choices[:SHOWN]]
    return {} if any(name.isdecimal() for name in names) else {str(n): name for n, name in enumerate(names, 1)}
