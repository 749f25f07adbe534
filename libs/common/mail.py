"""Mail by SMTP (RFC 5321): handed to the organisation's own server, which brings it further.

Whoever sends is told a refusal for good from a failure that passes. Neither quotes what the server said, since servers
like to repeat the address.
"""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal, Protocol, Self
from urllib.parse import unquote, urlsplit

import aiosmtplib
from email_validator import validate_email
from prometheus_client import Counter
from pydantic import SecretStr

STEP_SECONDS = 20
"""How long one answer of the server may take."""
WHOLE_SECONDS = 60
"""How long it may take from connecting to the server's word that it has the message."""
QUIT_SECONDS = 2

Tls = Literal["none", "starttls", "always"]

_SCHEMES: dict[str, tuple[int, Tls]] = {
    "smtp": (25, "none"),
    "smtp+starttls": (587, "starttls"),
    "smtps": (465, "always"),
}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_NOT_PRINTED = set(map(chr, (*range(0x20), 0x7F)))

SENT = Counter("ecoute_mail_total", "Mail handed to the server, by what became of it", ["outcome"])


class Refused(Exception):
    """The server will not take this message for this recipient, now or ever."""


class Postponed(Exception):
    """It did not go this time: the server is away, busy, or does not accept us. Try again later."""


class MailSettings(Protocol):
    """Where mail goes, as a service's settings say it."""

    @property
    def smtp_url(self) -> SecretStr | None: ...

    @property
    def mail_from(self) -> str | None: ...


@dataclass(frozen=True)
class Server:
    """The server that takes our mail, and how it is reached."""

    host: str
    port: int
    tls: Tls
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Mailer:
    """Sends by one server, from one address."""

    server: Server
    sender: Address
    tls_context: ssl.SSLContext | None = None
    step_seconds: float = STEP_SECONDS
    whole_seconds: float = WHOLE_SECONDS

    @classmethod
    def of(cls, settings: MailSettings) -> Self | None:
        """By the settings; None where they name no server."""
        if settings.smtp_url is None or settings.mail_from is None:
            return None
        return cls(server_of(settings.smtp_url.get_secret_value()), sender_of(settings.mail_from))

    def compose(
        self,
        message_id: str,
        to: Sequence[str],
        subject: str,
        text: str,
        *,
        written_at: datetime,
        language: str | None = None,
        urgent: bool = False,
    ) -> EmailMessage:
        """A plain message. The same `message_id` (`<…@domain>`) makes the second of two the same as the first.

        `Refused` where no mail can be written to the address.
        """
        message = EmailMessage(policy=policy.SMTP)
        message["From"] = self.sender
        message["To"] = [_with_ascii_domain(one) for one in to]
        message["Subject"] = subject
        message["Date"] = format_datetime(written_at)
        message["Message-ID"] = message_id
        message["Auto-Submitted"] = "auto-generated"
        if urgent:
            message["Importance"] = "high"
        message.set_content(text, cte="quoted-printable")
        if language:
            message["Content-Language"] = language
        return message

    def message_id(self, unique: object) -> str:
        """`<…@domain>` of our own domain."""
        return f"<{unique}@{self.sender.domain}>"

    async def send(self, message: EmailMessage) -> None:
        """Hand it over: when this returns, the server has it. Raises `Refused` or `Postponed`."""
        client = aiosmtplib.SMTP(
            hostname=self.server.host,
            port=self.server.port,
            username=self.server.username,
            password=self.server.password,
            local_hostname=socket.gethostname(),
            use_tls=self.server.tls == "always",
            start_tls=self.server.tls == "starttls",
            tls_context=self.tls_context,
            timeout=self.step_seconds,
        )
        try:
            async with asyncio.timeout(self.whole_seconds):
                await client.connect()
                await client.send_message(message)
        except (TimeoutError, OSError, ValueError, aiosmtplib.SMTPException) as error:
            kind = _meaning(error)
            SENT.labels(kind.__name__.lower()).inc()
            raise kind from None
        else:
            SENT.labels("sent").inc()
            with suppress(TimeoutError, OSError, aiosmtplib.SMTPException):
                await client.quit(timeout=QUIT_SECONDS)
        finally:
            client.close()


def _meaning(error: Exception) -> type[Refused] | type[Postponed]:
    """Only what is said of the recipient or of the message is for good; the rest is between us and the server."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        codes = [one.code for one in error.recipients]
    elif isinstance(error, aiosmtplib.SMTPDataError):
        codes = [error.code]
    elif isinstance(error, OSError):  # a certificate that is not believed is a ValueError too
        return Postponed
    else:  # an address that cannot be written on this server's envelope, or what went wrong before
        return Refused if isinstance(error, ValueError | aiosmtplib.SMTPNotSupported) else Postponed
    return Refused if all(500 <= code < 600 for code in codes) else Postponed


def _with_ascii_domain(address: str) -> Address:
    """As envelopes carry it: an international domain in its ASCII form (RFC 5891; by RFC 3490 it may be another's)."""
    try:
        known = validate_email(address, check_deliverability=False)
        return Address(username=known.local_part, domain=known.ascii_domain)
    except ValueError:
        raise Refused from None


def server_of(url: str) -> Server:
    """The server that a URL names. ValueError, without the URL, for none, and for one that gets a password in clear."""
    given = urlsplit(url)
    if given.scheme not in _SCHEMES or not given.hostname or given.path not in ("", "/") or given.query:
        raise ValueError("smtp://, smtp+starttls:// or smtps:// is expected, with [user:password@]host[:port]")
    if given.password and given.scheme == "smtp" and given.hostname not in _LOOPBACK:
        raise ValueError("a password is sent by smtps:// or smtp+starttls:// alone, unless the server is on loopback")
    port, tls = _SCHEMES[given.scheme]
    name, password = (unquote(one) if one else None for one in (given.username, given.password))
    return Server(given.hostname, given.port or port, tls, name, password)


def sender_of(written: str) -> Address:
    """`Name <address>`, or an address alone. ValueError, in one line, when it is neither."""
    message = EmailMessage()
    if _NOT_PRINTED.isdisjoint(written):
        message["From"] = written
        addresses = message["From"].addresses
        if len(addresses) == 1 and not message["From"].defects:
            address: Address = addresses[0]
            if address.username and "." in address.domain and address.addr_spec.isascii():
                return address
    raise ValueError("an address is expected, as in Écoute <no-reply@service.example>")
