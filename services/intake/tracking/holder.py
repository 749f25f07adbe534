"""In whose hand the code is: the person's, or that of who spoke for them."""

from libs.contracts.codes import FOR_OTHERS, Author
from services.intake.feedback.models import Feedback


def author_of(feedback: Feedback) -> Author:
    """Who speaks with the code. Staff write down for the person, and hand the code to them."""
    by = feedback.submitted_by
    return "submitter" if by and by["role"] in FOR_OTHERS else "person"


def withholds(feedback: Feedback) -> bool:
    """True where the code is in the hand of somebody who speaks without authority: no answer tells of the file."""
    by = feedback.submitted_by
    return author_of(feedback) == "submitter" and by is not None and by.get("authority", "none") == "none"
