"""What routing holds in words, and what is none: every column of text, bytes or JSON is on one of the two lists."""

from collections.abc import Mapping

from libs.common.words import Held

WORDS = (
    Held("cases", ("verbatim", "external_reference"), key="id", whose="case"),
    Held("unopened_feedback"),
    Held("timeline_entry", ("note", "late_entry_reason", "text"), key="case_id", whose="case"),
)
"""Taken away when a person is erased. A partner's own reference goes too: it leads to the person elsewhere."""

NO_WORDS: Mapping[str, str] = {
    "cases": "reference state team member kind service service_point topic channel language outcome solved"
    " source source_code priority hidden_from assigned_by said reply_by remedy waiting_for linked",
    "clock": "clock standard calendar starts within",
    "suspension": "waiting_for reason resumed_by resumes_to",
    "case_task": "task",
    "timeline_entry": "verb by details",
    "team": "code name contact members alert_email services service_points",
    "alert": "team urgency outcome",
    "team_version": "code document published_by",
    "calendar": "code document published_by",
    "rule_set": "document published_by",
    "service_standard": "code document published_by",
    "catalogue_code": "kind code name",
}
"""Codes, documents of the organisation, and who of staff did something. `linked`, and the case that a line of a link
names, go on both sides when one of the two persons is erased.
"""
