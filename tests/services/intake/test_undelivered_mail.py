"""What is told where a mail to the person is refused, comes back, or could not be sent in time."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from libs.common.clock import utc_now
from services.intake.notices.settling import bounce, settle
from tests.services.intake.cases import DUE, Story
from tests.services.intake.house import COMPLAINT, Intake
from tests.services.intake.posting import SAID, SOON, Post


async def test_a_reply_that_the_server_refuses_is_undeliverable_and_one_that_it_takes_is_there(
    intake: Intake, post: Post
) -> None:
    receipt = await intake.submit({**SAID, "reply_by": "email"})
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.replied(1))
    post.office.rcpt.append("550 5.1.1 no such user")
    assert await post.go() == []
    assert await post.replies(receipt["id"]) == [("undeliverable", "rejected")]
    tracking = await intake.http.get("/v1/tracking", headers={"Tracking-Code": receipt["tracking_code"]})
    seen = tracking.json()
    assert seen["situation"] == "undeliverable"
    [reply] = [entry for entry in seen["conversation"] if entry["kind"] == "reply"]
    assert reply["text"] == "Votre passeport part demain."


async def test_a_refused_receipt_says_nothing_of_a_reply(intake: Intake, post: Post) -> None:
    receipt = await intake.submit({**SAID, "reply_by": "email"})
    post.office.rcpt.append("550 5.1.1 no such user")
    await post.go()
    assert await post.replies(receipt["id"]) == []
    assert await post.states(receipt["id"]) == {"received": "refused"}


@pytest.mark.parametrize("reply_by", ["email", None])
async def test_a_receipt_that_does_not_arrive_is_told_to_staff_who_bring_what_follows(
    intake: Intake, post: Post, reply_by: str | None
) -> None:
    receipt = await intake.submit({**SAID, "reply_by": reply_by} if reply_by else SAID)
    await intake.rows(
        "UPDATE notice SET next_try_at = created_at WHERE feedback_id = :id RETURNING 1", id=receipt["id"]
    )
    post.office.rcpt += ["550 5.1.1 no such user"] * 9
    await post.go(timedelta())
    assert await untold(intake, receipt["id"]) == [("received", "rejected")]
    told = (await intake.events(receipt["id"]))[-1]["data"]
    assert (told["about"], "said_at" in told) == (receipt["id"], False)
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.asked(SOON))
    await intake.hear(story.replied(1))
    await post.go(timedelta())
    assert await untold(intake, receipt["id"]) == [("received", "rejected")]
    assert ("undeliverable", "rejected") not in await post.replies(receipt["id"])


async def test_a_receipt_to_two_arrives_with_one_and_is_lost_once_both_came_back(intake: Intake, post: Post) -> None:
    submitter = {"role": "representative", "authority": "declared", "email": "avocate@example.com"}
    receipt = await intake.submit({**SAID, "reply_by": "email", "reply_to": "both", "submitted_by": submitter})
    await post.go()
    notices = await intake.rows("SELECT id FROM notice WHERE feedback_id = :id", id=receipt["id"])
    for notice, after in zip(notices, ([], [("received", "bounced")]), strict=True):
        async with intake.database.transaction() as session:
            assert await bounce(session, notice.id, utc_now())
        assert await untold(intake, receipt["id"]) == after


async def test_a_receipt_that_could_not_be_sent_in_time_says_nothing_of_what_follows(
    intake: Intake, post: Post
) -> None:
    receipt = await intake.submit({**SAID, "reply_by": "email"})
    await post.without_a_server(timedelta(days=4))
    assert (await untold(intake, receipt["id"]), await post.states(receipt["id"])) == ([], {"received": "expired"})


async def test_what_could_not_be_sent_in_time_expires_and_a_reply_is_then_undeliverable(
    intake: Intake, post: Post
) -> None:
    receipt = await intake.submit({**SAID, "reply_by": "email"})
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.replied(1))
    await post.without_a_server(timedelta(days=4))
    await post.without_a_server(timedelta(days=5))
    assert await post.replies(receipt["id"]) == [("undeliverable", "unreachable")]
    assert (await post.states(receipt["id"]))["answered"] == "expired"
    assert await post.go() == []


async def test_where_no_mail_is_sent_what_was_to_go_by_mail_is_for_staff_at_once(intake: Intake, post: Post) -> None:
    chose, left = (
        await intake.submit({**SAID, "reply_by": "email"}),
        await intake.submit(SAID),  # an address, and no choice: it is read by tracking
    )
    for receipt, expected in ((chose, [("undeliverable", "unreachable")]), (left, [("delivered", "tracking")])):
        story = Story(receipt["id"])
        await intake.hear(story.opened(), story.replied(1))
        await post.without_a_server(timedelta(seconds=1))
        assert await post.replies(receipt["id"]) == expected


async def test_a_mail_that_was_only_a_courtesy_takes_no_delivery_back_when_it_expires(
    intake: Intake, post: Post
) -> None:
    receipt = await intake.submit(SAID)
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.replied(1))
    await post.without_a_server(timedelta(days=4))
    assert await post.replies(receipt["id"]) == [("delivered", "tracking")]


async def test_a_refused_mail_takes_back_nothing_that_was_said_on_the_spot_or_by_telephone(
    intake: Intake, post: Post
) -> None:
    at_once = {**SAID, "channel": "counter", "resolved_on_the_spot": {"remedy": "refund"}}
    spot, phoned = (
        await intake.submit(at_once, intake.staff("agent")),
        await intake.submit({**SAID, "reply_by": "email"}),
    )
    story, other = Story(spot["id"]), Story(phoned["id"])
    await intake.hear(story.opened(), story.assigned(), story.replied(text=None, on_the_spot=True))
    await intake.hear(other.opened(), other.assigned(), other.replied(1))
    by_phone = {"answer": 1, "by": "phone", "outcome": "delivered"}
    path, who = f"/v1/feedback/{phoned['id']}/deliveries", intake.staff("agent", teams=("passports",))
    assert (await intake.http.post(path, json=by_phone, headers=who)).status_code < 300
    post.office.rcpt += ["550 5.1.1 no such user"] * 6
    await post.go()
    assert await post.replies(spot["id"]) == [("delivered", "tracking")]
    assert await post.replies(phoned["id"]) == [("delivered", "phone")]


@pytest.mark.parametrize("reply_by", ["email", None])
async def test_once_a_reply_did_not_arrive_by_mail_a_human_brings_the_next_whatever_becomes_of_its_mail(
    intake: Intake, post: Post, reply_by: str | None
) -> None:
    receipt = await intake.submit({**SAID, "reply_by": reply_by})
    story, before = Story(receipt["id"]), [] if reply_by else [("delivered", "tracking")]
    await intake.hear(story.opened(), story.replied(1))
    post.office.rcpt += ["550 5.1.1 no such user"] * 9
    await post.go(timedelta())
    first = [*before, ("undeliverable", "rejected")]
    assert await post.replies(receipt["id"]) == first
    await intake.hear(story.replied(2))
    await post.go(timedelta())
    assert await post.replies(receipt["id"]) == [*first, *before]
    path, who = f"/v1/feedback/{receipt['id']}/deliveries", intake.staff("agent", teams=("passports",))
    for answer in (1, 2):
        brought = {"answer": answer, "by": "phone", "outcome": "delivered"}
        assert (await intake.http.post(path, json=brought, headers=who)).json()["outcome"] == "delivered"
    await intake.hear(story.replied(3))
    await post.go(timedelta())
    assert ("undeliverable", "rejected") not in (await post.replies(receipt["id"]))[len(first) :]


UNREACHABLE = {"answer": 1, "by": "email", "outcome": "undeliverable", "because": "unreachable"}
PHONED = {"answer": 1, "by": "phone", "outcome": "delivered"}


@pytest.mark.parametrize(("said", "because"), [(UNREACHABLE, "bounced"), (PHONED, "rejected")])
async def test_that_no_mail_arrives_is_told_also_where_staff_had_said_what_became_of_the_reply(
    intake: Intake, post: Post, said: dict[str, str], because: str
) -> None:
    """Else the next one would be taken for brought by staff, who have no task."""
    number = (await intake.submit({**SAID, "reply_by": "email"}))["id"]
    path, who = f"/v1/feedback/{number}/deliveries", intake.staff("agent", teams=("passports",))
    story = Story(number)
    await intake.hear(story.opened(), story.replied(1))
    post.office.rcpt += ["451 4.7.1 later"] if because == "rejected" else []
    await post.go(timedelta())
    assert (await intake.http.post(path, json=said, headers=who)).status_code == 200
    [answered] = await intake.rows(
        "UPDATE notice SET next_try_at = created_at WHERE kind = 'answered' AND feedback_id = :id RETURNING id",
        id=number,
    )
    post.office.rcpt += ["550 5.1.1 no such user"] * 9
    await post.go(timedelta())
    if because == "bounced":
        async with intake.database.transaction() as session:
            assert await bounce(session, answered.id, utc_now())
    before = await post.replies(number)
    await intake.hear(story.replied(2))
    await post.go(timedelta())
    assert await untold(intake, number) == [("answered", because)]
    assert await post.replies(number) == before  # staff have the task


async def test_what_was_settled_on_the_spot_stands_and_no_mail_arrives_of_what_follows(
    intake: Intake, post: Post
) -> None:
    at_once = {**SAID, "channel": "counter", "resolved_on_the_spot": {"remedy": "refund"}}
    receipt = await intake.submit(at_once, intake.staff("agent"))
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.assigned(), story.replied(text=None, on_the_spot=True))
    post.office.rcpt += ["550 5.1.1 no such user"] * 9
    await post.go(timedelta())
    assert await post.replies(receipt["id"]) == [("delivered", "tracking")]
    assert await untold(intake, receipt["id"]) == [("answered", "rejected")]
    await intake.hear(story.asked(SOON))
    await post.go(timedelta())
    assert await untold(intake, receipt["id"]) == [("answered", "rejected")]


async def untold(intake: Intake, number: str) -> list[tuple[str, str]]:
    """Of what it was told that its mail did not arrive, and because of what."""
    return [
        (event["data"]["notice"], event["data"]["because"])
        for event in await intake.events(number)
        if event["type"] == "ca.ecoute.notice.undeliverable.v1"
    ]


@pytest.mark.parametrize("reply_by", ["email", None])
async def test_a_question_and_a_new_date_of_which_no_mail_arrives_are_told_once(
    intake: Intake, post: Post, reply_by: str | None
) -> None:
    for notice in ("asked", "extended"):
        receipt = await intake.submit({**SAID, "reply_by": reply_by} if reply_by else SAID)
        story = Story(receipt["id"])
        await intake.hear(story.opened(), story.assigned())
        await post.go(timedelta())
        event = story.asked(SOON) if notice == "asked" else story.extended(DUE + timedelta(days=9))
        post.office.rcpt += ["550 5.1.1 no such user"] * 9
        await intake.hear(event)
        await post.go(timedelta())
        assert await untold(intake, receipt["id"]) == [(notice, "rejected")]
        (told,) = [one["data"] for one in await intake.events(receipt["id"]) if "notice" in one["type"]]
        assert (told["about"], datetime.fromisoformat(told["said_at"])) == (str(event.id), event.event.effective_at)
        await intake.hear(story.extended(DUE + timedelta(days=10)))
        await intake.hear(story.replied(1))
        await post.go(timedelta())
        post.office.rcpt.clear()
        assert await untold(intake, receipt["id"]) == [(notice, "rejected")]
        assert ("undeliverable", "rejected") not in await post.replies(receipt["id"])


@pytest.mark.parametrize(("reply_by", "told"), [("email", [("asked", "unreachable")]), (None, [])])
async def test_a_question_that_could_not_be_mailed_in_time_is_told_where_mail_was_chosen(
    intake: Intake, post: Post, reply_by: str | None, told: list[tuple[str, str]]
) -> None:
    receipt = await intake.submit({**SAID, "reply_by": reply_by} if reply_by else SAID)
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.asked(SOON))
    await post.without_a_server(timedelta(days=4))
    assert await untold(intake, receipt["id"]) == told


@pytest.mark.parametrize(("reply_by", "told"), [("email", [("asked", "unreachable")]), (None, [])])
async def test_a_question_that_waited_longer_than_the_time_to_answer_it_was_not_asked(
    intake: Intake, post: Post, reply_by: str | None, told: list[tuple[str, str]]
) -> None:
    tomorrow, later = utc_now() + timedelta(days=1), timedelta(days=1, hours=1)
    numbers = [(await intake.submit({**SAID, "reply_by": reply_by} if reply_by else SAID))["id"] for _ in range(2)]
    for number, is_answered in zip(numbers, (False, True), strict=True):
        story = Story(number)
        await intake.hear(story.opened(), story.acknowledged())
        await intake.hear(story.asked(tomorrow))
        await intake.hear(story.replied(1) if is_answered else story.resumed("timer", DUE))
    mails = await post.go(later)
    assert [mail for mail in mails if "question" in mail["Subject"]] == []
    assert [(await post.states(number))["asked"] for number in numbers] == ["expired", "dropped"]
    assert [await untold(intake, number) for number in numbers] == [told, []]


async def test_a_question_to_two_arrives_with_one_and_is_lost_once_both_came_back(intake: Intake, post: Post) -> None:
    submitter = {"role": "representative", "authority": "declared", "email": "avocate@example.com"}
    receipt = await intake.submit({**SAID, "reply_by": "email", "reply_to": "both", "submitted_by": submitter})
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.asked(SOON))
    await post.go()
    for after in ([], [("asked", "bounced")]):
        (sent, *_) = await intake.rows(
            "SELECT id FROM notice WHERE kind = 'asked' AND state = 'sent' AND feedback_id = :id", id=receipt["id"]
        )
        async with intake.database.transaction() as session:
            assert await bounce(session, sent.id, utc_now())
        assert await untold(intake, receipt["id"]) == after


# Who has the code may not know what is answered.

NIECE = {"role": "relative", "email": "niece@example.com"}
WITHOUT_ADDRESS = {**COMPLAINT, "submitted_by": NIECE}
TO_THE_NIECE = {**WITHOUT_ADDRESS, "reply_to": "submitter", "reply_by": "email"}
TO_BOTH = {**SAID, "submitted_by": NIECE, "reply_to": "both"}


@pytest.mark.parametrize(
    "said",
    [{**COMPLAINT, "submitted_by": {"role": "relative"}}, WITHOUT_ADDRESS, TO_THE_NIECE, {**TO_BOTH, **TO_THE_NIECE}],
)
async def test_a_reply_that_only_one_without_authority_could_come_upon_is_not_there_until_staff_bring_it(
    intake: Intake, post: Post, said: dict[str, Any]
) -> None:
    number = (await intake.submit(said))["id"]
    story = Story(number)
    await intake.hear(story.opened(), story.replied(None), story.replied(1))
    await post.go()
    await intake.hear(story.replied(2))
    await post.go()
    assert await post.replies(number) == []
    assert await untold(intake, number) == [("interim", "no_address")]  # once: staff bring what follows
    path, who = f"/v1/feedback/{number}/deliveries", intake.staff("agent", teams=("passports",))
    assert (await intake.http.post(path, json=PHONED, headers=who)).status_code == 200
    assert await post.replies(number) == [("delivered", "phone")]


async def comes_back(intake: Intake, number: str, kind: str, recipient: str) -> None:
    find = "SELECT id FROM notice WHERE feedback_id = :id AND kind = :kind AND recipient = :recipient"
    [sent] = await intake.rows(find, id=number, kind=kind, recipient=recipient)
    async with intake.database.transaction() as session:
        assert await bounce(session, sent.id, utc_now())


@pytest.mark.parametrize("reply_by", [{"reply_by": "email"}, {}])
async def test_a_reply_past_the_code_is_there_once_mail_to_the_person_was_taken(
    intake: Intake, post: Post, reply_by: dict[str, str]
) -> None:
    sent, waits = [(await intake.submit({**TO_BOTH, **reply_by}))["id"] for _ in range(2)]
    for number in (sent, waits):
        story = Story(number)
        await intake.hear(story.opened(), story.replied(1))
        assert await post.replies(number) == []
        if number == sent:
            await post.go(timedelta())
    assert await post.replies(sent) == [("delivered", "email")]
    await comes_back(intake, sent, "answered", "submitter")
    assert await post.replies(sent) == [("delivered", "email")]
    await comes_back(intake, sent, "answered", "person")
    assert await post.replies(sent) == [("delivered", "email"), ("undeliverable", "bounced")]
    await post.without_a_server(timedelta(days=4))
    assert await post.replies(waits) == [("undeliverable", "unreachable")]


async def test_a_question_that_only_one_without_authority_was_mailed_reached_nobody(intake: Intake, post: Post) -> None:
    sent, waits = [(await intake.submit(TO_BOTH))["id"] for _ in range(2)]
    for number in (sent, waits):
        story = Story(number)
        await intake.hear(story.opened(), story.asked(SOON))
        if number == sent:
            await post.go()
    await comes_back(intake, sent, "asked", "submitter")
    assert await untold(intake, sent) == []
    await comes_back(intake, sent, "asked", "person")
    assert await untold(intake, sent) == [("asked", "bounced")]
    await post.without_a_server(timedelta(days=4))
    assert await untold(intake, waits) == [("asked", "unreachable")]


async def test_of_two_who_are_told_one_is_enough(intake: Intake, post: Post) -> None:
    submitter = {"role": "representative", "authority": "declared", "email": "avocate@example.com"}
    for refused_first in (True, False):
        receipt = await intake.submit({**SAID, "reply_by": "email", "reply_to": "both", "submitted_by": submitter})
        story = Story(receipt["id"])
        await intake.hear(story.opened())
        await post.go()
        post.office.rcpt += ["550 5.1.1 no such user"] if refused_first else [None, "550 5.1.1 no such user"]
        await intake.hear(story.replied(1))
        await post.go()
        assert sorted((await post.replies(receipt["id"]))[0]) == ["delivered", "email"]


async def test_a_mail_that_came_back_is_not_taken_for_sent(intake: Intake, post: Post) -> None:
    receipt = await intake.submit({**SAID, "reply_by": "email"})
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.replied(1))
    await post.go()
    [answered] = [
        row.id
        for row in await intake.rows(
            "SELECT id FROM notice WHERE kind = 'answered' AND feedback_id = :id", id=receipt["id"]
        )
    ]
    async with intake.database.transaction() as session:
        assert await bounce(session, answered, utc_now())
        await settle(session, answered, "sent", None, utc_now(), lambda _: timedelta())
    assert await post.replies(receipt["id"]) == [("delivered", "email"), ("undeliverable", "bounced")]
