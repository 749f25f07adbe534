"""From the form to its receipt, by the function that the API calls."""

from datetime import datetime

from fastapi import Request, Response
from starlette.datastructures import FormData

from libs.common.languages import language_of_request
from libs.common.problems import Problem
from libs.contracts.codes import Kind
from libs.pages.codes import NAMES
from libs.pages.forms import Filled, again, kept
from libs.pages.switching import keep_language, switched
from services.intake.desk import Desk
from services.intake.feedback import reception
from services.intake.feedback.batcher import Batcher
from services.intake.feedback.sender import Sender
from services.intake.pages.feedback.choices import Choices
from services.intake.pages.feedback.forms import FORMATS, PURPOSES, feedback_of, wrong_with
from services.intake.pages.rendering import page

SOMEBODY = Sender.of(None)
"""Who fills in the form: also where staff do, who write down for others by the quick entry."""

KINDS: tuple[Kind, ...] = ("complaint", "enquiry", "service_request", "suggestion", "compliment")


def form(request: Request, filled: Filled, offered: Choices, desk: Desk, status: int = 200) -> Response:
    return page(
        request,
        "feedback/form.html",
        status=status,
        form=filled,
        offered=offered,
        kinds={kind: NAMES["kind"][kind] for kind in KINDS},
        formats=FORMATS,
        purposes=PURPOSES,
        sends_mail=desk.sends_mail,
    )


async def send(
    request: Request, sent: FormData, offered: Choices, desk: Desk, batcher: Batcher, now: datetime
) -> Response:
    """The receipt; else the form as it was filled in. The key comes with the form: sent twice, it is one feedback."""
    if switched(sent):
        return keep_language(form(request, _in_other_language(sent), offered, desk), language_of_request.get())
    try:
        receipt = await reception.take_in(desk, batcher, feedback_of(sent, desk.zone), SOMEBODY, _key(sent), now)
    except Problem as problem:
        return form(request, again(sent, problem, wrong_with(problem)), offered, desk, problem.status)
    follow_url = request.app.state.settings.follow_page
    return page(request, "feedback/receipt.html", receipt=receipt, follow_url=follow_url)


def _in_other_language(sent: FormData) -> Filled:
    """Under the key that it had: nothing was sent. Its person is answered in the language that they have chosen now."""
    filled, key = kept(sent), _key(sent)
    values = {name: value for name, value in filled.values.items() if name != "person.language"}
    return Filled(values, key=key or filled.key)


def _key(sent: FormData) -> str | None:
    key = sent.get("key")
    return key if isinstance(key, str) else None
