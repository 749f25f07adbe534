"""From what was typed to the receipt, or to what was found, by the functions that the API calls."""

from datetime import datetime
from functools import partial
from typing import Any

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData

from libs.common.auth.identity import Principal
from libs.common.days import day_of
from libs.common.problems import Problem
from libs.contracts.cases import case_id_of
from libs.pages.codes import NAMES
from libs.pages.forms import Filled, again, kept, wrong_of
from services.intake.desk import Desk
from services.intake.feedback import reception
from services.intake.feedback.batcher import Batcher
from services.intake.feedback.sender import Sender
from services.intake.pages.entry.forms import SHOWN_AT, feedback_of, next_one, sought_of
from services.intake.pages.entry.spelling import spelled
from services.intake.pages.feedback.choices import Choices, choices
from services.intake.pages.rendering import page
from services.intake.reading.search import find

CHANNELS = ("phone", "counter", "email", "letter", "chat", "social", "sms", "fax", "other")


async def form(request: Request, session: AsyncSession, desk: Desk, now: datetime, filled: Filled) -> Response:
    return _page(request, desk, await _offered(session, desk, now), filled)


async def take_in(
    request: Request,
    sent: FormData,
    session: AsyncSession,
    desk: Desk,
    batcher: Batcher,
    now: datetime,
    by: Principal,
) -> Response:
    """What came twice under one key is one feedback, with one receipt."""
    offered, key = await _offered(session, desk, now), str(sent.get("key", "")) or None
    try:
        body = feedback_of(sent, offered, desk.zone)
        receipt = await reception.take_in(desk, batcher, body, Sender.of(by), key, now)
    except Problem as refused:
        return _page(request, desk, offered, again(sent, refused, _wrong(refused)), refused.status)
    following = next_one(kept(sent).values)
    return _page(request, desk, offered, following, receipt=receipt, spelled=spelled)


async def search(
    request: Request, sent: FormData, session: AsyncSession, desk: Desk, now: datetime, by: Principal
) -> Response:
    show = partial(_page, request, desk, await _offered(session, desk, now), Filled({"channel": "phone"}))
    sought = str(sent.get("sought", ""))
    try:
        found = await find(session, desk.blind, sought_of(sent), by, now)
    except Problem as refused:
        return show(refused.status, sought=sought, not_sought=wrong_of(refused))
    ends_on = partial(day_of, zone=desk.zone)
    return show(sought=sought, found=found.items, case_id_of=case_id_of, ends_on=ends_on)


def _wrong(problem: Problem) -> list[Any]:
    """The mark is one field here, whatever the schema makes of it."""
    return [
        type(one)("csat", one.detail) if (one.field or "").startswith("ratings") else one
        for one in wrong_of(problem, SHOWN_AT)
    ]


async def _offered(session: AsyncSession, desk: Desk, now: datetime) -> Choices:
    return await choices(session, now.astimezone(desk.zone).date())


def _page(request: Request, desk: Desk, offered: Choices, filled: Filled, status: int = 200, **shown: Any) -> Response:
    return page(
        request,
        "entry/entry.html",
        status=status,
        form=filled,
        offered=offered,
        names=NAMES,
        channels=CHANNELS,
        sends_mail=desk.sends_mail,
        **{"receipt": None, "sought": "", "found": None, "not_sought": None, **shown},
    )
