"""What intake tells of feedback: every field of the contract that is neither words nor contact data."""

import re
from typing import Any

from libs.common.stream.events import Recorded
from libs.contracts.feedback import FeedbackSubmitted

TELLABLE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
"""What others call something by, where it can only be a code and no words."""


def submitted(feedback: dict[str, Any], person: dict[str, Any], traceparent: str | None) -> Recorded:
    """`feedback.submitted`, the first event of a feedback."""
    reference = feedback["external_reference"]
    event = FeedbackSubmitted.model_validate(
        {
            **feedback,
            "has_text": feedback["words"] is not None,
            "external_reference": reference if reference and TELLABLE.fullmatch(reference) else None,
            "resolved_on_the_spot": _resolved(feedback["resolved_on_the_spot"]),
            "person": {"language": person["language"], "accessible_format": person["accessible_format"]},
        }
    )
    return Recorded(event, feedback["id"], 1, feedback["submitted_at"], traceparent)


def _resolved(resolved: dict[str, Any] | None) -> dict[str, Any] | None:
    """With the agent where the name that their own house gives them is a code, and not an address."""
    if resolved is None or TELLABLE.fullmatch(resolved["agent"] or ""):
        return resolved
    return {**resolved, "agent": None}
