"""Raises alerts with the case that they are of, and sends them: at least once, with a stable Message-ID."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import structlog
from fastapi import FastAPI
from prometheus_client import Counter
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import utc_now
from libs.common.db import Database
from libs.common.languages import Bilingual
from libs.common.lifecycle import every
from libs.common.mail import Mailer, Postponed, Refused
from libs.contracts.alerts import alert_id, alert_in
from libs.contracts.codes import Urgency
from services.routing.alerts import letter
from services.routing.alerts.models import Alert
from services.routing.alerts.schemas import AlertBounceIn, AlertBounceOut
from services.routing.cases.models import Case
from services.routing.cases.terms import USUAL, Terms
from services.routing.cases.work import put_down, raise_task, take_up
from services.routing.rules import queries as rules
from services.routing.teams.models import Team

POLL_SECONDS = 1
LEASE = timedelta(minutes=2)
"""How long a sender has an alert for itself: longer than a mail server may take."""
LONGEST_PAUSE = timedelta(minutes=5)
GIVEN_UP_AFTER = timedelta(hours=24)
ALERT_UNDELIVERED = "alert_undelivered"
_NOT_TAKEN = ("refused", "given_up", "bounced")
_TOLD_NOBODY = (*_NOT_TAKEN, "no_address", "no_mail_server")

URGENT = Counter("ecoute_routing_urgent_total", "Urgent cases that came to a team", ["urgency"])
ALERTS = Counter("ecoute_routing_alerts_total", "Alerts of urgent cases, by what became of them", ["outcome"])


@dataclass(frozen=True)
class Raised:
    """An urgent case that came to a team."""

    case_id: UUID
    team: str
    urgency: str


@dataclass(frozen=True)
class Ready:
    """An alert that this sender has for itself."""

    case_id: UUID
    team: str
    team_name: Bilingual
    reference: str
    urgency: Urgency
    raised_at: datetime
    tries: int
    addresses: Sequence[str]
    """Where it can go: to the first, and to the next where that does not take it."""
    outcome: str | None
    try_at: datetime | None
    """These two as they were when it was taken."""


async def raise_alerts(session: AsyncSession, raised: Sequence[Raised]) -> None:
    """To be sent as soon as the transaction is over; a team is told once of a case."""
    if not raised:
        return
    now = utc_now()
    rows = [
        {"case_id": one.case_id, "team": one.team, "urgency": one.urgency, "raised_at": now, "try_at": now}
        for one in raised
    ]
    told = await session.scalars(insert(Alert).on_conflict_do_nothing().returning(Alert.urgency), rows)
    for urgency in told:
        URGENT.labels(urgency).inc()


async def run_alerts(terms: Terms, app: FastAPI) -> None:
    """The worker's task. Without a mail server alerts are not sent: said at the start, and for each."""
    mailer = Mailer.of(app.state.settings)
    if mailer is None:
        structlog.get_logger("alerts").warning(
            "no_mail_server", consequence="urgent cases are told to nobody by e-mail"
        )

    async def work() -> bool:
        return await send_next(app.state.database, mailer, utc_now(), terms)

    await every(app.state.lifecycle, POLL_SECONDS, work)


async def send_next(database: Database, mailer: Mailer | None, now: datetime, terms: Terms = USUAL) -> bool:
    """Send the alert that has waited longest; whether there was one."""
    async with database.transaction() as session:
        ready = await _take(session, now)
    if ready is None:
        return False
    outcome = await _send(mailer, ready, now)
    async with database.transaction() as session:
        await _note(session, ready, outcome, now, terms)
    return True


async def came_back(session: AsyncSession, body: AlertBounceIn, now: datetime, terms: Terms) -> AlertBounceOut:
    """The mail of an alert came back. What is only delayed, and what is not ours, is left as it is."""
    if not body.status.startswith("5"):
        return AlertBounceOut(taken_as="not_for_good")
    case_id, team = alert_in(body.message_id) or (None, None)
    found = _ALERTS.where(Alert.case_id == case_id, Alert.team == team).with_for_update(of=Alert)
    row = (await session.execute(found)).one_or_none()
    if row is None:
        return AlertBounceOut(taken_as="not_ours")
    alert: Alert = row[0]
    is_being_sent = alert.outcome is None and alert.tries > 0 and alert.try_at is not None and alert.try_at > now
    if alert.outcome != "sent" and not is_being_sent:
        return AlertBounceOut(taken_as="known_already")
    await _note(session, await _ready(session, row), "bounced", now, terms)
    return AlertBounceOut(taken_as="bounced")


_ALERTS = (
    select(Alert, Case.reference, Case.hidden_from, Team.name, Team.alert_email)
    .join(Case, Case.id == Alert.case_id)
    .join(Team, Team.code == Alert.team)
)


async def _take(session: AsyncSession, now: datetime) -> Ready | None:
    waiting = _ALERTS.where(Alert.try_at <= now).order_by(Alert.try_at).limit(1)
    row = (await session.execute(waiting.with_for_update(of=Alert, skip_locked=True))).one_or_none()
    if row is None:
        return None
    row[0].try_at = now + LEASE
    row[0].tries += 1
    return await _ready(session, row)


async def _ready(session: AsyncSession, row: Any) -> Ready:
    alert: Alert = row[0]
    return Ready(
        case_id=alert.case_id,
        team=alert.team,
        team_name=Bilingual(**row.name),
        reference=row.reference,
        urgency=cast(Urgency, alert.urgency),
        raised_at=alert.raised_at,
        tries=alert.tries,
        addresses=await _addresses(session, alert, row.alert_email, row.hidden_from),
        outcome=alert.outcome,
        try_at=alert.try_at,
    )


async def _addresses(session: AsyncSession, alert: Alert, own: str | None, hidden_from: Sequence[str]) -> list[str]:
    """The team's own, then the catch-all team's; but never that of a team which must not know of the case."""
    found = [own] if own and not alert.elsewhere and alert.team not in hidden_from else []
    rule_set = await rules.newest(session)
    catch_all = rules.content(rule_set).rules[-1].team if rule_set else None
    if catch_all is not None and catch_all not in hidden_from:
        other = await session.scalar(select(Team.alert_email).where(Team.code == catch_all))
        if other and other != own:
            found.append(other)
    return found


async def _send(mailer: Mailer | None, ready: Ready, now: datetime) -> str | None:
    """What became of it; None where it is to be tried again."""
    if mailer is None:
        return "no_mail_server"
    if not ready.addresses:
        return "no_address"
    try:
        message = mailer.compose(
            mailer.message_id(alert_id(ready.case_id, ready.team)),
            ready.addresses[:1],
            letter.subject(ready.reference),
            letter.text(ready.reference, ready.urgency, ready.team_name),
            written_at=ready.raised_at,
            urgent=True,
        )
        await mailer.send(message)
    except Refused:
        return "refused"
    except Postponed:
        return None if now < ready.raised_at + GIVEN_UP_AFTER else "given_up"
    return "sent"


async def _note(session: AsyncSession, ready: Ready, outcome: str | None, now: datetime, terms: Terms) -> None:
    """Where one address does not take it, it goes to the next at once; where none does, the case has a task.

    Nothing where more is known by now: its mail may have come back before that it was sent is put down.
    """
    alert = await session.get_one(Alert, (ready.case_id, ready.team), with_for_update=True, populate_existing=True)
    if (alert.outcome, alert.try_at) != (ready.outcome, ready.try_at):
        return
    pause = min(LONGEST_PAUSE, timedelta(seconds=5 * 2 ** min(ready.tries, 10)))
    became: dict[str, Any] = {"outcome": outcome, "try_at": None if outcome else now + pause}
    if outcome in _NOT_TAKEN and len(ready.addresses) > 1:
        became = {"outcome": None, "try_at": now, "elsewhere": True}
    elif outcome in _TOLD_NOBODY:
        await _have_it_seen_to(session, ready, now, terms)
    await session.execute(update(Alert).where(Alert.case_id == ready.case_id, Alert.team == ready.team).values(became))
    ALERTS.labels(outcome or "postponed").inc()
    if outcome != "sent":
        structlog.get_logger("alerts").error("alert_not_sent", case=str(ready.case_id), outcome=outcome or "postponed")


async def _have_it_seen_to(session: AsyncSession, ready: Ready, now: datetime, terms: Terms) -> None:
    """Until somebody has taken the case in hand, who looks at the queue must see that nobody was told."""
    works = await take_up(session, [ready.case_id], terms, now)
    for work in works.values():
        if work.case.team == ready.team and work.case.state in ("new", "assigned"):
            raise_task(work, ALERT_UNDELIVERED, now)
    await put_down(session, list(works.values()))
