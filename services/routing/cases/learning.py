"""What a case learns of its feedback after it was opened: words, messages, what became of replies, withdrawal."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import utc_now
from libs.common.stream.events import Received
from libs.contracts.cases import case_id_of
from libs.contracts.codes import BROUGHT_BY_STAFF, PROMISES, SETTLED, UntoldNotice
from libs.contracts.feedback import (
    CLASSIFICATION,
    FeedbackEvaluated,
    FeedbackMessageAdded,
    FeedbackReclassified,
    FeedbackVerbatimRedacted,
    FeedbackWithdrawn,
    NoticeUndeliverable,
    ReplyDelivered,
    ReplyUndeliverable,
)
from services.routing.cases.bringing import (
    have_staff_bring_what_follows,
    have_staff_bring_what_was_said,
    says_that_no_mail_arrives,
)
from services.routing.cases.clocks import running
from services.routing.cases.deciding_anew import (
    alert_those_moved,
    decide_anew,
    decide_by_language,
    hand_on_what_a_retired_team_has,
)
from services.routing.cases.models import Case, UnopenedFeedback
from services.routing.cases.opening_late import open_by_language, open_late
from services.routing.cases.terms import Terms
from services.routing.cases.timers import resume_if_over
from services.routing.cases.undelivered import DELIVERED, UNDELIVERED, Given, give_again, replies_given, take_back
from services.routing.cases.unopened import bring_by_telephone, forget_unopened
from services.routing.cases.verbs.answering import DELIVER_REPLY, end_case
from services.routing.cases.verbs.owning import BRING_TRANSFER, IN_TOUCH
from services.routing.cases.verbs.waiting import (
    BRING_APOLOGY,
    BRING_EXTENSION,
    correct,
    unask,
    untell_breach,
    wake,
)
from services.routing.cases.work import (
    Work,
    end_task,
    end_tasks,
    is_contested,
    put_down,
    raise_task,
    take_up,
    write_line,
)
from services.routing.database import Base

LOST = Counter("ecoute_routing_messages_lost_total", "Messages of feedback that is not known: nobody reads them")

PERSON = "person"
INTAKE = "intake"
UNTOLD = "untold"
_REPLIES: tuple[UntoldNotice, ...] = ("answered", "interim")


async def keep_verbatims(
    session: AsyncSession, redacted: Sequence[Received[FeedbackVerbatimRedacted]], terms: Terms
) -> None:
    """The words as the team reads them, and their language."""
    words = {one.subject: one.event for one in redacted}
    await _keep_words(session, UnopenedFeedback, "feedback_id", words)
    await open_by_language(session, redacted, terms)
    found = {case_id_of(one.subject): (one.event.language, one.time) for one in redacted}
    await decide_by_language(session, found, terms)
    await _keep_words(session, Case, "id", {case_id_of(subject): event for subject, event in words.items()})


async def follow(session: AsyncSession, events: Sequence[Received[Any]], terms: Terms) -> None:
    """Fold what became of feedback into its cases. A correction, or who writes again, may open one first."""
    if not events:
        return
    withdrawn = {one.subject for one in events if isinstance(one.event, FeedbackWithdrawn)}
    await forget_unopened(session, withdrawn)
    no_mail_since = {
        one.subject: one.event.found_at for one in reversed(events) if says_that_no_mail_arrives(one.event)
    }
    await bring_by_telephone(session, no_mail_since)
    opening = [one for one in events if isinstance(one.event, FeedbackReclassified | FeedbackMessageAdded)]
    await open_late(session, opening, terms)
    works = await take_up(session, {case_id_of(one.subject) for one in events}, terms, utc_now())
    brought = {case_id_of(one.subject) for one in events if _says_what_became_of_a_reply(one.event)}
    given = await replies_given(session, brought)  # under their locks: staff may just have replied again
    before = {case_id: work.case.team for case_id, work in works.items()}
    told_by_mail = {case_id for case_id, work in works.items() if work.case.reply_by not in BROUGHT_BY_STAFF}
    for received in events:
        work = works.get(case_id_of(received.subject))
        if work is None and isinstance(received.event, FeedbackMessageAdded) and received.subject not in withdrawn:
            _lose_message(received.subject)
        elif work is not None and work.case.erased_at is None and received.version > work.case.feedback_version:
            apply(work, received, given)
    found_at = {case_id_of(subject): at for subject, at in no_mail_since.items() if case_id_of(subject) in told_by_mail}
    await have_staff_bring_what_was_said(session, works, found_at)
    for work in works.values():
        hand_on_what_a_retired_team_has(work)
    await put_down(session, list(works.values()))
    await alert_those_moved(session, works.values(), before)


def _lose_message(feedback_id: UUID) -> None:
    """Its feedback is not known here, since the submission was given up: nobody reads what was written."""
    LOST.inc()
    structlog.get_logger("cases").error("message_lost", feedback=str(feedback_id))


def _says_what_became_of_a_reply(event: Any) -> bool:
    """What is there by tracking is so from the first: it was never lost."""
    return isinstance(event, ReplyUndeliverable) or (isinstance(event, ReplyDelivered) and event.by != "tracking")


def apply(work: Work, received: Received[Any], given: Mapping[UUID, Given]) -> None:
    """One event. What a case has learned once, it does not learn again."""
    event = received.event
    work.case.feedback_version = received.version
    work.traceparent = received.traceparent
    match event:
        case FeedbackMessageAdded():
            _message(work, event)
        case FeedbackEvaluated():
            _evaluation(work, event, received.time)
        case FeedbackReclassified():
            _reclassification(work, event, received.time)
        case FeedbackWithdrawn():
            lapsed_at = lapse(work, event.effective_at, "withdrawn")
            if work.case.id in given:
                given[work.case.id].lapsed_at = lapsed_at
        case ReplyDelivered():
            _delivery(work, event, given)
        case ReplyUndeliverable():
            _non_delivery(work, event, given)
        case NoticeUndeliverable():
            _not_told(work, event)


def _message(work: Work, event: FeedbackMessageAdded) -> None:
    """It ends a wait that had begun when it was sent; else somebody must read it."""
    case, sent_at = work.case, min(event.sent_at, work.office.now)
    resume_if_over(work, sent_at)
    write_line(work, "message", event.author, sent_at, {"message_id": str(event.message_id)}, text=event.text)
    span = work.open_suspension
    if span is None or sent_at < span.from_at:
        raise_task(work, "read_message", sent_at)
        return
    asked = case.waiting_for == "person"
    at = max(sent_at, case.last_effective_at)
    wake(work, at, "person")
    raise_task(work, "answer_asked" if asked else "read_message", sent_at)
    write_line(work, "resume", PERSON, at, {})


def _evaluation(work: Work, event: FeedbackEvaluated, at: datetime) -> None:
    case = work.case
    details = {"solved": event.solved, "answer": event.answer} | ({"has_comment": True} if event.has_comment else {})
    write_line(work, "evaluation", PERSON, at, details)
    contests = event.solved != "yes" and case.state in SETTLED and event.answer == case.answers
    if event.has_comment and not contests:
        raise_task(work, "read_message", at)
    if case.solved_answer is not None and event.answer < case.solved_answer:
        return  # what they said of a later answer stands
    case.solved, case.solved_answer = event.solved, event.answer
    if event.solved == "yes":
        end_task(work, "not_solved")
    elif contests:
        raise_task(work, "not_solved", at)


def _reclassification(work: Work, event: FeedbackReclassified, at: datetime) -> None:
    """Intake's word is the truth, and the rules look at the case again."""
    case = work.case
    changed = [name for name in CLASSIFICATION if getattr(case, name) != getattr(event, name)]
    for name in CLASSIFICATION:
        setattr(case, name, getattr(event, name))
    if changed:
        write_line(work, "reclassified", INTAKE, at, {name: getattr(case, name) for name in changed})
    decide_anew(work, at)


def lapse(work: Work, moment: datetime, because: Literal["withdrawn", "erased"]) -> datetime:
    """No answer is wanted any more: an open case is over, and promises lapse. What was decided stays: with
    an answer that stands `resolve` ends, as by any closing. When that was.
    """
    case = work.case
    at = max(min(moment, work.office.now), case.last_effective_at)
    if case.state == "closed":
        _lapse_what_runs_on(work, at)
        end_tasks(work, list(work.tasks))
        write_line(work, "close", PERSON, at, {"because": because})
        return at
    resume_if_over(work, at)
    work.effective_at = at
    wake(work, at, "person")
    is_kept = case.state == "answered" and not is_contested(case)
    for clock in work.clocks:
        is_of_a_later_stage = clock.starts == "reopening" and clock.started_at is None
        if clock.ended_at is None and not is_of_a_later_stage and not (is_kept and clock.clock == "resolve"):
            clock.cancelled_at = clock.cancelled_at or at
            if clock.due_at and clock.due_at > clock.cancelled_at:
                untell_breach(work, clock)
    if case.state != "answered":
        case.outcome = "withdrawn"
    end_case(work, because)
    case.last_effective_at = at
    end_tasks(work, list(work.tasks))
    write_line(work, "close", PERSON, at, {"because": because})
    return at


def _lapse_what_runs_on(work: Work, at: datetime) -> None:
    """Of a case that was over, what a reply that did not arrive had ended."""
    work.effective_at = at
    for clock in work.clocks:
        if clock.running:
            clock.cancelled_at = at
            if clock.due_at and clock.due_at > at:
                untell_breach(work, clock)
            correct(work, clock, "undeliverable", breach_untrue=False)


def _delivery(work: Work, event: ReplyDelivered, given: Mapping[UUID, Given]) -> None:
    """A final one that had been lost is found."""
    write_line(work, DELIVERED, INTAKE, event.delivered_at, {"by": event.by, "answer": event.answer})
    if event.answer is not None and work.case.id in given:
        work.effective_at = min(event.delivered_at, work.office.now)
        give_again(work, event.answer, given[work.case.id])
    if event.by in BROUGHT_BY_STAFF and _is_the_one_to_deliver(work, event):
        end_task(work, DELIVER_REPLY)
        if event.answer == work.case.answers:
            work.case.brought_at = min(event.delivered_at, work.office.now)


def _is_the_one_to_deliver(work: Work, event: ReplyDelivered | ReplyUndeliverable) -> bool:
    """Once there is a final answer the task is about that one, and not about an earlier one or an interim; unless it
    came with an interim that was given afterwards.
    """
    case = work.case
    if case.state not in SETTLED or event.answer == case.answers:
        return True
    since = next((one.since for one in work.tasks if one.task == DELIVER_REPLY), None)
    return event.answer is None and bool(since and case.answered_at and since > case.answered_at)


def _non_delivery(work: Work, event: ReplyUndeliverable, given: Mapping[UUID, Given]) -> None:
    """As if it had never been given, where it was a final one; the team must reach the person otherwise, unless they
    want no answer any more.
    """
    case, at = work.case, min(event.found_at, work.office.now)
    is_the_one = _is_the_one_to_deliver(work, event)
    work.effective_at = at
    if event.answer is not None:
        take_back(work, event.answer, given[case.id])
    have_staff_bring_what_follows(case, event)
    details = {"by": event.by, "answer": event.answer, "because": event.because}
    write_line(work, UNDELIVERED, INTAKE, at, details)
    if is_the_one:
        end_task(work, DELIVER_REPLY)
    if given[case.id].lapsed_at is None:
        raise_task(work, "reply_undelivered", at)


def _not_told(work: Work, event: NoticeUndeliverable) -> None:
    """Staff must tell the person, where it is still so."""
    case, at = work.case, min(event.found_at, work.office.now)
    work.effective_at, was_brought = at, case.reply_by in BROUGHT_BY_STAFF
    have_staff_bring_what_follows(case, event)
    write_line(work, UNTOLD, INTAKE, at, {"by": event.by, "notice": event.notice, "because": event.because})
    if event.notice == "asked" and event.said_at is not None:
        unask(work, event.said_at, at)
    elif event.notice in _REPLIES:
        if event.because == "no_address" and not was_brought:  # no mail was ever to tell it
            raise_task(work, DELIVER_REPLY, at)
    elif case.state in SETTLED:
        return
    elif event.notice == "extended":
        raise_task(work, BRING_EXTENSION, at)
    elif event.notice == "late" and any(clock.breach_told_at for clock in running(work.clocks, PROMISES)):
        raise_task(work, BRING_APOLOGY, at)
    elif event.notice in ("assigned", "transferred") and case.state in IN_TOUCH:
        raise_task(work, BRING_TRANSFER, at)


async def _keep_words(
    session: AsyncSession, table: type[Base], key: str, words: Mapping[UUID, FeedbackVerbatimRedacted]
) -> None:
    """Under the rows' locks, which are taken in the order of their keys as everywhere."""
    if words:
        statement = f"""
            WITH words AS (SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:verbatims AS text[]),
                                                CAST(:languages AS text[])) AS w (id, verbatim, language)),
                 mine AS (SELECT kept.{key} AS id FROM {table.__tablename__} AS kept JOIN words ON words.id = kept.{key}
                           ORDER BY kept.{key} FOR UPDATE OF kept)
            UPDATE {table.__tablename__} SET verbatim = words.verbatim, language = words.language
              FROM mine JOIN words USING (id) WHERE {table.__tablename__}.{key} = mine.id
        """  # noqa: S608 - table and key are ours
        await session.execute(
            text(statement),
            {
                "ids": list(words),
                "verbatims": [one.text for one in words.values()],
                "languages": [one.language for one in words.values()],
            },
        )
