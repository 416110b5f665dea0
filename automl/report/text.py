"""What a run or a bundle has to say in a terminal: pure functions from values to strings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from automl.bundle.verdict import VerdictRecord
from automl.report._words import Facts, columns, count, digits, figure, interval, left_out, line, prose, without_value
from automl.report.money import verdict_story
from automl.report.run import describe_run, is_run

if TYPE_CHECKING:
    from automl.bundle.verify import Report
    from automl.gates.again import Again

TRIAL = ("learner", "id", "loss", "score", "seconds", "status")
MOST_NAMES = 6  # of features that one step makes
MARKS = {"well": "ok", "note": "--", "bad": "!!"}
NUMBERS = frozenset({"loss", "score", "seconds"})


class Summarised(Protocol):
    """What is shown of a fit: its summary as JSON values."""

    def summary(self) -> Facts: ...


def render_fit(done: Summarised) -> str:
    """How a fit ended: scores, money, limits, where the bundle is and what to do with it."""
    facts = done.summary()
    lines = [line(f"This is a constant: {facts['untried']}")] if facts["untried"] else []
    lines += _scores(facts["scores"], facts["left_out"]) + _limits(facts["gates"]) + _money(facts["verdict"])
    if facts["stopped"]:
        lines += ["", line(f"The fit ended early: {facts['stopped']}")]
    bundle = line(facts["bundle"])
    lines += ["", f"{count(facts['trials'], 'trial')} in {facts['seconds']:.0f} s; wrote {bundle}"]
    return "\n".join([*lines, f"next: automl verify {bundle}", f"      automl predict {bundle} DATA -o OUT.csv"])


def render_decided(done: Summarised) -> str:
    """What other costs make of a bundle, and what the verdict is now."""
    facts = done.summary()
    bundle = line(facts["bundle"])
    lines = _limits(facts["gates"]) + _money(facts["verdict"])
    return "\n".join([*lines, "", f"wrote {bundle}", f"next: automl verify {bundle}"])


def render_retrained(facts: Facts) -> str:
    """What became of each challenger, who is the champion now, and why."""
    if facts["expected"] is None:
        return line(facts["reason"])
    rungs = [f"{step['rung']:<12}{step['ended']}: {step['reason']}" for step in facts["rungs"]]
    lines = [f"challenge {facts['number']} of its line. {facts['split']}", *rungs, facts["reason"]]
    if facts["promoted"]:
        bundle = line(facts["promoted"])
        lines += ["", f"wrote {bundle}", f"next: automl verify {bundle}"]
    return "\n".join(line(each) for each in lines)


def render_plan(plan: Facts) -> str:
    """What a dry run would do, one line for each fact."""
    shown = dict(plan)
    if folds := plan.get("folds"):
        rows = (f"{fold['fit']:,} rows to fit on, {fold['valid']:,} to validate on" for fold in folds["rows"])
        shown["folds"] = {"kind": folds["kind"]} | {str(number): told for number, told in enumerate(rows, start=1)}
    if features := plan.get("features"):
        shown["features"] = [_features(entry) for entry in features]
    return "\n".join(_outline({name: value for name, value in shown.items() if value != []}))


def render_verified(report: Report) -> str:
    """What `automl verify` checked."""
    return (
        f"{line(report.path)}: verified\n"
        f"  {report.files} files have their hashes, {report.golden_rows} golden rows have their answers\n"
        f"  content hash {report.content_hash}" + (f"\n  signature {report.signature}" if report.signature else "")
    )


def render_gates(found: Again) -> str:
    """What `automl gates` measured, and why a limit is not kept."""
    lines = [f"{line(found.path)}: measured on {line(found.machine)}", *_limits([asdict(gate) for gate in found.gates])]
    return "\n".join([*lines, *(f"  {line(gate.reason)}" for gate in found.gates if not gate.ok)])


def render_examination(facts: Facts) -> str:
    """What `automl doctor` found: a line each, what to do below it, and whether all is well."""
    width = max(len(finding["what"]) for finding in facts["findings"])
    lines = []
    for finding in facts["findings"]:
        lines.append(f"{MARKS[finding['state']]} {finding['what']:<{width}}  {line(finding['seen'])}")
        lines += [f"  {'':<{width}}  {line(finding['hint'])}"] if finding["hint"] else []
    return "\n".join([*lines, "", "all is well" if facts["ok"] else "something is bad: see the lines with !!"])


def describe(path: Path, *, board: bool = False, require_signature: Path | None = None) -> dict[str, object]:
    """What a bundle says of itself, or a run folder of its trials (`board`: every one), as JSON values.

    Raises `BundleError` where a bundle's files are not those that were written, or the owner of the public key in the
    file `require_signature` did not sign it; nobody signs a run.
    """
    if require_signature is None and is_run(path):
        return describe_run(path, board=board)
    from automl.bundle.files import open_files

    files = open_files(path, require_signature=require_signature)
    files.read_all()
    return {"kind": "bundle", "path": str(path)} | files.manifest.model_dump(mode="json")


def render_description(facts: Facts) -> str:
    """A bundle or a run as people read it."""
    if facts["kind"] == "run":
        return _run(facts)
    target = facts["target"]
    members = ", ".join(f"{member['learner']} ({member['weight']:.2g})" for member in facts["members"])
    lines = [
        f"{facts['path']}: a bundle written {_when(facts['created'])} by automl {facts['engine']}",
        f"predicts {target['name']} ({target['kind']}) from {count(len(facts['reader']['columns']), 'column')}",
        f"made of {members}",
        facts["split"],
    ]
    lines = prose(lines) + _scores(facts["scores"], left_out(facts["findings"])) + _limits(facts["gates"])
    return "\n".join(lines + _money(facts["verdict"]))


def _run(facts: Facts) -> str:
    told = ", ".join(f"{count} {status}" for status, count in facts["trials"].items()) or "none yet"
    lines = [f"{line(facts['path'])}: a run folder", f"trials: {told}"]
    lines += [f"features: {line(group['text'])}" for group in facts["features"]]
    lines += [f"refused: {line(reason)}" for reason in facts["refused"]]
    if facts["board"]:
        rows = [[figure(trial[name]) if name in NUMBERS else trial[name] for name in TRIAL] for trial in facts["board"]]
        lines += ["", *columns([TRIAL, *rows])]
    return "\n".join(lines + _front(facts["front"], facts["board"]))


def _front(points: Sequence[Facts], board: Sequence[Facts]) -> list[str]:
    """The ensembles that could have shipped: what a faster or smaller one would lose."""
    if not points:
        return []
    learners = {trial["id"]: trial["learner"] for trial in board}
    rows = [
        (
            ", ".join(f"{learners[trial]} {trial} {share:.0%}" for trial, share in point["weights"]),
            *(figure(point[name]) if point[name] is not None else "" for name in ("loss", "score")),
            figure(1e3 * point["latency_p99"]),
            figure(point["size"] / 1e6),
            "chosen" if point["chosen"] else "",
        )
        for point in points
    ]
    header = ("ensemble", "loss", "score", "p99 ms", "MB", "")
    return ["", "What faster or smaller would lose (time and size are estimates)", *columns([header, *rows])]


def _scores(scores: Sequence[Facts], unjudged: Sequence[str]) -> list[str]:
    if not scores:
        return []
    rows = [_score(scores, metric) for metric in dict.fromkeys(score["metric"] for score in scores)]
    table = columns([("", "test", "95% interval", "out-of-fold"), *rows])
    return ["", "Scores", *table, *(f"  {text}" for text in prose([*without_value(scores), *unjudged]))]


def _score(scores: Sequence[Facts], metric: str) -> tuple[str, str, str, str]:
    parts = {score["rows"]: score for score in scores if score["metric"] == metric}
    values = {rows: digits(score["value"]) for rows, score in parts.items() if score["value"] is not None}
    return metric, values.get("test", ""), interval(parts.get("test", {})), values.get("oof", "")


def _money(verdict: Facts | None) -> list[str]:
    if not verdict:
        return []
    return ["", "Money", *(f"  {text}" for text in verdict_story(VerdictRecord.model_validate(verdict)))]


def _limits(gates: Sequence[Facts]) -> list[str]:
    if not gates:
        return []
    rows = [(gate["gate"], figure(gate["measured"], gate["unit"]), _bound(gate)) for gate in gates]
    return ["", "Limits", *columns([("", "measured", "limit"), *rows])]


def _bound(gate: Facts) -> str:
    if gate["limit"] is None:
        return "none set"
    return f"{figure(gate['limit'], gate['unit'])} {'kept' if gate['ok'] else 'NOT KEPT'}"


def _features(entry: Facts) -> str:
    """What a step makes of some columns; the first names, where there are many."""
    source, names = ", ".join(entry["columns"]), entry["features"]
    if not names:
        return f"{source}: no feature, it is constant or hardly repeats"
    more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    return f"{source} ({entry['step']}): {', '.join(names[:MOST_NAMES])}{more}"


def _outline(facts: Facts, indent: str = "") -> list[str]:
    """Nested facts as indented lines."""
    lines = []
    for name, value in facts.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}{line(name)}:", *_outline(value, indent + "  ")]
        elif isinstance(value, list | tuple):
            lines += [f"{indent}{line(name)}:", *(f"{indent}  {_item(item)}" for item in value)]
        elif value is not None:
            lines.append(f"{indent}{line(name)}: {line(value)}")
    return lines


def _item(item: object) -> str:
    """An entry of a list: the plain values of a record side by side."""
    if not isinstance(item, Mapping):
        return line(item)
    return ", ".join(line(value) for value in item.values() if value is not None and not isinstance(value, Mapping))


def _when(moment: str) -> str:
    """To the minute.

    >>> _when("2026-11-23T07:08:25+00:00")
    '2026-11-23 07:08 UTC'
    """
    return f"{moment[:16].replace('T', ' ')} UTC"
