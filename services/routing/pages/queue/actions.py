"""One action on many cases, as a supervisor ticks them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from starlette.datastructures import FormData

from libs.common.auth.identity import Principal
from libs.common.problems import ProblemDetails
from libs.pages.forms import Filled, read, wrong_in
from libs.pages.wording import in_words
from services.routing.cases.schemas import Verb
from services.routing.cases.verbs.schemas import Batch, BatchOutcome
from services.routing.cases.verbs.service import WAYS

BULK: Sequence[Verb] = ("assign", "transfer", "acknowledge", "resume", "note", "close")

_FIELDS = ("team", "member", "note")


class _Ticked(BaseModel):
    """A case as it stood in the list."""

    case_id: UUID
    version: int
    reference: str = ""


def form_for(by: Principal) -> dict[str, Any]:
    """What the form is made of, and whether whoever looks gets one."""
    return {"acting": by.has("supervisor"), "bulk": BULK, "key": Filled().key}


def outcomes_of(sent: FormData, batch: Batch, done: BatchOutcome) -> dict[str, Any]:
    """What became of each case that was ticked, by the reference under which it stood in the list."""
    references = {one.case_id: one.reference for one in _ticked(sent)}
    return {"verb": batch.actions[0].verb, "outcomes": done.outcomes, "references": references, "why": _why}


def _why(refused: ProblemDetails) -> list[str]:
    """What is to be said of an action that was refused, in words: at each of its fields, or as a whole."""
    errors = [
        one.model_copy(update={"pointer": (one.pointer or "").rpartition("/")[2]}) for one in refused.errors or ()
    ]
    return [wrong_in(one, {}).told for one in errors] or [in_words(refused.detail or refused.title)]


def batch_of(sent: FormData) -> Batch:
    """The batch that the form stands for: of the fields, those that the verb takes."""
    verb = str(sent.get("verb", ""))
    takes = WAYS[verb].body.model_fields if verb in BULK else {}  # type: ignore[index]
    body = {name: value for name in _FIELDS if name in takes and (value := str(sent.get(name, "")).strip())}
    actions = [{**one.model_dump(exclude={"reference"}), "verb": verb, "body": body} for one in _ticked(sent)]
    return read(Batch, {"actions": actions})


def _ticked(sent: FormData) -> list[_Ticked]:
    """Which cases the form is about."""
    names = tuple(_Ticked.model_fields)
    return [read(_Ticked, dict(zip(names, str(one).split("."), strict=False))) for one in sent.getlist("case")]
