"""What an agent types while somebody speaks, as the API's own schemas read it."""

import unicodedata
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from libs.common.field_problems import FieldProblem, field_problem
from libs.common.languages import Bilingual
from libs.common.problems import UnknownCode
from libs.contracts.references import normalise_reference
from libs.pages.forms import Filled, body_of, read
from services.intake.feedback.schemas import FeedbackIn
from services.intake.pages.feedback.choices import Choices, Option
from services.intake.reading.schemas import Search

FIELDS = (
    *("channel", "kind", "text", "service", "service_point", "topic", "language"),
    *("person.name", "person.email", "person.phone", "person.address", "person.accessible_format", "reply_by"),
    *("disclosure", "concerns_staff", "urgent", "response_requested", "experienced_on", "submitted_at"),
    *("resolved_on_the_spot.remedy", "resolved_on_the_spot.note", "interaction.reference", "tracking_code"),
    *("submitted_by.role", "submitted_by.authority", "submitted_by.name", "submitted_by.phone", "submitted_by.email"),
)
MOMENTS = ("submitted_at",)
STAY = ("channel", "service_point", "language")
"""What is mostly the same from one caller to the next."""

SHOWN_AT = {"says_nothing": "text", "missing": "channel"}

_UNKNOWN = Bilingual(
    fr="Rien au catalogue ne s'appelle ainsi, ou plusieurs choses.", en="Nothing in the catalogue, or more than one."
)


def feedback_of(sent: FormData, offered: Choices, zone: ZoneInfo) -> FeedbackIn:
    """What was typed. `UnknownCode` where a name is none of the catalogue's, `InvalidRequest` as the API says it."""
    body = body_of(sent, FIELDS, zone, MOMENTS)
    lists = {"service": offered.services, "service_point": offered.service_points, "topic": offered.topics}
    unknown: list[FieldProblem] = []
    for name, options in lists.items():
        if typed := body.get(name):
            body[name] = code_of(typed, options)
            if body[name] is None:
                unknown.append(field_problem("unknown_code", _UNKNOWN, pointer=f"/{name}"))
    if unknown:
        raise UnknownCode(errors=unknown)
    if mark := sent.get("csat"):
        body["ratings"] = [{"measure": "csat", "value": mark, "answered_by": "assisted"}]
    return read(FeedbackIn, body)


def code_of(typed: str, options: Sequence[Option]) -> str | None:
    """What somebody means who types a code, a name, or enough of one to tell it from the others."""
    wanted = _plain(typed)
    names = {one.code: (_plain(one.code), _plain(one.name.fr), _plain(one.name.en)) for one in options}
    exact = [code for code, said in names.items() if wanted in said]
    begun = [code for code, said in names.items() if any(name.startswith(wanted) for name in said)]
    within = [code for code, said in names.items() if any(wanted in name for name in said)]
    return next((found[0] for found in (exact, begun, within) if len(found) == 1), None)


def sought_of(sent: FormData) -> Search:
    """A reference, an address or a number: told apart by what was typed."""
    typed = str(sent.get("sought", "")).strip()
    if "@" in typed:
        return read(Search, {"email": typed})
    return read(Search, {"reference": typed} if normalise_reference(typed) else {"phone": typed})


def next_one(values: Mapping[str, str]) -> Filled:
    """The empty form for the next caller, with what stays."""
    return Filled({name: values[name] for name in STAY if values.get(name)})


def _plain(text: str) -> str:
    """Without accents and capitals."""
    decomposed = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
