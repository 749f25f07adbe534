"""Each of our processes is killed in mid-load: nothing that was answered is lost, nothing happens twice."""

import os
import signal
import threading
import time
from collections import Counter
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.e2e.log import CASES, FEEDBACK, assert_is_whole, events_of
from tests.system import System, eventually, json_of

CLIENTS = 6
PROCESSES = [(command, service) for service in ("intake", "routing", "analytics") for command in ("serve", "work")]
SAID = {"channel": "web", "kind": "complaint", "service": "passports", "text": "Toujours rien."}


class Load:
    """Clients that send feedback and acknowledge its case, each with a key, again and again until it is answered."""

    def __init__(self, system: System) -> None:
        self.system, self.over = system, threading.Event()
        self.acknowledged: list[str] = []
        self.retries: Counter[str] = Counter()
        self._agent = system.staff("agent", "passports")
        self._threads = [threading.Thread(target=self._run) for _ in range(CLIENTS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _run(self) -> None:
        with httpx.Client(timeout=10) as http:
            while not self.over.is_set():
                receipt = self._insist(http, f"{self.system.intake}/v1/feedback", SAID, {}, 201)
                case = self._case_of(http, receipt["id"])
                url = f"{self.system.routing}/v1/cases/{case}/acknowledge"
                self._insist(http, url, {}, self._agent, 200)
                self.acknowledged.append(receipt["id"])

    def _insist(self, http: httpx.Client, url: str, body: dict, headers: dict[str, str], status: int) -> dict:
        key = {"Idempotency-Key": str(uuid4())}
        while True:
            try:
                answer = http.post(url, json=body, headers={**headers, **key})
            except httpx.TransportError:
                self.retries["cut"] += 1
            else:
                if answer.status_code not in (503, 409):
                    return json_of(answer, status)
                self.retries[str(answer.status_code)] += 1
            time.sleep(0.05)

    def _case_of(self, http: httpx.Client, feedback: str) -> str:
        while True:
            try:
                answer = http.get(
                    f"{self.system.routing}/v1/cases",
                    params={"feedback_id": feedback, "wait": 5},
                    headers=self._agent,
                )
            except httpx.TransportError:
                self.retries["cut"] += 1
            else:
                if answer.status_code == 200 and answer.json()["items"]:
                    return answer.json()["items"][0]["id"]
                self.retries["no case yet"] += 1
            time.sleep(0.05)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory):
    """The system and its load, after each process was killed once."""
    with System(tmp_path_factory.mktemp("kill")) as system:
        load = Load(system)
        load.start()
        for command, service in PROCESSES:
            time.sleep(1.0)
            pid = system.child(command, service)
            os.kill(pid, signal.SIGKILL)
            eventually(lambda pid=pid, of=(command, service): _another(system, of, pid), 15)
        time.sleep(2.0)
        load.end()
        print("kill -9 of", len(PROCESSES), "processes:", len(load.acknowledged), "cases,", dict(load.retries))
        yield system, load


def _another(system: System, of: tuple[str, str], pid: int) -> bool:
    """Another process runs in its place, and is ready."""
    try:
        return system.child(*of) != pid and system.is_ready(*of)
    except AssertionError:
        return False


def test_what_was_answered_is_there_once(killed: tuple[System, Load]) -> None:
    system, load = killed
    assert len(load.acknowledged) > 50
    assert load.retries["cut"] > 0
    feedback = events_of(system, FEEDBACK)
    assert_is_whole(feedback)
    submitted = [one["subject"] for one in feedback if one["type"].endswith("submitted.v1")]
    assert Counter(submitted) == Counter(load.acknowledged)
    cases = eventually(lambda: _events_when_complete(system, len(load.acknowledged)), 20)
    assert_is_whole(cases)
    by_type = Counter(one["type"].split(".")[2:4][-1] for one in cases if "feedback_id" in one["data"])
    assert by_type == dict.fromkeys(("opened", "decided", "assigned", "acknowledged"), len(load.acknowledged))


def _events_when_complete(system: System, cases: int) -> list[dict] | None:
    events = events_of(system, CASES)
    return events if sum(one["type"].endswith("acknowledged.v1") for one in events) >= cases else None


def test_every_figure_is_that_of_the_requests(killed: tuple[System, Load]) -> None:
    system, load = killed
    with httpx.Client(base_url=system.analytics, headers=system.staff("manager"), timeout=30) as manager:

        def figure(name: str) -> int:
            parameters = {"names": name, "clock": "acknowledge"}
            return json_of(manager.get("/v1/kpis", params=parameters))["figures"][0]["n"]

        for name in ("volume", "standard_met"):
            eventually(lambda name=name: figure(name) == len(load.acknowledged), 20)
        assert json_of(manager.get("/v1/reconciliation"))["difference"] == 0


def test_nothing_is_parked(killed: tuple[System, Load]) -> None:
    system, _ = killed
    for base, service in ((system.intake, "intake"), (system.routing, "routing"), (system.analytics, "analytics")):
        answer = httpx.get(f"{base}/v1/{service}/dead-letters", headers=system.staff("admin"))
        assert json_of(answer)["items"] == []


def test_a_launcher_that_is_killed_takes_its_processes_with_it_and_the_next_goes_on(
    killed: tuple[System, Load],
) -> None:
    system, load = killed
    receipt = json_of(httpx.post(f"{system.intake}/v1/feedback", json=SAID), 201)
    pids = [system.child(command, service) for command, service in PROCESSES]
    assert system.process is not None
    system.process.kill()
    system.process.wait()
    eventually(lambda: not any(_is_alive(pid) for pid in pids), 20)
    system.start()
    with httpx.Client(base_url=system.intake, timeout=30) as person:
        followed = json_of(person.get("/v1/tracking", headers={"Tracking-Code": receipt["tracking_code"]}))
    assert followed["reference"] == receipt["reference"]
    submitted = [one["subject"] for one in events_of(system, FEEDBACK) if one["type"].endswith("submitted.v1")]
    assert Counter(submitted) == Counter([*load.acknowledged, receipt["id"]])


def _is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
