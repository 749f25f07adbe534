"""How far a service's log has been sent, and who sends it: one at a time, for a few seconds at a time."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

HELD_SECONDS = 5
"""Who has not said for so long that it is still there is taken for gone."""

_TAKE = text(
    f"""
    UPDATE event_relay SET holder = :holder, held_until = now() + interval '{HELD_SECONDS} seconds'
     WHERE carrier = 'kafka' AND (holder = :holder OR held_until < now()) RETURNING pos
    """  # noqa: S608 - our own words
)
_KEEP = text(
    f"""
    UPDATE event_relay SET held_until = now() + interval '{HELD_SECONDS} seconds'
     WHERE carrier = 'kafka' AND holder = :holder
    """  # noqa: S608 - our own words
)
_MOVE = text("UPDATE event_relay SET pos = :to WHERE carrier = 'kafka' AND holder = :holder AND pos = :from")
_LEAVE = text(
    "UPDATE event_relay SET holder = NULL, held_until = '-infinity' WHERE carrier = 'kafka' AND holder = :holder"
)
_SET_BACK = text(
    """
    UPDATE event_relay SET pos = least(pos, :to), holder = NULL, held_until = '-infinity'
     WHERE carrier = 'kafka' RETURNING pos
    """
)
_IS_HELD = text("SELECT held_until > now() FROM event_relay WHERE carrier = 'kafka'")


class NotHeld(Exception):
    """Another relay has it now, or somebody set the mark back."""


async def take(connection: AsyncConnection, holder: UUID) -> int | None:
    """The position up to which the log has been sent; None while another one sends."""
    pos = await connection.scalar(_TAKE, {"holder": holder})
    return None if pos is None else int(pos)


async def is_held(connection: AsyncConnection) -> bool:
    """Whether somebody sends."""
    return bool(await connection.scalar(_IS_HELD))


async def keep(connection: AsyncConnection, holder: UUID) -> None:
    """Say that the holder is still there. NotHeld when it is not any more."""
    if (await connection.execute(_KEEP, {"holder": holder})).rowcount != 1:
        raise NotHeld


async def move(connection: AsyncConnection, holder: UUID, before: int, to: int) -> None:
    """Everything up to `to` is in Kafka's hands. NotHeld when the mark is not the holder's, or not where it was."""
    if (await connection.execute(_MOVE, {"holder": holder, "from": before, "to": to})).rowcount != 1:
        raise NotHeld


async def leave(connection: AsyncConnection, holder: UUID) -> None:
    """Let another one go on at once."""
    await connection.execute(_LEAVE, {"holder": holder})


async def set_back(connection: AsyncConnection, to: int) -> int:
    """Have everything after `to` sent again, by whoever takes it next; after which position it is sent now.

    What was not sent yet is not passed over, whatever `to` is.
    """
    return int((await connection.execute(_SET_BACK, {"to": to})).scalar_one())
