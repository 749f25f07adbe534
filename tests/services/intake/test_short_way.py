"""A plain `POST /v1/feedback` takes a shorter way through the house, and nobody can tell by the answer."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.intake.feedback import short_way
from tests.services.intake.house import COMPLAINT, Intake

SHORT, LONG = "application/json", "application/json; charset=utf-8"
ITS_OWN = {"x-request-id", "content-length", "location", "ratelimit"}


async def answer(intake: Intake, content_type: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    return await intake.http.post("/v1/feedback", content=body, headers={"content-type": content_type, **headers})


def told(response: httpx.Response) -> tuple[Any, ...]:
    """All of an answer but what names this very request or feedback."""
    headers = {name: value for name, value in response.headers.items() if name not in ITS_OWN}
    said = response.json()
    if response.status_code == 201:
        return response.status_code, headers, said.keys(), said["status"], said["next_step"]
    return response.status_code, headers, {name: value for name, value in said.items() if name != "request_id"}


@pytest.fixture(scope="module")
async def senders(intake: Intake) -> dict[str, dict[str, str]]:
    return {
        "anonymous": {},
        "partner": await intake.key("writes", "feedback:write"),
        "without a scope": await intake.key("reads", "cases:read", teams=["passports"]),
        "staff": intake.staff("agent"),
        "not valid": {"authorization": "Bearer eck_nothing"},
    }


@pytest.mark.parametrize("who", ["anonymous", "partner", "without a scope", "staff", "not valid"])
@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b'{"channel": "web", "text": "Rien."}', {}),
        (b'{"channel": "web", "text": "Rien.", "service": "nobody-knows"}', {}),
        (b'{"channel": "web", "text": "Rien.", "external_reference": "A-1"}', {}),
        (b'{"channel": "web"}', {}),
        (b'{"channel": "web", "text": "\\ud800"}', {}),
        (b'{"channel": "web", "text": 7, "more": 1}', {"accept-language": "fr"}),
        (b'{"channel": ', {}),
        (b"", {}),
        (b"[" * 100 + b"]" * 100, {}),
        (b'{"text": "' + b"x" * 1_000_000 + b'"}', {}),
        (b'{"channel": "web", "text": "Rien."}', {"idempotency-key": "short"}),
        (b'{"channel": "web", "text": "Rien."}', {"idempotency-key": "no UUID of anybody's"}),
        (b'{"channel": "web", "text": "Rien."}', {"acting-agent": "not a name"}),
        (b'{"channel": "web", "text": "Rien."}', {"acting-agent": "zoe", "origin": "https://www.town.example"}),
    ],
)
async def test_both_ways_answer_alike(
    intake: Intake, senders: dict[str, dict[str, str]], who: str, body: bytes, headers: dict[str, str]
) -> None:
    sent = {**headers, **senders[who]}
    assert told(await answer(intake, SHORT, body, sent)) == told(await answer(intake, LONG, body, sent))


async def test_what_came_one_way_is_found_again_by_the_other(intake: Intake) -> None:
    once = {"idempotency-key": str(uuid4())}
    body = b'{"channel": "web", "text": "Rien."}'
    first = await answer(intake, SHORT, body, once)
    again = await answer(intake, LONG, body, once)
    assert (again.content, again.headers["location"]) == (first.content, first.headers["location"])


async def test_a_plain_request_does_take_the_short_way(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []

    async def counted(*given: Any) -> Any:
        taken.append(given)
        return await take_in(*given)

    take_in = short_way._take_in
    monkeypatch.setattr(short_way, "_take_in", counted)
    await intake.submit(COMPLAINT)
    assert len(taken) == 1
    await answer(intake, LONG, b'{"channel": "web", "text": "Rien."}', {})
    assert len(taken) == 1
