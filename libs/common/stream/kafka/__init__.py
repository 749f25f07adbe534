"""Kafka as a carrier: a relay sends the log to a topic, readers in groups take it from there. The log is the truth."""
