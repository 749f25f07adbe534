"""What intake refuses before it reads it, and how often it may be asked."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from time import monotonic, process_time
from uuid import uuid4

import httpx
import pytest
from pydantic import BaseModel
from sqlalchemy import text

from libs.common.db import Database
from libs.common.problems import TooManyRequests
from libs.common.rate_limit import RateLimit
from libs.common.request_limits import DEEPEST_JSON, MOST_MARKS, excess_of
from services.intake.feedback.schemas import (
    MOST_IN_A_BATCH,
    AnswersIn,
    BatchItem,
    ConsentIn,
    InteractionIn,
    PersonIn,
    RatingIn,
    ResolvedOnTheSpotIn,
    SubmittedByIn,
)
from services.intake.privacy.service import _FORGET_FINGERPRINTS, _IDS
from tests.services.intake.house import COMPLAINT, Intake


@pytest.fixture
def three_a_minute(intake: Intake) -> Iterator[None]:
    """Anonymous callers may ask three times."""
    state = intake.app.state
    before = state.settings
    state.settings = before.model_copy(update={"anonymous_per_minute": 3, "staff_per_minute": 2})
    yield
    state.settings = before


async def test_who_asks_too_often_is_told_when_to_come_back(intake: Intake, three_a_minute: None) -> None:
    answers = [await intake.http.get("/v1/services") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["RateLimit"] for answer in answers] == [
        f'"anonymous";r={left};t=60' for left in (2, 1, 0, 0)
    ]
    assert answers[0].headers["RateLimit-Policy"] == '"anonymous";q=3;w=60'
    assert answers[3].json()["type"] == "urn:ecoute:problem:too-many-requests"
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 20


@pytest.mark.parametrize(
    ("host", "body"),
    [
        ("198.51.100.1", b"{"),
        ("198.51.100.2", b"\xff"),
        ("198.51.100.3", b"[" * 100),
        ("198.51.100.4", b"[]" * MOST_MARKS),
    ],
    ids=["no-json", "no-text", "too-deep", "too-much"],
)
async def test_a_body_that_cannot_be_read_is_asked_with_like_any_other(
    intake: Intake, three_a_minute: None, host: str, body: bytes
) -> None:
    json_ = {"Content-Type": "application/json"}
    transport = httpx.ASGITransport(intake.app, client=(host, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
        answers = [await client.post("/v1/feedback", content=body, headers=json_) for _ in range(4)]
    assert [answer.headers["RateLimit"] for answer in answers] == [
        f'"anonymous";r={left};t=60' for left in (2, 1, 0, 0)
    ]
    assert all(answer.status_code in (400, 422) for answer in answers[:3])
    assert answers[3].json()["type"] == "urn:ecoute:problem:too-many-requests"
    assert "Retry-After" in answers[3].headers


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:3::1", "2001:db8:1:4::1", False),
        ("203.0.113.7", "::ffff:203.0.113.7", True),
        ("203.0.113.8", "203.0.113.9", False),
        ("::ffff:203.0.113.10", "::ffff:203.0.113.11", False),
    ],
)
async def test_who_has_a_network_of_addresses_has_one_bucket(
    intake: Intake, three_a_minute: None, first: str, second: str, shared: bool
) -> None:
    statuses = []
    for host in (first, first, first, second):
        transport = httpx.ASGITransport(intake.app, client=(host, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
            statuses.append((await client.get("/v1/services")).status_code)
    assert statuses == [200, 200, 200, 429 if shared else 200]


async def test_each_member_of_staff_has_a_bucket_of_their_own(intake: Intake, three_a_minute: None) -> None:
    def asks(name: str) -> dict[str, str]:
        return intake.staff("reviewer", subject=name)

    first = [(await intake.http.get("/v1/services", headers=asks("anne"))).status_code for _ in range(3)]
    other = [(await intake.http.get("/v1/services", headers=asks("paul"))).status_code for _ in range(2)]
    assert (first, other) == ([200, 200, 429], [200, 200])


async def test_the_address_of_who_asks_is_not_kept_in_clear(intake: Intake) -> None:
    await intake.http.get("/v1/services")
    async with intake.database.transaction() as session:
        keys = list(await session.scalars(text("SELECT key FROM rate_limit_bucket")))
    assert keys
    assert not [key for key in keys if "127.0.0.1" in key]


async def test_processes_together_give_no_more_than_the_quota(intake: Intake) -> None:
    processes = [RateLimit(intake.database) for _ in range(3)]

    async def ask(process: RateLimit) -> bool:
        try:
            await process.spend("partner p", 90)
        except TooManyRequests:
            return False
        return True

    started = monotonic()
    given = await asyncio.gather(*(ask(process) for process in processes for _ in range(100)))
    came_back = (monotonic() - started) * 90 / 60
    assert 90 <= sum(given) <= 90 + came_back  # each of them could spend it all: no lease is left over


async def test_a_process_asks_the_database_once_for_many_requests(intake: Intake, written: Callable[[], int]) -> None:
    limit = RateLimit(intake.database)
    for _ in range(100):
        await limit.spend("partner q", 1000)
    assert written() == 1


@pytest.fixture
def written(intake: Intake) -> Iterator[Callable[[], int]]:
    """How many leases were taken."""
    count = 0
    statement = Database.statement

    def counted(database: Database) -> object:
        nonlocal count
        count += 1
        return statement(database)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "statement", counted)
        yield lambda: count


@pytest.mark.parametrize("address", ["/v1/services%00", "/v1/services?a=%00", "/v1/feedback/%1f", "/v1/topics?x=%0a"])
async def test_an_address_with_control_characters_is_refused(intake: Intake, address: str) -> None:
    answer = await intake.http.get(address)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:ecoute:problem:control-character-in-address")


async def test_of_thousands_of_mistakes_the_first_hundred_are_told(intake: Intake) -> None:
    unknown = {f"f{n}": n for n in range(10_000)}
    batch = {"items": [COMPLAINT | unknown]}
    answers = [
        (await intake.http.post("/v1/feedback", json=COMPLAINT | unknown)).json(),
        (await intake.http.get("/v1/services", params=dict.fromkeys([*unknown][:1_000], "1"))).json(),
        (await intake.http.post("/v1/feedback/batch", json=batch, headers=intake.staff("agent"))).json()["outcomes"][0][
            "problem"
        ],
    ]
    assert [len(problem["errors"]) for problem in answers] == [100, 100, 100]


@pytest.mark.parametrize("path", ["//evil.example/x", "//evil.example%2f..%2ffeedback", "///evil.example"])
async def test_another_language_is_of_this_house_whatever_host_a_path_names(intake: Intake, path: str) -> None:
    answer = await intake.http.get(f"http://intake{path}?lang=fr", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


@pytest.mark.parametrize("deep", [b"[" * 33, b'{"a":' * 33, b'{"a":"]]]]","b":' * 33, b"[" * 100_000])
async def test_a_body_that_is_too_deep_is_refused(intake: Intake, deep: bytes) -> None:
    answer = await intake.http.post("/v1/feedback", content=deep, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:ecoute:problem:json-too-deep")


def test_a_string_that_never_ends_is_read_once() -> None:
    started = process_time()
    assert not excess_of(b"{}" * DEEPEST_JSON + b'"' + b'\\"' * 200_000)
    assert process_time() - started < 2


@pytest.mark.parametrize(
    "much",
    [
        b'{"items":[' + b"{}," * 7_900_000 + b"{}]}",
        b"[" + b"1," * (MOST_MARKS + 1) + b"1]",
        b"[" * 33 + b'"a"' * (2 * MOST_MARKS + 1),
        b"[]" * 33 + b"]" * MOST_MARKS,
    ],
    ids=["objects", "numbers", "strings", "ends"],
)
async def test_a_body_of_more_than_any_of_ours_is_refused_before_it_is_read(intake: Intake, much: bytes) -> None:
    headers = intake.staff("agent") | {"Content-Type": "application/json"}
    answer = await intake.http.post("/v1/feedback/batch", content=much, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:ecoute:problem:json-too-much")


async def test_where_strings_end_is_known_only_in_utf8(intake: Intake) -> None:
    hidden = ('{"text":"\\"","items":' + "[" * 40).encode("utf-16-le")
    answer = await intake.http.post("/v1/feedback", content=hidden, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:ecoute:problem:bad-request")


def test_the_fullest_batch_is_not_too_much() -> None:
    def full(form: type[BaseModel], **filled: object) -> dict[str, object]:
        return dict.fromkeys(form.model_fields, "[{,") | filled

    item = full(
        BatchItem,
        about_channels=["web"] * 11,
        ratings=[full(RatingIn)] * 27,
        answers=full(AnswersIn, values={}),
        person=full(PersonIn),
        submitted_by=full(SubmittedByIn),
        interaction=full(InteractionIn),
        resolved_on_the_spot=full(ResolvedOnTheSpotIn),
        consent=[full(ConsentIn)] * 10,
    )
    assert excess_of(json.dumps({"items": [item] * MOST_IN_A_BATCH}).encode()) is None


async def test_brackets_in_words_are_not_depth(intake: Intake) -> None:
    await intake.submit({**COMPLAINT, "text": '[{"' * DEEPEST_JSON * 4 + "\\"})


@pytest.mark.parametrize("body", [b"\xff\xfe{", b'{"text": "\xc3\x28"}', b"{", b"", b"null", b"[]", b'"a"', b"NaN"])
async def test_a_body_that_is_no_document_of_ours_is_refused_clearly(intake: Intake, body: bytes) -> None:
    answer = await intake.http.post("/v1/feedback", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("token", [{}, {"Authorization": "Bearer made.up.token"}], ids=str)
async def test_of_a_stranger_nothing_is_read_where_large_bodies_are_taken(
    intake: Intake, token: dict[str, str]
) -> None:
    read = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(30):
            read += 1
            yield b"[" * 1_000

    answer = await intake.http.post("/v1/feedback/batch", content=pieces(), headers=token)
    assert (answer.status_code, answer.json()["type"], read) == (401, "urn:ecoute:problem:unauthenticated", 0)


async def test_an_erasure_reads_no_more_keys_than_its_own_however_many_there_are(intake: Intake) -> None:
    explain = text(f"EXPLAIN {_FORGET_FINGERPRINTS.text}").bindparams(_IDS)
    async with intake.database.transaction() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = await session.scalars(explain, {"ids": [uuid4()]})
    assert "ix_idempotency_key_answer" in "\n".join(plan)
