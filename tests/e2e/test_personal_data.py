"""Marked names, numbers and addresses sent through every field of every call, and then looked for everywhere.

What rules take out of words (e-mail, telephone, IBAN, card, NIR) stands in words; names and postal addresses, which no
rule recognises there, stand where contact data belongs.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from libs.contracts.cases import case_id_of
from services.intake.privacy.holdings import WORDS as WORDS_OF_INTAKE
from services.routing.privacy.holdings import WORDS as WORDS_OF_ROUTING
from tests.e2e.bodies import OMIT, fields_for_words
from tests.e2e.sweep import Sweep
from tests.system import System, eventually, json_of

pytestmark = pytest.mark.slow

PERSON = {
    "name": "Perdita Coquelicot",
    "email": "perdita.coquelicot@marque-perdue.example",
    "phone": "+1 514 555 0163",
    "address": "77, impasse du Sablier\nMontréal",
    "reference": "APPEL-COQUELICOT-90210",
    "external_reference": "Coquelicot, Perdita",
    "": "J'attends. Écrivez à mots@marque-perdue.example ou appelez le 06 98 76 54 32 ; compte"
    " FR76 3000 6000 0112 3456 7890 189, carte 4539 1488 0343 6467, numéro 1 85 05 78 006 084 91.",
}
PIECES = (
    "coquelicot",
    "perdita",
    "marque-perdue",
    "514 555 0163",
    "5145550163",
    "impasse du sablier",
    "06 98 76 54 32",
    "0698765432",
    "3000 6000 0112",
    "300060000112",
    "4539 1488 0343",
    "453914880343",
    "1 85 05 78 006",
    "1850578006",
)
STAFF = {"name": "Wapiti Dubois", "": "Wapiti Perlimpin, xylophone@agents.example"}
STAFF_PIECES = ("wapiti", "perlimpin", "xylophone")

PUBLIC = {
    **dict.fromkeys(
        ("put_service", "put_service_point", "put_topic", "put_touchpoint", "put_partner", "put_device", "put_team"),
        "the organisation's own texts",
    ),
    **dict.fromkeys(("put_calendar", "put_service_standard"), "the organisation's own texts"),
    **dict.fromkeys(("issue_partner_key", "issue_device_key"), "the organisation's own label"),
    "report_bounce": "takes the id of a mail of ours",
    "report_alert_bounce": "likewise",
}
"""Operations that take words and are not sent marks, and why. All are sent marks in a form that is refused."""

NOT_MARKED = {
    "submit_feedback": {
        "answers/invitation": "questionnaires are refused so far",
        "tracking_code": "a secret that was given out beforehand",
    },
    "submit_batch": {
        "items/0/answers/invitation": "questionnaires are refused so far",
        "items/0/tracking_code": "a secret that was given out beforehand",
    },
    "search_feedback_by_contact": {"reference": "one of three is asked for", "phone": "one of three is asked for"},
    "recover_tracking_code": {"reference": "printed on everything", "phone": "one of two is asked for"},
    "assign_case": {"member": "the id of a member of staff"},
    "transfer_case": {"member": "the id of a member of staff"},
}
"""Fields that are not, and why."""

SUBMITTED = {
    "answers": OMIT,
    "tracking_code": OMIT,
    "channel": "phone",
    "service": "passports",
    "reply_by": OMIT,
    "reply_to": OMIT,
    "ratings/0/value": 2,
    "consent/0/given": True,
    "consent/0/purpose": "link",
    "urgent": OMIT,
    "submitted_by/role": "relative",
    "submitted_by/authority": "declared",
    "resolved_on_the_spot/remedy": "explained",
}
IN_DAYS = (datetime.now(UTC) + timedelta(days=5)).isoformat()


@pytest.fixture(scope="module")
def sweep(system: System) -> Sweep:
    return Sweep(system, PERSON)


def test_what_people_say_is_only_where_it_may_be_and_nowhere_once_they_are_erased(sweep: Sweep) -> None:
    told = by_everyone(sweep)
    everything_is_covered(sweep)
    everything_is_refused(sweep)
    eventually(lambda: all(_is_redacted(sweep.system, feedback_id) for feedback_id in told))

    allowed = {f"routing.{one.table}.{name}" for one in WORDS_OF_ROUTING for name in one.columns}
    assert sweep.tables(PIECES) == {}
    assert sweep.words_of_events(PIECES) == {}
    staff_words = set().union(*sweep.tables(STAFF_PIECES).values())
    assert staff_words <= {*allowed, "routing.event_log.text", "routing.event_pending.text"}
    assert {"routing.timeline_entry.text", "routing.event_log.text"} <= staff_words  # what is there is found
    assert sweep.elsewhere((*PIECES, *STAFF_PIECES)) == {}

    erase(sweep, told)
    assert sweep.tables((*PIECES, *STAFF_PIECES)) == {}
    assert sweep.words_of_events((*PIECES, *STAFF_PIECES)) == {}
    assert sweep.elsewhere((*PIECES, *STAFF_PIECES)) == {}
    assert sweep.held(WORDS_OF_INTAKE, told) == set()  # what was encrypted, and its key


def by_everyone(sweep: Sweep) -> list[str]:
    """Every call that takes words, by whoever may; the feedback that came of it."""
    system, importer = sweep.system, sweep.system.staff("importer")
    team = system.staff("supervisor", "passports", "pensions")

    def submit(kind: str, **besides: object) -> str:
        body = {**SUBMITTED, "kind": kind, "resolved_on_the_spot": OMIT, "external_reference": OMIT, **besides}
        receipt = sweep.write("submit_feedback", importer, body)
        codes[receipt["id"]] = {"Tracking-Code": receipt["tracking_code"]}
        return str(receipt["id"])

    codes: dict[str, dict[str, str]] = {}
    worked_on = submit("complaint", external_reference=PERSON["external_reference"])
    referred, declined, unopened = submit("complaint"), submit("enquiry"), submit("compliment")
    submit_on_the_spot = {f"items/0/{path}": value for path, value in SUBMITTED.items()}
    submit_on_the_spot |= {"items/0/kind": "complaint", "items/0/external_reference": "Perdita Coquelicot, encore"}
    sweep.write("submit_feedback", importer, {**SUBMITTED, "kind": "complaint", "external_reference": OMIT})
    batch = sweep.write("submit_batch", importer, submit_on_the_spot)
    [outcome] = batch["outcomes"]
    on_the_spot = str(outcome["receipt"]["id"])
    case, other = (str(case_id_of(UUID(one))) for one in (worked_on, on_the_spot))
    for one in (worked_on, referred, declined, on_the_spot):
        eventually(lambda: httpx.get(f"{system.routing}/v1/cases/{case_id_of(UUID(one))}", headers=team).is_success)  # noqa: B023
    sweep.write("search_feedback_by_contact", team, {"reference": OMIT, "phone": OMIT})
    sweep.write("recover_tracking_code", {}, {"reference": OMIT, "phone": OMIT})

    work_on(sweep, team, codes[worked_on], case, other)
    sweep.write("close_case", team, case_id=other)
    sweep.write("refer_case", team, case_id=str(case_id_of(UUID(referred))))
    sweep.write("decline_case", team, {"reason": "out_of_scope"}, case_id=str(case_id_of(UUID(declined))))
    sweep.words = PERSON
    given_out = {"feedback_ids": OMIT}
    exported = sweep.write("export_feedback", system.staff("reviewer"), given_out)
    found = {one["feedback"]["id"] for one in exported["items"]}
    assert found >= {worked_on, referred, declined, unopened, on_the_spot}
    return sorted(found)


def work_on(sweep: Sweep, team: dict[str, str], code: dict[str, str], case: str, other: str) -> None:
    """Every verb, with what the person says in between."""
    system = sweep.system
    sweep.words = STAFF
    sweep.write("assign_case", team, {"team": "passports", "member": "agent-7"}, case_id=case)
    sweep.write("classify_case", team, {"kind": "complaint", "topic": OMIT}, case_id=case)
    sweep.write("acknowledge_case", team, case_id=case)
    sweep.write("extend_clock", team, {"clock": "reply", "due_at": OMIT, "business_days": 3}, case_id=case)
    sweep.write("escalate_case", team, {"priority": "high"}, case_id=case)
    sweep.write("note_on_case", team, case_id=case)
    sweep.write("link_case", team, {"case_id": other}, case_id=case)
    on_hold = {"for": "third_party", "reason": "archives", "until": IN_DAYS}
    sweep.write("suspend_case", team, on_hold, case_id=case)
    sweep.write("resume_case", team, case_id=case)
    sweep.write("ask_person", team, {"until": IN_DAYS}, case_id=case)
    sweep.words = PERSON
    sweep.write("add_message", code, {"in_answer_to": OMIT})
    eventually(lambda: _case(system, case)["state"] != "waiting")
    sweep.words = STAFF
    sweep.write("reply_to_case", team, {"outcome": "upheld", "remedy": OMIT}, case_id=case)
    eventually(lambda: _is_replied_to(json_of(httpx.get(f"{system.intake}/v1/tracking", headers=code))))
    sweep.words = PERSON
    sweep.write("evaluate_answer", code, {"ratings": OMIT, "answer": 1})
    sweep.words = STAFF
    sweep.write("reopen_case", team, case_id=case)
    sweep.write("transfer_case", team, {"team": "pensions", "member": "agent-8"}, case_id=case)
    action = {"actions/0/case_id": case, "actions/0/verb": "note"}
    sweep.write("act_on_cases", team, action)


def erase(sweep: Sweep, told: list[str]) -> None:
    """Whatever is left is found by its contact data."""
    reviewer = sweep.system.staff("reviewer")
    done = sweep.write("erase_feedback", reviewer, {"feedback_ids": OMIT, "reason": "person_asked"})
    assert set(done["feedback_ids"]) == set(told)
    for feedback_id in told:
        case = f"{sweep.system.routing}/v1/cases/{case_id_of(UUID(feedback_id))}"
        eventually(lambda: (seen := httpx.get(case, headers=reviewer)).status_code == 404 or seen.json()["erased_at"])  # noqa: B023


def everything_is_covered(sweep: Sweep) -> None:
    """Each operation that takes words was sent marks in each field that does, or somebody said why not."""
    for name, operation in sweep.operations.items():
        takes = fields_for_words(operation.document, operation.schema) if operation.schema else set()
        if name != "erase_feedback" and name not in PUBLIC:
            left = takes - sweep.marked.get(name, set()) - NOT_MARKED.get(name, {}).keys()
            assert left == set(), f"{name} was not sent marks in these"


def everything_is_refused(sweep: Sweep) -> None:
    """Marks where nothing of the kind is expected: in every body, in every path, in every question."""
    mark = PERSON["name"]
    for name, operation in sweep.operations.items():
        places = dict.fromkeys(re.findall(r"{(\w+)}", operation.path), mark)
        if operation.schema is not None or places:
            sweep.refused(name, sweep.system.staff("admin"), {mark: mark}, **places)
    sweep.ask_everything(sweep.system.staff("reviewer"), PERSON["email"])


def _case(system: System, case_id: str) -> dict[str, Any]:
    found: dict[str, Any] = json_of(httpx.get(f"{system.routing}/v1/cases/{case_id}", headers=system.staff("reviewer")))
    return found


def _is_redacted(system: System, feedback_id: str) -> bool:
    case = httpx.get(f"{system.routing}/v1/cases/{case_id_of(UUID(feedback_id))}", headers=system.staff("reviewer"))
    return case.status_code == 404 or case.json()["verbatim"] is not None


def _is_replied_to(seen: dict[str, Any]) -> bool:
    return any(entry["kind"] == "reply" for entry in seen["conversation"])
