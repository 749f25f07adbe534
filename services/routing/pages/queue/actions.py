"""One action on many cases, as a supervisor ticks them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from starlette.datastructures import FormData

from libs.common.auth.identity import Principal
from libs.pages.forms import Filled, read
from services.routing.cases.schemas import Verb
from services.routing.cases.verbs.schemas import Batch
from services.routing.cases.verbs.service import WAYS

BULK: Sequence[Verb] = ("assign", "transfer", "acknowledge", "resume", "note", "close")

_FIELDS = ("team", "member", "note")


class _Ticked(BaseModel):
    case_id: UUID
    version: int


def form_for(by: Principal) -> dict[str, Any]:
    """What the form is made of, and whether whoever looks gets one."""
    return {"acting": by.has("supervisor"), "bulk": BULK, "key": Filled().key}


def batch_of(sent: FormData) -> Batch:
    """The batch that the form stands for: of the fields, those that the verb takes."""
    verb = str(sent.get("verb", ""))
    takes = WAYS[verb].body.model_fields if verb in BULK else {}  # type: ignore[index]
    body = {name: value for name in _FIELDS if name in takes and (value := str(sent.get(name, "")).strip())}
    ticked = [str(one).partition(".") for one in sent.getlist("case")]
    actions = [
        {**read(_Ticked, {"case_id": case, "version": version}).model_dump(), "verb": verb, "body": body}
        for case, _, version in ticked
    ]
    return read(Batch, {"actions": actions})
