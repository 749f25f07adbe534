"""The tables that every service has, as dated steps. A step is never edited: a change is another step."""

from pathlib import Path

from alembic import op


def apply(step: str) -> None:
    """Run one of the dated SQL files of this folder in the migration that calls it."""
    for statement in (Path(__file__).parent / f"{step}.sql").read_text().split(";\n"):
        if statement.strip():
            op.execute(statement)
