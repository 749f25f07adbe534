CREATE INDEX ix_event_log_subject ON event_log (subject) WHERE text IS NOT NULL;
