"""Finds whose feedback is meant, and reads the register of erasures."""

from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.db import among
from libs.common.paging import decode_cursor
from services.intake.cases.models import CaseView
from services.intake.desk import Desk
from services.intake.feedback.errors import FeedbackNotFound
from services.intake.feedback.models import Feedback
from services.intake.persons.models import ContactIndex
from services.intake.privacy.models import Erasure
from services.intake.privacy.schemas import ContactIn, ErasureOut, Erasures, ErasuresPage, WhoseIn
from services.intake.reading.access import given_out_to


async def asked_for(
    session: AsyncSession, desk: Desk, body: WhoseIn, by: Principal, *, lock: bool = False
) -> tuple[list[Feedback], list[UUID]]:
    """The feedback that is named by ids, or of whoever has this contact data; and that in which they spoke for others.

    `FeedbackNotFound` where an id is of none, or of one that is hidden from who asks.
    """
    ids, others = body.feedback_ids, list[UUID]()
    if body.contact is not None:
        ids, others = await _of_contact(session, desk, body.contact)
        others = await _given_out(session, others, by)
    query = (
        select(Feedback)
        .outerjoin(CaseView, CaseView.feedback_id == Feedback.id)
        .where(among(Feedback.id, ids), given_out_to(by))
        .order_by(Feedback.id)
    )
    found = (await session.scalars(query.with_for_update(of=Feedback) if lock else query)).all()
    if body.contact is None and len(found) < len(set(ids)):
        raise FeedbackNotFound
    return list(found), others


async def _given_out(session: AsyncSession, ids: list[UUID], by: Principal) -> list[UUID]:
    """Those of the feedbacks that are not hidden from who asks, nor of somebody who stays anonymous."""
    query = select(Feedback.id).outerjoin(CaseView, CaseView.feedback_id == Feedback.id)
    may_be_told = among(Feedback.id, ids), given_out_to(by), Feedback.disclosure != "anonymous"
    return list(await session.scalars(query.where(*may_be_told).order_by(Feedback.id)))


async def _of_contact(session: AsyncSession, desk: Desk, contact: ContactIn) -> tuple[list[UUID], list[UUID]]:
    digests = desk.blind.digests(contact.model_dump())
    rows = (
        await session.execute(
            select(ContactIndex.feedback_id, ContactIndex.whose).where(among(ContactIndex.digest, digests)).distinct()
        )
    ).all()
    own = {row.feedback_id for row in rows if row.whose == "person"}
    return sorted(own), sorted({row.feedback_id for row in rows} - own)


async def erasures(session: AsyncSession, page: ErasuresPage) -> Erasures:
    """The newest first."""
    place = tuple_(Erasure.requested_at, Erasure.id)
    query = select(Erasure).order_by(Erasure.requested_at.desc(), Erasure.id.desc()).limit(page.limit)
    if page.cursor:
        query = query.where(place < tuple_(*decode_cursor(page.cursor)))
    return Erasures(
        items=[ErasureOut.model_validate(one, from_attributes=True) for one in await session.scalars(query)]
    )
