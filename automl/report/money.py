"""The verdict in money, as sentences and a table for a terminal."""

from __future__ import annotations

from automl.bundle.verdict import BaselineCostRecord, CellCostRecord, ScenarioRecord, VerdictRecord
from automl.decide.verdict.bootstrap import CONFIDENCE
from automl.decide.verdict.reason import money
from automl.report._words import columns, prose

PAIR = 2  # of actions: how often each is taken is told where there are more


def verdict_story(verdict: VerdictRecord) -> list[str]:
    """Lines for a terminal: what mistakes cost, what doing nothing costs, what the model saves, and the verdict."""
    unit = f" {verdict.currency}" if verdict.currency else ""
    amounts = [_amount(amount) for amount in verdict.amounts if amount.cost]
    table = [
        *((policy_name(policy), money(policy.cost), "") for policy in verdict.policies),
        ("this model", money(verdict.ours), ""),
        ("saving", money(verdict.saving), f"{CONFIDENCE:.0%} interval {_range(verdict)}"),
    ]
    each = "Each unit" if verdict.amounts and verdict.amounts[0].cell == "under" else "One row"
    rules = [f"Today's rule acts where {policy.rule}." for policy in verdict.policies if policy.rule]
    head = [f"{each} costs{unit}: {', '.join(amounts)}.", *rules, f"1,000 rows cost{unit}:"]
    lines = []
    if verdict.rows != verdict.test_rows:
        low, high = money(verdict.test_low), money(verdict.test_high)
        lines.append(f"On the test part alone it saves {money(verdict.test_saving)} ({low} to {high}).")
    lines += [
        sentence for sentence in (taken(verdict), *capacity(verdict), running(verdict), span(verdict)) if sentence
    ]
    by_row = {amount.cell for amount in verdict.amounts if amount.formula}
    cases = [case for case in verdict.scenarios if case.worth != verdict.worth]
    lines += [_case(case, by_row=case.cell in by_row) for case in cases]
    return [*prose(head), *columns(table), *prose([*lines, verdict.reason])]


def span(verdict: VerdictRecord) -> str:
    """Between which costs of a false positive these decisions pay, if there are such."""
    span = verdict.break_even
    if span is None:
        return ""
    unit = f" {verdict.currency}" if verdict.currency else ""
    times = " times" if span.factor else ""
    bounds = [f"more than {money(span.low)}{times}"] if span.low is not None else []
    bounds += [f"less than {money(span.high)}{times}"] if span.high is not None else []
    if not bounds:
        return f"These decisions save money whatever {span.cell} costs."
    than = "what it does" if times else unit.strip()
    return f"These decisions save money while {span.cell} costs {' and '.join(bounds)} {than}".rstrip() + "."


def running(verdict: VerdictRecord) -> str:
    """What the model itself costs, if that was said, and when it is worth that."""
    if verdict.running is None:
        return ""
    unit = f" {verdict.currency}" if verdict.currency else ""
    volume = verdict.running.pays_from
    pays = f"from {volume} rows on" if volume else "at no volume"
    return f"Running it costs {money(verdict.running.cost)}{unit} of that; it pays {pays}."


def capacity(verdict: VerdictRecord) -> list[str]:
    """How the capacities were kept on test: row by row, and ranked as a batch."""
    kept = verdict.capacity
    if kept is None:
        return []
    unit = f" {verdict.currency}" if verdict.currency else ""
    lines = [
        f"At most {limit.most} of the rows can be '{limit.action}'"
        + (f" ({limit.share:.3g} of them)" if " per " in limit.most else "")
        + f": row by row, where it saves more than {money(limit.price)}{unit}, which was so on "
        f"{limit.at_price:.2%} of the test rows; in a batch, by ranking its rows ({limit.ranked:.2%})."
        for limit in kept.limits
    ]
    return [
        *lines,
        f"1,000 test rows cost {money(kept.at_price)}{unit} row by row, {money(kept.ranked)}{unit} ranked.",
        "The verdict counts row by row.",
    ]


def taken(verdict: VerdictRecord) -> str:
    """How often the model takes each action, if there are more than two."""
    if len(verdict.taken) <= PAIR:
        return ""
    shares = [f"'{taken.action}' on {taken.share:.1%}" for taken in verdict.taken]
    return f"It decides {', '.join(shares[:-1])} and {shares[-1]} of the rows."


def _range(found: VerdictRecord | ScenarioRecord) -> str:
    return f"{money(found.low)} to {money(found.high)}"


def _amount(amount: CellCostRecord) -> str:
    """What one row of a kind costs; where rows differ, on average, and by which formula."""
    mean = f" on average ({amount.formula})" if amount.formula else ""
    return f"{amount.cell} {money(amount.cost)}{mean}"


def policy_name(policy: BaselineCostRecord) -> str:
    """What one does without a model, in words."""
    return policy.action if policy.rule or policy.mixed else f"always '{policy.action}'"


def _case(case: ScenarioRecord, *, by_row: bool) -> str:
    what = f"{case.factor:g} times as much" if by_row else money(case.amount)
    ending = "deploying would be worth it" if case.worth else "deploying would not be shown to be worth it"
    return f"If {case.cell} were {what}, the saving would be {_range(case)}: {ending}."
