"""The person's code in a request: never in the address, always in the header `Tracking-Code`."""

from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Security
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, SerializeAsAny

from libs.common.idempotency import IdempotencyKeyReused, KeyMustBeUuid, Once, Retryable, StillRunning
from services.intake.tracking.codes import normalise
from services.intake.tracking.errors import TrackingCodeMissing, TrackingCodeMistyped, TrackingCodeUnknown

_header = APIKeyHeader(
    name="Tracking-Code",
    scheme_name="TrackingCode",
    auto_error=False,
    description="the secret given with the receipt; hyphens and case do not matter",
)


async def _code(shown: Annotated[str | None, Security(_header)]) -> str:
    if shown is None:
        raise TrackingCodeMissing
    return shown


TrackingCode = Annotated[str, Depends(_code)]
"""What the request shows; `TrackingCodeMissing` without one, whatever else is wrong."""

CODE_PROBLEMS = (TrackingCodeMissing, TrackingCodeMistyped, TrackingCodeUnknown)
RETRY_PROBLEMS = (KeyMustBeUuid, IdempotencyKeyReused, StillRunning)

T = TypeVar("T", bound=BaseModel)


class _Said(BaseModel):
    """What is said, and with which code: two persons with one key are told apart."""

    code: str | None
    body: SerializeAsAny[BaseModel]


class OnceByCode:
    """Carries out a change once per key, for whoever has the code."""

    def __init__(self, once: Once, code: str | None) -> None:
        self._once, self._code = once, code

    async def __call__(self, body: BaseModel, change: Coroutine[Any, Any, T]) -> T:
        said = _Said.model_construct(code=normalise(self._code or ""), body=body)
        return await self._once(said, change)


async def _once_by_code(tracking_code: TrackingCode, once: Retryable) -> OnceByCode:
    return OnceByCode(once, tracking_code)


RetryableByCode = Annotated[OnceByCode, Depends(_once_by_code, scope="function")]
