"""A real Kafka on this machine: one broker, or several, each its own controller too (KRaft)."""

import base64
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from deploy.kafka.jars import jars, java
from libs.common.settings import stop

HOST = "127.0.0.1"
FIRST_PORT, FIRST_CONTROLLER_PORT = 9092, 19092
START_SECONDS, STOP_SECONDS = 60.0, 30.0
CLUSTER_ID = base64.urlsafe_b64encode(b"ecoute-kafka-one").decode().rstrip("=")
VIRTUAL_MACHINE = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=WARN")

LEAVES_WITH_ITS_STARTER = 'exec 3<&0 </dev/null; (read _ <&3; kill $$ 2>/dev/null) & exec 3<&-; exec "$@"'
"""Shell: the command, and beside it one that ends it when nobody holds the other end of standard input any more."""


@dataclass
class Broker:
    """One process of the cluster, its data in a folder."""

    number: int
    port: int
    controller_port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    alive: int | None = None
    """The end of a pipe: when nobody holds it any more, the broker leaves."""

    @property
    def pid(self) -> int | None:
        """Of the process that runs on this folder, whoever started it."""
        with suppress(FileNotFoundError, ValueError):
            pid = int((self.folder / "pid").read_text())
            ask = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
            told = subprocess.run(ask, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
            if str(self.folder) in told.stdout:
                return pid
        return None

    def signal(self, number: int) -> None:
        """Send a signal, such as SIGSTOP or SIGCONT, to the running process."""
        if pid := self.pid:
            os.kill(pid, number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()
            self.process = None
        if self.alive is not None:
            os.close(self.alive)
            self.alive = None
        (self.folder / "pid").unlink(missing_ok=True)

    def stop(self) -> None:
        """Have it leave in order; by force when it does not in time."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while self._is_alive() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.kill()

    def listens(self) -> bool:
        with suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
            return True
        return False

    def _is_alive(self) -> bool:
        return self.process.poll() is None if self.process else self.pid is not None


@dataclass
class Cluster:
    """Brokers that know each other. `settings` are Kafka's own, beside those written here."""

    folder: Path
    brokers: list[Broker]
    settings: Mapping[str, str] = field(default_factory=dict)
    keep_jars_in: Path | None = None
    is_kept: bool = False
    """Started here, and to run until it is stopped here."""

    @classmethod
    def on(
        cls,
        folder: Path,
        ports: Sequence[tuple[int, int]],
        settings: Mapping[str, str] | None = None,
        keep_jars_in: Path | None = None,
    ) -> Self:
        """A cluster on pairs of ports: for clients, and for the controllers among themselves."""
        folder = folder.absolute()
        brokers = [
            Broker(number, port, controller, folder / f"broker-{number}")
            for number, (port, controller) in enumerate(ports, start=1)
        ]
        return cls(folder, brokers, settings or {}, keep_jars_in)

    @property
    def bootstrap(self) -> str:
        return ",".join(f"{HOST}:{broker.port}" for broker in self.brokers)

    def start(self, *, detached: bool = False) -> None:
        """Return when every broker listens. Unless detached, they leave with the process that started them."""
        for broker in self.brokers:
            self.start_one(broker, detached=detached)
        for broker in self.brokers:
            self.wait_for(broker)
        self.is_kept = not detached

    def start_again_what_ended(self) -> bool:
        """Whether a broker of a cluster that was started here has ended; then it is started again on its data."""
        ended = [one for one in self.brokers if one.process is None or one.process.poll() is not None]
        for broker in ended if self.is_kept else ():
            broker.kill()
            self.start_one(broker)
        return self.is_kept and bool(ended)

    def start_one(self, broker: Broker, *, detached: bool = False) -> None:
        """Start a broker on its data, made where there is none."""
        if broker.pid:
            stop(f"a Kafka runs in {broker.folder} already: end it with make kafka-stop")
        if broker.listens():
            stop(f"the address {HOST}:{broker.port} is taken: end what listens there")
        broker.folder.mkdir(parents=True, exist_ok=True)
        settings = broker.folder / "server.properties"
        settings.write_text("".join(f"{name}={value}\n" for name, value in self._settings_of(broker).items()))
        run = [java(), *VIRTUAL_MACHINE, "-cp", f"{jars(self.keep_jars_in or self.folder)}/*"]
        with (broker.folder / "broker.log").open("ab") as log:
            if not (broker.folder / "data" / "meta.properties").exists():
                tool = ["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(settings)]
                subprocess.run([*run, *tool], stdout=log, stderr=log, check=True)  # noqa: S603 - our own words
            command: list[str] = [*run, "kafka.Kafka", str(settings)]
            end = None
            if not detached:
                end, broker.alive = os.pipe()
                command = ["sh", "-c", LEAVES_WITH_ITS_STARTER, "sh", *command]
            broker.process = subprocess.Popen(  # noqa: S603 - our own words
                command, stdin=end or subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
            if end is not None:
                os.close(end)
        (broker.folder / "pid").write_text(str(broker.process.pid))

    def wait_for(self, broker: Broker) -> None:
        """Return when the broker listens; stop with one line when it ends, or does not listen in time."""
        deadline = time.monotonic() + START_SECONDS
        while not broker.listens():
            if broker.process is not None and broker.process.poll() is not None:
                stop(f"Kafka ended with code {broker.process.returncode}: see {broker.folder / 'broker.log'}")
            if time.monotonic() > deadline:
                stop(f"Kafka does not listen after {START_SECONDS:.0f} s: see {broker.folder / 'broker.log'}")
            time.sleep(0.05)

    def stop(self) -> None:
        self.is_kept = False
        for broker in self.brokers:
            broker.signal(signal.SIGCONT)
            broker.signal(signal.SIGTERM)
        for broker in self.brokers:
            broker.stop()

    def _settings_of(self, broker: Broker) -> dict[str, str]:
        copies = str(min(3, len(self.brokers)))
        kept_by = str(2 if len(self.brokers) > 2 else 1)
        return {
            "process.roles": "broker,controller",
            "node.id": str(broker.number),
            "controller.quorum.voters": ",".join(f"{one.number}@{HOST}:{one.controller_port}" for one in self.brokers),
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{HOST}:{broker.port},CONTROLLER://{HOST}:{broker.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{broker.port}",
            "log.dirs": str(broker.folder / "data"),
            "auto.create.topics.enable": "false",
            "default.replication.factor": copies,
            "min.insync.replicas": kept_by,
            "offsets.topic.replication.factor": copies,
            "offsets.topic.num.partitions": "4",
            "group.initial.rebalance.delay.ms": "100",
            "transaction.state.log.replication.factor": copies,
            "share.coordinator.state.topic.replication.factor": copies,
            **self.settings,
        }


def of_this_machine(var: Path, brokers: int = 1) -> Cluster:
    """The cluster of `make kafka`, at 127.0.0.1:9092 and the ports that follow."""
    ports = [(FIRST_PORT + number, FIRST_CONTROLLER_PORT + number) for number in range(brokers)]
    return Cluster.on(var / "kafka", ports)


def stop_all(var: Path) -> int:
    """Stop every broker that runs on this machine's data; how many it were."""
    running = [broker for broker in of_this_machine(var, brokers=9).brokers if broker.pid]
    for broker in running:
        broker.signal(signal.SIGTERM)
    for broker in running:
        broker.stop()
    return len(running)
