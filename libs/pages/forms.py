"""From what a browser sends to a schema of the API, and back to the form with what is wrong beside each field.

A form has the names of the schema: `text`, `for`, and with dots `person.email`. Whoever sends it need not know JSON.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from libs.common.field_problems import FieldProblem
from libs.common.idempotency import StillRunning
from libs.common.languages import Bilingual, language_of_request
from libs.common.problems import Problem, ServiceUnavailable, invalid_body
from libs.pages.wording import in_words, title_of, with_label

AS_IT_WAS = "was."
"""Before a field's name: what stood there when the form was shown. What still stands there is not sent on."""

UNDECIDED = (StillRunning, ServiceUnavailable)
"""After these nobody knows whether it took effect: the same key tells."""

_FORM_OF_A_CODE = Bilingual(
    fr="Un code : lettres sans accent, chiffres et tirets, sans espace.",
    en="A code: unaccented letters, digits and hyphens, no space.",
)
_FORM_OF_A_LANGUAGE = Bilingual(fr="Une langue, comme fr, en ou fr-CA.", en="A language, such as fr, en or fr-CA.")

M = TypeVar("M", bound=BaseModel)


async def form_of(request: Request) -> FormData:
    """No browser sends half of a surrogate pair; what stands for one, in an encoding that can write it, is a `?`."""
    return FormData([(name, _whole(value)) for name, value in (await request.form()).multi_items()])


def _whole(value: str | UploadFile) -> str | UploadFile:
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


Sent = Annotated[FormData, Depends(form_of)]
"""What came with a form, fields and buttons."""


@dataclass(frozen=True)
class Wrong:
    """One thing to correct; `field` is the name in the form, None where it is the whole."""

    field: str | None
    detail: str

    @property
    def told(self) -> str:
        """With the name of the field: many can lack the same."""
        return with_label(self.field, self.detail)

    def told_by(self, labels: Mapping[str, str]) -> str:
        """The same, by what a form calls its fields, where it says."""
        return with_label(self.field, self.detail, labels.get(self.field or ""))


@dataclass(frozen=True)
class Filled:
    """A form as it is shown: what stands in it, what is wrong, and the key under which it takes effect once."""

    values: Mapping[str, str] = field(default_factory=dict)
    wrong: Sequence[Wrong] = ()
    key: str = field(default_factory=lambda: str(uuid4()))

    def value(self, name: str, otherwise: str = "") -> str:
        return self.values.get(name, otherwise)

    def error(self, name: str) -> str | None:
        """What is wrong with a field, or with a part of it."""
        found = (one.detail for one in self.wrong if one.field and f"{one.field}.".startswith(f"{name}."))
        return " ".join(found) or None


def kept(sent: FormData, wrong: Sequence[Wrong] = ()) -> Filled:
    """The form again, as it was typed, under a new key."""
    return Filled({name: value for name, value in sent.multi_items() if isinstance(value, str)}, wrong)


def again(sent: FormData, problem: Problem, wrong: Sequence[Wrong]) -> Filled:
    """The form again, with what is wrong: under the key that it had where it may have taken effect all the same."""
    filled, key = kept(sent, wrong), sent.get("key")
    return replace(filled, key=key) if isinstance(problem, UNDECIDED) and isinstance(key, str) and key else filled


def body_of(sent: FormData, names: Collection[str], zone: ZoneInfo, moments: Collection[str] = ()) -> dict[str, Any]:
    """The JSON that the form stands for: empty fields and those left as they were are not in it.

    `moments` are typed as the clock on the wall shows them, in the organisation's zone.
    """
    body: dict[str, Any] = {}
    for name in names:
        value = sent.get(name)
        before = sent.get(AS_IT_WAS + name)
        if not isinstance(value, str) or value == before or (not value.strip() and before is None):
            continue
        said: str | None = value.replace("\r\n", "\n").strip() or None
        if said and name in moments:
            said = _moment(said, zone)
        *above, last = name.split(".")
        within = body
        for part in above:
            within = within.setdefault(part, {})
        within[last] = said
    return body


def read(model: type[M], body: Mapping[str, Any]) -> M:
    """The body as the API reads it. `InvalidRequest` as the API says it."""
    try:
        return model.model_validate(body)
    except ValidationError as invalid:
        raise invalid_body(invalid) from invalid


def wrong_of(problem: Problem, fields: Mapping[str, str] | None = None) -> list[Wrong]:
    """What to show of a problem: each of its errors at its field, or the whole.

    `fields`: where a rule or a problem is shown that names no field, by the code of the rule or the problem's name.
    """
    where = fields or {}
    body = problem.body(language_of_request.get())
    if not problem.errors:
        return [Wrong(where.get(type(problem).__name__), in_words(body.detail or title_of(problem)))]
    return [wrong_in(one, where) for one in problem.errors]


def wrong_in(error: FieldProblem, where: Mapping[str, str]) -> Wrong:
    """One error of a body, at its field, in words for who fills in a form."""
    field = (error.pointer or "").strip("/").replace("/", ".") or where.get(error.code)
    if error.code != "string_pattern_mismatch":
        return Wrong(field, in_words(error.detail))
    form = _FORM_OF_A_LANGUAGE if (field or "").endswith("language") else _FORM_OF_A_CODE
    return Wrong(field, form.in_(language_of_request.get()))


def _moment(typed: str, zone: ZoneInfo) -> str:
    """With the zone's offset; what is no moment stays as it was typed, for the schema to refuse."""
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=zone).isoformat()
    except ValueError:
        return typed
