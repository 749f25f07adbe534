"""The largest body: refused at once where it says its size, else as soon as it has grown too large."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.problems import ContentTooLarge


class BodyLimit:
    """Middleware within `Telemetry`: what it refuses has the one form of errors, and a line in the log."""

    def __init__(self, app: ASGIApp, largest_bytes: int) -> None:
        self.app, self.largest_bytes = app, largest_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        said, come = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else "", 0
        if said.isdecimal() and int(said) > self.largest_bytes:
            await ContentTooLarge().response()(scope, receive, send)
            return

        async def counted() -> Message:
            nonlocal come
            message = await receive()
            come += len(message.get("body", b""))
            if come > self.largest_bytes:
                raise HTTPException(413)  # FastAPI lets no other error out of the reading of a body
            return message

        await self.app(scope, counted, send)
