"""Figures and words of a model's age: what a window of new rows will lose, and what older models lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from automl.decide.verdict.reason import money
from automl.figures.curve import Step, curve
from automl.figures.marks import Figure
from automl.report._words import Facts

DAY = 86_400.0


def shelf_life(found: Sequence[Facts], loss: str) -> Figure:
    """What one window of new rows will lose by the age of the model, with the band of a window."""
    steps = [
        Step(name=f"{one['end'] / DAY:,.3g} days", value=one["loss"], low=one["low"], high=one["high"]) for one in found
    ]
    note = (
        "Expected of each window of new rows, with a band in which 95 % of single windows lie as long as the world "
        "changes as it did: wider than an interval of the mean, as windows differ."
    )
    return curve("What a window of new rows will lose", note, steps, header=("up to", f"mean {loss}", "low", "high"))


def lost_by_age(found: Sequence[Facts], unit: str) -> Iterator[Figure]:
    """What models lose, and save less, as they grow older."""
    note = (
        "Out of fold: models of earlier times against newer ones on the same rows, with the 95 % interval of that "
        "mean. An age counts from the first row after those that a model has learned from."
    )
    names = [f"{one['end'] / DAY:,.3g} days" for one in found]
    for title, told, keys in (
        ("What is lost with age: loss", "loss beyond that of the newer model, per row", ("worse", "low", "high")),
        ("What is lost with age: money", f"saved less, {unit} per 1,000 rows", ("lost", "lost_low", "lost_high")),
    ):
        if found and all(one[keys[0]] is not None for one in found):
            steps = [
                Step(name=name, value=one[keys[0]], low=one[keys[1]], high=one[keys[2]])
                for name, one in zip(names, found, strict=True)
            ]
            yield curve(title, note, steps, header=("up to", told, "low", "high"))


def use_words(use: Facts, unit: str) -> list[str]:
    """At which ages money was judged, and what is saved at those in use."""
    judged, used = (f"{use[name] / DAY:,.3g} days" for name in ("judged", "used"))
    said = [f"Scores and money are those of a model that is up to {judged} old."]
    if use["saving"] is not None and use["used"] != use["judged"]:
        saved = f"it is expected to save {money(use['saving'])} {unit} per 1,000 rows"
        said.append(f"Used until it is {used} old ([retrain] every), {saved}.")
    return said


def band_words(found: Sequence[Facts]) -> list[str]:
    """What the band of a window means, and from which age on nobody has seen one."""
    if not found:
        return []
    long, seen = f"{found[0]['end'] / DAY:,.3g} days", max((one["end"] for one in found if one["seen"]), default=0.0)
    said = [
        f"Of 20 windows of {long}, 19 are expected to lose within the band: it is that of one window, not of a mean."
    ]
    if seen < found[-1]["end"]:
        said.append(
            f"No out-of-fold model was older than {seen / DAY:,.3g} days: from there on the line is drawn further."
        )
    return said
