"""The stream's tables, the same in every service's database."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from libs.common.db import metadata

SHARDS = 32

_ENVELOPE = ("id", "type", "subject", "version", "time", "recorded_at", "traceparent", "data", "text")


def _envelope() -> list[Column[object]]:
    """`data` is text, serialised once; `text` holds words, and is the only column that erasure may null."""
    return [
        Column("id", Uuid, nullable=False),
        Column("type", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("time", DateTime(timezone=True), nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        Column("traceparent", Text),
        Column("data", Text, nullable=False),
        Column("text", Text),
    ]


event_pending = Table(
    "event_pending",
    metadata,
    Column("seq", BigInteger, Identity(always=True, cache=1), primary_key=True),
    *_envelope(),
)

event_log = Table(
    "event_log",
    metadata,
    Column("pos", BigInteger, nullable=False, autoincrement=False),
    Column("epoch", Integer, nullable=False),
    Column("shard", SmallInteger, nullable=False),
    Column("prev", BigInteger, nullable=False),
    *_envelope(),
    PrimaryKeyConstraint("pos"),
    Index("ix_event_log_subject", "subject", postgresql_where=text("text IS NOT NULL")),
    postgresql_partition_by="RANGE (pos)",
)

event_head = Table(
    "event_head",
    metadata,
    Column("pos", BigInteger, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("shards", ARRAY(BigInteger), nullable=False),
)

event_position = Table(
    "event_position",
    metadata,
    Column("source", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("shard", SmallInteger, nullable=False),
    Column("pos", BigInteger, nullable=False),
    Column("event_id", Uuid),
    PrimaryKeyConstraint("source", "epoch", "shard"),
)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("source", Text, nullable=False),
    Column("pos", BigInteger, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("shard", SmallInteger, nullable=False),
    Column("prev", BigInteger, nullable=False),
    *_envelope(),
    Column("reason", Text, nullable=False),
    Column("parked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("source", "epoch", "pos"),
    Index(None, "source", "subject"),
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("erased_at", DateTime(timezone=True), nullable=False),
)

ENVELOPE_COLUMNS = ", ".join(_ENVELOPE)
