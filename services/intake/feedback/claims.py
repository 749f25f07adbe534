"""What is taken once: a key, the reference that others gave, the code of a slip."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from libs.common.field_problems import field_problem
from libs.common.idempotency import KEPT, IdempotencyKeyReused, fingerprint, nobodys_key
from libs.common.languages import Bilingual
from libs.common.problems import Problem
from services.intake.feedback.arrival import Arrival
from services.intake.feedback.errors import IdempotencyKeyMissing, SlipNotUsable
from services.intake.feedback.events import TELLABLE
from services.intake.feedback.schemas import FeedbackIn
from services.intake.slips.models import Slip
from services.intake.tracking.codes import normalise, tracking_digest

KEPT_FOR_DEVICES = timedelta(days=60)
"""One may be offline for weeks after an answer that it did not get, and has no other reference of its own."""

_SLIP_PROBLEMS = {
    "mistyped": Bilingual(
        fr="Ce code n'est pas complet, ou un caractère est faux.", en="A character of this code is wrong or missing."
    ),
    "unknown": Bilingual(
        fr="Ce code n'est sur aucun feuillet donné d'avance.", en="This code is on no slip given out beforehand."
    ),
    "used": Bilingual(fr="Ce code a déjà servi à un autre retour.", en="This code was used for other feedback."),
}


@dataclass(frozen=True)
class Claim:
    """A key under which the same feedback is written once: an Idempotency-Key, an external reference, a slip."""

    scope: str
    key: str
    fingerprint: bytes
    expires_at: datetime | None
    otherwise: Callable[[], Problem] | None
    """What another body under this key is answered; None where it is answered as the first was."""


def claims_of(arrival: Arrival, body: FeedbackIn, key: str | None, route: str) -> tuple[Claim, ...]:
    """Under what it is taken once. `IdempotencyKeyMissing` from a device that gives no key."""
    sender, claims = arrival.sender, []
    mark = fingerprint(arrival.desk.secret, body, without={"idempotency_key"})  # alike alone and in a batch
    if key is not None:
        key = nobodys_key(key) if sender.by is None else key
        claims.append(
            Claim(
                f"{sender.by.idempotency_scope if sender.by else ''} {route}",
                key,
                mark,
                arrival.now + (KEPT_FOR_DEVICES if sender.source == "device" else KEPT),
                otherwise=IdempotencyKeyReused,
            )
        )
    elif sender.source == "device":
        raise IdempotencyKeyMissing
    if body.external_reference is not None:
        scope = f"external_reference {sender.source}" + (f" {sender.code}" if sender.code else "")
        claims.append(Claim(scope, _reference_key(arrival, body.external_reference), mark, None, otherwise=None))
    if body.tracking_code is not None:
        digest = tracking_digest(arrival.desk.secret, body.tracking_code).hex()
        claims.append(Claim("tracking_code", digest, mark, None, otherwise=partial(_not_usable, "used")))
    return tuple(claims)


def _reference_key(arrival: Arrival, reference: str) -> str:
    """A claim stays for ever: a reference that may be words is in it as a digest."""
    if TELLABLE.fullmatch(reference):
        return reference
    return hmac.digest(arrival.desk.secret.encode(), b"reference" + reference.encode(), hashlib.sha256).hex()


def slip_of(arrival: Arrival, body: FeedbackIn) -> Slip | None:
    """The slip whose code came with it. `SlipNotUsable` where that is none of the sender's."""
    if body.tracking_code is None:
        return None
    if normalise(body.tracking_code) is None:
        raise _not_usable("mistyped")
    slip = arrival.slips.get(tracking_digest(arrival.desk.secret, body.tracking_code))
    if slip is None or not slip.is_for(arrival.sender.source, arrival.sender.code):
        raise _not_usable("unknown")
    return slip


def _not_usable(code: str) -> SlipNotUsable:
    return SlipNotUsable(errors=[field_problem(code, _SLIP_PROBLEMS[code], pointer="/tracking_code")])
