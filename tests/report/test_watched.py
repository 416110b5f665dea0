"""What people read of a watch."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from automl.monitor.look import Estimate, Finding, Look, MoneyLook, Reliability, Watched
from automl.report.watched import answer, as_json, render_watched, watched_page

WEEK = 7 * 86_400e6
MONEY = MoneyLook(
    currency="EUR",
    promise=Estimate(value=18_120.0, low=15_000.0, high=21_000.0, rows=2_000),
    unlabelled=Estimate(value=17_500.0, low=16_000.0, high=19_000.0, rows=1_400, sure=False),
    labelled=Estimate(value=16_900.0, low=15_500.0, high=18_300.0, rows=900),
    reliability=tuple(Reliability(predicted=p, seen=p * 0.9, low=p * 0.8, high=p, rows=90) for p in (0.1, 0.5, 0.9)),
    late=((1.0, 0.2), (30.0, 0.9)),
)
DRIFT = Finding(
    kind="drift", check="numbers", severity="warn", column="<b>age", sentence="Column '<b>age' moved.", money=71.0
)
FINE = Watched(
    name="fraud",
    looks=tuple(
        Look(number=n, rows=1_400, start=(n - 1) * WEEK, end=n * WEEK, findings=(), money=MONEY) for n in (1, 2)
    ),
)
WARNED = replace(FINE, looks=(FINE.looks[0], replace(FINE.looks[1], findings=(DRIFT,))))


def test_the_first_line_is_the_answer_in_money() -> None:
    """What it saves, of what was promised, and what is to be done."""
    assert answer(FINE) == "It saves 16,900 of the promised 18,120 EUR per 1,000 rows; nothing to do."
    assert answer(WARNED).endswith("EUR per 1,000 rows; have a look: Column '<b>age' moved.")
    assert render_watched(FINE).splitlines()[0] == answer(FINE)


def test_without_labels_it_only_seems_so() -> None:
    """An estimate is told as one, and without money there is still an answer."""
    seems = replace(FINE, looks=(replace(FINE.looks[0], money=replace(MONEY, labelled=None)),))
    assert answer(seems).startswith("It seems, without labels, to save 17,500 of the promised 18,120 EUR")
    assert answer(replace(FINE, looks=(replace(FINE.looks[0], money=None),))) == "Nothing to do."


def test_a_loss_reads_as_one() -> None:
    """Not as a saving below 0, with money and without, known or expected."""
    loss = Estimate(value=-300.0, low=-400.0, high=-200.0, rows=900)

    def said(**seen: object) -> str:
        return answer(replace(FINE, looks=(replace(FINE.looks[0], money=replace(MONEY, **seen)),)))  # type: ignore[arg-type]

    assert said(labelled=loss).startswith("It loses 300 EUR per 1,000 rows, where 18,120 were promised; ")
    assert said(labelled=loss, currency=None).startswith("It adds 300 of loss per 1,000 rows")
    assert said(labelled=loss, currency="").startswith("It loses 300 per 1,000 rows, where")
    assert said(labelled=None, unlabelled=loss).startswith("It seems, without labels, to lose 300 EUR per 1,000 rows")


def test_a_finding_is_told_with_its_money() -> None:
    """On the terminal, with the look that it was seen at."""
    text = render_watched(WARNED)
    assert "  warn  Column '<b>age' moved. By the model's own estimate it costs 71 EUR per 1,000 rows." in text
    assert "Look 2: 1,400 rows from 1970-01-08 to 1970-01-15, warn" in text


def test_json_has_statuses_by_name() -> None:
    """And nothing that JSON does not know."""
    shown = json.loads(json.dumps(as_json(WARNED), allow_nan=False))
    assert (shown["status"], shown["exit_code"], shown["looks"][0]["status"]) == ("warn", 10, "fine")
    assert shown["looks"][1]["findings"][0]["money"] == 71.0
    assert shown["looks"][1]["money"]["labelled"]["value"] == 16_900.0


def test_the_page_escapes_what_it_is_given() -> None:
    """A column that is called as a tag is text; each part stands there once."""
    page = watched_page(WARNED)
    assert "<b>age" not in page
    assert all(part in page for part in ("Money over time", "What changes cost", "Calibration", "When labels come"))


def test_the_page_holds_on_a_phone_and_a_desk(holds_in_browser: Callable[[str], None]) -> None:
    """Nothing runs over the edge, nothing is fetched."""
    holds_in_browser(watched_page(WARNED))


def test_everybody_can_read_the_page(open_to_all: Callable[[str], None]) -> None:
    """No serious finding of axe: names, contrast, order."""
    open_to_all(watched_page(WARNED))
