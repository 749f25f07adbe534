CREATE TABLE rate_limit_bucket (
    key text NOT NULL,
    tokens double precision NOT NULL,
    refilled_at timestamptz NOT NULL,
    CONSTRAINT pk_rate_limit_bucket PRIMARY KEY (key)
);

CREATE INDEX ix_rate_limit_bucket_refilled_at ON rate_limit_bucket (refilled_at);
