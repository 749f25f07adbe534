"""What the person is told by mail, through a real SMTP server on this machine."""

import asyncio
import io
import re
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, time, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import text

from libs.common.clock import utc_now
from libs.common.days import day_of, written
from libs.common.db import BY_INDEX, Database
from libs.common.mail import Mailer, sender_of, server_of
from services.intake.notices.floods import MOST_AN_HOUR
from services.intake.notices.sending import _TAKE, AT_ONCE, send_some
from services.intake.tracking.situations import new_promise
from tests.services.intake.cases import DUE, OTHER_TEAM, Story, team_changed
from tests.services.intake.house import COMPLAINT, Intake
from tests.services.intake.posting import ADDRESS, FOLLOW, PERSON, SAID, SENDER, SOON, Post, text_of
from tests.services.post import post_office


async def test_a_receipt_says_who_has_it_and_by_when_and_is_not_repeated(intake: Intake, post: Post) -> None:
    receipt = await intake.submit(SAID)
    story = Story(receipt["id"])
    name = {"fr": "Équipe des passeports", "en": "Passport team"}
    contact = {"phone": "+1 418 555 0100"}
    await intake.hear(team_changed("passports", 7, name=name, contact=contact))
    await intake.hear(story.opened(), story.assigned())
    [mail] = await post.go()
    assert (mail["To"], mail["From"]) == (ADDRESS, SENDER)
    assert mail["Subject"] == f"Nous avons reçu votre message ({receipt['reference']})"
    assert mail["Content-Language"] == "fr"
    body = text_of(mail)
    assert "Équipe des passeports, +1 418 555 0100" in body
    assert "au plus tard le mardi 2 mars 2027" in body.replace("\u00a0", " ")
    assert f"{FOLLOW}#{receipt['tracking_code']}" in body
    assert await post.states(receipt["id"]) == {"received": "sent", "taken": "dropped"}


async def test_a_flood_of_feedback_in_somebodys_name_floods_no_mailbox(intake: Intake, post: Post) -> None:
    flooded = {**COMPLAINT, "person": {**PERSON, "email": "flooded@exemple-marque.org"}}
    ids = [(await intake.submit(flooded))["id"] for _ in range(MOST_AN_HOUR + 1)]
    other = await intake.submit(SAID)
    assert [mail["To"] for mail in await post.go()] == [ADDRESS]
    assert await post.states(ids[0]) == {"received": "dropped"}
    assert await post.states(other["id"]) == {"received": "sent"}
    story = Story(ids[0])
    await intake.hear(story.opened(), story.replied())
    assert "Notre réponse" in str([mail["Subject"] for mail in await post.go()])


async def test_who_has_it_is_told_by_a_second_mail_where_the_first_could_not_say(intake: Intake, post: Post) -> None:
    receipt = await intake.submit(SAID)
    [first] = await post.go(timedelta(seconds=10))
    assert "bientôt quelle équipe" in text_of(first)
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.assigned())
    [second] = await post.go()
    assert "Qui a votre message" in second["Subject"]
    await intake.hear(story.assigned("staff", member="zoe"))
    assert await post.go() == []
    await intake.hear(story.transferred())
    [moved] = await post.go()
    assert "Équipe des pensions" in text_of(moved)


async def test_who_has_it_is_told_again_where_the_rules_give_it_to_another_team(intake: Intake, post: Post) -> None:
    receipt = await intake.submit(SAID)
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.assigned())
    assert len(await post.go()) == 1
    story.version = 4
    await intake.hear(story.assigned("rule", **OTHER_TEAM))
    [mail] = await post.go()
    assert "Équipe des pensions" in text_of(mail)


async def test_the_date_is_told_as_soon_as_there_is_one(intake: Intake, post: Post) -> None:
    receipt = await intake.submit(SAID)
    story = Story(receipt["id"])
    await intake.hear(story.opened(None), story.assigned("staff", None))
    await post.go()
    await intake.hear(story.promised())
    [mail] = await post.go()
    assert "Qui a votre message, et pour quand" in mail["Subject"]
    assert "au plus tard le mardi 2 mars 2027" in text_of(mail).replace("\u00a0", " ")


async def test_everything_that_happens_is_told_once_in_its_order(intake: Intake, post: Post) -> None:
    receipt = await intake.submit({**SAID, "reply_by": "email"})
    number = receipt["id"]
    story = Story(number)
    subjects = []
    for event in (
        story.opened(),
        story.acknowledged(),
        story.asked(SOON),
        story.suspended("third_party", SOON),
        story.resumed("staff", DUE + timedelta(days=1)),
        story.extended(DUE + timedelta(days=9)),
        story.replied(None, "Nous cherchons."),
        story.replied(1),
        story.closed(reopen_until=SOON),
        story.reopened(SOON),
        story.replied(2, "Il est parti."),
    ):
        await intake.hear(event)
        await intake.hear(event)
        subjects += [mail["Subject"].rpartition(" (")[0] for mail in await post.go()]
    assert subjects == [
        "Nous avons reçu votre message",
        "On s'occupe de votre message",
        "Nous avons une question à vous poser",
        "Votre dossier attend un élément",
        "Votre dossier reprend",
        "Il nous faut plus de temps",
        "Des nouvelles de votre message",
        "Notre réponse à votre message",
        "Votre dossier est fermé",
        "Votre dossier est rouvert",
        "Notre réponse à votre message",
    ]
    assert await post.replies(number) == [("delivered", "email")] * 3


async def test_what_was_resolved_on_the_spot_is_no_answer_without_words(intake: Intake, post: Post) -> None:
    said = {**SAID, "channel": "counter", "resolved_on_the_spot": {"remedy": "refund"}}
    receipt = await intake.submit(said, intake.staff("agent"))
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.assigned(), story.replied(text=None, on_the_spot=True))
    asked = next(mail for mail in await post.go() if "sur place" in mail["Subject"])
    body = text_of(asked)
    assert "réglé sur place" in body
    assert "Voici la réponse" not in body
    assert "Est-ce réglé" in body
    seen = await intake.http.get("/v1/tracking", headers={"Tracking-Code": receipt["tracking_code"]})
    assert (seen.json()["situation"], seen.json()["evaluation_asked"]) == ("resolved_on_the_spot", True)


async def test_a_server_that_puts_it_off_gets_the_same_message_again(intake: Intake, post: Post) -> None:
    receipt = await intake.submit({**SAID, "reply_by": "email"})
    post.office.rcpt += ["451 4.7.1 greylisted", "451 4.7.1 greylisted"]
    assert await post.go() == []
    assert await post.states(receipt["id"]) == {"received": "waiting"}
    assert await post.go(timedelta(minutes=2, seconds=20)) == []
    assert await post.go(timedelta(hours=1)) == []
    [mail] = await post.go(timedelta(hours=2))
    [row] = await intake.rows("SELECT id, tries FROM notice WHERE feedback_id = :id", id=receipt["id"])
    assert mail["Message-ID"] == f"<{row.id}@service.example>"
    assert row.tries == 3
    assert await post.go(timedelta(hours=3)) == []


async def test_a_mail_whose_sender_died_is_sent_again_under_the_same_message_id(intake: Intake, post: Post) -> None:
    receipt = await intake.submit(SAID)
    [first] = await post.go()
    await intake.rows("UPDATE notice SET state = 'waiting' WHERE feedback_id = :id RETURNING id", id=receipt["id"])
    assert await post.go() == []
    [again] = await post.go(timedelta(minutes=10))
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Date"] == again["Date"]


async def test_a_server_that_hangs_holds_up_nobody_and_costs_no_message(intake: Intake, post: Post) -> None:
    receipt = await intake.submit(SAID)
    with post_office() as silent:
        silent.hangs = True
        stuck = Mailer(server_of(silent.url), sender_of(SENDER), step_seconds=5, whole_seconds=0.3)
        sending = asyncio.create_task(post.go(mailer=stuck))
        other = await intake.submit()
        await intake.hear(Story(other["id"]).opened())
        assert await sending == []
    assert await post.states(receipt["id"]) == {"received": "waiting"}
    assert len(await post.go(timedelta(hours=1))) == 1


async def test_what_follows_waits_while_another_worker_sends_the_notice_before_it(intake: Intake, post: Post) -> None:
    receipt = await intake.submit(SAID)
    story = Story(receipt["id"])
    at = utc_now() + timedelta(minutes=2)
    with post_office() as silent:
        silent.hangs = True
        stuck = Mailer(server_of(silent.url), sender_of(SENDER), step_seconds=30, whole_seconds=4)
        sending = asyncio.create_task(send_some(intake.database, stuck, post.house, lambda: at))
        await asyncio.sleep(0.5)
        await intake.hear(story.opened(), story.assigned(), story.acknowledged())
        assert await post.go() == []
        [first] = await intake.rows(
            "SELECT tries FROM notice WHERE feedback_id = :id AND kind = 'received'", id=receipt["id"]
        )
        assert (first.tries, sending.done()) == (1, False)
        await sending
    subjects = [mail["Subject"].rpartition(" (")[0] for mail in await post.go(timedelta(minutes=5))]
    assert subjects == ["Nous avons reçu votre message", "On s'occupe de votre message"]


async def test_without_a_server_all_receipts_are_put_down_at_once(intake: Intake, post: Post) -> None:
    persons = [{**PERSON, "email": f"{number}@exemple-marque.org"} for number in range(AT_ONCE + 1)]
    ids = [(await intake.submit({**COMPLAINT, "person": person}))["id"] for person in persons]
    assert await send_some(intake.database, None, post.house, lambda: utc_now() + timedelta(minutes=2))
    assert [await post.states(number) for number in ids] == [{"received": "expired"}] * len(ids)


@pytest.mark.parametrize(
    ("tries", "told"), [(1, []), (4, ["Qui a votre message, et pour quand", "On s'occupe de votre message"])]
)
async def test_nobody_waits_for_ever_for_a_notice_that_is_tried_again_and_again(
    intake: Intake, post: Post, tries: int, told: list[str]
) -> None:
    receipt = await intake.submit(SAID)
    again = {"id": receipt["id"], "tries": tries, "at": utc_now() + timedelta(minutes=4)}
    put_off = "UPDATE notice SET tries = :tries, next_try_at = :at WHERE feedback_id = :id RETURNING id"
    assert len(await intake.rows(put_off, **again)) == 1
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.assigned(), story.acknowledged())
    assert [mail["Subject"].rpartition(" (")[0] for mail in await post.go()] == told


async def test_several_workers_send_each_notice_once(intake: Intake, post: Post) -> None:
    persons = [{**PERSON, "email": f"{number}@exemple-marque.org"} for number in range(15)]
    receipts = [await intake.submit({**COMPLAINT, "person": person}) for person in persons]
    at = utc_now() + timedelta(minutes=2)
    post.office.taken.clear()
    async with AsyncExitStack() as stack:
        workers = [Database(intake.database.url, pool_size=AT_ONCE, application="test") for _ in range(4)]
        for database in workers:
            stack.push_async_callback(database.close)
        for _ in range(3):
            await asyncio.gather(*(send_some(database, post.mailer, post.house, lambda: at) for database in workers))
    assert len(post.office.taken) == len({mail["Message-ID"] for mail in post.office.taken}) == len(receipts)


@pytest.mark.parametrize(
    "body",
    [
        {**SAID, "historical": True},
        {**SAID, "reply_by": "tracking"},
        {**SAID, "reply_by": "phone", "person": {**PERSON, "phone": "+1 514 555 0187"}},
        {**SAID, "consent": [{"purpose": "contact", "given": False}]},
        COMPLAINT,
    ],
    ids=["historical", "by tracking", "by phone", "refused", "no address"],
)
async def test_nobody_is_written_to_who_did_not_want_it(intake: Intake, post: Post, body: dict[str, Any]) -> None:
    receipt = await intake.submit(body, intake.staff("importer") if body.get("historical") else None)
    story = Story(receipt["id"])
    await intake.hear(story.opened(historical=bool(body.get("historical"))), story.acknowledged(), story.replied(1))
    assert await post.go() == []
    assert await post.states(receipt["id"]) == {}


async def test_a_late_answer_is_told_once_the_day_after_with_an_apology_and_a_new_date(
    intake: Intake, post: Post
) -> None:
    receipt = await intake.submit(SAID)
    due = utc_now() - timedelta(hours=1)
    story = Story(receipt["id"])
    await intake.hear(story.opened(due), story.acknowledged())
    await post.go()
    breached = story.breached(due)
    await intake.hear(breached)
    await intake.hear(breached)
    assert await post.go(timedelta(hours=2)) == []
    [mail] = await post.go(timedelta(days=1, hours=1))
    assert "Nous vous prions de nous en excuser" in text_of(mail)
    assert "Équipe des passeports" in text_of(mail)
    assert "Nouvelle date" in text_of(mail)
    assert await post.go(timedelta(days=2)) == []


async def test_the_apology_for_a_promise_that_ended_at_midnight_comes_on_the_day_that_begins_then(
    intake: Intake, post: Post
) -> None:
    receipt = await intake.submit(SAID)
    midnight = datetime.combine(utc_now().astimezone(post.house.zone), time(), post.house.zone)
    story = Story(receipt["id"])
    await intake.hear(story.opened(midnight), story.acknowledged())
    await post.go()
    await intake.hear(story.breached(midnight))
    seen = await intake.http.get("/v1/tracking", headers={"Tracking-Code": receipt["tracking_code"]})
    assert seen.json()["situation"] == "late"
    [mail] = await post.go(timedelta())
    assert "Nous vous prions de nous en excuser" in text_of(mail)


@pytest.mark.parametrize("then", ["interim", "transferred", "acknowledged"])
async def test_what_is_told_of_a_late_answer_names_the_new_date_and_not_the_one_that_has_passed(
    intake: Intake, post: Post, then: str
) -> None:
    receipt = await intake.submit(SAID)
    due = utc_now() - timedelta(days=3)
    story = Story(receipt["id"])
    await intake.hear(story.opened(due), story.assigned(due_at=due))
    await post.go()
    happens = {
        "interim": lambda: story.replied(None, "Nous cherchons."),
        "transferred": lambda: story.transferred(due),
        "acknowledged": story.acknowledged,
    }
    await intake.hear(happens[then]())
    [mail] = await post.go()
    zone = post.house.zone
    passed, new = (written(day_of(day, zone), "fr") for day in (due, new_promise(due, utc_now(), zone, 7)))
    assert passed not in text_of(mail)
    assert f"des nouvelles, au plus tard le {new}" in text_of(mail)


async def test_another_team_is_told_while_the_case_waits_and_the_date_when_the_wait_ends(
    intake: Intake, post: Post
) -> None:
    receipt = await intake.submit(SAID)
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.acknowledged())
    await post.go()
    await intake.hear(story.suspended("person", SOON), story.transferred(state="waiting"))
    [mail] = await post.go()
    assert "Équipe des pensions" in text_of(mail)
    assert "au plus tard" not in text_of(mail)
    await intake.hear(story.resumed("staff", DUE, **OTHER_TEAM))
    [mail] = await post.go()
    assert "au plus tard le mardi 2 mars 2027" in text_of(mail).replace("\u00a0", " ")


async def test_no_apology_is_sent_once_the_answer_is_there(intake: Intake, post: Post) -> None:
    receipt = await intake.submit(SAID)
    due = utc_now() - timedelta(hours=1)
    story = Story(receipt["id"])
    await intake.hear(story.opened(due), story.breached(due), story.replied(1))
    mails = await post.go(timedelta(days=1, hours=1))
    assert [mail["Subject"].rpartition(" (")[0] for mail in mails] == ["Notre réponse à votre message"]


async def test_a_person_is_reminded_of_a_question_unless_they_have_answered(intake: Intake, post: Post) -> None:
    for answers in (True, False):
        receipt = await intake.submit(SAID)
        story = Story(receipt["id"])
        opened, asked = story.opened(), story.asked(SOON)
        await intake.hear(opened, asked)
        await post.go()
        if answers:
            said = {"text": "4417", "in_answer_to": str(asked.id)}
            await intake.http.post(
                "/v1/tracking/messages", json=said, headers={"Tracking-Code": receipt["tracking_code"]}
            )
        mails = await post.go(timedelta(days=19))
        assert [mail["Subject"].rpartition(" (")[0] for mail in mails] == (
            [] if answers else ["Nous attendons votre réponse"]
        )


async def test_a_question_that_is_written_down_late_is_not_answered_by_what_was_sent_before(
    intake: Intake, post: Post
) -> None:
    receipt = await intake.submit({**SAID, "reply_by": "email"})
    code = {"Tracking-Code": receipt["tracking_code"]}
    story = Story(receipt["id"])  # two hours ago
    await intake.hear(story.opened(), story.acknowledged())
    await intake.http.post("/v1/tracking/messages", json={"text": "Où en est-on ?"}, headers=code)
    await intake.hear(story.asked(SOON), story.suspended("person", SOON))
    assert "Nous avons une question" in (await post.go())[-1]["Subject"]
    seen = (await intake.http.get("/v1/tracking", headers=code)).json()
    assert (seen["situation"], [one["answered"] for one in seen["conversation"] if one["kind"] == "question"]) == (
        "asked",
        [False],
    )
    await intake.http.post("/v1/tracking/messages", json={"text": "4417"}, headers=code)
    assert (await intake.http.get("/v1/tracking", headers=code)).json()["situation"] == "answer_received"


async def test_who_is_waited_for_is_told_so_where_no_question_says_it(intake: Intake, post: Post) -> None:
    receipt = await intake.submit(SAID)
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.acknowledged())
    await post.go()
    await intake.hear(story.asked(SOON), story.suspended("person", SOON))
    assert [mail["Subject"].rpartition(" (")[0] for mail in await post.go()] == ["Nous avons une question à vous poser"]
    await intake.hear(story.resumed("staff", DUE), story.suspended("person", SOON, "receipt"))
    [mail] = await post.go()
    assert "attend un élément de votre part" in text_of(mail)
    assert f"L'attente prend fin au plus tard le {written(day_of(SOON, post.house.zone), 'fr')}" in text_of(mail)


async def test_nobody_is_reminded_of_a_question_that_was_answered_without(intake: Intake, post: Post) -> None:
    receipt = await intake.submit(SAID)
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.asked(SOON), story.resumed("staff", DUE), story.replied(1))
    await intake.hear(story.reopened())
    await post.go()
    assert await post.go(timedelta(days=19)) == []


async def test_nobody_is_reminded_of_a_question_that_staff_went_on_without(intake: Intake, post: Post) -> None:
    receipt = await intake.submit(SAID)
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.asked(SOON))
    await post.go()
    await intake.hear(story.resumed("staff", DUE))
    await post.go()
    assert await post.go(timedelta(days=19)) == []


async def test_news_after_the_answer_promise_no_date(intake: Intake, post: Post) -> None:
    """The promise was kept by the answer."""
    receipt = await intake.submit(SAID)
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.replied(1))
    await post.go()
    news = story.replied(None, "Nous regardons encore.")
    await intake.hear(replace(news, event=news.event.model_copy(update={"state": "answered"})))
    [mail] = await post.go()
    assert "Nous regardons encore." in text_of(mail)
    assert "2 mars" not in text_of(mail)


@pytest.mark.parametrize(("language", "tags"), [("en-CA", ("Hello,",)), ("es", ("Bonjour,", "Hello,"))])
async def test_a_person_is_written_to_in_their_language_and_in_both_where_it_is_another(
    intake: Intake, post: Post, language: str, tags: tuple[str, ...]
) -> None:
    receipt = await intake.submit({**SAID, "person": {**PERSON, "language": language}})
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.replied(1))
    [mail] = await post.go()
    body = text_of(mail)
    assert [tag in body for tag in ("Bonjour,", "Hello,")] == [tag in tags for tag in ("Bonjour,", "Hello,")]
    assert body.count("Votre passeport part demain.") == 1
    assert len(mail["Content-Language"].split(",")) == len(tags)


async def test_nothing_of_the_person_is_in_the_outbox_the_log_or_the_events(
    intake: Intake, post: Post, logs: io.StringIO
) -> None:
    receipt = await intake.submit({**SAID, "reply_by": "email"})
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.replied(1, "Réponse-Wapiti"))
    post.office.rcpt.append(f"550 5.1.1 <{ADDRESS}> unknown")
    await post.go()
    rows = str(await intake.rows("SELECT * FROM notice WHERE feedback_id = :id", id=receipt["id"]))
    events = str([event["data"] for event in await intake.events(receipt["id"])])
    ours = "\n".join(line for line in logs.getvalue().splitlines() if '"mail.log"' not in line)
    assert "notice" in ours
    for piece in ("quintessence", "exemple-marque", "wapiti", receipt["tracking_code"].lower()):
        assert piece not in rows.lower()
        assert piece not in events.lower()


async def test_where_another_promise_than_the_answer_moves_its_own_new_date_is_told(intake: Intake, post: Post) -> None:
    receipt = await intake.submit(SAID)
    story, settled = Story(receipt["id"]), DUE + timedelta(days=9)
    await intake.hear(story.opened(), story.acknowledged())
    await post.go()
    await intake.hear(story.extended(settled, "resolve"))
    [mail] = await post.go()
    assert "que ce soit réglé : au plus tard le jeudi 11 mars 2027" in re.sub("[\u00a0\u202f]", " ", text_of(mail))
    seen = await intake.http.get("/v1/tracking", headers={"Tracking-Code": receipt["tracking_code"]})
    assert seen.json()["answer_by"][:10] == DUE.isoformat()[:10]
    [moved] = [one for one in seen.json()["conversation"] if one["kind"] == "extension"]
    assert (moved["clock"], moved["due_at"][:10]) == ("resolve", settled.isoformat()[:10])
    page = await intake.http.post("/follow", data={"code": receipt["tracking_code"]})
    assert "Resolution: from 2 March 2027 to 11 March 2027" in unescape(page.text)


async def test_what_was_withdrawn_is_told_and_nothing_after_it(intake: Intake, post: Post) -> None:
    receipt = await intake.submit(SAID)
    await intake.hear(Story(receipt["id"]).opened())
    code = {"Tracking-Code": receipt["tracking_code"]}
    await intake.http.post("/v1/tracking/withdrawal", json={}, headers=code)
    [mail] = await post.go()
    assert "est retiré" in text_of(mail)
    assert sorted((await post.states(receipt["id"])).values()) == ["dropped", "dropped", "sent"]


@pytest.mark.parametrize(
    ("outcome", "decision"),
    [
        ("upheld", "est fondée."),
        ("partly_upheld", "est fondée en partie."),
        ("not_upheld", "n'est pas fondée."),
        ("referred", "relève d'un autre organisme."),
        ("declined", "nous n'examinerons pas votre plainte."),
    ],
)
async def test_an_answer_names_the_decision_on_a_complaint(
    intake: Intake, post: Post, outcome: str, decision: str
) -> None:
    receipt, asked = await intake.submit(SAID), await intake.submit({**SAID, "kind": "enquiry"})
    for number in (receipt["id"], asked["id"]):
        story = Story(number)
        await intake.hear(story.opened(), story.replied(None), story.replied(outcome=outcome))
    found = {mail["Subject"]: text_of(mail) for mail in await post.go()}
    answers = [body for subject, body in found.items() if "Notre réponse" in subject]
    assert sorted("Notre décision" in body for body in answers) == [False, True]
    assert [decision in body for body in answers if "Notre décision" in body] == [True]
    assert [body for subject, body in found.items() if "Des nouvelles" in subject and "décision" in body] == []


async def test_where_there_is_no_page_mail_that_opens_something_has_the_code(intake: Intake, post: Post) -> None:
    post.house = replace(post.house, follow_url=None)
    receipt = await intake.submit(SAID)
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.replied())
    [answer] = await post.go()
    assert receipt["tracking_code"] in text_of(answer)
    path, agent = f"/v1/feedback/{receipt['id']}/tracking-code", intake.staff("agent", teams=("passports",))
    given = (await intake.http.post(path, json={"reason": "lost"}, headers=agent)).json()["tracking_code"]
    [mail] = await post.go()
    assert given in text_of(mail)


async def test_a_new_code_is_told_to_who_had_the_one_before(intake: Intake, post: Post) -> None:
    relative = {"role": "relative", "email": "ali@example.org"}
    for by, told_to in (
        ({}, [ADDRESS]),
        ({"submitted_by": relative | {"authority": "declared"}, "reply_to": "both"}, ["ali@example.org", ADDRESS]),
        ({"submitted_by": relative, "reply_to": "both"}, ["ali@example.org"]),
    ):
        receipt = await intake.submit({**SAID, **by})
        await intake.hear(Story(receipt["id"]).opened())
        await post.go()
        path, agent = f"/v1/feedback/{receipt['id']}/tracking-code", intake.staff("agent", teams=("passports",))
        given = (await intake.http.post(path, json={"reason": "lost"}, headers=agent)).json()["tracking_code"]
        mails = await post.go()
        assert sorted(mail["To"] for mail in mails) == told_to
        assert all("Un nouveau code de suivi a été donné" in mail["Subject"] for mail in mails)
        assert all(given in text_of(mail) and receipt["tracking_code"] not in text_of(mail) for mail in mails)


async def test_nothing_is_erased_by_a_new_code_before_mail_has_told_of_it(intake: Intake, post: Post) -> None:
    receipt = await intake.submit(SAID)
    await intake.hear(Story(receipt["id"]).opened())
    path, agent = f"/v1/feedback/{receipt['id']}/tracking-code", intake.staff("agent", teams=("passports",))
    given = (await intake.http.post(path, json={"reason": "lost"}, headers=agent)).json()["tracking_code"]

    async def erase() -> Any:
        body, code = {"confirm": True}, {"Tracking-Code": given}
        return await intake.http.post("/v1/privacy/erasure", json=body, headers=code)

    refused = await erase()
    assert (refused.status_code, refused.headers["Retry-After"]) == (409, "60")
    page = await intake.http.post("/follow/erasure", data={"code": given, "erase": "yes"})
    assert (page.status_code, "sera averti" in page.text or "told the person" in page.text) == (409, True)
    await post.go()
    assert (await erase()).status_code == 200
    [row] = await intake.rows("SELECT reason FROM reading WHERE feedback_id = :id", id=receipt["id"])
    assert row.reason == "lost"


async def test_what_was_withdrawn_and_is_open_again_is_told_of_again(intake: Intake, post: Post) -> None:
    receipt = await intake.submit(SAID)
    code = {"Tracking-Code": receipt["tracking_code"]}
    for _ in range(2):
        await intake.http.post("/v1/tracking/withdrawal", json={}, headers=code)
        assert [mail["Subject"].rpartition(" (")[0] for mail in await post.go()] == ["Votre message est retiré"]
        story = Story(receipt["id"], utc_now())
        [row] = await intake.rows(
            "SELECT max(version) AS last FROM case_view WHERE feedback_id = :id", id=receipt["id"]
        )
        story.version = row.last or 0
        await intake.hear(story.closed("withdrawn"), story.reopened())
        assert [mail["Subject"].rpartition(" (")[0] for mail in await post.go()] == ["Votre dossier est rouvert"]


SPOKEN_FOR = {
    **SAID,
    "reply_by": "email",
    "submitted_by": {"role": "relative", "authority": "none", "email": "niece@example.com"},
}


async def test_who_has_no_authority_is_mailed_no_words_and_the_person_no_code(intake: Intake, post: Post) -> None:
    for reply_to, told in (("both", {"niece@example.com", ADDRESS}), (None, {ADDRESS})):
        post.office.taken.clear()
        receipt = await intake.submit({**SPOKEN_FOR, **({"reply_to": reply_to} if reply_to else {})})
        story = Story(receipt["id"])
        await intake.hear(story.opened(), story.replied(1, "Réponse-Wapiti"))
        mails = {mail["To"]: text_of(mail) for mail in await post.go() if "réponse" in mail["Subject"]}
        assert mails.keys() == told
        assert "Wapiti" in mails[ADDRESS]
        assert receipt["tracking_code"] not in mails[ADDRESS]
        if reply_to:
            assert "Wapiti" not in mails["niece@example.com"]
            assert receipt["tracking_code"] in mails["niece@example.com"]


async def test_who_has_no_authority_is_asked_for_nothing_and_the_person_is_told_whom_to_reach(
    intake: Intake, post: Post
) -> None:
    receipt = await intake.submit({**SPOKEN_FOR, "reply_to": "both"})
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.asked(SOON), story.suspended("person", SOON))
    mails = {mail["To"]: text_of(mail) for mail in await post.go() if "question" in mail["Subject"]}
    assert "Répondez au plus tard le" in mails[ADDRESS]
    assert "pour répondre, joignez" in mails[ADDRESS]
    assert "Répon" not in mails["niece@example.com"]
    assert "Suivre votre message" in mails["niece@example.com"]


async def test_that_it_was_settled_on_the_spot_is_in_no_subject_to_who_may_not_know(intake: Intake, post: Post) -> None:
    said = {**SPOKEN_FOR, "reply_to": "both", "channel": "counter", "resolved_on_the_spot": {"remedy": "refund"}}
    story = Story((await intake.submit(said, intake.staff("agent")))["id"])
    await intake.hear(story.opened(), story.assigned(), story.replied(text=None, on_the_spot=True))
    subjects = {mail["To"]: mail["Subject"] for mail in await post.go()}
    assert "sur place" in subjects[ADDRESS]
    assert "sur place" not in subjects["niece@example.com"]


async def test_what_comes_with_something_else_is_not_told_twice(intake: Intake, post: Post) -> None:
    receipt = await intake.submit(SAID)
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.asked(utc_now() + timedelta(days=1)))
    assert [mail["Subject"].rpartition(" (")[0] for mail in await post.go()][-1:] == [
        "Nous avons une question à vous poser"
    ]
    assert await post.go(timedelta(hours=20)) == []
    await intake.hear(story.replied(1, outcome="declined"), story.closed("declined"))
    assert [mail["Subject"].rpartition(" (")[0] for mail in await post.go()] == ["Notre réponse à votre message"]


async def test_no_apology_and_no_new_date_come_while_the_case_waits(intake: Intake, post: Post) -> None:
    receipt = await intake.submit(SAID)
    due = utc_now() - timedelta(hours=1)
    story = Story(receipt["id"])
    await intake.hear(story.opened(due), story.acknowledged())
    await post.go()
    await intake.hear(story.breached(due), story.suspended("third_party", SOON))
    assert [mail["Subject"].rpartition(" (")[0] for mail in await post.go()] == ["Votre dossier attend un élément"]
    assert await post.go(timedelta(days=1, hours=1)) == []


async def test_an_apology_that_came_due_while_the_case_waited_comes_once_the_wait_is_over(
    intake: Intake, post: Post
) -> None:
    receipt = await intake.submit(SAID)
    due = utc_now() - timedelta(days=2)
    story = Story(receipt["id"])
    await intake.hear(story.opened(due), story.assigned(due_at=due))
    await post.go()
    await intake.hear(story.breached(due), story.suspended("person", SOON))
    assert await post.go() == []
    for apologies in (1, 0):
        await intake.hear(story.resumed("person", due))
        assert sum("excuser" in text_of(mail) for mail in await post.go()) == apologies
        await intake.hear(story.suspended("third_party", SOON))
        await post.go()


async def test_a_reply_from_before_is_there_by_tracking(intake: Intake, post: Post) -> None:
    receipt = await intake.submit({**SAID, "historical": True, "reply_by": "email"}, intake.staff("importer"))
    story = Story(receipt["id"])
    await intake.hear(story.opened(historical=True), story.replied(1))
    assert await post.go() == []
    assert await post.replies(receipt["id"]) == [("delivered", "tracking")]


async def test_a_later_reply_is_not_what_was_settled_on_the_spot(intake: Intake, post: Post) -> None:
    said = {**SAID, "channel": "counter", "resolved_on_the_spot": {"remedy": "refund"}}
    receipt = await intake.submit(said, intake.staff("agent"))
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.assigned(), story.replied(text=None, on_the_spot=True))
    await post.go()
    await intake.hear(story.reopened(SOON), story.replied(2))
    [mail] = [one for one in await post.go() if "réponse" in one["Subject"]]
    assert "Votre passeport part demain." in text_of(mail)
    assert "sur place" not in text_of(mail)


async def test_an_older_notice_is_looked_for_among_those_of_its_feedback_however_many_wait(intake: Intake) -> None:
    asked = {"now": utc_now(), "until": utc_now(), "can_send": True, "limit": AT_ONCE}
    async with intake.database.transaction() as session:
        for name, value in BY_INDEX.items():
            await session.execute(text(f"SET LOCAL {name} = {value}"))
        plan = "\n".join(await session.scalars(text(f"EXPLAIN {_TAKE.text}"), asked))
    assert "Index Scan using ix_notice_feedback_id on notice e" in plan
