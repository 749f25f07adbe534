"""A form that a browser sends is read as the API's own JSON would be."""

from typing import Annotated
from zoneinfo import ZoneInfo

import pytest
from pydantic import AwareDatetime, BaseModel, Field
from starlette.datastructures import FormData

from libs.common.problems import InvalidRequest
from libs.pages.forms import Filled, body_of, kept, read, wrong_of
from libs.pages.wording import in_words, typed_in

ZONE = ZoneInfo("America/Toronto")


class Person(BaseModel):
    email: Annotated[str, Field(min_length=5)] | None = None


class Asked(BaseModel):
    text: str
    until: AwareDatetime | None = None
    person: Person | None = None


NAMES = ("text", "until", "person.email")


def test_empty_fields_are_not_sent_and_what_is_typed_is_trimmed() -> None:
    sent = FormData([("text", " Un mot\r\nDeux \n"), ("until", ""), ("person.email", "  "), ("step", "send")])
    assert body_of(sent, NAMES, ZONE) == {"text": "Un mot\nDeux"}


def test_a_moment_is_what_the_clock_on_the_wall_shows() -> None:
    sent = FormData({"until": "2026-03-10T16:30"})
    assert body_of(sent, NAMES, ZONE, ("until",)) == {"until": "2026-03-10T16:30:00-04:00"}


def test_what_was_left_as_it_was_is_not_sent_and_what_was_emptied_is_null() -> None:
    sent = FormData(
        {"text": "a", "was.text": "a", "until": "", "was.until": "x", "person.email": "", "was.person.email": ""}
    )
    assert body_of(sent, NAMES, ZONE) == {"until": None}


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays() -> None:
    sent = FormData({"person.email": "a@b", "until": "soon"})
    with pytest.raises(InvalidRequest) as refused:
        read(Asked, body_of(sent, NAMES, ZONE, ("until",)))
    form = kept(sent, wrong_of(refused.value))
    assert {one.field for one in form.wrong} == {"text", "until", "person.email"}
    assert form.value("until") == "soon"
    assert form.error("person.email")
    assert form.error("person") == form.error("person.email")
    assert form.key != Filled().key


def test_what_the_api_quotes_is_said_as_people_call_it() -> None:
    assert in_words("`effective_at` is after now.") == "“Done when” is after now."
    assert in_words("« until » doit être après.") == "«\u00a0Jusqu'à quand\u00a0» doit être après."
    assert in_words("See `errors`, « errors ».") == "See `errors`, « errors »."


def test_what_was_written_is_given_back_in_words_and_nothing_that_is_secret_or_was_not_written() -> None:
    sent = {
        "csrf_token": "t",
        "key": "k",
        "was.kind": "complaint",
        "tracking_code": "secret",
        "note": " ",
        "step": "send",
    }
    written = {"text": "As it was.", "kind": "complaint", "for": "third_party", "interim": "true", "service": "renewal"}
    assert typed_in((sent | written).items()) == [
        ("Text", "As it was."),
        ("Kind", "Complaint"),
        ("Waiting for", "a third party"),
        ("Interim reply", "yes"),
        ("Service", "renewal"),
    ]
