"""What is left of a case when the person behind it is erased: what was done and when, and no word."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from libs.common.stream.reader import Reader
from libs.contracts.cases import CaseClosed, case_id_of
from libs.contracts.feedback import FeedbackVerbatimRedacted, FeedbackWithdrawn, PersonErased, ReplyUndeliverable
from services.routing.cases.terms import USUAL
from services.routing.handlers import handlers
from tests.services.analytics.logs import Told, log_of
from tests.services.routing.office import Routing, local, received, submitted

SPOKE = local("2026-03-09 11:00")
NOW = local("2026-03-10 10:00")
GONE = PersonErased(erased_at=NOW)


@pytest.fixture(autouse=True)
def _on_tuesday_morning(routing: Routing) -> None:
    routing.at(NOW)


def redacted(words: str) -> FeedbackVerbatimRedacted:
    return FeedbackVerbatimRedacted(text=words, language="fr", language_confidence=1)


async def worked_on(routing: Routing) -> dict[str, Any]:
    """A case with words of everybody's: the person's, a note, a reason, a reply."""
    case = await routing.open(SPOKE, kind="complaint", service="passports", external_reference="CRM-7")
    await routing.hear(received(redacted("Toujours rien."), UUID(case["feedback_id"]), 2))
    late = {"effective_at": SPOKE.isoformat(), "late_entry_reason": "oublié"}
    await routing.done(case, "acknowledge", note="appelé", **late)
    return await routing.done(case, "reply", text="Il est parti.", outcome="upheld")


async def words_of(routing: Routing, case: dict[str, Any]) -> set[str]:
    """Every word about a case that lies in the database."""
    rows = await routing.rows(
        """SELECT verbatim AS word FROM cases WHERE id = :id UNION SELECT external_reference FROM cases WHERE id = :id
           UNION SELECT unnest(ARRAY[note, late_entry_reason, text]) FROM timeline_entry WHERE case_id = :id
           UNION SELECT text FROM event_pending WHERE subject = cast(:id AS text)""",
        id=case["id"],
    )
    return {row.word for row in rows if row.word is not None}


async def test_a_case_of_the_erased_keeps_what_was_done_and_loses_every_word(routing: Routing) -> None:
    case, other = await worked_on(routing), await worked_on(routing)
    all_words = {"Toujours rien.", "CRM-7", "appelé", "Il est parti."}
    assert all_words <= await words_of(routing, case)
    before = await routing.timeline(case)

    reader = Reader("intake", None, handlers(USUAL))  # type: ignore[arg-type] # the slice is handed over
    await reader.prepare(routing.database)
    gone = log_of([Told("intake", UUID(case["feedback_id"]), 3, NOW, GONE)])
    await reader.apply(routing.database, dict.fromkeys(range(32), 0), gone)

    assert await words_of(routing, case) == set()
    assert all_words <= await words_of(routing, other)
    after = await routing.see(case["id"])
    assert (after["erased_at"], after["verbatim"], after["verbs"]) == ("2026-03-10T14:00:00Z", None, [])
    assert after["clocks"] == case["clocks"]
    lines = [(one["verb"], one["by"], one["effective_at"]) for one in await routing.timeline(case)]
    assert lines[:-1] == [(one["verb"], one["by"], one["effective_at"]) for one in before]
    assert (after["state"], lines[-1][0]) == ("closed", "close")  # here nobody had told that it was withdrawn
    tombstones = await routing.rows("SELECT subject FROM tombstone")
    assert {row.subject for row in tombstones} == {case["feedback_id"], case["id"]}


async def test_nobody_can_write_anything_more_in_a_case_of_the_erased(routing: Routing) -> None:
    case = await worked_on(routing)
    await routing.hear(received(GONE, UUID(case["feedback_id"]), 3))
    for verb, body in (("reply", {"text": "encore", "outcome": "upheld"}), ("close", {"note": "mot"})):
        refused = await routing.do(case, verb, **body)
        assert (refused.status_code, refused.json()["type"]) == (410, "urn:ecoute:problem:case-erased")


async def test_an_erasure_is_safe_to_hear_twice_and_of_feedback_without_a_case(routing: Routing) -> None:
    case = await worked_on(routing)
    later = PersonErased(erased_at=local("2026-03-11 10:00"))
    await routing.hear(received(GONE, UUID(case["feedback_id"]), 3))
    await routing.hear(received(later, UUID(case["feedback_id"]), 3))
    assert (await routing.see(case["id"]))["erased_at"] == "2026-03-10T14:00:00Z"
    compliment = submitted(NOW, kind="compliment")
    await routing.hear(compliment, received(GONE, compliment.subject, 2))
    assert await routing.rows("SELECT 1 FROM cases WHERE id = :id", id=case_id_of(compliment.subject)) == []


async def test_nothing_is_expected_any_more_of_a_case_of_the_erased(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="complaint", service="passports")
    feedback_id = UUID(case["feedback_id"])
    late = ReplyUndeliverable(reply_id=uuid4(), by="email", because="bounced", found_at=NOW)
    withdrawn = FeedbackWithdrawn(effective_at=NOW)
    await routing.hear(received(withdrawn, feedback_id, 2), received(GONE, feedback_id, 3))
    await routing.hear(received(late, feedback_id, 4))
    after = await routing.see(case["id"])
    assert (after["state"], after["outcome"], after["tasks"]) == ("closed", "withdrawn", [])
    closed = [event for _, _, event in await routing.events(case) if isinstance(event, CaseClosed)]
    assert [event.because for event in closed] == ["withdrawn"]


async def test_nothing_leads_from_a_case_of_the_erased_to_another_nor_back(routing: Routing) -> None:
    gone, before, after, kept = [await routing.open(SPOKE, kind="complaint", service="passports") for _ in range(4)]
    for one, other in ((gone, after), (before, gone), (before, kept), (kept, before)):
        await routing.done(one, "link", case_id=other["id"])

    await routing.hear(received(GONE, UUID(gone["feedback_id"]), 3))

    async def links(case: dict[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
        rows = await routing.rows("SELECT linked FROM cases WHERE id = :id", id=case["id"])
        lines = await routing.rows(
            "SELECT details FROM timeline_entry WHERE case_id = :id AND verb = 'link' ORDER BY place", id=case["id"]
        )
        return [str(one) for one in rows[0].linked], [line.details for line in lines]

    assert await links(gone) == ([], [{}])
    assert await links(before) == ([kept["id"]], [{}, {"case_id": kept["id"]}])
    assert await links(kept) == ([before["id"]], [{"case_id": before["id"]}])
    refused = await routing.do(kept, "link", case_id=gone["id"])
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:ecoute:problem:linked-case-unknown")
    assert (await routing.see(before["id"]))["version"] == before["version"] + 2  # nothing is told of it
