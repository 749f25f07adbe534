"""How often somebody may ask: a token bucket in the database, of which each process leases a handful at a time.

So the limit holds over all processes, and a request costs no write: one in ten at the most asks the database.
"""

import asyncio
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv6Address, IPv6Network
from math import ceil
from time import monotonic
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy import Column, DateTime, Float, Index, Table, Text, delete, func, text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.exceptions import HTTPException

from libs.common.auth.identity import SERVICE_ROLE
from libs.common.auth.principal import Known, Principal, known
from libs.common.db import Database, metadata
from libs.common.failures import DATABASE_ERRORS
from libs.common.problems import Problem, TooManyRequests, answer_to
from libs.common.refreshing import Shared
from libs.common.settings import ServiceSettings

LEASES_A_BUCKET = 10
LARGEST_LEASE = 1_000
LEASE_SECONDS = 30.0
LONGEST_TURN_SECONDS = 2.0
MOST_LEASES = 10_000

rate_limit_bucket = Table(
    "rate_limit_bucket",
    metadata,
    Column("key", Text, primary_key=True),
    Column("tokens", Float, nullable=False),
    Column("refilled_at", DateTime(timezone=True), nullable=False),
    Index(None, "refilled_at"),
)

_LEASE = text(
    """
    INSERT INTO rate_limit_bucket AS b (key, tokens, refilled_at)
    VALUES (:key, cast(:capacity AS float) - cast(:wanted AS float), statement_timestamp())
    ON CONFLICT (key) DO UPDATE SET (tokens, refilled_at) = (
        SELECT filled - least(cast(:wanted AS float), floor(filled)), greatest(b.refilled_at, statement_timestamp())
          FROM (SELECT least(cast(:capacity AS float), b.tokens + cast(:per_second AS float)
                       * greatest(0, extract(epoch FROM statement_timestamp() - b.refilled_at)))) AS refilled (filled))
    RETURNING new.tokens AS remaining, coalesce(
        least(cast(:capacity AS float), old.tokens + cast(:per_second AS float)
              * extract(epoch FROM new.refilled_at - old.refilled_at)) - new.tokens, :wanted) AS leased
    """
)


@dataclass
class _Lease:
    """What this process may still give away without asking."""

    tokens: int = 0
    left_behind: float = 0.0
    until: float = float("-inf")
    shared: Shared = field(default_factory=Shared)


class RateLimit:
    """The buckets of this process. `quota` is a minute's worth, which may also be spent at once."""

    def __init__(self, database: Database, clock: Callable[[], float] = monotonic) -> None:
        self._database, self._clock = database, clock
        self._leases: OrderedDict[str, _Lease] = OrderedDict()

    async def spend(self, key: str, quota: int) -> int:
        """Take one token of the bucket; how many are left, as far as is known here. `TooManyRequests` without one."""
        lease = self._leases.get(key) or self._leases.setdefault(key, _Lease())
        self._leases.move_to_end(key)
        if len(self._leases) > MOST_LEASES:
            self._leases.popitem(last=False)
        while lease.tokens < 1 or lease.until < self._clock():
            await self._renew(lease, key, quota)
        lease.tokens -= 1
        return int(lease.tokens + lease.left_behind)

    async def _renew(self, lease: _Lease, key: str, quota: int) -> None:
        """By one of those who wait. TimeoutError, which is answered 503, when the database takes too long."""
        async with asyncio.timeout(LONGEST_TURN_SECONDS):
            await lease.shared.join(partial(self._lease, lease, key, quota))

    async def _lease(self, lease: _Lease, key: str, quota: int) -> None:
        wanted = max(1, min(LARGEST_LEASE, quota // LEASES_A_BUCKET))
        bucket = {"key": key, "capacity": quota, "per_second": quota / 60, "wanted": wanted}
        async with self._database.statement() as connection:
            row = (await connection.execute(_LEASE, bucket)).one()
        lease.tokens, lease.left_behind = round(row.leased), row.remaining
        lease.until = self._clock() + LEASE_SECONDS
        if lease.tokens < 1:
            raise TooManyRequests(ceil((1 - lease.left_behind) * 60 / quota))


async def limited(request: Request, principal: Known) -> None:
    """Spend a token of whoever asks: `TooManyRequests` without one."""
    settings: ServiceSettings = request.app.state.settings
    if principal is not None and principal.has(SERVICE_ROLE):
        return
    key, quota = _bucket(request, principal, settings)
    limit: RateLimit = request.app.state.rate_limit
    policy = f'"{key.partition(" ")[0]}"'
    request.state.rate_limit = {"RateLimit-Policy": f"{policy};q={quota};w=60", "RateLimit": f"{policy};r=0;t=60"}
    left = await limit.spend(key, quota)
    request.state.rate_limit["RateLimit"] = f"{policy};r={left};t=60"


def _bucket(request: Request, principal: Principal | None, settings: ServiceSettings) -> tuple[str, int]:
    """Whose bucket it is, and how large. An address is personal: only its keyed hash is kept."""
    if principal is None:
        place = b"address" + _place_of(request.client.host if request.client else "").encode()
        digest = hmac.digest(settings.secret.get_secret_value().encode(), place, hashlib.sha256).hex()
        return f"anonymous {digest[:32]}", settings.anonymous_per_minute
    if principal.kind == "staff":
        return f"staff {principal.subject}", settings.staff_per_minute
    return f"{principal.kind} {principal.subject}", principal.quota or settings.partner_per_minute


def _place_of(host: str) -> str:
    """The address; of IPv6 its network, since who has one address there has all of its 64 bits (RFC 6177)."""
    if ":" not in host:
        return host
    try:
        address = IPv6Address(host)
    except ValueError:
        return host
    return str(address.ipv4_mapped or IPv6Network((int(address), 64), strict=False))


Limited = Depends(limited, scope="function")
"""Spends a token of whoever asks; what is left is said in the headers `RateLimit` and `RateLimit-Policy`."""


def limit_what_cannot_be_read(app: FastAPI) -> None:
    """A body that cannot be read costs a token, too: FastAPI reads it before it asks `Limited`."""
    for kind in (RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _limiting(app.exception_handlers[kind]))


def _limiting(answer: Callable[[Request, Any], Any]) -> Callable[[Request, Any], Awaitable[Response]]:
    async def answer_limited(request: Request, error: Any) -> Response:
        of_the_body = error.__cause__ is not None  # what the reading of it raised
        if of_the_body and not hasattr(request.state, "rate_limit"):
            try:
                await limited(request, await known(request))
            except (Problem, *DATABASE_ERRORS) as refused:
                return await answer_to(request, refused)
        response: Response = await answer(request, error)
        return response

    return answer_limited


async def forget_full_buckets(session: AsyncSession) -> None:
    """A bucket that nobody has touched for a minute is full again, as one that is not there."""
    await session.execute(
        delete(rate_limit_bucket).where(rate_limit_bucket.c.refilled_at < func.now() - text("interval '2 minutes'"))
    )
