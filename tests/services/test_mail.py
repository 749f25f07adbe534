"""Mail is handed to a real SMTP server; a refusal for good is told from what passes."""

import asyncio
import io
import logging
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from libs.common.mail import Mailer, Postponed, Refused, sender_of, server_of
from tests.services.post import PostOffice, accepting, post_office
from tests.system import free_ports

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SENDER = "Écoute <no-reply@service.example>"
BODY = "Bonjour,\n\nVotre passeport part demain : « c'est promis ».\n\n.\nL'équipe\n"


@pytest.fixture(scope="module")
def shared() -> Iterator[PostOffice]:
    with post_office() as office:
        yield office


@pytest.fixture
def office(shared: PostOffice) -> PostOffice:
    for answers in (shared.taken, shared.recipients, shared.rcpt, shared.data):
        answers.clear()
    return shared


def mailer(url: str, **options: object) -> Mailer:
    return Mailer(server_of(url), sender_of(SENDER), **options)  # type: ignore[arg-type]


def message(by: Mailer, to: str = "zoe@exemple.org") -> EmailMessage:
    return by.compose(by.message_id("abc"), [to], "Votre réponse", BODY, written_at=NOON, language="fr")


async def test_a_message_arrives_as_it_was_written(office: PostOffice) -> None:
    by = mailer(office.url)
    await by.send(message(by))
    [arrived] = office.taken
    assert office.recipients == [["zoe@exemple.org"]]
    assert arrived.get_content().replace("\r\n", "\n") == BODY
    assert {name: arrived[name] for name in ("From", "To", "Subject", "Message-ID", "Auto-Submitted")} == {
        "From": SENDER,
        "To": "zoe@exemple.org",
        "Subject": "Votre réponse",
        "Message-ID": "<abc@service.example>",
        "Auto-Submitted": "auto-generated",
    }
    assert arrived["Date"].datetime == NOON
    assert arrived["Content-Language"] == "fr"


async def test_an_international_domain_goes_in_its_ascii_form(office: PostOffice) -> None:
    by = mailer(office.url)
    await by.send(message(by, "zoe@écoute.example"))
    await by.send(message(by, "zoe@straße.example"))
    assert office.recipients == [["zoe@xn--coute-9ra.example"], ["zoe@xn--strae-oqa.example"]]


@pytest.mark.parametrize(
    ("where", "answer", "kind"),
    [
        ("rcpt", "550 5.1.1 <zoe@exemple.org> unknown", Refused),
        ("rcpt", "450 4.2.1 greylisted", Postponed),
        ("data", "554 5.7.1 refused", Refused),
        ("data", "452 4.3.1 no room", Postponed),
    ],
)
async def test_what_the_server_refuses_for_good_is_told_from_what_it_puts_off(
    office: PostOffice, where: str, answer: str, kind: type[Exception]
) -> None:
    by = mailer(office.url)
    getattr(office, where).append(answer)
    with pytest.raises(kind) as failed:
        await by.send(message(by))
    assert "zoe" not in repr(failed.value)
    assert failed.value.__cause__ is None
    await by.send(message(by))
    assert len(office.taken) == 1


async def test_an_address_that_no_server_here_can_write_is_refused(office: PostOffice) -> None:
    with post_office(enable_SMTPUTF8=False) as plain:
        by = mailer(plain.url)
        with pytest.raises(Refused):
            await by.send(message(by, "zoé@exemple.org"))
        assert plain.taken == []
    by = mailer(office.url)
    await by.send(message(by, "zoé@exemple.org"))
    assert office.recipients == [["zoé@exemple.org"]]


async def test_a_server_that_is_away_or_says_nothing_costs_a_bounded_time() -> None:
    away = mailer(f"smtp://127.0.0.1:{free_ports(1)[0]}")
    with pytest.raises(Postponed):
        await away.send(message(away))
    with post_office() as silent:
        silent.hangs = True
        for options in ({"step_seconds": 0.2}, {"whole_seconds": 0.2}):
            by = mailer(silent.url, **options)
            started = asyncio.get_running_loop().time()
            with pytest.raises(Postponed):
                await by.send(message(by))
            assert asyncio.get_running_loop().time() - started < 2


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(pem)
    )
    return path


async def test_credentials_go_by_tls_alone_to_a_server_that_proves_who_it_is(
    certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate))
    with (
        caplog.at_level(logging.DEBUG),
        post_office(
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=accepting("écoute", "p@ss:word"),
        ) as guarded,
    ):
        port = guarded.url.rpartition(":")[2]
        right = mailer(f"smtp+starttls://%C3%A9coute:p%40ss%3Aword@127.0.0.1:{port}", tls_context=trusting)
        await right.send(message(right))
        assert len(guarded.taken) == 1
        assert "p@ss:word" not in repr(right)
        for other in (
            mailer(f"smtp+starttls://%C3%A9coute:wrong@127.0.0.1:{port}", tls_context=trusting, step_seconds=0.3),
            mailer(f"smtp+starttls://%C3%A9coute:p%40ss%3Aword@127.0.0.1:{port}"),
            mailer(guarded.url),
        ):
            with pytest.raises(Postponed):  # our own settings are no fault of the recipient's
                await other.send(message(other))
        assert len(guarded.taken) == 1
    ours = io.StringIO("".join(one.getMessage() for one in caplog.records if one.name.startswith("aiosmtplib")))
    assert "zoe@" not in ours.getvalue()


@pytest.mark.parametrize(
    "url", ["smtp:localhost", "http://mail", "smtp://:25", "smtp://h/path", "smtp://h?tls=1", "smtp://u:p@mail.example"]
)
def test_a_server_that_cannot_be_or_would_get_a_password_in_clear_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"expected|password") as refused:
        server_of(url)
    assert url not in str(refused.value)


@pytest.mark.parametrize("sender", ["", "Écoute", "a@b", "a@b.example, c@d.example", "a@b.example\r\nBcc: x@y.example"])
def test_mail_comes_from_one_address(sender: str) -> None:
    with pytest.raises(ValueError, match="an address is expected"):
        sender_of(sender)
