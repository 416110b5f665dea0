"""A server of a registry follows its pointer under load: no request fails, no answer is of a third version."""

from __future__ import annotations

import threading

import httpx
import pytest

from automl.model_registry.history import history
from automl.model_registry.promote import promote, rollback, start_canary
from automl.model_registry.register import register
from automl.model_registry.state import SHORT, read_state

PATIENCE = 60.0  # seconds for anything to happen on a busy machine


class Load(threading.Thread):
    """Requests without a pause until it is stopped: the status of each, and the version that answered."""

    def __init__(self, address, row):
        super().__init__(daemon=True)
        self.address, self.row = address, row
        self.answers, self.wrong = [], []
        self.allowed = set()
        self._stop_asked = threading.Event()

    def run(self):
        with httpx.Client(base_url=self.address, timeout=PATIENCE) as client:
            while not self._stop_asked.is_set():
                allowed = set(self.allowed)
                answer = client.post("/predict", json={"rows": [self.row]})
                version = answer.headers["x-model-version"]
                self.answers.append((answer.status_code, version))
                if answer.status_code != 200 or answer.json()["bundle"] != version:
                    self.wrong.append(answer.text)
                if version not in allowed | set(self.allowed):
                    self.wrong.append(f"{version} answered")

    def stop(self):
        self._stop_asked.set()
        self.join(PATIENCE)


@pytest.fixture
def credit(versions, tmp_path):
    """A registry whose first version answers, and all hashes."""
    folder = tmp_path / "models" / "credit"
    hashes = [register(path, folder) for path in versions[:3]]
    promote(folder, hashes[0])
    return folder, hashes


@pytest.mark.parametrize(
    ("promotions", "rollbacks", "workers"),
    [(3, 1, 1), pytest.param(20, 5, 2, marks=[pytest.mark.slow, pytest.mark.timeout(900)])],
)
def test_it_follows_every_move(promotions, rollbacks, workers, credit, raw, tmp_path, running, until):
    """No signal is sent; each move is answered by the version before it or the one after, and soon by the latter."""
    folder, hashes = credit
    with running(folder, tmp_path / "log", "--workers", str(workers)) as server:
        load = Load(server.address, raw.row(0, named=True))
        load.allowed = {hashes[0][:SHORT]}
        load.start()
        for count in range(1, promotions + rollbacks + 1):
            state = read_state(folder)
            goal = hashes[count % 3] if count <= promotions else state.parents[0]
            load.allowed = {state.champion[:SHORT], goal[:SHORT]}
            after = (promote(folder, goal) if count <= promotions else rollback(folder)).champion[:SHORT]
            server.wait("swapped", count)
            until(lambda after=after: load.answers[-1:] == [(200, after)])
            load.allowed = {after}
        load.stop()
        page = httpx.get(f"{server.address}/metrics").text
        events = [line["event"] for line in server.lines]
    assert load.wrong == []
    assert len({version for _, version in load.answers}) == 3
    assert f'automl_model_version{{role="champion",version="{after}"}} 1.0' in page
    assert page.count("automl_model_version{") == 1
    assert "swap refused" not in events


def test_a_canary_is_withdrawn_once_it_may_have_lost_its_budget(versions, deciding, raw, tmp_path, running):
    """It answers its share until then; the champion answers alone again, and the history says why."""
    folder = tmp_path / "models" / "credit"
    first, second = (register(deciding(age), folder) for age in (50.0, 30.0))
    promote(folder, first)
    start_canary(folder, second, share=0.5, loss_budget=80.0)
    rows = [{**raw.row(0, named=True), "age": 40, "id": f"c{number}"} for number in range(60)]
    with running(folder, tmp_path / "log") as server, httpx.Client(base_url=server.address) as client:
        answered = [client.post("/predict", json={"rows": [row]}).headers["x-model-version"] for row in rows]
        assert set(answered) == {first[:SHORT], second[:SHORT]}
        said = server.wait("canary withdrawn")
        server.wait("swapped")
        again = [client.post("/predict", json={"rows": [row]}).headers["x-model-version"] for row in rows]
        assert set(again) == {first[:SHORT]}
        page = client.get("/metrics").text
    lost = answered.count(second[:SHORT])
    assert f"automl_canary_rows_total {float(lost)}" in page
    last = history(folder)[-1]
    assert (last.what, last.version) == ("withdraw", second)
    assert "may have lost" in last.why
    assert said["why"] == last.why
    assert last.facts["regret"] > 80.0
    assert read_state(folder).canary is None


def test_a_version_that_is_damaged_changes_nothing(credit, raw, tmp_path, running):
    """V10: the pointer moves, the version does not open: the old one goes on, and the log says why."""
    folder, hashes = credit
    with running(folder, tmp_path / "log") as server:
        promote(folder, hashes[1])
        server.wait("swapped")
        promote(folder, hashes[2])
        server.wait("swapped", 2)
        model = folder / "versions" / f"{hashes[1]}.bundle" / "model.onnx"
        kept = model.read_bytes()
        pointer = (folder / "current").read_text()
        model.write_bytes(kept[:-1] + b"x")
        (folder / "current").write_text(pointer.replace(f'"champion": "{hashes[2]}"', f'"champion": "{hashes[1]}"'))
        assert "not the one that was written" in server.wait("swap refused")["what"]
        assert server.predict(raw.row(0, named=True)).headers["x-model-version"] == hashes[2][:SHORT]
