"""A benchmark as people read it: Markdown, JSON and one HTML page with its figures inside."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from automl.bench.figures import figures
from automl.bench.judge import BenchmarkJudgement
from automl.bench.methods import METHODS
from automl.bench.records import markdown as table
from automl.bundle.manifest import plain
from automl.report._words import Ready, markdown
from automl.report.page import page

REPORT: Final = "report"
MEASURED: Final = ("wall / budget", "p50 ms", "p99 ms", "rows/s", "MB", "load s", "fit MB", "over-runs", "failures")
HEADER: Final = ("entrant", "mean rank", "normalised", "strength", *MEASURED)


def write_reports(judgement: BenchmarkJudgement, about: Mapping[str, str], folder: Path) -> list[Path]:
    """Write report.json, report.md and report.html into `folder`; `about` has the suite's ``name`` and ``command``."""
    texts = {
        "json": json.dumps(document(judgement, about), indent=1, sort_keys=True) + "\n",
        "md": markdown_page(judgement, about),
        "html": html_page(judgement, about),
    }
    paths = []
    for suffix, text in texts.items():
        path = folder / f"{REPORT}.{suffix}"
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def document(judgement: BenchmarkJudgement, about: Mapping[str, str]) -> dict[str, Any]:
    """The judgement as JSON values: what is not finite is null."""
    found: dict[str, Any] = plain({"about": about, **asdict(judgement)})
    return found


# --- Markdown --------------------------------------------------------------------------------------------


def markdown_page(judgement: BenchmarkJudgement, about: Mapping[str, str]) -> str:
    """The whole report in Markdown; every name is escaped."""
    return "\n".join(_markdown(judgement, about)) + "\n"


def standing_rows(judgement: BenchmarkJudgement) -> Iterator[Sequence[str]]:
    """The ranking as rows of text under `HEADER`."""
    for standing in judgement.standings:
        figures = standing.figures
        strength = standing.strength
        yield (
            standing.name,
            f"{standing.rank:.2f}",
            f"{standing.normalised:.3f}",
            f"{strength.elo:.0f} ({strength.low:.0f} to {strength.high:.0f})",
            _number(figures.wall_share, 2),
            _number(figures.p50_ms),
            _number(figures.p99_ms),
            "" if figures.rows_per_second is None else f"{figures.rows_per_second:,.0f}",
            _number(figures.artifact_mb),
            _number(figures.load_seconds),
            "" if figures.peak_mb is None else f"{figures.peak_mb:,.0f}",
            str(figures.over_runs),
            f"{standing.failed} of {standing.cells}",
        )


def score_rows(judgement: BenchmarkJudgement) -> Iterator[list[tuple[str, bool]]]:
    """A row for each task: cells with whether they are the best; a failure is marked with an asterisk."""
    for line in judgement.lines:
        arrow = "higher" if line.greater_is_better else "lower"
        head = [(line.task, False), (f"{line.metric} ({arrow} is better)", False)]
        parts = zip(line.scores, line.best, line.failed, strict=True)
        cells = [(_number(score, 5) + ("*" if failed else ""), best) for score, best, failed in parts]
        yield [*head, *cells, (_number(line.constant, 5), False)]


def money_rows(judgement: BenchmarkJudgement) -> Iterator[list[tuple[str, bool]]]:
    """A row for each task with costs: what a row costs under each entrant, the cheapest marked."""
    for line in judgement.lines:
        if line.money is not None:
            known = [cost for cost in line.money if cost is not None]
            cells = [(_number(cost, 5), cost is not None and cost == min(known)) for cost in line.money]
            yield [(line.task, False), *cells, (_number(line.without_model, 5), False)]


def _markdown(judgement: BenchmarkJudgement, about: Mapping[str, str]) -> Iterator[str]:
    names = [markdown(standing.name) for standing in judgement.standings]
    yield f"# Benchmark {markdown(about['name'])}\n"
    yield from (f"{sentence}  " for sentence in sentences(judgement, about))
    yield "\n## Ranking\n"
    yield from table(HEADER, (tuple(map(markdown, row)) for row in standing_rows(judgement)))
    yield "\n## Scores\n"
    yield from table(("task", "metric", *names, "constant"), map(_marked, score_rows(judgement)))
    yield "\n\\* failed in part or in whole: the constant predictor stands in."
    if any(line.money for line in judgement.lines):
        yield "\n## Money: what a test row costs\n"
        yield from table(("task", *names, "no model"), map(_marked, money_rows(judgement)))
    yield "\n## Win, tie, loss\n"
    yield from table(("", *names), _pair_rows(judgement, names))
    yield "\n## Failures and skips\n"
    yield from _troubles(judgement)
    yield "\n## Methods\n"
    yield from (f"- **{name}.** {text}" for name, text in METHODS.items())


def sentences(judgement: BenchmarkJudgement, about: Mapping[str, str]) -> Iterator[str]:
    """What was run, where, with what, and what the tests say, in plain words."""
    facts = judgement.facts
    budgets = " and ".join(f"{budget:g} s" for budget in facts["budgets"])
    tasks, seeds = len(judgement.lines), judgement.seeds
    yield Ready(f"`{about['command']}`, {facts['first'][:10]} to {facts['last'][:10]}.")
    yield (
        f"{_count(tasks, 'task')}, {_count(len(judgement.standings), 'entrant')}, {budgets} each, "
        f"{_count(seeds, 'seed')}, {_count(facts['workers'][0], 'core')}; {_count(facts['records'], 'record')}."
    )
    yield f"Machine: {'; '.join(facts['machines'])}."
    yield (
        f"Load of the machine before a cell (1 minute): median {facts['load_median']:.1f}, "
        f"at most {facts['load_most']:.1f}."
    )
    yield "Versions: " + ", ".join(f"{name} {version}" for name, version in facts["versions"].items()) + "."
    found = judgement.omnibus
    if found is not None:
        differs = "The ranks differ" if min(found.p, found.p_f) < 0.05 else "The ranks are not shown to differ"  # noqa: PLR2004  # the usual level
        yield f"{differs}: Friedman's chi-square {found.chi_square:.2f}, p = {found.p:.3g}; F form p = {found.p_f:.3g}."
    if judgement.unfinished:
        yield f"Not counted, because not every entrant has run there yet: {', '.join(judgement.unfinished)}."
    if judgement.unranked:
        yield f"Not ranked, because they were skipped: {', '.join(judgement.unranked)}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _marked(row: Sequence[tuple[str, bool]]) -> list[str]:
    return [f"**{markdown(text)}**" if best else str(markdown(text)) for text, best in row]


def _pair_rows(judgement: BenchmarkJudgement, names: Sequence[str]) -> Iterator[Sequence[str]]:
    found = {(pair.one, pair.other): pair for pair in judgement.pairs}
    for one, name in enumerate(names):
        cells = []
        for other in range(len(names)):
            pair = found.get((one, other))
            told = (
                pair and f"{pair.wins}-{pair.ties}-{pair.losses}, {pair.share:.2f} ({pair.low:.2f} to {pair.high:.2f})"
            )
            cells.append(f"{told} {pair.verdict}" if pair else "")
        yield name, *cells


def _troubles(judgement: BenchmarkJudgement) -> Iterator[str]:
    for word, troubles in (("failed", judgement.failures), ("skipped", judgement.skips)):
        for trouble in troubles:
            yield (
                f"- {markdown(trouble.entrant)} {word} on {markdown(trouble.task)}, seed {trouble.seed}: "
                f"{markdown(trouble.reason)}"
            )
    if not (judgement.failures or judgement.skips):
        yield "None."


def _number(value: float | None, digits: int = 3) -> str:
    """A figure as people read it: so many digits that count, no exponent below ten million."""
    if value is None or not math.isfinite(value):
        return ""
    if abs(value) >= 10.0 ** (digits - 1):
        return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.{max(0, digits - len(str(int(abs(value)))))}f}"  # noqa: PLR2004  # five digits
    return f"{value:.{digits}g}"


# --- HTML ------------------------------------------------------------------------------------------------


def html_page(judgement: BenchmarkJudgement, about: Mapping[str, str]) -> str:
    """One page that needs no network; every value is escaped by the template."""
    facts = {
        "about": about,
        "judgement": judgement,
        "names": [standing.name for standing in judgement.standings],
        "ours": [standing.ours for standing in judgement.standings],
        "sentences": list(sentences(judgement, about))[1:],
        "header": HEADER,
        "rows": list(zip(judgement.standings, standing_rows(judgement), strict=True)),
        "scores": list(score_rows(judgement)),
        "money": list(money_rows(judgement)),
        "pairs": {(pair.one, pair.other): pair for pair in judgement.pairs},
        "figures": figures(judgement),
        "methods": METHODS.items(),
    }
    return page("report.html.j2", facts, package="automl.bench")
