"""A real Kafka for tests: its jars are fetched once, and lie beside the data of `make kafka`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from deploy.kafka.broker import Cluster
from libs.common.stream.kafka.settings import KafkaSettings
from tests.system import ROOT, free_ports

JARS = ROOT / "var" / "kafka"


@contextmanager
def a_kafka(folder: Path, brokers: int = 1, settings: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """A running cluster on ports of its own. It leaves with this process."""
    ports = iter(free_ports(2 * brokers))
    cluster = Cluster.on(folder, list(zip(ports, ports, strict=True)), settings, keep_jars_in=JARS)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def settings_for(cluster: Cluster, **more: object) -> KafkaSettings:
    """Settings with topics and groups that no other test has."""
    return KafkaSettings.model_validate(
        {
            "ECOUTE_STREAM": "kafka",
            "ECOUTE_KAFKA_BOOTSTRAP": cluster.bootstrap,
            "ECOUTE_KAFKA_PREFIX": f"test-{uuid4().hex[:12]}",
            **{f"ECOUTE_KAFKA_{name.upper()}": value for name, value in more.items()},
        }
    )
