"""The floor: one endpoint that validates the same body and does one INSERT, with nothing around it.

`python -m bench.floor PORT`, with the DSN of an empty database in FLOOR. The same server, event loop, HTTP parser and
driver as the house's own.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from libs.common.ids import new_id
from services.intake.feedback.schemas import FeedbackIn

CONNECTIONS = 10
"""As many as a process of the house has."""


class Taken(BaseModel):
    id: UUID


@asynccontextmanager
async def _pool(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["FLOOR"], min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
        await pool.execute("CREATE TABLE feedback (id uuid PRIMARY KEY, recorded_at timestamptz, body jsonb)")
        app.state.pool = pool
        yield


app = FastAPI(lifespan=_pool)


@app.post("/v1/feedback", status_code=201)
async def submit(body: FeedbackIn) -> Taken:
    feedback_id = new_id()
    await app.state.pool.execute(
        "INSERT INTO feedback VALUES ($1, $2, $3)", feedback_id, datetime.now(UTC), body.model_dump_json()
    )
    return Taken(id=feedback_id)


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False, log_level="warning")
