"""What a case learns of its feedback after it was opened: the redacted words, and whether an answer solved it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from libs.common.stream.events import Received
from libs.contracts.cases import case_id_of
from libs.contracts.feedback import FeedbackEvaluated, FeedbackVerbatimRedacted
from services.routing.cases.models import Case


async def keep_verbatims(session: AsyncSession, redacted: Sequence[Received[FeedbackVerbatimRedacted]]) -> None:
    """The words as the team reads them, and their language. Feedback without a case has no row to change."""
    await _update(
        session,
        [
            {"case": case_id_of(one.subject), "verbatim": one.event.text, "language": one.event.language}
            for one in redacted
        ],
    )


async def keep_evaluations(session: AsyncSession, evaluated: Sequence[Received[FeedbackEvaluated]]) -> None:
    """What the person said last."""
    await _update(session, [{"case": case_id_of(one.subject), "solved": one.event.solved} for one in evaluated])


async def _update(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        names = [name for name in rows[0] if name != "case"]
        statement = update(Case).where(Case.id == bindparam("case")).values({name: bindparam(name) for name in names})
        connection: AsyncConnection = await session.connection()
        await connection.execute(statement, sorted(rows, key=lambda row: str(row["case"])))
