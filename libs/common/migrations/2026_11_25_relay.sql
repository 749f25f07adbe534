CREATE TABLE event_relay (
    carrier text NOT NULL,
    pos bigint NOT NULL,
    holder uuid,
    held_until timestamptz NOT NULL DEFAULT '-infinity',
    CONSTRAINT pk_event_relay PRIMARY KEY (carrier)
);

INSERT INTO event_relay (carrier, pos) VALUES ('kafka', 0);
