"""Whether feedback was there before it was sent now: by the name of the request, or by the second of the answer."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import UUID

import httpx
import pytest

from deploy.importing.doors import Answer, Door

ARRIVED = datetime(2026, 12, 1, 10, 0, 0, 500_000, tzinfo=UTC)
ANSWERED = ARRIVED + timedelta(milliseconds=400)
NAMES_OF_OTHERS = ("9c3f0e7d52a14b76b7a5f60c9f1d2e33", "d9428888-122b-41e1-b85c-61cd3cbb3210")


def made(moment: datetime) -> str:
    return str(UUID(int=round(moment.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62))


async def answered(named: str) -> Answer:
    shown = {"X-Request-Id": named, "Date": format_datetime(ANSWERED, usegmt=True)}
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200, headers=shown))) as client:
        return await Door(client, "http://intake").ask("GET", "/v1/topics")


@pytest.mark.parametrize("named", [made(ARRIVED), *NAMES_OF_OTHERS])
async def test_what_was_made_for_this_request_was_not_there_before(named: str) -> None:
    answer = await answered(named)
    assert not any(answer.made_before(made(ARRIVED + timedelta(milliseconds=later))) for later in (0, 1, 400))


async def test_a_name_of_ecoute_tells_what_was_there_a_millisecond_before() -> None:
    assert (await answered(made(ARRIVED))).made_before(made(ARRIVED - timedelta(milliseconds=1)))


@pytest.mark.parametrize("named", NAMES_OF_OTHERS)
async def test_by_the_second_of_the_answer_it_takes_longer_to_be_sure(named: str) -> None:
    answer = await answered(named)
    assert answer.made_before(made(ARRIVED - timedelta(seconds=3)))
    assert not answer.made_before(made(ARRIVED - timedelta(seconds=1)))
