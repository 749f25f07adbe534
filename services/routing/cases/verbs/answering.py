"""Answering: acknowledgements, replies, references elsewhere, refusals; closing, and coming back."""

from typing import Any

from libs.common.languages import Language, language_of
from libs.contracts.cases import CaseAcknowledged, CaseClosed, CaseReopened, CaseReplied
from libs.contracts.codes import CaseState, ClosedBecause, Outcome
from services.routing.cases import clocks as clock_rules
from services.routing.cases.models import Clock
from services.routing.cases.verbs.line import Line
from services.routing.cases.verbs.schemas import Acknowledge, Close, Decline, Refer, Reopen, Reply
from services.routing.cases.verbs.waiting import correct, run_on_after_withdrawal, wake
from services.routing.cases.work import Work, end_task, have_it_brought, is_contested, raise_task, tell, waited

DELIVER_REPLY = "deliver_reply"
ENDED_BY_A_REPLY = ("acknowledge", "reply", "stage2_reply")


def acknowledge(work: Work, body: Acknowledge) -> Line:  # noqa: ARG001 - it says no more than any verb
    """A human told the person that it is in hand: the clock `acknowledge` ends."""
    work.case.state = "acknowledged"
    work.case.acknowledged_at = work.case.acknowledged_at or work.effective_at
    ended = _end(work, ("acknowledge",), None)
    tell(
        work,
        CaseAcknowledged,
        work.effective_at,
        effective_at=work.effective_at,
        ended=clock_rules.ends(ended),
        **waited(work),
    )
    _correct_breaches(work, ended)
    return Line({})


def reply(work: Work, body: Reply) -> Line:
    """A final reply ends the clocks of replies, and an acknowledgement still owed; an interim one ends nothing.

    After an answer it says that more will come: somebody has to see to that, and the case does not close by itself.
    """
    if body.interim:
        if work.case.state == "answered":
            raise_task(work, "read_message", work.effective_at)
        _tell_reply(work, [], interim=True, remedy=body.remedy, text=body.told())
    else:
        answer(work, body.outcome, body.told(), remedy=body.remedy)
    number = None if body.interim else work.case.answers
    details = {"interim": body.interim, "outcome": body.outcome, "remedy": body.remedy, "answer": number}
    return Line(details, text=body.told())


def refer(work: Work, body: Refer) -> Line:
    """Somebody else must answer: a final reply says so, and the case is over."""
    told = body.told(told_in(work.case.language))
    answer(work, "referred", told)
    end_case(work, "referred")
    return Line({"outcome": "referred", "answer": work.case.answers}, text=told)


def told_in(language: str | None) -> Language:
    """The language in which somebody who writes in this one is told what is said in both."""
    return language_of(language) or "en"


def decline(work: Work, body: Decline) -> Line:
    """Not answered on the substance: a final reply says why, and the case is over."""
    answer(work, "declined", body.told())
    end_case(work, "declined")
    return Line({"outcome": "declined", "reason": body.reason, "answer": work.case.answers}, text=body.told())


def close(work: Work, body: Close) -> Line:  # noqa: ARG001 - it says no more than any verb
    """Nothing more is expected."""
    end_case(work, "staff")
    return Line({})


def reopen(work: Work, body: Reopen) -> Line:
    """Open again, in the hands of the same team. What had lapsed runs on, and the second stage begins, each time anew;
    what else has ended stays ended.
    """
    case = work.case
    case.reopened_count += 1
    run_on_after_withdrawal(work)
    for clock in work.clocks:
        if clock.starts == "reopening" and not clock.running:
            clock_rules.start_anew(clock, work.calendar_of(clock), work.effective_at)
    case.state, case.reopen_until = in_hand(work), None
    tell(
        work,
        CaseReopened,
        work.effective_at,
        effective_at=work.effective_at,
        reopened_by="staff",
        reopened_count=case.reopened_count,
        clocks=clock_rules.states(work.clocks),
    )
    return Line({}, text=body.reason)


def in_hand(work: Work) -> CaseState:
    """Where a case is again that the team had before: an acknowledgement that is still owed can be given."""
    return "assigned" if clock_rules.running(work.clocks, ["acknowledge"]) else "acknowledged"


def answer(
    work: Work, outcome: Outcome | None, text: str | None, *, remedy: str | None = None, on_the_spot: bool = False
) -> None:
    """A final reply: the case is answered, at `effective_at`. Whatever it waited for, it waits no longer."""
    wake(work, work.effective_at, "staff")
    case = work.case
    if case.solved is not None and case.solved_answer is None:
        case.solved_answer = case.answers  # what they said was of the answer that stood
    case.state, case.outcome, case.remedy, case.answered_at = "answered", outcome, remedy, work.effective_at
    case.answers += 1
    case.brought_at = None
    ended = _end(work, ENDED_BY_A_REPLY, case.answers)
    _tell_reply(work, ended, interim=False, outcome=outcome, remedy=remedy, text=text, on_the_spot=on_the_spot)
    _correct_breaches(work, ended)


def end_case(work: Work, because: ClosedBecause) -> None:
    """The case is over. `resolve` ends with it, at the reply that stood, unless the person contested that one."""
    wake(work, work.effective_at, "person" if because == "withdrawn" else "staff")
    case = work.case
    ended: list[Clock] = []
    if case.state == "answered" and case.answered_at is not None and not is_contested(case):
        for clock in clock_rules.running(work.clocks, ["resolve"]):
            clock_rules.end(clock, work.calendar_of(clock), case.answered_at, by=case.answers, late=False)
            ended.append(clock)
    case.state = "closed"
    case.reopen_until = work.office.terms.back_until(work.effective_at)
    tell(
        work,
        CaseClosed,
        work.effective_at,
        effective_at=work.effective_at,
        outcome=case.outcome,
        because=because,
        reopen_until=case.reopen_until,
        ended=clock_rules.ends(ended),
        clocks=clock_rules.states(work.clocks),
    )
    _correct_breaches(work, ended)


def _end(work: Work, names: tuple[str, ...], by: int | None) -> list[Clock]:
    ended = clock_rules.running(work.clocks, names)
    for clock in ended:
        clock_rules.end(clock, work.calendar_of(clock), work.effective_at, by=by, late=work.late)
    return ended


def _tell_reply(work: Work, ended: list[Clock], *, interim: bool, **fields: Any) -> None:
    tell(
        work,
        CaseReplied,
        work.effective_at,
        effective_at=work.effective_at,
        interim=interim,
        answer=None if interim else work.case.answers,
        ended=clock_rules.ends(ended),
        **waited(work),
        **fields,
    )
    if fields["text"]:
        if not (interim and work.case.state == "answered"):  # the answer may have to be brought still
            end_task(work, DELIVER_REPLY)
        have_it_brought(work, DELIVER_REPLY, work.effective_at)


def _correct_breaches(work: Work, ended: list[Clock]) -> None:
    """Written down late: a breach was told, and there was none."""
    for clock in ended:
        if clock.met and clock.breach_told_at is not None:
            clock.breach_told_at = None
            correct(work, clock, "late_entry", breach_untrue=True)
