"""The event of a feedback with every field filled tells nothing of what was said and by whom."""

from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.auth.identity import Principal
from libs.common.clock import utc_now
from libs.common.db import Database
from libs.common.stream.ledger import ErasureLedger
from libs.contracts.feedback import FeedbackSubmitted
from services.intake.catalogue.at_hand import Known, KnownCodes
from services.intake.desk import Desk
from services.intake.feedback import events
from services.intake.feedback.arrival import Arrival
from services.intake.feedback.schemas import FeedbackIn
from services.intake.feedback.sender import Sender
from services.intake.feedback.submission import prepare
from services.intake.persons.contact import BlindIndex
from services.intake.persons.keys import MasterKey

SECRET = "of no importance, but long enough"
ARRIVAL = Arrival(
    Desk(
        database=Database("postgresql://nowhere/none", pool_size=1, application="none"),
        codes=KnownCodes(lambda: date(2026, 11, 23), ZoneInfo("America/Toronto")),
        master_key=MasterKey("A" * 43 + "="),
        secret=SECRET,
        blind=BlindIndex(SECRET, "CA"),
        zone=ZoneInfo("America/Toronto"),
        late_days=5,
        sends_mail=True,
        ledger=ErasureLedger(Path("/nowhere/ledger")),
    ),
    Sender.of(Principal("Prénom-Agent Nom-Agent", frozenset({"importer"}), frozenset())),
    utc_now(),
    Known(frozenset(), {}),
    slips={},
)
KEPT_BACK = {
    "text",
    "tracking_code",
    "answers",  # refused until questionnaires are built
}
words = st.text("abcdefghijklmnopqrstuvwxyzéèçœ -'’", min_size=12, max_size=60).map(
    lambda text: f"Zx {text.strip()} xZ"
)
mailbox = st.text("abcdefghijklmnopqrstuvwxyz", min_size=6, max_size=20).map(lambda text: f"zx{text}xz")
digits = st.integers(1_000_000, 9_999_999)


@st.composite
def everything(draw: st.DrawFn) -> tuple[dict[str, Any], list[str]]:
    """A body with every field filled, and the pieces of it that are for nobody else."""
    said = [draw(words) for _ in range(7)]
    boxes = [draw(mailbox) for _ in range(2)]
    phones = [f"514 {draw(digits)}" for _ in range(2)]
    body = {
        "channel": "phone",
        "touchpoint": "kiosk",
        "about_channels": ["web"],
        "kind": "complaint",
        "topic": "waiting-time",
        "service": "passports",
        "service_point": "office-north",
        "text": said[0],
        "language": "fr",
        "ratings": [{"measure": "csat", "value": 2, "answered_by": "assisted"}],
        "person": {
            "name": said[1],
            "email": f"{boxes[0]}@example.org",
            "phone": phones[0],
            "address": said[2],
            "language": "fr",
            "accessible_format": "braille",
        },
        "respondent": "client",
        "submitted_by": {
            "role": "relative",
            "authority": "evidenced",
            "name": said[3],
            "email": f"{boxes[1]}@example.org",
            "phone": phones[1],
        },
        "reply_to": "both",
        "reply_by": "email",
        "disclosure": "confidential",
        "concerns_staff": True,
        "urgent": "safety",
        "response_requested": True,
        "resolved_on_the_spot": {"remedy": "apology", "note": said[4]},
        "interaction": {"reference": said[5], "waiting_seconds": 9, "handling_seconds": 10},
        "consent": [{"purpose": purpose, "given": True} for purpose in ("contact", "publish", "research", "link")],
        "external_reference": said[6],
        "historical": True,
        "experienced_on": "2026-01-05",
        "submitted_at": "2026-01-06T09:00:00Z",
    }
    return body, [*said, *boxes, *phones]


@given(everything())
def test_nothing_personal_is_in_the_event_whatever_was_said(given: tuple[dict[str, Any], list[str]]) -> None:
    body, secrets = given
    said = FeedbackIn.model_validate(body)
    assert said.model_fields_set == FeedbackIn.model_fields.keys() - {"tracking_code", "answers"}
    submission = prepare(ARRIVAL, said, "a key of mine")
    told = events.submitted(submission.feedback, submission.person, None).event.to_data().casefold()
    assert [piece for piece in secrets if piece.casefold() in told] == []
    assert "nom-agent" not in told
    kept = str({**submission.feedback, "external_reference": None}) + str(submission.person) + str(submission.claims)
    assert [piece for piece in secrets if piece in kept] == []


@pytest.mark.parametrize(("reference", "kept"), [("CRM-2026.1", "CRM-2026.1"), ("Dossier de Zoé Tremblay", None)])
def test_a_reference_that_may_be_words_lies_in_clear_nowhere(reference: str, kept: str | None) -> None:
    said = FeedbackIn.model_validate({"channel": "web", "text": "Bonjour.", "external_reference": reference})
    submission = prepare(ARRIVAL, said, None)
    assert submission.feedback["external_reference"] == kept
    assert kept or "Zoé" not in str(submission.feedback) + str(submission.claims)


def test_the_event_has_every_field_of_the_body_that_is_neither_words_nor_secret() -> None:
    assert FeedbackIn.model_fields.keys() - KEPT_BACK <= FeedbackSubmitted.model_fields.keys()
