CREATE TABLE event_pending (
    seq bigint GENERATED ALWAYS AS IDENTITY (CACHE 1),
    id uuid NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    version bigint NOT NULL,
    time timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    traceparent text,
    data text NOT NULL,
    text text,
    CONSTRAINT pk_event_pending PRIMARY KEY (seq)
);

CREATE TABLE event_log (
    pos bigint NOT NULL,
    epoch integer NOT NULL,
    shard smallint NOT NULL,
    prev bigint NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    version bigint NOT NULL,
    time timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    traceparent text,
    data text NOT NULL,
    text text,
    CONSTRAINT pk_event_log PRIMARY KEY (pos)
) PARTITION BY RANGE (pos);

CREATE TABLE event_log_000000000001 PARTITION OF event_log FOR VALUES FROM (1) TO (10000001);

CREATE TABLE event_head (
    pos bigint NOT NULL,
    epoch integer NOT NULL,
    shards bigint[] NOT NULL
);

INSERT INTO event_head (pos, epoch, shards) VALUES (0, 1, array_fill(0::bigint, ARRAY[32]));

CREATE TABLE event_position (
    source text NOT NULL,
    epoch integer NOT NULL,
    shard smallint NOT NULL,
    pos bigint NOT NULL,
    event_id uuid,
    CONSTRAINT pk_event_position PRIMARY KEY (source, epoch, shard)
);

CREATE TABLE dead_letter (
    source text NOT NULL,
    pos bigint NOT NULL,
    epoch integer NOT NULL,
    shard smallint NOT NULL,
    prev bigint NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    version bigint NOT NULL,
    time timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    traceparent text,
    data text NOT NULL,
    text text,
    reason text NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_dead_letter PRIMARY KEY (source, epoch, pos)
);

CREATE INDEX ix_dead_letter_source_subject ON dead_letter (source, subject);

CREATE TABLE tombstone (
    subject text NOT NULL,
    erased_at timestamptz NOT NULL,
    CONSTRAINT pk_tombstone PRIMARY KEY (subject)
);

CREATE TABLE idempotency_key (
    scope text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    answer jsonb,
    expires_at timestamptz,
    CONSTRAINT pk_idempotency_key PRIMARY KEY (scope, key)
);

CREATE INDEX ix_idempotency_key_expires_at ON idempotency_key (expires_at);
