"""Intake in this process, on a database of its own for each module."""

import importlib
import io
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from libs.common.documents import read_document
from services.intake.catalogue.schemas import CatalogueDocument
from services.intake.catalogue.service import publish
from tests.keys import PARTNER_TOKEN_KEY, PARTNER_TOKEN_KEYS
from tests.services.intake.house import Intake
from tests.services.intake.posting import Post
from tests.services.post import PostOffice, post_office

CATALOGUE = Path(__file__).parents[3] / "examples" / "passport-office" / "catalogue.yaml"


@pytest.fixture(scope="module")
def app(new_database: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The application as it is served."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ECOUTE_INTAKE_DATABASE_URL", new_database("intake"))
        environment.setenv("ECOUTE_INTAKE_SECRET", "of no importance, but long enough")
        environment.setenv("ECOUTE_INTAKE_MASTER_KEY", "A" * 43 + "=")
        environment.setenv("ECOUTE_INTAKE_ERASURE_LEDGER", str(tmp_path_factory.mktemp("ledger") / "erasures"))
        environment.setenv("ECOUTE_CORS_ORIGINS", "https://www.town.example, http://localhost:5173")
        environment.setenv("ECOUTE_PARTNER_TOKEN_KEYS", PARTNER_TOKEN_KEYS)
        environment.setenv("ECOUTE_INTAKE_PARTNER_TOKEN_KEY", PARTNER_TOKEN_KEY)
        environment.setenv("ECOUTE_DEVELOPMENT_ISSUER", str(tmp_path_factory.mktemp("issuer")))
        environment.setenv("ECOUTE_ANONYMOUS_PER_MINUTE", "1000000")
        environment.setenv("ECOUTE_STAFF_PER_MINUTE", "1000000")
        sys.modules.pop("services.intake.main", None)
        yield importlib.import_module("services.intake.main").app


@pytest.fixture(scope="module")
async def intake(app: FastAPI) -> AsyncIterator[Intake]:
    async with app.router.lifespan_context(app):
        async with app.state.database.transaction() as session:
            await publish(session, read_document(CATALOGUE, CatalogueDocument))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://intake") as client:
            yield Intake(app, client)


@pytest.fixture
def logs(intake: Intake) -> Iterator[io.StringIO]:
    """Everything that is logged meanwhile, written as in production, at every level."""
    written, root = io.StringIO(), logging.getLogger()
    listener = logging.StreamHandler(written)
    listener.setFormatter(root.handlers[0].formatter)
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(listener)
    root.setLevel(level)


@pytest.fixture(scope="module")
def mail_server() -> Iterator[PostOffice]:
    with post_office() as office:
        yield office


@pytest.fixture
async def post(intake: Intake, mail_server: PostOffice) -> Post:
    await intake.rows("UPDATE notice SET state = 'dropped' WHERE state = 'waiting' RETURNING id")
    await intake.rows("UPDATE feedback SET recorded_at = recorded_at - interval '2 hours' RETURNING id")
    for answers in (mail_server.rcpt, mail_server.data):
        answers.clear()
    return Post(intake, mail_server)
