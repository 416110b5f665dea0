"""The page of a bundle: the verdict first, every figure from the numbers beside it, and nothing that could harm."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from automl.bundle.manifest import plain
from automl.decide.costs.cost_matrix import BINARY_CELLS
from automl.decide.verdict.reason import money
from automl.diagnostics.accumulated_effects import EffectPoint
from automl.diagnostics.confusion import ConfusionCell
from automl.diagnostics.diagnostics import Diagnostics
from automl.diagnostics.importance import Importance
from automl.diagnostics.learning_curve import LearningCurve, LearningPoint
from automl.diagnostics.over_time import PeriodSaving
from automl.diagnostics.ranking import RankingPoint
from automl.diagnostics.reliability import ReliabilityBin
from automl.diagnostics.residuals import ResidualBin, Residuals
from automl.diagnostics.slider import SliderTable
from automl.diagnostics.threshold_costs import ThresholdCost
from automl.diagnostics.weak_spots import WeakSpot
from automl.figures.scales import number
from automl.report.bundle_report import bundle_report

EVIL = '"><script>document.title = "evil"</script><img src=x onerror=alert(1)>'


def diagnostics(name: str = "age", *, number: bool = False, slider: bool = True) -> Diagnostics:
    table = SliderTable(
        p=np.array([0.9, 0.2]),
        share=np.array([[0.1, 0.4], [0.4, 0.1]]),
        rows=np.array([[25.0, 100.0], [100.0, 25.0]]),
        rule=None,
        whole=True,
        running=0.0,
    )
    return Diagnostics(
        rows=250,
        loss="EUR",
        importance=(Importance(columns=(name,), loss=12.5, low=8.0, high=17.0),),
        effects={name: (EffectPoint(value=18.0, effect=-0.1, rows=50), EffectPoint(value=60.0, effect=0.1, rows=0))},
        weak_spots=(WeakSpot(conditions=(f"{name} above 60",), rows=60, share=0.24, loss=81.5, low=60.0, high=99.0),),
        over_time=tuple(
            PeriodSaving(start=f"2020-0{k}-01", rows=40, saving=100.0 * k, low=0, high=500) for k in (1, 2)
        ),
        looked_at=250,
        columns=3,
        reliability=(ReliabilityBin(rows=250, promised=0.3, share=0.31, low=0.25, high=0.37),),
        ranking=()
        if number
        else (RankingPoint(threshold=0.5, acted=0.5, recall=0.7, false_alarms=0.3, precision=0.4),),
        confusion=() if number else (ConfusionCell(truth=name, action="grant", rows=700.0, cost=123.4),),
        threshold_costs=() if number else tuple(ThresholdCost(acted=k / 4, cost=50_000.0 - k) for k in range(5)),
        residuals=Residuals(
            bins=(ResidualBin(rows=9, predicted=3.0, quantiles=(-1.0, -0.5, 0.0, 0.5, 1.0)),) * 2,
            under=0.6,
            over=0.4,
            mean=0.1,
        )
        if number
        else None,
        slider=table if slider and not number else None,
        learning=LearningCurve(
            learner="lightgbm",
            points=tuple(
                LearningPoint(rows=k, loss=9e4 / k, low=8e4 / k, high=1e5 / k) for k in (125, 250, 500, 1_000)
            ),
            rows=1_250,
            gain=300.0,
            low=-50.2,
            high=650.0,
        ),
    )


@pytest.fixture
def shown(manifest, verdict, gate, board):
    """The page of these diagnostics, and its report.json."""

    def make(found: Diagnostics, name: str = "credit.bundle") -> str:
        trials = [{"params": {}, "rows": 100, **trial} for trial in board]
        points = [{"latency_p99": 1e-4 * k, "loss": 0.5 / k, "chosen": k == 2} for k in (1, 2)]
        search = {"board": trials, "front": points, "features": [{"text": "crossing: kept"}]}
        report = {"name": name, "diagnostics": plain(found), "search": search}
        amounts = [
            {"cell": cell, "cost": cost}
            for cell, cost in zip(BINARY_CELLS[0] + BINARY_CELLS[1], (0, 100, 500, 0), strict=True)
        ]
        return bundle_report(manifest | {"verdict": {**verdict, "amounts": amounts}, "gates": [gate(ok=True)]}, report)

    return make


def test_the_verdict_comes_first(shown):
    """Before anything else: deploy or not, what is saved, how sure that is."""
    page = shown(diagnostics())
    words = unescape(page.partition("<main")[0])
    assert "Deploy it: it saves 18,400 EUR per 1,000 rows" in words
    assert "between 12,900 and 23,600 with 95 % confidence" in words


@pytest.mark.parametrize("number", [True, False])
def test_every_figure_has_its_numbers(shown, number):
    """Each picture brings a table of what it draws, and each part of the diagnostics is drawn."""
    page = shown(diagnostics(number=number))
    assert page.count("<figure") == page.count("<details><summary>Numbers")
    asked = ["What matters", "Saving over time", "What could have shipped"]
    asked += ["How far predictions are off"] if number else ["Gain", "What acting on more rows costs", "False alarms"]
    for title in asked:
        assert f">{title}</h" in page
    for told in ("12.5", "81.5", "crossing: kept"):
        assert told in page


def told_of(page: str) -> dict[str, list[list[str]]]:
    """The numbers of each figure, as the page has them."""
    drawn = re.findall(r'<figure class="drawn">\n<h\d>(.*?)</h\d>.*?<tbody>(.*?)</tbody>', page, re.DOTALL)
    row, cell = re.compile(r"<tr>(.*?)</tr>", re.DOTALL), re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>")
    return {
        unescape(title): [[unescape(c) for c in cell.findall(r)] for r in row.findall(body)] for title, body in drawn
    }


def texts(rows, *names):
    """These numbers of each row of report.json, as people read them."""
    return [[number(row[name]) for name in names] for row in rows]


def between(rows):
    return [f"{number(row['low'])} to {number(row['high'])}" for row in rows]


def kept(found: dict, verdict: dict, search: dict) -> dict[str, list[list[str]]]:
    """What each figure has to tell, from report.json and the manifest alone."""
    told: dict[str, list[list[str]]] = {
        "What 1,000 rows cost": [
            *([f"always '{one['action']}'", money(one["cost"])] for one in verdict["policies"]),
            ["this model", money(verdict["ours"])],
        ],
        "If an amount is wrong": [
            [name, number(one["saving"]), f"{number(one['low'])} to {number(one['high'])}"]
            for name, one in [
                ("as the spec says", verdict),
                *((f"{one['factor']:g} x {one['cell']}", one) for one in verdict["scenarios"]),
            ]
        ],
        "Saving over time": [
            [one["start"], *map(number, (one["saving"], one["low"], one["high"]))] for one in found["over_time"]
        ],
        "Are probabilities kept?": [
            [*row, ends]
            for row, ends in zip(
                texts(found["reliability"], "promised", "share"), between(found["reliability"]), strict=True
            )
        ],
        "What is lost without a column": [
            [one["columns"][0], number(one["loss"]), ends]
            for one, ends in zip(found["importance"], between(found["importance"]), strict=True)
        ],
        "What could have shipped": [
            [number(1e3 * one["latency_p99"]), number(one["loss"])]
            for one in sorted(search["front"], key=lambda one: one["latency_p99"])
        ],
        **{name: texts(points, "value", "effect") for name, points in found["effects"].items()},
    }
    if found["learning"]:
        points = found["learning"]["points"]
        told["What more rows brought"] = [
            [f"{one['rows']:,}", *map(number, (one["loss"], one["low"], one["high"]))] for one in points
        ]
    if found["residuals"]:
        rows = [(one["predicted"], one["quantiles"]) for one in found["residuals"]["bins"]]
        told["How far predictions are off"] = [
            [number(at), number(q[2]), f"{number(q[0])} to {number(q[-1])}"] for at, q in rows
        ]
    if found["ranking"]:
        told["Gain"] = texts(found["ranking"], "acted", "recall")
        told["False alarms"] = texts(found["ranking"], "false_alarms", "recall")
        told["Precision and recall"] = texts(found["ranking"], "recall", "precision")
        told["What acting on more rows costs"] = texts(found["threshold_costs"], "acted", "cost")
    if len(found["confusion"]) > 4:
        for title, key, form in (("What was decided", "rows", number), ("What decisions cost", "cost", money)):
            by = {(one["truth"], one["action"]): form(one[key]) for one in found["confusion"]}
            told[title] = [[t, *(by[t, a] for a in "cab")] for t in "bca"]
    return told


def test_what_more_rows_would_bring(shown):
    """In one sentence, which says what is not shown, what helps and what does not; or why nobody knows."""
    found = diagnostics()

    def said(**other) -> str:
        return unescape(shown(replace(found, learning=replace(found.learning, **other))))

    about = "about 300 EUR per 1,000 rows"
    assert f"not shown: twice as many, 2,500, would bring {about} (-50 to 650)." in said(low=-50.0)
    assert f"Twice as many rows, 2,500, would bring {about} (100 to 650)." in said(low=100.0)
    assert "do not help: twice as many, 2,500, would bring about -300 EUR" in said(gain=-300.0, low=-400.0, high=-9.0)
    without = unescape(shown(replace(found, learning=None, no_learning="There was no time for it.")))
    assert "There was no time for it." in without
    assert "What more rows brought" not in without


@pytest.mark.parametrize("kind", ["binary", "number", "several"])
def test_every_figure_tells_what_its_files_tell(shown, verdict, kind):
    """Each number of each figure is that of report.json or the manifest; no figure of the page is unknown here."""
    found = diagnostics(number=kind == "number")
    if kind == "several":
        cells = [
            ConfusionCell(truth=t, action=a, rows=100.0 * (t == "b") + 10 * k, cost=123.4 * k - 200)
            for k, (t, a) in enumerate((t, a) for t in "abc" for a in "cab")
        ]
        found = replace(found, confusion=tuple(cells))
    front = [{"latency_p99": 1e-4 * k, "loss": 0.5 / k, "chosen": k == 2} for k in (1, 2)]
    want = kept(plain(found), verdict, {"front": front})
    assert told_of(shown(found)) == want
    assert len(want) == {"binary": 12, "number": 9, "several": 14}[kind]


def test_of_many_labels_the_most_frequent_are_drawn(shown, holds_in_browser, open_to_all):
    """Of 60 labels 30 stand in the matrix, as decisions too, and what is left out is told."""
    names = [f"label {k}" for k in range(60)]
    cells = [ConfusionCell(truth=t, action=a, rows=float(k), cost=None) for k, t in enumerate(names) for a in names]
    page = shown(replace(diagnostics(), confusion=tuple(cells)))
    told = told_of(page)["What was decided"]
    assert [len(told), len(told[0]), told[0][0]] == [30, 31, "label 59"]
    assert "The 30 most frequent labels of 60." in page
    assert "What decisions cost" not in page
    holds_in_browser(page)
    open_to_all(page)


def test_no_text_of_data_is_markup(shown):
    """V13: names of columns, levels and bundles that are scripts stay text, in pictures, tables and the slider."""
    page = shown(diagnostics(EVIL), EVIL)
    assert "<script>document" not in page
    assert "<img" not in page
    assert page.count("<script") == 2  # our own, and the numbers that it reads


def test_the_page_asks_nothing_of_a_network(shown):
    """No reference to anything outside, and it stays small."""
    page = shown(diagnostics())
    assert "http://" not in page
    assert "https://" not in page
    assert len(page) < 500_000


def test_it_holds_on_a_phone_and_on_a_desk(shown, holds_in_browser):
    """Nothing runs over the edge, nothing is fetched, tables sort, and evil names do nothing."""
    holds_in_browser(shown(diagnostics(EVIL), EVIL))


def test_everybody_can_read_it(shown, open_to_all):
    """No serious finding of axe: names, contrast, order."""
    open_to_all(shown(diagnostics()))
    open_to_all(shown(diagnostics(number=True)))


def test_keys_alone_move_it(shown, tab, tmp_path):
    """Skip link, slider, number, reset, numbers of a figure and the order of a table, without a mouse."""
    (tmp_path / "page.html").write_text(shown(diagnostics()), encoding="utf-8")
    tab.open(tmp_path / "page.html")
    tab.reach(".skip")
    tab.press("Enter")
    assert tab.run("document.activeElement.id") == "main"
    saving = "Number(document.querySelector('[data-out=saving]').dataset.value)"
    first = tab.run(saving)
    tab.reach("#cost-1-range")
    for _ in range(20):
        tab.press("ArrowRight")
    box = "Number(document.querySelector('#cost-1').value)"
    assert tab.run(box) == pytest.approx(100 * 10**0.1, rel=1e-5)
    assert tab.run(saving) != first
    tab.reach("#cost-1")
    tab.press("ArrowUp")
    assert tab.run(box) == pytest.approx(100 * 10**0.1 + 1, abs=1)
    tab.reach("button[type=reset]")
    tab.press(" ")
    assert tab.run(f"new Promise((told) => setTimeout(() => told({saving}), 20))") == first
    tab.reach("th button")
    tab.press("Enter")
    assert tab.run("document.activeElement.parentElement.getAttribute('aria-sort')") == "ascending"
    tab.reach("summary")
    tab.press("Enter")
    assert tab.run("document.activeElement.parentElement.open") is True


def test_where_nothing_can_be_moved_it_says_so(shown):
    """Costs by row have no slider: the page names the command that tries others."""
    page = shown(diagnostics(slider=False))
    assert "<form" not in page
    assert "automl decide" in page
    told = json.loads(shown(diagnostics()).partition("data-slider-table>")[2].partition("</script>")[0])
    assert told["policies"] == ["always 'grant'", "always 'decline'"]
