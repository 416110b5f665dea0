"""What a run or a bundle has to say, as plain text and Markdown: pure functions from values to strings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from automl.decide.compare import CONFIDENCE, money
from automl.decide.verdict import ROWS_SMALL
from automl.report._words import columns, digits, figure, interval, line, render, wrapped
from automl.report.run import by_loss, describe_run, is_run
from automl.spec.units import read_share

if TYPE_CHECKING:
    from automl.bundle.verify import Report
    from automl.gates.again import Again

Facts = Mapping[str, Any]
TRIAL = ("learner", "id", "loss", "score", "seconds", "status")
NUMBERS = frozenset({"loss", "score", "seconds"})
PAIR = 2  # of actions: how often each is taken is told where there are more
PARTS = {"test": "test", "oof": "out-of-fold"}


class Summarised(Protocol):
    """What is shown of a fit: its summary as JSON values."""

    def summary(self) -> dict[str, Any]: ...


def card(manifest: Facts) -> str:
    """The model card in Markdown, from the manifest as JSON values with its gates and verdict filled in."""
    verdict = manifest["verdict"]
    sources = dict.fromkeys(name for feature in manifest["features"] for name in feature["source"])
    more = {
        "purpose": f"Predicts the column '{manifest['target']['name']}' of one row.",
        "rule": "the one of smallest expected cost" if verdict else "the likeliest label",
        "parts": PARTS,
        "answers": _number_answers(manifest),
        "made_of": f"{_count(len(manifest['features']), 'feature')} from {_count(len(sources), 'column')}",
        "sources_used": list(sources),
        "money_unit": (verdict or {}).get("currency") or "cost",
        "span": _span(verdict) if verdict else "",
        "running": _running(verdict) if (verdict or {}).get("running") else "",
        "capacity": _capacity(verdict) if verdict else [],
        "taken": _taken(verdict) if len((verdict or {}).get("taken") or ()) > PAIR else "",
        "caveats": _caveats(manifest),
    }
    return render("card.md.j2", {**manifest, **more})


def verdict_story(verdict: Facts) -> list[str]:
    """Lines for a terminal: what mistakes cost, what doing nothing costs, what the model saves, and the verdict.

    `verdict` is `decide.verdict.Verdict` as JSON values.
    """
    unit = f" {verdict['currency']}" if verdict["currency"] else ""
    amounts = [_amount(amount) for amount in verdict["amounts"] if amount["cost"]]
    table = [
        *((_policy(policy), money(policy["cost"]), "") for policy in verdict["policies"]),
        ("this model", money(verdict["ours"]), ""),
        ("saving", money(verdict["saving"]), f"{CONFIDENCE:.0%} interval {_range(verdict)}"),
    ]
    each = "Each unit" if verdict["amounts"] and verdict["amounts"][0]["cell"] == "under" else "One row"
    rules = [f"Today's rule acts where {policy['rule']}." for policy in verdict["policies"] if policy.get("rule")]
    head = [f"{each} costs{unit}: {', '.join(amounts)}.", *rules, f"1,000 rows cost{unit}:"]
    lines = []
    if verdict["rows"] != verdict["test_rows"]:
        low, high = money(verdict["test_low"]), money(verdict["test_high"])
        lines.append(f"On the test part alone it saves {money(verdict['test_saving'])} ({low} to {high}).")
    lines += [_taken(verdict)] if len(verdict.get("taken") or ()) > PAIR else []
    lines += _capacity(verdict)
    lines += [_running(verdict)] if verdict.get("running") else []
    lines += [_span(verdict)] if verdict["break_even"] else []
    by_row = {amount["cell"] for amount in verdict["amounts"] if amount.get("formula")}
    cases = [case for case in verdict["scenarios"] if case["worth"] != verdict["worth"]]
    lines += [_case(case, by_row=case["cell"] in by_row) for case in cases]
    return [*_prose(head), *columns(table), *_prose([*lines, verdict["reason"]])]


def refusal(
    *,
    gates: Sequence[Facts],
    verdict: Facts | None,
    board: Sequence[Facts],
    unpromised: str | None = None,
    points: Sequence[str] = (),
) -> tuple[dict[str, Any], str]:
    """What `refusal.json` and `refusal.md` hold, from `GateVerdict`s, `Verdict` and `Trial`s as JSON values.

    A limit that fails, or an `unpromised` requirement, is exit code 4 and goes before a verdict that is not worth it,
    exit code 5. `points` say what looser limits would give.
    """
    failed = [gate for gate in gates if not gate["ok"]]
    worthless = verdict is not None and not verdict["worth"]
    document = {
        "refused": True,
        "exit_code": 4 if failed or unpromised else 5,
        "reasons": [
            *([unpromised] if unpromised else []),
            *(found["reason"] for found in [*failed, verdict if worthless else None] if found),
        ],
        "nearest": [*(_nearest(gate) for gate in failed), *({"text": f"{point}."} for point in points)],
        "limits": list(gates),
        "verdict": verdict,
        "board": sorted(board, key=by_loss),
    }
    story = verdict_story(verdict) if verdict is not None else []
    return document, render("refusal.md.j2", {**document, "story": story})


def render_fit(done: Summarised) -> str:
    """How a fit ended: scores, money, limits, where the bundle is and what to do with it."""
    facts = done.summary()
    lines = _scores(facts["scores"]) + _limits(facts["gates"]) + _money(facts["verdict"])
    if facts["stopped"]:
        lines += ["", line(f"The search ended early: {facts['stopped']}")]
    bundle = line(facts["bundle"])
    lines += ["", f"{_count(facts['trials'], 'trial')} in {facts['seconds']:.0f} s; wrote {bundle}"]
    return "\n".join([*lines, f"next: automl verify {bundle}", f"      automl predict {bundle} DATA -o OUT.csv"])


def render_decided(done: Summarised) -> str:
    """What other costs make of a bundle, and what the verdict is now."""
    facts = done.summary()
    bundle = line(facts["bundle"])
    lines = _limits(facts["gates"]) + _money(facts["verdict"])
    return "\n".join([*lines, "", f"wrote {bundle}", f"next: automl verify {bundle}"])


def render_plan(plan: Facts) -> str:
    """What a dry run would do, one line for each fact."""
    return "\n".join(_outline(plan))


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


def describe(path: Path, *, board: bool = False) -> dict[str, Any]:
    """What a bundle says of itself, or a run folder of its trials (`board`: every one), as JSON values.

    Raises `BundleError` where a bundle's files are not those that were written.
    """
    if is_run(path):
        return describe_run(path, board=board)
    from automl.bundle.read import check_files, read_manifest

    manifest = read_manifest(path)
    check_files(path, manifest)
    return {"kind": "bundle", "path": str(path)} | manifest.model_dump(mode="json")


def render_description(facts: Facts) -> str:
    """A bundle or a run as people read it."""
    if facts["kind"] == "run":
        return _run(facts)
    target = facts["target"]
    members = ", ".join(f"{member['learner']} ({member['weight']:.2g})" for member in facts["members"])
    lines = [
        f"{facts['path']}: a bundle written {_when(facts['created'])} by automl {facts['engine']}",
        f"predicts {target['name']} ({target['kind']}) from {_count(len(facts['reader']['columns']), 'column')}",
        f"made of {members}",
        facts["split"],
    ]
    lines = _prose(lines) + _scores(facts["scores"]) + _limits(facts["gates"])
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


def _scores(scores: Sequence[Facts]) -> list[str]:
    if not scores:
        return []
    rows = [_score(scores, metric) for metric in dict.fromkeys(score["metric"] for score in scores)]
    return ["", "Scores", *columns([("", "test", "95% interval", "out-of-fold"), *rows])]


def _score(scores: Sequence[Facts], metric: str) -> tuple[str, str, str, str]:
    parts = {score["rows"]: score for score in scores if score["metric"] == metric}
    values = {rows: digits(score["value"]) for rows, score in parts.items()}
    return metric, values.get("test", ""), interval(parts.get("test", {})), values.get("oof", "")


def _money(verdict: Facts | None) -> list[str]:
    return ["", "Money", *(f"  {text}" for text in verdict_story(verdict))] if verdict else []


def _limits(gates: Sequence[Facts]) -> list[str]:
    if not gates:
        return []
    rows = [(gate["gate"], figure(gate["measured"], gate["unit"]), _bound(gate)) for gate in gates]
    return ["", "Limits", *columns([("", "measured", "limit"), *rows])]


def _bound(gate: Facts) -> str:
    if gate["limit"] is None:
        return "none set"
    return f"{figure(gate['limit'], gate['unit'])} {'kept' if gate['ok'] else 'NOT KEPT'}"


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


def _prose(sentences: Sequence[str]) -> list[str]:
    return [text for sentence in sentences for text in wrapped(line(sentence))]


def _when(moment: str) -> str:
    """To the minute.

    >>> _when("2026-11-23T07:08:25+00:00")
    '2026-11-23 07:08 UTC'
    """
    return f"{moment[:16].replace('T', ' ')} UTC"


def _range(found: Facts) -> str:
    return f"{money(found['low'])} to {money(found['high'])}"


def _amount(amount: Facts) -> str:
    """What one row of a kind costs; where rows differ, on average, and by which formula."""
    mean = f" on average ({amount['formula']})" if amount.get("formula") else ""
    return f"{amount['cell']} {money(amount['cost'])}{mean}"


def _policy(policy: Facts) -> str:
    return policy["action"] if policy.get("rule") or policy.get("mixed") else f"always '{policy['action']}'"


def _case(case: Facts, *, by_row: bool) -> str:
    what = f"{case['factor']:g} times as much" if by_row else money(case["amount"])
    ending = "deploying would be worth it" if case["worth"] else "deploying would not be shown to be worth it"
    return f"If {case['cell']} were {what}, the saving would be {_range(case)}: {ending}."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _span(verdict: Facts) -> str:
    """Between which costs of a false positive these decisions pay."""
    span = verdict["break_even"]
    if span is None:
        return ""
    unit = f" {verdict['currency']}" if verdict["currency"] else ""
    times = " times" if span.get("factor") else ""
    bounds = [f"more than {money(span['low'])}{times}"] if span["low"] is not None else []
    bounds += [f"less than {money(span['high'])}{times}"] if span["high"] is not None else []
    if not bounds:
        return f"These decisions save money whatever {span['cell']} costs."
    than = "what it does" if times else unit.strip()
    return f"These decisions save money while {span['cell']} costs {' and '.join(bounds)} {than}".rstrip() + "."


def _nearest(gate: Facts) -> dict[str, Any]:
    shown, asked = figure(gate["measured"], gate["unit"]), figure(gate["limit"], gate["unit"])
    return {
        "limit": f"limits.{gate['gate']}",
        "measured": gate["measured"],
        "unit": gate["unit"],
        "text": f"limits.{gate['gate']}: {asked} was asked for, this model keeps {shown}.",
    }


def _number_answers(manifest: Facts) -> list[str]:
    """What stands beside the prediction of a number, in sentences."""
    outputs = {output["name"] for output in manifest["outputs"]}
    found = []
    if "prediction_low" in outputs:
        share = manifest["spec"]["objective"]["interval"]
        found.append(f"{share} of the truths are promised to lie between `prediction_low` and `prediction_high`.")
    if "decision" in outputs and manifest["target"]["kind"] == "regression":
        found.append("`decision` is the number that costs least on average, as too much and too little are priced.")
    return found


def _running(verdict: Facts) -> str:
    """What the model itself costs, and when it is worth that."""
    unit = f" {verdict['currency']}" if verdict["currency"] else ""
    found, volume = (
        f"Running it costs {money(verdict['running']['cost'])}{unit} of that",
        verdict["running"]["pays_from"],
    )
    return f"{found}; it pays from {volume} rows on." if volume else f"{found}; it pays at no volume."


def _capacity(verdict: Facts) -> list[str]:
    """How the capacities were kept on test: row by row, and ranked as a batch."""
    found = verdict.get("capacity")
    if not found:
        return []
    unit = f" {verdict['currency']}" if verdict["currency"] else ""
    lines = [
        f"At most {limit['most']} of the rows can be '{limit['action']}'"
        + (f" ({limit['share']:.3g} of them)" if " per " in limit["most"] else "")
        + f": row by row, where it saves more than {money(limit['price'])}{unit}, which was so on "
        f"{limit['at_price']:.2%} of the test rows; in a batch, by ranking its rows ({limit['ranked']:.2%})."
        for limit in found["limits"]
    ]
    return [
        *lines,
        f"1,000 test rows cost {money(found['at_price'])}{unit} row by row, {money(found['ranked'])}{unit} ranked.",
        "The verdict counts row by row.",
    ]


def _taken(verdict: Facts) -> str:
    """How often the model takes each action."""
    shares = [f"'{taken['action']}' on {taken['share']:.1%}" for taken in verdict["taken"]]
    return f"It decides {', '.join(shares[:-1])} and {shares[-1]} of the rows."


def _broken_promise(manifest: Facts) -> str:
    """Where the intervals held less of the test part than chance allows, or more."""
    for score in manifest["scores"]:
        if score["metric"].startswith("coverage of "):
            promised = read_share(manifest["spec"]["objective"]["interval"])
            if not score["low"] <= promised <= score["high"]:
                return (
                    f"The intervals were promised to hold {promised:.4g} of the truths; on the test part they held "
                    f"{score['value']:.3f} ({interval(score)}). The test part is not like the rows learned from."
                )
    return ""


def _caveats(manifest: Facts) -> list[str]:
    verdict = manifest["verdict"]
    found = ["It answers for rows like those it was trained on. Where the world has moved, it does not know."]
    if require := manifest["spec"]["objective"].get("require"):
        found.append(
            f"What is required was promised with a confidence of {require['confidence']} for rows like those learned "
            "from. Where the rows or the share of positives move, the promise does not hold."
        )
    if rate := manifest["spec"]["objective"].get("base_rate"):
        found.append(f"Every score and amount is weighted to a share of {rate} positives, which the spec states.")
    found += [broken] if (broken := _broken_promise(manifest)) else []
    if any(not gate["ok"] for gate in manifest["gates"]):
        found.append("It does not keep every limit of its spec.")
    if verdict and not verdict["worth"]:
        found.append("Deploying is not shown to be worth it; the bundle was written all the same, on request.")
    if verdict and verdict["rows"] != verdict["test_rows"]:
        found.append(
            f"Fewer than {ROWS_SMALL:,} test rows: the verdict stands on out-of-fold rows too, whose scores helped "
            "to choose the model and so may flatter it a little."
        )
    if not verdict and manifest["target"]["kind"] != "regression":
        found.append("No costs were given: a wrong decision counts as 1, whichever it is.")
    found.append("Nobody has checked it for fairness between groups of people.")
    found.append("The golden rows are synthetic: no row of the training data is in them.")
    return found
