"""The reader's side of the feed."""

import asyncio
from collections.abc import Mapping

import httpx

from libs.common.auth.service_token import ServiceToken, TokenRefused
from libs.common.lifecycle import Lifecycle
from libs.common.stream.errors import StreamStopped
from libs.common.stream.events import Envelope
from libs.common.stream.feed import MAX_EVENTS, Head, decode
from libs.common.stream.positions import Place


class FeedClient:
    """Long polls of another service's log, with a token of role `service`, under the name of who reads.

    Where `archived`, what is not in the log any more comes from its archive, without words.
    """

    def __init__(self, url: str, token: ServiceToken, reader: str, *, archived: bool = False) -> None:
        self._url, self._token, self._reader, self._archived = url, token, reader, archived
        self._http = httpx.AsyncClient(timeout=httpx.Timeout(10, read=40), trust_env=False)

    def of_archive(self) -> "FeedClient":
        """The same, and what is not in the log any more from its archive."""
        return FeedClient(self._url, self._token, self._reader, archived=True)

    async def events_after(
        self, place: Place, wait_seconds: float, lifecycle: Lifecycle, *, has_read: bool = True
    ) -> list[Envelope]:
        """Events after the place, in order; nothing when none came in time or this process is leaving.

        Where not all `has_read` up to there, nobody's name is said: under it the log would be dropped up to there.
        OSError when the source cannot be reached: it is tried again.
        """
        parameters: dict[str, str | int | float] = {
            "after": place.pos,
            "limit": MAX_EVENTS,
            "wait": wait_seconds,
            "epoch": place.epoch,
        }
        if has_read:
            parameters["reader"] = self._reader
        if place.event_id is not None:
            parameters["id"] = str(place.event_id)
        if self._archived:
            parameters["archived"] = "true"
        answer = asyncio.create_task(self._get(self._url, parameters))
        leaving = asyncio.create_task(lifecycle.draining.wait())
        try:
            await asyncio.wait((answer, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                return []
            response = answer.result()
        finally:
            answer.cancel()
            leaving.cancel()
        if response.status_code == 409:
            raise StreamStopped(
                f"the log at {self._url} is not the one that was read up to {place.pos}: where a backup of it was put"
                " back, `ecoute stream restored` lets it go on"
            )
        if response.status_code == 410:
            raise StreamStopped(
                f"the log at {self._url} does not have what follows {place.pos} any more: `ecoute stream snapshot`"
                " reads it from its archive"
            )
        return decode(self._content(response))

    async def head(self) -> Head:
        """Where the log ends now. Errors as of `events_after`."""
        return Head.model_validate_json(self._content(await self._get(f"{self._url}/head")))

    async def _get(self, url: str, parameters: Mapping[str, str | int | float] | None = None) -> httpx.Response:
        try:
            return await self._http.get(url, params=parameters, auth=self._token)
        except httpx.TransportError as unreachable:
            raise ConnectionError(f"the log at {self._url} cannot be reached") from unreachable
        except TokenRefused as refused:
            raise StreamStopped(str(refused)) from refused

    def _content(self, response: httpx.Response) -> bytes:
        if response.status_code in (401, 403):
            raise StreamStopped(f"the log at {self._url} does not let us read it: the token is not valid there")
        if response.status_code != 200:
            raise ConnectionError(f"the log at {self._url} answered {response.status_code}")
        return response.content
