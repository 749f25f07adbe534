"""What could not be applied is listed page by page, in the order in which it was parked."""

import base64

import orjson
import pytest

from libs.common.clock import utc_now
from libs.common.ids import new_id
from libs.common.stream.dead_letters import park
from libs.common.stream.events import Envelope
from tests.services.intake.house import Intake

PATH = "/v1/intake/dead-letters"


def envelope(pos: int) -> Envelope:
    now = utc_now()
    return Envelope(
        pos=pos,
        prev=0,
        epoch=1,
        shard=0,
        id=new_id(),
        type="ca.ecoute.case.opened.v1",
        subject=str(new_id()),
        version=1,
        time=now,
        recorded_at=now,
        data={},
        text=None,
        traceparent=None,
    )


async def test_each_is_on_one_page_in_the_order_of_parking(intake: Intake) -> None:
    auditor = intake.staff("auditor")
    for source, first in (("routing", 5), ("elsewhere", 1)):
        async with intake.database.transaction() as session:  # of one moment, as of one slice
            await park(session, source, [envelope(pos) for pos in range(first, first + 4)], "KeyError")
    found, url = [], f"{PATH}?limit=3"
    while url:
        answer = await intake.http.get(url, headers=auditor)
        assert len(answer.json()["items"]) <= 3
        found += [(one["source"], one["pos"]) for one in answer.json()["items"]]
        url = answer.links.get("next", {}).get("url", "")
    assert found == [*(("routing", pos) for pos in range(5, 9)), *(("elsewhere", pos) for pos in range(1, 5))]
    whole = await intake.http.get(PATH, headers=auditor)
    assert (len(whole.json()["items"]), whole.links) == (8, {})


@pytest.mark.parametrize(
    "place", [[], ["2026-11-30T00:00:00Z", 1], ["0001-01-01T00:00:00+14:00", 1, str(new_id())], "x"]
)
async def test_a_cursor_that_was_not_given_out_is_refused(intake: Intake, place: object) -> None:
    cursor = base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")
    answer = await intake.http.get(PATH, params={"cursor": cursor}, headers=intake.staff("admin"))
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:ecoute:problem:invalid-cursor")
