"""A real Kafka for tests: its jars are fetched once, and lie beside the data of `make kafka`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from deploy.kafka.broker import Cluster
from libs.common.clock import utc_now
from libs.common.stream.kafka.settings import KafkaSettings
from tests.system import ROOT, free_ports

JARS = ROOT / "var" / "kafka"
USER, PASSWORD = "ecoute", "a-password-of-tests"


@contextmanager
def a_kafka(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """A running broker on ports of its own. It leaves with this process."""
    [port, controller_port] = free_ports(2)
    cluster = Cluster.on(folder, [(port, controller_port)], settings, keep_jars_in=JARS)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@contextmanager
def a_guarded_kafka(folder: Path) -> Iterator[tuple[Cluster, dict[str, object]]]:
    """A broker as a managed Kafka has them, and the settings under which it lets us in: TLS, a user, a password."""
    [port, controller_port] = free_ports(2)
    own, authority = folder / "broker.pem", folder / "authority.pem"
    folder.mkdir(parents=True, exist_ok=True)
    _certify(own, authority)
    guarded = {
        "listeners": f"SASL_SSL://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"SASL_SSL://127.0.0.1:{port}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL",
        "inter.broker.listener.name": "SASL_SSL",
        "sasl.enabled.mechanisms": "PLAIN",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "listener.name.sasl_ssl.plain.sasl.jaas.config": (
            "org.apache.kafka.common.security.plain.PlainLoginModule required "
            f'username="{USER}" password="{PASSWORD}" user_{USER}="{PASSWORD}";'
        ),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(own),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority),
    }
    cluster = Cluster.on(folder, [(port, controller_port)], guarded, keep_jars_in=JARS)
    try:
        cluster.start()
        yield cluster, {"tls": True, "ca": authority, "sasl": "PLAIN", "user": USER, "password": PASSWORD}
    finally:
        cluster.stop()


def settings_for(cluster: Cluster, **more: object) -> KafkaSettings:
    """Settings with topics and groups that no other test has."""
    return KafkaSettings.model_validate(
        {
            "ECOUTE_STREAM": "kafka",
            "ECOUTE_KAFKA_BOOTSTRAP": cluster.bootstrap,
            "ECOUTE_KAFKA_PREFIX": f"test-{uuid4().hex[:12]}",
            **{f"ECOUTE_KAFKA_{name.upper()}": value for name, value in more.items()},
        }
    )


def _certify(own: Path, authority: Path) -> None:
    """A certificate that vouches for itself, and the key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(utc_now() - timedelta(days=1))
        .not_valid_after(utc_now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    authority.write_bytes(pem)
    own.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem)
