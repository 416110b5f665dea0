"""The page of a bundle: the verdict first, every figure from the numbers beside it, and nothing that could harm."""

from __future__ import annotations

import json
from html import unescape

import numpy as np
import pytest

from automl.bundle.manifest import plain
from automl.diagnostics.accumulated_effects import EffectPoint
from automl.diagnostics.confusion import ConfusionCell
from automl.diagnostics.diagnostics import Diagnostics
from automl.diagnostics.importance import Importance
from automl.diagnostics.over_time import PeriodSaving
from automl.diagnostics.ranking import RankingPoint
from automl.diagnostics.reliability import ReliabilityBin
from automl.diagnostics.residuals import ResidualBin, Residuals
from automl.diagnostics.slider import SliderTable
from automl.diagnostics.threshold_costs import ThresholdCost
from automl.diagnostics.weak_spots import WeakSpot
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
    )


@pytest.fixture
def shown(manifest, verdict, gate, board):
    """The page of these diagnostics, and its report.json."""

    def make(found: Diagnostics, name: str = "credit.bundle") -> str:
        trials = [{"params": {}, "rows": 100, **trial} for trial in board]
        points = [{"latency_p99": 1e-4 * k, "loss": 0.5 / k, "chosen": k == 2} for k in (1, 2)]
        search = {"board": trials, "front": points, "features": [{"text": "crossing: kept"}]}
        report = {"name": name, "diagnostics": plain(found), "search": search}
        return bundle_report(manifest | {"verdict": verdict, "gates": [gate(ok=True)]}, report)

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


def test_where_nothing_can_be_moved_it_says_so(shown):
    """Costs by row have no slider: the page names the command that tries others."""
    page = shown(diagnostics(slider=False))
    assert "<form" not in page
    assert "automl decide" in page
    told = json.loads(shown(diagnostics()).partition("data-slider-table>")[2].partition("</script>")[0])
    assert told["policies"] == ["grant", "decline"]
