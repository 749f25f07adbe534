"""Forgets what was said, by the person and to them, once they are erased. What was done, and when, stays counted."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import utc_now
from libs.common.stream.events import Received
from libs.common.words import forget
from libs.contracts.cases import case_id_of
from libs.contracts.feedback import PersonErased
from services.routing.cases.learning import lapse
from services.routing.cases.terms import Terms
from services.routing.cases.unopened import forget_unopened
from services.routing.cases.work import end_tasks, put_down, take_up
from services.routing.privacy.holdings import WORDS


async def erase(session: AsyncSession, erased: Sequence[Received[PersonErased]], terms: Terms) -> None:
    """Take the words of these cases away, and let nothing be expected of them any more. Feedback may have no case."""
    if not erased:
        return
    await forget_unopened(session, {one.subject for one in erased})  # first: staff may be opening a case of it
    works = await take_up(session, {case_id_of(one.subject) for one in erased}, terms, utc_now())
    for received in erased:
        work = works.get(case_id_of(received.subject))
        if work is not None and work.case.erased_at is None:
            work.traceparent = received.traceparent
            lapse(work, received.event.erased_at, "erased")
            end_tasks(work, list(work.tasks))
            work.case.erased_at = received.event.erased_at
    await put_down(session, list(works.values()))
    await forget(session, WORDS, {"case": works, "feedback": [one.subject for one in erased]})
