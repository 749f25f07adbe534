"""What is said of a Kafka is whole, or the start stops with one line that says what to mend."""

import pytest

from services.routing.settings import RoutingSettings

ENOUGH = {
    "ECOUTE_ROUTING_DATABASE_URL": "postgresql://nobody@localhost/nothing",
    "ECOUTE_ROUTING_SECRET": "x" * 32,
    "ECOUTE_DEVELOPMENT_ISSUER": "issuer",
}
KAFKA = {"ECOUTE_STREAM": "kafka", "ECOUTE_KAFKA_BOOTSTRAP": "kafka-1:9092,kafka-2:9092"}


def test_the_feed_carries_unless_something_else_is_said() -> None:
    assert RoutingSettings.load(ENOUGH).stream == "feed"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ECOUTE_STREAM": "kafka"}, "needs ECOUTE_KAFKA_BOOTSTRAP"),
        ({"ECOUTE_STREAM": "pigeons"}, "ECOUTE_STREAM cannot be used"),
        ({**KAFKA, "ECOUTE_KAFKA_BOOTSTRAP": "kafka-1"}, "ECOUTE_KAFKA_BOOTSTRAP cannot be used"),
        ({**KAFKA, "ECOUTE_KAFKA_SASL": "PLAIN", "ECOUTE_KAFKA_USER": "ecoute"}, "ECOUTE_KAFKA_PASSWORD"),
        ({**KAFKA, "ECOUTE_KAFKA_CERTIFICATE": "own.pem"}, "ECOUTE_KAFKA_KEY"),
        ({**KAFKA, "ECOUTE_KAFKA_CA": "ca.pem"}, "set ECOUTE_KAFKA_TLS"),
        (
            {**KAFKA, "ECOUTE_KAFKA_SASL": "PLAIN", "ECOUTE_KAFKA_USER": "ecoute", "ECOUTE_KAFKA_PASSWORD": "secret"},
            "ECOUTE_KAFKA_TLS",
        ),
        ({**KAFKA, "ECOUTE_KAFKA_RETENTION_HOURS": "721"}, "ECOUTE_KAFKA_RETENTION_HOURS cannot be used"),
    ],
)
def test_half_of_it_stops_the_start_with_one_line(
    given: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        RoutingSettings.load({**ENOUGH, **given})
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "protocol"),
    [
        ({}, "PLAINTEXT"),
        ({"ECOUTE_KAFKA_TLS": "true"}, "SSL"),
        ({"ECOUTE_KAFKA_SASL": "SCRAM-SHA-512"}, "SASL_PLAINTEXT"),
        ({"ECOUTE_KAFKA_TLS": "true", "ECOUTE_KAFKA_SASL": "PLAIN"}, "SASL_SSL"),
    ],
)
def test_it_is_spoken_to_as_the_settings_say(given: dict[str, str], protocol: str) -> None:
    who = {"ECOUTE_KAFKA_USER": "ecoute", "ECOUTE_KAFKA_PASSWORD": "secret"} if "ECOUTE_KAFKA_SASL" in given else {}
    client = RoutingSettings.load({**ENOUGH, **KAFKA, **given, **who}).kafka_client()
    assert (client["security_protocol"], client.get("sasl_mechanism")) == (protocol, given.get("ECOUTE_KAFKA_SASL"))
