"""Forgets what was said, by the person and to them, once they are erased. What was done, and when, stays counted."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Uuid, bindparam, literal_column, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import utc_now
from libs.common.stream.events import Received
from libs.common.words import forget
from libs.contracts.cases import case_id_of
from libs.contracts.feedback import PersonErased
from services.routing.cases.learning import lapse
from services.routing.cases.models import Case
from services.routing.cases.terms import Terms
from services.routing.cases.unopened import forget_unopened
from services.routing.cases.work import end_tasks, put_down, take_up
from services.routing.privacy.holdings import WORDS


async def erase(session: AsyncSession, erased: Sequence[Received[PersonErased]], terms: Terms) -> None:
    """Take the words of these cases away, and their links with others, and let nothing be expected of them any more.

    Feedback may have no case.
    """
    if not erased:
        return
    await forget_unopened(session, {one.subject for one in erased})  # first: staff may be opening a case of it
    gone = {case_id_of(one.subject) for one in erased}
    works = await take_up(session, gone | await _linked_with(session, gone), terms, utc_now())
    for received in erased:
        work = works.get(case_id_of(received.subject))
        if work is not None and work.case.erased_at is None:
            work.traceparent = received.traceparent
            lapse(work, received.event.erased_at, "erased")
            end_tasks(work, list(work.tasks))
            work.case.erased_at = received.event.erased_at
    for case_id, work in works.items():
        work.case.linked = [] if case_id in gone else [one for one in work.case.linked if one not in gone]
    await put_down(session, list(works.values()))
    await session.execute(_UNLINK, {"ids": list(works), "gone": list(gone)})
    await forget(session, WORDS, {"case": gone, "feedback": [one.subject for one in erased]})


async def _linked_with(session: AsyncSession, gone: Collection[UUID]) -> set[UUID]:
    """The cases that were linked to these: a link would lead from the one to what else the same person said."""
    has_any = Case.linked != literal_column("'{}'")  # as the index has it
    return set(await session.scalars(select(Case.id).where(has_any, Case.linked.overlap(list(gone)))))


_UNLINK = text(
    """
    UPDATE timeline_entry SET details = details - 'case_id'
     WHERE verb = 'link' AND case_id = ANY(:ids)
       AND (case_id = ANY(:gone) OR CAST(details->>'case_id' AS uuid) = ANY(:gone))
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("gone", type_=ARRAY(Uuid)))
"""That cases were linked, and by whom, stays on both timelines; to which, does not."""
