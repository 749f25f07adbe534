"""What the worker does with words: language, personal data, one event each."""

import asyncio

import pytest

from services.intake.verbatims import service
from tests.services.intake.house import COMPLAINT, Intake


async def redacted(intake: Intake, text: str, **fields: object) -> dict:
    """The event that tells of the words, once they went through the worker."""
    receipt = await intake.submit({"channel": "web", "text": text, **fields})
    await intake.redact()
    submitted, told = await intake.events(receipt["id"])
    assert (submitted["version"], told["version"]) == (1, 2)
    assert submitted["data"]["has_text"]
    assert submitted["text"] is None
    assert told["type"] == "ca.ecoute.feedback.verbatim_redacted.v1"
    assert "text" not in told["data"]
    return told


async def test_personal_data_is_taken_out_and_counted(intake: Intake) -> None:
    told = await redacted(intake, "Appelez le 06 12 34 56 78 ou le 01 40 20 50 50, ou a@example.org. Le 3646 répond.")
    assert told["text"] == "Appelez le [telephone] ou le [telephone], ou [email]. Le 3646 répond."
    assert told["data"]["removed"] == [{"kind": "email", "count": 1}, {"kind": "telephone", "count": 2}]


async def test_characters_of_windows_1252_are_restored_in_what_is_kept_and_in_what_is_told(intake: Intake) -> None:
    told = await redacted(intake, "L\x92accueil \x96 5 \x80 \x8d")
    assert told["text"] == "L’accueil – 5 € \x8d"
    read = await intake.http.get(f"/v1/feedback/{told['subject']}", headers=intake.staff("reviewer"))
    assert read.json()["text"] == told["text"]


@pytest.mark.parametrize(
    ("text", "fields", "language", "sure"),
    [
        ("Je n'ai toujours pas reçu mon passeport, c'est inadmissible.", {}, "fr", None),
        ("I have been waiting for my passport for three weeks now.", {}, "en", None),
        ("ok", {"person": {"language": "fr-CA"}}, "fr", None),
        ("Je n'ai toujours pas reçu mon passeport.", {"language": "en-CA"}, "en-CA", 1.0),
        ("ᓄᓇᕗᑦ", {"language": "IU-cans-ca"}, "iu-Cans-CA", 1.0),
        ("👍", {}, "und", 0.0),
    ],
)
async def test_the_language_is_the_declared_one_or_is_found(
    intake: Intake, text: str, fields: dict, language: str, sure: float | None
) -> None:
    data = (await redacted(intake, text, **fields))["data"]
    assert data["language"] == language
    assert 0 <= data["language_confidence"] <= 1
    assert sure is None or data["language_confidence"] == sure


async def test_two_workers_share_the_queue_and_each_words_are_told_once(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "AT_ONCE", 20)
    while await intake.redact():
        pass
    receipts = [await intake.submit() for _ in range(30)]
    silent = await intake.submit({"channel": "web", "ratings": [{"measure": "csat", "value": 3}]})
    done = await asyncio.gather(*(intake.redact() for _ in range(3)))
    while more := await intake.redact():
        done.append(more)
    assert sum(done) == 30
    assert max(done) <= 20
    for receipt in receipts:
        assert [event["version"] for event in await intake.events(receipt["id"])] == [1, 2]
    assert [event["data"]["has_text"] for event in await intake.events(silent["id"])] == [False]
    assert await intake.redact() == 0


async def test_words_that_take_long_keep_no_transaction_from_its_end(intake: Intake) -> None:
    slow = [await intake.submit({"channel": "web", "text": "1(" * 300}) for _ in range(3)]
    assert [await intake.redact(seconds=0) for _ in range(4)] == [1, 1, 1, 0]
    for receipt in slow:
        assert len(await intake.events(receipt["id"])) == 2


async def test_words_of_an_erased_person_are_not_waited_for(intake: Intake) -> None:
    receipt = await intake.submit(COMPLAINT)
    async with intake.database.transaction() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("UPDATE person SET key = NULL")
    assert await intake.redact() == 0
    assert len(await intake.events(receipt["id"])) == 1
