"""The stream's tables, the same in every service's database."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
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
    Column("retold", Boolean, nullable=False, server_default=text("false")),
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

event_epoch = Table(
    "event_epoch",
    metadata,
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("first", BigInteger, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
"""Those after the first: each opened when a backup was put back."""

event_reader = Table(
    "event_reader",
    metadata,
    Column("name", Text, primary_key=True),
    Column("pos", BigInteger, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("asked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
"""Who reads this log: the smallest position asked for since a moment, and when it was last asked."""

event_archive = Table(
    "event_archive",
    metadata,
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("events", LargeBinary, nullable=False),
)
"""What was dropped from the log, without words: a slice a row, as the feed gives it, compressed."""

event_position = Table(
    "event_position",
    metadata,
    Column("source", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("shard", SmallInteger, nullable=False),
    Column("pos", BigInteger, nullable=False),
    Column("event_id", Uuid),
    PrimaryKeyConstraint("source", "shard"),
)

event_trail = Table(
    "event_trail",
    metadata,
    Column("source", Text, nullable=False),
    Column("pos", BigInteger, nullable=False),
    Column("read_at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True),
    Column("ids", ARRAY(Uuid), nullable=False),
    Column("subjects", ARRAY(Text), nullable=False),
    Column("types", ARRAY(Text), nullable=False),
    PrimaryKeyConstraint("source", "pos"),
)
"""What this service has read of another's log: a slice a row, by its last position."""

event_relay = Table(
    "event_relay",
    metadata,
    Column("carrier", Text, primary_key=True),
    Column("pos", BigInteger, nullable=False),
    Column("holder", Uuid),
    Column("held_until", DateTime(timezone=True), nullable=False, server_default=text("'-infinity'")),
)
"""Up to which position the log has been sent to a carrier, and which process sends it until when."""

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
    Column("discarded_at", DateTime(timezone=True)),
    Column("discarded_because", Text),
    PrimaryKeyConstraint("source", "epoch", "pos"),
    Index(None, "source", "subject"),
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("erased_at", DateTime(timezone=True), nullable=False),
)

version_lift = Table(
    "version_lift",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("lift", BigInteger, nullable=False),
)
"""How many events of a subject others know that this service has lost: its versions go on above them."""

ENVELOPE_COLUMNS = ", ".join(_ENVELOPE)
