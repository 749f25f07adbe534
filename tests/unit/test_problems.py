import json
from typing import Annotated, ClassVar, Literal

import orjson
import pytest
from fastapi import FastAPI, HTTPException
from httpx import ASGITransport, AsyncClient
from pydantic import AwareDatetime, BaseModel, EmailStr, Field
from sqlalchemy.exc import OperationalError

from libs.common import problems
from libs.common.languages import Bilingual, language_of_request
from libs.common.openapi import tell_problems
from libs.common.problems import Problem
from libs.common.wire import Line, Wire, Words
from libs.contracts.codes import Code


class TeaIsCold(Problem):
    """The tea is cold:
    make another."""

    status: ClassVar[int] = 418
    fr = "Le thé est froid : refaites-en."
    headers: ClassVar[dict[str, str]] = {"Retry-After": "1"}


JSON = {"Content-Type": "application/json"}


class Within(Wire):
    name: str


class Body(Wire):
    words: Words = "x"
    line: Line = "x"
    code: Code = "x"
    email: EmailStr = "a@example.org"
    numbers: list[int] = []
    kind: Literal["a", "b"] = "a"
    mark: Annotated[int, Field(le=5)] = 1
    few: Annotated[str, Field(max_length=3)] = ""
    at: AwareDatetime | None = None
    within: Within | None = None


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    problems.install(app)
    tell_problems(app)

    @app.post("/bodies")
    async def bodies(body: Body) -> None: ...

    @app.get("/raises/{what}")
    async def raises(what: str) -> None:
        raise {
            "tea": TeaIsCold(detail=Bilingual(fr="Depuis midi.", en="Since noon.")),
            "teapot": HTTPException(418, "short and stout", {"X-Pot": "1"}),
            "database": OperationalError("SELECT 'words'", {}, ConnectionResetError("words")),
            "disk": OSError("words"),
        }[what]

    return app


async def ask(app: FastAPI, method: str, path: str, body: object = None, **headers: str):
    token = language_of_request.set("fr" if headers.pop("language", "en") == "fr" else "en")
    async with AsyncClient(transport=ASGITransport(app), base_url="http://x", headers=JSON | headers) as client:
        answer = await client.request(method, path, content=json.dumps(body))
    language_of_request.reset(token)
    assert answer.headers["content-type"] == "application/problem+json"
    return answer


def test_an_error_class_must_say_its_meaning_in_both_languages() -> None:
    with pytest.raises(TypeError, match="must say its status"):

        class Mute(Problem):
            status = 400
            fr = "Muet"

    with pytest.raises(TypeError, match="must say its status"):

        class Monolingual(Problem):
            """Says it in English."""

            status = 400


async def test_a_problem_leaves_with_type_title_detail_and_headers(app: FastAPI) -> None:
    answer = await ask(app, "GET", "/raises/tea")
    assert answer.status_code == 418
    assert answer.headers["retry-after"] == "1"
    assert answer.json() == {
        "type": "urn:ecoute:problem:tea-is-cold",
        "title": "The tea is cold: make another.",
        "status": 418,
        "detail": "Since noon.",
    }
    french = await ask(app, "GET", "/raises/tea", language="fr")
    assert (french.json()["title"], french.json()["detail"]) == ("Le thé est froid : refaites-en.", "Depuis midi.")
    assert french.headers["content-language"] == "fr"


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("DELETE", "/bodies", 405, "method-not-allowed"),
        ("GET", "/raises/database", 503, "service-unavailable"),
        ("GET", "/raises/disk", 503, "service-unavailable"),
    ],
)
async def test_every_error_has_the_one_form_and_none_tells_what_it_was_about(
    app: FastAPI, method: str, path: str, status: int, kind: str
) -> None:
    answer = await ask(app, method, path)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:ecoute:problem:{kind}")
    assert "words" not in answer.text


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"words": "\x00"}, "/words", "control_character"),
        ({"words": "\ud800"}, "/words", "half_character"),
        ({"words": " \n\u200b\u00a0\ufeff"}, "/words", "blank"),
        ({"line": "a\u2028b"}, "/line", "control_character"),
        ({"line": "\t\n "}, "/line", "string_too_short"),
        ({"code": "a b"}, "/code", "string_pattern_mismatch"),
        ({"code": "a\n"}, "/code", "string_pattern_mismatch"),
        ({"email": "a@☃secret☃.org"}, "/email", "value_error"),
        ({"numbers": [1, "secret"]}, "/numbers/1", "int_parsing"),
        ({"a secret": 1}, "", "extra_forbidden"),
        ({"a/b": 1}, "", "extra_forbidden"),
        ({"0612345678": 1}, "", "extra_forbidden"),
        ({"unknown": 1}, "/unknown", "extra_forbidden"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("language", ["fr", "en"])
async def test_what_is_wrong_in_a_body_is_pointed_at_and_not_repeated(
    app: FastAPI, body: dict[str, object], pointer: str, code: str, language: str
) -> None:
    answer = await ask(app, "POST", "/bodies", body, language=language)
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert error["detail"]
    assert "secret" not in answer.text
    assert "☃" not in answer.text


@pytest.mark.parametrize(
    ("body", "french", "english"),
    [
        (
            {"kind": "z"},
            "Une de ces valeurs est attendue : 'a' ou 'b'.",
            "One of these values is expected: 'a' or 'b'.",
        ),
        ({"numbers": [2.5]}, "Un nombre entier est attendu.", "A whole number is expected."),
        ({"mark": 6}, "Cette valeur est trop grande : le maximum est 5.", "The most allowed is 5."),
        ({"within": 5}, "Un objet JSON est attendu.", "A JSON object is expected."),
        ({"unknown": 1}, "Il n'y a ni champ ni paramètre de ce nom.", "There is no field or parameter of this name."),
        (
            {"at": "2026-12-01T09:00:00"},
            "Le fuseau horaire est obligatoire, comme dans 2026-12-01T09:00:00-05:00.",
            "The time zone is required, as in 2026-12-01T09:00:00-05:00.",
        ),
        (
            {"at": "secret"},
            "Une date et une heure (RFC 3339) sont attendues.",
            "A date and a time (RFC 3339) are expected.",
        ),
        (
            {"few": "secret"},
            "Ce texte est trop long : 3 caractères au plus.",
            "This text is too long: 3 characters at most.",
        ),
    ],
    ids=repr,
)
async def test_what_is_asked_for_is_said_in_both_languages(
    app: FastAPI, body: dict[str, object], french: str, english: str
) -> None:
    for language, said in (("fr", french), ("en", english)):
        [error] = (await ask(app, "POST", "/bodies", body, language=language)).json()["errors"]
        assert error["detail"] == said


@pytest.mark.parametrize(
    ("content_type", "said"),
    [
        ("application/json", "A JSON object is expected."),
        ("text/plain", "A JSON object is expected, sent as `application/json`."),
    ],
)
async def test_who_sends_no_object_is_told_of_the_media_type_where_that_is_the_reason(
    app: FastAPI, content_type: str, said: str
) -> None:
    answer = await ask(app, "POST", "/bodies", 5, **{"Content-Type": content_type})
    assert answer.json()["errors"][0]["detail"] == said


def test_tabs_line_ends_and_every_writing_are_words() -> None:
    text = "a\tb\r\nc – « é » 漢字 ᐃᓄᒃᑎᑐᑦ 👩‍👩‍👧 \u200f"
    assert Body(words=text).words == text
    assert Body(line="  à l'heure  ").line == "à l'heure"


def test_the_document_shows_the_one_form_of_errors_and_not_the_frameworks(app: FastAPI) -> None:
    schemas = orjson.loads(orjson.dumps(app.openapi()))["components"]["schemas"]
    assert {"ProblemDetails", "FieldProblem"} <= set(schemas)
    assert not {"HTTPValidationError", "ValidationError"} & set(schemas)


def test_problems_of_one_status_are_declared_together() -> None:
    class TeaIsHot(Problem):
        """The tea is hot."""

        status: ClassVar[int] = 418
        fr = "Le thé est chaud."

    declared = problems.responses(TeaIsCold, TeaIsHot)
    assert set(declared) == {418}
    assert declared[418]["description"].count("`tea-is-") == 2
    assert issubclass(problems.ProblemDetails, BaseModel)
