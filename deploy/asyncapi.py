"""The AsyncAPI document: the two logs, the envelope, and every event of the contract."""

from collections.abc import Sequence
from inspect import isclass
from types import ModuleType
from typing import Any

from pydantic.json_schema import models_json_schema

from libs.common.stream.events import Event
from libs.common.stream.kafka.settings import KafkaSettings
from libs.common.stream.tables import SHARDS
from libs.contracts import cases, catalogue, feedback, interactions, organisation

LOGS: dict[str, tuple[str, str, Sequence[ModuleType]]] = {
    "feedback-events": (
        "intake",
        "What people said, and what was said back to them.",
        (feedback, interactions, catalogue),
    ),
    "case-events": ("routing", "What is done with it: cases, clocks, teams.", (cases, organisation)),
}
"""Each log: whose it is, what it tells, and where its events are defined."""

_REF = "#/components/schemas/{model}"


def event_types(log: str | None = None) -> list[type[Event]]:
    """Every event of a log, or of both, by type."""
    modules = [module for name, (_, _, some) in LOGS.items() if log in (None, name) for module in some]
    found = {
        one.type: one
        for module in modules
        for one in vars(module).values()
        if isclass(one) and issubclass(one, Event) and "type" in vars(one)
    }
    return [found[name] for name in sorted(found)]


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0: a channel a log. Over HTTP it is read as a batch, in Kafka one message an event."""
    _, schemas = models_json_schema(
        [(event, "serialization") for event in event_types()], by_alias=True, ref_template=_REF
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Écoute events",
            "version": "1",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
            "description": "Two logs, each in an order of its own, with nothing between them: CloudEvents 1.0 in "
            "structured JSON. Events of one subject come in the order of `sequence`. No event carries personal data; "
            "`text` holds redacted words, and is absent once they were erased. The contract only grows: read it with "
            "unknown fields ignored.",
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": {
            "kafka": {
                "host": "kafka.example:9092",
                "protocol": "kafka",
                "description": "32 partitions a topic, chosen by the subject; `pos` and `prev` are headers too.",
            }
        },
        "channels": {log: _channel(log) for log in LOGS},
        "operations": {
            f"read_{owner}_log": {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{log}"},
                "summary": f"Read what {owner} tells.",
                "description": f"Over HTTP: `GET /v1/{log}`, with a token of role `service`.",
            }
            for log, (owner, _, _) in LOGS.items()
        },
        "components": {
            "messages": {event.type: _message(event) for event in event_types()},
            "schemas": {"Envelope": ENVELOPE, **schemas["$defs"]},
        },
    }


def _channel(log: str) -> dict[str, Any]:
    owner, description, _ = LOGS[log]
    return {
        "address": KafkaSettings().topic(owner),
        "title": f"The log of {owner}",
        "description": description,
        "messages": {event.type: {"$ref": f"#/components/messages/{event.type}"} for event in event_types(log)},
        "bindings": {"kafka": {"partitions": SHARDS, "bindingVersion": "0.5.0"}},
    }


def _message(event: type[Event]) -> dict[str, Any]:
    data: dict[str, Any] = {
        "type": {"const": event.type},
        "data": {"$ref": _REF.format(model=event.__name__)},
    }
    if event.words:
        data["text"] = {"type": "string", "description": f"`{event.words}` of the event; absent once erased"}
    return {
        "name": event.type,
        "title": event.__name__,
        "summary": " ".join((event.__doc__ or "").split()),
        "contentType": "application/cloudevents+json",
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/Envelope"},
                {"type": "object", "required": ["type", "data"], "properties": data},
            ]
        },
    }


ENVELOPE: dict[str, Any] = {
    "type": "object",
    "title": "Envelope",
    "description": "CloudEvents 1.0, and where the event lies in its log.",
    "required": [
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "sequence",
        "time",
        "recordedtime",
        "pos",
        "prev",
        "epoch",
        "shard",
        "data",
    ],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid"},
        "source": {"enum": ["/intake", "/routing"]},
        "type": {"type": "string"},
        "subject": {"type": "string", "format": "uuid", "description": "id of what it is about"},
        "sequence": {"type": "string", "description": "the how-many-eth event of its subject: 1 is the first"},
        "time": {"type": "string", "format": "date-time", "description": "when it happened"},
        "recordedtime": {"type": "string", "format": "date-time", "description": "when it was written down"},
        "datacontenttype": {"const": "application/json"},
        "traceparent": {"type": "string", "description": "W3C Trace Context"},
        "pos": {
            "type": "integer",
            "description": "place in the log: 1, 2, 3, … without a gap but where an epoch begins",
        },
        "prev": {"type": "integer", "description": "the place before it in its shard"},
        "epoch": {"type": "integer", "description": "another one after a restored backup"},
        "retold": {"type": "boolean", "description": "told before, in the epoch that ended with a restored backup"},
        "shard": {"type": "integer", "minimum": 0, "maximum": 31, "description": "crc32(subject) % 32, for ever"},
        "text": {"type": "string", "description": "words, redacted"},
        "data": {"type": "object"},
    },
}
