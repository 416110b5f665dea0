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
    meter = Meter()
    meter.watched({})
    meter.lost("queue", 1)
    lines = meter.text()[0].decode().splitlines()
    return {line.split()[2] for line in lines if line.startswith("# TYPE")}


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
    for panel in panels:
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


@pytest.mark.skipif(SYSTEMD is None, reason="no systemd-analyze here")
def test_systemd() -> None:
    """`systemd-analyze verify` has nothing to say of the units."""
    units = [str(FOLDER / f"automl-watch.{kind}") for kind in ("service", "timer")]
    done = subprocess.run([str(SYSTEMD), "verify", "--man=no", *units], capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if "automl-watch" in line]
    assert (done.returncode, said) == (0, [])


def _dashboard_text() -> str:
    return (FOLDER / "grafana-dashboard.json").read_text(encoding="utf-8")
