"""The quick entry: what an agent types while somebody speaks, and what they read aloud."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest

from libs.common.languages import Bilingual
from services.intake.pages.entry.forms import code_of
from services.intake.pages.feedback.choices import Option
from tests.services.desk import Desk, desk
from tests.services.intake.cases import Story
from tests.services.intake.house import Intake

CODE = re.compile(r"<code>([0-9A-Z-]{20})</code>")
REFERENCE = re.compile(r"EC-[0-9A-Z]{4}-[0-9A-Z]{4}")
TYPED = {"channel": "counter", "kind": "complaint", "text": "Waited <two> hours.", "service": "renew", "topic": "waiti"}

SERVICES = [
    Option("passports", Bilingual(fr="Passeports", en="Passports"), 0),
    Option("passport-renewal", Bilingual(fr="Renouvellement de passeport", en="Passport renewal"), 1),
    Option("health", Bilingual(fr="Santé", en="Health"), 0),
]


def agent(intake: Intake) -> Desk:
    return desk(intake.app, intake.http, "agent", teams=["first-line"], subject="zoe")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Passports", "passports"),
        ("passeports", "passports"),
        ("renouv", "passport-renewal"),
        ("RENEWAL", "passport-renewal"),
        ("sante", "health"),
        ("passport-renewal", "passport-renewal"),
        ("pass", None),
        ("taxes", None),
    ],
)
def test_a_name_of_the_catalogue_is_known_by_as_much_as_tells_it_from_others(typed: str, meant: str | None) -> None:
    assert code_of(typed, SERVICES) == meant


async def test_what_is_typed_is_taken_in_from_staff_and_the_code_is_read_aloud_and_stands_in_no_address(
    intake: Intake,
) -> None:
    zoe = agent(intake)
    shown = await zoe.see("/entry")
    answers = [await zoe.send("/entry", shown, "/entry", **TYPED, csat="2") for _ in range(2)]
    page = unescape(answers[0].text)
    assert [answer.status_code for answer in answers] == [200, 200]
    codes = [CODE.findall(answer.text) for answer in answers]
    assert codes[0] == codes[1] != []  # sent twice, it is one
    [row] = await intake.rows(
        "SELECT source, channel, service, topic, ratings FROM feedback WHERE reference = :reference",
        reference=REFERENCE.findall(page)[0],
    )
    assert tuple(row)[:4] == ("staff", "counter", "passport-renewal", "waiting-time")
    assert row.ratings == [{"measure": "csat", "value": 2, "answered_by": "assisted"}]
    tracked = await intake.http.get("/v1/tracking", headers={"Tracking-Code": codes[0][0]})
    assert tracked.status_code == 200
    assert '<option value="counter" selected>' in page  # stays for the next
    assert "Waited" not in page
    assert f'href="/queue?reference={REFERENCE.findall(page)[0]}"' in page  # its case may not be open yet


async def test_what_is_typed_under_no_key_is_each_time_another(intake: Intake) -> None:
    zoe = agent(intake)
    shown = await zoe.see("/entry")
    answers = [
        await zoe.send("/entry", shown, "/entry", **TYPED | {"text": text, "key": ""})
        for text in ("The first.", "The second.")
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    first, second = (REFERENCE.findall(answer.text)[0] for answer in answers)
    assert first != second


async def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(intake: Intake) -> None:
    zoe = agent(intake)
    shown = await zoe.see("/entry")
    wrong = {"service": "taxes", "person.email": "zoe@", "reply_by": "phone"}
    first = await zoe.send("/entry", shown, "/entry", **TYPED | wrong)
    assert first.status_code == 422
    assert 'id="service-wrong"' in first.text
    assert "Waited &lt;two&gt; hours." in first.text
    second = await zoe.send("/entry", first.text, "/entry", **TYPED, **{"person.email": "zoe@", "reply_by": "phone"})
    assert 'id="person.email-wrong"' in second.text
    third = await zoe.send("/entry", second.text, "/entry", **TYPED, reply_by="phone")
    assert 'id="person.phone-wrong"' in third.text
    unsorted = await zoe.send("/entry", third.text, "/entry", **TYPED | {"kind": "", "service": "taxes"})
    assert '<option value="" selected>6 To be sorted' in unsorted.text
    assert '<a href="#service">Service: Nothing in the catalogue' in unsorted.text
    assert 'href="/entry?lang=fr"' in unsorted.text
    nothing = await zoe.send("/entry", third.text, "/entry", channel="phone", kind="complaint")
    assert 'id="text-wrong"' in nothing.text


async def test_what_is_wrong_among_the_rest_opens_it_and_a_code_is_asked_for_as_one(intake: Intake) -> None:
    zoe = agent(intake)
    shown = await zoe.see("/entry")
    assert "a code, such as large-print" in shown
    answer = await zoe.send("/entry", shown, "/entry", **TYPED, **{"person.accessible_format": "Large print"})
    assert 'id="person.accessible_format-wrong"' in answer.text
    assert '<details class="wide more" open>' in answer.text


async def test_what_was_settled_at_once_is_kept_with_who_did_it(intake: Intake) -> None:
    zoe = agent(intake)
    settled = {"resolved_on_the_spot.remedy": "explanation", "resolved_on_the_spot.note": "Showed the form."}
    answer = await zoe.send("/entry", await zoe.see("/entry"), "/entry", **TYPED, **settled)
    assert answer.status_code == 200
    [row] = await intake.rows("SELECT resolved_on_the_spot FROM feedback ORDER BY recorded_at DESC LIMIT 1")
    assert row.resolved_on_the_spot == {"remedy": "explanation", "agent": "zoe"}


@pytest.mark.parametrize("sought", ["caller@example.org", "(514) 555-0177", "reference"])
async def test_an_earlier_feedback_of_the_caller_is_found_by_what_they_say(intake: Intake, sought: str) -> None:
    person = {"name": "Zoé", "email": "caller@example.org", "phone": "514-555-0177"}
    receipt = await intake.submit({"channel": "web", "kind": "complaint", "text": "Secret words.", "person": person})
    zoe = agent(intake)
    shown = await zoe.see("/entry")
    typed = receipt["reference"].lower().replace("-", " ") if sought == "reference" else sought
    found = await zoe.send("/entry/search", shown, "/entry/search", sought=typed)
    assert found.status_code == 200
    assert receipt["reference"] in found.text
    assert "Secret words." not in found.text
    assert "Nothing found" in (await zoe.send("/entry/search", shown, "/entry/search", sought="no@example.org")).text
    mistyped = await zoe.send("/entry/search", shown, "/entry/search", sought="zoe@")
    assert (mistyped.status_code, 'value="zoe@"' in mistyped.text) == (422, True)
    assert 'action="/entry/search" target="_blank"' in shown  # what is being typed stays where it is


async def test_what_is_found_leads_to_a_case_where_there_is_one_to_be_read(intake: Intake) -> None:
    receipt = await intake.submit()
    story, sought = Story(receipt["id"]), receipt["reference"]

    async def leads(*roles: str, team: str) -> bool:
        one = desk(intake.app, intake.http, *roles, teams=[team])
        found = await one.send("/entry/search", await one.see("/entry"), "/entry/search", sought=sought)
        assert sought in found.text
        return 'href="/cases/' in found.text

    assert not await leads("agent", team="passports")
    await intake.hear(story.opened(), story.assigned())
    assert await leads("agent", team="passports")
    assert not await leads("agent", team="pensions")
    assert await leads("agent", "reviewer", team="pensions")


async def test_what_is_promised_for_the_end_of_a_day_is_read_aloud_as_that_day_until_the_case_waits(
    intake: Intake,
) -> None:
    receipt = await intake.submit()
    midnight = datetime(2027, 3, 3, 5, tzinfo=UTC)  # in Toronto the end of 2 March
    story, zoe = Story(receipt["id"]), agent(intake)
    await intake.hear(story.opened(midnight), story.assigned(due_at=midnight))
    shown = await zoe.see("/entry")
    found = await zoe.send("/entry/search", shown, "/entry/search", sought=receipt["reference"])
    assert "answer promised by 2 March 2027" in unescape(found.text)
    await intake.hear(story.suspended("third_party", midnight))
    found = await zoe.send("/entry/search", shown, "/entry/search", sought=receipt["reference"])
    assert "answer promised" not in found.text


async def test_the_entry_is_for_those_who_have_somebody_before_them(intake: Intake) -> None:
    assert (await desk(intake.app, intake.http, "manager").get("/entry")).status_code == 403
    assert (await intake.http.get("/entry")).status_code == 303
    foreign = await intake.http.post("/entry", data=TYPED, headers=agent(intake).headers)
    assert foreign.status_code == 403
