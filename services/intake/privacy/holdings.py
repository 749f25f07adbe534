"""What intake holds in words, and what is none: every column of text, bytes or JSON is on one of the two lists."""

from collections.abc import Mapping

from libs.common.words import Held

WORDS = (
    Held("person", ("key", "contact", "language", "accessible_format"), key="id", whose="person"),
    Held("feedback", ("words", "submitter", "resolution_note", "external_reference", "person_ref"), key="id"),
    Held("contact_index"),
    Held("reply", ("words",)),
    Held("case_entry", ("words",)),
    Held("message", ("words",)),
    Held("evaluation", ("comment",)),
)
"""Taken away when a person is erased: with the key, whatever a backup still has of them cannot be read."""

NO_WORDS: Mapping[str, str] = {
    "feedback": "reference tracking_digest source source_code channel touchpoint phase kind declared_kind topic service"
    " service_point language ratings respondent submitted_by reply_to reply_by disclosure urgent about_channels"
    " resolved_on_the_spot interaction consent told_by_mail",
    "person_link": "digest",
    "case_view": "state team team_name hidden_from priority step waiting_for because outcome",
    "reply": "outcome delivery delivery_by undeliverable_because",
    "case_entry": "kind code",
    "message": "author",
    "notice": "kind recipient state told",
    "team_view": "code name contact",
    "slip": "tracking_digest source source_code made_by",
    "evaluation": "solved ratings",
    "reading": "read_by agent what reason",
    "recovery": "digest reference",
    "erasure": "requested_by agent reason feedback_ids",
    "key_holder": "code kind name scopes origins teams touchpoint partner",
    "access_key": "id holder label",
    "interaction_count": "source source_code interaction channel service service_point topic",
    "catalogue_entry": "kind code parent name where_to_turn channel phase service service_point",
}
"""Codes, marks, digests, the organisation's own texts, and who of staff did something. Of `person_link` a row goes with
the last feedback that it was made of."""
