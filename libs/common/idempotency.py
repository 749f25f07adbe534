"""Safe retries: the same `Idempotency-Key` and body get the same answer, once carried out, whatever was lost."""

import hashlib
import hmac
import json
from collections.abc import Coroutine, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, TypeVar, cast
from uuid import UUID

import orjson
from fastapi import Depends, Header, Request
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError
from sqlalchemy import (
    Column,
    DateTime,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Known
from libs.common.db import Session, metadata
from libs.common.failures import is_locked
from libs.common.problems import Problem

KEPT = timedelta(hours=48)

idempotency_key = Table(
    "idempotency_key",
    metadata,
    Column("scope", Text),
    Column("key", Text),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("answer", JSONB),
    Column("expires_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("scope", "key"),
    Index(None, "expires_at"),
    Index("ix_idempotency_key_answer", "answer", postgresql_where=text("expires_at IS NULL")),
)

KEY_PATTERN = r"^[\x21-\x7e]+$"
KEY_LENGTHS = (8, 128)

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=KEY_LENGTHS[0],
        max_length=KEY_LENGTHS[1],
        pattern=KEY_PATTERN,
        description="makes a retry safe; kept 24 h or more",
    ),
]

T = TypeVar("T", bound=BaseModel)


class IdempotencyKeyReused(Problem):
    """This Idempotency-Key came before with another body."""

    status: ClassVar[int] = 422
    fr = "Cette clé Idempotency-Key est déjà venue avec un autre corps."


class KeyMustBeUuid(Problem):
    """Without a token, an Idempotency-Key must be a UUID."""

    status: ClassVar[int] = 422
    fr = "Sans jeton, une clé Idempotency-Key doit être un UUID."


class StillRunning(Problem):
    """The request with this key or reference is still being carried out: try again in a moment."""

    status: ClassVar[int] = 409
    fr = "La demande qui porte cette clé ou cette référence est encore en cours : réessayez dans un instant."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "1"}


def fingerprint(secret: str, body: BaseModel, *, without: set[str] | None = None) -> bytes:
    """A keyed hash of the validated body: tells bodies apart and reveals nothing of them."""
    try:
        said = body.model_dump_json(exclude_unset=True, exclude=without)
    except PydanticSerializationError:  # half a character, in what is kept as it was sent until it is read
        said = json.dumps(body.model_dump(exclude_unset=True, exclude=without), default=str)
    return hmac.digest(secret.encode(), said.encode(), hashlib.sha256)


def nobodys_key(key: str) -> str:
    """The key of somebody without a token, who shares their scope with everybody: a UUID, or `KeyMustBeUuid`."""
    try:
        return str(UUID(key))
    except ValueError as other:
        raise KeyMustBeUuid from other


class Once:
    """Carries out a change once per key: `await once(body, change(...))`."""

    def __init__(self, session: AsyncSession, scope: str, key: str | None, secret: str) -> None:
        self._session, self._scope, self._key, self._secret = session, scope, key, secret

    async def __call__(self, body: BaseModel, change: Coroutine[Any, Any, T], read_as: type[T] | None = None) -> T:
        """The change's answer, or that of the first time. `IdempotencyKeyReused` when the body is another.

        `read_as`: its type, for who does more with it than to send it: an endpoint reads it by its response model.
        """
        if self._key is None:
            return await change
        mark = fingerprint(self._secret, body)
        mine = (idempotency_key.c.scope == self._scope) & (idempotency_key.c.key == self._key)
        with closing(change):
            if await self._claim(mark):
                answer = await change
                kept = orjson.loads(answer.model_dump_json())
                await self._session.execute(update(idempotency_key).where(mine).values(answer=kept))
                return answer
        first = (await self._session.execute(select(idempotency_key).where(mine))).one()
        if first.fingerprint != mark:
            raise IdempotencyKeyReused
        return read_as.model_validate(first.answer) if read_as else cast(T, first.answer)

    async def _claim(self, mark: bytes) -> bool:
        try:
            claimed = await self._session.scalar(
                insert(idempotency_key)
                .values(scope=self._scope, key=self._key, fingerprint=mark, expires_at=func.now() + KEPT)
                .on_conflict_do_nothing()
                .returning(idempotency_key.c.key)
            )
        except DBAPIError as error:
            if is_locked(error):
                raise StillRunning from error
            raise
        return claimed is not None


async def _once(request: Request, session: Session, principal: Known, idempotency_key: IdempotencyKey = None) -> Once:
    secret = request.app.state.settings.secret.get_secret_value()
    key = nobodys_key(idempotency_key) if idempotency_key and principal is None else idempotency_key
    return Once(session, f"{principal.idempotency_scope if principal else ''} {request.url.path}", key, secret)


def once_for(request: Request, session: AsyncSession, scope: str, key: str | None) -> Once:
    """The same for what comes with a session instead of a token; the key comes with the form."""
    secret = request.app.state.settings.secret.get_secret_value()
    return Once(session, f"{scope} {request.url.path}", nobodys_key(key) if key else None, secret)


Retryable = Annotated[Once, Depends(_once, scope="function")]


async def forget_old_keys(session: AsyncSession, now: datetime) -> None:
    """Keys whose time is over go; those without an end stay for ever."""
    await session.execute(delete(idempotency_key).where(idempotency_key.c.expires_at < now))
