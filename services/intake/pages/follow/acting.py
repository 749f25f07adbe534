"""What is done with a code, by the functions that the API calls."""

from collections.abc import Coroutine
from typing import Any

from fastapi import Response

from libs.common.languages import Bilingual, language_of_request, said
from libs.common.problems import Problem
from libs.pages.forms import Wrong, again, body_of, kept, read, wrong_of
from services.intake.messages import service as messages
from services.intake.messages.schemas import MessageIn, WithdrawalIn
from services.intake.pages.follow.showing import code_asked, see
from services.intake.pages.follow.visit import Visit
from services.intake.pages.rendering import page
from services.intake.privacy import export
from services.intake.privacy import service as privacy
from services.intake.privacy.schemas import MyErasureIn
from services.intake.recovery import service as recovery
from services.intake.recovery.schemas import RecoveryIn
from services.intake.tracking import service
from services.intake.tracking.schemas import EvaluationIn

SENT = Bilingual(fr="Votre message est parti : il est ci-dessous.", en="Your message is sent: it stands below.")
EVALUATED = Bilingual(fr="Merci : nous l'avons noté.", en="Thank you: we have noted it.")
WITHDRAWN = Bilingual(fr="Votre message est retiré.", en="Your message is withdrawn.")
ONE_OF_BOTH = said(
    "Donnez votre courriel ou votre téléphone, l'un des deux seulement.",
    "Give your e-mail or your phone, one of the two.",
)
SAY_YES = Bilingual(fr="Cochez la case pour le confirmer.", en="Tick the box to confirm it.")


async def add_message(visit: Visit) -> Response:
    async def change() -> None:
        body = read(MessageIn, body_of(visit.sent, ("text", "in_answer_to"), visit.desk.zone))
        await visit.once(body, messages.add_message(visit.session, visit.desk, visit.code, body, visit.now))

    return await _done(visit, change(), SENT)


async def evaluate(visit: Visit) -> Response:
    async def change() -> None:
        said = body_of(visit.sent, ("solved", "answer", "comment"), visit.desk.zone)
        if mark := visit.said("ratings"):
            said["ratings"] = [{"measure": "csat", "value": mark}]
        body = read(EvaluationIn, said)
        await visit.once(body, service.evaluate(visit.session, visit.desk, visit.code, body, visit.now))

    return await _done(visit, change(), EVALUATED)


async def withdraw(visit: Visit) -> Response:
    async def change() -> None:
        body = WithdrawalIn()
        await visit.once(body, messages.withdraw_by_code(visit.session, visit.desk, visit.code, visit.now))

    return await _done(visit, change(), WITHDRAWN) if visit.said("withdraw") else await _to_confirm(visit, "withdraw")


async def erase(visit: Visit) -> Response:
    """There is no page of that code afterwards."""
    if not visit.said("erase"):
        return await _to_confirm(visit, "erase")
    body = MyErasureIn(confirm=True)
    try:
        async with visit.session.begin_nested():
            await visit.once(body, privacy.erase_by_code(visit.session, visit.desk, visit.code, visit.now))
    except Problem as problem:
        return await _wrong(visit, problem)
    return page(visit.request, "follow/erased.html")


async def take_out(visit: Visit) -> Response:
    """A file that machines read: the person's right (GDPR, article 20; Quebec's Law 25)."""
    try:
        async with visit.session.begin_nested():
            held = await export.export_by_code(visit.session, visit.desk, visit.code, visit.now)
    except Problem as problem:
        return await _wrong(visit, problem)
    headers = {"Content-Disposition": f'attachment; filename="{held.items[0].feedback.reference}.json"'}
    return Response(held.model_dump_json(indent=2), headers=headers, media_type="application/json")


async def recover(visit: Visit) -> Response:
    """The same answer, whether there is such a message or not."""
    try:
        body = read(RecoveryIn, body_of(visit.sent, ("reference", "email", "phone"), visit.desk.zone))
    except Problem as problem:
        asked = Wrong("email", ONE_OF_BOTH.in_(language_of_request.get()))
        is_neither = [one.code for one in problem.errors] == ["not_one_contact"]
        wrong = [asked] if is_neither else wrong_of(problem)
        return code_asked(visit.request, visit.desk, kept(visit.sent, wrong), status=422)
    accepted = await recovery.ask(visit.session, visit.desk, body, visit.now)
    return code_asked(visit.request, visit.desk, kept(visit.sent), done=accepted.next_step)


async def _done(visit: Visit, change: Coroutine[Any, Any, None], done: Bilingual) -> Response:
    """The page as it then is. What is refused leaves nothing behind, its key neither."""
    try:
        async with visit.session.begin_nested():
            await change
    except Problem as problem:
        return await _wrong(visit, problem)
    return await see(visit, done=done)


async def _wrong(visit: Visit, problem: Problem) -> Response:
    wrong = [
        Wrong("ratings", one.detail) if (one.field or "").startswith("ratings") else one for one in wrong_of(problem)
    ]
    return await see(visit, again(visit.sent, problem, wrong), status=problem.status)


async def _to_confirm(visit: Visit, field: str) -> Response:
    return await see(visit, kept(visit.sent, [Wrong(field, SAY_YES.in_(language_of_request.get()))]), status=422)
