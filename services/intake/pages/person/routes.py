"""The words as they were said, how to reach the person, and the conversation."""

from typing import Annotated

from fastapi import Header, Request, Response

from libs.common.auth.principal import Principal
from libs.common.clock import Now
from libs.common.db import Session
from libs.contracts.cases import case_id_of
from libs.contracts.codes import FOR_OTHERS
from libs.pages.routes import page_router
from libs.pages.sessions import signed_in
from services.intake.desk import DeskOf
from services.intake.feedback.schemas import FeedbackId
from services.intake.pages.feedback.forms import FORMATS
from services.intake.pages.rendering import page
from services.intake.reading import words

router = page_router()

TeamOrReviewer = Annotated[Principal, signed_in("agent", "supervisor", "reviewer")]


@router.get("/feedback/{feedback_id}/person")
async def person(
    request: Request,
    feedback_id: FeedbackId,
    session: Session,
    desk: DeskOf,
    now: Now,
    by: TeamOrReviewer,
    hx_request: Annotated[str | None, Header()] = None,
) -> Response:
    """As a part of the case's page, or by itself; for the team that has the case, and reviewers: each time is noted."""
    said = await words.read_words(session, desk, feedback_id, by, now)
    name = "person/part.html" if hx_request else "person/whole.html"
    return page(request, name, said=said, case_id=case_id_of(feedback_id), for_others=FOR_OTHERS, formats=FORMATS)
