"""Puts the pension agency beside the organisation that is there, by the API, as an admin would; once."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from deploy.importing.doors import Door, problem_line
from libs.common.settings import stop

FOLDER = Path(__file__).parents[2] / "examples" / "pension_agency"
CATALOGUE = {
    "services": "/v1/services",
    "service_points": "/v1/service-points",
    "topics": "/v1/topics",
    "touchpoints": "/v1/touchpoints",
}
ORGANISATION = {"teams": "/v1/teams", "calendars": "/v1/calendars", "standards": "/v1/service-standards"}
SENDERS = {"partners": "/v1/partners", "devices": "/v1/devices"}
KEY_LABEL = "make demo"


def document(name: str) -> dict[str, Any]:
    """One of the agency's two files."""
    read: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return read


async def publish(intake: Door, routing: Door) -> None:
    """The catalogue, the teams with their calendar and standards, the rules, the partners and devices."""
    catalogue, organisation = document("catalogue"), document("organisation")
    for part, path in CATALOGUE.items():
        await _put_all(intake, path, catalogue[part])
    for part, path in ORGANISATION.items():
        await _put_all(routing, path, organisation[part])
    await _put_rules_first(routing, organisation["rules"])
    for part, path in SENDERS.items():
        await _put_all(intake, path, organisation[part])


async def keys(intake: Door) -> dict[str, str]:
    """A key for each partner and device. Those of an earlier demo are revoked first: two at the most can be live."""
    made: dict[str, str] = {}
    for path, code in senders():
        await revoke(intake, path, code)
        made[code] = (await intake.send("POST", f"{path}/{code}/keys", {"label": KEY_LABEL}))["key"]
    return made


async def revoke(intake: Door, path: str, code: str) -> None:
    """End the keys that a demo made."""
    for key in (await intake.get(f"{path}/{code}/keys"))["items"]:
        if key["label"] == KEY_LABEL and key["revoked_at"] is None:
            await intake.ask("DELETE", f"{path}/{code}/keys/{key['id']}")


def senders() -> list[tuple[str, str]]:
    """Partners and devices: where they are, and their codes."""
    organisation = document("organisation")
    return [(path, one["code"]) for part, path in SENDERS.items() for one in organisation[part]]


async def _put_all(door: Door, path: str, entries: Sequence[Mapping[str, Any]]) -> None:
    for entry in entries:
        body = {name: value for name, value in entry.items() if name != "code"}
        answer = await door.ask("GET", f"{path}/{entry['code']}")
        if answer.status == 404:
            await door.send("PUT", f"{path}/{entry['code']}", body)
        elif answer.status != 200:
            stop(f"GET {path}/{entry['code']} was refused: {problem_line(answer.problem())}")
        elif answer.json().get("retired") or answer.json()["name" if "name" in body else "time_zone"] != body.get(
            "name", body.get("time_zone")
        ):
            stop(f"{path}/{entry['code']} is somebody else's: the demo will not change it; start it on an empty var/")


async def _put_rules_first(routing: Door, rules: Sequence[Mapping[str, Any]]) -> None:
    answer = await routing.ask("GET", "/v1/rules")
    there = answer.json()["rules"] if answer.status == 200 else []
    known = [(one["team"], sorted(one.get("when", {}).get("service", []))) for one in there]
    new = [one for one in rules if (one["team"], sorted(one["when"]["service"])) not in known]
    if not there:
        stop("there are no rules yet: start the system with make run, which publishes an organisation to begin with")
    if new:
        body = {"rules": [*new, *there]}
        await routing.send("PUT", "/v1/rules", body, match=answer.response.headers["ETag"])
