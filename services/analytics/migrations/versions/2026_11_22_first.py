"""Facts and rollups, beside the tables that every service has."""

from alembic import op

from libs.common import migrations

revision = "2026_11_22_first"
down_revision = None

FACT = """
    CREATE TABLE fact (
        feedback_id uuid NOT NULL,
        feedback_version bigint NOT NULL DEFAULT 0,
        submitted_at timestamptz,
        historical boolean,
        channel text,
        kind text,
        service text,
        service_point text,
        topic text,
        language text,
        respondent text,
        ratings jsonb NOT NULL DEFAULT '[]',
        evaluations jsonb NOT NULL DEFAULT '[]',
        feedback_details jsonb NOT NULL DEFAULT '{}',
        case_version bigint NOT NULL DEFAULT 0,
        team text,
        state text,
        clocks jsonb NOT NULL DEFAULT '{}',
        due_on jsonb NOT NULL DEFAULT '[]',
        acknowledged_at timestamptz,
        acknowledge_elapsed_seconds bigint,
        acknowledge_business_seconds bigint,
        replied_at timestamptz,
        reply_elapsed_seconds bigint,
        reply_business_seconds bigint,
        answers bigint NOT NULL DEFAULT 0,
        case_details jsonb NOT NULL DEFAULT '{}',
        case_events jsonb NOT NULL DEFAULT '{}',
        CONSTRAINT pk_fact PRIMARY KEY (feedback_id)
    )
"""

ROLLUP_DAY = """
    CREATE TABLE rollup_day (
        day date NOT NULL,
        dimension text NOT NULL,
        value text NOT NULL,
        counters jsonb NOT NULL,
        CONSTRAINT pk_rollup_day PRIMARY KEY (day, dimension, value)
    )
"""

PROJECTION = """
    CREATE TABLE projection (
        version bigint NOT NULL,
        time_zone text NOT NULL,
        CONSTRAINT pk_projection PRIMARY KEY (version)
    )
"""

COUNTERS_ADD = """
    CREATE FUNCTION counters_add(a jsonb, b jsonb) RETURNS jsonb IMMUTABLE PARALLEL SAFE
    RETURN (
        SELECT coalesce(jsonb_object_agg(name, total), '{}')
          FROM (SELECT name, sum(count::bigint)::bigint AS total
                  FROM (SELECT * FROM jsonb_each_text(a) UNION ALL SELECT * FROM jsonb_each_text(b)) AS c (name, count)
                 GROUP BY name
                HAVING sum(count::bigint) <> 0) AS sums
    )
"""


def upgrade() -> None:
    migrations.apply("2026_11_22_stream")
    op.execute(FACT)
    op.execute("CREATE INDEX ix_fact_submitted_at ON fact (submitted_at)")
    op.execute("CREATE INDEX ix_fact_due_on ON fact USING gin (due_on)")
    op.execute(ROLLUP_DAY)
    op.execute(PROJECTION)
    op.execute(COUNTERS_ADD)
