"""What analytics holds in words, and what is none: every column of text, bytes or JSON is on one of the two lists."""

from collections.abc import Mapping

from libs.common.words import Held

WORDS: tuple[Held, ...] = ()
"""Facts have no words."""

LINKS: Mapping[str, tuple[str, ...]] = {"feedback_details": ("person", "person_ref", "external_reference")}
"""Keys of a fact's JSON that lead to a person; they go when the person is erased."""

NO_WORDS: Mapping[str, str] = {
    "fact": "channel kind service service_point topic language respondent ratings evaluations feedback_details"
    " team state clocks due_on case_details case_events",
    "rollup_day": "dimension value counters",
    "projection": "time_zone",
}
"""Codes, marks and counts."""
