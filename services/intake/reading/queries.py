"""Reads feedback for staff and partners, each their own, without words."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.db import is_of_language
from libs.common.paging import decode_cursor
from services.intake.cases.models import CaseView
from services.intake.feedback.errors import FeedbackNotFound
from services.intake.feedback.models import Feedback, Reading
from services.intake.reading.access import visible_to
from services.intake.reading.schemas import (
    FeedbackFilters,
    FeedbackList,
    FeedbackSummary,
    PageOfReadings,
    ReadingOut,
    Readings,
)
from services.intake.teams.models import TeamView
from services.intake.teams.queries import named
from services.intake.teams.schemas import TeamName
from services.intake.tracking.next_steps import UNDATED

_COLUMNS = tuple(getattr(Feedback, name) for name in FeedbackSummary.model_fields if name not in ("has_text", "case"))


def with_case(*columns: Any) -> Select[Any]:
    """These columns of feedback, and what `team_of` and `promised` read of its case, where it has one."""
    team = (TeamView.name.label("team_name"), TeamView.contact.label("team_contact"))
    return (
        select(*columns, CaseView.state, CaseView.team, CaseView.reply_due_at, *team)
        .outerjoin(CaseView, CaseView.feedback_id == Feedback.id)
        .outerjoin(TeamView, TeamView.code == CaseView.team)
    )


SUMMARY = with_case(*_COLUMNS, Feedback.words.is_not(None).label("has_text"))
"""Everything of a feedback and its case that `summary` shows."""

_OF_FEEDBACK = (
    "reference",
    "external_reference",
    "source",
    "source_code",
    "channel",
    "touchpoint",
    "kind",
    "service",
    "service_point",
    "topic",
    "disclosure",
    "concerns_staff",
    "historical",
)


async def feedback_list(session: AsyncSession, filters: FeedbackFilters, by: Principal) -> FeedbackList:
    """A page of the feedback that the reader may see."""
    place = (Feedback.submitted_at, Feedback.id)
    newest = filters.order == "newest"
    rows = await session.execute(
        SUMMARY.where(visible_to(by), *_conditions(filters))
        .order_by(*(column.desc() if newest else column for column in place))
        .limit(filters.limit)
    )
    return FeedbackList(items=[summary(row) for row in rows.mappings()])


def summary(row: RowMapping) -> FeedbackSummary:
    """What a row of `SUMMARY` says."""
    case = {**row, "team": team_of(row), "next_by": promised(row)} if row["state"] else None
    return FeedbackSummary.model_validate({**row, "case": case})


def team_of(row: RowMapping) -> TeamName | None:
    """The team that has the case, where there is one, by its newest name and contact."""
    return named(row["team"], row["team_name"], row["team_contact"]) if row["team"] else None


def promised(row: RowMapping) -> datetime | None:
    """By when the reply is promised, while it is owed and the case does not wait."""
    due: datetime | None = row["reply_due_at"]
    return None if row["state"] in UNDATED else due


async def readings(session: AsyncSession, feedback_id: UUID, page: PageOfReadings, by: Principal) -> Readings:
    """Who came upon a feedback, the first first."""
    seen = await session.scalar(
        select(Feedback.id)
        .outerjoin(CaseView, CaseView.feedback_id == Feedback.id)
        .where(Feedback.id == feedback_id, visible_to(by))
    )
    if seen is None:
        raise FeedbackNotFound
    query = select(Reading).where(Reading.feedback_id == feedback_id)
    if page.cursor:
        query = query.where(tuple_(Reading.read_at, Reading.id) > tuple_(*decode_cursor(page.cursor)))
    rows = await session.scalars(query.order_by(Reading.read_at, Reading.id).limit(page.limit))
    return Readings(items=[ReadingOut.model_validate(row, from_attributes=True) for row in rows])


def _conditions(filters: FeedbackFilters) -> list[ColumnElement[bool]]:
    equal = filters.model_dump(include=set(_OF_FEEDBACK), exclude_none=True)
    held: list[ColumnElement[bool]] = [getattr(Feedback, name) == value for name, value in equal.items()]
    if filters.language is not None:
        held.append(is_of_language(Feedback.language, filters.language))
    if filters.urgent is not None:
        held.append(Feedback.urgent.is_not(None) if filters.urgent else Feedback.urgent.is_(None))
    if filters.team:
        held.append(CaseView.team == filters.team)
    if filters.state:
        held.append(CaseView.feedback_id.is_(None) if filters.state == "received" else CaseView.state == filters.state)
    if filters.submitted_from:
        held.append(Feedback.submitted_at >= filters.submitted_from)
    if filters.submitted_before:
        held.append(Feedback.submitted_at < filters.submitted_before)
    if filters.cursor:
        here, last = tuple_(Feedback.submitted_at, Feedback.id), tuple_(*decode_cursor(filters.cursor))
        held.append(here < last if filters.order == "newest" else here > last)
    return held
