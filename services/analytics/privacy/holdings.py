"""What analytics holds in words, and what is none: every column of text, bytes or JSON is on one of the two lists."""

from collections.abc import Mapping

from libs.common.words import Held

WORDS: tuple[Held, ...] = ()
"""Facts have no words."""

LINKS: Mapping[str, tuple[str, ...]] = {"feedback_details": ("person", "external_reference")}
"""Keys of a fact's JSON that lead to a person; they go when the person is erased, as `person_ref` does."""

NO_WORDS: Mapping[str, str] = {
    "fact": "channel kind service service_point topic language respondent source touchpoint phase messages deliveries"
    " ratings evaluations feedback_details team state clocks turns suspensions replies asked reopenings links active_on"
    " case_details case_events",
    "rollup": "grain dimension second_dimension value second_value counters",
    "rollup_bucket": "grain dimension value measure",
    "rollup_difference": "difference",
    "projection": "time_zone state",
    "reference": "kind code name details",
    "promise": "standard clock starts",
    "log_read": "source",
    "interactions": "channel service service_point topic details",
}
"""Codes, marks, moments and counts; and what the organisation itself publishes."""
