"""What staff do with a case: take it up under its lock, carry out the verb, write it down."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Forbidden, Principal
from libs.common.clock import SKEW
from libs.common.db import among
from libs.common.field_problems import field_problem_of
from libs.common.languages import language_of_request
from libs.common.problems import InvalidRequest, Problem
from libs.common.versions import Expected, etag
from libs.contracts.codes import CaseState
from services.routing.calendars.business_time import due_after_business_days
from services.routing.cases.access import supervises, visible_to, workable_by, works_on
from services.routing.cases.deciding_anew import alert_those_moved, hand_on_what_a_retired_team_has
from services.routing.cases.errors import (
    CaseErased,
    CaseNotFound,
    EffectiveBeforePrevious,
    EffectiveInTheFuture,
    LateEntryNeedsReason,
    LateEntryNeedsSupervisor,
    VerbNotPossible,
)
from services.routing.cases.models import Case
from services.routing.cases.schemas import CaseSummary, Verb
from services.routing.cases.states import VERBS, ended_tasks
from services.routing.cases.telling import summary
from services.routing.cases.terms import Terms
from services.routing.cases.timers import resume_if_over
from services.routing.cases.verbs import answering, owning, waiting
from services.routing.cases.verbs import schemas as bodies
from services.routing.cases.verbs.line import Line
from services.routing.cases.work import Other, Work, end_tasks, put_down, settle, take_up, write_line
from services.routing.catalogue.queries import known_codes
from services.routing.organisation.marking import hold


@dataclass(frozen=True)
class Hand:
    """Who does it, when, on which terms, and from which version of the case."""

    by: Principal
    now: datetime
    terms: Terms
    expected: Expected


@dataclass(frozen=True)
class _Way:
    body: type[bodies.Action]
    carry_out: Callable[[Work, Any], Line]


WAYS: Mapping[Verb, _Way] = {
    "assign": _Way(bodies.Assign, owning.assign),
    "classify": _Way(bodies.Classify, owning.classify),
    "transfer": _Way(bodies.Transfer, owning.transfer),
    "refer": _Way(bodies.Refer, answering.refer),
    "decline": _Way(bodies.Decline, answering.decline),
    "acknowledge": _Way(bodies.Acknowledge, answering.acknowledge),
    "ask": _Way(bodies.Ask, waiting.ask),
    "suspend": _Way(bodies.Suspend, waiting.suspend),
    "extend": _Way(bodies.Extend, waiting.extend),
    "escalate": _Way(bodies.Escalate, owning.escalate),
    "note": _Way(bodies.WriteNote, owning.write_note),
    "reply": _Way(bodies.Reply, answering.reply),
    "resume": _Way(bodies.Resume, waiting.resume),
    "reopen": _Way(bodies.Reopen, answering.reopen),
    "close": _Way(bodies.Close, answering.close),
    "link": _Way(bodies.Link, owning.link),
}


async def do(session: AsyncSession, case_id: UUID, verb: Verb, body: bodies.Action, hand: Hand) -> CaseSummary:
    """Carry out one verb; what is refused changes nothing."""
    works = await _take_up(session, [case_id], [body], hand)
    work = works.get(case_id)
    if work is None:
        raise await _not_theirs(session, case_id, hand.by)
    before = {case_id: work.case.team}
    _carry_out(work, verb, body, hand.by, hand.expected)
    await put_down(session, [work])
    await alert_those_moved(session, [work], before)
    return summary(CaseSummary, work.case, work.team_name, work.clocks, work.tasks)


async def _not_theirs(session: AsyncSession, case_id: UUID, by: Principal) -> Problem:
    """Reviewers see cases that teams work on."""
    seen = select(Case.id).where(Case.id == case_id, visible_to(by))
    return Forbidden() if by.has("reviewer") and await session.scalar(seen) else CaseNotFound()


async def do_many(session: AsyncSession, batch: bodies.Batch, hand: Hand) -> bodies.BatchOutcome:
    """Carry out the verbs in order. A verb decides before it changes anything, so that a refusal leaves no trace: but
    that a wait which is over has ended.
    """
    read = [_read(action) for action in batch.actions]
    known = [body for body in read if isinstance(body, bodies.Action)]
    works = await _take_up(session, [action.case_id for action in batch.actions], known, hand)
    before = {case_id: work.case.team for case_id, work in works.items()}
    outcomes = [
        _outcome(action, body, works.get(action.case_id), hand.by)
        for action, body in zip(batch.actions, read, strict=True)
    ]
    await put_down(session, [work for work in works.values() if work.events or work.lines])
    await alert_those_moved(session, works.values(), before)
    return bodies.BatchOutcome(outcomes=outcomes)


def _read(action: bodies.BatchAction) -> bodies.Action | InvalidRequest:
    try:
        return WAYS[action.verb].body.model_validate(action.body | action.beside)
    except ValidationError as invalid:
        errors = [{**error, "loc": ("body", *_within(action, error["loc"]))} for error in invalid.errors()]
        return InvalidRequest(errors=(field_problem_of(error) for error in errors))


def _within(action: bodies.BatchAction, place: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Where in the action something is wrong: beside its body, or in it."""
    return place if place and place[0] in action.beside else ("body", *place)


def _outcome(
    action: bodies.BatchAction, body: bodies.Action | InvalidRequest, work: Work | None, by: Principal
) -> bodies.ActionOutcome:
    try:
        if work is None:
            raise CaseNotFound
        if isinstance(body, InvalidRequest):
            raise body
        expected = Expected(None if action.version is None else etag(action.version))
        _carry_out(work, action.verb, body, by, expected)
        settle(work)  # it is told as after this verb, whatever comes next
    except Problem as problem:
        return bodies.ActionOutcome(
            case_id=action.case_id,
            verb=action.verb,
            status=problem.status,
            problem=problem.body(language_of_request.get()),
        )
    return bodies.ActionOutcome(
        case_id=action.case_id,
        verb=action.verb,
        status=200,
        case=summary(CaseSummary, work.case, work.team_name, work.clocks, work.tasks),
    )


async def _take_up(
    session: AsyncSession, ids: Sequence[UUID], actions: Sequence[bodies.Action], hand: Hand
) -> dict[UUID, Work]:
    if any(isinstance(action, bodies.Assign | bodies.Transfer | bodies.Reopen) for action in actions):
        await hold(session)  # so that the team is still there when it has the case
    others = [action.case_id for action in actions if isinstance(action, bodies.Link)]
    return await take_up(
        session,
        ids,
        hand.terms,
        hand.now,
        who=workable_by(hand.by),
        linkable=await _linkable(session, others, hand.by) if others else {},
        codes=await known_codes(session) if any(isinstance(action, bodies.Classify) for action in actions) else {},
    )


async def _linkable(session: AsyncSession, ids: Sequence[UUID], by: Principal) -> dict[UUID, Other]:
    columns = (Case.id, Case.feedback_id, Case.opened_at)
    there = (among(Case.id, ids), Case.erased_at.is_(None), visible_to(by))
    rows = await session.execute(select(*columns).where(*there))
    return {row.id: Other(row.feedback_id, row.opened_at) for row in rows}


def _carry_out(work: Work, verb: Verb, body: bodies.Action, by: Principal, expected: Expected) -> None:
    """See that the verb is possible, for this principal, at that moment; then do it."""
    case = work.case
    if not works_on(by, case):
        raise CaseNotFound
    if case.erased_at is not None:
        raise CaseErased
    expected.agree(case.edition)
    resume_if_over(work, min(body.effective_at or work.office.now, work.office.now))
    possible = VERBS[cast(CaseState, case.state)]
    if verb not in possible:
        raise VerbNotPossible(case.state, possible)
    work.effective_at, work.late = _effective_at(work, body, by)
    work.by_supervisor = supervises(by, case)
    open_tasks = list(work.tasks)
    line = WAYS[verb].carry_out(work, body)
    case.last_effective_at = work.effective_at
    ended = ended_tasks(verb, case.state, interim=isinstance(body, bodies.Reply) and body.interim)
    end_tasks(work, [task for task in open_tasks if task.task in ended])
    write_line(
        work,
        verb,
        by.actor,
        work.effective_at,
        line.details,
        note=body.note,
        late_entry_reason=body.late_entry_reason,
        text=line.text,
    )
    if verb == "reopen":
        hand_on_what_a_retired_team_has(work)


def _effective_at(work: Work, body: bodies.Action, by: Principal) -> tuple[datetime, bool]:
    """When it was really done, and whether that is a late entry.

    Refused before the previous event, after now, or long ago without a reason; what is historical is never late.
    """
    case, now = work.case, work.office.now
    if body.effective_at is None:  # while it waited for the case, somebody may have done something later than its now
        return max(now, case.last_effective_at), False
    if body.effective_at > now + SKEW:
        raise EffectiveInTheFuture
    at = min(body.effective_at, now).astimezone(UTC)
    if at < case.last_effective_at:
        raise EffectiveBeforePrevious
    if case.historical or now <= due_after_business_days(work.calendar, at, 1):
        return at, False
    if not supervises(by, case):
        raise LateEntryNeedsSupervisor
    if body.late_entry_reason is None:
        raise LateEntryNeedsReason
    return at, True
