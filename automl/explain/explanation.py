"""An explanation as one frozen value, and as the JSON values and the table of reason codes that are made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from automl.errors import clipped, one_line
from automl.explain.counterfactual import Counterfactual
from automl.shown import Shown

THOUSAND = 1_000  # from here on no digit stands behind the point
CLIPPED = 60  # characters of a cell in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The probability of the label `of`, or the predicted number where that is "": the row's, and the background's.

    `error` is the largest standard error of what a reason gives to it, `spread` its standard deviation over the
    background.
    """

    of: str
    value: float
    base: float
    error: float
    spread: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What the decision is expected to cost, and what the cheapest `other` one is; `value` is the difference."""

    currency: str
    cost: float
    other: str
    other_cost: float
    value: float
    base: float
    error: float
    spread: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What the columns `names` (or a table) with these `cells` give to score and money, with standard errors."""

    names: tuple[str, ...]
    cells: tuple[str, ...]
    score: float
    score_error: float
    money: float | None = None
    money_error: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why row number `row` (from 1 on) was answered so.

    `reasons` has every column, first those that speak most for the decision (of a number: the largest). Their scores
    and ``score.base`` add to ``score.value``, their money likewise. `counterfactual` is None where nothing is decided
    between labels. `pairs` of permutations were played over `background` rows; with 0 pairs all coalitions were,
    and the values are exact.
    """

    row: int
    keys: Mapping[str, object]
    decision: str | None
    score: Score
    money: Money | None
    reasons: tuple[Reason, ...]
    counterfactual: Counterfactual | None
    pairs: int
    background: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How columns and their levels are called where people read of them, and how many reasons they get."""

    columns: Mapping[str, str]
    levels: Mapping[str, Mapping[str, str]]
    most: int

    def told(self, names: Sequence[str], cells: Sequence[str]) -> str:
        """Columns with their cells in words: ``duration = 48``; what comes from data cannot leave its line (V13)."""
        pairs = zip(names, cells, strict=True) if cells else ((name, None) for name in names)
        return ", ".join(self._one(name, cell) for name, cell in pairs)

    def _one(self, name: str, cell: str | None) -> str:
        called = _short(self.columns.get(name, name))
        if cell is None:
            return called
        return f"{called} = {_short(self.levels.get(name, {}).get(cell, cell)) or 'missing'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanations(Shown):
    """The explanations of many rows, in their order, and the words that they are told in."""

    each: tuple[Explanation, ...]
    words: Words

    def as_json(self) -> list[dict[str, object]]:
        """Each as JSON values."""
        return [as_json(found, self.words) for found in self.each]

    def codes(self) -> list[dict[str, object]]:
        """The table of reason codes, row by row: the same columns in each."""
        return [codes(found, self.words) for found in self.each]

    def story(self) -> str:
        """All of it as people read it."""
        return "\n".join(line for found in self.each for line in story(found, self.words))


def as_json(found: Explanation, words: Words) -> dict[str, object]:
    """The explanation as JSON values, with each reason and each change in words."""
    content = asdict(found)
    for entry, reason in zip(content["reasons"], found.reasons, strict=True):
        entry["words"] = words.told(reason.names, reason.cells)
    if found.counterfactual is not None:
        content["counterfactual"]["words"] = changes_told(found.counterfactual, words)
    return content


def codes(found: Explanation, words: Words) -> dict[str, object]:
    """A row of the table of reason codes: keys, decision, score, money, the first reasons, what would change it."""
    row: dict[str, object] = dict(found.keys)
    if not row:
        row["row"] = found.row
    if found.decision is not None:
        row["decision"] = found.decision
    row |= {"score": found.score.value, "score_base": found.score.base}
    if found.money is not None:
        row |= {"saves": found.money.value, "saves_base": found.money.base}
    shown = [*found.reasons[: words.most], *[None] * (words.most - len(found.reasons))]
    for place, reason in enumerate(shown, start=1):
        row[f"reason_{place}"] = None if reason is None else words.told(reason.names, reason.cells)
        row[f"reason_{place}_score"] = None if reason is None else reason.score
        if found.money is not None:
            row[f"reason_{place}_money"] = None if reason is None else reason.money
    if found.counterfactual is not None:
        row["otherwise"] = changes_told(found.counterfactual, words)
        row["otherwise_decision"] = found.counterfactual.decision
    return row


def story(found: Explanation, words: Words) -> Iterator[str]:
    """The explanation as lines for people: what was decided, what spoke for it, and what would change it."""
    yield headline(found)
    if found.money is not None:
        yield f"  {costs_told(found.money, found.decision or '')}"
    yield from _sums(found, words)
    yield from (f"  {sentence}" for sentence in closing(found, words))


def headline(found: Explanation) -> str:
    """What was decided of which row, beside the background."""
    return f"row {found.row}: {_verdict(found)}"


def closing(found: Explanation, words: Words) -> Iterator[str]:
    """What would change the decision, and how sure the reasons are."""
    if found.counterfactual is not None:
        yield _otherwise(found.counterfactual, words)
    if not found.pairs:
        yield f"Exact: all combinations of the columns were tried ({found.background} background rows)."
        return
    share = found.score.error / found.score.spread if found.score.spread else 0.0
    yield f"Standard error: {share:.1%} of the spread ({found.pairs} pairs, {found.background} background rows)."


def changes_told(found: Counterfactual, words: Words) -> str:
    """The changes of a counterfactual in words; "" where none was found."""
    return " and ".join(words.told((change.column,), (change.cell,)) for change in found.changes)


def _verdict(found: Explanation) -> str:
    of = f"probability of {_short(found.score.of)}" if found.score.of else "prediction"
    told = f"{of} {_number(found.score.value)}, of the background {_number(found.score.base)}"
    return told if found.decision is None else f"{_short(found.decision) or 'not decided'} ({told})"


def costs_told(money: Money, decision: str) -> str:
    """What the decision is expected to cost, and the cheapest other one."""
    unit = f" {_short(money.currency)}" if money.currency else ""
    return (
        f"{_short(decision)} is expected to cost {_number(money.cost)}{unit}, {_short(money.other)} "
        f"{_number(money.other_cost)}{unit}: a difference of {_number(money.value)}"
    )


def _sums(found: Explanation, words: Words) -> Iterator[str]:
    """A line for the background, each of the first reasons, and the others together: they add to what was explained."""
    first, others = found.reasons[: words.most], found.reasons[words.most :]
    lines = [("the background", found.score.base, found.money.base if found.money else None)]
    lines += [(words.told(reason.names, reason.cells), reason.score, reason.money) for reason in first]
    if others:
        money = sum(reason.money or 0.0 for reason in others) if found.money else None
        lines.append((f"{len(others)} other{'s' * (len(others) > 1)}", sum(reason.score for reason in others), money))
    width = max(len(name) for name, _, _ in lines)
    for name, score, money in lines:
        yield f"  {name:<{width}}  {_with_sign(score):>12}" + ("" if money is None else f"  {_with_sign(money):>12}")


def _otherwise(found: Counterfactual, words: Words) -> str:
    if found.changes:
        return f"It would be {_short(found.decision)} with {changes_told(found, words)} (a change of {found.size:.2g})."
    if found.complete:
        return "No change of one or two columns that may change makes it another one."
    return "No change of one or two columns was found in the time there was."


def _number(value: float) -> str:
    """Four digits, and all of those before the point."""
    return f"{value:,.0f}" if abs(value) >= THOUSAND else f"{value:.4g}"


def _with_sign(value: float) -> str:
    return f"{'-' if value < 0 else '+'}{_number(abs(value))}"


def _short(text: str) -> str:
    return one_line(clipped(text, CLIPPED))
