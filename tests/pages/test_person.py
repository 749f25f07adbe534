"""What a person can do with the pages: over HTTP, as any browser sends it."""

import re
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from tests.pages.messages import ANSWER, answered, sent
from tests.pages.signing_in import browser, hidden_fields
from tests.system import System, eventually, json_of


@pytest.fixture
def http(system: System) -> Iterator[httpx.Client]:
    with browser(system, **{"Accept-Language": "en"}) as opened:
        yield opened


def code_on(page: str) -> str:
    """The code as the receipt shows it."""
    found = re.search(r'<p class="code">(.+?)</p>', page)
    assert found, page
    return re.sub("<[^>]+>", "", found[1])


def reference_on(page: str) -> str:
    return re.findall("EC-[0-9A-Z]{4}-[0-9A-Z]{4}", page)[0]


def tracked(http: httpx.Client, code: str) -> httpx.Response:
    return http.get("/v1/tracking", headers={"Tracking-Code": code})


def test_what_is_written_in_the_form_is_taken_in_as_the_api_takes_it(http: httpx.Client, system: System) -> None:
    form = {
        **hidden_fields(http.get("/feedback").text),
        "kind": "complaint",
        "service": "passports",
        "text": "Three weeks, and no news.\r\nNot a word.",
        "ratings": "2",
        "person.name": "Zoe",
        "person.email": "zoe@example.org",
        "person.language": "fr",
        "person.accessible_format": "large-print",
        "submitted_by.role": "relative",
        "authority": "yes",
        "submitted_by.email": "ali@example.org",
        "reply_to": "both",
        "concerns_staff": "yes",
        "consent.publish": "yes",
    }
    page = http.post("/feedback", data=form)
    reviewer = {**system.staff("reviewer"), "Accept-Language": "en"}
    found = json_of(http.get("/v1/feedback/search", params={"reference": reference_on(page.text)}, headers=reviewer))
    held = json_of(http.get(f"/v1/feedback/{found['items'][0]['id']}", headers=reviewer))
    assert (held["channel"], held["source"], held["text"]) == (
        "web",
        "web_form",
        "Three weeks, and no news.\nNot a word.",
    )
    assert held["ratings"] == [{"measure": "csat", "value": 2, "answered_by": "person"}]
    assert (held["person"]["language"], held["person"]["accessible_format"]) == ("fr", "large-print")
    assert (held["submitted_by"]["role"], held["submitted_by"]["authority"]) == ("relative", "declared")
    assert (held["reply_to"], held["concerns_staff"]) == ("both", True)
    assert [(one["purpose"], one["given"]) for one in held["consent"]] == [("publish", True)]


def test_a_double_click_or_a_reload_is_one_message(http: httpx.Client) -> None:
    form = {**hidden_fields(http.get("/feedback").text), "text": "Once only."}
    first, second = (http.post("/feedback", data=form).text for _ in range(2))
    assert code_on(first) == code_on(second)
    again = http.post("/feedback", data={**form, "text": "Something else."})
    assert "sent already" in again.text
    assert "Something else." in again.text
    assert code_on(http.post("/feedback", data=hidden_fields(again.text) | {"text": "Something else."}).text)


@pytest.mark.parametrize(
    ("sent_in", "field", "said"),
    [
        ({}, "text", "at least a few words"),
        ({"text": "Hm.", "person.email": "zoe@"}, "person.email", "not a whole e-mail address"),
        ({"text": "Hm.", "reply_by": "phone"}, "person.phone", "needed for the reply"),
        ({"text": "Hm.", "reply_by": "phone", "person.phone": "abc"}, "person.phone", "too few digits"),
        (
            {"text": "Hm.", "reply_by": "phone", "person.phone": "514 555-0101", "disclosure": "anonymous"},
            "reply_by",
            "choose e-mail or the tracking code",
        ),
        ({"text": "Hm.", "experienced_on": "2999-01-01"}, "experienced_on", "has not come yet"),
        ({"text": "Hm.", "service": "moon"}, "service", "not in the catalogue"),
        ({"text": "Hm.", "submitted_by.name": "Ali"}, "submitted_by.role", "This field is required"),
        ({"text": "Hm.", "reply_to": "submitter"}, "submitted_by.role", "say here who you are to that person"),
        ({"text": "Hm.", "ratings": "9"}, "ratings", "not on the measure"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    http: httpx.Client, sent_in: dict[str, str], field: str, said: str
) -> None:
    page = http.post("/feedback", data={**hidden_fields(http.get("/feedback").text), **sent_in})
    assert page.status_code == 422
    assert f'<a href="#{field}">' in page.text
    assert re.search(f'id="{field}-wrong">[^<]*{said}', page.text), page.text
    assert sent_in.get("text", "") in page.text


def test_a_service_of_others_says_where_to_turn_before_and_after_it_is_chosen(
    http: httpx.Client, system: System
) -> None:
    body = {
        "name": {"fr": "Permis de conduire", "en": "Driving licences"},
        "out_of_scope": True,
        "where_to_turn": {"fr": "Adressez-vous à la province.", "en": "Turn to the province."},
    }
    http.put("/v1/services/licences", json=body, headers={**system.staff("admin"), "If-None-Match": "*"})
    assert "Turn to the province." in http.get("/feedback").text
    page = http.post("/feedback", data={"text": "My licence.", "service": "licences"})
    assert page.status_code == 422
    assert "given by others" in page.text


def test_the_address_of_a_code_at_a_desk_fills_in_the_place_and_an_old_one_does_no_harm(http: httpx.Client) -> None:
    at_the_desk = http.get("/feedback", params={"touchpoint": "kiosk-downtown"}).text
    assert hidden_fields(at_the_desk)["touchpoint"] == "kiosk-downtown"
    assert '<option value="office-downtown" selected>' in at_the_desk
    assert '<option value="passports" selected>' in at_the_desk
    old = http.get("/feedback", params={"touchpoint": "kiosk-of-old", "service": "pensions"})
    assert hidden_fields(old.text)["touchpoint"] == ""
    assert '<option value="pensions" selected>' in old.text


def test_another_language_keeps_what_is_written_and_sends_nothing(http: httpx.Client) -> None:
    form = {**hidden_fields(http.get("/feedback").text), "text": "Half a sentence", "lang": "fr"}
    page = http.post("/feedback", data={**form, "person.language": "en"})
    assert '<option value="fr" selected>' in page.text  # and answers in the language of the page
    assert "Half a sentence</textarea>" in page.text
    assert "Que s&#39;est-il passé" in page.text or "Que s'est-il passé" in page.text
    assert hidden_fields(page.text)["key"] == form["key"]
    assert 'lang="fr"' in http.get("/follow").text


def test_the_code_shows_who_has_it_and_by_when_and_is_in_no_address(http: httpx.Client) -> None:
    code = sent(http)["tracking_code"]
    eventually(lambda: json_of(tracked(http, code))["team"], 30)
    page = http.post("/follow", data={"code": code.lower().replace("-", " ")})
    assert page.status_code == 200
    assert "Passport team" in page.text
    assert "1-800-555-0101" in page.text
    assert "Answer promised" in page.text
    assert f"?{code}" not in page.text
    assert http.get("/follow", params={"code": code}).text.count(code) == 0


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("", 404, "Type the tracking code"),
        ("ABC", 422, "wrong or missing"),
        ("0E94-ZFRZ-MXY3-2C4JP", 404, "No message"),
    ],
)
def test_a_code_that_opens_nothing_says_why(http: httpx.Client, code: str, status: int, said: str) -> None:
    page = http.post("/follow", data={"code": code})
    assert (page.status_code, said in page.text) == (status, True)


def test_half_a_character_of_a_form_that_no_browser_sends_is_a_question_mark(http: httpx.Client) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="code"\r\n\r\n\\ud83d\r\n--b--\r\n'
    kind = "multipart/form-data; boundary=b; charset=unicode_escape"
    page = http.post("/follow", content=body, headers={"Content-Type": kind})
    assert (page.status_code, 'value="?"' in page.text) == (422, True)


def test_a_message_an_evaluation_and_their_reload_are_each_taken_once(http: httpx.Client, system: System) -> None:
    code = answered(http, system)
    page = http.post("/follow", data={"code": code})
    assert ANSWER in page.text
    key = hidden_fields(page.text)["key"]
    for _ in range(2):
        page = http.post("/follow/message", data={"code": code, "key": key, "text": "And my file?"})
        assert page.text.count("And my file?") == 1
    evaluation = {"code": code, "key": str(uuid4()), "solved": "partly", "ratings": "4", "comment": "Nearly."}
    for _ in range(2):
        page = http.post("/follow/evaluation", data=evaluation)
        assert (page.status_code, page.text.count("Nearly.")) == (200, 1)
    other = http.post("/follow/evaluation", data={**evaluation, "key": str(uuid4()), "solved": "yes"})
    assert (other.status_code, "already" in other.text) == (409, True)
    assert json_of(tracked(http, code))["evaluations"][0]["solved"] == "partly"


def test_an_empty_message_is_refused_at_its_field_and_the_same_form_can_be_sent_again(http: httpx.Client) -> None:
    code, key = sent(http)["tracking_code"], str(uuid4())
    empty = http.post("/follow/message", data={"code": code, "key": key, "text": ""})
    assert empty.status_code == 422
    assert 'id="text-wrong"' in empty.text
    assert http.post("/follow/message", data={"code": code, "key": key, "text": "Now with words."}).status_code == 200


def test_withdrawing_and_erasing_need_a_yes(http: httpx.Client) -> None:
    code = sent(http)["tracking_code"]
    for act in ("withdrawal", "erasure"):
        assert http.post(f"/follow/{act}", data={"code": code}).status_code == 422
    assert json_of(tracked(http, code))["status"] != "withdrawn"
    page = http.post("/follow/withdrawal", data={"code": code, "withdraw": "yes"})
    assert "withdrawn" in page.text
    assert json_of(tracked(http, code))["status"] == "withdrawn"
    assert "Everything is erased" in http.post("/follow/erasure", data={"code": code, "erase": "yes"}).text
    assert tracked(http, code).status_code == 410
    assert http.post("/follow", data={"code": code}).status_code == 410


def test_everything_that_is_held_can_be_taken_out_as_a_file(http: httpx.Client) -> None:
    receipt = sent(http, person={"name": "Zoe", "email": "zoe@example.org"})
    taken = http.post("/follow/export", data={"code": receipt["tracking_code"]})
    assert receipt["reference"] in taken.headers["Content-Disposition"]
    assert taken.json()["items"][0]["feedback"]["person"]["email"] == "zoe@example.org"


def test_a_lost_code_is_answered_the_same_whether_there_is_one_or_not(http: httpx.Client) -> None:
    sent(http, person={"email": "somebody@example.org"})
    known, unknown = (
        http.post("/follow/recovery", data={"email": address}).text
        for address in ("somebody@example.org", "nobody@example.org")
    )
    assert known.replace("somebody", "nobody") == unknown
    assert http.post("/follow/recovery", data={"email": "no"}).status_code == 422


@pytest.mark.parametrize("path", ["/feedback", "/follow", "/follow/message", "/follow/erasure"])
def test_no_other_site_sends_a_form_of_ours(http: httpx.Client, path: str) -> None:
    assert http.post(path, data={"text": "x"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
