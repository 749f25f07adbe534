"""Who the stories are about: somebody at the three services, with what they show of themselves, and nothing else."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import httpx

from tests.services.post import PostOffice
from tests.system import System, client, eventually, json_of

IN_FRENCH = {"Accept-Language": "fr-CA, fr;q=0.9"}


@dataclass(frozen=True)
class Somebody:
    """A client of each service, with the same headers."""

    intake: httpx.Client
    routing: httpx.Client
    analytics: httpx.Client

    def says(self, body: Mapping[str, Any], *, key: str | None = None) -> dict[str, Any]:
        """The receipt of feedback that is taken in."""
        receipt: dict[str, Any] = json_of(self.intake.post("/v1/feedback", json=body, headers=retry(key)), 201)
        return receipt

    def follows(self) -> dict[str, Any]:
        """What the person sees with their code."""
        seen: dict[str, Any] = json_of(self.intake.get("/v1/tracking"))
        return seen

    def sees(self, situation: str) -> dict[str, Any]:
        """The same, as soon as it stands so."""
        return eventually(lambda: seen if (seen := self.follows())["situation"] == situation else None)

    def case_of(self, receipt: Mapping[str, Any]) -> dict[str, Any]:
        """The case of a feedback, as soon as it is open for them."""
        asked = {"feedback_id": receipt["id"], "wait": 10}
        [case] = json_of(self.routing.get("/v1/cases", params=asked))["items"]
        return dict(case)

    def does(self, case: Mapping[str, Any], verb: str, **body: Any) -> dict[str, Any]:
        """The case after the verb."""
        done: dict[str, Any] = json_of(self.tries(case, verb, **body))
        return done

    def tries(self, case: Mapping[str, Any], verb: str, **body: Any) -> httpx.Response:
        """What comes of a verb."""
        return self.routing.post(f"/v1/cases/{case['id']}/{verb}", json=body, headers=retry())

    def timeline(self, case: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What was done in a case, line by line."""
        lines: list[dict[str, Any]] = json_of(self.routing.get(f"/v1/cases/{case['id']}/timeline"))["items"]
        return lines


@contextmanager
def somebody(system: System, headers: Mapping[str, str] | None = None) -> Iterator[Somebody]:
    """Nobody in particular, a person with `Tracking-Code`, staff with a token, a partner or a device with a key."""
    shown = dict(headers or {})
    with (
        client(system.intake, shown) as intake,
        client(system.routing, shown) as routing,
        client(system.analytics, shown) as analytics,
    ):
        yield Somebody(intake, routing, analytics)


def holder_of(code: str) -> dict[str, str]:
    """The header of a person who has this tracking code before them."""
    return {"Tracking-Code": code}


def retry(key: str | None = None) -> dict[str, str]:
    """The header with which the same can be sent again."""
    return {"Idempotency-Key": key or str(uuid4())}


def bearer(shown: str) -> dict[str, str]:
    """The header of who shows a key or a token."""
    return {"Authorization": f"Bearer {shown}"}


def named(fr: str, en: str) -> dict[str, str]:
    return {"fr": fr, "en": en}


def new_key(admin: Somebody, kind: str, code: str) -> dict[str, Any]:
    """A key for one of the `partners` or `devices`: its `id`, and the `key` that is shown this once."""
    made: dict[str, Any] = json_of(admin.intake.post(f"/v1/{kind}/{code}/keys", json={}, headers=retry()), 201)
    return made


def replies_in(seen: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the team replied, of all that a person follows: the oldest first."""
    return [entry for entry in seen["conversation"] if entry["kind"] == "reply"]


def refused(answer: httpx.Response, status: int, problem: str, *pointers: str) -> dict[str, Any]:
    """The problem that somebody meets, with the fields that it names: by pointer, or a header by its name."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body: dict[str, Any] = json_of(answer, status)
    assert body["type"] == f"urn:ecoute:problem:{problem}", body
    named_there = [one["pointer"] if "pointer" in one else one["parameter"] for one in body.get("errors") or []]
    assert named_there == list(pointers)
    return body


def letter_to(post: PostOffice, address: str, subject: str) -> EmailMessage:
    """The newest mail to an address whose subject begins so, as soon as it is there."""

    def look() -> EmailMessage | None:
        found = zip(reversed(post.taken), reversed(post.recipients), strict=False)
        return next((one for one, to in found if to == [address] and one["Subject"].startswith(subject)), None)

    return eventually(look, 20)
