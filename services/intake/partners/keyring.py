"""The keys that are accepted, at hand in each process: a request with a key costs no query."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import aliased

from libs.common.auth.principal import Principal
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Clock
from libs.common.db import Database
from libs.common.refreshing import Refreshing
from services.intake.partners.keys import id_of_genuine
from services.intake.partners.models import AccessKey, KeyHolder, KeyringRevision

FRESH_SECONDS = 2.0


@dataclass(frozen=True)
class _Ring:
    revision: int
    principals: Mapping[str, Principal | None]
    """Who comes with a key, by its id; None for one that is no longer accepted."""
    touchpoints: Mapping[str, str]
    origins: frozenset[str]


class Keyring:
    """Looks every two seconds whether a holder or a key has changed, and reads them all when one has."""

    def __init__(self, database: Database, secret: str, clock: Clock) -> None:
        self._database, self._secret, self._clock = database, secret, clock
        self._ring = _Ring(-1, {}, {}, frozenset())
        self._refreshing = Refreshing()
        self._used: dict[str, date] = {}
        self._noted: dict[str, date] = {}

    async def principal_of(self, key: str) -> Principal:
        """Whose key it is; `Unauthenticated` where it was never given out, is revoked, or its holder is retired."""
        key_id = id_of_genuine(self._secret, key)
        if key_id is None:
            raise Unauthenticated
        return await self._holder_of(key_id)

    async def still(self, principal: Principal) -> Principal:
        """The same with what is left of its scopes: key and holder may have changed since the token was given."""
        holder = await self._holder_of(principal.key_id or "")
        return replace(holder, scopes=principal.scopes & holder.scopes)

    async def touchpoint_of(self, principal: Principal) -> str | None:
        """The touchpoint of what comes from this partner or device without naming one."""
        return (await self._fresh()).touchpoints.get(principal.subject)

    async def origins(self) -> frozenset[str]:
        """Where pages may come from, of all partners and devices that are not retired."""
        return (await self._fresh()).origins

    async def _holder_of(self, key_id: str) -> Principal:
        ring = await self._fresh()
        if key_id not in ring.principals:  # made a moment ago, by this process or another
            ring = await self._fresh(at_once=True)
        principal = ring.principals.get(key_id)
        if principal is None:
            raise Unauthenticated
        self._used[key_id] = self._clock().date()
        return principal

    async def _fresh(self, *, at_once: bool = False) -> _Ring:
        if at_once or self._refreshing.age > FRESH_SECONDS:
            await self._refreshing.anew(self._read)
        return self._ring

    async def _read(self) -> None:
        async with self._database.statement() as connection:
            revision = (await connection.execute(select(KeyringRevision.revision))).scalar_one()
            if revision != self._ring.revision:
                self._ring = _ring(revision, (await connection.execute(_ALL)).mappings().all())
            if unnoted := [key_id for key_id, day in self._used.items() if self._noted.get(key_id) != day]:
                today = self._clock().date()
                await connection.execute(
                    update(AccessKey)
                    .where(
                        AccessKey.id.in_(unnoted),
                        or_(AccessKey.last_used_on.is_(None), AccessKey.last_used_on < today),
                    )
                    .values(last_used_on=today)
                )
                self._noted.update(dict.fromkeys(unnoted, today))


_owner = aliased(KeyHolder)
_ALL = (
    select(
        KeyHolder.code,
        KeyHolder.kind,
        KeyHolder.scopes,
        KeyHolder.origins,
        KeyHolder.quota_per_minute,
        KeyHolder.teams,
        KeyHolder.touchpoint,
        or_(KeyHolder.retired, and_(_owner.code.is_not(None), _owner.retired)).label("retired"),
        AccessKey.id.label("key_id"),
        AccessKey.revoked_at,
    )
    .outerjoin(_owner, _owner.code == KeyHolder.partner)
    .outerjoin(AccessKey, AccessKey.holder == KeyHolder.code)
)


def _ring(revision: int, rows: Any) -> _Ring:
    live = [row for row in rows if not row["retired"]]
    return _Ring(
        revision=revision,
        principals={row["key_id"]: _principal(row) for row in rows if row["key_id"]},
        touchpoints={row["code"]: row["touchpoint"] for row in live if row["touchpoint"]},
        origins=frozenset(origin for row in live for origin in row["origins"]),
    )


def _principal(row: Mapping[str, Any]) -> Principal | None:
    if row["retired"] or row["revoked_at"] is not None:
        return None
    return Principal(
        subject=row["code"],
        roles=frozenset(),
        teams=frozenset(row["teams"]),
        kind=row["kind"],
        scopes=frozenset(row["scopes"]),
        key_id=row["key_id"],
        quota=row["quota_per_minute"],
    )


async def hang_keyring(app: FastAPI, _: AsyncExitStack) -> None:
    """Start of the application: `app.state.keyring`."""
    secret = app.state.settings.secret.get_secret_value()
    app.state.keyring = Keyring(app.state.database, secret, app.state.clock)


async def _keyring(request: Request) -> Keyring:
    keyring: Keyring = request.app.state.keyring
    return keyring


KeyringOf = Annotated[Keyring, Depends(_keyring)]
