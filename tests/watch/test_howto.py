"""The files of the how-to hold: each is read by what can be had here, and names only what there is."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from automl.cli import cli
from automl.deploy.serve.meter import WATCHED, Meter

FOLDER = Path(__file__).parents[2] / "docs" / "howto" / "watch"
SYSTEMD = shutil.which("systemd-analyze")


def metrics():
    """The names of what a server tells Prometheus."""
    return {line.split()[2] for line in _metrics_text().splitlines() if line.startswith("# TYPE")}


def test_every_command_exists() -> None:
    """Each call of automl in these files parses."""
    found = 0
    for path in FOLDER.iterdir():
        text = path.read_text(encoding="utf-8").replace('", "', " ").replace('["', "").replace('"]', "")
        for line in re.findall(r"automl (watch (?:look|prune) [^\n|>]*)", text):
            _, name, *arguments = shlex.split(line)
            cli.commands["watch"].commands[name].make_context(name, arguments)
            found += 1
    assert found == 5


def test_every_metric_exists() -> None:
    """Dashboard and alerts ask only for what `/metrics` gives, and the dashboard for all that a look found."""
    for name in ("grafana-dashboard.json", "prometheus-alerts.yml"):
        text = (FOLDER / name).read_text(encoding="utf-8")
        assert set(re.findall(r"automl_\w+", text)) <= metrics()
    assert {f"automl_watch_{name}" for name in WATCHED} <= set(re.findall(r"automl_\w+", _dashboard_text()))


def test_the_dashboard() -> None:
    """It is what Grafana imports: panels with ids of their own, within 24 columns, that do not overlap."""
    board = json.loads(_dashboard_text())
    assert {"title", "uid", "schemaVersion", "panels", "time", "templating"} <= board.keys()
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    assert board["templating"]["list"][0]["type"] == "datasource"
    for panel in panels:
        assert panel["type"] in {"stat", "timeseries"}
        assert panel["datasource"] == {"type": "prometheus", "uid": f"${{{board['templating']['list'][0]['name']}}}"}
        assert {"title", "options", "fieldConfig"} <= panel.keys()
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not cells & taken
        taken |= cells
        assert all(target["expr"] for target in panel["targets"])


@pytest.mark.parametrize("name", ["kubernetes-cronjob.yaml", "github-actions.yml", "prometheus-alerts.yml"])
def test_yaml(name: str) -> None:
    """They are YAML with the keys that their readers ask for."""
    yaml = pytest.importorskip("yaml")
    found = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    if name.startswith("kubernetes"):
        assert (found["apiVersion"], found["kind"]) == ("batch/v1", "CronJob")
        pod = found["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        assert {mount["name"] for each in pod["containers"] for mount in each["volumeMounts"]} == {
            volume["name"] for volume in pod["volumes"]
        }
        assert pod["restartPolicy"] == "Never"
    elif name.startswith("github"):
        assert all({"uses", "run"} & step.keys() for job in found["jobs"].values() for step in job["steps"])
        assert found[True]["schedule"]  # YAML 1.1 takes the key `on` for true
    else:
        rules = [rule for group in found["groups"] for rule in group["rules"]]
        assert all({"alert", "expr", "labels", "annotations"} <= rule.keys() for rule in rules)


def test_prometheus_reads_them(service, tmp_path) -> None:
    """Its own tool finds no fault in the alert rules, the questions of the dashboard, and what `/metrics` gives."""
    asked = [target["expr"] for panel in json.loads(_dashboard_text())["panels"] for target in panel["targets"]]
    rules = [{"record": f"asked:{place}", "expr": question} for place, question in enumerate(asked)]
    dashboard = tmp_path / "dashboard.yml"
    dashboard.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    told = _promtool(service, "check", "rules", FOLDER / "prometheus-alerts.yml", dashboard)
    assert f"{len(rules)} rules found" in told
    _promtool(service, "check", "metrics", given=_metrics_text())


LOGGED = {"automl_rows_total": "0+100x60", 'automl_unlogged_rows_total{reason="queue"}': "0+2x60"}


@pytest.mark.parametrize(
    ("alert", "series", "before", "after"),
    [
        ("ModelNeedsAction", {"automl_watch_status": "0 10 11"}, "1m", "2m"),
        ("ModelNeedsALook", {"automl_watch_status": "0 10 11"}, "0m", "1m"),
        ("ModelNeedsALook", {"automl_watch_status": "0 11 10"}, "1m", "2m"),
        ("NobodyLooksAtTheModel", {"automl_watch_looked_seconds": "0+0x4000"}, "48h", "50h"),
        ("AnswersAreNotLogged", LOGGED, "1m", "40m"),
        ("AnswersAreNotLogged", LOGGED | {'automl_unlogged_rows_total{reason="store"}': "0+9x60"}, "0m", "20m"),
    ],
)
def test_alerts_fire(service, tmp_path, alert, series, before, after) -> None:
    """Each is silent before what it is for, and raised after."""
    rules = pytest.importorskip("yaml").safe_load((FOLDER / "prometheus-alerts.yml").read_text(encoding="utf-8"))
    (rule,) = (rule for group in rules["groups"] for rule in group["rules"] if rule["alert"] == alert)
    raised = [{"exp_labels": rule["labels"], "exp_annotations": rule["annotations"]}]
    expected = [
        {"eval_time": moment, "alertname": alert, "exp_alerts": alerts}
        for moment, alerts in ((before, []), (after, raised))
    ]
    given = [{"series": name, "values": values} for name, values in series.items()]
    test = {"interval": "1m", "input_series": given, "alert_rule_test": expected}
    whole = {"rule_files": [str(FOLDER / "prometheus-alerts.yml")], "evaluation_interval": "1m", "tests": [test]}
    (tmp_path / "test.yml").write_text(json.dumps(whole))
    _promtool(service, "test", "rules", tmp_path / "test.yml")


@pytest.mark.skipif(SYSTEMD is None, reason="no systemd-analyze here")
def test_systemd() -> None:
    """`systemd-analyze verify` has nothing to say of the units."""
    units = [str(FOLDER / f"automl-watch.{kind}") for kind in ("service", "timer")]
    done = subprocess.run([str(SYSTEMD), "verify", "--man=no", *units], capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if "automl-watch" in line]
    assert (done.returncode, said) == (0, [])


def _dashboard_text() -> str:
    return (FOLDER / "grafana-dashboard.json").read_text(encoding="utf-8")


def _metrics_text() -> str:
    meter = Meter()
    meter.watched({})
    meter.lost("queue", 1)
    return meter.text()[0].decode()


def _promtool(service, *words: object, given: str = "") -> str:
    command = [service("promtool"), *map(str, words)]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
