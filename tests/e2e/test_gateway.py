"""One base address for everything: what a browser, and a partner's app, has to know."""

from uuid import uuid4

import pytest

from tests.system import System, client, eventually, json_of


def test_feedback_sent_to_the_one_address_is_found_as_a_case_and_counted_there(system: System) -> None:
    with client(system.gateway) as http:
        body = {"channel": "web", "kind": "complaint", "service": "passports", "text": "Par la porte commune."}
        receipt = json_of(http.post("/v1/feedback", json=body, headers={"Idempotency-Key": str(uuid4())}), 201)
        query = {"feedback_id": receipt["id"], "wait": 10}
        cases = json_of(http.get("/v1/cases", params=query, headers=system.staff("agent", "passports")))
        assert [one["reference"] for one in cases["items"]] == [receipt["reference"]]
        manager = system.staff("manager")
        volume = {"names": "volume"}
        assert eventually(lambda: json_of(http.get("/v1/kpis", params=volume, headers=manager))["figures"][0]["n"])


def test_an_error_of_a_service_comes_back_as_it_is_with_the_number_that_both_have_in_their_logs(system: System) -> None:
    with client(system.gateway) as http:
        answer = http.post("/v1/feedback", json={"channel": "pigeon"}, headers={"X-Request-Id": "asked-at-the-counter"})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["request_id"] == "asked-at-the-counter" == answer.headers["X-Request-Id"]
    assert len(answer.headers.get_list("Date")) == 1


def test_the_logs_and_what_is_for_operations_are_not_to_be_had_there(system: System) -> None:
    with client(system.gateway, system.staff("service")) as http:
        assert http.get("/v1/feedback-events").status_code == 404
        assert http.get("/metrics").text.startswith("# HELP")  # the gateway's own
        assert "ecoute_stream_head" not in http.get("/metrics").text


def test_a_page_lets_nothing_in_from_elsewhere_and_is_shown_in_the_language_that_was_chosen(system: System) -> None:
    with client(system.gateway, {"Accept-Language": "fr"}) as http:
        page = http.get("/")
        assert "Dites-nous" in page.text
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        assert not http.cookies
        chosen = http.get("/?lang=en")
        assert (chosen.status_code, chosen.headers["Location"]) == (303, "/")
        assert "Tell us" in http.get("/").text


@pytest.mark.parametrize("path", ["/nope", "/Follow", "/case/xyz", "/follow/xyz", "/assets/x/none.css"])
def test_a_browser_is_told_by_a_page_that_there_is_nothing_and_a_program_by_a_problem(
    system: System, path: str
) -> None:
    with client(system.gateway, {"Accept-Language": "fr"}) as http:
        page = http.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
        assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
        assert "Il n&#39;y a rien ici." in page.text
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert http.get(path).headers["Content-Type"] == "application/problem+json"


def test_whether_the_gateway_lives_can_be_asked_without_a_body(system: System) -> None:
    with client(system.gateway) as http:
        assert (http.head("/healthz").status_code, http.get("/healthz").status_code) == (200, 200)


def test_an_asset_may_be_kept_for_ever_under_its_address_and_no_other_file_is_given_out(system: System) -> None:
    with client(system.gateway) as http:
        sheet = http.get("/").text.split("ecoute.css")[0].rpartition('"')[2] + "ecoute.css"
        found = http.get(sheet)
        assert found.headers["Content-Type"].startswith("text/css")
        assert "immutable" in found.headers["Cache-Control"]
        assert http.get("/assets/000000000000/ecoute.css").headers["Cache-Control"] == "no-store"
        assert http.get(sheet.replace("ecoute.css", "..%2Froutes.py")).status_code in (404, 422)
