"""Events as they travel between services that are deployed one after the other."""

import pytest
from pydantic import ValidationError

from deploy.asyncapi import event_types
from libs.common.stream.events import Event

PUBLISHED = ("libs.contracts.catalogue", "libs.contracts.organisation")
"""Events about what is published anyway: names of services and teams, and where the public reaches them."""


@pytest.mark.parametrize("event", event_types(), ids=lambda event: event.type)
def test_a_field_that_a_newer_writer_adds_is_no_error(event: type[Event]) -> None:
    assert event.model_config["extra"] == "ignore"


@pytest.mark.parametrize("event", event_types(), ids=lambda event: event.type)
def test_an_event_cannot_be_changed_after_the_fact(event: type[Event]) -> None:
    made = event.model_construct()
    with pytest.raises(ValidationError):
        made.type_of_nothing = 1


@pytest.mark.parametrize("event", event_types(), ids=lambda event: event.type)
def test_words_never_travel_in_the_data(event: type[Event]) -> None:
    names = set(event.model_fields)
    if event.__module__ in PUBLISHED:
        names -= {"name", "contact"}
    assert not names & {"name", "email", "phone", "address", "contact", "tracking_code", "words", "comment", "note"}
    if "text" in names:
        assert event.words == "text"
        made = event.model_construct(text="des mots")
        assert "des mots" not in made.to_data()
        assert made.to_text() == "des mots"
