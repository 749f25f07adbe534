"""What carries events from service to service, as the settings say: the feed, or Kafka."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from libs.common.settings import ServiceSettings
from libs.common.stream.applying import Handlers
from libs.common.stream.feed_client import FeedClient
from libs.common.stream.reader import Reader

if TYPE_CHECKING:
    from libs.common.stream.kafka.relay import Relay


def reader_of(service: str, source: str, settings: ServiceSettings, feed: FeedClient, handlers: Handlers) -> Reader:
    """What reads `source` for `service`. Where Kafka carries, the feed fills what Kafka does not have."""
    if settings.stream == "feed":
        return Reader(source, feed, handlers)
    from libs.common.stream.kafka.reader import KafkaReader  # noqa: PLC0415 - only where Kafka carries

    return KafkaReader(service, source, settings, feed, handlers)


def relays_of(service: str, settings: ServiceSettings) -> "Sequence[Relay]":
    """What sends a service's log on, where it has to be sent: a feed is asked."""
    if settings.stream == "feed":
        return ()
    from libs.common.stream.kafka.relay import Relay  # noqa: PLC0415 - only where Kafka carries

    return (Relay(service, settings),)
