"""Looks for pieces of text in all tables of a database."""

from collections.abc import Collection

import asyncpg


async def fields_with(connection: asyncpg.Connection, pieces: Collection[str]) -> dict[str, set[str]]:
    """By piece, every `table.column` that has it, as text in either case or as bytes."""
    found: dict[str, set[str]] = {}
    tables = await connection.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    assert len(tables) > 10
    for table in [row["table_name"] for row in tables]:
        rows = await connection.fetch(
            f"""SELECT DISTINCT piece, field
                  FROM "{table}" AS t, jsonb_each_text(to_jsonb(t)) AS c (field, held),
                       unnest($1::text[], $2::text[]) AS p (piece, bytes)
                 WHERE position(lower(piece) IN lower(held)) > 0 OR position(bytes IN held) > 0""",  # noqa: S608
            list(pieces),
            [piece.encode().hex() for piece in pieces],
        )
        for row in rows:
            whole = "event_log" if table.startswith("event_log_") else table
            found.setdefault(row["piece"], set()).add(f"{whole}.{row['field']}")
    return found
