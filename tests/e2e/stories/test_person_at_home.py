"""A person at home, at the web form and in their mail: from the first click to the day on which all is forgotten."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.e2e.stories.people import IN_FRENCH, holder_of, letter_to, refused, replies_in, retry, somebody
from tests.services.post import PostOffice
from tests.system import System, eventually, json_of

COMPLAINT: dict[str, Any] = {
    "touchpoint": "passport-form",
    "kind": "complaint",
    "topic": "waiting-time",
    "text": "J'attends mon passeport depuis cinq semaines. Appelez-moi au 06 12 34 56 78.",
    "ratings": [{"measure": "csat", "value": 1}],
}
IN_A_WEEK = timedelta(days=7)


def _signed(address: str) -> dict[str, Any]:
    return COMPLAINT | {"person": {"name": "Rose Gagnon", "email": address, "language": "fr"}}


def test_every_mistake_in_the_form_is_told_at_its_field_in_the_language_of_the_page(system: System) -> None:
    with somebody(system, IN_FRENCH) as rose:

        def sends(key: str | None = None, **said: Any) -> Any:
            return rose.intake.post("/v1/feedback", json=said, headers=retry(key))

        nothing = refused(sends(channel="web"), 422, "invalid-request", "")
        assert nothing["title"] == "La demande n'a pas la forme voulue : voir « errors »."
        assert nothing["errors"][0]["detail"] == "Il faut au moins l'un de : text, topic, ratings, answers."
        nowhere = refused(sends(text="Bonjour"), 422, "invalid-request", "/channel")
        assert nowhere["errors"][0]["detail"] == "Il faut un canal, ou un point de contact qui le donne."
        six = refused(
            sends(**COMPLAINT | {"ratings": [{"measure": "csat", "value": 6}]}), 422, "invalid-request", "/ratings/0"
        )
        assert six["errors"][0]["detail"] == "La note n'est pas sur l'échelle de la mesure, de 1 à 5."
        refused(
            sends(**COMPLAINT | {"ratings": [{"measure": "charm", "value": 1}]}),
            422,
            "invalid-request",
            "/ratings/0/measure",
        )
        half = refused(sends(**COMPLAINT, person={"email": "rose@"}), 422, "invalid-request", "/person/email")
        assert half["errors"][0]["detail"].startswith("Cette adresse électronique n'est pas complète")
        refused(sends(**COMPLAINT, reply_by="email"), 422, "reply-cannot-reach", "/person/email")
        refused(sends(**COMPLAINT | {"topic": "parking"}), 422, "unknown-code", "/topic")
        refused(sends(**COMPLAINT, colour="blue"), 422, "invalid-request", "/colour")
        last_week = (datetime.now(UTC) - IN_A_WEEK).isoformat()
        refused(sends(**COMPLAINT, submitted_at=last_week), 422, "not-yours-to-set", "/submitted_at")
        refused(sends(**COMPLAINT, key="once-please"), 422, "key-must-be-uuid")
        assert sends(**COMPLAINT).status_code == 201


def test_a_double_click_sends_once_and_another_text_needs_another_key(system: System) -> None:
    key = str(uuid4())
    with somebody(system) as rose, ThreadPoolExecutor(2) as fingers:
        first, second = fingers.map(lambda _: rose.says(COMPLAINT, key=key), range(2))
        assert first == second
        other = rose.intake.post("/v1/feedback", json=COMPLAINT | {"text": "En fait…"}, headers=retry(key))
        refused(other, 422, "idempotency-key-reused")
    with somebody(system, system.staff("agent", "passports")) as team:
        assert team.case_of(first)["reference"] == first["reference"]
        mine = {"reference": first["reference"]}
        found = eventually(lambda: json_of(team.intake.get("/v1/feedback", params=mine))["items"])
        assert [one["id"] for one in found] == [first["id"]]


def test_follows_from_the_mail_and_answers_the_question_of_the_team(system: System, letterbox: PostOffice) -> None:
    address = f"rose.{uuid4().hex[:8]}@example.org"
    with somebody(system) as web:
        receipt, neighbours = web.says(_signed(address)), web.says(COMPLAINT)
    code = receipt["tracking_code"]
    with (
        somebody(system, holder_of(code.lower().replace("-", " ")) | IN_FRENCH) as rose,
        somebody(system, system.staff("agent", "passports")) as team,
    ):
        seen = rose.sees("assigned")
        assert (seen["reference"], seen["team"]["code"]) == (receipt["reference"], "passports")
        assert "Réponse promise au plus tard le" in seen["next_step"]["fr"]
        received = letter_to(letterbox, address, "Nous avons reçu votre message").get_content()
        assert receipt["reference"] in received
        assert f"{system.environment['ECOUTE_INTAKE_FOLLOW_URL']}#{code}" in received
        assert "06 12 34 56 78" not in received

        case = team.case_of(receipt)
        eventually(lambda: "[telephone]" in (json_of(team.routing.get(f"/v1/cases/{case['id']}"))["verbatim"] or ""))
        until = (datetime.now(UTC) + IN_A_WEEK).isoformat()
        question = "Quel est le numéro de votre demande ?"
        team.does(case, "ask", text=question, until=until, otherwise="Sans réponse, nous cherchons par votre nom.")
        seen = rose.sees("asked")
        asked = next(entry for entry in seen["conversation"] if entry["kind"] == "question")
        assert (asked["answered"], asked["text"].startswith(question)) == (False, True)
        assert question in letter_to(letterbox, address, "Nous avons une question").get_content()

        refused(rose.intake.post("/v1/tracking/messages", json={"text": ""}), 422, "invalid-request", "/text")
        answer = {"text": "C'est le PX-4471.", "in_answer_to": asked["id"]}
        with somebody(system, holder_of(neighbours["tracking_code"])) as neighbour:  # two slips on one table
            assert neighbour.follows()["reference"] == neighbours["reference"]
            refused(neighbour.intake.post("/v1/tracking/messages", json=answer), 422, "question-not-found")
        again = retry()
        first = json_of(rose.intake.post("/v1/tracking/messages", json=answer, headers=again), 201)
        assert json_of(rose.intake.post("/v1/tracking/messages", json=answer, headers=again), 201) == first
        assert rose.follows()["situation"] == "answer_received"
        eventually(lambda: "answer_asked" in {one["task"] for one in team.case_of(receipt)["tasks"]})
        [line] = [one for one in team.timeline(case) if one["verb"] == "message"]
        assert line["text"] == answer["text"]


def test_waits_longer_is_answered_and_says_twice_what_it_solved(system: System, letterbox: PostOffice) -> None:
    address = f"rose.{uuid4().hex[:8]}@example.org"
    with somebody(system) as web:
        receipt = web.says(_signed(address))
    with (
        somebody(system, holder_of(receipt["tracking_code"]) | IN_FRENCH) as rose,
        somebody(system, system.staff("agent", "passports")) as team,
    ):
        case = team.case_of(receipt)
        promised = rose.sees("assigned")["answer_by"]
        refused(rose.intake.post("/v1/tracking/evaluation", json={"solved": "yes"}), 409, "not-answered-yet")
        team.does(case, "extend", clock="reply", business_days=5, text="Une pièce manque.", recourse="Appelez-nous.")
        assert rose.sees("extended")["answer_by"] > promised
        assert "Une pièce manque." in letter_to(letterbox, address, "Il nous faut plus de temps").get_content()

        team.does(case, "reply", text="Il part demain.", outcome="upheld", recourse="Le protecteur du citoyen.")
        seen = rose.sees("answered")
        assert seen["evaluation_asked"]
        assert replies_in(seen)[-1]["text"] == "Il part demain.\n\nLe protecteur du citoyen."
        assert "Il part demain." in letter_to(letterbox, address, "Notre réponse").get_content()

        partly = {"solved": "partly", "comment": "Il est parti, mais à mon ancienne adresse."}
        first = json_of(rose.intake.post("/v1/tracking/evaluation", json=partly), 201)
        assert json_of(rose.intake.post("/v1/tracking/evaluation", json=partly), 201) == first
        twice = refused(rose.intake.post("/v1/tracking/evaluation", json={"solved": "no"}), 409, "already-evaluated")
        assert twice["title"] == "Cette réponse a déjà été évaluée, autrement."
        assert rose.follows()["situation"] == "evaluated_partly"

        eventually(lambda: "not_solved" in {one["task"] for one in team.case_of(receipt)["tasks"]})
        team.does(case, "reopen", reason="Parti à une ancienne adresse.")
        rose.sees("reopened")
        team.does(case, "reply", text="Un second est parti à la bonne adresse.", outcome="upheld")
        eventually(lambda: len(replies_in(rose.follows())) == 2)
        solved = {"solved": "yes", "answer": 2, "ratings": [{"measure": "csat", "value": 4}]}
        json_of(rose.intake.post("/v1/tracking/evaluation", json=solved), 201)
        eventually(lambda: team.case_of(receipt)["solved"] == "yes")
        team.does(case, "close")
        seen = rose.sees("closed_evaluated")
        assert [one["solved"] for one in seen["evaluations"]] == ["partly", "yes"]
        assert "vous pouvez revenir vers nous" in seen["next_step"]["fr"]


def test_mistypes_the_code_loses_it_and_finds_it_again_by_mail(system: System, letterbox: PostOffice) -> None:
    address = f"rose.{uuid4().hex[:8]}@example.org"
    with somebody(system, IN_FRENCH) as rose:
        receipt = rose.says(_signed(address))
        code = receipt["tracking_code"]

        def looks(**header: str) -> Any:
            return rose.intake.get("/v1/tracking", headers=header)

        refused(looks(), 401, "tracking-code-missing")
        wrong = code[:-1] + ("1" if code[-1] == "0" else "0")
        mistyped = refused(looks(**{"Tracking-Code": wrong}), 422, "tracking-code-mistyped")
        assert mistyped["title"] == "Ceci ne peut pas être un code de suivi : un caractère est faux ou manque."
        refused(looks(**{"Tracking-Code": code[:-2]}), 422, "tracking-code-mistyped")
        refused(looks(**{"Tracking-Code": receipt["reference"]}), 422, "tracking-code-mistyped")

        refused(rose.intake.post("/v1/tracking/recover", json={}), 422, "invalid-request", "")
        nobody = json_of(rose.intake.post("/v1/tracking/recover", json={"email": "nobody@example.org"}), 202)
        assert json_of(rose.intake.post("/v1/tracking/recover", json={"email": address.upper()}), 202) == nobody
        found = letter_to(letterbox, address, "Vos codes de suivi")
        assert code in found.get_content()
        assert json_of(looks(**{"Tracking-Code": code}))["reference"] == receipt["reference"]
    assert ["nobody@example.org"] not in letterbox.recipients


def test_withdraws_another_one_and_nothing_can_be_added_to_it(system: System) -> None:
    with somebody(system) as web:
        receipt = web.says(COMPLAINT)
    with (
        somebody(system, holder_of(receipt["tracking_code"]) | IN_FRENCH) as rose,
        somebody(system, system.staff("agent", "passports")) as team,
    ):
        case = team.case_of(receipt)
        first = json_of(rose.intake.post("/v1/tracking/withdrawal", json={}))
        assert json_of(rose.intake.post("/v1/tracking/withdrawal", json={})) == first
        assert rose.follows()["situation"] == "withdrawn"
        late = refused(rose.intake.post("/v1/tracking/messages", json={"text": "Et puis…"}), 409, "withdrawn")
        assert late["title"].startswith("Ce message a été retiré")
        eventually(lambda: team.case_of(receipt)["state"] == "closed")
        refused(team.tries(case, "reply", text="Le voici.", outcome="upheld"), 409, "verb-not-possible")


def test_takes_everything_out_has_it_erased_and_finds_nothing_any_more(system: System) -> None:
    address, key = f"rose.{uuid4().hex[:8]}@example.org", str(uuid4())
    with somebody(system) as web:
        receipt = web.says(_signed(address), key=key)
    with (
        somebody(system, holder_of(receipt["tracking_code"]) | IN_FRENCH) as rose,
        somebody(system, system.staff("agent", "passports")) as team,
    ):
        case = team.case_of(receipt)
        rose.sees("assigned")
        json_of(team.intake.get(f"/v1/feedback/{receipt['id']}"))
        [held] = json_of(rose.intake.get("/v1/privacy/export"))["items"]
        assert (held["feedback"]["text"], held["feedback"]["person"]["email"]) == (COMPLAINT["text"], address)
        assert [one["what"] for one in held["readings"]] == ["words", "export"]

        unsure = rose.intake.post("/v1/privacy/erasure", json={"confirm": False})
        refused(unsure, 422, "invalid-request", "/confirm")
        first = json_of(rose.intake.post("/v1/privacy/erasure", json={"confirm": True}))
        assert json_of(rose.intake.post("/v1/privacy/erasure", json={"confirm": True})) == first
        gone = refused(rose.intake.get("/v1/tracking"), 410, "erased")
        assert gone["title"] == "Ce qui a été dit ici a été effacé, à la demande de la personne."
        refused(rose.intake.post("/v1/tracking/messages", json={"text": "Encore ?"}), 410, "erased")
        refused(rose.intake.get("/v1/privacy/export"), 410, "erased")

        erased = eventually(lambda: one if (one := team.case_of(receipt))["erased_at"] else None)
        assert erased["state"] == "closed"
        refused(team.tries(case, "note", note="Qui était-ce ?"), 410, "case-erased")
        refused(team.intake.get(f"/v1/feedback/{receipt['id']}"), 410, "erased")
        by_mail = json_of(team.intake.post("/v1/feedback/search", json={"email": address}))
        assert by_mail["items"] == []
