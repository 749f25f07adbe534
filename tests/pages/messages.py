"""Messages on their way, as far as a page needs them."""

from typing import Any
from uuid import uuid4

import httpx

from tests.system import System, eventually, json_of

TEAM = "passports"
ANSWER = "Votre passeport part demain."


def sent(http: httpx.Client, **more: Any) -> dict[str, Any]:
    """A complaint, and its receipt."""
    body = {"channel": "web", "kind": "complaint", "service": TEAM, "text": "Trois semaines sans nouvelles.", **more}
    receipt: dict[str, Any] = json_of(http.post("/v1/feedback", json=body), 201)
    return receipt


def answered(http: httpx.Client, system: System) -> str:
    """The code of a complaint that has an answer, which its page shows."""
    receipt = sent(http)
    agent = system.staff("agent", TEAM)
    case = json_of(http.get("/v1/cases", params={"feedback_id": receipt["id"], "wait": 20}, headers=agent))["items"][0]
    reply = {"outcome": "upheld", "text": ANSWER, "reasons": "Il attendait.", "recourse": "Le Protecteur du citoyen."}
    headers = {**agent, "Idempotency-Key": str(uuid4())}
    json_of(http.post(f"/v1/cases/{case['id']}/reply", json=reply, headers=headers))
    code: str = receipt["tracking_code"]
    eventually(lambda: is_answered(http, code), 30)
    return code


def is_answered(http: httpx.Client, code: str) -> bool:
    return bool(json_of(http.get("/v1/tracking", headers={"Tracking-Code": code}))["evaluation_asked"])
