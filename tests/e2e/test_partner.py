"""A partner's tool, from its first key to the case that its agent works on, through the real processes."""

from typing import Any

from tests.system import System, client, json_of


def test_a_partner_is_made_gets_a_key_and_a_token_and_works_in_all_three_services(system: System) -> None:
    admin = system.staff("admin")
    with client(system.intake, admin) as http:
        body: dict[str, Any] = {
            "name": {"fr": "Centre d'aide", "en": "Help desk"},
            "scopes": ["feedback:write", "cases:work"],
            "teams": ["passports"],
        }
        json_of(http.put("/v1/partners/help-line", json=body), 201)
        key = json_of(http.post("/v1/partners/help-line/keys", json={}), 201)["key"]
    with client(system.intake, {"Authorization": f"Bearer {key}"}) as http:
        said = {"channel": "phone", "kind": "complaint", "service": "passports", "text": "No answer yet."}
        receipt = json_of(http.post("/v1/feedback", json=said), 201)
    with client(system.intake) as http:
        form = {"grant_type": "client_credentials", "client_id": "help-line", "client_secret": key}
        token = json_of(http.post("/v1/oauth/token", data=form))["access_token"]
    named = {"Authorization": f"Bearer {token}", "Acting-Agent": "zoe"}
    with client(system.routing, named) as http:
        [case] = json_of(http.get("/v1/cases", params={"feedback_id": receipt["id"], "wait": 10}))["items"]
        json_of(http.post(f"/v1/cases/{case['id']}/acknowledge", json={}))
        assert json_of(http.get(f"/v1/cases/{case['id']}/timeline"))["items"][-1]["by"] == "help-line/zoe"
        assert http.get("/v1/cases", headers={"Authorization": f"Bearer {key}"}).status_code == 401
    with client(system.analytics, named) as http:
        assert http.get("/v1/kpis", params={"names": "volume"}).status_code == 403
