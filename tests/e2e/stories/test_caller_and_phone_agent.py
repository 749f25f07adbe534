"""Somebody calls, and an agent with a headset finds, writes down, reads aloud and settles what they call about."""

from datetime import UTC, datetime, timedelta
from random import randrange
from typing import Any
from uuid import uuid4

from tests.e2e.stories.people import IN_FRENCH, Somebody, holder_of, named, refused, retry, somebody
from tests.system import System, eventually, json_of

COMPLAINT: dict[str, Any] = {"kind": "complaint", "service": "passports", "text": "Nobody called me back."}
CALL: dict[str, Any] = COMPLAINT | {
    "channel": "phone",
    "service_point": "call-centre",
    "interaction": {"reference": "call-8812", "waiting_seconds": 540, "handling_seconds": 260},
}


def a_number() -> tuple[str, str]:
    """A telephone number as one writes it at home, and as another says it to an agent."""
    exchange, line = randrange(200, 999), randrange(1000, 9999)  # noqa: S311 - nobody's secret
    return f"(514) {exchange}-{line}", f"+1 514.{exchange}.{line}"


def minutes_ago(minutes: int) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


def found_by(agent: Somebody, **contact: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json_of(agent.intake.post("/v1/feedback/search", json=contact))["items"]
    return found


def test_the_agent_finds_what_the_caller_sent_before_by_their_number_in_another_spelling(system: System) -> None:
    written, spoken = a_number()
    with somebody(system) as web:
        receipt = web.says(COMPLAINT | {"channel": "web", "person": {"phone": written}})
    with (
        somebody(system, system.staff("agent", "first-line") | IN_FRENCH) as phone,
        somebody(system, system.staff("agent", "passports")) as team,
    ):
        team.case_of(receipt)
        both = phone.intake.post("/v1/feedback/search", json={"phone": spoken, "email": "a@example.org"})
        problem = refused(both, 422, "invalid-request", "")
        assert problem["errors"][0]["detail"] == "Il faut exactement l'un de : reference, email, phone."
        misheard = phone.intake.get("/v1/feedback/search", params={"reference": receipt["reference"][:-1]})
        assert misheard.status_code == 422
        assert found_by(phone, phone=spoken[:-1]) == []

        [seen] = eventually(lambda: [one for one in found_by(phone, phone=spoken) if one["team"]])
        assert (seen["reference"], seen["status"], seen["team"]["code"]) == (
            receipt["reference"],
            "assigned",
            "passports",
        )
        assert seen["next_by"]
        assert "text" not in seen
        aloud = receipt["reference"].lower().replace("-", " ").replace("0", "o").replace("1", "l")
        read_out = json_of(phone.intake.get("/v1/feedback/search", params={"reference": aloud}))["items"]
        assert [one["id"] for one in read_out] == [receipt["id"]]

        one = f"/v1/feedback/{receipt['id']}"
        words = refused(phone.intake.get(one), 404, "feedback-not-found")
        assert words["title"] == "Ce retour n'existe pas, ou il n'est pas pour vous."
        refused(phone.intake.post(f"{one}/tracking-code", json={"reason": "lost"}), 404, "feedback-not-found")
        refused(phone.tries(team.case_of(receipt), "acknowledge"), 404, "case-not-found")
        assert json_of(team.intake.get(one))["person"]["phone"] == written
    with somebody(system, system.staff("auditor")) as auditor:
        readings = json_of(auditor.intake.get(f"{one}/readings"))["items"]
        assert {line["what"] for line in readings} == {"search", "words"}


def test_a_daughter_without_authority_calls_for_her_mother_and_is_told_nothing_of_the_file(system: System) -> None:
    mother, daughter = a_number()[0], a_number()[0]
    call = CALL | {
        "submitted_at": minutes_ago(20),
        "experienced_on": str((datetime.now(UTC) - timedelta(days=3)).date()),
        "person": {"name": "Odile Roy", "phone": mother, "language": "fr"},
        "submitted_by": {"role": "relative", "authority": "none", "name": "Léa Roy", "phone": daughter},
        "reply_to": "person",
        "reply_by": "phone",
    }
    with somebody(system, system.staff("agent", "passports")) as agent:
        mute = call | {"reply_to": "submitter", "submitted_by": {"role": "relative"}}
        nowhere = agent.intake.post("/v1/feedback", json=mute, headers=retry())
        refused(nowhere, 422, "reply-cannot-reach", "/submitted_by/phone")
        receipt = agent.says(call)
        assert datetime.fromisoformat(receipt["submitted_at"]) == datetime.fromisoformat(call["submitted_at"])
        assert [one["id"] for one in found_by(agent, phone=daughter)] == [receipt["id"]]
        case = agent.case_of(receipt)
        agent.does(case, "reply", text="Her passport was sent to 12 rue Basse.", outcome="upheld")
    with somebody(system, holder_of(receipt["tracking_code"]) | IN_FRENCH) as lea:
        seen = lea.sees("answered")
        assert [one["text"] for one in seen["conversation"] if one["kind"] == "reply"] == [None]
        assert "rien de son dossier ne peut vous être dit" in seen["withheld"]["fr"]
        assert not seen["evaluation_asked"]
        for path, body in {
            "/v1/tracking/evaluation": {"solved": "yes"},
            "/v1/tracking/withdrawal": {},
            "/v1/privacy/erasure": {"confirm": True},
        }.items():
            refused(lea.intake.post(path, json=body), 403, "authority-needed")
        refused(lea.intake.get("/v1/privacy/export"), 403, "authority-needed")
        json_of(lea.intake.post("/v1/tracking/messages", json={"text": "Elle a déménagé."}), 201)
    with somebody(system) as web:
        claimed = call | {"submitted_by": call["submitted_by"] | {"authority": "evidenced"}, "channel": "web"}
        del claimed["submitted_at"], claimed["interaction"]
        refused(web.intake.post("/v1/feedback", json=claimed), 422, "not-yours-to-set", "/submitted_by/authority")


def test_a_call_is_settled_at_once_and_every_slip_of_the_pen_is_told(system: System) -> None:
    elsewhere = f"licences-{uuid4().hex[:8]}"
    with somebody(system, system.staff("admin")) as admin:
        entry = {
            "name": named("Permis de conduire", "Driving licences"),
            "out_of_scope": True,
            "where_to_turn": named("Appelez la régie au 511.", "Call the licence office at 511."),
        }
        json_of(admin.intake.put(f"/v1/services/{elsewhere}", json=entry), 201)
    with somebody(system, system.staff("agent", "passports") | IN_FRENCH) as agent:

        def enters(**otherwise: Any) -> Any:
            return agent.intake.post("/v1/feedback", json=CALL | otherwise, headers=retry())

        tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        future = refused(enters(submitted_at=tomorrow), 422, "submitted-in-the-future")
        assert future["title"] == "« submitted_at » a plus de cinq minutes d'avance sur notre horloge."
        refused(enters(submitted_at="2026-02-30T10:00:00Z"), 422, "invalid-request", "/submitted_at")
        refused(enters(submitted_at="2026-02-20T10:00:00"), 422, "invalid-request", "/submitted_at")
        refused(enters(service="pasports"), 422, "unknown-code", "/service")
        turned = eventually(lambda: answer if "where_to_turn" in (answer := enters(service=elsewhere)).json() else None)
        problem = refused(turned, 422, "service-out-of-scope", "/service")
        assert problem["where_to_turn"]["fr"] == "Appelez la régie au 511."
        refused(enters(interaction={"waiting_seconds": -1}), 422, "invalid-request", "/interaction/waiting_seconds")
        refused(enters(external_reference="call-8812"), 422, "not-yours-to-set", "/external_reference")

        settled = agent.says(CALL | {"submitted_at": minutes_ago(6), "resolved_on_the_spot": {"remedy": "called-back"}})
        case = agent.case_of(settled)
        assert (case["state"], case["outcome"], case["remedy"]) == ("answered", "upheld", "called-back")
        refused(agent.tries(case, "acknowledge"), 409, "verb-not-possible")
    with somebody(system, holder_of(settled["tracking_code"])) as caller:
        assert caller.sees("resolved_on_the_spot")["evaluation_asked"]
        json_of(caller.intake.post("/v1/tracking/evaluation", json={"solved": "yes"}), 201)
        assert caller.follows()["situation"] == "evaluated_yes"
        [held] = json_of(caller.intake.get("/v1/privacy/export"))["items"]
        assert held["feedback"]["interaction"] == CALL["interaction"]


def test_a_caller_who_has_lost_the_code_gets_another_and_the_old_one_opens_nothing(system: System) -> None:
    number = a_number()[0]
    with somebody(system) as web:
        receipt = web.says(COMPLAINT | {"channel": "web", "person": {"phone": number}})
    with somebody(system, system.staff("agent", "passports")) as agent:
        agent.case_of(receipt)
        path = f"/v1/feedback/{receipt['id']}/tracking-code"
        eventually(lambda: found_by(agent, phone=number)[0]["team"])
        refused(agent.intake.post(path, json={"reason": "just because"}), 422, "invalid-request", "/reason")
        again = retry()
        renewed = json_of(agent.intake.post(path, json={"reason": "lost"}, headers=again), 201)
        assert json_of(agent.intake.post(path, json={"reason": "lost"}, headers=again), 201) == renewed
        assert (renewed["id"], renewed["reference"]) == (receipt["id"], receipt["reference"])
    with somebody(system, holder_of(receipt["tracking_code"]) | IN_FRENCH) as caller:
        old = refused(caller.intake.get("/v1/tracking"), 404, "tracking-code-unknown")
        assert old["title"] == "Aucun retour n'a ce code de suivi."
    with somebody(system, holder_of(renewed["tracking_code"])) as caller:
        assert caller.follows()["reference"] == receipt["reference"]


def test_a_complaint_about_the_agents_own_team_is_not_there_for_them_by_any_call(system: System) -> None:
    written, spoken = a_number()
    with somebody(system) as web:
        receipt = web.says(
            COMPLAINT | {"channel": "web", "topic": "courtesy", "concerns_staff": True, "person": {"phone": written}}
        )
    with (
        somebody(system, system.staff("agent", "complaints-office")) as office,
        somebody(system, system.staff("agent", "first-line")) as phone,
        somebody(system, system.staff("supervisor", "passports", "complaints-office")) as of_both,
        somebody(system, system.staff("agent", "passports")) as blamed,
    ):
        case = office.case_of(receipt)
        eventually(lambda: found_by(phone, phone=spoken))
        one = f"/v1/feedback/{receipt['id']}"
        for who in (blamed, of_both):
            assert found_by(who, phone=spoken) == []
            assert found_by(who, reference=receipt["reference"]) == []
            assert json_of(who.intake.get("/v1/feedback", params={"reference": receipt["reference"]}))["items"] == []
            asked = {"feedback_id": receipt["id"]}
            assert json_of(who.routing.get("/v1/cases", params=asked))["items"] == []
            refused(who.intake.get(one), 404, "feedback-not-found")
            refused(who.routing.get(f"/v1/cases/{case['id']}"), 404, "case-not-found")
            refused(who.tries(case, "note", note="Who said so?"), 404, "case-not-found")
            refused(who.routing.post("/v1/cases", json={"feedback_id": receipt["id"]}), 404, "feedback-not-found")
        refused(office.tries(case, "transfer", team="passports"), 422, "team-is-complained-about")
