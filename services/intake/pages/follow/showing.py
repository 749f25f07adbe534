"""The page of a code, and the one that asks for it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from fastapi import Request, Response

from libs.common.days import day_of
from libs.common.languages import Bilingual, language_of_request
from libs.common.problems import Problem
from libs.pages.forms import Filled, Wrong, kept
from libs.pages.switching import keep_language, switched
from services.intake.desk import Desk
from services.intake.pages.follow.visit import Visit
from services.intake.pages.rendering import page
from services.intake.persons.keys import Erased
from services.intake.recovery.service import NO_MAIL
from services.intake.tracking.errors import TrackingCodeMissing, TrackingCodeMistyped, TrackingCodeUnknown
from services.intake.tracking.queries import tracking
from services.intake.tracking.schemas import QuestionEntry, ReplyEntry, Tracking

_OF_THE_CODE: Mapping[type[Problem], Bilingual] = {
    TrackingCodeMissing: Bilingual(fr="Tapez le code de suivi.", en="Type the tracking code."),
    TrackingCodeMistyped: Bilingual(
        fr="Ce code n'est pas complet, ou un caractère est faux : comparez-le avec celui que vous avez gardé.",
        en="A character of this code is wrong or missing: compare it with the one that you kept.",
    ),
    TrackingCodeUnknown: Bilingual(
        fr="Aucun message n'a ce code. S'il a été remplacé, le nouveau seul est bon.",
        en="No message has this code. If it was replaced, only the new one is good.",
    ),
    Erased: Bilingual(
        fr="Tout ce qui était sous ce code a été effacé, comme cela a été demandé.",
        en="All that was under this code has been erased, as was asked.",
    ),
}


def code_asked(
    request: Request, desk: Desk, filled: Filled, done: Bilingual | None = None, status: int = 200
) -> Response:
    no_mail = None if desk.sends_mail else NO_MAIL.next_step
    return page(request, "follow/code.html", status=status, form=filled, done=done, no_mail=no_mail)


async def see(visit: Visit, filled: Filled | None = None, done: Bilingual | None = None, status: int = 200) -> Response:
    """The page, with what has just been done, or is to be corrected; where the code opens nothing, why."""
    is_switched = switched(visit.sent)
    try:
        found = await tracking(visit.session, visit.desk, visit.code, visit.now)
    except tuple(_OF_THE_CODE) as problem:
        return _refused(visit, problem)
    response = page(
        visit.request,
        "follow/case.html",
        status=status,
        code=visit.code,
        found=found,
        form=filled or (kept(visit.sent) if is_switched else Filled()),
        done=done,
        question=_open_question(found),
        answer=_latest_answer(found),
        ends_on=_ends_on(visit),
    )
    return keep_language(response, language_of_request.get()) if is_switched else response


def _refused(visit: Visit, problem: Problem) -> Response:
    if switched(visit.sent) and visit.code is None:
        return keep_language(code_asked(visit.request, visit.desk, Filled()), language_of_request.get())
    wrong = Wrong("code", _OF_THE_CODE[type(problem)].in_(language_of_request.get()))
    return code_asked(visit.request, visit.desk, kept(visit.sent, [wrong]), status=max(problem.status, 404))


def _open_question(found: Tracking) -> QuestionEntry | None:
    """The question that the person is asked to answer: none once the case goes on without, or where it is not told."""
    asked = [one for one in found.conversation if isinstance(one, QuestionEntry)]
    return asked[-1] if asked and found.situation == "asked" and not found.withheld else None


def _latest_answer(found: Tracking) -> int | None:
    return max((one.answer for one in found.conversation if isinstance(one, ReplyEntry) and one.answer), default=None)


def _ends_on(visit: Visit) -> Callable[[datetime], date]:
    """The day that a person means by a moment, in the organisation's zone."""
    return lambda moment: day_of(moment, visit.desk.zone)
