"""Where no mail arrives, staff bring what is said to the person: what follows, and what was said before that was known
here, while intake knew already that none arrives.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import among
from libs.contracts.codes import BROUGHT_BY_STAFF, NO_MAIL_ARRIVES, PROMISES, SETTLED
from libs.contracts.feedback import NoticeUndeliverable, ReplyUndeliverable
from services.routing.cases.clocks import running
from services.routing.cases.models import Case, TimelineEntry
from services.routing.cases.verbs.answering import DELIVER_REPLY
from services.routing.cases.verbs.owning import BRING_TRANSFER, IN_TOUCH
from services.routing.cases.verbs.waiting import BRING_APOLOGY, BRING_EXTENSION, BRING_QUESTION
from services.routing.cases.work import Work, have_it_brought

_BROUGHT_BY = {
    "reply": DELIVER_REPLY,
    "refer": DELIVER_REPLY,
    "decline": DELIVER_REPLY,
    "ask": BRING_QUESTION,
    "extend": BRING_EXTENSION,
    "transfer": BRING_TRANSFER,
}


def says_that_no_mail_arrives(event: Any) -> bool:
    tells = isinstance(event, ReplyUndeliverable | NoticeUndeliverable)
    return tells and event.by == "email" and event.because in NO_MAIL_ARRIVES


def have_staff_bring_what_follows(case: Case, event: ReplyUndeliverable | NoticeUndeliverable) -> None:
    if says_that_no_mail_arrives(event):
        case.reply_by = "phone"


async def have_staff_bring_what_was_said(
    session: AsyncSession, works: Mapping[UUID, Work], found_at: Mapping[UUID, datetime]
) -> None:
    """Since it was found: intake leaves to staff what is said from then on, and the team did not know that yet."""
    cases = [case_id for case_id in found_at if works[case_id].case.reply_by in BROUGHT_BY_STAFF]
    if not cases:
        return
    lines = await session.execute(
        select(TimelineEntry.case_id, TimelineEntry.verb, TimelineEntry.effective_at, TimelineEntry.recorded_at)
        .where(among(TimelineEntry.case_id, cases), TimelineEntry.verb.in_(_BROUGHT_BY))
        .order_by(TimelineEntry.case_id, TimelineEntry.place)
    )
    for line in lines:
        work, task = works[line.case_id], _BROUGHT_BY[line.verb]
        if line.recorded_at > found_at[line.case_id] and _is_still_so(work.case, task):
            have_it_brought(work, task, line.effective_at)
    for case_id in cases:
        _have_apology_brought(works[case_id], found_at[case_id])


def _is_still_so(case: Case, task: str) -> bool:
    if task == DELIVER_REPLY:
        return case.outcome != "withdrawn"
    if task == BRING_QUESTION:
        return case.waiting_for == "person"
    return case.state in IN_TOUCH if task == BRING_TRANSFER else case.state not in SETTLED


def _have_apology_brought(work: Work, found_at: datetime) -> None:
    for clock in running(work.clocks, PROMISES):
        if clock.breach_told_at is not None and clock.breach_told_at > found_at:
            have_it_brought(work, BRING_APOLOGY, clock.breach_told_at)
