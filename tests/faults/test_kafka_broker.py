"""Rows 9 to 12: the Kafka of a running system dies, is away, sleeps, forgets everything; the carrier is another one."""

import shutil
import signal
import time
from collections.abc import Iterator

import pytest

from deploy.kafka.broker import Broker, Cluster
from tests.faults import checks
from tests.faults.conftest import Tell
from tests.faults.database import ask
from tests.faults.load import Load, submit, submit_and_acknowledge
from tests.faults.record import Record
from tests.kafka import a_kafka
from tests.system import AT_FULL_COUNT, System, eventually

KILLS = 50 if AT_FULL_COUNT else 2
AWAY_SECONDS = 600.0 if AT_FULL_COUNT else 15.0
SLEEPS, SLEEP_SECONDS = (5, 60.0) if AT_FULL_COUNT else (1, 12.0)
RECOVERED_SECONDS = 60
READERS = {"intake": ("routing",), "routing": ("intake",), "analytics": ("intake", "routing")}
LOOK_SECONDS = 0.2


@pytest.fixture(scope="module")
def kafka_to_break(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with a_kafka(tmp_path_factory.mktemp("kafka-to-break")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def carried(kafka_to_break: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A running system whose events Kafka carries."""
    settings = {"ECOUTE_STREAM": "kafka", "ECOUTE_KAFKA_BOOTSTRAP": kafka_to_break.bootstrap}
    with System(tmp_path_factory.mktemp("carried"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def what_was_done(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """All that was done to `carried`."""
    return Record(tmp_path_factory.mktemp("record") / "operations.jsonl")


@pytest.fixture
def broker(kafka_to_break: Cluster) -> Broker:
    return kafka_to_break.brokers[0]


def test_a_broker_that_is_killed_and_comes_back_loses_and_doubles_nothing(
    carried: System, what_was_done: Record, kafka_to_break: Cluster, broker: Broker, tell: Tell
) -> None:
    recovered = []
    with Load(carried, what_was_done, submit_and_acknowledge, pause=0.05):
        for _ in range(KILLS):
            _until_read(carried)
            what_was_done.fault("kill -9 Kafka")
            broker.kill()
            _start(kafka_to_break, broker)
            recovered.append(_until_read(carried))
    assert max(recovered) < RECOVERED_SECONDS
    events = _nothing_is_lost_or_doubled(carried, what_was_done)
    tell(9, "kill -9 of Kafka, and restart", kills=KILLS, **events, **_told(recovered))


@pytest.mark.alone
def test_while_kafka_is_away_feedback_is_taken_all_along_and_read_soon_after_its_return(
    carried: System, what_was_done: Record, kafka_to_break: Cluster, broker: Broker, tell: Tell
) -> None:
    begin = time.time()
    with Load(carried, what_was_done, submit, pause=0.3):
        _until_read(carried)
        what_was_done.fault("Kafka is away")
        broker.kill()
        time.sleep(AWAY_SECONDS)
        _start(kafka_to_break, broker)
        seconds = _until_read(carried)
    assert seconds < RECOVERED_SECONDS
    meanwhile = [one for one in what_was_done.attempts("submit") if one.at >= begin]
    assert meanwhile
    assert [one for one in meanwhile if one.status != 201] == []
    events = _nothing_is_lost_or_doubled(carried, what_was_done)
    tell(
        10,
        f"Kafka is away for {AWAY_SECONDS:.0f} s under load",
        answered_201=len(meanwhile),
        answered_otherwise=0,
        slowest_answer=f"{max(one.seconds for one in meanwhile):.2f} s",
        **events,
        **_told([seconds]),
    )


def test_a_broker_that_sleeps_holds_nobody_for_ever(
    carried: System, what_was_done: Record, broker: Broker, tell: Tell
) -> None:
    recovered = []
    with Load(carried, what_was_done, submit, pause=0.1):
        for _ in range(SLEEPS):
            _until_read(carried)
            what_was_done.fault("stop Kafka")
            broker.signal(signal.SIGSTOP)
            try:
                time.sleep(SLEEP_SECONDS)
            finally:
                broker.signal(signal.SIGCONT)
            recovered.append(_until_read(carried))
    assert max(recovered) < RECOVERED_SECONDS
    events = _nothing_is_lost_or_doubled(carried, what_was_done)
    tell(11, f"SIGSTOP of Kafka for {SLEEP_SECONDS:.0f} s", sleeps=SLEEPS, **events, **_told(recovered))


@pytest.mark.parametrize("again", ["from the start", "from the relay's mark"])
def test_a_kafka_that_has_forgotten_everything_is_filled_again(
    carried: System, what_was_done: Record, kafka_to_break: Cluster, broker: Broker, tell: Tell, again: str
) -> None:
    with Load(carried, what_was_done, submit_and_acknowledge, pause=0.1):
        _until_read(carried)
        what_was_done.fault("Kafka forgets")
        broker.kill()
        shutil.rmtree(broker.folder / "data")
        _start(kafka_to_break, broker)
        if again == "from the start":
            for service in ("intake", "routing"):
                assert carried.ecoute("stream", "republish", service).returncode == 0
        seconds = _until_read(carried)
    assert seconds < RECOVERED_SECONDS
    events = _nothing_is_lost_or_doubled(carried, what_was_done)
    tell(12, f"Kafka's data wiped, refilled {again}", wiped=1, **events, **_told([seconds]))


def test_a_carrier_may_be_changed_to_and_fro(carried: System, what_was_done: Record, tell: Tell) -> None:
    seconds = []
    for carrier in ("feed", "kafka"):
        carried.stop()
        carried.environment["ECOUTE_STREAM"] = carrier
        carried.start()
        with Load(carried, what_was_done, submit_and_acknowledge, pause=0.1):
            time.sleep(1.0)
            seconds.append(_until_read(carried))
    assert max(seconds) < RECOVERED_SECONDS
    events = _nothing_is_lost_or_doubled(carried, what_was_done)
    tell(12, "from Kafka to the feed, and back", switches=2, **events, **_told(seconds))


def _start(cluster: Cluster, broker: Broker) -> None:
    cluster.start_one(broker)
    cluster.wait_for(broker)


def _until_read(system: System) -> float:
    """R: how long it takes from now until everybody has read what has been told by now, in every shard."""
    began = time.monotonic()
    told = {source: _told_in(system, source) for source in ("intake", "routing")}

    def all_have_read() -> bool:
        time.sleep(LOOK_SECONDS)
        return all(_has_read(system, reader, source, told[source]) for reader in READERS for source in READERS[reader])

    eventually(all_have_read, 2 * RECOVERED_SECONDS)
    return time.monotonic() - began


def _told_in(system: System, source: str) -> dict[int, int]:
    """The last position of each shard."""
    rows = ask(system.database_of(source), "SELECT shard, max(pos) AS pos FROM event_log GROUP BY shard")
    return {row["shard"]: row["pos"] for row in rows}


def _has_read(system: System, reader: str, source: str, told: dict[int, int]) -> bool:
    query = "SELECT shard, pos FROM event_position WHERE source = $1"
    read = {row["shard"]: row["pos"] for row in ask(system.database_of(reader), query, source)}
    return all(read.get(shard, 0) >= pos for shard, pos in told.items())


def _nothing_is_lost_or_doubled(system: System, record: Record) -> dict[str, int]:
    """L, D, O, K, of everything since the start; what there is to tell."""
    feedback = checks.nothing_is_lost_or_doubled(record, system)
    checks.every_complaint_got_its_case(system, feedback, 90)
    checks.figures_are_right(system, feedback, 90)
    checks.nothing_is_parked(system)
    return {"feedback_so_far": len(checks.submitted(feedback)), "lost": 0, "doubled": 0}


def _told(recovered: list[float]) -> dict[str, str]:
    return {"slowest_recovery": f"{max(recovered):.1f} s"}
