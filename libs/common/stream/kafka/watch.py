"""Looks every few seconds whether what is in Kafka comes: after trouble a consumer can sit still without an error."""

import asyncio
from contextlib import suppress
from time import monotonic

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

LOOK_SECONDS, PATIENCE_SECONDS = 3.0, 8.0
STILL_LOOKS, IDLE_LOOKS = 3, 2
SWEEP_SECONDS, OVERDUE_SECONDS = 60.0, 300.0
HINT_SECONDS = 2.0


class SitsStill(ConnectionError):
    """There is more in Kafka, and nothing comes: the consumer is thrown away for another one."""


class Watch:
    """Of one consumer of one topic."""

    def __init__(self, consumer: AIOKafkaConsumer, topic: str) -> None:
        self._consumer, self._topic = consumer, topic
        self._began = self._looked_at = self._hinted_at = monotonic()
        self._swept_at = float("-inf")
        self._came, self._still, self._idle = False, 0, 0
        self.lag = 0
        self.shards: frozenset[int] = frozenset()

    def came(self) -> None:
        """Events were taken."""
        self._came = True

    async def looks(self) -> bool:
        """Whether it was time, and all was well. SitsStill, TimeoutError when it is not."""
        now = monotonic()
        if now - self._hinted_at > HINT_SECONDS and self._came:
            self._hinted_at = now
            await self.leave_hint()
        if now - self._looked_at < LOOK_SECONDS:
            return False
        self._looked_at = now
        async with asyncio.timeout(PATIENCE_SECONDS):
            assigned = self._consumer.assignment()
            ends = await self._consumer.end_offsets(assigned)
            reached = {partition: await self._consumer.position(partition) for partition in assigned}
        self.shards = frozenset(partition.partition for partition in assigned)
        self.lag = sum(max(0, ends[partition] - reached[partition]) for partition in assigned)
        self._still = self._still + 1 if self.lag and not self._came else 0
        self._idle = 0 if assigned else self._idle + 1
        self._came = False
        if self._still > STILL_LOOKS:
            raise SitsStill(f"nothing comes, though {self.lag} events wait in Kafka")
        if self._idle >= IDLE_LOOKS:
            self._ask_for_a_share()
        return True

    def sweep_is_due(self) -> bool:
        """Once a minute where nothing waits in Kafka; each five minutes anyway, since under steady load something does.

        At once while the last one has not come to an end.
        """
        since, overdue = monotonic() - self._swept_at, monotonic() - max(self._swept_at, self._began) >= OVERDUE_SECONDS
        return bool(self.shards) and (overdue or (not self.lag and since >= SWEEP_SECONDS))

    def swept(self) -> None:
        """A sweep has come to an end."""
        self._swept_at = monotonic()

    async def leave_hint(self) -> None:
        """Tell Kafka where the group is, so that whoever goes on begins near it. No harm when it cannot be told."""
        with suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(self._consumer.commit(), 2)

    def _ask_for_a_share(self) -> None:
        """Have the group share anew: a topic that was just being made had no partitions when it did.

        A static member that only comes back is given what it had, nothing. Who subscribes again has all share again.
        """
        structlog.get_logger("reader").warning("no_partitions", topic=self._topic)
        self._idle = 0
        self._consumer.subscribe([self._topic])
