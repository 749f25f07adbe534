ALTER TABLE event_position DROP CONSTRAINT pk_event_position;

ALTER TABLE event_position ADD CONSTRAINT pk_event_position PRIMARY KEY (source, shard);

ALTER TABLE event_log ADD COLUMN retold boolean NOT NULL DEFAULT false;

CREATE TABLE event_epoch (
    epoch integer NOT NULL,
    first bigint NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_event_epoch PRIMARY KEY (epoch)
);

CREATE TABLE event_reader (
    name text NOT NULL,
    pos bigint NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    asked_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_event_reader PRIMARY KEY (name)
);

CREATE TABLE event_archive (
    first bigint NOT NULL,
    last bigint NOT NULL,
    events bytea NOT NULL,
    CONSTRAINT pk_event_archive PRIMARY KEY (first)
);

CREATE TABLE event_trail (
    source text NOT NULL,
    pos bigint NOT NULL,
    read_at timestamptz NOT NULL DEFAULT now(),
    ids uuid[] NOT NULL,
    subjects text[] NOT NULL,
    types text[] NOT NULL,
    CONSTRAINT pk_event_trail PRIMARY KEY (source, pos)
);

CREATE INDEX ix_event_trail_read_at ON event_trail (read_at);

CREATE TABLE version_lift (
    subject text NOT NULL,
    lift bigint NOT NULL,
    CONSTRAINT pk_version_lift PRIMARY KEY (subject)
);

ALTER TABLE dead_letter ADD COLUMN discarded_at timestamptz, ADD COLUMN discarded_because text;
