"""Facts of the whole spine; rollups by projection; reference data; interactions.

What no formula needed before lies in the facts' details, and is filled in from there.
"""

from alembic import op

revision = "2026_11_23_figures"
down_revision = "2026_11_23_rate_limit"

FACT = """
    ALTER TABLE fact
        ADD COLUMN source text,
        ADD COLUMN touchpoint text,
        ADD COLUMN phase text,
        ADD COLUMN person_ref uuid,
        ADD COLUMN reclassified boolean NOT NULL DEFAULT false,
        ADD COLUMN withdrawn_at timestamptz,
        ADD COLUMN messages jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN deliveries jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN turns jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN opened_at timestamptz,
        ADD COLUMN settled_at timestamptz,
        ADD COLUMN suspensions jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN assigned_at timestamptz,
        ADD COLUMN assign_elapsed_seconds bigint,
        ADD COLUMN assign_business_seconds bigint,
        ADD COLUMN replies jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN transfers bigint NOT NULL DEFAULT 0,
        ADD COLUMN asked jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN reopenings jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN links jsonb NOT NULL DEFAULT '{}',
        ADD COLUMN active_on jsonb NOT NULL DEFAULT '[]'
"""

OF_FEEDBACK = """
    UPDATE fact
       SET source = feedback_details->>'source', touchpoint = feedback_details->>'touchpoint',
           phase = feedback_details->>'phase', person_ref = (feedback_details->>'person_ref')::uuid,
           feedback_details = feedback_details - 'person_ref'
     WHERE submitted_at IS NOT NULL
"""

OF_CASES = """
    WITH events AS (
        SELECT feedback_id, version::bigint AS version, event, split_part(event->>'type', '.', 4) AS verb,
               coalesce(event->>'effective_at', event->>'time') AS at
          FROM fact CROSS JOIN LATERAL jsonb_each(case_events) AS e (version, event)
    ), final AS (
        SELECT feedback_id, row_number() OVER (PARTITION BY feedback_id ORDER BY version) AS answer, version, event, at
          FROM events
         WHERE verb = 'replied' AND event->'interim' = 'false'
    ), replies AS (
        SELECT feedback_id,
               jsonb_agg(jsonb_build_object(
                   'answer', coalesce((event->>'answer')::bigint, answer), 'at', at,
                   'elapsed_seconds', event->'elapsed_seconds', 'business_seconds', event->'business_seconds',
                   'outcome', event->>'outcome', 'on_the_spot', false) ORDER BY version) AS replies
          FROM final
         GROUP BY feedback_id
    ), course AS (
        SELECT feedback_id, min(at) FILTER (WHERE verb = 'opened') AS opened,
               min(at) FILTER (WHERE verb = 'assigned') AS assigned,
               min(at) FILTER (WHERE verb = 'closed' OR verb = 'replied' AND event->'interim' = 'false') AS settled
          FROM events
         GROUP BY feedback_id
    )
    UPDATE fact
       SET opened_at = opened::timestamptz, assigned_at = assigned::timestamptz, settled_at = settled::timestamptz,
           turns = to_jsonb(array_remove(ARRAY[opened, settled], NULL)),
           replies = coalesce(replies.replies, '[]'),
           active_on = (
               SELECT coalesce(jsonb_agg(DISTINCT to_char(moment::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD')), '[]')
                 FROM (SELECT unnest(ARRAY[opened, settled])
                       UNION ALL SELECT reply->>'at' FROM jsonb_array_elements(replies.replies) AS reply
                       UNION ALL SELECT unnest(ARRAY[clock->>'due_at', clock->>'ended_at'])
                                   FROM jsonb_each(clocks) AS c (name, clock)) AS m (moment)
                WHERE moment IS NOT NULL)
      FROM course LEFT JOIN replies USING (feedback_id)
     WHERE fact.feedback_id = course.feedback_id
"""

INDEXES = """
    CREATE INDEX ix_fact_active_on ON fact USING gin (active_on);
    CREATE INDEX ix_fact_opened_at ON fact (opened_at) WHERE settled_at IS NULL AND opened_at IS NOT NULL;
    CREATE INDEX ix_fact_settled_at ON fact (settled_at);
    CREATE INDEX ix_fact_person_ref_submitted_at ON fact (person_ref, submitted_at) WHERE person_ref IS NOT NULL
"""

ROLLUP = """
    CREATE TABLE rollup (
        projection bigint NOT NULL,
        grain text NOT NULL,
        dimension text NOT NULL,
        second_dimension text NOT NULL,
        day date NOT NULL,
        value text NOT NULL,
        second_value text NOT NULL,
        counters jsonb NOT NULL,
        CONSTRAINT pk_rollup PRIMARY KEY (projection, grain, dimension, second_dimension, day, value, second_value)
    )
"""

BUCKET = """
    CREATE TABLE rollup_bucket (
        projection bigint NOT NULL,
        grain text NOT NULL,
        dimension text NOT NULL,
        day date NOT NULL,
        value text NOT NULL,
        measure text NOT NULL,
        bucket bigint NOT NULL,
        n bigint NOT NULL,
        CONSTRAINT pk_rollup_bucket PRIMARY KEY (projection, grain, dimension, day, value, measure, bucket)
    )
"""

PROJECTION = """
    ALTER TABLE projection
        ADD COLUMN formula bigint NOT NULL DEFAULT 1,
        ADD COLUMN state text NOT NULL DEFAULT 'superseded',
        ADD COLUMN counted_to uuid
"""

REFERENCE = """
    CREATE TABLE reference (
        subject uuid NOT NULL,
        version bigint NOT NULL,
        kind text NOT NULL,
        code text NOT NULL,
        name jsonb,
        retired boolean NOT NULL DEFAULT false,
        details jsonb NOT NULL,
        CONSTRAINT pk_reference PRIMARY KEY (subject)
    )
"""

INTERACTIONS = """
    CREATE TABLE interactions (
        subject uuid NOT NULL,
        version bigint NOT NULL,
        "on" date NOT NULL,
        channel text NOT NULL,
        service text,
        service_point text,
        topic text,
        count bigint NOT NULL,
        details jsonb NOT NULL,
        CONSTRAINT pk_interactions PRIMARY KEY (subject)
    )
"""


def upgrade() -> None:
    op.execute(FACT)
    op.execute(OF_FEEDBACK)
    op.execute(OF_CASES)
    for index in INDEXES.split(";"):
        op.execute(index)
    op.execute(ROLLUP)
    op.execute(BUCKET)
    op.execute(PROJECTION)
    op.execute("CREATE UNIQUE INDEX uq_projection_live ON projection (state) WHERE state = 'live'")
    op.execute(REFERENCE)
    op.execute("CREATE INDEX ix_reference_kind_code ON reference (kind, code)")
    op.execute(INTERACTIONS)
    op.execute('CREATE INDEX ix_interactions_on ON interactions ("on")')
