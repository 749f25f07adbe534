"""Which cases are asked for, as it is said over the wire."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, BaseModel, Field

from libs.common.paging import MAX_LIMIT, NEXT_PAGE, PAGE_SIZE
from libs.common.wire import Line
from libs.contracts.codes import CaseState, ClockName, Code, Kind, LanguageTag, Priority
from libs.contracts.references import normalise_reference
from services.routing.cases.schemas import Instant, Task


def as_printed(reference: str) -> str:
    """As it is printed, where it can be a reference; what cannot be one finds nothing."""
    return normalise_reference(reference) or reference


class CaseFilters(BaseModel):
    """Which cases: all that is given must hold."""

    model_config = {"extra": "forbid"}

    feedback_id: UUID | None = Field(None, description="the case of this feedback")
    reference: Annotated[Line, Field(max_length=20), AfterValidator(as_printed)] | None = Field(
        None, description="as it is printed, or as somebody read it out"
    )
    external_reference: Annotated[Line, Field(max_length=128)] | None = Field(
        None, description="the partner's, or the importer's, own id"
    )
    team: Code | None = Field(None, description="which has it")
    member: Annotated[Line, Field(max_length=200)] | None = Field(
        None,
        description="who has it: the `sub` of their token. Who sees a case for having sent it does not find it by this",
    )
    state: CaseState | None = Field(None, description="where it stands")
    open: bool | None = Field(None, description="whether something is still to be done: no answer yet, or a task")
    priority: Priority | None = Field(None, description="how it comes before others")
    clock: ClockName | None = Field(None, description="it runs; with `due`, it is the one that is due")
    due: Literal["overdue", "today"] | Instant | None = Field(
        None, description="`overdue`, `today` (later than now), or a moment: due before it"
    )
    task: Task | None = Field(None, description="what is to be done, besides the next verb")
    service: Code | None = Field(None, description="code of the catalogue")
    topic: Code | None = Field(None, description="code of the catalogue")
    kind: Kind | None = Field(None, description="what it is: a complaint, an enquiry …")
    language: LanguageTag | None = Field(None, description="BCP 47; `fr` finds `fr-CA`, too")
    wait: float = Field(0, ge=0, le=30, description="seconds to wait for a case that is about to open")
    limit: int = Field(50, ge=1, le=MAX_LIMIT, description=PAGE_SIZE)
    cursor: str | None = Field(None, max_length=300, description=NEXT_PAGE)


Filters = Annotated[CaseFilters, Query()]
