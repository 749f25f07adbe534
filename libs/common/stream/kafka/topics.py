"""The topic of a service's log: exactly as many partitions as the log has shards, and the settings it must have."""

import asyncio
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code

from libs.common.stream.errors import StreamStopped
from libs.common.stream.kafka.settings import KafkaSettings
from libs.common.stream.tables import SHARDS

PATIENCE_SECONDS = 15.0
LARGEST_BYTES = 8_000_000
"""Of one batch of events."""


async def ensure_topic(settings: KafkaSettings, topic: str, *, make: bool) -> bool:
    """Whether the topic is there; where it may be made, it is. StreamStopped when it is not as it must be.

    Three copies of which two must have each event, where there are three brokers; fewer where there are fewer.
    """
    async with asyncio.timeout(PATIENCE_SECONDS):
        admin = AIOKafkaAdminClient(**settings.kafka_client())
        try:
            await admin.start()
            found = await _partitions(admin, topic)
            if found is None and make:
                await _make(admin, settings, topic)
                found = await _partitions(admin, topic)
        finally:
            await asyncio.wait_for(admin.close(), 2)
    if found not in (None, SHARDS):
        raise StreamStopped(f"the topic {topic} has {found} partitions: it must have exactly {SHARDS}")
    return found is not None


async def _partitions(admin: AIOKafkaAdminClient, topic: str) -> int | None:
    [described] = await admin.describe_topics([topic])
    return len(described["partitions"]) or None if described["error_code"] == 0 else None


async def _make(admin: AIOKafkaAdminClient, settings: KafkaSettings, topic: str) -> None:
    brokers = len((await admin.describe_cluster())["brokers"])
    copies = min(3, brokers)
    made = NewTopic(
        topic,
        num_partitions=SHARDS,
        replication_factor=copies,
        topic_configs={
            "min.insync.replicas": str(max(1, copies - 1)),
            "cleanup.policy": "delete",
            "retention.ms": str(settings.kafka_retention_hours * 3_600_000),
            # What is older than retention goes segment by segment: none may stay open for long.
            "segment.ms": str(max(settings.kafka_retention_hours * 3_600_000 // 7, 600_000)),
            "max.message.bytes": str(LARGEST_BYTES),
        },
    )
    answer: Any = await admin.create_topics([made])
    for _, code, *_ in answer.topic_errors:
        error: type[KafkaError] = for_code(code)
        if issubclass(error, TopicAlreadyExistsError | NoError):
            continue
        if error.retriable:
            raise error(topic)
        raise StreamStopped(f"the topic {topic} cannot be made ({error.__name__}): make it, with {SHARDS} partitions")
