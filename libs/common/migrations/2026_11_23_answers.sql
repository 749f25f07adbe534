CREATE INDEX ix_idempotency_key_answer ON idempotency_key (answer) WHERE expires_at IS NULL;
