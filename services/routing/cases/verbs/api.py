"""A call a verb, and many at once."""

from typing import Annotated

from fastapi import APIRouter, Depends

from libs.common.auth.principal import Forbidden, Principal, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Now
from libs.common.db import Session
from libs.common.idempotency import IdempotencyKeyReused, Retryable, StillRunning
from libs.common.problems import InvalidRequest, UnknownCode, responses
from libs.common.versions import Expected, IfMatch, PreconditionFailed
from services.routing.cases.access import WORKERS, WORKING_SCOPES
from services.routing.cases.errors import (
    CaseErased,
    CaseNotFound,
    ClockAlreadyDue,
    ClockNotRunning,
    EffectiveBeforePrevious,
    EffectiveInTheFuture,
    ExtensionNeedsSupervisor,
    ExtensionNotLater,
    HasItAlready,
    LateEntryNeedsReason,
    LateEntryNeedsSupervisor,
    LinkedCaseUnknown,
    PriorityNotRaised,
    TeamIsComplainedAbout,
    TooFarAhead,
    UnknownTeam,
    UntilNotAfter,
    VerbNotPossible,
)
from services.routing.cases.schemas import CaseId, CaseSummary
from services.routing.cases.terms import TermsOf
from services.routing.cases.verbs import service
from services.routing.cases.verbs.schemas import (
    Acknowledge,
    Ask,
    Assign,
    Batch,
    BatchOutcome,
    Classify,
    Close,
    Decline,
    Escalate,
    Extend,
    Link,
    Refer,
    Reopen,
    Reply,
    Resume,
    Suspend,
    Transfer,
    WriteNote,
)

router = APIRouter(tags=["cases"])

Worker = Annotated[Principal, requires(*WORKERS, scopes=WORKING_SCOPES)]

_BATCH = (Unauthenticated, Forbidden, InvalidRequest, IdempotencyKeyReused, StillRunning)
_VERB = (
    *_BATCH,
    CaseNotFound,
    CaseErased,
    PreconditionFailed,
    VerbNotPossible,
    EffectiveBeforePrevious,
    EffectiveInTheFuture,
    LateEntryNeedsReason,
    LateEntryNeedsSupervisor,
)

_EXTENSION = (ClockNotRunning, ClockAlreadyDue, ExtensionNotLater, ExtensionNeedsSupervisor, TooFarAhead)


async def _hand(by: Worker, now: Now, terms: TermsOf, expected: IfMatch) -> service.Hand:
    return service.Hand(by, now, terms, expected)


async def _hand_of_many(by: Worker, now: Now, terms: TermsOf) -> service.Hand:
    return service.Hand(by, now, terms, Expected(None))


Hand = Annotated[service.Hand, Depends(_hand)]
HandOfMany = Annotated[service.Hand, Depends(_hand_of_many)]
"""Each action says for itself which version of its case was seen."""


@router.post("/v1/cases/actions", responses=responses(*_BATCH))
async def act_on_cases(body: Batch, session: Session, hand: HandOfMany, once: Retryable) -> BatchOutcome:
    """Carry out up to 500 verbs, an outcome each.

    They are carried out in order, each by itself: one that is refused changes nothing and stops nothing.
    """
    return await once(body, service.do_many(session, body, hand))


@router.post("/v1/cases/{case_id}/assign", responses=responses(*_VERB, UnknownTeam, TeamIsComplainedAbout))
async def assign_case(case_id: CaseId, body: Assign, session: Session, hand: Hand, once: Retryable) -> CaseSummary:
    """Give the case to a team, or to a member of it."""
    return await once(body, service.do(session, case_id, "assign", body, hand))


@router.post("/v1/cases/{case_id}/classify", responses=responses(*_VERB, UnknownCode))
async def classify_case(case_id: CaseId, body: Classify, session: Session, hand: Hand, once: Retryable) -> CaseSummary:
    """Correct what the case is about.

    Rules and figures follow; the clocks stay as they are. What was declared stays with the feedback.
    """
    return await once(body, service.do(session, case_id, "classify", body, hand))


@router.post(
    "/v1/cases/{case_id}/transfer", responses=responses(*_VERB, UnknownTeam, TeamIsComplainedAbout, HasItAlready)
)
async def transfer_case(case_id: CaseId, body: Transfer, session: Session, hand: Hand, once: Retryable) -> CaseSummary:
    """Give the case to another team.

    The promise to the person is unchanged.
    """
    return await once(body, service.do(session, case_id, "transfer", body, hand))


@router.post("/v1/cases/{case_id}/refer", responses=responses(*_VERB))
async def refer_case(case_id: CaseId, body: Refer, session: Session, hand: Hand, once: Retryable) -> CaseSummary:
    """Tell the person who else must answer, and close the case.

    It is a final reply, with the outcome `referred`.
    """
    return await once(body, service.do(session, case_id, "refer", body, hand))


@router.post("/v1/cases/{case_id}/decline", responses=responses(*_VERB))
async def decline_case(case_id: CaseId, body: Decline, session: Session, hand: Hand, once: Retryable) -> CaseSummary:
    """Tell the person why there will be no answer on the substance, and close the case.

    It is a final reply, with the outcome `declined`.
    """
    return await once(body, service.do(session, case_id, "decline", body, hand))


@router.post("/v1/cases/{case_id}/acknowledge", responses=responses(*_VERB))
async def acknowledge_case(
    case_id: CaseId, body: Acknowledge, session: Session, hand: Hand, once: Retryable
) -> CaseSummary:
    """Acknowledge: the person was told by a human that it is in hand."""
    return await once(body, service.do(session, case_id, "acknowledge", body, hand))


@router.post("/v1/cases/{case_id}/ask", responses=responses(*_VERB, UntilNotAfter, TooFarAhead))
async def ask_person(case_id: CaseId, body: Ask, session: Session, hand: Hand, once: Retryable) -> CaseSummary:
    """Ask the person something; the case waits for the answer.

    The clocks wait with it. A message of the person ends the wait, or `resume`, or its end.
    """
    return await once(body, service.do(session, case_id, "ask", body, hand))


@router.post("/v1/cases/{case_id}/suspend", responses=responses(*_VERB, UntilNotAfter, TooFarAhead))
async def suspend_case(case_id: CaseId, body: Suspend, session: Session, hand: Hand, once: Retryable) -> CaseSummary:
    """Suspend the case: it waits, for the person or for somebody else, with a reason and an end.

    The clocks wait with it: due moments move by the time suspended.
    """
    return await once(body, service.do(session, case_id, "suspend", body, hand))


@router.post(
    "/v1/cases/{case_id}/extend",
    responses=responses(*_VERB, *_EXTENSION),
)
async def extend_clock(case_id: CaseId, body: Extend, session: Session, hand: Hand, once: Retryable) -> CaseSummary:
    """Move a promise before it is due; the person is told.

    Once for each clock; a second time, a supervisor must (of what no team may see, a reviewer).
    """
    return await once(body, service.do(session, case_id, "extend", body, hand))


@router.post("/v1/cases/{case_id}/escalate", responses=responses(*_VERB, PriorityNotRaised))
async def escalate_case(case_id: CaseId, body: Escalate, session: Session, hand: Hand, once: Retryable) -> CaseSummary:
    """Put the case before others."""
    return await once(body, service.do(session, case_id, "escalate", body, hand))


@router.post("/v1/cases/{case_id}/note", responses=responses(*_VERB))
async def note_on_case(case_id: CaseId, body: WriteNote, session: Session, hand: Hand, once: Retryable) -> CaseSummary:
    """Write something on the timeline; the person does not see it."""
    return await once(body, service.do(session, case_id, "note", body, hand))


@router.post("/v1/cases/{case_id}/reply", responses=responses(*_VERB))
async def reply_to_case(case_id: CaseId, body: Reply, session: Session, hand: Hand, once: Retryable) -> CaseSummary:
    """Answer the person; a final reply makes the case answered.

    It alone stops the clocks `reply` and `stage2_reply`, at its `effective_at`, and an `acknowledge` still running.
    """
    return await once(body, service.do(session, case_id, "reply", body, hand))


@router.post("/v1/cases/{case_id}/resume", responses=responses(*_VERB))
async def resume_case(case_id: CaseId, body: Resume, session: Session, hand: Hand, once: Retryable) -> CaseSummary:
    """Let the case go on: it waits no longer."""
    return await once(body, service.do(session, case_id, "resume", body, hand))


@router.post("/v1/cases/{case_id}/reopen", responses=responses(*_VERB))
async def reopen_case(case_id: CaseId, body: Reopen, session: Session, hand: Hand, once: Retryable) -> CaseSummary:
    """Open the case again; the reply that was given stays given.

    The clock `stage2_reply` starts, where the standard has one. Clocks that have ended stay ended.
    """
    return await once(body, service.do(session, case_id, "reopen", body, hand))


@router.post("/v1/cases/{case_id}/close", responses=responses(*_VERB))
async def close_case(case_id: CaseId, body: Close, session: Session, hand: Hand, once: Retryable) -> CaseSummary:
    """Close the case: nothing more is expected from either side.

    The clock `resolve` ends with it, at the final reply that stood, unless the person said that it did not solve all.
    """
    return await once(body, service.do(session, case_id, "close", body, hand))


@router.post("/v1/cases/{case_id}/link", responses=responses(*_VERB, LinkedCaseUnknown))
async def link_case(case_id: CaseId, body: Link, session: Session, hand: Hand, once: Retryable) -> CaseSummary:
    """Link the case: it belongs together with another one."""
    return await once(body, service.do(session, case_id, "link", body, hand))
