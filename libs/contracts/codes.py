"""The codes of the field, the same in code, database, API and events."""

from collections.abc import Callable, Mapping
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints

Channel = Literal["web", "app", "phone", "counter", "letter", "email", "sms", "fax", "chat", "social", "other"]
Kind = Literal["complaint", "suggestion", "compliment", "enquiry", "service_request"]
OWED_KINDS: tuple[Kind, ...] = ("complaint", "enquiry", "service_request")
"""Each of these opens a case by itself: an answer is owed."""
Respondent = Literal["client", "potential_client", "former_client", "employee", "manager"]
SubmitterRole = Literal["self", "relative", "representative", "organisation", "staff"]
FOR_OTHERS: tuple[SubmitterRole, ...] = ("relative", "representative", "organisation")
"""Who speaks for the person, and has the code in their own hand."""
Authority = Literal["none", "declared", "evidenced"]
ReplyTo = Literal["person", "submitter", "both"]
ReplyBy = Literal["tracking", "email", "phone", "letter"]
Disclosure = Literal["named", "confidential", "anonymous"]
Urgency = Literal["safety", "threat", "self_harm"]
Purpose = Literal["contact", "publish", "research", "link"]
AnsweredBy = Literal["person", "assisted", "staff"]
Measure = Literal["csat", "ces", "nps", "trust", "effectiveness", "ease", "efficiency", "transparency", "humanity"]
Source = Literal["web_form", "staff", "partner", "device"]
Solved = Literal["yes", "partly", "no"]
Author = Literal["person", "submitter"]
DeliveredBy = ReplyBy
BROUGHT_BY_STAFF: Final[tuple[DeliveredBy, ...]] = ("phone", "letter")
"""What no machine delivers: a human must, and says so."""
UndeliverableBecause = Literal["no_address", "rejected", "bounced", "returned", "unreachable"]
NO_MAIL_ARRIVES: Final[tuple[UndeliverableBecause, ...]] = ("no_address", "rejected", "bounced")
"""Why a human must bring what is said from then on, where it was to come by mail."""
UntoldNotice = Literal["received", "asked", "extended", "late", "assigned", "transferred", "answered", "interim"]
"""Of what it is told that mail of it did not arrive. Of a reply, where that did not make it undeliverable."""
Interaction = Literal["call", "visit", "page_view", "transaction", "other"]

CaseState = Literal["new", "assigned", "acknowledged", "waiting", "answered", "closed"]
UNSETTLED: Final[tuple[CaseState, ...]] = ("new", "assigned", "acknowledged", "waiting")
SETTLED: Final[tuple[CaseState, ...]] = ("answered", "closed")
"""States in which an answer is owed, and in which nothing more is promised by a date."""
Outcome = Literal["upheld", "partly_upheld", "not_upheld", "referred", "withdrawn", "declined"]
Priority = Literal["normal", "high", "urgent"]
ClockName = Literal["acknowledge", "reply", "resolve", "stage2_reply"]
PROMISES: Final[tuple[ClockName, ...]] = ("reply", "stage2_reply")
"""Clocks that end with an answer to the person."""
Starts = Literal["submission", "assignment", "reopening"]
AssignedBy = Literal["rule", "staff"]
WaitingFor = Literal["person", "third_party"]
ASKED: Final = "asked"
"""The reason of a wait that began with a question to the person."""
WITHDRAWN: Final = "withdrawn"
"""The reason of a span in which the person wanted no answer."""
ResumedBy = Literal["staff", "person", "timer"]
ReopenedBy = Literal["staff", "person"]
ClosedBecause = Literal["time_passed", "staff", "withdrawn", "declined", "referred", "erased"]
CorrectedBecause = Literal["late_entry", "undeliverable"]

Role = Literal["agent", "supervisor", "reviewer", "manager", "analyst", "importer", "auditor", "admin", "service"]

Scope = Literal[
    "feedback:write",
    "feedback:historical",
    "feedback:read",
    "tracking-codes:write",
    "interactions:write",
    "deliveries:write",
    "cases:read",
    "cases:work",
]
"""What a partner or a device may be allowed. `cases:work` works as an agent of the partner's teams."""

STAFF: tuple[Role, ...] = ("agent", "supervisor", "reviewer", "manager", "analyst", "importer", "auditor", "admin")
"""Everyone but services."""

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
"""A code of the catalogue, of a team, of a standard."""

_CASED: Mapping[int, Callable[[str], str]] = {2: str.upper, 4: str.capitalize}
"""How a subtag that follows another is written, by its length."""


def _as_written(tag: str) -> str:
    """`fr-CA`, `zh-Hant-TW` (RFC 5646, 2.1.1): case says nothing, and what says the same is the same here."""
    language, *others = tag.split("-")
    return "-".join([language.lower(), *(_CASED.get(len(one), str.lower)(one) for one in others)])


LanguageTag = Annotated[
    str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35), AfterValidator(_as_written)
]
"""BCP 47."""

RATING_SCALES: dict[str, tuple[int, int]] = {"csat": (1, 5), "ces": (1, 7), "nps": (0, 10)}
"""Lowest and highest mark of each measure; the drivers (US OMB A-11 § 280) are marked 1–5."""

DRIVER_SCALE = (1, 5)


def scale_of(measure: Measure) -> tuple[int, int]:
    """The lowest and the highest mark of a measure."""
    return RATING_SCALES.get(measure, DRIVER_SCALE)
