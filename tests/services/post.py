"""A real SMTP server on this machine, that does what a test asks of it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session

from tests.system import free_ports

Answer = str | None
"""What the server says instead of taking the message."""


@dataclass
class PostOffice:
    """Takes every message, unless `rcpt` or `data` says what to answer, or it `hangs`."""

    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    rcpt: list[Answer] = field(default_factory=list)
    data: list[Answer] = field(default_factory=list)
    hangs: bool = False
    tries: int = 0
    url: str = ""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.tries += 1
        if self.hangs:
            await asyncio.sleep(3600)
        answer = self.rcpt.pop(0) if self.rcpt else None
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, _server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.data.pop(0) if self.data else None
        if answer is None:
            assert isinstance(envelope.content, bytes)
            message = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(message, EmailMessage)
            self.taken.append(message)
            self.recipients.append(list(envelope.rcpt_tos))
        return answer or "250 OK"


@contextmanager
def post_office(**options: Any) -> Iterator[PostOffice]:
    """A server that runs, on a port of its own, in a thread of its own."""
    [port] = free_ports(1)
    office = PostOffice(url=f"smtp://127.0.0.1:{port}")
    controller = Controller(office, hostname="127.0.0.1", port=port, ready_timeout=10, **options)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


def accepting(username: str, password: str) -> Callable[..., AuthResult]:
    """For `authenticator=`: who may come in."""

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        is_right = (data.login.decode(), data.password.decode()) == (username, password)
        return AuthResult(success=is_right)

    return authenticate
