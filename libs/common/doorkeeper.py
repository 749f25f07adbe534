"""Refuses at the door, where more come than can be taken in: no task is begun, and the application hears nothing of it.

What refusing does not cost is there for those who were let in.
"""

import asyncio
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import orjson
from fastapi import FastAPI
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from libs.common.cors import VARYING
from libs.common.crowd import Crowd
from libs.common.headers import headers_of
from libs.common.in_one_piece import InOnePiece
from libs.common.languages import Language, choose_language
from libs.common.problems import MEDIA_TYPE, ServiceUnavailable
from libs.common.telemetry import NOT_KEPT, note_answer, request_id_of

_TOLD: dict[Language, dict[str, Any]] = {
    language: ServiceUnavailable().body(language).model_dump(exclude_none=True) for language in ("fr", "en")
}
_ANSWERED: Any = SimpleNamespace(response_complete=True, message_event=asyncio.Event())
"""In the place of a request that the application works on: what still comes of its body is let go."""


class Doorkeeper(HttpToolsProtocol):
    """Speaks with one connection as uvicorn does, but answers in one piece, and refuses who comes upon a crowd of
    `app.state.crowds`.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast(asyncio.Transport, InOnePiece(transport)))

    def on_headers_complete(self) -> None:
        route = f"{self.parser.get_method().decode()} {self.url.decode('latin-1')}"
        if self._comes_upon_a_crowd(route):
            self._refuse(*route.split())
        else:
            super().on_headers_complete()

    @property
    def _application(self) -> FastAPI:
        application: FastAPI = self.config.app  # type: ignore[assignment]
        return application

    @property
    def _headers(self) -> Mapping[str, str]:
        return headers_of(cast(Scope, self.scope))

    def _comes_upon_a_crowd(self, route: str) -> bool:
        """Never who has another request on its way here, nor a page, whose browser has to be told more."""
        crowd: Crowd | None = self._application.state.crowds.get(route)
        return (
            crowd is not None
            and (self.cycle is None or self.cycle.response_complete)
            and "origin" not in self._headers
            and not crowd.lets_in()
        )

    def _refuse(self, method: str, path: str) -> None:
        began, headers = time.perf_counter(), self._headers
        request_id, language = request_id_of(headers), choose_language(headers.get("accept-language"))
        body = orjson.dumps({**_TOLD[language], "request_id": request_id})
        stays = self.parser.should_keep_alive() and not self._application.state.lifecycle.draining.is_set()
        head = {
            **ServiceUnavailable.headers,
            **VARYING,
            **NOT_KEPT,
            "content-type": MEDIA_TYPE,
            "content-language": language,
            "content-length": len(body),
            "x-request-id": request_id,
            **({} if stays else {"connection": "close"}),
        }
        lines = [f"{name.lower()}: {value}\r\n".encode() for name, value in head.items()]
        lines += [b"%b: %b\r\n" % header for header in self.server_state.default_headers]
        self.transport.write(b"".join((STATUS_LINE[ServiceUnavailable.status], *lines, b"\r\n", body)))
        self.cycle = _ANSWERED
        if stays:
            self.on_response_complete()
        else:
            self.transport.close()
        seconds = time.perf_counter() - began
        note_answer(method, path, ServiceUnavailable.status, seconds, {"request_id": request_id})
