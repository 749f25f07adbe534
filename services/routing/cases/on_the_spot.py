"""What was resolved on the spot: the case is answered as it opens, by whoever heard it."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import utc_now
from libs.common.stream.events import Received
from libs.contracts.cases import case_id_of
from libs.contracts.codes import Outcome
from libs.contracts.feedback import FeedbackSubmitted
from services.routing.cases.terms import Terms
from services.routing.cases.verbs.answering import answer
from services.routing.cases.verbs.owning import assign_by_rule
from services.routing.cases.work import Work, put_down, take_up, write_line
from services.routing.organisation.deciding import decision_on, said_in

OUTCOME: Outcome = "upheld"


async def answer_on_the_spot(
    session: AsyncSession, submitted: Sequence[Received[FeedbackSubmitted]], terms: Terms
) -> None:
    """Answer those of the cases, which have just opened, whose feedback says so."""
    resolved = {case_id_of(one.subject): one for one in submitted if one.event.resolved_on_the_spot}
    if resolved:
        works = await take_up(session, resolved.keys(), terms, utc_now())
        for case_id, work in works.items():
            _answer(work, resolved[case_id])
        await put_down(session, list(works.values()))


def _answer(work: Work, received: Received[FeedbackSubmitted]) -> None:
    feedback = received.event
    work.effective_at, work.traceparent = feedback.submitted_at, received.traceparent
    if work.case.state == "new":
        assign_by_rule(work, decision_on(work.office.organisation, said_in(feedback), work.case.hidden_from))
    resolved = feedback.resolved_on_the_spot
    remedy, agent = (resolved.remedy, resolved.agent) if resolved else (None, None)
    answer(work, OUTCOME, None, remedy=remedy, on_the_spot=True)
    by = "/".join(one for one in (feedback.source_code, agent) if one) or feedback.source
    details = {"interim": False, "outcome": OUTCOME, "remedy": remedy, "answer": work.case.answers, "on_the_spot": True}
    write_line(work, "reply", by, work.effective_at, details)
